"""A request and what it is answered: a refusal is one, whichever status it has."""

from __future__ import annotations

from typing import Final

from answers import Answer
from client import ApiClient
from errors import BodyError, OceanCustomError
from json_values import Json
from paging.error_reports import tells_failure
from paging.model import PageRequest

REPORTED: Final = "the answer reports an error"


async def ask(client: ApiClient, request: PageRequest) -> Answer:
    """What a request is answered; an answer that says it failed raises, as any failure does."""
    answer = await client.send(request)
    if error := refusal_in(client, answer.body, str(answer.status)):
        raise error.about(request=client.named(request))
    return answer


def refusal_in(client: ApiClient, body: Json, answered: str) -> BodyError | None:
    """What an answer says that it failed with the status of a success; None for another one."""
    if not tells_failure(body):
        return None
    return BodyError(REPORTED, answered=answered, words=client.quoted(body))


def is_reported(error: OceanCustomError) -> bool:
    """Whether an error is what an answer with the status of a success said."""
    return any(one.problem == REPORTED for one in error.report.faults)
