"""The styles of paging, and what an installation or a resource may set about them.

================  ==================================================================
``none``          one request: ``paging.paginator.SinglePage``
``offset``        the position counts rows: ``paging.counted.OffsetPaginator``
``page``          the position counts pages: ``paging.counted.PageNumberPaginator``
``cursor``        each answer holds a cursor: ``paging.led.CursorPaginator``
``next_link``     the body holds the next URL: ``paging.led.NextLinkPaginator``
``header_link``   the Link header does: ``paging.led.LinkHeaderPaginator``
================  ==================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from paging.counted import OffsetPaginator, PageNumberPaginator
from paging.led import CursorPaginator, LinkHeaderPaginator, NextLinkPaginator
from paging.paginator import (
    DEFAULT_POSITION_PARAM,
    DEFAULT_SIZE_PARAM,
    PAGINATION_TYPES,
    PaginationSettings,
    PaginationType,
    Paginator,
    SinglePage,
)

__all__ = (
    "DEFAULT_POSITION_PARAM",
    "DEFAULT_SIZE_PARAM",
    "PAGINATION_TYPES",
    "PaginationSettings",
    "PaginationType",
    "Paginator",
    "make_paginator",
)


_STYLES: Mapping[PaginationType, type[Paginator]] = MappingProxyType(
    {
        "none": SinglePage,
        "offset": OffsetPaginator,
        "page": PageNumberPaginator,
        "cursor": CursorPaginator,
        "next_link": NextLinkPaginator,
        "header_link": LinkHeaderPaginator,
    }
)


def make_paginator(settings: PaginationSettings) -> Paginator:
    """The paginator for these settings."""
    return _STYLES[settings.type](settings)
