"""Promised times among themselves and around them: gaps in tables, odd orders, no calendar, nobody who is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from attrs import frozen

from svcflow.core.process import Field
from svcflow.core.promise import Promise, Table, Time, cells
from svcflow.core.rule import EscalationStep, Place
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.flow_words import listed
from svcflow.language.rules.registry import rule
from svcflow.language.rules.tables import promises, says, tables, values, written_table

_CLEARLY = 3
"""So many times as many rows must speak for an order of words without numbers as speak against it."""

_WHOLE = 100


@rule("SF506", "error", "time")
def gap_in_table(compiled: Compiled) -> Iterator[Finding]:
    """
    A table of times has no row for a value that its field can have, and no `default`.

    Nothing is promised then: the clock runs without a due time, the limit or the timer does not exist. Write the row,
    or a `default` for all that is left.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    fields: {priority: P1 | P2 | P3}
    sla:
      answer: {from: received, until: finished, target: {per: priority, table: {P1: 1h, P2: 4h}}}
    states:
      received: {by: clerk, events: {repair: {to: finished, ask: priority}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    fields: {priority: P1 | P2 | P3}
    sla:
      answer: {from: received, until: finished, target: {per: priority, table: {P1: 1h, P2: 4h, default: 2d}}}
    states:
      received: {by: clerk, events: {repair: {to: finished, ask: priority}}}
      finished: {end: done}
    ```
    """
    for table, place in tables(compiled):
        for row, above, missing in _gaps(compiled.process.fields, table, place, ()):
            under = "".join(f"{by} `{value}` under " for by, value in above)
            what = f"{under}{missing[0]} {listed(missing[1])}"
            yield compiled.finding("SF506", "error", row, f"no promised time for {what}", key=True,
                                   hint="write what is promised then, or a row `default`")  # fmt: skip


def _gaps(
    fields: Mapping[str, Field], table: Table, place: Place, above: tuple[tuple[str, str], ...]
) -> Iterator[tuple[Place, tuple[tuple[str, str], ...], tuple[str, tuple[str, ...]]]]:
    """The rows that a table lacks: where, in which rows of outer tables, and which."""
    missing = tuple(word for word in values(fields[table.by]) if word not in table.rows)
    if missing and table.default is None:
        yield place, above, (table.by, missing)
    rows = dict(table.rows) if table.default is None else {**table.rows, "default": table.default}
    for word, row in rows.items():
        if isinstance(row, Table):
            yield from _gaps(fields, row, (*place, word), (*above, (table.by, word)))


@frozen
class _Pair:
    """Two rows beside each other: what the second promises is `sooner` than the first, or later."""

    by: str
    upper: str
    lower: str
    sooner: bool
    place: Place
    above: Place


@rule("SF507", "warning", "time")
def odd_order(compiled: Compiled) -> Iterator[Finding]:
    """
    A row of a table promises a sooner time than the row of a more urgent value.

    The choices of a field are in an order, the most urgent first, as in `P1 | P2 | P3`, or the other way round if the
    rest of the tables says so. One time against that order is mostly a slip. Words without numbers need not have an
    order at all; they are only looked at where the other rows show one.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    fields: {priority: P1 | P2 | P3}
    sla:
      answer: {from: received, until: finished, target: {per: priority, table: {P1: 4h, P2: 1h, P3: 2d, default: 2d}}}
    states:
      received: {by: clerk, events: {repair: {to: finished, ask: priority}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    fields: {priority: P1 | P2 | P3}
    sla:
      answer: {from: received, until: finished, target: {per: priority, table: {P1: 1h, P2: 4h, P3: 2d, default: 2d}}}
    states:
      received: {by: clerk, events: {repair: {to: finished, ask: priority}}}
      finished: {end: done}
    ```
    """
    by_field: dict[str, list[_Pair]] = defaultdict(list)
    for table, place in tables(compiled):
        for pair in _pairs(compiled, table, place):
            by_field[pair.by].append(pair)
    for name, pairs in by_field.items():
        against = [pair for pair in pairs if pair.sooner]
        rising = [pair for pair in pairs if not pair.sooner]
        # Where all speak against the file's order, the most urgent word comes last.
        if len(against) > max(1, len(rising)):
            against, rising = rising, against
        numbered = all(word[-1].isdigit() for word in compiled.process.fields[name].choices)
        if len(rising) < _CLEARLY * len(against) and not numbered:
            continue
        for pair in against:
            first, second = (pair.lower, pair.upper) if pair.sooner else (pair.upper, pair.lower)
            yield compiled.finding("SF507", "warning", pair.place, f"`{first}` is promised sooner than `{second}`",
                                   hint=f"the choices of `{name}` are in another order: look at both times",
                                   notes=(compiled.secondary(pair.above, "than this"),))  # fmt: skip


def _pairs(compiled: Compiled, table: Table, place: Place) -> Iterator[_Pair]:
    """Neighbouring choices of every table in a table, where one is surely sooner than the other."""
    field = compiled.process.fields[table.by]
    chosen = [word for word in field.choices if word in table.rows] if field.kind == "choice" else []
    for upper, lower in pairwise(chosen):
        first, second = dict(_times(table.rows[upper])), dict(_times(table.rows[lower]))
        for path, time in first.items():
            other = second.get(path)
            if other is None or not (later := compiled.lasting.sooner(time, other)) | (
                sooner := compiled.lasting.sooner(other, time)
            ):
                continue
            places = ((*place, word, *path) for word in (lower, upper))
            yield _Pair(table.by, upper, lower, sooner and not later, *places)
    for word, row in (*table.rows.items(), ("default", table.default)):
        if isinstance(row, Table):
            yield from _pairs(compiled, row, (*place, word))


def _times(promise: Promise, path: Place = ()) -> Iterator[tuple[Place, Time]]:
    """Every time that counts from arrival in a row, by the words of the rows inside that lead to it."""
    if isinstance(promise, Table):
        for word, row in (*promise.rows.items(), ("default", promise.default)):
            if row is not None:
                yield from _times(row, (*path, word))
    elif isinstance(promise, Time) and promise.since is None:
        yield path, promise


@rule("SF513", "warning", "time")
def no_calendar(compiled: Compiled) -> Iterator[Finding]:
    """
    Times are written, but nothing says which time counts.

    Without `calendar:` every hour of every day counts, nights and Sundays included, and dates change at midnight UTC.
    Name a calendar with working hours, or write `calendar: always` if that is meant.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: finished}, after: {2d: lapsed}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: finished}, after: {2d: lapsed}}
      finished: {end: done}
      lapsed: {end: cancelled}
    ```
    """
    entry, _ = compiled.sources.find(("calendar",))
    if entry is not None:
        return
    for found in promises(compiled):
        entry, node = compiled.sources.find(found.place)
        clock = compiled.node(found.place[:-1]) if found.place[0] == "sla" else None
        named = written_table(compiled, found)
        table = None if named is None else compiled.node(named)
        written = (entry.key if found.key and entry is not None else node, clock, table)
        if all(cell.calendar != "always" for cell in cells(found.promise)) or any(says(n, "always") for n in written):
            continue
        yield compiled.finding("SF513", "warning", found.place,
                               "times are written, but no `calendar:` says which time counts", key=found.key,
                               hint="name a calendar, or write `calendar: always` if every hour counts")  # fmt: skip
        return


@rule("SF514", "warning", "time")
def nobody_told(compiled: Compiled) -> Iterator[Finding]:
    """
    Limits are set, but no `escalation:` says who is told.

    A limit, a window and an SLA clock move nothing by themselves. Without an escalation nobody hears that one runs out.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk]
    states:
      received: {by: clerk, limit: 4h, events: {repair: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    states:
      received: {by: clerk, limit: 4h, events: {repair: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    silent: list[Place] = [(*clock.place, "target") for clock in process.clocks.values() if not clock.escalation]
    limits = [state.limit for state in process.states if state.limit is not None]
    silent += [limit.place for limit in limits if not limit.escalation]
    if silent:
        first, *others = silent
        notes = tuple(compiled.secondary(place, "nor here", key=True) for place in others[:5])
        yield compiled.finding("SF514", "warning", first, "limits are set, but no `escalation:` says who is told",
                               key=True, hint="name under `escalation:` who is told as time runs out",
                               notes=notes)  # fmt: skip


@rule("SF515", "warning", "time")
def odd_steps(compiled: Compiled) -> Iterator[Finding]:
    """
    An escalation says nothing at 100 %, or its percentages do not rise.

    Whoever is told at 50 % and at 150 % does not hear of the moment that counts. Steps happen in the order of their
    times, whatever their order in the file; percentages that do not rise are mostly a slip.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {50%: {notify: clerk}, 150%: {notify: clerk}}}
    roles: [clerk]
    states:
      received: {by: clerk, limit: 4h, events: {repair: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {50%: {notify: clerk}, 100%: {notify: clerk}, 150%: {notify: clerk}}}
    roles: [clerk]
    states:
      received: {by: clerk, limit: 4h, events: {repair: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    found = [clock.escalation for clock in process.clocks.values()]
    found += [state.limit.escalation for state in process.states if state.limit is not None]
    for place, steps in {steps[0].place[:-1]: steps for steps in found if steps}.items():
        if not any(one.step.percent == _WHOLE for one in steps):
            yield compiled.finding("SF515", "warning", place, "the escalation skips 100 %: nobody hears of it then",
                                   key=True, hint="write a step `100%`")  # fmt: skip
        yield from _falling(compiled, steps)


def _falling(compiled: Compiled, steps: tuple[EscalationStep, ...]) -> Iterator[Finding]:
    shares = [one for one in steps if one.step.plain and one.step.percent is not None]
    for upper, lower in pairwise(shares):
        if lower.step.share < upper.step.share:
            yield compiled.finding("SF515", "warning", lower.place,
                                   f"the percentages do not rise: `{lower.key}` comes after `{upper.key}`", key=True,
                                   hint="write the steps in the order in which they happen",
                                   notes=(compiled.secondary(upper.place, "this one", key=True),))  # fmt: skip


RULES = (gap_in_table, odd_order, no_calendar, nobody_told, odd_steps)
