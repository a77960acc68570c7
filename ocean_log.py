"""Our redaction at work in what Ocean itself writes: its log lines, the raw examples for Port.

Ocean masks both by a list of patterns. They know the settings as they were written, so no
token that a login gave and no base64, and on the console they leave the first six characters.
Here our redaction is put before them.
"""

import re
from typing import cast

from port_ocean.log.sensetive import sensitive_log_filter

from redaction import Redactor

_KEPT = 4  # resyncs; one that is aborted may still be heard of while the next ones run


class _Mask:
    """Stands in Ocean's list of patterns, of which nothing but ``sub`` is used."""

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact

    def sub(self, _replacement: object, text: str) -> str:
        """The text as it may leave, whatever Ocean would put in the secrets' place."""
        return self._redact(text)


def hide_from_ocean(redact: Redactor) -> None:
    """Keep what this knows, and what it will learn, out of Ocean's lines and examples."""
    patterns = cast("list[re.Pattern[str] | _Mask]", sensitive_log_filter.compiled_patterns)
    masks = [pattern for pattern in patterns if isinstance(pattern, _Mask)]
    for outdated in masks[_KEPT - 1 :]:
        patterns.remove(outdated)
    patterns.insert(0, _Mask(redact))
