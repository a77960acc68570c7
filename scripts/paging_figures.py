"""How much decides when a list ends: names in tables, rules of doubt, places that raise, lines.

``python -m scripts.paging_figures [FOLDER]``; FOLDER is the project's, or another copy of it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_CODE = ("paging/*.py", "pagination.py", "resync/walk.py", "resync/completeness.py")


def modules(root: Path) -> list[Path]:
    """The modules about pages and ends."""
    return sorted(path for pattern in _CODE for path in root.glob(pattern))


def names(tree: ast.Module) -> Iterator[str]:
    """The texts in the tables of a module: tuples, sets and mappings that are its constants."""
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        is_table = value is not None and any(
            isinstance(part, ast.Tuple | ast.Set | ast.Dict | ast.List) for part in ast.walk(value)
        )
        for part in ast.walk(value) if value is not None and is_table else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
                yield part.value


def raises(tree: ast.Module) -> int:
    """How many statements raise an error of their own."""
    return sum(
        isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) for node in ast.walk(tree)
    )


def rules(document: str) -> int:
    """The rows of the table of doubts."""
    table = re.search(r"^\| In doubt .*\n\|.*\n((?:\|.*\n)+)", document, re.MULTILINE)
    return len(table[1].splitlines()) if table else 0


def main() -> None:
    """Print the figures."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    texts = {path: path.read_text() for path in modules(root)}
    trees = [ast.parse(text) for text in texts.values()]
    told = {
        "names in tables": len({name for tree in trees for name in names(tree)}),
        "rows of doubt": sum(rules(page.read_text()) for page in root.glob("docs/*.md")),
        "places that raise": sum(map(raises, trees)),
        "modules": len(trees),
        "lines": sum(len(text.splitlines()) for text in texts.values()),
        "lines of the longest": max(len(text.splitlines()) for text in texts.values()),
    }
    for what, count in told.items():
        sys.stdout.write(f"{what}: {count}\n")


if __name__ == "__main__":
    main()
