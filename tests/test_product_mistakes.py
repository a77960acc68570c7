"""Every product against mistakes that are generated: the whole list, or an error.

``test_products`` makes the mistakes people are known to make. Here each setting of paging and each
path of every example is changed in many small ways, and ``data_path`` is led to whatever stands
beside the list (``mutations``). Ocean takes no part: what counts is what the walks give.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

import pytest
from starlette.types import Message, Receive, Scope, Send

from paging.extraction import Item
from tests.examples import PRODUCTS, example, walked
from tests.literals import Json
from tests.mutations import beside, mutations
from tests.simulators import Mistake, Product, Simulator, simulate
from transport.formats import BodyFormat

MOST_PAGES = 100
"""Twice what the longest list of a simulator needs: a walk without end is over soon."""

_KEYED = "an object keyed by id is an object as any other"
_WHOLE = "a document without any signal is an object as any other"
_ALONE = "an XML element alone may be the one row of a list; without an identifier it is an error"
_ROUND = "a bare list without any signal, as long as the server's own page size"
_HELD = "no answer has a list anywhere: a doubt, by which nothing is deleted, and no error"

GAPS: Mapping[str, Mapping[str, str]] = {
    "internal-catalog": {
        "resources/0/selector/data_path: None": _KEYED,
        "resources/0/selector/data_path: .data | to_entries | map({id: .key} + .value)": _HELD,
        "resources/2/selector/data_path: None": _KEYED,
        "resources/2/selector/data_path: .data | to_entries | map({check: .key} + .value)": _HELD,
        "resources/2/selector/path_parameters/org/data_path: .data | to_entries | map(.key)": _HELD,
    },
    "qualys": {
        "resources/1/selector/data_path: None": _WHOLE,
        'resources/0/selector/data_path: ."HOST_LIST_OUTPUT"."RESPONSE"."WARNING"': _ALONE,
    },
    "argo-cd": {
        f"resources/1/selector/data_path: {path}": _WHOLE for path in (".", None, '."metadata"')
    },
    "kubernetes": {
        f"resources/{at}/selector/data_path: {path}": _WHOLE
        for at, path in (
            *((0, path) for path in (".", None)),
            *((2, path) for path in (".", None, '."apiVersion"', '."kind"', '."metadata"')),
        )
    },
    "google-cloud": {
        "resources/0/selector/data_path: .items": _HELD,
        "resources/0/selector/data_path: .data": _HELD,
    },
    "opsgenie": {
        "resources/1/selector/data_path: .": _WHOLE,
        "resources/1/selector/data_path: None": _WHOLE,
    },
    "jira": {"pagination_type: none": _ROUND, "pagination_type: None": _ROUND},
}
"""Mistakes that are not seen yet, by product, and why: none may be added, none may stay."""


@dataclass
class Listener:
    """A simulator, and the longest answer of each of its paths."""

    simulator: Simulator
    answers: dict[str, bytes] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and keep what was answered."""
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            parts.append(message.get("body", b""))
            await send(message)

        await self.simulator(scope, receive, keep)
        path = scope["raw_path"].decode()
        self.answers[path] = max(b"".join(parts), self.answers.get(path, b""), key=len)

    @property
    def last(self) -> Json:
        """The longest body of the endpoint that was asked last."""
        requests = self.simulator.requests
        paths = {one.path for one in requests if one.endpoint == requests[-1].endpoint}
        return _decoded(max((self.answers[path] for path in paths), key=len))


def _decoded(body: bytes) -> Json:
    """The JSON of a body in whichever format it begins like."""
    if body.startswith((b"{", b"[")):
        return json.loads(body)
    form = BodyFormat("xml" if body.startswith(b"<") else "csv")
    return json.loads(b"".join(form.document([body], None)))


@dataclass(frozen=True)
class Truth:
    """What a product gives to its example as it is: of each resource the items, and a body."""

    product: Product
    items: list[Counter[str]]
    bodies: list[Json]

    async def silent(self, mistakes: Iterable[Mistake], name: str) -> dict[str, str]:
        """The mistakes that change what is found without an error, and how."""
        said: dict[str, str] = {}
        for mistake in mistakes:
            given = example(name)
            given.settings["max_pages"] = MOST_PAGES
            given.spoil(mistake)
            # A selector concerns its own resource only; one error is enough.
            only = [int(path.split("/")[1]) for path in mistake.mapping] or range(len(self.items))
            missing = extra = 0
            for at in only:
                walks, errors = await walked(given, simulate(self.product), [at])
                if errors:
                    break
                found = counted(walks[0].items)
                missing += (self.items[at] - found).total()
                extra += (found - self.items[at]).total()
            else:
                if missing or extra:
                    said[mistake.name] = f"{missing} items are missing, {extra} too many"
        return said


async def truth(name: str) -> Truth:
    """What a product's example gives as it is."""
    # Without refusals that are to be tried again: they cost time, and have their tests elsewhere.
    product = replace(PRODUCTS[name], throttle=None)
    items, bodies = [], []
    for at in range(len(example(name).mapping["resources"])):
        listener = Listener(simulate(product))
        walks, errors = await walked(example(name), listener, [at])
        assert not errors
        items.append(counted(walks[0].items))
        bodies.append(listener.last)
    return Truth(product, items, bodies)


def counted(items: list[Item]) -> Counter[str]:
    """How often each item is there."""
    return Counter(json.dumps(item, sort_keys=True) for item in items)


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(24, id="every twenty-fourth"),
        pytest.param(1, id="each", marks=pytest.mark.exhaustive),
    ],
)
@pytest.mark.parametrize("name", PRODUCTS)
async def test_whatever_is_mistyped_gives_all_or_an_error(name: str, share: int) -> None:
    """Each setting of paging and each path, a little wrong, is right all the same or an error."""
    true = await truth(name)
    mistakes = list(chain(mutations(example(name)), beside(example(name), true.bodies)))
    # Of each product others, so that together they are of every kind.
    chosen = mistakes[list(PRODUCTS).index(name) % share :: share]

    silent = await true.silent(chosen, name)

    known = GAPS.get(name, {}).keys() & {mistake.name for mistake in chosen}
    assert silent.keys() == known, silent
