"""Salesforce: accounts, by SOQL, and the contacts of each.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm: a query
answers with ``nextRecordsUrl``, relative to the host, until ``done``. Client credentials by form:
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

from collections.abc import Iterator, Sequence

from workbench.simulators import (
    Call,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Login,
    Mistake,
    Product,
    RefusedError,
    Row,
    at_end,
    drop,
)

_PAGES = Cursor(
    size="batch",
    default=10,
    cap=10,
    tell={"totalSize": "total", "done": "last", "nextRecordsUrl": at_end("next_path")},
)


def _data() -> Data:
    accounts = [{"Id": f"001{n:03}", "Name": f"Account {n}"} for n in range(25)]
    contacts = [
        {"Id": f"003{n:03}", "Name": f"Contact {n}", "AccountId": f"001{n % 2:03}"}
        for n in range(53)
    ]
    return {"accounts": accounts, "contacts": contacts}


def _query(call: Call) -> Sequence[Row]:
    soql = call.param("q") or ""
    if soql == "SELECT Id, Name FROM Account":
        return call.data["accounts"]
    prefix = "SELECT Id, Name, AccountId FROM Contact WHERE AccountId = "
    if not soql.startswith(prefix):
        raise RefusedError(400, "unexpected token")
    account = soql.removeprefix(prefix).strip("'")
    return [row for row in call.data["contacts"] if row["AccountId"] == account]


def _expected(data: Data) -> Iterator[Expected]:
    for account in data["accounts"]:
        yield Expected("salesforceAccount", account["Id"], title=account["Name"])
    for contact in data["contacts"]:
        yield Expected(
            "salesforceContact",
            contact["Id"],
            relations={"account": contact["AccountId"]},
            title=contact["Name"],
        )


def _error(status: int, reason: str) -> Json:
    codes = {400: "MALFORMED_QUERY", 401: "INVALID_SESSION_ID"}
    return [{"errorCode": codes.get(status, "NOT_FOUND"), "message": reason}]


PRODUCT = Product(
    auth=Login(
        path="/services/oauth2/token",
        form={
            "grant_type": "client_credentials",
            "client_id": "your-client-id",
            "client_secret": "your-client-secret",
        },
        lasts=20,
    ),
    data=_data,
    endpoints=(Collection("/services/data/v62.0/query", _query, _PAGES, wrap="records"),),
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["contacts"], "003010", key="Id"),
    mistakes=(
        Mistake("the default place", {"nextLinkPath": None}),
        Mistake("a wrong place for the link", {"nextLinkPath": "next"}, error="'next'"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a query that is none",
            mapping={"resources/0/selector/query_params/q": "SELECT * FROM Account"},
            error="unexpected token",
        ),
    ),
)
