"""The documentation says what the code does: names, defaults, messages, links, numbers."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import jq
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from humps import camelize, decamelize
from msgspec.structs import fields
from port_ocean.config.dynamic import default_config_factory
from port_ocean.core.handlers.entities_state_applier.port import applier
from port_ocean.core.integrations.mixins import sync_raw
from port_ocean.helpers import retry as oceans_retry
from pydantic.v1 import BaseModel

import errors
from errors import LONGEST, ConfigurationError, MappingError
from framework.outcome import ExitCode, Tally
from framework.settings_model import lenient
from jq_engine import worker as jq_worker
from jq_engine.programs import Jq
from overrides import EndpointAppConfig, EndpointSelector, PathParameter
from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM, PaginationSettings
from paging import signal_names
from paging.extraction import Extractor
from paging.signal_names import name_of
from paging.signals import says_more, total_named_by
from paging.steps import End
from resync import children, session
from scripts import known_signals, words
from scripts.reference import PAGES, written
from selector.request_fields import CsvFields, PaginationOverride, RequestFields
from settings import load_settings
from settings.fields import FIELDS
from tests.certificates import signed_by
from tests.documents import (
    CONTRIBUTING,
    DOCS,
    README,
    ROOT,
    Block,
    Example,
    Exchange,
    Row,
    blocks,
    examples,
    exchanges,
    mapping_of,
    prose,
    run,
    tables,
)
from tests.layout import MODULES, dotted
from tests.literals import Json
from transport import retry

ALL = [README, CONTRIBUTING, *DOCS]
SETTINGS, MAPPING, REFERENCE, CHOOSE, PAGINATION, AUTHENTICATION, ERRORS, DESIGN, OPERATING = (
    ROOT / "docs" / f"{name}.md"
    for name in (
        "settings",
        "mapping",
        "mapping-reference",
        "pagination",
        "pagination-reference",
        "authentication",
        "errors",
        "design",
        "operating",
    )
)
OPTIONS: dict[str, dict[str, Json]] = {
    option["name"]: option
    for option in yaml.safe_load((ROOT / ".port" / "spec.yaml").read_text())["configurations"]
}
VARIABLE = "OCEAN__INTEGRATION__CONFIG__"
README_LINES = 150
MOST_WORDS = 20_500
SHORTEST_LINE = 10

# Heading of the first column of the table that lists a model's fields, and the model.
SETTING_ROWS = tables(SETTINGS, "Setting")
SELECTOR_ROWS, PARAMETER_ROWS, PAGING_ROWS, CSV_ROWS = (
    [row for row in tables(REFERENCE, "Field") if row.section == section]
    for section in ("Selector", "Path parameter", "Pagination", "CSV")
)
JQ_LIMITS = tables(MAPPING, "Limit of one run")


def _real_certificates() -> dict[str, str]:
    certificate, key = signed_by(None, None, name="docs")
    encoding = serialization.Encoding.PEM
    public = certificate.public_bytes(encoding).decode()
    kind, without = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.private_bytes(encoding, kind, without).decode()
    return {"client_certificate": public, "client_key": private, "ca_certificate": public}


REAL_CERTIFICATES = _real_certificates()


def variables(block: Block) -> dict[str, str]:
    """The settings of a block of environment variables, by their names in snake_case."""
    pairs = (line.split("=", 1) for line in block.text.splitlines())
    return {
        name.removeprefix(VARIABLE).lower(): value
        for name, value in pairs
        if name.startswith(VARIABLE)
    }


def handed_over(**config: str) -> dict[str, Json]:
    """Settings as Ocean hands them over, from texts."""
    model = lenient(default_config_factory(list(OPTIONS.values())))
    assert model is not None
    return model(**config).model_dump()


def parsed(value: str) -> Json:
    """A default or example as it stands in a table: JSON where it is, else text."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def only_name(row: Row, column: str) -> str:
    """The one name in backticks of a cell."""
    (name,) = row.names(column)
    return name


# --- settings --------------------------------------------------------------------------


def test_every_setting_has_a_row_and_none_is_invented() -> None:
    """The tables of settings name each option of the spec exactly once."""
    assert sorted(only_name(row, "Setting") for row in SETTING_ROWS) == sorted(OPTIONS)


