"""``suggest``: what proves a parent, a relation, a title, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import jq
import pytest

from tests.fault_api import FaultApi, Reply, Request, answer, text
from tests.literals import Json
from tests.suggested import bench, resource_of, suggested, walked
from workbench.suggest.mapping import mapping
from workbench.suggest.study import Study
from workbench.suggest.targets import Target, site_of

# --- parents -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unknown",
    [
        {"result": "error", "message": "no such site"},
        {"outcome": "rejected", "hint": "choose a site", "trace": 7},
        {"goals": []},
    ],
    ids=["an error by its names", "what a made-up value gets as well", "an empty list"],
)
async def test_what_any_value_gets_proves_no_parent(
    api: FaultApi, unknown: dict[str, Json]
) -> None:
    """The next field is tried, until one leads to rows."""
    sites: list[Any] = [{"name": f"Site {n}", "idsite": str(40 + n)} for n in range(5)]
    known = {site["idsite"] for site in sites}
    api.serve("/sites", answer(sites))

    def goals(request: Request) -> Reply:
        of = dict(request.query).get("of", "")
        rows = [{"id": f"{of}-{n}", "name": f"Goal {n}"} for n in range(3)]
        return answer({"goals": rows} if of in known else unknown)

    api.serve("/goals", goals)

    found = await suggested(
        bench(api.url), [Target("/sites"), Target("/goals", (("of", "{site}"),))]
    )

    assert not found.refused, [study.refusal for study in found.refused]
    (parent,) = found.written[-1].parents
    assert parent.column.path == ".idsite"
    items, error = await walked(bench(api.url), resource_of(found.written[-1]))
    assert (len(items), error) == (15, "")


async def test_one_object_of_each_parent_is_a_child(api: FaultApi) -> None:
    """Where a made-up value has none."""
    users: list[Any] = [{"id": n, "name": f"User {n}"} for n in range(5)]
    api.serve("/users", answer(users))
    api.serve(
        "/users/{}/settings",
        lambda request: (
            answer({"theme": "dark", "id": f"s{request.values[0]}"})
            if int(request.values[0]) < len(users)
            else answer({"message": "no such user"}, 404)
        ),
    )

    found = await suggested(bench(api.url), [Target("/users"), Target("/users/{user}/settings")])

    assert not found.refused, [study.refusal for study in found.refused]
    assert found.written[-1].parents[0].column.path == ".id"
    assert len(api.paths()) < 30


async def test_a_field_that_some_rows_refuse_gives_way_to_one_that_holds_for_all(
    api: FaultApi,
) -> None:
    """An id that is encoded already is another name to the API, once it is encoded again."""
    names = ["core", "core/api", "build/tools", "web"]
    projects: list[Any] = [{"id": quote(name, safe=""), "name": name} for name in names]
    api.serve("/projects", answer(projects))
    api.serve(
        "/projects/{}/branches",
        lambda request: answer(
            [{"id": f"{request.values[0]}/{n}"} for n in range(2)],
            200 if unquote(request.values[0]) in names else 404,
        ),
    )

    found = await suggested(
        bench(api.url), [Target("/projects"), Target("/projects/{project_id}/branches")]
    )

    (parent,) = found.written[-1].parents
    assert (parent.column.path, found.written[-1].empty_statuses) == (".name", set())
    items, error = await walked(bench(api.url), resource_of(found.written[-1]))
    assert (len(items), error) == (8, "")


async def test_a_list_that_was_given_is_the_parent_where_its_key_says_so(api: FaultApi) -> None:
    """No other list is read for it, though the path alone would lead to one."""
    servers: list[Any] = [{"id": f"s{n}", "name": f"Server {n}", "on": True} for n in range(4)]
    api.serve("/servers/detail", answer({"servers": servers}))
    api.serve("/servers", answer({"servers": [{"id": one["id"]} for one in servers]}))
    api.serve(
        "/servers/{}/ports",
        lambda request: answer({"ports": [{"id": f"{request.values[0]}-{n}"} for n in range(2)]}),
    )

    found = await suggested(
        bench(api.url), [Target("/servers/detail"), Target("/servers/{server_id}/ports")]
    )

    assert not found.refused, [study.refusal for study in found.refused]
    assert [one.target.target.path for one in found.written[-1].relations] == ["/servers/detail"]
    assert "/servers" not in api.paths()


# --- fields ------------------------------------------------------------------------------


async def _read(api: FaultApi, lists: dict[str, list[Any]]) -> list[Study]:
    """What is found for some lists that do not page."""
    for path, rows in lists.items():
        api.serve(path, answer(rows))
    found = await suggested(bench(api.url), [*map(Target, lists)])
    assert not found.refused, [study.refusal for study in found.refused]
    return found.written


async def test_a_date_refers_to_nothing(api: FaultApi) -> None:
    """Not even where all dates of one list are those of another."""
    dates = [f"2026-01-{day:02}T08:00:00Z" for day in range(1, 9)]
    kinds: list[Any] = [{"id": n, "name": f"Kind {n}", "made": d} for n, d in enumerate(dates)]
    events: list[Any] = [
        {"id": f"e{n}", "name": f"Event {n}", "started_at": dates[n % 4]} for n in range(20)
    ]

    _, study = await _read(api, {"/kinds": kinds, "/events": events})

    assert study.relations == []


async def test_an_empty_text_refers_to_nothing_and_the_others_do(api: FaultApi) -> None:
    """Some APIs write what is not there so."""
    users: list[Any] = [{"id": f"user-{n}", "name": f"User {n}"} for n in range(6)]
    rooms: list[Any] = [
        {"id": f"r{n}", "name": f"Room {n}", "owner": f"user-{n % 6}" if n % 4 else ""}
        for n in range(20)
    ]

    _, study = await _read(api, {"/users": users, "/rooms": rooms})

    (relation,) = study.relations
    owners = [jq.compile(relation.expression).input_value(room).first() for room in rooms]
    assert (relation.name, owners) == ("owner", [room["owner"] or None for room in rooms])


async def test_nobody_is_referred_to_by_0_unless_somebody_is(api: FaultApi) -> None:
    """Some APIs write 0 or -1 for no other item."""
    teams: list[Any] = [{"id": n, "name": f"Team {n}"} for n in range(1, 6)]
    sites: list[Any] = [{"id": n, "name": f"Site {n}"} for n in range(5)]
    users: list[Any] = [
        {"id": 100 + n, "name": f"User {n}", "team_id": n % 6, "site_id": n % 5} for n in range(20)
    ]

    *_, study = await _read(api, {"/teams": teams, "/sites": sites, "/users": users})

    programs = {one.name: one.expression for one in study.relations}
    made = [
        [jq.compile(programs[n]).input_value(u).first() for n in ("team", "site")] for u in users
    ]
    assert made == [[str(n % 6) if n % 6 else None, str(n % 5)] for n in range(20)]


async def test_an_address_of_no_known_list_refers_to_nothing(api: FaultApi) -> None:
    """A list at a path that ends in a placeholder has not every address for its own."""
    boards: list[Any] = [{"uid": f"b{n}x", "name": f"B {n}", "uri": f"db/{n}"} for n in range(6)]
    api.serve("/boards", answer(boards))
    api.serve(
        "/all/{}",
        lambda request: answer({"id": int(request.values[0][1:-1]), "name": "Board", "on": True}),
    )

    found = await suggested(bench(api.url), [Target("/boards"), Target("/all/{uid}")])

    assert found.written[0].relations == [], found.refused


@pytest.mark.parametrize("empty", ["", []], ids=["a text", "a list"])
async def test_what_is_written_holds_where_an_object_is_none(api: FaultApi, empty: Json) -> None:
    """Some APIs write an object that is not there as an empty text or list."""
    kinds: list[Any] = [{"id": f"kind-{n}", "name": f"Kind {n}"} for n in range(4)]
    rows: list[Any] = [
        {
            "id": n,
            "name": f"Row {n}",
            "image": {"id": f"kind-{n % 4}", "size": n} if n % 3 else empty,
        }
        for n in range(20)
    ]

    _, study = await _read(api, {"/kinds": kinds, "/rows": rows})

    text = mapping([study])["resources"][0]["port"]["entity"]["mappings"]
    programs = [*text["properties"].values(), *text["relations"].values()]
    made = [[jq.compile(one).input_value(row).all() for one in programs] for row in rows]
    assert made == [[[n], [f"kind-{n % 4}"]] if n % 3 else [[], []] for n in range(20)], programs


async def test_what_refers_to_another_list_identifies_no_item(api: FaultApi) -> None:
    """Though others refer by the same values: they are that list's."""
    employees: list[Any] = [{"id": str(7000 + n), "name": f"Person {n}"} for n in range(9)]
    users: list[Any] = [
        {"id": 30 + n, "login": f"u{n}", "employeeId": str(7000 + n)} for n in range(7)
    ]
    leaves: list[Any] = [
        {"id": 500 + n, "name": f"Leave {n}", "employeeId": str(7000 + n % 7)} for n in range(20)
    ]

    found = await _read(api, {"/employees": employees, "/users": users, "/leaves": leaves})

    by_path = {study.target.path: study for study in found}
    assert by_path["/users"].identifier == ".id | tostring"
    targets = {
        path: [one.target.target.path for one in by_path[path].relations]
        for path in ("/users", "/leaves")
    }
    assert targets == {"/users": ["/employees"], "/leaves": ["/employees"]}


