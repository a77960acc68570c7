"""Port's search queries as SQL over the table of entities.

    {"combinator": "and", "rules": [{"property": "$identifier", "operator": "in", "value": [...]},
                                    {"property": "severity", "operator": "=", "value": "high"}]}

`$identifier`, `$title`, `$blueprint`, `$datasource`, `$createdAt` and `$updatedAt` are columns;
any other name is a property. See https://docs.port.io/search-and-query/structure-and-syntax.
"""

import json
from dataclasses import dataclass
from typing import Final

from workbench.store.model import InvalidError, Json, JsonObject

type SqlValue = str | int | float | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A boolean SQL expression over the columns of `entities`, and its parameters in order."""

    sql: str
    parameters: tuple[SqlValue, ...] = ()


_COLUMNS: Final = {
    "$blueprint": "blueprint",
    "$createdAt": "created_at",
    "$datasource": "datasource",
    "$identifier": "identifier",
    "$title": "title",
    "$updatedAt": "updated_at",
}

# {0} is the column; each template takes the rule's value once. IS and IS NOT, for a rule may
# compare with null.
_OPERATORS: Final = {
    "=": "{0} IS ?",
    "!=": "{0} IS NOT ?",
    ">": "{0} > ?",
    ">=": "{0} >= ?",
    "<": "{0} < ?",
    "<=": "{0} <= ?",
    "contains": "instr({0}, ?) > 0",
    "doesNotContains": "coalesce(instr({0}, ?), 0) = 0",
    "beginsWith": "instr({0}, ?) = 1",
}
_LIST_OPERATORS: Final = {
    "in": "{0} IN (SELECT value FROM json_each(?))",
    "notIn": "{0} NOT IN (SELECT value FROM json_each(?))",
}
_UNARY_OPERATORS: Final = {"isEmpty": "{0} IS NULL", "isNotEmpty": "{0} IS NOT NULL"}


def condition(query: Json) -> Condition:
    """The SQL of a query or of one of its rules; raises InvalidError for what it cannot say."""
    match query:
        case {"combinator": "and" | "or" as combinator, "rules": list(rules)}:
            return _combined(str(combinator), [condition(rule) for rule in rules])
        case {"property": str(name), "operator": str(operator), **rest}:
            return _comparison(_column(name), operator, rest.get("value"))
        case _:
            raise InvalidError(f"not a search query or rule: {json.dumps(query)[:200]}")


def project(entity: JsonObject, include: list[str]) -> JsonObject:
    """The fields of an entity that `include` names ("title", "properties.severity").

    All fields when it names none; a property that the entity does not have is left out.
    """
    if not include:
        return entity
    chosen: JsonObject = {}
    for path in include:
        name, _, key = path.partition(".")
        value = entity.get(name)
        if not key:
            chosen[name] = value
        elif isinstance(value, dict) and key in value:
            part = chosen.setdefault(name, {})
            if isinstance(part, dict):
                part[key] = value[key]
    return chosen


def _combined(combinator: str, parts: list[Condition]) -> Condition:
    if not parts:
        return Condition("1")
    return Condition(
        f" {combinator.upper()} ".join(f"({part.sql})" for part in parts),
        tuple(value for part in parts for value in part.parameters),
    )


def _column(name: str) -> Condition:
    if name in _COLUMNS:
        return Condition(_COLUMNS[name])
    if name.startswith("$") or '"' in name:
        raise InvalidError(f"cannot search by {name}")
    return Condition("json_extract(properties, ?)", (f'$."{name}"',))


def _comparison(column: Condition, operator: str, value: Json) -> Condition:
    values: tuple[SqlValue, ...]
    if operator in _UNARY_OPERATORS:
        template, values = _UNARY_OPERATORS[operator], ()
    elif operator in _LIST_OPERATORS and isinstance(value, list):
        template, values = _LIST_OPERATORS[operator], (json.dumps(value),)
    elif operator in _OPERATORS and (value is None or isinstance(value, str | int | float)):
        template, values = _OPERATORS[operator], (value,)
    else:
        raise InvalidError(f"cannot search with the operator {operator} and this value")
    return Condition(template.format(column.sql), (*column.parameters, *values))
