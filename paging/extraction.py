"""From a response body to items: ``data_path``, and the rows a page is measured by."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from errors import MappingError
from jq_engine.paths import plain_path
from jq_engine.programs import Jq, JqError, checked, jq_reason
from jq_engine.sources import leading_path, leads, sources
from json_values import MISSING, Json, follow, keys_of, lists_in

Item = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one body held. ``nothing``: where ``data_path`` looks there was null, or nothing."""

    items: list[Item] = field(repr=False)
    nothing: bool


NO_ITEMS = Extracted(items=[], nothing=False)
"""What an answer without a body holds."""


def _as_items(outputs: Iterable[Json]) -> list[Item]:
    """Flatten outputs to items: arrays give their elements, scalars become ``{"value": x}``."""
    elements: list[Json] = []
    for output in outputs:
        if isinstance(output, list):
            elements.extend(output)
        else:
            elements.append(output)
    return [
        element if isinstance(element, dict) else {"value": element}
        for element in elements
        if element is not None
    ]


def _extracted(outputs: list[Json]) -> Extracted:
    return Extracted(
        items=_as_items(outputs),
        nothing=bool(outputs) and all(output is None for output in outputs),
    )


class Extractor:
    """A checked ``data_path``: jq over one response body.

    A plain path, with or without ``[]`` at its end, is a dictionary look-up; everything
    else is run by ``jq``. Raises MappingError from the constructor when jq refuses the
    program, and from ``extract`` when the program fails on a body.

    ``list_path`` is the keys of a plain path, None for any other program: where they lead to
    a list, its rows may be extracted in runs.
    """

    def __init__(self, data_path: str | None, where: str, jq: Jq) -> None:
        self.data_path = (data_path or ".").strip()
        self._where = where
        self._jq = jq
        each = self.data_path.removesuffix("[]") or "."
        self.list_path = plain_path(each)
        self._plain = self.list_path is not None
        self._each = each != self.data_path
        self._program = "" if self._plain else checked(self.data_path, where)
        self._sources = sources(self._program)
        first = next(iter(self._sources), ())
        self._leading = leading_path(first) if self.list_path is None else self.list_path

    async def extract(self, body: Json) -> Extracted:
        """The items of one JSON body."""
        if self.list_path is not None:
            return _extracted(self._at(self.list_path, body))
        extracted = _extracted(await self._by_jq(body))
        # ``.itmes[]?`` and ``.itmes // []`` give no null that would betray the typo.
        missed = not extracted.items and self._sources
        if missed and not any(leads(body, source) for source in self._sources):
            return replace(extracted, nothing=True)
        return extracted

    def extract_run(self, rows: list[Json]) -> Extracted:
        """The items of some rows of the list that ``list_path`` leads to."""
        return _extracted(rows if self._each else [rows])

    def single(self, body: Json) -> Json:
        """What a plain ``data_path`` takes for one item, MISSING where it is a list or nothing."""
        found = follow(body, self._leading) if self._plain and not self._each else MISSING
        return MISSING if found is None or isinstance(found, list) else found

    def holder(self, body: Json) -> Json:
        """The object that the rows of a page lie in, MISSING when the way to it breaks off."""
        found = MISSING if self._plain else follow(body, self._leading)
        return found if isinstance(found, dict) else follow(body, self._leading[:-1])

    def rows(self, body: Json) -> list[Json]:
        """What the API sent as this page, before any filter in ``data_path``.

        Of a jq program only the path it starts from is known: ``[.data[] | select(.x)]`` is
        measured by ``data``. Where that is no list, the longest list of the body counts.
        """
        found = follow(body, self._leading)
        if isinstance(found, list):
            return found
        if self._plain:
            if self._each and isinstance(found, dict):
                return list(found.values())
            return [] if found is MISSING or found is None else [found]
        values = list(found.values()) if isinstance(found, dict) else []
        return max(lists_in(body), key=len, default=values)

    def _at(self, keys: tuple[str, ...], body: Json) -> list[Json]:
        found = follow(body, keys)
        if found is MISSING:
            self._refuse_other_shape(body, keys)
            return [None]
        if self._each and isinstance(found, dict):
            return list(found.values())
        if self._each and isinstance(found, list):
            return found
        if self._each and found is not None:
            raise MappingError(
                f"{self._where} {self.data_path!r} found {keys_of(found)} where an array was"
                " expected; correct the path"
            )
        return [found]

    async def _by_jq(self, body: Json) -> list[Json]:
        where = f"{self._where} {self.data_path!r}"
        try:
            return await self._jq.outputs(self._program, body, where=where)
        except JqError as error:
            raise MappingError(
                f"{where} failed ({jq_reason(error)}) on a response with {keys_of(body)};"
                " correct the expression"
            ) from None

    def _refuse_other_shape(self, body: Json, keys: tuple[str, ...]) -> None:
        """As jq does, refuse to look for a key in what is neither an object nor null."""
        for depth in range(len(keys)):
            inside = follow(body, keys[:depth])
            if inside is MISSING or inside is None:
                return
            if not isinstance(inside, dict):
                raise MappingError(
                    f"{self._where} {self.data_path!r} looks for {keys[depth]!r} in"
                    f" {keys_of(inside)}; correct the path"
                )
