"""Secrets stay out of texts, however the text carries them."""

from __future__ import annotations

import base64
import html
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlencode

import httpx
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.literals import Json
from tests.patience import in_bounded_time
from transport.redaction import (
    LONGEST_TEXT,
    MOST_LEARNT,
    MOST_LEARNT_SIZE,
    NOT_QUOTED,
    REDACTED,
    Redactor,
    is_credential,
    secrets_in,
    tokens_in,
)

ROOT = Path(__file__).parents[1]
SECRETS = st.text(min_size=4, max_size=30).filter(lambda text: len(text.strip()) >= 4)
patient = settings(deadline=None)  # how long one text takes is what other tests are about
PUNCTUATION = "!$&'()*+,;=:@/?-._~ %"


def in_url_path(secret: str) -> str:
    """The secret as a segment of a URL."""
    return str(httpx.URL("https://api.example.com/x/" + quote(secret, safe="") + "/y"))


def in_url_query(secret: str) -> str:
    """The secret as a parameter, as our client writes it."""
    return str(httpx.URL("https://api.example.com/x", params={"key": secret, "b": "1"}))


def in_json(secret: str) -> str:
    """The secret in a JSON body, as most servers write it."""
    return json.dumps({"error": f"bad token {secret}!"})


def in_json_with_escaped_slashes(secret: str) -> str:
    r"""The secret in JSON as PHP writes it: ``\/`` for a slash."""
    return json.dumps({"error": secret}).replace("/", r"\/")


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: f"Bearer {secret}.",
    "stripped": lambda secret: f"<{secret.strip()}>",
    "URL path": in_url_path,
    "URL query": in_url_query,
    "quoted": lambda secret: f"/x/{quote(secret, safe='')}/y",
    "quoted, slash kept": lambda secret: f"?q={quote(secret)}&x",
    "quoted, lower case": lambda secret: quote(secret, safe="").lower(),
    "form": lambda secret: urlencode({"a": secret}),
    "plus for space": quote_plus,
    "quoted twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "quoted three times": lambda secret: quote(quote(quote_plus(secret), safe=""), safe=""),
    "JSON": in_json,
    "JSON in UTF-8": lambda secret: json.dumps([secret], ensure_ascii=False),
    "JSON, escaped slashes": in_json_with_escaped_slashes,
    "JSON, upper-case escapes": lambda secret: json.dumps(secret).upper(),
    "repr": lambda secret: repr({"Authorization": secret}),
    "HTML": lambda secret: f"<p title='{html.escape(secret)}'>",
    "HTML, by number": lambda secret: re.sub(r"[^0-9A-Za-z]", lambda c: f"&#{ord(c[0])};", secret),
    "base64": lambda secret: f"Basic {base64.b64encode(secret.encode()).decode()} x",
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64 in a URL": lambda secret: quote(base64.b64encode(secret.encode()).decode(), safe=""),
    "base64 without padding": lambda secret: (
        base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    ),
}


def survives(form: str, text: str) -> bool:
    """Whether a form of a secret is still in a redacted text, marks aside."""
    return any(form.casefold() in part.casefold() for part in text.split(REDACTED))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@patient
