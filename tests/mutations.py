"""Natural mistakes, generated: every setting of paging and every path, a little wrong.

Each ``Mistake`` changes one place of an example: a letter lost, the other case, a level too high or
too low, another type, another style, or nothing there at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import get_args

from humps import camelize, decamelize

from jq_engine.paths import plain_path
from json_values import follow
from pagination import PAGINATION_TYPES
from paging.model import SendIn
from tests.examples import Example
from tests.literals import Json
from tests.simulators import Mistake

PARAMETERS = ("pagination_param", "size_param", "header_link_rel")
PATHS = ("cursor_path", "has_more_path", "last_page_path", "total_path", "next_link_path")
PLAUSIBLE = {"cursor_path": "cursor", "next_link_path": "next"} | {
    "has_more_path": "more",
    "last_page_path": "last",
}
NUMBERS = {"page_size": ("7", "ten", "0", "100000"), "start_page": ("0", "1", "one")}


def mutations(example: Example) -> Iterator[Mistake]:
    """Every mistake of an example's settings and mapping."""
    settings = {"pagination_type": "none", "start_page": "1", **PLAUSIBLE, **example.settings}
    for name, value in settings.items():
        given = name in example.settings
        for wrong in wrongs(name, value, given=given):
            yield Mistake(f"{name}: {wrong}", settings={name: wrong})
    for at, resource in enumerate(example.mapping["resources"]):
        for path, name, value in places(resource["selector"], f"resources/{at}/selector"):
            for wrong in wrongs(name, value):
                yield Mistake(f"{path}: {wrong}", mapping={path: wrong})


def places(part: Mapping[str, Json], path: str) -> Iterator[tuple[str, str, Json]]:
    """Path, name and value of everything about paging and paths in a selector."""
    if "data_path" in part:
        yield f"{path}/data_path", "data_path", part["data_path"]
    else:
        yield f"{path}/data_path", "data_path", "."
    if "field" in part:
        yield f"{path}/field", "field", part["field"]
    for name, value in part.get("pagination", {}).items():
        yield f"{path}/pagination/{name}", name, value
    for name, parameter in part.get("path_parameters", {}).items():
        yield from places(parameter, f"{path}/path_parameters/{name}")


def wrongs(name: str, value: Json, *, given: bool = True) -> Iterator[str | None]:
    """The wrong values of a setting that has, or unless ``given`` might have, this value."""
    match name:
        case "pagination_type" | "type":
            # A resource's own "none" is a wish: its first page is all that is wanted.
            wish = "none" if name == "type" else value
            yield from (other for other in PAGINATION_TYPES if other not in {value, wish})
        case "send_in":
            yield from (other for other in get_args(SendIn) if other != value)
        case "page_size" | "start_page":
            yield from (number for number in NUMBERS[name] if number != str(value))
        case _ if not given:
            if name in PLAUSIBLE:
                yield value
            return
        case _ if name in PARAMETERS:
            yield from names(str(value))
            yield from levels(str(value).split("."))
        case _ if name in PATHS or name in {"data_path", "field"}:
            yield from paths(str(value))
        case _:
            return
    if given and value != ".":
        yield None


def names(name: str) -> Iterator[str]:
    """A name with a letter lost, and in another case."""
    yield re.sub(r"\w(\W*)$", r"\1", name)
    others = (camelize(name), decamelize(name), name.upper(), name.lower())
    yield next(other for other in others if other != name)


def levels(keys: list[str]) -> Iterator[str]:
    """A dot path a level too high, without its root, and a level too low."""
    if len(keys) > 1:
        yield ".".join(keys[:-1])
        yield ".".join(keys[1:])
    yield ".".join(["data", *keys])
    yield ".".join([*keys, "value"])


def paths(path: str) -> Iterator[str]:
    """A path with wrong keys, or levels; of other jq a key that is not there."""
    if path == ".":
        yield from (".items", ".data")
        return
    keys = plain_path("." + path.removeprefix("."))
    if keys is None:
        yield f".data | {path}"
        return
    dot = "." if path.startswith(".") else ""
    *way, last = keys
    for wrong in names(last):
        yield dot + ".".join([*way, wrong])
    for wrong in levels(list(keys)):
        yield dot + wrong
    if dot and not way:
        yield "."


def beside(example: Example, bodies: list[Json]) -> Iterator[Mistake]:
    """``data_path`` led to everything that stands beside the list, at each of its levels."""
    for at, (resource, body) in enumerate(zip(example.mapping["resources"], bodies, strict=True)):
        keys = plain_path(resource["selector"].get("data_path", ".")) or ()
        for depth, key in enumerate(keys):
            around: Json = follow(body, keys[:depth])
            for other in sorted(around.keys() - {key}):
                path = "." + ".".join(f'"{name}"' for name in (*keys[:depth], other))
                yield Mistake(
                    f"resources/{at}/selector/data_path: {path}",
                    mapping={f"resources/{at}/selector/data_path": path},
                )
