"""Cloudflare: zones, and the DNS records of each.

https://developers.cloudflare.com/api/resources/zones/methods/list/: ``page`` counts from 1, ``per_page`` is 20 unless
given, from 5 to 50; https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/list/: 100 unless
given, at most 5,000,000. https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/: the list is
``result``, beside ``result_info`` with ``page``, ``per_page``, ``count``, ``total_count`` and ``total_pages``, and
``success``, ``errors`` and ``messages``. An error has the same envelope, with ``success: false`` and ``result: null``.
https://developers.cloudflare.com/fundamentals/api/reference/limits/: 1200 requests in five minutes, then 429.
"""

from collections.abc import Iterator

from tests.simulators import (
    Answer,
    Bearer,
    Collection,
    Data,
    Expected,
    Mistake,
    PageNumber,
    Product,
    Row,
    Throttle,
    children,
    drop,
    table,
)
from tests.simulators.endpoints import Rows

_TELL = {
    "result_info/page": "number",
    "result_info/per_page": "size",
    "result_info/count": "count",
    "result_info/total_count": "total",
    "result_info/total_pages": "pages",
}
_ZONES = PageNumber(size="per_page", default=20, cap=50, above_cap="refuse", least=5, tell=_TELL)
_RECORDS = PageNumber(
    size="per_page", default=100, cap=5_000_000, above_cap="refuse", least=5, tell=_TELL
)


def _collection(path: str, rows: Rows, paging: PageNumber) -> Collection:
    beside = {"success": True, "errors": [], "messages": []}
    return Collection(path, rows, paging, wrap="result", beside=beside)


def _data() -> Data:
    zones: list[Row] = [
        {
            "id": f"{n:032x}",
            "name": f"zone-{n}.example",
            "status": "active",
            "paused": n % 6 == 0,
            "account": {"id": "a1", "name": "Acme"},
            "plan": {"name": "Free Website"},
        }
        for n in range(1, 24)
    ]
    records: list[Row] = [
        {
            "id": f"{at:016x}{n:016x}",
            "name": f"host-{n}.{zone['name']}",
            "type": ("A", "CNAME", "TXT")[n % 3],
            "content": f"192.0.2.{n}",
            "proxied": n % 2 == 0,
            "ttl": 300,
            "~zone": zone["id"],
        }
        for at, zone in enumerate(zones)
        for n in range(33 if at == 2 else at % 7)
    ]
    return {"zones": zones, "records": records}


def _expected(data: Data) -> Iterator[Expected]:
    for zone in data["zones"]:
        yield Expected(
            "cloudflareZone",
            zone["id"],
            properties={"status": zone["status"], "plan": zone["plan"]["name"]},
            title=zone["name"],
        )
    for record in data["records"]:
        yield Expected(
            "cloudflareDnsRecord",
            record["id"],
            relations={"zone": record["~zone"]},
            properties={
                "type": record["type"],
                "content": record["content"],
                "proxied": record["proxied"],
            },
            title=record["name"],
        )


def _error(status: int, reason: str) -> Answer:
    code, text = {
        401: (9109, "Invalid access token"),
        404: (7003, "Could not route, perhaps your object identifier is invalid?"),
        429: (971, "Please wait and consider throttling your request speed"),
    }.get(status, (6003, reason))
    body = {
        "success": False,
        "errors": [{"code": code, "message": text}],
        "messages": [],
        "result": None,
    }
    return Answer(status=403 if status == 401 else status, body=body)


_OF_ZONE = "resources/1/selector"

PRODUCT = Product(
    prefix="/client/v4",
    auth=Bearer("your-token"),
    data=_data,
    endpoints=(
        _collection("/zones", table("zones"), _ZONES),
        _collection(
            "/zones/{zone}/dns_records",
            children("records", of=("zones", "id"), zone="~zone"),
            _RECORDS,
        ),
    ),
    page_size=10,
    error=_error,
    throttle=Throttle(at=20),
    expected=_expected,
    vanish=lambda data: drop(data["records"], f"{2:016x}{17:016x}"),
    mistakes=(
        Mistake(
            "a size above the cap of zones",
            {"pageSize": "100"},
            error="per_page must be at most 50",
        ),
        Mistake("the usual name of the size", {"sizeParam": None}),
        Mistake(
            "a position of another product", {"paginationParam": "p"}, error="does not heed 'p'"
        ),
        Mistake("a first page of 0", {"startPage": "0"}, error="page must be a number from 1"),
        Mistake(
            "positions",
            {"paginationType": "offset", "pageSize": "5"},
            error="does not heed 'offset'",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a cursor, as other lists of Cloudflare have",
            {"paginationType": "cursor"},
            error="cursorPath",
        ),
        Mistake(
            "the envelope as the list",
            mapping={"resources/0/selector/data_path": ".result_info"},
            error="result_info",
        ),
        Mistake(
            "zones by their names",
            mapping={f"{_OF_ZONE}/path_parameters/zone/field": ".name"},
            error="Could not route",
        ),
        Mistake("a token that ended", {"apiToken": "old"}, error="Invalid access token"),
    ),
)
