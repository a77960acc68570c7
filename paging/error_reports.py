"""What known names say of an answer: that it failed, that rows are missing, that it is no item.

Names are the first evidence, and make good messages; what a resource's other pages have in common
is the proof (``page_recognition``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import httpx

from json_values import MISSING, Json, beginning_of, follow, lists_in
from paging.scopes import Scopes, is_item, reasons_in, scopes_of
from paging.signal_names import (
    ENVELOPE,
    ERROR_NAMES,
    INCOMPLETE_NAMES,
    REPORT_NAMES,
    SUCCESS_NAMES,
    in_snake_case,
    name_of,
)
from paging.signals import Verdict, booleans, is_true, known_cursor, known_signal, whole_number
from paging.totals import counts_one_of, known_totals, objects_beside

_DEEPEST_LIST = 5  # objects around the list of an answer, GraphQL's included
# https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search
_FAILED_SHARDS = ("_shards", "failed")
_SEVERITIES = ("severity", "level", "type")
_MILD = frozenset({"warning", "warn", "notice", "info", "information"})

# Words of success and failure, in the places where APIs have one of either.
_GOOD = frozenset({"ok", "okay", "success", "successful", "succeeded", "none", "no error"})
_BAD = frozenset({"error", "fail", "failed", "failure", "errored"})
_CODES = frozenset({"code", "status", "status_code"})
_STATES = frozenset({"status", "stat"})
_OUTCOMES = frozenset((*ERROR_NAMES, *SUCCESS_NAMES, *_CODES, *_STATES))
_TELLING = frozenset((*ERROR_NAMES, *SUCCESS_NAMES, "message", "reason", "detail", "title", "code"))

_ENDS_IN_CODE = re.compile(r"(?:code|errno)$", re.IGNORECASE)
_WORD = re.compile(r"[\w-]+")


def tells_outcome(key: str) -> bool:
    """Whether a key is one by which APIs tell machines how it went: a success, a code, a status."""
    return name_of(key) in _OUTCOMES or _ENDS_IN_CODE.search(key) is not None


def tells_success(key: str, told: Json) -> bool:
    """Whether a key by which APIs tell how it went says plainly that it went well."""
    if isinstance(told, bool) or name_of(key) in SUCCESS_NAMES:
        return told is True and name_of(key) in SUCCESS_NAMES
    is_code = whole_number(told) in {0, httpx.codes.OK}
    return tells_outcome(key) and (is_code or is_good(told))


def is_like_report(body: object) -> bool:
    """Whether an object is made of nothing but what reports hold: a message, a code, a status.

    Under any name a word of failure is a status: Matomo has ``{"result": "error"}``.
    """
    return (
        isinstance(body, dict)
        and bool(body)
        and all(name_of(key) in REPORT_NAMES or is_failed(told) for key, told in body.items())
    )


def is_failed(told: Json) -> bool:
    """Whether a text is nothing but a word of failure."""
    return isinstance(told, str) and told.strip().lower() in _BAD


def is_error_report(body: Mapping[str, Json]) -> bool:
    """Whether an object is nothing but the report of an error."""
    return is_like_report(body) and (reports_error(body) or any(map(is_failed, body.values())))


def is_report_read(body: Mapping[str, Json], rows: Sequence[Json], data_path: str) -> bool:
    """Whether rows are an error report, or its texts: of a program as ``[.[]]``."""
    is_taken = all(row is body or not isinstance(row, dict | list) for row in rows)
    return is_taken and is_error_report(body) and not any(_reads(data_path, key) for key in body)


def are_reports(rows: Sequence[Json], data_path: str) -> bool:
    """Whether rows without what is taken of each are reports of errors, and no items of their own.

    ``{"imdata": [{"error": {"attributes": {"code": "403"}}}]}`` for ``.imdata[].fvTenant``.
    """
    return bool(rows) and all(
        isinstance(row, dict)
        and not is_item(row)
        and reports_error(row)
        and not any(_reads(data_path, key) for key in row)
        for row in rows
    )


def is_partial(body: Json, scopes: Scopes, data_path: str) -> bool:
    """Whether an answer says that some of its data is missing.

    By errors beside the data, as in GraphQL (its spec, 7.1), or by a word for it. What
    ``data_path`` names is data: a list of errors may be what is read. Warnings are no errors.
    """
    if not isinstance(body, dict):
        return False
    # Without scopes the body is the one item.
    return bool(scopes) and (
        any(booleans(scopes, INCOMPLETE_NAMES))
        or bool(whole_number(follow(body, _FAILED_SHARDS)))
        or any(not _reads(data_path, key) for key in _failures(body))
    )


def _reads(data_path: str, key: str) -> bool:
    """Whether a program takes its items from a key, rather than asks something of them."""
    return key in _WORD.findall(data_path.partition("|")[0])


def _is_failure(told: Json) -> bool:
    """Whether what stands beside rows as an error is one: a number may count something."""
    match told:
        case list():
            return not all(map(_is_warning, told))
        case dict():
            codes = [value for key, value in told.items() if name_of(key) in _CODES]
            said = [value for key, value in told.items() if name_of(key) in _TELLING]
            return not any(map(is_good, said)) and any(map(_is_bad, codes or told.values()))
        case str():
            return _is_bad(told)
        case _:
            return told is True


def _is_bad(told: Json) -> bool:
    """Whether a value is set, and is no word of success: TikTok has ``{"code": "ok"}``.

    Nothing but zeros is none either (SQLSTATE's 00000).
    """
    if not isinstance(told, str):
        return is_true(told)
    return is_true(told) and not is_good(told) and bool(told.strip().strip("0"))


def is_good(told: Json) -> bool:
    """Whether a text is nothing but a word of success."""
    return isinstance(told, str) and in_snake_case(told).strip().replace("_", " ") in _GOOD


def _is_warning(told: Json) -> bool:
    severities = (told.get(name) for name in _SEVERITIES) if isinstance(told, dict) else ()
    return any(str(severity).lower() in _MILD for severity in severities)


def lists_others(found: Json) -> bool:
    """Whether a list holds no error: warnings, or rows of another kind, each with an id."""
    return isinstance(found, list) and all(
        _is_warning(one)
        or (isinstance(one, dict) and is_item(one) and not any(map(is_failed, one.values())))
        for one in found
    )


def is_unopened(
    found: Json, holder: Json, body: Json, headers: Mapping[str, str], *, goes_on: bool
) -> bool:
    """Whether what was taken for one item stands for the page of a list, or beside the list.

    ``holder`` is the object it lies in; ``goes_on``: another page is to follow. What has an id
    is an item, whatever else it holds.
    """
    if is_item(found):
        return False
    around = holder if isinstance(holder, dict) else {}
    within = [rows for rows in lists_in(found, _DEEPEST_LIST) if rows]
    lists = within or [rows for rows in lists_in(body, _DEEPEST_LIST) if rows]
    scopes = scopes_of(body, found)
    totals = known_totals(scopes, headers)
    if not lists:  # words in the place of the list that a total is of
        return isinstance(found, str) and whole_number(found) is None and (totals.rows or 0) > 1
    if any(isinstance(rows[0], dict) for rows in lists) and (
        not isinstance(found, dict)
        or (within and _is_all_envelope(found))
        or any(one is found and name_of(key) in ENVELOPE for key, one in around.items())
    ):
        return True
    lengths = {len(rows) for rows in lists}
    return (
        goes_on
        or known_signal(scopes, headers) is not Verdict.UNKNOWN
        or known_cursor(scopes) is not MISSING
        or max(totals.rows or 0, totals.pages or 0) > 1
        or totals.rows in lengths
        or any(counts_one_of(part, lengths) for part in objects_beside(holder, body))
    )


def _is_all_envelope(found: Json) -> bool:
    """Whether a part is nothing but a list of objects and what answers have around it."""
    if not isinstance(found, dict):
        return isinstance(found, list) and any(isinstance(row, dict) for row in found[:1])
    inside = [value for key, value in found.items() if name_of(key) not in ENVELOPE]
    return not is_item(found) and len(inside) == 1 and _is_all_envelope(inside[0])


def reports_error(body: Mapping[str, Json], *, has_list: bool = False) -> bool:
    """Whether an answer without rows says that it failed.

    By an error in it, ``ok`` or ``success`` false, or a status that is a word of failure. Beside a
    list a number may count something.
    """
    states = (told for key, told in body.items() if name_of(key) in _STATES)
    errors = (told for key, told in reasons_in(body).items() if name_of(key) in ERROR_NAMES)
    is_number = not has_list and any(told and type(told) in (int, float) for told in errors)
    return is_number or bool(_failures(body)) or any(map(is_failed, states))


def is_coded(body: Json) -> bool:
    """Whether an answer whose list is null has a code, and words, neither of which is of success.

    ``{"errcode": 40001, "errmsg": "invalid credential", "data": null}``.
    """
    if not isinstance(body, dict):
        return False
    codes = {key: told for key, told in body.items() if _ENDS_IN_CODE.search(key)}
    words = [told for key, told in body.items() if isinstance(told, str) and key not in codes]
    is_well = not words or any(map(is_good, (*words, *codes.values())))
    return not is_well and any(map(_is_failing, codes.values()))


def _is_failing(code: Json) -> bool:
    """Whether a code is none that APIs have for success: 0, 1, and HTTP's."""
    number = whole_number(code)
    if number is None:
        return isinstance(code, str) and _is_bad(code)
    return number > 1 and not httpx.codes.is_success(number)


def words_of(body: Json) -> str:
    """An answer as JSON, or how it begins: the API's own reasons first, wherever they stand."""
    if not isinstance(body, dict):
        return beginning_of(body)
    told = {key: value for key, value in body.items() if name_of(key) in _TELLING}
    texts = {key: value for key, value in body.items() if isinstance(value, str)}
    return beginning_of({**told, **texts, **body})


def _failures(body: Mapping[str, Json]) -> list[str]:
    """The keys under which an answer says that it failed, numbers aside."""
    said = [(key, name_of(key), told) for key, told in reasons_in(body).items()]
    return [
        key
        for key, name, told in said
        if (name in ERROR_NAMES and _is_failure(told)) or (name in SUCCESS_NAMES and told is False)
    ]


def reported_only(body: Json) -> Json:
    """An answer that has no list, but words of its own: None for any other one."""
    if isinstance(body, str):
        return body.strip() or None
    if not isinstance(body, dict) or any(lists_in(body, _DEEPEST_LIST)):
        return None
    told = [value for key, value in body.items() if name_of(key) in _TELLING]
    return body if any(told) or is_like_report(body) else None
