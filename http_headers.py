"""What an HTTP header may be called and carry, and which ones an operator may set (RFC 9110)."""

import re

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2: token
# Of one connection (RFC 9110, 7.6.1 and 10.1.1; RFC 9112, 6): whoever writes the message sets them.
_OF_THE_MESSAGE = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def is_header_name(name: str) -> bool:
    """Whether a text can name an HTTP header."""
    return _NAME.fullmatch(name) is not None


def is_header_value(value: str) -> bool:
    """Whether an HTTP header can carry a text."""
    return value.isascii() and value.isprintable()


def is_set_by_http(name: str) -> bool:
    """Whether a header frames or routes a message, so that another value would break or divert it.

    ``Host`` is the origin of ``baseUrl``; ``Content-Length`` is the body's.
    """
    return name.lower() in _OF_THE_MESSAGE
