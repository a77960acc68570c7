"""What ``check`` says mends an installation when it is written as it says, by no person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from json_values import MISSING, Found
from tests.check_bench import PREFIX
from tests.check_scene import SETTINGS, Scene, settings, swap
from tests.fault_api import FaultApi
from tests.repairs import Bench, repaired
from tests.slips import Slip
from tests.test_check_products import some
from workbench.check.findings import Path as Place

_MAPPINGS = ("port", "entity", "mappings")
_PARAMETERS = ("selector", "path_parameters")


def of_mapping(at: int, *path: str, value: Found) -> Slip:
    """One value of a resource's mapping."""
    return Slip("", {("mapping", ("resources", at, *path)): value})


def renamed(at: int, *path: str, to: str, value: str) -> Slip:
    """A key of a resource's mapping that is called otherwise."""
    place: Place = ("resources", at, *path)
    return Slip("", {("mapping", place): MISSING, ("mapping", (*place[:-1], to)): value})


def of_settings(**values: str | None) -> Slip:
    """Settings with other texts, None: without one."""
    changed = ((name, MISSING if one is None else one) for name, one in values.items())
    return Slip("", {("settings", (name,)): value for name, value in changed})


SLIPS: dict[str, tuple[str, Slip]] = {
    "a value": ("gitlab", of_mapping(0, "kind", value="/project")),
    "a value that is to go": ("gitlab", of_mapping(2, "selector", "data_path", value=".data")),
    "a property that is called otherwise in the blueprint": (
        "github",
        renamed(
            1, *_MAPPINGS, "properties", "defaultBranch", to="defBranch", value=".default_branch"
        ),
    ),
    "a setting": ("gitlab", of_settings(base_url="http://simulator")),
    "a setting that is no number": ("gitlab", of_settings(page_size="ten")),
    "how lists are paged": ("gitlab", of_settings(pagination_type="cursor")),
    "a line of the mapping": ("gitlab", Slip("", lines={2: "resources"})),
    "a list that begins a column too far": (
        "github",
        Slip("", lines={32: " - kind: /repos/{org}/{repo}/pulls"}),
    ),
    "a key a level too high": ("jira", Slip("", lines={17: "  data_path: .values"})),
    "a part of a path twice, of parents": (
        "github",
        of_mapping(2, *_PARAMETERS, "repo", "endpoint", value="/orgs/orgs/{org}/repos"),
    ),
    "the slash that all paths end with": (
        "sentry",
        of_mapping(1, "kind", value="/organizations/{organization}/Projects"),
    ),
    "one of two parts of an identifier": (
        "microsoft-graph",
        of_mapping(2, *_MAPPINGS, "identifier", value='.__group_id + "-" + .__group_id'),
    ),
    "a name that does not identify": (
        "pagerduty",
        of_mapping(1, *_MAPPINGS, "identifier", value=".name"),
    ),
    "a key behind a bracket": (
        "freshservice",
        of_mapping(
            1,
            *_MAPPINGS,
            "title",
            value='[.first_name, .alst_name | select(. != null)] | join(" ")',
        ),
    ),
    "a key of a number": (
        "kubernetes",
        of_mapping(1, *_MAPPINGS, "properties", "ready", value=".status.readyReplicas.id // 0"),
    ),
    "another key than the one called like the property": (
        "github",
        of_mapping(2, *_MAPPINGS, "properties", "number", value=".__org"),
    ),
    "a kind whose first children have nothing": (
        "confluence-data-center",
        of_mapping(2, *_MAPPINGS, "identifier", value=".id.name"),
    ),
    "a key of a data_path that is no path": (
        "monday",
        of_mapping(1, "selector", "data_path", value=".Data.boards[].items_page.items"),
    ),
    "a key of what has no keys, beside one called so": (
        "confluence-data-center",
        of_mapping(1, *_MAPPINGS, "title", value=".title.id"),
    ),
    "a key of a text that a program goes on with": (
        "harbor",
        of_mapping(
            2,
            *_PARAMETERS,
            "repository",
            "field",
            value='.name.id | split("/")[1:] | join("/") | @uri',
        ),
    ),
    "a variable that a query needs, and nothing gives": (
        "monday",
        Slip("", {("mapping", ("resources", 1, "selector", "body", "variables")): MISSING}),
    ),
    "a variable by another name than the query's": (
        "monday",
        of_mapping(1, "selector", "body", "variables", value={"boarrd": "{board}"}),
    ),
    "a variable that is null": (
        "github-graphql",
        of_mapping(1, "selector", "body", "variables", value={"org": None}),
    ),
    "a placeholder with a minus": (
        "notion",
        of_mapping(1, "kind", value="/databases/{database-id}/query"),
    ),
    "a key of the last element": (
        "elasticsearch",
        of_mapping(1, "selector", "pagination", "cursor_path", value=".hits.hits[-1].sorts"),
    ),
    "the path of a search in other letters": (
        "metabase",
        of_mapping(0, "kind", value="/card/{card}/query/Csv"),
    ),
    "a name that nobody heeds, whose value no item has": (
        "okta",
        of_mapping(1, "selector", "query_params", value={"iflter": 'status eq "DEPROVISIONED"'}),
    ),
    "a name that nobody heeds, for each parent": (
        "google-drive",
        of_mapping(
            1,
            "selector",
            "query_params",
            value={
                "fields": "nextPageToken,files(id,name,mimeType,modifiedTime)",
                "Q": "'{folder}' in parents and trashed = false",
            },
        ),
    ),
    "a key that nobody heeds, in one text with others": (
        "google-drive",
        of_mapping(
            1,
            *_PARAMETERS,
            "folder",
            "query_params",
            "fields",
            value="nexxtPageToken,files(id,name)",
        ),
    ),
    "one of several values, which nobody heeds": (
        "bitbucket",
        of_mapping(
            2,
            "selector",
            "query_params",
            "state",
            value=["OPEN", "MERGED", "declined", "SUPERSEDED"],
        ),
    ),
    "parents of another list": (
        "auth0",
        of_mapping(2, *_PARAMETERS, "role", "endpoint", value="/users"),
    ),
    "a path of parents that is cut short": (
        "confluence-data-center",
        of_mapping(2, *_PARAMETERS, "page", "endpoint", value="/rest/api?type=page"),
    ),
    "a slash too many below parents": (
        "harbor",
        of_mapping(2, "kind", value="/projects/{project}/repositories/{repository}/artifacts/"),
    ),
    "a kind without the path of its parents": (
        "okta",
        of_mapping(3, "kind", value="/users"),
    ),
    "a name within a list of a body": (
        "elasticsearch",
        of_mapping(1, "selector", "body", "sort", value=[{"updateed": "asc"}, {"key": "asc"}]),
    ),
    "a data_path to texts that is lost": (
        "slack",
        of_mapping(2, "selector", "data_path", value=MISSING),
    ),
    "the base URL of parents alone": ("metabase", of_settings(base_url="http://simulator/")),
    "a slash too many at a list that is null": (
        "argo-cd",
        of_mapping(1, "kind", value="/repositories/"),
    ),
    "a method that is forgotten below parents": (
        "monday",
        Slip("", {("mapping", ("resources", 1, "selector", "method")): MISSING}),
    ),
    "the case of the base URL": ("confluence", of_settings(base_url="http://simulator/Wiki")),
    "the middle of the base URL": (
        "shopify",
        of_settings(base_url="http://simulator/admin/2025-10"),
    ),
    "a base URL where 404 speaks of who is signed in": (
        "confluence-data-center",
        of_settings(base_url="http://simulator/Confluence"),
    ),
    "a header that all requests send": (
        "qualys",
        of_settings(custom_headers='{"X-Requested-Withs": "Port"}'),
    ),
    "a parameter that all requests send": (
        "azure-devops",
        of_settings(query_params='{"apiVersion": "7.1"}'),
    ),
    "the list of parents, beside another that answers": (
        "confluence-data-center",
        of_mapping(2, *_PARAMETERS, "page", "endpoint", value="/est/api/content?type=page"),
    ),
    "no paging, where the fields that come have what leads on": (
        "google-drive",
        of_settings(pagination_type="none"),
    ),
    "a path of a search with a word of the mapping": (
        "elasticsearch",
        of_mapping(1, "kind", value="/servics/_search"),
    ),
    "a key with the word before it as another credential": (
        "elasticsearch",
        of_settings(auth_type="bearer_token", api_token="ApiKey your-base64-key", api_key=None),
    ),
}


