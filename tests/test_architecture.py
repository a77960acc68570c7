"""The shape of the code: who may import what, and what no module may do."""

from __future__ import annotations

import ast
import gc
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from port_ocean.core.integrations.base import BaseIntegration
from port_ocean.utils.misc import get_integration_class

from overrides import EndpointAppConfig
from scripts import shape
from tests.layout import MODULES, ROOT, dotted

# The only modules that know Ocean: its hooks, class, contexts, handlers, models, client and log.
OCEAN = {
    "main",
    "integration",
    "overrides",
    "framework.resync_context",
    "framework.mapped_items",
    "framework.probe",
    "framework.mapping",
    "framework.reconciliation",
    "framework.refused_entities",
    "framework.second_look",
    "framework.log_masking",
    "framework.metrics",
    "framework.failures",
    "framework.hooks",
    "framework.outcome",
    "framework.raw_data",
    "framework.settings_model",
    "transport.http_client",
}
# Pure modules: decisions without I/O, clock or log.
PURE = {
    "errors",
    "http_headers",
    "json_values",
    "pagination",
    "records",
    "framework.deletion",
    "framework.fused_mapping",
    "framework.query_check",
    "jq_engine.lookups",
    "jq_engine.paths",
    "jq_engine.programs",
    "jq_engine.sources",
    "paging.counted",
    "paging.envelopes",
    "paging.error_reports",
    "paging.experiments",
    "paging.extraction",
    "paging.first_pages",
    "paging.link_header",
    "paging.marked",
    "paging.marked_ends",
    "paging.model",
    "paging.page_recognition",
    "paging.paginator",
    "paging.positions",
    "paging.scopes",
    "paging.signal_names",
    "paging.signals",
    "paging.last_pages",
    "paging.led",
    "paging.rows",
    "paging.steps",
    "resync.limits",
    "resync.children",
    "paging.totals",
    "resync.completeness",
    "resync.path_parameters",
    "transport.redaction",
    "transport.text_views",
}
IMPURE_LIBRARIES = {"asyncio", "loguru", "os", "random", "socket", "threading", "time"}
# Imports lead from a floor to itself or to a lower one: from the caller to what it calls.
FLOORS = (
    ("integration", "main"),
    ("framework",),
    ("overrides",),
    ("selector",),
    ("resync",),
    ("client",),
    ("auth",),
    ("authentication",),
    ("answers", "pagination", "settings"),
    ("paging",),
    ("jq_engine", "transport"),
    ("errors", "http_headers", "json_values", "records"),
)

# The same within the workbench's `check`.
CHECK_FLOORS = (
    ("__init__", "command", "render", "run"),
    ("refused",),
    ("lists",),
    ("login",),
    ("items",),
    ("asking",),
    ("guesses",),
    ("files",),
    ("findings",),
)
CHECK = ROOT / "workbench" / "check"

LONGEST_MODULE, LONGEST_FUNCTION, MOST_COMPLEX = 450, 40, 12
"""Lines and branches: what is longer has more than one purpose."""
MOST_ANY = 2.5
"""Uses of ``Any`` in 1,000 lines."""
LONGER_FUNCTIONS = {
    "workbench/preview/command.py run_preview",
    "workbench/suggest/size.py find_size",
}
DESIGN = ROOT / "docs" / "design.md"

modules = pytest.mark.parametrize("path", MODULES, ids=dotted)


def nodes(path: Path) -> Iterator[ast.AST]:
    """Every node of a module."""
    return ast.walk(ast.parse(path.read_text()))


def imports(path: Path) -> set[str]:
    """The full names of the modules that a module imports: ``paging.signals``."""
    own = {dotted(module) for module in MODULES}
    names: set[str] = set()
    for node in nodes(path):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module)):
                inner = {f"{module}.{alias.name}" for alias in node.names}
                names |= (inner & own) or {module}
            case _:
                pass
    return names


def imported(path: Path) -> set[str]:
    """The names of the packages and modules at the top level that a module imports."""
    return {name.partition(".")[0] for name in imports(path)}


def test_the_modules_are_found() -> None:
    """These tests look at the modules there are."""
    assert {dotted(path) for path in MODULES} >= OCEAN | PURE


def test_ocean_is_imported_by_few() -> None:
    """A new version of the framework touches fourteen modules at most."""
    assert {dotted(path) for path in MODULES if "port_ocean" in imported(path)} == OCEAN


@modules
def test_the_workbench_is_not_imported(path: Path) -> None:
    """The integration works without the local catalog, the sample API and the tests."""
    assert not {"workbench", "tests", "benchmarks"} & imported(path)


@pytest.mark.parametrize("name", sorted(PURE))
def test_decisions_are_pure(name: str) -> None:
    """What decides has no I/O, no clock and no log: it is the same whenever it is asked."""
    assert not IMPURE_LIBRARIES & imported(ROOT / f"{name.replace('.', '/')}.py")


def test_imports_have_no_circles() -> None:
    """A module imports only what can be understood without it."""
    names = {dotted(path) for path in MODULES}
    own = {dotted(path): imports(path) & names for path in MODULES}
    while leaves := {name for name, needed in own.items() if not needed & own.keys()}:
        own = {name: needed for name, needed in own.items() if name not in leaves}

    assert own == {}


@modules
def test_imports_lead_down(path: Path) -> None:
    """The floors of docs/design.md: a module imports from its own floor or from one below it."""
    floor_of = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    own = floor_of[dotted(path).partition(".")[0]]

    assert not [name for name in imported(path) & floor_of.keys() if floor_of[name] < own]


