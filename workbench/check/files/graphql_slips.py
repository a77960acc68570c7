"""GraphQL queries beside the rest of their selectors: variables, and what is read of the answers.

What a query does not select does not come, and what it does not declare is not heeded: both are
certain without a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jq_engine.paths import plain_path
from json_values import Json
from overrides import EndpointAppConfig
from pagination import PaginationSettings
from resync.path_parameters import Endpoint, Parameter
from workbench.check.files.documents import Document
from workbench.check.files.graphql import Query, Selected, read_query, unclosed
from workbench.check.findings import Path, Remedy, Told, Write, likeness, moved, nearest

_VARIABLES: Final = "variables."
_ROWS: Final = frozenset({"nodes", "edges"})
_PAGE_INFO: Final = {"pageInfo": "pageInfo { hasNextPage endCursor }", "endCursor": "endCursor"}
"""https://relay.dev/graphql/connections.htm: a connection's rows, and what leads on beside them."""
_END: Final = ("pageInfo", "endCursor")
_COUNTED: Final = frozenset({"offset", "page"})
_NEXT: Final = re.compile(r"^(next|end|after).*(cursor|token|page|key)", re.IGNORECASE)
_LIKE: Final = 0.8


def check_queries(
    document: Document, config: EndpointAppConfig, pagination: PaginationSettings
) -> None:
    """Note what is wrong with the GraphQL queries of resources and of their parents."""
    queries: dict[str, str] = {}
    asked = [*_asked(config, pagination)]
    for _, endpoint in asked:
        if text := _text_of(endpoint):
            queries.setdefault(f"{endpoint.path} {endpoint.data_path}", text)
    for base, endpoint in asked:
        path, body = (*base, "body"), endpoint.body
        if read_query(body) and not _is_said(endpoint):
            meant = Told("write it as the query of an object: {query: …}", {}, {"query": body})
            document.note(path, "the body is the text of a GraphQL query", meant)
        elif text := _text_of(endpoint):
            _Selector(document, base, endpoint, text).check()
        elif body is None and (query := queries.get(f"{endpoint.path} {endpoint.data_path}")):
            meant = Told("write body: {query: …} as there", {}, {"query": query})
            problem = f"{endpoint.path} is asked by a query elsewhere, and here by none"
            document.note(path, problem, meant)


def _text_of(endpoint: Endpoint) -> str:
    """The GraphQL query of a body, which may lack its last braces; "" for none."""
    text = endpoint.body.get("query") if isinstance(endpoint.body, dict) else None
    return str(text) if not endpoint.is_form and (read_query(text) or unclosed(text)) else ""


def _is_said(endpoint: Endpoint) -> bool:
    """Whether a header says that the body is the text of a query."""
    return any("graphql" in str(value).lower() for value in endpoint.headers.values())


def _asked(
    config: EndpointAppConfig, pagination: PaginationSettings
) -> Iterator[tuple[Path, Endpoint]]:
    """What is asked for, with the place of its selector in the mapping."""
    for at, one in enumerate(config.resources):
        resource, base = one.to_resource(pagination), ("resources", at, "selector")
        yield base, resource.endpoint
        for parameter in resource.parameters:
            if isinstance(parameter, Parameter):
                yield (*base, "path_parameters", parameter.name), parameter.parent


