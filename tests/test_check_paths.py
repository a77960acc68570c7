"""``check`` on paths that are not there: another that is, or what shows that it is the path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from tests.check_scene import MAPPING, Scene, listed, notes, person, signed, swap, told
from tests.fault_api import FaultApi, Json, Reply, Request, answer, text
from workbench.check.asking.absence import MADE_UP
from workbench.check.guesses.names import plural
from workbench.check.guesses.paths import Known, linked_paths, paths_like, slips_undone
from workbench.check.login.bases import near_paths, other_paths

TEAMS: list[dict[str, Json]] = [
    {"id": f"team-{number}", "name": f"Team {number}", "key": f"T{number}", "open": True}
    for number in range(4)
]
KNOWN = Known(frozenset({"/groups", "/admin/roles", "/queues"}), frozenset({"groups", "roles"}))


@pytest.mark.parametrize(
    ("path", "base_path", "made", "wanted"),
    [
        pytest.param("/a/b/groups", "/x/a/b", "", "/groups", id="the end of the base URL's path"),
        pytest.param("/b/groups", "/x/a/b", "", "/groups", id="its last part"),
        pytest.param("/g/{g}/branch", "", "", "/g/{g}/branches", id="several of what hisses"),
        pytest.param("/companys", "", "", "/company", id="one"),
        pytest.param("/policy", "", "", "/policies", id="several of what ends in y"),
        pytest.param("/repos/", "", "repository", "/repositories/", id="as its items are called"),
        pytest.param("/users", "", "", "/admin/users", id="in the folder of another"),
        pytest.param("/groups/all/users", "", "", "/groups/users", id="without a part"),
        pytest.param("/Group/{g}/x", "", "", "/groups/{g}/x", id="a part before a placeholder"),
        pytest.param("/t/{t}/job_info", "", "", "/t/{t}/jobInfo", id="in camel case"),
        pytest.param("/t/{t}/job_info", "", "", "/t/{t}/jobinfo", id="in one word"),
        pytest.param("/t/{t}/jobs", "", "", "/t/{t}/Jobs", id="with a capital"),
        pytest.param("/t/{t}/jobInfo", "", "", "/t/{t}/job_info", id="with underscores"),
        pytest.param("/t/{t}/jobInfo", "", "", "/t/{t}/job-info", id="with hyphens"),
        pytest.param("/admin", "", "", "/admin/roles", id="the beginning of another"),
    ],
)
def test_a_path_that_may_be_meant(path: str, base_path: str, made: str, wanted: str) -> None:
    """Is among the first that are tried, and the path itself is not."""
    found = paths_like(path, base_path, KNOWN, made)[:12]

    assert wanted in found, found
    assert path not in found


OTHERS = Known(
    frozenset({"/2.0/preview/scim/Groups", "/jobs/list", "/runs/list", "/organizations"}),
    frozenset({"organizations", "environments"}),
    frozenset({"/o/{o}/dbs/{d}/requests"}),
)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        pytest.param("/2.0/scim/Users", "/2.0/preview/scim/Users", id="a part between"),
        pytest.param("/o/{o}/{d}/branches", "/o/{o}/dbs/{d}/branches", id="between placeholders"),
        pytest.param("/scim/Users", "/2.0/preview/scim/Users", id="a beginning"),
        pytest.param("/clusters", "/clusters/list", id="the end that several have"),
        pytest.param("/orgs", "/organizations", id="a word that was cut short"),
        pytest.param("/o/{o}/envs", "/o/{o}/environments", id="one of data_path"),
    ],
)
def test_a_path_with_what_others_have(path: str, wanted: str) -> None:
    """Is among the first that are tried."""
    assert wanted in (found := paths_like(path, "", OTHERS)[:12]), found


def test_a_path_with_a_version_as_others_have() -> None:
    """Theirs first, then lower ones."""
    known = Known(frozenset({"/v9/projects", "/v2/teams"}), frozenset())

    found = paths_like("/deployments", "", known)

    wanted = ["/v2/deployments", "/v9/deployments", "/v6/deployments"]
    assert [one for one in found[:12] if one in wanted] == wanted, found


async def test_the_path_of_a_search_is_tried_in_another_spelling(
    tmp_path: Path, api: FaultApi
) -> None:
    """What is posted stays as it is, and so does the end of the path: it is the same search."""
    rows = listed([person(number) for number in range(25)])
    api.serve("/v1/staff-lists/search", rows)
    scene = Scene(tmp_path, api)
    search = "kind: /staff_lists/search\n    selector:\n      method: POST\n      body: {all: true}"

    report = await scene.spoilt([swap("kind: /people\n    selector:", search)])

    assert report.findings[0].remedy == "write kind: /staff-lists/search (it answers 200)", told(
        report.findings
    )


async def test_the_path_of_a_search_below_parents_is_tried(tmp_path: Path, api: FaultApi) -> None:
    """By the value of the first parent, where no child has any item to show one."""

    def found(request: Request) -> Reply:
        team = request.json["team"] if request.method == "POST" else ""
        return answer(
            [{"id": f"{team}-note", "text": "hello"}] if str(team).startswith("t") else []
        )

    api.serve("/v1/notes/search", found)
    scene = Scene(tmp_path, api)
    search = "/note/search\n    selector:\n      method: POST\n      body: {team: '{team}'}\n"
    search += "      pagination: {type: none}"

    report = await scene.spoilt([swap("/teams/{team}/notes\n    selector:", search)])

    assert report.findings[0].remedy == "write kind: /notes/search (it answers 200)", told(
        report.findings
    )


def test_a_path_without_a_slip() -> None:
    """A letter that is doubled anywhere, then two that are swapped in the last word."""
    assert slips_undone("/_ccat/ai")[:2] == ["/_cat/ai", "/_ccat/ia"]


@pytest.mark.parametrize(
    ("base", "told", "wanted"),
    [
        pytest.param("/auth/admin", [], ["admin", "auth"], id="one part less, also the first"),
        pytest.param("/v1/teams", [], ["v1"], id="what a path begins with again"),
        pytest.param("/v1", [], ["v0", "v2", "v3"], id="the nearest versions"),
        pytest.param("/api/99", ["41"], ["api/41"], id="a version that is told"),
        pytest.param("/api", ["41"], ["api/41"], id="a version that is missing"),
    ],
)
def test_a_base_url_that_may_be_meant(base: str, told: Sequence[str], wanted: list[str]) -> None:
    """Is among the first that are tried."""
    paths = near_paths(httpx.URL(f"http://api{base}"), "/teams", told)

    assert set(paths[: len(wanted)]) == set(wanted)


@pytest.mark.parametrize(
    ("base", "meant"),
    [
        pytest.param("/api", "api/1.0", id="a version with a dot"),
        pytest.param("/api/v1beta", "api/v1", id="a beta version"),
        pytest.param("/v1", "1.0", id="the same version, written otherwise"),
        pytest.param("/api/v1/api/v2", "api/v2", id="the end alone"),
    ],
)
def test_a_base_url_as_they_usually_are(base: str, meant: str) -> None:
    """Is among those that are tried, of which no more are than are said."""
    assert meant in [*other_paths(httpx.URL(f"http://api{base}"), "/teams")][:25]


@pytest.mark.parametrize(
    ("one", "several"), [("day", "days"), ("box", "boxes"), ("city", "cities")]
)
def test_several_of_a_word(one: str, several: str) -> None:
    """By the rules of English spelling."""
    assert plural(one) == several


@pytest.mark.parametrize(
    ("path", "link", "values", "wanted"),
    [
        pytest.param(
            "/groups/{group}/users",
            "https://api/v1/groups/7/members{?page,size}",
            {"{group}": "7"},
            ["groups/{group}/members"],
            id="below the same parent",
        ),
        pytest.param(
            "/groups/{group}/users", "/v1/groups/8/members", {"{group}": "7"}, [], id="another's"
        ),
        pytest.param("/team", "/v1/sales/teams?x=1", {}, ["sales/teams"], id="without a parent"),
        pytest.param("/team", "/v1/invoices", {}, [], id="nothing like it"),
        pytest.param("/team", "/web/team", {}, [], id="not below the base URL"),
    ],
)
def test_a_path_that_links_lead_to(
    path: str, link: str, values: dict[str, str], wanted: Sequence[str]
) -> None:
    """With its placeholder in the place of its value."""
    assert linked_paths(path, [{"_links": {"x": {"href": link}}}], "/v1", values) == wanted


@pytest.fixture
async def scene(tmp_path: Path, api: FaultApi) -> Scene:
    """An installation without a fault, on a running API."""
    return Scene(tmp_path, api)


def routed(request: Request) -> Reply:
    """Notes, where a team that there is not is told from a path that there is not."""
    if not signed(request) or request.values[0].startswith("team-"):
        return notes(request)
    return answer({"message": "this team is not known"}, 404)


def no_notes(request: Request) -> Reply:
    """Teams of which none has notes."""
    is_team = request.values[0].startswith("team-")
    return answer({"message": "no notes" if is_team else "no such team"}, 404)


async def told_of(scene: Scene) -> tuple[int | None, str]:
    """The line and the remedy of the only finding."""
    report = await scene.check()
    assert len(report.findings) == 1, told(report.findings)
    return report.findings[0].line, report.findings[0].remedy


async def test_children_whose_path_is_not_there(scene: Scene) -> None:
    """A made-up path is answered alike, and a team that there is not otherwise: it is the path."""
    scene.api.serve("/v1/teams/{}/remarks", routed)
    scene.api.serve("/v1/teams/{}", answer({"message": "this team is not known"}, 404))
    scene.api.serve("/v1/teams/{}/notes", answer({"error": "no route"}, 404))
    swap("{team}/notes", "{team}/jottings")(scene)

    line, remedy = await told_of(scene)

    assert line == scene.place("jottings")[1]
    assert "a made-up one is answered in the same words" in remedy
    assert "empty_statuses" not in remedy


@pytest.mark.parametrize("status", [400, 403])
async def test_a_path_that_is_refused_as_a_made_up_one_is(scene: Scene, status: int) -> None:
    """Other kinds are answered with the same credentials: a path like it is there."""
    for path in ("/v1/peoples", f"/v1/{MADE_UP}"):
        scene.api.serve(path, answer({"message": "not permitted, or no such list"}, status))
    swap("kind: /people", "kind: /peoples")(scene)

    assert await told_of(scene) == (
        scene.place("/peoples")[1],
        "write kind: /people (it answers 200)",
    )


@pytest.mark.parametrize("status", [400, 403])
async def test_a_base_url_below_which_all_is_refused(scene: Scene, status: int) -> None:
    """One with a part less answers: it is neither the credentials nor the paths."""
    for path in ("people", "teams"):
        scene.api.serve(f"/old/v1/{path}", answer({"message": "of no known sort"}, status))
    scene.settings["base_url"] = f"{scene.api.url}/old/v1"

    report = await scene.check()

    assert {one.remedy for one in report.findings} == {
        f"write OCEAN__INTEGRATION__CONFIG__BASE_URL={scene.api.url}/v1: /people answers there"
    }


async def test_no_more_base_urls_are_tried_than_is_said(scene: Scene) -> None:
    """Of all kinds together."""
    scene.mapping += (
        MAPPING.partition("resources:\n")[2]
        .partition("  - kind: /teams\n")[0]
        .replace("/people", "/groups")
    )
    scene.settings["base_url"] = f"{scene.api.url}/nowhere"
    for path in ("people", "teams"):
        scene.api.serve(f"/v1/{path}", answer({"message": "nothing"}, 404))

    await scene.check()

    assert sum(not one.path.startswith("/nowhere/") for one in scene.api.requests) <= 62


async def test_a_list_that_may_not_be_read(scene: Scene) -> None:
    """A made-up path is answered otherwise: it is the credentials, whatever else is there."""
    scene.api.serve("/v1/peoples", answer({"message": "not permitted"}, 403))
    swap("kind: /people", "kind: /peoples")(scene)

    report = await scene.check()

    assert (report.findings[0].file, report.findings[0].line) == scene.place("TOKEN", "settings")
    assert "grant them access" in report.findings[0].remedy


async def test_children_whose_path_is_called_as_they_are(scene: Scene) -> None:
    """The blueprint of its items says what the path may be."""
    swap("{team}/notes", "{team}/jottings")(scene)

    assert await told_of(scene) == (
        scene.place("jottings")[1],
        "write kind: '/teams/{team}/notes' (it answers 200)",
    )


async def test_children_whose_value_is_not_there(scene: Scene) -> None:
    """A made-up value is answered alike, and a made-up path otherwise: it is the field."""
    teams: list[dict[str, Json]] = [
        {"id": f"t{n}", "name": f"Team {n}", "open": True} for n in (1, 2)
    ]
    scene.api.serve("/v1/teams", listed(teams))
    scene.api.serve("/v1/people", answer({"data": []}))
    scene.api.serve("/v1/teams/{}/notes", routed)

    report = await scene.check()
    found = [one for one in report.findings if "/notes" in one.problem]

    assert [one.line for one in found] == [scene.place("field: .id")[1]], told(report.findings)
    assert "correct the field of path_parameters.team: a made-up value" in found[0].remedy


async def test_children_that_have_nothing(scene: Scene) -> None:
    """Made-up paths and values are answered otherwise: then a 404 may say that there is nothing."""
    scene.api.serve("/v1/teams/{}/notes", no_notes)

    line, remedy = await told_of(scene)

    assert line == scene.place("{team}/notes")[1]
    assert "empty_statuses: [404]" in remedy


async def test_a_link_of_an_item_shows_the_path(scene: Scene) -> None:
    """Of its parent's links the one that is answered with what is mapped."""
    teams: list[dict[str, Json]] = [
        {
            "id": f"team-{n}",
            "name": f"Team {n}",
            "open": True,
            "links": {"self": f"/v1/teams/team-{n}", "remarks": f"/v1/teams/team-{n}/remarks"},
        }
        for n in range(4)
    ]
    scene.api.serve("/v1/teams", listed(teams))
    scene.api.serve("/v1/teams/{}", answer({"about": "a team"}))
    scene.api.serve("/v1/teams/{}/remarks", routed)
    swap("{team}/notes", "{team}/jottings")(scene)

    line, remedy = await told_of(scene)

    assert line == scene.place("jottings")[1]
    assert remedy == "write kind: '/teams/{team}/remarks' (it answers 200)"


