"""The documentation's examples, run against the answers the documentation shows."""

import pytest

from tests.documents import DOCS, README, Example, examples, matches, run

EXAMPLES = [example for path in (README, *DOCS) for example in examples(path)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
def test_an_example_makes_exactly_the_requests_it_lists(example: Example) -> None:
    """The requests are those of the document, all of them and in its order."""
    outcome = run(example)

    assert outcome.requests == [exchange.key for exchange in example.exchanges]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
def test_an_example_ends_as_it_says(example: Example) -> None:
    """It gives the items it shows, and raises the error it quotes or none."""
    outcome = run(example)

    if example.error is None:
        assert outcome.error is None
    else:
        assert matches(example.error, str(outcome.error))
    if example.items is not None:
        assert outcome.items == example.items
