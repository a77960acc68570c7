"""The body of a request, as HTTP carries it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from json_values import Json

_FORM = "application/x-www-form-urlencoded"


def encoded_body(
    body: Json, *, is_form: bool, headers: Mapping[str, str]
) -> tuple[dict[str, Any], httpx.Headers]:
    """What ``build_request`` of httpx takes for a body, and the headers with its type.

    An object or array is sent as JSON, an object with ``is_form`` as a form (WHATWG URL, 5.2), a
    text as it is. ``headers`` are the resource's own: a ``Content-Type`` in them wins.
    """
    given = httpx.Headers(headers)
    if body is None:
        return {}, given
    if is_form and isinstance(body, dict):
        given.setdefault("Content-Type", _FORM)
        return {"content": _form(body).encode()}, given
    if isinstance(body, str):
        kind = "text/plain" if body.isascii() else "text/plain; charset=utf-8"
        given.setdefault("Content-Type", kind)
        return {"content": body.encode()}, given
    return {"json": body}, given


def _form(fields: Mapping[str, Json]) -> str:
    """Fields of a form: lists are repeated, nulls dropped, booleans as JSON writes them."""
    pairs = [
        (name, one if isinstance(one, str) else json.dumps(one))
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
    return urlencode(pairs)
