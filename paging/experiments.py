"""What the answer to an experiment shows of a first page that is shorter than was asked for.

The experiment asks for the last of its rows, in a place where there must be a page: from an
offset one row before the end, or for page 2 of one row less. A list that is over gives that row,
a server with a limit gives more, and one that counts hidden rows gives other rows of the first
page. Where the last row cannot be asked for, the next page is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial

import httpx
from msgspec.structs import replace

from errors import OceanCustomError
from json_values import Json
from paging.continuations import Parameters, links_towards, second_pages, size_of
from paging.model import NO_PAGE_BEFORE, Page, PageRequest
from paging.rows import FEWEST
from paging.signals import whole_number
from paging.steps import Deciding, End, Step

_OF_CUT = "whether the list is cut"
_MOST_LINKS = 3  # of an answer that are followed to see whether they lead on
FAR = 1_000
"""Pages beyond an empty one where nothing can be; fewer where that far is refused."""


class Shown(Enum):
    """What an experiment shows."""

    NOTHING = "nothing follows the first page"
    MORE = "rows follow the first page's last one"
    OTHERS = "the answer has nothing of the first page"
    HIDDEN = "positions count rows that are not given"
    ALL = "the first page again"


def places(first: Page, other: Page | None) -> list[int | None]:
    """Where in a page each row of another answer stands, None where it is new to it.

    Nothing where that is no page like it.
    """
    if other is None or not other.rows or other.is_single or other.depth < first.depth:
        return []
    place_of = {key: at for at, key in enumerate(first.keys_as(other))}
    return [place_of.get(key) for key in other.keys_as(first)]


def compared(first: Page, other: Page | None) -> Shown:
    """What another answer shows of a first page; None is that there is no such page."""
    there = places(first, other)
    if other is None or not there:
        # Other lists without rows are more of what is paged; the same ones are an empty page.
        is_other = other is not None and bool(other.rows) and other.is_hollow
        return Shown.MORE if is_other else Shown.NOTHING
    if other.repeats(first):
        return Shown.ALL
    last = len(first.rows) - 1
    if None in there:
        known = {*there} - {None}
        return Shown.HIDDEN if known - {last} else Shown.MORE if known else Shown.OTHERS
    return Shown.NOTHING if {*there} == {last} else Shown.HIDDEN


class Beyond(Enum):
    """What an answer shows that begins within a page and has room for what follows it."""

    ENDS = "nothing follows the page"
    FOLLOWS = "rows follow it"
    UNKNOWN = "it shows nothing of that"


def beyond(last: Page, other: Page | None, *, has_room: bool, is_inside: bool = False) -> Beyond:
    """What another answer, which ``has_room`` for more rows, shows of what follows a page's rows.

    ``is_inside``: nothing, where the first row of the page is among those.
    """
    there = places(last, other)
    if not _has_any(there) or (is_inside and 0 in there):
        return Beyond.UNKNOWN
    if None not in there:
        return Beyond.ENDS if has_room else Beyond.UNKNOWN
    return Beyond.FOLLOWS


def beyond_last_row(last: Page, other: Page | None) -> Beyond:
    """The same of an answer with room for more that may begin before the page: by its last row."""
    there, row = places(last, other), len(last.rows) - 1
    if row not in there:
        return Beyond.UNKNOWN
    return Beyond.ENDS if there[-1] == row else Beyond.FOLLOWS


def beyond_within(
    last: Page, other: Page | None, *, room: int, left: int, is_inside: bool = False
) -> Beyond:
    """The same of an answer with ``room`` for so many rows, beginning where some are ``left``."""
    length = other.length if other is not None else 0
    shown = beyond(last, other, has_room=length < room, is_inside=is_inside)
    # No more than those: others took the place of some, as rows were removed before them.
    return Beyond.ENDS if shown is Beyond.FOLLOWS and length <= left else shown


def beyond_only_row(last: Page, other: Page | None) -> Beyond:
    """The same of one that begins with the page's last row, unless its size is cut.

    What is behind an empty page is looked for there.
    """
    is_one = other is not None and other.length == 1
    return beyond_last_row(last, other) if is_one else Beyond.UNKNOWN


def shares(first: Page, other: Page | None) -> bool:
    """Whether another answer has any of the first page's rows."""
    return _has_any(places(first, other))


