"""Harbor: projects, their repositories, and the artifacts of each repository.

https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml: ``page`` and ``page_size`` (10, at
most 100), ``X-Total-Count``, and a ``Link`` header whose targets are paths. The name of a repository
begins with its project's; in a path the rest of it is encoded twice: ``team/app`` is ``team%252Fapp``.
https://goharbor.io/docs/main/working-with-projects/project-configuration/create-robot-accounts: robot
accounts sign in by user, such as ``robot$port``, and secret.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from tests.simulators import (
    Answer,
    Basic,
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
    at_end,
    children,
    drop,
    find,
    table,
)

_PAGES = PageNumber(
    size="page_size",
    default=10,
    cap=100,
    above_cap="refuse",
    headers={
        "X-Total-Count": "total",
        "Link": at_end(lambda facts: f'<{facts.next_path}>; rel="next"'),
    },
)


def _data() -> Data:
    projects: list[Row] = [
        {
            "project_id": n,
            "name": f"project-{n}",
            "metadata": {"public": "true" if n % 3 == 0 else "false"},
            "repo_count": 0 if n > 4 else 3,
        }
        for n in range(1, 16)
    ]
    repositories: list[Row] = [
        {
            "id": project * 10 + at,
            "project_id": project,
            "name": f"project-{project}/{name}",
            "pull_count": project * at,
            "~project": f"project-{project}",
        }
        for project in range(1, 5)
        for at, name in enumerate(("app", "team/app", "team/tools/cli"))
    ]
    artifacts: list[Row] = [
        {
            "id": repository["id"] * 100 + n,
            "digest": f"sha256:{repository['id'] * 100 + n:064x}",
            "repository_id": repository["id"],
            "size": 1024 * (n + 1),
            "push_time": "2026-01-01T00:00:00.000Z",
            "tags": [{"id": n, "name": f"v{n}"}] if n % 2 else None,
            "~repository": repository["name"],
        }
        for at, repository in enumerate(repositories)
        for n in range(17 if at == 1 else at % 3)
    ]
    return {"projects": projects, "repositories": repositories, "artifacts": artifacts}


def _artifacts(call: Call) -> Sequence[Row]:
    """A slash that is encoded once divides the path; a name is decoded once more."""
    if "/" in call.at["repository"]:
        raise RefusedError(404, "not found")
    name = f"{call.at['project']}/{unquote(call.at['repository'])}"
    find(call, "repositories", "name", name)
    return [row for row in call.data["artifacts"] if row["~repository"] == name]


def _expected(data: Data) -> Iterator[Expected]:
    for project in data["projects"]:
        yield Expected(
            "harborProject",
            project["name"],
            properties={"public": project["metadata"]["public"] == "true"},
        )
    for repository in data["repositories"]:
        yield Expected(
            "harborRepository",
            str(repository["id"]),
            title=repository["name"],
            properties={"pulls": repository["pull_count"]},
            relations={"project": repository["~project"]},
        )
    for artifact in data["artifacts"]:
        yield Expected(
            "harborArtifact",
            str(artifact["id"]),
            properties={
                "digest": artifact["digest"],
                "tags": [tag["name"] for tag in artifact["tags"] or []],
            },
            relations={"repository": str(artifact["repository_id"])},
        )


def _vanish(data: Data) -> None:
    gone = "project-1/team/app"
    drop(data["repositories"], gone, key="name")
    drop(data["artifacts"], gone, key="~repository")


_CODES = {400: "UNPROCESSABLE_ENTITY", 401: "UNAUTHORIZED", 404: "NOT_FOUND"}


def _error(status: int, reason: str) -> Answer | Json:
    if status == 400:
        reason = f"validation failure list: {reason} in query"
    body = {"errors": [{"code": _CODES.get(status, "UNKNOWN"), "message": reason}]}
    return Answer(status=422 if status == 400 else status, body=body)


_PARAMETERS = "resources/2/selector/path_parameters"

PRODUCT = Product(
    prefix="/api/v2.0",
    auth=Basic("robot$port", "your-secret"),
    data=_data,
    endpoints=(
        Collection("/projects", table("projects"), _PAGES),
        Collection("/repositories", table("repositories"), _PAGES),
        Collection(
            "/projects/{project}/repositories",
            children("repositories", of=("projects", "name"), project="~project"),
            _PAGES,
        ),
        Collection("/projects/{project}/repositories/{repository}/artifacts", _artifacts, _PAGES),
    ),
    page_size=4,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("no size", {"sizeParam": None}),
        Mistake("the size of other APIs", {"sizeParam": "per_page"}),
        Mistake("page numbers", {"paginationType": "page"}),
        Mistake("positions", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake("links in the body", {"paginationType": "next_link"}, error="correct nextLinkPath"),
        Mistake("a size above the cap", {"pageSize": "500"}, error="must be at most 100"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a name that is encoded once",
            mapping={f"{_PARAMETERS}/repository/field": '.name | split("/")[1:] | join("/")'},
            error="404",
        ),
        Mistake(
            "the whole name of a repository",
            mapping={f"{_PARAMETERS}/repository/field": ".name | @uri"},
            error="404",
        ),
        Mistake(
            "the id of a repository",
            mapping={f"{_PARAMETERS}/repository/field": ".id"},
            error="404",
        ),
        Mistake(
            "an envelope there is not",
            mapping={"resources/0/selector/data_path": ".items"},
            error="data_path '.items'",
        ),
        Mistake("a robot without its dollar", {"username": "port"}, error="UNAUTHORIZED"),
    ),
)
