"""Start the real `ocean sail` as a process of its own, against the local catalog.

It runs from the packages of `requirements.lock` and no others, as in the container: a package that
only the developers' environment has must not decide what happens.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from workbench.sample_api import CLIENT_ID, CLIENT_SECRET

REPOSITORY: Final = Path(__file__).resolve().parent.parent

_AS_OCEAN_DOES: Final = "from port_ocean.run import run"
LOAD_OCEAN: Final = f"import gc; gc.disable(); {_AS_OCEAN_DOES}"
"""How `scripts/start` loads Ocean."""

_MAX_ERRORS: Final = 5
_TAIL_LINES: Final = 30
# What the shell of the caller may hold for another installation.
_FOREIGN: Final = ("OCEAN__", "APPLICATION__")


class SailError(Exception):
    """`ocean sail` did not run to its end; the message carries an excerpt of its log."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation of the integration that syncs the sample API into the local catalog."""

    identifier: str
    catalog_url: str
    api_url: str

    def environment(self) -> dict[str, str]:
        """The settings as environment variables, in the names of Ocean's documentation."""
        login = {
            "endpoint": "/oauth/token",
            "method": "POST",
            "body": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
        }
        template = {"headers": {"Authorization": "Bearer {{.access_token}}"}}
        return {
            "OCEAN__PORT__BASE_URL": self.catalog_url,
            "OCEAN__PORT__CLIENT_ID": "workbench",
            "OCEAN__PORT__CLIENT_SECRET": "workbench",
            "OCEAN__INTEGRATION__IDENTIFIER": self.identifier,
            # The mapping and the blueprints are in the catalog already.
            "OCEAN__INITIALIZE_PORT_RESOURCES": "false",
            # Leaves nothing behind on the disk.
            "OCEAN__CACHING_STORAGE_MODE": "memory",
            "OCEAN__INTEGRATION__CONFIG__BASE_URL": self.api_url,
            "OCEAN__INTEGRATION__CONFIG__AUTH_TYPE": "custom",
            "OCEAN__INTEGRATION__CONFIG__CUSTOM_AUTH_REQUEST": json.dumps(login),
            "OCEAN__INTEGRATION__CONFIG__CUSTOM_AUTH_REQUEST_TEMPLATE": json.dumps(template),
            "OCEAN__INTEGRATION__CONFIG__PAGINATION_TYPE": "page",
            "OCEAN__INTEGRATION__CONFIG__SIZE_PARAM": "per_page",
            "OCEAN__INTEGRATION__CONFIG__PAGE_SIZE": "50",
        }


def image_python() -> Path:
    """Python with the container's packages; raises SailError when they are not installed."""
    # In the environment of whoever runs this, or where `make setup` puts them.
    places = [Path(one, "image", "bin", "python") for one in (sys.prefix, REPOSITORY / ".venv")]
    for python in places:
        if python.exists():
            return python
    raise SailError(f"there is no {places[-1]}: run `make setup` in {REPOSITORY}")


def sail_command(*, once: bool = False, ours: bool = True) -> list[str]:
    """The command line that does what `ocean sail [--once] --port 0` does, from image_python().

    `ours`: as this integration's container starts; another integration is started as Ocean does it.
    """
    override = {"event_listener": {"type": "ONCE"}} if once else {}
    start = f"{LOAD_OCEAN if ours else _AS_OCEAN_DOES}; run(port=0, config_override={override})"
    return [str(image_python()), "-c", start]


def sail_once(
    environment: Mapping[str, str],
    log: Path,
    *,
    directory: Path = REPOSITORY,
    main: Path | None = None,
    timeout_seconds: float = 120,
) -> float:
    """Run one resync of the integration in `directory` to its end; the seconds it took.

    `environment` holds all of its settings: neither the caller's variables nor a `.env` file adds
    to them. `main` stands in the place of its `main.py`. Ocean's output goes to `log`. Raises
    SailError when Ocean did not start, took too long or, where the integration has exit codes for
    that, when the resync failed.
    """
    started = time.monotonic()
    with sailing(environment, log, directory=directory, main=main) as process:
        try:
            code = process.wait(timeout_seconds)
        except subprocess.TimeoutExpired as error:
            message = f"ocean sail took over {timeout_seconds:g} s\n{excerpt(log)}"
            raise SailError(message) from error
    if code != 0:
        raise SailError(f"ocean sail ended with the exit code {code}\n{excerpt(log)}")
    return time.monotonic() - started


@contextmanager
def sailing(
    environment: Mapping[str, str],
    log: Path,
    *,
    directory: Path = REPOSITORY,
    main: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """One resync under way, as `sail_once` runs it; killed if it is still there at the end."""
    with log.open("wb") as output, without_dotenv(directory, main) as folder:
        process = subprocess.Popen(  # noqa: S603 (our own command, and no shell)
            sail_command(once=True, ours=directory == REPOSITORY),
            cwd=folder,
            env=_with_ours(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its helper processes can be ended with it
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def excerpt(log: Path) -> str:
    """The first errors in Ocean's log, and its last lines."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if " | ERROR " in line][:_MAX_ERRORS]
    first = [f"The first errors in {log.name}:", *errors] if errors else []
    return "\n".join([*first, f"The end of {log.name}:", *lines[-_TAIL_LINES:]])


@contextmanager
def without_dotenv(directory: Path, main: Path | None = None) -> Iterator[Path]:
    """A folder with everything in `directory` but its `.env`.

    Ocean reads that file from the working directory, and it may hold somebody's real credentials.
    Its specification is there as JSON, as in the container.
    """
    replaced = {} if main is None else {"main.py": main}
    with tempfile.TemporaryDirectory() as folder:
        for entry in directory.iterdir():
            if entry.name not in {".env", ".port"}:
                target = replaced.get(entry.name, entry)
                Path(folder, entry.name).symlink_to(target.absolute())
        _put_specification(directory / ".port", Path(folder, ".port"))
        yield Path(folder)


def _put_specification(source: Path, own: Path) -> None:
    """Everything in `source`, and the specification as JSON beside it."""
    own.mkdir()
    for entry in source.iterdir():
        Path(own, entry.name).symlink_to(entry.absolute())
    specification = yaml.safe_load((source / "spec.yaml").read_text(encoding="utf-8"))
    Path(own, "spec.json").write_text(json.dumps(specification), encoding="utf-8")


def _with_ours(environment: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    # Both ends are on loopback, whatever proxy this machine uses.
    direct = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return {**inherited, **direct, **environment}