def _has_any(there: Sequence[int | None]) -> bool:
    """Whether any of the rows that were placed is there."""
    return any(at is not None for at in there)


def resized(sent: PageRequest, rows: int, instead: int) -> PageRequest | None:
    """The same request for other rows, by the number in it that is just so many.

    In its query (``limit=100``, ``locator=count:100``), or in its body, also within texts as those
    of GraphQL are; None where there is no such number.
    """
    body = _with_number(sent.body, rows, instead)
    if body != sent.body:
        return replace(sent, body=body)
    # On a hot path: most requests have nothing to parse.
    own = tuple(httpx.URL(sent.url).params.multi_items()) if "?" in sent.url else ()
    pairs = [*own, *sent.params]
    for at, (name, value) in enumerate(pairs):
        if (other := _number_in(rows).sub(str(instead), value, count=1)) != value:
            pairs[at] = name, other
            changed = pairs[: len(own)]
            here = str(httpx.URL(sent.url).copy_with(params=changed)) if own else sent.url
            return replace(sent, url=here, params=tuple(pairs[len(own) :]))
    return None


def _number_in(number: int) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9]){number}(?![0-9])")


def _with_number(part: Json, number: int, instead: int) -> Json:
    """A body with another number in each place where one stands."""
    if isinstance(part, dict):
        return {key: _with_number(one, number, instead) for key, one in part.items()}
    if isinstance(part, list):
        return [_with_number(one, number, instead) for one in part]
    if isinstance(part, str):
        return _number_in(number).sub(str(instead), part)
    is_number = isinstance(part, int) and not isinstance(part, bool) and part == number
    return instead if is_number else part


def limits(sent: PageRequest, page: Page) -> bool:
    """Whether the rows that came, of one list, are just a number in the request for them."""
    is_one_list = page.length >= FEWEST and not page.levels
    return is_one_list and resized(sent, page.length, page.length + 1) is not None


def unless_cut(  # noqa: PLR0913 (each is a part of the question)
    sent: PageRequest,
    given: Mapping[Hashable, int],
    step: Step,
    doubt: OceanCustomError,
    lengths: Callable[[Page], Mapping[Hashable, int]],
    *,
    is_always: bool = False,
    by: Sequence[int] = (1, -1),
) -> Deciding:
    """A step, in doubt where lists were cut at the number of rows that the request asks for.

    ``given``: how long the lists are by their names, ``lengths`` tells that of another answer. One
    more row asked for shows that there are more; where none comes, one less that lists are only as
    long as is asked for. ``is_always``: what speaks of more is known to stand beside whole lists.
    """
    most = max(given.values(), default=0)
    for more in by if most >= FEWEST else ():
        if (request := resized(sent, most, most + more)) is None:
            break
        step, other = yield from step.ask(request, _OF_CUT, follows_any=True)
        there = lengths(other) if other is not None else {}
        if any((there.get(name, most) - most) * more > 0 for name in given if given[name] == most):
            return replace(step, doubt=doubt)
        if is_always and other is not None:
            break
    return step


