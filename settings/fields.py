"""The settings there are: one table, from which everything else about them comes.

Names, kinds, defaults and bounds are taken from here by the reader (``reader.py``), by a resource's
own pagination (``selector``) and by the warnings about unknown names. So are the tables of
``docs/settings.md``. A test compares ``.port/spec.yaml``.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from json_values import Json
from paging.paginator import PAGINATION_TYPES
from paging.signal_names import DEFAULT_NEXT_LINK_PATH
from settings.values import OAUTH_CLIENT_AUTHENTICATIONS, OAUTH_GRANT_TYPES, OAUTH_JWT_ALGORITHMS

AuthType = Literal["none", "bearer_token", "basic", "api_key", "custom", "oauth2"]
AUTH_TYPES: tuple[AuthType, ...] = get_args(AuthType)

Kind = Literal["url", "string", "integer", "boolean", "object", "array"]
"""The types of Ocean's specifications; ``url`` and ``string`` are texts here."""

VARIABLE_PREFIX = "OCEAN__INTEGRATION__CONFIG__"


class SettingField(Struct, frozen=True):
    """One setting.

    ``example`` is a text as a variable of the environment would hold it. ``least`` and ``most``
    bound a whole number. ``words`` are all that may be said, ``aliases`` other spellings of
    them. A setting with ``depends_on`` counts, and is shown in forms, only when that other
    setting has one of the values of ``shown_for``; ``needed``: a form must ask for it then.
    ``advanced``: most installations never set it. ``foreign_names`` are what other
    integrations call it.
    """

    name: str
    kind: Kind
    example: str
    default: Json = None
    least: int | None = None
    most: int | None = None
    words: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    required: bool = False
    sensitive: bool = False
    depends_on: str = ""
    shown_for: tuple[str, ...] = ()
    needed: bool = False
    advanced: bool = False
    foreign_names: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name as Ocean hands it over, in snake_case."""
        return snake(self.name)

    @property
    def variable(self) -> str:
        """The variable of the environment that holds it."""
        return VARIABLE_PREFIX + self.key.upper()


def snake(name: str) -> str:
    """A name in snake_case, whichever way its words are joined."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()


def _shown_for(
    setting: str, words: Sequence[str], *fields: SettingField
) -> tuple[SettingField, ...]:
    """Fields that count, and are shown in forms, only when a setting has one of these words."""
    return tuple(replace(one, depends_on=setting, shown_for=tuple(words)) for one in fields)


_PAGED = tuple(word for word in PAGINATION_TYPES if word != "none")

