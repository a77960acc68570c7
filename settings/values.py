"""The settings as values: what the rest of the integration works with."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Literal, get_args

import httpx
from msgspec import field

from json_values import Json
from paging.paginator import PaginationSettings
from records import Discreet
from transport.bodies import MIB


class StaticCredentials(Discreet, frozen=True):
    """Headers or query parameters that sign every request; none for ``authType: none``.

    ``setting`` is the one that the secret in them comes from.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query_params: Mapping[str, str] = field(default_factory=dict)
    setting: str = ""


class LoginRequest(Discreet, frozen=True):
    """The login call of ``authType: custom``; ``endpoint`` is a path or a full URL.

    ``reauthenticate_after`` is in seconds; None: only when the API answers 401.
    """

    endpoint: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] | None = None
    body_form: str | None = None
    query_params: Mapping[str, str] = field(default_factory=dict)
    reauthenticate_after: float | None = None

    @property
    def texts(self) -> Json:
        """The parts that may hold ``{{ jq }}``."""
        parts: list[Json] = [self.endpoint, self.body_form, {**self.headers}, {**self.query_params}]
        return [*parts, {**self.body} if self.body else None]


class LoginCredentials(Discreet, frozen=True):
    """How to log in, and how the answer signs requests: texts with ``{{ jq }}`` in them.

    ``steps`` are sent one after the other, each with values of the answer before; ``logout`` is
    sent at the end, with values of the last answer.
    """

    steps: tuple[LoginRequest, ...]
    logout: LoginRequest | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query_params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] = field(default_factory=dict)


OAuthGrantType = Literal["client_credentials", "refresh_token", "jwt_bearer"]
OAUTH_GRANT_TYPES: tuple[OAuthGrantType, ...] = get_args(OAuthGrantType)
OAuthClientAuthentication = Literal["basic", "post"]
OAUTH_CLIENT_AUTHENTICATIONS: tuple[OAuthClientAuthentication, ...] = get_args(
    OAuthClientAuthentication
)
OAuthJwtAlgorithm = Literal["RS256", "ES256", "HS256", "RS384", "RS512", "ES384", "HS384", "HS512"]
OAUTH_JWT_ALGORITHMS: tuple[OAuthJwtAlgorithm, ...] = get_args(OAuthJwtAlgorithm)


class OAuthCredentials(Discreet, frozen=True):
    """How a token is obtained, by RFC 6749 (4.4 and 6) or RFC 7523 (2.1).

    ``jwt_claims`` may hold ``{{ jq }}``; ``token_file`` is where a refresh token that the server
    changed is kept, ``rotated`` where it is without a file: by the token that was configured.
    """

    token_url: str
    grant_type: OAuthGrantType = "client_credentials"
    client_id: str = ""
    client_secret: str = ""
    client_authentication: OAuthClientAuthentication = "basic"
    scope: str = ""
    audience: str = ""
    refresh_token: str = ""
    jwt_key: str = ""
    jwt_algorithm: OAuthJwtAlgorithm = "RS256"
    jwt_claims: Mapping[str, Json] = field(default_factory=dict)
    token_file: Path | None = None
    rotated: MutableMapping[str, str] = field(default_factory=dict)


Credentials = StaticCredentials | LoginCredentials | OAuthCredentials


class Certificates(Discreet, frozen=True):
    """What TLS uses beside the usual, as PEM text; empty where nothing is set.

    ``client`` may hold a chain; ``key`` is that of its first certificate. ``authority`` is trusted
    beside the usual ones.
    """

    client: str = ""
    key: str = ""
    authority: str = ""


class Settings(Discreet, frozen=True):
    """One installation.

    Times in seconds, sizes in bytes; ``requests_per_minute`` None: no ceiling, ``request_burst`` is
    how many it allows at once. Of the
    ``secrets`` those ``secrets_in_data`` are credentials wherever they stand; ``short_secrets``
    are the names of settings with a secret too short to be looked for.
    """

    base_url: httpx.URL
    credentials: Credentials = field(default_factory=StaticCredentials)
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    query_params: tuple[tuple[str, str], ...] = ()
    pagination: PaginationSettings = field(default_factory=PaginationSettings)
    timeout: float = 30.0
    verify_ssl: bool = True
    certificates: Certificates = field(default_factory=Certificates)
    max_concurrent_requests: int = 10
    requests_per_minute: int | None = None
    request_burst: int = 1
    retry_after_header: str = ""
    allowed_hosts: tuple[str, ...] = ()
    max_retry_wait: float = 120.0
    max_pages: int = 10_000
    max_response_size: int = 256 * MIB
    max_compressed_size: int = 128 * MIB
    second_look: bool = True
    secrets: tuple[str, ...] = ()
    secrets_in_data: tuple[str, ...] = ()
    short_secrets: tuple[str, ...] = ()
