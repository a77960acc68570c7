"""A product: its API, its data, what must be in the catalog, and the mistakes people make."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.simulators.auth import Auth, Open
from tests.simulators.endpoints import Endpoint
from tests.simulators.model import Answer, Data, Json


@dataclass(frozen=True)
class Expected:
    """An entity that must be in the catalog.

    ``relations`` are compared whole, without those that are null; of the properties only the
    ones given.
    """

    blueprint: str
    identifier: str
    relations: Mapping[str, str | list[str]] = field(default_factory=dict)
    properties: Mapping[str, Json] = field(default_factory=dict)
    title: str | None = None


@dataclass(frozen=True)
class Mistake:
    """A change of the example, and what must come of it.

    ``settings`` by their names (``sizeParam``); ``mapping`` by paths (``resources/0/selector/
    data_path``); None removes. ``error``: what the error must say; None: the result must be
    right all the same.
    """

    name: str
    settings: Mapping[str, str | None] = field(default_factory=dict)
    mapping: Mapping[str, Json] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """One request is refused, and answered when it comes again: the ``at``-th of all."""

    at: int
    status: int = 429
    headers: Mapping[str, str] = field(default_factory=lambda: {"Retry-After": "0"})


def _plain_error(status: int, reason: str) -> Json:
    del status
    return {"message": reason}


@dataclass(frozen=True, kw_only=True)
class Product:
    """Everything about one product; see the package's docstring.

    ``origins``: hosts beside ``baseUrl``'s that the example names, such as a login's; the
    simulator takes their place too. ``page_size``: what the test sets ``pageSize`` to, so that
    few rows need several pages; None keeps the example's. ``unknown_parameters``: the status for a
    query parameter nobody knows, None ignores it. ``headers`` come with every answer, such as those
    that count requests. ``made_settings``: what an example cannot have in its files, such as a
    private key, made for each run.
    """

    endpoints: Sequence[Endpoint]
    data: Callable[[], Data]
    expected: Callable[[Data], Iterable[Expected]]
    vanish: Callable[[Data], object]
    mistakes: Sequence[Mistake]
    auth: Auth = field(default_factory=Open)
    prefix: str = ""
    origins: Sequence[str] = ()
    page_size: int | None = None
    error: Callable[[int, str], Answer | Json] = _plain_error
    unknown_parameters: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    throttle: Throttle | None = None
    made_settings: Callable[[], Mapping[str, str]] = dict


def products() -> dict[str, Product]:
    """Every product by the name of its example folder: the files in ``products/``."""
    package = importlib.import_module("tests.simulators.products")
    return {
        module.name.replace("_", "-"): importlib.import_module(
            f"{package.__name__}.{module.name}"
        ).PRODUCT
        for module in pkgutil.iter_modules(package.__path__)
    }
