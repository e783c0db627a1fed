"""Who sees what: values that get from a field with `seen_by` to where others see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from svcflow.core.process import Field, Process
from svcflow.core.rule import People, Place
from svcflow.core.step import opening_fields
from svcflow.core.tree import Read
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.handover import lost
from svcflow.language.rules.flow_words import listed
from svcflow.language.rules.handing import actions, written_values
from svcflow.language.rules.registry import rule
from svcflow.language.rules.tables import promises


@rule("SF612", "warning", "people")
def value_shown_to_others(compiled: Compiled) -> Iterator[Finding]:
    """
    A value gets from a field that only some may see to where others see it.

    `set` copies it into another field, or a field that says itself who sees it is handed to a case of another process
    where everybody does; so is a field that the process hides from some whom it names. Where the process names one list
    for all its fields, it is not told what is handed on. A value that is only worked out from it, as a price from a
    cost, is not told: that is often wanted.

    Bad:
    ```yaml
    process: offer
    version: 1
    roles: [agent, manager]
    fields: {cost: {type: money, seen_by: manager}, basis: money}
    open: {by: manager, ask: cost}
    states:
      checked: {by: agent, events: {send: {to: sent, do: {set: {basis: cost}}}}}
      sent: {end: done}
    ```

    Good:
    ```yaml
    process: offer
    version: 1
    roles: [agent, manager]
    fields: {cost: {type: money, seen_by: manager}, price: money}
    open: {by: manager, ask: cost}
    states:
      checked: {by: agent, events: {send: {to: sent, do: {set: {price: cost * 2}}}}}
      sent: {end: done}
    ```
    """
    fields = compiled.process.fields
    for place, name, value in written_values(compiled.process):
        read = value.tree.name if isinstance(value.tree, Read) else name
        others = _others(fields[read].seen_by, fields[name].seen_by) if read in fields else ""
        if others:
            message = f"`{name}` gets the value of `{read}`, and is seen by {others} too"
            yield compiled.finding("SF612", "warning", place, message, key=True,
                                   hint=f"say for `{name}` who may see it, too: `seen_by`")  # fmt: skip
    yield from _handed(compiled)


def _handed(compiled: Compiled) -> Iterator[Finding]:
    """To and from cases of other processes; there, only a field that everybody sees is told."""
    process, other = compiled.process, compiled.project.get
    for state in process.states:
        child = None if state.run is None else other(state.run)
        if child is None:
            continue
        place = (*state.place, "run")
        yield from _taken(compiled, place, child, {})
        for name in child.process.gives:
            if name in process.fields and _open(child.process, name, process.fields[name]):
                message = f"`{child.process.name}` gives `{name}`, which not everybody may see there, but here"
                notes = (child.secondary(("fields", name), "the field there", key=True),)
                yield compiled.finding("SF612", "warning", place, message, notes=notes,
                                       hint=f"say for `{name}` who may see it, here too: `seen_by`")  # fmt: skip
    for place, do in actions(process):
        for start in do.start:
            started = other(start.process)
            if started is not None:
                yield from _taken(compiled, (*place, "start", start.process), started, start.rename)


def _taken(compiled: Compiled, place: Place, other: Compiled, rename: Mapping[str, str]) -> Iterator[Finding]:
    for name in opening_fields(other.process):
        mine = rename.get(name, name)
        if _open(compiled.process, mine, other.process.fields[name]):
            message = f"`{other.process.name}` takes `{mine}`, which not everybody may see here, but there"
            notes = (other.secondary(("fields", name), "the field there", key=True),)
            yield compiled.finding("SF612", "warning", place, message, notes=notes,
                                   hint=f"say for `{name}` who may see it, there too: `seen_by`")  # fmt: skip


def _open(process: Process, name: str, taking: Field) -> bool:
    """Whether a value arrives where everybody sees it, of a field that leaves out some who see the other fields."""
    giving = process.fields.get(name)
    if giving is None or taking.seen_by is not None or lost(giving, taking):
        return False
    return bool(_others(giving.seen_by, _anybody(process)))


def _anybody(process: Process) -> People | None:
    """All who see anything of a process that names them; None where it says nothing, and so everybody does."""
    if process.seen_by is None:
        return None
    named = [process.seen_by, *(field.seen_by for field in process.fields.values() if field.seen_by is not None)]
    persons = dict.fromkeys(name for people in named for name in people.fields)
    return People(frozenset[str]().union(*(people.roles for people in named)), tuple(persons))


def _others(ours: People | None, theirs: People | None) -> str:
    """Who sees what is theirs and not what is ours, in words; empty for nobody."""
    if ours is None:
        return ""
    if theirs is None:
        return "everybody else"
    more = [*sorted(theirs.roles - ours.roles - {"system"}), *(one for one in theirs.fields if one not in ours.fields)]
    return listed(more) if more else ""


@rule("SF613", "warning", "people")
def refusal_tells_value(compiled: Compiled) -> Iterator[Finding]:
    """
    Who is refused for lack of a qualification is told what is needed, and learns a value that they may not see.

    What is needed hangs on the value of the field under `per`, and people are told it when they are refused. Let the
    field be seen by those who may send the event, or choose by another one.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [engineer, manager]
    qualifications: [electrician]
    fields: {plant: {type: reactor | office, seen_by: manager}}
    open: {by: manager, ask: plant}
    states:
      repair:
        by: engineer
        qualified: {per: plant, table: {reactor: {electrician: 3}, default: electrician}}
        events: {repaired: finished}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [engineer, manager]
    qualifications: [electrician]
    fields: {plant: {type: reactor | office, seen_by: [engineer, manager]}}
    open: {by: manager, ask: plant}
    states:
      repair:
        by: engineer
        qualified: {per: plant, table: {reactor: {electrician: 3}, default: electrician}}
        events: {repaired: finished}
      finished: {end: done}
    ```
    """
    process = compiled.process
    told: set[Place] = set()
    for owner in process.rules():
        per = None if owner.qualified is None else owner.qualified.per
        seen_by = None if per is None else process.fields[per].seen_by
        if seen_by is None or owner.by is None or not owner.sent:
            continue
        blind = _others(seen_by, owner.by)
        if blind and owner.place not in told:
            told.add(owner.place)
            message = f"who is refused `{owner.name}` learns of `{per}`, which {blind} may not see"
            yield compiled.finding("SF613", "warning", owner.place, message, key=True,
                                   hint=f"let them see `{per}`, or choose by another field")  # fmt: skip


@rule("SF614", "warning", "people")
def due_time_tells_value(compiled: Compiled) -> Iterator[Finding]:
    """
    A time hangs on a field that says itself who sees it, and others see the case.

    How long was promised is not shown to them, but when something is due is, and from that they can count back. Let the
    field be seen by all who see something of the case, or let the time hang on another one. A field that a list of the
    process only leaves out for somebody is not told: whoever sees little of a case mostly has to know when it is due.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: engineer}}}
    roles: [engineer, manager]
    fields: {rank: {type: gold | silver, seen_by: manager}}
    open: {by: manager, ask: rank}
    sla: {repaired: {from: repair, until: finished, target: {per: rank, table: {gold: 4h, silver: 2d}}}}
    states:
      repair: {by: engineer, events: {done: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    escalation: house
    escalations: {house: {100%: {notify: engineer}}}
    roles: [engineer, manager]
    fields: {rank: {type: gold | silver, seen_by: manager}, urgent: flag}
    open: {by: manager, ask: [rank, urgent]}
    sla: {repaired: {from: repair, until: finished, target: {per: urgent, table: {true: 4h, false: 2d}}}}
    states:
      repair: {by: engineer, events: {done: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    everybody = _anybody(process)
    for found in promises(compiled):
        for name in sorted(found.promise.reads):
            blind = _others(process.fields[name].seen_by, everybody)
            if blind and _says_itself(compiled, name):
                message = f"when this is due tells something of `{name}`, which {blind} may not see"
                hint = f"let them see `{name}`, or let the time hang on another field"
                yield compiled.finding("SF614", "warning", found.place, message, key=found.key, hint=hint)


def _says_itself(compiled: Compiled, name: str) -> bool:
    """Whether a field has a list of its own of those who see it."""
    sources = compiled.sources
    places = [() if file == sources.file else ("shared", file) for file in sources.documents]
    entries = [sources.find((*place, "fields", name, "seen_by"))[0] for place in places]
    return any(entry is not None and entry.key.text == "seen_by" for entry in entries)


RULES = (value_shown_to_others, refusal_tells_value, due_time_tells_value)
