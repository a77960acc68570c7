"""What docs/moving-over.md promises to those who come from Port's own integration of this type."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from humps import decamelize
from port_ocean.config.dynamic import default_config_factory

from errors import MappingError
from framework.settings_model import lenient
from overrides import EndpointAppConfig
from settings import Settings, load_settings, unknown_settings
from settings.fields import FIELDS, VARIABLE_PREFIX
from settings.values import StaticCredentials
from tests.documents import ROOT, blocks, mapping_of, tables
from tests.literals import Json

PAGE = ROOT / "docs" / "moving-over.md"
SPEC = yaml.safe_load((ROOT / ".port" / "spec.yaml").read_text())
ROWS = tables(PAGE, "There")
SAME = [
    name
    for row in ROWS
    for name in row.names("There")
    if re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)
]
RENAMED = {
    variable.removeprefix("…__"): row.names("Here")[0]
    for row in ROWS
    for variable in row.names("There")
    if variable.startswith("…__")
}
# An installation of that integration, with each number and boolean as its form and chart write it.
MOVED = {
    "baseUrl": "https://api.example.com",
    "authType": "bearer_token",
    "apiToken": "the-token",
    "paginationType": "page",
    "paginationParam": "page_number",
    "sizeParam": "per_page",
    "pageSize": "50",
    "startPage": "0",
    "timeout": "60",
    "maxConcurrentRequests": "5",
    "verifySsl": "false",
    "customHeaders": '{"X-Tenant": "acme"}',
}
WITH_TYPES: dict[str, Json] = {
    **MOVED,
    "pageSize": 50,
    "startPage": 0,
    "timeout": 60,
    "maxConcurrentRequests": 5,
    "verifySsl": False,
    "customHeaders": {"X-Tenant": "acme"},
}


def handed_over(given: dict[str, Json]) -> Settings:
    """The settings, by the way of Ocean's own model."""
    model = lenient(default_config_factory(SPEC["configurations"]))
    assert model is not None
    return load_settings(
        model(**{decamelize(name): one for name, one in given.items()}).model_dump()
    )


def test_the_names_it_lists_are_settings() -> None:
    """Each name in the first table is a setting here, and the page has them all in one place."""
    named = {name for name in SAME if name in FIELDS}

    assert len(named) >= 20
    assert set(MOVED) <= named
    assert set(SAME) - named <= {"basic", "custom", "none"}  # words of authType


def test_texts_are_the_values_they_spell() -> None:
    """Numbers, booleans and objects written as texts give the same settings as such."""
    moved, with_types = handed_over(dict(MOVED)), handed_over(WITH_TYPES)

    assert moved == with_types
    assert (moved.pagination.page_size, moved.pagination.start_page, moved.timeout) == (50, 0, 60)
    assert not moved.verify_ssl


@pytest.mark.parametrize(
    "word", ["bearer_token", "api_key", "basic", "basic_auth", "custom", "none"]
)
def test_each_type_of_authentication_is_one_here(word: str) -> None:
    """The words of authType are taken, the older one for basic included."""
    credentials: dict[str, Json] = {
        "apiToken": "the-token",
        "apiKey": "the-key",
        "username": "me",
        "password": "the-password",
        "customAuthRequest": '{"endpoint": "/login", "method": "POST", "body": {"id": "me"}}',
        "customAuthRequestTemplate": '{"headers": {"Authorization": "Bearer {{.access_token}}"}}',
    }

    settings = handed_over({"baseUrl": MOVED["baseUrl"], "authType": word, **credentials})

    assert (settings.credentials == StaticCredentials()) is (word == "none")


@pytest.mark.parametrize("name", RENAMED)
def test_a_variable_of_another_name_is_told(name: str) -> None:
    """The warning at the start writes the name here, as the page does."""
    (warning,) = map(str, unknown_settings({name.lower(): "x"}))

    assert (
        warning
        == f"{VARIABLE_PREFIX}{name} is no setting and is ignored; here it is {RENAMED[name]}"
    )


def test_all_four_are_on_the_page() -> None:
    """What has another name here is what the table of settings knows of names elsewhere."""
    known = {one for field in FIELDS.values() for one in field.foreign_names}

    assert {decamelize(one).upper() for one in known} == set(RENAMED)


def test_the_oldest_form_becomes_the_new_one() -> None:
    """The error for the first block of the page writes the second, but for what may be secret."""
    (before,), (after,) = (yaml.safe_load(block.text) for block in blocks(PAGE, "text"))

    with pytest.raises(MappingError) as caught:
        mapping_of([before])
    written = re.search(r"write (kind: .+)$", str(caught.value))
    assert written
    kind, _, selector = written[1].partition(", selector: ")
    new: dict[str, Any] = {**yaml.safe_load(kind), "selector": yaml.safe_load(selector)}
    new["selector"]["query_params"] = before["selector"]["query"]["query_params"]

    assert new == after
    assert mapping_of([after]).resources


def test_a_mapping_of_today_stays_as_it_is() -> None:
    """Each key of a selector that the page names is taken as it was."""
    selector = {
        "query": "true",
        "data_path": ".users",
        "query_params": {"active": "true"},
        "headers": {"X-Tenant": "acme"},
        "method": "POST",
        "body": {"filter": "all"},
        "path_parameters": {"team": {"endpoint": "/teams", "field": ".id", "data_path": ".teams"}},
    }
    (line,) = (line for line in PAGE.read_text().splitlines() if "`query`, `data_path`" in line)

    config = EndpointAppConfig.parse_obj(
        {
            "resources": [
                {
                    "kind": "/teams/{team}/users",
                    "selector": selector,
                    "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": '"user"'}}},
                }
            ]
        }
    )

    assert config.resources[0].selector.query_params == {"active": "true"}
    assert set(re.findall(r"`([a-z_]+)`", line)) - {"kind"} <= set(selector)
