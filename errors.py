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
from dataclasses import dataclass, replace
from typing import Self, override

Place = str | tuple[str | int, ...]
"""A setting's name, or a path of the mapping such as ``("resources", 0, "kind")``."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in the settings or the mapping; ``str`` is its sentence.

    ``remedy`` is what to do; empty where the problem says what must be. ``where`` is the place
    as the sentence begins with it, None: a setting's name. A fault without a place says in
    its problem what it is about.
    """

    place: Place
    problem: str
    remedy: str = ""
    where: str | None = None

    def rewritten(self, rewrite: Callable[[str], str]) -> "Fault":
        """Pass all of its text through a function."""
        return replace(
            self,
            place=self.place
            if isinstance(self.place, str)
            else tuple(rewrite(part) if isinstance(part, str) else part for part in self.place),
            problem=rewrite(self.problem),
            remedy=rewrite(self.remedy),
            where=self.where and rewrite(self.where),
        )

    def __str__(self) -> str:
        where = self.where
        if where is None:
            where = self.place if isinstance(self.place, str) else ""
        sentence = f"{where} {self.problem}" if where else self.problem
        return f"{sentence}; {self.remedy}" if self.remedy else sentence


class OceanCustomError(Exception):
    """The root of the tree; its text is one message a person can act on."""

    _where: str | None = None

    def within(self, where: str) -> Self:
        """Say what was being done, before all that is said already."""
        self._where = f"{where}: {self._where}" if self._where else where
        return self

    def rewritten(self, rewrite: Callable[[str], str]) -> Self:
        """Pass all of its text through a function, such as one that takes secrets out."""
        self.args = tuple(rewrite(part) if isinstance(part, str) else part for part in self.args)
        self._where = self._where and rewrite(self._where)
        return self

    def __str__(self) -> str:
        message = super().__str__()
        return f"{self._where}: {message}" if self._where else message


class ConfigurationError(OceanCustomError):
    """One or more settings are wrong; nothing was requested.

    ``faults`` says of each what is wrong, where, and what to do; a text is a fault without
    a place of its own.
    """

    def __init__(self, faults: Sequence[Fault | str] | Fault | str) -> None:
        given = (faults,) if isinstance(faults, str | Fault) else tuple(faults)
        self.faults = tuple(
            Fault((), fault) if isinstance(fault, str) else fault for fault in given
        )
        super().__init__("; ".join(map(str, self.faults)))

    @override
    def rewritten(self, rewrite: Callable[[str], str]) -> Self:
        self.faults = tuple(fault.rewritten(rewrite) for fault in self.faults)
        return super().rewritten(rewrite)


class MappingError(ConfigurationError):
    """A resource of the mapping is wrong, or names something the API does not send."""


class CredentialsError(OceanCustomError):
    """The API refused the credentials, or the login did not give any."""


class SourceError(OceanCustomError):
    """A request did not succeed.

    ``retry_after`` is how long the API asked to be left alone, in seconds; ``rate_limited``
    whether it only asked for fewer requests; ``remedy`` is what to do about it, where more is known
    than the message says.
    """

    transient = False
    rate_limited = False
    retry_after: float | None = None
    remedy = ""

    @override
    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}; {self.remedy}" if self.remedy else message

    @property
    def is_outage(self) -> bool:
        """Whether it tells of an API that is down, and not of this one request."""
        return False


class TransportError(SourceError):
    """No complete answer arrived; the same request may succeed a moment later."""

    transient = True

    @property
    @override
    def is_outage(self) -> bool:
        """Nothing answered, or not to the end."""
        return True


class ResponseError(SourceError):
    """The API answered with an error status."""

    COME_AGAIN_STATUSES = frozenset({202, 408, 429})
    NOT_SUPPORTED_STATUSES = frozenset({501, 505})
    GONE_STATUSES = frozenset({404, 410})
    _CRASHED = 500

    def __init__(
        self,
        message: str,
        *,
        status: int,
        rate_limited: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.rate_limited = rate_limited
        self.transient = rate_limited or self.may_pass(status)
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
    @override
    def is_outage(self) -> bool:
        """Whether the server, or what stands before it, is in trouble."""
        return self.transient and not self.rate_limited and self.status >= self._CRASHED

    @property
    def is_refusal(self) -> bool:
        """Whether it says that there is nothing there, rather than that it asks to come again."""
        return self.retry_after is None and (not self.transient or self.status == self._CRASHED)


class BodyError(SourceError):
    """The answer is not JSON, or JSON that breaks off."""


class OriginError(SourceError):
    """A link or redirect leads outside the base URL's origin; nothing was sent there."""


class PaginationError(OceanCustomError):
    """A walk over pages cannot be continued, or cannot be proved complete."""


class DoubtfulEndError(PaginationError):
    """A list may be longer than what was read; ``accept_doubt`` makes it a warning."""
