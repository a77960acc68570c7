"""``{{ jq }}`` in query parameters and bodies: computed once, or for each value of a parameter."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from errors import Part
from jq_engine.embedded import evaluated, filled, with_variables
from jq_engine.programs import Jq, checked, programs_in
from json_values import Json, as_text
from resync.path_parameters import (
    VARIABLE,
    Binding,
    Endpoint,
    ListedParameter,
    Parameter,
    Resource,
)


async def computed(resource: Resource, moment: float, jq: Jq) -> Resource:
    """The resource with every ``{{ jq }}`` in query parameters and bodies evaluated.

    The programs run on null, with ``now`` standing at ``moment`` (seconds since 1970), so that
    all requests of a resync agree: ``{{ now - 7 * 86400 | todate }}``. Those that use the value of
    a path parameter, ``$name``, are checked only: ``completed`` evaluates them for each binding.
    Raises MappingError.
    """
    parameters = await computed_parameters(resource, moment, jq)
    endpoint = await _computed(resource.endpoint, _computing(resource, moment, jq))
    return replace(resource, endpoint=endpoint, parameters=parameters)


async def computed_parameters(
    resource: Resource, moment: float, jq: Jq
) -> tuple[Parameter | ListedParameter, ...]:
    """The resource's path parameters, their parents evaluated like that; raises MappingError."""
    computing = _computing(resource, moment, jq)
    return tuple(
        [
            replace(one, parent=await _computed(one.parent, replace(computing, where=one.place())))
            if isinstance(one, Parameter)
            else one
            for one in resource.parameters
        ]
    )


async def completed(
    endpoint: Endpoint, binding: Binding, moment: float, jq: Jq, *, where: Part
) -> Endpoint:
    """The endpoint with what it computes from the values of one binding; raises MappingError.

    ``where`` is the endpoint's place in the mapping.
    """
    if not endpoint.is_computed:
        return endpoint
    names = frozenset(binding.values)
    computing = _Computing(moment, where, jq, names, binding.values)
    return await _computed(endpoint, computing)


class _Computing(Struct, frozen=True):
    """What computed values are computed with; ``values`` None: those of ``names`` are to come."""

    moment: float
    where: Part
    jq: Jq
    names: frozenset[str]
    values: Mapping[str, Json] | None = None

    async def results(self, programs: Collection[str]) -> dict[str, Json]:
        """The value of each program that can be evaluated by now; the others are checked."""
        found: dict[str, Json] = {}
        for program in sorted(programs):
            used = sorted(self.names & set(VARIABLE.findall(program)))
            if used and self.values is None:
                checked(with_variables(program, used), self.where)
                continue
            variables = {name: (self.values or {})[name] for name in used}
            found[program] = await evaluated(
                program, self.jq, moment=self.moment, where=self.where, variables=variables
            )
        return found


def _computing(resource: Resource, moment: float, jq: Jq) -> _Computing:
    names = frozenset(parameter.name for parameter in resource.parameters)
    return _Computing(moment, Part(("selector",)), jq, names)


async def _computed(endpoint: Endpoint, computing: _Computing) -> Endpoint:
    parts = [endpoint.query_params, endpoint.body]
    values = await computing.results(programs_in(parts))
    body = filled(endpoint.body, values)
    if isinstance(endpoint.body, str):
        body = as_text(body)
    params = {name: filled(value, values) for name, value in endpoint.query_params.items()}
    return replace(endpoint, query_params=params, body=body)
