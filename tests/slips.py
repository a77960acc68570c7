"""Natural mistakes, drawn: one slip of the hand or of memory, anywhere a person writes something.

A ``Slip`` changes values of an installation's files, or lines of its mapping. ``KINDS`` has a
function for each kind of slip, which gives all the slips of its kind that an installation can have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import yaml
from humps import camelize, decamelize

from json_values import MISSING, Found, follow
from tests.examples import Example
from tests.literals import Json
from workbench.check.findings import Path

File = Literal["settings", "mapping", "blueprints"]
_PATH = re.compile(r"(?<![\w\"\])])((?:\.[A-Za-z_]\w*)+)")
_TEXT = re.compile(r'[!=]= *"([A-Za-z][\w -]*)"')
_HOLE = re.compile(r"\{(\w+)\}")
_VERSION = re.compile(r"v?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Slip:
    """A mistake: the values that are otherwise, by file and path; MISSING: there is none.

    ``lines``: of the mapping as it is written, from 0, with what stands there instead.
    """

    kind: str
    values: Mapping[tuple[File, Path], Found] = field(default_factory=dict)
    lines: Mapping[int, str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = [
            f"{file} {'/'.join(map(str, path))} = "
            + ("-" if value is MISSING else json.dumps(value)[:120])
            for (file, path), value in self.values.items()
        ]
        return "; ".join([*told, *(f"line {at + 1}: {text}" for at, text in self.lines.items())])


@dataclass(frozen=True)
class Ground:
    """A right installation, and the items that each of its resources reads."""

    example: Example
    items: list[list[dict[str, Json]]]
    rng: Random

    @property
    def resources(self) -> list[dict[str, Json]]:
        """The resources of the mapping."""
        resources: list[dict[str, Json]] = self.example.mapping["resources"]
        return resources

    @property
    def text(self) -> str:
        """The mapping as it is written."""
        return yaml.safe_dump(self.example.mapping, sort_keys=False)


Draw = Callable[[Ground], Iterator[Slip]]


def put(value: Json, path: Path, other: Found) -> None:
    """Set what is at a path of a value, or remove it; what holds it is made where it is missing."""
    *way, last = path
    for key in way:
        if isinstance(value, dict) and not isinstance(value.get(key), dict | list):
            value[key] = {}
        value = value[key]
    if other is MISSING:
        value.pop(last, None) if isinstance(value, dict) else value.pop(last)
    elif isinstance(value, list) and last == len(value):
        value.append(other)
    else:
        value[last] = other


# --- words ------------------------------------------------------------------------------------


def typos(word: str, rng: Random) -> Iterator[str]:
    """A word with a letter lost, doubled or swapped with the next one."""
    at = rng.randrange(len(word)) if word else 0
    if len(word) > 3:
        yield word[:at] + word[at + 1 :]
        yield word[: at + 1] + word[at:]
        at = min(at, len(word) - 2)
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def cases(word: str) -> Iterator[str]:
    """A word in other cases, and with other separators."""
    yield from (camelize(word), decamelize(word), word.lower(), word[:1].upper() + word[1:])
    yield word.replace("_", "-")
    yield word.replace("-", "_")


def numbers(word: str) -> Iterator[str]:
    """A word in the plural for the singular, and the other way round."""
    if word.endswith("ies"):
        yield word[:-3] + "y"
    elif word.endswith("s"):
        yield word[:-1]
    elif word.endswith("y"):
        yield word[:-1] + "ies"
    else:
        yield word + "s"


def others(word: str, rng: Random) -> list[str]:
    """The ways to get a word wrong."""
    found = [*typos(word, rng), *cases(word), *numbers(word)]
    return [one for one in dict.fromkeys(found) if one != word and one]


# --- settings ---------------------------------------------------------------------------------


def _set(kind: str, **values: Json) -> Slip:
    return Slip(
        kind,
        {
            ("settings", (name,)): MISSING if value is None else value
            for name, value in values.items()
        },
    )


def base_url(ground: Ground) -> Iterator[Slip]:
    """Another path: less, more, twice, in another case or version."""
    url = urlsplit(ground.example.settings["base_url"])
    parts = [part for part in url.path.split("/") if part]
    paths = [parts[:-1], [], [*parts, *parts[-1:]], ["api", *parts], [*parts, "api"]]
    paths += [[*parts[:at], *parts[at + 1 :]] for at in range(len(parts))]
    paths += [
        [*parts[:at], word, *parts[at + 1 :]]
        for at, part in enumerate(parts)
        for word in _segments(part, ground.rng)
    ]
    for path in paths:
        if path != parts:
            yield _set("base url", base_url=urlunsplit(url._replace(path="/" + "/".join(path))))


def _segments(part: str, rng: Random) -> list[str]:
    if _VERSION.fullmatch(part):
        number = int(re.findall(r"\d+", part)[0])
        return [part.replace(str(number), str(other)) for other in (number - 1, number + 1)]
    return others(part, rng)


_SECRET = {"bearer_token": "api_token", "api_key": "api_key", "basic": "password"}


def auth_type(ground: Ground) -> Iterator[Slip]:
    """The credential in the setting of another way to sign."""
    settings = ground.example.settings
    own = str(settings.get("auth_type"))
    if own not in _SECRET:
        return
    secret = settings.get(_SECRET[own]) or settings.get("auth_value") or settings.get("username")
    for other, name in _SECRET.items():
        if other != own and secret:
            more = {"username": "me"} if other == "basic" and own == "bearer_token" else {}
            yield _set("auth type", auth_type=other, **{name: secret, _SECRET[own]: None}, **more)
    yield _set("auth type", auth_type="none")


def auth_place(ground: Ground) -> Iterator[Slip]:
    """The name of the header or parameter that a key goes in, or the word before it."""
    settings, rng = ground.example.settings, ground.rng
    for name in ("api_key_header", "api_key_param"):
        for word in others(str(settings.get(name) or ""), rng):
            yield _set("auth place", **{name: word})
    if settings.get("api_key_header"):
        yield _set("auth place", api_key_header=None)
        for other in ("Authorization", "X-API-Key", "X-Auth-Token"):
            yield _set("auth place", api_key_header=other)
    key = str(settings.get("api_key") or "")
    if " " in key:
        yield _set("auth place", api_key=key.partition(" ")[2])
    elif key and "header" in str(settings):
        yield _set("auth place", api_key=f"Bearer {key}")
    if settings.get("auth_type") == "basic":
        user, password = settings.get("username"), settings.get("password")
        yield _set("auth place", username=password or None, password=user)


def oauth(ground: Ground) -> Iterator[Slip]:
    """Where tokens come from, how the client says who it is, what for."""
    settings, rng = ground.example.settings, ground.rng
    if settings.get("oauth_token_url"):
        url = urlsplit(settings["oauth_token_url"])
        parts = [part for part in url.path.split("/") if part]
        for at, part in enumerate(parts):
            for word in [*others(part, rng), ""]:
                path = "/".join(one for one in [*parts[:at], word, *parts[at + 1 :]] if one)
                yield _set("oauth", oauth_token_url=urlunsplit(url._replace(path=f"/{path}")))
        now = settings.get("oauth_client_authentication") or "basic"
        other = "post" if now == "basic" else "basic"
        yield _set("oauth", oauth_client_authentication=other)
        ident, secret = settings.get("oauth_client_id"), settings.get("oauth_client_secret")
        yield _set("oauth", oauth_client_id=secret, oauth_client_secret=ident)
    for name in ("oauth_scope", "oauth_audience"):
        for word in others(str(settings.get(name) or ""), rng):
            yield _set("oauth", **{name: word})


_STYLES = ("none", "offset", "page", "cursor", "next_link", "header_link")


def paging_type(ground: Ground) -> Iterator[Slip]:
    """Another style of paging."""
    for other in _STYLES:
        if other != ground.example.settings.get("pagination_type", "none"):
            yield _set("paging type", pagination_type=other)


def paging_name(ground: Ground) -> Iterator[Slip]:
    """The parameter of the position or of the size."""
    for name in ("pagination_param", "size_param"):
        for word in others(str(ground.example.settings.get(name) or ""), ground.rng):
            yield _set("paging name", **{name: word})
        if ground.example.settings.get(name):
            yield _set("paging name", **{name: None})
    for word in ("limit", "per_page", "page_size"):
        yield _set("paging name", size_param=word)


def paging_number(ground: Ground) -> Iterator[Slip]:
    """The size of a page, the first one."""
    for size in ("0", "100000", "5000", "ten"):
        yield _set("paging number", page_size=size)
    start = str(ground.example.settings.get("start_page", 1))
    yield _set("paging number", start_page="0" if start == "1" else "1")


def paging_path(ground: Ground) -> Iterator[Slip]:
    """Where an answer says how to go on."""
    for name in ("cursor_path", "has_more_path", "last_page_path", "total_path", "next_link_path"):
        if path := str(ground.example.settings.get(name) or ""):
            yield _set("paging path", **{name: None})
            for other in _paths(path, ground.rng):
                yield _set("paging path", **{name: other})


def _paths(path: str, rng: Random) -> Iterator[str]:
    """A path with a wrong key, or a level too high or low."""
    dot = "." if path.startswith(".") else ""
    keys = path.removeprefix(".").split(".")
    for at, key in enumerate(keys):
        for word in others(key, rng) if key.isidentifier() else []:
            yield dot + ".".join([*keys[:at], word, *keys[at + 1 :]])
    if len(keys) > 1:
        yield dot + ".".join(keys[1:])
        yield dot + ".".join(keys[:-1])
    yield dot + ".".join(["data", *keys])


def sent_by_all(ground: Ground) -> Iterator[Slip]:
    """A name or a value of what all requests send."""
    for setting in ("query_params", "custom_headers"):
        held = json.loads(ground.example.settings.get(setting) or "{}")
        for changed in _objects(held, ground.rng):
            yield _set("sent by all", **{setting: json.dumps(changed)})


def _objects(held: Mapping[str, Json], rng: Random) -> Iterator[dict[str, Json]]:
    """An object with a key or a value otherwise, or without a key."""
    for name, value in held.items():
        rest = {key: one for key, one in held.items() if key != name}
        yield rest
        for word in others(name, rng):
            yield {**rest, word: value}
        if isinstance(value, str) and re.fullmatch(r"[\w.:/-]{2,40}", value):
            for word in others(value, rng):
                yield {**held, name: word}


def setting_name(ground: Ground) -> Iterator[Slip]:
    """The name of a setting."""
    for name, value in ground.example.settings.items():
        for word in typos(name, ground.rng):
            yield Slip(
                "setting name",
                {("settings", (name,)): MISSING, ("settings", (word.lower(),)): value},
            )


# --- the selector -----------------------------------------------------------------------------


def _at(kind: str, path: Path, value: Found) -> Slip:
    return Slip(kind, {("mapping", ("resources", *path)): value})


def kind_path(ground: Ground) -> Iterator[Slip]:
    """The path of a kind, with another word, without one, with one twice."""
    for at, resource in enumerate(ground.resources):
        for path in _urls(str(resource["kind"]), ground.rng):
            yield _at("kind path", (at, "kind"), path)


def parent_path(ground: Ground) -> Iterator[Slip]:
    """The path that a path parameter takes its values from."""
    for path, parameter in _parameters(ground):
        if endpoint := parameter.get("endpoint"):
            for other in _urls(str(endpoint), ground.rng):
                yield _at("parent path", (*path, "endpoint"), other)
            kinds = [str(one["kind"]) for one in ground.resources]
            for other in kinds:
                if other != endpoint and "{" not in other:
                    yield _at("parent path", (*path, "endpoint"), other)


def _urls(url: str, rng: Random) -> Iterator[str]:
    path, mark, query = url.partition("?")
    mark = "/" * path.endswith("/") + mark
    parts = path.strip("/").split("/")
    yield (
        path.removesuffix("/") + mark + query if path[-1:] != "/" else path[:-1] + mark[1:] + query
    )
    for at, part in enumerate(parts):
        words = [] if "{" in part else _segments(part, rng)
        for word in words:
            yield "/" + "/".join([*parts[:at], word, *parts[at + 1 :]]) + mark + query
        if len(parts) > 1 and "{" not in part:
            yield "/" + "/".join([*parts[:at], *parts[at + 1 :]]) + mark + query
    yield "/" + "/".join([*parts[:1], *parts]) + mark + query
    yield "/v1" + path + mark + query
    yield "/api" + path + mark + query


def _parameters(ground: Ground) -> Iterator[tuple[Path, dict[str, Json]]]:
    for at, resource in enumerate(ground.resources):
        for name, one in (resource["selector"].get("path_parameters") or {}).items():
            yield (at, "selector", "path_parameters", name), one


def placeholder(ground: Ground) -> Iterator[Slip]:
    """A placeholder by another name than its parameter."""
    for at, resource in enumerate(ground.resources):
        for name in _HOLE.findall(resource["kind"]):
            for word in others(name, ground.rng):
                kind = resource["kind"].replace(f"{{{name}}}", f"{{{word}}}")
                yield _at("placeholder", (at, "kind"), kind)


def method(ground: Ground) -> Iterator[Slip]:
    """The other method."""
    for at, resource in enumerate(ground.resources):
        now = resource["selector"].get("method", "GET")
        other: Found = MISSING if now == "POST" else "POST"
        yield _at("method", (at, "selector", "method"), other)


def request_part(ground: Ground) -> Iterator[Slip]:
    """A name or a value in the query, the headers or the body, also of parents."""
    selectors: list[tuple[Path, dict[str, Json]]] = [
        ((at, "selector"), resource["selector"]) for at, resource in enumerate(ground.resources)
    ]
    for path, asks in [*selectors, *_parameters(ground)]:
        for part in ("query_params", "headers", "body", "body_form"):
            if isinstance(held := asks.get(part), dict):
                for changed in _objects(held, ground.rng):
                    yield _at(f"request {part}", (*path, part), changed or MISSING)


def own_paging(ground: Ground) -> Iterator[Slip]:
    """A value of a resource's own pagination, or nothing there."""
    for at, resource in enumerate(ground.resources):
        path: Path = (at, "selector", "pagination")
        for name, value in (resource["selector"].get("pagination") or {}).items():
            yield _at("own paging", (*path, name), MISSING)
            words = _STYLES if name == "type" else others(str(value), ground.rng)
            for word in words if isinstance(value, str) else ():
                if word != value:
                    yield _at("own paging", (*path, name), word)


