"""Another base URL, where nothing of the mapping is under the one that is set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

import httpx
from msgspec.structs import replace

from errors import OceanCustomError, ResponseError, TransportError
from paging.model import PageRequest
from resync.path_parameters import Binding, Parameter, request_for
from resync.session import Session
from settings import StaticCredentials
from workbench.check.asking.answered import ask, is_reported
from workbench.check.asking.reading import Seen
from workbench.check.findings import likeness
from workbench.check.guesses.names import counted, spellings
from workbench.check.guesses.paths import SPOKEN, VERSION, versions
from workbench.check.login.changes import Blame, ClientOf, line

_MOST_KINDS: Final = 2  # where one of them is not there either, the other may be
_TOLD: Final = re.compile(r"version\W{1,4}v?(\d+)\b", re.IGNORECASE)
_MOST: Final = (45, 15)  # requests for the first kind, and for the other
_MOST_SPOKEN: Final = 12  # paths that an API speaks of by itself
_LONGEST: Final = 20_000  # characters of an answer that paths are looked for in
_MORE: Final = (
    "api", "v1", "api/v1", "v2", "api/v2", "1.0", "rest", "v3", "api/v3", "2.0", "api/1.0", "v1.0",
    "v4", "v2.0", "api/v4", "api/2.0", "latest", "v2.1", "api/v5",
)  # fmt: skip
_VERSIONS: Final = frozenset(one.rpartition("/")[2] for one in _MORE) - {"api", "rest"}
_WORDS: Final = ("api", "rest", "app", "service", "services", "admin", "public", "web")
"""What base URLs are usually made of: guesses, of which the API's answers show the right one."""
_LIKE: Final = 0.75
_REFUSED: Final = frozenset({400, 422})
"""What a search answers to the mapping's own request where it is there."""


class Bases:
    """Asks for the kinds of a mapping, also those that are searches, under other base URLs."""

    def __init__(self, session: Session, all_seen: Sequence[Seen], client_of: ClientOf) -> None:
        self._session = session
        self._settings = session.settings
        self._all = all_seen
        self._client_of = client_of
        self._found: dict[tuple[str, ...] | None, Blame | None] = {}
        self._words = ""
        self._said: list[str] = []
        self._spoken: list[str] | None = None

    async def other(self, words: str = "") -> Blame | None:
        """What to write for the base URL by which a kind is answered; None for nothing.

        ``words``: of the first refusal, which may tell a path.
        """
        self._words = self._words or words
        self._said = self._said or [one.strip("/") for one in SPOKEN.findall(words)]
        return await self._kept(None)

    async def nearest(self, words: str) -> Blame | None:
        """As ``other``, of those alone that differ by one part: for refusals of other kinds.

        ``words``: of the refusal, which may tell the API's version.
        """
        return await self._kept(tuple(dict.fromkeys(_TOLD.findall(words))))

    async def _kept(self, told: tuple[str, ...] | None) -> Blame | None:
        if told not in self._found:
            self._found[told] = await self._searched(told)
        return self._found[told]

    async def _searched(self, told: tuple[str, ...] | None) -> Blame | None:
        url = self._settings.base_url
        requests = dict(list(self._requests().items())[:_MOST_KINDS])
        if told is not None:  # Where a refusal says no more than before, a search shows nothing.
            requests = {kind: one for kind, one in requests.items() if one.method == "GET"}
        spoken = await self._spoken_of() if requests else []
        for kind, most in zip(requests, _MOST, strict=False):
            paths = self._paths(kind) if told is None else near_paths(url, kind, told)
            for path in [*_heads(spoken, kind, url.path), *paths][:most]:
                base = str(url.copy_with(path=f"/{path}")).rstrip("/")
                if await self._is_there(replace(requests[kind], url=f"{base}/{kind.lstrip('/')}")):
                    return _base_of(base, f"{kind} answers there")
        return None

    async def _spoken_of(self) -> list[str]:
        """The paths that the API speaks of by itself: at its root, and at the base URL."""
        if self._spoken is None:
            base, self._spoken = self._settings.base_url, []
            origin = str(base.copy_with(path="/")).rstrip("/")
            for url in dict.fromkeys((f"{origin}/", str(base))):
                try:
                    answer = await self._session.client.send(PageRequest(url, purpose="check"))
                    words = json.dumps(answer.body)[:_LONGEST]
                except OceanCustomError as error:
                    words = error.report.words
                self._spoken += SPOKEN.findall(words.replace(origin, " "))
        return self._spoken

    def _requests(self) -> dict[str, PageRequest]:
        """The requests that need no parent, by their paths: those of parents too; GET first."""
        found: dict[str, PageRequest] = {}
        for seen in self._all:
            resource = seen.config.to_resource(self._settings.pagination)
            walked = [one.parent for one in resource.parameters if isinstance(one, Parameter)]
            endpoints = [one for one in walked if not one.placeholders()]
            for endpoint in endpoints if resource.parameters else [resource.endpoint]:
                request = request_for(endpoint, Binding(), self._settings.base_url)
                if "://" not in endpoint.path:
                    found.setdefault(endpoint.path, replace(request, purpose="check"))
        return dict(sorted(found.items(), key=lambda one: one[1].method != "GET"))

    def _paths(self, kind: str) -> Iterator[str]:
        ends = [one.removesuffix(kind.strip("/")).strip("/") for one in self._said]
        own = self._settings.base_url.path.strip("/")
        told = [one for one in ends if one != own and not one.startswith(f"{own}/")]
        yield from dict.fromkeys(told)
        yield from other_paths(self._settings.base_url, kind)

    async def _is_there(self, request: PageRequest) -> bool:
        try:
            body = (await ask(self._session.client, request)).body
        except OceanCustomError as error:
            is_refused = isinstance(error, ResponseError) and error.status in _REFUSED
            is_fault = is_reported(error) and error.report.words != self._words
            return request.method == "POST" and (is_refused or is_fault)
        return isinstance(body, dict | list)

    async def other_scheme(self) -> Blame | None:
        """What to write where the host speaks the other of http and https; None where it does not.

        Nothing that signs requests is sent: the other scheme is another origin.
        """
        base = self._settings.base_url
        scheme = "http" if base.scheme == "https" else "https"
        url = base.copy_with(scheme=scheme)
        bare = replace(
            self._settings,
            base_url=url,
            credentials=StaticCredentials(),
            custom_headers={},
            query_params=(),
            max_retry_wait=0,
        )
        client = self._client_of(bare)
        try:
            await client.send(PageRequest(str(url), purpose="check"))
        except TransportError:
            return None
        except OceanCustomError as error:
            if not error.report.answered:
                return None
        finally:
            await client.aclose()
        return _base_of(str(url).rstrip("/"), f"{base.host} answers by {scheme} there")