def test_the_floors_are_drawn() -> None:
    """docs/design.md shows the floors from the top, and how many arrows lead down."""
    text = DESIGN.read_text()
    rooms = [part for part in shape.parts() if part.name not in shape.BESIDE]

    assert "\n".join("  ".join(floor) for floor in FLOORS) in text
    assert shape.shape(rooms) in text
    assert [*reversed(shape.floors(shape.arrows(rooms)))] == [list(floor) for floor in FLOORS]


@pytest.mark.parametrize("path", sorted(CHECK.rglob("[a-z]*.py")), ids=lambda path: path.stem)
def test_imports_within_check_lead_down(path: Path) -> None:
    """The floors of `check` in docs/design.md: as those of the integration."""
    floor_of = {name: number for number, floor in enumerate(CHECK_FLOORS) for name in floor}
    own = floor_of[path.relative_to(CHECK).with_suffix("").parts[0]]
    rooms = [
        one.split(".")[2] for one in shape.imported(path) if one.startswith("workbench.check.")
    ]

    assert not [name for name in rooms if floor_of[name] < own]


def test_the_floors_of_check_are_drawn() -> None:
    """docs/design.md names them from the top."""
    (drawn,) = re.findall(r"```text\ncommand.*?```", DESIGN.read_text(), re.DOTALL)
    rooms = [line.split()[0] for line in drawn.splitlines()[2:-1]]

    assert rooms == [floor[0] for floor in CHECK_FLOORS[1:]]


def test_no_message_is_taken_apart() -> None:
    """Place, problem and remedy of an error are fields: nobody looks for them in its text."""
    written = [path for part in shape.parts() if part.name != "tests" for path in part.modules]
    parted = re.compile(r"""\.(r?partition|r?split)\(["']; ["']""")

    assert not [path.name for path in written if parted.search(path.read_text())]


def test_modules_are_short() -> None:
    """A module has one purpose, and can be read at one go."""
    written = [path for part in shape.parts() if part.name != "tests" for path in part.modules]
    longer = {path for path in written if shape.lines_of(path) > LONGEST_MODULE}

    assert longer == set()


def test_functions_are_short() -> None:
    """A function is seen at one look, and has few ways through it."""
    written = [path for part in shape.parts() if part.name != "tests" for path in part.modules]
    longer = {
        f"{one.path.relative_to(ROOT)} {one.name}"
        for one in shape.functions(written)
        if one.size > LONGEST_FUNCTION
    }

    assert longer == LONGER_FUNCTIONS
    assert shape.most_complex(written).size <= MOST_COMPLEX


def test_few_types_are_left_open() -> None:
    """What Ocean, pydantic and others leave open, and little else."""
    assert shape.any_share(MODULES) <= MOST_ANY


@modules
def test_nothing_broad_is_caught(path: Path) -> None:
    """A defect is never taken for a fault of the API: no handler catches everything."""
    broad = {"Exception", "BaseException"}
    for node in nodes(path):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"bare except in line {node.lineno}"
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
            assert not caught & broad, f"broad except in line {node.lineno}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            suppressed = {ast.unparse(argument) for argument in node.args}
            assert not suppressed & broad, f"broad suppress in line {node.lineno}"


@modules
def test_nothing_is_imported_within_a_function(path: Path) -> None:
    """What a module needs stands at its top, and is missed when the integration starts."""
    functions = [
        node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    late = [
        node.lineno
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert late == []


@modules
def test_no_module_keeps_state(path: Path) -> None:
    """Two resyncs in one process share nothing: no module holds a container that can change."""
    makers = {"dict", "list", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
    mutable = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        if ast.unparse(node).startswith("__all__"):
            continue
        declared = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
        is_constant = declared.startswith(("Mapping", "Final[Mapping"))
        made = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) in makers
        assert is_constant or not (isinstance(node.value, mutable) or made), node.lineno


@modules
def test_no_module_changes_a_global(path: Path) -> None:
    """No function writes to a name of its module."""
    assert not [node for node in nodes(path) if isinstance(node, ast.Global)]


@modules
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """A reader finds the rules of a module at its top."""
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_every_exception_from_the_linter_has_a_reason() -> None:
    """A rule is switched off for a line only with the reason beside it."""
    files = [path for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    bare = re.compile(r"# no[q]a\b(?!: [A-Z0-9, ]+\S*\s*[—(])")

    assert not [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line)
    ]


def test_ocean_finds_the_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in integration.py, which Ocean would swallow, does not pass unnoticed here."""
    monkeypatch.setattr(sys, "path", [*sys.path])  # Ocean adds to it

    found = get_integration_class(str(ROOT))

    assert found is not None
    assert issubclass(found, BaseIntegration)
    assert found.__name__ == "CustomIntegration"
    assert found.AppConfigHandlerClass.CONFIG_CLASS is EndpointAppConfig


def test_every_library_is_declared() -> None:
    """Whatever the integration imports is installed with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {name.split("[")[0].split("=")[0] for name in project["dependencies"]}
    declared = {name.split(">")[0].split("<")[0].replace("-", "_") for name in declared}
    ours = {dotted(path).partition(".")[0] for path in MODULES}
    used = {name for path in MODULES for name in imported(path)} - ours

    declared |= {"jwt"} if "pyjwt" in declared else set()  # the name it is imported by

    assert used - declared - set(sys.stdlib_module_names) == set()


def test_what_ocean_has_loaded_is_not_collected_again() -> None:
    """The garbage collector has frozen objects as soon as the integration's class is loaded."""
    assert get_integration_class(str(ROOT)) is not None
    assert gc.get_freeze_count() > 10_000
