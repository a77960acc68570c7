"""Which cells of the fault matrix stand for all of them: what each selection is to cover."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tests.covering import covering
from tests.fault_cells import Cell


@dataclass(frozen=True)
class Selection:
    """The cells that stand for all of them, each list a part of the one before."""

    everything: Sequence[Cell]

    @cached_property
    def places(self) -> list[Cell]:
        """Those of `make faults`: they cover what the smaller lists do."""
        return covering(self.everything, places)

    @cached_property
    def pairs(self) -> list[Cell]:
        """Those of `make test-all`."""
        return covering(self.places, pairs)

    @cached_property
    def gate(self) -> list[Cell]:
        """Those of `make test`."""
        return covering(self.places, representatives)

    @cached_property
    def through_ocean(self) -> list[Cell]:
        """Those of whole resyncs, with a second look and without it."""
        both = [replace(cell, second_look=looks) for cell in self.pairs for looks in (True, False)]
        return covering(both, through_ocean)

    @cached_property
    def gate_through_ocean(self) -> list[Cell]:
        """Those of whole resyncs in `make test`."""
        return covering(self.through_ocean, gate_through_ocean)


def pairs(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when every pair of values is to be covered; slow faults only singly."""
    how = (cell.fault.name, cell.passing)
    if cell.fault.slow:
        where = (cell.place, cell.paging, cell.signing, cell.shape)
        return frozenset((how, value) for value in where)
    values = (how, cell.place, cell.paging, cell.signing, cell.shape)
    return frozenset((one, other) for at, one in enumerate(values) for other in values[at + 1 :])


def representatives(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when each fault is to strike once, and each way it may end in each place.

    Paging and signing are covered with every place, and with each other.
    """
    how = (cell.fault.name, cell.passing)
    if cell.fault.slow:
        return frozenset({how})
    expect = cell.expect
    return frozenset(
        {
            how,
            (cell.fault.name, expect),
            (expect, cell.place, cell.passing),
            (cell.place, cell.paging, cell.passing),
            (cell.place, cell.signing, cell.passing),
            (cell.paging, cell.signing),
            (cell.paging, cell.shape),
            (cell.place, cell.shape),
            (expect, cell.shape),
        }
    )


def places(cell: Cell) -> frozenset[Hashable]:
    """What a cell covers when each fault is to strike each place in each paging and each shape."""
    how = (cell.fault.name, cell.passing)
    return frozenset(
        {
            (how, cell.place, cell.paging),
            (how, cell.place, cell.signing),
            (how, cell.place, cell.shape),
            (how, cell.paging, cell.shape),
        }
    )


# --- whole resyncs through Ocean ------------------------------------------------------------


def through_ocean(cell: Cell) -> frozenset[Hashable]:
    """What few resyncs through Ocean are to cover: each fault, and pairs of all else."""
    if cell.passing and cell.fault.slow:
        return frozenset()
    expect = cell.expect
    return frozenset(
        {
            cell.fault.name,
            (expect, cell.passing, cell.second_look),
            (cell.place, cell.passing),
            (cell.place, cell.paging),
            (cell.place, cell.signing),
            (cell.place, cell.second_look),
            (cell.paging, cell.signing),
            (cell.paging, cell.second_look),
            (cell.shape, cell.second_look),
        }
    )


def gate_through_ocean(cell: Cell) -> frozenset[Hashable]:
    """What the gate's are to cover: each way it may end, each place, style, signing and shape."""
    if cell.fault.slow:
        return frozenset()
    how = (cell.expect, cell.passing)
    return frozenset(
        {
            how,
            (cell.place, cell.passing),
            (cell.expect, cell.second_look),
            cell.paging,
            cell.signing,
            cell.shape,
        }
    )
