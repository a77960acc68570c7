"""Azure DevOps: projects, their Git repositories, and their pipelines.

https://learn.microsoft.com/rest/api/azure/devops/core/projects/list: ``$top`` (100 unless given), and a
``continuationToken`` that counts projects; that of the next page is the header
``x-ms-continuationtoken``, which the last page lacks. The body has ``value`` and the ``count`` of the page.
https://learn.microsoft.com/rest/api/azure/devops/git/repositories/list: all repositories at once.
https://learn.microsoft.com/rest/api/azure/devops/build/definitions/list: the same header, an opaque token.
Every request names its ``api-version``
(https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-versioning). A personal access
token is the password of any user; with one that has expired a GET is answered by a page for signing
in, with the status 203 (https://github.com/microsoft/azure-devops-auth-samples/issues/52).
"""

import base64
import binascii
from collections.abc import Iterator

from tests.simulators import (
    Answer,
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    KeyHeader,
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
from tests.simulators.endpoints import Rows

_HEADER = "x-ms-continuationtoken"


def _password(header: str) -> str:
    """The password of basic authentication: nobody looks at the user."""
    pair = header.removeprefix("Basic ")
    try:
        return base64.b64decode(pair).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


_PROJECTS = Offset(
    offset="continuationToken",
    size="$top",
    default=100,
    cap=1000,
    tell={"count": "count"},
    headers={_HEADER: at_end("next_value")},
)
_DEFINITIONS = Cursor(
    cursor="continuationToken",
    size="$top",
    default=10_000,
    cap=10_000,
    tell={"count": "count"},
    headers={_HEADER: at_end("next_value")},
)


def _data() -> Data:
    projects: list[Row] = [
        {
            "id": f"aaaa-{n:02}",
            "name": f"Project {n}",
            "state": "wellFormed",
            "visibility": "public" if n % 4 == 0 else "private",
        }
        for n in range(23)
    ]
    repositories: list[Row] = [
        {
            "id": f"bbbb-{at:02}-{n}",
            "name": f"repo-{n}",
            "project": {"id": project["id"], "name": project["name"]},
            "defaultBranch": "refs/heads/main",
            "isDisabled": n % 5 == 4,
            "~project": project["id"],
        }
        for at, project in enumerate(projects)
        for n in range(10 if at == 2 else at % 3)
    ]
    definitions: list[Row] = [
        {
            "id": n + 1,
            "name": f"Pipeline {n}",
            "path": "\\",
            "queueStatus": "enabled",
            "project": {"id": project["id"], "name": project["name"]},
            "~project": project["id"],
        }
        for at, project in enumerate(projects)
        for n in range(31 if at == 3 else at % 2)
    ]
    return {"projects": projects, "repositories": repositories, "definitions": definitions}


def _versioned(rows: Rows) -> Rows:
    def some(call: Call) -> list[Row]:
        if not call.param("api-version"):
            raise RefusedError(400, 'No api-version was supplied for the "GET" request.')
        return list(rows(call))

    return some


def _expected(data: Data) -> Iterator[Expected]:
    for project in data["projects"]:
        yield Expected(
            "azureDevOpsProject",
            project["id"],
            properties={"visibility": project["visibility"]},
            title=project["name"],
        )
    for repository in data["repositories"]:
        yield Expected(
            "azureDevOpsRepository",
            repository["id"],
            relations={"project": repository["project"]["id"]},
            properties={"disabled": repository["isDisabled"]},
            title=repository["name"],
        )
    for definition in data["definitions"]:
        project = definition["project"]["id"]
        yield Expected(
            "azureDevOpsPipeline",
            f"{project}/{definition['id']}",
            relations={"project": project},
            title=definition["name"],
        )


def _error(status: int, reason: str) -> Answer | Json:
    if status == 401:
        return Answer(
            status=203, body=b"<html><title>Azure DevOps Services | Sign In</title></html>"
        )
    return {"$id": "1", "message": reason, "typeKey": "VssServiceException", "errorCode": 0}


_OF_PROJECT = children("definitions", of=("projects", "id"), project="~project")

PRODUCT = Product(
    prefix="/your-organization",
    auth=KeyHeader("Authorization", "your-token", read=_password),
    data=_data,
    endpoints=(
        Collection(
            "/_apis/projects",
            _versioned(table("projects")),
            _PROJECTS,
            wrap="value",
            knows=frozenset({"api-version", "stateFilter"}),
        ),
        Collection(
            "/{project}/_apis/git/repositories",
            _versioned(children("repositories", of=("projects", "id"), project="~project")),
            wrap="value",
            knows=frozenset({"api-version"}),
            reshape=list,
        ),
        Collection(
            "/{project}/_apis/build/definitions",
            _versioned(_OF_PROJECT),
            _DEFINITIONS,
            wrap="value",
            knows=frozenset({"api-version"}),
        ),
    ),
    page_size=10,
    error=_error,
    throttle=Throttle(at=15, headers={"Retry-After": "0", "X-RateLimit-Resource": "Core"}),
    expected=_expected,
    vanish=lambda data: drop(data["repositories"], "bbbb-02-7"),
    mistakes=(
        Mistake("another user", {"username": "somebody"}),
        Mistake("a wrong token", {"password": "old"}, error="not the JSON it should be"),
        Mistake("no version", {"queryParams": None}, error="No api-version was supplied"),
        Mistake("no paging", {"paginationType": "none"}),
        Mistake("the place of the token by name", {"cursorPath": f"header:{_HEADER}"}),
        Mistake(
            "a place in the body",
            {"cursorPath": "continuationToken"},
            error="cursorPath 'continuationToken'",
        ),
        Mistake(
            "the header's name as the parameter", {"paginationParam": _HEADER}, error="in a circle"
        ),
        Mistake(
            "positions", {"paginationType": "offset", "paginationParam": "$skip"}, error="$skip"
        ),
        Mistake("no size", {"sizeParam": None}),
        Mistake(
            "repositories paged as the others are",
            mapping={"resources/1/selector/pagination": None},
            error="cursorPath",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/2/selector/data_path": ".definitions"},
            error="data_path '.definitions' gave null in every response",
        ),
        Mistake(
            "projects by a key they lack",
            mapping={"resources/1/selector/path_parameters/project/field": ".key"},
            error=".key",
        ),
    ),
)
