"""GitLab: projects, their pipelines, and the jobs of each pipeline.

https://docs.gitlab.com/api/rest/#pagination: ``page`` and ``per_page`` (20, at most 100) with the
headers ``x-next-page`` (empty at the end), ``x-total`` and ``Link``. With ``pagination=keyset`` and
``order_by=id`` the ``Link`` header leads on until a page is empty; it tells no totals.
https://docs.gitlab.com/api/rest/#namespaced-paths: ``group/project`` is one encoded segment.
https://docs.gitlab.com/api/pipelines/: 403 where a project has its pipelines switched off.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Call,
    Collection,
    Data,
    Either,
    Expected,
    Json,
    KeyHeader,
    Keyset,
    Mistake,
    PageNumber,
    Product,
    RefusedError,
    Row,
    Throttle,
    at_end,
    drop,
)

_BY_NUMBER = PageNumber(
    size="per_page",
    default=20,
    cap=100,
    headers={
        "x-page": "number",
        "x-per-page": "size",
        "x-next-page": at_end("next_value", ""),
        "x-total": "total",
        "x-total-pages": "pages",
    },
    link=("prev", "next", "first", "last"),
)
_BY_KEY = Keyset(
    after="id_after", size="per_page", default=20, cap=100, last_is_empty=True, link=("next",)
)


def _is_keyset(call: Call) -> bool:
    return call.param("pagination") == "keyset"


def _data() -> Data:
    projects: list[Row] = [
        {
            "id": 100 + n,
            "name": f"service-{n}",
            "path_with_namespace": f"acme/group-{n % 3}/service-{n}",
            "jobs_enabled": n % 7 != 6,
            "default_branch": None if n == 2 else "main",
        }
        for n in range(30)
    ]
    pipelines: list[Row] = [
        {
            "id": 1000 * project["id"] + n,
            "status": "failed" if n % 3 else "success",
            "ref": "main",
            "~project": project["path_with_namespace"],
        }
        for at, project in enumerate(projects)
        for n in range(22 if at == 0 else at % 2)
        if project["jobs_enabled"]
    ]
    jobs: list[Row] = [
        {
            "id": 100 * pipeline["id"] + n,
            "name": f"job-{n}",
            "stage": "test",
            "status": "success",
            "~pipeline": pipeline["id"],
        }
        for at, pipeline in enumerate(pipelines)
        for n in range(21 if at == 1 else 2)
    ]
    return {"projects": projects, "pipelines": pipelines, "jobs": jobs}


def _projects(call: Call) -> Sequence[Row]:
    if _is_keyset(call) and call.param("order_by") != "id":
        raise RefusedError(405, "Keyset pagination is not yet available for this type of request")
    return call.data["projects"]


def _pipelines(call: Call) -> Sequence[Row]:
    for project in call.data["projects"]:
        if call.at["project"] in {str(project["id"]), project["path_with_namespace"]}:
            if not project["jobs_enabled"]:
                raise RefusedError(403, "403 Forbidden")
            path = project["path_with_namespace"]
            return [row for row in call.data["pipelines"] if row["~project"] == path]
    raise RefusedError(404, "404 Project Not Found")


def _jobs(call: Call) -> Sequence[Row]:
    if call.at["pipeline"] not in {str(row["id"]) for row in _pipelines(call)}:
        raise RefusedError(404, "404 Not found")
    return [row for row in call.data["jobs"] if str(row["~pipeline"]) == call.at["pipeline"]]


def _expected(data: Data) -> Iterator[Expected]:
    for project in data["projects"]:
        yield Expected(
            "gitlabProject",
            project["path_with_namespace"],
            properties={"defaultBranch": project["default_branch"]},
            title=project["name"],
        )
    for pipeline in data["pipelines"]:
        yield Expected(
            "gitlabPipeline",
            str(pipeline["id"]),
            relations={"project": pipeline["~project"]},
            properties={"status": pipeline["status"]},
        )
    for job in data["jobs"]:
        yield Expected("gitlabJob", str(job["id"]), relations={"pipeline": str(job["~pipeline"])})


def _vanish(data: Data) -> None:
    gone = data["pipelines"][3]["id"]
    drop(data["pipelines"], gone)
    drop(data["jobs"], gone, key="~pipeline")


def _error(status: int, reason: str) -> Json:
    if status == 405:
        return {"error": reason}
    return {"message": {401: "401 Unauthorized"}.get(status, reason)}


_KEYSET = "resources/0/selector/query_params"
_NO_KEYSET: dict[str, Json] = {
    _KEYSET: {},
    "resources/1/selector/path_parameters/project/query_params": {},
    "resources/2/selector/path_parameters/project/query_params": {},
}

PRODUCT = Product(
    prefix="/api/v4",
    auth=KeyHeader("PRIVATE-TOKEN", "your-token"),
    data=_data,
    endpoints=(
        Collection("/projects", _projects, Either(_is_keyset, _BY_KEY, _BY_NUMBER)),
        Collection("/projects/{project}/pipelines", _pipelines, _BY_NUMBER),
        Collection("/projects/{project}/pipelines/{pipeline}/jobs", _jobs, _BY_NUMBER),
    ),
    page_size=10,
    error=_error,
    headers={
        "RateLimit-Limit": "2000",
        "RateLimit-Remaining": "1993",
        "RateLimit-Reset": "1700003600",
    },
    throttle=Throttle(at=40),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("page numbers for all", {"paginationType": "page"}, _NO_KEYSET),
        Mistake("no keyset for the projects", mapping={_KEYSET: {}}),
        Mistake("a size parameter of another product", {"sizeParam": "limit"}),
        Mistake(
            "keyset without an order",
            mapping={_KEYSET: {"pagination": "keyset"}},
            error="Keyset pagination is not yet available",
        ),
        Mistake(
            "a position parameter of another product",
            {"paginationType": "page", "paginationParam": "page_number"},
            error="does not heed 'page_number'",
        ),
        Mistake(
            "offsets under their usual names",
            {"paginationType": "offset", "sizeParam": None},
            error="does not heed 'offset'",
        ),
        Mistake(
            "page numbers from 0",
            {"paginationType": "page", "startPage": "0"},
            _NO_KEYSET,
            error="page must be a number from 1",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a relation that is not sent",
            {"headerLinkRel": "following"},
            error="headerLinkRel is 'following'",
        ),
        Mistake("a token as bearer's", {"apiKeyHeader": "X-API-Key"}, error="401 Unauthorized"),
        Mistake(
            "projects without pipelines",
            mapping={"resources/1/selector/path_parameters/project/filter": None},
            error="403 Forbidden",
        ),
        Mistake(
            "numbers in place of paths",
            mapping={
                "resources/1/selector/path_parameters/project/field": ".id",
                "resources/2/selector/path_parameters/project/field": ".id",
                "resources/1/port/entity/mappings/relations/project": (
                    ".__parent.project.path_with_namespace"
                ),
            },
        ),
    ),
)