async def test_a_base_url_that_the_root_tells(scene: Scene) -> None:
    """What stands in a link of it before the path of a kind."""
    scene.settings["base_url"] = scene.api.url
    scene.api.serve("/", answer({"people": f"{scene.api.url}/gw/x9/people"}))
    scene.api.serve("/gw/x9/people", listed([person(number) for number in range(9)]))

    assert f"={scene.api.url}/gw/x9: /people answers there" in (await told_of(scene))[1]


async def test_a_path_with_a_slip(scene: Scene) -> None:
    """Two letters that stand the other way round are tried in each word."""
    swap("kind: /people", "kind: /poeple")(scene)

    assert (await told_of(scene))[1] == "write kind: /people (it answers 200)"


async def test_a_path_without_what_is_mapped(scene: Scene) -> None:
    """That it is answered says nothing, where no row has an identifier."""
    swap("kind: /people", "kind: /person")(scene)
    scene.api.serve("/v1/persons", answer({"info": {"id": "1"}}))

    assert "a made-up one is answered in the same words" in (await told_of(scene))[1]


async def test_a_path_of_another_version(scene: Scene) -> None:
    """The nearest ones are tried."""
    swap("kind: /people", "kind: /v4/crew/all")(scene)
    scene.api.serve("/v1/v5/crew/all", listed([person(number) for number in range(9)]))

    assert (await told_of(scene))[1] == "write kind: /v5/crew/all (it answers 200)"


