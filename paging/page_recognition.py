"""Whether an answer without rows is an empty page, by what other pages have in common.

A page with rows has an *envelope*: all that stands around its list. What it holds is compared over
the pages of a resource:

- A *constant* is a scalar, at any depth, that was the same in two or more pages with other rows.
- A *moving part* is one that was not, or one that follows the request: that differs from what is
  constant as a part of the request does, which was the same for every page with rows.

An answer without rows is an empty page when nothing in it contradicts those envelopes: no key that
none of them has, no value of another type, no constant that differs, nothing but warnings and rows
in a list that was always empty. A value that becomes 0, null or empty does not contradict, nor does
a new key with null or nothing in it; a boolean that flips does. ``errcode``, ``status`` or ``ok``
are found by that, ``took`` and ``request_id`` are let pass by it, and no table has to know them.
Names that speak of paging are the first evidence: they do not contradict.

::

    {"code": 0, "msg": "ok", "list": [...]}        pages with rows
    {"code": 0, "msg": "ok", "list": []}           an empty page
    {"code": 0, "msg": "ok"}                       an empty page: no list, and nothing else
    {"code": 7, "msg": "busy", "list": []}         no page
    {"code": 0, "msg": "no row", "list": []}       an empty page, if it lasts beside others' rows
    {"code": 0, "msg": "ok", "note": "sign in"}    no page
    {"valid": false}                               no page: none of the others has the key
    {"code": 0, "msg": {"text": "ok"}}             no page

It is judged when a walk ends, and when the resource does, as the empty answers may come first. What
contradicts is asked for once more (``Walker``): a value that moves by then is no constant. Where
sentences alone differ, those for people, and what is for machines tells of success or counts none,
the answer is an empty page if it stays so while the others have rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping

import httpx

from json_values import Json
from paging.envelopes import (
    VARIES,
    Common,
    Envelope,
    Path,
    Varies,
    around,
    envelope_of,
    is_same,
    is_sentence,
    said,
    scalars_in,
    told_in,
    type_of,
)
from paging.error_reports import is_failed, is_good, lists_others, tells_outcome, tells_success
from paging.following import counts_rows, grows, is_echo, is_echo_within, moves_along, parts_of
from paging.model import Page, PageRequest, Place
from paging.scopes import reasons_in
from paging.signal_names import asks_more, is_of_paging
from paging.signals import is_link, whole_number
from records import Discreet

_MOST_VALUES = 16  # of one place that are looked at in answers without rows of one shape
_MOST_SHAPES = 1_000  # of answers without rows
_MOST_PAGES = 16  # with rows that are kept, each of another length
_NO_CONTENT = (httpx.codes.OK, httpx.codes.NO_CONTENT)  # a code with rows, and without any
_LARGEST = 10**6  # numbers beyond it are identifiers or moments
_LONGEST_CODE = 8  # signs; a longer word with digits is an identifier, a moment or a hash
_NOTHING = frozenset({"NoneType", "list"})  # types of what says nothing while it is empty


class Suspect(Discreet, frozen=True):
    """An answer without rows, and what it may repeat of its request (``parts``).

    ``is_other``: there is something else than a list where others have one.
    """

    request: PageRequest
    status: int
    body: Json
    envelope: Envelope
    is_other: bool
    place: Place
    walk: int
    parts: Mapping[str, str]

    @classmethod
    def of(cls, request: PageRequest, page: Page, walk: int) -> Suspect:
        """An answer to a request of a walk."""
        envelope, parts = envelope_of(page), parts_of(request)
        is_other = page.is_single or page.breaks_off
        return cls(request, page.status, page.body, envelope, is_other, page.place, walk, parts)

    @property
    def scalars(self) -> Mapping[Path, Json]:
        """Those around the list."""
        return scalars_in(self.envelope)

    @property
    def speaking(self) -> set[Path]:
        """The places that say something: where no list stands, an empty one elsewhere, too.

        A 0 within an object does not: it may count what there is none of.
        """
        silent = {"NoneType", "dict", *(() if self.place is Place.ABSENT else ["list"])}
        types = {path: type_of(value) for path, value in self.envelope.items()}
        return {
            path
            for path, value in self.envelope.items()
            if value or not (types[path] in silent or (types[path] == "number" and len(path) > 1))
        }


class Recognition:
    """What the pages of one resource have in common, over all its walks.

    ``signals``: the places that the settings say speak of paging, or hold the list.
    """

    def __init__(self, signals: Iterable[Path] = ()) -> None:
        self._signals = frozenset(signals)
        self._types: dict[Path, set[str]] = {}
        self._all = Common()
        # What was the same in every request that gave rows, and the names of all their parts.
        self._asked: dict[str, str] | None = None
        # Pages with rows, by how many; and the answer to a position far behind the list.
        self._pages: dict[int, Mapping[Path, Json]] = {}
        self._far_behind: Mapping[Path, Json] = {}
        self._named: set[str] = set()
        self._walks: dict[int, Common] = {}
        self._suspects: list[Suspect] = []
        self._own: dict[int, list[Suspect]] = {}
        # What answers without rows said, by their shape and by place.
        self._told: dict[Hashable, dict[Path, set[int]]] = {}
        # What an answer says where it was shown that a list is over.
        self._beyond: set[tuple[Path, str]] = set()
        # The first page with rows, and whether others came: a hash is the same on one alone.
        self._only: int | None = None
        self._has_others = False
        # Through how many lists rows were found.
        self._depth = 0
        # The places of no count: some page had more rows than a number there, or something else.
        self._uncounted: set[Path] = set()
        self.has_list = False

    def _has_rows(self, page: Page) -> bool:
        """Whether a page holds rows: not where the lists within its lists are empty, or gone."""
        inner = max(self._depth, len(page.levels) - 1)
        return bool(page.rows) and (not page.levels or page.depth >= inner)

    def had_list(self, page: Page) -> bool:
        """Whether other pages had a list where a page has something else."""
        is_other = page.is_single or (page.breaks_off and not self._has_rows(page))
        return is_other and self.has_list

    def note(self, walk: int, request: PageRequest, page: Page) -> None:
        """Take in a page of a walk."""
        if page.is_single or not self._has_rows(page):
            self._suspect(walk, request, page)
            return
        self.has_list = True
        self._depth = max(self._depth, page.depth)
        own = self._walks.setdefault(walk, Common())
        if not isinstance(page.body, dict):
            self._all.seen.add(walk)
            return  # around what is itself the list stands nothing
        # Its rows are left out of the envelope: by identity, or by being a list of objects.
        envelope = envelope_of(page)
        for path, value in envelope.items():
            is_told = value or type_of(value) not in _NOTHING
            self._types.setdefault(path, set()).update({type_of(value)} if is_told else ())
        scalars = scalars_in(envelope)
        self._uncounted |= {p for p, one in scalars.items() if (whole_number(one) or 0) < page.most}
        own.add(scalars, self._with_rows(walk, request, page, scalars))

    def _with_rows(
        self, walk: int, request: PageRequest, page: Page, scalars: Mapping[Path, Json]
    ) -> int:
        """Take in a page with rows; gives what tells it apart from others."""
        fingerprint = hash((page.length, repr(page.rows[0]), repr(page.rows[-1])))
        if self._only in {None, fingerprint}:
            self._only = fingerprint
        else:
            self._has_others = True
        self._all.add(scalars, walk)
        parts = parts_of(request)
        if len(self._pages) < _MOST_PAGES:
            self._pages.setdefault(page.length, scalars)
        before = self._asked
        self._named |= parts.keys()
        self._asked = parts if before is None else dict(before.items() & parts.items())
        return fingerprint

    def _suspect(self, walk: int, request: PageRequest, page: Page) -> None:
        """Keep an answer without rows, where it says what none before it said."""
        if page.body is None and page.status == httpx.codes.NO_CONTENT:
            return
        suspect = Suspect.of(request, page, walk)
        own = self._own.setdefault(walk, [])
        if len(own) < _MOST_VALUES:
            own.append(suspect)
        envelope = suspect.envelope
        shape = hash((page.place, *sorted((p, type_of(envelope[p])) for p in suspect.speaking)))
        if shape not in self._told and len(self._told) >= _MOST_SHAPES:
            return
        is_new = shape not in self._told
        told = self._told.setdefault(shape, {})
        for path, value in suspect.scalars.items():
            values, said = told.setdefault(path, set()), hash(repr(value))
            is_moving = self._all.values.get(path) is VARIES or len(values) >= _MOST_VALUES
            if said not in values and not is_moving:
                values.add(said)
                is_new = True
        if is_new:
            self._suspects.append(suspect)

    def contradicted_in(self, walk: int) -> Suspect | None:
        """An answer of a walk that its own pages contradict."""
        common = self._walks.get(walk)
        if common is None:
            return None
        values = self._all.values
        constants = {p: one for p, one in common.constants.items() if values[p] is not VARIES}
        return self._first(constants, self._own.get(walk, ()))

    def end_walk(self, walk: int) -> None:
        """Forget the pages of a walk, but for what the only one with rows left open."""
        self._walks.pop(walk, None)
        if self._all.seen != {walk}:
            self._own.pop(walk, None)

    def contradicted(self) -> Suspect | None:
        """An answer that is no page of this resource, now that all of it was read."""
        constants = self._all.constants or self._agreed()
        return self._first(constants, self._suspects) if self.has_list else None

    def _agreed(self) -> Mapping[Path, Json | Varies]:
        """What the only walk with rows has in common with an answer of another one."""
        same, own = self._all.same, self._all.seen
        return {
            path: value
            for one in self._suspects
            if one.walk not in own
            for path, value in one.scalars.items()
            if is_same(same.get(path, VARIES), value)
        }

    def open_question(self) -> Suspect | None:
        """An answer that one more page with rows may tell from an empty page.

        Where only one walk had rows, what is constant in it is known once it gave two pages.
        """
        if not self.has_list or len(self._all.seen) > 1:
            return None
        values = self._all.values
        return next((one for one in self._suspects if any(self._differing(one, values))), None)

    def compare(self, walk: int, request: PageRequest, page: Page) -> None:
        """Take in one more page with rows of the only walk that had any."""
        self._with_rows(walk, request, page, scalars_in(envelope_of(page)))

    def contradicted_by_one(self) -> Suspect | None:
        """An answer that the pages of the only walk with rows contradict.

        With a list, another walk's answer may well differ: by the name of its parent.
        """
        own = [one for walk in self._all.seen for one in self._own.get(walk, ())]
        others = [one for one in self._suspects if one.place is not Place.LIST]
        return self._first(self._all.same, [*own, *others])

    def _first(
        self, constants: Mapping[Path, Json | Varies], suspects: Iterable[Suspect]
    ) -> Suspect | None:
        return next((one for one in suspects if self.is_contradicted(one, constants)), None)

    def acquits(self, suspect: Suspect, again: Page) -> bool:
        """Whether an answer is an empty page after all, as the same request was answered again.

        A number, or a text with digits, that is another one by then moves, and is no constant; any
        other value has to be what it is elsewhere. It is not doubted again.
        """
        self.dismiss(suspect)
        if self._has_rows(again):
            return False
        second = Suspect.of(suspect.request, again, suspect.walk)
        again_there = second.scalars
        for path, value in suspect.scalars.items():
            other = again_there.get(path)
            if _may_count(value) and _may_count(other) and value != other:
                self._all.values[path] = VARIES
        return not self.is_contradicted(second)

    def learn_empty(self, page: Page) -> None:
        """Take in an answer without rows that is an empty page: it was shown that a list ends."""
        parts = parts_of(page.request) if page.request else {}
        self._beyond |= {said(part, parts) for part in envelope_of(page).items()}

    def learn_far_behind(self, page: Page) -> None:
        """Take in what is answered far behind the list: codes are the same there, positions not."""
        if not (page.refused or self._has_rows(page)):
            self._far_behind = scalars_in(envelope_of(page))

    def learns_words(self, suspect: Suspect, again: Page) -> bool:
        """Whether only sentences of an empty list differ, beside what tells that all is well.

        That is a word of success that pages with rows have, too, or a count of none, where theirs
        was never less than their rows; the latter, and a plain success, explain a new sentence as
        well. What was said again is let pass from then on.
        """
        scalars, known = suspect.scalars, self._all.same
        strange = set(self._strange(suspect))
        differing = strange | set(self._differing(suspect, known))
        words = {path: suspect.envelope[path] for path in differing}
        machines = {path for path in scalars if tells_outcome(path[-1])}
        is_said = machines.isdisjoint(words) and all(map(is_sentence, words.values()))
        counted = self._types.keys() - self._uncounted
        counts_none = any(whole_number(scalars.get(path)) == 0 for path in counted)
        same = [path for path in machines if is_same(known.get(path, VARIES), scalars[path])]
        is_well = any(not strange or tells_success(path[-1], scalars[path]) for path in same)
        is_list = suspect.place is Place.LIST or counts_none
        is_empty = is_list and not suspect.is_other and not again.rows
        if not (is_said and is_empty and (counts_none or is_well)):
            return False
        self.learn_empty(again)
        return True

    def dismiss(self, suspect: Suspect) -> None:
        """Doubt an answer no longer."""
        for suspects in (self._suspects, *self._own.values()):
            suspects[:] = [one for one in suspects if one is not suspect]

    def is_usual(self, body: Json) -> bool:
        """Whether what an answer says of its success is what pages with rows say, too."""
        told = told_in(dict(around(reasons_in(body) if isinstance(body, dict) else None, None)))
        known = self._all.values
        return bool(told) and all(
            is_same(known.get(path, VARIES), value) or said((path, value), {}) in self._beyond
            for path, value in told.items()
        )

    def is_contradicted(
        self, suspect: Suspect, constants: Mapping[Path, Json | Varies] | None = None
    ) -> bool:
        """Whether an answer differs from constants, or else from all that was the same so far."""
        # Null says nothing, as an object of nothing does: Go writes an empty list so.
        if suspect.is_other or not isinstance(suspect.body, dict | list | None):
            return True
        known = self._all.same if constants is None else constants
        return any(self._strange(suspect)) or any(self._differing(suspect, known))

    def _strange(self, suspect: Suspect) -> Iterator[Path]:
        """The places that no page with rows has, or where each has something of another type."""
        for path in suspect.speaking:
            value = suspect.envelope[path]
            is_known = not value and path in self._types
            is_there = is_known or type_of(value) in self._types.get(path, ())
            is_told = is_there or said((path, value), suspect.parts) in self._beyond
            is_empty = path in self._types and not self._types[path]
            is_list = suspect.place is Place.LIST
            if is_empty and (
                (is_list and lists_others(value)) or self._follows(suspect, path, None)
            ):
                continue
            # Beside an empty list a new word of success tells of no failure.
            is_well = is_list and (is_good(value) or tells_success(path[-1], value))
            is_told = is_told or (is_well and not self._types.get(path))
            if not is_told and not self._is_signal(path, value):
                yield path

    def _differing(
        self, suspect: Suspect, constants: Mapping[Path, Json | Varies]
    ) -> Iterator[Path]:
        """The places where an answer differs from what is constant; nothing and 0 do not."""
        for path, value in suspect.scalars.items():
            known = constants.get(path, VARIES)
            if known is VARIES or is_same(known, value) or self._is_signal(path, value):
                continue
            if said((path, value), suspect.parts) in self._beyond:
                continue
            flips = isinstance(value, bool) and isinstance(known, bool)
            # XML and CSV, and some others, have numbers as texts.
            codes = whole_number(known), whole_number(value)
            is_none = not value or (codes[1] == 0 and codes[0] is not None) or codes == _NO_CONTENT
            if is_none and not flips:
                continue
            if self._follows(suspect, path, known):
                continue
            words = (_is_word(one, is_code=self._has_others) for one in (value, known))
            if suspect.place is not Place.LIST or any(words):
                yield path

    def _is_signal(self, path: Path, value: Json) -> bool:
        """Whether a place speaks of pages, by its names or the settings; no sentence does."""
        is_more = isinstance(value, bool) and asks_more(path[-1])
        is_said = isinstance(value, str) and (is_failed(value) or is_sentence(value))
        is_named = is_of_paging(path) and (not is_said or is_link(value))
        return is_more or is_named or path in self._signals

    def _follows(self, suspect: Suspect, path: Path, known: Json) -> bool:
        """Whether a value differs from what is constant as its request does from the others.

        Null may stand for a part that no request with rows had: a cursor that is repeated.
        """
        value, parts = suspect.envelope[path], suspect.parts
        new = {parts[name] for name in parts.keys() - self._named}
        if known is None:
            return str(value) in new
        asked, far = self._asked or {}, self._far_behind.get(path)
        is_told = is_echo(known, value, asked, parts) or self._is_limited(known, value, parts)
        is_told = is_told or is_echo_within(known, value, far, asked, parts)
        is_told = is_told or grows(known, value, far) or counts_rows(path, value, self._pages)
        return is_told or moves_along(path, value, self._pages, new)

    def _is_limited(self, known: Json, value: Json, parts: Mapping[str, str]) -> bool:
        """Whether a number is the size asked for, where others were given fewer than that.

        ``{"maxResults": 3}`` for ``?maxResults=5``, ``{"maxResults": 1}`` for ``?maxResults=1``.
        """
        limit, number = whole_number(known) or 0, whole_number(value) or 0
        asked = self._asked or {}
        pairs = ((whole_number(asked.get(name)), whole_number(one)) for name, one in parts.items())
        return 0 not in {limit, number} and any(
            before is not None and now == number < before and limit <= before
            for before, now in pairs
        )


def _is_word(value: Json, *, is_code: bool) -> bool:
    """Whether a value says something of its own: no identifier, moment, version or hash.

    ``is_code``: a short one with digits does, too.
    """
    if isinstance(value, str):
        is_short = is_code and len(value) <= _LONGEST_CODE and value.isalnum()
        return not is_link(value) and (is_short or not _has_digit(value))
    return not isinstance(value, int | float) or abs(value) <= _LARGEST


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _may_count(value: Json) -> bool:
    """Whether a value is a number, or a text with one: ``3``, ``"3"``, ``"3ms"``."""
    return _has_digit(value) if isinstance(value, str) else type_of(value) == "number"
