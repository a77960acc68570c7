"""`export`: what it writes gives back equal settings, and holds no secret."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from settings import Settings, load_settings
from settings.fields import FIELDS, VARIABLE_PREFIX
from tests.chart import DEPLOY, load_values, merged, rendered
from tests.examples import EXAMPLES
from tests.fault_api import FaultApi
from tests.layout import ROOT
from tests.resync import Installation, resource, working_directory
from tests.simulators import signing_key_text
from tests.test_sail import TOKEN, docker_environment, items
from workbench.check.files.documents import read_env
from workbench.export import FORMATS, IMAGE, SECRET, export, exported, is_secret
from workbench.sail import image_python

Environment = dict[str, str]
SECRETS = "SECRET-of-nobody-"
PORT_S = ("OCEAN__PORT__CLIENT_ID", "OCEAN__PORT__CLIENT_SECRET")


def variables(name: str) -> Environment:
    """The variables of an example, the secret ones with values that are easily found."""
    given = read_env(EXAMPLES / name / ".env.example", ".env").values
    return {
        key: _secret(key, text) if is_secret(key) and not text.startswith("{") else text
        for key, text in given.items()
        if text
    }


def _secret(key: str, text: str) -> str:
    """A value that is easily found; a key that signs, where one is wanted."""
    return signing_key_text() if text.startswith("-----BEGIN") else f"{SECRETS}{key}"


def of_helm(text: str, secrets: Environment) -> Environment:
    """The environment as the chart makes it."""
    values = yaml.safe_load(text)
    by_name = {field.name: field.variable for field in FIELDS.values()}
    config = {
        by_name[name]: json.dumps(value) if isinstance(value, dict | list) else str(value)
        for name, value in values["integration"]["config"].items()
    }
    assert values["secret"] == {"create": False, "name": SECRET}  # its keys become variables
    return config | {one["name"]: one["value"] for one in values["extraEnv"]} | secrets


def of_docker(text: str, secrets: Environment) -> Environment:
    """The environment as shell and Docker make it."""
    words = shlex.split(text, comments=True)
    pairs = [words[at + 1].partition("=") for at, word in enumerate(words) if word == "--env"]
    return {name: value if equals else secrets[name] for name, equals, value in pairs}


def of_github(text: str, secrets: Environment) -> Environment:
    """The environment as GitHub makes it."""
    (job,) = yaml.safe_load(text)["jobs"].values()

    def evaluated(found: re.Match[str]) -> str:
        expression = found[1].strip()
        return expression.strip("'") if expression[0] == "'" else secrets[expression[8:]]

    return {
        name: re.sub(r"\$\{\{(.*?)\}\}(?!')", evaluated, value)
        for name, value in job["env"].items()
    }


def of_gitlab(text: str, secrets: Environment) -> Environment:
    """The environment as GitLab makes it: what is not expanded, and the project's own."""
    (job,) = yaml.safe_load(text).values()
    assert all(one["expand"] is False for one in job["variables"].values())
    return {name: one["value"] for name, one in job["variables"].items()} | secrets