def data_path(ground: Ground) -> Iterator[Slip]:
    """Where the items are."""
    selectors: list[tuple[Path, dict[str, Json]]] = [
        ((at, "selector"), resource["selector"]) for at, resource in enumerate(ground.resources)
    ]
    for path, asks in [*selectors, *_parameters(ground)]:
        own = str(asks.get("data_path") or "")
        name = "parent data_path" if "path_parameters" in path else "data_path"
        if own:
            yield _at(name, (*path, "data_path"), MISSING)
        for other in [*_paths(own, ground.rng)] if own else [".data", ".items", ".results"]:
            yield _at(name, (*path, "data_path"), other)


def parent_field(ground: Ground) -> Iterator[Slip]:
    """The key that a path parameter takes, or which parents it takes."""
    for path, parameter in _parameters(ground):
        for name in ("field", "filter"):
            if isinstance(parameter.get(name), str):
                for other in _expressions(parameter[name], [], ground.rng):
                    yield _at(f"parent {name}", (*path, name), other)
        for other in (".id", ".name", ".key", ".slug"):
            if other != parameter.get("field") and "field" in parameter:
                yield _at("parent field", (*path, "field"), other)


def query(ground: Ground) -> Iterator[Slip]:
    """The condition that an item has to meet."""
    for at, resource in enumerate(ground.resources):
        own = str(resource["selector"].get("query"))
        for other in _expressions(own, ground.items[at], ground.rng):
            yield _at("query", (at, "selector", "query"), other)