@pytest.mark.parametrize("row", SETTING_ROWS, ids=lambda row: only_name(row, "Setting"))
def test_a_setting_is_documented_as_the_spec_has_it(row: Row) -> None:
    """Type, default and whether it is required are those of the spec."""
    option = OPTIONS[only_name(row, "Setting")]
    defaults = [parsed(name) for name in row.names("Default")]

    assert row.cells["Type"] == option["type"]
    assert (row.cells["Default"] == "required") == option.get("required", False)
    assert defaults == ([option["default"]] if "default" in option else [])


@pytest.mark.parametrize("row", SETTING_ROWS, ids=lambda row: only_name(row, "Setting"))
def test_the_example_of_a_setting_is_valid(row: Row) -> None:
    """Each example is accepted, by Ocean and by the integration."""
    config = {"base_url": "https://api.example.com", **settings_of(row)}
    context = {"custom_auth_request": '{"endpoint": "/"}', "auth_value": "dTpw", "api_token": "x"}
    context |= {"requests_per_minute": "300"}
    config = {**context, "custom_auth_request_template": '{"headers": {"a": "b"}}', **config}
    config |= REAL_CERTIFICATES if "PEM" in row.cells["Meaning"] else {}

    settings = load_settings(handed_over(**config), environ={"TENANT": "acme"})

    assert settings.base_url.scheme == "https"


def settings_of(row: Row) -> dict[str, str]:
    """The example of a row, and for an option of one type of credentials that type."""
    name = only_name(row, "Setting")
    shown_for = FIELDS[name].shown_for
    kind = {"auth_type": "custom"} if shown_for == ("custom",) else {}
    return {**kind, decamelize(name): only_name(row, "Example")}


def test_the_list_of_variables_is_complete_and_valid() -> None:
    """The last block of the settings has each variable once, and loads."""
    listed = blocks(SETTINGS, "env")[-1]

    assert sorted(variables(listed)) == sorted(decamelize(name) for name in OPTIONS)
    assert listed.text.count(VARIABLE) == len(OPTIONS)


@pytest.mark.parametrize(
    "block",
    [block for path in ALL for block in blocks(path, "env")],
    ids=lambda block: block.place,
)
def test_a_block_of_variables_loads_or_fails_as_it_says(block: Block) -> None:
    """Each block gives settings; one with the text of an error below it gives that error."""
    given = {"base_url": "https://api.example.com", **variables(block)}
    # Their examples are too short to be real.
    given |= {name: text for name, text in REAL_CERTIFICATES.items() if name in given}
    config = handed_over(**given)
    following = [other for other in blocks(block.path) if other.line > block.line][:1]

    if following and following[0].language == "text":
        with pytest.raises(ConfigurationError, match=re.escape(following[0].text.strip())):
            load_settings(config)
    else:
        assert load_settings(config).base_url.scheme == "https"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_reference_is_what_the_code_says(page: Path) -> None:
    """The tables are as `make reference` writes them, and every one of them is there."""
    text = page.read_text()

    assert written(text, PAGES[page]) == text
    assert re.findall(r"<!-- generated: (.+?) -->", text) == list(PAGES[page])


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_name_of_a_setting_exists(path: Path) -> None:
    """Variables and Helm values name options of the spec, but for the example of a wrong name."""
    text = path.read_text().replace("PAGINATION_PRAM", "PAGINATION_PARAM")
    named = re.findall(r"OCEAN__INTEGRATION__(?:CONFIG|SECRETS)__([A-Z][A-Z_]+)", text)
    helm = re.findall(r"integration\.(?:config|secrets)\.([a-zA-Z]+)", text)

    assert {camelize(name.lower()) for name in named} | set(helm) <= set(OPTIONS)


@pytest.mark.parametrize("name", ["customAuthRequest", "customAuthRequestTemplate"])
def test_the_keys_of_a_login_are_documented(name: str) -> None:
    """The table below the heading of a setting has the keys that are accepted."""
    rows = [row for row in tables(AUTHENTICATION, "Key") if f"`{name}`" in row.section]
    known: dict[str, dict[str, Json]] = {
        "customAuthRequest": {"endpoint": "/"},
        "customAuthRequestTemplate": {"headers": {"a": "b"}},
    }
    known[name]["zzzzzzzz"] = "unknown"

    with pytest.raises(ConfigurationError) as caught:
        load_settings({"baseUrl": "https://a.example", "authType": "custom", **known})

    assert tuple(map(str, caught.value.faults)) == (
        f"{name} has an unknown key, number 2; use "
        + ", ".join(only_name(row, "Key") for row in rows),
    )