READERS: Mapping[str, Callable[[str, Environment], Environment]] = {
    "helm": of_helm,
    "docker": of_docker,
    "github": of_github,
    "gitlab": of_gitlab,
}


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment holds."""
    config = {
        name.removeprefix(VARIABLE_PREFIX).lower(): text
        for name, text in environment.items()
        if name.startswith(VARIABLE_PREFIX)
    }
    return load_settings(config)


@pytest.mark.parametrize(
    ("folder", "target"),
    [
        # Each example in one form, each form with many examples.
        pytest.param(folder, target, marks=() if (at + n) % 4 == 0 else pytest.mark.exhaustive)
        for at, folder in enumerate(sorted(one.name for one in EXAMPLES.iterdir() if one.is_dir()))
        for n, target in enumerate(FORMATS)
    ],
)
def test_what_is_exported_gives_the_same_settings(folder: str, target: str) -> None:
    """Parsed and filled with the secrets as its reader does, it is the same installation."""
    given = variables(folder)
    secrets = {name: text for name, text in given.items() if is_secret(name)}
    secrets |= dict.fromkeys(PORT_S, "x")

    text = FORMATS[target](exported(given))

    assert settings_of(READERS[target](text, secrets)) == settings_of(given)
    assert SECRETS not in text
    assert signing_key_text() not in text
    for name in secrets:
        assert name in text


@pytest.mark.parametrize("target", FORMATS)
def test_odd_texts_arrive_as_they_are(target: str) -> None:
    """Quotes, dollars, braces and large numbers survive."""
    given = {
        f"{VARIABLE_PREFIX}BASE_URL": "https://api.example.com/it's",
        f"{VARIABLE_PREFIX}TOTAL_PATH": '."a b" | $x "${{ x }}"',
        f"{VARIABLE_PREFIX}MAX_PAGES": "1000000",
    }

    text = FORMATS[target](exported(given))

    environment = READERS[target](text, dict.fromkeys(PORT_S, "x"))

    assert {name: environment[name] for name in given} == given


@pytest.mark.parametrize("target", FORMATS)
def test_a_variable_that_headers_read_goes_along(target: str) -> None:
    """`suggest` leaves the token in a variable of yours: the container gets it as well."""
    headers = f"{VARIABLE_PREFIX}CUSTOM_HEADERS"
    given = {headers: '{"Authorization": "Bearer ${MY_TOKEN}"}'}
    secrets = {**given, "MY_TOKEN": "the-token", **dict.fromkeys(PORT_S, "x")}

    environment = READERS[target](FORMATS[target](exported(given)), secrets)

    assert {name: environment[name] for name in secrets} == secrets


@pytest.mark.parametrize("target", FORMATS)
def test_what_no_file_of_settings_has_is_added(target: str) -> None:
    """Port's credentials, an identifier, and Ocean itself as who maps and deletes."""
    text = FORMATS[target](exported({f"{VARIABLE_PREFIX}API_TOKEN": ""}))

    for word in (*PORT_S, f"{VARIABLE_PREFIX}API_TOKEN", "my-api", "ocean-core"):
        assert word in text


@pytest.mark.parametrize(
    "given", [{"OCEAN__EVENT_LISTENER__TYPE": "POLLING"}, {"OCEAN__EVENT_LISTENER": "{}"}, {}]
)
@pytest.mark.parametrize("target", ["github", "gitlab"])
def test_a_job_runs_one_resync(target: str, given: Environment) -> None:
    """Whatever the file says: a job that listens would run until it is stopped."""
    text = FORMATS[target](exported(given))
    environment = READERS[target](text, dict.fromkeys(PORT_S, "x"))

    listener = {key: value for key, value in environment.items() if "EVENT_LISTENER" in key}
    assert listener == {"OCEAN__EVENT_LISTENER__TYPE": "ONCE"}


@pytest.mark.parametrize(
    "given",
    [{"OCEAN__EVENT_LISTENER__TYPE": "ONCE"}, {"OCEAN__EVENT_LISTENER": '{"type": "ONCE"}'}, {}],
)
def test_the_chart_makes_a_process_that_stays(given: Environment) -> None:
    """A cluster starts a Deployment that ends again at once: one resync after the other."""
    base_url = {f"{VARIABLE_PREFIX}BASE_URL": "https://api.example.com"}
    values = yaml.safe_load(FORMATS["helm"](exported(given | base_url)))

    made = rendered(merged(load_values(DEPLOY / "values.yaml"), values), "1.0.0")

    assert json.loads(made.environment["OCEAN__EVENT_LISTENER"])["type"] == "POLLING"
    assert made.environment["OCEAN__PROCESSING_MODE"] == "ocean-core"
    assert made.environment["OCEAN__INTEGRATION__IDENTIFIER"] == "my-api"
    assert made.secrets == (SECRET,)
    assert made.image == IMAGE


# --- run as its reader runs it --------------------------------------------------------------

DOCKER = """#!/usr/bin/env python3
import os, sys
words = sys.argv[1:]
assert words[0] == "run", words
kept = {name: os.environ[name] for name in ("PATH", "HOME", "NO_PROXY") if name in os.environ}
for at, word in enumerate(words):
    if word == "--env":
        name, equals, text = words[at + 1].partition("=")
        kept[name] = text if equals else os.environ[name]
os.execve("scripts/start", ["scripts/start"], kept)
"""
"""In the place of Docker: the container's command, with the variables that were passed on."""
PYTHON = """#!/bin/bash
exec {python} "$1" "${{2/run()/run(port=0)}}"
"""
"""The container's Python; port 8000 of this machine may be taken."""


