"""Argo CD: projects, repositories and applications.

https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/: ``POST /api/v1/session`` with user and
password gives a token, which goes as ``Bearer``. Every list comes at once in ``items``, which is null without
rows: Go's nil slice. Errors are those of gRPC: ``{"error": …, "code": 16, "message": …}``.
"""

from collections.abc import Iterator

from tests.simulators import (
    Collection,
    Data,
    Expected,
    Json,
    Login,
    Mistake,
    Product,
    Row,
    null_when_empty,
    table,
)


def _all(path: str, name: str, **beside: Json) -> Collection:
    return Collection(
        path,
        table(name),
        wrap="items",
        beside={"metadata": {"resourceVersion": "37755"}, **beside},
        reshape=null_when_empty,
    )


def _data() -> Data:
    projects: list[Row] = [
        {"metadata": {"name": name}, "spec": {"description": f"For {name}"}}
        for name in ("default", "payments", "search")
    ]
    applications: list[Row] = [
        {
            "metadata": {"name": f"app-{n}", "namespace": "argocd", "uid": f"u-{n}"},
            "spec": {
                "project": projects[n % 3]["metadata"]["name"],
                "source": {"repoURL": f"https://git.example.com/app-{n}.git", "path": "deploy"},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": f"ns-{n}"},
            },
            "status": {
                "sync": {"status": "OutOfSync" if n % 7 == 0 else "Synced"},
                "health": {"status": "Healthy"},
            },
        }
        for n in range(41)
    ]
    return {"projects": projects, "applications": applications, "repositories": []}


def _expected(data: Data) -> Iterator[Expected]:
    for project in data["projects"]:
        name = project["metadata"]["name"]
        yield Expected(
            "argoCdProject",
            name,
            properties={"description": project["spec"]["description"]},
            title=name,
        )
    for application in data["applications"]:
        name, spec = application["metadata"]["name"], application["spec"]
        yield Expected(
            "argoCdApplication",
            f"argocd/{name}",
            relations={"project": spec["project"]},
            properties={
                "sync": application["status"]["sync"]["status"],
                "health": application["status"]["health"]["status"],
                "repository": spec["source"]["repoURL"],
            },
            title=name,
        )


def _vanish(data: Data) -> None:
    del data["applications"][12]


def _error(status: int, reason: str) -> Json:
    codes = {401: (16, "no session information"), 404: (5, "Not Found"), 403: (7, reason)}
    code, message = codes.get(status, (3, reason))
    return {"error": message, "code": code, "message": message}


_REQUEST = '{"endpoint": "/session", "method": "POST", "body": {"username": "port"}}'

PRODUCT = Product(
    prefix="/api/v1",
    auth=Login(
        path="/api/v1/session",
        json={"username": "port", "password": "your-password"},
        answer=lambda token: {"token": token},
        lasts=2,
    ),
    data=_data,
    endpoints=(
        _all("/projects", "projects"),
        _all("/applications", "applications"),
        _all("/repositories", "repositories"),
    ),
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("half a login", {"customAuthRequest": _REQUEST}, error="no session information"),
        Mistake(
            "another name of the token",
            {
                "customAuthRequestTemplate": '{"headers": {"Authorization": "Bearer {{.access_token}}"}}'
            },
            error="access_token",
        ),
        Mistake(
            "the token without its word",
            {"customAuthRequestTemplate": '{"headers": {"Authorization": "{{.token}}"}}'},
            error="401",
        ),
        Mistake(
            "a token of another login", {"authType": "bearer_token", "apiToken": "old"}, error="401"
        ),
        Mistake("page numbers nobody heeds", {"paginationType": "page"}),
        Mistake("positions nobody heeds", {"paginationType": "offset", "pageSize": "10"}),
        Mistake(
            "a wrong data path",
            mapping={"resources/2/selector/data_path": ".applications"},
            error="data_path '.applications' gave null",
        ),
        Mistake(
            "no data path",
            mapping={"resources/2/selector/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "a name that is not there",
            mapping={"resources/1/kind": "/apps"},
            error="404",
        ),
    ),
)
