"""The container's start script, run with a stand-in for the Python that starts Ocean."""

import os
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import certifi
import pytest

from workbench.sail import LOAD_OCEAN, image_python

START = Path(__file__).parents[1] / "scripts" / "start"
END = "-----END CERTIFICATE-----"


@dataclass(frozen=True)
class Start:
    """How one run of the script ended, and what Python was given to start Ocean."""

    code: int
    errors: str
    arguments: str
    environment: dict[str, str]


class Container:
    """The folder and the certificate that a container's volumes would bring."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "volume" / "ocean"
        self.certificate = root / "cert.crt"
        self._seen = root / "seen"
        self._commands = root / "bin"
        self._commands.mkdir()
        python = self._commands / "python"
        python.write_text(
            f'#!/bin/sh\n[ "$1" != -m ] || exec {image_python()} "$@"\n'
            f'{{ echo "$$ $*"; env; }} >{self._seen}\n'
        )
        python.chmod(0o755)

    def start(self, **environment: str) -> Start:
        """Run the script to its end."""
        path = os.pathsep.join([str(self._commands), os.environ["PATH"]])
        with subprocess.Popen(
            [START, self.folder, self.certificate],
            env={"PATH": path, **environment},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            _, errors = process.communicate(timeout=60)
        if not self._seen.exists():
            return Start(process.returncode, errors, "", {})
        first, *rest = self._seen.read_text().splitlines()
        pid, _, arguments = first.partition(" ")
        assert int(pid) == process.pid, "Ocean must take the script's place"
        variables = dict(line.split("=", 1) for line in rest if "=" in line)
        return Start(process.returncode, errors, arguments, variables)


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """A container with an empty volume and no certificate."""
    return Container(tmp_path)


@pytest.fixture(scope="module")
def certificates() -> list[str]:
    """Real certificates, each without a line break at its end."""
    return [part.strip() + "\n" + END for part in Path(certifi.where()).read_text().split(END)[:2]]


def trusted(bundle: str) -> int:
    """The number of authorities in a bundle, as TLS reads it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    return context.cert_store_stats()["x509_ca"]


def test_ocean_takes_the_place_of_the_script(container: Container) -> None:
    """Ocean runs under the script's process id, so a stop signal reaches it."""
    start = container.start()

    assert (start.code, start.arguments) == (0, f"-c {LOAD_OCEAN}; run()")


def test_temporary_files_go_to_the_volume(container: Container) -> None:
    """TMPDIR is a folder in the volume, since nothing else is writable."""
    temporary = Path(container.start().environment["TMPDIR"])

    assert temporary.is_dir()
    assert temporary.is_relative_to(container.folder)


def test_without_a_certificate_trust_is_left_alone(container: Container) -> None:
    """No bundle is made and no variable is set when nothing is mounted."""
    environment = container.start().environment

    assert not {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"} & environment.keys()


def test_a_mounted_certificate_is_trusted_beside_the_usual_ones(
    container: Container, certificates: list[str]
) -> None:
    """The bundle holds every public authority and the mounted certificate."""
    container.certificate.write_text("# ours\n" + certificates[0])

    environment = container.start().environment
    bundle = environment["SSL_CERT_FILE"]

    assert Path(bundle).is_relative_to(container.folder)
    assert environment["REQUESTS_CA_BUNDLE"] == bundle
    assert Path(bundle).read_text().endswith("# ours\n" + certificates[0])
    assert trusted(bundle) == trusted(certifi.where())


def test_a_bundle_the_operator_chose_is_the_base(
    container: Container, tmp_path: Path, certificates: list[str]
) -> None:
    """SSL_CERT_FILE stays trusted, and a missing final line break joins no two certificates."""
    chosen = tmp_path / "chosen.pem"
    chosen.write_text(certificates[0])
    container.certificate.write_text(certificates[1])

    environment = container.start(SSL_CERT_FILE=str(chosen)).environment

    assert trusted(environment["SSL_CERT_FILE"]) == 2


def test_a_second_start_makes_the_same_bundle(
    container: Container, certificates: list[str]
) -> None:
    """A restarted container does not add the certificate a second time."""
    container.certificate.write_text(certificates[0])

    first = Path(container.start().environment["SSL_CERT_FILE"]).read_text()
    again = Path(container.start().environment["SSL_CERT_FILE"]).read_text()

    assert again == first


def test_a_certificate_that_cannot_be_read_stops_the_start(container: Container) -> None:
    """A folder where the file should be (a wrong mount) is named, and Ocean does not start."""
    container.certificate.mkdir()

    start = container.start()

    assert start.code == 1
    assert str(container.certificate) in start.errors
    assert not start.environment


LOADED = f"""
{LOAD_OCEAN}
import os, sys
before = dict(os.environ)
import integration
import aiohttp.connector
assert dict(os.environ) == before
assert gc.isenabled() and gc.get_freeze_count() > 100_000
assert aiohttp.connector._SSL_CONTEXT_VERIFIED.get_ca_certs() == []
assert "filelock.asyncio" not in sys.modules
from authentication.token_file import filelock
assert filelock.AsyncFileLock.__module__ == "filelock.asyncio"
"""


@pytest.mark.parametrize("variables", [{}, {"SSL_CERT_FILE": certifi.where()}], ids=str)
def test_a_start_loads_nothing_that_it_does_not_use(variables: dict[str, str]) -> None:
    """What few need waits, authorities that no connection uses are not read; variables stay.

    The garbage collector is at work again, without what was loaded.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("SSL_")}
    folder = {"PYTHONPATH": str(START.parents[1])}

    done = subprocess.run(
        [image_python(), "-c", LOADED],
        env=others | folder | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
