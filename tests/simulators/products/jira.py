"""Jira Cloud platform: projects, users, issues, and the comments on each issue.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#pagination: ``startAt`` and
``maxResults``; pages tell ``total`` and ``isLast``, but not all of them. A ``maxResults`` above
the cap is cut.
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/: the search by
``nextPageToken``, which is absent at the end, tells ``isLast`` and no total, wants a bounded
``jql``, and sends nothing but ids unless ``fields`` asks for more. Its predecessor answers 410.
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-users/: a bare array.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Answer,
    Basic,
    Call,
    Collection,
    Cursor,
    Custom,
    Data,
    Expected,
    Json,
    Mistake,
    Offset,
    Product,
    RefusedError,
    Row,
    Throttle,
    at_end,
    children,
    drop,
    table,
)

_PROJECTS = Offset(
    offset="startAt",
    size="maxResults",
    default=50,
    cap=50,
    tell={
        "startAt": "offset",
        "maxResults": "size",
        "total": "total",
        "isLast": "last",
        "nextPage": at_end("next_url"),
    },
)
_USERS = Offset(offset="startAt", size="maxResults", default=50, cap=1000)
_COMMENTS = Offset(
    offset="startAt",
    size="maxResults",
    default=100,
    cap=100,
    tell={"startAt": "offset", "maxResults": "size", "total": "total"},
)
_SEARCH = Cursor(
    cursor="nextPageToken",
    size="maxResults",
    default=50,
    cap=100,
    tell={"nextPageToken": at_end("next_value"), "isLast": "last"},
)


def _data() -> Data:
    users: list[Row] = [
        {"accountId": f"712020:{n:04}", "displayName": f"User {n}", "active": n % 5 != 0}
        for n in range(64)
    ]
    projects: list[Row] = [
        {"id": str(10000 + n), "key": f"P{n}", "name": f"Project {n}"} for n in range(23)
    ]
    issues: list[Row] = [
        {
            "id": str(20000 + n),
            "key": f"P{n % 20}-{n}",
            "fields": {
                "summary": f"Issue {n}",
                "status": {"name": "Done" if n % 2 else "To Do"},
                "project": {"key": f"P{n % 20}"},
                "assignee": None if n % 4 == 0 else {"accountId": users[n]["accountId"]},
            },
        }
        for n in range(31)
    ]
    comments: list[Row] = [
        {
            "id": f"{issue['id']}{n:02}",
            "created": "2026-01-05T09:00:00.000+0000",
            "~of": issue["key"],
        }
        for at, issue in enumerate(issues)
        for n in range(21 if at == 0 else at % 2)
    ]
    return {"users": users, "projects": projects, "issues": issues, "comments": comments}


def _found(call: Call) -> Sequence[Row]:
    jql = call.param("jql") or ""
    if not jql or jql.lower().startswith("order by"):
        raise RefusedError(400, "Unbounded JQL queries are not allowed here.")
    wanted = (call.param("fields") or "id").split(",")
    return [
        {"id": row["id"]}
        if wanted == ["id"]
        else {**row, "fields": {name: row["fields"].get(name) for name in wanted}}
        for row in call.data["issues"]
    ]


def _removed(call: Call) -> Answer:
    del call
    raise RefusedError(410, "The requested API has been removed. Please migrate to search/jql.")


def _expected(data: Data) -> Iterator[Expected]:
    for user in data["users"]:
        yield Expected(
            "jiraUser",
            user["accountId"],
            properties={"active": user["active"]},
            title=user["displayName"],
        )
    for project in data["projects"]:
        yield Expected("jiraProject", project["key"], title=project["name"])
    for issue in data["issues"]:
        fields = issue["fields"]
        assignee = fields["assignee"]
        yield Expected(
            "jiraIssue",
            issue["key"],
            relations={
                "project": fields["project"]["key"],
                **({"assignee": assignee["accountId"]} if assignee else {}),
            },
            properties={"status": fields["status"]["name"]},
            title=fields["summary"],
        )
    for comment in data["comments"]:
        yield Expected("jiraComment", comment["id"], relations={"issue": comment["~of"]})


def _vanish(data: Data) -> None:
    gone = data["issues"][0]["key"]
    drop(data["issues"], gone, key="key")
    drop(data["comments"], gone, key="~of")


def _error(status: int, reason: str) -> Json:
    messages = {401: "Client must be authenticated to access this resource."}
    return {"errorMessages": [messages.get(status, reason)], "errors": {}}


_ISSUES = "resources/2/selector"

PRODUCT = Product(
    auth=Basic("you@example.com", "your-api-token"),
    data=_data,
    endpoints=(
        Collection("/rest/api/3/users/search", table("users"), _USERS),
        Collection("/rest/api/3/project/search", table("projects"), _PROJECTS, wrap="values"),
        Collection("/rest/api/3/search/jql", _found, _SEARCH, wrap="issues"),
        Collection(
            "/rest/api/3/issue/{issue}/comment",
            children("comments", of=("issues", "key"), issue="~of"),
            _COMMENTS,
            wrap="comments",
        ),
        Custom("/rest/api/3/search", _removed),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": "97",
    },
    throttle=Throttle(at=20),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("a size parameter of another product", {"sizeParam": "limit"}),
        Mistake("a size above the cap", {"pageSize": "200"}),
        Mistake("no position parameter", {"paginationParam": None}, error="does not heed 'offset'"),
        Mistake("page numbers", {"paginationType": "page"}, error="paginationType 'page'"),
        Mistake(
            "the search by position",
            mapping={f"{_ISSUES}/pagination": None},
            error="does not heed 'startAt'",
        ),
        Mistake(
            "a wrong name for the token",
            mapping={f"{_ISSUES}/pagination/pagination_param": "token"},
            error="paginationParam 'token'",
        ),
        Mistake(
            "the search of old",
            mapping={"resources/2/kind": "/rest/api/3/search"},
            error="410 Gone",
        ),
        Mistake(
            "a jql without bounds",
            mapping={f"{_ISSUES}/query_params/jql": "order by key"},
            error="Unbounded",
        ),
        Mistake(
            "a token as bearer's",
            {"authType": "bearer_token", "apiToken": "your-api-token"},
            error="401 Unauthorized",
        ),
        Mistake(
            "no data path",
            mapping={"resources/1/selector/data_path": None},
            error="data_path '.' takes",
        ),
    ),
)
