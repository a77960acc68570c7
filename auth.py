"""How requests are signed: the scheme for the credentials of an installation.

The schemes are ``httpx.Auth`` flows: they do no HTTP of their own. Requests to sign in are
*yielded*, so they ride the same transport as any other; see the package ``authentication``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

import httpx

from authentication.login import LoginSignIn
from authentication.oauth2 import OAuthSignIn
from authentication.renewal import Flow, RenewedAuth
from authentication.signature import signed_url
from jq_engine.programs import Jq
from settings.values import Credentials, LoginCredentials, OAuthCredentials, StaticCredentials
from transport.redaction import Redactor


def make_auth(  # noqa: PLR0913 (each is a part of the world around a scheme)
    credentials: Credentials,
    base_url: httpx.URL,
    redact: Redactor,
    *,
    jq: Jq,
    custom_headers: Mapping[str, str] | None = None,
    retry_after_header: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> StaticAuth | RenewedAuth:
    """The scheme for these credentials.

    ``custom_headers`` go along with a login at the API's own origin, nowhere else;
    ``retry_after_header`` is read of its answers as of any other; ``clock`` gives seconds.
    """
    renewed = partial(RenewedAuth, retry_after_header=retry_after_header, clock=clock)
    match credentials:
        case StaticCredentials():
            return StaticAuth(credentials)
        case LoginCredentials():
            login = LoginSignIn(credentials, base_url, redact, jq, headers=custom_headers or {})
            intervals = (step.reauthenticate_after for step in credentials.steps)
            renew_after = min(filter(None, intervals), default=None)
            return renewed(login, redact, renew_after=renew_after)
        case OAuthCredentials():
            return renewed(OAuthSignIn(credentials, redact, jq), redact)


class StaticAuth(httpx.Auth):
    """Bearer, basic and API key: headers, or a query parameter, that never change.

    A 401 is final: the same credentials will not fare better a second time.
    """

    def __init__(self, credentials: StaticCredentials) -> None:
        self._credentials = credentials

    async def async_auth_flow(self, request: httpx.Request) -> Flow:
        """Sign, send once."""
        request.headers.update(self._credentials.headers)
        request.url = signed_url(request.url, self._credentials.query_params)
        yield request
