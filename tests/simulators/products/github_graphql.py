"""GitHub by GraphQL: organisations, and the repositories of each.

https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api: every connection needs
``first`` or ``last``, from 1 to 100; the query asks for ``pageInfo { hasNextPage endCursor }``.
https://docs.github.com/en/graphql/guides/forming-calls-with-graphql: one endpoint, always POST.
Answers to wrong queries are 200 with ``errors`` and no ``data``; what the token may not see is null in
``data``, with the reason in ``errors`` beside it. A wrong token is 401, as in REST.
"""

from collections.abc import Iterator

from tests.simulators import (
    Answer,
    Bearer,
    Call,
    Data,
    Expected,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    drop,
    find,
)
from tests.simulators.graphql import VALUE, Arguments, Connection, Field, Graph, One, pages

_REPOS = {"org-01": 33, "org-02": 20, "org-03": 0}
_LOCKED = "locked-by-saml"


def _data() -> Data:
    orgs: list[Row] = [
        {"id": f"O_{n:02}", "login": f"org-{n:02}", "name": f"Organization {n}"}
        for n in range(1, 24)
    ]
    repos: list[Row] = [
        {
            "id": f"R_{org}_{n:02}",
            "name": f"repo-{n}",
            "nameWithOwner": f"{org}/repo-{n}",
            "isPrivate": n % 2 == 0,
            "primaryLanguage": {"name": "Python"} if n % 3 else None,
            "~org": org,
        }
        for org, count in _REPOS.items()
        for n in range(count)
    ]
    return {"orgs": orgs, "repos": repos}


def _organization(call: Call, around: Row, arguments: Arguments) -> Row | None:
    del around
    login = str(arguments.get("login"))
    if login == _LOCKED:
        raise RefusedError(403, "Resource protected by organization SAML enforcement.")
    return find(call, "orgs", "login", login)


_TYPES: dict[str, dict[str, Field]] = {
    "Query": {
        "viewer": One(of="User", row=lambda *_: {}),
        "organization": One(of="Organization", row=_organization, arguments=frozenset({"login"})),
    },
    "User": {
        "organizations": Connection(of="Organization", rows=lambda call, *_: call.data["orgs"]),
    },
    "Organization": {
        "id": VALUE,
        "login": VALUE,
        "name": VALUE,
        "repositories": Connection(
            of="Repository",
            rows=lambda call, org, _: [
                repo for repo in call.data["repos"] if repo["~org"] == org["login"]
            ],
        ),
    },
    "Repository": {
        "id": VALUE,
        "name": VALUE,
        "nameWithOwner": VALUE,
        "isPrivate": VALUE,
        "primaryLanguage": One(of="Language", row=lambda _, repo, __: repo["primaryLanguage"]),
    },
    "Language": {"name": VALUE},
}


def _expected(data: Data) -> Iterator[Expected]:
    for org in data["orgs"]:
        yield Expected("githubOrganization", org["login"], title=org["name"])
    for repo in data["repos"]:
        language = repo["primaryLanguage"]
        yield Expected(
            "githubRepository",
            repo["nameWithOwner"],
            relations={"organization": repo["~org"]},
            properties={"private": repo["isPrivate"], "language": language and language["name"]},
            title=repo["name"],
        )


def _error(status: int, reason: str) -> Answer:
    body: Json = {"errors": [{"message": reason}]}
    if status == 401:
        body = {
            "message": "Bad credentials",
            "documentation_url": "https://docs.github.com/graphql",
        }
    return Answer(status=status, body=body)


_ORGS, _REPOSITORIES = "resources/0/selector", "resources/1/selector"
_NO_SIZE = "query { viewer { organizations { nodes { id } pageInfo { hasNextPage endCursor } } } }"
_NO_PAGE_INFO = (
    "query ($n: Int!, $cursor: String) { viewer { organizations(first: $n, after: $cursor)"
)
_FIXED = "query { viewer { organizations(first: 10) { nodes { login name }"

PRODUCT = Product(
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        Graph(
            path="/graphql",
            types=_TYPES,
            paging=pages(default=100, cap=100),
            needs_first=True,
            invalid=200,
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["repos"], "org-01/repo-30", key="nameWithOwner"),
    mistakes=(
        Mistake("a size above the cap", {"pageSize": "101"}, error="first must be at most 100"),
        Mistake(
            "a connection without a size",
            mapping={f"{_ORGS}/body/query": _NO_SIZE},
            error="You must provide a `first`",
        ),
        Mistake(
            "a query that does not ask for the pageInfo",
            mapping={f"{_ORGS}/body/query": _NO_PAGE_INFO + " { nodes { login name } } } }"},
            error="cursorPath",
        ),
        Mistake(
            "a pageInfo without the cursor",
            mapping={
                f"{_ORGS}/body/query": _NO_PAGE_INFO
                + " { nodes { login name } pageInfo { hasNextPage } } } }"
            },
            error="cursorPath",
        ),
        Mistake(
            "a query that does not use the cursor",
            mapping={
                f"{_ORGS}/body/query": _FIXED + " pageInfo { hasNextPage endCursor } } } }",
                f"{_ORGS}/pagination/pagination_param": "variables.after",
            },
            error="paginationParam 'variables.after'",
        ),
        Mistake(
            "the cursor under another name than the query's",
            {"paginationParam": "variables.after"},
            error="paginationParam 'variables.after'",
        ),
        Mistake(
            "size and cursor beside the variables",
            {"paginationParam": "cursor", "sizeParam": "n"},
            error="was not provided",
        ),
        Mistake(
            "size and cursor in the query of the URL",
            mapping={f"{_ORGS}/pagination": None},
            error="was not provided",
        ),
        Mistake(
            "a field that is not there",
            mapping={f"{_ORGS}/body/query": "query { viewer { organisations { nodes { id } } } }"},
            error="Cannot query field",
        ),
        Mistake(
            "an organisation that the token may not see",
            mapping={
                f"{_REPOSITORIES}/body/variables/org": _LOCKED,
                f"{_REPOSITORIES}/path_parameters": None,
            },
            error="SAML enforcement",
        ),
        Mistake(
            "an organisation that is not there",
            mapping={
                f"{_REPOSITORIES}/body/variables/org": "unheard-of",
                f"{_REPOSITORIES}/path_parameters": None,
            },
            error="NOT_FOUND",
        ),
        Mistake(
            "the path of the connection, not of its nodes",
            mapping={f"{_ORGS}/data_path": ".data.viewer.organizations"},
            error="set data_path to the list",
        ),
        Mistake("a GET", mapping={f"{_ORGS}/method": "GET"}, error="method not allowed"),
        Mistake("a wrong token", {"apiToken": "expired"}, error="Bad credentials"),
    ),
)
