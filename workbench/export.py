"""Settings for a deployment: values for Helm, a command for Docker, jobs for GitHub and GitLab.

Secrets leave as references, never as text: whoever deploys gives them to the cluster or the CI.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import yaml

from settings.fields import FIELDS, VARIABLE_PREFIX
from settings.references import REFERENCE
from workbench.check.files.documents import read_env

_PROJECT: Final = Path(__file__).resolve().parent.parent / "pyproject.toml"
_VERSION: Final = tomllib.loads(_PROJECT.read_text())["project"]["version"]
REGISTRY: Final = "registry.example.com"
IMAGE: Final = f"{REGISTRY}/port-ocean-custom:{_VERSION}"
SECRET: Final = "ocean-custom"  # noqa: S105 (the name of a Secret, and no secret)
_IDENTIFIER: Final = "OCEAN__INTEGRATION__IDENTIFIER"
_LISTENER: Final = "OCEAN__EVENT_LISTENER"
_LISTENER_TYPE: Final = f"{_LISTENER}__TYPE"
_MODE: Final = "OCEAN__PROCESSING_MODE"
_NEEDED: Final[Mapping[str, str]] = {
    _IDENTIFIER: "my-api",
    # Ocean's own default, dsp, leaves mapping and deletion to Port.
    _MODE: "ocean-core",
}
"""What every deployment has, unless the file says otherwise."""
_PORT_S: Final = ("OCEAN__PORT__CLIENT_ID", "OCEAN__PORT__CLIENT_SECRET")
_SENSITIVE: Final = re.compile(r"SECRET|TOKEN|PASSWORD|PRIVATE|CREDENTIAL|CLIENT_ID", re.IGNORECASE)
_BY_VARIABLE: Final[Mapping[str, Any]] = {field.variable: field for field in FIELDS.values()}
_OCEAN: Final = "OCEAN__"
_REFERS: Final = re.compile(r"\$\{\w+(:-[^}]*)?\}")
"""What a file of variables fills in: ``${NAME}``, ``${NAME:-default}``."""


@dataclass(frozen=True)
class Exported:
    """An installation: the variables that may be read, and the names of the secret ones."""

    plain: Mapping[str, str]
    secret: tuple[str, ...]


def exported(variables: Mapping[str, str]) -> Exported:
    """The variables that Ocean reads, sorted; an empty one is left out, unless it is a secret.

    So are those that ``customHeaders`` reads: `${API_TOKEN}` stays as it is. Another text that
    refers to a variable is left to whoever deploys, like a secret: nothing there fills it in.
    """
    ours = {name: text for name, text in variables.items() if name.startswith(_OCEAN)}
    read = REFERENCE.findall(ours.get(FIELDS["customHeaders"].variable, ""))
    refers = (name for name, text in ours.items() if _REFERS.search(text))
    secret = {*_PORT_S, *filter(is_secret, ours), *read, *refers}
    plain = {name: text for name, text in ours.items() if text and name not in secret}
    return Exported(dict(sorted({**_NEEDED, **plain}.items())), tuple(sorted(secret)))


def is_secret(variable: str) -> bool:
    """Whether a variable is never written out."""
    if variable.startswith(VARIABLE_PREFIX) and variable in _BY_VARIABLE:
        return bool(_BY_VARIABLE[variable].sensitive)
    return bool(_SENSITIVE.search(variable))


def helm(found: Exported) -> str:
    """Values for Port's chart ``port-ocean``; secrets come from one Secret of the cluster.

    The chart starts a process that ends again, so it listens: ``POLLING``, never ``ONCE``.
    """
    config: dict[str, Any] = {}
    others: list[dict[str, Any]] = []
    plain = _listening(found.plain, "POLLING")
    for name, text in plain.items():
        if field := _BY_VARIABLE.get(name):
            config[field.name] = _value(text, field.kind)
        elif name not in _CHART:
            others.append({"name": name, "value": text})
    values: dict[str, Any] = {
        "integration": {"type": "custom", "config": config},
        "secret": {"create": False, "name": SECRET},
        "extraEnv": others,
    }
    for name, path in _CHART.items():
        if name in plain:
            *way, last = path
            inner = values
            for key in way:
                inner = inner.setdefault(key, {})
            inner[last] = plain[name]
    head = (
        "# helm upgrade --install my-api port-labs/port-ocean -f deploy/values.yaml \\\n"
        f"#   -f values.yaml --set imageRegistry={REGISTRY} --set integration.version={_VERSION}\n"
        f"# The Secret {SECRET} holds {', '.join(found.secret)}:\n"
        f"# kubectl create secret generic {SECRET} --from-env-file=secrets.env\n"
    )
    return head + yaml.safe_dump(values, sort_keys=False, width=10_000, allow_unicode=True)


_CHART: Final[Mapping[str, tuple[str, ...]]] = {
    "OCEAN__PORT__BASE_URL": ("port", "baseUrl"),
    _IDENTIFIER: ("integration", "identifier"),
    _LISTENER_TYPE: ("integration", "eventListener", "type"),
    _MODE: ("processingMode",),
}
"""What the chart has keys of its own for."""


def _listening(plain: Mapping[str, str], listener: str) -> dict[str, str]:
    """The variables with this listener in place of theirs."""
    others = {name: text for name, text in plain.items() if not name.startswith(_LISTENER)}
    return {**others, _LISTENER_TYPE: listener}


def _value(text: str, kind: str) -> Any:  # noqa: ANN401 (any JSON)
    """An object or a list as YAML; all else stays a text: the chart writes numbers as 1e+06."""
    if kind in {"object", "array"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def docker(found: Exported) -> str:
    """A command that runs one container; secrets are taken from the shell that runs it."""
    lines = ["docker run --rm"]
    lines += [f"--env {shlex.quote(f'{name}={text}')}" for name, text in found.plain.items()]
    lines += [f"--env {name}" for name in found.secret]
    head = "".join(f"# export {name}=…\n" for name in found.secret)
    return head + " \\\n  ".join([*lines, IMAGE]) + "\n"


def github(found: Exported) -> str:
    """A workflow of one resync; secrets are the repository's, named like their variables."""
    plain = _listening(found.plain, "ONCE")
    environment = {name: _github_text(text) for name, text in plain.items()}
    environment |= {name: f"${{{{ secrets.{name} }}}}" for name in found.secret}
    names = " ".join(f"--env {name}" for name in environment)
    job = {
        "runs-on": "ubuntu-latest",
        "env": environment,
        "steps": [{"run": f"docker run --rm {names} {IMAGE}"}],
    }
    workflow = {
        "name": "Sync into Port",
        "on": {"schedule": [{"cron": "0 */2 * * *"}], "workflow_dispatch": {}},
        "concurrency": "ocean-custom",
        "jobs": {"sync": job},
    }
    return yaml.safe_dump(workflow, sort_keys=False, width=10_000, allow_unicode=True)


