"""The check of a file of shared words: by itself, and by what the processes beside it make of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcflow.language import schema
from svcflow.language.checked import Checked
from svcflow.language.compile import compile_shared
from svcflow.language.compile_words import HolidaySource
from svcflow.language.findings import Finding
from svcflow.language.gather import Gathered
from svcflow.language.scope import Scope
from svcflow.language.spaces import EVENT
from svcflow.language.unknown import slipped_in_shared, unknown_names
from svcflow.language.vocabulary import vocabulary


def check_shared(gathered: Gathered, holidays: HolidaySource, users: Sequence[Checked]) -> Checked:
    """Every finding that lies in this file; `users` are the processes that use it, directly or by another file."""
    outcome = compile_shared(gathered, holidays)
    scopes = [user.outcome.scope for user in users if user.outcome is not None]
    found = [*gathered.findings, *outcome.scope.found]
    found += [finding for finding in unknown_names(outcome.scope) if not _known_to(finding, outcome.scope, scopes)]
    found += vocabulary(gathered, outcome)
    found += slipped_in_shared(outcome.scope, scopes)
    found += _in_this_file(gathered, users)
    return Checked(gathered, tuple(dict.fromkeys(found)), outcome)


def _known_to(finding: Finding, alone: Scope, users: Sequence[Scope]) -> bool:
    """A name that means nothing here, but something in each process that uses the file; events never mean one here."""
    here = [reference for reference in alone.unknown if reference.span == finding.span]
    if any(reference.space == EVENT for reference in here) and not users:
        return True
    unknown = {(reference.space, reference.name, reference.span) for user in users for reference in user.unknown}
    told = [(reference.space, reference.name, reference.span) for reference in here]
    return bool(users) and bool(told) and not any(reference in unknown for reference in told)


def _in_this_file(gathered: Gathered, users: Sequence[Checked]) -> Iterator[Finding]:
    """What only the compilation with a process shows, such as a condition or a step over its fields."""
    shown = gathered.sources.documents[gathered.file].file
    for user in users:
        for finding in user.findings:
            if finding.file == shown:
                yield finding


def uses(checked: Checked, name: str) -> bool:
    """Whether a process reads a shared file."""
    return name in checked.gathered.forms and isinstance(checked.gathered.main, schema.ProcessFile)