def _scripts(target: str, text: str, secrets: Environment) -> tuple[str, Environment]:
    """What the reader of an export gives to a shell, and the variables it sets for it."""
    if target == "docker":
        return text, secrets
    (job,) = (
        yaml.safe_load(text)["jobs"].values()
        if target == "github"
        else [yaml.safe_load(text)["sync"]]
    )
    lines = [one["run"] for one in job["steps"]] if target == "github" else job["script"]
    return "\n".join(lines), READERS[target](text, secrets)


@pytest.mark.parametrize(
    "target",
    [
        "gitlab",
        pytest.param("github", marks=pytest.mark.exhaustive),
        pytest.param("docker", marks=pytest.mark.exhaustive),
    ],
)
async def test_what_is_exported_syncs(
    api: FaultApi, installation: Installation, tmp_path: Path, target: str
) -> None:
    """A shell runs it as it stands, with the container's packages; /app is the folder here."""
    api.serve("/items", items)
    installation.mapping = [resource("/items")]
    installation.publish_mapping()
    given = docker_environment(installation) | {
        "OCEAN__EVENT_LISTENER": '{"type": "ONCE"}',
        "OCEAN__INTEGRATION__CONFIG__CUSTOM_HEADERS": """{"X-Odd": "it's $HOME \\\\ `id`"}""",
    }
    secrets = {name: text for name, text in given.items() if is_secret(name)}
    script, environment = _scripts(target, FORMATS[target](exported(given)), secrets)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in (("docker", DOCKER), ("python", PYTHON.format(python=image_python()))):
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    folder = working_directory(tmp_path / "app")
    (folder / "scripts").symlink_to(ROOT / "scripts")

    process = await asyncio.create_subprocess_exec(
        *("bash", "-eo", "pipefail", "-c", script.replace("cd /app", f"cd {folder}")),
        cwd=folder,
        env={
            "PATH": f"{commands}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "NO_PROXY": "127.0.0.1",
            **environment,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 120)

    log = output.decode()
    assert process.returncode == 0, log
    assert [one.identifier for one in installation.store.entities("item")] == ["1", "2", "3"], log
    assert {one.headers["x-odd"] for one in api.requests} == {"it's $HOME \\ `id`"}
    assert TOKEN not in log


def test_port_s_own_credentials_are_secret(tmp_path: Path) -> None:
    """The client secret of the organization is never written out."""
    env = tmp_path / ".env"
    env.write_text("OCEAN__PORT__CLIENT_ID=abc\nOCEAN__PORT__CLIENT_SECRET=hidden-value\nOTHER=1\n")

    found = exported(read_env(env, ".env").values)

    assert found.secret == ("OCEAN__PORT__CLIENT_ID", "OCEAN__PORT__CLIENT_SECRET")
    assert not any("hidden" in make(found) or "OTHER" in make(found) for make in FORMATS.values())


def test_a_machine_reads_what_is_exported(tmp_path: Path) -> None:
    """`--json` holds the variables, the names of the secret ones alone, and the text."""
    settings = tmp_path / ".env"
    settings.write_text(
        "OCEAN__INTEGRATION__CONFIG__BASE_URL=https://api.example.com\n"
        "OCEAN__INTEGRATION__CONFIG__API_TOKEN=tok-9d3e7f\n"
    )

    ended = CliRunner().invoke(export, ["docker", "--settings", str(settings), "--json"])

    told = json.loads(ended.output)
    assert told["target"] == "docker"
    assert told["variables"]["OCEAN__INTEGRATION__CONFIG__BASE_URL"] == "https://api.example.com"
    assert told["secrets"] == ["OCEAN__INTEGRATION__CONFIG__API_TOKEN", *PORT_S]
    assert "OCEAN__INTEGRATION__CONFIG__BASE_URL" in told["text"]
    assert "tok-9d3e7f" not in ended.output
