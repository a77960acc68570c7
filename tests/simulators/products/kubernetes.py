"""Kubernetes: namespaces, deployments and cron jobs.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks: ``limit`` rows
at most, everything without it; ``metadata.continue`` is the ``continue`` of the next request, and is left out
of the last answer, as ``metadata.remainingItemCount`` is. A token that is too old (after some five minutes) is
answered with 410 and a ``Status`` of the reason ``Expired``
(https://github.com/kubernetes/kubernetes/pull/67284). A list without rows may be null: Go's nil slice. A token
of a service account goes as ``Bearer``, and the certificate is of the cluster's own authority
(https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Bearer,
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    Throttle,
    at_end,
    null_when_empty,
)
from tests.simulators.endpoints import Rows

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start"
    " a new list without the continue parameter."
)


def _remaining(facts: Facts) -> int:
    return facts.total - facts.offset - facts.count


_CHUNKS = Cursor(
    cursor="continue",
    default=100_000,
    cap=100_000,
    tell={
        "metadata/resourceVersion": lambda _: "10245",
        "metadata/continue": at_end("next_value"),
        "metadata/remainingItemCount": at_end(_remaining),
    },
)


def _consistent(name: str) -> Rows:
    """The rows of a table, until those that a token counts on are ``compacted``."""

    def rows(call: Call) -> Sequence[Row]:
        if call.param("continue") and call.data["compacted"]:
            raise RefusedError(410, _TOO_OLD)
        return call.data[name]

    return rows


def _listed(path: str, kind: str, version: str, name: str) -> Collection:
    return Collection(
        path,
        _consistent(name),
        _CHUNKS,
        wrap="items",
        beside={"kind": kind, "apiVersion": version},
        reshape=null_when_empty,
    )


def _data() -> Data:
    namespaces: list[Row] = [
        {
            "metadata": {"name": f"team-{n}", "uid": f"ns-{n}", "labels": {"tier": str(n % 3)}},
            "status": {"phase": "Active"},
        }
        for n in range(7)
    ]
    deployments: list[Row] = [
        {
            "metadata": {
                "name": f"app-{n % 9}",
                "namespace": f"team-{n // 9}",
                "uid": f"d-{n}",
                "creationTimestamp": "2026-03-01T10:00:00Z",
            },
            "spec": {"replicas": n % 4, "paused": n % 10 == 0},
            "status": {"readyReplicas": n % 4} if n % 4 else {},
        }
        for n in range(43)
    ]
    return {"namespaces": namespaces, "deployments": deployments, "cronjobs": [], "compacted": []}


def _expected(data: Data) -> Iterator[Expected]:
    for namespace in data["namespaces"]:
        yield Expected(
            "kubernetesNamespace",
            namespace["metadata"]["name"],
            properties={"phase": "Active"},
            title=namespace["metadata"]["name"],
        )
    for deployment in data["deployments"]:
        name, namespace = deployment["metadata"]["name"], deployment["metadata"]["namespace"]
        yield Expected(
            "kubernetesDeployment",
            f"{namespace}/{name}",
            relations={"namespace": namespace},
            properties={
                "replicas": deployment["spec"]["replicas"],
                "ready": deployment["status"].get("readyReplicas", 0),
            },
            title=name,
        )


def _vanish(data: Data) -> None:
    del data["deployments"][17]


def _error(status: int, reason: str) -> Json:
    reasons = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 410: "Expired"}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": reason,
        "reason": reasons.get(status, "BadRequest"),
        "code": status,
    }


PRODUCT = Product(
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        _listed("/api/v1/namespaces", "NamespaceList", "v1", "namespaces"),
        _listed("/apis/apps/v1/deployments", "DeploymentList", "apps/v1", "deployments"),
        _listed("/apis/batch/v1/cronjobs", "CronJobList", "batch/v1", "cronjobs"),
    ),
    page_size=10,
    error=_error,
    throttle=Throttle(at=4, headers={"Retry-After": "0"}),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("no place of the cursor", {"cursorPath": None}, error="cursorPath"),
        Mistake(
            "a place of the cursor beside it",
            {"cursorPath": "continue"},
            error="cursorPath 'continue'",
        ),
        Mistake("the usual name of a cursor", {"paginationParam": "cursor"}, error="in a circle"),
        Mistake("no size", {"sizeParam": None}),
        Mistake("a size for all", {"pageSize": "1000"}),
        Mistake("positions", {"paginationType": "offset"}, error="invalid continue"),
        Mistake("no paging", {"paginationType": "none"}),
        Mistake(
            "the core's group for deployments",
            mapping={"resources/1/kind": "/api/v1/deployments"},
            error="404",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/1/selector/data_path": ".deployments"},
            error="data_path '.deployments' gave null",
        ),
        Mistake("a token that ended", {"apiToken": "old"}, error="401"),
    ),
)