async def test_a_path_that_nothing_is_like(scene: Scene) -> None:
    """A made-up path is answered alike."""
    swap("kind: /people", "kind: /inhabitants")(scene)

    report = await scene.check()

    assert "a made-up one is answered in the same words" in report.findings[0].remedy


async def test_a_path_that_is_there_without_anything(scene: Scene) -> None:
    """A made-up path is answered otherwise."""
    swap("kind: /people", "kind: /inhabitants")(scene)
    scene.api.serve("/v1/inhabitants", answer({"message": "none of your tenant"}, 404))

    report = await scene.check()

    assert "a made-up path is answered otherwise" in report.findings[0].remedy


def _ended(scene: Scene, ending: str) -> None:
    """Every path of an API, and of its mapping, ends in something."""
    mapping = scene.mapping.replace("kind: /people", f"kind: /people{ending}")
    mapping = mapping.replace("kind: /teams\n", f"kind: /teams{ending}\n")
    mapping = mapping.replace("endpoint: /teams", f"endpoint: /teams{ending}")
    scene.mapping = mapping.replace("{team}/notes", f"{{team}}/notes{ending}")
    # What is not there is told by those of the ending alone.
    for path in ("/v1/{}", "/v1/{}/{}", "/v1/{}/{}/{}"):
        scene.api.serve(path, _no_route)
    scene.api.serve(f"/v1/people{ending}", listed([person(number) for number in range(25)]))
    scene.api.serve(f"/v1/teams{ending}", listed(TEAMS))
    scene.api.serve(f"/v1/teams/{{}}/notes{ending}", notes)


