"""``suggest`` on small APIs, each of a kind that answers in its own way: the whole list is read."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fault_api import FaultApi, Reply, Request, answer
from tests.simulators import (
    Call,
    Collection,
    Cursor,
    Custom,
    Facts,
    Json,
    Keyset,
    Offset,
    PageNumber,
    Paging,
    Product,
    RefusedError,
    Row,
    at_end,
    children,
    simulate,
    table,
)
from tests.simulators.endpoints import Endpoint
from tests.simulators.model import Answer, Data
from tests.suggested import bench, in_process, resource_of, suggested, walked
from workbench.suggest.endpoint import missing_rows
from workbench.suggest.fields import Column
from workbench.suggest.items import Place
from workbench.suggest.mapping import mapping
from workbench.suggest.relation_names import names_of, speaks_of
from workbench.suggest.study import Study
from workbench.suggest.targets import Target
from workbench.suggest.titles import title_of

MOST = 25


def rows(count: int, **more: object) -> list[Row]:
    """Rows with an identifier that tells nothing of their position."""
    return [{"id": f"x{97 * n % 1009:04}", "name": f"Row {n}", **more} for n in range(count)]


@dataclass(frozen=True)
class Api:
    """Endpoints over tables; the paths are what ``suggest`` is asked for."""

    endpoints: Sequence[Endpoint]
    data: Data
    paths: Sequence[str] = ("/things",)
    refuses: int | None = None

    def product(self) -> Product:
        """The product that a simulator serves."""
        return Product(
            prefix="/v1",
            endpoints=self.endpoints,
            data=lambda: self.data,
            expected=lambda _: (),
            vanish=lambda _: None,
            mistakes=(),
            unknown_parameters=self.refuses,
        )


def _with_cursors(call: Call) -> Answer:
    """Pages of which each row has its cursor beside it."""
    found = call.data["things"]
    marks = [base64.b64encode(row["id"].encode()).decode() for row in found]
    size, mark = int(call.param("limit") or 20), call.param("cursor")
    if mark and mark not in marks:
        raise RefusedError(400, "invalid cursor")
    start = marks.index(mark) + 1 if mark else 0
    pairs = list(zip(marks, found, strict=True))[start : start + size]
    return Answer(body=[{"cursor": mark, "thing": row} for mark, row in pairs])


def _behind(call: Call) -> Answer:
    """Rows behind the one with a number, in the order of their numbers."""
    size, after = int(call.param("pageSize") or 50), int(call.param("after") or 0)
    found = [row for row in call.data["things"] if row["id"] > after]
    return Answer(body=found[:size])


def _marked(call: Call) -> Answer:
    """Pages by a parameter that no word tells; what is no number is no offset."""
    if not (call.param("offset") or "0").isdigit():
        raise RefusedError(400, "'offset' has to be an integer")
    paging = Cursor(
        size="size", cursor="resumeAt", default=20, cap=30, tell={"nextMark": at_end("next_value")}
    )
    return Collection("/things", table("things"), paging, wrap="data").answer(call)


def _until(call: Call) -> Answer:
    """Rows from before a moment; that of a page's last row leads to the next page."""
    size, until = int(call.param("limit") or 20), int(call.param("until") or 10**13)
    found = [row for row in call.data["things"] if row["createdAt"] < until]
    page = found[:size]
    ends = {"prev": page[0], "next": page[-1] if len(found) > size else {}}
    moments = {name: row.get("createdAt") for name, row in ends.items()}
    return Answer(body={"things": page, "pagination": {"count": len(page), **moments}})


def _traced(call: Call) -> Answer:
    """Rows behind the one with an identifier, and a text that is another for each request."""
    found, size = call.data["things"], int(call.param("limit") or 20)
    ids = [row["id"] for row in found]
    start = ids.index(call.param("last")) + 1 if call.param("last") in ids else 0
    trace = uuid.uuid4().hex
    return Answer(body={"trace": trace, "things": found[start : start + size]})


def _by_name(call: Call) -> Answer:
    """A list under the name that was asked for."""
    found = [row for row in call.data["values"] if row["kind"] == call.at["kind"]]
    return Answer(body={"found": {call.at["kind"]: found}})


def _template(facts: Facts) -> Json:
    return facts.call.path + "{?skip,take,ids}"


def _index(_: Call) -> Answer:
    return Answer(body={"web": ["a", "b"], "database": [], "cache": ["a"], "queue": []})


def _of_index(call: Call) -> list[Row]:
    """An unknown name is answered like one without rows."""
    return [row for row in call.data["instances"] if row["~of"] == call.at["service"]]


def _grouped(_: Call) -> Answer:
    charts = {name: [{"version": f"1.{n}", "app": name} for n in range(2)] for name in "abcd"}
    return Answer(body={"charts": charts})


def _labels(_: Call) -> Answer:
    labels = "".join(f'<label id="{n}"><name>Label {n}</name></label>' for n in range(5))
    return Answer(
        body=f"<?xml version='1.0'?><labels>{labels}</labels>".encode(),
        headers={"Content-Type": "application/xml"},
    )


DEEP = {
    "teams": rows(2),
    "spaces": [
        {**row, "id": f"s{n}", "~of": rows(2)[n % 2]["id"]} for n, row in enumerate(rows(3))
    ],
    "lists": [{**row, "id": f"l{n}", "~of": f"s{n % 3}"} for n, row in enumerate(rows(7))],
    "tasks": [{**row, "id": f"t{n}", "~of": f"l{n % 7}"} for n, row in enumerate(rows(40))],
}
_LEAST = PageNumber(
    size="page_size", default=100, cap=500, least=25, above_cap="refuse", tell={"pages": "pages"}
)
_LINKED = Cursor(
    size="", cursor="locator", default=30, cap=30, tell={"nextHref": at_end("next_path")}
)

