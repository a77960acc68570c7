"""Salesforce: accounts, contacts, opportunities, and the products of each opportunity.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm: SOQL in
``q``; while there is more, ``done`` is false and ``nextRecordsUrl`` is a path from the root of the host.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm: 2,000
records at most, but how many really come is Salesforce's own choice.
https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm: a token for
a client's id and secret; when its session ends, 401 with ``INVALID_SESSION_ID``.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence

from tests.simulators import (
    Answer,
    Call,
    Custom,
    Data,
    Expected,
    Json,
    Login,
    Mistake,
    Product,
    RefusedError,
    Row,
    drop,
    find,
)

_ROOT = "/services/data/v62.0"
_LOGIN = "/services/oauth2/token"
_BATCH = 12
_QUERY = re.compile(r"\s*SELECT\s+(?P<fields>.+?)\s+FROM\s+(?P<object>\w+)\s*", re.IGNORECASE)
_FORM = {
    "grant_type": "client_credentials",
    "client_id": "your-client-id",
    "client_secret": "your-client-secret",
}


def _data() -> Data:
    accounts: list[Row] = [
        {"Id": f"001{n:015}", "Name": f"Account {n}", "Industry": None if n % 3 else "Energy"}
        for n in range(41)
    ]
    contacts: list[Row] = [
        {
            "Id": f"003{n:015}",
            "Name": f"Contact {n}",
            "Email": f"contact{n}@example.com",
            "AccountId": accounts[n % 30]["Id"] if n % 4 else None,
        }
        for n in range(47)
    ]
    opportunities: list[Row] = [
        {
            "Id": f"006{n:015}",
            "Name": f"Opportunity {n}",
            "StageName": "Closed Won" if n % 2 else "Prospecting",
            "AccountId": accounts[n]["Id"],
        }
        for n in range(26)
    ]
    items: list[Row] = [
        {
            "Id": f"00k{number:06}{at:09}",
            "Name": f"Product {number}",
            "Quantity": float(number),
            "OpportunityId": opportunity["Id"],
        }
        for at, opportunity in enumerate(opportunities)
        for number in range(1, (30 if at == 1 else at % 3) + 1)
    ]
    return {
        "Account": accounts,
        "Contact": contacts,
        "Opportunity": opportunities,
        "OpportunityLineItem": items,
    }


def _selected(call: Call, query: str) -> list[Row]:
    """The records a query asks for."""
    if "*" in query:
        raise RefusedError(400, "MALFORMED_QUERY: unexpected token: '*'")
    parsed = _QUERY.fullmatch(query)
    if parsed is None:
        raise RefusedError(400, f"MALFORMED_QUERY: unexpected token: '{query}'")
    name = parsed["object"]
    if name not in call.data:
        raise RefusedError(400, f"INVALID_TYPE: sObject type '{name}' is not supported.")
    fields = [field.strip() for field in parsed["fields"].split(",")]
    for field in fields:
        if field not in call.data[name][0]:
            raise RefusedError(400, f"INVALID_FIELD: No such column '{field}' on entity '{name}'.")
    return [_record(name, row, fields) for row in call.data[name]]


def _record(name: str, row: Row, fields: Sequence[str]) -> Row:
    url = f"{_ROOT}/sobjects/{name}/{row['Id']}"
    return {"attributes": {"type": name, "url": url}, **{field: row[field] for field in fields}}


def _batch(records: Sequence[Row], kept: Json, start: int) -> Answer:
    """The records from ``start`` on, and where the rest is; ``kept`` says what was asked for."""
    end = start + _BATCH
    body: Row = {"totalSize": len(records), "done": end >= len(records)}
    if not body["done"]:
        locator = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
        body["nextRecordsUrl"] = f"{_ROOT}/query/01g{locator}-{end}"
    return Answer(body={**body, "records": records[start:end]})


def _query(call: Call) -> Answer:
    query = call.param("q")
    if not query:
        raise RefusedError(400, "MALFORMED_QUERY: SOQL statement cannot be empty")
    return _batch(_selected(call, query), {"q": query}, 0)


def _more(call: Call) -> Answer:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query_more_results.htm."""
    locator, _, start = call.at["locator"].rpartition("-")
    try:
        kept = json.loads(base64.urlsafe_b64decode(locator.removeprefix("01g")))
    except (binascii.Error, ValueError):
        raise RefusedError(400, "INVALID_QUERY_LOCATOR: invalid query locator") from None
    if "q" in kept:
        return _batch(_selected(call, kept["q"]), kept, int(start))
    return _batch(_items(call, kept["of"]), kept, int(start))


def _items(call: Call, opportunity: str) -> list[Row]:
    find(call, "Opportunity", "Id", opportunity)
    name = "OpportunityLineItem"
    return [
        _record(name, row, list(row))
        for row in call.data[name]
        if row["OpportunityId"] == opportunity
    ]


