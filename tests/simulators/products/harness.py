"""Harness: the organizations of an account, their projects, and the pipelines of each project.

https://apidocs.harness.io/tag/Organization/ and https://apidocs.harness.io/tag/Project/: ``pageIndex``
counts from zero, ``pageSize`` is 50 unless given and at most 100 (more is refused); the list is
``data.content`` beside ``totalItems``, ``totalPages`` and ``pageItemCount``, its rows wrapped once
more. https://apidocs.harness.io/tag/Pipelines/: a POST, paged by ``page`` and ``size`` (25 unless
given), that answers with a page of Spring Data below ``data``. ``accountIdentifier`` is needed
everywhere, and an answer tells how it went in ``status``, too.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Call,
    Collection,
    Data,
    Expected,
    Json,
    KeyHeader,
    Mistake,
    PageNumber,
    Product,
    RefusedError,
    Row,
    drop,
)

_PAGES = PageNumber(
    number="pageIndex",
    size="pageSize",
    default=50,
    cap=100,
    above_cap="refuse",
    first=0,
    tell={
        "data/totalPages": "pages",
        "data/totalItems": "total",
        "data/pageItemCount": "count",
        "data/pageSize": "size",
        "data/pageIndex": "number",
        "data/empty": lambda facts: not facts.rows,
        "data/pageToken": lambda _: None,
    },
)
_PIPELINES = PageNumber(
    size="size",
    default=25,
    cap=1000,
    first=0,
    tell={
        "data/pageable/pageNumber": "number",
        "data/totalElements": "total",
        "data/totalPages": "pages",
        "data/last": "last",
        "data/first": lambda facts: facts.offset == 0,
        "data/size": "size",
        "data/number": "number",
        "data/numberOfElements": "count",
    },
)
_BESIDE: dict[str, Json] = {"status": "SUCCESS", "metaData": None, "correlationId": "4f1a"}


def _data() -> Data:
    organizations: list[Row] = [
        {"identifier": f"org{n}", "name": f"Organization {n}"} for n in range(5)
    ]
    projects: list[Row] = [
        {
            "identifier": f"project{n}",
            "orgIdentifier": organization["identifier"],
            "name": f"Project {n}",
            "modules": ["CD", "CI"][: n % 3],
        }
        for at, organization in enumerate(organizations)
        for n in range(53 if at == 1 else at % 3)
    ]
    pipelines: list[Row] = [
        {
            "identifier": f"pipeline{n}",
            "name": f"Pipeline {n}",
            "numOfStages": n % 4,
            "~org": project["orgIdentifier"],
            "~project": project["identifier"],
        }
        for at, project in enumerate(projects)
        for n in range(31 if at == 1 else at % 2)
    ]
    return {"organizations": organizations, "projects": projects, "pipelines": pipelines}


def _needed(call: Call, name: str) -> str:
    value = call.param(name)
    if not value:
        raise RefusedError(400, f"{name}: must not be null")
    return value


def _organizations(call: Call) -> Sequence[Row]:
    _needed(call, "accountIdentifier")
    return call.data["organizations"]


def _projects(call: Call) -> Sequence[Row]:
    _needed(call, "accountIdentifier")
    org = call.param("orgIdentifier")
    return [row for row in call.data["projects"] if org in {None, row["orgIdentifier"]}]


def _pipelines(call: Call) -> Sequence[Row]:
    _needed(call, "accountIdentifier")
    org, project = _needed(call, "orgIdentifier"), _needed(call, "projectIdentifier")
    if not isinstance(call.body, dict) or call.body.get("filterType") != "PipelineSetup":
        raise RefusedError(400, "filterType: must be PipelineSetup")
    of_project = [
        row for row in call.data["pipelines"] if (row["~org"], row["~project"]) == (org, project)
    ]
    if not of_project and project not in {row["identifier"] for row in _projects(call)}:
        raise RefusedError(404, f"Project with identifier {project} is not found")
    return of_project


def _in(word: str, rows: Sequence[Row]) -> Json:
    return [{word: row, "createdAt": 1_760_000_000_000} for row in rows]


def _expected(data: Data) -> Iterator[Expected]:
    for organization in data["organizations"]:
        yield Expected(
            "harnessOrganization", organization["identifier"], title=organization["name"]
        )
    for project in data["projects"]:
        org = project["orgIdentifier"]
        yield Expected(
            "harnessProject",
            f"{org}/{project['identifier']}",
            relations={"organization": org},
            properties={"modules": project["modules"]},
            title=project["name"],
        )
    for pipeline in data["pipelines"]:
        above = f"{pipeline['~org']}/{pipeline['~project']}"
        yield Expected(
            "harnessPipeline",
            f"{above}/{pipeline['identifier']}",
            relations={"project": above},
            properties={"stages": pipeline["numOfStages"]},
            title=pipeline["name"],
        )


def _error(status: int, reason: str) -> Json:
    codes = {401: "INVALID_TOKEN", 404: "RESOURCE_NOT_FOUND_EXCEPTION"}
    code = codes.get(status, "INVALID_REQUEST")
    return {"status": "ERROR", "code": code, "message": reason, "correlationId": "4f1a"}


_PIPELINE = "resources/2/selector"

PRODUCT = Product(
    auth=KeyHeader("x-api-key", "pat.your-account.your-key"),
    data=_data,
    endpoints=(
        Collection(
            "/ng/api/organizations",
            _organizations,
            _PAGES,
            wrap="data/content",
            beside=_BESIDE,
            reshape=lambda rows: _in("organization", rows),
        ),
        Collection(
            "/ng/api/projects",
            _projects,
            _PAGES,
            wrap="data/content",
            beside=_BESIDE,
            reshape=lambda rows: _in("project", rows),
        ),
        Collection(
            "/pipeline/api/pipelines/list",
            _pipelines,
            _PIPELINES,
            wrap="data/content",
            beside=_BESIDE,
            method="POST",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["pipelines"], "pipeline7", key="identifier"),
    mistakes=(
        Mistake("the pages' default size", {"sizeParam": "limit"}),
        Mistake(
            "all projects at once",
            mapping={
                "resources/1/selector/query_params/orgIdentifier": None,
                "resources/1/selector/path_parameters": None,
            },
        ),
        Mistake("page numbers from 1", {"startPage": None}, error="startPage"),
        Mistake(
            "page numbers from 1 for pipelines",
            mapping={f"{_PIPELINE}/pagination/start_page": 1},
            error="startPage",
        ),
        Mistake("no position parameter", {"paginationParam": None}, error="does not heed 'page'"),
        Mistake(
            "the other lists' parameters for pipelines",
            mapping={f"{_PIPELINE}/pagination": None},
            error="does not heed 'pageIndex'",
        ),
        Mistake("positions", {"paginationType": "offset"}, error="'pageIndex'"),
        Mistake("a size above the cap", {"pageSize": "500"}, error="pageSize must be at most 100"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "no account",
            mapping={"resources/0/selector/query_params": None},
            error="accountIdentifier: must not be null",
        ),
        Mistake(
            "no filter for pipelines",
            mapping={f"{_PIPELINE}/body": None},
            error="filterType: must be PipelineSetup",
        ),
        Mistake(
            "pipelines with GET",
            mapping={f"{_PIPELINE}/method": None, f"{_PIPELINE}/body": None},
            error="method not allowed",
        ),
        Mistake(
            "no data path",
            mapping={"resources/0/selector/data_path": None},
            error="data_path '.'",
        ),
        Mistake(
            "a data path that ends too early",
            mapping={"resources/1/selector/data_path": ".data"},
            error="data_path '.data'",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".content"},
            error="data_path '.content'",
        ),
        Mistake(
            "a field of the organization itself",
            mapping={"resources/1/selector/path_parameters/org/field": ".identifier"},
            error="path_parameters.org.field '.identifier' gave null",
        ),
        Mistake("a wrong key", {"apiKey": "pat.your-account.your-old-key"}, error="INVALID_TOKEN"),
    ),
)