def _no_route(request: Request) -> Reply:
    if request.path.endswith((".json", ".list")):
        return answer({"status": 404, "error": "Not Found"}, 404)
    return text("<html>Page not found</html>", 404, "text/html")


@pytest.mark.parametrize("ending", [".json", ".list"])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("kind: /people{}", "kind: /people", id="it is missing"),
        pytest.param("kind: /teams/{team}/notes{}", "kind: /teams/{team}/notes", id="of children"),
        pytest.param("endpoint: /teams{}", "endpoint: /teams", id="of parents"),
        pytest.param("kind: /people{}", "kind: /peoples{}", id="before it is a slip"),
        pytest.param("{team}/notes{}", "{team}/note{}", id="a slip before it, of children"),
    ],
)
async def test_a_path_that_ends_as_the_others(
    scene: Scene, ending: str, right: str, wrong: str
) -> None:
    """Is written as those are, and what is made up to compare with ends so too."""
    _ended(scene, ending)
    swap(right.replace("{}", ending), wrong.replace("{}", ending))(scene)

    report = await scene.check()

    (error,) = (one for one in report.findings if one.severity == "error")
    assert right.replace("{}", ending).split()[-1] in error.remedy.replace("'", ""), error


async def test_an_ending_that_the_others_have_not(scene: Scene) -> None:
    """Is left out."""
    swap("kind: /people", "kind: /people.json")(scene)

    report = await scene.check()

    assert [one.remedy for one in report.findings] == ["write kind: /people (it answers 200)"]


