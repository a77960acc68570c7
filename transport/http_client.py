"""The HTTP client that carries everything: Ocean's, for its address checks and TLS settings.

The only module that knows how Ocean builds clients. Nothing is retried or logged here:
retries stand above (``retry.py``), and URLs may hold credentials by now.
"""

import ipaddress
import logging
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, override

import httpx
from port_ocean.context.ocean import ocean
from port_ocean.exceptions.clients import BlockedIPError as AddressRefused
from port_ocean.helpers.async_client import OceanAsyncClient
from port_ocean.helpers.retry import RetryTransport
from port_ocean.helpers.ssl import resolve_verify_param

from errors import SourceError
from records import Discreet
from transport.aiohttp_transport import AiohttpTransport
from transport.client_certificate import load_certificate
from transport.origin import Origin

__all__ = [
    "WIRE_ERRORS",
    "AddressRefused",
    "PinnedTransport",
    "open_http",
    "request_of",
    "tls_refusal",
]

BEGINS_SESSION = "ocean_custom_begins_session"
"""The extension of the first request of a sign-in: true, for cookies before it are of no use."""

# OpenSSL's words for it, where others say that a certificate expired or is of another host.
# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_UNKNOWN_AUTHORITY = re.compile("self.signed|issuer|first certificate")

WIRE_ERRORS = (httpx.RequestError, AddressRefused)
"""What a client from here raises when no answer, or no whole one, came."""


