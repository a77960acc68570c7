"""An OpenAPI document as a source of candidates: names of parameters, and the largest size.

What a document says is only tried. Versions 2.0 to 3.1 have parameters in the same place; where
their schema is differs (https://spec.openapis.org/oas/v3.1.0#parameter-object).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

import yaml

from json_values import MISSING, Json, follow
from workbench.suggest.targets import PLACEHOLDER, Target, UsageError
from workbench.suggest.vocabulary import words_of
from workbench.yaml_nodes import AliasError, single_node

_MOST_REFERENCES = 20
_DATE = "tag:yaml.org,2002:timestamp"
_SIZE_WORDS = frozenset(["limit", "size", "per", "max", "count", "top", "take", "rows", "results"])
_POSITION_WORDS = frozenset([
    "page", "offset", "skip", "start", "cursor", "after", "token", "index", "from", "marker",
    "continuation", "number",
])  # fmt: skip


@dataclass(frozen=True)
class Hints:
    """What is known of one endpoint's parameters before they are tried."""

    sizes: tuple[str, ...] = ()
    positions: tuple[str, ...] = ()
    largest: int | None = None

    @classmethod
    def of(cls, names: Iterable[str]) -> Hints:
        """Those of some names that speak of paging."""
        words = {name: set(words_of(name)) for name in names}
        sizes = [
            name for name in words if words[name] & _SIZE_WORDS and "offset" not in words[name]
        ]
        positions = [n for n in words if n not in sizes and words[n] & _POSITION_WORDS]
        return cls(tuple(sizes), tuple(positions))


class Document:
    """A parsed document; ``hints`` finds the endpoint by the end of its path."""

    def __init__(self, root: Mapping[str, Json]) -> None:
        self._root = root

    @classmethod
    def parse(cls, text: str) -> Document:
        """Read JSON or YAML; raises UsageError for what is no OpenAPI document."""
        try:
            root = _parsed(text)
        except AliasError as error:
            raise UsageError(f"--openapi: {error.problem}") from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            where = getattr(error, "problem_mark", None)
            line = f" at line {where.line + 1}" if where else ""
            raise UsageError(f"--openapi is neither JSON nor YAML{line}") from None
        if not isinstance(root, dict) or not isinstance(root.get("paths"), dict):
            raise UsageError("--openapi has no paths: it is no OpenAPI document (2.0 to 3.1)")
        version = str(root.get("openapi", root.get("swagger", "")))
        if not re.match(r"2\.0|3\.[01]", version):
            raise UsageError(f"--openapi is of version {version or 'unknown'}; 2.0 to 3.1 are read")
        return cls(root)

    def hints(self, target: Target) -> Hints:
        """What the document says of an endpoint, nothing where it does not know it."""
        item = self._path_item(target)
        get = self._resolved(item.get("get"))
        given = [*_listed(item.get("parameters")), *_listed(get.get("parameters"))]
        parameters = [self._resolved(one) for one in given]
        query = [one for one in parameters if one.get("in") == "query"]
        named = Hints.of(str(one.get("name", "")) for one in query)
        largest = None
        for one in query:
            most = (self._resolved(one.get("schema")) or one).get("maximum")
            if one.get("name") in named.sizes and isinstance(most, int | float) and most >= 1:
                largest = int(most)
        return replace(named, largest=largest)

    def _path_item(self, target: Target) -> Mapping[str, Json]:
        wanted = [_shape(part) for part in target.segments]
        best: tuple[int, Mapping[str, Json]] = (0, {})
        paths = self._root["paths"]
        for path, item in paths.items() if isinstance(paths, dict) else ():
            parts = [_shape(part) for part in str(path).strip("/").split("/")]
            shared = min(len(parts), len(wanted))
            fits = all(
                a in {b, "{}"} or b == "{}" for a, b in zip(parts[::-1], wanted[::-1], strict=False)
            )
            literal = sum(part != "{}" for part in parts[-shared:])
            resolved = self._resolved(item)
            if fits and literal > best[0] and "get" in resolved and parts[-1] == wanted[-1]:
                best = literal, resolved
        return best[1]

    def _resolved(self, value: Json) -> Mapping[str, Json]:
        """An object, or what its local ``$ref`` leads to."""
        for _ in range(_MOST_REFERENCES):
            reference = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(reference, str) or not reference.startswith("#/"):
                break
            keys = [
                unquote(part).replace("~1", "/").replace("~0", "~")
                for part in reference[2:].split("/")
            ]
            found = follow({**self._root}, keys)
            value = None if found is MISSING else found
        return value if isinstance(value, dict) else {}


class _TextLoader(yaml.CSafeLoader):
    """Takes dates for texts: an example in a document may be a day that no calendar has."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (as the library declares it)
        first: [one for one in resolvers if one[0] != _DATE]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _parsed(text: str) -> object:
    """JSON first: it is read a hundred times faster so, and YAML takes no tabs."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        loader = _TextLoader(text)
        try:
            node = single_node(loader)
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()


def _listed(value: Json) -> Iterator[Json]:
    return iter(value) if isinstance(value, list) else iter(())


def _shape(part: str) -> str:
    return "{}" if PLACEHOLDER.search(part) or "{" in part else part
