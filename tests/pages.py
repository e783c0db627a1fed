"""
The fenced blocks of the documentation, so that tests can run what a reader would copy.
"""

import re
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """
    One fenced block: its page, the number of its first line there, its language, its title and its text.
    """

    page: Path
    line: int
    kind: str
    title: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path, kind: str) -> tuple[Block, ...]:
    """
    The blocks of one language on one page, from top to bottom.
    """
    text = page.read_text(encoding="utf-8")
    return tuple(
        Block(page, text.count("\n", 0, found.start()) + 2, kind, found["title"], found["text"])
        for found in _FENCE.finditer(text)
        if found["kind"] == kind
    )