class _DirectTransport(RetryTransport):
    """In the place of Ocean's transport, without its retries, its log lines and their URLs."""

    def __init__(self, *, wire: httpx.AsyncBaseTransport, **ocean_arguments: Any) -> None:  # noqa: ANN401 — as Ocean passes them
        super().__init__(**ocean_arguments | {"wrapped_transport": wire})
        self._wire = wire

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once."""
        return await self._wire.handle_async_request(request)


class PinnedTransport(httpx.AsyncBaseTransport):
    """Below Ocean's check, which looks a name up and puts its address into the request's URL.

    So nobody can give a name another address between the check and the connection. But the check
    lets some private addresses pass, and writes ``Host`` without port, brackets and IDNA (RFC 9110,
    7.2). It also leaves the address in the request. Then cookies would not belong to its host, and
    a second attempt, after a renewed sign-in, would ask for a certificate of the address.
    """

    def __init__(self, wrapped: httpx.AsyncBaseTransport) -> None:
        self._wrapped = wrapped

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the address; raises AddressRefused for one that is private."""
        address, name = request.url, request.extensions.get("sni_hostname")
        if name:
            request.url = address.copy_with(host=name)
            request.headers["Host"] = request.url.netloc.decode()
        if private := _private_address(address.host):
            raise AddressRefused(
                f"Request to {address.host} was blocked: it stands for {private}, which is"
                " not within the allowed ranges"
            )
        sent = httpx.Request(
            request.method,
            address,
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._wrapped.handle_async_request(sent)

    @override
    async def aclose(self) -> None:
        await self._wrapped.aclose()


# IPv4-compatible (RFC 4291, 2.5.5.1), IPv4-translated (RFC 2765, 2.1) and NAT64 (RFC 6052, 2.1):
# IPv4 in the last 32 bits.
_WITH_IPV4 = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
# NAT64 of one network (RFC 8215), which may have the IPv4 address in any of several places.
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


def _private_address(text: str) -> str | None:
    """The private address that an address is or stands for, None for any other host.

    That is any address that the Internet does not route: Ocean's own list lacks some.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return None if _is_public(address) else str(address)
    if address in _LOCAL_NAT64:
        return f"an address of the network {_LOCAL_NAT64}"
    if address.is_site_local:  # withdrawn (RFC 3879), and still private where somebody uses it
        return "a site-local address"
    embedded = address.ipv4_mapped or address.sixtofour
    if any(address in network for network in _WITH_IPV4):
        embedded = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    where = embedded or address
    return None if _is_public(where) else str(where)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


class _Cookies(httpx.Cookies):
    """httpx's cookies, only of the origin of ``base_url``: cookies know hosts, but no ports.

    They are looked for only in answers that have some: few do, and looking is dear.
    """

    def __init__(self, base_url: httpx.URL) -> None:
        super().__init__()
        self._origin = Origin.of(base_url)

    @override
    def extract_cookies(self, response: httpx.Response) -> None:
        if "Set-Cookie" in response.headers and Origin.of(response.request.url) == self._origin:
            super().extract_cookies(response)


class _Client(OceanAsyncClient):
    """Ocean's client; only what goes through a proxy is carried by httpx itself."""

    @cached_property
    def cookies(self) -> httpx.Cookies:
        """The cookies that the API set."""
        return _Cookies(self.base_url)

    async def add_cookies(self, request: httpx.Request) -> None:
        """A request hook: cookies that the API set go to its own origin, a login's by then too.

        They know domains, but no ports; a ``Cookie`` that the operator wrote stays alone.
        """
        if request.extensions.get(BEGINS_SESSION):
            self.cookies.clear()
        if not self.cookies or "Cookie" in request.headers:
            return
        if Origin.of(request.url) == Origin.of(self.base_url):
            self.cookies.set_cookie_header(request)

    @override
    def _wrap_with_ip_blocker_if_needed(
        self, transport: httpx.AsyncBaseTransport
    ) -> httpx.AsyncBaseTransport:
        if ocean.config.disable_ip_outbound_blocker:
            return transport
        return super()._wrap_with_ip_blocker_if_needed(PinnedTransport(transport))

    @override
    def _init_proxy_transport(  # type: ignore[override] # as Ocean overrides it
        self, proxy: httpx.Proxy, **arguments: Any
    ) -> httpx.AsyncBaseTransport:
        transport = httpx.AsyncHTTPTransport(proxy=proxy, **arguments)
        return self._wrap_with_ip_blocker_if_needed(transport)


def request_of(
    http: httpx.AsyncClient,
    method: str,
    url: httpx.URL,
    headers: Mapping[str, str],
    extensions: Mapping[str, Any],
    **content: Any,  # noqa: ANN401 — as httpx takes them
) -> httpx.Request:
    """A request with a client's headers, and no cookies: ``add_cookies`` adds them as it is sent.

    A client itself would merge those, parameters and a base URL each time.
    """
    merged = httpx.Headers(http.headers)
    merged.update(headers)
    known = {"timeout": http.timeout.as_dict(), **extensions}
    return httpx.Request(method, url, headers=merged, extensions=known, **content)


def open_http(
    base_url: httpx.URL,
    *,
    verify_ssl: bool = True,
    connections: int = 10,
    client_certificate: tuple[str, str] = ("", ""),
    authority: str = "",
) -> httpx.AsyncClient:
    """A client for one resync with at most ``connections``; close it with ``aclose``.

    It checks addresses as Ocean demands of hosted integrations and verifies TLS by
    Ocean's settings if ``verify_ssl``, trusting ``authority`` (PEM) too. ``client_certificate`` is
    a certificate and its key (PEM), empty for none. Redirects are not followed.
    """
    # With logging on they write URLs and headers, credentials and all.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    verify = verify_ssl and resolve_verify_param(ocean.config.ssl.third_party)
    tls = httpx.create_ssl_context(verify=verify)
    if authority and verify_ssl:
        tls.load_verify_locations(cadata=authority)
    if client_certificate[0]:
        load_certificate(tls, *client_certificate)
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    client = _Client(
        _DirectTransport,
        transport_kwargs={"wire": AiohttpTransport(tls, limits)},
        base_url=base_url,
        verify=tls,
        timeout=None,
        limits=limits,
        headers={"Accept": "application/json", "User-Agent": "port-ocean-custom"},
    )
    client.event_hooks["request"].append(client.add_cookies)
    return client


def tls_refusal(reason: str, *, has_certificate: bool) -> SourceError | None:
    """The error when one side ended TLS because of a certificate; None otherwise.

    ``reason`` is OpenSSL's (RFC 8446, 6.2: the alerts).
    """
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        remedy = "set caCertificate to the authority that signed it, or turn verifySsl off"
        if not _UNKNOWN_AUTHORITY.search(reason):
            remedy = "ask the API's owner for one that is valid here, or turn verifySsl off"
        return SourceError(reason, remedy)
    alert = reason.upper().replace(" ", "_")
    if "CERTIFICATE_REQUIRED" in alert or "HANDSHAKE_FAILURE" in alert:
        if has_certificate:
            return SourceError(
                f"the server refused the TLS handshake ({reason})",
                remedy="set the clientCertificate that it wants",
            )
        return SourceError(
            f"the server wants a client certificate ({reason})",
            remedy="set clientCertificate and clientKey",
        )
    if has_certificate and "ALERT" in alert and ("CERTIFICATE" in alert or "UNKNOWN_CA" in alert):
        return SourceError(
            f"the server does not accept clientCertificate ({reason})",
            remedy="give one of an authority that it trusts, with its chain",
        )
    return None


class SetCookie(Discreet, frozen=True):
    """A cookie as an answer sets it (RFC 6265, 5.2); without the quotes around a value."""

    name: str
    value: str
    attributes: str


def cookies_set(response: httpx.Response) -> list[SetCookie]:
    """The cookies that an answer sets, in order."""
    found = []
    for header in response.headers.get_list("Set-Cookie"):
        pair, _, attributes = header.partition(";")
        name, _, value = pair.partition("=")
        found.append(SetCookie(name.strip(), value.strip(' "'), attributes))
    return found


def status_of(response: httpx.Response) -> str:
    """The status as errors name it: ``404 Not Found``."""
    return f"{response.status_code} {response.reason_phrase}".rstrip()
