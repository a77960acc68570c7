"""Google Cloud: projects, with the zones and virtual machines that Compute Engine has in them.

https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList: ``items`` is an object
keyed by zone; a zone that has nothing on a page has a ``warning`` in place of its machines.
``maxResults`` (500, at most 500) counts machines, ``pageToken`` goes on.
https://cloud.google.com/compute/docs/reference/rest/v1/zones/list: ``items`` is a list there.
https://cloud.google.com/resource-manager/reference/rest/v1/projects/list: at a host of its own, with
``pageSize``; deleted projects stay for a while. Without anything to tell an answer is ``{}``.
https://developers.google.com/identity/protocols/oauth2/service-account#httprest: a token for an
assertion, signed with RS256, whose audience is the token URL.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Item,
    Json,
    JwtBearer,
    Mistake,
    Product,
    RefusedError,
    Row,
    at_end,
    children,
    drop,
    find,
    signing_key_text,
)

_SCOPE = "https://www.googleapis.com/auth/cloud-platform.read-only"
_ROOT = "https://www.googleapis.com/compute/v1"
_ZONES = ("europe-west1-b", "europe-west1-c", "us-central1-a")
_PAGES = Cursor(
    cursor="pageToken",
    size="maxResults",
    default=500,
    cap=500,
    above_cap="refuse",
    tell={"nextPageToken": at_end("next_value")},
)
_PROJECTS = Cursor(
    cursor="pageToken", size="pageSize", default=300, cap=300, tell=_PAGES.tell, mark="project"
)


def _data() -> Data:
    projects: list[Row] = [
        {
            "projectId": f"acme-{n}",
            "projectNumber": str(415104041262 + n),
            "name": f"Acme {n}",
            "lifecycleState": "DELETE_REQUESTED" if n == 4 else "ACTIVE",
        }
        for n in range(5)
    ]
    zones: list[Row] = [
        {"id": str(2220 + n), "name": name, "status": "UP", "region": f"{_ROOT}/{name[:-2]}"}
        for n, name in enumerate(_ZONES)
    ]
    machines: list[Row] = [
        {
            "id": str(9007199254741000 + project * 100 + n),
            "name": f"vm-{n}",
            "status": "RUNNING" if n % 3 else "TERMINATED",
            "zone": f"{_ROOT}/projects/acme-{project}/zones/{_ZONES[n // 4 % 3]}",
            "machineType": f"{_ROOT}/projects/acme-{project}/zones/z/machineTypes/e2-medium",
            "~project": f"acme-{project}",
        }
        for project in range(5)
        for n in range(9 if project == 1 else project % 3)
    ]
    return {"projects": projects, "zones": zones, "instances": machines}


def _active(call: Call) -> Row:
    """The project of a path; one that is being deleted is refused."""
    project = find(call, "projects", "projectId", call.at["project"])
    if project["lifecycleState"] != "ACTIVE":
        raise RefusedError(403, f"Project {call.at['project']} is pending deletion")
    return project


def _zones(call: Call) -> Sequence[Row]:
    _active(call)
    return call.data["zones"]


def _instances(call: Call) -> Sequence[Row]:
    _active(call)
    return children("instances", project="~project")(call)


def _by_zone(rows: Sequence[Row]) -> Json:
    """The machines of a page by zone, as ``aggregatedList`` has them."""
    found: dict[str, Json] = {}
    for zone in _ZONES:
        here = [row for row in rows if row["zone"].endswith(zone)]
        said = f"There are no results for scope 'zones/{zone}' on this page."
        empty = {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": said}}
        found[f"zones/{zone}"] = {"instances": here} if here else empty
    return found


def _expected(data: Data) -> Iterator[Expected]:
    active = [one["projectId"] for one in data["projects"] if one["lifecycleState"] == "ACTIVE"]
    for project in active:
        yield Expected("googleCloudProject", project)
        for zone in data["zones"]:
            yield Expected(
                "googleCloudZone",
                f"{project}/{zone['name']}",
                properties={"status": zone["status"]},
                relations={"project": project},
            )
    for machine in data["instances"]:
        if machine["~project"] in active:
            zone = machine["zone"].rpartition("/")[2]
            yield Expected(
                "googleCloudInstance",
                machine["id"],
                title=machine["name"],
                properties={"status": machine["status"], "machineType": "e2-medium"},
                relations={"zone": f"{machine['~project']}/{zone}"},
            )


def _error(status: int, reason: str) -> Json:
    kind, _, said = reason.partition(": ")
    if kind in {"invalid_grant", "unsupported_grant_type"}:
        return {"error": kind, "error_description": said or kind}
    if status == 401:
        reason = "Request had invalid authentication credentials."
    return {"error": {"code": status, "message": reason, "errors": [{"reason": "invalid"}]}}


_COMPUTE = "/compute/v1/projects/{project}"
_MACHINES = "resources/2/selector"
_SENT = {"kind": "compute#list", "selfLink": f"{_ROOT}/projects"}

PRODUCT = Product(
    auth=JwtBearer(
        path="/token",
        audience="/token",
        claims={"iss": "robot@acme-1.iam.gserviceaccount.com", "scope": _SCOPE},
    ),
    origins=("https://oauth2.googleapis.com", "https://cloudresourcemanager.googleapis.com"),
    data=_data,
    endpoints=(
        Collection("/v1/projects", lambda call: call.data["projects"], _PROJECTS, wrap="projects"),
        Item(_COMPUTE, lambda call: [_active(call)]),
        Collection(f"{_COMPUTE}/zones", _zones, _PAGES, wrap="items", beside=_SENT),
        Collection(
            f"{_COMPUTE}/aggregated/instances",
            _instances,
            _PAGES,
            wrap="items",
            beside=_SENT,
            reshape=_by_zone,
        ),
    ),
    made_settings=lambda: {"oauthJwtKey": signing_key_text()},
    page_size=2,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["instances"], str(9007199254741000 + 105)),
    mistakes=(
        Mistake(
            "the list of machines as any other",
            mapping={f"{_MACHINES}/data_path": ".items"},
            error="data_path '.items'",
        ),
        Mistake(
            "the machines of every zone, by another program",
            mapping={f"{_MACHINES}/data_path": ".items[].instances[]?"},
        ),
        Mistake(
            "no zone told apart",
            mapping={f"{_MACHINES}/data_path": ".items.instances"},
            error="data_path '.items.instances'",
        ),
        Mistake(
            "projects that are being deleted",
            mapping={f"{_MACHINES}/path_parameters/project/filter": None},
            error="pending deletion",
        ),
        Mistake(
            "the name of a project for its id",
            mapping={f"{_MACHINES}/path_parameters/project/field": ".name"},
            error="404",
        ),
        Mistake(
            "the number of a project for its id",
            mapping={f"{_MACHINES}/path_parameters/project/data_path": ".items"},
            error="data_path '.items'",
        ),
        Mistake(
            "another way to go on", {"paginationParam": "page_token"}, error="in the same walk"
        ),
        Mistake("a size above the cap", {"pageSize": "1000"}, error="at most 500"),
        Mistake("no scope", {"oauthJwtClaims": None}, error="scope"),
        Mistake(
            "another audience",
            {"oauthAudience": "https://www.googleapis.com/oauth2/v4/token"},
            error="check oauthJwtKey, oauthJwtClaims, oauthAudience",
        ),
        Mistake(
            "the key's file in place of its key",
            {"oauthJwtKey": '{"type": "service_account"}'},
            error="oauthJwtKey cannot sign with RS256",
        ),
    ),
)
