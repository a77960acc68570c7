"""An internal catalog without paging: organizations, people, and checks of repositories.

Invented, after tools that companies write for themselves: whole lists as bare arrays of objects or
of names (some null, some twice), and objects that hold many things under their ids. A repository
that an organization does not have is answered with 404, any parameter is ignored.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Call,
    Collection,
    Data,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    Product,
    RefusedError,
    Row,
    drop,
    find,
    table,
)


def _by_id(rows: Sequence[Row]) -> Json:
    return {row["id"]: {key: value for key, value in row.items() if key != "id"} for row in rows}


def _names(rows: Sequence[Row]) -> Json:
    return [row["name"] for row in rows]


def _data() -> Data:
    organizations: list[Row] = [
        {"id": f"org-{n}", "title": f"Organization {n}", "cost_center": None} for n in range(12)
    ]
    people: list[Row] = [
        {
            "login": f"person-{n}",
            "active": n % 10 != 0,
            "organizations": [f"org-{n % 12}", f"org-{(n + 1) % 12}"][: n % 3],
        }
        for n in range(37)
    ]
    names = ["api", "web", None, "api", "mobile app", "infra/terraform", "web", ""]
    repositories: list[Row] = [{"name": name} for name in names]
    checks: list[Row] = [
        {
            "id": check,
            "state": "passed" if n % 2 else "failed",
            "~org": f"org-{n}",
            "~repo": repo,
        }
        for n in range(12)
        for repo in ("api", "web", "mobile app", "infra/terraform")[: n % 4]
        for check in ("lint", "licence", "secrets")
    ]
    return {
        "organizations": organizations,
        "people": people,
        "repositories": repositories,
        "checks": checks,
    }


def _checks(call: Call) -> Sequence[Row]:
    org, repo = call.at["org"], call.at["repo"]
    find(call, "organizations", "id", org)
    found = [row for row in call.data["checks"] if (row["~org"], row["~repo"]) == (org, repo)]
    if not found:
        raise RefusedError(404, f"{org} has no repository {repo}")
    return found


def _expected(data: Data) -> Iterator[Expected]:
    for organization in data["organizations"]:
        yield Expected("internalOrganization", organization["id"], title=organization["title"])
    for person in data["people"]:
        if person["active"]:
            memberships = person["organizations"]
            yield Expected(
                "internalPerson",
                person["login"],
                relations={"organizations": memberships} if memberships else {},
            )
    for check in data["checks"]:
        yield Expected(
            "internalCheck",
            f"{check['~org']}/{check['~repo']}/{check['id']}",
            relations={"organization": check["~org"]},
            properties={"state": check["state"], "repository": check["~repo"]},
            title=check["id"],
        )


def _vanish(data: Data) -> None:
    drop(data["checks"], "org-3", key="~org")
    drop(data["people"], "person-3", key="login")


_CHECKS = "resources/2/selector"

PRODUCT = Product(
    prefix="/internal",
    auth=KeyHeader("X-Internal-Key", "your-key"),
    data=_data,
    endpoints=(
        Collection("/organizations", table("organizations"), reshape=_by_id),
        Collection("/people", table("people")),
        Collection("/repositories", table("repositories"), reshape=_names),
        Collection("/organizations/{org}/repositories/{repo}/checks", _checks, reshape=_by_id),
    ),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("positions nobody heeds", {"paginationType": "offset"}),
        Mistake("page numbers nobody heeds", {"paginationType": "page"}),
        Mistake(
            "positions nobody heeds, and pages as long as the list",
            {"paginationType": "offset", "pageSize": "37"},
            error="does not heed 'offset'",
        ),
        Mistake("links that are not sent", {"paginationType": "next_link"}),
        Mistake("links in a header that is not sent", {"paginationType": "header_link"}),
        Mistake("every element, spelt out", mapping={"resources/1/selector/data_path": ".[]"}),
        Mistake(
            "an organization with its title for a parent",
            mapping={
                f"{_CHECKS}/path_parameters/org/data_path": "to_entries | map({id: .key} + .value)",
                f"{_CHECKS}/path_parameters/org/field": ".id",
            },
        ),
        Mistake(
            "a path with another spelling",
            mapping={"resources/2/kind": "/organisations/{org}/repositories/{repo}/checks"},
            error="answered 404 or 410 for each of 48 values",
        ),
        Mistake(
            "a parameter nobody configured",
            mapping={f"{_CHECKS}/path_parameters/repo": None},
            error="add path_parameters.repo with an endpoint and a field",
        ),
        Mistake(
            "parameters that need each other",
            mapping={
                f"{_CHECKS}/path_parameters/org/endpoint": "/repositories/{repo}",
                f"{_CHECKS}/path_parameters/repo/endpoint": "/organizations/{org}",
            },
            error="need each other in a circle",
        ),
        Mistake(
            "a field of names that are no objects",
            mapping={f"{_CHECKS}/path_parameters/repo/field": ".name"},
            error="path_parameters.repo.field '.name' gave null",
        ),
        Mistake(
            "a field that is a whole object",
            mapping={
                f"{_CHECKS}/path_parameters/org/data_path": "to_entries",
                f"{_CHECKS}/path_parameters/org/field": ".value",
            },
            error="path_parameters.org.field '.value' gave the keys cost_center, title",
        ),
        Mistake(
            "a data path that is not there",
            mapping={"resources/0/selector/data_path": ".organizations"},
            error="data_path '.organizations' gave null in every response",
        ),
        Mistake(
            "entries of an array",
            mapping={"resources/1/selector/data_path": "to_entries | map(.value.login.name)"},
            error="data_path 'to_entries | map(.value.login.name)' failed",
        ),
        Mistake(
            "a data path with a typing error",
            mapping={"resources/0/selector/data_path": "to_entries | map({id: .key + .value)"},
            error="is not a jq program",
        ),
        Mistake(
            "a selector key of another integration",
            mapping={f"{_CHECKS}/path_params": {}},
            error="did you mean 'path_parameters'?",
        ),
        Mistake(
            "a whole URL", mapping={"resources/1/kind": "https://a.example/people"}, error="URL"
        ),
        Mistake("a wrong header", {"apiKeyHeader": "X-API-Key"}, error="401 Unauthorized"),
    ),
)
