"""Relations: fields whose values are the identifiers of another endpoint's items.

Texts that are all identifiers of another endpoint speak for themselves. Small whole numbers do
not: every list has a 1, a 2 and a 3, so the field's name must speak too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from json_values import Json
from workbench.suggest.addresses import Address, addresses_of, last_segment
from workbench.suggest.fields import Column, are_dates, at, keys_around
from workbench.suggest.items import jq_path
from workbench.suggest.relation_names import (
    SYNONYMS,
    is_headed,
    is_self,
    names_of,
    speaks_of,
)
from workbench.suggest.study import Relation, Study
from workbench.suggest.targets import singular
from workbench.suggest.vocabulary import ends_in_id, names_identity, words_of

_SURE = 60  # the score of what an answer says by itself
_SAID = 20  # what is added where the word beside an id says of what it is
_FEWEST = 2  # values that show by what others refer
_SHORT = 8  # digits of a number that other lists may have as well
_ENOUGH = 3  # distinct values
_COUNTERS = frozenset(
    ["count", "total", "amount", "sum", "quantity", "size", "index", "score", "num", "percent"]
)
_CALLED = frozenset(["name", "title", "display name", "label", "full name", "subject", "email"])
_NOBODY = frozenset({"0", "-1"})
_LONG = 6  # characters of a text that no list has by chance


@dataclass(frozen=True)
class _Reference:
    """A field that may refer to others: jq for its texts, and all its values.

    ``listed``: the key of the list that it is, or stands in. ``is_own``: it identifies the items
    themselves. ``addresses``: its values end these. ``kind``: what the word beside it says it is.
    ``has_nobody``: where it refers to nothing it is 0 or -1, unless that is somebody.
    """

    keys: tuple[str, ...]
    expression: str
    values: frozenset[str]
    are_texts: bool
    listed: str = ""
    is_own: bool = False
    addresses: Sequence[Address] = ()
    kind: str = ""
    has_nobody: bool = False

    def jq_to(self, target: Study) -> str:
        """Jq for the identifiers of a target's items."""
        nobody = sorted(_NOBODY - target.identifiers())
        if not (self.has_nobody and nobody):
            return self.expression
        none = " or ".join(f'. == "{one}"' for one in nobody)
        return f"{self.expression} | if {none} then null else . end"

    def says_kind(self, target: Study) -> bool:
        """Whether the word beside it says that it is one of a target's items."""
        return singular(self.kind) in target.nouns

    def is_below(self, target: Study) -> bool:
        """Whether it holds addresses of a target's items."""
        return bool(self.addresses) and all(one.is_below(target.target) for one in self.addresses)


def references(study: Study) -> Iterator[_Reference]:
    """Every field that can hold an identifier, alone or in a list."""
    known = study.identifier_column
    for column in study.columns:
        values = [value for value in column.present if value != ""]
        if found := addresses_of(values):
            ends = [one.last for one in found]
            own = known is not None and ends == list(map(str, known.values))
            jq = last_segment(column.path, column.values)
            yield _Reference(
                column.keys, jq, _set(ends), are_texts=True, is_own=own, addresses=found
            )
        if _counts(column.keys) or _is_number_of(column) or are_dates(values):
            continue
        own = known is not None and list(column.values) == list(known.values)
        if own and study.member_of is None and not _is_telling(_set(values)):
            continue
        if values and all(map(_is_key, values)):
            are_texts = _texts(values)
            is_whole = are_texts and len(values) == len(column.present)
            jq = column.text_path if is_whole else column.text_or_null
            kind = _kind_beside(study, column)
            yield _Reference(
                column.keys, jq, _set(values) - _NOBODY, are_texts, is_own=own, kind=kind,
                has_nobody=not _NOBODY.isdisjoint(map(str, values)),
            )  # fmt: skip
        elif values and all(isinstance(value, list) for value in values):
            lists = [value for value in values if isinstance(value, list)]
            own_texts = [*map(str, known.values)] if known is not None else []
            yield from _lists(column, [inner for value in lists for inner in value], own_texts)


def _kind_beside(study: Study, column: Column) -> str:
    """The one word that stands beside an id and says of what: ``{"@type": "team", "id": 5}``."""
    for other in study.columns:
        if len(column.keys) > 1 and other.keys[:-1] == column.keys[:-1]:
            said = {str(value) for value in other.present}
            if words_of(other.keys[-1])[-1:] in {("type",), ("kind",)} and len(said) == 1:
                return " ".join(words_of(said.pop()))
    return ""


