"""Secrets kept out of every text that leaves the process.

Redaction is by value: whatever a text is about, a secret in it, or a form of it
that HTTP or JSON would carry, is replaced before the text is logged or raised.
"""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"


def _forms(secret: str) -> Iterator[str]:
    """The secret as it appears plain, in URLs, in forms, in JSON, in reprs and in base64."""
    yield secret
    yield secret.strip()
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    encoded = secret.encode()
    yield base64.b64encode(encoded).decode().rstrip("=")
    yield base64.urlsafe_b64encode(encoded).decode().rstrip("=")


class Redactor:
    """Replaces the secrets it was told of; call it with any text about to leave."""

    def __init__(self, *secrets: str) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Learn secrets; empty ones are ignored."""
        known = len(self._forms)
        self._forms.update(form for secret in secrets if secret.strip() for form in _forms(secret))
        if len(self._forms) > known:
            longest_first = sorted(self._forms, key=len, reverse=True)
            # Percent-encoding may be written in lower or upper case: %2f is %2F.
            self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """Return the text without any known secret."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text