ONLY_IN_A_SELECTOR = {"send_in", "start_offset", "cursor_alone", "in_order", "accept_doubt"}

# --- mapping and pagination ------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "model", "beside"),
    [
        pytest.param(SELECTOR_ROWS, EndpointSelector, BaseModel, id="selector"),
        pytest.param(PARAMETER_ROWS, PathParameter, RequestFields, id="path parameter"),
        pytest.param(PAGING_ROWS, PaginationOverride, BaseModel, id="pagination"),
        pytest.param(CSV_ROWS, CsvFields, BaseModel, id="csv"),
    ],
)
def test_every_field_has_a_row_and_none_is_invented(
    rows: Sequence[Row], model: type[BaseModel], beside: type[BaseModel]
) -> None:
    """The table of a model names each of its own fields once, with its default."""
    own = model.__fields__.keys() - beside.__fields__.keys()

    assert sorted(only_name(row, "Field") for row in rows) == sorted(own)
    for row in rows:
        field = model.__fields__[only_name(row, "Field")]
        assert (row.cells["Default"] == "required") == bool(field.required)
        if isinstance(field.default, str):
            assert row.names("Default") == [field.default]


@pytest.mark.parametrize("row", PAGING_ROWS, ids=lambda row: only_name(row, "Field"))
def test_a_field_of_pagination_has_its_setting_and_default(row: Row) -> None:
    """The row names the setting that the field overrides, and the default of both."""
    name = only_name(row, "Field")
    (field,) = (field for field in fields(PaginationSettings) if field.name == name)
    option = OPTIONS.get(next(iter(row.names("Setting")), ""), {})

    assert row.names("Setting") == (
        []
        if name in ONLY_IN_A_SELECTOR
        else ["paginationType" if name == "type" else camelize(name)]
    )
    if default := option.get("default", field.default):
        assert row.names("Default")[0] == str(default)


def test_the_default_parameters_are_documented() -> None:
    """The tables say which parameters each type sends when none are set."""
    cells = {only_name(row, "Field"): row.names("Default") for row in PAGING_ROWS}

    assert cells["pagination_param"] == list(DEFAULT_POSITION_PARAM.values())
    assert cells["size_param"] == list(DEFAULT_SIZE_PARAM.values())


@pytest.mark.parametrize(
    "row",
    tables(MAPPING, "`data_path`"),
    ids=lambda row: f"{row.cells['`data_path`']} of {row.cells['Response']}",
)
async def test_a_data_path_gives_the_items_shown(jq: Jq, row: Row) -> None:
    """Each row of the table of data paths is what extraction gives."""
    program = next(name for name in row.names("`data_path`"))
    unset = row.cells["`data_path`"].startswith("unset")
    body, items = (json.loads(only_name(row, column)) for column in ("Response", "Items"))

    for data_path in [program, None] if unset else [program]:
        extracted = await Extractor(data_path, "data_path", jq).extract(body)
        assert extracted.items == items


@pytest.mark.parametrize(
    "block",
    [block for path in ALL for block in blocks(path, "yaml")],
    ids=lambda block: block.place,
)
def test_a_block_of_yaml_is_a_mapping(block: Block) -> None:
    """Each block is a whole mapping, or the resource of a runnable example."""
    given = yaml.safe_load(block.text)

    if "resources" in given:
        assert EndpointAppConfig.parse_obj(given).resources
    else:
        assert set(given) == {"settings", "resource"}
        assert mapping_of([given["resource"]]).resources


def test_the_refusal_of_an_unknown_key_is_what_the_mapping_says() -> None:
    """The message shown for a misspelt key is the message there is."""
    shown = blocks(MAPPING, "text")[0].text.strip()

    with pytest.raises(MappingError, match=re.escape(shown)):
        mapping_of([{"kind": "/users", "selector": {"datapath": ".x"}}])


def test_the_reasons_why_a_list_ends_are_those_of_the_code() -> None:
    """The table has every reason there is, in the order of the code, and no other."""
    reasons = [only_name(row, "Reason") for row in tables(CHOOSE, "Reason")]

    assert reasons == [end.value for end in End]


