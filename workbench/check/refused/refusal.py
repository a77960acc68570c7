"""What an API refuses: the credentials, the path, the paging or another part of the request."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

import httpx
from msgspec.structs import replace

from errors import BodyError, OceanCustomError, ResponseError
from jq_engine.paths import plain_path
from json_values import Json
from pagination import DEFAULT_POSITION_PARAM
from paging.model import PageRequest
from transport.formats import BodyFormat
from workbench.check.asking.absence import Absence
from workbench.check.asking.alternatives import Sources
from workbench.check.asking.answered import ask, is_reported
from workbench.check.asking.nearby import NOT_FOUND, Target
from workbench.check.asking.reading import Seen
from workbench.check.asking.sent import IN_URL, Sent
from workbench.check.asking.variants import Wish, better_variant, left_out, moved_part
from workbench.check.findings import Finding, Path, Remedy, Write, likeness
from workbench.check.guesses.expressions import keys_read, rows_of
from workbench.check.guesses.names import names_in
from workbench.check.guesses.paths import speaks_of
from workbench.check.guesses.refusal_words import header_missed
from workbench.check.lists.children import Children
from workbench.check.lists.places import Places
from workbench.check.login.bases import Bases
from workbench.check.login.changes import Blame
from workbench.check.login.sign_in import SignIn, speaks_of_sign_in
from workbench.check.refused.missing import lacks_of_all, media, media_told, missing
from workbench.check.refused.other_paths import OtherPaths
from workbench.check.refused.paging_trials import PagingTrials, has_begun
from workbench.check.refused.suspects import spoken_of, suspects_of

_FORBIDDEN: Final = 403
_INVALID: Final = frozenset({400, 422})
_OF_CHILDREN: Final = _INVALID | {_FORBIDDEN}
"""What is answered for a child by a value that is no child's."""
_MOST_SPARE: Final = 8  # parts of a request without which it is asked
_PATH: Final = "correct the path"
_OWN_WORDS: Final = "the API's own words say why"
_WORD: Final = re.compile(r"\w+")
_LIKE: Final = 0.7  # likeness of a name and the one that is missing
_CRASHED: Final = 500
_ELSEWHERE: Final = NOT_FOUND | {_FORBIDDEN, httpx.codes.METHOD_NOT_ALLOWED}
"""Statuses that are seldom about a parameter."""


