"""The files in deploy/: what Port's chart makes of them starts the integration."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shlex
import signal
import string
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from port_ocean.config.dynamic import default_config_factory
from port_ocean.config.settings import IntegrationConfiguration

from errors import ConfigurationError
from settings import Settings, StaticCredentials, load_settings
from tests.certificates import self_signed
from tests.chart import (
    DEPLOY,
    LONGEST_CRON_JOB,
    LONGEST_NAME,
    Rendered,
    Values,
    helm,
    load_values,
    merged,
    rendered,
    rendered_by_helm,
    values,
)
from tests.documents import blocks
from tests.fault_api import FaultApi, answer
from tests.layout import ROOT
from tests.resync import IDENTIFIER, Installation, resource, working_directory
from workbench.sail import sail_command

INSTALLATION = ROOT / "docs" / "installation.md"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
OPTIONS = yaml.safe_load((ROOT / ".port" / "spec.yaml").read_text())["configurations"]
NAMES = {option["name"] for option in OPTIONS}
SENSITIVE = {option["name"] for option in OPTIONS if option.get("sensitive")}
CASES = sorted(path.name for path in DEPLOY.glob("*.yaml") if path.name != "values.yaml")
CREDENTIALS = {  # what a Secret kept by somebody else brings
    "OCEAN__PORT__CLIENT_ID": "client",
    "OCEAN__PORT__CLIENT_SECRET": "client-secret",
    "OCEAN__INTEGRATION__CONFIG__API_TOKEN": "the-token",
}

VARIABLES = {  # those of a shell in which the documented commands are run
    "PORT_CLIENT_ID": "client",
    "PORT_CLIENT_SECRET": "client-secret",
    "API_TOKEN": "the-token",
}

cases = pytest.mark.parametrize("name", CASES)


def known(name: str) -> str:
    """The case, unless its settings are not there yet."""
    integration = load_values(DEPLOY / name)["integration"]
    used = {*integration.get("config", {}), *integration.get("secrets", {})}
    if used - NAMES:
        pytest.skip(f"settings to come: {sorted(used - NAMES)}")
    return name


def with_certificates(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The values with a real certificate and a real key where a file has words in their place."""
    text = self_signed(folder / "client.pem").read_text()
    found = re.finditer(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\n", text, re.DOTALL)
    by_label = {one[1]: one[0] for one in found}
    for section in (given["integration"]["config"], given["integration"].get("secrets", {})):
        for name, value in section.items():
            if label := re.match(r"-----BEGIN ([A-Z ]+)-----", str(value)):
                section[name] = by_label[label[1]]
    return given


def started(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> IntegrationConfiguration:
    """What Ocean makes of the variables of a container when it starts."""
    monkeypatch.chdir(working_directory(folder / "app"))
    for variable in os.environ:
        if variable.startswith("OCEAN__"):
            monkeypatch.delenv(variable)
    for variable, value in environment.items():
        if variable.startswith("OCEAN__"):
            monkeypatch.setenv(variable, value)
    return IntegrationConfiguration.model_validate(
        {"integration_config_model": default_config_factory(OPTIONS)}
    )


def settings_of(ocean: IntegrationConfiguration) -> Settings:
    """The settings as the integration reads them."""
    config = ocean.integration.config
    return load_settings(config if isinstance(config, dict) else config.model_dump())


def installed(container: Rendered, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Settings:
    """The settings as the integration reads them in that container."""
    return settings_of(started({**CREDENTIALS, **container.environment}, monkeypatch, folder))


def command(beginning: str, page: Path = INSTALLATION) -> list[str]:
    """The words of a command of a page, its variables filled in."""
    (text,) = (
        text
        for block in blocks(page, "sh")
        for text in re.split(r"(?<!\\)\n", block.text)
        if text.startswith(beginning)
    )
    return shlex.split(string.Template(text).substitute(VARIABLES))


def values_of(flag: str, words: list[str]) -> list[str]:
    """What stands behind each of these flags of a command."""
    return [after for word, after in itertools.pairwise(words) if word == flag]


@cases
def test_the_rendered_settings_are_taken(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the chart hands over is read without a fault, and says what the file says."""
    given = with_certificates(values(known(name)), tmp_path)
    container = rendered(given, VERSION)

    settings = installed(container, monkeypatch, tmp_path)

    assert str(settings.base_url).rstrip("/") == given["integration"]["config"]["baseUrl"]
    assert (
        container.environment["OCEAN__INTEGRATION__IDENTIFIER"]
        == (given["integration"]["identifier"])
    )


@cases
def test_a_fault_in_the_values_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same values with a wrong word are refused: these tests would see one."""
    given = with_certificates(values(known(name)), tmp_path)
    given["integration"]["config"]["paginationType"] = "by-page"

    with pytest.raises(ConfigurationError, match="paginationType"):
        installed(rendered(given, VERSION), monkeypatch, tmp_path)


@cases
def test_the_container_is_as_safe_as_the_image_allows(name: str) -> None:
    """It pulls from the operator's registry, writes to its volume alone, and has its resources."""
    container = rendered(values(name), VERSION)

    assert container.image == f"registry.example.com/port-ocean-custom:{VERSION}"
    assert container.security["readOnlyRootFilesystem"] is True
    assert container.security["capabilities"] == {"drop": ["ALL"]}
    assert set(container.resources) == {"requests", "limits"}
    assert container.environment["OCEAN__PROCESSING_MODE"] == "ocean-core"
    assert container.environment["OCEAN__ALLOW_ENVIRONMENT_VARIABLES_JQ_ACCESS"] == "false"


@cases
def test_credentials_are_secrets(name: str) -> None:
    """What the spec calls sensitive stands under `secrets`: the rest lies open in a ConfigMap."""
    config = load_values(DEPLOY / name)["integration"].get("config", {})

    # A certificate is public; its key is not.
    assert not set(config) & (SENSITIVE - {"clientCertificate", "caCertificate"})


@cases
def test_names_fit_a_cluster(name: str) -> None:
    """Kubernetes takes the names made of the identifier, and the chart cuts none of them."""
    identifier = values(name)["integration"]["identifier"]

    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", identifier)
    assert len(f"ocean-custom-{identifier}-deployment") <= LONGEST_NAME
    assert len(f"ocean-custom-{identifier}-cron-job") <= LONGEST_CRON_JOB


def test_a_cron_job_has_a_schedule_and_finishes() -> None:
    """Its interval is a cron expression, and a tick never ends a resync that still runs."""
    container = rendered(values("cronjob.yaml"), VERSION)

    assert container.kind == "CronJob"
    assert len(str(container.schedule).split()) == 5
    assert container.concurrency == "Forbid"
    assert container.hooks == 0
    assert json.loads(container.environment["OCEAN__EVENT_LISTENER"]) == {"type": "ONCE"}


def test_installations_side_by_side_have_identifiers_of_their_own() -> None:
    """Two files read one API under two names."""
    people, tickets = (
        values(name)["integration"] for name in ("several-people.yaml", "several-tickets.yaml")
    )

    assert people["config"]["baseUrl"] == tickets["config"]["baseUrl"]
    assert people["identifier"] != tickets["identifier"]


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        pytest.param("config", "maxPages", 1_000_000, "exponent", id="a million without quotes"),
        pytest.param("secrets", "allowedHosts", ["a"], "in quotes", id="a list in secrets"),
    ],
)
def test_what_the_chart_would_spoil_is_found(
    section: str, key: str, value: object, said: str
) -> None:
    """The table of the chart's rules knows its traps."""
    given = values("token.yaml")
    given["integration"][section][key] = value

    with pytest.raises(AssertionError, match=said):
        rendered(given, VERSION)


@pytest.mark.skipif(helm() is None, reason="needs PORT_OCEAN_CHART and helm-python-sdk")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="as it is"),
        pytest.param({"service": {"enabled": False}}, id="without a service"),
    ],
)
@cases
def test_helm_renders_the_same(name: str, change: Values) -> None:
    """Helm's own engine makes of each file what the table of rules does."""
    given = {**values(name), **change}
    by_helm, by_rules = rendered_by_helm(given, VERSION), rendered(given, VERSION)

    def value(text: str) -> object:
        parsed = json.loads(text) if text.startswith(("{", "[")) else text
        # The chart's default names brokers of Port's, which stay beside another type.
        return (
            {**parsed, "brokers": ""}
            if isinstance(parsed, dict) and "brokers" in parsed
            else parsed
        )

    def parsed(container: Rendered) -> dict[str, object]:
        return {key: value(text) for key, text in container.environment.items()}

    assert parsed(by_helm) == parsed(by_rules)
    for part in ("kind", "image", "security", "resources", "schedule", "concurrency", "hooks"):
        assert getattr(by_helm, part) == getattr(by_rules, part), part
    assert by_helm.mounts == by_rules.mounts
    assert list(by_helm.secrets) == list(by_rules.secrets)


