"""How answers say that they are paged, and what one more request shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import httpx

from errors import OceanCustomError
from json_values import Json
from pagination import DEFAULT_POSITION_PARAM, PaginationSettings
from paging.model import PageRequest
from resync.session import Session
from workbench.check.near import lists_of_objects, written
from workbench.check.reading import Seen

_CAPPED: Final = 5  # a full page of a server's own size is a multiple of this
_CURSORS: Final = ("cursor", "token", "after", "continuation", "marker", "next_page", "nextpage")
_INVALID: Final = frozenset({400, 422})
_DEEPEST: Final = 5  # objects around a text that leads on


async def paging_of(
    session: Session,
    request: PageRequest,
    body: Json,
    headers: Mapping[str, str],
    given: str = "none",
) -> str:
    """What leads to other rows, with its proof; "" for none. ``given``: the type as it is set."""
    if 'rel="next"' in headers.get("Link", "") or "rel=next" in headers.get("Link", ""):
        return "the Link header names a next page: write header_link"
    for path, text in _texts_beside_lists(body):
        place = written(path)
        if _leads_on(request.url, text):
            found = f"{place} is the next page's URL: write "
            return found + (_for("nextLinkPath", place) if given == "next_link" else "next_link")
        if any(word in path[-1].lower() for word in _CURSORS):
            found = f"{place} is a cursor: write "
            return found + (_for("cursorPath", place) if given == "cursor" else "cursor")
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


def _for(setting: str, place: str) -> str:
    return f"{place.removeprefix('.')} for {setting}"


async def alone(session: Session, paging: PaginationSettings, seen: Seen) -> str:
    """What to write where a cursor was refused with what stood beside it, and is not by itself."""
    name = paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type)
    refused = next((one for one in reversed(seen.exchanges) if one.status in _INVALID), None)
    if paging.type != "cursor" or paging.cursor_alone or refused is None or name is None:
        return ""
    url = httpx.URL(refused.url)
    value = url.params.get(name)
    if value is None or len(url.params) == 1:
        return ""
    bare = PageRequest(str(url.copy_with(query=None)), params=((name, value),), purpose="check")
    try:
        await session.client.send(bare)
    except OceanCustomError:
        return ""
    return "write cursor_alone: true in its pagination: the cursor by itself is answered"


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
