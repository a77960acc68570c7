"""The objects of an answer in which names are looked for, and what the names hold there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from types import MappingProxyType

from json_values import Json
from paging.signal_names import (
    ERROR_NAMES,
    HOLDERS,
    INCOMPLETE_NAMES,
    SUCCESS_NAMES,
    WRAPPERS,
    asked_by,
    name_of,
)
from transport.bodies import decode_json

_REASONS = frozenset((*ERROR_NAMES, *SUCCESS_NAMES, *INCOMPLETE_NAMES))
_DEEPEST = 6  # objects around the one in which the rows lie
_TRUTHS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})
# Each place with the one around it, which comes before it.
_PLACES = tuple((holder, holder[:-1], holder[-1]) for holder in HOLDERS if holder)

Named = Mapping[str, Sequence[Json]]
"""What the known names among the keys of an object hold; two spellings of one are two values."""
Scope = Mapping[tuple[str, ...], Named]
"""The known names of an object itself, and of those it has in the known places."""
Scopes = tuple[Scope, ...]
"""The objects of one answer in which signals are looked for, the body first."""


def scopes_of(body: Json, holder: Json = None) -> Scopes:
    """The body, an answer wrapped in it, and ``holder``, the object the list of rows lies in.

    GraphQL has ``pageInfo`` beside the list, however deep that is
    (https://relay.dev/graphql/connections.htm). What has an id, or no list, is an item, and
    its words are its own.
    """
    if not isinstance(body, dict):
        return (_scope(_named([holder])),) if isinstance(holder, dict) and is_page(holder) else ()
    top = _named([body])
    wrapped = [part for name in WRAPPERS for part in top.get(name, ())]
    parts = (part for part in (*wrapped, holder) if part is not body and is_page(part))
    return (_scope(top), *(_scope(_named([part])) for part in parts if isinstance(part, dict)))


def scopes_in(headers: Mapping[str, str]) -> Scopes:
    """What headers hold as a body would.

    That is an object, where they are named after pages (``X-Pagination: {"TotalCount": 70}``), and
    true or false under a name of the tables (``X-List-Truncated: true``).
    """
    found: list[Json] = []
    for name, value in headers.items():
        if "pag" in name.lower() and value.lstrip().startswith("{"):
            with suppress(ValueError):
                found.append(decode_json(value.encode()))
        elif value.lower() in _TRUTHS and (asked := asked_by(name)):
            found.append({asked: _TRUTHS[value.lower()]})
    return tuple(_scope(_named([part])) for part in found if isinstance(part, dict))


def parts_around(part: Json, inner: object, deepest: int = _DEEPEST) -> list[Json] | None:
    """What leads to a part within another one, from inside; None where it is not there."""
    if part is inner:
        return []
    if isinstance(part, list) and len(part) == 1:
        return parts_around(part[0], inner, deepest)
    for one in part.values() if isinstance(part, dict) and deepest else ():
        if (found := parts_around(one, inner, deepest - 1)) is not None:
            return [*found, part]
    return None


def _scope(top: Named) -> Scope:
    scope: dict[tuple[str, ...], Named] = {(): top}
    for holder, around, name in _PLACES:
        if (outer := scope.get(around)) and (inside := outer.get(name)):
            # A page of a status site, with an id and a name, speaks of something else.
            spoken = (one for one in inside if name != "page" or not is_item(one))
            objects = filter(None, map(_holding, spoken))
            if named := _named(objects):
                scope[holder] = named
    return scope


def _named(objects: Iterable[Mapping[str, Json]]) -> Named:
    named: dict[str, list[Json]] = {}
    for key, value in chain.from_iterable(part.items() for part in objects):
        if name := name_of(key):
            named.setdefault(name, []).append(value)
    return named


def _holding(value: Json) -> Mapping[str, Json] | None:
    """What a place holds by name: an object, or the links of a list by their relations.

    HATEOAS has ``{"rel": "next", "href": …}``, FHIR ``{"relation": "next", "url": …}``, and Atom
    ``<link rel="next" href="…"/>``.
    """
    if isinstance(value, dict) and not value.keys() >= {"@rel", "@href"}:
        return value
    if not isinstance(value, list | dict):
        return None
    listed = value if isinstance(value, list) else [value]
    links = [
        {key.lstrip("@"): one for key, one in link.items()}
        for link in listed
        if isinstance(link, dict)
    ]
    relations = ((link.get("rel", link.get("relation")), link) for link in links)
    return {
        relation: link.get("href", link.get("url"))
        for text, link in relations
        if isinstance(text, str)
        for relation in text.split()
    }


def is_page(part: Json) -> bool:
    """Whether an object holds a list, and is not an item itself."""
    return (
        isinstance(part, dict)
        and any(isinstance(value, list) for value in part.values())
        and not is_item(part)
    )


def is_item(part: Json) -> bool:
    """Whether a part is an object with an id, however that is spelled: its words are its own."""
    return isinstance(part, dict) and ("id" in part or any(name_of(key) == "id" for key in part))


def named_values(scopes: Scopes, names: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """What the names hold, in each scope itself and below its holders, in that order."""
    for scope in scopes:
        for named in scope.values():
            if not named.keys().isdisjoint(names):
                yield from ((name, value) for name in names for value in named.get(name, ()))


def values_of(scopes: Scopes, names: Sequence[str]) -> Iterator[Json]:
    """What the names hold, in each scope itself and below its holders."""
    return (value for _, value in named_values(scopes, names))


def reasons_in(body: Mapping[str, Json]) -> dict[str, Json]:
    """What an answer says of its success, its errors and its completeness."""
    return {key: value for key, value in body.items() if name_of(key) in _REASONS}
