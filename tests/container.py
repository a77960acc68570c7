"""The built image, started as a cluster starts it: by Docker, or by what Linux itself has.

    image = Image(engine(), "port-ocean-custom:1.0.0")
    with image.started({"OCEAN__…": "…"}) as container:
        ...
        container.stop()                    # SIGTERM
        assert container.wait(30) == 0

Either way the root file system is read-only, the user any, without capabilities; the container has
half a core, this machine's network, and may write to `/tmp/ocean` alone, an empty folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import psutil

Engine = Literal["docker", "buildah"]

ANY_USER = 54321
CERTIFICATE = "/usr/local/share/ca-certificates/cert.crt"
HALF_A_CORE = 50_000  # microseconds of each 100,000
_CPU_V1 = Path("/sys/fs/cgroup/cpu")
_CPU_V2 = Path("/sys/fs/cgroup")

# $1: the image's root, $2: the certificate or "", $3: a file for the group, the rest: the command.
_AS_A_CLUSTER = """
set -eu
root=$1 certificate=$2 group=$3
shift 3
echo 0 >"$group"
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=0777 tmpfs "$root/tmp/ocean"
[ -z "$certificate" ] || mount --bind -o ro "$certificate" "$root$CERTIFICATE"
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid "$ANY_USER" --regid 0 --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all -- "$@"
"""


def engine() -> Engine | None:
    """What can start an image here; None where nothing can."""
    if shutil.which("docker") and not _run("docker", "info", check=False).returncode:
        return "docker"
    if shutil.which("buildah") and os.geteuid() == 0:
        return "buildah"
    return None


@dataclass
class Container:
    """A running container; its output goes to the file ``log``."""

    process: subprocess.Popen[bytes]
    log: Path
    is_child: bool

    @property
    def output(self) -> str:
        """What it has written until now."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Send SIGTERM to its first process, as the kubelet does."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, with all its processes."""
        if self.process.poll() is None:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def wait(self, seconds: float) -> int:
        """Its exit code, when it has ended."""
        code = self.process.wait(seconds)
        return 128 - code if code < 0 else code

    def cpu(self) -> float:
        """Seconds of CPU that all its processes have taken; where no engine runs it."""
        processes = psutil.Process(self.process.pid).children(recursive=True)
        return sum(sum(one.cpu_times()[:4]) for one in processes)

    def _signal(self, number: signal.Signals) -> None:
        if not self.is_child:
            self.process.send_signal(number)  # the docker command passes it on
            return
        for child in psutil.Process(self.process.pid).children():
            child.send_signal(number)


@dataclass(frozen=True)
class Image:
    """An image that is on this machine."""

    engine: Engine
    name: str
    logs: Path
    unpacked: Path | None = None

    @classmethod
    @contextmanager
    def opened(cls, engine: Engine, name: str) -> Iterator[Self]:
        """The image, ready to be started; the logs of its containers last as long."""
        with tempfile.TemporaryDirectory() as folder:
            if engine == "docker":
                yield cls(engine, name, Path(folder))
                return
            with _unpacked(name) as root:
                yield cls(engine, name, Path(folder), root)

    @cached_property
    def config(self) -> Mapping[str, object]:
        """What the image says of itself: Labels, Env, Cmd, User."""
        if self.engine == "docker":
            shown = _run("docker", "image", "inspect", "--format", "{{json .Config}}", self.name)
            return dict(json.loads(shown.stdout))
        shown = _run("buildah", "inspect", "--type", "image", self.name)
        return dict(json.loads(shown.stdout)["OCIv1"]["config"])

    @property
    def labels(self) -> Mapping[str, str]:
        """The image's labels."""
        labels = self.config["Labels"]
        assert isinstance(labels, Mapping)
        return labels

    def run(self, *command: str) -> str:
        """What a command in the image writes."""
        with self.started({}, command=command) as container:
            assert container.wait(120) == 0, container.output
            return container.output

    @contextmanager
    def started(
        self,
        environment: Mapping[str, str],
        *,
        certificate: Path | None = None,
        command: Sequence[str] = (),
    ) -> Iterator[Container]:
        """The image's own command, or another, under way; killed at the end."""
        with _cpu_group() as group:
            log = self.logs / uuid.uuid4().hex
            words = (
                self._docker(environment, certificate, command)
                if self.engine == "docker"
                else self._linux(environment, certificate, command, group)
            )
            with log.open("wb") as output:
                process = subprocess.Popen(
                    words,
                    env={**os.environ, "CERTIFICATE": CERTIFICATE, "ANY_USER": str(ANY_USER)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            container = Container(process, log, is_child=self.engine != "docker")
            try:
                yield container
            finally:
                container.kill()

    def _docker(
        self, environment: Mapping[str, str], certificate: Path | None, command: Sequence[str]
    ) -> list[str]:
        mounts = [f"type=bind,source={certificate},target={CERTIFICATE},readonly"]
        return [
            *("docker", "run", "--rm", "--network", "host", "--read-only", "--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges", "--user", f"{ANY_USER}:0", "--cpus", "0.5"),
            *("--tmpfs", "/tmp/ocean:mode=0777"),  # noqa: S108 (in the container)
            *(word for mount in mounts if certificate for word in ("--mount", mount)),
            *(word for pair in environment.items() for word in ("--env", "=".join(pair))),
            self.name,
            *command,
        ]

    def _linux(
        self,
        environment: Mapping[str, str],
        certificate: Path | None,
        command: Sequence[str],
        group: Path,
    ) -> list[str]:
        of_image = self.config["Env"]
        own_command = self.config["Cmd"]
        assert isinstance(of_image, list)
        assert isinstance(own_command, list)
        variables = [*of_image, *("=".join(pair) for pair in environment.items())]
        words = command or own_command
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("sh", "-c", _AS_A_CLUSTER, "sh"),
            *(str(self.unpacked), str(certificate or ""), str(group / "cgroup.procs")),
            *("env", "-i", "-C", str(self.config["WorkingDir"]), *variables, *words),
        ]


def _run(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=check)


@contextmanager
def _unpacked(name: str) -> Iterator[Path]:
    """The root folder of a container of buildah, with a place to mount a certificate at."""
    working = _run("buildah", "from", "--pull-never", name).stdout.strip()
    try:
        root = Path(_run("buildah", "mount", working).stdout.strip())
        mounted = root / CERTIFICATE.lstrip("/")
        mounted.parent.mkdir(parents=True, exist_ok=True)
        mounted.touch()
        yield root
    finally:
        _run("buildah", "rm", working)


@contextmanager
def _cpu_group() -> Iterator[Path]:
    """A control group with half a core, under either version of Linux's groups."""
    of_v1 = _CPU_V1.is_dir()
    group = (_CPU_V1 if of_v1 else _CPU_V2) / f"ocean-custom-{uuid.uuid4().hex[:8]}"
    group.mkdir()
    try:
        if of_v1:
            (group / "cpu.cfs_quota_us").write_text(str(HALF_A_CORE))
        else:
            (group / "cpu.max").write_text(f"{HALF_A_CORE} 100000")
        yield group
    finally:
        group.rmdir()
