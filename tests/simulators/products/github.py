"""GitHub: organisations, their repositories, and the pull requests of each.

https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api: ``page`` and
``per_page`` (30, at most 100: more is cut), the next page in a ``Link`` header, no totals.
https://docs.github.com/en/rest/pulls/pulls#list-pull-requests: only open ones unless
``state=all``. A repository that went away meanwhile answers 404.
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: too many requests
are refused with 403 and ``Retry-After``.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Bearer,
    Call,
    Collection,
    Data,
    Expected,
    Json,
    Mistake,
    PageNumber,
    Product,
    RefusedError,
    Row,
    Throttle,
    children,
    chosen,
    drop,
    table,
)

_ORGS = {"acme": 33, "globex": 20, "initech": 0, "umbrella": 4}
_GONE = "umbrella/repo-3"
_PAGES = PageNumber(size="per_page", default=30, cap=100, link=("prev", "next", "last", "first"))


def _data() -> Data:
    repos: list[Row] = [
        {
            "id": 1000 * number + at,
            "name": f"repo-{at}",
            "full_name": f"{org}/repo-{at}",
            "owner": {"login": org},
            "private": at % 2 == 0,
            "default_branch": "main",
            "~org": org,
        }
        for number, (org, count) in enumerate(_ORGS.items())
        for at in range(count)
    ]
    pulls = [
        {
            "id": 100 * repo["id"] + number,
            "number": number,
            "title": f"Change {number}",
            "state": "open" if number % 3 else "closed",
            "~repo": repo["full_name"],
        }
        for at, repo in enumerate(repos)
        for number in range(1, (25 if at == 0 else at % 3) + 1)
        if repo["full_name"] != _GONE
    ]
    orgs = [{"id": at, "login": org, "description": None} for at, org in enumerate(_ORGS)]
    return {"orgs": orgs, "repos": repos, "pulls": pulls}


def _pulls(call: Call) -> Sequence[Row]:
    name = f"{call.at['org']}/{call.at['repo']}"
    if name == _GONE or all(repo["full_name"] != name for repo in call.data["repos"]):
        raise RefusedError(404, "Not Found")
    return [pull for pull in call.data["pulls"] if pull["~repo"] == name]


def _expected(data: Data) -> Iterator[Expected]:
    for org in data["orgs"]:
        yield Expected("githubOrganization", org["login"])
    for repo in data["repos"]:
        yield Expected(
            "githubRepository",
            repo["full_name"],
            relations={"organization": repo["~org"]},
            properties={"private": repo["private"], "defaultBranch": "main"},
        )
    for pull in data["pulls"]:
        yield Expected(
            "githubPullRequest",
            str(pull["id"]),
            relations={"repository": pull["~repo"]},
            properties={"number": pull["number"], "state": pull["state"]},
            title=pull["title"],
        )


def _vanish(data: Data) -> None:
    gone = data["repos"][0]["full_name"]
    drop(data["repos"], gone, key="full_name")
    drop(data["pulls"], gone, key="~repo")


def _error(status: int, reason: str) -> Json:
    messages = {401: "Bad credentials", 404: "Not Found"}
    return {
        "message": messages.get(status, reason),
        "documentation_url": "https://docs.github.com/rest",
        "status": str(status),
    }


_BY_PAGE = {"paginationType": "page", "sizeParam": "per_page"}

PRODUCT = Product(
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        Collection("/user/orgs", table("orgs"), _PAGES),
        Collection(
            "/orgs/{org}/repos", children("repos", of=("orgs", "login"), org="~org"), _PAGES
        ),
        Collection("/repos/{org}/{repo}/pulls", chosen(_pulls, "state", default="open"), _PAGES),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4987",
        "X-RateLimit-Reset": "1700003600",
    },
    throttle=Throttle(
        at=60,
        status=403,
        headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"},
    ),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("page numbers, no links", _BY_PAGE),
        Mistake("a size parameter of another product", {**_BY_PAGE, "sizeParam": "size"}),
        Mistake(
            "a position parameter of another product",
            {**_BY_PAGE, "paginationParam": "pageNumber"},
            error="does not heed 'pageNumber'",
        ),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake(
            "offsets under their usual names",
            {"paginationType": "offset", "sizeParam": None, "pageSize": "100"},
            error="does not heed 'offset'",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake("a wrong token", {"apiToken": "expired"}, error="Bad credentials"),
        Mistake(
            "a path inside a bare list",
            mapping={"resources/0/selector/data_path": ".items"},
            error="looks for 'items' in an array",
        ),
        Mistake(
            "a wrong kind",
            mapping={"resources/1/kind": "/orgs/{org}/repositories"},
            error="'/orgs/{org}/repositories' answered 404 or 410",
        ),
        Mistake(
            "a wrong field",
            mapping={"resources/1/selector/path_parameters/org/field": ".name"},
            error="path_parameters.org.field '.name' gave null",
        ),
        Mistake(
            "a parameter left out",
            mapping={"resources/2/selector/path_parameters/org": None},
            error="add path_parameters.org",
        ),
    ),
)