async def test_a_made_up_path_ends_as_the_one_that_is_asked_for(scene: Scene) -> None:
    """An API has other words for what has no ending."""
    _ended(scene, ".json")
    swap("kind: /people.json", "kind: /invoices.json")(scene)
    swap('"person"', '"invoice"')(scene)
    scene.blueprints = scene.blueprints.replace('"person"', '"invoice"')

    report = await scene.check()

    assert [one.remedy for one in report.findings] == [
        "correct the path: a made-up one is answered in the same words"
    ]


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        pytest.param("/team?open=yes", "write endpoint: '/teams?open=yes'", id="its path"),
        pytest.param("/teams?open=yess", "write open=yes in the place of open=yess", id="a value"),
    ],
)
async def test_the_query_of_parents_stays(scene: Scene, wrong: str, remedy: str) -> None:
    """What stands behind a path is no part of it, and is looked at as any parameter is."""
    lists = {None: listed(TEAMS), "yes": listed(TEAMS[1:])}

    def teams(request: Request) -> Reply:
        return lists.get(request.param("open"), listed([]))(request)

    scene.api.serve("/v1/teams", teams)
    swap("kind: /teams\n", "kind: /teams?open=yes\n")(scene)
    swap("endpoint: /teams", f"endpoint: {wrong}")(scene)

    report = await scene.check()

    (found,) = report.findings
    assert remedy in found.remedy
    assert found.line == scene.place(wrong)[1]
