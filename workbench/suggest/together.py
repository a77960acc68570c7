"""What only all endpoints together show: relations, and identifiers that others refer by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from errors import OceanCustomError
from jq_engine.programs import checked
from json_values import Json
from overrides import EndpointAppConfig
from workbench.suggest.mapping import mapping, parent_relations
from workbench.suggest.naming import identify_within, name_items
from workbench.suggest.relations import better_identifier, find_relations, membership
from workbench.suggest.study import Parent, Relation, Study


def relate(studies: Sequence[Study]) -> None:
    """Find what refers to what among the endpoints, and what identifies them then."""
    written = [study for study in studies if study.wanted and not study.refusal]
    for study in written:
        for parent in study.parents:
            _address(parent)
    for study in written:
        if column := better_identifier(study, written):
            study.identify(column, "other endpoints refer to it by this")
    for study in written:
        _join(study, written)
    for study in written:
        by_path = parent_relations(study)
        used = {relation.name for relation in by_path}
        targets = {id(relation.target) for relation in by_path}
        others = [
            relation
            for relation in find_relations(study, written)
            if relation.name not in used and id(relation.target) not in targets
        ]
        study.relations = [*by_path, *others]
        for relation in study.relations:
            study.note(
                "relation",
                f"{relation.name} → {relation.target.target.shown}",
                relation.proof,
                certain=relation.certain,
            )
        _leave_what_refers(study)


def _leave_what_refers(study: Study) -> None:
    """What refers to another item names none, and is no property as well."""
    taken = {relation.expression.removesuffix(' // ""') for relation in study.relations}
    own = study.within.path if study.within else ""  # yet it may be all that a parent's are called
    if study.title in taken - {own} and len(study.columns) > 1:
        name_items(study, [c for c in study.columns if not taken & {c.path, c.text_path}])
    names = {relation.name for relation in study.relations}
    refers = {relation.expression for relation in study.relations if relation.certain}
    study.properties = [
        one
        for one in study.properties
        if one.expression not in taken and one.name not in names
        if not refers & {one.column.text_path, one.column.text_or_null}
    ]


def refuse_faults(written: Sequence[Study]) -> None:
    """Refuse what the integration's own models or jq refuse; nothing of it is written."""
    for study in written:
        try:
            text = mapping([study])
            EndpointAppConfig.parse_obj(text)
            entity: dict[str, Json] = text["resources"][0]["port"]["entity"]["mappings"]
            for where, program in _programs(entity, study.relations):
                checked(program, where)
        except OceanCustomError as error:
            study.refusal = f"what was found is no mapping: {error}"


def _address(parent: Parent) -> None:
    """The identifier of a parent whose children are asked for by another unique field: that one.

    It is how the API itself names the object.
    """
    study, column = parent.study, parent.column
    known = study.identifier_column
    study.is_addressed = study.is_addressed or bool(known and known.keys == column.keys)
    if study.parents or known is None or study.is_addressed or not column.is_unique():
        return
    study.is_addressed = True
    study.identify(column, "its children are asked for by it")


def _join(study: Study, studies: Sequence[Study]) -> None:
    """The items of another endpoint, as children of several parents: one entity for each pair."""
    other, column = membership(study, studies), study.identifier_column
    if other is None or column is None:
        return
    study.member_of, study.member_column = other, column.keys
    identify_within(study, column, f"one of {other.target.shown} may have several parents")


def _programs(entity: dict[str, Any], relations: Sequence[Relation]) -> list[tuple[str, str]]:
    found = [(key, value) for key, value in entity.items() if isinstance(value, str)]
    found += list(entity.get("properties", {}).items())
    return found + [(relation.name, relation.expression) for relation in relations]
