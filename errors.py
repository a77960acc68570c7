"""The errors of the integration, by who must act.

::

    OceanCustomError
    ├── ConfigurationError      the operator: a setting is missing, unknown or impossible
    │   └── MappingError        the author of the mapping: a resource asks for what cannot be
    ├── CredentialsError        the operator: the API refused the credentials, or the login failed
    ├── SourceError             the API, or the way to it: a request did not succeed
    │   ├── TransportError      no complete answer: refused, reset, cut short, timed out
    │   ├── ResponseError       an answer with an error status
    │   ├── BodyError           an answer that is not the JSON it should be
    │   └── OriginError         a link or redirect leads to another origin; nothing was sent there
    └── PaginationError         mapping or API: the walk cannot be continued
        └── DoubtfulEndError    the end of a list is not proved; ``accept_doubt`` lets it pass

Every one of them reaches Ocean, which then keeps what the catalog holds: a resync
that raised deletes nothing.
"""

from collections.abc import Callable, Sequence
from itertools import dropwhile
from typing import Self, TypedDict, Unpack, cast

from msgspec import Struct
from msgspec.structs import asdict, replace

LONGEST = 300
"""Characters of a message, but for what the API said and for names that are listed.

What to do is said in full, also where the rest cannot be cut so far.
"""
_SHORTEST = 60
"""Characters that are left of each part of a message that is too long, but for the problem."""
_SHORTEST_PROBLEM = 160
_AROUND = frozenset({"selector", "port", "entity", "mappings"})
"""Keys of a resource that only hold others: the messages leave them out."""

_Rewrite = Callable[[str], str]


class Part(Struct, frozen=True):
    """A part of the mapping; ``str`` names it: ``data_path '.items'``.

    ``path`` leads to it from the mapping, ``("resources", 0, "kind")``, or from the resource that
    the error is about, ``("selector", "data_path")``. ``value`` is the text that stands there, None
    where the message need not quote it. ``name`` is given where the path does not make one.
    """

    path: tuple[str | int, ...]
    value: str | None = None
    name: str = ""

    def __str__(self) -> str:
        named = (*dropwhile(_AROUND.__contains__, self.path[:-1]), *self.path[-1:])
        name = self.name or ".".join(map(str, named))
        return name if self.value is None else f"{name} {self.value!r}"


Where = str | Part
"""The name of a setting, or a part of the mapping; "" where there is neither."""


def quoting(place: Where, text: str) -> Part:
    """A place with the text that stands there."""
    return replace(place, value=text) if isinstance(place, Part) else Part((place,), text)


class Fault(Struct, frozen=True):
    """One thing that is wrong; ``str`` is its sentence: where, what was found, what to do.

    A fault without a place says in its problem what it is about.
    """

    place: Where
    problem: str
    remedy: str = ""

    def shortened(self, excess: int) -> "Fault":
        """The fault shorter by ``excess`` characters: what it quotes, then its problem.

        Of what to do only what would be too long by itself is cut.
        """
        place, before = self.place, len(self.found)
        if isinstance(place, Part) and place.value:
            place = replace(place, value=_cut(place.value, excess))
        short = replace(self, place=place)
        excess -= before - len(short.found)
        problem = _cut(self.problem, excess, at_end=False, shortest=_SHORTEST_PROBLEM)
        remedy = _cut(self.remedy, len(self.remedy) - LONGEST, at_end=False)
        return replace(short, problem=problem, remedy=remedy)

    @property
    def found(self) -> str:
        """Where it is, and what was found there."""
        return " ".join(filter(None, (str(self.place), self.problem)))

    def __str__(self) -> str:
        return "; ".join(filter(None, (self.found, self.remedy)))


class RequestName(Struct, frozen=True):
    """A request as errors name it; ``url`` holds nothing that signs it."""

    method: str
    url: str
    is_login: bool = False

    def shortened(self, excess: int) -> "RequestName":
        """The request with its URL shorter by ``excess`` characters."""
        return replace(self, url=_cut(self.url, excess))

    def __str__(self) -> str:
        return f"{'the login ' if self.is_login else ''}{self.method} {self.url}"


class Circumstances(TypedDict, total=False):
    """Where an error occurred, and what the API answered: the fields of ``Report``."""

    kind: str
    parameters: tuple[tuple[str, str], ...]
    request: RequestName
    after: RequestName
    beside: Fault
    answered: str
    words: str
    listed: str
    note: str


