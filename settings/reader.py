"""Reading values by the table of settings: what is wrong is noted, not raised.

Values arrive from variables of the environment, so numbers, booleans, arrays and objects may be
texts. No fault quotes a value that could be a secret in the wrong place.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Literal, get_args

from errors import Fault, MappingError
from http_headers import is_header_name, is_header_value, is_set_by_http
from jq_engine.lookups import compile_lookup
from json_values import Json
from settings.fields import FIELDS, SettingField

ReadingMethod = Literal["GET", "POST", "PUT", "PATCH"]
"""What reads a list; whatever it is called, a request that fails is sent again."""
Method = Literal[ReadingMethod, "DELETE"]
METHODS: tuple[Method, ...] = get_args(Method)
"""What may stand in a login and a logout."""

# The words that pydantic, which Ocean reads its own booleans by, takes for one.
_BOOLEANS: Mapping[str, bool] = dict.fromkeys(("true", "1", "yes", "on", "y", "t"), True) | (
    dict.fromkeys(("false", "0", "no", "off", "n", "f"), False)
)
_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "an array",
    str: "text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_QUOTABLE = 20  # characters of a word that may be shown; a credential would be longer


class SettingsReader:
    """One mapping of settings, by the names of the table; ``faults`` collects what is wrong."""

    def __init__(self, config: Mapping[str, Json]) -> None:
        self.faults: list[Fault] = []
        self._config = {key: value for key, value in config.items() if not _is_undecoded(value)}
        for name, field in FIELDS.items():
            if any(_is_undecoded(config.get(key)) for key in (field.key, name)):
                self.fault(name, "must be text in UTF-8", "correct the variable's charset")

    def fault(self, name: str, problem: str, remedy: str) -> None:
        """Note what is wrong with a setting, and what to do: once, however often it is read."""
        if (fault := Fault(name, problem, remedy)) not in self.faults:
            self.faults.append(fault)

    def missing(self, name: str, problem: str, remedy: str) -> None:
        """Note what needs a setting without a value, unless it has one that was refused."""
        if all(fault.place != name for fault in self.faults):
            self.fault(name, problem, remedy)

    def given(self, name: str) -> Json:
        """The value as it was given; None where it was not."""
        field = FIELDS[name]
        value = self._config.get(field.key)
        return self._config.get(field.name) if value is None else value

    def _value(self, name: str) -> Json:
        value = self.given(name)
        return None if isinstance(value, str) and not value.strip() else value

    def text(self, name: str) -> str | None:
        """A text without the spaces around it; None: unset or empty, or not a text."""
        value = self._value(name)
        if value is None:
            return None
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self.fault(name, f"is {kind_of(value)}", "write a text")
        return None

    def number(self, name: str) -> int | None:
        """A whole number within the bounds of its setting; its default where it is unset."""
        field, value = FIELDS[name], self._value(name)
        default = field.default if isinstance(field.default, int) else None
        if value is None:
            return default
        number = _decimal(value)
        if number is None or not _is_whole_within(number, field):
            found = str(value).strip()[:_QUOTABLE] if number is not None else kind_of(value)
            bounds = f"from {field.least} to {field.most}"
            self.fault(name, f"is {found}", f"write a whole number {bounds}")
            return default
        return int(number)

    def whole(self, name: str) -> int:
        """A whole number of a setting that has a default."""
        number = self.number(name)
        assert number is not None, name  # noqa: S101 — the table gives it a default
        return number

    def boolean(self, name: str) -> bool:
        """True or false, in any of the usual words."""
        value = self._value(name)
        default = FIELDS[name].default is True
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if (known := _BOOLEANS.get(str(value).strip().lower())) is not None:
            return known
        self.fault(name, f"is {kind_of(value)}", "write true or false")
        return default

    def word[Word: str](self, name: str, words: Sequence[Word]) -> Word:
        """One of the words of a setting, ``words`` of the table with their type."""
        field, value = FIELDS[name], self.text(name)
        value = dict(field.aliases).get(value, value) if value else str(field.default)
        for word in words:
            if value == word:
                return word
        found = repr(value) if len(value) <= _QUOTABLE else "none of the words it may be"
        near = get_close_matches(value, words, n=1, cutoff=0.4)
        near = near or [word for word in words if word.startswith(value) or value.startswith(word)]
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        self.fault(name, f"is {found}", f"use one of {', '.join(words)}{hint}")
        return next(word for word in words if word == field.default)

    def json(self, name: str) -> Json:
        """An array or object, which may be given as JSON text."""
        value = self._value(name)
        if not isinstance(value, str):
            return value
        try:
            found: Json = json.loads(value)
        except (ValueError, RecursionError):
            self.fault(name, "is not valid JSON", "check quotes and commas")
            return None
        return found

    def object(self, name: str) -> Mapping[str, Json]:
        """An object; empty where there is none."""
        value = self.json(name)
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return value
        example = FIELDS[name].example
        self.fault(name, f"is {kind_of(value)}", f"write a JSON object, such as {example}")
        return {}

    def path(self, name: str) -> str | None:
        """A dot path or jq program, when it is one; jq refuses some texts that start with a dot."""
        path = self.text(name)
        try:
            compile_lookup(path or ".", name)
        except MappingError as error:
            self.note(name, error)
        return path

    def note(self, name: str, error: MappingError) -> None:
        """Note what is wrong with the value of a setting."""
        for fault in error.faults:
            self.fault(name, fault.problem, fault.remedy)

    def is_header(self, setting: str, name: str, value: str, number: int = 1) -> bool:
        """Whether a header can be sent; else it is noted.

        Told by its number among others: where name and value are swapped, the name is a secret.
        """
        which = f"header number {number}"
        named_by = "apiKeyHeader" if setting == "apiKey" else setting
        if not is_header_name(name):
            self.fault(
                named_by,
                f"gives {which} a name that HTTP does not allow",
                "use letters, digits and dashes",
            )
            return False
        if is_set_by_http(name):
            remedy = "name another, or none"
            self.fault(named_by, f"has {name.title()} as {which}: HTTP itself sets it", remedy)
            return False
        if not is_header_value(value):
            self.fault(
                setting,
                f"gives {which} a value with a line break or another character that HTTP headers"
                " cannot carry",
                "remove that character",
            )
            return False
        return True


def _is_undecoded(value: Json) -> bool:
    """Whether a text has what no UTF-8 has: so Python reads other bytes of the environment."""
    return isinstance(value, str) and any("\ud800" <= one <= "\udfff" for one in value)


def _decimal(value: Json) -> Decimal | None:
    """The number that a value is or spells, such as ``1e+06``; None for any other."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_whole_within(number: Decimal, field: SettingField) -> bool:
    """Whether a number is whole and within the bounds, which come first: 1e999999 is dear."""
    assert field.least is not None  # noqa: S101 — as every whole number of the table has them
    assert field.most is not None  # noqa: S101 — likewise
    return field.least <= number <= field.most and number == number.to_integral_value()


def kind_of(value: Json) -> str:
    """What a value is, in words that do not quote it."""
    return _KINDS.get(type(value), "something else")