KINDS = {
    "a cursor in a header that nobody knows": Api(
        [
            Collection(
                "/things",
                table("things"),
                Cursor(
                    size="per_page",
                    cursor="next_token",
                    default=900,
                    cap=900,
                    headers={"X-Acme-NextToken": at_end("next_value")},
                ),
            )
        ],
        {"things": rows(23)},
    ),
    "a cursor in each row": Api([Custom("/things", _with_cursors)], {"things": rows(47)}),
    "the last row's identifier, and nothing that says so": Api(
        [Collection("/things", table("things"), Keyset(default=500, cap=500, after="before"))],
        {"things": rows(31)},
    ),
    "names that a URI template tells, beside keys in PascalCase": Api(
        [
            Collection(
                "/things",
                table("things"),
                Offset(
                    size="take",
                    offset="skip",
                    default=30,
                    cap=99,
                    tell={
                        "TotalResults": "total",
                        "ItemsPerPage": "size",
                        "Links/Template": _template,
                    },
                ),
                wrap="Items",
            )
        ],
        {"things": [{"Id": row["id"], "Name": row["name"]} for row in rows(64)]},
    ),
    "names in kebab-case, from page 0": Api(
        [
            Collection(
                "/things",
                table("things"),
                PageNumber(
                    size="page-size", default=100, cap=900, first=0, tell={"total": "total"}
                ),
                wrap="results",
            )
        ],
        {"things": rows(245)},
    ),
    "positions under the name that others give to a size": Api(
        [
            Collection(
                "/things", table("things"), Offset(size="max", offset="first", default=100, cap=900)
            )
        ],
        {"things": rows(160)},
    ),
    "five rows, of which an offset is heeded": Api(
        [
            Collection(
                "/things", table("things"), Offset(size="$top", offset="$skip", default=42, cap=99)
            )
        ],
        {"things": rows(5)},
    ),
    "fewer rows than the least size": Api(
        [
            Collection("/things", table("things"), _LEAST, wrap="data"),
            Collection("/others", table("others"), _LEAST, wrap="data"),
        ],
        {"things": rows(7), "others": rows(61)},
        ("/things", "/others"),
    ),
    "links alone, which a short list does not have": Api(
        [
            Collection("/things", table("things"), _LINKED, wrap="thing", beside={"href": "/x"}),
            Collection("/others", table("others"), _LINKED, wrap="thing", beside={"href": "/x"}),
        ],
        {"things": rows(17), "others": rows(61)},
        ("/things", "/others"),
    ),
    "parents of parents of parents": Api(
        [
            Collection("/team", table("teams"), wrap="teams"),
            Collection(
                "/team/{team}/space",
                children("spaces", of=("teams", "id"), team="~of"),
                wrap="spaces",
            ),
            Collection(
                "/space/{space}/list",
                children("lists", of=("spaces", "id"), space="~of"),
                wrap="lists",
            ),
            Collection(
                "/list/{list}/task", children("tasks", of=("lists", "id"), list="~of"), wrap="tasks"
            ),
        ],
        DEEP,
        ("/list/{list}/task", "/space/{space}/list", "/team/{team}/space", "/team"),
    ),
    "a list in XML beside lists in JSON, of which one has children": Api(
        [
            Custom("/labels.xml", _labels),
            Collection("/things.json", table("things"), wrap="things"),
            Collection(
                "/things/{thing}/parts.json",
                children("parts", of=("things", "id"), thing="~of"),
                wrap="parts",
            ),
        ],
        {
            "things": rows(3),
            "parts": [
                {**row, "id": f"p{n}", "~of": rows(3)[n % 3]["id"]} for n, row in enumerate(rows(9))
            ],
        },
        ("/things.json", "/labels.xml", "/things/{thing}/parts.json"),
    ),
    "children of whom later parents have more": Api(
        [
            Collection("/things", table("things")),
            Collection(
                "/things/{thing}/parts",
                children("parts", of=("things", "id"), thing="~of"),
                Offset(
                    size="limit",
                    offset="offset",
                    default=30,
                    cap=99,
                    tell={"next": at_end("next_url")},
                ),
                wrap="parts",
            ),
        ],
        {
            "things": rows(12),
            "parts": [
                {"id": f"{row['id']}-{n}", "name": f"Part {n}", "~of": row["id"]}
                for at, row in enumerate(rows(12))
                for n in range(4 + at)
            ],
        },
        ("/things", "/things/{thing}/parts"),
    ),
    "a moment as the cursor, under one of many names for it": Api(
        [Custom("/things", _until)],
        {"things": [{**row, "createdAt": 1718 * 10**9 - n} for n, row in enumerate(rows(47))]},
    ),
    "the last row's identifier, beside a text that tells requests apart": Api(
        [Custom("/things", _traced)], {"things": rows(47)}
    ),
    "a parameter for the cursor that no word tells": Api(
        [Custom("/things", _marked)], {"things": rows(47)}
    ),
    "a cursor by a name that does not say so, which also the longest answer has": Api(
        [
            Collection(
                "/things",
                table("things"),
                Cursor(
                    size="size",
                    cursor="bookmark",
                    default=20,
                    cap=30,
                    tell={"place": at_end("next_value")},
                ),
                wrap="data",
            )
        ],
        {"things": rows(47)},
    ),
    "a size and a cursor by names with a mark before them": Api(
        [
            Collection(
                "/things",
                table("things"),
                Cursor(
                    size="_pageSize",
                    cursor="_pagedCookie",
                    default=900,
                    cap=900,
                    tell={"pagedCookie": at_end("next_value")},
                ),
                wrap="result",
            )
        ],
        {"things": rows(33)},
    ),
    "a size whose name is shaped as the cursor's": Api(
        [
            Collection(
                "/things",
                table("things"),
                Cursor(
                    size="pagination[count]",
                    cursor="pagination[cursor]",
                    default=10,
                    cap=99,
                    tell={"pagination/next": at_end("next_value")},
                ),
                wrap="data",
            )
        ],
        {"things": rows(33)},
    ),
    "a size and a number by names that only the answer has": Api(
        [
            Collection(
                "/things",
                table("things"),
                PageNumber(
                    size="cut",
                    number="sheet",
                    default=20,
                    cap=99,
                    tell={"cut": "size", "sheet": "number", "sheets": "pages"},
                ),
                wrap="data",
            )
        ],
        {"things": rows(71)},
    ),
    "lists under the name that each child has": Api(
        [
            Collection("/kinds", table("kinds"), wrap="kinds"),
            Custom("/kinds/{kind}", _by_name),
        ],
        {
            "kinds": [{"name": f"kind_{word}"} for word in "abc"],
            "values": [
                {"id": n, "name": f"V {n}", "kind": f"kind_{'abc'[n % 3]}"} for n in range(14)
            ],
        },
        ("/kinds", "/kinds/{kind}"),
    ),
    "children of what stands in a list of each item": Api(
        [
            Collection("/summaries", table("summaries"), wrap="summaries"),
            Collection(
                "/properties/{property_id}/streams",
                children("streams", of=("properties", "id"), property_id="~of"),
            ),
        ],
        {
            "summaries": [
                {
                    "id": f"s{n}",
                    "propertySummaries": [
                        {"property": f"properties/{n}{k}", "kind": "web"} for k in range(n)
                    ],
                }
                for n in range(4)
            ],
            "properties": [{"id": f"{n}{k}"} for n in range(4) for k in range(n)],
            "streams": [
                {"id": f"x{n}{k}-{m}", "name": f"Stream {m}", "~of": f"{n}{k}"}
                for n in range(4)
                for k in range(n)
                for m in range(2)
            ],
        },
        ("/summaries", "/properties/{property_id}/streams"),
    ),
    "children of whom the first parent has none": Api(
        [
            Collection("/people", table("people"), wrap="people"),
            Collection("/teams", table("teams"), wrap="teams"),
            Collection(
                "/teams/{team_id}/people",
                children("members", of=("teams", "id"), team_id="~of"),
                wrap="people",
            ),
            Collection(
                "/people/{person_id}/calls",
                children("calls", of=("people", "id"), person_id="~of"),
                wrap="calls",
            ),
        ],
        {
            "people": [{"id": f"p{n}", "team": f"t{n % 2}"} for n in range(9)],
            "teams": [{"id": f"t{n}", "name": f"Team {n}"} for n in range(2)],
            "members": [{"id": f"p{n}", "person_id": f"p{n}", "~of": f"t{n % 2}"} for n in (2, 3)],
            "calls": [{"id": f"c{n}", "topic": f"Call {n}", "~of": f"p{n}"} for n in range(2, 9)],
        },
        ("/people", "/teams", "/teams/{team_id}/people", "/people/{person_id}/calls"),
    ),
    "an object of lists of objects": Api([Custom("/charts", _grouped)], {}, ("/charts",)),
    "an object of lists, and children that are empty for an unknown name": Api(
        [Custom("/services", _index), Collection("/service/{service}", _of_index)],
        {
            "instances": [
                {"ID": f"i{n}", "Port": n, "~of": ("web", "cache", "queue")[n % 3]}
                for n in range(9)
            ]
        },
        ("/service/{service}", "/services"),
    ),
}
COUNTS = {
    "/service/{service}": 9,
    "/services": 4,
    "/kinds/{kind}": 14,
    "/team/{team}/space": 3,
    "/space/{space}/list": 7,
    "/list/{list}/task": 40,
    "/others": 61,
    "/teams/{team_id}/people": 2,
    "/people/{person_id}/calls": 7,
    "/teams": 2,
    "/labels.xml": 5,
    "/charts": 8,
    "/properties/{property_id}/streams": 12,
    "/things/{thing}/parts": 114,
    "/things/{thing}/parts.json": 9,
}
"""How many rows there are; of other paths as many as in the first table."""


