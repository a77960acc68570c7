"""``.port/spec.yaml`` and what ``load_settings`` reads agree on names, types and defaults."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from humps import decamelize
from port_ocean.config.dynamic import default_config_factory

from errors import ConfigurationError
from json_values import Json
from pagination import PAGINATION_TYPES, PaginationSettings
from settings import AUTH_TYPES, Settings, load_settings

SPEC = yaml.safe_load((Path(__file__).parents[1] / ".port" / "spec.yaml").read_text())
OPTIONS: dict[str, dict[str, Json]] = {option["name"]: option for option in SPEC["configurations"]}
WITH_DEFAULT = [name for name, option in OPTIONS.items() if "default" in option]
BASE_URL = "https://api.example.com"
# What an option of a type is not, and what the fault then says.
MISFITS: dict[str, tuple[Json, str]] = {
    "url": ("no-url", "must be a URL"),
    "string": ({"a": 1}, "must be text"),
    "integer": ("many", "must be a whole number"),
    "boolean": ("perhaps", "must be true or false"),
    "object": ("[1]", "must be a JSON object"),
    "array": ('{"a": 1}', "must be an array"),
}
# Options that only matter beside another.
CONTEXT: dict[str, dict[str, Json]] = {
    "apiToken": {"authType": "bearer_token"},
    "username": {"authType": "basic", "password": "secret"},
    "password": {"authType": "basic", "username": "me"},
    "apiKey": {"authType": "api_key"},
    "apiKeyHeader": {"authType": "api_key", "apiKey": "key"},
    "apiKeyParam": {"authType": "api_key", "apiKey": "key"},
    "authValue": {"authType": "api_key"},
    "customAuthRequest": {"authType": "custom", "customAuthRequestTemplate": {"headers": {}}},
    "customAuthRequestTemplate": {"authType": "custom", "customAuthRequest": {"endpoint": "/"}},
}
# Another value than the default for each option that has one.
OTHERS: dict[str, Json] = {
    "authType": "custom",
    "apiKeyHeader": "Authorization",
    "paginationType": "page",
    "pageSize": 7,
    "startPage": 0,
    "nextLinkPath": "links.next",
    "headerLinkRel": "later",
    "timeout": 7,
    "verifySsl": False,
    "maxConcurrentRequests": 7,
    "allowedHosts": ["a.example"],
    "maxRetryWait": 7,
    "maxPages": 7,
    "maxResponseSize": 7,
    "maxCompressedSize": 7,
}


class Recorder(dict[str, Json]):
    """Settings that remember which of them were asked for."""

    def __init__(self, values: dict[str, Json]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Json = None) -> Json:
        """The value; its name is remembered."""
        self.asked.add(key)
        return super().get(key, default)


def loaded(**config: Json) -> Settings:
    """Settings with a base URL and these options."""
    return load_settings({"baseUrl": BASE_URL, **config})


def nothing_set() -> dict[str, Json]:
    """What Ocean passes when no option is set, defaults aside: each is None."""
    return {decamelize(name): None for name in OPTIONS} | {"base_url": BASE_URL}


def asked_names() -> Iterator[str]:
    """The names that are asked for, over all kinds of credentials."""
    for auth_type in AUTH_TYPES:
        login: dict[str, Json] = {"custom_auth_request": {"endpoint": "/login"}}
        recorder = Recorder({"base_url": BASE_URL, "auth_type": auth_type, **login})
        with suppress(ConfigurationError):  # what is missing does not matter here
            load_settings(recorder)
        yield from recorder.asked


def test_every_option_is_read_and_no_other() -> None:
    """The names in the spec are exactly those that are asked for."""
    assert {decamelize(name) for name in asked_names()} == {decamelize(name) for name in OPTIONS}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_of_another_type_is_a_fault(name: str) -> None:
    """Each option refuses what its type in the spec is not, by its own name."""
    value, problem = MISFITS[OPTIONS[name]["type"]]

    with pytest.raises(ConfigurationError) as caught:
        loaded(**CONTEXT.get(name, {}) | {name: value})

    assert any(fault.startswith(f"{name} {problem}") for fault in caught.value.faults)


def test_unset_options_have_the_defaults_of_the_spec() -> None:
    """Nothing set and every default written out are the same settings."""
    written_out = {name: OPTIONS[name]["default"] for name in WITH_DEFAULT}

    assert load_settings(nothing_set()) == loaded(**written_out)


@pytest.mark.parametrize("name", WITH_DEFAULT)
def test_a_default_is_a_choice_among_others(name: str) -> None:
    """Another value than the default makes other settings: the option is not ignored."""
    context = CONTEXT["customAuthRequest"] | CONTEXT["customAuthRequestTemplate"]
    context = {**context, **CONTEXT.get(name, {"authType": "none"})}

    assert loaded(**context | {name: OTHERS[name]}) != loaded(
        **context | {name: OPTIONS[name]["default"]}
    )


def test_the_defaults_of_the_models_are_those_of_the_spec() -> None:
    """A Settings value made in code has the defaults an operator has."""
    settings = loaded()
    in_code = Settings(base_url=settings.base_url)

    assert settings == in_code
    assert settings.pagination == PaginationSettings()


def test_what_ocean_hands_over_is_read_alike() -> None:
    """Ocean's own model of the spec, with nothing but the base URL, gives the defaults."""
    model = default_config_factory(SPEC["configurations"])

    assert load_settings(model(base_url=BASE_URL).model_dump()) == loaded()


def test_words_are_those_of_the_spec() -> None:
    """The choices shown to operators are the choices there are."""
    assert OPTIONS["authType"]["enum"] == list(AUTH_TYPES)
    assert OPTIONS["paginationType"]["enum"] == list(PAGINATION_TYPES)


def test_only_the_base_url_is_required() -> None:
    """Everything else has a default or belongs to a choice."""
    required = {name for name, option in OPTIONS.items() if option.get("required")}

    assert required == {"baseUrl"}


@pytest.mark.parametrize(
    "name",
    [
        "apiToken",
        "password",
        "apiKey",
        "authValue",
        "customAuthRequest",
        "customAuthRequestTemplate",
        "customHeaders",
    ],
)
def test_what_can_hold_a_secret_is_marked_sensitive(name: str) -> None:
    """Ocean hides what is marked, in its own log and in the form."""
    assert OPTIONS[name]["sensitive"] is True


def test_a_resource_can_override_every_option_of_paging() -> None:
    """Each field of PaginationSettings is an option of the spec, but for what only it can say."""
    named = {decamelize(name) for name in OPTIONS}
    paging = {field.name for field in fields(PaginationSettings)} - {"send_in", "type_is_own"}

    assert {"pagination_type" if name == "type" else name for name in paging} <= named
