"""The format of answers, where it is not the one that the mapping says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from jq_engine.worker import JqWorker
from paging.model import PageRequest
from transport.formats import BodyFormat, FormatName
from workbench.check.asking.nearby import Nearby, Target
from workbench.check.asking.reading import Seen
from workbench.check.findings import Write
from workbench.check.guesses.expressions import values_of, written

BY_HEADER: Final = "write headers: {Accept: application/json}"
OF_ALL: Final = 'write "Accept": "application/json" in customHeaders: then it answers JSON'
"""What makes an answer JSON: of one kind, and of all that are refused alike."""
_OF_XML: Final = ("@", "#")


def format_of(seen: Seen, said: str) -> FormatName | None:
    """The format of an answer that could not be read; None where nothing tells."""
    kinds = [one.content_type or "" for one in seen.exchanges]
    words = said.lstrip()
    if words.startswith("<?xml") or any("xml" in kind and "html" not in kind for kind in kinds):
        return "xml"
    if words.startswith("{"):
        has_lines = "\n{" in said or "\\n{" in words
        is_ndjson = has_lines or seen.config.selector.response_format == "ndjson"
        return "ndjson" if is_ndjson else "json"
    others: tuple[FormatName, ...] = ("csv", "ndjson")
    return next((one for one in others if any(one in kind for kind in kinds)), None)


async def is_mapped_as(near: Nearby, seen: Seen, target: Target, name: FormatName) -> bool:
    """Whether what is mapped is there where an answer is read in a format."""
    if target.request is None:
        return False
    body = await near.body(replace(target.request, format=BodyFormat(name)))
    wanted = near.expressions(seen, target)
    return await near.worth(body, target.endpoint.data_path, wanted) > 1


async def other_format(
    near: Nearby, target: Target, absent: Sequence[tuple[str, ...]]
) -> Write | None:
    """The format in which the rows of the same request have keys that are absent in its own.

    As JSON; as XML where a key is an attribute's, or a text.
    """
    is_xml = any(key.startswith(_OF_XML) for path in absent for key in path)
    name: FormatName = "xml" if is_xml else "json"
    if target.request is None or name == target.endpoint.format.name:
        return None
    body = await near.body(replace(target.request, format=BodyFormat(name)))
    worth = await near.worth(body, target.endpoint.data_path, [*map(written, absent)])
    return Write(name, "so read, its items have them") if worth > len(absent) else None


async def as_json(near: Nearby, request: PageRequest | None) -> str:
    """How an answer in another format is asked for as JSON."""
    if request is None or request.method != "GET":
        return ""
    if isinstance(await near.body(request.put("format", "json", "query")), dict | list):
        return "with format=json it answers JSON: write it into query_params"
    headers = (*request.headers, ("Accept", "application/json"))
    if isinstance(await near.body(replace(request, headers=headers)), dict | list):
        return f"{BY_HEADER}: then it answers JSON"
    return ""


async def rows_as_json(near: Nearby, jq: JqWorker, seen: Seen) -> Write | None:
    """What to write where the same address answers JSON, and has rows at ``data_path`` then."""
    selector, request = seen.config.selector, near.asked(seen)
    if selector.response_format == "json" or request is None:
        return None
    body = await near.body(replace(request, format=BodyFormat()))
    if not isinstance(body, dict):
        return None
    (rows,) = await values_of(jq, selector.data_path or ".", [body])
    if not isinstance(rows, list) or not rows:
        return None
    return Write("json", f"the same address answers JSON, with {len(rows)} rows at data_path")
