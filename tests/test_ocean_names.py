"""The names of Ocean that are its own affair, and that we use all the same.

Each stands in one module of ours. A release of Ocean that renames one, gives it other parameters
or no longer calls it where it is needed fails here, by its name.
"""

# ruff: noqa: SLF001 — private names are what it is about

from __future__ import annotations

import ast
import importlib
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pytest
from port_ocean.clients.port.client import PortClient
from port_ocean.config.settings import IntegrationConfiguration
from port_ocean.context.ocean import ocean
from port_ocean.core.handlers.entity_processor.jq_entity_processor import JQEntityProcessor
from port_ocean.core.integrations.mixins import utils
from port_ocean.core.models import LakehouseDataEntry, LakehouseDataEntryBatch
from port_ocean.helpers.async_client import OceanAsyncClient
from port_ocean.helpers.retry import RetryTransport
from port_ocean.log import logger_setup
from port_ocean.log.sensetive import SensitiveLogFilter

from tests.layout import MODULES, dotted

PRIVATE = {
    "BaseEntityProcessor._parse_items": "framework.mapping",
    "JQEntityProcessor._compile": "framework.mapping",
    "JQEntityProcessor._format_filter": "framework.mapped_items",
    "JQEntityProcessor._log_search_failure": "framework.mapping",
    "JQEntityProcessor._parse_items": "framework.mapping",
    "JQEntityProcessor._search": "framework.mapping",
    "OceanAsyncClient._init_proxy_transport": "transport.http_client",
    "OceanAsyncClient._wrap_with_ip_blocker_if_needed": "transport.http_client",
    "port_ocean.log.logger_setup._combined_patcher": "framework.log_masking",
}
"""The private names we use, by the module of ours that uses them."""


def is_private(name: str) -> bool:
    """Whether a name is an affair of whoever defines it."""
    return name.startswith("_") and not name.endswith("__")


def is_class(value: Any) -> TypeGuard[type]:  # noqa: ANN401 — whatever a module holds
    """Whether it is a class, and no stand-in for one of Ocean's contexts."""
    return issubclass(type(value), type)


def oceans(cls: type) -> Iterator[type]:
    """The classes of Ocean that a class stands on, itself included."""
    return (one for one in cls.__mro__ if one.__module__.startswith("port_ocean."))


def used_by_classes(module: Any, tree: ast.Module) -> Iterator[str]:  # noqa: ANN401 — a module
    """What the classes of a module take or override of those of Ocean."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) if is_class(own := getattr(module, name, None)):
                written = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
                written |= vars(own).keys()
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if is_class(
                own := getattr(module, name, None)
            ):
                written = {attribute}
            case _:
                continue
        for base in oceans(own):
            for attribute in filter(is_private, written & vars(base).keys()):
                yield f"{base.__name__}.{attribute}"


def used(path: Path) -> set[str]:
    """The private names of Ocean that a module of ours uses."""
    tree = ast.parse(path.read_text())
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("port_ocean")
        for alias in node.names
        if is_private(alias.name)
    }
    names = set(used_by_classes(importlib.import_module(dotted(path)), tree))
    return imported | {name for name in names if not name.endswith("._abc_impl")}


def test_each_private_name_of_ocean_stands_in_one_module() -> None:
    """Whoever changes with a release of Ocean changes one module, and knows which."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        # Importing main.py registers hooks with a running Ocean, and it has no classes.
        if "port_ocean" in path.read_text() and path.stem != "main":
            for name in used(path):
                found[name].add(dotted(path))

    assert found == {name: {module} for name, module in PRIVATE.items()}


