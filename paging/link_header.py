"""The ``Link`` header (RFC 8288), read so that no hostile one takes long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

# Read in one go: a link that were looked for from every "<" to the end of a hostile header, or a
# parameter that could be read in several ways, would keep the process for minutes.
_LINK = re.compile(
    r"""<(?P<target>[^<>]*)>
        (?P<parameters>(?:\s*;\s*[^\s=;,"<]*(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s;,"]*))?)*)""",
    re.VERBOSE,
)
_LINK_PARAMETER = re.compile(
    r""";\s*([^\s=;,"<]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|('[^']*'|[^\s;,"]*)))?"""
)


def link_relations(headers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The links of a ``Link`` header (RFC 8288, 3) by each relation, in lower case.

    Each link is its parameters, by lower-case name, and its target as ``url``. Of two links
    with the same relation the first counts. (httpx's own parser loses links whose
    parameters hold ``=`` or ``;``.)
    """
    relations: dict[str, dict[str, str]] = {}
    for link in _LINK.finditer(headers.get("link", "")):
        parameters = {
            name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain.strip("'")
            for name, quoted, plain in _LINK_PARAMETER.findall(link["parameters"])
        }
        # The form of RFC 8187, 3.2.1, which some give to a relation: UTF-8''next.
        extended = unquote(parameters.get("rel*", "").rpartition("'")[2])
        for relation in parameters.get("rel", extended).lower().split():
            relations.setdefault(relation, {**parameters, "url": link["target"].strip()})
    return relations


def unread_links(headers: Mapping[str, str]) -> str:
    """What of a ``Link`` header is no link as RFC 8288 has them: "" when all of it is."""
    return _LINK.sub("", headers.get("link", "")).strip(" \t,;")


def leads_to_rows(link: Mapping[str, str] | None) -> bool:
    """Whether a link is there, and does not say ``results="false"`` of itself.

    https://docs.sentry.io/api/pagination/
    """
    return link is not None and link.get("results", "").lower() != "false"
