"""Linear: issues and teams by GraphQL.

https://linear.app/developers/pagination: ``first`` is 50 unless given and at most 250; the query asks
for ``pageInfo { hasNextPage endCursor }``. https://linear.app/developers/graphql: a personal key goes
into ``Authorization`` as it is; an error comes as 200 with ``errors``.
"""

from collections.abc import Iterator

from tests.simulators import Data, Expected, Json, KeyHeader, Mistake, Product, drop
from tests.simulators.graphql import VALUE, Connection, Field, Graph, One, pages


def _data() -> Data:
    teams = [{"id": f"t{n:03}", "name": f"Team {n}"} for n in range(23)]
    issues = [
        {"id": f"i{n:03}", "title": f"Issue {n}", "team": {"id": f"t{n % 3:03}"}} for n in range(34)
    ]
    return {"teams": teams, "issues": issues}


_TYPES: dict[str, dict[str, Field]] = {
    "Query": {
        "teams": Connection(of="Team", rows=lambda call, *_: call.data["teams"]),
        "issues": Connection(of="Issue", rows=lambda call, *_: call.data["issues"]),
    },
    "Team": {"id": VALUE, "name": VALUE},
    "Issue": {
        "id": VALUE,
        "title": VALUE,
        "team": One(of="Team", row=lambda _, issue, __: issue["team"]),
    },
}


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
    endpoints=(
        Graph(path="/graphql", types=_TYPES, paging=pages(default=50, cap=250), invalid=200),
    ),
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
            error="paginationParam 'after'",
        ),
        Mistake("the size beside the variables", {"sizeParam": "first"}),
        Mistake("a size above the cap", {"pageSize": "251"}, error="first must be at most 250"),
        Mistake(
            "a size that is text",
            mapping={"resources/0/selector/body/variables": {"first": "ten"}},
            error="cannot represent",
        ),
        Mistake(
            "a key with a word before it",
            {"authType": "bearer_token", "apiToken": "x"},
            error="401",
        ),
    ),
)