def _github_text(text: str) -> str:
    """A text in which GitHub finds no expression of its own."""
    return text.replace("${{", "${{ '${{' }}")


def gitlab(found: Exported) -> str:
    """A job of one resync; secrets are masked variables of the project, which every job gets."""
    plain = _listening(found.plain, "ONCE")
    variables = {name: {"value": text, "expand": False} for name, text in plain.items()}
    job = {
        "sync": {
            "image": {"name": IMAGE, "entrypoint": [""]},
            "variables": variables,
            "resource_group": "ocean-custom",
            "script": ["cd /app && scripts/start"],
            "rules": [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}],
        }
    }
    head = "".join(f"# ${name}: a masked variable of the project\n" for name in found.secret)
    return head + yaml.safe_dump(job, sort_keys=False, width=10_000, allow_unicode=True)


FORMATS: Final[Mapping[str, Callable[[Exported], str]]] = {
    "helm": helm,
    "docker": docker,
    "github": github,
    "gitlab": gitlab,
}


_HELP = (
    "\b\nExample: python -m workbench export helm > values.yaml\n"
    "Exit codes: 0 fine, 1 a line of the settings cannot be read, 2 usage."
)


@click.command(epilog=_HELP)
@click.argument("target", type=click.Choice(sorted(FORMATS)))
@click.option(
    "--settings",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    default=".env",
    show_default=True,
    help="The settings.",
)
@click.option("--json", "as_json", is_flag=True, help="Variables, names of secrets and the text.")
def export(*, target: str, settings: Path, as_json: bool) -> None:
    """Write the settings for a deployment, with secrets as references."""
    given = read_env(settings, str(settings))
    if given.findings:
        raise click.ClickException("\n".join(map(str, given.findings)))
    found = exported(given.written)
    text = FORMATS[target](found)
    if as_json:
        parts = {"variables": dict(found.plain), "secrets": found.secret, "text": text}
        text = f"{json.dumps({'target': target, **parts}, indent=2)}\n"
    click.echo(text, nl=False)
