"""Placeholders: which endpoint's items give their values, and which field of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count, islice, product, zip_longest

from json_values import Json
from resync.path_parameters import Binding
from workbench.suggest.addresses import addresses_of, last_segment
from workbench.suggest.fields import Column, at
from workbench.suggest.items import jq_path
from workbench.suggest.refused import of_every_sort
from workbench.suggest.study import Parent, Studies, Study
from workbench.suggest.targets import PLACEHOLDER, noun_words, singular
from workbench.suggest.titles import is_code
from workbench.suggest.vocabulary import names_identity, words_of

_UNLIKELY = 50  # the rank of a field that nothing speaks for
_TELLS_APART = 30  # but that no two items have the same of
_MOST_FIELDS = 4
_MOST_BINDINGS = 24
_MOST_CHOICES = 40
_FIELD_NAMES = ("id", "key", "slug", "name", "login", "number", "uuid", "sid", "code", "value")
_NAMING = frozenset(_FIELD_NAMES)


Option = tuple[Study, Column]
"""A parent, and the field of its items that fills a placeholder."""


def fields_for(name: str, parent: Study) -> list[Column]:
    """The columns of a parent that may fill a placeholder, the likeliest first.

    ``{zone_id}`` speaks of ``id``, ``{repo}`` of a column of that name or of the identifier.
    """
    words = words_of(name)
    found = (*parent.columns, *parent.addresses, *_inner(parent.columns, set(noun_words(name))))
    usable = [column for column in found if _is_segment(column)]

    def rank(column: Column) -> tuple[int, int]:
        own = column.words
        if column.made_by and not column.each:
            return 3, 1
        if own == words or (len(words) > 1 and own == words[-1:]):
            place = 0
        elif (parent.identifier_column and column.keys == parent.identifier_column.keys) or (
            len(column.keys) > 1 and set(words).intersection(words_of(column.keys[-2]))
        ):
            place = 1
        elif column.name in _FIELD_NAMES:
            place = 2 + _FIELD_NAMES.index(column.name)
        elif own[-1:] and (names_identity(own[-1]) or own[-1] == "slug"):
            place = 2 if len(own) == 1 else 20
        elif column.is_unique() and column.name != "description":
            place = _TELLS_APART
        else:
            place = _UNLIKELY
        return place + 3 * (len(column.keys) - 1), len(column.keys)

    ranked = sorted(usable, key=rank)
    return [column for column in ranked if rank(column)[0] < _UNLIKELY][:_MOST_FIELDS]


def _inner(found: Sequence[Column], nouns: set[str]) -> Iterator[Column]:
    """What stands in the lists within a parent's items, where a key says that it is meant."""
    for column in found:
        lists = [one if isinstance(one, list) else [] for one in column.values]
        if not any(lists) or not all(isinstance(one, list) for one in column.present):
            continue
        rows = [row for one in lists for row in one if isinstance(row, dict)]
        for keys in dict.fromkeys((str(key),) for row in rows for key in row) or [()]:
            words = {singular(word) for key in (*column.keys[-1:], *keys) for word in words_of(key)}
            texts = [at(row, keys) for one in lists for row in one]
            if not nouns & words or not texts:
                continue
            path = f"{column.path}[]?" + (jq_path(keys) if keys else "")
            held = [[at(row, keys) for row in one] for one in lists]
            if addresses_of(texts):
                path = last_segment(path, texts)
                held = [[one.last for one in addresses_of(some)] for some in held]
            yield Column((*column.keys, *keys), [*held], path, each=True)


def _is_segment(column: Column) -> bool:
    values = [one for value in column.values for one in _each(column, value)]
    return bool(values) and all(
        isinstance(value, str | int) and not isinstance(value, bool) and str(value)
        for value in values
    )


def _each(column: Column, value: Json) -> list[Json]:
    """The values that a column has in one row."""
    return value if column.each and isinstance(value, list) else [value]


def bindings(parents: Sequence[Parent]) -> list[Binding]:
    """Values for the placeholders, from the parents' items at hand; few, and of every sort.

    Where parents differ by a word or a boolean, some of each come first: an archived project
    may answer otherwise.
    """
    found = [Binding()]
    for parent in parents:
        bound = [
            binding.bound((parent.name,), (value,), row)
            for binding in found
            for row, value in _rows(parent, parents, binding)
        ]
        first, rest = of_every_sort(parent, bound)
        found = [*first, *rest][:_MOST_BINDINGS]
    return found


