"""Qualys Cloud Platform: hosts and asset groups, as XML documents.

https://docs.qualys.com/en/vm/api/ (host list, asset group list): each document has a document type
that names a DTD elsewhere. ``truncation_limit`` rows at most; when more follow, ``WARNING`` holds
the URL of the next page, which starts at ``id_min``. Without ``X-Requested-With`` and without
``action`` nothing is answered. A call beyond the limit of an hour, or of calls at the same time, is
refused with 409; ``X-RateLimit-ToWait-Sec`` says how long to wait.
"""

from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

from tests.simulators import (
    Answer,
    Basic,
    Call,
    Custom,
    Data,
    Expected,
    Mistake,
    Product,
    RefusedError,
    Row,
    Throttle,
    drop,
)

_DEFAULT_LIMIT = 1000


def _data() -> Data:
    hosts: list[Row] = [
        {"ID": 100 + number, "IP": f"10.0.0.{number}", "DNS": f"host-{number} <a&b>.example"}
        for number in range(23)
    ]
    groups: list[Row] = [
        {"ID": 7, "TITLE": "Production & more"},
        {"ID": 8, "TITLE": "Test"},
    ]
    return {"hosts": hosts, "groups": groups}


def _list(table: str, root: str, wrap: str, element: str) -> Callable[[Call], Answer]:
    def respond(call: Call) -> Answer:
        if "x-requested-with" not in call.headers:
            raise RefusedError(400, "missing the X-Requested-With header")
        if call.param("action") != "list":
            raise RefusedError(400, "parameter action has invalid value")
        limit = int(call.param("truncation_limit") or _DEFAULT_LIMIT)
        first = int(call.param("id_min") or 0)
        rows = [row for row in call.data[table] if row["ID"] >= first]
        page, rest = rows[:limit], rows[limit:]
        warning = ""
        if rest:
            link = call.origin + call.url({"id_min": rest[0]["ID"]})
            warning = f"<WARNING><CODE>1980</CODE><URL><![CDATA[{link}]]></URL></WARNING>"
        return _document(
            root, f"<{wrap}>{''.join(_xml(element, row) for row in page)}</{wrap}>{warning}"
        )

    return respond


def _xml(name: str, row: Row) -> str:
    inner = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in row.items())
    return f"<{name}>{inner}</{name}>"


def _document(root: str, response: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        f'<!DOCTYPE {root} SYSTEM "https://qualysapi.qualys.com/{root.lower()}.dtd">\n'
        f"<{root}><RESPONSE><DATETIME>2026-01-01T00:00:00Z</DATETIME>{response}</RESPONSE></{root}>"
    )
    return Answer(body=text.encode(), headers={"Content-Type": "text/xml"})


def _expected(data: Data) -> Iterator[Expected]:
    for host in data["hosts"]:
        yield Expected(
            "qualysHost", str(host["ID"]), title=host["DNS"], properties={"ip": host["IP"]}
        )
    for group in data["groups"]:
        yield Expected("qualysAssetGroup", str(group["ID"]), title=group["TITLE"])


PRODUCT = Product(
    prefix="/api/2.0/fo",
    auth=Basic("your-user", "your-password"),
    data=_data,
    endpoints=(
        Custom("/asset/host/", _list("hosts", "HOST_LIST_OUTPUT", "HOST_LIST", "HOST")),
        Custom(
            "/asset/group/",
            _list("groups", "ASSET_GROUP_LIST_OUTPUT", "ASSET_GROUP_LIST", "ASSET_GROUP"),
        ),
    ),
    page_size=10,
    throttle=Throttle(
        at=3, status=409, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-ToWait-Sec": "1"}
    ),
    expected=_expected,
    vanish=lambda data: drop(data["hosts"], 103, key="ID"),
    mistakes=(
        Mistake("no size", {"sizeParam": None}),
        Mistake(
            "the format of other APIs",
            mapping={"resources/0/selector/response_format": None},
            error="not the JSON it should be",
        ),
        Mistake(
            "a list path without its element",
            mapping={"resources/1/selector/data_path": ".ASSET_GROUP_LIST_OUTPUT.RESPONSE.GROUPS"},
            error="gave null in every response",
        ),
        Mistake(
            "every element, spelt out",
            mapping={
                "resources/1/selector/data_path": (
                    ".ASSET_GROUP_LIST_OUTPUT.RESPONSE.ASSET_GROUP_LIST.ASSET_GROUP[]"
                )
            },
        ),
        Mistake(
            "a program in place of a path",
            mapping={
                "resources/1/selector/data_path": (
                    ".ASSET_GROUP_LIST_OUTPUT.RESPONSE.ASSET_GROUP_LIST.ASSET_GROUP | map(select(.ID))"
                )
            },
        ),
        Mistake("no header", {"customHeaders": None}, error="missing the X-Requested-With"),
        Mistake("a wrong password", {"password": "wrong"}, error="401 Unauthorized"),
    ),
)
