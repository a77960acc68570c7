"""Settings that Ocean's own model would refuse or drop, in a real `ocean sail`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from settings import unknown_settings
from tests.fault_api import FaultApi
from tests.resync import Installation, resource
from tests.test_sail import TOKEN, items, sailing

PREFIX = "OCEAN__INTEGRATION__CONFIG__"


async def logged(installation: Installation, folder: Path, **settings: str) -> str:
    """What one `ocean sail --once` with these variables says."""
    variables = {PREFIX + name: value for name, value in settings.items()}
    async with sailing(installation, folder, once=True, **variables) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    return output.decode()


async def test_numbers_as_charts_and_forms_write_them(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """Empty numbers are unset, `1e+06` is a million and "30.0" is 30; the resync succeeds."""
    api.serve("/items", items)
    installation.mapping = [resource("/items")]

    log = await logged(
        installation,
        tmp_path / "sail",
        REQUESTS_PER_MINUTE="",
        START_PAGE=" ",
        MAX_PAGES="1e+06",
        TIMEOUT="30.0",
        CUSTOM_HEADERS="",
        VERIFY_SSL="",
    )

    store = installation.store
    assert [entity.identifier for entity in store.entities("item")] == ["1", "2", "3"], log
    assert store.resync_state()["status"] == "completed"
    assert "Traceback" not in log


async def test_values_of_another_type_are_one_error_without_a_request(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """A list for an object, a fraction, words for numbers: all are told at once, by their names."""
    api.serve("/items", items)
    installation.mapping = [resource("/items")]

    log = await logged(
        installation,
        tmp_path / "sail",
        CUSTOM_HEADERS='["X-A", "x"]',
        ALLOWED_HOSTS="{}",
        PAGE_SIZE="30.5",
        TIMEOUT="soon",
        VERIFY_SSL="perhaps",
        MAX_PAGES="1e+999999999",
    )

    (line, *_) = (line for line in log.splitlines() if "The settings are faulty" in line)
    for sentence in (
        "customHeaders is an array; write a JSON object",
        "allowedHosts is not an array",
        "pageSize is 30.5; write a whole number from 1 to 100000",
        "timeout is text; write a whole number from 1 to 3600",
        "verifySsl is text; write true or false",
        "write a whole number",
    ):
        assert sentence in line
    assert "pydantic" not in log
    assert api.requests == []
    assert installation.store.resync_state()["status"] == "failed"


async def test_unknown_names_are_told_wherever_ocean_reads_them(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """A name in the environment or in `.env` that is no setting leads to the nearest one."""
    api.serve("/items", items)
    installation.mapping = [resource("/items")]
    folder = tmp_path / "sail"
    folder.mkdir()
    (folder / ".env").write_text(f"{PREFIX}LIMIT_PARAM={TOKEN}\n{PREFIX}MAX_PAGES=7\n")

    log = await logged(installation, folder, PAGINATION_PRAM=TOKEN, CUSTOM_HEADERS__X_TENANT="acme")

    warnings = [line for line in log.splitlines() if "WARNING" in line and PREFIX in line]
    assert len(warnings) == 2, log
    assert any(
        f"{PREFIX}PAGINATION_PRAM is no setting and is ignored; did you mean"
        f" {PREFIX}PAGINATION_PARAM?" in line
        for line in warnings
    )
    assert any(
        f"{PREFIX}LIMIT_PARAM is no setting and is ignored; here it is {PREFIX}SIZE_PARAM" in line
        for line in warnings
    )
    assert TOKEN not in log


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("pagination_pram", "PAGINATION_PARAM", id="a letter lost"),
        pytest.param("paginationPram", "PAGINATION_PARAM", id="in camel case, from a mapping"),
        pytest.param("base_uri", "BASE_URL", id="another word"),
        pytest.param("baseurl", "BASE_URL", id="words together"),
        pytest.param("requests_per_min", "REQUESTS_PER_MINUTE", id="cut"),
        pytest.param("offset_param", "PAGINATION_PARAM", id="offset_param"),
        pytest.param("page_param", "PAGINATION_PARAM", id="page_param"),
        pytest.param("cursor_param", "PAGINATION_PARAM", id="cursor_param"),
        pytest.param("limit_param", "SIZE_PARAM", id="limit_param"),
        pytest.param("limitParam", "SIZE_PARAM", id="limitParam"),
    ],
)
def test_an_unknown_name_leads_to_the_nearest(name: str, meant: str) -> None:
    """What was meant is named as a variable; values are never quoted."""
    (warning,) = map(str, unknown_settings({"base_url": "https://a.example", name: "s3cret-value"}))

    assert f"{PREFIX}{meant}" in warning
    assert "s3cret-value" not in warning


def test_a_name_like_none_is_told_too() -> None:
    """Where no setting is near, the warning says where they are listed."""
    (warning,) = map(str, unknown_settings({"zzzzzzzz": 1}))

    assert warning == f"{PREFIX}ZZZZZZZZ is no setting and is ignored; see docs/settings.md"


def test_other_secrets_than_auth_value_are_told() -> None:
    """Of Ocean's secrets only authValue is read; another leads to the variable that is."""
    (warning,) = map(str, unknown_settings({}, {"api_token": "s3cret-value", "authValue": "x"}))

    assert f"set {PREFIX}API_TOKEN" in warning
    assert "s3cret-value" not in warning


def test_every_setting_is_known_in_either_spelling() -> None:
    """No warning about a setting that there is."""
    config = json.loads('{"baseUrl": 1, "base_url": 1, "maxPages": 1, "max_pages": 1}')

    assert unknown_settings(config, {"authValue": "x", "auth_value": "y"}) == []