def _rows(
    parent: Parent, parents: Sequence[Parent], binding: Binding
) -> Iterator[tuple[dict[str, Json], Json]]:
    """The rows of a parent that hang on what the binding has already.

    Placeholders of one parent take their values from the same row, as in a resync.
    """
    names = inherited(parent.study, parents)
    same = [one.name for one in parents if one.study is parent.study]
    column = parent.column
    pairs = zip(parent.study.items, column.values, strict=True)
    for row, value in ((row, one) for row, held in pairs for one in _each(column, held)):
        if all(binding.parents.get(name, row) is row for name in same) and all(
            theirs not in binding.values or row.get(f"__{own}") == binding.values[theirs]
            for own, theirs in names.items()
        ):
            yield row, value


def inherited(study: Study, parents: Sequence[Parent]) -> dict[str, str]:
    """The placeholders of a parent's own path, by the names that the child has for them."""
    by_source = {_same_values(one): one.name for one in parents}
    return {own.name: by_source.get(_same_values(own), own.name) for own in study.parents}


def _same_values(parent: Parent) -> tuple[int, tuple[str, ...]]:
    """What two parents have in common that give the same values."""
    return id(parent.study), parent.column.keys


def all_parents(parents: Sequence[Parent]) -> list[Parent]:
    """The parents with those that their own paths need, and so on; those come first."""
    given = {_same_values(one): one for one in parents}
    found: dict[tuple[int, tuple[str, ...]], Parent] = {}
    filters: dict[tuple[int, tuple[str, ...]], list[str]] = {}

    def add(parent: Parent) -> None:
        filters.setdefault(_same_values(parent), []).append(parent.filter)
        for own in parent.study.parents:
            filters.setdefault(_same_values(own), []).append(own.filter)
            taken = {one.name for one in (*given.values(), *found.values())}
            known = given.get(_same_values(own)) or found.get(_same_values(own))
            add(known or replace(own, name=_free(own.name, taken)))
        found.setdefault(_same_values(parent), parent)

    for parent in parents:
        add(parent)
    return [replace(one, filter=_all_of(filters[key])) for key, one in found.items()]


def _all_of(filters: Iterable[str]) -> str:
    """The filter of a parent that is read for several: whatever each of them leaves out."""
    different = list(dict.fromkeys(one for one in filters if one))
    return different[0] if len(different) == 1 else " and ".join(f"({one})" for one in different)