def test_the_docker_command_starts_the_integration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As it is written: every variable is taken, and the settings have no fault."""
    words = command("docker run")
    given = dict(pair.split("=", 1) for pair in values_of("-e", words))

    ocean = started(given, monkeypatch, tmp_path)

    assert words[-1] == f"registry.example.com/port-ocean-custom:{VERSION}"
    assert (ocean.port.client_id, ocean.port.client_secret) == ("client", "client-secret")
    assert (ocean.event_listener.type, ocean.scheduled_resync_interval) == ("POLLING", 120)
    assert (ocean.integration.identifier, ocean.processing_mode) == ("my-api", "ocean-core")
    credentials = settings_of(ocean).credentials
    assert isinstance(credentials, StaticCredentials)
    assert credentials.headers == {"Authorization": "Bearer the-token"}


@pytest.mark.parametrize(
    ("page", "own"),
    [
        pytest.param(INSTALLATION, {}, id="installation"),
        pytest.param(
            ROOT / "README.md",
            {"identifier": "my-api", "config": {"baseUrl": "https://api.example.com"}},
            id="README",
        ),
    ],
)
def test_the_helm_command_installs_what_the_tests_render(page: Path, own: Values) -> None:
    """As it is written: its files are there, and with its values they make the image's name."""
    words = command("helm upgrade", page)
    given = [yaml.safe_load((ROOT / file).read_text()) for file in values_of("-f", words)]
    plain, literal = values_of("--set", words), values_of("--set-literal", words)
    for pair in (*plain, *literal):
        path, _, value = pair.partition("=")
        nested: Any = value
        for key in reversed(path.split(".")):
            nested = {key: nested}
        given.append(nested)

    container = rendered(merged(*given), VERSION)

    assert container == rendered(merged(values("token.yaml"), {"integration": own}), VERSION)
    assert merged(*given)["integration"]["version"] == VERSION
    assert values_of("--version", words) == ["0.21.0"]
    # `--set` splits at commas, drops backslashes, and makes a number of digits.
    assert not [pair for pair in plain if set(pair.split("=")) & set(VARIABLES.values())]


async def test_the_rendered_container_syncs(
    api: FaultApi, installation: Installation, tmp_path: Path
) -> None:
    """With the environment of a rendered CronJob the integration starts, syncs and ends."""
    api.serve("/items", answer([{"id": 1}]))
    installation.mapping = [resource("/items")]
    installation.publish_mapping()
    given = values("cronjob.yaml")
    given["port"]["baseUrl"] = installation.catalog_url
    given["integration"]["identifier"] = IDENTIFIER
    given["integration"]["config"]["baseUrl"] = api.url
    environment = rendered(given, VERSION).environment
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("OCEAN__")}

    process = await asyncio.create_subprocess_exec(
        *sail_command(),
        cwd=working_directory(tmp_path / "app"),
        env={**inherited, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)

    assert process.returncode == 0, output.decode()
    assert [entity.identifier for entity in installation.entities()] == ["1"], output.decode()
    assert api.requests[0].headers["authorization"] == "Bearer the-token"
