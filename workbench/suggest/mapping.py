"""The mapping and the blueprints of what was found, as values: what is written is what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from json_values import Json
from workbench.suggest.parents import all_parents, inherited, renamed
from workbench.suggest.study import Parent, Relation, Study

_PLAIN_TEXT = "string"


def selector(study: Study) -> dict[str, Any]:
    """The selector of an endpoint."""
    made: dict[str, Any] = {"query": "true", **_request(study)}
    parents = all_parents(study.parents)
    if parents:
        made["path_parameters"] = {parent.name: _parameter(parent, parents) for parent in parents}
    return made


def _request(study: Study) -> dict[str, Json]:
    made: dict[str, Json] = {}
    if study.format != "json":
        made["response_format"] = study.format
    if study.place.data_path:
        made["data_path"] = study.place.data_path
    if params := {**study.query_params, **study.paging.sends}:
        made["query_params"] = params
    if study.pagination:
        made["pagination"] = study.pagination
    if study.empty_statuses:
        made["empty_statuses"] = [*sorted(study.empty_statuses)]
    return made


def _parameter(parent: Parent, parents: Sequence[Parent]) -> dict[str, Json]:
    names = inherited(parent.study, parents)
    request = _request(parent.study)
    if isinstance(params := request.get("query_params"), dict):
        given = params.items()
        request["query_params"] = {
            key: renamed(value, names) if isinstance(value, str) else value for key, value in given
        }
    field = ".value" if parent.column.keys == ("value",) else parent.column.path
    chosen = {"filter": parent.filter} if parent.filter else {}
    endpoint = renamed(parent.study.target.path, names)
    return {"endpoint": endpoint, "field": field, **chosen, **request}


def parent_relations(study: Study) -> list[Relation]:
    """The relations of a child to its parents: of these an answer has shown that they belong."""
    made: list[Relation] = []
    for parent in study.parents:
        target = parent.study
        # Several placeholders of one parent take their values from the same row of it.
        is_known = any(relation.target is target for relation in made)
        if is_known or not target.identifier or not target.wanted or target.refusal:
            continue
        names = inherited(target, study.parents)
        if target.identifier_column is None:
            expression = _of_parent(target.identifier, parent.name, names)
        elif target.identifier_column.keys == parent.column.keys:
            texts = all(isinstance(value, str) for value in parent.column.values)
            expression = f".__{parent.name}" + ("" if texts else " | tostring")
        else:
            expression = f".__parent.{parent.name}{target.identifier_column.text_path}"
        name = target.noun.split()[-1]
        made.append(
            Relation(
                name, expression, target, many=False, proof="its children were asked for by it"
            )
        )
    return made


def _of_parent(identifier: str, name: str, names: dict[str, str]) -> str:
    """A parent's composite identifier, as its child sees it."""
    parts = []
    for part in identifier.split(' + "/" + '):
        own = part.removeprefix("(.__").removesuffix(" | tostring)")
        if part.startswith("(.__") and own in names:
            parts.append(f"(.__{names[own]} | tostring)")
        else:
            parts.append(part.replace("(.", f"(.__parent.{name}.", 1))
    return ' + "/" + '.join(parts)


def resource(study: Study) -> dict[str, Any]:
    """The resource of an endpoint."""
    entity: dict[str, Json] = {
        "identifier": study.identifier,
        "title": study.title,
        "blueprint": f'"{study.blueprint}"',
    }
    if study.properties:
        entity["properties"] = {one.name: one.expression for one in study.properties}
    certain = [relation for relation in study.relations if relation.certain]
    if certain:
        entity["relations"] = {relation.name: relation.written for relation in certain}
    return {
        "kind": study.target.path,
        "selector": selector(study),
        "port": {"entity": {"mappings": entity}},
    }


def mapping(studies: Sequence[Study]) -> dict[str, Any]:
    """The mapping of all endpoints that could be read."""
    return {
        "createMissingRelatedEntities": True,
        "deleteDependentEntities": True,
        "resources": [resource(study) for study in studies],
    }


def blueprint(study: Study) -> dict[str, Any]:
    """The blueprint of an endpoint's items."""
    return {
        "identifier": study.blueprint,
        "title": study.noun.title(),
        "icon": "DefaultBlueprint",
        "schema": {
            "properties": {
                one.name: {**one.schema, "title": _title(one.name)} for one in study.properties
            },
            "required": [],
        },
        "relations": {
            one.name: {
                "title": _title(one.name),
                "target": one.target.blueprint,
                "many": one.many,
                "required": False,
            }
            for one in study.relations
            if one.certain
        },
    }


def _title(name: str) -> str:
    spaced = "".join(f" {one.lower()}" if one.isupper() else one for one in name)
    return spaced[:1].upper() + spaced[1:]
