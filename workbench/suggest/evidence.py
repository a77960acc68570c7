"""What an answer says beside its rows: values, links, names of parameters, whether more follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

import httpx

from json_values import MISSING, Json, follow
from paging.link_header import leads_to_rows, link_relations
from paging.scopes import Scopes, scopes_of
from paging.signals import Verdict, known_signal
from paging.totals import Totals, told_totals
from workbench.suggest.asking import Reply
from workbench.suggest.items import Place, jq_path
from workbench.suggest.vocabulary import words_of

_DEEPEST = 5
_BACKWARD = frozenset({"self", "first", "last", "prev", "previous", "before", "current", "base"})


@dataclass(frozen=True)
class Fact:
    """A scalar beside the rows, and the way to it."""

    keys: tuple[str, ...]
    value: Json

    @property
    def name(self) -> str:
        """The last key."""
        return self.keys[-1] if self.keys else ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of all its keys."""
        return tuple(word for key in self.keys for word in words_of(key))

    @property
    def path(self) -> str:
        """How a setting names the place: a literal key, a dot path, or jq."""
        if all(key and "." not in key for key in self.keys) or len(self.keys) == 1:
            return ".".join(self.keys)
        return jq_path(self.keys)


def facts(body: Json, place: Place) -> list[Fact]:
    """The scalars beside the rows; of a list of links each under its relation."""
    if place.single:
        return []
    return list(_facts(body, (), place.keys))


def _facts(value: Json, keys: tuple[str, ...], rows: tuple[str, ...]) -> Iterator[Fact]:
    if keys == rows or len(keys) > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _facts(inner, (*keys, str(key)), rows)
    elif isinstance(value, list):
        for link in value:
            if not isinstance(link, dict):
                continue
            relation = link.get("rel", link.get("relation"))
            if isinstance(relation, str):
                yield Fact((*keys, relation), link.get("href", link.get("url")))
    else:
        yield Fact(keys, value)


@dataclass(frozen=True)
class Link:
    """A link in a body to what may be the next page; ``path`` None: the integration finds it."""

    fact: Fact
    url: str


def links(reply: Reply, place: Place) -> list[Link]:
    """Links that may lead to the next page, those first whose name says so."""
    found = []
    for fact in facts(reply.body, place):
        url = _resolved(reply, fact.value)
        if url is None or _BACKWARD.intersection(fact.words):
            continue
        speaks = "next" in fact.words
        same_path = url.path.rstrip("/") == httpx.URL(reply.url).path.rstrip("/")
        differs = str(url) != reply.url
        if differs and (speaks or (same_path and url.query)):
            found.append((not speaks, Link(fact, str(url))))
            if below := _below_base(httpx.URL(reply.url), url):
                found.append((not speaks, Link(fact, below)))
    return [link for _, link in sorted(found, key=lambda pair: pair[0])]


def _below_base(own: httpx.URL, url: httpx.URL) -> str:
    """A link that leaves out the first part of its own list's path, with that part; "" for none.

    ``/orgs?after=x`` in an answer of ``/rest/orgs`` is meant to lie below ``/rest``.
    """
    path, wanted = own.path.rstrip("/"), url.path.rstrip("/")
    if own.host != url.host or path == wanted or not wanted or not path.endswith(wanted):
        return ""
    return str(url.copy_with(path=own.path))


def _resolved(reply: Reply, value: Json) -> httpx.URL | None:
    if not isinstance(value, str) or not value.startswith(("http://", "https://", "/", "?")):
        return None
    base = follow(reply.body, ("_links", "base"))
    try:
        context = httpx.URL(base).path.rstrip("/") if isinstance(base, str) else ""
        if value.startswith("/") and not value.startswith(("//", context + "/")):
            value = context + value
        return httpx.URL(reply.url).join(value)
    except (httpx.InvalidURL, ValueError):
        return None


def header_next(reply: Reply) -> str | None:
    """The target of ``Link: <…>; rel="next"``, None without one that leads to rows."""
    link = link_relations(reply.headers).get("next")
    if link is None or not leads_to_rows(link):
        return None
    try:
        return str(httpx.URL(reply.url).join(link["url"]))
    except (httpx.InvalidURL, ValueError):
        return None


def linked_params(reply: Reply, place: Place) -> dict[str, str]:
    """The query parameters of every link that an answer has to its own list."""
    urls = [link["url"] for link in link_relations(reply.headers).values()]
    urls += [str(fact.value) for fact in facts(reply.body, place) if isinstance(fact.value, str)]
    params: dict[str, str] = {}
    for url in urls:
        params |= dict(parse_qsl(url.partition("?")[2]))
    return params


_TEMPLATE = re.compile(r"\{[?&]([^}]*)\}")


def templated_params(reply: Reply, place: Place) -> list[str]:
    """The query parameters that a URI template in an answer names (RFC 6570, 3.2.8)."""
    texts = [fact.value for fact in facts(reply.body, place) if isinstance(fact.value, str)]
    lists = [names for text in texts for names in _TEMPLATE.findall(text)]
    return list(dict.fromkeys(name.strip("* ") for names in lists for name in names.split(",")))


def says_more(reply: Reply, place: Place, rows: int) -> bool:
    """Whether an answer says that there are more rows than the ``rows`` it has."""
    if place.single:
        return False
    if known_by_itself(reply, place):
        return True
    totals = _totals(reply, place, rows)
    return totals.most > rows or (totals.pages or 0) > 1


def _totals(reply: Reply, place: Place, rows: int) -> Totals:
    """The totals that the integration sees in an answer."""
    around = (_holder(reply, place), reply.body)
    listed = place.rows(reply.body) or []
    return told_totals(_scopes(reply, place), reply.headers, around, listed, (rows, 0))


def known_by_itself(reply: Reply, place: Place) -> bool:
    """Whether the integration sees by itself that more follows: by what it knows without a path."""
    return known_signal(_scopes(reply, place), reply.headers) is Verdict.MORE


def _scopes(reply: Reply, place: Place) -> Scopes:
    return scopes_of(reply.body, _holder(reply, place))


def _holder(reply: Reply, place: Place) -> Json:
    """The object that the rows lie in."""
    holder = follow(reply.body, place.keys[:-1]) if place.keys else None
    return None if holder is MISSING else holder


def says_more_by_word(reply: Reply, place: Place) -> bool:
    """Whether a boolean says that there is more, and nothing else does."""
    return any(
        fact.value is True and {"more", "next"}.intersection(fact.words)
        for fact in facts(reply.body, place)
    )


def total_of(reply: Reply, place: Place) -> int | None:
    """The total of rows that an answer tells."""
    return _totals(reply, place, 0).rows


def names_seen(reply: Reply, place: Place) -> list[str]:
    """Every key beside the rows and in the first row: how this API spells names."""
    names = [key for fact in facts(reply.body, place) for key in fact.keys]
    rows = place.rows(reply.body) or []
    if rows and isinstance(rows[0], dict):
        names += [str(key) for key in rows[0]]
    return names