def _free(name: str, taken: Iterable[str]) -> str:
    """A name that no other parent has."""
    numbered = (f"{name}_{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A text with the names of its placeholders changed."""
    return PLACEHOLDER.sub(lambda found: f"{{{names.get(found[1], found[1])}}}", text)


def in_step(options: Mapping[str, Sequence[Option]]) -> Iterator[list[Parent]]:
    """Choices whose values stand in one row: each pipeline names its team.

    Values of two lists would be combined all with all, and most of the pairs be none. What a
    parent hangs on itself comes with its rows anyway.
    """
    together: list[dict[str, Sequence[Option]]] = []
    for study in dict.fromkeys(parent for some in options.values() for parent, _ in some):
        above = {id(one.study) for one in study.parents}
        names = [name for name in options if not above & {id(one) for one, _ in options[name]}]
        held: dict[str, Sequence[Option]] = {
            name: called for name in names if (called := _called_by(name, study))
        }
        theirs = [option for called in held.values() for option in called]
        # Of those that no other list is for, the last is the row's own; others stand in it, too.
        rest = [name for name in names if name not in held and options[name][0][0] is study]
        held |= {name: _words(study, theirs) for name in rest[:-1]}
        held |= {name: [one for one in options[name] if one not in theirs] for name in rest[-1:]}
        if len(held) > 1:
            together.append(held)
    for held in sorted(together, key=len, reverse=True):
        alike = sorted(combined({**options, **held}), key=_sorts)
        yield from alike[:_MOST_FIELDS]


def _words(study: Study, but: Sequence[Option]) -> list[Option]:
    """The fields of a row that may say where it belongs, those first that several rows share."""
    found = [column for column in study.columns if _is_segment(column)]
    words = [
        column
        for column in found
        if (study, column) not in but
        and all(isinstance(v, str) and re.fullmatch(r"[\w.-]+", v) for v in column.values)
    ]
    several = sorted(words, key=lambda column: len(set(column.values)) == 1 or column.is_unique())
    return [(study, column) for column in several]


def _sorts(chosen: Sequence[Parent]) -> tuple[int, int]:
    """How many sorts of values there are, and how many are not as the placeholder is called.

    An API takes names for all, or ids; ``{owner}`` is more likely a name.
    """
    codes = [is_code(one.column) for one in chosen]
    ids = [any(map(names_identity, words_of(one.name))) for one in chosen]
    return len(set(codes)), sum(a != b for a, b in zip(codes, ids, strict=True))


def _called_by(name: str, study: Study) -> list[Option]:
    """The fields of a row that hold a placeholder's value by their name: ``team_name``."""
    wanted = set(noun_words(name))
    return [
        (study, column)
        for column in study.columns
        if _is_segment(column)
        and any(
            {singular(word) for word in words_of("_".join(keys))} - _NAMING == wanted
            for keys in (column.keys[-1:], column.keys[-2:])
        )
    ]


def combined(options: Mapping[str, Sequence[Option]]) -> Iterator[list[Parent]]:
    """Every choice of one option for each placeholder, the likeliest first."""
    ranked = [list(enumerate(some)) for some in options.values()]
    choices = sorted(product(*ranked), key=lambda choice: sum(place for place, _ in choice))
    for choice in choices[:_MOST_CHOICES]:
        pairs = zip(options, (option for _, option in choice), strict=True)
        chosen = [Parent(name, parent, column, "") for name, (parent, column) in pairs]
        if len({_same_values(one) for one in chosen}) == len(chosen):  # no field gives two of them
            yield chosen


def options_for(name: str, candidates: Sequence[Study], studies: Iterable[Study]) -> list[Option]:
    """The parents and fields that a placeholder may mean, those first that it means elsewhere.

    Every field of a parent that the name speaks of stands before those of the others.
    """
    elsewhere = [
        (parent.study, parent.column)
        for study in studies
        for parent in study.parents
        if parent.name == name and not study.refusal
    ]
    each = [[(parent, column) for column in fields_for(name, parent)] for parent in candidates]
    meant = [some for some in each if some and set(noun_words(name)) & some[0][0].nouns]
    others = [some for some in each if some not in meant]
    turns = chain(zip_longest(*meant), zip_longest(*others))
    own = [option for same in turns for option in same if option is not None]
    found = {(id(study), column.keys): (study, column) for study, column in (*elsewhere, *own)}
    return list(found.values())


def candidates_for(study: Study, name: str, parent: Study | None, studies: Studies) -> list[Study]:
    """The endpoints whose items may give a placeholder's values, the likeliest first."""
    others = [
        other
        for other in studies.values()
        if other is not study and other.columns and other is not parent
    ]
    noun = noun_words(name)

    def rank(other: Study) -> tuple[bool, int]:
        speaks = bool(set(noun) & other.nouns)
        return not speaks, len(other.target.placeholders)

    near = sorted(others, key=rank)
    first = [parent] if parent and parent.columns else []
    return [*first, *islice(near, 3)]


def literal_parent(study: Study, studies: Studies) -> tuple[int, Study] | None:
    """The segment of a path, and the endpoint that it is a value of: ``/lists/a1b2/members``."""
    for place, segment in enumerate(study.target.segments):
        if PLACEHOLDER.search(segment) or place == 0:
            continue
        before = study.target.segments[:place]
        for other in studies.values():
            if other is study or other.target.segments != before:
                continue
            if any(segment in map(str, column.present) for column in other.columns):
                return place, other
    return None


def asked_by_example(study: Study, studies: Iterable[Study]) -> list[str]:
    """The query parameters whose value is an example: an identifier of what the name says."""
    others = [other for other in studies if other is not study and other.columns]
    return [
        name
        for name, value in study.target.params
        if not PLACEHOLDER.search(value)
        and any(
            set(noun_words(name)) & other.nouns and value in other.identifiers() for other in others
        )
    ]
