"""How answers say that they are paged, and what one more request shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import httpx
from msgspec.structs import replace

from errors import OceanCustomError
from json_values import Json
from pagination import DEFAULT_POSITION_PARAM, PaginationSettings
from paging.link_header import on_same_path
from paging.model import PageRequest
from resync.path_parameters import Binding, request_for
from resync.session import Session
from transport.observer import PageRead
from workbench.check.near import lists_of_objects, written
from workbench.check.reading import Seen

_FEWEST: Final = 10  # rows of a server's own page
_CURSORS: Final = ("cursor", "token", "after", "continuation", "marker", "next_page", "nextpage")
_PAGES: Final = ("page", "page_number", "pageNumber", "page[number]", "pageIndex", "p")
_OFFSETS: Final = (
    "offset",
    "skip",
    "start",
    "$skip",
    "first",
    "startAt",
    "startIndex",
    "start_index",
)
_SIZES: Final = ("limit", "per_page", "count", "page_size", "pageSize", "size", "max", "$top")
_INVALID: Final = frozenset({400, 422})
UNPAGED: Final = PaginationSettings()
_SEVERAL: Final = 2  # rows that a size can cut
_DEEPEST: Final = 5  # objects around a text that leads on


async def paging_of(
    session: Session,
    request: PageRequest,
    body: Json,
    headers: Mapping[str, str],
    given: PaginationSettings = UNPAGED,
) -> str:
    """What leads to other rows, with its proof; "" for none. ``given``: what is set."""
    if 'rel="next"' in headers.get("Link", "") or "rel=next" in headers.get("Link", ""):
        return "the Link header names a next page: write header_link"
    texts = sorted(_texts_beside_lists(body), key=lambda one: "next" not in written(one[0]).lower())
    for path, text in texts:
        place, is_link = written(path), _leads_on(request.url, text)
        is_marker = any(word in place.lower() for word in _CURSORS) and not is_link
        if is_marker and (given.type == "cursor" or _is_named(path)):
            wanted = _for("cursorPath", place) if given.type == "cursor" else "cursor"
            return f"{place} is a cursor: write {wanted}"
        if (
            is_link
            and given.type != "cursor"
            and await _leads_to_others(session, request, text, body)
        ):
            wanted = _for("nextLinkPath", place) if given.type == "next_link" else "next_link"
            return f"{place} is the next page's URL: write {wanted}"
    return await _by_asking(session, request, body, given) if request.method == "GET" else ""


async def _by_asking(
    session: Session, request: PageRequest, body: Json, given: PaginationSettings
) -> str:
    """What leads to other rows where no answer says so; not what is written already."""
    rows = max((one for _, one in lists_of_objects(body)), key=len, default=[])
    for key, value in _last(rows).items():
        is_cursor = isinstance(value, str) and "cursor" in key.lower() and given.type != "cursor"
        if is_cursor and await _is_other(session, request.put(key, value, "query"), rows):
            place = f"cursorPath .[-1].{key}"
            return f"the last row's {key} gives other rows: write cursor, and {place}"
    for style, names, value in (("page", _PAGES, "2"), ("offset", _OFFSETS, str(len(rows)))):
        is_given = style == given.type
        unheeded = given.pagination_param or DEFAULT_POSITION_PARAM[style]
        others = [name for name in names if not is_given or name != unheeded]
        name = await _moving(session, request, others, value, rows) if rows else ""
        if name and is_given:
            return f"{name}={value} gives other rows: write {name} for paginationParam"
        if name:
            own = "" if name == DEFAULT_POSITION_PARAM[style] else f", {name} for paginationParam"
            return f"{name}={value} gives other rows: write {style}{own}"
    return ""


async def _moving(
    session: Session, request: PageRequest, names: Sequence[str], value: str, rows: Sequence[Json]
) -> str:
    """The name that, given this value, leads to other rows: all in one request, then each."""
    together = request
    for name in names:
        together = together.put(name, value, "query")
    is_heeded = await _is_other(session, together, rows)
    for name in names if is_heeded else names[:1]:
        if await _is_other(session, request.put(name, value, "query"), rows):
            return name
    return ""


async def _is_other(session: Session, request: PageRequest, rows: Sequence[Json]) -> bool:
    """Whether a request is answered with rows, and with none of those."""
    try:
        answer = await session.client.send(request)
    except OceanCustomError:
        return False
    others = max((one for _, one in lists_of_objects(answer.body)), key=len, default=[])
    return bool(others) and not any(row in rows for row in others)


async def _leads_to_others(session: Session, request: PageRequest, link: str, body: Json) -> bool:
    """Whether a link leads to other rows; one of a request that is no GET is not followed."""
    target = on_same_path(request.url, link)
    if target is None or request.method != "GET":
        return target is not None
    rows = max((one for _, one in lists_of_objects(body)), key=len, default=[])
    return await _is_other(session, replace(request, url=str(target), params=()), rows)


def _is_named(path: Sequence[str]) -> bool:
    return any(word in path[-1].lower() for word in _CURSORS)


def _last(rows: Sequence[Json]) -> Mapping[str, Json]:
    return rows[-1] if rows and isinstance(rows[-1], dict) else {}


def _for(setting: str, place: str) -> str:
    return f"{place.removeprefix('.')} for {setting}"


async def size_name(session: Session, request: PageRequest, body: Json) -> str:
    """The usual name of a page size that cuts a list of several rows to one; "" for none."""
    if request.method != "GET" or _longest(body) < _SEVERAL:
        return ""
    for name in _SIZES:
        try:
            answer = await session.client.send(request.put(name, 1, "query"))
        except OceanCustomError:
            continue
        if _longest(answer.body) == 1:
            return name
    return ""


def _longest(body: Json) -> int:
    return max((len(rows) for _, rows in lists_of_objects(body)), default=0)


async def hidden_rows(session: Session, seen: Seen) -> int:
    """How many rows come without the parameters of paging, where with them none came."""
    resource = seen.config.to_resource(session.settings.pagination)
    is_counted = resource.endpoint.pagination.type in {"page", "offset"}
    if seen.items or resource.parameters or not is_counted or not seen.own_pages:
        return 0
    if any(rows for _, rows in lists_of_objects(seen.own_pages[0].body)):
        return 0
    request = request_for(resource.endpoint, Binding(), session.settings.base_url)
    try:
        answer = await session.client.send(replace(request, purpose="check"))
    except OceanCustomError:
        return 0
    return max((len(rows) for _, rows in lists_of_objects(answer.body)), default=0)


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


def may_go_on(seen: Seen) -> PageRead | None:
    """The longest answer of a list that is not paged, where it may be a server's first page."""
    style = seen.config.selector.pagination
    if seen.config.selector.method != "GET" or (style is not None and style.type is not None):
        return None
    longest = max(seen.own_pages, key=lambda page: page.rows, default=None)
    return longest if longest is not None and longest.rows >= _FEWEST else None


def speaks_of_more(seen: Seen) -> PageRead | None:
    """An answer that says that more follows, to a resource that says itself that it has one page.

    The integration reads only the first page then, and warns.
    """
    style = seen.config.selector.pagination
    if style is None or style.type != "none" or style.accept_doubt:
        return None
    return next((page for page in seen.own_pages if page.warning), None)


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
    target = on_same_path(url, text)
    return target is not None and target.query != httpx.URL(url).query
