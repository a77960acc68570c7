"""``oauth2``: a token from an authorization server signs every request.

One request is sent to ``oauthTokenUrl``, a form by the grant (RFC 6749, 4.4 and 6; RFC 7523, 2.1).
The answer is ``{"access_token": …, "expires_in": …}`` (RFC 6749, 5.1). A refresh token that the
server changes is kept in ``oauthTokenFile``.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

import httpx
import jwt
from loguru import logger

from authentication.renewal import json_of, named
from authentication.signature import Signature
from authentication.token_file import TokenFile
from errors import CredentialsError
from http_headers import is_header_value
from jq_engine.embedded import evaluated, filled
from jq_engine.programs import Jq, programs_in
from json_values import Json, as_text, keys_of
from settings.values import OAuthCredentials, OAuthGrantType
from transport.bodies import charset_of
from transport.http_client import status_of
from transport.redaction import Redactor

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_LIFETIME = 300
"""Seconds that an assertion is valid for, unless ``oauthJwtClaims`` has ``exp``."""

# What to do by the code of a refusal (RFC 6749, 5.2), else by the grant.
_CLIENT = "check oauthClientId, oauthClientSecret and oauthClientAuthentication"
_REMEDIES: Mapping[str, str] = {
    "invalid_client": _CLIENT,
    "unauthorized_client": _CLIENT,
    "invalid_scope": "check oauthScope",
    "unsupported_grant_type": "check oauthGrantType and oauthTokenUrl",
}
_GRANT_REMEDIES: Mapping[OAuthGrantType, str] = {
    "client_credentials": f"{_CLIENT}, also oauthScope and oauthAudience",
    "refresh_token": "authorize again and set oauthRefreshToken to the new token",
    "jwt_bearer": "check oauthJwtKey, oauthJwtClaims, oauthAudience and this machine's clock",
}

_USED_SHARE = 0.9  # of a token's lifetime: the next request takes time too
_LONGEST_LIFETIME = 10**9  # seconds; a larger number may be no number of seconds at all


class OAuthSignIn:
    """Obtains access tokens, by one request; see ``SignIn``."""

    def __init__(self, credentials: OAuthCredentials, redact: Redactor, jq: Jq) -> None:
        self._credentials = credentials
        self._redact = redact
        self._jq = jq
        self._file = TokenFile(credentials.token_file) if credentials.token_file else None
        self._newest = credentials.refresh_token

    def held(self) -> AbstractAsyncContextManager[None]:
        """Keep every other process from the refresh token."""
        rotates = self._credentials.grant_type == "refresh_token"
        return self._file.locked() if self._file and rotates else nullcontext()

    async def request(self, answers: Sequence[httpx.Response]) -> httpx.Request | None:
        """The token request, once."""
        return None if answers else await self._token_request()

    def accepts(self, answer: httpx.Response) -> bool:
        """Whether the server gave a token."""
        return answer.is_success

    async def end(self) -> httpx.Request | None:
        """Tokens end by themselves."""
        return None

    async def _token_request(self) -> httpx.Request:
        """The request by the grant."""
        credentials = self._credentials
        form: dict[str, str] = {}
        match credentials.grant_type:
            case "client_credentials":
                form = {"grant_type": "client_credentials", "audience": credentials.audience}
            case "refresh_token":
                form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token()}
            case "jwt_bearer":
                form = {"grant_type": JWT_BEARER, "assertion": await self._assertion()}
        form["scope"] = credentials.scope
        headers = {"Accept": "application/json"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        if credentials.client_secret and credentials.client_authentication == "basic":
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote_plus(credentials.client_id)}:{quote_plus(credentials.client_secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
            self._learn(headers["Authorization"].partition(" ")[2])
        elif (
            credentials.client_id and credentials.grant_type != "jwt_bearer"
        ) or credentials.client_secret:
            form |= {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
        content = urlencode({name: value for name, value in form.items() if value})
        return httpx.Request("POST", credentials.token_url, headers=headers, content=content)

    async def signature(self, answers: Sequence[httpx.Response], now: float) -> Signature:
        """What a token's answer gives; a new refresh token is kept. Raises CredentialsError."""
        answer = answers[-1]
        body = self._answer(answer)
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(token, str) or not token.strip():
            if isinstance(body, dict) and body.get("error"):
                # GitHub reports errors so: with the status of a success.
                raise await self.refusal(answer)
            raise CredentialsError(
                f"it gave no access_token, but {'no JSON' if body is None else keys_of(body)}",
                remedy="check oauthTokenUrl",
                request=named(answer.request, self._redact),
            )
        self._learn(token)
        kind = body.get("token_type") or "Bearer"
        if not isinstance(kind, str) or kind.lower() in {"dpop", "mac", "pop"}:
            raise CredentialsError(
                f"it gave a token of the type {kind!r}, which is not supported",
                remedy="ask for a bearer token",
                request=named(answer.request, self._redact),
            )
        if not is_header_value(token):
            raise CredentialsError(
                "the access_token holds characters HTTP cannot carry",
                remedy="check oauthTokenUrl",
                request=named(answer.request, self._redact),
            )
        self._keep_refresh_token(body.get("refresh_token"))
        return Signature(
            headers={"Authorization": f"Bearer {token}"},
            obtained_at=now,
            lifetime=lifetime_of(body),
        )

    async def refusal(self, answer: httpx.Response) -> CredentialsError:
        """The error for a refusal, with the server's own words (RFC 6749, 5.2)."""
        body = self._answer(answer)
        text = self._redact.beginning(
            answer.content.decode(charset_of(answer.headers), errors="replace")
        )
        code = body.get("error") if isinstance(body, dict) else None
        remedy = _REMEDIES.get(str(code), _GRANT_REMEDIES[self._credentials.grant_type])
        if answer.has_redirect_location:
            # Not followed: credentials go to the URL that the operator named, and no other.
            target, _, _ = answer.headers["Location"].partition("?")
            text = self._redact.beginning(f"to {target}")
            remedy = "set oauthTokenUrl to the URL that gives tokens itself"
        return CredentialsError(
            remedy=remedy,
            request=named(answer.request, self._redact),
            answered=status_of(answer),
            words=text,
        )

    def _answer(self, answer: httpx.Response) -> Json:
        body = json_of(answer)
        if isinstance(body, dict):
            tokens = [text for key, text in body.items() if key.endswith("token")]
            self._learn(*(text for text in tokens if isinstance(text, str)))
        return body

    def _learn(self, *tokens: str) -> None:
        """These are credentials, wherever they stand."""
        self._redact.learn(*tokens, origin="oauth", credentials=tokens)

    def _refresh_token(self) -> str:
        configured = self._credentials.refresh_token
        if self._file:
            self._newest = self._file.read(configured)
            # A file that cannot be written raises before the token is used up.
            self._file.write(configured, self._newest)
        else:
            self._newest = self._credentials.rotated.get(configured, configured)
        self._learn(self._newest)
        return self._newest

    def _keep_refresh_token(self, token: Json) -> None:
        """Keep the token that the server gave in the place of the one used (RFC 6749, 6)."""
        if self._credentials.grant_type != "refresh_token" or not isinstance(token, str):
            return
        if not token or token == self._newest:
            return
        self._newest = token
        if self._file:
            self._file.write(self._credentials.refresh_token, token)
        else:
            self._credentials.rotated[self._credentials.refresh_token] = token
        if self._file is None or self._file.may_be_lost:
            where = "in a folder for temporary files" if self._file else "not set"
            logger.warning(
                "the authorization server changed the refresh token, and oauthTokenFile is"
                f" {where}: after a restart it may be refused; name a file on a volume that lasts"
            )

    async def _assertion(self) -> str:
        """A signed JWT with the claims of RFC 7523, 3."""
        credentials = self._credentials
        now = int(time.time())
        claims: dict[str, Json] = {
            "iss": credentials.client_id,
            "sub": credentials.client_id,
            "aud": credentials.audience or credentials.token_url,
            "iat": now,
            "exp": now + JWT_LIFETIME,
            "jti": uuid4().hex,
        }
        where = "oauthJwtClaims"
        values = {
            program: await evaluated(program, self._jq, moment=now, where=where)
            for program in programs_in(credentials.jwt_claims)
        }
        claims |= {key: filled(claim, values) for key, claim in credentials.jwt_claims.items()}
        claims = {key: value for key, value in claims.items() if value not in (None, "")}
        # RFC 7519, 4.1.1: a text; some servers know their clients by number.
        claims |= {key: as_text(claims[key]) for key in ("iss", "sub") if key in claims}
        assertion = jwt.encode(claims, credentials.jwt_key, algorithm=credentials.jwt_algorithm)
        self._learn(assertion)
        return assertion


def lifetime_of(answer: Mapping[str, Json]) -> float | None:
    """Seconds for which a token is used, by ``expires_in`` (RFC 6749, 5.1); None without it.

    Some servers write the number as text.
    """
    given = answer.get("expires_in")
    try:
        seconds = float(given) if isinstance(given, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return None
    return min(seconds, _LONGEST_LIFETIME) * _USED_SHARE if seconds > 0 else None
