"""Who acts, notices and sees: states without anybody, work that lies, roles for nothing, what outsiders see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from svcflow.core.process import Process, State, actions_of
from svcflow.core.rule import People, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.rules.flow_words import listed, written
from svcflow.language.rules.people_words import asks_people, beside, grouped, texts
from svcflow.language.rules.registry import rule


@rule("SF601", "error", "people")
def nobody_may_act(compiled: Compiled) -> Iterator[Finding]:
    """
    Nobody may act in a state.

    An event is for those named under `by`: at the event, at its state, at a group around it or at the top of the file.
    Where none of these says a name, nobody may, not even the engine. The moves of `run` and `auto` need no name.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {accept: testing}}
      testing: {events: {passes: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {accept: testing}}
      testing: {by: clerk, events: {passes: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    owners = [owner for owner in process.rules() if owner.sent and owner.by is None and not _moves(process, owner)]
    for told in grouped(process, [(owner, "") for owner in owners]):
        what = f"send `{told.name}`" if told.name else "act"
        message = f"nobody may {what} in {listed(told.states)}"
        yield compiled.finding("SF601", "error", told.place, message, key=True,
                               hint="say who: `by: ROLE`, at the event or at its state")  # fmt: skip


def _moves(process: Process, owner: Rule) -> bool:
    state = process.states[owner.state]
    return state.auto is not None or state.run is not None


@rule("SF605", "warning", "people")
def nobody_notices(compiled: Compiled) -> Iterator[Finding]:
    """
    Nobody notices a case that lies in a state.

    A case waits there for somebody, and no time runs: no `limit`, `after` or `window` of the state or of a group around
    it, and no SLA clock. If it is forgotten, nobody is told. Only looked for where an escalation tells somebody of
    other states.

    Bad:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk, boss]
    escalations: {tell: {100%: {notify: boss}}}
    escalation: tell
    states:
      received: {by: clerk, limit: 4h, events: {accept: testing}}
      testing: {by: clerk, events: {passes: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    calendar: always
    roles: [clerk, boss]
    escalations: {tell: {100%: {notify: boss}}}
    escalation: tell
    states:
      received: {by: clerk, limit: 4h, events: {accept: testing}}
      testing: {by: clerk, limit: 1d, events: {passes: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    if not any(escalation.steps for escalation in process.escalations.values()):
        return
    # Where a clock stands still, SF505 is told.
    running = frozenset[int]().union(*(_running(compiled, name) for name in process.clocks))
    for state in process.states:
        around = [process.states[index] for index in process.lines[state.index]]
        if state.children or not asks_people(process, state) or any(one.timed or one.auto for one in around):
            continue
        if state.index in running:
            continue
        message = f"`{state.path}` has no `limit:` and no `after:`: nobody notices a case that lies here"
        yield compiled.finding("SF605", "warning", state.place, message, key=True,
                               hint="write how long it may take, as in `limit: 2d`")  # fmt: skip


def _running(compiled: Compiled, name: str) -> frozenset[int]:
    """The leaf states in which a clock may be running."""
    graph, clock = compiled.graph, compiled.process.clocks[name]
    stops = frozenset(leaf for state in clock.stops for leaf in graph.leaves(state))
    starts = frozenset(leaf for state in clock.starts for leaf in graph.leaves(state)) - stops
    return graph.reached(beside(compiled, starts), lambda edge: edge.target not in stops)


@rule("SF606", "warning", "people")
def role_without_part(compiled: Compiled) -> Iterator[Finding]:
    """
    A role never acts and is never told.

    No `by` and no `notify` of the process names it. Mostly another role is written in its place somewhere. Roles of
    shared files are there for all processes and are not asked.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk, quality]
    states:
      received: {by: clerk, events: {repair: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk, quality]
    states:
      received: {by: clerk, events: {repair: {to: finished, do: {notify: quality}}}}
      finished: {end: done}
    ```
    """
    known = _playing(compiled.process)
    entry, node = compiled.document.find(("roles",))
    for number, role in enumerate(texts(node)) if entry is not None else ():
        if role not in known:
            message = f"role `{role}` never acts and is never told"
            yield compiled.finding("SF606", "warning", ("roles", number), message, hint="remove it, or use it")


def _playing(process: Process) -> frozenset[str]:
    """Every role and person that some `by`, `seen_by` or `notify` names."""
    people = [process.opening.by, *(state.by for state in process.states), *(owner.by for owner in process.rules())]
    told = [do for state in process.states for do in actions_of(state)]
    told += [step.do for clock in process.clocks.values() for step in clock.escalation]
    people += [process.fields[name].seen_by for name in process.used_fields]
    return frozenset(name for do in told for name in (notice.to for notice in do.notify)).union(
        *(one.roles for one in people if one is not None)
    )


@rule("SF607", "warning", "people")
def outsider_sees_private_field(compiled: Compiled) -> Iterator[Finding]:
    """
    A customer is asked for a private field that others fill in.

    A form shows what its fields hold. Whoever the case is opened for, that is who stands in a person field that `open`
    asks for or lets act, sees what the staff wrote into this field. What the same person gave at the opening is no
    secret from them; nor does a form show a field whose `seen_by` leaves them out.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {customer: person, account: {type: text, private: true}}
    open: {by: [clerk, customer], ask: customer}
    states:
      received: {by: clerk, events: {accept: {to: asking, ask: account}}}
      asking: {by: customer, events: {confirm: {to: finished, ask: account}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    fields: {customer: person, account: {type: text, private: true}, confirmed: flag}
    open: {by: [clerk, customer], ask: customer}
    states:
      received: {by: clerk, events: {accept: {to: asking, ask: account}}}
      asking: {by: customer, events: {confirm: {to: finished, ask: confirmed}}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    outside = outsiders(process)
    for owner in written(process) if outside else ():
        seeing = [name for name in owner.by.fields if name in outside] if owner.sent and owner.by else []
        for word, names in (("ask", owner.ask), ("may", owner.may)):
            for name in names:
                telling = seeing and name in process.private and _shows(process, name, seeing[0])
                writer = _writer(process, name, seeing[0]) if telling else None
                if writer is None:
                    continue
                message = f"`{seeing[0]}` is asked for the private field `{name}`, and sees what others wrote there"
                notes = (compiled.secondary(writer.place, "written here by others", key=True),)
                span = compiled.sources.word((*owner.place, word, names.index(name)), name)
                yield Finding.at(span, "SF607", "warning", message, notes=notes,
                                 hint="ask for it in a field of its own, or let only the staff send this")  # fmt: skip


def outsiders(process: Process) -> frozenset[str]:
    """The person fields of those a case is opened for: said at the opening, and never written later."""
    opening = process.opening
    named = {name for name in opening.ask if process.fields[name].kind == "person"}
    named.update(() if opening.by is None else opening.by.fields)
    later = {name for owner in process.rules() for name in (*owner.ask, *owner.may)}
    return frozenset(named - later)


def _shows(process: Process, name: str, seeing: str) -> bool:
    seen_by = process.fields[name].seen_by
    return seen_by is None or seeing in seen_by.fields


def _writer(process: Process, name: str, seeing: str) -> Rule | None:
    """An event that fills a field and that `seeing` may not send."""
    return next((owner for owner in written(process) if _fills(owner, name) and not _sends(owner.by, seeing)), None)


def _fills(owner: Rule, name: str) -> bool:
    return owner.sent and name in (*owner.ask, *owner.may)


def _sends(by: People | None, name: str) -> bool:
    return by is not None and name in by.fields


MOST_STATES = 25
MOST_EVENTS = 12


@rule("SF804", "note", "words")
def too_large(compiled: Compiled) -> Iterator[Finding]:
    """
    A process or a state is larger than people can oversee.

    More than 25 states, or more than 12 events in one state, are better cut: a part with its own beginning and end can
    be a process of its own that a state runs. Inherited events and those of `anywhere` are not counted.

    Bad:
    ```yaml
    process: desk
    version: 1
    roles: [clerk]
    by: clerk
    states:
      new: {events: {e01: over, e02: over, e03: over, e04: over, e05: over, e06: over, e07: over, e08: over, e09: over,
                     e10: over, e11: over, e12: over, e13: over}}
      over: {end: done}
    ```

    Good:
    ```yaml
    process: desk
    version: 1
    roles: [clerk]
    by: clerk
    states:
      new: {events: {e01: over, e02: over, e03: over, e04: over, e05: over, e06: over, e07: over, e08: over, e09: over,
                     e10: over, e11: over, e12: over}}
      over: {end: done}
    ```
    """
    states = compiled.process.states
    hint = "consider a sub-process: let a state `run` a part of this"
    if len(states) > MOST_STATES:
        yield compiled.finding(
            "SF804", "note", ("states",), f"{len(states)} states in one process", key=True, hint=hint
        )
    for state in states:
        number = sum(1 for owner in _own(state) if owner.kind == "event")
        if number > MOST_EVENTS:
            message = f"{number} events in one state, `{state.path}`"
            yield compiled.finding("SF804", "note", state.place, message, key=True, hint=hint)


def _own(state: State) -> Iterable[Rule]:
    return (owner for rules in state.events.values() for owner in rules)


RULES = (nobody_may_act, nobody_notices, role_without_part, outsider_sees_private_field, too_large)
