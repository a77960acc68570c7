"""What a whole resync takes by the size of the catalog: `python -m benchmarks.resources [COUNT …]`.

Prints a row for each number of items: seconds, seconds of CPU and peak memory of the whole process,
with Ocean's part, of a first resync, which writes everything, and a second, which writes nothing.
"""

from __future__ import annotations

import sys

from benchmarks.mapping import ITEMS
from benchmarks.measure import Watch, service
from benchmarks.sail import OURS, Harbour, Installation, Resync, harbour
from benchmarks.server import Workload

_COUNTS = (1_000, 10_000, 100_000)
_MEGABYTE = 1_000_000
_PAGED = {"PAGINATION_TYPE": "page", "PAGE_SIZE": "100"}


def _measured(port: Harbour, installation: Installation) -> tuple[Resync, float]:
    """A resync, and the most memory it had, in MB."""
    with Watch() as watch:
        resync = port.resync(installation, timeout=3600)
    return resync, watch.peak / _MEGABYTE


def main(counts: list[int]) -> None:
    """Measure and print."""
    print("| Items | First resync | CPU | Memory | Second resync | CPU | Memory |")
    print("|---|---|---|---|---|---|---|")
    for count in counts:
        workload = Workload(items=count)
        with service("benchmarks.server", workload) as api, harbour() as port:
            installation = Installation("resources", OURS, api, [ITEMS], _PAGED)
            cells = [f"{count:,}"]
            for _ in range(2):
                resync, memory = _measured(port, installation)
                cells += [f"{resync.wall:.0f} s", f"{resync.cpu:.0f} s", f"{memory:.0f} MB"]
            assert port.entities() == count
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or list(_COUNTS))
