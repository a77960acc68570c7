"""What a search for the paging measures by, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from json_values import Json
from paging.model import PageRequest
from workbench.suggest.asking import Asker, Reply
from workbench.suggest.evidence import says_more
from workbench.suggest.items import Place, Ruler
from workbench.suggest.vocabulary import Names


@dataclass(frozen=True)
class Paging:
    """A way to page that was proved; ``settings`` are those of a selector's ``pagination``.

    ``is_open``: nothing leads on, although there is more, or may be. ``sends``: query parameters
    without which the one answer is cut. ``moved``: those that gave the second page.
    """

    type: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    proof: str = ""
    certain: bool = True
    is_open: bool = False
    sends: Mapping[str, Json] = field(default_factory=dict)
    moved: Mapping[str, Json] = field(default_factory=dict)

    @property
    def param(self) -> str | None:
        """The position's parameter."""
        param = self.settings.get("pagination_param")
        return param if isinstance(param, str) else None


@dataclass
class Measure:
    """What a search for the position measures by: pages of ``size`` rows, and a ruler.

    ``permitted``: the parameters that there are, where a refusal lists them. ``whole``: why a round
    number of rows is taken for all of them.
    """

    asker: Asker
    request: PageRequest
    small: Reply
    place: Place
    size: int
    ruler: Ruler
    longest: Reply
    size_param: str | None
    names: Names
    hints: Sequence[str] = ()
    unit: int = 1
    strict: bool = False
    only_hints: bool = False
    permitted: Sequence[str] = ()
    whole: str = ""

    def rows(self, reply: Reply) -> list[Json]:
        """The rows of an answer."""
        return self.place.rows(reply.body) or [] if reply.is_success else []

    def is_second(self, reply: Reply) -> bool:
        """Whether an answer is the second page."""
        rows = self.rows(reply)
        if len(self.ruler) > self.size:
            return self.ruler.shift(rows) == self.size
        return self.ruler.is_beyond(rows)

    async def sized(self, size: int, params: Mapping[str, Json]) -> Reply:
        """The answer to pages of a size, with further parameters."""
        own = {self.size_param: size} if self.size_param else {}
        return await self.asker.ask_with(self.request, {**own, **params}.items())

    def at(self, url: str) -> PageRequest:
        """The request of a link, which says all that goes in the URL."""
        return replace(self.request, url=url, params=())

    async def alone(self, params: Mapping[str, Json]) -> Reply:
        """The answer to parameters that have no others beside them."""
        bare = replace(self.request, url=self.request.url.partition("?")[0], params=())
        return await self.asker.ask_with(bare, params.items())

    @property
    def more(self) -> bool:
        """Whether the small page says that there is more."""
        return says_more(self.small, self.place, len(self.rows(self.small)))

    @property
    def is_shortened(self) -> bool:
        """Whether rows are known that the small page does not have."""
        return len(self.ruler) > self.size

    def span(self, at: int) -> str:
        """Rows as a person counts them."""
        if self.size == 1:
            return f"item {at + 1}"
        return f"items {at + 1} to {at + self.size}"