def _lists(column: Column, inner: Sequence[Json], own: Sequence[str]) -> Iterator[_Reference]:
    """What lists hold; ``own``: the identifiers of the items, which a list of one may refer to."""
    key = column.keys[-1]
    if found := addresses_of(inner):
        each = f"[{column.path}[]? | {last_segment('.', inner)}]"
        ends = _set([one.last for one in found])
        yield _Reference(column.keys, each, ends, are_texts=True, listed=key, addresses=found)
    if inner and all(map(_is_key, inner)):
        each = f"{column.path} // []" if _texts(inner) else f"[{column.path}[]? | tostring]"
        yield _Reference(column.keys, each, _set(inner), _texts(inner), key)
    elif inner and all(isinstance(value, dict) for value in inner):
        objects = [value for value in inner if isinstance(value, dict)]
        for path in dict.fromkeys(path for value in objects for path in _paths(value)):
            values = [one for value in objects if (one := at(value, path)) is not None]
            held = jq_path(path) + (" | values" if len(values) < len(objects) else "")
            if found := addresses_of(values):
                each = f"[{column.path}[]? | {last_segment(held, values)}]"
                lasts = [one.last for one in found]
                yield _Reference(
                    (*column.keys, *path), each, _set(lasts), are_texts=True, listed=key,
                    is_own=[*dict.fromkeys(lasts)] == own, addresses=found,
                )  # fmt: skip
            if values and all(map(_is_key, values)):
                text = held if _texts(values) else f"{held} | tostring"
                yield _Reference(
                    (*column.keys, *path), f"[{column.path}[]? | {text}]", _set(values),
                    _texts(values), key, is_own=[*dict.fromkeys(map(str, values))] == own,
                )  # fmt: skip


def _paths(value: Mapping[str, Json]) -> Iterator[tuple[str, ...]]:
    """The keys of an object in a list, and those one below: ``{"user": {"id": 1}}``."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from ((str(key), str(one)) for one in inner)
        else:
            yield (str(key),)


def _counts(keys: tuple[str, ...]) -> bool:
    """Whether a field's name speaks of a number of things rather than of one."""
    return bool(_COUNTERS.intersection(words_of(keys[-1])))


def _is_number_of(column: Column) -> bool:
    """Whether a number stands under a name for several: `assets: 23` is how many there are."""
    *_, last = words_of(column.keys[-1])
    is_number = all(isinstance(value, int) for value in column.present)
    return is_number and singular(last) != last


def _is_key(value: Json) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value) != ""


def _texts(values: Sequence[Json]) -> bool:
    return all(isinstance(value, str) for value in values)


def _set(values: Sequence[Json]) -> frozenset[str]:
    return frozenset(map(str, values))


def find_relations(study: Study, studies: Sequence[Study]) -> list[Relation]:
    """The relations of an endpoint to the others, the best field for each target's role."""
    found: dict[tuple[str, str], Relation] = {}
    around = keys_around(study.columns)
    for reference in references(study):
        rate_of = _rate_addresses if reference.addresses else _rate
        rated = [
            (rate, target)
            for target in studies
            if target.identifier_column is not None and not target.refusal
            and (rate := rate_of(reference, study, target))
        ]  # fmt: skip
        if not rated:
            continue
        (score, proof, certain), target = max(rated, key=lambda pair: pair[0][0])
        name, whole = names_of(reference.keys, target, listed=reference.listed, around=around)
        role = (name, target.blueprint)
        if role not in found and any(name == taken for taken, _ in found):
            role = (whole, target.blueprint)
        if score and role not in found:
            found[role] = Relation(
                role[0], reference.jq_to(target), target, bool(reference.listed), proof, certain
            )
    for relation in _composed(study, studies):
        found.setdefault((relation.name, relation.target.blueprint), relation)
    parents = {id(parent.study) for parent in study.parents}
    related = {id(relation.target) for relation in found.values() if relation.certain} | parents
    found_by = (one for one in _found_by(study, studies) if id(one.target) not in related)
    return _apart([*found.values(), *found_by])


