"""Simulators of real products' APIs: a product is a few lines of data plus its peculiarity.

A product is one file in ``products/``, found by listing the folder, that holds ``PRODUCT``:

    def _data() -> Data:
        return {"users": [{"id": n, "name": f"User {n}", "~team": n % 3} for n in range(1, 36)]}

    def _expected(data: Data) -> Iterator[Expected]:
        for user in data["users"]:
            yield Expected("user", str(user["id"]), properties={"name": user["name"]})

    PRODUCT = Product(
        prefix="/v1",                                   # the path of baseUrl
        auth=Bearer("your-token"),                      # as in examples/<product>/.env.example
        data=_data,
        endpoints=(
            Collection(
                "/users",
                rows=table("users"),
                wrap="data/users",                      # {"data": {"users": [...]}}
                paging=PageNumber(
                    size="per_page", default=20, cap=100, tell={"meta/total": "total"}
                ),
            ),
        ),
        page_size=10,                                   # pageSize in the test: three pages and more
        expected=_expected,
        vanish=lambda data: drop(data["users"], 7),     # what is gone at the second resync
        mistakes=(
            Mistake("wrong position", {"paginationParam": "pg"}, error="does not heed 'pg'"),
            Mistake("size above the cap", {"pageSize": "500"}),     # still right
            Mistake("wrong path", mapping={"resources/0/selector/data_path": ".user"}, error=...),
        ),
    )

Beside it stands ``examples/<product>/`` (``_`` in the file's name is ``-`` here) with
``.env.example``, ``port-app-config.yml``, ``blueprints.json`` and a ``README.md`` of 10 to 25 lines
whose last one links to the vendor's documentation. ``tests/test_products.py`` needs no change: it
syncs the example twice by the real Ocean, compares the catalog with ``expected``, wants every
``Paging`` object walked over three pages, and makes every mistake.

``simulate(PRODUCT)`` is the ASGI application; it keeps its ``data``, which may be changed
meanwhile, and the ``requests`` it got. ``products()`` finds every product.

**Data** is tables of rows. A key that begins with ``~`` is not sent: it is what the product
knows and does not show (the parent of a row, say).

**Endpoints** (``endpoints.py``): ``Collection`` (rows, paged and wrapped), ``Item`` (one object),
``Custom`` (a function of the ``Call``). ``rows`` is a function of the call: ``table("users")``,
``children("pulls", repo="~repo")`` (rows whose ``~repo`` is the ``{repo}`` of the path; 404
without such a parent when ``of=`` names the parents' table), ``chosen(rows, "state",
default="open")`` (a query parameter that filters), or any function; it raises ``RefusedError``
for what the product refuses. ``keep`` leaves rows out after a page was cut (thin and empty pages
in the middle), ``reshape`` turns a page's rows into what is sent (bare ids, wrapped objects),
``beside`` is what else stands in the body. A body path is keys joined by ``/``.

**Paging** (``paging.py``) says where a page begins, and what the answer tells of it:
``Unpaged``, ``PageNumber``, ``Offset``, ``Cursor`` (opaque), ``Keyset`` (the last row's key),
``Either`` of two by what the call asks for.
``tell`` and ``headers`` map places to facts, by name or by function: ``total``, ``pages``,
``number``, ``offset``, ``size``, ``count``, ``more``, ``last``, ``next_value``, ``next_url``,
``next_path``, ``next_query``. ``at_end(fact, value)`` says what stands there on the last page;
``OMIT`` leaves the key out. ``link=("next", "last")`` sends a ``Link`` header. A next link in the
body is a ``Cursor``, ``PageNumber`` or ``Offset`` that tells its ``next_url``. Sizes above ``cap``
are cut, or refused (``above_cap="refuse"``); ``in_body=True`` reads size and position from the JSON
body (as paths); ``bound`` refuses to go far; ``last_is_empty``: a next page until one is empty.

**Auth** (``auth.py``): ``Open``, ``Bearer``, ``KeyHeader``, ``KeyParam``, ``Basic``, ``Login``
(form or JSON; tokens that end after so many requests), ``JwtBearer`` (a signed assertion),
``RotatingRefresh`` (a refresh token that is good for once). What an example's files cannot hold, a
private key or a file of its own, comes from ``Product.made_settings``.

**Errors**: ``Product.error`` turns a status and a reason into the product's own answer, an
``Answer`` where even the status differs (Slack's 200). ``Product.unknown_parameters`` names the
status for a query parameter nobody knows; None ignores it. ``Product.throttle`` refuses one request
for now; ``Product.headers`` come with every answer. A login on another host than the API's: name
the host in ``Product.origins``, and the simulator takes its place too.
"""

from tests.simulators.app import Simulator, simulate
from tests.simulators.auth import (
    Auth,
    Basic,
    Bearer,
    JwtBearer,
    KeyHeader,
    KeyParam,
    Login,
    Open,
    RotatingRefresh,
    signing_key_text,
)
from tests.simulators.endpoints import (
    Collection,
    Custom,
    Item,
    children,
    chosen,
    find,
    null_when_empty,
    table,
)
from tests.simulators.model import (
    OMIT,
    Answer,
    Call,
    Data,
    Json,
    Recorded,
    RefusedError,
    Row,
    drop,
)
from tests.simulators.paging import (
    Cursor,
    Either,
    Facts,
    Keyset,
    Offset,
    PageNumber,
    Paging,
    Sized,
    Unpaged,
    at_end,
)
from tests.simulators.product import Expected, Mistake, Product, Throttle, products

__all__ = [
    "OMIT",
    "Answer",
    "Auth",
    "Basic",
    "Bearer",
    "Call",
    "Collection",
    "Cursor",
    "Custom",
    "Data",
    "Either",
    "Expected",
    "Facts",
    "Item",
    "Json",
    "JwtBearer",
    "KeyHeader",
    "KeyParam",
    "Keyset",
    "Login",
    "Mistake",
    "Offset",
    "Open",
    "PageNumber",
    "Paging",
    "Product",
    "Recorded",
    "RefusedError",
    "RotatingRefresh",
    "Row",
    "Simulator",
    "Sized",
    "Throttle",
    "Unpaged",
    "at_end",
    "children",
    "chosen",
    "drop",
    "find",
    "null_when_empty",
    "products",
    "signing_key_text",
    "simulate",
    "table",
]
