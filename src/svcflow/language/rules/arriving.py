"""What cases of an earlier version meet once they came over: promises that are shorter, fields that are empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from svcflow.core.migration import Way
from svcflow.core.process import Migration
from svcflow.core.promise import Agreed, Promise, Table, Time
from svcflow.language.compiled import Compiled
from svcflow.language.dataflow import surely_a_value
from svcflow.language.findings import Finding, Secondary
from svcflow.language.portrait import said
from svcflow.language.rules.filled import Lack, compared_empty, taken_empty
from svcflow.language.rules.filled_ways import way_empty
from svcflow.language.rules.migrations import at, migrated, rests
from svcflow.language.rules.registry import rule


@rule("SF707", "warning", "versions")
def promise_made_shorter(compiled: Compiled) -> Iterator[Finding]:
    """
    A clock promises less time than in an earlier version whose cases come over.

    A clock that runs takes its promise anew, counted from its start. A case for which more time has passed than is
    promised now is late at once, and its escalation begins. Where that is meant, take the finding back with a reason.

    Bad:
    ```yaml
    process: repair
    version: 2
    calendar: always
    roles: [clerk]
    migrate: {1: {}}
    sla: {answer: {from: asked, until: finished, target: 1d}}
    states:
      asked: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    sla: {answer: {from: asked, until: finished, target: 2d}}
    states:
      asked: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 2
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    migrate: {1: {}}
    sla: {answer: {from: asked, until: finished, target: 3d}}
    states:
      asked: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    sla: {answer: {from: asked, until: finished, target: 2d}}
    states:
      asked: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    """
    for plan, old in migrated(compiled):
        for name, clock in compiled.process.clocks.items():
            before = old.process.clocks.get(name)
            pairs = () if before is None else _pairs(before.promise, clock.promise)
            shorter = [(was, now) for was, now in pairs if _same_days(compiled, old, was)
                       and compiled.lasting.sooner(now, was)]  # fmt: skip
            if shorter:
                was, now = (said(time, compiled.process.calendar) for time in shorter[0])
                message = f"clock `{name}` promises less time than in version {plan.version} ({was} -> {now})"
                hint = "running cases may be late at once: keep the time, or let those cases `finish`"
                yield compiled.finding("SF707", "warning", (*clock.place, "target"), message, hint=hint)


def _pairs(before: Promise, now: Promise) -> Iterator[tuple[Time, Time]]:
    """The times that hold for the same fields in both, where that is certain."""
    match before, now:
        case Time(), Time():
            yield before, now
        case Table(), Table() if before.by == now.by:
            for word in now.rows.keys() | before.rows.keys():
                was, is_ = before.rows.get(word, before.default), now.rows.get(word, now.default)
                if was is not None and is_ is not None:
                    yield from _pairs(was, is_)
        case _, Agreed():
            # A case that comes over has nothing agreed yet, unless it had before.
            was = before.default if isinstance(before, Agreed) and before.by == now.by else before
            if was is not None and now.default is not None:
                yield from _pairs(was, now.default)


def _same_days(compiled: Compiled, old: Compiled, time: Time) -> bool:
    """Whether a time of the earlier version counts on the same hours here."""
    calendar = compiled.process.calendars.get(time.calendar)
    return calendar is not None and calendar == old.process.calendars[time.calendar]


@rule("SF708", "warning", "versions")
def field_empty_after_migration(compiled: Compiled) -> Iterator[Finding]:
    """
    Cases of an earlier version come over without a field that this version counts on.

    Here every way fills the field before it is compared, or before a child that asks for it begins; the cases that come
    over did not go those ways. A comparison with an empty field is false, whatever the sign. Write the field with
    `set`, or bring those cases to a state before it is asked for.

    Bad:
    ```yaml
    process: repair
    version: 2
    roles: [clerk, boss]
    fields: {price: money}
    migrate: {1: {}}
    states:
      asked: {by: clerk, events: {quote: {to: quoted, ask: price}}}
      quoted: {by: clerk, events: {agree: {to: [{to: checked, when: price > 100}, finished]}}}
      checked: {by: boss, events: {agree: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      asked: {by: clerk, events: {quote: quoted}}
      quoted: {by: clerk, events: {agree: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 2
    roles: [clerk, boss]
    fields: {price: money}
    migrate: {1: {states: {quoted: asked}}}
    states:
      asked: {by: clerk, events: {quote: {to: quoted, ask: price}}}
      quoted: {by: clerk, events: {agree: {to: [{to: checked, when: price > 100}, finished]}}}
      checked: {by: boss, events: {agree: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      asked: {by: clerk, events: {quote: quoted}}
      quoted: {by: clerk, events: {agree: finished}}
      finished: {end: done}
    ```
    """
    known = {(one.name, one.span) for one in _lacking(compiled)}
    for plan, old in migrated(compiled):
        told: set[str] = set()
        for one in _lacking(evolve(compiled, arrivals=_arrivals(compiled, plan, old))):
            if (one.name, one.span) not in known and one.name not in told:
                told.add(one.name)
                state = compiled.process.states[one.leaf].path
                message = f"after migration from version {plan.version} `{one.name}` may be empty in `{state}`"
                hint = f"say what those cases get, `set: {{{one.name}: ...}}`, or where else they go on"
                yield compiled.finding("SF708", "warning", at(plan), message, key=True, hint=hint,
                                       notes=(Secondary.at(one.span, f"`{one.owner}` needs it here"),))  # fmt: skip


def _lacking(compiled: Compiled) -> Iterator[Lack]:
    yield from compared_empty(compiled)
    yield from (one for one, _ in taken_empty(compiled))


def _arrivals(compiled: Compiled, plan: Migration, old: Compiled) -> Mapping[int, frozenset[str]]:
    """
    The leaves that cases come over into, with the fields filled there: all but those that surely can be empty.

    Of regions beside each other nothing is certain.
    """
    process = compiled.process
    if any(state.parallel for one in (process, old.process) for state in one.states):
        return {}
    way = Way(process, plan)
    needed = _needed(compiled) - {name for name, value in plan.set if surely_a_value(value, frozenset())}
    found: dict[int, frozenset[str]] = {}
    for leaf, sure in old.flow.sure.items():
        path = old.process.names[leaf]
        if way.missing((path,)) or not rests(old.process, old.process.states[leaf]):
            continue
        empty = {name for name in needed - sure if name not in old.process.fields or way_empty(old, name, leaf)}
        for into in way.leaves((path,)):
            found[into] = found.get(into, frozenset(process.fields)) - empty
    return found


def _needed(compiled: Compiled) -> frozenset[str]:
    """The fields that conditions compare, or children ask for."""
    read = (one.when.reads for _, one in compiled.process.moves if one.when is not None)
    children = (compiled.project.get(state.run or "") for state in compiled.process.states)
    asked = (frozenset(child.process.opening.ask) for child in children if child is not None)
    return frozenset[str]().union(*read, *asked) & compiled.process.fields.keys()


RULES = (promise_made_shorter, field_empty_after_migration)
