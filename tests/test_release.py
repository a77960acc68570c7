"""What a release consists of: one version, a licence, a changelog, and the workflows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.layout import PACKAGES, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LEFT_OUT = [
    line
    for line in (ROOT / "requirements-left-out.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "deploy").glob("*.yaml")]


def locked(name: str) -> set[str]:
    """The names of the packages in a lock file."""
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text(), re.MULTILINE))


def targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_commands_name_the_version_there_is() -> None:
    """The version stands in pyproject.toml; whatever command names one names the same."""
    named = {
        version
        for path in DOCUMENTS
        for version in re.findall(
            r"(?:port-ocean-custom:|integration\.version=)(\d\S*?)(?=[\s`]|$)",
            path.read_text(),
            re.MULTILINE,
        )
    }

    assert named == {PROJECT["version"]}


def test_the_version_is_no_step_back() -> None:
    """Port's own integration of this type is at 0.6."""
    assert tuple(map(int, PROJECT["version"].split("."))) >= (1, 0, 0)


def test_the_changelog_begins_with_a_release_and_has_this_one() -> None:
    """The first release listed is this version, or what is not released yet; it has its day."""
    headings = re.findall(r"^## \[(.+?)\](.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    releases = [(name, day) for name, day in headings if name != "Unreleased"]

    assert releases[0][0] == PROJECT["version"]
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", day) for _, day in releases)


def test_the_licence_is_said_everywhere() -> None:
    """The file, the project's table and the image's label say the same."""
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert PROJECT["license"] == "MIT"
    assert ".licenses=MIT" in (ROOT / "scripts" / "image").read_text()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_what_a_developer_runs(path: Path) -> None:
    """Each workflow parses, calls a target of the Makefile, and no target that is not there."""
    workflow = yaml.safe_load(path.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    called = {
        target
        for step in steps
        for target in re.findall(r"^make (\S+)", step.get("run", ""), re.MULTILINE)
    }

    assert called
    assert called <= targets()
    assert workflow["permissions"]
    assert all(job["timeout-minutes"] for job in workflow["jobs"].values())


def test_actions_of_others_are_pinned() -> None:
    """By the commit, with the version beside it: a tag may be moved."""
    used = {
        line.strip()
        for path in WORKFLOWS
        for line in path.read_text().splitlines()
        if "uses:" in line
    }

    assert used
    assert [one for one in used if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one)] == []


def test_the_bill_of_materials_is_one_and_names_what_is_locked() -> None:
    """It is CycloneDX by its schema; packages and version are those of the lock and the project."""
    text = (ROOT / "sbom.cdx.json").read_text()
    bill = json.loads(text)
    packages = [one for one in bill["components"] if one["purl"].startswith("pkg:pypi/")]
    lock = (ROOT / "requirements.lock").read_text()

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert bill["metadata"]["component"]["version"] == PROJECT["version"]
    assert len(packages) > 40
    for one in packages:
        name = re.sub("[-_.]+", "-", one["name"]).lower()
        assert re.search(rf"^{name}=={re.escape(one['version'])}[ \\]", lock, re.MULTILINE), one


def test_the_image_has_no_test_tools() -> None:
    """What is left out of the image's lock file is in a developer's."""
    image, developer = locked("requirements.lock"), locked("requirements-dev.lock")

    assert not image & {*LEFT_OUT, "pytest", "coverage", "cookiecutter", "rich"}
    assert set(LEFT_OUT) <= developer
    assert image <= developer


def test_the_image_has_every_module() -> None:
    """What the build is handed are the integration's packages and modules, and its licence."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert {path.name for path in PACKAGES} <= kept
    assert {"*.py", ".port", "pyproject.toml", "scripts/start", "LICENSE"} <= kept
    assert not kept & {"tests", "workbench", "examples", "benchmarks", "docs", ".env"}


@pytest.mark.parametrize(
    "script", ["image", "start", "ocean-latest", "release-check", "find-python"]
)
def test_scripts_are_read_by_any_shell(script: str) -> None:
    """Each script is executable, and parses."""
    file = ROOT / "scripts" / script

    assert file.stat().st_mode & 0o111
    assert file.read_text().startswith("#!/bin/sh\n")
    subprocess.run([shutil.which("sh") or "sh", "-n", file], check=True)
