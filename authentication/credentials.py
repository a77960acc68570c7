"""What an installation says of OAuth 2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from json_values import Json

OAuthGrantType = Literal["client_credentials", "refresh_token", "jwt_bearer"]
OAUTH_GRANT_TYPES: tuple[OAuthGrantType, ...] = get_args(OAuthGrantType)
OAuthClientAuthentication = Literal["basic", "post"]
OAUTH_CLIENT_AUTHENTICATIONS: tuple[OAuthClientAuthentication, ...] = get_args(
    OAuthClientAuthentication
)
OAuthJwtAlgorithm = Literal[
    "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "HS256", "HS384", "HS512"
]
OAUTH_JWT_ALGORITHMS: tuple[OAuthJwtAlgorithm, ...] = get_args(OAuthJwtAlgorithm)


@dataclass(frozen=True)
class OAuthCredentials:
    """How a token is obtained, by RFC 6749 (4.4 and 6) or RFC 7523 (2.1).

    ``jwt_claims`` may hold ``{{ jq }}``; ``token_file`` is where a refresh token that the server
    changed is kept.
    """

    token_url: str
    grant_type: OAuthGrantType = "client_credentials"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    client_authentication: OAuthClientAuthentication = "basic"
    scope: str = ""
    audience: str = ""
    refresh_token: str = field(default="", repr=False)
    jwt_key: str = field(default="", repr=False)
    jwt_algorithm: OAuthJwtAlgorithm = "RS256"
    jwt_claims: Mapping[str, Json] = field(default_factory=dict, repr=False)
    token_file: Path | None = None