@given(secret=SECRETS, before=st.text(max_size=8), after=st.text(max_size=8))
@example(secret="\\\xad\f\\é\\\\n\\", before="", after="")
def test_no_form_of_a_secret_survives(
    form: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    """Whatever carries a secret into a text, it is replaced."""
    assume(REDACTED not in before + after)

    redacted = Redactor(secret)(before + form(secret) + after)

    assert REDACTED in redacted
    assert not survives(secret.strip(), redacted)
    assert not survives(quote(secret.strip(), safe=""), redacted)


@patient
@given(secret=SECRETS, safe=st.sets(st.sampled_from(PUNCTUATION)).map("".join))
def test_percent_encoding_of_any_taste(secret: str, safe: str) -> None:
    """Servers differ in which characters they encode in a link: none of it helps a secret out."""
    redacted = Redactor(secret)(f"<{quote(secret, safe=safe)}>")

    assert REDACTED in redacted
    assert not any(secret in unquote(part) for part in redacted.split(REDACTED))


@patient
@given(
    secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40),
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
    encode=st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]),
)
def test_base64_of_what_holds_a_secret(
    secret: str, before: bytes, after: bytes, encode: Callable[[bytes], bytes]
) -> None:
    """`user:secret` or a whole body in base64 shows nothing of the secret but its very ends."""
    assume(secret.strip() == secret)
    text = encode(before + secret.encode() + after).decode()

    redacted = Redactor(secret)(text)

    left = len("".join(redacted.split(REDACTED)))
    assert REDACTED in redacted
    # Of the characters that stand for the secret, those shared with a neighbour may stay.
    assert left <= -(-len(before) * 8 // 6) + -(-len(after) * 8 // 6) + len("==") + 2


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param({"password": "x"}, ["x"], id="named"),
        pytest.param({"pin": 1234}, ["1234"], id="a number, named"),
        pytest.param({"user": "me"}, [], id="short"),
        pytest.param({"user": "long-enough"}, ["long-enough"], id="long"),
        pytest.param({"auth": {"a": ["x" * 8]}}, ["x" * 8], id="deep"),
        pytest.param({"keys": ["a", "b"]}, ["a", "b"], id="a list, named"),
        pytest.param({"grant_type": "client_credentials"}, [], id="grant type"),
        pytest.param({"grantType": "password"}, [], id="grant type in camel case"),
        pytest.param({"token_type": "Bearer"}, [], id="token type"),
        pytest.param({"scope": "read:teams write:teams"}, [], id="scope"),
        pytest.param({"audience": "https://api.example.com/"}, [], id="audience"),
        pytest.param({"instance_url": "https://eu1.example.com"}, [], id="URL"),
        pytest.param(
            {"hook": "https://a.example/?key=12345678"},
            ["https://a.example/?key=12345678"],
            id="URL with a query",
        ),
        pytest.param(
            {"db": "https://u:p@a.example/"}, ["https://u:p@a.example/"], id="URL with a user"
        ),
        pytest.param({"secret": "https://a.example/"}, ["https://a.example/"], id="URL, named"),
        pytest.param({"password": True}, [], id="a boolean"),
    ],
)
def test_what_of_a_login_is_secret(value: Json, told: list[str]) -> None:
    """Names and lengths tell secrets from constants; what OAuth publishes stays readable."""
    assert list(secrets_in(value)) == told


def test_of_an_answer_names_tell_nothing() -> None:
    """In a login's answer a short text is a constant, whatever its name."""
    answer: Json = {"key": "id", "session": "0123456789", "count": 3}

    assert list(secrets_in(answer, by_name=False)) == ["0123456789"]


@patient
@given(secrets=st.lists(SECRETS, min_size=1, max_size=5))
def test_several_secrets(secrets: list[str]) -> None:
    """Of several secrets, one within another or not, none survives."""
    text = " and ".join(secrets)

    redacted = Redactor(*secrets)(text)

    for secret in secrets:
        assert not survives(secret.strip(), redacted)


@pytest.mark.parametrize(
    ("secrets", "text", "expected"),
    [
        pytest.param(["s3cret"], "Bearer s3cret!", "Bearer [redacted]!", id="one"),
        pytest.param(["s3cret"], "s3crets3cret", "[redacted][redacted]", id="twice"),
        pytest.param(["abcd", "abcdef"], "abcdef", "[redacted]", id="the longer first"),
        pytest.param(["a.cd"], "abcd a.cd", "abcd [redacted]", id="no pattern"),
        pytest.param(["s3cret"], "nothing here", "nothing here", id="none in it"),
        pytest.param([], "as it is", "as it is", id="no secrets"),
        pytest.param(["", "  "], "as it is", "as it is", id="blank secrets"),
        pytest.param([" padded "], "token padded.", "token [redacted].", id="padded"),
        pytest.param(["u:p w"], "Basic dTpwIHc=", "Basic [redacted]=", id="basic"),
        pytest.param(["a/bc"], "?t=a%2fbc&x=1", "?t=[redacted]&x=1", id="lower case"),
        pytest.param(["a/bc"], r'{"t": "a\/bc"}', '{"t": "[redacted]"}', id="escaped slash"),
    ],
)
def test_texts(secrets: list[str], text: str, expected: str) -> None:
    """Only the secret is replaced, and the rest stays readable."""
    assert Redactor(*secrets)(text) == expected


@pytest.mark.parametrize(
    "secret", ["\\" * 20 + "a", "%" * 20 + "a", "%25" * 10, "+ " * 10, '"' * 20, "\n+"]
)
@pytest.mark.parametrize("piece", ["\\", "%25", "25", "%", "+", " ", '\\"', "&#"])
def test_no_text_takes_long(secret: str, piece: str) -> None:
    """A text made to be ambiguous is redacted in the time of any other."""
    redact = Redactor(secret)
    text = piece * 50_000

    with in_bounded_time():
        redact(text)