async def test_an_email_that_alone_tells_children_apart_identifies_them(api: FaultApi) -> None:
    """Behind their parent, as another one may have the same."""
    lists: list[Any] = [{"id": n, "name": f"List {n}"} for n in range(4)]
    api.serve("/lists", answer(lists))
    api.serve(
        "/lists/{}/bounces",
        lambda _: answer([{"address": f"a{n}@x.example", "code": "550"} for n in range(3)]),
    )

    found = await suggested(bench(api.url), [Target("/lists"), Target("/lists/{list_id}/bounces")])

    expected = '(.__list_id | tostring) + "/" + (.address | tostring)'
    assert [study.identifier for study in found.written[1:]] == [expected]


# --- paging ------------------------------------------------------------------------------


async def test_names_that_mean_the_opposite_do_not_hide_each_other(api: FaultApi) -> None:
    """Together since and until leave no rows: each is tried without the other."""
    rows: list[Any] = [
        {"id": f"x{n}", "name": f"Row {n}", "at": 1767225600000 - n * 1000} for n in range(70)
    ]

    def page(request: Request) -> Reply:
        query = dict(request.query)
        since, until = int(query.get("since", 0)), int(query.get("until", 10**13))
        found = [row for row in rows if since < row["at"] < until]
        size = int(query.get("limit", 20))
        more = found[size - 1]["at"] if len(found) > size else None
        return answer({"rows": found[:size], "pagination": {"next": more}})

    api.serve("/rows", page)

    found = await suggested(bench(api.url), [Target("/rows")])

    assert not found.refused, [study.refusal for study in found.refused]
    (study,) = found.written
    assert (study.paging.param, study.requests <= 25) == ("until", True)
    items, error = await walked(bench(api.url), resource_of(study))
    assert (len(items), error) == (70, "")


