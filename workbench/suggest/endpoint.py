"""The questions about one endpoint, in the order in which answers help each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from msgspec import structs

from json_values import Json
from paging.model import PageRequest
from transport.formats import BodyFormat, FormatName
from workbench.suggest.asking import Asker, BudgetError, Reply, SilenceError
from workbench.suggest.evidence import facts, known_by_itself, names_seen, says_more
from workbench.suggest.items import Place, Ruler, identity, place_in_all, places
from workbench.suggest.measure import Measure, Paging
from workbench.suggest.openapi import Hints
from workbench.suggest.position import find_named, find_paging, may_be_full
from workbench.suggest.size import SMALLEST, Sized, SizeQuestion, find_size, told_size
from workbench.suggest.study import Finding, Study
from workbench.suggest.targets import Target
from workbench.suggest.trials import (
    permitted_names,
    quoted_part,
    speaks_of_number,
    speaks_of_unknown,
)
from workbench.suggest.vocabulary import Names, siblings

_ENOUGH_ROWS = 4
_MOST_STARTS = 4
_SORTS = 3  # children that are asked for in any case
_PARTIAL = 206
_NOT_ALLOWED = 405
_WITHOUT_BODY = frozenset({400, 411, 412, 415, 422, 501})
"""Statuses of APIs that wanted a body."""
_OF_PARAMETERS = frozenset({400, 422})
_OTHER_METHOD = re.compile(r"\bPOST\b|\bGET /|[Mm]ethod not")
_BY_HAND = (
    "write the resource by hand: method: POST, the body that it wants, and pagination with"
    " send_in: body where the position stands in it (docs/recipes.md)"
)
_BEGINS = re.compile(r": 2\d\d [^'\"]*['\"](.*)", re.DOTALL)


@dataclass
class House:
    """What other endpoints of the same API have shown, and a document says.

    ``preferred``: the style that is tried before others, "" for none. ``is_whole``: a person
    says that lists of which nothing more is known are all there is.
    """

    sizes: list[str] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    paged: list[Study] = field(default_factory=list)
    largest: int | None = None
    strict: bool = False
    only_these: bool = False
    preferred: str = ""
    unpaged: list[Study] = field(default_factory=list)
    permitted: Sequence[str] = ()
    is_whole: bool = False

    @property
    def shown(self) -> frozenset[str]:
        """Every name that was heeded somewhere, and every list that pages."""
        lists = (study.target.path for study in self.paged)
        return frozenset((*self.sizes, *self.positions, *lists))

    def with_hints(self, hints: Hints) -> House:
        """The same, with what a document says of one endpoint before it."""
        return replace(
            self,
            sizes=[*hints.sizes, *self.sizes],
            positions=[*hints.positions, *self.positions],
            largest=hints.largest,
        )

    def permitting(self, names: Sequence[str]) -> House:
        """The same for an API that said which parameters it takes: no others are tried."""
        likely = Hints.of(names)
        return replace(
            self,
            sizes=list(dict.fromkeys((*likely.sizes, *names))),
            positions=list(dict.fromkeys((*likely.positions, *names))),
            permitted=names,
            only_these=True,
        )

    def whole(self, study: Study, rows: int) -> str:
        """Why so many rows are taken for all: by a longer list of the same shape, or by a word."""
        for other in self.unpaged:
            if len(other.first_rows) > rows and other.beside == study.beside:
                came = f"{len(other.first_rows)} rows of {other.target.shown} came at once"
                return f"{came}, and it answers alike; compare with what the API has"
        return "--whole says that these are all" if self.is_whole else ""

    def learn(self, study: Study) -> None:
        """Remember the names that an endpoint heeds."""
        if study.size_param and study.size_param not in self.sizes:
            self.sizes.append(study.size_param)
        param = study.paging.param
        if param and param not in self.positions:
            self.positions.append(param)
        if study.paging.type != "none" and study.paging.certain:
            self.paged.append(study)
        if study.paging.type == "none" and not study.place.single and not study.parents:
            self.unpaged.append(study)


async def study_list(
    asker: Asker, study: Study, starts: Sequence[PageRequest], house: House
) -> None:
    """Items, size and paging of an endpoint; a ``refusal`` where it cannot be read."""
    least = _SORTS if study.parents else 1
    reply = await _first(asker, starts, study.target, least)
    if other := _other_format(reply):
        study.format = other
        read_so = [structs.replace(start, format=BodyFormat(other)) for start in starts]
        reply = await _first(asker, read_so, study.target, least)
        study.note("format", other, "the answer is no JSON")
    study.refusal = _refusal(reply)
    found = _places(reply, study.target) if not study.refusal else []
    if not study.refusal and not found:
        study.refusal = "the answer has no list and no object with fields: nothing can be an item"
    if study.refusal:
        return
    replies = [asker.known(start) for start in starts]
    bodies = [one.body for one in replies if one and one.is_success]
    found[0] = study.place = place_in_all(found[0], bodies)
    if study.place.single:
        study.note("items", study.place.shown)
        study.note("paging", "none", "the answer is one object")
        return
    try:
        await study_paging(asker, study, reply, found, house)
    except SilenceError:
        raise
    except BudgetError:
        _note_open(asker, study, reply, is_whole=house.is_whole)
    rows = study.place.rows(reply.body) or []
    study.findings.insert(0, _items_finding(study, reply, rows))


def _note_open(asker: Asker, study: Study, reply: Reply, *, is_whole: bool) -> None:
    """Say of a list for which the requests were not enough that it is open, or likely whole."""
    rows = len(study.place.rows(reply.body) or [])
    is_strict = any(one.status in _OF_PARAMETERS for one in asker.refusals)
    is_refused = is_strict and may_be_full(rows) and not is_whole
    is_more = says_more(reply, study.place, rows) or is_refused
    if not is_more and not study.size_param:
        proof = f"{asker.spent} requests showed no paging, and nothing says that more follows"
        study.note("paging", "none", proof, certain=False)
        return
    # An API that cuts its list where it is told to has not given all of it unasked.
    why = "there is more, or may be" if is_more else f"{study.size_param} cuts its list"
    study.refusal = (
        f"{asker.spent} requests did not show how it is paged, and {why};"
        " name the endpoint's parameters with --openapi, or write pagination by hand"
    )


def _places(reply: Reply, target: Target) -> list[Place]:
    found = places(reply.body, target.noun, of_one=target.names_one)
    if reply.request.format != BodyFormat("xml"):
        return found
    return [replace(one, lone=not (one.by_key or one.pairs or one.single)) for one in found]


async def _first(asker: Asker, starts: Sequence[PageRequest], target: Target, least: int) -> Reply:
    """The first answer; of a child that of the parent with enough children to measure by."""
    best: tuple[int, Reply] | None = None
    for asked, request in enumerate(starts):
        if asked >= _MOST_STARTS and (best is None or best[0] > 0 or asked >= 2 * _MOST_STARTS):
            break
        reply = await asker.ask(request)
        found = _places(reply, target) if reply.is_success else []
        rows = len(found[0].rows(reply.body) or []) if found else -1
        if best is None or rows > best[0]:
            best = rows, reply
        if rows >= _ENOUGH_ROWS and asked + 1 >= least:
            break
    if best is None:
        raise BudgetError
    return best[1]


async def rows_at_first(asker: Asker, start: PageRequest, target: Target) -> int:
    """The rows of the answer to the first request, 0 where it has none."""
    reply = await asker.ask(start)
    found = _places(reply, target) if reply.is_success else []
    return len(found[0].rows(reply.body) or []) if found else 0


def _other_format(reply: Reply) -> FormatName | None:
    """The format of an answer that is no JSON, by how it begins; None where nothing shows one."""
    begins = _BEGINS.search(reply.refusal) if "not the JSON it should be" in reply.refusal else None
    if begins is None or "<html" in begins[1].lower() or "<!doctype html" in begins[1].lower():
        return None
    text = begins[1]
    if text.startswith("<"):
        return "xml"
    if text.startswith("{"):
        return "ndjson"
    return "csv" if text.partition("\\n")[0].count(",") else None


def _refusal(reply: Reply) -> str:
    """Why an answer cannot be read, in a sentence; empty where it can."""
    headers = reply.headers
    if reply.status == _PARTIAL and ("Next-Range" in headers or "Content-Range" in headers):
        return (
            "206 with Next-Range or Content-Range: it pages by the Range header, which this"
            " integration cannot"
        )
    if reply.status == _NOT_ALLOWED:
        return f"405: it does not answer GET, and suggest sends nothing else; {_BY_HAND}"
    if reply.status in _WITHOUT_BODY or _OTHER_METHOD.search(quoted_part(reply.refusal)):
        return f"{reply.refusal}; if it is POST that it answers, {_BY_HAND}"
    if "not the JSON it should be" in reply.refusal and "html" in reply.refusal.lower():
        return f"{reply.refusal}: HTML, a sign-in page? Are URL and credentials right?"
    return reply.refusal


def _items_finding(study: Study, reply: Reply, rows: Sequence[Json]) -> Finding:
    beside = []
    if isinstance(reply.body, dict) and study.place.keys:
        beside = [str(key) for key in reply.body if key != study.place.keys[0]]
    around = f"; beside it {', '.join(beside[:6])}" if beside else ""
    return Finding("items", study.place.shown, f"{len(rows)} of them{around}", certain=bool(rows))


async def study_paging(
    asker: Asker, study: Study, reply: Reply, found: Sequence[Place], house: House
) -> None:
    """Size and paging of a list that is in one of the places ``found`` of an answer."""
    request = reply.request
    question = SizeQuestion(
        asker, request, reply, house.sizes, house.largest, house.strict, house.only_these
    )
    size = await find_size(question, found)
    house.strict = size.strict
    lists = map(permitted_names, asker.refusals)
    if not size.sized and (permitted := next((names for names in lists if names), None)):
        house = house.permitting(permitted)
        question = replace(question, first=house.sizes, strict=True, only_first=True)
        size = await find_size(question, found)
    sized = await _unless_a_cap(size.sized, asker, reply, house)
    if sized:
        study.place, study.size_param, study.page_size = sized.place, sized.name, sized.largest
    rows = study.place.rows(reply.body) or []
    measure = measure_of(asker, reply, study.place, sized, house)
    study.beside, study.first_rows = _beside(measure.longest, study), rows
    measure = replace(measure, whole=house.whole(study, len(rows)))
    study.paging = await find_paging(measure, house.preferred)
    study.beside = _beside(measure.longest, study)
    is_counted = study.paging.type in {"page", "offset"}
    proof = sized.proof if sized else ""
    if size.told and study.paging.type != "none":
        study.size_param = size.told
        study.page_size, proof = await told_size(question, study.place, size.told)
    elif sized is None and not house.strict and study.paging.param and is_counted:
        question, proof = await _sized_beside(question, study)
    elif sized is None and not house.strict and study.paging.param:
        proof = await _sized_alike(question, study)
    like = next((one for one in house.paged if _may_be_as(one, study)), None)
    is_enough = like and like.size_param and len(rows) >= _ENOUGH_ROWS
    if like and is_enough and not await _is_too_short(question, like, rows):
        like = None
    if like and study.paging.type == "none" and await _stays(measure, like):
        like = None
    _note_paging(study, proof, rows, like)


async def _unless_a_cap(
    sized: Sized | None, asker: Asker, reply: Reply, house: House
) -> Sized | None:
    """A size, None for the most of all rows, as OData's `$top`: beside it nothing leads on.

    Without it, in ``reply``, something does.
    """
    if sized is None or known_by_itself(sized.small, sized.place):
        return sized
    bare = measure_of(asker, reply, sized.place, None, house)
    leads_on = known_by_itself(reply, sized.place) and await find_named(bare)
    return None if leads_on else sized


async def _sized_alike(question: SizeQuestion, study: Study) -> str:
    """What shows a size whose name is shaped as that of the cursor; "" where nothing does."""
    names = siblings(str(study.paging.param), "size")
    question = replace(question, first=names, only_first=True)
    sized = (await find_size(question, [study.place])).sized if names else None
    if sized is None:
        return ""
    study.size_param, study.page_size = sized.name, sized.largest
    return sized.proof


async def _sized_beside(question: SizeQuestion, study: Study) -> tuple[SizeQuestion, str]:
    """What shows a size that is heeded only beside a position; "" where nothing does."""
    settings = study.paging.settings
    first = settings.get("start_page", settings.get("start_offset", 0))
    at_start = question.request.put(str(study.paging.param), first, "query")
    question = replace(question, request=at_start, strict=False)
    sized = (await find_size(question, [study.place])).sized
    if sized is None:
        return question, ""
    study.size_param, study.page_size = sized.name, sized.largest
    return question, sized.proof


def _may_be_as(other: Study, study: Study) -> bool:
    """Whether an endpoint may be paged as another one: its answer has all the other's keys.

    A cursor from the last row is in every answer: where its parameter is not heeded, rows repeat.
    """
    is_of_rows = "[-1]" in str(other.paging.settings.get("cursor_path"))
    return other.beside <= study.beside and not is_of_rows


def _beside(reply: Reply, study: Study) -> frozenset[tuple[str, ...]]:
    """The keys beside the rows, without those that lead on: the last page may not have them."""
    leading = {str(study.paging.settings.get(name)) for name in ("cursor_path", "next_link_path")}
    found = facts(reply.body, study.place)
    return frozenset(fact.keys for fact in found if fact.path not in leading)


def missing_rows(study: Study) -> int:
    """How many rows of the first answer the items at hand lack, which should begin with them."""
    most = len(study.first_rows) if study.size_param is None else study.page_size
    rows = list(study.first_rows[:most])
    if study.place.by_key or study.place.pairs or not all(isinstance(row, dict) for row in rows):
        return 0
    key = identity(rows)
    if key is None:
        return 0
    known = {str(item.get(key)) for item in study.items}
    return sum(isinstance(row, dict) and str(row[key]) not in known for row in rows)


async def _is_too_short(question: SizeQuestion, like: Study, rows: Sequence[Json]) -> bool:
    """Whether a list has fewer rows than the least size by another endpoint's parameter.

    Then one row less is refused where the usual size is not.
    """
    usual = await question.sized(str(like.size_param), like.page_size)
    less = await question.sized(str(like.size_param), len(rows) - 1)
    is_same = usual.is_success and len(rows) <= like.page_size
    return is_same and not less.is_success and speaks_of_number(less.refusal)


async def _stays(measure: Measure, like: Study) -> bool:
    """Whether a list stays as it is where another one's parameters ask for its second page."""
    moved = like.paging.moved
    reply = await measure.asker.ask_with(measure.request, moved.items())
    is_unknown = not reply.is_success and speaks_of_unknown(reply.refusal)
    rows = measure.rows(reply)
    return bool(moved) and (
        is_unknown or (bool(rows) and Ruler(measure.rows(measure.small)).is_same(rows))
    )


