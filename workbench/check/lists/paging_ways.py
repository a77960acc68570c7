"""How a list is paged, as the trials of ``suggest`` show it, and what to write for that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from json_values import Json
from pagination import DEFAULT_POSITION_PARAM, DEFAULT_SIZE_PARAM, PaginationSettings
from paging.model import PageRequest, SendIn
from resync.path_parameters import Endpoint
from resync.session import Session
from workbench.check.asking.nearby import Target
from workbench.check.guesses.names import letters, names_in
from workbench.check.lists.places import Paged
from workbench.suggest.asking import Asker, BudgetError, Reply
from workbench.suggest.cursors import is_led_by_last_row
from workbench.suggest.endpoint import House, measure_of, study_paging
from workbench.suggest.items import Place, places
from workbench.suggest.openapi import Hints
from workbench.suggest.position import find_named, find_paging
from workbench.suggest.size import SizeQuestion, find_size
from workbench.suggest.study import Study
from workbench.suggest.targets import Target as Studied
from workbench.suggest.vocabulary import Names, siblings

_DECLARED: Final = re.compile(r"\$(\w+)\s*:")
MOST: Final = 20
"""Requests that a search for the paging of one resource costs at most."""
MOST_IN_DOUBT: Final = 12
"""Requests to find out whether a list that seems whole goes on."""


class Ways:
    """Finds how lists are paged; what one has shown is tried first with the next."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._house = House()
        self._found: dict[str, Paged | None] = {}

    async def find(self, asked: Target, said: str = "") -> Paged | None:
        """What leads to other rows; None where nothing does, or what is set does.

        ``asked``: without parameters of paging; ``said``: words that may name them. A POST is sent
        as the mapping says it, with a position where positions may go.
        """
        given = asked.endpoint.pagination
        if asked.request is None:
            return None
        hints = _hints(asked.request, given, names_in(said))
        known = f"{asked.request.key} {given} {hints}"
        if known not in self._found:
            self._found[known] = None
            house = self._house.with_hints(hints)
            is_named = given.pagination_param is not None and given.type == "none"
            is_page = is_named and _of(["page"], [given.pagination_param or ""])
            house.preferred = "page" if is_page else "offset" if is_named else given.type
            for where in _places_of(asked.request, given):
                if way := await self._tried(asked.request, asked.endpoint, house, where):
                    self._found[known] = way
                    break
        return self._found[known]

    async def sized(self, request: PageRequest, endpoint: Endpoint, said: str) -> Paged | None:
        """The parameter of the size that a list heeds; ``said``: words that may name it."""
        asker = Asker(self._session.client, MOST)
        house = self._house.with_hints(_hints(request, endpoint.pagination, names_in(said)))
        try:
            reply = await asker.ask(replace(request, purpose="check"))
            place = _place(reply, endpoint.data_path)
            question = SizeQuestion(asker, request, reply, house.sizes, strict=house.strict)
            found = (await find_size(question, [place])).sized if place else None
        except BudgetError:
            return None
        return None if found is None else Paged({"sizeParam": found.name}, found.proof)

    async def leads_beyond(self, request: PageRequest, data_path: str | None) -> bool:
        """Whether anything leads to rows that are not in the answer to a plain request."""
        asker = Asker(self._session.client, MOST_IN_DOUBT)
        try:
            reply = await asker.ask(replace(request, purpose="check"))
            place = _place(reply, data_path)
            if place is None:
                return False
            measure = measure_of(asker, reply, place, None, self._house)
            if await is_led_by_last_row(measure):
                return True
            paging = await find_paging(measure)
            if paging.type not in {"page", "offset"}:
                return paging.type != "none"
            first = paging.settings.get("start_page", paging.settings.get("start_offset", 0))
            further = 1 if paging.type == "page" else measure.size
            beyond = await measure.sized(
                measure.size, {str(paging.param): int(str(first)) + further}
            )
            return measure.ruler.is_beyond(measure.rows(beyond))
        except BudgetError:
            return False

    async def _tried(
        self, request: PageRequest, endpoint: Endpoint, house: House, send_in: SendIn
    ) -> Paged | None:
        given = endpoint.pagination
        asker = Asker(self._session.client, MOST, send_in)
        study = Study(Studied(request.url), "")
        try:
            reply = await asker.ask(replace(request, purpose="check"))
            place = _place(reply, endpoint.data_path)
            if place is None:
                return None
            study.place = place
            paging = None
            if _is_told(reply, given):
                paging = await find_named(measure_of(asker, reply, place, None, house))
            if paging is None:
                await study_paging(asker, study, reply, [place], house)
            else:
                study.paging = paging
        except BudgetError:
            return None
        if study.paging.type == "none" or not study.paging.certain:
            return None
        self._house.learn(study)
        self._house.strict = house.strict
        wanted = _wanted(study, given, send_in if request.method == "POST" else None)
        differing = _differing(given, wanted)
        return Paged(differing, study.paging.proof) if differing else None


