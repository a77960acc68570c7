"""Salesforce, signed in to by an assertion of a user.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm: ``iss`` is the consumer
key, ``sub`` the user, ``aud`` the login's address without a path; the answer has no ``expires_in``.
The API is that of the example ``salesforce``.
"""

from collections.abc import Iterator
from dataclasses import replace

from tests.simulators import (
    Data,
    Expected,
    Json,
    JwtBearer,
    Mistake,
    drop,
    signing_key_text,
)
from tests.simulators.products import salesforce

_ACCOUNT = f"001{12:015}"


def _expected(data: Data) -> Iterator[Expected]:
    return (
        one for one in salesforce.PRODUCT.expected(data) if one.blueprint == "salesforceAccount"
    )


def _error(status: int, reason: str) -> Json:
    kind, _, said = reason.partition(": ")
    if status == 400 and kind.islower():
        return {"error": kind, "error_description": said}
    return salesforce.PRODUCT.error(status, reason)


def _token(token: str) -> Json:
    return {"access_token": token, "token_type": "Bearer", "scope": "api"}


PRODUCT = replace(
    salesforce.PRODUCT,
    auth=JwtBearer(
        path="/services/oauth2/token",
        audience="",
        claims={"iss": "your-consumer-key", "sub": "port@example.com"},
        answer=_token,
        lasts=3,
    ),
    origins=("https://login.salesforce.com",),
    made_settings=lambda: {"oauthJwtKey": signing_key_text()},
    error=_error,
    expected=_expected,
    vanish=lambda data: drop(data["Account"], _ACCOUNT, key="Id"),
    mistakes=(
        Mistake(
            "the token URL as the audience", {"oauthAudience": None}, error="check oauthJwtKey"
        ),
        Mistake("no user", {"oauthJwtClaims": None}, error="wrong sub"),
        Mistake("another client", {"oauthClientId": "other-key"}, error="wrong iss"),
        Mistake(
            "an assertion that has expired",
            {"oauthJwtClaims": '{"sub": "port@example.com", "exp": "{{ now - 60 }}"}'},
            error="expired",
        ),
        Mistake(
            "another way to sign",
            {"oauthJwtAlgorithm": "ES256"},
            error="oauthJwtKey cannot sign with ES256",
        ),
        Mistake(
            "the grant of other clients",
            {"oauthGrantType": None},
            error="oauthJwtKey is set, but oauthGrantType is 'client_credentials'",
        ),
        Mistake("no place for the link", {"nextLinkPath": None}),
    ),
)
