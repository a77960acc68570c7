"""Templates, and how values look in them."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from workbench.store.model import Json, JsonObject

_TEMPLATES: Final = Path(__file__).with_name("templates")
_UNITS: Final = {"MB": 1_000_000, "kB": 1000}
# Longer texts are cut where they are shown: a browser is slow with them, a person too.
_LONGEST_TEXT: Final = 100_000
_LONGEST_CELL: Final = 80


def rendered(
    name: str, request: Request, context: JsonObject, *, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """The page that a template makes of a context."""
    shown = {"path": request.url.path, "query": request.query_params, **context}
    return HTMLResponse(_ENVIRONMENT.get_template(name).render(shown), status_code=status)


def _address(path: str, /, **query: Json) -> str:
    """A path with a query; an empty value is left out, of a list each stands by itself."""
    pairs = [
        (name.rstrip("_"), str(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list | tuple) else [value])
        if one not in ("", None)
    ]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _pretty(value: Json) -> str:
    return _cut(json.dumps(value, indent=2, ensure_ascii=False))


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_TEXT:
        return text
    return f"{text[:_LONGEST_TEXT]}\n… {len(text) - _LONGEST_TEXT:,} more characters"


def _brief(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _clock(moment: str) -> str:
    """The date and time of day of an ISO 8601 text: "2026-11-28 15:19:07"."""
    return moment.partition(".")[0].replace("T", " ")


def _size(count: int) -> str:
    for unit, size in _UNITS.items():
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(pretty=_pretty, cut=_cut, brief=_brief, clock=_clock, size=_size)
    environment.globals.update(address=_address)
    return environment


_ENVIRONMENT: Final = _environment()
