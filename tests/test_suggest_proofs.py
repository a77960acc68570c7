"""``suggest``: what proves a parent, a relation, a title, and what does not."""

from __future__ import annotations

import pytest

from workbench.suggest.targets import site_of

# --- endpoints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queries", "shown", "nouns"),
    [
        (
            ["v=1&call=Directory.getAllSites", "v=1&call=Directory.getUsers&of={site}"],
            ["/x?call=Directory.getAllSites", "/x?call=Directory.getUsers"],
            ["site", "user"],
        ),
        (["page=1", "page=2"], ["/x", "/x"], ["x", "x"]),
    ],
    ids=["by a word", "numbers say nothing"],
)
def test_a_query_says_which_of_the_lists_at_one_path_is_meant(
    queries: list[str], shown: list[str], nouns: list[str]
) -> None:
    """So that a person can tell them apart, and a placeholder finds its parent."""
    targets = site_of([f"https://a.example/x?{query}" for query in queries], None).targets

    assert ([one.shown for one in targets], [one.noun for one in targets]) == (shown, nouns)
