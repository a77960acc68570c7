"""Modules of other distributions with our names: ours are loaded, whatever else is installed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fault_api import FaultApi
from tests.layout import PACKAGES, TOP_LEVEL
from tests.resync import Installation, resource
from tests.test_sail import items, sailing

ENTRY_POINTS = {"main", "integration"}  # Ocean loads these by their paths
NAMES = sorted({path.stem for path in TOP_LEVEL} - ENTRY_POINTS | {one.name for one in PACKAGES})


def plant(folder: Path, name: str, text: str) -> None:
    """Write a module below a folder, as a package where ours is one."""
    is_package = any(package.name == name for package in PACKAGES)
    file = folder / name / "__init__.py" if is_package else folder / f"{name}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("safe_path", ["1", pytest.param("", marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize(
    "imported",
    [
        pytest.param([], id="found first"),
        pytest.param([*NAMES, "retry"], id="imported before", marks=pytest.mark.exhaustive),
        pytest.param(["client", "settings", "retry"], id="some imported before"),
    ],
)
async def test_our_modules_win(
    api: FaultApi,
    installation: Installation,
    tmp_path: Path,
    imported: list[str],
    safe_path: str,
) -> None:
    """A whole resync of the real `ocean sail`, with foreign modules first on the path.

    They say so when they are loaded. Some are imported while Python starts, as `.pth` files of
    distributions have it do. The start script of the container looks in the folder that it is
    started in, the script `ocean` does not: as with PYTHONSAFEPATH.
    """
    foreign, loaded = tmp_path / "foreign", tmp_path / "loaded"
    foreign.mkdir()
    for name in [*NAMES, "retry"]:
        plant(foreign, name, f"open({str(loaded)!r}, 'a').write({f'{name} '!r})\n")
    (foreign / "sitecustomize.py").write_text("".join(f"import {name}\n" for name in imported))
    api.serve("/items", items)
    installation.mapping = [resource("/items")]

    environment = {"PYTHONPATH": str(foreign), "PYTHONSAFEPATH": safe_path}
    async with sailing(installation, tmp_path / "sail", once=True, **environment) as process:
        output, _ = await asyncio.wait_for(process.communicate(), 60)

    log = output.decode()
    assert process.returncode == 0, log
    assert [one.identifier for one in installation.store.entities("item")] == ["1", "2", "3"], log
    assert (loaded.read_text().split() if loaded.exists() else []) == imported