async def test_a_size_that_caps_what_links_lead_through_is_not_sent(api: FaultApi) -> None:
    """With it nothing leads on; without it a link does."""
    rows: list[Any] = [{"id": f"x{n}", "name": f"Row {n}"} for n in range(70)]

    def page(request: Request) -> Reply:
        query = dict(request.query)
        if "$top" in query:
            return answer({"value": rows[: int(query["$top"])]})
        start = int(query.get("$skiptoken", 0))
        more = {"@odata.nextLink": f"{api.url}/rows?$skiptoken={start + 20}"}
        return answer({"value": rows[start : start + 20], **(more if start < 50 else {})})

    api.serve("/rows", page)

    found = await suggested(bench(api.url), [Target("/rows")])

    (study,) = found.written
    assert (study.paging.type, study.size_param) == ("next_link", None)
    items, error = await walked(bench(api.url), resource_of(study))
    assert (len(items), error) == (70, "")


# --- titles ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "title"),
    [
        pytest.param(
            lambda n: {"id": n, "name": f"Laptop {n}" if n % 2 else "",
                       "asset_tag": f"AC-{n:05}", "serial": f"X{n}Y" if n % 8 else ""},
            ".asset_tag",
            id="what every item has before what some lack",
        ),
        pytest.param(
            lambda n: {"id": n, "bought": {"day": f"2026-01-{n % 9 + 1:02} 08:00:{n:02}"},
                       "location": {"id": n, "name": f"Hall {n}"}, "code": f"Shelf {n:03}"},
            ".code",
            id="its own text before another thing's name and a date",
        ),
        pytest.param(
            lambda n: {"id": n, "firstname": f"Ada {n}", "lastname": "B", "fullname": f"Ada {n} B"},
            ".fullname",
            id="a name of two words, written as one",
        ),
        pytest.param(
            lambda n: {"id": n, "number": n + 1, "slug": "a/b", "vcs": {"revision": f"{n:040x}"}},
            ".number | tostring",
            id="a number before a hash",
        ),
        pytest.param(
            lambda n: {"id": n, "hostname": f"sw-{n}.x" if n % 9 else None, "tag": f"Rack {n}"},
            ".hostname",
            id="some name, though a few lack it",
        ),
        pytest.param(
            lambda n: {"id": n, "user": {"id": n % 5, "name": f"User {n % 5}"}, "role": "member"},
            ".user.name",
            id="another thing's name where it has no text of its own",
        ),
    ],
)  # fmt: skip
async def test_a_title_tells_rows_apart_for_people(
    api: FaultApi, row: Callable[[int], Json], title: str
) -> None:
    """A text that every item has, and no other item."""
    (study,) = await _read(api, {"/things": [row(n) for n in range(20)]})

    assert study.title == title


