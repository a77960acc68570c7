"""Stripe: customers, subscriptions, and the items of each subscription.

https://docs.stripe.com/api/pagination: ``starting_after`` is the id of the last object,
``limit`` is 10 unless given and at most 100 (more is refused), ``has_more`` tells the rest.
https://docs.stripe.com/api/authentication: the key is the user of HTTP basic, without password.
https://docs.stripe.com/api/errors: a parameter nobody knows is refused with 400.
https://docs.stripe.com/api/subscriptions/list: cancelled ones only with ``status=all``.
"""

from collections.abc import Iterator, Sequence

from tests.simulators import (
    Basic,
    Call,
    Collection,
    Data,
    Expected,
    Json,
    Keyset,
    Mistake,
    Product,
    RefusedError,
    Row,
    Throttle,
    drop,
    find,
    table,
)

_PAGES = Keyset(
    after="starting_after", size="limit", default=10, cap=100, above_cap="refuse",
    tell={"has_more": "more"},
)  # fmt: skip


def _data() -> Data:
    customers: list[Row] = [
        {"id": f"cus_{n:04}", "object": "customer", "name": f"Customer {n}", "email": None}
        for n in range(34)
    ]
    subscriptions = [
        {
            "id": f"sub_{n:04}",
            "object": "subscription",
            "customer": customers[n % 30]["id"],
            "status": "canceled" if n % 4 == 0 else "active",
        }
        for n in range(31)
    ]
    items = [
        {
            "id": f"si_{subscription['id'][4:]}_{n}",
            "object": "subscription_item",
            "quantity": n + 1,
            "subscription": subscription["id"],
        }
        for at, subscription in enumerate(subscriptions)
        for n in range(23 if at == 1 else 1)
    ]
    return {"customers": customers, "subscriptions": subscriptions, "items": items}


def _subscriptions(call: Call) -> Sequence[Row]:
    rows, status = call.data["subscriptions"], call.param("status")
    match status:
        case "all":
            return rows
        case None:
            return [row for row in rows if row["status"] != "canceled"]
        case _:
            return [row for row in rows if row["status"] == status]


def _items(call: Call) -> Sequence[Row]:
    subscription = call.param("subscription")
    if subscription is None:
        raise RefusedError(400, "Missing required param: subscription.")
    find(call, "subscriptions", "id", subscription)
    return [row for row in call.data["items"] if row["subscription"] == subscription]


def _expected(data: Data) -> Iterator[Expected]:
    for customer in data["customers"]:
        yield Expected("stripeCustomer", customer["id"], title=customer["name"])
    for subscription in data["subscriptions"]:
        yield Expected(
            "stripeSubscription",
            subscription["id"],
            relations={"customer": subscription["customer"]},
            properties={"status": subscription["status"]},
        )
    for item in data["items"]:
        yield Expected(
            "stripeSubscriptionItem",
            item["id"],
            relations={"subscription": item["subscription"]},
            properties={"quantity": item["quantity"]},
        )


def _vanish(data: Data) -> None:
    gone = data["subscriptions"][1]["id"]
    drop(data["subscriptions"], gone)
    drop(data["items"], gone, key="subscription")


def _error(status: int, reason: str) -> Json:
    message = {401: "Invalid API Key provided: sk_test_****"}.get(status, reason)
    return {"error": {"type": "invalid_request_error", "message": message}}


def _list(path: str) -> dict[str, Json]:
    return {"object": "list", "url": path}


PRODUCT = Product(
    auth=Basic("your-secret-key"),
    data=_data,
    endpoints=(
        Collection(
            "/v1/customers",
            table("customers"),
            _PAGES,
            wrap="data",
            beside=_list("/v1/customers"),
            knows=frozenset({"email", "ending_before"}),
        ),
        Collection(
            "/v1/subscriptions",
            _subscriptions,
            _PAGES,
            wrap="data",
            beside=_list("/v1/subscriptions"),
            knows=frozenset({"status", "customer"}),
        ),
        Collection(
            "/v1/subscription_items",
            _items,
            _PAGES,
            wrap="data",
            beside=_list("/v1/subscription_items"),
            knows=frozenset({"subscription"}),
        ),
    ),
    page_size=10,
    error=_error,
    unknown_parameters=400,
    throttle=Throttle(at=12),
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake(
            "no parameter for the cursor",
            {"paginationParam": None},
            error="unknown parameter cursor",
        ),
        Mistake(
            "a size parameter of another product",
            {"sizeParam": "per_page"},
            error="unknown parameter per_page",
        ),
        Mistake("a size above the cap", {"pageSize": "101"}, error="limit must be at most 100"),
        Mistake("page numbers", {"paginationType": "page"}, error="starting_after names no id"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "the key in the password",
            {"username": "", "password": "key"},
            error="username is missing",
        ),
        Mistake(
            "a cursor path of another product",
            {"cursorPath": "meta.after_cursor"},
            error="cursorPath 'meta.after_cursor'",
        ),
        Mistake(
            "a wrong data path",
            mapping={"resources/0/selector/data_path": ".customers"},
            error="data_path '.customers' found nothing",
        ),
        Mistake(
            "no data path",
            mapping={"resources/0/selector/data_path": None},
            error="data_path '.' takes",
        ),
    ),
)