def source(of: Any) -> str:  # noqa: ANN401 — a function or a class
    """The source text of something of Ocean."""
    return inspect.getsource(of)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        pytest.param(JQEntityProcessor._compile, "self pattern", id="_compile"),
        pytest.param(JQEntityProcessor._format_filter, "filter", id="_format_filter"),
        pytest.param(
            JQEntityProcessor._log_search_failure, "pattern exc field", id="_log_search_failure"
        ),
        pytest.param(
            JQEntityProcessor._parse_items, "self mapping raw_results parse_all", id="_parse_items"
        ),
        pytest.param(JQEntityProcessor._search, "self data pattern field", id="_search"),
        pytest.param(
            JQEntityProcessor.separate_compileable_and_uncompileable_patterns_and_warmup_cache,
            "self raw_entity_mappings selector_queries",
            id="separate_compileable_and_uncompileable_patterns_and_warmup_cache",
        ),
        pytest.param(
            JQEntityProcessor.parse_items_sync,
            "self compileable_patterns raw_results selector_query parse_all",
            id="parse_items_sync",
        ),
        pytest.param(
            JQEntityProcessor.parse_items_async,
            "self uncompiled_patterns raw_results selector_query parse_all",
            id="parse_items_async",
        ),
        pytest.param(
            OceanAsyncClient._wrap_with_ip_blocker_if_needed,
            "self transport",
            id="_wrap_with_ip_blocker_if_needed",
        ),
        pytest.param(
            OceanAsyncClient._init_proxy_transport,
            "self proxy kwargs",
            id="_init_proxy_transport",
        ),
        pytest.param(
            OceanAsyncClient,
            "transport_class transport_kwargs retry_config kwargs",
            id="OceanAsyncClient",
        ),
        pytest.param(logger_setup._combined_patcher, "record", id="_combined_patcher"),
        pytest.param(SensitiveLogFilter.mask_object, "self obj full_hide", id="mask_object"),
        pytest.param(
            PortClient.post_integration_raw_data_batch,
            "self sync_id event",
            id="post_integration_raw_data_batch",
        ),
    ],
)
def test_a_function_takes_what_it_is_given(
    function: Callable[..., object], parameters: str
) -> None:
    """The names of the parameters, in their order."""
    assert list(inspect.signature(function).parameters) == parameters.split()


@pytest.mark.parametrize(
    ("caller", "calls"),
    [
        pytest.param(
            JQEntityProcessor._parse_items,
            "self.separate_compileable_and_uncompileable_patterns_and_warmup_cache(",
            id="separate_compileable_and_uncompileable_patterns_and_warmup_cache",
        ),
        pytest.param(
            JQEntityProcessor._parse_items, "self.parse_items_sync(", id="parse_items_sync"
        ),
        pytest.param(
            JQEntityProcessor._parse_items, "self.parse_items_async(", id="parse_items_async"
        ),
        pytest.param(utils.handle_items_to_parse, "entity_processor._search(", id="_search"),
        pytest.param(JQEntityProcessor._search, "self._compile(", id="_compile"),
        pytest.param(JQEntityProcessor._compile, "self._format_filter(", id="_format_filter"),
        pytest.param(
            JQEntityProcessor._search, "self._log_search_failure(", id="_log_search_failure"
        ),
        pytest.param(
            OceanAsyncClient,
            "self._wrap_with_ip_blocker_if_needed(inner)",
            id="_wrap_with_ip_blocker_if_needed",
        ),
        pytest.param(logger_setup, "patcher=_combined_patcher", id="_combined_patcher"),
        pytest.param(
            SensitiveLogFilter.mask_string, "in self.compiled_patterns", id="compiled_patterns"
        ),
        pytest.param(SensitiveLogFilter.mask_string, "pattern.sub(", id="pattern.sub"),
        pytest.param(
            IntegrationConfiguration, "self.integration_config_model", id="integration_config_model"
        ),
    ],
)
def test_ocean_calls_it_where_it_is_needed(caller: Any, calls: str) -> None:  # noqa: ANN401 — as above
    """What we override or replace is what Ocean calls."""
    assert calls in source(caller)


def test_ocean_wraps_its_transport_as_ours_is() -> None:
    """Ours takes what Ocean's client gives to the transport it makes."""
    assert "wrapped_transport" in inspect.signature(RetryTransport).parameters
    assert "self._transport_kwargs" in source(OceanAsyncClient._init_transport)


def test_raw_data_has_the_parts_that_are_redacted() -> None:
    """What leaves for Port's lake is looked through part by part."""
    assert {"items", "request", "response"} <= LakehouseDataEntry.__annotations__.keys()
    assert "data" in LakehouseDataEntryBatch.__annotations__


def test_the_settings_have_a_model_that_is_replaced() -> None:
    """Ocean makes it of the specification, and hands it over in this field."""
    assert "integration_config_model" in IntegrationConfiguration.model_fields


def test_ocean_knows_its_context_by_one_name() -> None:
    """The check of a mapping, which runs Ocean for a moment, puts an empty one in its place."""
    context = importlib.import_module("port_ocean.context.ocean")

    assert isinstance(vars(context)["_port_ocean"], type(context.PortOceanContext(None)))
    assert vars(context)["ocean"] is ocean
