"""``.port/spec.yaml``, the table of settings and what ``load_settings`` reads agree."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from humps import decamelize
from msgspec.structs import fields
from port_ocean.config.dynamic import default_config_factory

from errors import ConfigurationError
from pagination import PaginationSettings
from settings import AUTH_TYPES, Settings, load_settings
from settings.fields import FIELDS, SettingField
from tests.literals import Json

SPEC = yaml.safe_load((Path(__file__).parents[1] / ".port" / "spec.yaml").read_text())
OPTIONS: dict[str, dict[str, Json]] = {option["name"]: option for option in SPEC["configurations"]}
WITH_DEFAULT = [name for name, option in OPTIONS.items() if "default" in option]
BASE_URL = "https://api.example.com"
# What an option of a type is not, and how the remedy of the fault begins.
MISFITS: dict[str, tuple[Json, str]] = {
    "url": ("no-url", "write it like https://"),
    "string": ({"a": 1}, "write a text"),
    "integer": ("many", "write a whole number"),
    "boolean": ("perhaps", "write true or false"),
    "object": ("[1]", "write a JSON object"),
    "array": ('{"a": 1}', "write it like ["),
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
CONTEXT["customAuthLogoutRequest"] = (
    CONTEXT["customAuthRequest"] | CONTEXT["customAuthRequestTemplate"]
)
OAUTH: dict[str, Json] = {
    "authType": "oauth2",
    "oauthTokenUrl": "https://a.example",
    "oauthClientId": "me",
    "oauthClientSecret": "secret",
}
CONTEXT |= {name: OAUTH for name, field in FIELDS.items() if field.shown_for == ("oauth2",)}
# Another value than the default for each option that has one.
OTHERS: dict[str, Json] = {
    "oauthGrantType": "jwt_bearer",
    "oauthClientAuthentication": "post",
    "oauthJwtAlgorithm": "HS384",
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
    "secondLook": False,
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


def test_the_options_are_those_of_the_table() -> None:
    """The specification has each setting once and no other."""
    names = [option["name"] for option in SPEC["configurations"]]

    assert sorted(names) == sorted(FIELDS)


def test_every_option_is_read_and_no_other() -> None:
    """The names in the spec are exactly those that are asked for."""
    assert {decamelize(name) for name in asked_names()} == {decamelize(name) for name in OPTIONS}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_of_another_type_is_a_fault(name: str) -> None:
    """Each option refuses what its type in the spec is not, by its own name."""
    value, remedy = MISFITS[OPTIONS[name]["type"]]

    with pytest.raises(ConfigurationError) as caught:
        loaded(**CONTEXT.get(name, {}) | {name: value})

    (fault,) = (one for one in caught.value.faults if one.place == name)
    assert fault.remedy.startswith(remedy)


def test_unset_options_have_the_defaults_of_the_spec() -> None:
    """Nothing set and every default written out are the same settings."""
    written_out = {name: OPTIONS[name]["default"] for name in WITH_DEFAULT}

    assert load_settings(nothing_set()) == loaded(**written_out)


# Each grant of OAuth 2 needs other settings: see test_oauth.py.
@pytest.mark.parametrize("name", [name for name in WITH_DEFAULT if name != "oauthGrantType"])
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


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_an_option_is_what_the_table_of_settings_says(field: SettingField) -> None:
    """Type, default, words, secrecy and dependencies have one source, beside the form's texts."""
    option = OPTIONS[field.name]
    dependencies = [
        {"on": field.depends_on, "when": {"equals": word}, "then": {"required": field.needed}}
        for word in field.shown_for
    ]

    assert option["type"] == field.kind
    assert option["required"] is field.required
    assert option.get("sensitive", False) is field.sensitive
    assert option.get("default") == field.default
    assert option.get("dependencies", []) == dependencies
    if field.words:
        assert option["enum"] == list(field.words)


def test_only_the_base_url_is_required() -> None:
    """Everything else has a default or belongs to a choice."""
    assert {name for name, option in OPTIONS.items() if option["required"]} == {"baseUrl"}


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_what_can_hold_a_secret_is_marked_sensitive(field: SettingField) -> None:
    """Ocean hides what is marked, in its own log and in the form: credentials and any object."""
    named = re.search("token|key|password|value$|secret", field.name, re.IGNORECASE)
    is_name_of_one = field.name in {
        "apiKeyHeader",
        "apiKeyParam",
        "oauthTokenUrl",
        "oauthTokenFile",
    }

    assert field.sensitive == ((named is not None and not is_name_of_one) or field.kind == "object")


# --- the form that Port shows ------------------------------------------------------------

# What the specifications of Port's catalog of integrations may say.
TOP_LEVEL = {
    "type",
    "title",
    "description",
    "icon",
    "docs",
    "formMappingEnabled",
    "features",
    "saas",
    "installationDocs",
    "configurations",
}
OF_AN_OPTION = {
    "name",
    "title",
    "required",
    "type",
    "sensitive",
    "default",
    "enum",
    "description",
    "dependencies",
}


def test_the_form_says_only_what_forms_know() -> None:
    """No key that Port's form would ignore, and none of the keys it needs is missing."""
    assert set(SPEC) == TOP_LEVEL
    assert SPEC["icon"] == "RestAPI"
    assert [feature["section"] for feature in SPEC["features"]] == ["Build Your Own Integration"]
    assert SPEC["formMappingEnabled"] is True
    assert SPEC["docs"].startswith("https://docs.port.io/")
    assert "/ocean-custom-integration" not in str(SPEC)  # the pages of another product
    for option in OPTIONS.values():
        assert option.keys() <= OF_AN_OPTION
        assert option.keys() >= {"name", "title", "required", "type", "description"}


def test_every_way_of_installing_has_its_page() -> None:
    """What can be chosen leads to a page; what is not offered says so."""
    docs = SPEC["installationDocs"]
    ways = [*docs["saas"], *(docs[name] for name in docs if name != "saas")]

    assert {way["name"] for way in docs["saas"]} == {"Saas", "SaasOAuth2"}
    assert all(bool(way.get("docs")) == way["enabled"] for way in ways)
    assert SPEC["saas"]["enabled"]


def test_a_dependency_is_on_a_word_that_can_be_chosen() -> None:
    """Each depends on an option with words, by one of them: else it would never show."""
    for option in OPTIONS.values():
        for dependency in option.get("dependencies", []):
            assert dependency["when"]["equals"] in OPTIONS[dependency["on"]]["enum"]


def test_what_most_never_set_stands_last() -> None:
    """The form begins with what everyone needs."""
    order = [FIELDS[name].advanced for name in OPTIONS]

    assert order == sorted(order)


def test_titles_are_told_apart() -> None:
    """No two fields of the form have the same title, and none shows the name in code."""
    titles = [option["title"] for option in OPTIONS.values()]

    assert len(set(titles)) == len(titles)
    assert not set(titles) & set(OPTIONS)


def test_a_resource_can_override_every_option_of_paging() -> None:
    """Each field of PaginationSettings is an option of the spec, but for what only it can say."""
    named = {decamelize(name) for name in OPTIONS}
    paging = {field.name for field in fields(PaginationSettings)} - {
        "send_in",
        "type_is_own",
        "accept_doubt",
        "cursor_alone",
        "in_order",
        "sends_size",
        "start_offset",
    }

    assert {"pagination_type" if name == "type" else name for name in paging} <= named
