"""Errors: who must act, and one message a person can act on."""

from __future__ import annotations

import inspect
import re

import pytest

import errors
from errors import (
    BodyError,
    ConfigurationError,
    CredentialsError,
    Fault,
    MappingError,
    OceanCustomError,
    OriginError,
    PaginationError,
    ResponseError,
    SourceError,
    TransportError,
)

CLASSES = [
    one
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, OceanCustomError)
]


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (ConfigurationError, [OceanCustomError]),
        (MappingError, [ConfigurationError, OceanCustomError]),
        (CredentialsError, [OceanCustomError]),
        (SourceError, [OceanCustomError]),
        (TransportError, [SourceError, OceanCustomError]),
        (ResponseError, [SourceError, OceanCustomError]),
        (BodyError, [SourceError, OceanCustomError]),
        (OriginError, [SourceError, OceanCustomError]),
        (PaginationError, [OceanCustomError]),
    ],
)
def test_the_tree(error: type[Exception], parents: list[type[Exception]]) -> None:
    """Who handles one kind of error handles those below it, and no others."""
    assert [one for one in error.__mro__[1:] if issubclass(one, OceanCustomError)] == parents


def test_the_tree_is_drawn() -> None:
    """The drawing at the top of the module shows every error, at its depth."""
    lines = re.findall(r"^    ([│├└─ ]*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    drawn = {name: len(indent) // 4 for indent, name in lines}

    assert drawn == {one.__name__: len(one.__mro__) - 4 for one in CLASSES}


@pytest.mark.parametrize(
    ("status", "transient", "gone"),
    [
        (400, False, False),
        (403, False, False),
        (404, False, True),
        (408, True, False),
        (410, False, True),
        (429, True, False),
        (500, True, False),
        (501, False, False),
        (502, True, False),
        (503, True, False),
        (504, True, False),
        (505, False, False),
        (512, True, False),
        (520, True, False),
        (529, True, False),
        (599, True, False),
        (999, True, False),
    ],
)
def test_what_a_status_means(status: int, *, transient: bool, gone: bool) -> None:
    """Some statuses may pass, some say that a thing is gone, the others are final."""
    error = ResponseError("no", status=status, retry_after=3)

    assert (error.status, error.transient, error.gone) == (status, transient, gone)
    assert error.retry_after == 3


def test_a_limit_told_by_another_status_may_pass() -> None:
    """A 403 that is a rate limit is no refusal."""
    assert ResponseError("slow down", status=403, rate_limited=True).transient


@pytest.mark.parametrize("error", [TransportError("reset"), BodyError("cut"), OriginError("off")])
def test_only_the_way_may_pass(error: SourceError) -> None:
    """A broken connection may work a moment later, a broken answer not."""
    assert error.transient is isinstance(error, TransportError)
    assert error.retry_after is None


def test_all_faults_are_in_the_text() -> None:
    """The log shows every fault of the settings."""
    error = ConfigurationError(["baseUrl is required", "timeout must be a number"])

    assert tuple(map(str, error.faults)) == ("baseUrl is required", "timeout must be a number")
    assert str(error) == "baseUrl is required; timeout must be a number"


def test_one_fault() -> None:
    """A single fault needs no list."""
    assert MappingError("data_path is wrong").faults == (Fault((), "data_path is wrong"),)


def test_where_it_happened_stands_in_front() -> None:
    """From the outside in: the kind, the request, then what went wrong."""
    error = PaginationError("no cursor").within("GET https://a.example/x").within("kind '/x'")

    assert str(error) == "kind '/x': GET https://a.example/x: no cursor"


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError(["a", "b"]),
        CredentialsError("refused"),
        ResponseError("no", status=500),
        TransportError("reset"),
    ],
)
def test_errors_say_where_without_losing_what_they_are(error: OceanCustomError) -> None:
    """Saying where it happened gives back the same error, so that it can be raised on."""
    before = str(error)

    assert error.within("kind '/x'") is error
    assert str(error) == f"kind '/x': {before}"