def _products(call: Call) -> Answer:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_relationship_traversal.htm."""
    opportunity = call.at["opportunity"]
    return _batch(_items(call, opportunity), {"of": opportunity}, 0)


def _expected(data: Data) -> Iterator[Expected]:
    for account in data["Account"]:
        yield Expected("salesforceAccount", account["Id"], title=account["Name"])
    for contact in data["Contact"]:
        yield Expected(
            "salesforceContact",
            contact["Id"],
            relations={"account": contact["AccountId"]} if contact["AccountId"] else {},
            properties={"email": contact["Email"]},
        )
    for opportunity in data["Opportunity"]:
        yield Expected(
            "salesforceOpportunity",
            opportunity["Id"],
            relations={"account": opportunity["AccountId"]},
            properties={"stage": opportunity["StageName"]},
        )
    for item in data["OpportunityLineItem"]:
        yield Expected(
            "salesforceOpportunityProduct",
            item["Id"],
            relations={"opportunity": item["OpportunityId"]},
            properties={"quantity": item["Quantity"]},
        )


def _vanish(data: Data) -> None:
    gone = data["Opportunity"][2]["Id"]
    drop(data["Opportunity"], gone, key="Id")
    drop(data["OpportunityLineItem"], gone, key="OpportunityId")


def _error(status: int, reason: str) -> Json:
    if reason == "invalid client":
        return {"error": "invalid_client_id", "error_description": "client identifier invalid"}
    said = {
        401: "INVALID_SESSION_ID: Session expired or invalid",
        404: "NOT_FOUND: The requested resource does not exist",
        405: "METHOD_NOT_ALLOWED: HTTP Method not allowed",
    }
    code, _, message = said.get(status, reason).partition(": ")
    return [{"message": message, "errorCode": code}]


_LOGIN_OF = {"endpoint": f"https://your-domain.my.salesforce.com{_LOGIN}"}

PRODUCT = Product(
    prefix=_ROOT,
    auth=Login(path=_LOGIN, form=_FORM, lasts=25, refusal=400),
    data=_data,
    endpoints=(
        Custom("/query", _query),
        Custom("/query/{locator}", _more),
        Custom("/sobjects/Opportunity/{opportunity}/OpportunityLineItems", _products),
    ),
    error=_error,
    headers={
        "Sforce-Limit-Info": "api-usage=18/5000",
    },
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("no place for the link", {"nextLinkPath": None}),
        Mistake(
            "a place spelt wrong",
            {"nextLinkPath": "nextRecordUrl"},
            error="nextLinkPath 'nextRecordUrl'",
        ),
        Mistake("the end told by done", {"lastPagePath": "done"}),
        Mistake("more told by done", {"hasMorePath": "done"}, error="correct nextLinkPath"),
        Mistake("a size parameter", {"sizeParam": "limit", "pageSize": "5"}),
        Mistake("page numbers", {"paginationType": "page"}, error="does not heed 'page'"),
        Mistake("offsets", {"paginationType": "offset"}, error="does not heed 'offset'"),
        Mistake(
            "the link as a cursor",
            {"paginationType": "cursor", "cursorPath": "nextRecordsUrl"},
            error="in the same walk",
        ),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "all fields by a star",
            mapping={"resources/0/selector/query_params/q": "SELECT * FROM Account"},
            error="MALFORMED_QUERY",
        ),
        Mistake(
            "an object there is not",
            mapping={"resources/0/selector/query_params/q": "SELECT Id FROM Accounts"},
            error="INVALID_TYPE",
        ),
        Mistake(
            "a field there is not",
            mapping={"resources/0/selector/query_params/q": "SELECT Id, name FROM Account"},
            error="INVALID_FIELD",
        ),
        Mistake(
            "the query under another name",
            mapping={"resources/0/selector/query_params": {"query": "SELECT Id FROM Account"}},
            error="SOQL statement cannot be empty",
        ),
        Mistake(
            "no data path",
            mapping={"resources/0/selector/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "an id in small letters",
            mapping={"resources/3/selector/path_parameters/opportunity/field": ".id"},
            error="path_parameters.opportunity.field '.id' gave null",
        ),
        Mistake(
            "the login as JSON",
            {"customAuthRequest": json.dumps({**_LOGIN_OF, "body": _FORM})},
            error="the login POST",
        ),
        Mistake(
            "a wrong place for the token",
            {"customAuthRequestTemplate": '{"headers": {"Authorization": "Bearer {{.token}}"}}'},
            error="'.token'",
        ),
        Mistake(
            "the token without its word",
            {"customAuthRequestTemplate": '{"headers": {"Authorization": "{{.access_token}}"}}'},
            error="INVALID_SESSION_ID",
        ),
    ),
)
