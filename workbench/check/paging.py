"""How answers say that they are paged, and what one more request shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import httpx

from errors import OceanCustomError
from json_values import Json
from paging.model import PageRequest
from resync.session import Session
from workbench.check.near import lists_of_objects, written
from workbench.check.reading import Seen

_CAPPED: Final = 5  # a full page of a server's own size is a multiple of this
_CURSORS: Final = ("cursor", "token", "after", "continuation", "marker", "next_page", "nextpage")
_DEEPEST: Final = 5  # objects around a text that leads on


async def paging_of(
    session: Session, request: PageRequest, body: Json, headers: Mapping[str, str]
) -> str:
    """The type of paging that leads to other rows, with its proof; "" for none."""
    if 'rel="next"' in headers.get("Link", "") or "rel=next" in headers.get("Link", ""):
        return "the Link header names a next page: write header_link"
    for path, text in _texts_beside_lists(body):
        if _leads_on(request.url, text):
            return f"{written(path)} is the next page's URL: write next_link"
        if any(word in path[-1].lower() for word in _CURSORS):
            return f"{written(path)} is a cursor: write cursor"
    rows = max((one for _, one in lists_of_objects(body)), key=len, default=[])
    for style, name, value in (("page", "page", "2"), ("offset", "offset", str(len(rows)))):
        if not rows or request.method != "GET":
            break
        try:
            answer = await session.client.send(request.put(name, value, "query"))
        except OceanCustomError:
            continue
        others = max((one for _, one in lists_of_objects(answer.body)), key=len, default=[])
        if others and not any(row in rows for row in others):
            return f"{name}={value} gives other rows: write {style}"
    return ""


def may_go_on(seen: Seen) -> bool:
    """Whether a list that is not paged has the length of a server's full page."""
    pages = seen.own_pages
    style = seen.config.selector.pagination
    rows = pages[0].rows if pages else 0
    return rows >= 2 * _CAPPED and rows % _CAPPED == 0 and (style is None or style.type is None)


def _texts_beside_lists(body: Json) -> Iterator[tuple[tuple[str, ...], str]]:
    stack: list[tuple[tuple[str, ...], Json]] = [((), body)]
    while stack:
        path, value = stack.pop(0)
        if isinstance(value, str) and path:
            yield path, value
        elif isinstance(value, dict) and len(path) <= _DEEPEST:
            stack.extend(((*path, str(key)), inner) for key, inner in value.items())


def _leads_on(url: str, text: str) -> bool:
    """Whether a text is the URL of the same path with other parameters."""
    if not text.startswith(("http://", "https://", "/", "?")):
        return False
    try:
        target, own = httpx.URL(url).join(text), httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    return target.path.rstrip("/") == own.path.rstrip("/") and target.query != own.query
