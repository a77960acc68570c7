"""Jira Software: boards, the sprints of each, and the issues of each sprint.

https://developer.atlassian.com/cloud/jira/software/rest/intro/#pagination: ``startAt`` and
``maxResults`` (50); boards tell ``total`` and ``isLast``, sprints only ``isLast``, and the issues
of a sprint only ``total``.
https://developer.atlassian.com/cloud/jira/software/rest/api-group-board/: only scrum boards have
sprints, the others answer 400.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Basic,
    Call,
    Collection,
    Data,
    Expected,
    Json,
    Mistake,
    Offset,
    Product,
    RefusedError,
    Row,
    children,
    drop,
    find,
    table,
)

_TOLD = {"startAt": "offset", "maxResults": "size"}
_BOARDS = Offset(
    offset="startAt",
    size="maxResults",
    default=50,
    cap=50,
    tell={**_TOLD, "total": "total", "isLast": "last"},
)
_SPRINTS = Offset(
    offset="startAt", size="maxResults", default=50, cap=50, tell={**_TOLD, "isLast": "last"}
)
_ISSUES = Offset(
    offset="startAt", size="maxResults", default=50, cap=100, tell={**_TOLD, "total": "total"}
)


def _data() -> Data:
    boards: list[Row] = [
        {"id": n, "name": f"Board {n}", "type": "kanban" if n % 3 == 0 else "scrum"}
        for n in range(1, 35)
    ]
    sprints: list[Row] = [
        {
            "id": 100 * board["id"] + n,
            "name": f"Sprint {n}",
            "state": "active" if n == 0 else "closed",
            "originBoardId": board["id"],
        }
        for board in boards
        for n in range(30 if board["id"] == 1 else 1)
        if board["type"] == "scrum"
    ]
    issues: list[Row] = [
        {
            "id": f"{sprint['id']}{n:02}",
            "key": f"AG-{sprint['id']}{n:02}",
            "fields": {"summary": f"Issue {n}"},
            "~sprint": sprint["id"],
        }
        for at, sprint in enumerate(sprints)
        for n in range(20 if at == 0 else at % 3)
    ]
    return {"boards": boards, "sprints": sprints, "issues": issues}


def _sprints(call: Call) -> Sequence[Row]:
    board = find(call, "boards", "id", call.at["board"])
    if board["type"] != "scrum":
        raise RefusedError(400, "The board does not support sprints")
    return [row for row in call.data["sprints"] if row["originBoardId"] == board["id"]]


def _expected(data: Data) -> Iterator[Expected]:
    for board in data["boards"]:
        yield Expected(
            "jiraBoard", str(board["id"]), properties={"type": board["type"]}, title=board["name"]
        )
    for sprint in data["sprints"]:
        yield Expected(
            "jiraSprint",
            str(sprint["id"]),
            relations={"board": str(sprint["originBoardId"])},
            properties={"state": sprint["state"]},
        )
    for issue in data["issues"]:
        yield Expected(
            "jiraSprintIssue",
            issue["key"],
            relations={"sprint": str(issue["~sprint"])},
            title=issue["fields"]["summary"],
        )


def _error(status: int, reason: str) -> Json:
    messages = {401: "Client must be authenticated to access this resource."}
    return {"errorMessages": [messages.get(status, reason)], "errors": {}}


PRODUCT = Product(
    prefix="/rest/agile/1.0",
    auth=Basic("you@example.com", "your-api-token"),
    data=_data,
    endpoints=(
        Collection("/board", table("boards"), _BOARDS, wrap="values"),
        Collection("/board/{board}/sprint", _sprints, _SPRINTS, wrap="values"),
        Collection(
            "/sprint/{sprint}/issue",
            children("issues", of=("sprints", "id"), sprint="~sprint"),
            _ISSUES,
            wrap="issues",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["boards"], 3),
    mistakes=(
        Mistake("the end told by isLast", {"lastPagePath": "isLast"}),
        Mistake("more told by isLast", {"hasMorePath": "isLast"}, error="hasMorePath is 'isLast'"),
        Mistake(
            "a wrong place for the end",
            {"lastPagePath": "page.isLast"},
            error="lastPagePath 'page.isLast'",
        ),
        Mistake("a size above the cap", {"pageSize": "100"}),
        Mistake("page numbers", {"paginationType": "page"}, error="paginationType 'page'"),
        Mistake("no position parameter", {"paginationParam": None}, error="does not heed 'offset'"),
        Mistake(
            "kanban boards as well",
            mapping={"resources/1/selector/path_parameters/board/filter": None},
            error="The board does not support sprints",
        ),
        Mistake(
            "a filter that does not compile",
            mapping={"resources/1/selector/path_parameters/board/filter": ".type =="},
            error="path_parameters.board.filter",
        ),
        Mistake(
            "a filter on what is not there",
            mapping={"resources/1/selector/path_parameters/board/filter": ".scrum"},
            error="path_parameters.board.filter",
        ),
    ),
)
