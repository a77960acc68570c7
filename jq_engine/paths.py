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
    if program.strip() == ".":
        return ()
    steps = indexed_path(program) or ()
    keys = tuple(step for step in steps if isinstance(step, str))
    return keys if keys and len(keys) == len(steps) else None


def indexed_path(program: str) -> tuple[str | int, ...] | None:
    """The keys and indices of a jq program that has nothing else: ``.data[-1].id``."""
    text = program.strip()
    steps: list[str | int] = []
    end = 0
    # A bracket without a dot before it, at the start, builds an array.
    while end < len(text) and text[0] == ".":
        if step := _STEP.match(text, end):
            steps += [key for key in step.groups() if key is not None]
        elif step := _INDEX.match(text, end):
            steps.append(int(step[1]))
        else:
            return None
        end = step.end()
    return tuple(steps) if steps else None
