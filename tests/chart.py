"""Port's chart as far as the files of deploy/ use it: what container comes of which values.

    container = rendered(values("token.yaml"), version="1.0.0")
    container.environment["OCEAN__INTEGRATION__CONFIG__BASE_URL"]

``rendered`` knows the rules of the chart by heart (https://github.com/port-labs/helm-charts,
charts/port-ocean 0.21.0). Where the chart itself lies, in the folder that PORT_OCEAN_CHART
names, and `helm-python-sdk` is installed, ``rendered_by_helm`` asks Helm's own engine.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.layout import ROOT

type Values = Mapping[str, Any]

DEPLOY = ROOT / "deploy"
CHART = os.environ.get("PORT_OCEAN_CHART", "")
LONGEST_NAME = 63
LONGEST_CRON_JOB = 52
LARGEST_PLAIN_NUMBER = 999_999
# What one writes on Helm's command line, as docs/installation.md does.
OF_COMMAND: Values = {"port": {"clientId": "client", "clientSecret": "client-secret"}}
DEFAULTS: Values = {
    "imageRegistry": "registry-of-the-chart.example.com",
    "workload": {"kind": "Deployment"},
    "secret": {"create": True, "name": ""},
    "service": {"enabled": True, "port": 8000},
    "initializePortResources": True,
    "processingMode": "dsp",
    "integration": {"eventListener": {"type": "KAFKA", "brokers": "kafka.example.com:9196"}},
    "resources": {
        "requests": {"memory": "512Mi", "cpu": "200m"},
        "limits": {"memory": "1024Mi", "cpu": "500m"},
    },
}


@dataclass(frozen=True)
class Rendered:
    """The container that the chart makes: ``kind`` is of the workload, ``schedule`` a CronJob's."""

    kind: str
    image: str
    environment: Mapping[str, str]
    security: Mapping[str, object]
    resources: Mapping[str, object]
    mounts: Mapping[str, str]
    schedule: str | None = None
    concurrency: str | None = None
    secrets: Sequence[str] = field(default=())
    hooks: int = 0


def merged(*parts: Values) -> dict[str, Any]:
    """Values with later ones over earlier ones, key by key, as Helm merges files."""
    result: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            before = result.get(key)
            if isinstance(before, Mapping) and isinstance(value, Mapping):
                result[key] = merged(before, value)
            else:
                result[key] = value
    return result


def values(name: str) -> dict[str, Any]:
    """What the documented command makes of one of the files."""
    files = (DEPLOY / "values.yaml", DEPLOY / name)
    return merged(*(yaml.safe_load(file.read_text()) for file in files), OF_COMMAND)


def rendered(given: Values, version: str) -> Rendered:
    """By the rules of the chart, told in this function."""
    given = merged(DEFAULTS, given, {"integration": {"version": version}})
    integration, workload = given["integration"], given["workload"]
    is_cron = workload["kind"] == "CronJob"
    certificate = given.get("selfSignedCertificate", {}).get("enabled", False)
    name = f"port-ocean-{integration['type']}:{version}"
    return Rendered(
        kind=workload["kind"],
        image=f"{given['imageRegistry']}/{given.get('image') or name}",
        environment={**_config_map(given, is_cron=is_cron), **_secret(given), **_variables(given)},
        security=given["containerSecurityContext"] if given["service"]["enabled"] else {},
        resources=given["resources"] if given["service"]["enabled"] else {},
        mounts={
            "ocean-tmp": "/tmp/ocean",  # noqa: S108 (a path in the container)
            **(
                {"certificates": "/usr/local/share/ca-certificates/cert.crt"} if certificate else {}
            ),
        },
        schedule=str(given.get("scheduledResyncInterval") or "0 */1 * * *") if is_cron else None,
        concurrency=given.get("scheduleConcurrencyPolicy", "Replace") if is_cron else None,
        secrets=_secret_names(given),
        hooks=_hooks(given),
    )


def _config_map(given: Values, *, is_cron: bool) -> dict[str, str]:
    integration = given["integration"]
    listener = {"type": "ONCE"} if is_cron else integration["eventListener"]
    interval = given.get("scheduledResyncInterval")
    return {
        "OCEAN__PORT__BASE_URL": given["port"]["baseUrl"],
        "OCEAN__INITIALIZE_PORT_RESOURCES": _text(given["initializePortResources"]),
        "OCEAN__ALLOW_ENVIRONMENT_VARIABLES_JQ_ACCESS": _text(
            given.get("allowEnvironmentVariablesJqAccess", True)
        ),
        **(
            {"OCEAN__SCHEDULED_RESYNC_INTERVAL": _text(interval)}
            if interval and not is_cron
            else {}
        ),
        # `false | default true` is true: these two cannot be switched off by the chart's values.
        "OCEAN__SEND_RAW_DATA_EXAMPLES": "true",
        "OCEAN__LAKEHOUSE_ENABLED": "true",
        "OCEAN__EVENT_LISTENER": json.dumps(listener, separators=(",", ":"), sort_keys=True),
        "OCEAN__INTEGRATION__IDENTIFIER": integration["identifier"],
        "OCEAN__PROCESS_EXECUTION_MODE": "single_process",
        "OCEAN__PROCESSING_MODE": given["processingMode"],
        "OCEAN__STREAMING__ENABLED": "false",
        "OCEAN__ACTIONS_PROCESSOR__ENABLED": "false",
        **{_name(key): _text(value) for key, value in integration.get("config", {}).items()},
    }