@pytest.mark.parametrize(
    ("secret", "piece"),
    [('"' * 15 + "x", '\\\\"'), ('\\"' * 15 + "x", '\\\\\\\\"'), ("\n" * 15 + "x", "\\\\n")],
)
def test_no_secret_takes_long(secret: str, piece: str) -> None:
    """A secret of characters that are escaped is looked for once, not in every combination."""
    with in_bounded_time():
        assert Redactor(secret)(piece * 20_000)


def test_of_a_large_answer_the_likeliest_are_learnt() -> None:
    """A login that tells of thousands of permissions is learnt at once, its token among them."""
    answer: Json = {
        "permissions": [f"projects.read.item.{number}" for number in range(20_000)],
        "refresh_token": "only-letters-in-it",
    }
    redact = Redactor()

    with in_bounded_time():
        tokens = tokens_in(answer)
        redact.learn(*tokens.named, origin="login")
        redact.learn(*tokens.like_tokens, *tokens.others, origin="answer", unlikely=True)
        quoted = redact.beginning("only-letters-in-it " + "x" * 1_000_000)

    assert quoted.startswith(f"{REDACTED} x")


def test_what_stands_in_plain_text_is_taken_for_no_secret() -> None:
    """Of what is unlikely one: a token that stands there stays one."""
    redact = Redactor()
    redact.spare("/sites/b6ecc851-9eaf/projects", "/tokens/a-certain-token")

    redact.learn("b6ecc851-9eaf", "77aa-88bb", origin="answer", unlikely=True)
    redact.learn("a-certain-token", origin="login")

    assert redact("b6ecc851-9eaf 77aa-88bb") == f"b6ecc851-9eaf {REDACTED}"
    assert redact("/tokens/a-certain-token") == f"/tokens/{REDACTED}"


def test_what_is_learnt_last_is_kept() -> None:
    """However many cookies an API sets, the newest are known, and what was told for sure."""
    redact = Redactor("certain-secret")
    for number in range(3 * MOST_LEARNT):
        redact.learn(f"cookie-{number:03}", origin="cookies")

    assert redact("certain-secret") == REDACTED
    assert redact("cookie-000") == "cookie-000"
    assert redact(f"cookie-{3 * MOST_LEARNT - 1:03}") == REDACTED


def test_of_a_refusal_the_reason_stays_readable() -> None:
    """A refused login's answer: what is named like a token or looks like one, and no word."""
    refusal: Json = {
        "error": "invalid_grant",
        "error_description": "the user is locked",
        "mfa_token": "abcdefghij",
        "session": "a8f5f167f44f4964",
    }

    named, like_tokens, others = tokens_in(refusal)

    assert [*named, *like_tokens] == ["abcdefghij", "a8f5f167f44f4964"]
    assert others == ["invalid_grant", "the user is locked"]


@pytest.mark.parametrize("secret", ["plain-secret", "x" * 6000])
def test_a_quotation_holds_no_half_of_a_secret(secret: str) -> None:
    """Of a text too long to search, what is shown ends before a secret that was cut in two."""
    quoted = Redactor(secret).beginning(secret * 20_000)

    assert quoted
    assert set(quoted.replace(REDACTED, "")) == set()


HOSTILE = """
import sys
from transport.redaction import REDACTED, Redactor
kind, repeated = sys.argv[1], int(sys.argv[2])
secrets = {
    "large": ["c0" * 30_000 + ",;" * 30],
    "many": [f"{number:04}" + "/a b" * 1_000 for number in range(50)],
    "equal": ["=" * 5_000],
}[kind]
redact = Redactor()
redact.learn(*secrets, origin="cookies")
body = "".join(secret[:-1] for secret in secrets) * repeated
assert REDACTED in redact(secrets[0])
for _ in range(20):
    redact.beginning(body), redact(body)
"""


@pytest.mark.parametrize("kind", ["large", "many", "equal"])
def test_no_cookie_hangs_the_process(kind: str) -> None:
    """What an API may set, and hand back but for the last character, is redacted in no time.

    The deadline is hundreds of times what is usual; patterns took minutes.
    """
    subprocess.run([sys.executable, "-c", HOSTILE, kind, "3"], timeout=240, check=True, cwd=ROOT)


@pytest.mark.parametrize("count", [MOST_LEARNT + 1, 3 * MOST_LEARNT])
def test_beyond_the_bound_nothing_is_quoted(count: int) -> None:
    """A cookie that was forgotten may be in any answer, so no error quotes one from then on."""
    redact = Redactor()
    for number in range(count):
        assert redact.beginning("a reason") == ("a reason" if number <= MOST_LEARNT else NOT_QUOTED)
        redact.learn(f"cookie-{number:05}", origin="cookies")

    assert redact.beginning("cookie-00000") == NOT_QUOTED


