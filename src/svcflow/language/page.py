"""
The pages of all codes: those of the rules are the docstrings of their functions, all others stand in `pages/`.

YAML, shape, names and the reading of conditions are checked wherever they are read, in no function of their own.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import cast

from attrs import frozen

from svcflow.language.findings import Severity
from svcflow.language.rules.registry import Rule

_PAGES = files("svcflow.language") / "pages"
_SECTION = re.compile(
    r"^## (?P<code>SF[0-9]{3}) (?P<name>[^\n]+)\n\n\*(?P<severity>\w+)\.\* (?P<text>.*?)(?=\n## |\Z)",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Page:
    """
    What a code means.

    `text` is Markdown: what is found and why it matters, then below `Bad:` and `Good:` a file in which it is found and
    one in which it is not. `severity` is the one it usually has.
    """

    code: str
    severity: Severity
    name: str
    text: str


def written_pages(family: str) -> tuple[Page, ...]:
    """The pages of one file in `pages/`: `yaml`, `shape`, `names`, `conditions`, `time`, `versions` or `labels`."""
    text = (_PAGES / f"{family}.md").read_text(encoding="utf-8")
    return tuple(
        Page(found["code"], cast("Severity", found["severity"].lower()), found["name"], found["text"].strip())
        for found in _SECTION.finditer(text)
    )


def pages(rules: Iterable[Rule]) -> tuple[Page, ...]:
    """Every page, in the order of the codes: those of some rules, and those of all codes that no rule tells."""
    return tuple(sorted((*rule_pages(rules), *_of_files()), key=lambda page: page.code))


def rule_pages(rules: Iterable[Rule]) -> tuple[Page, ...]:
    """The pages of some rules: the docstrings of their functions."""
    return tuple(Page(rule.code, rule.severity, rule.name, textwrap.dedent(rule.page).strip()) for rule in rules)


def _of_files() -> Iterator[Page]:
    for file in sorted(_PAGES.iterdir(), key=lambda file: file.name):
        yield from written_pages(file.name.removesuffix(".md"))