def test_each_style_of_paging_has_its_section() -> None:
    """Each has a sample that runs, and says when it ends."""
    sections = dict(
        re.findall(r"^## (\S+)\n(.*?)(?=^## )", PAGINATION.read_text(), re.MULTILINE | re.DOTALL)
    )

    for style in FIELDS["paginationType"].words:
        assert "```http" in sections[style], style
        assert "*Ends when:*" in sections[style], style


# A row of the table that leads from an answer to its settings, and what it takes to run one.
CHOICES = tables(CHOOSE, "The first answer")
A_LIST = '{"items": ["a", "b"]}'


@pytest.mark.parametrize("row", CHOICES, ids=lambda row: row.cells["The first answer"][:60])
def test_an_answer_leads_to_the_request_beside_it(row: Row) -> None:
    """The first answer, read under the settings of its row, is followed by the request shown."""
    sample, asked = row.names("The first answer")[0], row.names("Then is asked for")
    name, _, value = sample.partition(": ")
    is_header = sample[0] not in "[{"
    settings = dict(setting.split(": ", 1) for setting in row.names("Set"))
    exchange = Exchange(
        "GET",
        "/items…",
        None,
        answer_headers={name: value} if is_header else {},
        answer=A_LIST if is_header else sample,
    )
    selector = {} if sample.startswith("[") else {"data_path": ".items"}
    example = Example(
        row.section,
        {"pageSize": "2", **settings},
        {"kind": "/items", "selector": selector},
        [exchange],
        None,
        None,
    )

    # What follows is answered 404, which ends or fails the walk: only the request counts here.
    sent = run(example).requests[1:]

    assert bool(sent) == bool(asked)
    assert not asked or any(set(asked[0][1:].split("&")) == parameters(key) for key in sent)


def parameters(key: str) -> set[str]:
    """The query parameters of a request's key."""
    return set(key.partition("?")[2].split("&"))


SIGNALS: Mapping[str, Sequence[str]] = {
    "more": signal_names.MORE_NAMES,
    "last": signal_names.LAST_NAMES,
    "cut": signal_names.CUT_NAMES,
    "next": signal_names.NEXT_NAMES,
    "next cursor": signal_names.NEXT_CURSOR_NAMES,
    "cursor": signal_names.CURSOR_NAMES,
    "link": signal_names.LINK_NAMES,
    "next header": known_signals.NEXT_HEADERS,
    "next cursor header": known_signals.CURSOR_HEADERS,
    "`Link` header": signal_names.NEXT_RELATIONS,
    "total": signal_names.TOTAL_NAMES,
    "total pages": signal_names.TOTAL_PAGES_NAMES,
    "total header": known_signals.TOTAL_HEADERS,
    "total pages header": known_signals.TOTAL_PAGES_HEADERS,
    "error": signal_names.ERROR_NAMES,
    "success": signal_names.SUCCESS_NAMES,
    "incomplete": signal_names.INCOMPLETE_NAMES,
    "report": signal_names.REPORT_NAMES,
    "first": signal_names.FIRST_NAMES,
    "previous": signal_names.PREVIOUS_NAMES,
}


def test_the_table_of_known_signals_is_the_tables_of_the_code() -> None:
    """Names, in their order, are those that are looked for."""
    documented = {row.cells["Signal"]: row.names("Names") for row in tables(PAGINATION, "Signal")}

    assert documented == {signal: list(names) for signal, names in SIGNALS.items()}
    assert all(
        value in SIGNALS.values()
        for name, value in vars(signal_names).items()
        if name.endswith(("_NAMES", "_HEADERS", "_RELATIONS"))
    )


def test_the_examples_of_headers_are_known() -> None:
    """Any header of which the name ends so is."""
    assert {says_more(name) for name in known_signals.NEXT_HEADERS} == {"more"}
    assert {says_more(name) for name in known_signals.CURSOR_HEADERS} == {"cursor"}
    for headers, names in (
        (known_signals.TOTAL_HEADERS, signal_names.TOTAL_NAMES),
        (known_signals.TOTAL_PAGES_HEADERS, signal_names.TOTAL_PAGES_NAMES),
    ):
        assert {*map(total_named_by, headers)} <= {*names}


