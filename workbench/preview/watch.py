"""What a preview tells the Ocean that it starts: where to write, and how much to read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from msgspec.structs import asdict

from resync.limits import Limits

VARIABLE: Final = "WORKBENCH_PREVIEW"
"""The environment variable that holds it, as JSON."""


@dataclass(frozen=True)
class Watch:
    """A catalog's SQLite file, and the limits of each kind's reading."""

    database: Path
    limits: Limits

    def format(self) -> str:
        """The value of the variable."""
        return json.dumps({"database": str(self.database), "limits": asdict(self.limits)})

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `format` wrote."""
        given = json.loads(text)
        return cls(Path(given["database"]), Limits(**given["limits"]))
