"""Bitbucket Cloud: workspaces, their repositories, and the pull requests of each repository.

https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination: ``values`` and an absolute
``next``, absent at the end; ``pagelen`` is 10 unless given and at most 100 (50 for pull requests),
more is refused.
https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/: only open ones unless
``state`` is given, once for every state.
https://developer.atlassian.com/cloud/bitbucket/rest/intro/#uuid: ids in braces stand for slugs.
https://developer.atlassian.com/cloud/bitbucket/changelog/#CHANGE-2770: ``/workspaces`` is gone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tests.simulators import (
    Answer,
    Basic,
    Call,
    Collection,
    Custom,
    Data,
    Expected,
    Json,
    Mistake,
    PageNumber,
    Product,
    RefusedError,
    Row,
    at_end,
    drop,
    table,
)

_PAGES = PageNumber(
    size="pagelen",
    default=10,
    cap=100,
    above_cap="refuse",
    tell={"pagelen": "size", "size": "total", "page": "number", "next": at_end("next_url")},
)
_PULLS = replace(_PAGES, cap=50)
_STATES = ("OPEN", "MERGED", "DECLINED")


def _data() -> Data:
    workspaces: list[Row] = [
        {
            "type": "workspace_access",
            "administrator": n == 0,
            "workspace": {"type": "workspace_base", "uuid": f"{{w-{n}}}", "slug": f"space-{n}"},
        }
        for n in range(21)
    ]
    repositories: list[Row] = [
        {
            "uuid": f"{{r-{at}-{n}}}",
            "slug": f"repo-{n}",
            "name": f"Repository {n}",
            "full_name": f"space-{at}/repo-{n}",
            "is_private": n % 2 == 0,
            "mainbranch": None if n == 3 else {"type": "branch", "name": "main"},
            "~workspace": at,
        }
        for at in range(len(workspaces))
        for n in range(24 if at == 0 else at % 2)
    ]
    pulls: list[Row] = [
        {
            "id": n + 1,
            "title": f"Change {n}",
            "state": _STATES[n % 3],
            "destination": {"repository": {"full_name": repository["full_name"]}},
        }
        for at, repository in enumerate(repositories)
        for n in range(23 if at == 1 else at % 3)
    ]
    return {"workspaces": workspaces, "repositories": repositories, "pulls": pulls}


def _repositories(call: Call) -> Sequence[Row]:
    for row in call.data["workspaces"]:
        workspace = row["workspace"]
        if call.at["workspace"] in {workspace["slug"], workspace["uuid"]}:
            number = int(workspace["slug"].removeprefix("space-"))
            return [one for one in call.data["repositories"] if one["~workspace"] == number]
    raise RefusedError(404, f"No workspace with identifier '{call.at['workspace']}'.")


def _pulls(call: Call) -> Sequence[Row]:
    states = call.params.get("state", ["OPEN"])
    for repository in _repositories(call):
        if call.at["repo"] in {repository["slug"], repository["uuid"]}:
            return [
                row
                for row in call.data["pulls"]
                if row["destination"]["repository"]["full_name"] == repository["full_name"]
                and row["state"] in states
            ]
    raise RefusedError(404, f"Repository {call.at['repo']} not found")


def _removed(call: Call) -> Answer:
    del call
    raise RefusedError(410, "CHANGE-2770 - Functionality has been deprecated")


def _expected(data: Data) -> Iterator[Expected]:
    for workspace in data["workspaces"]:
        yield Expected("bitbucketWorkspace", workspace["workspace"]["slug"])
    for repository in data["repositories"]:
        branch: Mapping[str, Json] = repository["mainbranch"] or {}
        yield Expected(
            "bitbucketRepository",
            repository["full_name"],
            relations={"workspace": f"space-{repository['~workspace']}"},
            properties={"mainBranch": branch.get("name")},
            title=repository["name"],
        )
    for pull in data["pulls"]:
        repository = pull["destination"]["repository"]["full_name"]
        yield Expected(
            "bitbucketPullRequest",
            f"{repository}/{pull['id']}",
            relations={"repository": repository},
            properties={"state": pull["state"]},
            title=pull["title"],
        )


def _vanish(data: Data) -> None:
    gone = data["repositories"][1]["full_name"]
    drop(data["repositories"], gone, key="full_name")
    drop(data["pulls"], {"repository": {"full_name": gone}}, key="destination")


def _error(status: int, reason: str) -> Json:
    if status == 400:
        reason = "Invalid pagelen" if "pagelen" in reason else "Invalid page"
    message = "Token is invalid, expired, or not supported for this endpoint."
    return {"type": "error", "error": {"message": message if status == 401 else reason}}


PRODUCT = Product(
    prefix="/2.0",
    auth=Basic("you@example.com", "your-api-token"),
    data=_data,
    endpoints=(
        Custom("/workspaces", _removed),
        Collection("/user/workspaces", table("workspaces"), _PAGES, wrap="values"),
        Collection("/repositories/{workspace}", _repositories, _PAGES, wrap="values"),
        Collection("/repositories/{workspace}/{repo}/pullrequests", _pulls, _PULLS, wrap="values"),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("page numbers", {"paginationType": "page"}),
        Mistake("the pages' default size", {"sizeParam": "limit"}),
        Mistake(
            "ids in braces for slugs",
            mapping={"resources/2/selector/path_parameters/repo/field": ".uuid"},
        ),
        Mistake("a size for repositories only", {"pageSize": "100"}, error="Invalid pagelen"),
        Mistake(
            "page numbers from 0",
            {"paginationType": "page", "startPage": "0"},
            error="Invalid page",
        ),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake("cursors", {"paginationType": "cursor"}, error="cursorPath, unset"),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake(
            "the place of Bitbucket Server",
            {"nextLinkPath": "nextPageStart"},
            error="nextLinkPath 'nextPageStart'",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "the workspaces of old",
            mapping={"resources/0/kind": "/workspaces"},
            error="CHANGE-2770",
        ),
        Mistake("a user's name", {"username": "you"}, error="Token is invalid"),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".value"},
            error="data_path '.value' gave null in every response",
        ),
        Mistake(
            "no data path for the parents",
            mapping={"resources/1/selector/path_parameters/workspace/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "a field of the workspace itself",
            mapping={"resources/1/selector/path_parameters/workspace/field": ".slug"},
            error="path_parameters.workspace.field '.slug' gave null",
        ),
        Mistake(
            "a placeholder nobody explains",
            mapping={"resources/1/kind": "/repositories/{space}"},
            error="needs a value for {space}",
        ),
    ),
)
