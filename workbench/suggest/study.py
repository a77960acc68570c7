"""What is known of one endpoint, and what showed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from json_values import Json
from pagination import PaginationSettings
from resync.path_parameters import Binding, Endpoint
from transport.formats import BodyFormat, FormatName
from workbench.suggest.fields import Column, Property
from workbench.suggest.items import Place
from workbench.suggest.measure import Paging
from workbench.suggest.targets import Target, singular
from workbench.suggest.vocabulary import words_of

_DULL = frozenset([
    "data", "item", "result", "value", "content", "record", "entry", "object", "row", "list",
    "search", "all",
])  # fmt: skip


_OF_PAGING = frozenset(["paging", "page size", "first page", "reading"])


@dataclass(frozen=True)
class Finding:
    """One answer: to which question, and what showed it; not ``certain``: only likely."""

    question: str
    answer: str
    proof: str = ""
    certain: bool = True


@dataclass(frozen=True)
class Parent:
    """Where a placeholder's values come from."""

    name: str
    study: Study
    column: Column
    proof: str
    filter: str = ""


@dataclass(frozen=True)
class Relation:
    """A relation to another endpoint's items.

    ``by``: the property that the expression gives the value of, "" for the identifier.
    """

    name: str
    expression: str
    target: Study
    many: bool
    proof: str
    certain: bool = True
    by: str = ""

    @property
    def written(self) -> Json:
        """As a mapping has it: jq, or a search for the one entity with a value."""
        if not self.by:
            return self.expression
        rule: Json = {"property": f'"{self.by}"', "operator": '"="', "value": self.expression}
        return {"combinator": '"and"', "rules": [rule]}


@dataclass(eq=False)
class Study:
    """One endpoint under study; ``refusal`` is why nothing can be written for it.

    ``within``: the column that, behind the values of the parents, identifies its items.
    """

    target: Target
    blueprint: str
    wanted: bool = True
    place: Place = field(default_factory=Place)
    format: FormatName = "json"
    size_param: str | None = None
    page_size: int = 100
    paging: Paging = field(default_factory=lambda: Paging("none"))
    items: list[dict[str, Json]] = field(default_factory=list)
    columns: Sequence[Column] = ()
    addresses: Sequence[Column] = ()
    identifier: str = ""
    identifier_column: Column | None = None
    within: Column | None = None
    title: str = ""
    title_column: Column | None = None
    properties: list[Property] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refusal: str = ""
    requests: int = 0
    empty_statuses: set[int] = field(default_factory=set)
    is_complete: bool = False
    asked: Target | None = None
    bound: list[Binding] = field(default_factory=list)
    member_of: Study | None = None
    member_column: tuple[str, ...] = ()
    is_addressed: bool = False
    beside: frozenset[tuple[str, ...]] = frozenset()
    tried: frozenset[str] = frozenset()
    first_rows: Sequence[Json] = ()

    def identify(self, column: Column, proof: str) -> None:
        """Identify items by another column."""
        self.identifier_column, self.identifier, self.within = column, column.text_path, None
        self.findings = [one for one in self.findings if one.question != "identifier"]
        self.note("identifier", self.identifier, proof)
        if self.title_column is None:
            self.title = column.path
        self.properties = [one for one in self.properties if one.column.keys != column.keys]

    def take(self, other: Study) -> None:
        """Take over how another look at the same endpoint has found it to be paged."""
        self.refusal, self.paging, self.beside = other.refusal, other.paging, other.beside
        self.size_param, self.page_size = other.size_param, other.page_size
        kept = [one for one in self.findings if one.question not in _OF_PAGING]
        own = [one for one in other.findings if one.question in _OF_PAGING]
        self.findings = [*kept[:1], *own, *kept[1:]]
        if not self.items:
            self.__dict__.update(other.__dict__)

    @property
    def noun(self) -> str:
        """What one item is: by the path or, where that is no plural, by the list's key."""
        # In XML the items' own key stands within that of their list: `sensors.item`.
        held = (words_of(key) for key in reversed(self.place.keys[-2:]))
        words = next((some for some in held if not _DULL.intersection(map(singular, some))), ())
        speaks = bool(words) and words[-1].endswith("s")
        if speaks and not self.target.stem.split(".")[0].lower().endswith("s"):
            return " ".join(map(singular, words))
        return self.target.noun

    @property
    def nouns(self) -> set[str]:
        """Words for one item: of the path, and of the keys that its list has."""
        words = self.target.noun.split()
        words += [singular(word) for key in self.place.keys[-2:] for word in words_of(key)]
        return set(words) - _DULL

    def note(self, question: str, answer: str, proof: str = "", *, certain: bool = True) -> None:
        """Keep an answer."""
        self.findings.append(Finding(question, answer, proof, certain))

    @property
    def pagination(self) -> dict[str, Json]:
        """The selector's ``pagination``.

        None for a list that does not page: one that begins to is an error then, but a wish for its
        first page where ``none`` is named.
        """
        if self.paging.type == "none":
            return {}
        settings: dict[str, Json] = {"type": self.paging.type, **self.paging.settings}
        if self.size_param:
            return {**settings, "size_param": self.size_param, "page_size": self.page_size}
        # None is sent: a name that the API does not know may be refused.
        return {**settings, "size_param": None}

    @property
    def query_params(self) -> dict[str, Json]:
        """The selector's ``query_params``."""
        params: dict[str, Json] = {}
        for name, value in self.target.params:
            before = params.get(name)
            if before is None:
                params[name] = value
            else:
                params[name] = [*(before if isinstance(before, list) else [before]), value]
        return params

    def endpoint(self, settings: PaginationSettings | None = None) -> Endpoint:
        """The endpoint as the integration has it."""
        return Endpoint(
            path=self.target.path,
            query_params=self.query_params,
            data_path=self.place.data_path,
            format=BodyFormat(self.format),
            pagination=settings or PaginationSettings(),
        )

    def property_of(self, column: Column) -> str:
        """What a column becomes of the entity, as a search names it; "" for nothing."""
        if self.title_column and self.title_column.keys == column.keys:
            return "$title" if self.title == column.path else ""
        return next((one.name for one in self.properties if one.column.keys == column.keys), "")

    def identifiers(self) -> set[str]:
        """The identifiers of the items at hand, where one column gives them, or parents and one."""
        if self.within:
            names = [f"__{parent.name}" for parent in self.parents]
            pairs = zip(self.items, self.within.values, strict=True)
            return {"/".join(str(one) for one in (*map(item.get, names), v)) for item, v in pairs}
        return (
            {str(value) for value in self.identifier_column.values}
            if self.identifier_column
            else set()
        )


Studies = Mapping[Target, Study]
