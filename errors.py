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
from typing import Self, override


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

    ``faults`` holds one sentence a fault: what is wrong, and what to do.
    """

    def __init__(self, faults: Sequence[str] | str) -> None:
        self.faults = (faults,) if isinstance(faults, str) else tuple(faults)
        super().__init__("; ".join(self.faults))

    @override
    def rewritten(self, rewrite: Callable[[str], str]) -> Self:
        self.faults = tuple(map(rewrite, self.faults))
        return super().rewritten(rewrite)


class MappingError(ConfigurationError):
    """A resource of the mapping is wrong, or names something the API does not send."""


class CredentialsError(OceanCustomError):
    """The API refused the credentials, or the login did not give any."""


class SourceError(OceanCustomError):
    """A request did not succeed.

    ``retry_after`` is how long the API asked to be left alone, in seconds.
    """

    transient = False
    retry_after: float | None = None


class TransportError(SourceError):
    """No complete answer arrived; the same request may succeed a moment later."""

    transient = True


class ResponseError(SourceError):
    """The API answered with an error status."""

    TRANSIENT_STATUSES = frozenset({202, 408, 429, 500, 502, 503, 504})
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
        self.transient = rate_limited or status in self.TRANSIENT_STATUSES
        self.gone = status in self.GONE_STATUSES
        self.retry_after = retry_after

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
