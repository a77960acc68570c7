"""The settings of ``authType: oauth2``: a token from an authorization server."""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

import jwt

from errors import MappingError
from jq_engine.programs import checked, programs_in
from settings.login import parsed_url
from settings.reader import SettingsReader
from settings.values import (
    OAUTH_CLIENT_AUTHENTICATIONS,
    OAUTH_GRANT_TYPES,
    OAUTH_JWT_ALGORITHMS,
    OAuthCredentials,
    OAuthGrantType,
    StaticCredentials,
)

_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----)(.*?)(-----END [A-Z0-9 ]+-----)", re.DOTALL)
_PEM_LINE = 64

# What each grant cannot do without, beside the URL.
_NEEDED: Mapping[OAuthGrantType, tuple[str, ...]] = {
    "client_credentials": ("oauthClientId", "oauthClientSecret"),
    "refresh_token": ("oauthRefreshToken",),
    "jwt_bearer": ("oauthJwtKey",),
}


# What has no effect with another grant.
_OF_GRANT: Mapping[str, OAuthGrantType] = {
    "oauthRefreshToken": "refresh_token",
    "oauthTokenFile": "refresh_token",
    "oauthJwtKey": "jwt_bearer",
}


def read_oauth(reader: SettingsReader) -> OAuthCredentials | StaticCredentials:
    """How tokens are obtained; no credentials where the URL is missing, which is noted."""
    grant: OAuthGrantType = reader.word("oauthGrantType", OAUTH_GRANT_TYPES)
    url = _token_url(reader)
    for name in _NEEDED[grant]:
        if reader.text(name) is None:
            reader.missing(
                name, f"is missing: oauthGrantType {grant!r} needs it", "set it, or oauthGrantType"
            )
    _refuse_other_grants(reader, grant)
    file = reader.text("oauthTokenFile")
    if file and not Path(file).is_absolute():
        reader.fault("oauthTokenFile", "is not an absolute path", "write it like /data/token.json")
    credentials = OAuthCredentials(
        token_url=url or "",
        grant_type=grant,
        client_id=reader.text("oauthClientId") or "",
        client_secret=reader.text("oauthClientSecret") or "",
        client_authentication=reader.word(
            "oauthClientAuthentication", OAUTH_CLIENT_AUTHENTICATIONS
        ),
        scope=reader.text("oauthScope") or "",
        audience=reader.text("oauthAudience") or "",
        refresh_token=reader.text("oauthRefreshToken") or "",
        jwt_key=pem_text(reader.text("oauthJwtKey") or ""),
        jwt_algorithm=reader.word("oauthJwtAlgorithm", OAUTH_JWT_ALGORITHMS),
        jwt_claims=reader.object("oauthJwtClaims"),
        token_file=Path(file) if file else None,
    )
    _check_claims(reader, credentials)
    _check_key(reader, credentials)
    return credentials if url else StaticCredentials()


def pem_text(text: str) -> str:
    r"""The blocks of a PEM text as OpenSSL reads them (RFC 7468, 2), without what is between them.

    Line breaks may have been written as ``\n``, or become spaces, as in variables of one line.
    """
    blocks = _PEM.findall(text.replace("\\n", "\n"))
    return "".join(f"{begin}\n{_lines_of(body)}\n{end}\n" for begin, body, end in blocks) or text


def _lines_of(body: str) -> str:
    """The base64 of a block in lines; one with headers, as of old encrypted keys, as it is."""
    return body.strip() if ":" in body else textwrap.fill("".join(body.split()), _PEM_LINE)


def _token_url(reader: SettingsReader) -> str | None:
    text = reader.text("oauthTokenUrl")
    if text is None:
        reader.missing(
            "oauthTokenUrl",
            "is missing: authType 'oauth2' needs it",
            "set it to the URL where the authorization server gives tokens",
        )
        return None
    url = parsed_url(text)
    if url is None or url.userinfo:
        # Not quoted: it may hold a password.
        reader.fault(
            "oauthTokenUrl",
            "is not a URL without user and password",
            "write it like https://login.example.com/oauth/token",
        )
        return None
    return text


def _refuse_other_grants(reader: SettingsReader, grant: OAuthGrantType) -> None:
    """A setting of another grant has no effect: most likely the grant is wrong."""
    for name, its in _OF_GRANT.items():
        if reader.text(name) is not None and grant != its:
            reader.fault(
                name,
                f"is set, but oauthGrantType is {grant!r}",
                f"remove it, or set oauthGrantType to {its}",
            )


def _check_claims(reader: SettingsReader, credentials: OAuthCredentials) -> None:
    for program in programs_in(credentials.jwt_claims):
        try:
            checked(f"def now: 0; {program}", "oauthJwtClaims")
        except MappingError:
            reader.fault(
                "oauthJwtClaims",
                "holds a {{…}} that is not a jq program for mappings",
                "correct the expression, as in {{ now + 300 }}",
            )


def _check_key(reader: SettingsReader, credentials: OAuthCredentials) -> None:
    """Note a key that cannot sign with the algorithm."""
    if credentials.grant_type != "jwt_bearer" or not credentials.jwt_key:
        return
    algorithm = credentials.jwt_algorithm
    try:
        jwt.encode({}, credentials.jwt_key, algorithm=algorithm)
    except (ValueError, TypeError, jwt.exceptions.PyJWTError):
        what = "a shared secret" if algorithm.startswith("HS") else "a private key as PEM text"
        reader.fault(
            "oauthJwtKey",
            f"cannot sign with {algorithm}",
            f"give {what} without a passphrase, or correct oauthJwtAlgorithm",
        )
