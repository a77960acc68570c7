"""Errors: who must act, and one message a person can act on."""

from __future__ import annotations

import inspect
import re

import pytest

import errors
from errors import (
    LONGEST,
    BodyError,
    ConfigurationError,
    CredentialsError,
    Fault,
    MappingError,
    OceanCustomError,
    OriginError,
    PaginationError,
    Part,
    RequestName,
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
    error = ConfigurationError(
        [Fault("baseUrl", "is required"), Fault("timeout", "must be a number")]
    )

    assert tuple(map(str, error.faults)) == ("baseUrl is required", "timeout must be a number")
    assert str(error) == "baseUrl is required; timeout must be a number"


def test_one_fault() -> None:
    """A single fault needs no list."""
    assert MappingError("data_path is wrong").faults == (Fault("", "data_path is wrong"),)


GET = RequestName("GET", "https://a.example/x")


def test_where_it_happened_stands_in_front() -> None:
    """From the outside in: the kind, the request, then what went wrong."""
    error = PaginationError("no cursor").about(request=GET).about(kind="/x")

    assert str(error) == "kind '/x': GET https://a.example/x: no cursor"


def test_all_that_is_known_stands_in_one_message() -> None:
    """Where, what the API said, what was found, and what to do: in this order."""
    error = BodyError("it is no page", "correct the path", answered="200 OK", words="busy")
    error.about(note="tried once", after=RequestName("GET", "https://a.example/y"))
    error.about(parameters=(("team", "7"),), request=GET, kind="/x")

    assert str(error) == (
        "kind '/x' (team 7): GET https://a.example/x: after GET https://a.example/y: 200 OK,"
        " 'busy': it is no page; correct the path; tried once"
    )


def test_what_is_known_already_stays() -> None:
    """Who raises knows the request best: who passes the error on adds only what is missing."""
    login = RequestName("POST", "https://a.example/login", is_login=True)
    error = CredentialsError(answered="403 Forbidden", request=login).about(request=GET)

    assert str(error) == "the login POST https://a.example/login: 403 Forbidden"


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError([Fault("a", "b"), Fault("c", "d")]),
        CredentialsError("refused"),
        ResponseError("no", status=500),
        TransportError("reset"),
    ],
)
def test_errors_say_where_without_losing_what_they_are(error: OceanCustomError) -> None:
    """Saying where it happened gives back the same error, so that it can be raised on."""
    before = str(error)

    assert error.about(kind="/x") is error
    assert str(error) == f"kind '/x': {before}"


LONG_TEXTS = [
    pytest.param(
        BodyError(
            "no list", "correct the path", request=RequestName("GET", "https://a/" + "x" * 999)
        ),
        id="URL",
    ),
    pytest.param(MappingError("no list", "correct the path", kind="/" + "y" * 999), id="kind"),
    pytest.param(MappingError(f".{'a' * 999} found nothing", "correct the path"), id="problem"),
    pytest.param(
        MappingError("no list", "correct the path", where=Part(("data_path",), "a" * 999)),
        id="place",
    ),
    pytest.param(
        PaginationError("no list", "correct the path", beside=Fault("", ".a" * 500)),
        id="beside",
    ),
    pytest.param(
        SourceError("no list", "correct the path", parameters=(("team", "t" * 999),)),
        id="parameters",
    ),
]


@pytest.mark.parametrize("error", LONG_TEXTS)
def test_no_message_is_too_long(error: OceanCustomError) -> None:
    """Long values are cut, and what to do is still said in full."""
    text = str(error.redacted(str).about(kind="/x").redacted(str))

    assert len(text) <= LONGEST
    assert "…" in text
    assert text.endswith("correct the path")


def test_two_urls_take_nothing_of_what_to_do() -> None:
    """A person needs that more than the end of a URL, or of a problem."""
    asked, again = (RequestName("GET", f"https://a/{name}" + "x" * 999) for name in ("one", "two"))
    error = PaginationError("p" * 400, "say " + "what to do " * 20, request=asked, after=again)

    assert str(error.redacted(str)).endswith("say " + "what to do " * 20)


def test_what_to_do_is_kept_whole() -> None:
    """For who asks what to do alone, however often the message is cut."""
    remedy = "write " + "a long line " * 40
    error = MappingError([Fault("a", "b" * 999, remedy)]).redacted(str).about(kind="/x")

    assert error.report.remedy == remedy
    assert error.report.without_remedy.remedy == ""
    assert remedy not in str(error)


def test_each_of_several_faults_may_be_as_long() -> None:
    """All faults of the settings are told, each within the length of one message."""
    error = ConfigurationError([Fault("a", "b" * 999), Fault("c", "is missing", "set it")])

    first, _, others = str(error.redacted(str)).partition("; ")
    assert len(first) == LONGEST
    assert others == "c is missing; set it"


def test_what_the_api_said_and_names_are_not_cut() -> None:
    """The API's own words are as long as a quotation may be, and every child is named."""
    words, names = "w" * 200, "/teams/1 (404), " * 20
    error = BodyError("an error", request=GET, words=words, listed=names)

    assert words in str(error.redacted(str))
    assert names in str(error)


def test_no_part_of_a_message_keeps_a_secret() -> None:
    """Secrets go before anything is cut: half a secret would no longer be known."""
    secret = "s3cret" * 50
    name = RequestName("GET", f"https://a.example/x?key={secret}")
    error = MappingError(
        [Fault(Part((secret,), secret), f"is {secret}", f"remove {secret}")],
        kind=f"/x?{secret}",
        parameters=(("team", secret),),
        request=name,
        after=name,
        beside=Fault("", f"data_path {secret}"),
        answered=f"403 {secret}",
        words=f"no {secret}",
        listed=secret,
        note=secret,
    )

    told = str(error.redacted(lambda text: text.replace(secret, "[redacted]")))

    assert "s3cret" not in told
    assert told.count("[redacted]") == 13
