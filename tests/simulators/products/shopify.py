"""Shopify: customers, orders, and the fulfillments of each order.

https://shopify.dev/docs/api/admin-rest/usage/pagination: the ``Link`` header has ``previous`` and
``next``, each with ``limit`` and ``page_info`` only; beside ``page_info`` any other parameter is refused,
and so is ``page``. ``limit`` is 50 unless given, and at most 250.
https://shopify.dev/docs/api/admin-rest/latest/resources/order: only open ones unless ``status=any``.
https://shopify.dev/docs/api/usage/limits: 429 with ``Retry-After``, a number with a fraction.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.simulators import (
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Facts,
    Json,
    KeyHeader,
    Mistake,
    Product,
    RefusedError,
    Row,
    Throttle,
    children,
    drop,
    table,
)
from tests.simulators.paging import Page

_BESIDE = {"limit", "page_info", "fields"}
_ORDERS = "resources/1/selector"


def _status(call: Call) -> str:
    """The state a walk asks for: what its first call said is kept in ``page_info``."""
    kept = call.param("page_info")
    return str(_read(kept)["status"]) if kept else call.param("status") or "open"


def _read(page_info: str) -> dict[str, Json]:
    try:
        kept: dict[str, Json] = json.loads(base64.urlsafe_b64decode(page_info))
    except (binascii.Error, ValueError):
        raise RefusedError(400, "page_info: Invalid value.") from None
    return kept


def _links(facts: Facts) -> Json:
    starts = {"previous": max(facts.offset - facts.size, 0), "next": facts.offset + facts.count}
    there = {"previous": facts.offset > 0, "next": facts.more}
    url = f"{facts.call.origin}{facts.call.path}?limit={facts.size}&page_info="
    kept = {
        relation: json.dumps({"status": _status(facts.call), "at": start}).encode()
        for relation, start in starts.items()
        if there[relation]
    }
    return ", ".join(
        f'<{url}{base64.urlsafe_b64encode(text).decode()}>; rel="{relation}"'
        for relation, text in kept.items()
    )


@dataclass(frozen=True, kw_only=True)
class _PageInfo(Cursor):
    """``page_info`` stands alone."""

    def page(self, call: Call, rows: Sequence[Row]) -> Page:
        """The page of the rows in the state asked for."""
        for name in call.params:
            if name == "page":
                raise RefusedError(400, "page: page cannot be passed.")
            if "page_info" in call.params and name not in _BESIDE:
                raise RefusedError(
                    400, f"{name}: {name} cannot be passed when page_info is present."
                )
        status = _status(call)
        return super().page(
            call, [row for row in rows if status == "any" or row.get("~status", status) == status]
        )

    def _start(self, value: Json, rows: Sequence[Row], size: int) -> int:
        del rows, size
        return int(_read(str(value))["at"])


_PAGES = _PageInfo(
    cursor="page_info", default=50, cap=250, above_cap="refuse", headers={"link": _links}
)


def _data() -> Data:
    customers: list[Row] = [
        {"id": 7_000_000_000_000 + n, "email": f"customer{n}@example.com", "state": "enabled"}
        for n in range(43)
    ]
    orders: list[Row] = [
        {
            "id": 5_000_000_000_000 + n,
            "name": f"#{1000 + n}",
            "financial_status": "paid" if n % 2 else "pending",
            "fulfillment_status": "fulfilled" if n % 3 else None,
            "total_price": f"{n}.50",
            "customer": {"id": customers[n % 40]["id"]} if n % 5 else None,
            "~status": "closed" if n % 3 else "open",
        }
        for n in range(47)
    ]
    fulfillments: list[Row] = [
        {
            "id": 100 * order["id"] + number,
            "order_id": order["id"],
            "name": f"{order['name']}-F{number}",
            "status": "success",
        }
        for at, order in enumerate(orders)
        for number in range(1, (24 if at == 1 else 2))
        if order["fulfillment_status"]
    ]
    return {"customers": customers, "orders": orders, "fulfillments": fulfillments}


def _expected(data: Data) -> Iterator[Expected]:
    for customer in data["customers"]:
        yield Expected("shopifyCustomer", str(customer["id"]), title=customer["email"])
    for order in data["orders"]:
        customer = order["customer"]
        yield Expected(
            "shopifyOrder",
            str(order["id"]),
            relations={"customer": str(customer["id"])} if customer else {},
            properties={"totalPrice": float(order["total_price"])},
            title=order["name"],
        )
    for fulfillment in data["fulfillments"]:
        yield Expected(
            "shopifyFulfillment",
            str(fulfillment["id"]),
            relations={"order": str(fulfillment["order_id"])},
            properties={"status": fulfillment["status"]},
        )


def _vanish(data: Data) -> None:
    gone = data["orders"][2]["id"]
    drop(data["orders"], gone)
    drop(data["fulfillments"], gone, key="order_id")


def _error(status: int, reason: str) -> Json:
    said = {
        401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
        404: "Not Found",
        429: "Exceeded 2 calls per second for api client.",
    }
    name, colon, text = reason.partition(": ")
    return {"errors": said.get(status) or ({name: text} if colon else reason)}


PRODUCT = Product(
    prefix="/admin/api/2025-10",
    auth=KeyHeader("X-Shopify-Access-Token", "shpat_your-token"),
    data=_data,
    endpoints=(
        Collection("/customers.json", table("customers"), _PAGES, wrap="customers"),
        Collection("/orders.json", table("orders"), _PAGES, wrap="orders"),
        Collection(
            "/orders/{order}/fulfillments.json",
            children("fulfillments", of=("orders", "id"), order="order_id"),
            _PAGES,
            wrap="fulfillments",
        ),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-Shopify-Shop-Api-Call-Limit": "32/40",
    },
    throttle=Throttle(at=30, headers={"Retry-After": "0.1"}),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("no size parameter", {"sizeParam": None}),
        Mistake("a size parameter of another product", {"sizeParam": "per_page"}),
        Mistake("a size above the cap", {"pageSize": "251"}, error="limit must be at most 250"),
        Mistake("page numbers", {"paginationType": "page"}, error="page cannot be passed"),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake(
            "the position looked for in the body",
            {"paginationType": "cursor", "paginationParam": "page_info"},
            error="cursorPath, unset,",
        ),
        Mistake(
            "no paging",
            {"paginationType": "none"},
            mapping={f"{_ORDERS}/query_params/limit": 10},
            error="paginationType is 'none'",
        ),
        Mistake(
            "the token as bearer's",
            {"authType": "bearer_token", "apiToken": "shpat_your-token"},
            error="Invalid API key or access token",
        ),
        Mistake(
            "no ending of the kind", mapping={"resources/1/kind": "/orders"}, error="Not Found"
        ),
        Mistake(
            "no data path",
            mapping={f"{_ORDERS}/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "a wrong data path",
            mapping={f"{_ORDERS}/data_path": ".order"},
            error="data_path '.order'",
        ),
        Mistake(
            "orders without fulfillments as well",
            mapping={"resources/2/selector/path_parameters/order/filter": None},
        ),
        Mistake(
            "no data path for the parent",
            mapping={"resources/2/selector/path_parameters/order/data_path": None},
            error="data_path '.' takes",
        ),
    ),
)
