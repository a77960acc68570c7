"""LaunchDarkly: projects, and the environments and feature flags of each project.

https://launchdarkly.com/docs/api/: the token stands in ``Authorization`` without a word before it;
collections are ``items`` with links to the pages around in ``_links``, objects whose ``href`` begins
at the root of the host; the next one is absent at the end.
https://launchdarkly.com/docs/api/projects/list-projects: ``limit`` (20 unless given), ``offset``, and
the ``totalCount``. https://launchdarkly.com/docs/api/feature-flags/list-feature-flags: at most 100.
https://launchdarkly.com/docs/api/: 429 above the rate limit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tests.simulators import (
    Collection,
    Data,
    Expected,
    Facts,
    Json,
    KeyHeader,
    Mistake,
    Offset,
    Product,
    Row,
    Throttle,
    at_end,
    children,
    drop,
    table,
)


def _link(facts: Facts, params: Mapping[str, str | int]) -> Json:
    return {"href": facts.call.url(params), "type": "application/json"}


_PAGES = Offset(
    default=20,
    cap=100,
    above_cap="refuse",
    tell={
        "totalCount": "total",
        "_links/self": lambda facts: _link(facts, {}),
        "_links/first": lambda facts: _link(facts, facts.ends["first"]),
        "_links/next": at_end(lambda facts: _link(facts, facts.following or {})),
    },
)
_FLAGS = replace(_PAGES)


def _data() -> Data:
    projects: list[Row] = [
        {
            "_id": f"id-{n:04}",
            "key": f"project-{n}",
            "name": f"Project {n}",
            "tags": ["ops"][: n % 2],
        }
        for n in range(24)
    ]
    environments: list[Row] = [
        {
            "_id": f"id-{at:04}{n:04}",
            "key": key,
            "name": key.title(),
            "critical": key == "production",
            "~project": project["key"],
        }
        for at, project in enumerate(projects)
        for n, key in enumerate(["production", "test", *map(str, range(20 if at == 3 else 0))])
    ]
    flags: list[Row] = [
        {
            "key": f"flag-{n}",
            "name": f"Flag {n}",
            "kind": "boolean" if n % 2 else "multivariate",
            "temporary": n % 3 == 0,
            "~project": project["key"],
        }
        for at, project in enumerate(projects)
        for n in range(31 if at == 1 else at % 3)
    ]
    return {"projects": projects, "environments": environments, "flags": flags}


def _expected(data: Data) -> Iterator[Expected]:
    for project in data["projects"]:
        yield Expected(
            "launchDarklyProject",
            project["key"],
            properties={"tags": project["tags"]},
            title=project["name"],
        )
    for environment in data["environments"]:
        yield Expected(
            "launchDarklyEnvironment",
            f"{environment['~project']}/{environment['key']}",
            relations={"project": environment["~project"]},
            properties={"critical": environment["critical"]},
        )
    for flag in data["flags"]:
        yield Expected(
            "launchDarklyFlag",
            f"{flag['~project']}/{flag['key']}",
            relations={"project": flag["~project"]},
            properties={"kind": flag["kind"]},
            title=flag["name"],
        )


def _vanish(data: Data) -> None:
    drop(data["projects"], "project-1", key="key")
    drop(data["environments"], "project-1", key="~project")
    drop(data["flags"], "project-1", key="~project")


def _error(status: int, reason: str) -> Json:
    codes = {400: "invalid_request", 401: "unauthorized", 404: "not_found", 429: "rate_limited"}
    message = "Invalid access token" if status == 401 else reason
    return {"code": codes.get(status, "error"), "message": message}


PRODUCT = Product(
    prefix="/api/v2",
    auth=KeyHeader("Authorization", "api-your-access-token"),
    data=_data,
    endpoints=(
        Collection("/projects", table("projects"), _PAGES, wrap="items"),
        Collection(
            "/projects/{project}/environments",
            children("environments", of=("projects", "key"), project="~project"),
            _PAGES,
            wrap="items",
        ),
        Collection(
            "/flags/{project}",
            children("flags", of=("projects", "key"), project="~project"),
            _FLAGS,
            wrap="items",
        ),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-Ratelimit-Global-Remaining": "480",
        "X-Ratelimit-Reset": "1700003600000",
    },
    throttle=Throttle(at=40),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("the link's place spelt out", {"nextLinkPath": "_links.next.href"}),
        Mistake("the link's object", {"nextLinkPath": "_links.next"}),
        Mistake("positions", {"paginationType": "offset"}),
        Mistake("the pages' default size", {"sizeParam": "per_page"}),
        Mistake("no version", {"customHeaders": None}),
        Mistake(
            "a token as bearer's",
            {"authType": "bearer_token", "apiToken": "api-your-access-token"},
            error="Invalid access token",
        ),
        Mistake(
            "the first page for the next",
            {"nextLinkPath": "_links.first.href"},
            error="nextLinkPath '_links.first.href'",
        ),
        Mistake(
            "a place of another product",
            {"nextLinkPath": "paging.next"},
            error="nextLinkPath 'paging.next'",
        ),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("cursors", {"paginationType": "cursor"}, error="cursorPath, unset"),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake("a size above the cap", {"pageSize": "101"}, error="limit must be at most 100"),
        Mistake(
            "the flags below the projects",
            mapping={"resources/2/kind": "/projects/{project}/flags"},
            error="answered 404 or 410 for each of",
        ),
        Mistake(
            "the id for the key",
            mapping={"resources/1/selector/path_parameters/project/field": "._id"},
            error="answered 404 or 410 for each of",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".projects"},
            error="data_path '.projects' gave null in every response",
        ),
    ),
)
