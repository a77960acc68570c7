"""What an API refuses: the credentials, the path, the paging or another part of the request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

import httpx
from msgspec.structs import replace

from errors import BodyError, Fault, OceanCustomError, ResponseError
from jq_engine.paths import plain_path
from json_values import beginning_of
from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM
from paging.error_reports import tells_failure, words_of
from paging.model import PageRequest
from resync.session import Session
from transport.formats import BodyFormat
from workbench.check.absence import Absence
from workbench.check.access import Access
from workbench.check.findings import Finding, Path, Remedy, Write, likeness
from workbench.check.missing import header_missed, lacks_of_all, media, missing, named_missing
from workbench.check.near import keys_read
from workbench.check.nearby import NOT_FOUND, Nearby, Target
from workbench.check.paging import alone
from workbench.check.places import Paged, Places
from workbench.check.reading import Seen
from workbench.check.refusals import other_values
from workbench.check.requests import is_of_parent
from workbench.check.sign_in import speaks_of_sign_in
from workbench.check.suspects import name_of_list, suspect, suspects_of
from workbench.check.variants import better_variant
from workbench.check.ways import Ways
from workbench.suggest.vocabulary import Names

_FORBIDDEN: Final = 403
_INVALID: Final = frozenset({400, 422})
_OF_CHILDREN: Final = _INVALID | {_FORBIDDEN}
"""What is answered for a child by a value that is no child's."""
_PATH: Final = "correct the path"
_OWN_WORDS: Final = "the API's own words say why"
_LIKE: Final = 0.6  # likeness of a name and the one that was meant
_CRASHED: Final = 500
_ELSEWHERE: Final = NOT_FOUND | {_FORBIDDEN, httpx.codes.METHOD_NOT_ALLOWED}
"""Statuses that are seldom about a parameter."""
REPORTED: Final = "the answer reports an error"


