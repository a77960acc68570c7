"""``{{ jq }}`` within texts: evaluated for query parameters, bodies and claims."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from errors import MappingError, Where, quoting
from jq_engine.programs import EMBEDDED, Jq, JqError, checked, first_of, jq_reason
from json_values import Json, as_text, keys_of, with_texts


async def evaluated(
    program: str,
    jq: Jq,
    *,
    moment: float,
    where: Where,
    variables: Mapping[str, Json] | None = None,
) -> Json:
    """The one value that a program gives, ``now`` standing at ``moment`` (seconds since 1970).

    It runs on null; ``variables`` are what it may call ``$name``. Raises MappingError, naming
    ``where`` it stands, when the program fails, or gives nothing, null, an array or an object.
    """
    bound = checked(with_variables(program, variables or ()), where)
    source = f"def now: {round(moment, 3)}; {bound}"
    where = quoting(where, f"{{{{{program}}}}}")
    try:
        outputs = await jq.outputs(first_of(source), dict(variables or {}) or None, where=where)
    except JqError as error:
        raise MappingError(
            f"failed ({jq_reason(error)})", "correct the expression", where=where
        ) from None
    result = next(iter(outputs), None)
    if result is None or isinstance(result, dict | list):
        raise MappingError(
            f"gave {keys_of(result)}, not one value",
            "let it give a text, a number or a boolean",
            where=where,
        )
    return result


def with_variables(program: str, names: Collection[str]) -> str:
    """The program on null, ``$name`` bound to that key of what it is run on."""
    bindings = ", ".join(f"${name}" for name in sorted(names))
    return f". as {{{bindings}}} | null | ({program}\n)" if names else program


def filled(value: object, values: Mapping[str, Json]) -> Json:
    """A JSON value whose texts have the value of each program in its place.

    A program alone keeps its value's type. What has none among ``values`` stays as it is.
    """
    return with_texts(value, lambda text: _filled_text(text, values))


def _filled_text(text: str, values: Mapping[str, Json]) -> Json:
    if alone := EMBEDDED.fullmatch(text):
        return values.get(alone[1], text)
    return EMBEDDED.sub(
        lambda found: as_text(values[found[1]]) if found[1] in values else found[0], text
    )