def unless_led_on(  # noqa: PLR0913 (each is a part of the question)
    sent: PageRequest,
    page: Page,
    step: Step,
    doubt: OceanCustomError,
    trials: Iterable[PageRequest] = (),
    *,
    is_limited: bool = False,
) -> Deciding:
    """A step, in doubt where its page leads to rows that it does not have.

    By a link in it, or by a value that is sent back, as in ``trials``. A link may also lead to
    another view of the list, such as what is closed: then it stands in the same place there, which
    no link to a next page does. ``is_limited``: nothing may lead on, but the request bounds rows.
    """
    if not step.doubt and (is_limited or page.ways.told):
        by = (1,) if is_limited else (1, -1)
        given: dict[Hashable, int] = {"": page.length}
        lengths = partial(_length_of, page)
        step = yield from unless_cut(sent, given, step, doubt, lengths, by=by)
    left, is_heeded = [*_onward(sent, page, trials)], False
    while left and not step.doubt:
        (asked, link, trial), *left = left
        step, other = yield from step.ask(asked, "where a link leads", follows_any=True)
        if _leads(page, other, link):
            return replace(step, doubt=doubt)
        if other is None and len(trial) > 1:  # some APIs take no parameters but their own
            alone = ({name: value} for name, value in trial.items())
            left += [(_sent_with(sent, page, one), "", one) for one in alone]
        is_heeded = is_heeded or (other is not None and not other.rows)
    if step.doubt or is_heeded:
        return step
    # Sent back by whatever name, it led to nothing, and not to none either.
    if page.ways.begins_behind(page.rows):
        return replace(step, doubt=doubt)
    return (yield from _unless_sized(sent, page, step, doubt))


def _onward(
    sent: PageRequest, page: Page, trials: Iterable[PageRequest]
) -> Iterator[tuple[PageRequest, str, Parameters]]:
    """Requests that may lead on, each with its link or with what is sent back in it."""
    for link in [*page.ways.links][:_MOST_LINKS]:
        yield replace(sent, url=link, params=()), link, {}
    yield from ((one, "", {}) for one in trials)
    for trial in page.ways.trials(_object_sent(sent, page)):
        yield _sent_with(sent, page, trial), "", trial


def _unless_sized(sent: PageRequest, page: Page, step: Step, doubt: OceanCustomError) -> Deciding:
    """A step, in doubt where a size by the usual names shows that the list is cut.

    One row more that is asked for comes; or what may say where the page ends is another beside one
    row less: a place in the list, by whatever name it is sent back. What stands at the end alone,
    such as a token for later changes, is not there by then. The first request, made again, shows
    what changes by itself: a list that grows, or a clock.
    """
    ways, asked = page.ways, _object_sent(sent, page)
    size, is_sized = size_of(page.length + 1, asked), resized(sent, page.length, 0) is not None
    if page.length < FEWEST or is_sized or not (size and (ways.told or ways.opaque)):
        return step
    request = _sent_with(sent, page, size)
    step, other = yield from step.ask(request, _OF_CUT, follows_any=True)
    if other is None:
        return step
    if (more := _length_of(page, other).get("", 0)) > page.length:
        step, again = yield from step.ask(sent, _OF_CUT)
        return replace(step, doubt=doubt) if again is not None and again.length < more else step
    counts = page.length, page.length - 1  # of the rows, or the last one's place from zero
    told = {key: one for key, one in ways.places().items() if whole_number(one) not in counts}
    if not told:
        return step
    request = _sent_with(sent, page, size_of(page.length - 1, asked))
    step, other = yield from step.ask(request, _OF_CUT, follows_any=True)
    is_fewer = other is not None and other.length == page.length - 1 and shares(page, other)
    there = other.ways.places() if other is not None and is_fewer else {}
    moved = {key: one for key, one in told.items() if there.get(key, one) != one}
    if not moved:
        return step
    step, again = yield from step.ask(sent, _OF_CUT)
    same = again.ways.places() if again is not None else {}
    is_place = any(same.get(key) == one for key, one in moved.items())
    return replace(step, doubt=doubt) if is_place else step


def _length_of(page: Page, other: Page) -> dict[Hashable, int]:
    """How long another answer is, unless what it has are others than a page's rows, and more.

    By the same number something else may be asked for, which shares some of the rows.
    """
    there = {*places(page, other)}
    is_whole = len(there - {None}) == len({*page.keys_as(other)})
    return {"": other.length} if there and (is_whole or None not in there) else {}


