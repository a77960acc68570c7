"""Where the integration's own code lies: modules at the top level, and its packages."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_BESIDE = {"benchmarks", "tests", "workbench"}

PACKAGES = sorted(
    path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in _BESIDE
)
"""The folders of the integration's packages."""

TOP_LEVEL = sorted(ROOT.glob("*.py"))
"""Its modules at the top level."""

MODULES = sorted([*TOP_LEVEL, *(path for folder in PACKAGES for path in folder.glob("*.py"))])
"""Every module."""


def dotted(path: Path) -> str:
    """The name a module is imported by: ``paging.signals``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")
