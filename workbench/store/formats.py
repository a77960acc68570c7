"""The formats of a string property that Port checks before it takes an entity."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urlsplit

# RFC 3339, 5.6, with seconds and an offset; the colon in that may be missing, as in Jira's times,
# which Port takes (https://github.com/ajv-validator/ajv-formats reads them so).
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d(:?\d\d)?)", re.ASCII
)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def _is_date_time(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text.upper().replace(":60", ":59"))
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and not re.search(r"\s", text)


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def _is_address(kind: type[IPv4Address] | type[IPv6Address]) -> Callable[[str], bool]:
    def is_address(text: str) -> bool:
        try:
            kind(text)
        except ValueError:
            return False
        return True

    return is_address


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date-time": _is_date_time,
    "url": _is_url,
    "uri": _is_url,
    "email": _is_email,
    "user": _is_email,
    "ipv4": _is_address(IPv4Address),
    "ipv6": _is_address(IPv6Address),
}
"""By name, what tells whether a text has the format; Port takes any text for all other formats."""
