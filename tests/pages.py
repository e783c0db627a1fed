"""
The pages of the documentation and what stands in them, so that tests can run what a reader would copy.
"""

import re
import shlex
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[1]
PAGES = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "benchmarks").rglob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
)

WALKED = ROOT / "docs" / "tutorial" / "own-process.md"
"""A page that changes its files as it goes: it means something from top to bottom only."""

_FENCE = re.compile(r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")


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


@frozen
class Shown:
    """
    One command of ours as a page shows it, without what a shell would take for itself.
    """

    page: Path
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {shlex.join(self.words)}"


def fenced(page: Path) -> tuple[Block, ...]:
    """
    All fenced blocks of one page, from top to bottom.
    """
    text = page.read_text(encoding="utf-8")
    return tuple(
        Block(page, text.count("\n", 0, found.start()) + 2, found["kind"], found["title"], found["text"])
        for found in _FENCE.finditer(text)
    )


def blocks(page: Path, kind: str) -> tuple[Block, ...]:
    """
    The blocks of one language on one page, from top to bottom.
    """
    return tuple(block for block in fenced(page) if block.kind == kind)


def spans(page: Path) -> tuple[str, ...]:
    """
    What stands between backticks in the running text of a page, line breaks as blanks.
    """
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return tuple(" ".join(found.split()) for found in _SPAN.findall(prose))


def commands(page: Path) -> tuple[Shown, ...]:
    """
    The commands of ours that stand in the shell blocks of a page, each from `svcflow` on.
    """
    lines = [line for block in blocks(page, "sh") for line in block.text.replace("\\\n", " ").splitlines()]
    parts = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    ours = [words for words in parts if words and Path(words[0]).name == "svcflow"]
    return tuple(Shown(page, ("svcflow", *_before_redirection(words[1:]))) for words in ours)


def _before_redirection(words: list[str]) -> list[str]:
    return words[: words.index(">")] if ">" in words else words
