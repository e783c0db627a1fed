"""Whom `not_by` bars on every way: events that nobody can send, that need a second person, and bars for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from svcflow.core.process import Process
from svcflow.core.rule import Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.deeds import NOTHING_KNOWN, Deed, Deeds
from svcflow.language.findings import Finding, Secondary
from svcflow.language.rules.flow_words import listed
from svcflow.language.rules.people_words import beside, grouped, texts
from svcflow.language.rules.registry import rule


@rule("SF602", "error", "people")
def everybody_barred(compiled: Compiled) -> Iterator[Finding]:
    """
    Nobody can ever act in a state.

    Everyone whom `by` lets act is barred by `not_by`, on every way that leads here. That is certain where both name the
    same person field, or where a person field alone may act that always holds one person, written with `me`, who
    acted in the barred state. Where a field may hold a group, another one of the group may act, and nothing is told.

    Bad:
    ```yaml
    process: visit
    version: 1
    roles: [engineer]
    fields: {owner: person}
    open: {by: engineer}
    states:
      planned: {by: engineer, events: {take: {to: repair, do: {set: {owner: me}}}}}
      repair: {by: owner, events: {repaired: verify}}
      verify: {by: owner, not_by: repair, events: {confirm: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: visit
    version: 1
    roles: [engineer]
    fields: {owner: person}
    open: {by: engineer}
    states:
      planned: {by: engineer, events: {take: {to: repair, do: {set: {owner: me}}}}}
      repair: {by: owner, events: {repaired: verify}}
      verify: {by: engineer, not_by: repair, events: {confirm: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    for told in grouped(process, _always(compiled, _barred)):
        who = told.owner.by.fields if told.owner.by is not None else ()
        what = f"send `{told.name}`" if told.name else "act"
        message = f"nobody can ever {what} in {listed(told.states)}: only {listed(who)} may, and {told.why}"
        yield compiled.finding("SF602", "error", told.place, message, key=True, notes=_barring(compiled, told.owner),
                               hint="name somebody else under `by`, or take the bar out of `not_by`")  # fmt: skip


def _barred(owner: Rule, deeds: Deeds) -> str:
    """Why everyone who may send an event is barred in a state; empty if somebody is not, or may not be."""
    by, bars = owner.by, owner.not_by
    if by is None or by.roles or not by.fields:
        return ""
    reasons = []
    for name in by.fields:
        if name in bars.fields:
            reasons.append(f"`not_by` bars `{name}`")
            continue
        path = next((path for path in sorted(bars.states) if Deed("person", name, path) in deeds), None)
        if path is None:
            return ""
        reasons.append(f"`{name}` acted in `{path}`")
    return " and ".join(reasons)


@rule("SF603", "note", "people")
def second_person_needed(compiled: Compiled) -> Iterator[Finding]:
    """
    A state needs a second person of the same role.

    Only one role may act, and on every way here one of its holders acted where `not_by` bars them. That may be just
    what is meant; where only one person has the role, a case stays here.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [manager]
    states:
      propose: {by: manager, events: {offer: approve}}
      approve: {by: manager, not_by: propose, events: {agree: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [agent, manager]
    states:
      propose: {by: agent, events: {offer: approve}}
      approve: {by: manager, not_by: propose, events: {agree: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    for told in grouped(process, _always(compiled, _one_of_them)):
        (role,) = told.owner.by.roles if told.owner.by is not None else ("",)
        what = f"`{told.name}` in {listed(told.states)}" if told.name else listed(told.states)
        message = f"{what} needs a second person: only `{role}` may act, and one of them acted in `{told.why}`"
        yield compiled.finding("SF603", "note", told.place, message, key=True, notes=_barring(compiled, told.owner),
                               hint="see that two people have this role, or name another one under `by`")  # fmt: skip


def _one_of_them(owner: Rule, deeds: Deeds) -> str:
    """The barred state in which a holder of the only role that may act has acted; empty if there is none."""
    by = owner.by
    if by is None or by.fields or len(by.roles) != 1:
        return ""
    (role,) = by.roles
    return next((path for path in sorted(owner.not_by.states) if Deed("role", role, path) in deeds), "")


def _always(compiled: Compiled, why: Callable[[Rule, Deeds], str]) -> list[tuple[Rule, str]]:
    """The events of which something holds wherever they are offered, with the reason."""
    process, known = compiled.process, compiled.deeds
    found: list[tuple[Rule, str]] = []
    free: set[Place] = set()
    for owner in process.rules():
        if not owner.sent or not (owner.not_by.states or owner.not_by.fields):
            continue
        leaves = sorted(compiled.graph.leaves(owner.state))
        reasons = [why(owner, known.get(leaf, NOTHING_KNOWN)) for leaf in leaves if not known or leaf in known]
        if reasons and all(reasons):
            found.append((owner, reasons[0]))
        else:
            free.add(owner.place)
    return [(owner, reason) for owner, reason in found if owner.place not in free]


def _barring(compiled: Compiled, owner: Rule) -> tuple[Secondary, ...]:
    """Where the `not_by` stands that an event is under: its own, or one around it."""
    around = compiled.process.lines[owner.state]
    for place in (owner.place, *(compiled.process.states[index].place for index in reversed(around)), ()):
        entry, _ = compiled.document.find((*place, "not_by"))
        if entry is not None and entry.key.text == "not_by":
            return (compiled.secondary((*place, "not_by"), "barred here"),)
    return ()


@rule("SF604", "warning", "people")
def bar_for_nothing(compiled: Compiled) -> Iterator[Finding]:
    """
    A `not_by` bars nobody.

    It names a state that no case comes through before it gets here, or one in which nobody ever acts. What was meant to
    be a second pair of eyes is none.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [clerk]
    states:
      received: {by: clerk, events: {repair: testing, refuse: refused}}
      testing: {by: clerk, not_by: refused, events: {passes: finished}}
      refused: {by: clerk, events: {file: finished}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [clerk, tester]
    states:
      received: {by: clerk, events: {repair: testing, refuse: refused}}
      testing: {by: tester, not_by: received, events: {passes: finished}}
      refused: {by: clerk, events: {file: finished}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    if any(not plan.finish for plan in process.migrations.values()):
        # Cases of an earlier version may have come through other states.
        return
    acting = _acting(process)
    for place, inside in _bars(compiled):
        entry, node = compiled.document.find(place)
        written = entry is not None and entry.key.text == "not_by"
        for number, name in enumerate(texts(node)) if written else ():
            named = [state.index for state in process.states if f".{state.path}".endswith(f".{name}")]
            within = frozenset(leaf for state in named for leaf in compiled.graph.leaves(state))
            if not named or name in process.fields:
                continue
            if compiled.graph.reached(beside(compiled, within & acting)) & inside:
                continue
            why = f"no case comes through `{name}` before" if within & acting else f"nobody ever acts in `{name}`"
            yield compiled.finding("SF604", "warning", (*place, number), f"`not_by: {name}` means nothing here: {why}",
                                   hint="name the state whose people are meant, or remove it")  # fmt: skip


def _acting(process: Process) -> frozenset[int]:
    """The leaf states in which somebody may act, in the case itself or in a child."""
    sent = {leaf for around in process.sent.values() for leaf in around}
    return frozenset(sent).union(state.index for state in process.states if state.run is not None)


def _bars(compiled: Compiled) -> Iterator[tuple[Place, frozenset[int]]]:
    """Every place where a `not_by` may stand, with the leaf states it holds for."""
    process, graph = compiled.process, compiled.graph
    held: dict[Place, frozenset[int]] = {("not_by",): frozenset(graph.inwards) | graph.start}
    for state in process.states:
        held[*state.place, "not_by"] = graph.leaves(state.index)
    for owner in process.rules():
        if owner.sent:
            place = (*owner.place, "not_by")
            held[place] = held.get(place, frozenset()) | graph.leaves(owner.state)
    yield from held.items()


RULES = (everybody_barred, second_person_needed, bar_for_nothing)
