"""Secrets kept out of every text that leaves the process.

Redaction is by value: whatever a text is about, a secret in it is replaced before the text
is logged or raised, in any of the forms that HTTP, JSON or Python would give it.
"""

import base64
import json
import re

REDACTED = "[redacted]"


class Redactor:
    """Replaces the secrets it was told of; call it with any text about to leave."""

    def __init__(self, *secrets: str) -> None:
        self._patterns: dict[str, re.Pattern[str]] = {}
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Learn secrets; empty ones are ignored."""
        told = {form for secret in secrets for form in (secret, secret.strip()) if secret.strip()}
        new = told - self._patterns.keys()
        self._patterns.update((secret, _pattern(secret)) for secret in new)
        # A secret that holds another one must be replaced before that one is.
        longest_first = sorted(self._patterns, key=len, reverse=True)
        self._patterns = {secret: self._patterns[secret] for secret in longest_first}

    def __call__(self, text: str) -> str:
        """Return the text without any known secret."""
        for pattern in self._patterns.values():
            text = pattern.sub(REDACTED, text)
        return text


def _pattern(secret: str) -> re.Pattern[str]:
    """The secret and its base64, each character in every way it may be written."""
    encoded = secret.encode(errors="surrogatepass")
    standard = base64.b64encode(encoded).decode().rstrip("=")
    url_safe = base64.urlsafe_b64encode(encoded).decode().rstrip("=")
    plain, *in_base64 = ("".join(map(_spellings, form)) for form in (secret, standard, url_safe))
    # Base64 is not the same in another case; of short secrets it would be a word like any other.
    return re.compile("|".join((f"(?i:{plain})", *in_base64)))


def _spellings(character: str) -> str:
    """One character plain, percent-encoded, as JSON or Python escape it, or as in a form.

    Text within text is escaped again and again: any number of backslashes may stand before.
    """
    if character.isascii() and character.isalnum():
        return character
    if character == "\\":
        return r"(?:\\+|(?i:%5c))"
    plain = {
        character,
        "".join(f"%{byte:02x}" for byte in character.encode(errors="surrogatepass")),
        "+" if character == " " else character,
    }
    escaped = {json.dumps(character)[1:-1], repr(character)[1:-1], f"\\u{ord(character):04x}"}
    ways = [r"\\*" + re.escape(way) for way in plain]
    ways += [r"\\+" + re.escape(way.lstrip("\\")) for way in escaped if way.startswith("\\")]
    # Hexadecimal digits are written in either case, secrets only in their own.
    ways = [way if way.endswith(re.escape(character)) else f"(?i:{way})" for way in ways]
    return f"(?:{'|'.join(sorted(ways, key=len, reverse=True))})"
