"""Our redaction at work in what Ocean itself writes: its log lines, the raw examples for Port.

Ocean masks both by a list of patterns. These know the settings as they were written: no token
that a login gave, and no base64. On the console they leave the first six characters, and of a line
they see only the message. So our redaction comes before them. A patcher of loguru takes secrets out
of every line, also out of its exception and its fields.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, cast

from loguru import logger
from port_ocean.log.logger_setup import _combined_patcher as patched_by_ocean
from port_ocean.log.sensetive import SensitiveLogFilter, sensitive_log_filter

from framework.failures import is_ours, sentence_of
from transport.redaction import SHORTEST_SECRET, Redactor

if TYPE_CHECKING:
    from loguru import Record

_LARGEST = 10**100  # Python does not write out a number of thousands of digits
_KEPT = 4  # resyncs; one that is aborted may still be heard of while the next ones run


class _Mask:
    """Stands in Ocean's list of patterns; Ocean uses only the method ``sub`` of them."""

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact

    def sub(self, _replacement: object, text: str) -> str:
        """The text without secrets, in our way and not in Ocean's.

        Of a text too long to be searched while all else waits, the beginning.
        """
        return self._redact(text)


def hide_from_ocean(redact: Redactor) -> None:
    """Keep what this knows, and what it will learn, out of Ocean's lines and examples."""
    patterns = cast("list[re.Pattern[str] | _Mask]", sensitive_log_filter.compiled_patterns)
    for outdated in [*_masks()[_KEPT - 1 :], *filter(_is_too_short, patterns)]:
        patterns.remove(outdated)
    patterns.insert(0, _Mask(redact))
    watch_log()
    sensitive_log_filter.mask_object = _masked  # type: ignore[method-assign, assignment]


def watch_log() -> None:
    """Have every line go through our patcher, which comes after Ocean's."""
    logger.configure(patcher=_patched)


def _patched(record: Record) -> None:
    _tell_ours(record)
    _tell_refused(record)
    _without_secrets(record)


def _tell_ours(record: Record) -> None:
    """Keep only the sentence of an error of ours: a traceback does not help who must act.

    Ocean hands over the error, or, in a handler of it, its traceback as text.
    """
    if exception := record["exception"]:
        if (error := exception.value) and is_ours(error):
            record["exception"] = None
            if (sentence := sentence_of([error])) not in record["message"]:
                record["message"] += f": {sentence}"
    elif "traceback" in record["extra"] and is_ours(sys.exception()):
        del record["extra"]["traceback"]


def _tell_refused(record: Record) -> None:
    """Say which entities Port refused, and why: Ocean has that in fields that no console shows."""
    match record["extra"]:
        case {"extra": {"failed_count": int() as count, "sample_errors": dict() as samples}}:
            for sample in list(samples.values())[:1]:
                entity = f"{sample.get('blueprint')} {sample.get('identifier')!r}"
                reason = f"{count} entities, the first: {entity}: {sample.get('error')}"
                record["message"] += f": {reason}"


def _is_too_short(pattern: re.Pattern[str] | _Mask) -> bool:
    """Whether Ocean would hide every `x` of a text, since that is a password."""
    if isinstance(pattern, _Mask):
        return False
    text = re.sub(r"\\(.)", r"\1", pattern.pattern, flags=re.DOTALL)
    return re.escape(text) == pattern.pattern and len(text) < SHORTEST_SECRET


def _masks() -> list[_Mask]:
    """Ours among Ocean's patterns, which are the one place where they are kept."""
    patterns = cast("list[object]", sensitive_log_filter.compiled_patterns)
    return [pattern for pattern in patterns if isinstance(pattern, _Mask)]


def _without_secrets(record: Record) -> None:
    """In the place of Ocean's patcher, which it begins with: of every line, every text.

    Ocean masks the message alone. The exception goes to the console, and with the fields
    beside it (``extra``) to Port.
    """
    patched_by_ocean(record)
    record["message"] = _hidden(record["message"])
    record["extra"].update({name: _hidden(value) for name, value in record["extra"].items()})
    if exception := record["exception"]:
        record["exception"] = exception._replace(value=_hidden(exception.value))


def _hidden(value: Any) -> Any:  # noqa: ANN401 — as loguru has it
    match value:
        case str():
            for mask in _masks():
                value = mask.sub(None, value)
            return value
        case list() | tuple():
            return [_hidden(inner) for inner in value]
        case dict():
            return {_hidden(key): _hidden(inner) for key, inner in value.items()}
        case BaseException():
            return Exception(_hidden(str(value)))
        case int() | float() if not isinstance(value, bool) and abs(value) < _LARGEST:
            text = str(value)
            return value if (hidden := _hidden(text)) == text else hidden
        case _:
            return value


def _masked(value: Any, full_hide: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 — as in Ocean
    """In the place of Ocean's ``mask_object``, which knows neither keys nor numbers."""
    return SensitiveLogFilter.mask_object(sensitive_log_filter, _hidden(value), full_hide)