def test_a_cookie_beyond_the_bound_is_not_quoted() -> None:
    """Of a text that is too long its beginning is known, and answers are no longer quoted."""
    redact = Redactor()

    redact.learn("x1" * MOST_LEARNT_SIZE, origin="cookies")

    assert redact("x1" * 400) == REDACTED
    assert redact.beginning("x1" * 400) == NOT_QUOTED


@pytest.mark.parametrize("flood", ["a1", "漢字", "%41", '\\"', "\\x5cx5c41", "&amp;amp;#65;"])
def test_no_flood_of_one_origin_hides_what_another_gave(flood: str) -> None:
    """However many cookies are set, of whatever characters, a login's token is still known."""
    redact = Redactor("certain-secret")
    redact.learn("token-of-the-login", origin="login")

    with in_bounded_time():
        for number in range(50):
            redact.learn(f"{number:08}{flood * 30_000}", origin="cookies")
        redacted = redact(f"token-of-the-login certain-secret {49:08}{flood * 100}")

    assert redacted.startswith(f"{REDACTED} {REDACTED} {REDACTED}")
    assert f"{49:08}" not in redacted
    assert redact.beginning("anything") == NOT_QUOTED


@pytest.mark.parametrize("secret", ["token" * 3, "x" * 6_000])
def test_a_text_that_is_too_long_is_cut(secret: str) -> None:
    """Of a text that nobody reads to its end, such as a URL of a megabyte, the start is kept."""
    redacted = Redactor(secret)(
        "https://api.example.com/?page=" + (secret + "&") * (3_000_000 // len(secret))
    )

    assert redacted.startswith("https://api.example.com/?page=[redacted]")
    assert len(redacted) <= LONGEST_TEXT
    assert not survives(secret, redacted)


@pytest.mark.parametrize("start", [0, 700, 3_500])
def test_part_of_a_long_secret_is_found(start: int) -> None:
    """A long secret that an answer cuts is redacted but for what is left of its pieces' ends."""
    secret = "".join(f"{number:04x}" for number in range(1_000))

    redacted = Redactor(secret)(f"<{secret[start : start + 500]}>")

    assert REDACTED in redacted
    assert len(redacted) < 300


@pytest.mark.parametrize("secret", ["x", "X", "ab", "a%b", " 1 2 ", "\\n\\n"])
def test_short_secrets_shred_no_text(secret: str) -> None:
    """A password of three characters or less stands in every other word, and is not looked for."""
    text = "GET /next?page=12: 200 OK, ab a%b 1 2\n\n"

    assert Redactor(secret, f"user:{secret}-more")(text) == text


def test_in_data_only_the_very_credential_is_found() -> None:
    """In data another case is another word, and what is no credential stays."""
    redact = Redactor("tenant-1", "secret-token", credentials=["secret-token"])

    assert redact("tenant-1 SECRET-TOKEN") == f"{REDACTED} {REDACTED}"
    assert redact.in_data("tenant-1 SECRET-TOKEN secret-token") == (
        f"tenant-1 SECRET-TOKEN {REDACTED}"
    )


def test_secrets_learnt_later() -> None:
    """A token that a login gave is kept out from then on, beside what was known before."""
    redact = Redactor("first")
    assert redact("first second") == f"{REDACTED} second"

    redact.add("second")

    assert redact("first second") == f"{REDACTED} {REDACTED}"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        *((name, "ab12cd34", True) for name in (
            "X-Api-Key", "apikey", "apiKeys", "client_secret", "access_token", "PRIVATE-TOKEN",
            "Authorization", "X-Auth-Token", "oauth", "sessionToken", "X-Signature", "sig", "pin",
            "sid", "JSESSIONID", "connect.sid", "PHPSESSID", "credentials", "client_assertion",
        )),
        *((name, "two words", True) for name in (
            "password", "userPassword", "passphrase", "db_pwd", "Pass", "clientsecret",
        )),
        *((name, "renovate-bot-2", False) for name in (
            "author", "assignee", "assigned_team", "X-Shipping-Point", "mapping", "opinion",
            "tokenizer", "keyword", "authority", "compass", "passenger", "secretary", "assessment",
            "AccountSid", "design", "grant_type",
        )),
    ],
)  # fmt: skip
def test_what_is_a_credential_by_its_name(name: str, value: str, *, expected: bool) -> None:
    """The words of a name tell, not letters within them: an author's name is an identity."""
    assert is_credential(name, value) is expected
