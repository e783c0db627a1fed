"""
What a check says of an imported machine is taken back in the file where the machine means it, and told to a person.

A machine may go round for ever, or never end; a process of people should not, but it must do what the machine did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from svcflow import language
from svcflow.errors import InputError
from svcflow.interchange.notes import Note
from svcflow.language import Finding

_MEANT: Mapping[str, str] = MappingProxyType({
    "SF301": "nothing leads here in the machine",
    "SF302": "no way to an end in the machine",
    "SF303": "nothing leads out in the machine",
    "SF304": "never taken in the machine",
    "SF305": "refused when none fits, as in the machine",
    "SF308": "the machine goes round without limit",
    "SF310": "the first that fits, as in the machine",
    "SF315": "as in the machine",
    "SF405": "as in the machine",
    "SF501": "as in the machine",
    "SF601": "as in the machine",
})  # fmt: skip
_ROUNDS = 10
"""A stage of the check comes after the one before it is clean."""


def checked(text: str, file: str) -> tuple[str, tuple[Note, ...]]:
    """
    The text with a comment on each line whose finding is meant, and notes on these and on all other findings.

    Raises:
        InputError: If it is no process even so, for example because it is too large.
    """
    taken: dict[int, dict[str, Finding]] = {}
    for _ in range(_ROUNDS):
        written = _commented(text, taken)
        findings = language.check_text(written, file)
        fresh = [one for one in findings if one.code in _MEANT and one.code not in taken.get(one.line, {})]
        if not fresh:
            break
        for finding in fresh:
            taken.setdefault(finding.line, {})[finding.code] = finding
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise InputError(f"the machine cannot be a process as it is: {errors[0].message} ({errors[0].help})")
    doubts = [finding for found in taken.values() for finding in found.values()] + list(findings)
    return written, tuple(_notes(doubts))


def _commented(text: str, taken: Mapping[int, Mapping[str, Finding]]) -> str:
    lines = text.splitlines()
    for number, found in taken.items():
        reasons = "; ".join(dict.fromkeys(_MEANT[code] for code in found))
        before = lines[number - 1].partition("   #")[0]
        lines[number - 1] = f"{before}   # svcflow: ignore {', '.join(found)} {reasons}"
    return "\n".join(lines) + "\n"


def _notes(findings: Iterable[Finding]) -> Iterable[Note]:
    for finding in sorted(findings, key=lambda one: (one.line, one.column, one.code)):
        hint = f" ({finding.help})" if finding.help else ""
        yield Note(f"line {finding.line}, {finding.code}", f"{finding.message}{hint}")
