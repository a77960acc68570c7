"""Whether what ``check`` says mends an installation: its findings are written as they say.

Into the right installation of a product a slip is made (``slips``), ``check`` is run, and the
``fix`` of its findings is written, by no person. The installation is mended where it gives what the
right one gives.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import yaml
from msgspec.structs import replace as with_fields

from framework.mapped_items import Mapped
from jq_engine.worker import JqWorker
from json_values import MISSING, follow
from resync.limits import Limits
from tests.check_bench import PREFIX, Http, checked_files, served, write_env
from tests.check_scene import told
from tests.examples import PRODUCTS, Example, example
from tests.literals import Json
from tests.reading import over_http
from tests.simulators import simulate
from tests.slips import Slip, put
from workbench.check.asking.reading import Seen, Watcher, look, session_of
from workbench.check.files.documents import parse_yaml, read_json
from workbench.check.files.offline import Paths, read_installation
from workbench.check.findings import Finding, Lines, Put, Taken
from workbench.check.run import Report
from workbench.store.model import Blueprint
from workbench.store.rules import faults_of

WHOLE = Limits(pages=60, children=60, items=3000)
"""Of a reading that shows what an installation gives."""
_ROUNDS = 2
_VALUE = re.compile(r"<the value of (\w+?)(?:\.([^>]+))?( without its first word)?>")
RESULTS: Final = (
    "mended",
    "mended in two",
    "mended by one of several",
    "wrong remedy",
    "words only",
    "at another place",
    "silent",
)
"""What becomes of a slip, the best first."""
Given = frozenset[str]
"""What an installation gives: each entity, with what Port refuses of it, and each error."""


@dataclass
class Bench:
    """A product's right installation, and what it gives."""

    name: str
    folder: Path
    right: Given
    items: list[list[dict[str, Json]]]

    @classmethod
    async def of(cls, name: str, folder: Path) -> Bench:
        """The bench of a product."""
        bench = cls(name, folder, frozenset(), [])
        bench.right, seen = await bench.read(bench.written())
        bench.items = [[one.item for one in each.mapped] for each in seen]
        return bench

    @property
    def http(self) -> Http:
        """A way to a new simulator of the product."""
        return served(simulate(replace(PRODUCTS[self.name], throttle=None)))

    def written(self, slip: Slip | None = None) -> Paths:
        """The files of the installation, with a slip in them."""
        given = right_example(self.name)
        parts = {"mapping": given.mapping, "blueprints": given.blueprints}
        for (file, path), value in slip.values.items() if slip else ():
            if file == "settings":
                put(given.settings, path, value)
            else:
                put(parts[file], path, value)
        text = written_yaml(given.mapping).split("\n")
        for at, line in slip.lines.items() if slip else ():
            text[at] = line
        mapping, blueprints = self.folder / "port-app-config.yml", self.folder / "blueprints.json"
        mapping.write_text("\n".join(text))
        blueprints.write_text(json.dumps(given.blueprints, indent=2))
        return Paths(write_env(self.folder, given.settings), mapping, blueprints)

    async def given(self, paths: Paths) -> Given:
        """What an installation gives."""
        return (await self.read(paths))[0]

    async def read(self, paths: Paths) -> tuple[Given, list[Seen]]:
        """What an installation gives, and what was read; one with faulty files is one error."""
        jq = JqWorker()
        try:
            installation = await read_installation(paths, jq)
        finally:
            await jq.aclose()
        settings, config = installation.settings, installation.config
        if installation.has_errors or settings is None or config is None:
            return frozenset({"error"}), []
        settings = with_fields(settings, max_retry_wait=1)
        watcher = Watcher()
        async with session_of(settings, watcher, self.http) as session:
            seen = await look(session, watcher, installation, WHOLE, lambda _: None)
        made = [one for each in seen for one in each.passed]
        names = {(str(one.made.get("blueprint")), str(one.made.get("identifier"))) for one in made}
        found = [_told(one, installation.blueprints, names) for one in made]
        return frozenset([*found, *(f"error {one.base}" for one in seen if one.errors)]), seen


def right_example(name: str) -> Example:
    """A product's example, which no slip can make endless."""
    given = example(name)
    given.settings["max_pages"] = 100
    return given


def _told(one: Mapped, blueprints: dict[str, Blueprint], names: set[tuple[str, str]]) -> str:
    """An entity, what Port refuses of it, and which of its relations lead to an entity."""
    made = one.made
    blueprint = blueprints.get(str(made.get("blueprint")))
    if blueprint is None:
        return json.dumps([made, "no blueprint"], sort_keys=True, default=str)
    relations = made.get("relations") or {}
    plain = {key: value for key, value in relations.items() if not isinstance(value, dict)}
    refused = [
        f"{fault.name} {fault.problem}"
        for fault in faults_of(made.get("properties") or {}, plain, blueprint)
    ]
    leading = {
        key: [(blueprint.relations[key].target, str(one)) in names for one in _each(value)]
        for key, value in plain.items()
        if key in blueprint.relations
    }
    return json.dumps([made, refused, leading], sort_keys=True, default=str)


