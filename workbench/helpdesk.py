"""The data and the moods of the sample API: a help desk with agents, tickets and comments.

Everything is made from running numbers, so that two runs of anything see the same.
"""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

CLIENT_ID: Final = "demo-client"
CLIENT_SECRET: Final = "demo-secret"  # noqa: S105 (invented, for the sample API only)
TOKEN: Final = "demo-token"  # noqa: S105 (likewise)

_NAMES: Final = (
    "Ada Okafor",
    "Bo Lindqvist",
    "Chen Wei",
    "Dana Novak",
    "Emil Fischer",
    "Fatima Ali",
)
_THINGS: Final = (
    "Printer",
    "VPN",
    "Laptop",
    "Badge reader",
    "Build server",
    "Mailbox",
    "Projector",
)
_TROUBLES: Final = (
    "does not start",
    "is slow",
    "asks for a password",
    "loses its settings",
    "beeps",
)
_REMARKS: Final = (
    "I have looked at it and could reproduce it.",
    "Could you send a screenshot?",
    "A restart helped for an hour.",
    "This is fixed with the next update.",
)
_STATUSES: Final = ("open", "pending", "solved", "closed")
_PRIORITIES: Final = ("low", "normal", "high", "urgent")
_EPOCH: Final = datetime(2025, 1, 6, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who works on tickets."""

    id: int
    name: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request for help; nobody works on it yet when `assignee_id` is None."""

    id: int
    title: str
    status: str
    priority: str
    assignee_id: int | None
    tags: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """An agent's remark on a ticket."""

    id: int
    ticket_id: int
    author_id: int
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Faults:
    """How often an API request goes wrong: every so many requests, never when 0."""

    unavailable_every: int = 40
    throttled_every: int = 90


class Fault(StrEnum):
    """How a request can go wrong although nothing is wrong with it."""

    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the sample API has been asked so far; `requests` includes those that went wrong."""

    requests: int = 0
    unavailable: int = 0
    throttled: int = 0
    unauthorized: int = 0
    logins: int = 0
    refused_logins: int = 0

    def since(self, earlier: "Counts") -> "Counts":
        """What was asked after `earlier`."""
        return Counts(
            **{name: count - getattr(earlier, name) for name, count in asdict(self).items()}
        )


class Helpdesk:
    """The help desk's state, who may see it, and when it answers with a fault; no HTTP here.

    A ticket has 0 to 4 comments. One thread may change the state while another serves it.
    """

    def __init__(
        self,
        *,
        tickets: int = 137,
        faults: Faults | None = None,
        token_lifetime_seconds: int = 3600,
    ) -> None:
        self.token_lifetime_seconds = token_lifetime_seconds
        self._faults = faults or Faults()
        self._counter: Counter[str] = Counter()
        # Requests that met a fault and were not made again yet.
        self._to_repeat: set[str] = set()
        # Tokens, and the time.monotonic() at which each ends.
        self._tokens: dict[str, float] = {}
        self._agents = [_agent(number) for number in range(1, len(_NAMES) + 1)]
        self._tickets = {number: _ticket(number) for number in range(1, tickets + 1)}
        self._comments = {ticket: list(_comments(ticket)) for ticket in self._tickets}

    @property
    def counts(self) -> Counts:
        """What was asked so far; a copy."""
        return Counts(**self._counter)

    def agents(self) -> list[Agent]:
        """All agents, in the order of their numbers."""
        return list(self._agents)

    def tickets(self) -> list[Ticket]:
        """All tickets, in the order of their numbers."""
        return list(self._tickets.values())

    def comments(self, ticket_id: int | None = None) -> list[Comment]:
        """The comments on a ticket, or on all; raises KeyError when there is no such ticket."""
        if ticket_id is not None:
            return list(self._comments[ticket_id])
        return [comment for comments in list(self._comments.values()) for comment in comments]

    def remove_ticket(self, ticket_id: int) -> None:
        """Remove a ticket with its comments; raises KeyError when there is no such ticket."""
        del self._tickets[ticket_id]
        del self._comments[ticket_id]

    def rename_ticket(self, ticket_id: int, title: str) -> None:
        """Change a ticket's title; raises KeyError when there is no such ticket."""
        self._tickets[ticket_id] = replace(self._tickets[ticket_id], title=title)

    def log_in(self, client_id: str, client_secret: str) -> str | None:
        """A new token, or None for wrong credentials."""
        if (client_id, client_secret) != (CLIENT_ID, CLIENT_SECRET):
            self._counter["refused_logins"] += 1
            return None
        self._counter["logins"] += 1
        token = f"session-{self._counter['logins']}-{secrets.token_urlsafe(16)}"
        self._tokens[token] = time.monotonic() + self.token_lifetime_seconds
        return token

    def revoke_tokens(self) -> None:
        """End every session: whoever comes with a token of before gets 401."""
        self._tokens.clear()

    def admit(self, token: str) -> bool:
        """Count a request, and whether its token is valid: `TOKEN` always is."""
        self._counter["requests"] += 1
        valid = token == TOKEN or self._tokens.get(token, 0.0) > time.monotonic()
        if not valid:
            self._counter["unauthorized"] += 1
        return valid

    def fault(self, request: str) -> Fault | None:
        """The fault that an admitted request meets, None when it is answered properly.

        `request` names what is asked for. Made again after a fault, it is always answered.
        """
        if request in self._to_repeat:
            self._to_repeat.remove(request)
            return None
        fault = self._due()
        if fault is not None:
            self._counter[fault] += 1
            self._to_repeat.add(request)
        return fault

    def _due(self) -> Fault | None:
        number = self._counter["requests"]
        if _is_multiple(number, self._faults.unavailable_every):
            return Fault.UNAVAILABLE
        if _is_multiple(number, self._faults.throttled_every):
            return Fault.THROTTLED
        return None


def _is_multiple(number: int, step: int) -> bool:
    return step > 0 and number % step == 0


def _agent(number: int) -> Agent:
    name = _NAMES[number - 1]
    mail = name.lower().replace(" ", ".")
    return Agent(number, name, f"{mail}@helpdesk.example", active=number != len(_NAMES))


def _ticket(number: int) -> Ticket:
    thing = _THINGS[number % len(_THINGS)]
    return Ticket(
        number,
        title=f"{thing} {_TROUBLES[number % len(_TROUBLES)]}",
        status=_STATUSES[number % len(_STATUSES)],
        priority=_PRIORITIES[number * 7 % 11 % len(_PRIORITIES)],
        # Every ninth ticket waits for somebody.
        assignee_id=None if number % 9 == 0 else number % len(_NAMES) + 1,
        tags=(thing.lower(), "hardware") if number % 2 else (thing.lower(),),
        created_at=_EPOCH + timedelta(hours=5 * number),
    )


def _comments(ticket_id: int) -> Iterator[Comment]:
    for index in range(ticket_id * 3 % 5):
        yield Comment(
            ticket_id * 10 + index,
            ticket_id=ticket_id,
            author_id=(ticket_id + index) % len(_NAMES) + 1,
            body=_REMARKS[(ticket_id + index) % len(_REMARKS)],
            created_at=_EPOCH + timedelta(hours=5 * ticket_id, minutes=40 * (index + 1)),
        )