def test_the_words_for_a_known_signal_are_known() -> None:
    """The names that the table gives for what is said in other words spell one of that signal."""
    for row in tables(PAGINATION, "Signal"):
        told = row.cells["Means"].partition("Also")[2].replace("Also", "")
        others = re.findall(r"`([^`]+)`", told) if "header" not in row.cells["Signal"] else []
        assert {name_of(name) for name in others} <= set(row.names("Names")), row.cells["Signal"]


def test_the_holders_of_known_signals_are_documented() -> None:
    """The places that are looked at are listed."""
    (listed,) = (line for line in prose(PAGINATION).split("\n\n") if line.startswith("The holders"))

    def names(holders: Sequence[Sequence[str]]) -> list[str]:
        return [".".join(holder) for holder in holders if holder]

    (wrapped,) = (line for line in prose(PAGINATION).split("\n\n") if "one level down" in line)

    assert re.findall(r"`([^`]+)`", listed) == names(signal_names.HOLDERS)
    assert re.findall(r"`([^`]+)`", wrapped) == [*signal_names.WRAPPERS, "id"]


# --- messages --------------------------------------------------------------------------

ERROR_NAMES = {name for name in vars(errors) if name.endswith("Error")} | {"ValueError"}


def text_of(node: ast.expr) -> str:
    """The text an expression gives, … for what is only known when it runs."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(text_of(value) for value in values)
        case ast.BinOp(left=left, right=right):
            return text_of(left) + text_of(right)
        case _:
            return "…"


def texts(path: Path) -> list[str]:
    """Every text in a module."""
    nodes = ast.walk(ast.parse(path.read_text()))
    kinds = ast.Constant, ast.JoinedStr, ast.BinOp
    return [text_of(node) for node in nodes if isinstance(node, kinds)]


def called(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """The calls of a module, by the name of what is called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name, node


# What notes a fault of a setting: the place, then the problem.
_NOTING = {"fault", "missing", "_fault"}


def sentence(name: str, call: ast.Call) -> str:
    """Where an error was found, the problem and the remedy; of a setting's fault the last two."""
    arguments = call.args[1:3] if name in _NOTING else call.args[:2]
    if arguments and text_of(arguments[0]) == "…":
        return ""  # of a constant, which stands elsewhere in the module
    named = {one.arg: text_of(one.value) for one in call.keywords}
    told = "; ".join([*map(text_of, arguments), *filter(None, [named.get("remedy")])])
    return f"{named['where']} {told}" if "where" in named else told


def raised() -> list[tuple[str, str]]:
    """The messages of all errors: the error's name (what notes it, for settings) and the text."""
    return [
        (name, text)
        for path in MODULES
        for name, call in called(path)
        if name in ERROR_NAMES | _NOTING and re.search("[a-z]{3}", text := sentence(name, call))
    ]


def documented_messages() -> list[str]:
    """The messages in the tables; a row may have several that have one remedy."""
    return [message for row in tables(ERRORS, "Message") for message in row.names("Message")]


def speaks_of(message: str, text: str) -> bool:
    """Whether the parts of a documented message, between its …, stand in a text in their order."""
    at = 0
    for part in message.split("…"):
        if stripped := part.strip(" .,:;"):
            at = text.find(stripped, at)
            if at < 0:
                return False
            at += len(stripped)
    return True


def test_documented_messages_exist() -> None:
    """Each message in a table is one that the code can give."""
    written = [text.replace("{}", "…") for path in MODULES for text in texts(path)]
    written += [text for _, text in raised()]

    assert not [
        message
        for message in documented_messages()
        if not any(speaks_of(message, text) for text in written)
    ]


def test_messages_are_documented() -> None:
    """Each error the code can raise is explained."""
    documented = documented_messages()

    assert not [
        text for _, text in raised() if not any(speaks_of(message, text) for message in documented)
    ]


# Of the API or the way to it: what went wrong is often all there is to say.
OF_OTHERS = {"SourceError", "TransportError", "ResponseError", "BodyError", "OriginError"}


def says_what_to_do(name: str, call: ast.Call) -> bool:
    """Whether a fault has a remedy, of its own or within what it is made of."""
    of_values = call.args and text_of(call.args[0]) == "…" and name not in _NOTING
    given = call.args[2:] if name in _NOTING else call.args[1:]
    return bool(of_values or given or any(one.arg == "remedy" for one in call.keywords))