class Refused:
    """Says of a refusal what it is about; ``asked``: how many resources were asked for."""

    def __init__(
        self,
        session: Session,
        places: Places,
        near: Nearby,
        access: Access,
        asked: int,
    ) -> None:
        self._session = session
        self._places = places
        self._near = near
        self._access = access
        self._sign_in = access.sign_in
        self._ways = Ways(session)
        self._asked = asked

    async def finding(
        self, seen: Seen, error: ResponseError, status: int, *, all_failed: bool
    ) -> Finding:
        """What a status is about; ``all_failed``: no resource could be read."""
        found = await self._with_body(seen, error)
        if found is None and all_failed:
            found = await self._unsigned(seen, error)
        if found is None and status in _OF_CHILDREN:
            found = await self._of_field(seen, error)
        if found is None and status not in _ELSEWHERE and status < _CRASHED:
            found = await self._invalid(seen, error)
        if found:
            return found
        if status in NOT_FOUND and not (all_failed and speaks_of_sign_in(error)):
            return await self._absent(seen, error, all_failed=all_failed)
        if status == _FORBIDDEN and not all_failed:
            return await self._forbidden(seen, error)
        if status == _FORBIDDEN or status in NOT_FOUND:
            return await self._not_let_in(seen, error)
        if status == httpx.codes.METHOD_NOT_ALLOWED:
            return await self._of_method(seen, error)
        return await self._suspected(seen, error, all_failed=all_failed)

    async def _not_let_in(self, seen: Seen, error: ResponseError) -> Finding:
        """At the base URL or at what signs requests, where every kind is refused."""
        if near := await self._near_base(error):
            return near
        setting, remedy = await self._sign_in.blamed(error, self._near.target(seen).request)
        return self._places.of_setting(setting, error, remedy, self._sign_in.credential)

    async def _forbidden(self, seen: Seen, error: ResponseError) -> Finding:
        """At the path where another one is there, else at credentials that read other lists."""
        if found := await self._unrouted(seen, error):
            return found
        remedy = "the credentials may not read this: grant them access"
        return self._places.of_setting(self._sign_in.credential, error, remedy)

    async def _unrouted(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At a path that is refused as a made-up one is, where one like it is answered."""
        target, of_parent = self._near.target(seen), is_of_parent(seen)
        is_child = not of_parent and bool(self._near.resource(seen).parameters)
        if target.request is None or target.request.method != "GET" or is_child:
            return None
        if not await Absence(self._session).of_path(target.request):
            return None
        near = self._near
        found = await (near.parents_path(seen) if of_parent else near.path(seen, is_new=True))
        at: Path = (*target.base, "endpoint") if of_parent else ("kind",)
        return self._places.at(seen, at, error, found) if found else None

    async def _with_body(self, seen: Seen, error: ResponseError) -> Finding | None:
        """At the method of a request with a body, where it is not GET that is meant."""
        target = self._near.target(seen)
        request = target.request
        if request is None or request.method != "GET" or request.body in (None, {}):
            return None
        if await self._near.body(replace(self._near.first(target), method="POST")) is None:
            return None
        remedy = Write("POST", "so it answers")
        return self._places.at(seen, (*target.base, "method"), error, remedy)

    async def _unsigned(self, seen: Seen, error: ResponseError) -> Finding | None:
        """At what signs requests, where the words of a refusal with any status speak of that."""
        request = self._near.target(seen).request
        if error.status not in _INVALID or not speaks_of_sign_in(error) or request is None:
            return None
        way = await self._sign_in.other(error, request)
        return way and self._places.of_setting(way[0], error, way[1], self._sign_in.credential)

    async def _of_method(self, seen: Seen, error: ResponseError) -> Finding:
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
        if blamed := await self._valid(seen, error):
            base = self._near.target(seen).base
            return self._places.paging(seen, error, blamed[1], blamed[0], base)
        target = self._near.target(seen)
        if paged := self._of_paging(target, error.report.words):
            return self._places.paging(seen, error, paged, base=target.base)
        return None

    async def unread(
        self, seen: Seen, error: OceanCustomError, *, all_failed: bool
    ) -> Finding | None:
        """As ``reported``, where what could not be read is an error as JSON; None where not."""
        request = self._near.target(seen).request
        if request is None:
            return None
        try:
            asked = replace(self._near.first(self._near.target(seen)), format=BodyFormat())
            answer = await self._session.client.send(asked)
        except OceanCustomError:
            return None
        if not tells_failure(answer.body):
            return None
        words = self._session.redacted(beginning_of(words_of(answer.body)))
        faults, status = (Fault("", REPORTED),), str(answer.status)
        report = replace(error.report, faults=faults, beside=None, answered=status, words=words)
        return await self.reported(seen, BodyError(report), all_failed=all_failed)

    async def reported(self, seen: Seen, error: BodyError, *, all_failed: bool) -> Finding:
        """What a refusal is about that came with the status of a success."""
        found = await self._of_field(seen, error) or await self._invalid(seen, error)
        if found:
            return found
        request = self._near.target(seen).request
        signed = None
        if all_failed and request is not None:
            is_of_credentials = speaks_of_sign_in(error)
            access = self._sign_in if is_of_credentials else self._access
            signed = await access.other(error, request)
        if all_failed and not signed and speaks_of_sign_in(error):
            signed = await self._sign_in.blamed(error, request)
        if signed:
            return self._places.of_setting(signed[0], error, signed[1], self._sign_in.credential)
        return await self._suspected(seen, error, all_failed=False)

    async def _of_field(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At a path parameter by another key of whose items children are answered, if they are."""
        resource = self._near.resource(seen)
        if not resource.parameters or any(page.rows for page in seen.own_pages):
            return None
        if (found := await self._near.field(resource)) is None:
            return None
        name, remedy = found
        return self._places.at(seen, ("selector", "path_parameters", name, "field"), error, remedy)

    async def _absent(self, seen: Seen, error: ResponseError, *, all_failed: bool) -> Finding:
        """A path that is not there: the base URL's where no other is there either."""
        is_all = all_failed and self._asked > 1
        if is_all and (found := await self._of_all(seen, error)):
            return found
        if is_of_parent(seen):
            path = (*self._near.target(seen).base, "endpoint")
            return self._places.at(seen, path, error, await self._near.parents_path(seen) or _PATH)
        remedy: Remedy = await self._near.path(seen)
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
        if await Absence(self._session).of_path(request):
            return f"{_PATH}: a made-up one is answered in the same words"
        return f"{_PATH}, or what is asked for there: a made-up path is answered otherwise"

    async def _of_all(self, seen: Seen, error: OceanCustomError) -> Finding | None:
        """At the base URL or at what signs requests, where nothing of a mapping is answered."""
        request = self._near.target(seen).request
        if found := await self._access.other(error, request):
            return self._places.of_setting(found[0], error, found[1], self._sign_in.credential)
        near = self._near
        is_spelled = await (near.parents_path if is_of_parent(seen) else near.path)(seen)
        if is_spelled or self._asked == 1:
            return None
        told = (
            "nothing is there: the API's documentation shows a whole URL; write into baseUrl what"
            f" stands before {seen.config.kind} in it"
        )
        return self._places.of_setting("baseUrl", error, told)

    async def _near_base(self, error: OceanCustomError) -> Finding | None:
        """At the base URL, where every kind is refused, and one less a part or so answers."""
        base = await self._access.bases.nearest(error.report.words) if self._asked > 1 else ""
        return self._places.of_setting("baseUrl", error, base) if base else None

    async def _suspected(
        self, seen: Seen, error: ResponseError | BodyError, *, all_failed: bool
    ) -> Finding:
        """At what the refusal is about: a parameter, a part of the body, the base URL's path."""
        target = self._near.target(seen)
        given = {
            "queryParams": [name for name, _ in self._session.settings.query_params],
            "customHeaders": list(self._session.settings.custom_headers),
        }
        words = error.report.words
        status = error.status if isinstance(error, ResponseError) else 0
        name = lacks_of_all(seen, words) if all_failed and self._asked > 1 else ""
        if name:
            setting = "customHeaders" if name == header_missed(words) else "queryParams"
            told = f"the API misses {json.dumps(name)}: add it with its value to {setting}"
            return self._places.of_setting(setting, error, told)
        if lacking := await self._lacking(seen, target, words, status):
            return self._places.at(seen, lacking[0], error, lacking[1])
        return await self._spoken_of(seen, target, error, given, all_failed=all_failed)

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
        words = error.report.words
        if (position := _position(target)) and re.search(rf"\b{re.escape(position)}\b", words):
            told = f"the API refuses {position}: correct how the list is paged, or that name"
            return self._places.paging(seen, error, told, base=target.base)
        suspects = suspects_of(seen, target.base, given)
        found = await suspect(self._near.body, target.request, suspects, words)
        if found is None:
            return await self._unspoken(seen, target, error, all_failed=all_failed)
        blamed, told = found
        if isinstance(blamed.place, str):
            beside = target.request and await self._sign_in.beside(words, target.request)
            setting, told = beside or (blamed.place, f"{told}: {_OWN_WORDS}")
            return self._places.of_setting(setting, error, told)
        other = await name_of_list(self._near.body, target.request, blamed)
        return self._places.at(seen, blamed.place, error, other or f"{told}: {_OWN_WORDS}")

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
            if _says(words, part):
                told = f"the API speaks of {part}, which stands in baseUrl"
            return self._places.of_setting("baseUrl", error, f"{told}: {_OWN_WORDS}")
        has_status = isinstance(error, ResponseError)
        if unrouted := has_status and await self._unrouted(seen, error):
            return unrouted
        at: Path = (*target.base, "endpoint") if is_of_parent(seen) else ("kind",)
        told = _OWN_WORDS if has_status else "correct the path, or the credentials"
        return self._places.at(seen, at, error, await self._quoted(seen, words) or told)

    @staticmethod
    def _of_paging(target: Target, words: str) -> Paged | None:
        """The name of a position or size that a refusal misses, and that is sent nearly so."""
        paging, name = target.endpoint.pagination, named_missing(words)
        sent = {
            "sizeParam": paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type),
            "paginationParam": paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type),
        }
        names = Names(())
        if name in names.of("size") and name not in sent.values():
            return Paged({"sizeParam": name}, "the API wants the size of a page")
        roles = {"paginationParam": ("page", "offset", "cursor"), "sizeParam": ("size",)}
        alike = {
            key: likeness(name.lower(), one.lower())
            for key, one in sent.items()
            if one and any(name in names.of(role) for role in roles[key])
        }
        best = max(alike, key=lambda key: alike[key], default="")
        if not name or name in sent.values() or not best or alike[best] < _LIKE:
            return None
        return Paged({best: name}, "the API misses it")

    async def _quoted(self, seen: Seen, words: str) -> Remedy:
        """A path that is answered, where the refusal speaks of a part of this one."""
        parts = seen.config.kind.partition("?")[0].strip("/").split("/")
        said = set(re.findall(r"[\w-]+", words))
        quoted = next((one for one in parts if one in said), "")
        return await self._near.path(seen, quoted) if quoted and not is_of_parent(seen) else ""

    async def _lacking(
        self, seen: Seen, target: Target, words: str, status: int
    ) -> tuple[Path, Remedy] | None:
        """Where to write the header or the parameter that a request lacks, and what; or None."""
        answered, request = self._near.body, target.request
        if remedy := await media(answered, request, status, words):
            own = (*target.base, "headers")
            return own if self._places.is_there(seen, own) else ("kind",), remedy
        if otherwise := await self._otherwise(seen, target, words):
            return otherwise
        lacks = missing(seen, target.base, words)
        return (lacks.path, lacks.remedy) if lacks else None

    async def _otherwise(
        self, seen: Seen, target: Target, words: str
    ) -> tuple[Path, Remedy] | None:
        """The place of a name or a value for which another one is answered, and what to write."""
        if target.request is None:
            return None

        async def is_answered(request: PageRequest) -> bool:
            return await self._near.body(request) is not None

        keys = keys_read(seen.config.port.entity.mappings.dict())
        keys += plain_path(target.endpoint.data_path or "") or ()
        sent, sources = self._near.sent(seen, target), self._near.sources(seen, words or " ", keys)
        request = self._near.first(target)
        variant = await better_variant(request, sent, sources, is_answered)
        return None if variant is None else variant.at(target.base, "so it answers")

    async def _valid(
        self, seen: Seen, error: ResponseError | BodyError
    ) -> tuple[str, str | Paged] | None:
        """The setting of paging that makes a request valid, if one does, and what to do."""
        target = self._near.target(seen)
        paging, request = target.endpoint.pagination, target.request
        if remedy := await alone(self._session, paging, seen):
            return "cursorAlone", remedy
        whole = None if request is None else await self._near.body(request)
        if request is not None and whole is None:
            return None  # Refused without the parameters of paging as well.
        found = await other_values(self._near.body, paging, request, error.report.words)
        if request is None or (found and found.first not in {"sizeParam", "startPage"}):
            return (found.first, found) if found else None
        is_first = found is not None and found.first == "startPage"
        if way := await self.other_paging(seen) or (found if is_first else None):
            return way.first, way
        if found:
            told = "without a size it answers: correct sizeParam, or write size_param: null"
            return "sizeParam", f"{told} in its pagination"
        return "paginationType", "without the parameters of paging it answers: correct their names"

    async def leads_beyond(self, seen: Seen, *, is_sized: bool = False) -> bool:
        """Whether there are rows beyond those of a resource that is read as one page.

        ``is_sized``: of a page as long as it was asked for.
        """
        target = self._near.target(seen)
        data_path, paging = target.endpoint.data_path, target.endpoint.pagination
        request = target.request
        if request is None:
            return False
        name = paging.size_param or DEFAULT_SIZE_PARAM.get(paging.type)
        if is_sized and paging.sends_size and name:
            # A smaller page than the one that was read leads to rows that were read.
            request = request.put(name, paging.page_size, paging.send_in)
        return await self._ways.leads_beyond(request, data_path)

    async def other_paging(self, seen: Seen, target: Target | None = None) -> Paged | None:
        """How a list is paged, where that differs from what is set."""
        target = target or self._near.target(seen)
        paging, request = target.endpoint.pagination, target.request
        if request is None:
            return None
        if paging.sends_size and paging.size_param and await self._near.body(request) is None:
            request = request.put(paging.size_param, paging.page_size, paging.send_in)
        way = await self._ways.find(request, paging, target.endpoint.data_path)
        return None if way is None else way.remedy


def _says(words: str, part: str) -> bool:
    """Whether a refusal speaks of a part of a path, and does not only repeat the whole one."""
    return re.search(rf"(?<![\w./-]){re.escape(part)}(?![\w/-]|\.\w)", words) is not None


def _position(target: Target) -> str:
    """The name that a list's position is sent under, where the request itself has none so."""
    paging, request = target.endpoint.pagination, target.request
    name = paging.pagination_param or DEFAULT_POSITION_PARAM.get(paging.type) or ""
    is_own = request is not None and any(one == name for one, _ in request.params)
    return "" if is_own or paging.type == "none" else name.rpartition(".")[2]
