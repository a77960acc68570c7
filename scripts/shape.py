"""The shape of the code in figures: ``python -m scripts.shape`` prints them.

A room is a package, or a module at the top level; an arrow says that one room imports another one;
a floor holds the rooms that import only from lower floors. Complexity is McCabe's, as ruff counts.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BESIDE = ("workbench", "tests", "benchmarks", "scripts")
"""What is not the integration itself."""
_COMPLEXITY = re.compile(r"`(.+)` is too complex \((\d+) > 0\)")


@dataclass(frozen=True, order=True)
class Function:
    """A function by its size: lines from its ``def`` to its end, or branches."""

    size: int
    name: str
    path: Path

    def __str__(self) -> str:
        return f"{self.size} ({self.path.stem}.{self.name})"


@dataclass(frozen=True)
class Part:
    """A room of the integration, or a folder beside it."""

    name: str
    modules: Sequence[Path]


def lines_of(path: Path) -> int:
    """The lines of a file."""
    return len(path.read_text().splitlines())


def parts() -> list[Part]:
    """The rooms by name, modules at the top level first; then what lies beside."""
    own = [Part(path.stem, [path]) for path in sorted(ROOT.glob("*.py"))]
    packages = sorted(path.parent for path in ROOT.glob("*/__init__.py"))
    own += [Part(one.name, sorted(one.rglob("*.py"))) for one in packages if one.name not in BESIDE]
    return own + [Part(name, sorted((ROOT / name).rglob("*.py"))) for name in BESIDE]


def functions(paths: Iterable[Path]) -> Iterator[Function]:
    """The functions of some modules, by their lines."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function((node.end_lineno or 0) - node.lineno + 1, node.name, path)


def most_complex(paths: Iterable[Path]) -> Function:
    """The function of some modules with the most branches."""
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "C901"]
    ruff += ["--config", "lint.mccabe.max-complexity=0", "--output-format", "json", "--exit-zero"]
    told = subprocess.run([*ruff, *paths], check=True, capture_output=True, text=True)  # noqa: S603 — ruff, on our own files
    found = [
        (_COMPLEXITY.match(one["message"]), Path(one["filename"]))
        for one in json.loads(told.stdout)
    ]
    return max(Function(int(match[2]), match[1], path) for match, path in found if match)


def any_share(paths: Sequence[Path]) -> float:
    """How often in 1,000 lines of some modules a type is left open, by ``Any``."""
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text())))
    found = sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes)
    return 1000 * found / sum(map(lines_of, paths))


def arrows(rooms: Sequence[Part]) -> dict[str, set[str]]:
    """The rooms that each room imports from."""
    names = {room.name for room in rooms}
    return {
        room.name: {name.partition(".")[0] for path in room.modules for name in imported(path)}
        & names - {room.name}
        for room in rooms
    }


def imported(path: Path) -> Iterable[str]:
    """The names of the modules that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module)):
                yield module
            case _:
                pass


def floors(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The rooms floor by floor, the lowest first; raises CycleError for a circle."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    levels: list[list[str]] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        levels.append(sorted(ready))
        sorter.done(*ready)
    return levels


def table() -> str:
    """All figures, as Markdown."""
    found = parts()
    rooms = [part for part in found if part.name not in BESIDE]
    own = [path for room in rooms for path in room.modules]
    rows = [row(f"`{part.name}`", part.modules) for part in found]
    return "\n".join(
        [
            "| Part | Modules | Lines | Longest module |",
            "|---|---|---|---|",
            *rows,
            row("the integration", own),
            "",
            f"{shape(rooms)}.",
            f"Longest function {max(functions(own))}, highest complexity {most_complex(own)}.",
            f"`Any` {any_share(own):.1f} times in 1,000 lines.",
        ]
    )


def shape(rooms: Sequence[Part]) -> str:
    """How the rooms stand on each other."""
    graph = arrows(rooms)
    arrows_in_all = sum(map(len, graph.values()))
    return f"{len(rooms)} rooms on {len(floors(graph))} floors, {arrows_in_all} arrows"


def row(name: str, modules: Sequence[Path]) -> str:
    """One row of the table."""
    lines = sum(map(lines_of, modules))
    return f"| {name} | {len(modules)} | {lines:,} | {top(modules)} |"


def top(paths: Iterable[Path]) -> str:
    """The longest module of some, with its lines."""
    path = max(paths, key=lines_of)
    return f"{lines_of(path)} (`{path.name}`)"


if __name__ == "__main__":
    print(table())
