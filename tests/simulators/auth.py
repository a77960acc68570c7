"""How products tell who calls: what a request must carry, and logins that hand it out."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.simulators.endpoints import Custom
from tests.simulators.model import Answer, Call, Json, RefusedError


class Door(ABC):
    """The state of one simulator's authentication."""

    endpoints: Sequence[Custom] = ()
    """Endpoints that need no credentials: logins."""

    @abstractmethod
    def admits(self, call: Call) -> bool:
        """Whether a call carries what it must."""


class Auth(ABC):
    """A way to sign requests."""

    @abstractmethod
    def door(self) -> Door:
        """A new simulator's door."""


@dataclass(frozen=True)
class _Fixed(Auth, Door):
    """What never changes needs no state."""

    def door(self) -> Door:
        """Itself."""
        return self


@dataclass(frozen=True)
class Open(_Fixed):
    """Anybody may call."""

    def admits(self, call: Call) -> bool:
        """Always."""
        del call
        return True


@dataclass(frozen=True)
class KeyHeader(_Fixed):
    """A header with a value; the name's case does not matter, the value's does.

    ``read`` gives what of the header's value the product looks at.
    """

    name: str
    value: str
    read: Callable[[str], str] = str

    def admits(self, call: Call) -> bool:
        """Whether the header is there."""
        given = call.headers.get(self.name.lower())
        return given is not None and self.read(given) == self.value


@dataclass(frozen=True)
class KeyParam(_Fixed):
    """A query parameter with a value."""

    name: str
    value: str

    def admits(self, call: Call) -> bool:
        """Whether the parameter is there."""
        return call.param(self.name) == self.value


def Bearer(token: str, *, scheme: str = "Bearer") -> KeyHeader:  # noqa: N802 — reads as a style
    """``Authorization: Bearer <token>``, or another word in its place."""
    return KeyHeader("Authorization", f"{scheme} {token}")


def Basic(username: str, password: str = "") -> KeyHeader:  # noqa: N802 — reads as a style
    """``Authorization: Basic <base64 of username:password>`` (RFC 7617)."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return KeyHeader("Authorization", f"Basic {pair}")


def _bearer_answer(token: str) -> Json:
    return {"access_token": token, "token_type": "Bearer", "expires_in": 3600}


@dataclass(frozen=True, kw_only=True)
class Login(Auth):
    """A login at ``path`` with exactly these fields, as a form or as JSON.

    ``answer`` makes the login's body of the token. A request carries the token in ``header``, in
    the form of ``carries``. ``lasts``: how many requests a token is good for; None: for ever.
    """

    path: str
    form: Mapping[str, str] | None = None
    json: Mapping[str, Json] | None = None
    answer: Callable[[str], Json] = _bearer_answer
    header: str = "Authorization"
    carries: str = "Bearer {token}"
    lasts: int | None = None
    refusal: int = 401

    def door(self) -> Door:
        """A door with no tokens yet."""
        return _LoginDoor(self)

    def check(self, call: Call) -> None:
        """Raise RefusedError unless the login's request is as it must be."""
        kind = "json" if self.form is None else "x-www-form-urlencoded"
        wanted = self.json if self.form is None else self.form
        if kind not in call.headers.get("content-type", "") or call.body != wanted:
            raise RefusedError(self.refusal, "invalid client")


@dataclass(frozen=True, kw_only=True)
class JwtBearer(Login):
    """A login by an assertion that ``signing_key`` has signed (RFC 7523, 2.1).

    The assertion must have these ``claims`` beside its times; its audience is the path
    ``audience`` at the simulator's origin.
    """

    claims: Mapping[str, str]
    audience: str
    refusal: int = 400

    def check(self, call: Call) -> None:
        """Raise RefusedError unless grant, signature, audience, times and claims are right."""
        form = call.body if isinstance(call.body, Mapping) else {}
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            raise RefusedError(self.refusal, "unsupported_grant_type")
        try:
            given = jwt.decode(
                str(form.get("assertion")),
                signing_key().public_key(),
                algorithms=["RS256"],
                audience=call.origin + self.audience,
                options={"require": ["exp", *self.claims]},
            )
        except jwt.InvalidTokenError as error:
            raise RefusedError(self.refusal, f"invalid_grant: {error}") from None
        for name, value in self.claims.items():
            if given[name] != value:
                raise RefusedError(self.refusal, f"invalid_grant: wrong {name}")


@dataclass(frozen=True, kw_only=True)
class RotatingRefresh(Login):
    """A login by a refresh token that is good for once: the answer brings the next one.

    ``form`` is all but the token; ``refresh_token`` is the first one (RFC 6749, 6).
    """

    form: Mapping[str, str]
    refresh_token: str
    refusal: int = 400

    def door(self) -> Door:
        """A door that takes the first refresh token."""
        return _RefreshDoor(self)


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key of every service account, made once a process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def signing_key_text() -> str:
    r"""The key as a variable of one line holds it: PEM, with ``\n`` for its line breaks."""
    pem = signing_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode().strip().replace("\n", "\\n")


@dataclass
class _LoginDoor(Door):
    login: Login
    left: dict[str, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.endpoints = (Custom(self.login.path, self._enter, method="POST"),)

    def _enter(self, call: Call) -> Answer:
        self.login.check(call)
        return Answer(body=self.login.answer(self._issue()))

    def _issue(self) -> str:
        """A new token."""
        token = f"token-number-{len(self.left) + 1}"
        self.left[token] = self.login.lasts
        return token

    def admits(self, call: Call) -> bool:
        """Whether the call carries a token that still holds; uses it up by one."""
        carried = call.headers.get(self.login.header.lower())
        for token, left in self.left.items():
            if carried == self.login.carries.format(token=token):
                self.left[token] = None if left is None else left - 1
                return left is None or left > 0
        return False


@dataclass
class _RefreshDoor(_LoginDoor):
    login: RotatingRefresh

    def _enter(self, call: Call) -> Answer:
        """Take the newest refresh token, and hand out the next one beside an access token."""
        issued, login = len(self.left), self.login
        newest = f"refresh-token-number-{issued}" if issued else login.refresh_token
        if call.body != {**login.form, "refresh_token": newest}:
            raise RefusedError(login.refusal, "invalid_grant: Refresh token has expired")
        token = self._issue()
        following = {"refresh_token": f"refresh-token-number-{issued + 1}"}
        return Answer(body=login.answer(token) | following)