def _leads(page: Page, other: Page | None, link: str) -> bool:
    """Whether a link, or "" for a value that was sent back, leads to rows a page does not have."""
    if other is None or not leads_on(page, other):
        return False
    there = links_towards(other.body, other.holder, other.headers, page.url).get(link, set())
    # A value that is sent back and is not heeded gives the same list, or most of it by now.
    known = {*places(page, other)} - {None}
    is_again = not link and len(known) > max(1, len(page.rows) // 2)
    return not is_again and page.ways.links.get(link, set()).isdisjoint(there)


def unless_denied(page: Page, step: Step) -> Deciding:
    """A step to what the marker of a page leads to, which says that it is the last one.

    It is looked at first: an earlier page, a failure or a refusal contradict nothing, until rows
    follow once. From then on such words say nothing in this resource.
    """
    now, first, following = step.progress, step.progress.begun, step.next
    end, is_due = replace(step, next=None, why=End.SIGNAL).surprised()
    if not is_due or following is None:
        return end
    end, other = yield from end.ask(following, "a marker beside no more", follows_any=True)
    if other is None or not leads_on(page, other):
        return end
    if first is not None and now.pages > 1:
        end, again = yield from end.ask(first, "whether a marker leads to the first page")
        if other.repeats(again):
            return end
    return replace(step, learnt=replace(end.learnt, overruled=True))


def usual_pages(sent: PageRequest, page: Page) -> list[PageRequest]:
    """The requests for what is behind a page by the usual names."""
    trials = second_pages(page.length, _object_sent(sent, page))
    return [_sent_with(sent, page, trial) for trial in trials]


def _object_sent(sent: PageRequest, page: Page) -> Mapping[str, Json]:
    """What a request is sent with, by name: its query, or its body; of GraphQL's the variables."""
    if sent.method == "GET" or not isinstance(sent.body, dict):
        return dict(httpx.URL(page.url).params)
    variables = sent.body.get("variables")
    return variables if isinstance(variables, dict) else sent.body


def _sent_with(sent: PageRequest, page: Page, trial: Mapping[str, Json]) -> PageRequest:
    """The same request with more that it is sent with."""
    if sent.method == "GET" or not isinstance(sent.body, dict):
        texts = {name: str(value) for name, value in trial.items()}
        url = str(httpx.URL(page.url).copy_merge_params(texts))
        return replace(sent, url=url, params=())
    told = {**_object_sent(sent, page), **trial}
    is_graphql = isinstance(sent.body.get("variables"), dict)
    return replace(sent, body={**sent.body, "variables": told} if is_graphql else told)


def asked_far(
    step: Step, far: Callable[[int], PageRequest | None], is_more: Callable[[Page], bool]
) -> Deciding:
    """A step after some empty pages, with whether what speaks of more does so in vain, anywhere.

    Many APIs compute a next link or position from what they were asked, whatever is there. Rows so
    many pages ``far`` beyond show that more was meant, and so does that nothing there speaks of
    more. Where that far is refused, it has to be said by each page up to the last that is not.
    """
    vain, pages, refused, known = step.learnt.vain, FAR, FAR + 1, 0
    if vain is not None:
        return step
    while vain is None and (request := far(pages)):
        request = request.perhaps_absent(NO_PAGE_BEFORE)
        step, other = yield from step.ask(request, "what speaks of more")
        if other is None:
            refused = pages
        elif other.rows or not is_more(other):
            vain = False
        else:
            known = pages
        vain = True if vain is None and refused - known == 1 else vain
        pages = (known + refused) // 2
    # Then no row is hidden for what was said: only rows show it.
    hides = step.learnt.hides_rows and (step.learnt.uneven or not vain)
    return replace(step, learnt=replace(step.learnt, vain=vain, hides_rows=hides))


def leads_on(page: Page, other: Page | None) -> bool:
    """Whether another answer has rows that a page does not have."""
    return other is not None and None in places(page, other) and not other.repeats(page)


def begins_before(first: Page, other: Page) -> bool:
    """Whether a page beside the first one has rows of that after one that it does not have."""
    there = places(first, other)
    return _has_any(there) and there[0] is None