@pytest.mark.parametrize("api", KINDS.values(), ids=KINDS.keys())
async def test_the_whole_list_is_read(api: Api) -> None:
    """By GET, in at most 25 requests an endpoint, what is written leads through every row."""
    simulator = simulate(api.product())
    http, settings = in_process(simulator), bench("http://api/v1")
    suggestion = await suggested(settings, [Target(path) for path in api.paths], http)

    assert not suggestion.refused, [study.refusal for study in suggestion.refused]
    assert {request.method for request in simulator.requests} == {"GET"}
    assert all(study.requests <= MOST for study in suggestion.studies)
    for study in suggestion.written:
        items, error = await walked(settings, resource_of(study), http)
        count = COUNTS.get(study.target.path) or len(next(iter(api.data.values())))
        assert (len(items), error) == (count, ""), study.findings


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("fewer rows than the least size", {"size_param": "page_size"}),
        ("links alone, which a short list does not have", {"next_link_path": "nextHref"}),
        ("positions under the name that others give to a size", {"size_param": "max"}),
        ("a size whose name is shaped as the cursor's", {"size_param": "pagination[count]"}),
    ],
)
async def test_what_a_short_list_does_not_show_is_learned(
    kind: str, settings: dict[str, str]
) -> None:
    """From another list of the API, or by names that are tried by themselves."""
    http = in_process(simulate(KINDS[kind].product()))
    targets = [Target(path) for path in KINDS[kind].paths]
    suggestion = await suggested(bench("http://api/v1"), targets, http)
    assert settings.items() <= suggestion.written[0].pagination.items()


@pytest.mark.parametrize(
    ("style", "paging"),
    [
        ("cursor", Cursor(cursor="mark", default=20, cap=90, tell={"mark": at_end("next_value")})),
        ("header_link", Cursor(cursor="mark", default=20, cap=90, link=["next"])),
        ("page", PageNumber(number="p", size="ps", default=20, cap=90, tell={"p": "number"})),
    ],
)
async def test_a_short_list_is_paged_as_another_only_where_its_parameters_do_something(
    style: str, paging: Paging
) -> None:
    """Those that gave the other list's second page; where they change nothing it does not page."""
    beside = {"p": 1} if style == "page" else {}
    lists = [
        Collection("/longs", table("longs"), paging, wrap="longs"),
        Collection("/shorts", table("shorts"), paging, wrap="shorts"),
        Collection("/wholes", table("shorts"), wrap="wholes", beside=beside),
    ]
    data = {"longs": rows(61), "shorts": rows(3)}

    found = await _read(["/longs", "/shorts", "/wholes"], data, *lists)

    assert [study.paging.type for study in found] == [style, style, "none"]


@pytest.mark.parametrize(
    ("found", "identifier", "title"),
    [
        pytest.param(
            [{"objid": 40 + n, "thing": f"Thing {n}", "state": "up"} for n in range(12)],
            ".objid | tostring",
            ".thing",
            id="an id glued to another word",
        ),
        pytest.param(
            [{"name": f"q{n // 3}", "vhost": "abc"[n % 3], "kind": "xy"[n % 2]} for n in range(12)],
            '(.vhost | tostring) + "/" + (.name | tostring)',
            ".name",
            id="a name within a word that nothing marks",
        ),
        pytest.param(
            [
                {"id": 7 + n, "uuid": f"u{n}", "mark": f"m {n}", "copied": str(7 + n)}
                for n in range(12)
            ],
            ".id | tostring",
            ".mark",
            id="a title that is no second id",
        ),
        pytest.param(
            [
                {"id": 7 + n, "writer": {"name": f"Writer {n % 3}"}, "heading": f"On {n}"}
                for n in range(12)
            ],
            ".id | tostring",
            ".heading",
            id="a name within an object that is another thing's",
        ),
        pytest.param(
            [{"name": f"Item {n}", "owner": {"id": 40 + n}, "on": n < 3} for n in range(12)],
            ".name",
            ".name",
            id="an id within an object that is another thing's",
        ),
        pytest.param(
            [
                {"name": ("", "topic", "fan")[n % 3], "vhost": f"v{n // 3}", "on": n < 3}
                for n in range(12)
            ],
            '(.vhost | tostring) + "/" + (.name | tostring)',
            '(.vhost | tostring) + "/" + (.name | tostring)',
            id="two fields, one of which may be empty",
        ),
        pytest.param(
            [{"userId": f"u{n}", "firstName": f"F{n}", "lastName": f"L{n}"} for n in range(12)],
            ".userId",
            '.firstName + " " + .lastName',
            id="two names that are none alone",
        ),
        pytest.param(
            [{"userid": f"u{n}@x", "firstname": f"F{n}", "lastname": f"L{n}"} for n in range(12)],
            ".userid",
            '.firstname + " " + .lastname',
            id="two names that are none alone, in one word each",
        ),
        pytest.param(
            [{"longName": f"The P{n}-s", "shortName": f"p{n}-s"} for n in range(12)],
            ".shortName",
            ".longName",
            id="a long name and a short one",
        ),
        pytest.param(
            [
                {
                    "id": f"3f{n:06x}",
                    "surName": f"S{n}",
                    "firstName": f"F{n}",
                    "loginName": f"s{n}",
                    "email": f"s{n}@x.io",
                }
                for n in range(12)
            ],
            ".id",
            '.firstName + " " + .surName',
            id="two names that everybody has, beside a third",
        ),
        pytest.param(
            [{"userId": f"u{n}", "firstName": f"F{n}", "lastName": "L"} for n in range(12)],
            ".userId",
            '.firstName + " " + .lastName',
            id="two names, one of which is the same in all",
        ),
        pytest.param(
            [
                {"id": f"00u{n:05}", "firstName": f"F{n}", "lastName": f"L{n}", "login": f"f{n}@x"}
                for n in range(12)
            ],
            ".id",
            '.firstName + " " + .lastName',
            id="two names, beside what they sign in by",
        ),
        pytest.param(
            [
                {
                    "id": f"00u{n:05}",
                    "thing_name": f"T{n}",
                    "plan_id": f"p{n}",
                    "plan_name": f"P{n}",
                }
                for n in range(12)
            ],
            ".id",
            ".thing_name",
            id="its name, beside another thing's",
        ),
        pytest.param(
            [{"key": f"AX-0{n}", "message": f"Close {n}", "line": 7} for n in range(12)],
            ".key",
            ".message",
            id="a message, beside a key",
        ),
        pytest.param(
            [{"poolId": f"pool_{'abcdefghijkl'[n]}", "host": f"h{n}.example"} for n in range(12)],
            ".poolId",
            ".poolId",
            id="an id in words",
        ),
        pytest.param(
            [{"key": str(100 + n), "value": f"V{n}"} for n in range(12)],
            ".key",
            ".value",
            id="a key that is a number, beside a word",
        ),
        pytest.param(
            [{"id": f"3f{n:06x}", "clientId": f"app-{'abcdefghijkl'[n]}"} for n in range(12)],
            ".id",
            ".clientId",
            id="an id that is a word, beside one that is not",
        ),
        pytest.param(
            [
                {"id": 7 + n, "description": "Nightly", "job": {"name": f"Job {n % 2}"}}
                for n in range(12)
            ],
            ".id | tostring",
            ".job.name",
            id="a text that is the same in all",
        ),
        pytest.param(
            [
                {"name": f"srv{n}", "attrs": {"display_name": f"Server {n}", "up": True, "port": 1}}
                for n in range(12)
            ],
            ".name",
            ".attrs.display_name",
            id="a name in the object that holds the item",
        ),
        pytest.param(
            [
                {
                    "kind": "Person",
                    "held": {
                        "id": {"label": "ID", "value": f"p-{n:02}"},
                        "first_name": {"label": "First name", "value": f"F{n}"},
                        "last_name": {"label": "Last name", "value": f"L{n}"},
                    },
                }
                for n in range(12)
            ],
            ".held.id.value",
            '.held.first_name.value + " " + .held.last_name.value',
            id="values in objects that say what they are",
        ),
        pytest.param(
            [
                {
                    "id": f"b{n}x",
                    "message": f"Fix {n}",
                    "state": "passed",
                    "line": n,
                    "by": {"id": f"u{n % 9}", "name": f"U {n}"},
                }
                for n in range(12)
            ],
            ".id",
            ".message",
            id="a message, beside the name of somebody with an id of their own",
        ),
        pytest.param(
            [
                {"thing": {"id": f"t{n}", "label": f"T {n}"}, "user": {"id": n, "name": f"U {n}"}}
                for n in range(12)
            ],
            ".thing.id",
            ".thing.label",
            id="an object that is called what an item is, beside another one",
        ),
        pytest.param(
            [{"serial": f"Q{n:03}-x", "name": f"Switch {n}" if n % 5 else ""} for n in range(12)],
            ".serial",
            ".name",
            id="a name that some leave empty",
        ),
        pytest.param(
            [{"code": f"POS{n:03}", "outerName_main": f"Position {n}"} for n in range(12)],
            ".code",
            ".outerName_main",
            id="some name that no two have",
        ),
        pytest.param(
            [{"slug": f"{n:04}f0a", "commit_message": f"Fix {n}"} for n in range(12)],
            ".slug",
            ".commit_message",
            id="some message that no two have, beside a slug",
        ),
    ],
)
async def test_items_are_told_apart_and_called(
    found: list[Row], identifier: str, title: str
) -> None:
    """By a field that names them, or by two; what is called so is for people."""
    api = Api([Collection("/things", table("things"))], {"things": found})
    http = in_process(simulate(api.product()))
    suggestion = await suggested(bench("http://api/v1"), [Target("/things")], http)
    assert [(study.identifier, study.title) for study in suggestion.written] == [
        (identifier, title)
    ]


