"""What identifies the items of one endpoint, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from msgspec.structs import replace

from json_values import Json
from paging.model import PageRequest
from workbench.suggest.asking import Asker, BudgetError
from workbench.suggest.fields import (
    Column,
    at,
    columns,
    identifiers,
    is_own_name,
    pair_of,
    properties,
)
from workbench.suggest.study import Study
from workbench.suggest.titles import in_its_place, is_code, names_of_two, title_of
from workbench.suggest.vocabulary import names_identity

_LOCAL_NAMES = frozenset(
    ["name", "slug", "key", "number", "value", "position", "code", "ref", "index", "order"]
)


async def study_fields(asker: Asker, study: Study, detail: PageRequest | None) -> None:
    """Identifier, title and properties, from the items at hand."""
    if not study.columns:
        study.refusal = study.refusal or "it has no items at the moment: nothing to map"
        return
    own = identifiers([*study.columns, *study.addresses], study.target.noun)
    if not study.parents:
        column, proof = await _shown_identifier(asker, study, own, detail)
        if column:
            study.identifier_column, study.identifier = column, column.text_path
            study.note("identifier", study.identifier, proof)
    else:
        _child_identifier(study, own)
    if not study.identifier:
        _paired_identifier(study)
    if study.refusal:
        return
    name_items(study, study.columns)
    leave = [column for column in (study.identifier_column, study.title_column) if column]
    study.properties = properties(study.columns, leave)


def name_items(study: Study, found: Sequence[Column]) -> None:
    """Choose what items are called from some of their columns."""
    of = _parents_of(study)
    study.title_column = column = title_of(
        found, study.identifier_column or study.within, study.noun, of
    )
    study.title = column.text_path if column else study.identifier
    if column and (pair := names_of_two(found, column, study.noun)):
        study.title = pair
    elif column and len(column.present) < len(column.values):
        other = in_its_place(found, column)
        study.title += f" // {other.path}" if other else ""
    study.findings = [one for one in study.findings if one.question != "title"]
    study.note("title", study.title, certain=False)


def _parents_of(study: Study) -> list[str]:
    """Whose child each item is."""
    names = [f"__{one.name}" for one in study.parents]
    return ["/".join(str(item.get(name)) for name in names) for item in study.items]


async def _shown_identifier(
    asker: Asker, study: Study, own: Sequence[Column], detail: PageRequest | None
) -> tuple[Column | None, str]:
    """The likeliest identifier, or the one of the two likeliest that gives its object."""
    if not own:
        return None, ""
    count = len(own[0].values)
    proof = f"{count} of {count} distinct"
    if study.place.single or detail is None:
        return own[0], proof
    for column in own[:2]:
        if not column.words:
            continue
        try:
            reply = await asker.ask(_one(detail, column.values[0]))
        except BudgetError:
            break
        if reply.is_success and _holds(reply.body, column):
            study.is_addressed = True
            return column, f"{proof}; GET {study.target.path.rstrip('/')}/{{…}} gives it"
    return own[0], proof


def _one(detail: PageRequest, value: Json) -> PageRequest:
    """The request for one object of a list."""
    url, suffix = detail.url, ""
    for ending in (".json", "/"):
        if url.endswith(ending):
            url, suffix = url.removesuffix(ending), ending
    return replace(detail, url=f"{url}/{quote(str(value), safe='')}{suffix}")


def _holds(body: Json, column: Column) -> bool:
    """Whether an answer is, or has within it, the object with the column's first value."""
    level = [body]
    for _ in range(3):
        for part in level:
            found = part
            for key in column.keys:
                found = found.get(key) if isinstance(found, dict) else None
            if found is not None and str(found) == str(column.values[0]):
                return True
        level = [v for part in level if isinstance(part, dict) for v in part.values()]
    return False


