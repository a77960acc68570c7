"""What the messages of whole resyncs say: the API's own words, which child, and no more."""

from __future__ import annotations

from errors import LONGEST
from tests.fault_api import FaultApi, answer, pages
from tests.resync import Installation, resource
from tests.world import CHILDREN, named


async def test_the_reasons_of_an_api_are_quoted_before_its_data(
    api: FaultApi, installation: Installation
) -> None:
    """They may stand behind more than is quoted of a body."""
    refusal = {"data": {"rows": ["x" * 50] * 20}, "message": "read:items is missing"}
    api.serve("/items", answer(refusal, 403))
    installation.mapping = [resource("/items")]

    outcome = await installation.resync()

    assert '403 Forbidden, \'{"message": "read:items is missing"' in outcome.message


async def test_a_child_is_named_by_what_its_url_does_not_show(
    api: FaultApi, installation: Installation
) -> None:
    """The error of a child that is asked by a body has its value in front of the request."""
    api.serve("/items", pages(named(1, 2)))
    api.serve("/notes", lambda request: answer([], 422 if request.json["of"] == 2 else 200))
    installation.mapping = [
        resource(
            "/notes",
            "child",
            method="POST",
            body={"of": "{item}"},
            path_parameters={"item": CHILDREN},
        )
    ]

    outcome = await installation.resync()

    assert "first: (item 2): POST" in outcome.message


async def test_a_long_url_does_not_make_a_long_message(
    api: FaultApi, installation: Installation
) -> None:
    """Its end is cut, and the API's own words are not."""
    words = "w" * 150
    api.serve("/items", answer({"message": words}, 400))
    installation.mapping = [resource("/items", query_params={"filter": "f" * 2000})]

    outcome = await installation.resync()

    (line,) = [one for one in outcome.log.splitlines() if one.startswith("ERROR kind '/items'")]
    said = line.partition(" (items ")[0].removeprefix("ERROR ")
    assert words in said
    assert len(said) - len(words) < LONGEST + 20
    assert "/items?filter=ff" in said