def measure_of(
    asker: Asker, reply: Reply, place: Place, sized: Sized | None, house: House
) -> Measure:
    """What other answers of a list are measured by; ``sized`` None: no size is sent."""
    longest = place.rows((sized.longest if sized else reply).body) or []
    size = sized.size if sized else len(longest)
    return Measure(
        asker=asker,
        request=reply.request,
        small=sized.small if sized else reply,
        place=place,
        size=size,
        ruler=Ruler(longest),
        longest=sized.longest if sized else reply,
        size_param=sized.name if sized else None,
        names=Names(names_seen(reply, place)),
        hints=house.positions,
        unit=1 if size <= SMALLEST else size,
        strict=house.strict,
        only_hints=house.only_these,
        permitted=house.permitted,
    )


def _note_paging(study: Study, sized: str, rows: Sequence[Json], like: Study | None) -> None:
    """Say how it is paged.

    ``sized``: what showed the size, "" for nothing. ``like``: an endpoint whose paging may be this
    one's too.
    """
    paging = study.paging
    if paging.is_open:
        study.refusal = (
            f"there may be more than the {len(rows)} items at hand ({paging.proof}), and"
            " nothing leads to it: no Link header, no link or cursor in the body, none of the usual"
            " parameters moves the rows; name them with --openapi, or write pagination by hand"
        )
        return
    if paging.type == "none" and not sized and like:
        _as_others(study, like, len(rows))
        return
    if paging.type == "none":
        # A size that is heeded where nothing leads on would only cut the list.
        study.size_param = None
    elif not sized and like:
        _sized_as_others(study, like, len(rows))
    shown = paging.type + (f" ({paging.param})" if paging.param else "")
    study.note("paging", shown, paging.proof, certain=paging.certain)
    if study.size_param and sized:
        study.note("page size", f"{study.size_param}={study.page_size}", sized)
    if "start_page" in paging.settings:
        study.note("first page", str(paging.settings["start_page"]), paging.proof)


def _as_others(study: Study, other: Study, rows: int) -> None:
    """Paged as another endpoint of the same API, where too few items are there to try it."""
    study.paging = Paging(other.paging.type, other.paging.settings, certain=False)
    study.size_param, study.page_size = other.size_param, other.page_size
    proof = f"as {other.target.shown}: with {rows} items here it cannot be tried"
    study.note("paging", other.paging.type, proof, certain=False)


def _sized_as_others(study: Study, other: Study, rows: int) -> None:
    """The page size of another endpoint of the same API, if the last reading holds with it."""
    if other.size_param is None:
        return
    study.size_param, study.page_size = other.size_param, other.page_size
    proof = f"as {other.target.shown}: with {rows} items here it cannot be tried"
    study.note("page size", f"{study.size_param}={study.page_size}", proof, certain=False)