def _composed(study: Study, studies: Sequence[Study]) -> Iterator[Relation]:
    """Fields that, behind the parents' values, are identifiers of other children of those."""
    for target in studies:
        if target is study or target.within is None or target.refusal:
            continue
        by_study = {id(one.study): one.name for one in study.parents}
        names = [by_study.get(id(one.study)) for one in target.parents]
        if None in names:
            continue
        known = target.identifiers()
        heads = ["/".join(str(item.get(f"__{name}")) for name in names) for item in study.items]
        for column in study.columns:
            pairs = zip(heads, column.values, strict=True)
            values = {f"{head}/{value}" for head, value in pairs if value is not None}
            texts = all(isinstance(value, str) for value in column.present)
            if not values or not texts or not values <= known or not speaks_of(column.keys, target):
                continue
            parts = [*(f"(.__{name} | tostring)" for name in names), column.path]
            joined = ' + "/" + '.join(parts)
            is_whole = len(column.present) == len(column.values)
            expression = joined if is_whole else f"if {column.path} then {joined} else null end"
            told = f"{len(values)} of {len(values)}, behind the parents' values, are identifiers"
            told += f" of {target.target.shown}"
            yield Relation(
                names_of(column.keys, target)[0], expression, target, many=False, proof=told
            )
            break


def _rate(reference: _Reference, study: Study, target: Study) -> tuple[int, str, bool] | None:
    """How well the values fit a target: a score, the proof, and whether it is one."""
    known = target.identifiers()
    inside = reference.values & known
    said = reference.says_kind(target)
    speaks = said or speaks_of(reference.keys, target)
    if study.member_of is target and study.member_column == reference.keys:
        told = f"{len(inside)} of {len(reference.values)} are identifiers of {target.target.shown}"
        return 50, told, True
    is_own = target is study and not (is_self(reference.keys) or reference.are_texts)
    # Of two lists of the same items the one with fewer refers to the other.
    is_same = reference.is_own and (target is study or len(known) <= len(reference.values))
    if not inside or is_own or (is_same and study.member_of is not target):
        return None
    told = (
        f"{len(inside)} of {len(reference.values)} values are identifiers of {target.target.shown}"
    )
    everything = inside == reference.values
    # One value proves nothing: a `source` that is `default` is no store of that name.
    by_values = len(inside) > 1 and _is_telling(inside)
    # One small number is in every list: a device type's is no device role's.
    is_headed_so = said or is_headed(reference.keys, target)
    is_chance = len(inside) == 1 and _digits(inside) and not is_headed_so
    speaks = speaks and not is_chance
    # A parent is one of the items themselves or, where none is, of another list.
    own = reference.values & study.identifiers()
    is_parent = is_self(reference.keys) and not (is_chance or (own and target is not study))
    if everything and (speaks or by_values or is_parent):
        return 10 * bool(speaks) + _SAID * said + 5 + len(inside), told, True
    # Long texts that another list has are hardly there by chance.
    is_shared = by_values and all(len(value) >= _LONG for value in inside)
    if (speaks or is_shared) and len(inside) * 2 >= len(reference.values):
        if target.is_complete:
            return 3, told, False
        return 10 + len(inside), f"{told}, of which only the first were read", True
    return None


def _rate_addresses(
    reference: _Reference, study: Study, target: Study
) -> tuple[int, str, bool] | None:
    """As ``_rate``, for addresses: their paths say of which list they are."""
    inside = len(reference.values & target.identifiers())
    is_self = reference.is_own and target is study
    if not inside or is_self or not reference.is_below(target):
        return None
    told = f"{inside} of {len(reference.values)} are addresses of {target.target.shown}"
    if inside == len(reference.values):
        return _SURE, told, True
    more = "" if target.is_complete else ", of which only the first were read"
    return 3, told + more, not target.is_complete


def _is_telling(values: frozenset[str]) -> bool:
    """Whether values are nobody's by chance: several of them, or long ones; no short numbers."""
    enough = len(values) >= _ENOUGH or all(len(value) >= _LONG for value in values)
    return enough and not _digits(values)


def membership(study: Study, studies: Sequence[Study]) -> Study | None:
    """The endpoint whose items the children of several parents are: users of groups.

    One of them may be a child of more than one parent.
    """
    column = study.identifier_column
    if not study.parents or column is None:
        return None
    own = set(map(str, column.values))
    for other in studies:
        is_parent = any(parent.study is other for parent in study.parents)
        if other is study or is_parent or len(other.parents) >= len(study.parents):
            continue
        if _is_named_in(study, other):
            continue
        shares = study.noun.split()[-1:] == other.noun.split()[-1:] or _same(study, other)
        inside = own & other.identifiers()
        if shares and inside and (inside == own or not other.is_complete):
            return other
    return None