@pytest.mark.parametrize("case", some(SLIPS, 3))
async def test_what_is_said_mends_it(case: str, tmp_path: Path) -> None:
    """Written as it is said, an installation gives what the right one gives."""
    name, slip = SLIPS[case]
    repair = await repaired(await Bench.of(name, tmp_path), slip)

    assert repair is not None
    assert repair.result == "mended", "\n".join(repair.told)


async def test_a_path_keeps_its_placeholders(tmp_path: Path) -> None:
    """The list of all is no child of one: nothing is better than that."""
    slip = of_mapping(2, "kind", value="/api/v2/pages/{page}")
    repair = await repaired(await Bench.of("confluence", tmp_path), slip)

    assert repair is not None
    assert repair.result == "words only", "\n".join(repair.told)


async def test_a_program_is_told_what_to_write(tmp_path: Path, api: FaultApi) -> None:
    """By file and path; what a person has to complete is words alone."""
    scene = Scene(tmp_path, api)

    report = await scene.spoilt([swap("phone: .phone", "phone: .phnoe")])

    (finding,) = json.loads(json.dumps(report.as_json()))["findings"]
    path = ["resources", 0, *_MAPPINGS, "properties", "phone"]
    file = str(tmp_path / "port-app-config.yml")
    assert finding["fix"] == [{"file": file, "path": path, "value": ".phone"}]


async def test_no_program_is_told_a_secret(tmp_path: Path, api: FaultApi) -> None:
    """A credential that belongs into another setting goes by the name of the one that has it."""
    scene = Scene(tmp_path, api)

    report = await scene.spoilt(
        [settings(auth_type="api_key", api_key=SETTINGS["api_token"], api_token=None)]
    )

    (finding,) = json.loads(json.dumps(report.as_json()))["findings"]
    values = {one["path"][0].removeprefix(PREFIX): one.get("value") for one in finding["fix"]}
    assert values["API_TOKEN"] == f"<the value of {PREFIX}API_KEY>"
    assert SETTINGS["api_token"] not in str(report.as_json())
