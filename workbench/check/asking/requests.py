"""Requests as they were sent, and what an error or a path says of them."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from pagination import make_paginator
from paging.model import PageRequest
from resync.path_parameters import Endpoint
from workbench.check.asking.reading import Seen

CUT: Final = "…"
"""Stands for what messages leave out."""


def first_of(endpoint: Endpoint, request: PageRequest | None) -> PageRequest | None:
    """A request with the parameters of paging too: some APIs answer none without."""
    return make_paginator(endpoint.pagination).first(request) if request else None


def is_blamed(seen: Seen, url: str) -> bool:
    """Whether an error is about a request, whose URL and values it may have cut."""
    for report in (one.report for one in seen.errors):
        begins, cut, _ = report.request.url.partition(CUT) if report.request else ("", "", "")
        values = [value for _, value in report.parameters if CUT not in value]
        is_it = url.startswith(begins) if cut else url == begins
        if begins and is_it and all(one in unquote(url) for one in values):
            return True
    return False


def values_in(path: str, sent: str) -> dict[str, str]:
    """The parts of a path with placeholders, and what stood there in a request."""
    parts, texts = path.strip("/").split("/"), sent.strip("/").split("/")
    pairs = zip(parts, texts, strict=True) if len(parts) == len(texts) else ()
    return {part: text for part, text in pairs if "{" in part}


def bare(url: str) -> str:
    """A URL without its query."""
    return url.partition("?")[0]


def is_of_parent(seen: Seen) -> bool:
    """Whether parents were refused, or no child was asked for, but the parents by some kind."""
    blamed = [one.purpose for one in seen.exchanges if is_blamed(seen, one.url)]
    if blamed:
        return blamed[-1] == "parent"
    purposes = {one.purpose for one in seen.exchanges}
    parameters = seen.config.selector.path_parameters.values()
    return "page" not in purposes and any(one.endpoint for one in parameters)