class Report(Struct, frozen=True):
    """All that an error says, in parts; ``str`` is the one place where they become a message.

    ``kind 'K' (team 7): GET URL: after GET URL: beside: 403 Forbidden, 'words': problem: listed;
    remedy; note``.

    - ``parameters``: the values of path parameters that the URL does not show.
    - ``after``: the request that settled a doubt.
    - ``beside``: another fault, found at the same time.
    - ``answered``: the status with its phrase; ``words``: the API's own.
    - ``listed``: names, maybe many.
    - ``whole``: what to do about each fault, where the message has it cut.
    """

    faults: tuple[Fault, ...]
    kind: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    request: RequestName | None = None
    after: RequestName | None = None
    beside: Fault | None = None
    answered: str = ""
    words: str = ""
    listed: str = ""
    note: str = ""
    whole: str = ""

    @property
    def remedy(self) -> str:
        """What to do about each fault, whatever is cut of the message."""
        return self.whole or "; ".join(filter(None, (fault.remedy for fault in self.faults)))

    @property
    def without_remedy(self) -> "Report":
        """The report of what was found, and where."""
        faults = tuple(replace(fault, remedy="") for fault in self.faults)
        return replace(self, faults=faults, whole="")

    def shortened(self) -> "Report":
        """The report cut where its message is too long: values and URLs first, then problems.

        Only what has no secret left may be cut: of half a secret nothing would be known.
        """
        short = replace(
            self,
            whole=self.remedy if self.excess > 0 else self.whole,
            parameters=tuple((name, _cut(value, self.excess)) for name, value in self.parameters),
        )
        if short.request:
            short = replace(short, request=short.request.shortened(short.excess))
        if short.after:
            short = replace(short, after=short.after.shortened(short.excess))
        short = replace(short, kind=_cut(short.kind, short.excess))
        if short.beside:
            short = replace(short, beside=short.beside.shortened(short.excess))
        if len(short.faults) == 1:
            return replace(short, faults=(short.faults[0].shortened(short.excess),))
        faults = tuple(fault.shortened(len(str(fault)) - LONGEST) for fault in short.faults)
        return replace(short, faults=faults)

    @property
    def excess(self) -> int:
        """How many characters its message is too long by."""
        return len(str(replace(self, words="", listed=""))) - LONGEST

    def __str__(self) -> str:
        of = ", ".join(f"{name} {value}" for name, value in self.parameters)
        kind = f"kind {self.kind!r}" if self.kind else ""
        parts = [
            " ".join(filter(None, (kind, f"({of})" if of else ""))),
            str(self.request or ""),
            f"after {self.after}" if self.after else "",
            str(self.beside or ""),
            ", ".join(filter(None, (self.answered, repr(self.words) if self.words else ""))),
        ]
        first, *others = self.faults
        parts += [str(first) if others else first.found, self.listed]
        what_to_do = [*map(str, others), "" if others else first.remedy, self.note]
        return "; ".join(filter(None, (": ".join(filter(None, parts)), *what_to_do)))


def _rewritten[Part](part: Part, rewrite: _Rewrite) -> Part:
    """A value of a report with each text in it passed through a function."""
    match part:
        case str():
            result: object = rewrite(part)
        case tuple():
            result = tuple(_rewritten(inner, rewrite) for inner in part)
        case Struct():
            result = replace(
                part, **{name: _rewritten(text, rewrite) for name, text in asdict(part).items()}
            )
        case _:
            result = part
    return cast("Part", result)


def _cut(text: str, excess: int, *, at_end: bool = True, shortest: int = _SHORTEST) -> str:
    """A text shorter by ``excess`` characters, cut at its end or in its middle.

    At least ``shortest`` characters are left.
    """
    keep = max(shortest, len(text) - excess - 1)
    if excess <= 0 or len(text) <= keep:
        return text
    if at_end:
        return f"{text[:keep]}…"
    return f"{text[: keep - keep // 2]}…{text[len(text) - keep // 2 :]}"