@dataclass(frozen=True)
class _Selector:
    """What asks by a query, at a place of the mapping."""

    document: Document
    base: Path
    endpoint: Endpoint
    text: str

    def check(self) -> None:
        """Note the first thing that is wrong: what follows may come from it."""
        query = read_query(self.text)
        if query is None:
            count = unclosed(self.text)
            mended = Told("add them at the end", {}, self.text + " }" * count)
            self.document.note(self._of_query, f"the query has {count} }} too few", mended)
            return
        if self.endpoint.method == "GET":
            problem = "a GraphQL query is the body of a POST, and is sent by GET"
            self.document.note((*self.base, "method"), problem, Write("POST"))
            return
        found = self._outside(query) or self._undeclared(query) or self._ungiven(query)
        found = found or self._unused(query) or self._unread(query)
        if found is not None:
            path, problem, remedy = found
            self.document.note(path, problem, remedy)

    @property
    def _of_query(self) -> Path:
        return (*self.base, "body", "query")

    @property
    def _position(self) -> str:
        """The variable of the position; "" where there is none."""
        paging = self.endpoint.pagination
        name = paging.pagination_param or ""
        is_sent = paging.type not in {"none", "next_link", "header_link"}
        return _variable(name) if is_sent else ""

    @property
    def _size(self) -> str:
        paging = self.endpoint.pagination
        name = (paging.size_param or "") if paging.sends_size else ""
        return _variable(name)

    @property
    def _given(self) -> dict[str, object]:
        """The variables that the body has values for."""
        body = self.endpoint.body
        held = body.get("variables") if isinstance(body, dict) else None
        pairs = held.items() if isinstance(held, dict) else ()
        return {str(key): value for key, value in pairs if value is not None}

    def _outside(self, query: Query) -> _Found | None:
        """At a data_path that leads where the query does, but for the ``data`` around answers."""
        path, keys = self.endpoint.data_path, _keys(self.endpoint.data_path)
        if path is None or not keys or keys[0] == "data" or query.root.at(keys) is None:
            return None
        problem = f"data_path {path!r} leads past data, in which a query is answered"
        return (*self.base, "data_path"), problem, Write(f".data{path}")

    def _undeclared(self, query: Query) -> _Found | None:
        """At a variable that is used and not declared; or at paging that sends one so."""
        for name in sorted(query.used - query.declared.keys()):
            if like := nearest(name, query.declared.keys() - query.used):
                return self._misspelt(query, name, like)
            kind = "Int" if name == self._size else _type_of(self._given.get(name))
            meant = Told(f"declare ${name}: {kind}", {}, query.with_variable(name, kind))
            return self._of_query, f"the query uses ${name}, and does not declare it", meant
        name, paging = self._position, self.endpoint.pagination
        if not name:
            return self._unplaced(query)
        place: Path = (*self.base, "pagination")
        if paging.send_in != "body" and (name in query.declared):
            problem = f"{paging.pagination_param} is a variable, and the query's go in the body"
            told = Told("write send_in: body", {(*place[2:], "send_in"): "body"})
            return (*place, "send_in"), problem, told
        return self._unnamed(query, "pagination_param", name) or self._unnamed(
            query, "size_param", self._size
        )

    def _unnamed(self, query: Query, key: str, name: str) -> _Found | None:
        """At a parameter of paging that is no variable, where one of its type has no value."""
        paging, sent = self.endpoint.pagination, {*self._given, self._size, self._position}
        is_number = key == "size_param" or paging.type in _COUNTED
        free = [
            one
            for one, kind in query.declared.items()
            if one not in sent and one in query.used and ("Int" in kind) == is_number
        ]
        is_within = str(getattr(paging, key) or "").count(".") > 1
        if not name or name in query.declared or len(free) != 1 or is_within:
            return None
        other, place = _VARIABLES + free[0], (*self.base, "pagination", key)
        problem = f"the query declares no ${name}, and ${free[0]} has no value"
        return place, problem, Told(f"write {key}: {other}", {place[2:]: other})

    def _ungiven(self, query: Query) -> _Found | None:
        """At the values of variables, where a needed one has none, or one has another name."""
        given, path = self._given, (*self.base, "body", "variables")
        sent = {*given, self._position, self._size}
        free = {one: kind for one, kind in query.declared.items() if one in query.used - sent}
        for other in sorted(given.keys() - query.declared.keys()):
            if like := nearest(other, free):
                problem = f"the query declares no ${other}, and ${like} has no value"
                to = (*path, like)
                return (*path, other), problem, moved(f"write {like}", (*path, other), to)
        names = self.document.at((*self.base[:3], "path_parameters"))
        for one in (one for one, kind in free.items() if kind.endswith("!")):
            if name := nearest(one, map(str, names)) if isinstance(names, dict) else None:
                problem = f"the query needs ${one}, and nothing gives it a value"
                told = f"write variables: {{{one}: '{{{name}}}'}} in body"
                return path, problem, Told(told, {(*path[2:], one): f"{{{name}}}"})
        return None

    def _misspelt(self, query: Query, used: str, declared: str) -> _Found:
        """At a query that uses a variable under another name than it declares: the given one."""
        is_sent = used in {*self._given, self._position, self._size}
        right, wrong = (used, declared) if is_sent else (declared, used)
        problem = f"the query uses ${used}, and declares ${declared}"
        whole = re.sub(rf"\${wrong}\b", f"${right}", query.text)
        return self._of_query, problem, Told(f"write ${right} for ${wrong}", {}, whole)

    def _unplaced(self, query: Query) -> _Found | None:
        """At a parameter of paging that is a variable of the query, and is not sent as one."""
        paging = self.endpoint.pagination
        given = {"pagination_param": paging.pagination_param, "size_param": paging.size_param}
        for key, name in given.items() if paging.type != "none" else ():
            if name and name in query.declared:
                path: Path = (*self.base, "pagination", key)
                problem = f"{key} {name} is a variable of the query, and stands beside it"
                values: dict[Path, Json] = {path[2:]: _VARIABLES + name}
                if paging.send_in != "body":
                    values[*path[2:-1], "send_in"] = "body"
                told = " and ".join(f"{place[-1]}: {value}" for place, value in values.items())
                return path, problem, Told(f"write {told}", values)
        return None

    def _unused(self, query: Query) -> _Found | None:
        """At a variable of paging that is declared, and not used."""
        for name in (self._position, self._size):
            if name in query.declared and name not in query.used:
                problem = f"the query declares ${name}, and does not use it"
                if (paged := self._paged(query)) is None:
                    return self._of_query, problem, f"give it to what is paged, as {name}: ${name}"
                told = f"write ({name}: ${name}) behind {paged.key}"
                return self._of_query, problem, Told(told, {}, query.with_argument(paged, name))
        name, paged = self._position, self._paged(query)
        marker = _keys(self.endpoint.pagination.cursor_path)[1:] or ("",)
        if not name or name in query.used or paged is None:
            return None
        if not (paged.at(_END) or query.root.at(marker)):
            return None
        more = read_query(query.with_argument(paged, name))
        problem = f"the query asks for the next page, and takes no ${name}, which leads there"
        told = f"declare ${name}: String, and write ({name}: ${name}) behind {paged.key}"
        whole = more.with_variable(name, "String") if more else query.text
        return self._of_query, problem, Told(told, {}, whole)

    def _paged(self, query: Query) -> Selected | None:
        """The field that is paged: beside whose rows stands what leads on; None where unknown."""
        marker = [*_keys(self.endpoint.pagination.cursor_path)][1:-1]
        if marker and query.root.at(marker):
            return query.root.at(marker[:-1] if marker[-1] == "pageInfo" else marker)
        first, *rows = _keys((self.endpoint.data_path or "").partition("[")[0]) or ("",)
        is_connection = first == "data" and len(rows) > 1 and rows[-1] in _ROWS
        return query.root.at(rows[:-1]) if is_connection else None

    def _unread(self, query: Query) -> _Found | None:
        """At a path of paging that is not selected, or at the query that does not select it."""
        paging = self.endpoint.pagination
        if not query.is_whole or paging.type != "cursor" or self._position not in query.used:
            return None
        if paging.cursor_path is None:
            return self._of_connection(query)
        for name, text in (
            ("cursor_path", paging.cursor_path),
            ("has_more_path", paging.has_more_path),
        ):
            first, *way = _keys(text) or ("",)
            if first != "data" or query.root.at(way):
                continue
            others = [one for one in query.root.paths() if _is_like(one, way)]
            if len(others) == 1:
                other = ".".join(("data", *others[0]))
                problem = f"{name} {text!r} is not selected by the query, and {other} is"
                told = Told(f"write {name}: {other}", {(*self.base[2:], "pagination", name): other})
                return (*self.base, "pagination", name), problem, told
            holder = query.root.at(way[:-1])
            if holder is None or holder.opens < 0:
                continue
            problem = f"the query does not ask for {way[-1]}, which {name} reads"
            told = Told(f"add {way[-1]} to {holder.key}", {}, query.with_selected(holder, way[-1]))
            return self._of_query, problem, told
        return None

    def _of_connection(self, query: Query) -> _Found | None:
        """At a connection that is read by cursors, and not asked for what leads on."""
        paged = self._paged(query)
        info = paged.at(["pageInfo"]) if paged else None
        if paged is None or (info and info.at(["endCursor"])):
            return None
        holder, lacks = (info, "endCursor") if info else (paged, "pageInfo")
        problem = f"the query does not ask for {lacks}, which leads to the next page"
        more = _PAGE_INFO[lacks]
        told = Told(f"add {more} to {holder.key}", {}, query.with_selected(holder, more))
        return self._of_query, problem, told