def test_every_fault_of_settings_and_mapping_has_a_remedy() -> None:
    """Who must act is told what to do, in a field of its own."""
    ours = (ERROR_NAMES | _NOTING) - OF_OTHERS - {"CredentialsError", "FormatError", "ValueError"}

    assert not [
        f"{dotted(path)}:{call.lineno}"
        for path in MODULES
        for name, call in called(path)
        if name in ours and (call.args or call.keywords) and not says_what_to_do(name, call)
    ]


def test_no_message_is_written_long() -> None:
    """What is said takes one look; what is quoted in it is cut where it is long."""
    logged = [
        text_of(call.args[0])
        for path in MODULES
        for name, call in called(path)
        if name in {"info", "warning", "error"} and call.args
    ]

    assert not [text for text in [*logged, *(text for _, text in raised())] if len(text) > LONGEST]


def test_the_tree_of_errors_is_the_one_in_the_code() -> None:
    """Each error stands below its parent, indented as deep as it is."""
    (tree,) = (block for block in blocks(ERRORS, "text") if "OceanCustomError" in block.text)
    drawn = {
        found[2]: len(found[1]) // 4
        for found in re.finditer(r"^([│├└─ ]*)(\w+Error)", tree.text, re.MULTILINE)
    }
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type)]

    assert drawn == {
        kind.__name__: len(kind.mro()) - len(errors.OceanCustomError.mro())
        for kind in classes
        if issubclass(kind, errors.OceanCustomError)
    }


def test_the_limits_are_those_of_the_code() -> None:
    """Numbers in the prose are the constants."""
    said = " ".join(prose(ERRORS).split())
    come_again = sorted(errors.ResponseError.COME_AGAIN_STATUSES)
    final = sorted(errors.ResponseError.NOT_SUPPORTED_STATUSES)

    assert f"at most {retry.MAX_ATTEMPTS} times" in said
    retried = ", ".join(map(str, come_again))
    but = " and ".join(map(str, final))
    assert f"| {retried}, and every status from 500 on but {but} | yes |" in said
    assert f"after {children.MAX_OUTAGES} of them" in " ".join(prose(MAPPING).split())
    limits = {row.cells["Limit of one run"]: row.cells["Value"] for row in JQ_LIMITS}
    assert limits["time"] == f"{jq_worker.MAX_SECONDS:g} seconds"
    assert limits["memory"].startswith(f"{jq_worker.MAX_MEMORY_BYTES // 2**20} MB")
    assert limits["output"] == f"{jq_worker.MAX_OUTPUT_BYTES // 2**20} MB"
    assert f"in batches of {session.BATCH_ITEMS}" in DESIGN.read_text()


# The modules of Ocean that tell how a resync goes.
OCEANS_LINES = [Path(one.__file__ or "") for one in (sync_raw, applier, oceans_retry)]
LOG_LINES = [
    line
    for block in blocks(OPERATING, "text")
    for line in block.text.splitlines()
    if re.match("INFO|WARNING|ERROR", line)
]


def test_lines_of_the_log_are_logged() -> None:
    """Each is written by Ocean or here; one of a kind that failed begins with a real error."""
    found = [text for path in (*MODULES, *OCEANS_LINES) for text in texts(path)]
    templates = [re.sub(r"{[^{}]*}", "…", text) for text in found]
    real = tuple(example.error for example in examples(ERRORS) if example.error)

    def is_logged(said: str) -> bool:
        return said.startswith(real) or any(
            speaks_of(text, said) and said.startswith(text.partition("…")[0])
            for text in templates
            if len(re.findall("[a-z]", text)) >= SHORTEST_LINE
        )

    assert LOG_LINES
    assert not [line for line in LOG_LINES if not is_logged(line.split(maxsplit=1)[1])]


QUOTED = re.compile(r"`([A-Z][^`]*? [^`]*|[a-z]+ (?:items?|with|…)[^`]*)`")
"""What docs/symptoms.md quotes of the log: a sentence, or the beginning or middle of one."""


def test_what_symptoms_quote_of_the_log_is_logged() -> None:
    """Who looks for a line finds it: Ocean or the integration writes each part of it so."""
    written_texts = [text for path in (*MODULES, *OCEANS_LINES) for text in texts(path)]
    quoted = QUOTED.findall((ROOT / "docs" / "symptoms.md").read_text())

    parts = {
        part.strip(" ,:")
        for text in quoted
        for part in re.split(r"…|;|\d+", text)
        if re.search("[a-z]{4}", part)
    }

    assert len(quoted) >= 5
    assert [part for part in parts if not any(part in one for one in written_texts)] == []