def test_children_of_several_parents_may_have_the_same_names() -> None:
    """They tell the children of each apart, which is enough for a title."""
    ids = Column(("id",), [f"3f{n:06x}" for n in range(12)])
    names = Column(("clientId",), ["account", "admin", "broker", "web"] * 3)
    parents = [f"realm-{n // 4}" for n in range(12)]

    assert title_of([ids, names], ids, of=parents) == names
    assert title_of([ids, names], ids) != names


async def test_the_number_of_the_last_row_is_no_count() -> None:
    """Where rows are numbered from 1 and none is missing, the name tells one from the other."""
    data: Data = {"things": [{"id": n, "name": f"Thing {n}"} for n in range(1, 40)]}

    (found,) = await _read(["/things"], data, Custom("/things", _behind))

    assert (found.paging.type, found.paging.settings) == (
        "cursor",
        {"pagination_param": "after", "cursor_path": ".[-1].id"},
    )


async def test_a_word_beside_an_id_says_of_what_it_is() -> None:
    """One small number is in every list, but for the list that the word names."""
    teams: list[Row] = [{"id": n, "name": f"Team {n}"} for n in range(5, 8)]
    users: list[Row] = [{"id": n, "name": f"User {n}"} for n in range(5, 9)]
    repos: list[Row] = [
        {"id": 900 + n, "name": f"R {n}", "on": True, "owner": {"@type": "team", "id": 5}}
        for n in range(9)
    ]

    data: Data = {"users": users, "teams": teams, "repos": repos}
    lists = [Collection(f"/{name}", table(name)) for name in data]

    *_, found = await _read(["/users", "/teams", "/repos"], data, *lists)

    assert [(one.name, one.target.target.path) for one in found.relations] == [("owner", "/teams")]


async def test_a_random_identifier_holds_for_all_parents() -> None:
    """Beside a number that is a likelier one, and counts anew below each parent."""
    builds: list[Row] = [
        {"_id": n % 5, "uuid": f"{97 * n % 1009:032x}", "log": "x", "~of": f"t{n // 5}"}
        for n in range(15)
    ]
    lists = [
        Collection("/tenants", table("tenants")),
        Collection("/tenants/{tenant}/builds", children("builds", tenant="~of")),
    ]
    tenants: list[Row] = [{"name": f"t{n}", "size": n} for n in range(3)]
    paths = ["/tenants", "/tenants/{tenant}/builds"]
    found = await _read(paths, {"tenants": tenants, "builds": builds}, *lists)
    assert [study.identifier for study in found] == [".name", ".uuid"]


async def test_a_few_children_show_no_key_of_all() -> None:
    """What their first parents happen to have once, others may have again."""
    bindings: list[Row] = [{"routing_key": f"key.{n}", "~of": f"q{n % 3}"} for n in range(5)]
    lists = [
        Collection("/queues", table("queues")),
        Collection("/queues/{queue}/bindings", children("bindings", queue="~of")),
    ]
    queues: list[Row] = [{"name": f"q{n}", "size": n} for n in range(3)]
    paths = ["/queues", "/queues/{queue}/bindings"]
    found = await _read(paths, {"queues": queues, "bindings": bindings}, *lists)
    own = '(.__queue | tostring) + "/" + (.routing_key | tostring)'
    assert [study.identifier for study in found] == [".name", own]


async def test_a_list_of_plain_values_is_identified_by_them() -> None:
    """They are all there is of an item; what each stands for may be asked for by it."""
    numbers = [9000 - 7 * n for n in range(12)]
    endpoints = [
        Custom("/stories", lambda _: Answer(body=list[Json](numbers))),
        Custom(
            "/story/{story}", lambda call: Answer(body={"id": int(call.at["story"]), "by": "x"})
        ),
    ]
    http = in_process(simulate(Api(endpoints, {}).product()))
    targets = [Target("/stories"), Target("/story/{story}")]
    stories, story = (await suggested(bench("http://api/v1"), targets, http)).written
    assert (stories.identifier, story.identifier) == (".value | tostring", ".id | tostring")


async def test_what_leads_on_from_the_last_row_is_a_field_of_it() -> None:
    """An item's own id is its identifier, also where the next page is asked for by it."""
    orders: list[Row] = [
        {"id": 700 + 13 * n, "email": f"{n}@x.example", "total": n} for n in range(90)
    ]
    paging = Keyset(size="limit", default=30, cap=50, after="since_id")
    api = Api([Collection("/orders", table("orders"), paging)], {"orders": orders})
    http = in_process(simulate(api.product()))
    [study] = (await suggested(bench("http://api/v1"), [Target("/orders")], http)).written
    assert (study.paging.param, study.identifier) == ("since_id", ".id | tostring")


@pytest.mark.parametrize(
    ("size", "items", "missing"), [(None, (0, 1, 2), 1), (None, (0, 1, 2, 3), 0), (3, (0, 1, 2), 0)]
)
def test_the_first_rows_must_come(size: int | None, items: Sequence[int], missing: int) -> None:
    """What is read by that which is written has the rows of the first answer, of a page's size."""
    found = rows(4)
    study = Study(Target("/things"), "thing", first_rows=found)
    study.items = [found[at] for at in items]
    if size:
        study.size_param, study.page_size = "limit", size
    assert missing_rows(study) == missing


async def test_small_numbers_are_a_relation_where_the_name_ends_in_the_target() -> None:
    """Neither a device's only type is a role, nor is the number of its roles."""
    roles: list[Row] = [{"id": n, "name": f"Role {n}"} for n in range(1, 5)]
    devices: list[Row] = [
        {"id": 90 + n, "name": f"Device {n}", "deviceRole": n % 3 + 1, "deviceType": 1, "roles": 2}
        for n in range(9)
    ]
    collections = [
        Collection("/devices", table("devices")),
        Collection("/device-roles", table("roles")),
    ]
    api = Api(collections, {"devices": devices, "roles": roles})
    targets = [Target("/devices"), Target("/device-roles")]
    suggestion = await suggested(
        bench("http://api/v1"), targets, in_process(simulate(api.product()))
    )

    assert [(one.name, one.certain) for one in suggestion.written[0].relations] == [
        ("deviceRole", True)
    ]


_PLANS: list[Row] = [{"id": f"plan-{word}", "name": word} for word in ("red", "blue", "green")]
_STAGES: list[Row] = [
    {"id": word, "name": f"Stage {word}", "plan": plan["id"], "order": at}
    for plan in _PLANS
    for at, word in enumerate(("dev", "live"))
]
_FLAGS: list[Row] = [
    {"flag": f"{plan['id']}-f{n}", "on": True, "stage": ("dev", "live")[n % 2], "plan": plan["id"]}
    for plan in _PLANS
    for n in range(6)
]