def _is_named_in(study: Study, other: Study) -> bool:
    """Whether the items of another list name the parent that these are the children of.

    Then each has one parent: the services of routes, not the groups of users.
    """
    known = study.identifier_column
    ids = {} if known is None else dict(zip(map(str, known.values), study.items, strict=True))
    own = other.identifier_column
    if own is None:
        return False
    pairs = [
        (ids[name], item)
        for name, item in zip(map(str, own.values), other.items, strict=True)
        if name in ids
    ]
    parents = {str(_parent_values(child)) for child, _ in pairs}
    return len(parents) > 1 and any(
        all(at(theirs, column.keys) in _parent_values(child) for child, theirs in pairs)
        for column in other.columns
        if column.keys != own.keys
    )


def _parent_values(child: Mapping[str, Json]) -> list[Json]:
    """What names the parents of a child."""
    return [value for key, value in child.items() if key.startswith("__") and _is_key(value)]


def _same(study: Study, other: Study) -> bool:
    nouns, others = set(study.nouns), set(other.nouns)
    return any(nouns & group and others & group for group in SYNONYMS)


def better_identifier(target: Study, studies: Sequence[Study]) -> Column | None:
    """Another field of an endpoint's items by which the other endpoints refer to them.

    None where the API itself names them by what identifies them, or where the other field is what
    people call them, which may change: then `found_by` relates to them.
    """
    known = target.identifier_column
    if known is None or target.parents or target.is_addressed:
        return None
    ids = target.identifiers()
    found: Column | None = None
    for study in studies:
        for reference in references(study) if study is not target else ():
            speaks = speaks_of(reference.keys, target) and len(reference.values) >= _FEWEST
            if speaks and reference.values <= ids:
                return None
            if speaks and found is None and not _is_of_another(reference, target, studies):
                found = _field_of(reference, target)
    is_id = known.made_by or names_identity(known.name) or ends_in_id(known.name)
    is_called = found is not None and found.name in {*_CALLED, target.noun}
    return None if is_id and is_called else found


def _is_of_another(reference: _Reference, target: Study, studies: Sequence[Study]) -> bool:
    """Whether values are another list's identifiers: a field that has them refers to it as well."""
    others = (one for one in studies if one is not target and speaks_of(reference.keys, one))
    return any(reference.values <= one.identifiers() for one in others)


def _field_of(reference: _Reference, target: Study) -> Column | None:
    """The field of a target's items, other than what identifies them, that has the values."""
    known = target.identifier_column
    for column in target.columns:
        is_other = column.is_unique() and known is not None and column.keys != known.keys
        if is_other and reference.are_texts and reference.values <= set(map(str, column.values)):
            return column
    return None


def _found_by(study: Study, studies: Sequence[Study]) -> Iterator[Relation]:
    """Relations by a field that does not identify the others: Port looks for who has the value."""
    others = [one for one in studies if one is not study and one.identifier and not one.refusal]
    for reference in references(study):
        count = len(reference.values)
        if reference.listed or reference.addresses or count < _FEWEST:
            continue
        # Names that items share, and that all are another list's, are hardly there by chance.
        is_shared = _ENOUGH <= count < len(study.items) and _is_telling(reference.values)
        for target in others:
            speaks = is_shared or speaks_of(reference.keys, target)
            column = _field_of(reference, target) if speaks else None
            name = target.property_of(column) if column else ""
            if column is None or not name:
                continue
            proof = f"{count} of {count} values are {column.path} of {target.target.shown}"
            expression = f'{reference.expression} // ""'
            yield Relation(
                names_of(reference.keys, target)[0], expression, target, many=False, proof=proof,
                by=name,
            )  # fmt: skip


def _digits(values: frozenset[str]) -> bool:
    return all(value.isdigit() and len(value) < _SHORT for value in values)


def _apart(relations: Iterable[Relation]) -> list[Relation]:
    """The relations with names that differ."""
    taken: dict[str, Relation] = {}
    for relation in relations:
        taken.setdefault(relation.name, relation)
    return list(taken.values())
