"""Origins (RFC 6454): which of them a signed request may go to, and which one a URL has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import httpx
from msgspec import Struct

from errors import OriginError

_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


class Origin(Struct, frozen=True):
    """Scheme, host and port; ``port`` is None for a scheme without a default port."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def of(cls, url: httpx.URL) -> Self:
        """The origin of a URL. Raises UnicodeError for a host that cannot be decoded."""
        return cls(url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme))


class OriginGuard:
    """Which URLs requests may go to: the origin of the base URL, and ``allowedHosts``."""

    def __init__(self, base_url: httpx.URL, allowed_hosts: tuple[str, ...]) -> None:
        self._base = base_url
        # Without a scheme: under https, 443 would be no port, and so any port.
        urls = [httpx.URL(f"//{host}") for host in allowed_hosts]
        self._allowed = frozenset((url.host, url.port) for url in urls)

    def admit(self, url: httpx.URL | str) -> httpx.URL:
        """The URL as it will be requested, its scheme that of the base URL.

        The same host under the other scheme is the API behind a proxy that does not know
        its own scheme; any other origin raises OriginError, and so does a user in the URL.
        """
        try:
            target = httpx.URL(url)
            # Only now is an internationalised name decoded, which may fail.
            is_home = self._is_home(target)
        except (httpx.InvalidURL, ValueError):
            raise OriginError("a link is not a valid URL; nothing was sent") from None
        if target.userinfo:
            raise OriginError("a link or redirect holds a user or password; nothing was sent")
        if target.scheme in _DEFAULT_PORTS:
            if is_home and target.scheme == self._base.scheme:
                return target
            if is_home:
                return target.copy_with(scheme=self._base.scheme, port=self._base.port)
            port = Origin.of(target).port
            is_allowed = {(target.host, None), (target.host, port)} & self._allowed
            if is_allowed and target.scheme in {self._base.scheme, "https"}:
                return target
        raise OriginError(
            f"a link or redirect leads to {target.scheme}://{_place(target)}, outside"
            f" {self._base.scheme}://{_place(self._base)}; nothing was sent there",
            remedy=self._remedy(target),
        )

    def _remedy(self, target: httpx.URL) -> str:
        if target.scheme not in {self._base.scheme, "https"}:
            # Mostly the address that the API has behind its proxy.
            return (
                f"no setting leads from {self._base.scheme} to {target.scheme}: have the API write"
                " its public address there, or page by offset or page"
            )
        return f"if the API really lives there too, add {_place(target)} to allowedHosts"

    def admits(self, url: httpx.URL) -> bool:
        """Whether requests may go to a URL, and be signed."""
        try:
            self.admit(url)
        except OriginError:
            return False
        return True

    def _is_home(self, target: httpx.URL) -> bool:
        """Same host, and the same port or each its scheme's default."""
        if target.host != self._base.host:
            return False
        both_default = target.port is None and self._base.port is None
        return both_default or Origin.of(target).port == Origin.of(self._base).port


def _place(url: httpx.URL) -> str:
    """The host of a URL, and its port where that is not the scheme's own."""
    return url.netloc.decode()