async def _related(paths: Sequence[str], data: Data, endpoints: Sequence[Endpoint]) -> list[str]:
    """The relations of the last of some endpoints, with their jq."""
    api = Api(endpoints, data)
    http = in_process(simulate(api.product()))
    found = await suggested(bench("http://api/v1"), [*map(Target, paths)], http)
    study = next(one for one in found.written if one.target.path == paths[-1])
    return [f"{one.name}: {one.expression}" for one in study.relations if one.certain]


async def test_a_value_behind_the_parents_is_a_relation() -> None:
    """Where others of the same parents are identified so."""
    found = await _related(
        ["/plans", "/plans/{plan}/stages", "/plans/{plan}/flags"],
        {"plans": _PLANS, "stages": _STAGES, "flags": _FLAGS},
        [
            Collection("/plans", table("plans")),
            Collection("/plans/{plan}/stages", children("stages", of=("plans", "id"), plan="plan")),
            Collection("/plans/{plan}/flags", children("flags", of=("plans", "id"), plan="plan")),
        ],
    )

    assert 'stage: (.__plan | tostring) + "/" + .stage' in found, found


@pytest.mark.parametrize(("key", "related"), [("source", []), ("store", ["store"])])
async def test_one_value_is_a_relation_where_the_name_says_so(
    key: str, related: Sequence[str]
) -> None:
    """A word such as `default` is in many lists."""
    stores: list[Row] = [{"name": "default", "kind": "file"}, {"name": "archive", "kind": "s3"}]
    users: list[Row] = [{"userId": f"u{n}", "email": f"u{n}@x.example"} for n in range(4)]
    users = [{**user, key: "default"} for user in users]
    collections = [Collection("/users", table("users")), Collection("/stores", table("stores"))]
    api = Api(collections, {"users": users, "stores": stores})
    targets = [Target("/users"), Target("/stores")]
    suggestion = await suggested(
        bench("http://api/v1"), targets, in_process(simulate(api.product()))
    )
    found = next(study for study in suggestion.written if study.target.path == "/users")
    assert [one.name for one in found.relations] == related


@pytest.mark.parametrize(
    ("parents", "identifier"),
    [(3, ".host"), (1, '(.__cluster | tostring) + "/" + (.host | tostring)')],
)
async def test_what_is_called_as_the_item_identifies_it(parents: int, identifier: str) -> None:
    """Beside a name, `host` of a host is its id, where the children of several parents show it."""
    hosts = [
        {"host": f"host-{n}", "name": f"esx{n}.example", "~of": f"c{n % parents}"} for n in range(9)
    ]
    collections = [
        Collection("/cluster", table("clusters")),
        Collection("/cluster/{cluster}/host", children("hosts", cluster="~of")),
    ]
    clusters: list[Row] = [{"cluster": f"c{n}", "name": f"Cluster {n}"} for n in range(parents)]
    api = Api(collections, {"clusters": clusters, "hosts": hosts})
    targets = [Target("/cluster"), Target("/cluster/{cluster}/host")]
    suggestion = await suggested(
        bench("http://api/v1"), targets, in_process(simulate(api.product()))
    )
    assert suggestion.written[-1].identifier == identifier


async def test_an_identifier_that_another_list_has_is_a_relation() -> None:
    """To the list with more of them."""
    people = [{"id": f"person-{n:04}", "name": f"P {n}"} for n in range(12)]
    badges = [{"id": row["id"], "colour": "red"} for row in people[:7]]
    data: Data = {"people": people, "badges": badges}
    lists = [Collection("/people", table("people")), Collection("/badges", table("badges"))]

    assert await _related(["/people", "/badges"], data, lists) == ["people: .id"]
    assert await _related(["/badges", "/people"], data, lists) == []


async def test_its_own_name_in_a_list_is_no_relation() -> None:
    """Each task of a connector names the connector."""
    made = {name: {"tasks": [{"connector": name, "task": n} for n in (0, 1)]} for name in "abcd"}

    assert await _related(["/nodes"], {}, [Custom("/nodes", lambda _: Answer(body=made))]) == []


_ADDRESSED: Data = {
    "teams": [{"label": f"Team {n}", "links": {"self": f"/v1/teams/t{n}"}} for n in range(1, 10)],
    "people": [
        {
            "id": n,
            "boss": {"href": f"https://api.example.com/v1/people/{n // 2}/" if n > 1 else None},
            "in": [f"https://api.example.com/v1/teams/t{n % 9 + 1}"],
            "_links": {"self": [{"href": f"https://api.example.com/v1/people/{n}"}]},
        }
        for n in range(1, 31)
    ],
    "badges": [{"id": f"badge-{n}", "team": f"t{n % 9 + 1}"} for n in range(27)],
}


async def test_addresses_are_references() -> None:
    """The last segment of an item's own address identifies it; others refer to it by theirs.

    An address of its own in a list is no relation to itself.
    """
    paths = ["/teams", "/people", "/teams/{team}/badges"]
    lists = [
        Collection("/teams", table("teams")),
        Collection("/people", table("people")),
        Collection(
            "/teams/{team}/badges",
            lambda call: [one for one in _ADDRESSED["badges"] if one["team"] == call.at["team"]],
        ),
    ]
    http = in_process(simulate(Api(lists, _ADDRESSED).product()))
    found = await suggested(bench("http://api/v1"), [*map(Target, paths)], http)

    teams, people, badges = found.written
    assert teams.identifier == '.links.self | split("/") | last'
    assert {one.name: one.expression for one in people.relations} == {
        "boss": '(.boss.href // "") | rtrimstr("/") | split("/") | last',
        "in": '[.in[]? | split("/") | last]',
    }
    assert [(one.column.path, one.study) for one in badges.parents] == [(teams.identifier, teams)]
    items, error = await walked(bench("http://api/v1"), resource_of(badges), http)
    assert (len(items), error) == (27, "")


_ASSIGNED: Data = {
    "users": [{"id": f"u{n}", "name": f"User {n}"} for n in range(10)],
    "incidents": [
        {
            "id": f"i{n}",
            "name": f"Incident {n}",
            "roles": [
                {"role": "lead", "assignee": {"id": f"u{n % 10}"}},
                {"role": "writer", "assignee": {"id": f"u{n % 7}"} if n % 2 else None},
            ],
        }
        for n in range(20)
    ],
}


async def test_an_element_without_a_value_refers_to_nothing() -> None:
    """Null among the values of a relation is what Port refuses."""
    lists = [Collection(f"/{name}", table(name)) for name in _ASSIGNED]
    http = in_process(simulate(Api(lists, _ASSIGNED).product()))
    found = await suggested(bench("http://api/v1"), [*map(Target, ["/users", "/incidents"])], http)

    expressions = [one.expression for one in found.written[1].relations]
    assert expressions == ["[.roles[]? | .assignee.id | values]"]


