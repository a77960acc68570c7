"""Ocean's own commands, as real processes: what its release checks run for every integration."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from port_ocean.core.handlers.port_app_config.validators import get_port_app_config_kinds
from port_ocean.utils.misc import get_spec_file

from overrides import EndpointAppConfig, EndpointSelector
from tests.resync import REPOSITORY, Installation, resource, working_directory
from tests.test_sail import docker_environment

OCEAN = Path(sys.executable).with_name("ocean")
# Those that concern an integration, and where they are run: "sail" in test_sail.py.
CONCERNED = {"sail", "probe", "defaults", "port-app-config", "version"}
KEYS = {field.alias for field in EndpointSelector.__fields__.values()}
# These scaffold, list and download other integrations.
UNCONCERNED = {"list", "new", "pull"}


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int | None
    output: str
    errors: str


async def ran(*arguments: str, folder: Path = REPOSITORY, **environment: str) -> Ended:
    """Run the ocean command in a folder, with no settings but these."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("OCEAN__")}
    process = await asyncio.create_subprocess_exec(
        str(OCEAN),
        *arguments,
        cwd=folder,
        env=outside | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return Ended(process.returncode, output.decode(), errors.decode())


async def test_every_command_is_known() -> None:
    """A new version of Ocean with a new command is noticed here."""
    helped = await ran("--help")

    commands = re.findall(
        r"^  ([a-z-]+)(?:  |$)", helped.output.partition("Commands:")[2], re.MULTILINE
    )
    assert set(commands) == CONCERNED | UNCONCERNED


async def test_the_schema_of_a_mapping_is_written(tmp_path: Path) -> None:
    """`ocean port-app-config schema` describes the mapping as JSON Schema, also into a file."""
    printed = await ran("port-app-config", "schema")
    written = await ran("port-app-config", "schema", "-o", str(tmp_path / "schema.json"))

    assert (printed.code, written.code) == (0, 0), printed.errors + written.errors
    schema = json.loads(printed.output)
    assert json.loads((tmp_path / "schema.json").read_text()) == schema
    selector = schema["definitions"]["EndpointSelector"]
    assert set(selector["properties"]) == KEYS
    assert selector["additionalProperties"] is False
    assert schema["definitions"]["EndpointResource"]["properties"]["kind"]["type"] == "string"


async def test_the_schema_for_the_form_is_written(tmp_path: Path) -> None:
    """With `-f ui` it has the one kind that may be any path, and no reference that is left open."""
    written = await ran("port-app-config", "schema", "-f", "ui", "-o", str(tmp_path / "ui.json"))

    assert written.code == 0, written.errors
    text = (tmp_path / "ui.json").read_text()
    (kind,) = json.loads(text)["kinds"].values()
    assert set(kind["selectors"]["properties"]) == KEYS
    assert "$ref" not in text


async def test_the_version_is_told() -> None:
    """`ocean version` works from the integration's folder."""
    told = await ran("version")

    assert told.code == 0, told.errors
    assert re.search(r"\d+\.\d+\.\d+", told.output)


def test_the_kinds_of_a_probe_are_none() -> None:
    """`ocean probe` asks the model for kinds with a fixed name: there are none, and no error."""
    assert get_port_app_config_kinds(EndpointAppConfig) == []


def test_the_spec_is_the_one_ocean_finds() -> None:
    """Ocean reads the spec from `.port`, with the fields that a release needs."""
    spec = get_spec_file(REPOSITORY)

    assert spec
    assert spec["title"]
    assert spec["icon"]
    assert [feature["type"] for feature in spec["features"]] == ["exporter"]
    assert {option["type"] for option in spec["configurations"]} <= {
        *("string", "url", "integer", "boolean", "object", "array")
    }


async def test_the_defaults_can_be_taken_away(installation: Installation, tmp_path: Path) -> None:
    """`ocean defaults clean` finds the integration and its mapping.

    `ocean defaults dock` ends in an error of Ocean's own, whatever the integration: it prepares no
    signal handler.
    """
    installation.mapping = [resource("/items")]
    installation.publish_mapping()
    folder = working_directory(tmp_path / "integration")

    ended = await ran("defaults", "clean", folder=folder, **docker_environment(installation))

    assert ended.code == 0, ended.output + ended.errors
