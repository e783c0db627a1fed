"""A version against those that are published, as far as a lock tells: what changed, and how their cases come over."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.language.changes import Change, changes
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding, Fix, Secondary
from svcflow.language.rules.registry import rule

_SHOWN = 5
"""Changes that are told with a finding; `svcflow diff` tells all."""


@rule("SF701", "error", "versions")
def changed_after_publishing(compiled: Compiled) -> Iterator[Finding]:
    """
    A version behaves differently from what was published under its number.

    Cases of a published version live by it for ever, so a store refuses another process of that number. Either the
    change is meant, and makes a new version, or it slipped in. Titles, labels and comments may change at any time.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    states:
      asked: {by: clerk, events: {answer: finished}, after: {2d: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    states:
      asked: {by: clerk, events: {answer: finished}, after: {1d: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 2
    calendar: always
    roles: [clerk]
    states:
      asked: {by: clerk, events: {answer: finished}, after: {2d: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    states:
      asked: {by: clerk, events: {answer: finished}, after: {1d: finished}}
      finished: {end: done}
    ```
    """
    process, versions = compiled.process, compiled.history.versions
    edition = versions.get(process.version)
    if edition is None or edition.digest == process.digest:
        return
    published = compiled.history.compiled(process.version)
    found = () if published is None else changes(published.process, process)
    # The digest may have been worked out by another release of this program: the text decides.
    if published is not None and not found:
        return
    following = str(max(versions) + 1)
    place = ("version",)
    message = (
        f"`{process.name}` behaves differently from version {process.version} as published "
        f"and still says `version: {process.version}`"
    )
    # Which of the two is meant only the author knows: to change the number, or to change back.
    fix = Fix(f"write `version: {following}`", compiled.span(place), following, sure=False)
    yield compiled.finding("SF701", "error", place, message, hint=_help(following, found),
                           notes=tuple(_notes(compiled, found)), fix=fix)  # fmt: skip


def _notes(compiled: Compiled, found: tuple[Change, ...]) -> Iterator[Secondary]:
    placed = [one for one in found if one.place is not None]
    for change in placed[:_SHOWN]:
        yield compiled.secondary((*(change.place or ()), change.what.partition(" ")[0]), str(change), key=True)


def _help(following: str, found: tuple[Change, ...]) -> str:
    gone = [str(one) for one in found if one.place is None][:_SHOWN]
    hidden = len(found) - len(gone) - min(_SHOWN, sum(one.place is not None for one in found))
    more = [f"{hidden} more changes, which `svcflow diff` lists"] if hidden else []
    help_ = f"write `version: {following}`, or undo what changed"
    return f"{help_}: {', '.join((*gone, *more))}" if gone or more else help_


RULES = (changed_after_publishing,)