def _child_identifier(study: Study, own: Sequence[Column]) -> None:
    """An identifier that holds among the children of all parents."""
    within = _within_parents(study)
    if whole := next((one for one in own if within and _is_joined(one, within[0], study)), None):
        study.identifier_column, study.identifier = whole, whole.text_path
        study.note("identifier", whole.path, "its parents' values and its own, joined by the API")
        return
    best = own[0] if own else None
    is_named = best is not None and (is_own_name(best, study.target.noun) or _is_random(best))
    is_other = bool(within) and best is not None and within[0] != best.keys
    # A few children of a few parents show nothing of what is called as something else.
    words = best.words if best else ()
    is_foreign = len(words) > 1 and not _is_id(words[-1])
    is_open = not is_named and (is_other or is_foreign)
    is_local = best is None or is_open or _is_local(best, study)
    if best and not is_local:
        study.identifier_column, study.identifier = best, best.text_path
        count = len(best.values)
        study.note("identifier", best.path, f"{count} of {count} distinct, of several parents")
        return
    column = next((c for c in study.columns if within and c.keys == within[0]), best)
    if column is None:
        return
    identify_within(study, column, f"{column.path} is unique within its parent only")


def _is_joined(column: Column, local: tuple[str, ...], study: Study) -> bool:
    """Whether values are those of the parents and a local one, with nothing but marks between."""
    for item, value in zip(study.items, column.values, strict=True):
        rest = str(value)
        for part in (*(item.get(f"__{one.name}") for one in study.parents), at(item, local)):
            if str(part) not in rest:
                return False
            rest = rest.replace(str(part), "", 1)
        if any(map(str.isalnum, rest)):
            return False
    return True


def _is_random(column: Column) -> bool:
    """Whether it is an id that nothing else has, such as a UUID."""
    is_number = all(str(value).isdigit() for value in column.values)
    return not is_number and is_code(column) and _is_id(column.name.split()[-1])


def _is_id(word: str) -> bool:
    """Whether a word is one for an id: a key may be a map's, or what a message is routed by."""
    return names_identity(word) and word != "key"


def identify_within(study: Study, column: Column, proof: str) -> None:
    """Identify children by their parents and a column."""
    parts = [f"(.__{parent.name} | tostring)" for parent in study.parents]
    study.identifier = ' + "/" + '.join([*parts, f"({column.path} | tostring)"])
    study.identifier_column, study.within = None, column
    study.findings = [one for one in study.findings if one.question != "identifier"]
    study.note("identifier", study.identifier, proof)


def _is_local(column: Column, study: Study) -> bool:
    """Whether another parent's children may have the same values."""
    if column.name == study.target.noun:  # `host` of a host: several parents must show it
        names = [f"__{parent.name}" for parent in study.parents]
        return len({tuple(str(item.get(name)) for name in names) for item in study.items}) == 1
    return column.name in _LOCAL_NAMES


def _within_parents(study: Study) -> list[tuple[str, ...]]:
    """The columns that tell the children of each parent apart, the likeliest first.

    Of a parent with one child any column does: it says nothing.
    """
    groups: dict[str, list[dict[str, Json]]] = {}
    for key, item in zip(_parents_of(study), study.items, strict=True):
        groups.setdefault(key, []).append(item)
    unique: list[tuple[str, ...]] | None = None
    for rows in (some for some in groups.values() if len(some) > 1):
        ranked = [column.keys for column in identifiers(columns(rows), study.target.noun)]
        unique = ranked if unique is None else [keys for keys in unique if keys in ranked]
    return unique or []


def _paired_identifier(study: Study) -> None:
    pair = pair_of(study.columns, _parents_of(study))
    if pair is None:
        study.refusal = (
            "no field, and no two of them, tell its items apart: there is nothing to identify an"
            " entity by"
        )
        return
    first, second = pair
    parts = [f"(.__{parent.name} | tostring)" for parent in study.parents]
    parts += [f"({first.path} | tostring)", f"({second.path} | tostring)"]
    study.identifier = ' + "/" + '.join(parts)
    count = len(first.values)
    study.note("identifier", study.identifier, f"{count} of {count} distinct together")
