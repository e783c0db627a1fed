"""
Single slips made in correct definitions, each of which the checker must notice: who makes them, and who counts.

`python tests/language/mutants.py [FOLDER] [--kind KIND]` prints the mutants that are not reported at the line they were
made in, and one line of numbers per kind. A line that is gone has no place: whatever is found tells of it, with a lock
of what was there before, or with `--no-lock` without one.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from svcflow.holidays import PublicHolidays
from svcflow.language.checks import Project, remembered
from svcflow.language.english import swapped_letters
from svcflow.language.files import Texts
from svcflow.language.findings import Finding
from svcflow.language.lock import Edition, Lock
from svcflow.language.nodes import Document, MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.reader import read
from svcflow.language.rules.catalogue import RULES

HOLIDAYS = remembered(PublicHolidays)
EVERY = (*RULES, swapped_letters())
FREE_TEXT = ("title", "labels")
WORD = re.compile(r"[^\W\d]\w*")
SLIPS = ("swap", "duplicate", "indent")
KINDS = (*SLIPS, "delete")


@frozen
class Mutant:
    """One slip: the file as it became, the line the slip is in, and what was done."""

    kind: str
    file: str
    text: str
    line: int
    what: str


def mutants(kind: str, file: str, text: str, choose: random.Random) -> Iterator[Mutant]:
    """Every mutant of one kind of one file; of the swaps possible in a word, one is chosen."""
    document = read(text, file)
    match kind:
        case "swap":
            yield from swapped(document, choose)
        case "duplicate":
            yield from duplicated(document)
        case "indent":
            yield from indented(document)
        case "delete":
            yield from deleted(document)


def words(node: Node | None, *, text: bool = False) -> Iterator[tuple[int, int, str]]:
    """Every key and name of a file as (line, column, word); titles and labels are text, their keys are not."""
    match node:
        case ScalarNode() if not text and node.span.line == node.span.end_line:
            for found in WORD.finditer(node.text):
                yield node.span.line, node.span.column + found.start() + (not node.plain), found.group()
        case SequenceNode():
            for item in node.items:
                yield from words(item, text=text)
        case MappingNode():
            for key, entry in node.entries.items():
                yield from words(entry.key)
                yield from words(entry.value, text=text or key in FREE_TEXT)


def swapped(document: Document, choose: random.Random) -> Iterator[Mutant]:
    """Two neighbouring letters of a word change places."""
    for line, column, word in words(document.root):
        places = [at for at in range(len(word) - 1) if word[at] != word[at + 1]]
        if not places:
            continue
        at = choose.choice(places)
        slip = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        old = document.lines[line - 1]
        new = old[: column - 1] + slip + old[column - 1 + len(word) :]
        yield Mutant("swap", document.file, with_line(document, line, new), line, f"{word} -> {slip}")


def duplicated(document: Document) -> Iterator[Mutant]:
    """A key with a short value is written twice: in a block on a line of its own, else in its braces."""
    for mapping in mappings(document.root):
        for entry in mapping.entries.values():
            span, value = entry.key.span, entry.value.span
            if value.end_line != span.line:
                continue
            line = document.lines[span.line - 1]
            pair = line[span.column - 1 : value.end_column - 1]
            in_braces = mapping.span.line == mapping.span.end_line and line[mapping.span.column - 1] == "{"
            if in_braces:
                new = f"{line[: value.end_column - 1]}, {pair}{line[value.end_column - 1 :]}"
                yield Mutant("duplicate", document.file, with_line(document, span.line, new), span.line, pair)
            elif not line[: span.column - 1].strip():
                new = f"{line}\n{line[: span.column - 1]}{pair}"
                yield Mutant("duplicate", document.file, with_line(document, span.line, new), span.line + 1, pair)


def indented(document: Document) -> Iterator[Mutant]:
    """A line moves one space to the right or to the left; those that change nothing are no mutants."""
    before = plainly(document.root)
    for number, line in enumerate(document.lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        for new, what in ((" " + line, "one space more"), (line[1:], "one space less")):
            if new == line or (what.endswith("less") and line[0] != " "):
                continue
            text = with_line(document, number, new)
            after = read(text, document.file)
            if after.findings or plainly(after.root) != before:
                yield Mutant("indent", document.file, text, number, f"{what}: {line.strip()[:40]}")


def deleted(document: Document) -> Iterator[Mutant]:
    """A line is gone; empty ones, comments and those that change nothing are no mutants."""
    before = plainly(document.root)
    for number, line in enumerate(document.lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        text = "\n".join((*document.lines[: number - 1], *document.lines[number:]))
        after = read(text, document.file)
        if after.findings or plainly(after.root) != before:
            yield Mutant("delete", document.file, text, number, line.strip()[:80])


def plainly(node: Node | None) -> object:
    """What a file says, order included, whatever its layout."""
    match node:
        case ScalarNode():
            return node.text
        case SequenceNode():
            return [plainly(item) for item in node.items]
        case MappingNode():
            return [(key, plainly(entry.value)) for key, entry in node.entries.items()]
    return None


def mappings(node: Node | None) -> Iterator[MappingNode]:
    """Every mapping of a file."""
    if isinstance(node, SequenceNode):
        for item in node.items:
            yield from mappings(item)
    elif isinstance(node, MappingNode):
        yield node
        for entry in node.entries.values():
            yield from mappings(entry.value)


def with_line(document: Document, number: int, new: str) -> str:
    lines = list(document.lines)
    lines[number - 1] = new
    return "\n".join(lines)


def noticed(mutant: Mutant, texts: Mapping[str, str], lock: Lock | None = None) -> tuple[Finding, ...]:
    """What a check of the changed file finds, its neighbours being as they were; with a lock also of its users."""
    project = Project(Texts({**texts, mutant.file: mutant.text}), EVERY, HOLIDAYS, lock)
    found = project.check(mutant.file).findings
    if lock is None or found:
        return found
    users = (file for file, text in texts.items() if mutant.file in text)
    return tuple(finding for file in users for finding in project.check(file).findings)


def locked(texts: Mapping[str, str]) -> Lock:
    """A lock of all processes among some files."""
    project = Project(Texts(texts), (), HOLIDAYS, Lock())
    every = (project.compiled(file).compiled for file in texts)
    return Lock.of(Edition.of(compiled.process) for compiled in every if compiled is not None)


def reported(mutant: Mutant, found: Sequence[Finding]) -> bool:
    """Whether a finding says what to do and shows the line of the slip; of a line that is gone, any that says it."""
    if mutant.kind == "delete":
        return any(finding.help for finding in found)
    told = [finding for finding in found if finding.help]
    shown = {(finding.file, finding.line) for finding in told}
    shown |= {(note.file, note.line) for finding in told for note in finding.notes}
    return (mutant.file, mutant.line) in shown


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).parents[3] / "shared" / "definitions"
    options.add_argument("folder", nargs="?", type=Path, default=default)
    options.add_argument("--kind", choices=KINDS, action="append")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--sample", type=int, default=0, help="only so many mutants per kind")
    options.add_argument("--no-lock", action="store_true", help="notice what is deleted without a lock")
    given = options.parse_args()
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(given.folder.glob("*.yaml"))}
    lock = None if given.no_lock else locked(texts)
    missed = 0
    for kind in given.kind or KINDS:
        choose = random.Random(given.seed)
        made = [mutant for file, text in texts.items() for mutant in mutants(kind, file, text, choose)]
        if given.sample:
            made = choose.sample(made, min(given.sample, len(made)))
        misses = []
        for mutant in made:
            found = noticed(mutant, texts, lock if kind == "delete" else None)
            if not reported(mutant, found):
                misses.append(mutant)
                at = sorted({(finding.line, finding.code) for finding in found})[:4]
                print(f"{mutant.file}:{mutant.line}: {mutant.what}   found: {at}")
        missed += len(misses)
        print(f"{kind}: {len(made) - len(misses)} of {len(made)} reported, {1 - len(misses) / len(made):.2%}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