class Refused:
    """Says of a refusal what it is about."""

    def __init__(
        self,
        places: Places,
        children: Children,
        paging: PagingTrials,
        bases: Bases,
        sign_in: SignIn,
    ) -> None:
        self._session = children.near.session
        self._places = places
        self._children = children
        self._paging = paging
        self._near = paging.near
        self._paths = OtherPaths(paging.near)
        self._absence = Absence(self._session)
        self._bases = bases
        self._sign_in = sign_in
        self._asked = sum(one.asked for one in self._near.all)

    async def finding(
        self, seen: Seen, error: ResponseError | BodyError, *, all_failed: bool
    ) -> Finding:
        """What a refusal is about; ``all_failed``: no resource could be read."""
        status = await self._status(seen, error)
        found = await self._with_body(seen, error)
        if found is None and all_failed and status in _INVALID:
            found = await self._unsigned(seen, error)
        if found is None and status in _OF_CHILDREN:
            found = await self._of_field(seen, error)
        is_of_request = status not in _ELSEWHERE and status < _CRASHED
        if found is None and (is_of_request or has_begun(seen)):
            found = await self._invalid(seen, error)
        if found:
            return found
        is_unsure = all_failed and speaks_of_sign_in(error)
        request = self._near.target(seen).request
        if status in NOT_FOUND and not (is_unsure and not await self._sign_in.is_seen(request)):
            return await self._absent(seen, error, all_failed=all_failed)
        if status == _FORBIDDEN and not all_failed:
            return await self._forbidden(seen, error)
        if status == _FORBIDDEN or status in NOT_FOUND:
            return await self._not_let_in(seen, error)
        if status == httpx.codes.METHOD_NOT_ALLOWED:
            return await self._of_method(seen, error)
        return await self._suspected(seen, error, status, all_failed=all_failed)

    async def _status(self, seen: Seen, error: ResponseError | BodyError) -> int:
        """The status of a refusal; of one with that of a success, the one that it might have."""
        if isinstance(error, ResponseError):
            return error.status
        return httpx.codes.NOT_FOUND if await self._is_made_up(seen) else httpx.codes.BAD_REQUEST

    async def _not_let_in(self, seen: Seen, error: OceanCustomError) -> Finding:
        """At the base URL or at what signs requests, where every kind is refused."""
        if near := await self._near_base(error):
            return near
        blame = await self._sign_in.blamed(error, self._near.target(seen).request)
        return self._places.of_setting(blame, error)

    async def _forbidden(self, seen: Seen, error: OceanCustomError) -> Finding:
        """At the path where another one is there, else at credentials that read other lists."""
        if found := await self._unrouted(seen, error):
            return found
        told = "the credentials may not read this: grant them access"
        return self._places.of_setting(Blame(self._sign_in.credential, told), error)

    async def _unrouted(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At a path that is refused as a made-up one is, where one like it is answered."""
        if not await self._is_made_up(seen):
            return None
        found = await self._paths.of_asked(seen, error.report.words, is_new=True)
        at = self._near.target(seen).of_path
        return self._places.at(seen, at, error, found) if found else None

    async def _is_made_up(self, seen: Seen) -> bool:
        """Whether a path without placeholders is refused as a made-up one is."""
        request = self._near.target(seen).request
        is_child = not seen.is_of_parent and bool(self._near.resource(seen).parameters)
        if request is None or request.method != "GET" or is_child:
            return False
        return await self._absence.of_path(request)

    async def _with_body(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At the method of a request with a body, where it is not GET that is meant."""
        target = self._near.target(seen)
        request, first = target.request, target.first
        if not (request and first) or request.method != "GET" or request.body in (None, {}):
            return None
        if await self._near.body(replace(first, method="POST")) is None:
            return None
        remedy = Write("POST", "so it answers")
        return self._places.at(seen, (*target.base, "method"), error, remedy)

    async def _unsigned(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At what signs requests, where the words of a refusal with any status speak of that."""
        request = self._near.target(seen).request
        if not speaks_of_sign_in(error) or request is None:
            return None
        way = await self._sign_in.other(error, request)
        return self._places.of_setting(way, error) if way else None

    async def _of_method(self, seen: Seen, error: OceanCustomError) -> Finding:
        """At the method: with the other one, as far as it may be tried."""
        target = self._near.target(seen)
        other = "POST" if seen.config.selector.method == "GET" else "GET"
        told = "the method is not for this path"
        if other == "GET" and target.request is not None:
            asked = replace(target.request, method="GET", body=None)
            told = "so it answers" if await self._near.body(asked) is not None else told
        if told != "so it answers":
            otherwise = await self._otherwise(seen, target, error.report.words)
            if otherwise:
                return self._places.at(seen, otherwise[0], error, otherwise[1])
        return self._places.at(seen, (*target.base, "method"), error, Write(other, told))

    async def _invalid(self, seen: Seen, error: ResponseError | BodyError) -> Finding | None:
        """At the setting of paging that makes a request invalid."""
        if blamed := await self._paging.valid(seen, error):
            name, told = blamed if isinstance(blamed, tuple) else (blamed.first, blamed)
            return self._places.paging(seen, error, told, name, self._near.target(seen).base)
        target = self._near.target(seen)
        if paged := self._paging.named(target, error.report.words):
            return self._places.paging(seen, error, paged, base=target.base)
        return None

    async def unread(
        self, seen: Seen, error: OceanCustomError, *, all_failed: bool
    ) -> Finding | None:
        """As ``finding``, where what could not be read is an error as JSON; None where not."""
        request = self._near.target(seen).first
        if request is None:
            return None
        try:
            await ask(self._session.client, replace(request, format=BodyFormat()))
        except OceanCustomError as other:
            if not is_reported(other):
                return None
            said = other.report
            known = {
                "faults": said.faults,
                "whole": said.whole,
                "answered": said.answered,
                "words": said.words,
            }
            report = replace(error.report, beside=None, **known)
        else:
            return None
        return await self.finding(seen, BodyError(report), all_failed=all_failed)

    async def _of_field(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At a path parameter by another key of whose items children are answered, if they are."""
        resource = self._children.asked_for(seen)
        if not resource.parameters:
            return None
        has_rows = any(page.rows for page in self._children.pages(seen))
        found, key = None if has_rows else await self._children.field(resource), "field"
        if found is None:
            found, key = await self._children.filter_for(resource), "filter"
        if found:
            path = ("selector", "path_parameters", found[0], key)
            return self._places.at(seen, path, error, found[1])
        if has_rows:
            return None
        if other := await self._children.in_order(resource):
            return self._places.at(seen, self._near.target(seen).of_path, error, other)
        return None

    async def _absent(self, seen: Seen, error: OceanCustomError, *, all_failed: bool) -> Finding:
        """A path that is not there: the base URL's where no other is there either."""
        is_all, words = all_failed and self._asked > 1, error.report.words
        if is_all and (found := await self._of_all(seen, error)):
            return found
        if seen.is_of_parent:
            path = await self._paths.of_asked(seen, words) or _PATH
            return self._places.at(seen, self._near.target(seen).of_path, error, path)
        target = self._near.target(seen)
        sent = [one for one in self._near.sent(seen, target) if one.part == IN_URL]
        if sent and (other := await self._otherwise(seen, target, words, sent)):
            return self._places.at(seen, other[0], error, other[1])
        remedy = await self._paths.of_asked(seen, words)
        selector = seen.config.selector
        if not remedy and selector.method == "GET" and (selector.body or selector.body_form):
            told = "correct the path, or write method: POST: the request has a body"
            return self._places.at(seen, ("selector", "method"), error, told)
        alone = await self._of_all(seen, error) if all_failed and not (remedy or is_all) else None
        if alone:
            return alone
        return self._places.at(seen, ("kind",), error, remedy or await self._made_up(seen))

    async def _made_up(self, seen: Seen) -> str:
        """What to say of a path for which no other was found."""
        request = self._near.asked(seen)
        if request is None or request.method != "GET":
            return _PATH
        if await self._absence.of_path(request):
            return f"{_PATH}: a made-up one is answered in the same words"
        return f"{_PATH}, or what is asked for there: a made-up path is answered otherwise"

    async def _of_all(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At the base URL or at what signs requests, where nothing of a mapping is answered."""
        request = self._near.target(seen).request
        found = await self._bases.other(error.report.words)
        if found is None and request is not None:
            found = await self._sign_in.other(error, request)
        if found:
            return self._places.of_setting(found, error)
        if self._asked == 1 or await self._paths.of_asked(seen):
            return None
        told = (
            "nothing is there: the API's documentation shows a whole URL; write into baseUrl what"
            f" stands before {seen.config.kind} in it"
        )
        return self._places.of_setting(Blame("baseUrl", told), error)

    async def _near_base(self, error: OceanCustomError) -> Finding | None:
        """At the base URL, where every kind is refused, and one less a part or so answers."""
        if self._asked == 1:
            return None
        # With the status of a success every answer is a proof, also to a search.
        is_proof = is_reported(error) and not speaks_of_sign_in(error)
        search = self._bases.other if is_proof else self._bases.nearest
        base = await search(error.report.words)
        return self._places.of_setting(base, error) if base else None

    async def _suspected(
        self, seen: Seen, error: ResponseError | BodyError, status: int, *, all_failed: bool
    ) -> Finding:
        """At what the refusal is about: a parameter, a part of the body, the base URL's path."""
        target = self._near.target(seen)
        given = {
            "queryParams": [name for name, _ in self._session.settings.query_params],
            "customHeaders": list(self._session.settings.custom_headers),
        }
        words = error.report.words
        name = lacks_of_all(seen, words) if all_failed and self._asked > 1 else ""
        if name:
            setting = "customHeaders" if name == header_missed(words) else "queryParams"
            is_misspelt = any(likeness(one, name) >= _LIKE for one in given[setting])
            request = target.request if is_misspelt else None
            if request and (beside := await self._sign_in.beside(words, request)):
                return self._places.of_setting(beside, error)
            told = f"the API misses {json.dumps(name)}: add it with its value to {setting}"
            return self._places.of_setting(Blame(setting, told), error)
        if lacking := await self._lacking(seen, target, words, status):
            return self._places.at(seen, lacking[0], error, lacking[1])
        return await self._spoken_of(seen, target, error, given, all_failed=all_failed)

    async def _spare(
        self, request: PageRequest, sent: Sequence[Sent], sources: Sources
    ) -> tuple[Sent | None, Json]:
        """What a request is answered without, and that answer; what the words name first."""
        named = {*names_in(sources.said)}
        leaves = [one for one in sent if not isinstance(one.value, dict)]
        ranked = sorted(leaves, key=lambda one: one.name not in named)
        places: dict[object, Sent] = {}
        for one in ranked:
            places.setdefault((one.part, one.path), one)
        for one in list(places.values())[:_MOST_SPARE]:
            less = left_out(request, one)
            body = await self._near.body(less) if less else None
            if body is not None:
                return one, body
        return None, None

    async def _spoken_of(
        self,
        seen: Seen,
        target: Target,
        error: ResponseError | BodyError,
        given: Mapping[str, Sequence[str]],
        *,
        all_failed: bool,
    ) -> Finding:
        """At what a refusal's words name, or without which the request is answered."""
        words, position = error.report.words, _position(target)
        if position and re.search(rf"\b{re.escape(position)}\b", words):
            told = f"the API refuses {position}: correct how the list is paged, or that name"
            return self._places.paging(seen, error, told, base=target.base)
        sent = self._near.sent(seen, target)
        found = spoken_of(suspects_of(sent, target.base, given), words)
        is_of_setting = all_failed if found is None else isinstance(found[0].place, str)
        if (
            is_of_setting
            and target.request
            and (beside := await self._sign_in.beside(words, target.request))
        ):
            return self._places.of_setting(beside, error)
        if found is None:
            return await self._unspoken(seen, target, error, all_failed=all_failed)
        blamed, told = found
        told = f"{told}: {_OWN_WORDS}"
        if isinstance(blamed.place, str):
            return self._places.of_setting(Blame(blamed.place, told), error)
        return self._places.at(seen, blamed.place, error, told)

    async def _unspoken(
        self, seen: Seen, target: Target, error: ResponseError | BodyError, *, all_failed: bool
    ) -> Finding:
        """Of a refusal that is about nothing that is sent: at the base URL, or at the path."""
        words = error.report.words
        if all_failed and (near := await self._near_base(error)):
            return near
        part = self._session.settings.base_url.path.strip("/").rpartition("/")[2]
        if all_failed and part and part in words and self._asked > 1:
            told = "every kind is refused: correct baseUrl, or what all requests have"
            if speaks_of(words, part):
                told = f"the API speaks of {part}, which stands in baseUrl"
            return self._places.of_setting(Blame("baseUrl", f"{told}: {_OWN_WORDS}"), error)
        if unrouted := await self._unrouted(seen, error):
            return unrouted
        other = await self._paths.of_asked(seen, words)
        if not other and all_failed and speaks_of_sign_in(error):
            blame = await self._sign_in.blamed(error, target.request)
            return self._places.of_setting(blame, error)
        return self._places.at(seen, target.of_path, error, other or _OWN_WORDS)

    async def _lacking(
        self, seen: Seen, target: Target, words: str, status: int
    ) -> tuple[Path, Remedy] | None:
        """Where to write the header or the parameter that a request lacks, and what; or None."""
        own = (*target.base, "headers")
        place: Path = own if self._places.is_there(seen, own) else ("kind",)
        if remedy := await media(self._near.body, target.request, status, words):
            return place, remedy
        if otherwise := await self._otherwise(seen, target, words):
            return otherwise
        if remedy := media_told(status, words):
            return place, remedy
        lacks = missing(seen, target.base, words)
        return (lacks.path, lacks.remedy) if lacks else None

    async def _otherwise(
        self, seen: Seen, target: Target, words: str, sent: Sequence[Sent] = ()
    ) -> tuple[Path, Remedy] | None:
        """The place of a name or a value for which another one is answered, and what to write.

        ``sent``: what may be meant otherwise; everything where nothing is said.
        """
        if (request := target.first) is None:
            return None
        keys = keys_read(seen.mappings.dict())
        keys += plain_path(target.endpoint.data_path or "") or ()
        sent = sent or self._near.sent(seen, target)
        sources = self._near.sources(seen, words or " ", keys)
        if worded := await self._worded(seen, target, sent, request):
            return worded
        spare, less = await self._spare(request, sent, sources)
        sources = dataclasses.replace(sources, items=[*rows_of(less), *sources.items])
        some = [one for one in sent if one.is_like(spare)] if spare else sent
        wanted, answered = self._near.expressions(seen, target), self._near.body

        async def worth(body: Json) -> int:
            return await self._near.worth(body, target.endpoint.data_path, wanted)

        wish = Wish(answered, worth, await worth(less) or 1, 1 + len(wanted))
        variant = await better_variant(request, some, sources, wish)
        if variant is not None:
            return variant.at(target.base, "so it answers")
        own = {one.name for one in sent if one.part == "query_params"}
        part, other = await moved_part(request, own, answered)
        told = f"write it as {other} in the place of {part}: so it answers"
        if part:
            return (*target.base, part), told
        if spare is None:
            return None
        told = f"without {spare.name} it answers: correct its name or its value, or remove it"
        return spare.at(target.base), told

    async def _worded(
        self, seen: Seen, target: Target, sent: Sequence[Sent], request: PageRequest
    ) -> tuple[Path, Remedy] | None:
        """The place of a word that YAML makes a boolean, where the word itself is answered."""
        for one in sent:
            place: Path = (*target.base, one.part, *one.path)
            word = _WORD.match(self._places.document.rest_of_line((*seen.base, *place)))
            less = left_out(request, one) if isinstance(one.value, bool) and word else None
            asked = less.put(one.name, word[0], "query") if less and word else None
            if asked and word and await self._near.body(asked) is not None:
                return place, Write(word[0], "in quotes: YAML makes it a boolean")
        return None


def _position(target: Target) -> str:
    """The name that a list's position is sent under, where the request itself has none so."""
    paging, request = target.endpoint.pagination, target.request
    name = paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type) or ""
    is_own = request is not None and any(one == name for one, _ in request.params)
    return "" if is_own or paging.type == "none" else name.rpartition(".")[2]