def _differing(given: PaginationSettings, wanted: Mapping[str, Json]) -> dict[str, Json]:
    """What is to be written for a way to page, by the names of settings: what differs from now."""
    style = str(wanted["paginationType"])
    position, size = DEFAULT_POSITION_PARAM.get(style), DEFAULT_SIZE_PARAM.get(style)
    effective: dict[str, Json] = {
        "paginationType": given.type,
        "paginationParam": given.pagination_param or position,
        "sizeParam": given.size_param or size,
        "cursorPath": given.cursor_path,
        "nextLinkPath": given.next_link_path,
        "sendIn": given.send_in,
        "startPage": given.start_page,
        "startOffset": given.start_offset,
        "cursorAlone": given.cursor_alone,
        "headerLinkRel": given.header_link_rel,
    }
    # A resource's own type leaves the names of the settings.
    own = {"paginationParam": position, "sizeParam": size} if style != given.type else {}
    return {
        name: value
        for name, value in wanted.items()
        if value is not None and not value == effective[name] == own.get(name, value)
    }


def _wanted(study: Study, given: PaginationSettings, send_in: SendIn | None) -> dict[str, Json]:
    """A way to page, by the names of settings; ``send_in`` where positions may go elsewhere."""
    wanted: dict[str, Json] = {
        "paginationType": study.paging.type,
        **{_camel(name): value for name, value in study.paging.settings.items()},
        "sizeParam": study.size_param if given.sends_size else None,
        "sendIn": send_in,
    }
    if study.paging.type == "header_link":
        wanted["headerLinkRel"] = "next"
    return wanted


def _is_told(reply: Reply, given: PaginationSettings) -> bool:
    """Whether what is set speaks of something in the answers that leads on."""
    if given.type in {"cursor", "next_link", "header_link"} or given.cursor_path:
        return True
    body = reply.body if isinstance(reply.body, dict) else {}
    return given.next_link_path is not None or given.pagination_param in body


def _place(reply: Reply, data_path: str | None) -> Place | None:
    """Where the rows of an answer are: where ``data_path`` leads, if it leads to a list."""
    found = places(reply.body) if reply.is_success else []
    found.sort(key=lambda place: place.data_path != data_path)
    return found[0] if found and not found[0].single else None


def _places_of(request: PageRequest, given: PaginationSettings) -> Iterator[SendIn]:
    """Where a position may go: into a body only where there is one."""
    yield given.send_in
    if request.method == "POST" and not isinstance(request.body, str | list):
        yield "query" if given.send_in == "body" else "body"


def _beside(given: PaginationSettings) -> tuple[str, ...]:
    """The position's name where the size stands: ``pagination.after`` by ``pagination.limit``."""
    place, dot, _ = (given.size_param or "").rpartition(".")
    return (f"{place}.{given.pagination_param}",) if dot and given.pagination_param else ()


def _declared(body: Json) -> list[str]:
    """The variables that a GraphQL query declares, as a body has them."""
    query = body.get("query") if isinstance(body, dict) else None
    found = _DECLARED.findall(query) if isinstance(query, str) else []
    return [f"variables.{name}" for name in dict.fromkeys(found)]


def _hints(request: PageRequest, given: PaginationSettings, said: Sequence[str]) -> Hints:
    """The names to try first: those of ``said`` that such parameters have, and those at hand."""
    declared = _declared(request.body)
    sizes = (*_of(["size"], said), *_signed(request, given.size_param), *declared)
    told = _of(["page", "offset", "cursor"], said)
    shaped = _of(["page", "offset"], siblings(given.size_param or "", "position"))
    named = (*_signed(request, given.pagination_param), *shaped, *_beside(given))
    return Hints(sizes, (*told, *named, *declared))


def _of(roles: Sequence[str], names: Sequence[str]) -> list[str]:
    """Those of some names that parameters of a role have, however they are spelled."""
    known = {letters(one) for role in roles for one in Names(()).of(role)}
    return [one for one in names if letters(one) in known]


def _signed(request: PageRequest, name: str | None) -> list[str]:
    """A name with a sign that other parameters begin with, `_cursor` beside `_fields`, and as is.

    Nothing where there is none.
    """
    signs = {one[0] for one, _ in request.params if one and not one[0].isalnum()}
    signed = [sign + name for sign in sorted(signs) if name and not name.startswith(sign)]
    return [*signed, name] if name else []


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