async def test_one_path_may_hold_lists_of_several_kinds() -> None:
    """A parent is what the placeholder is called like; `parentid` leads to the list that has it."""
    tables: Data = {
        "groups": [{"objid": 1 + n, "group": f"G {n}"} for n in range(4)],
        "devices": [
            {"objid": 40 + n, "device": f"Device {n}", "parentid": 1 + n % 4} for n in range(30)
        ],
        "sensors": [
            {"objid": 700 + n, "sensor": ("Ping", "Disk", "Load")[n // 30], "of": 40 + n % 30}
            for n in range(90)
        ],
    }

    def answered(call: Call) -> Answer:
        content, one = call.param("content") or "groups", call.param("id")
        if one and not one.isdigit():
            raise RefusedError(400, "id must be a number")
        # Whatever a group has below it are its sensors, too.
        found = [
            {key: value for key, value in row.items() if key != "of"}
            for row in tables[content]
            if not one
            or row["of"] in {int(one), *(40 + n for n in range(30) if n % 4 + 1 == int(one))}
        ]
        return Answer(body={content: found})

    http = in_process(simulate(Api([Custom("/table", answered)], {}).product()))
    targets = [Target("/table", (("content", content),)) for content in ("groups", "devices")]
    targets.append(Target("/table", (("content", "sensors"), ("id", "{device}"))))
    found = await suggested(bench("http://api/v1"), targets, http)
    groups, devices, sensors = found.written

    assert [study.identifier for study in found.written] == [".objid | tostring"] * 3
    assert [study.title for study in found.written] == [".group", ".device", ".sensor"]
    assert [(one.name, one.target) for one in devices.relations] == [("parentid", groups)]
    assert [one.study for one in sensors.parents] == [devices]


async def test_what_people_call_them_is_looked_for() -> None:
    """A name may change: ids identify, and a relation by name is a search for who has it."""
    teams: list[Row] = [{"id": n, "name": f"Team {n}"} for n in range(1, 8)]
    tickets: list[Row] = [{"id": 500 + n, "team": f"Team {n % 7 + 1}"} for n in range(30)]
    lists = [Collection("/teams", table("teams")), Collection("/tickets", table("tickets"))]
    http = in_process(simulate(Api(lists, {"teams": teams, "tickets": tickets}).product()))
    targets = [Target("/tickets"), Target("/teams")]
    found = await suggested(bench("http://api/v1"), targets, http)

    assert found.written[0].target == Target("/teams"), "there before anything looks for it"
    assert found.written[0].identifier == ".id | tostring"
    rule = {"property": '"$title"', "operator": '"="', "value": '.team // ""'}
    entity = mapping(found.written)["resources"][1]["port"]["entity"]["mappings"]
    assert entity["relations"] == {"team": {"combinator": '"and"', "rules": [rule]}}


async def test_names_of_another_list_are_looked_for_whatever_the_field_is_called() -> None:
    """Where several items share them; a name that each item has for itself refers to nothing."""
    zones: list[Row] = [{"zoneId": 70 + n, "name": f"zone-{n}"} for n in range(9)]
    hosts: list[Row] = [
        {"id": 500 + n, "label": f"zone-{n}", "placed": f"zone-{n % 4}"} for n in range(9)
    ]
    lists = [Collection("/zones", table("zones")), Collection("/hosts", table("hosts"))]

    _, found = await _read(["/zones", "/hosts"], {"zones": zones, "hosts": hosts}, *lists)

    assert [(one.name, one.by) for one in found.relations] == [("placed", "$title")]


async def test_an_item_that_names_its_parent_has_no_other() -> None:
    """Its own id identifies it below several parents, although another list has it too."""
    services: list[Row] = [{"id": f"service-{n}", "name": f"S {n}"} for n in range(9)]
    routes: list[Row] = [
        {"id": f"route-{n:03}", "path": f"/p{n}", "service": {"id": f"service-{n % 9}"}}
        for n in range(40)
    ]
    lists = [
        Collection("/services", table("services")),
        Collection("/routes", table("routes")),
        Collection(
            "/services/{service}/routes",
            lambda call: [one for one in routes if one["service"]["id"] == call.at["service"]],
        ),
    ]
    http = in_process(simulate(Api(lists, {"services": services, "routes": routes}).product()))
    targets = [Target(path) for path in ("/services", "/routes", "/services/{service}/routes")]
    found = await suggested(bench("http://api/v1"), targets, http)
    assert [study.identifier for study in found.written] == [".id"] * 3


def test_what_stands_before_a_parent_is_no_noun() -> None:
    """`by_ticket/{ticket}` has no tickets, and nothing that ends in `by` refers to it."""
    assert Target("/notes/by_ticket/{ticket}").noun == "note"
    assert Target("/user_groups/{group}").noun == "user group"
    assert Target("/computer/api/json").noun == "computer"
    assert Target("/entities/by-query").noun == "entity"
    assert Study(Target("/devices/v2"), "", place=Place(("resources",))).noun == "device"


async def test_an_example_that_alone_is_answered_stays_as_it_was_given(api: FaultApi) -> None:
    """A placeholder in its place would be one that nothing fills."""
    lists = [{"id": f"l{number}", "name": f"List {number}"} for number in range(9)]
    api.serve("/lists", answer(list[Any](lists)))
    api.serve(
        "/lists/l7/members", answer([{"id": "m1", "name": "One"}, {"id": "m2", "name": "Two"}])
    )
    targets = [Target("/lists"), Target("/lists/l7/members")]

    found = await suggested(bench(api.url), targets)

    assert not found.refused
    assert [study.target.path for study in found.written] == ["/lists", "/lists/l7/members"]


# --- a round number of rows, and an API that refuses what it does not know ---------------


def _strict(
    count: int, words: str, *names: str, path: str = "/things", most: int = 5
) -> tuple[str, Collection | Custom]:
    """A bare list that takes a size and a number of a page from 0, or nothing, by these names."""
    size, page = names or ("", "")

    def answered(call: Call) -> Answer:
        for name in call.params:
            if name not in {*names, *re.findall(r"\w+", words)}:
                raise RefusedError(400, words.format(name))
        cut = int(call.param(size) or most) if size else count
        start = cut * int(call.param(page) or 0) if page else 0
        return Answer(body=rows(count)[start : start + cut])

    return path, Custom(path, answered)


async def _written(
    *lists: tuple[str, Collection | Custom], is_whole: bool = False
) -> list[tuple[str, int, bool]]:
    """For each list its style, how many rows a walk gives, and whether that was shown."""
    http = in_process(simulate(Api([one for _, one in lists], {}).product()))
    settings = bench("http://api/v1")
    targets = [Target(path) for path, _ in lists]
    found = await suggested(settings, targets, http, is_whole=is_whole)
    result = []
    for study in found.written:
        items, error = await walked(settings, resource_of(study), http)
        (paging,) = (one for one in study.findings if one.question == "paging")
        result.append((study.paging.type, len(items), paging.certain and not error))
    return result


async def test_a_refusal_names_the_parameters_that_there_are() -> None:
    """Those that speak of paging are tried; where none does, the list is whole."""
    taken = "Unknown parameter '{0}'. Allowed parameters: q, listLength and listPart."
    paged = _strict(40, taken, "listLength", "listPart")
    whole = _strict(10, "unexpected query argument: {0}; expected one of [names, hosts]")

    assert await _written(paged) == [("page", 40, True)]
    assert await _written(whole) == [("none", 10, True)]


async def test_a_list_of_what_is_not_taken_names_nothing() -> None:
    """`not allowed: limit, size` is no list of parameters."""
    assert await _written(_strict(10, "not allowed parameters: {0}, size")) == []
    assert await _written(_strict(10, "is not one of the allowed: {0}, size")) == []


async def test_a_longer_list_that_came_at_once_shows_that_a_shorter_one_is_whole() -> None:
    """Only likely; a shorter one shows nothing."""
    long = _strict(14, "bad request {0}", path="/long")
    short = _strict(10, "bad request {0}", path="/short")
    shorter = _strict(7, "bad request {0}", path="/shorter")

    assert await _written(short, long) == [("none", 10, False), ("none", 14, True)]
    assert await _written(short, shorter) == [("none", 7, True)]
    assert await _written(_strict(50, "no {0}", path="/others"), _strict(10, "no {0}")) == [
        ("none", 10, False)
    ], "also where nobody knows whether the longer one is whole"


async def test_a_less_usual_name_is_tried_before_a_list_is_refused() -> None:
    """Five rows of forty are not written as a whole list."""
    assert await _written(_strict(40, "no", "page_size", "page_index")) == [("page", 40, True)]
    assert await _written(_strict(40, "no", "quantity", "sheet")) == []


async def test_a_person_may_say_that_a_list_is_whole() -> None:
    """Then it is written, and only where nothing speaks of more."""
    assert await _written(_strict(10, "no {0}"), is_whole=True) == [("none", 10, False)]


@pytest.mark.parametrize(
    ("count", "default", "is_told"),
    [
        pytest.param(23, 900, True, id="all come unasked"),
        pytest.param(164, 10, True, id="ten come unasked"),
        pytest.param(40, 900, False, id="what may be a server's own limit"),
        pytest.param(1203, 10, False, id="more than can be asked for"),
    ],
)
async def test_a_size_that_only_cuts_is_asked_for_so_large_that_it_does_not(
    count: int, default: int, *, is_told: bool
) -> None:
    """Likely: a longer list would be cut. Refused where it is, or may be."""

    def answered(call: Call) -> Answer:
        return Answer(body=rows(count)[: int(call.param("limit") or default)])

    found = await _written(("/things", Custom("/things", answered)))

    assert found == ([("none", count, False)] if is_told else [])


async def test_a_list_that_begins_to_page_is_an_error_from_then_on(api: FaultApi) -> None:
    """What suggest saw whole is not cut without a word once it has grown."""
    api.serve("/things", answer({"things": rows(7)}))
    settings = bench(api.url)
    (found,) = (await suggested(settings, [Target("/things")])).written
    before = await walked(settings, resource_of(found))
    api.serve("/things", answer({"things": rows(7), "next": f"{api.url}/things?page=2"}))

    _, error = await walked(settings, resource_of(found))

    assert before == (rows(7), "")
    assert "says that there are more pages" in error


@pytest.mark.parametrize(
    ("beside", "is_more"),
    [
        ({"busyParts": 3, "totalParts": 24}, False),
        ({"stats": {"running": 2, "total_memory": 900}}, False),
        ({"totalThings": 24}, True),
        ({"span": {"shown": 7, "ever": 24}}, True),
    ],
)
async def test_a_total_is_what_the_integration_takes_for_one(
    beside: dict[str, Json], *, is_more: bool
) -> None:
    """A sum of something else is none; one that may count the rows leaves the list open."""
    body = {"things": rows(7), **beside}

    found = await _written(("/things", Custom("/things", lambda _: Answer(body=body))))

    assert found == ([] if is_more else [("none", 7, True)])


# --- what a person reads -----------------------------------------------------------------


async def _read(paths: Sequence[str], data: Data, *lists: Endpoint) -> list[Study]:
    """What is written for some lists."""
    http = in_process(simulate(Api(lists, data).product()))
    found = await suggested(bench("http://api/v1"), [*map(Target, paths)], http)
    assert not found.refused
    return found.written


async def test_relations_are_called_what_they_are_read_as() -> None:
    """An object gives its own name, a value the name it has; ids in a list give a plural."""
    people: list[Row] = [{"id": f"person-{n:02}", "name": f"P {n}"} for n in range(12)]
    teams: list[Row] = [{"id": f"team-{n}", "name": f"T {n}"} for n in range(6)]
    tickets: list[Row] = [
        {
            "id": f"ticket-{n:02}",
            "title": f"Ticket {n}",
            "spec": {"team": f"team-{n % 6}"},
            "assignee": {"user_id": f"person-{n % 12:02}"},
            "watcher_ids": [f"person-{n % 5:02}", f"person-{n % 7 + 5:02}"],
            "approvals": [{"user": {"id": f"person-{n % 9:02}"}, "team_id": f"team-{n % 3}"}],
        }
        for n in range(30)
    ]
    data: Data = {"people": people, "teams": teams, "tickets": tickets}
    lists = [Collection(f"/{name}", table(name)) for name in data]

    _, _, found = await _read(["/people", "/teams", "/tickets"], data, *lists)

    assert {one.name: (one.target.target.path, one.many) for one in found.relations} == {
        "team": ("/teams", False),
        "assignee": ("/people", False),
        "watchers": ("/people", True),
        "approvals": ("/people", True),
        "approvalsTeam": ("/teams", True),
    }


@pytest.mark.parametrize(
    ("keys", "path", "name"),
    [
        (("general", "site", "id"), "/sites", "site"),
        (("details", "customer_id"), "/customers", "customer"),
        (("owner", "account_id"), "/accounts", "owner"),
        (("origin", "host"), "/machines", "originHost"),
    ],
)
def test_an_object_that_does_not_speak_of_the_target_names_no_relation(
    keys: tuple[str, ...], path: str, name: str
) -> None:
    """A section of an item is called `general`; what stands there is a site."""
    assert names_of(keys, Study(Target(path), ""))[0] == name


@pytest.mark.parametrize("key", ["created_by", "assignedto_id", "approver"])
def test_some_names_speak_of_people(key: str) -> None:
    """Whoever did something is a user."""
    assert speaks_of((key,), Study(Target("/users"), ""))


async def test_relations_within_the_object_that_each_row_is() -> None:
    """The key around each row is no part of a name."""
    prices: list[Row] = [{"price": {"id": f"price-{n}", "name": f"P {n}"}} for n in range(8)]
    plans: list[Row] = [
        {"plan": {"id": f"plan-{n:02}", "name": f"Plan {n}", "item_price": f"price-{n % 8}"}}
        for n in range(20)
    ]
    data: Data = {"prices": prices, "plans": plans}
    lists = [Collection(f"/{name}", table(name), wrap="list") for name in data]

    _, found = await _read(["/prices", "/plans"], data, *lists)

    assert [one.name for one in found.relations] == ["itemPrice"]


async def test_a_title_is_what_people_read() -> None:
    """No text for a program, no name that only some have, and rather a phrase than a number."""
    clients: list[Row] = [
        {"id": f"7f0{n}aa10-{n}", "name": ("", "${client_account}")[n % 2], "clientId": name}
        for n, name in enumerate(("account", "admin-cli", "broker", "web-shop", "mobile"))
    ]
    users: list[Row] = [
        {"id": n, "username": f"user{n}", "name": None if n % 3 else f"Name {n}"} for n in range(13)
    ]
    users += [{"id": 20 + n, "username": f"other{n}", "name": f"Other {n}"} for n in range(9)]
    notes: list[Row] = [
        {"id": n, "kind": "public", "body": ("It works.", "Please look again.", "Done so.")[n % 3]}
        for n in range(17)
    ]
    data: Data = {"clients": clients, "users": users, "notes": notes}
    lists = [Collection(f"/{name}", table(name)) for name in data]

    found = await _read(["/clients", "/users", "/notes"], data, *lists)

    assert [study.title for study in found] == [".clientId", ".name // .username", ".body"]


async def test_a_title_is_no_address_where_there_is_a_word() -> None:
    """Addresses and sums are read by machines; of texts one that is called a name comes first."""
    hosts: list[Row] = [
        {
            "id": 700 + n,
            "mac": f"a0:b1:{n:02}",
            "ip": f"10.0.0.{n}",
            "at": f"r {n}",
            "hostname": f"h{n}x",
        }
        for n in range(9)
    ]
    builds: list[Row] = [
        {"id": 40 + n, "revision": f"{n:040x}", "comment": f"Release {n}"} for n in range(9)
    ]
    data: Data = {"hosts": hosts, "builds": builds}

    found = await _read(["/hosts", "/builds"], data, *(Collection(f"/{n}", table(n)) for n in data))

    assert [study.title for study in found] == [".hostname", ".comment"]


async def test_what_tells_the_children_of_a_parent_apart_is_what_they_are_called() -> None:
    """Before the name of a resource, and although it refers to another item."""
    people: list[Row] = [{"name": f"per-son-{w}"} for w in "abcdefg"]
    teams: list[Row] = [{"id": f"t{n}", "label": f"Team {n}"} for n in range(3)]
    members: list[Row] = [
        {"name": row["name"], "roles": ["dev"], "~of": f"t{n}"}
        for n in range(3)
        for row in people[n:]
    ]
    queues: list[Row] = [
        {"urn": f"urn:{n}:q/{w}", "queue_id": f"queue-{w}", "~of": f"t{n}"}
        for n in range(3)
        for w in "abcd"
    ]
    data: Data = {"people": people, "teams": teams, "members": members, "queues": queues}
    paths = ["/people", "/teams", "/teams/{team}/members", "/teams/{team}/queues"]
    lists = [Collection(path, table(path[1:])) for path in paths[:2]]
    lists += [Collection(path, children(path.split("/")[-1], team="~of")) for path in paths[2:]]

    found = await _read(paths, data, *lists)

    assert [study.title for study in found[2:]] == [".name", ".queue_id"]


async def test_what_the_api_itself_joined_of_parents_and_name_identifies() -> None:
    """One key is simpler than two; an address that holds them is none."""
    zones: list[Row] = [{"name": f"z{n}", "about": f"Zone {n}"} for n in range(3)]
    disks: list[Row] = [
        {"name": name, "href": f"/x/{zone['name']}/d/{name}", "label": f"{zone['name']}:{name}"}
        for zone in zones
        for name in ("main", "spare", "backup")
    ]
    lists = [
        Collection("/zones", table("zones")),
        Collection(
            "/zones/{zone}/disks",
            lambda call: [one for one in disks if one["label"].startswith(call.at["zone"] + ":")],
        ),
    ]

    _, found = await _read(["/zones", "/zones/{zone}/disks"], {"zones": zones}, *lists)

    assert (found.identifier, found.title) == (".label", ".name")


@pytest.mark.parametrize(
    ("parts", "identifier"),
    [
        pytest.param(
            [
                {"probeid": 7 + n % 3, "time": 1700000000 + 60 * (n // 3), "ms": 5}
                for n in range(12)
            ],
            '(.__check | tostring) + "/" + (.probeid | tostring) + "/" + (.time | tostring)',
            id="who measured, and when",
        ),
        pytest.param(
            [{"id": {"check": "c", "part": n}, "config": {"on": "yes"}} for n in range(3)],
            '(.__check | tostring) + "/" + (.id.part | tostring)',
            id="the number of a part",
        ),
    ],
)
async def test_parents_and_two_more_values_identify(parts: list[Row], identifier: str) -> None:
    """Where neither tells the children of one parent apart, and other parents' have the same."""
    checks: list[Row] = [{"id": f"c{n}", "name": f"Check {n}"} for n in range(3)]
    lists = [
        Collection("/checks", table("checks")),
        Collection("/checks/{check}/parts", lambda _: parts, wrap="parts"),
    ]

    _, found = await _read(["/checks", "/checks/{check}/parts"], {"checks": checks}, *lists)

    assert found.identifier == identifier


async def test_what_refers_to_another_item_is_not_what_one_is_called() -> None:
    """Then the next best text is."""
    teams: list[Row] = [{"name": f"team-{n}", "about": f"What {n} does"} for n in range(7)]
    members: list[Row] = [
        {"id": n, "name": f"team-{n % 7}", "email": f"m{n}@example.com"} for n in range(30)
    ]
    data: Data = {"teams": teams, "members": members}
    lists = [Collection(f"/{name}", table(name)) for name in data]

    _, found = await _read(["/teams", "/members"], data, *lists)

    assert found.title == ".email"


async def test_a_name_by_which_another_item_is_looked_for_is_not_what_one_is_called() -> None:
    """Then the next best text is."""
    repos: list[Row] = [{"id": 500 + n, "name": f"acme/repo-{n}"} for n in range(7)]
    alerts: list[Row] = [
        {"id": n, "of": {"name": f"acme/repo-{n % 7}"}, "line": 1, "on": True, "rule": f"r{n % 2}"}
        | {"at": {"file": f"src/{n}.py"}}
        for n in range(12)
    ]
    data: Data = {"repos": repos, "alerts": alerts}

    _, found = await _read(
        ["/repos", "/alerts"], data, *(Collection(f"/{n}", table(n)) for n in data)
    )

    assert (found.title, [one.by for one in found.relations]) == (".at.file", ["$title"])


async def test_what_refers_to_another_item_is_no_property_as_well() -> None:
    """A number, too: its text is the relation."""
    teams: list[Row] = [{"id": 40 + n, "name": f"Team {n}"} for n in range(7)]
    members: list[Row] = [
        {"id": n, "name": f"M {n}", "team_id": 40 + n % 7 if n % 4 else None} for n in range(30)
    ]
    data: Data = {"teams": teams, "members": members}
    lists = [Collection(f"/{name}", table(name)) for name in data]

    _, found = await _read(["/teams", "/members"], data, *lists)

    assert [one.name for one in found.relations] == ["team"]
    assert not found.properties


async def test_of_two_lists_that_one_is_meant_beside_which_the_way_on_stands() -> None:
    """Though the other one stands nearer, and changes with the page as well."""
    topics = [{"id": 900 + n, "title": f"Topic {n}", "of": n % 40} for n in range(74)]

    def latest(call: Call) -> Answer:
        page = int(call.param("page") or 0)
        cut = topics[page * 30 : page * 30 + 30]
        users = [{"id": n, "name": f"User {n}"} for n in {900 + page, 7, 8}]
        held: Row = {"per_page": 30, "topics": cut}
        if page * 30 + 30 < len(topics):
            held["more_topics_url"] = f"/other?page={page + 1}"
        return Answer(body={"users": users, "topic_list": held})

    (found,) = await _read(["/latest"], {}, Custom("/latest", latest))

    assert (found.place.keys, found.paging.settings["start_page"]) == (("topic_list", "topics"), 0)


_OF_PIPELINE = "/teams/{team}/pipelines/{pipeline}/jobs"


@pytest.mark.parametrize(
    ("paths", "child"),
    [
        (["/teams", "/pipelines"], _OF_PIPELINE),
        (["/pipelines"], _OF_PIPELINE),
        (["/teams", "/jobs"], f"{_OF_PIPELINE}/{{job}}/runs"),
    ],
)
async def test_values_of_a_row_go_in_step(api: FaultApi, paths: list[str], child: str) -> None:
    """Where rows name what they belong to, only that is asked for: pipelines their team."""
    pairs = [(f"team-{n % 4}", f"pipe-{n % 3}") for n in range(8)]
    teams = [{"id": n, "name": f"team-{n}"} for n in range(4)]
    pipelines = [{"id": n, "name": pipe, "team_name": team} for n, (team, pipe) in enumerate(pairs)]
    jobs = [
        {"id": n, "name": f"job-{n}", "pipeline_id": n // 2, "pipeline_name": pipe, "team": team}
        for n, (team, pipe) in enumerate(two for pair in pairs for two in (pair, pair))
    ]
    lists: dict[str, list[Any]] = {"/teams": teams, "/pipelines": pipelines, "/jobs": jobs}
    for path in paths:
        api.serve(path, answer(lists[path]))

    def children_of(request: Request) -> Reply:
        """A team without such a pipeline has one of that name all the same."""
        team, pipe, *rest = request.values
        known = pipe in {name for _, name in pairs} and {*rest} <= {
            str(one["name"]) for one in jobs
        }
        of = "/".join((team, pipe, *rest))
        return answer([{"id": f"{of}/{n}", "name": f"Run {n}"} for n in range(3 * known)])

    api.serve("/teams/{}/pipelines/{}/jobs", children_of)
    api.serve("/teams/{}/pipelines/{}/jobs/{}/runs", children_of)

    found = await suggested(bench(api.url), [*map(Target, paths), Target(child)])

    before = len(api.paths())
    written = next(study for study in found.written if study.parents)
    _, error = await walked(bench(api.url), resource_of(written))
    asked = {path for path in api.paths()[before:] if path.count("/") > 1}
    assert (found.refused, error) == ([], "")
    assert asked == {
        child.format(team=job["team"], pipeline=job["pipeline_name"], job=job["name"])
        for job in jobs
    }


async def test_a_word_of_the_row_says_where_it_belongs(api: FaultApi) -> None:
    """Where no list and no name gives a placeholder, the row's own words are tried."""
    repos: list[Any] = [
        {"id": n, "uid": str(900 + n // 2), "space": f"s{n % 2}", "name": f"repo-{n}"}
        for n in range(6)
    ]
    pairs = {(repo["space"], repo["name"]) for repo in repos}
    api.serve("/user/repos", answer(repos))
    api.serve(
        "/repos/{}/{}/builds",
        lambda request: answer(
            [{"id": f"{request.values[1]}-{n}", "on": True} for n in range(3)],
            200 if (*request.values,) in pairs else 404,
        ),
    )

    found = await suggested(
        bench(api.url), [Target("/user/repos"), Target("/repos/{owner}/{repo}/builds")]
    )

    assert not found.refused, [study.refusal for study in found.refused]
    parents = [one.column.path for one in found.written[-1].parents]
    assert parents == [".space", ".name"]
    first = next(path for path in api.paths() if path.endswith("builds"))
    assert first == "/repos/s0/repo-0/builds", "names before ids"
