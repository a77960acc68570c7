"""HubSpot: companies, and the contacts of each.

https://developers.hubspot.com/docs/api-reference/crm-companies-v3/guide: ``limit`` is 10 unless given
and at most 100; the next ``after`` stands in ``paging.next.after``, and ``paging`` is left out at the
end.
"""

from collections.abc import Iterator

from workbench.simulators import (
    Bearer,
    Collection,
    Cursor,
    Data,
    Expected,
    Json,
    Mistake,
    Product,
    at_end,
    children,
    drop,
    table,
)

_PAGES = Cursor(
    cursor="after",
    default=10,
    cap=100,
    above_cap="refuse",
    tell={"paging/next/after": at_end("next_value"), "paging/next/link": at_end("next_url")},
)


def _data() -> Data:
    companies = [
        {"id": str(700 + n), "properties": {"name": f"Company {n}"}, "archived": False}
        for n in range(26)
    ]
    contacts = [
        {"toObjectId": 9000 + n, "~company": str(700 + n % 2), "associationTypes": []}
        for n in range(54)
    ]
    return {"companies": companies, "contacts": contacts}


def _expected(data: Data) -> Iterator[Expected]:
    for company in data["companies"]:
        yield Expected("hubspotCompany", company["id"], title=company["properties"]["name"])
    for contact in data["contacts"]:
        yield Expected(
            "hubspotContact", str(contact["toObjectId"]), relations={"company": contact["~company"]}
        )


def _error(status: int, reason: str) -> Json:
    return {"status": "error", "message": reason, "category": f"HTTP_{status}"}


PRODUCT = Product(
    auth=Bearer("your-private-app-token"),
    data=_data,
    endpoints=(
        Collection("/crm/v3/objects/companies", table("companies"), _PAGES, wrap="results"),
        Collection(
            "/crm/v4/objects/companies/{company}/associations/contacts",
            children("contacts", of=("companies", "id"), company="~company"),
            _PAGES,
            wrap="results",
        ),
    ),
    page_size=10,
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["contacts"], 9010, key="toObjectId"),
    mistakes=(
        Mistake("the place spelt out", {"cursorPath": "paging.next.after"}),
        Mistake(
            "a wrong place for the cursor", {"cursorPath": "paging.after"}, error="paging.after"
        ),
        Mistake("the object around the cursor", {"cursorPath": "paging.next"}, error="cursorPath"),
        Mistake("a size above the cap", {"pageSize": "500"}, error="at most 100"),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
    ),
)
