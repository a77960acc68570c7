"""The words of the documents in figures: ``python -m scripts.words`` prints them.

Prose is what a person wrote to be read: neither what stands in a fenced block, nor what a command
writes between its marks (`make reference`, `make bench`, `make faults`). A word has a letter or a
digit in it; the target of a link is none.
"""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GENERATED = {"fault-matrix.md"}
"""Pages that a command writes as a whole."""
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_WRITTEN = re.compile(r"<!-- (?:generated|results).*?<!-- end.*?-->", re.DOTALL)
_TARGET = re.compile(r"\]\([^)]*\)")
_WORD = re.compile(r"\S*\w\S*")


def pages() -> list[Path]:
    """Every document of the product: those at the top, then docs/."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def words(path: Path) -> Counter[str]:
    """The words of a document: of its prose, of its fenced blocks, and of what is generated."""
    text = path.read_text()
    if path.name in GENERATED:
        return Counter(generated=_count(text))
    generated = "\n".join(_WRITTEN.findall(text))
    rest = _WRITTEN.sub("", text)
    blocks = "\n".join(_FENCED.findall(rest))
    return Counter(
        prose=_count(_FENCED.sub("", rest)), blocks=_count(blocks), generated=_count(generated)
    )


def _count(text: str) -> int:
    return len(_WORD.findall(_TARGET.sub("]", text)))


def table() -> str:
    """The words of every page, and of all, as Markdown."""
    rows = {str(path.relative_to(ROOT)): words(path) for path in pages()}
    rows["all"] = sum(rows.values(), Counter())
    kinds = ("prose", "blocks", "generated")
    lines = [
        f"| {name} | {' | '.join(f'{found[kind]:,}' for kind in kinds)} |"
        for name, found in rows.items()
    ]
    return "\n".join([f"| Page | {' | '.join(kinds)} |", "|---" * 4 + "|", *lines])


if __name__ == "__main__":
    print(table())
