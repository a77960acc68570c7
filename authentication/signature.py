"""What signs requests: headers, query parameters and keys of the body, added to each of them."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from urllib.parse import quote, unquote_plus, urlencode

import httpx
from msgspec import field

from json_values import Json
from records import Discreet


class Signature(Discreet, frozen=True):
    """What one sign-in gave: the parts to add to every request.

    ``obtained_at`` is by the scheme's clock; ``lifetime`` is the seconds it is used for, None where
    the answer does not say.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query_params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] = field(default_factory=dict)
    obtained_at: float = 0.0
    lifetime: float | None = None

    def sign(self, request: httpx.Request) -> httpx.Request:
        """A signed copy; transports below may rewrite what they are given."""
        content = request.content
        headers = httpx.Headers(request.headers)
        given = _object_in(content)
        if self.body and given is not None and (content or request.method != "GET"):
            content = json.dumps({**given, **self.body}).encode()
            headers["Content-Type"] = "application/json"
            headers.pop("Content-Length", None)
        headers.update(self.headers)
        return httpx.Request(
            request.method,
            signed_url(request.url, self.query_params),
            headers=headers,
            content=content or None,
            extensions=request.extensions,
        )


def _object_in(content: bytes) -> Mapping[str, Json] | None:
    """The JSON object that a body is, {} for no body, None for any other: that has no keys."""
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def signed_url(url: httpx.URL, params: Mapping[str, str]) -> httpx.URL:
    """The URL with these query parameters, each once; all others as they are spelt."""
    if not params:
        return url
    others = _other_pairs(url.query.decode(), params)
    signature = urlencode(params, quote_via=quote, safe="")
    return url.copy_with(query="&".join(filter(None, (others, signature))).encode())


def url_without(url: str, names: Container[str]) -> str:
    """The URL without the query parameters of these names; all others as they are spelt.

    APIs hand the parameters of a request back in their links, those that sign it included.
    """
    rest, sharp, fragment = url.partition("#")
    path, _, query = rest.partition("?")
    others = _other_pairs(query, names)
    return path + (f"?{others}" if others else "") + sharp + fragment


def _other_pairs(query: str, names: Container[str]) -> str:
    pairs = query.split("&")
    return "&".join(pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in names)
