"""A request and what it is answered: a refusal is one, whichever status it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from answers import Answer
from client import ApiClient
from errors import BodyError, OceanCustomError
from json_values import Json
from paging.error_reports import is_coded, is_error_report, reports_error
from paging.model import PageRequest
from paging.scopes import is_item

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


def tells_failure(body: Json) -> bool:
    """Whether an answer says that it failed.

    By an error in it, as nothing but a report, or by a code where the one thing beside is empty.
    """
    return isinstance(body, dict) and (
        reports_error(body)
        or is_error_report(body)
        or (not is_item(body) and _is_void(body) and is_coded(body))
    )


def _is_void(body: Mapping[str, Json]) -> bool:
    """Whether an answer has a place for data, and none in it."""
    held = [told for told in body.values() if told is None or isinstance(told, dict | list)]
    return bool(held) and not any(held)


def is_reported(error: OceanCustomError) -> bool:
    """Whether an error is what an answer with the status of a success said."""
    return any(one.problem == REPORTED for one in error.report.faults)