def test_the_figures_of_a_line_are_those_of_the_code() -> None:
    """What a kind came to is written as the page shows it."""
    tally = Tally(items=120, entities=118, requests=3, took=1.4, ended=End.EMPTY.value)
    shown = [line for line in LOG_LINES if "complete: items" in line]

    assert shown
    assert all(line.endswith(str(tally)) for line in shown)


def test_the_exit_codes_are_those_of_the_code() -> None:
    """Whoever watches a CronJob finds every code, and no other."""
    codes = [int(row.cells["Code"]) for row in tables(OPERATING, "Code")]

    assert codes == [*ExitCode]


# --- the documents themselves ----------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


# Every page of the repository, those of the examples too.
LINKED = [*words.pages(), *sorted((ROOT / "examples").rglob("*.md"))]


@pytest.mark.parametrize("path", LINKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Each link within the repository names a file, and a heading that is there."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_the_readme_is_short_and_leads_to_every_document() -> None:
    """The README stays within its length, and links each page."""
    text = README.read_text()

    assert len(text.splitlines()) <= README_LINES
    assert all(f"(docs/{path.name})" in text for path in DOCS)


def test_the_documents_are_short() -> None:
    """The prose, but for the list of messages, is read in two hours; what is generated is none."""
    found = {path: words.words(path) for path in words.pages()}

    assert sum(one["prose"] for path, one in found.items() if path != ERRORS) <= MOST_WORDS
    assert found[REFERENCE]["generated"] > found[REFERENCE]["prose"]
    assert found[README]["blocks"]


def test_commands_of_make_exist() -> None:
    """Each target that a document names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for path in ALL
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(), re.MULTILINE)
    }

    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_what_a_command_names_is_there(path: Path) -> None:
    """Each module that a command runs, and each file of ours that a document names, exists."""
    text = path.read_text()
    run_as = set(re.findall(r"python -m ([a-z_.]+[a-z_])", text)) - {"pytest"}
    files = re.findall(r"(?<![\w/.])(?:tests|scripts|benchmarks|deploy|examples)/[\w/.-]+\w", text)

    for name in run_as:
        module = ROOT / name.replace(".", "/")
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), name
    for file in files:
        assert (ROOT / file).exists(), file


def test_the_design_describes_every_room_and_names_modules_that_exist() -> None:
    """Each package has its paragraph, each module at the top its word; what is named is there."""
    at_the_top = {path.name for path in MODULES if path.parent == ROOT}
    packages = {path.relative_to(ROOT).parts[0] for path in MODULES if path.parent != ROOT}
    named = set(re.findall(r"`([\w/]+\.py)`", prose(DESIGN)))
    there = {str(path.relative_to(ROOT)) for path in ROOT.glob("*/*.py")}
    there |= {path.name for path in MODULES}

    assert packages == set(
        re.findall(r"^\*\*(\w+)\*\* (?:is|has|decides|checks) ", prose(DESIGN), re.MULTILINE)
    )
    assert at_the_top <= named <= there


def test_the_readme_shows_the_entities_its_mapping_makes() -> None:
    """The response in the README, through its mapping, is the entities in the README."""
    ((given,), error) = exchanges(blocks(README, "http")[0].text)
    (resource,) = yaml.safe_load(blocks(README, "yaml")[0].text)["resources"]
    outcome = run(Example("README.md", {}, resource, [given], error, None))
    mapping = resource["port"]["entity"]["mappings"]

    def entity(item: Json, part: Json) -> Json:
        if isinstance(part, dict):
            return {key: entity(item, inner) for key, inner in part.items()}
        return jq.compile(part).input_value(item).first()

    kept = [item for item in outcome.items if entity(item, resource["selector"]["query"]) is True]

    assert [entity(item, mapping) for item in kept] == json.loads(blocks(README, "json")[0].text)


def test_the_errors_in_the_readme_are_real() -> None:
    """Each of them ends a runnable example of the documentation."""
    shown = blocks(README, "text")[0].text.splitlines()

    assert set(shown) <= {example.error for path in DOCS for example in examples(path)}
