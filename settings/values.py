"""The settings as values: what the rest of the integration works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from json_values import Json
from pagination import PaginationSettings
from transport.bodies import MIB


@dataclass(frozen=True)
class StaticCredentials:
    """Headers or query parameters that sign every request; none for ``authType: none``.

    ``setting`` is the one that the secret in them comes from.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    setting: str = field(default="", compare=False)


@dataclass(frozen=True)
class LoginRequest:
    """The login call of ``authType: custom``; ``endpoint`` is a path or a full URL.

    ``reauthenticate_after`` is in seconds; None: only when the API answers 401.
    """

    endpoint: str = field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Json] | None = field(default=None, repr=False)
    body_form: str | None = field(default=None, repr=False)
    query_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    reauthenticate_after: float | None = None


@dataclass(frozen=True)
class LoginCredentials:
    """How to log in, and how the answer signs requests: texts with ``{{.jq.path}}`` in them."""

    login: LoginRequest
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Json] = field(default_factory=dict, repr=False)


Credentials = StaticCredentials | LoginCredentials


@dataclass(frozen=True)
class Settings:
    """One installation.

    Times in seconds, sizes in bytes; ``requests_per_minute`` None: no ceiling, ``request_burst`` is
    how many it allows at once. Of the
    ``secrets`` those ``secrets_in_data`` are credentials wherever they stand; ``short_secrets``
    are the names of settings with a secret too short to be looked for.
    """

    base_url: httpx.URL
    credentials: Credentials = field(default_factory=StaticCredentials)
    custom_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query_params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    pagination: PaginationSettings = field(default_factory=PaginationSettings)
    timeout: float = 30.0
    verify_ssl: bool = True
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
    secrets: tuple[str, ...] = field(default=(), repr=False)
    secrets_in_data: tuple[str, ...] = field(default=(), repr=False)
    short_secrets: tuple[str, ...] = ()
