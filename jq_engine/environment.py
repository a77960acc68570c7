"""The variables of the process that an API may get to see: all but those that are Port's."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

# Ocean's own credentials for Port, which it reads whatever the case; see Ocean's PortSettings.
_PORTS_OWN: Final = re.compile(r"OCEAN__PORT(__.*)?", re.IGNORECASE)
_SECRET_OF_PORT: Final = re.compile(r"OCEAN__PORT(__CLIENT_SECRET)?", re.IGNORECASE)


def is_ports_own(name: str) -> bool:
    """Whether a variable is a setting of Ocean's connection to Port."""
    return _PORTS_OWN.fullmatch(name) is not None


def without_ports_own(environ: Mapping[str, str], *, secrets: Iterable[str] = ()) -> dict[str, str]:
    """The variables without Port's own, and without others that hold Port's secret.

    That is each of ``secrets``, and what the variable of Port's client secret says: under
    another name (``config.yaml`` may read it from any) it is no less a secret.
    """
    own = [value for name, value in environ.items() if _SECRET_OF_PORT.fullmatch(name)]
    hidden = [text for secret in (*own, *secrets) if (text := secret.strip())]
    return {
        name: value
        for name, value in environ.items()
        if not is_ports_own(name) and not any(secret in value for secret in hidden)
    }