@pytest.mark.parametrize(
    ("child", "title"),
    [
        pytest.param(
            lambda site, n: {
                "entity": {
                    "kind": ("Unit", "Place")[n],
                    "metadata": {"uid": f"{site:04x}{n:08x}", "name": f"part-{site}-{n}"},
                    "spec": {"owner": "us", "type": "service", "lifecycle": "on"},
                }
            },
            ".entity.metadata.name",
            id="a name beside the id, which makes it the item's, before a word of few",
        ),
        pytest.param(
            lambda site, n: {"number": n + 1, "result": ("good", "bad")[n], "site": site},
            ".number | tostring",
            id="a number before a word of few",
        ),
        pytest.param(
            lambda site, n: {"job_id": f"by hand {site} {n}.", "state": ("good", "bad")[n]},
            ".job_id",
            id="what identifies it before a word of few",
        ),
        pytest.param(
            lambda site, n: {"id": f"{site}{n:06x}a", "name": f"x{site}", "host": f"h{site}-{n}."},
            ".host",
            id="a text that tells them apart before a name that all of a parent have",
        ),
    ],
)  # fmt: skip
async def test_a_title_of_a_few_children_tells_them_apart_from_all(
    api: FaultApi, child: Callable[[int, int], Json], title: str
) -> None:
    """Two of one parent may differ in what tells nothing of all the others."""
    api.serve("/sites", answer([{"id": 40 + n, "name": f"Site {n}"} for n in range(6)]))
    api.serve(
        "/sites/{}/parts",
        lambda request: answer([child(int(request.values[0]), n) for n in range(2)]),
    )

    found = await suggested(bench(api.url), [Target("/sites"), Target("/sites/{site_id}/parts")])

    assert [study.title for study in found.written] == [".name", title]


async def test_the_key_around_a_list_in_xml_says_what_an_item_is(api: FaultApi) -> None:
    """So that a sensor's `sensor` is what it is called, though others are called so too."""
    items = "".join(
        f"<item><no>{n}</no><sensor>Ping</sensor><value>{n} ms</value></item>"
        if n % 2
        else f"<item><no>{n}</no><sensor>Disk {n % 3}</sensor><value>{n} %</value></item>"
        for n in range(12)
    )
    api.serve("/table", text(f"<sensors>{items}</sensors>", kind="application/xml"))

    (study,) = (await suggested(bench(api.url), [Target("/table")])).written

    assert (study.blueprint, study.title) == ("sensor", ".sensor")


# --- endpoints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queries", "shown", "nouns"),
    [
        (
            ["v=1&call=Directory.getAllSites", "v=1&call=Directory.getUsers&of={site}"],
            ["/x?call=Directory.getAllSites", "/x?call=Directory.getUsers"],
            ["site", "user"],
        ),
        (["page=1", "page=2"], ["/x", "/x"], ["x", "x"]),
    ],
    ids=["by a word", "numbers say nothing"],
)
def test_a_query_says_which_of_the_lists_at_one_path_is_meant(
    queries: list[str], shown: list[str], nouns: list[str]
) -> None:
    """So that a person can tell them apart, and a placeholder finds its parent."""
    targets = site_of([f"https://a.example/x?{query}" for query in queries], None).targets

    assert ([one.shown for one in targets], [one.noun for one in targets]) == (shown, nouns)