def _secret(given: Values) -> dict[str, str]:
    if not given["secret"]["create"]:
        return {}
    secrets = given["integration"].get("secrets", {})
    return {
        "OCEAN__PORT__CLIENT_ID": given["port"]["clientId"],
        "OCEAN__PORT__CLIENT_SECRET": given["port"]["clientSecret"],
        **{_name(key): _text(value, lists=False) for key, value in secrets.items()},
    }


def _variables(given: Values) -> dict[str, str]:
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    of_certificate = {"SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle}
    certificate = given.get("selfSignedCertificate", {}).get("enabled", False)
    return {
        **(of_certificate if certificate else {}),
        **{one["name"]: one["value"] for one in given.get("extraEnv") or ()},
    }


def _secret_names(given: Values) -> tuple[str, ...]:
    names = given["secret"]["name"]
    if isinstance(names, list):
        return tuple(names)
    integration = given["integration"]
    own = f"ocean-{integration['type']}-{integration['identifier']}"[:LONGEST_NAME].rstrip("-")
    return (names or f"{own}-secret",)


def _hooks(given: Values) -> int:
    cron = given["workload"].get("cron", {})
    wanted = cron.get("resyncOnInstall", True) or cron.get("resyncOnUpgrade", True)
    return int(given["workload"]["kind"] == "CronJob" and wanted)


def _name(key: str) -> str:
    return "OCEAN__INTEGRATION__CONFIG__" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).upper()


def _text(value: object, *, lists: bool = True) -> str:
    """How the chart writes a value; AssertionError for what it would spoil."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            assert value <= LARGEST_PLAIN_NUMBER, f"{value} in quotes: Helm writes an exponent"
            return str(value)
        case Mapping():
            return json.dumps(value, separators=(",", ":"), sort_keys=True)
        case list():
            assert lists, (
                f"{value}: a list in secrets comes out as [a b]; write it as JSON, in quotes"
            )
            return json.dumps(value, separators=(",", ":"))
        case _:
            return str(value)


def helm() -> Any | None:  # noqa: ANN401 (a library without types that is not installed everywhere)
    """Helm's engine, where it and the chart are at hand."""
    if not CHART:
        return None
    try:
        return importlib.import_module("helm_python")
    except ModuleNotFoundError:
        return None


def rendered_by_helm(given: Values, version: str) -> Rendered:
    """By Helm itself, from the chart in the folder PORT_OCEAN_CHART."""
    engine = helm()
    assert engine
    given = merged(given, {"integration": {"version": version}})
    with engine.Chart.load(CHART) as chart:
        texts = chart.render(given, name="mine", namespace="default").values()
    documents = [one for text in texts for one in yaml.safe_load_all(text) if one]
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for document in documents:
        by_kind.setdefault(document["kind"], []).append(document)
    (workload,) = by_kind.get("Deployment", []) + by_kind.get("CronJob", [])
    spec = workload["spec"]
    template = spec["template"] if "template" in spec else spec["jobTemplate"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    (config_map,) = by_kind["ConfigMap"]
    made = {
        one["metadata"]["name"]: one["data"] for one in by_kind.get("Secret", ()) if "data" in one
    }
    names = [one["secretRef"]["name"] for one in container["envFrom"] if "secretRef" in one]
    secret = {key: text for name in names for key, text in made.get(name, {}).items()}
    return Rendered(
        kind=workload["kind"],
        image=container["image"],
        environment={
            **{key: str(value) for key, value in config_map["data"].items()},
            **{key: base64.b64decode(text).decode() for key, text in secret.items()},
            **{one["name"]: one["value"] for one in container["env"] or ()},
        },
        security=container.get("securityContext") or {},
        resources=container.get("resources") or {},
        mounts={one["name"]: one["mountPath"] for one in container["volumeMounts"]},
        schedule=spec.get("schedule"),
        concurrency=spec.get("concurrencyPolicy"),
        secrets=tuple(names),
        hooks=len(
            [
                one
                for one in documents
                if "helm.sh/hook" in (one["metadata"].get("annotations") or {})
            ]
        ),
    )


def load_values(path: Path) -> dict[str, Any]:
    """A file of values by itself."""
    loaded = yaml.safe_load(path.read_text())
    assert isinstance(loaded, dict)
    return loaded
