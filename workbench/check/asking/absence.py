"""Whether a path, or a value in it, is what is not there: told by what is made up.

What nobody has is answered like any other that nobody has. So a path whose last segment was made
up shows what an API says of a path that is not there, and a made-up value what it says of a value.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from msgspec.structs import replace

from errors import OceanCustomError, ResponseError
from json_values import Json
from paging.model import PageRequest
from resync.session import Session
from workbench.check.asking.answered import ask, is_reported
from workbench.check.guesses.paths import ending_of, stem_of

Answered = Callable[[PageRequest], Awaitable[Json]]
"""What a request is answered; None for a failure."""
Absent = Literal["path", "value", "items", ""]
"""What is not there: the path, the value in it, or what both would lead to; "" is unknown."""

MADE_UP: Final = "zzyzx"
_NUMBER: Final = "987654321"
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_TOKEN: Final = re.compile(r"\S*\d\S*")
"""What has a digit in it: numbers, times, identifiers of requests."""

_Answer = tuple[str, tuple[str, ...]]


class Absence:
    """Asks for what is made up."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, bool] = {}

    async def of_path(self, request: PageRequest) -> bool:
        """Whether a path without placeholders is answered like one that was made up."""
        key = str(request.key)
        if key not in self._known:
            head, _, last = request.url.rstrip("/").rpartition("/")
            url = f"{head}/{MADE_UP}{ending_of(last)}"
            (self._known[key],) = await self._alike(request, [url])
        return self._known[key]

    async def of_child(self, request: PageRequest, path: str, parent: PageRequest | None) -> Absent:
        """What is not there of a child; ``path`` has its placeholders, ``parent`` its parents."""
        parts = path.strip("/").split("/")
        head, *sent = request.url.rstrip("/").rsplit("/", len(parts))
        names = [at for at, part in enumerate(parts) if "{" not in part]
        values = [at for at, part in enumerate(parts) if "{" in part]
        if len(sent) != len(parts) or not names or not values:
            return ""
        value = _like(sent[values[-1]], ending_of(parts[values[-1]]))
        made_up = f"{MADE_UP}{ending_of(parts[names[-1]])}"
        is_path, is_value = await self._alike(
            request,
            [_with(head, sent, names[-1], made_up), _with(head, sent, values[-1], value)],
        )
        if is_path != is_value or not is_path:
            return "value" if is_value else "" if is_path else "items"
        if parent is None:
            return ""
        # Both alike: an API with other words for an item that it has not would have said those.
        url = f"{stem_of(parent.url.rstrip('/'))}/{value}"
        (is_all,) = await self._alike(request, [url])
        return "" if is_all else "path"

    async def _alike(self, request: PageRequest, urls: list[str]) -> list[bool]:
        """Whether other URLs are refused as a request is."""
        own = {part for url in (request.url, *urls) for part in url.split("/")}
        refused = await self._answer(request, own)
        if refused is None:
            return [False] * len(urls)
        return [refused == await self._answer(replace(request, url=url), own) for url in urls]

    async def _answer(self, request: PageRequest, own: set[str]) -> _Answer | None:
        """A refusal without what is the request's own; None for an answer, or for none at all."""
        try:
            await ask(self._session.client, replace(request, purpose="check"))
        except OceanCustomError as error:
            if not (isinstance(error, ResponseError) or is_reported(error)):
                return None
            words = error.report.words
            for one in sorted(own, key=len, reverse=True):
                words = words.replace(one, " ") if len(one) > 1 else words
            return error.report.answered[:3], tuple(_WORD.findall(_TOKEN.sub(" ", words)))
        return None


def _with(head: str, sent: list[str], at: int, text: str) -> str:
    return "/".join([head, *sent[:at], text, *sent[at + 1 :]])


def _like(value: str, ending: str) -> str:
    """A value of the same sort that nobody has, before the same ending."""
    own = value.removesuffix(ending)
    like = _NUMBER if own.isdigit() else re.sub(r"[a-z]", "z", re.sub(r"[0-9]", "9", own))
    return like + ending
