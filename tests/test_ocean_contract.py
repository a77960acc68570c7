"""What the end of a resync relies on in Ocean; a release that changes it fails here, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from port_ocean.clients.port.client import PortClient
from port_ocean.context.event import EventContext
from port_ocean.core.handlers import HttpEntitiesStateApplier
from port_ocean.core.integrations.base import BaseIntegration
from port_ocean.core.integrations.mixins.utils import resync_generator_wrapper
from port_ocean.core.models import Blueprint, Entity
from port_ocean.core.utils.entity_topological_sorter import EntityTopologicalSorter
from port_ocean.core.utils.utils import get_port_diff


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        pytest.param(
            BaseIntegration.resync_reconciliation,
            "self creation_results did_fetched_current_state user_agent_type app_config silent",
            id="resync_reconciliation",
        ),
        pytest.param(
            BaseIntegration.sort_and_upsert_failed_entities,
            "self user_agent_type",
            id="sort_and_upsert_failed_entities",
        ),
        pytest.param(HttpEntitiesStateApplier.upsert, "self entities user_agent_type", id="upsert"),
        pytest.param(HttpEntitiesStateApplier.delete, "self entities user_agent_type", id="delete"),
        pytest.param(
            HttpEntitiesStateApplier.delete_diff,
            "self entities user_agent_type entity_deletion_threshold",
            id="delete_diff",
        ),
        pytest.param(
            PortClient.search_entities,
            "self user_agent_type query parameters_to_include before",
            id="search_entities",
        ),
        pytest.param(PortClient.get_blueprint, "self identifier should_log", id="get_blueprint"),
        pytest.param(
            resync_generator_wrapper,
            "fn kind items_to_parse_name items_to_parse items_to_parse_top_level_transform"
            " send_raw_data_examples_amount",
            id="resync_generator_wrapper",
        ),
        pytest.param(EventContext.on_abort, "self func", id="on_abort"),
    ],
)
def test_a_function_takes_what_it_is_given(
    function: Callable[..., object], parameters: str
) -> None:
    """The names of the parameters, in their order."""
    assert list(inspect.signature(function).parameters) == parameters.split()


def test_the_reconciliation_asks_the_integration_and_its_applier() -> None:
    """What is overridden is what Ocean calls, in the place where it is needed."""
    reconciliation = inspect.getsource(BaseIntegration._resync_reconciliation)  # noqa: SLF001 (Ocean calls it)
    deletion = inspect.getsource(HttpEntitiesStateApplier._safe_delete)  # noqa: SLF001 (as above)

    assert "self.sort_and_upsert_failed_entities(" in reconciliation
    assert "self.entities_state_applier.delete_diff(" in reconciliation
    assert "self.delete(" in deletion
    assert "self.resync_reconciliation(" in inspect.getsource(BaseIntegration.sync_raw_all)


def test_entities_are_told_apart_as_the_reconciliation_does_it() -> None:
    """By identifier and blueprint; relations are there by name."""
    one = Entity(identifier=1, blueprint="item", icon=None, title=None, relations={"of": "2"})
    same = Entity(identifier="1", blueprint="item", icon=None, title=None)

    assert EntityTopologicalSorter.node(one) == ("1", "item")
    assert get_port_diff([one], [same]).deleted == []
    blueprint = {"identifier": "item", "schema": {}, "relations": {"of": {"target": "b"}}}
    blueprint["relations"]["of"] |= {"many": False, "required": False}  # type: ignore[index]
    assert Blueprint.parse_obj(blueprint).relations["of"].target == "b"