def _heads(spoken: Sequence[str], kind: str, own: str) -> list[str]:
    """The beginnings of paths that an API speaks of, those before a kind's path first."""
    whole = [one.strip("/") for one in spoken]
    before = [one.removesuffix(kind.strip("/")).strip("/") for one in whole]
    heads = [one for one, path in zip(before, whole, strict=True) if one != path]
    parts = [one.split("/") for one in whole[:_MOST_SPOKEN]]
    heads += ["/".join(one[:length]) for one in parts for length in range(len(one), 0, -1)]
    return [one for one in dict.fromkeys(heads) if one != own.strip("/")][:_MOST_SPOKEN]


def _base_of(base: str, proof: str) -> Blame:
    """What to write for the base URL, and what showed it."""
    return Blame("baseUrl", f"write {line('baseUrl', base)}: {proof}", {"baseUrl": base})


def other_paths(base: httpx.URL, kind: str = "") -> Iterator[str]:
    """Other paths of a base URL, each once: another version, less, more, another end.

    ``kind``: a path below it.
    """
    parts = [part for part in base.path.split("/") if part]
    whole = "/".join(parts)
    first = kind.strip("/").split("/")[0]
    heads = ["/".join(parts[:length]) for length in range(len(parts) - 1, -1, -1)]
    tails = ["/".join(parts[length:]) for length in range(2, len(parts))]
    paths = [*near_paths(base, kind), *heads, *tails, *_respelled(parts)]
    # A version stands once in a path, and seldom a word twice.
    held = {*parts, *(_VERSIONS if any(map(VERSION.fullmatch, parts)) else ())}
    paths += [f"{whole}/{more}" for more in _MORE if held.isdisjoint(more.split("/"))]
    paths += [f"{more}/{whole}" for more in (*_WORDS, first) if parts and more not in held]
    paths += [f"{whole}/{more}" for more in _WORDS if more not in held]
    paths += [f"{'/'.join(parts[:-1])}/{more}" for more in _MORE if parts]
    paths += [
        "/".join([*parts[:at], word, *parts[at:]])
        for at in range(1, len(parts))
        for word in (*_WORDS, *_MORE)
    ]
    yield from (one for one in dict.fromkeys(one.strip("/") for one in paths) if one != whole)


def near_paths(base: httpx.URL, kind: str, told: Sequence[str] = ()) -> list[str]:
    """Those that differ by one part: what a path begins with again, another version, one less.

    ``told``: versions that the API speaks of, which may also be missing.
    """
    parts = [part for part in base.path.split("/") if part]
    less = ["/".join([*parts[:at], *parts[at + 1 :]]) for at in range(len(parts) - 1, -1, -1)]
    is_twice = kind.strip("/").split("/")[0] in parts[-1:]
    added = ["/".join([*parts, one]) for one in told]
    paths = [*less[: int(is_twice)], *versions(parts, told), *added, *less]
    return [one for one in dict.fromkeys(paths) if one != "/".join(parts)]


def _respelled(parts: Sequence[str]) -> Iterator[str]:
    """With a part that is a usual one with a slip."""
    words = [(at, part) for at, part in enumerate(parts) if not VERSION.fullmatch(part)]
    for at, part in words:
        for word in _WORDS:
            if word != part and likeness(word, part.lower()) >= _LIKE:
                yield "/".join([*parts[:at], word, *parts[at + 1 :]])
        for one in dict.fromkeys((*spellings(part), counted(part))):
            if one != part:
                yield "/".join([*parts[:at], one, *parts[at + 1 :]])
