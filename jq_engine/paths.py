"""jq programs that are plain paths: a dictionary look-up does for them."""

import re

_STEP = re.compile(
    r"""\.?\[\s*"(?P<bracketed>[^"\\]*)"\s*\]   # ["key"] or .["key"]
      | \."(?P<quoted>[^"\\]*)"                 # ."key"
      | \.(?P<plain>[A-Za-z_][A-Za-z0-9_]*)     # .key
    """,
    re.VERBOSE,
)
_INDEX = re.compile(r"\.?\[\s*(-?[0-9]+)\s*\]")  # [-1] or .[-1]


def plain_path(program: str) -> tuple[str, ...] | None:
    """The keys of a jq program that is a plain path, () for ``.``, None for any other program."""
    text = program.strip()
    keys, end = _leading_keys(text)
    return keys if text == "." or (keys and end == len(text)) else None


def _leading_keys(program: str) -> tuple[tuple[str, ...], int]:
    keys: list[str] = []
    end = 0
    # A bracket without a dot before it, at the start, builds an array.
    while (step := _STEP.match(program, end)) and (keys or program[0] == "."):
        keys.append(_key(step))
        end = step.end()
    return tuple(keys), end


def _key(step: re.Match[str]) -> str:
    return next(key for key in step.groups() if key is not None)


def indexed_path(program: str) -> tuple[str | int, ...] | None:
    """The keys and indices of a jq program that has nothing else: ``.data[-1].id``."""
    text = program.strip()
    steps: list[str | int] = []
    end = 0
    while end < len(text) and text[0] == ".":
        if step := _STEP.match(text, end):
            steps.append(_key(step))
        elif step := _INDEX.match(text, end):
            steps.append(int(step[1]))
        else:
            return None
        end = step.end()
    return tuple(steps) if steps else None
