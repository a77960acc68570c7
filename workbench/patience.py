"""How long a command of the workbench asks again where nothing answers."""

from typing import Final

PATIENCE: Final = 10.0
"""Seconds for which a request that nothing answers is repeated: somebody waits for it."""