def paging_of(endpoint: Endpoint) -> dict[str, Json]:
    """The settings of paging by the variable that a query uses and nothing sends; {} for none.

    Where it also selects what may be that variable's next value.
    """
    body = endpoint.body if isinstance(endpoint.body, dict) else {}
    query = read_query(body.get("query"))
    given = body.get("variables")
    pairs = given.items() if isinstance(given, dict) else ()
    held = {name for name, value in pairs if value is not None}
    declared = query.declared if query else {}
    free = [name for name, kind in declared.items() if name not in held and kind == "String"]
    paths = [path for path in query.root.paths() if _NEXT.search(path[-1])] if query else []
    if query is None or len(free) != 1 or len(paths) != 1 or free[0] not in query.used:
        return {}
    return {
        "paginationType": "cursor",
        "paginationParam": _VARIABLES + free[0],
        "cursorPath": ".".join(("data", *paths[0])),
        "sendIn": "body",
        "sizeParam": None,
    }


_Found = tuple[Path, str, Remedy]
"""Where something is wrong, what, and what to do."""


def _variable(name: str) -> str:
    """The variable that a parameter is, or is within; "" for another one."""
    held = name.removeprefix(_VARIABLES)
    return held.partition(".")[0] if name.startswith(_VARIABLES) else ""


def _keys(path: str | None) -> tuple[str, ...]:
    """The keys of a path with or without a dot before it; () for another expression."""
    if not path or path.startswith("header:"):
        return ()
    keys = plain_path(path if path.startswith(".") else f".{path}") or ()
    return tuple(map(str, keys))


def _is_like(path: tuple[str, ...], way: list[str]) -> bool:
    """Whether a path ends in the same key as another one, or is that with a slip in its last."""
    if path[-1] == way[-1]:
        return True
    return path[:-1] == tuple(way[:-1]) and likeness(path[-1].lower(), way[-1].lower()) >= _LIKE


def _type_of(value: object) -> str:
    """The type of a variable that has a value."""
    return {bool: "Boolean", int: "Int", float: "Float"}.get(type(value), "String")
