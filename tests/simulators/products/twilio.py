"""Twilio: an account with its subaccounts, the phone numbers of each, and their messages.

https://www.twilio.com/docs/usage/twilios-response: ``PageSize`` is 50 unless given and at most 1000
(more is cut); ``next_page_uri`` begins at the root of the host and is null at the end, as
``previous_page_uri`` is at the start; ``page`` counts from zero. Without ``.json`` the answer is XML.
https://www.twilio.com/docs/api/errors/70002: ``Page`` without its ``PageToken`` is refused.
https://www.twilio.com/docs/api/errors/20005: nothing of a closed account can be listed.
https://www.twilio.com/docs/messaging/api/message-resource: ``DateSent>`` asks for newer ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.simulators import (
    Answer,
    Basic,
    Call,
    Collection,
    Cursor,
    Custom,
    Data,
    Expected,
    Facts,
    Json,
    Mistake,
    Product,
    RefusedError,
    Row,
    drop,
    find,
    table,
)
from tests.simulators.paging import Page

_LONG_AGO = "2020-01-01"
_RECENTLY = "2999-12-31"


@dataclass(frozen=True, kw_only=True)
class _Tokens(Cursor):
    """A page has a number as well, but only its token leads to it."""

    @property
    def parameters(self) -> frozenset[str]:
        return super().parameters | {"Page"}

    @property
    def positions(self) -> frozenset[str]:
        return super().positions | {"Page"}

    def page(self, call: Call, rows: Sequence[Row]) -> Page:
        if call.param("Page") not in {None, "0"} and call.param("PageToken") is None:
            raise RefusedError(400, "Paged requests must include a PageToken")
        return super().page(call, rows)


def _number(facts: Facts) -> int:
    return facts.offset // facts.size


def _next(facts: Facts) -> str | None:
    if facts.following is None:
        return None
    return facts.call.url({"PageSize": facts.size, "Page": _number(facts) + 1, **facts.following})


_PAGES = _Tokens(
    cursor="PageToken",
    size="PageSize",
    mark="PA",
    default=50,
    cap=1000,
    tell={
        "uri": lambda facts: facts.call.url({}),
        "first_page_uri": lambda facts: facts.call.url({"PageSize": facts.size, "Page": 0}),
        "next_page_uri": _next,
        "previous_page_uri": lambda facts: facts.call.path if facts.preceding else None,
        "page": _number,
        "page_size": "size",
        "start": "offset",
        "end": lambda facts: facts.offset + facts.count - 1,
    },
)


def _data() -> Data:
    accounts: list[Row] = [
        {
            "sid": f"AC{n:032}",
            "owner_account_sid": f"AC{0:032}",
            "friendly_name": f"Account {n}",
            "status": "closed" if n % 5 == 4 else "active",
        }
        for n in range(23)
    ]
    active = [account["sid"] for account in accounts if account["status"] == "active"]
    numbers: list[Row] = [
        {
            "sid": f"PN{at:016}{n:016}",
            "account_sid": sid,
            "friendly_name": f"Line {n}",
            "phone_number": f"+1555{at:03}{n:04}",
        }
        for at, sid in enumerate(active)
        for n in range(53 if at == 1 else at % 2)
    ]
    messages: list[Row] = [
        {
            "sid": f"SM{at:016}{n:016}",
            "account_sid": sid,
            "status": "delivered",
            "direction": "outbound-api",
            "~sent": _RECENTLY if n else _LONG_AGO,
        }
        for at, sid in enumerate(active)
        for n in range(24 if at == 0 else at % 3)
    ]
    return {"accounts": accounts, "numbers": numbers, "messages": messages}


def _of_account(call: Call, name: str) -> list[Row]:
    account = find(call, "accounts", "sid", call.at["account"])
    if account["status"] == "closed":
        raise RefusedError(401, "Account not active")
    return [row for row in call.data[name] if row["account_sid"] == account["sid"]]


def _messages(call: Call) -> Sequence[Row]:
    since = call.param("DateSent>") or ""
    return [row for row in _of_account(call, "messages") if row["~sent"] >= since]


def _as_xml(call: Call) -> Answer:
    del call
    body = b"<?xml version='1.0' encoding='UTF-8'?><TwilioResponse><Accounts/></TwilioResponse>"
    return Answer(body=body, headers={"Content-Type": "application/xml"})


def _expected(data: Data) -> Iterator[Expected]:
    for account in data["accounts"]:
        yield Expected(
            "twilioAccount",
            account["sid"],
            relations={"owner": account["owner_account_sid"]},
            properties={"status": account["status"]},
            title=account["friendly_name"],
        )
    for number in data["numbers"]:
        yield Expected(
            "twilioPhoneNumber",
            number["sid"],
            relations={"account": number["account_sid"]},
            properties={"number": number["phone_number"]},
        )
    for message in data["messages"]:
        if message["~sent"] == _RECENTLY:
            yield Expected(
                "twilioMessage", message["sid"], relations={"account": message["account_sid"]}
            )


def _vanish(data: Data) -> None:
    drop(data["numbers"], data["numbers"][7]["sid"], key="sid")
    drop(data["messages"], data["messages"][5]["sid"], key="sid")


def _error(status: int, reason: str) -> Json:
    codes = {"unauthorized": 20003, "Account not active": 20005}
    code = codes.get(reason, 70002 if "PageToken" in reason else 20404)
    return {
        "code": code,
        "message": "Authenticate" if reason == "unauthorized" else reason,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


PRODUCT = Product(
    prefix="/2010-04-01",
    auth=Basic("your-account-sid", "your-auth-token"),
    data=_data,
    endpoints=(
        Custom("/Accounts", _as_xml),
        Collection("/Accounts.json", table("accounts"), _PAGES, wrap="accounts"),
        Collection(
            "/Accounts/{account}/IncomingPhoneNumbers.json",
            lambda call: _of_account(call, "numbers"),
            _PAGES,
            wrap="incoming_phone_numbers",
        ),
        Collection("/Accounts/{account}/Messages.json", _messages, _PAGES, wrap="messages"),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=_vanish,
    mistakes=(
        Mistake("a size above the cap", {"pageSize": "5000"}),
        Mistake("the pages' default size", {"sizeParam": "limit"}),
        Mistake(
            "page numbers",
            {"paginationType": "page", "paginationParam": "Page", "startPage": "0"},
            error="Paged requests must include a PageToken",
        ),
        Mistake(
            "page numbers under another name",
            {"paginationType": "page"},
            error="does not heed 'page'",
        ),
        Mistake("no place for the link", {"nextLinkPath": None}),
        Mistake(
            "neither a place for the link nor a size",
            {"nextLinkPath": None, "sizeParam": None, "pageSize": "100"},
        ),
        Mistake(
            "the place of Twilio's newer products",
            {"nextLinkPath": "meta.next_page_url"},
            error="nextLinkPath 'meta.next_page_url'",
        ),
        Mistake(
            "the link to the page before",
            {"nextLinkPath": "previous_page_uri"},
            error="nextLinkPath 'previous_page_uri'",
        ),
        Mistake(
            "cursors",
            {"paginationType": "cursor", "paginationParam": "PageToken"},
            error="cursorPath, unset",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake(
            "a path without .json", mapping={"resources/0/kind": "/Accounts"}, error="not the JSON"
        ),
        Mistake(
            "closed accounts",
            mapping={"resources/1/selector/path_parameters/account/filter": None},
            error="Account not active",
        ),
        Mistake(
            "a filter that is no comparison",
            mapping={"resources/1/selector/path_parameters/account/filter": ".status"},
            error="path_parameters.account.filter '.status' gave neither true nor false",
        ),
        Mistake("a wrong password", {"password": "your-old-token"}, error="Authenticate"),
        Mistake(
            "a wrong data path",
            mapping={"resources/2/selector/data_path": ".Messages"},
            error="data_path '.Messages' gave null in every response",
        ),
        Mistake(
            "a date that cannot be computed",
            mapping={"resources/2/selector/query_params/DateSent>": "{{ today }}"},
            error="today",
        ),
    ),
)