# --- the mapping ------------------------------------------------------------------------------


def _mapped(ground: Ground, part: str) -> Iterator[tuple[int, Path, str]]:
    for at, resource in enumerate(ground.resources):
        base: Path = (at, "port", "entity", "mappings")
        mappings = resource["port"]["entity"]["mappings"]
        held = mappings.get(part)
        if isinstance(held, str):
            yield at, (*base, part), held
        elif isinstance(held, dict):
            for name, one in held.items():
                if isinstance(one, str):
                    yield at, (*base, part, name), one


def _of_part(part: str) -> Draw:
    def draw(ground: Ground) -> Iterator[Slip]:
        for at, path, own in _mapped(ground, part):
            for other in _expressions(own, ground.items[at], ground.rng):
                yield _at(f"jq of {part}", path, other)

    return draw


def _expressions(own: str, items: list[dict[str, Json]], rng: Random) -> Iterator[str]:
    """An expression with a wrong key, level, sibling or constant, or without its last step."""
    for found in _PATH.finditer(own):
        keys = found[1].strip(".").split(".")
        ways = [*_paths("." + ".".join(keys), rng)]
        ways += ["." + ".".join([*keys, key]) for key in ("id", "name")]
        ways += ["." + ".".join([*keys[:-1], one]) for one in _siblings(keys, items)]
        for way in ways:
            if way != found[1]:
                yield own[: found.start()] + way + own[found.end() :]
    for found in _TEXT.finditer(own):
        for word in others(found[1], rng):
            yield own[: found.start(1)] + word + own[found.end(1) :]
    if " | " in own:
        yield own.rpartition(" | ")[0]