SECTIONS: Mapping[str, tuple[SettingField, ...]] = {
    "The API": (
        SettingField("baseUrl", "url", "https://api.example.com/v2", required=True),
        SettingField("customHeaders", "object", '{"X-Tenant": "${TENANT}"}', sensitive=True),
        SettingField(
            "queryParams", "object", '{"api-version": "2024-07-01"}', sensitive=True, advanced=True
        ),
        SettingField("allowedHosts", "array", '["files.example.com"]', default=[], advanced=True),
        SettingField("verifySsl", "boolean", "false", default=True, advanced=True),
        SettingField(
            "clientCertificate", "string", "-----BEGIN CERTIFICATE-----\\n…", advanced=True
        ),
        SettingField(
            "clientKey", "string", "-----BEGIN PRIVATE KEY-----\\n…", sensitive=True, advanced=True
        ),
        SettingField("caCertificate", "string", "-----BEGIN CERTIFICATE-----\\n…", advanced=True),
        SettingField("timeout", "integer", "120", default=30, least=1, most=3600, advanced=True),
    ),
    "Credentials": (
        SettingField(
            "authType",
            "string",
            "bearer_token",
            default="none",
            words=AUTH_TYPES,
            aliases=(("basic_auth", "basic"),),
        ),
        *_shown_for(
            "authType",
            ("bearer_token",),
            SettingField("apiToken", "string", "my-token", sensitive=True, needed=True),
        ),
        *_shown_for(
            "authType",
            ("basic",),
            SettingField("username", "string", "me", needed=True),
            SettingField("password", "string", "my-password", sensitive=True),
        ),
        *_shown_for(
            "authType",
            ("api_key",),
            SettingField("apiKey", "string", "my-key", sensitive=True, needed=True),
            SettingField("apiKeyHeader", "string", "Authorization", default="X-API-Key"),
            SettingField("apiKeyParam", "string", "api_token"),
        ),
        *_shown_for(
            "authType",
            ("bearer_token", "basic", "api_key"),
            SettingField("authValue", "string", "my-token", sensitive=True),
        ),
        *_shown_for(
            "authType",
            ("custom",),
            SettingField(
                "customAuthRequest",
                "object",
                '{"endpoint": "/login", "body": {"user": "me"}}',
                sensitive=True,
                needed=True,
            ),
            SettingField(
                "customAuthRequestTemplate",
                "object",
                '{"headers": {"X-Token": "{{.token}}"}}',
                sensitive=True,
                needed=True,
            ),
            SettingField(
                "customAuthLogoutRequest",
                "object",
                '{"endpoint": "/logout", "method": "DELETE"}',
                sensitive=True,
                advanced=True,
            ),
        ),
        *_shown_for(
            "authType",
            ("oauth2",),
            SettingField(
                "oauthTokenUrl", "url", "https://login.example.com/oauth/token", needed=True
            ),
            SettingField(
                "oauthGrantType",
                "string",
                "refresh_token",
                default="client_credentials",
                words=OAUTH_GRANT_TYPES,
            ),
            SettingField("oauthClientId", "string", "my-client"),
            SettingField("oauthClientSecret", "string", "my-secret", sensitive=True),
            SettingField("oauthScope", "string", "read:all"),
            SettingField("oauthAudience", "string", "https://api.example.com"),
            SettingField("oauthRefreshToken", "string", "my-refresh-token", sensitive=True),
            SettingField(
                "oauthJwtKey", "string", "-----BEGIN PRIVATE KEY-----\\n…", sensitive=True
            ),
            SettingField(
                "oauthJwtAlgorithm",
                "string",
                "ES256",
                default="RS256",
                words=OAUTH_JWT_ALGORITHMS,
                advanced=True,
            ),
            SettingField(
                "oauthJwtClaims",
                "object",
                '{"sub": "me@example.com"}',
                sensitive=True,
                advanced=True,
            ),
            SettingField(
                "oauthClientAuthentication",
                "string",
                "post",
                default="basic",
                words=OAUTH_CLIENT_AUTHENTICATIONS,
                advanced=True,
            ),
            SettingField("oauthTokenFile", "string", "/data/refresh-token.json", advanced=True),
        ),
    ),
    "Pagination": (
        SettingField("paginationType", "string", "page", default="none", words=PAGINATION_TYPES),
        *_shown_for(
            "paginationType",
            _PAGED,
            SettingField("pageSize", "integer", "50", default=100, least=1, most=100_000),
        ),
        *_shown_for(
            "paginationType",
            ("offset", "page", "cursor"),
            SettingField(
                "paginationParam",
                "string",
                "page[after]",
                foreign_names=("offsetParam", "pageParam", "cursorParam"),
            ),
        ),
        *_shown_for(
            "paginationType",
            _PAGED,
            SettingField("sizeParam", "string", "per_page", foreign_names=("limitParam",)),
        ),
        *_shown_for(
            "paginationType",
            ("page",),
            SettingField("startPage", "integer", "0", default=1, least=0, most=1, advanced=True),
        ),
        *_shown_for(
            "paginationType",
            ("cursor",),
            SettingField("cursorPath", "string", "meta.after_cursor", advanced=True),
        ),
        SettingField("hasMorePath", "string", "meta.has_more", advanced=True),
        SettingField("lastPagePath", "string", "isLast", advanced=True),
        SettingField("totalPath", "string", "page.rows", advanced=True),
        *_shown_for(
            "paginationType",
            ("next_link",),
            SettingField(
                "nextLinkPath",
                "string",
                "links.next",
                default=DEFAULT_NEXT_LINK_PATH,
                advanced=True,
            ),
        ),
        *_shown_for(
            "paginationType",
            ("header_link",),
            SettingField("headerLinkRel", "string", "next", default="next", advanced=True),
        ),
        SettingField(
            "maxPages", "integer", "50000", default=10_000, least=1, most=10_000_000, advanced=True
        ),
    ),
    "Limits": (
        SettingField(
            "maxConcurrentRequests", "integer", "4", default=10, least=1, most=1000, advanced=True
        ),
        SettingField("requestsPerMinute", "integer", "300", least=1, most=1_000_000, advanced=True),
        SettingField("requestBurst", "integer", "20", least=1, most=1000, advanced=True),
        SettingField("retryAfterHeader", "string", "X-Wait-Seconds", advanced=True),
        SettingField(
            "maxRetryWait", "integer", "600", default=120, least=0, most=86_400, advanced=True
        ),
        SettingField(
            "maxResponseSize", "integer", "1024", default=256, least=1, most=65_536, advanced=True
        ),
        SettingField(
            "maxCompressedSize", "integer", "64", default=128, least=1, most=65_536, advanced=True
        ),
        SettingField("secondLook", "boolean", "false", default=True, advanced=True),
    ),
}
"""All settings, in the sections and the order of ``docs/settings.md``."""

FIELDS: Mapping[str, SettingField] = {
    field.name: field for fields in SECTIONS.values() for field in fields
}
"""All settings by name."""