class OceanCustomError(Exception):
    """The root of the tree; ``report`` has what it says, and its text is one message of that.

    A ``problem`` given as a text becomes one fault, of the place ``where``.
    """

    def __init__(
        self,
        problem: str | Sequence[Fault] | Report = "",
        remedy: str = "",
        *,
        where: Where = "",
        **parts: Unpack[Circumstances],
    ) -> None:
        match problem:
            case str():
                report = Report((Fault(where, problem, remedy),))
            case Report():
                report = problem
            case _:
                report = Report(tuple(problem))
        self.report = replace(report, **parts)
        super().__init__()

    def about(self, **parts: Unpack[Circumstances]) -> Self:
        """Say where it occurred; what is known already stays."""
        unknown = {name: part for name, part in parts.items() if not getattr(self.report, name)}
        self.report = replace(self.report, **cast("Circumstances", unknown))
        return self

    def redacted(self, redact: _Rewrite) -> Self:
        """Make it fit to leave: without secrets, and of a length that a person reads."""
        self.report = _rewritten(self.report, redact).shortened()
        return self

    def __str__(self) -> str:
        return str(self.report)


class ConfigurationError(OceanCustomError):
    """One or more settings are wrong; nothing was requested."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong, each with its place and remedy."""
        return self.report.faults


class MappingError(ConfigurationError):
    """A resource of the mapping is wrong, or names something the API does not send."""


class CredentialsError(OceanCustomError):
    """The API refused the credentials, or the login did not give any."""


class SourceError(OceanCustomError):
    """A request did not succeed.

    ``retry_after`` is how long the API is left alone, in seconds, because it asked for that or
    (``waits_unasked``) because it is in trouble; ``rate_limited``: it asked for fewer requests,
    maybe ``by_numbers`` alone: its headers leave none, and nothing else says so.
    ``is_outage``: the API is down, rather than this one request is wrong.
    """

    transient = False
    rate_limited = False
    by_numbers = False
    is_outage = False
    retry_after: float | None = None
    waits_unasked = False


class TransportError(SourceError):
    """No complete answer arrived; the same request may succeed a moment later."""

    transient = True
    is_outage = True


class ResponseError(SourceError):
    """The API answered with an error status."""

    COME_AGAIN_STATUSES = frozenset({202, 408, 429})
    NOT_SUPPORTED_STATUSES = frozenset({501, 505})
    GONE_STATUSES = frozenset({404, 410})
    _CRASHED = 500

    def __init__(
        self,
        problem: str | Report = "",
        remedy: str = "",
        *,
        status: int,
        rate_limited: bool = False,
        retry_after: float | None = None,
        **parts: Unpack[Circumstances],
    ) -> None:
        super().__init__(problem, remedy, **parts)
        self.status = status
        self.rate_limited = rate_limited
        self.transient = rate_limited or self.may_pass(status)
        self.is_outage = self.transient and not rate_limited and status >= self._CRASHED
        self.gone = status in self.GONE_STATUSES
        self.retry_after = retry_after

    @classmethod
    def may_pass(cls, status: int) -> bool:
        """Whether the same request may have another answer a moment later.

        An unknown status from 500 on counts as 500, also one that HTTP does not have: RFC 9110, 15.
        Two of them say that the server cannot do this at all.
        """
        is_of_server = status >= cls._CRASHED and status not in cls.NOT_SUPPORTED_STATUSES
        return is_of_server or status in cls.COME_AGAIN_STATUSES

    @property
    def is_refusal(self) -> bool:
        """Whether it says that there is nothing there, rather than that it asks to come again."""
        return self.retry_after is None and (not self.transient or self.status == self._CRASHED)


class UnplacedError(ValueError):
    """A fault whose place, or request, is known to who catches it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


class FormatError(UnplacedError):
    """A body is not in its format; the text says where. ``client`` makes a BodyError of it."""

    def __init__(
        self, problem: str, remedy: str = "set response_format to what the API answers"
    ) -> None:
        super().__init__(problem, remedy)


class FieldError(UnplacedError):
    """A field of the mapping holds what cannot be; ``overrides`` makes a Fault of it."""


class BodyError(SourceError):
    """The answer is not JSON, or JSON that breaks off."""


class OriginError(SourceError):
    """A link or redirect leads outside the base URL's origin; nothing was sent there."""


class PaginationError(OceanCustomError):
    """A walk over pages cannot be continued, or cannot be proved complete."""


class DoubtfulEndError(PaginationError):
    """A list may be longer than what was read; ``accept_doubt`` makes it a warning."""