def _siblings(keys: list[str], items: list[dict[str, Json]]) -> list[str]:
    for item in items[:1]:
        held = follow(item, keys[:-1]) if len(keys) > 1 else item
        if isinstance(held, dict):
            return [key for key in held if key != keys[-1] and key.isidentifier()][:12]
    return []


def blueprint_name(ground: Ground) -> Iterator[Slip]:
    """The blueprint that a mapping makes."""
    names = [one["identifier"] for one in ground.example.blueprints]
    for _, path, own in _mapped(ground, "blueprint"):
        if own.startswith('"'):
            bare = own.strip('"')
            for word in [*others(bare, ground.rng), *(one for one in names if one != bare)]:
                yield _at("blueprint name", path, f'"{word}"')
            yield _at("blueprint name", path, bare)


def mapped_name(ground: Ground) -> Iterator[Slip]:
    """The name of a property or relation in the mapping."""
    for part in ("properties", "relations"):
        for _, path, own in _mapped(ground, part):
            *base, name = path
            for word in others(str(name), ground.rng):
                changed: dict[tuple[File, Path], Found] = {
                    ("mapping", ("resources", *path)): MISSING,
                    ("mapping", ("resources", *base, word)): own,
                }
                yield Slip("mapped name", changed)


def key_name(ground: Ground) -> Iterator[Slip]:
    """A key that the mapping's form has: misspelt, or a level too high."""

    def within(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
        for key, held in value.items() if isinstance(value, dict) else ():
            if key in {"query_params", "headers", "body", "properties", "relations"}:
                yield (*path, key), held
                continue
            yield (*path, key), held
            yield from within(held, (*path, key))

    for at, resource in enumerate(ground.resources):
        for path, held in within(resource, (at,)):
            *base, key = path
            words = {*typos(str(key), ground.rng), *cases(str(key)), *numbers(str(key))}
            ways: list[Path] = [(*base, word) for word in sorted(words - {str(key)})]
            ways += [(*base[:-1], key)] if len(base) > 1 else []
            for way in ways:
                changed: dict[tuple[File, Path], Found] = {
                    ("mapping", ("resources", *path)): MISSING,
                    ("mapping", ("resources", *way)): held,
                }
                yield Slip("key name", changed)


# --- blueprints -------------------------------------------------------------------------------


def _of_properties(key: str, words: Iterable[str]) -> Draw:
    def draw(ground: Ground) -> Iterator[Slip]:
        for at, blueprint in enumerate(ground.example.blueprints):
            for name, one in blueprint["schema"]["properties"].items():
                path: Path = (at, "schema", "properties", name, key)
                for word in words:
                    if word != one.get(key):
                        yield Slip(f"blueprint {key}", {("blueprints", path): word})

    return draw


def blueprint_property(ground: Ground) -> Iterator[Slip]:
    """The name of a property or relation in a blueprint."""
    for at, blueprint in enumerate(ground.example.blueprints):
        held: list[tuple[Path, dict[str, Json]]] = [
            (("schema", "properties"), blueprint["schema"]["properties"]),
            (("relations",), blueprint.get("relations") or {}),
        ]
        for part, ones in held:
            for name, one in ones.items():
                for word in others(name, ground.rng):
                    changed: dict[tuple[File, Path], Found] = {
                        ("blueprints", (at, *part, name)): MISSING,
                        ("blueprints", (at, *part, word)): one,
                    }
                    yield Slip("blueprint property", changed)


def relation_target(ground: Ground) -> Iterator[Slip]:
    """Where a relation of a blueprint leads, and whether to many."""
    names = [one["identifier"] for one in ground.example.blueprints]
    for at, blueprint in enumerate(ground.example.blueprints):
        for name, one in (blueprint.get("relations") or {}).items():
            path: Path = (at, "relations", name)
            for word in [*others(one["target"], ground.rng), *names]:
                if word != one["target"]:
                    changed: dict[tuple[File, Path], Found] = {
                        ("blueprints", (*path, "target")): word
                    }
                    yield Slip("relation target", changed)
            many = {("blueprints", (*path, "many")): not one.get("many")}
            yield Slip("relation target", many)  # type: ignore[arg-type]


# --- YAML -------------------------------------------------------------------------------------


def yaml_line(ground: Ground) -> Iterator[Slip]:
    """A line of the mapping that is indented otherwise, or lacks a dash, a blank or a quote."""
    for at, line in enumerate(ground.text.split("\n")):
        if not line.strip():
            continue
        ways = [line[2:] if line.startswith("  ") else f"  {line}", f"  {line}", f" {line}"]
        if line.lstrip().startswith("- "):
            ways.append(line.replace("- ", "  ", 1))
        if ": " in line:
            ways.append(line.replace(": ", ":", 1))
        if line.endswith("'"):
            ways += [line[:-1], line.replace("'", "")]
        if line.rstrip().endswith(":"):
            ways.append(line.rstrip().removesuffix(":"))
        ways.append(line.replace("  ", "\t", 1) if line.startswith("  ") else line)
        for way in ways:
            if way != line:
                yield Slip("yaml line", lines={at: way})


KINDS: tuple[Draw, ...] = (
    base_url,
    auth_type,
    auth_place,
    oauth,
    paging_type,
    paging_name,
    paging_number,
    paging_path,
    sent_by_all,
    setting_name,
    kind_path,
    parent_path,
    placeholder,
    method,
    request_part,
    own_paging,
    data_path,
    parent_field,
    query,
    *(_of_part(part) for part in ("identifier", "title", "properties", "relations")),
    blueprint_name,
    mapped_name,
    key_name,
    _of_properties("type", ("string", "number", "boolean", "array", "object", "integer")),
    _of_properties("format", ("date-time", "url", "email", "date", "uri")),
    blueprint_property,
    relation_target,
    yaml_line,
)


def seeded(name: str, seed: int) -> Random:
    """What draws for a product, and always the same."""
    return Random(f"{name} {seed}")  # noqa: S311 (draws of mistakes, no secrets)


def draw(ground: Ground) -> Iterator[Slip]:
    """Slips without end: of each kind as many, whatever an installation has most of."""
    kinds = [found for one in KINDS if (found := list(one(ground)))]
    while True:
        yield ground.rng.choice(ground.rng.choice(kinds))
