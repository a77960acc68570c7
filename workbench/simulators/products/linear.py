"""Linear: issues and teams by GraphQL.

https://linear.app/developers/pagination: ``first`` is 50 unless given and at most 250; the query asks
for ``pageInfo { hasNextPage endCursor }``. https://linear.app/developers/graphql: a personal key goes
into ``Authorization`` as it is; an error comes as 200 with ``errors``.
"""

from collections.abc import Iterator

from workbench.simulators import (
    Answer,
    Call,
    Cursor,
    Custom,
    Data,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    Product,
    drop,
)


def _data() -> Data:
    teams = [{"id": f"t{n:03}", "name": f"Team {n}"} for n in range(23)]
    issues = [
        {"id": f"i{n:03}", "title": f"Issue {n}", "team": {"id": f"t{n % 3:03}"}} for n in range(34)
    ]
    return {"teams": teams, "issues": issues}


_PAGES = Cursor(
    cursor="variables/after",
    size="variables/first",
    default=50,
    cap=250,
    in_body=True,
    tell={"hasNextPage": "more", "endCursor": "next_value"},
)


def _graphql(call: Call) -> Answer:
    query = str(call.value("query", in_body=True))
    names = [name for name in ("teams", "issues") if f"{name}(" in query]
    if not names:
        return Answer(body={"errors": [{"message": "Cannot query field"}], "data": None})
    page = _PAGES.page(call, call.data[names[0]])
    connection: dict[str, Json] = {"nodes": list(page.rows), "pageInfo": dict(page.beside)}
    return Answer(body={"data": {names[0]: connection}})


def _expected(data: Data) -> Iterator[Expected]:
    for team in data["teams"]:
        yield Expected("linearTeam", team["id"], title=team["name"])
    for issue in data["issues"]:
        yield Expected(
            "linearIssue",
            issue["id"],
            relations={"team": issue["team"]["id"]},
            title=issue["title"],
        )


def _error(status: int, reason: str) -> Json:
    return {"errors": [{"message": reason, "extensions": {"http": {"status": status}}}]}


PRODUCT = Product(
    auth=KeyHeader("Authorization", "lin_api_your-key"),
    data=_data,
    endpoints=(Custom("/graphql", _graphql, method="POST"),),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["issues"], "i010"),
    mistakes=(
        Mistake(
            "a wrong place for the cursor",
            mapping={"resources/0/selector/pagination/cursor_path": "data.pageInfo.endCursor"},
            error="data.pageInfo.endCursor",
        ),
        Mistake(
            "a field that is not there",
            mapping={"resources/0/selector/body/query": "query { squads { nodes { id } } }"},
            error="Cannot query field",
        ),
        Mistake(
            "the cursor beside the variables",
            mapping={"resources/0/selector/pagination/pagination_param": "after"},
            error="made before",
        ),
    ),
)
