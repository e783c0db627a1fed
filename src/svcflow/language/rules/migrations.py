"""`migrate:` against the versions it speaks of, as far as they are known: states, fields, promised times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from svcflow.core.event import FileRef
from svcflow.core.form import Unfit, read_value
from svcflow.core.migration import Way
from svcflow.core.process import Field, Migration, Process, State
from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding, Fix
from svcflow.language.portrait import type_of
from svcflow.language.rules.flow_words import ends_case
from svcflow.language.rules.registry import rule


@rule("SF702", "error", "versions")
def state_left_behind(compiled: Compiled) -> Iterator[Finding]:
    """
    `migrate:` takes cases of an earlier version over, and does not say where those of a state go that is gone.

    A case in such a state cannot come over: it is refused, one by one, when the migration runs. States of the same name
    go on by themselves; the others are named under `states`. With `finish` the cases stay where they are, and end
    there.

    Bad:
    ```yaml
    process: repair
    version: 2
    roles: [clerk]
    migrate: {1: {}}
    states:
      asked: {by: clerk, events: {take: mending}}
      mending: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      asked: {by: clerk, events: {take: on_bench}}
      on_bench: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 2
    roles: [clerk]
    migrate: {1: {states: {on_bench: mending}}}
    states:
      asked: {by: clerk, events: {take: mending}}
      mending: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      asked: {by: clerk, events: {take: on_bench}}
      on_bench: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    """
    for plan, old in migrated(compiled):
        way = Way(compiled.process, plan)
        resting = [state.path for state in old.process.states if rests(old.process, state)]
        lost = frozenset(way.missing(resting))
        for path in dict.fromkeys(_outermost(resting, way, one, lost) for one in resting if one in lost):
            message = (
                f"state `{path}` of version {plan.version} is gone, and `migrate:` does not say where its cases go"
            )
            hint = f"write `states: {{{path}: ...}}` with the state where they go on, or `{plan.version}: finish`"
            yield compiled.finding("SF702", "error", at(plan), message, key=True, hint=hint)


def migrated(compiled: Compiled) -> Iterator[tuple[Migration, Compiled]]:
    """The versions whose cases come over, and what is known of them."""
    for plan in compiled.process.migrations.values():
        old = None if plan.finish else compiled.history.compiled(plan.version)
        if old is not None:
            yield plan, old


def rests(process: Process, state: State) -> bool:
    """Whether an open case can lie in a leaf: not where it moves on in the same step."""
    if state.children or ends_case(state):
        return False
    if state.end is not None:
        # An inner end is left at once by `done`; in a region the case waits for the others.
        return any(process.states[index].parallel for index in process.lines[state.index])
    ways = () if state.auto is None or state.wait is not None or state.window is not None else state.auto.alternatives
    return not any(way.when is None and not way.limited and way.kind in {"go", "last"} for way in ways)


def at(plan: Migration) -> Place:
    """Where it stands."""
    return "migrate", str(plan.version)


def _outermost(resting: Sequence[str], way: Way, path: str, lost: frozenset[str]) -> str:
    """The largest group around a lost state that is lost as a whole."""
    group = path
    while "." in group:
        outer = group.rpartition(".")[0]
        inner = [one for one in resting if one.startswith(f"{outer}.")]
        if not lost.issuperset(inner) or not way.missing((outer,)):
            break
        group = outer
    return group


@rule("SF704", "error", "versions")
def migration_of_no_state(compiled: Compiled) -> Iterator[Finding]:
    """
    `migrate:` speaks of a state that the earlier version did not have.

    Mostly it is misspelt, and the cases of the state that was meant cannot come over. An inner state needs its path,
    as in `repair.onsite`.

    Bad:
    ```yaml
    process: repair
    version: 2
    roles: [clerk]
    migrate: {1: {states: {askde: received}}}
    states:
      asked: {by: clerk, events: {take: received}}
      received: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      asked: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 2
    roles: [clerk]
    migrate: {1: {states: {asked: received}}}
    states:
      asked: {by: clerk, events: {take: received}}
      received: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      asked: {by: clerk, events: {done: finished}}
      finished: {end: done}
    ```
    """
    for plan, old in migrated(compiled):
        paths = old.process.paths
        for name in (name for name in plan.states if name not in paths):
            inner = [path for path in paths if path.rpartition(".")[2] == name]
            better = inner[0] if len(inner) == 1 else nearest(name, paths)
            place = (*at(plan), "states", name)
            span = compiled.span(place, key=True)
            fix = None if better is None else Fix.word(span, better, name, paths)
            hint = f"did you mean `{better}`?" if better else "`svcflow diff` lists the states that went"
            yield Finding.at(
                span, "SF704", "error", f"version {plan.version} had no state `{name}`", hint=hint, fix=fix
            )


@rule("SF706", "error", "versions")
def field_of_another_type(compiled: Compiled) -> Iterator[Finding]:
    """
    A field has another type than in an earlier version whose cases come over, and not every value fits it.

    A case with a value that does not fit cannot come over: it is refused when the migration runs. With `set` all cases
    get a value that fits; or the field gets a new name, and the old one stays behind. A wider choice or range fits, and
    is not told.

    Bad:
    ```yaml
    process: repair
    version: 2
    roles: [clerk]
    fields: {score: 1..5}
    migrate: {1: {}}
    states:
      asked: {by: clerk, events: {done: {to: finished, ask: score}}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {score: text}
    states:
      asked: {by: clerk, events: {done: {to: finished, ask: score}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 2
    roles: [clerk]
    fields: {score: 1..5}
    migrate: {1: {set: {score: 3}}}
    states:
      asked: {by: clerk, events: {done: {to: finished, ask: score}}}
      finished: {end: done}
    ```
    ```yaml
    # version-1.yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {score: text}
    states:
      asked: {by: clerk, events: {done: {to: finished, ask: score}}}
      finished: {end: done}
    ```
    """
    ours = compiled.process.fields
    for plan, old in migrated(compiled):
        written = {name for name, _ in plan.set}
        for name in sorted(old.process.used_fields & ours.keys() - written):
            before, now = old.process.fields[name], ours[name]
            if any(isinstance(read_value(now, value), Unfit) for value in _values(before)):
                message = f"field `{name}` was `{type_of(before)}` and is now `{type_of(now)}`"
                hint = f"say what cases of version {plan.version} get, `set: {{{name}: ...}}`, or name the field anew"
                yield compiled.finding("SF706", "error", at(plan), message, key=True, hint=hint)


def _values(field: Field) -> tuple[Any, ...]:
    """Values that a field of this type surely can hold, the odd ones among them."""
    noon = datetime(2026, 2, 28, 12, tzinfo=UTC)
    match field.kind:
        case "choice":
            return field.choices
        case "range":
            return field.low, field.high
        case "duration":
            return field.extremes
        case "number" | "money":
            return Decimal("-1.5"), Decimal(1_000_000)
    return {
        "text": ("none of it, so far", "7"), "person": ("li",), "flag": (True,), "date": (date(2026, 2, 28),),
        "datetime": (noon,), "list": (("a", "b"),), "files": ((FileRef("a", "a.jpg", 1, "0" * 64),),),
    }[field.kind]  # fmt: skip


RULES = (state_left_behind, migration_of_no_state, field_of_another_type)
