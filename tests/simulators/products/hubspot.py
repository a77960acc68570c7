"""HubSpot: companies, contacts, deals, what belongs together, and the stages of pipelines.

https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/basic/get-crm-v3-objects-contacts:
``limit`` is 10 unless given and at most 100 (more is refused); ``paging.next.after`` is the cursor, and
``paging`` is left out at the end; archived ones only with ``archived=true``. ``associations`` asks for ids
of other objects, one for each kind of association: the same id may come twice.
https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide: at most 500 a page.
https://developers.hubspot.com/docs/api-reference/crm-pipelines-v3/guide: everything at once.
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines: 429, without
``Retry-After``.
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
    children,
    drop,
    find,
)

_CONTACTS = "resources/1/selector"


def _next(facts: Facts) -> Json:
    return {"after": facts.next_value, "link": facts.next_url}


def _pages(default: int, cap: int) -> Cursor:
    return Cursor(
        cursor="after",
        default=default,
        cap=cap,
        above_cap="refuse",
        tell={"paging/next": at_end(_next)},
    )


_OBJECTS, _ASSOCIATIONS = _pages(10, 100), _pages(500, 500)


def _data() -> Data:
    companies: list[Row] = [
        {"id": str(10_000 + n), "properties": {"name": f"Company {n}", "domain": f"c{n}.example"}}
        for n in range(33)
    ]
    contacts: list[Row] = [
        {
            "id": str(20_000 + n),
            "properties": {"email": f"contact{n}@example.com", "firstname": "Contact"},
            "archived": False,
            "~companies": [companies[at]["id"] for at in range(n % 30, n % 30 + n % 3)],
        }
        for n in range(44)
    ]
    deals: list[Row] = [
        {
            "id": str(30_000 + n),
            "properties": {"dealname": f"Deal {n}", "dealstage": f"stage-{n % 2}-{n % 4}"},
            "~company": companies[1]["id"] if n < 24 else companies[n]["id"],
        }
        for n in range(31)
    ]
    pipelines: list[Row] = [
        {"id": f"pipeline-{n}", "label": f"Pipeline {n}", "displayOrder": n} for n in range(2)
    ]
    stages: list[Row] = [
        {"id": f"stage-{at}-{n}", "label": f"Stage {n}", "~pipeline": pipeline["id"]}
        for at, pipeline in enumerate(pipelines)
        for n in range(4)
    ]
    return {
        "companies": companies,
        "contacts": contacts,
        "deals": deals,
        "pipelines": pipelines,
        "stages": stages,
    }


def _objects(call: Call) -> Sequence[Row]:
    """The objects of a kind, with the associations asked for."""
    kind = call.at["kind"]
    if kind not in {"companies", "contacts", "deals"}:
        raise RefusedError(400, f"Unable to infer object type from: {kind}")
    asked = "companies" in (call.param("associations") or "").split(",")
    return [
        {**row, "associations": {"companies": {"results": list(_ties(row["~companies"]))}}}
        if asked and row.get("~companies")
        else row
        for row in call.data[kind]
    ]


def _ties(ids: Sequence[str]) -> Iterator[Row]:
    for id_ in ids:
        yield {"id": id_, "type": "contact_to_company"}
        yield {"id": id_, "type": "contact_to_company_unlabeled"}


def _deals(call: Call) -> Sequence[Row]:
    company = find(call, "companies", "id", call.at["company"])
    kind = {"category": "HUBSPOT_DEFINED", "typeId": 342, "label": None}
    return [
        {"toObjectId": int(deal["id"]), "associationTypes": [kind]}
        for deal in call.data["deals"]
        if deal["~company"] == company["id"]
    ]


def _pipelines(call: Call) -> Sequence[Row]:
    return call.data["pipelines"]


def _expected(data: Data) -> Iterator[Expected]:
    for company in data["companies"]:
        yield Expected("hubspotCompany", company["id"], title=company["properties"]["name"])
    for contact in data["contacts"]:
        companies = contact["~companies"]
        yield Expected(
            "hubspotContact",
            contact["id"],
            relations={"companies": companies} if companies else {},
            properties={"email": contact["properties"]["email"]},
        )
    for deal in data["deals"]:
        yield Expected(
            "hubspotDeal",
            deal["id"],
            relations={"stage": deal["properties"]["dealstage"]},
            title=deal["properties"]["dealname"],
        )
        yield Expected(
            "hubspotCompanyDeal",
            f"{deal['~company']}-{deal['id']}",
            relations={"company": deal["~company"], "deal": deal["id"]},
        )
    for stage in data["stages"]:
        yield Expected(
            "hubspotDealStage",
            stage["id"],
            properties={"pipeline": stage["~pipeline"]},
            title=stage["label"],
        )


def _error(status: int, reason: str) -> Json:
    said = {
        401: ("INVALID_AUTHENTICATION", "Authentication credentials not found."),
        404: ("OBJECT_NOT_FOUND", "resource not found"),
        429: ("RATE_LIMITS", "You have reached your secondly limit."),
    }
    category, message = said.get(status, ("VALIDATION_ERROR", reason))
    return {"status": "error", "message": message, "correlationId": "0", "category": category}


PRODUCT = Product(
    prefix="/crm",
    auth=Bearer("pat-your-token"),
    data=_data,
    endpoints=(
        Collection("/v3/objects/{kind}", _objects, _OBJECTS, wrap="results"),
        Collection(
            "/v4/objects/companies/{company}/associations/deals",
            _deals,
            _ASSOCIATIONS,
            wrap="results",
        ),
        Collection("/v3/pipelines/deals", _pipelines, wrap="results"),
        Collection(
            "/v3/pipelines/deals/{pipeline}/stages",
            children("stages", of=("pipelines", "id"), pipeline="~pipeline"),
            wrap="results",
        ),
    ),
    page_size=10,
    error=_error,
    headers={
        "X-HubSpot-RateLimit-Max": "100",
        "X-HubSpot-RateLimit-Remaining": "97",
    },
    throttle=Throttle(at=12, headers={}),
    expected=_expected,
    vanish=lambda data: drop(data["deals"], "30005"),
    mistakes=(
        Mistake("the cursor's place spelt out", {"cursorPath": "paging.next.after"}),
        Mistake(
            "the place of the cursor half spelt",
            {"cursorPath": "paging.next"},
            error="cursorPath 'paging.next' found the keys after, link",
        ),
        Mistake(
            "a cursor path of another product",
            {"cursorPath": "meta.after"},
            error="cursorPath 'meta.after'",
        ),
        Mistake(
            "no parameter for the cursor",
            {"paginationParam": None},
            error="paginationParam 'cursor'",
        ),
        Mistake("a size parameter of another product", {"sizeParam": "count"}),
        Mistake("a size above the cap", {"pageSize": "101"}, error="limit must be at most 100"),
        Mistake(
            "links in the body",
            {"paginationType": "next_link", "nextLinkPath": "paging.next.link"},
        ),
        Mistake(
            "a link's place half spelt",
            {"paginationType": "next_link", "nextLinkPath": "paging.next"},
            error="nextLinkPath found the keys after, link",
        ),
        Mistake("offsets", {"paginationType": "offset"}, error="invalid after"),
        Mistake(
            "offsets under their usual name",
            {"paginationType": "offset", "paginationParam": None},
            error="does not heed 'offset'",
        ),
        Mistake(
            "page numbers",
            {"paginationType": "page", "paginationParam": None, "sizeParam": "limit"},
            error="does not heed 'page'",
        ),
        Mistake("no paging", {"paginationType": "none"}, error="paginationType is 'none'"),
        Mistake("links in a header", {"paginationType": "header_link"}, error="rel='next'"),
        Mistake(
            "a kind of object there is not",
            mapping={"resources/0/kind": "/v3/objects/firms"},
            error="Unable to infer object type from: firms",
        ),
        Mistake(
            "a wrong data path",
            mapping={f"{_CONTACTS}/data_path": ".contacts"},
            error="data_path '.contacts' gave null in every response",
        ),
        Mistake(
            "no data path",
            mapping={f"{_CONTACTS}/data_path": None},
            error="data_path '.' takes",
        ),
        Mistake(
            "a wrong path of the children",
            mapping={"resources/3/kind": "/v3/objects/companies/{company}/associations/deals"},
            error="answered 404 or 410 for each of 33 values",
        ),
        Mistake(
            "a name where the id belongs",
            mapping={"resources/3/selector/path_parameters/company/field": ".properties.name"},
            error="answered 404 or 410 for each of 33 values",
        ),
        Mistake("a wrong token", {"apiToken": "pat-old"}, error="INVALID_AUTHENTICATION"),
    ),
)