def _each(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


# --- what findings say, written ---------------------------------------------------------------


async def checked_again(report: Report, paths: Paths) -> Report:
    """What a check says once the first finding's fix is written, as that says it."""
    assert apply(report.findings[0].fix, paths), told(report.findings)
    return await checked_files(paths, over_http)


def apply(fixes: Sequence[Put | Lines], paths: Paths) -> bool:
    """Write what findings say into the files; whether there was anything."""
    for lines in [one for one in fixes if isinstance(one, Lines)]:
        path = Path(lines.file)
        text = path.read_text().split("\n")
        text[lines.line - 1 : lines.line - 1 + len(lines.old)] = lines.new
        path.write_text("\n".join(text))
    puts = [one for one in fixes if isinstance(one, Put)]
    for file in dict.fromkeys(one.file for one in puts):
        own = [one for one in puts if one.file == file]
        if paths.settings and file == str(paths.settings):
            _write_settings(Path(file), own)
        else:
            _write_document(Path(file), own)
    return bool(fixes)


def _write_settings(path: Path, puts: Sequence[Put]) -> None:
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines() if line)
    held = {name: text.strip("'") for name, text in lines.items()}
    changed = dict(held)
    for one in puts:
        name = str(one.path[0])
        changed.pop(name, None)
        if one.value is not MISSING:
            changed[name] = _VALUE.sub(lambda found: _value(found, held), str(one.value))
    path.write_text("".join(f"{name}='{text}'\n" for name, text in changed.items()))


def _write_document(path: Path, puts: Sequence[Put]) -> None:
    text = path.read_text()
    is_json = path.suffix == ".json"
    value = json.loads(text) if is_json else yaml.safe_load(text)
    for one in sorted(puts, key=lambda one: one.value is MISSING):
        if isinstance(one.value, Taken):
            put(value, one.path, follow(value, one.value.path))
            put(value, one.value.path, MISSING)
        else:
            put(value, one.path, copy.deepcopy(one.value))
    path.write_text(json.dumps(value, indent=2) if is_json else written_yaml(value))


def _value(found: re.Match[str], held: dict[str, str]) -> str:
    text = held.get(found[1], "")
    if found[2]:
        keys = [int(key) if key.isdigit() else key for key in found[2].split(".")]
        return str(follow(json.loads(text), keys))
    return text.partition(" ")[2] if found[3] else text


def _places(slip: Slip, paths: Paths) -> set[tuple[str, int | None]]:
    """The lines that a slip changed."""
    mapping = parse_yaml(paths.mapping.read_text(), str(paths.mapping))
    blueprints = read_json(paths.blueprints, str(paths.blueprints)) if paths.blueprints else mapping
    found: set[tuple[str, int | None]] = {(str(paths.mapping), at + 1) for at in slip.lines}
    lines = paths.settings.read_text().splitlines() if paths.settings else []
    for file, path in slip.values:
        if file == "settings":
            name = PREFIX + str(path[0]).upper()
            found |= {
                (str(paths.settings), at)
                for at, line in enumerate(lines, 1)
                if line.startswith(f"{name}=")
            }
            continue
        document = mapping if file == "mapping" else blueprints
        for at_key in (True, False):
            found.add((document.name, document.finding(path, "", at_key=at_key).line))
    return found


@dataclass(frozen=True)
class Repair:
    """What became of a slip, and what was said, a line for each finding."""

    result: str
    told: tuple[str, ...] = ()


async def repaired(bench: Bench, slip: Slip) -> Repair | None:
    """What becomes of an installation with a slip; None: it gives what the right one does."""
    try:
        paths = bench.written(slip)
    except (KeyError, TypeError, IndexError):
        return None
    right = _renamed(bench.right, slip)
    if await bench.given(paths) == right:
        return None
    places, told = _places(slip, paths), list[str]()
    files = {path: path.read_text() for path in _files(paths)}
    first: list[Finding] = []
    for number in range(_ROUNDS):
        report = await checked_files(paths, bench.http)
        findings = [one for one in report.findings if one.severity == "error"] or report.findings
        first = first or findings
        told += [f"  {number + 1}. {_shown(one)}" for one in report.findings]
        if not apply([fix for one in findings for fix in one.fix], paths):
            break
        if await bench.given(paths) == right:
            return Repair(RESULTS[number], tuple(told))
    ways = [one.fix for one in first] if len(first) > 1 else []
    ways += [way for one in first for way in one.one_of]
    for way in ways:  # one of several may do, as a person would find
        for path, text in files.items():
            path.write_text(text)
        if apply(way, paths) and await bench.given(paths) == right:
            return Repair(RESULTS[2], tuple(told))
    return Repair(_unmended(first, places), tuple(told))


def _unmended(findings: Sequence[Finding], places: set[tuple[str, int | None]]) -> str:
    """What became of a slip that was not mended by what was said."""
    if not findings:
        return RESULTS[6]
    if any(one.fix for one in findings):
        return RESULTS[3]
    return RESULTS[4] if {(one.file, one.line) for one in findings} & places else RESULTS[5]


def _files(paths: Paths) -> list[Path]:
    return [one for one in (paths.settings, paths.mapping, paths.blueprints) if one]


def _shown(one: Finding) -> str:
    place = f"{Path(one.file).name}:{one.line} {one.severity}"
    ways = [[fix.as_json() for fix in way] for way in (one.fix, *one.one_of)]
    fix = "; or ".join(json.dumps(way, default=str).replace(one.file, "") for way in ways if way)
    return f"{place} {one.problem} | {one.remedy} | {fix}"


def _renamed(right: Given, slip: Slip) -> Given:
    """What is right where a blueprint calls a property otherwise: the mapping then does too."""
    if slip.kind != "blueprint property":
        return right
    old, new = (str(path[-1]) for _, path in slip.values)

    def renamed(value: Json) -> Json:
        match value:
            case dict():
                return {new if key == old else key: renamed(one) for key, one in value.items()}
            case list():
                return [renamed(one) for one in value]
            case _:
                return value

    return frozenset(
        json.dumps(renamed(json.loads(one)), sort_keys=True) if one.startswith("[") else one
        for one in right
    )


def written_yaml(value: Json) -> str:
    """A mapping as a file has it."""
    return str(yaml.safe_dump(value, sort_keys=False))
