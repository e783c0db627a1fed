"""
What the tests of the rules share: a process as text, checked without a disk; the examples of a page.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping

from svcflow.language import compile_sources
from svcflow.language.checks import Project
from svcflow.language.files import Texts
from svcflow.language.findings import Finding
from svcflow.language.lock import Edition, Lock
from svcflow.language.page import Page
from svcflow.language.rules.catalogue import RULES

CODES = frozenset(rule.code for rule in RULES)
HEAD = "process: desk\nversion: 1\ncalendar: always\nroles: [clerk, boss]\n"
HEAD_LINES = HEAD.count("\n")
# The head names a boss and a calendar that most of these processes do not need, and many say nothing of who or when.
ASIDE = frozenset({"SF601", "SF605", "SF606"})


def findings(sources: Mapping[str, str], file: str) -> tuple[Finding, ...]:
    """Every finding about one of some files; those called `version-1.yaml` and so on are published."""
    before = [text for name, text in sources.items() if name.startswith("version-")]
    return Project(Texts(sources), RULES, against=published(*before) if before else None).check(file).findings


def published(*texts: str) -> Lock:
    """A lock of processes that stand in a file each."""
    return Lock.of(Edition.of(compile_sources({"desk.yaml": text}, "desk.yaml")) for text in texts)


def told(body: str, **beside: str) -> list[str]:
    """
    What the rules tell about a process whose head is given, as `SF301 3:5`, lines counted from below the head.

    `beside` are whole processes in files of their own. Only the rules may find an error.
    """
    texts = {"desk.yaml": HEAD + textwrap.dedent(body)} | {f"{name}.yaml": text for name, text in beside.items()}
    found = findings(texts, "desk.yaml")
    foreign = [finding for finding in found if finding.severity == "error" and finding.code not in CODES]
    assert foreign == []
    mine = sorted((finding for finding in found if finding.code in CODES - ASIDE), key=_place)
    return [f"{one.code} {one.line - HEAD_LINES}:{one.column}" for one in mine]


def messages(body: str, **beside: str) -> list[str]:
    """The messages of the same findings, with their help."""
    texts = {"desk.yaml": HEAD + textwrap.dedent(body)} | {f"{name}.yaml": text for name, text in beside.items()}
    return [
        f"{one.message} ({one.help})"
        for one in sorted(findings(texts, "desk.yaml"), key=_place)
        if one.code not in ASIDE
    ]


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.line, finding.column, finding.code


def examples(page: Page, heading: str) -> dict[str, str]:
    """The complete files below `Bad:` or `Good:` of a page, by file name, the checked one first."""
    files: dict[str, str] = {}
    under = ""
    for found in re.finditer(r"^(Bad|Good):$|^```(?:yaml|text)\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL):
        under = found[1] or under
        if found[2] and under == heading:
            name = re.match(r"# (\S+\.(?:yaml|lock))\n", found[2])
            # A lock is no YAML, and has no comments.
            files[name[1] if name else "example.yaml"] = found[2].removeprefix("# svcflow.lock\n")
    return files


def of_family(found: Iterable[Finding]) -> list[str]:
    """Findings of the rules, as `SF301 at 3:5`."""
    return [f"{one.code} at {one.line}:{one.column}" for one in sorted(found, key=_place) if one.code in CODES]
