"""An installation without a fault, on a small API, and ways to spoil it: for tests of `check`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.check_bench import PREFIX, checked_files
from tests.fault_api import FaultApi, Handler, Json, Reply, Request, answer
from tests.reading import over_http
from workbench.check.files.offline import Paths
from workbench.check.findings import Finding
from workbench.check.run import Report

MAPPING = """\
resources:
  - kind: /people
    selector:
      query: "true"
      data_path: .data
    port:
      entity:
        mappings:
          identifier: .id | tostring
          title: .name
          blueprint: '"person"'
          properties:
            phone: .phone
            joined: .joined
            site: .site
            mail: .mail
            level: .level
            active: .active
            size: .size
          relations:
            team: .team.id
  - kind: /teams
    selector:
      query: .open == true
      data_path: .data
    port:
      entity:
        mappings:
          identifier: .id
          title: .name
          blueprint: '"team"'
  - kind: /teams/{team}/notes
    selector:
      query: "true"
      path_parameters:
        team:
          endpoint: /teams
          data_path: .data
          field: .id
          filter: .open
    port:
      entity:
        mappings:
          identifier: .id
          blueprint: '"note"'
          properties:
            text: .text
"""

BLUEPRINTS: list[dict[str, Any]] = [
    {
        "identifier": "person",
        "schema": {
            "properties": {
                "phone": {"type": "string"},
                "joined": {"type": "string", "format": "date-time"},
                "site": {"type": "string", "format": "url"},
                "mail": {"type": "string", "format": "email"},
                "level": {"type": "string", "enum": ["low", "high"]},
                "active": {"type": "boolean"},
                "size": {"type": "number"},
            },
            "required": [],
        },
        "relations": {"team": {"target": "team", "many": False, "required": False}},
    },
    {"identifier": "team", "schema": {"properties": {}}, "relations": {}},
    {"identifier": "note", "schema": {"properties": {"text": {"type": "string"}}}},
]

SETTINGS = {
    "auth_type": "bearer_token",
    "api_token": "the-token-of-the-scene",
    "pagination_type": "page",
    "size_param": "size",
    "page_size": "10",
}


def person(number: int) -> dict[str, Json]:
    """One row of /people."""
    return {
        "id": number,
        "name": f"Person {number}",
        "phone": f"+49 {number}",
        "joined": f"2024-03-{number % 28 + 1:02}T10:00:00Z",
        "day": f"2024-03-{number % 28 + 1:02}",
        "since": 1_700_000_000 + number,
        "site": f"https://example.com/{number}",
        "host": f"example.com/{number}",
        "mail": f"p{number}@example.com",
        "level": "high" if number % 2 else "low",
        "rank": "HIGH" if number % 2 else "LOW",
        "active": True,
        "enabled": "true",
        "size": number,
        "weight": str(number),
        "team": {"id": f"team-{number % 4}", "name": f"Team {number % 4}"},
        "group": "all",
        "contact": {"mobile": f"+1 {number}"},
    }


@dataclass
class Scene:
    """The files of an installation, and the API that it reads."""

    folder: Path
    api: FaultApi
    mapping: str = MAPPING
    blueprints: str = json.dumps(BLUEPRINTS, indent=1)
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = {"base_url": f"{self.api.url}/v1"} | self.settings
        people = [person(number) for number in range(25)]
        teams = [
            {"id": f"team-{number}", "name": f"Team {number}", "key": f"T{number}", "open": True}
            for number in range(4)
        ]
        self.api.serve("/v1/people", listed(people))
        self.api.serve("/v1/teams", listed(teams))
        self.api.serve("/v1/teams/{}/notes", notes)

    def write(self) -> Paths:
        """Write the files."""
        env = [f"{PREFIX}{name.upper()}={text}" for name, text in self.settings.items()]
        (self.folder / ".env").write_text("\n".join([*env, *self.lines]) + "\n")
        (self.folder / "port-app-config.yml").write_text(self.mapping)
        (self.folder / "blueprints.json").write_text(self.blueprints)
        return Paths(
            self.folder / ".env",
            self.folder / "port-app-config.yml",
            self.folder / "blueprints.json",
        )

    async def check(self, *, offline: bool = False) -> Report:
        """What a check says."""
        return await checked_files(self.write(), None if offline else over_http)

    async def spoilt(self, spoils: Sequence[Spoil]) -> Report:
        """What a check says of it with these mistakes."""
        for spoil in spoils:
            spoil(self)
        return await self.check()

    def place(self, needle: str, where: str = "mapping") -> tuple[str, int]:
        """The file and line that hold a text, as they will be written."""
        name = {
            "mapping": "port-app-config.yml",
            "blueprints": "blueprints.json",
            "settings": ".env",
        }[where]
        self.write()
        lines = (self.folder / name).read_text().splitlines()
        return str(self.folder / name), next(
            at
            for at, line in enumerate(lines, 1)
            if needle in line or line.strip() == needle.removeprefix("=")
        )


def signed(request: Request) -> bool:
    """Whether a request has the token."""
    return request.headers.get("authorization") == f"Bearer {SETTINGS['api_token']}"


def listed(rows: list[dict[str, Json]]) -> Callable[[Request], Reply]:
    """A list by `page` and `size`, for those with the token; it tells nothing of further pages."""

    def handler(request: Request) -> Reply:
        if not signed(request):
            return answer({"message": "sign in"}, 401)
        size, number = request.number("size", 20), request.number("page", 1)
        start = max(number - 1, 0) * size
        return answer({"data": rows[start : start + size] if number else [], "errors": []})

    return handler


def notes(request: Request) -> Reply:
    """The notes of a team, which is known by its id."""
    if not signed(request):
        return answer({"message": "sign in"}, 401)
    if not request.values[0].startswith("team-"):
        return answer({"message": "no such team"}, 404)
    is_first = request.number("page", 1) == 1
    return answer([{"id": f"{request.values[0]}-note", "text": "hello"}] if is_first else [])


def told(findings: list[Finding]) -> str:
    """Findings as a failed test shows them."""
    return "\n".join(f"{one.place} {one.severity} {one.problem} | {one.remedy}" for one in findings)


def swap_text(text: str, old: str, new: str) -> str:
    """A text with its first occurrence of another one replaced."""
    assert old in text
    return text.replace(old, new, 1)


Spoil = Callable[[Scene], None]
"""What makes a mistake of a scene."""
Where = Literal["mapping", "settings", "blueprints"]


@dataclass(frozen=True)
class Mistake:
    """A mistake, the line that is to change, and what is to be written there."""

    spoils: list[Spoil]
    line: str
    remedy: str
    where: Where = "mapping"
    severity: str = "error"

    async def is_told(self, scene: Scene) -> Report:
        """Demand a finding in the line that is wrong, with what makes it right."""
        report = await scene.spoilt(self.spoils)
        place = scene.place(self.line, self.where)
        assert [
            one
            for one in report.findings
            if (one.file, one.line) == place
            and one.severity == self.severity
            and self.remedy in one.remedy
        ], told(report.findings)
        return report


def swap(old: str, new: str, where: Where = "mapping") -> Spoil:
    """A text of a file, the first time it is there, replaced."""
    return lambda scene: setattr(scene, where, swap_text(getattr(scene, where), old, new))


def serving(handler: Handler, *paths: str) -> Spoil:
    """Another answer of the API."""

    def spoil(scene: Scene) -> None:
        for path in paths or ("/v1/people",):
            scene.api.serve(path, handler)

    return spoil


def settings(**changed: str | None) -> Spoil:
    """Settings with other values, or without one."""

    def spoil(scene: Scene) -> None:
        for name, value in changed.items():
            scene.settings.pop(name, None)
            if value is not None:
                scene.settings[name] = value.replace("{api}", scene.api.url)

    return spoil


def asking(what: str) -> Spoil:
    """People with more in their selector."""
    return swap("data_path: .data", f"data_path: .data\n      {what}")
