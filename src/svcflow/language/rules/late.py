"""Promised times that hang on a field which is filled late, or never while they count."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.process import ClockRule
from svcflow.core.promise import Agreed, Promise, Table
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding, Span
from svcflow.language.rules.clocks import running_in
from svcflow.language.rules.filled_ways import way_empty
from svcflow.language.rules.flow_words import ends_case
from svcflow.language.rules.never import ever, offered
from svcflow.language.rules.registry import rule
from svcflow.language.rules.tables import Promised, written_table


@rule("SF412", "note", "data")
def promise_known_late(compiled: Compiled) -> Iterator[Finding]:
    """
    What a clock promises hangs on a field that may be empty until later.

    A table without `default` promises nothing while its field is empty: the clock runs without a due time, nobody is
    told as it goes on, and once the field is filled it may be late at once. Write what holds until then as `default`,
    or ask for the field before. Nothing is told where the first step after the start asks for it, nor of a field that a
    form has under `may`. It is a warning where nothing can fill the field while the clock runs.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: clerk}}}
    roles: [clerk]
    fields: {priority: P1 | P2}
    open: {by: clerk}
    sla:
      answer: {from: received, until: finished, target: {per: priority, table: {P1: 1h, P2: 4h}}}
    states:
      received: {by: clerk, events: {look: diagnosed}}
      diagnosed: {by: clerk, events: {repair: {to: finished, ask: priority}}}
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
    fields: {priority: P1 | P2}
    open: {by: clerk}
    sla:
      answer: {from: received, until: finished, target: {per: priority, table: {P1: 1h, P2: 4h, default: 4h}}}
    states:
      received: {by: clerk, events: {look: diagnosed}}
      diagnosed: {by: clerk, events: {repair: {to: finished, ask: priority}}}
      finished: {end: done}
    ```
    """
    for clock in compiled.process.clocks.values():
        running = running_in(compiled.graph, clock)
        for name in dict.fromkeys(_needed(clock.promise)):
            span, more = _written(compiled, clock, name)
            if _filled_in_time(compiled, running, name):
                way = _still_empty(compiled, running, name)
                if way is not None:
                    message = f"the promise of `{clock.name}` depends on `{name}`, which may be empty until later"
                    hint = f"the clock runs on with it empty by {way}: write {more}, or ask for it before"
                    yield Finding.at(span, "SF412", "note", message, hint=hint)
            elif running & compiled.flow.sure.keys():
                message = f"`{clock.name}` never promises anything: `{name}` is empty as long as the clock runs"
                yield Finding.at(span, "SF412", "warning", message,
                                 hint=f"ask for `{name}` before it stops, or write {more}")  # fmt: skip


def _written(compiled: Compiled, clock: ClockRule, name: str) -> tuple[Span, str]:
    """Where it is written that a promise hangs on a field, and what else could be written there."""
    place = (*clock.place, "target")
    table = written_table(compiled, Promised(clock.promise, place))
    if isinstance(clock.promise, Agreed) and clock.promise.default is None:
        return compiled.sources.word(table or place, name), f"what else holds, `{name} else 8h`"
    return compiled.span((*(table or place), "per")), "a row `default`"


def _needed(promise: Promise | None) -> Iterator[str]:
    """The fields without which a promise comes to nothing."""
    if isinstance(promise, Agreed):
        yield from (promise.by,) if promise.default is None else _needed(promise.default)
    if isinstance(promise, Table):
        if promise.default is None:
            yield promise.by
        for row in (*promise.rows.values(), promise.default):
            yield from _needed(row)


def _still_empty(compiled: Compiled, running: frozenset[int], name: str) -> str | None:
    """A way on which a field stays empty beyond the first step of a running clock; None if none is certain."""
    graph, sure = compiled.graph, compiled.flow.sure
    if offered(compiled.process, name):
        return None
    later = {edge.target for leaf in running for edge in graph.out(leaf)} & running - graph.start
    going = sorted(leaf for leaf in later & sure.keys() if not ends_case(compiled.process.states[leaf]))
    unsure = [leaf for leaf in going if name not in sure[leaf]]
    return next((way for leaf in unsure if (way := way_empty(compiled, name, leaf)) is not None), None)


def _filled_in_time(compiled: Compiled, running: frozenset[int], name: str) -> bool:
    """Whether anything may fill a field before the clock stops; it still counts in the step that stops it."""
    stopping = {edge.target for leaf in running for edge in compiled.graph.out(leaf)}
    return not ever(compiled, name).isdisjoint(running | stopping)


RULES = (promise_known_late,)
