"""Lists read without paging: whether an answer is all, when nothing well known says so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

import pytest

from pagination import PaginationSettings
from tests.fault_api import Answer, FaultApi, Request, answer
from tests.literals import Json
from tests.test_list_ends import Found, read

COUNT: Final = 25
DEFAULT: Final = 20  # rows of a page for which no size is asked
NEEDED: Final = 1
MORE: Final = 7  # requests to settle a doubt

Beside = Callable[[Sequence[int], int], dict[str, Json]]
"""What stands beside the rows that are given, of a list of so many."""


def _cut(beside: Beside, size: str, most: int, rows: int = COUNT) -> Callable[[Request], Answer]:
    """An API that gives the first page of a list, at most so many rows, and what is beside it."""

    def things(request: Request) -> Answer:
        given = range(min(rows, most, request.number(size, DEFAULT)))
        return answer({"items": [{"id": n} for n in given], **beside(given, rows)})

    return things


async def _read(things: Callable[[Request], Answer]) -> Found:
    async with FaultApi() as server:
        server.serve("/things", things)
        return await read(server, PaginationSettings())


def _token(given: Sequence[int]) -> str:
    return hashlib.sha256(repr(given).encode()).hexdigest()[:18]


@pytest.mark.parametrize("size", ["limit", "per_page", "pageSize"])
@pytest.mark.parametrize("most", [DEFAULT, 1000], ids=["the server's most", "more when asked"])
@pytest.mark.parametrize(
    "key", ["next_key", "nextBatch", "LastEvaluatedKey", "PaginationToken", "resumption_token"]
)
@pytest.mark.parametrize("holder", ["", "pagination", "list_info"])
async def test_a_marker_whose_parameter_nobody_guesses(
    key: str, size: str, most: int, holder: str
) -> None:
    """It is another one beside one row less, and the same when it is asked for again."""

    def beside(given: Sequence[int], rows: int) -> dict[str, Json]:
        told: dict[str, Json] = {key: _token(given)} if len(given) < rows else {}
        return {holder: told} if holder else told

    found = await _read(_cut(beside, size, most))

    assert "but paginationType is 'none'" in found.message
    assert found.requests <= NEEDED + MORE


async def test_a_text_by_any_name_beside_a_list_that_is_cut() -> None:
    """A row more that is asked for comes: what is beside the list need not tell that."""
    found = await _read(_cut(lambda given, _: {"hash": _token(given)}, "limit", 1000))

    assert "the list has more than the 20 rows of the answer" in found.message


_TICKS = count()


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param(lambda given, _: {"etag": _token(given)}, id="a sum of what is given"),
        pytest.param(lambda *_: {"request_token": f"rq{next(_TICKS):08}"}, id="a request's id"),
        pytest.param(lambda *_: {"until": 1700000000 + next(_TICKS)}, id="a clock"),
        pytest.param(lambda *_: {"api_key": "k3-19ab77f0"}, id="the same in every answer"),
        pytest.param(
            lambda given, rows: (
                {"nextSyncToken": "s-19ab77f0"}
                if len(given) == rows
                else {"nextPageToken": _token(given)}
            ),
            id="a token for later changes",
        ),
        pytest.param(lambda given, _: {"from": 0, "position": len(given)}, id="how many came"),
    ],
)
@pytest.mark.parametrize("size", ["limit", "none is heeded"])
@pytest.mark.parametrize("rows", [7, DEFAULT])
async def test_what_stands_beside_a_whole_list(beside: Beside, size: str, rows: int) -> None:
    """Whatever it is called, and also where a size is heeded, it is no marker."""
    found = await _read(_cut(beside, size, 1000, rows))

    assert found.error is None
    assert found.ids == list(range(rows))
    assert found.requests <= NEEDED + MORE
