"""The body of a request, as HTTP carries it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from json_values import Json, as_written, pairs_of

_FORM = "application/x-www-form-urlencoded"


def encoded_body(
    body: Json, *, is_form: bool, headers: Mapping[str, str]
) -> tuple[dict[str, Any], httpx.Headers]:
    """What a request of httpx takes for a body, and the headers with its type.

    An object or array is sent as JSON, an object with ``is_form`` as a form (WHATWG URL, 5.2), a
    text as it is. ``headers`` are the resource's own: a ``Content-Type`` in them wins.
    """
    given = httpx.Headers(headers)
    if body is None:
        return {}, given
    if is_form and isinstance(body, dict):
        given.setdefault("Content-Type", _FORM)
        return {"content": urlencode([*pairs_of(body, as_written)]).encode()}, given
    if isinstance(body, str):
        kind = "text/plain" if body.isascii() else "text/plain; charset=utf-8"
        given.setdefault("Content-Type", kind)
        return {"content": body.encode()}, given
    return {"json": body}, given
