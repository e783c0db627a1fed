"""
The door of a case: may this event, by this actor, with this form, happen now? If not, the first reason why.

In this order: the case is open, the event is known, an active state knows it, nothing waits, `by`, `not_by`,
`qualified`, the form.
Whether an alternative holds is asked last, with the form filled in, by the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from svcflow.core import timing
from svcflow.core.decision import Offer, Refusal, RefusalCode
from svcflow.core.draft import Draft
from svcflow.core.event import EMPTY, Actor, Event
from svcflow.core.form import read_form
from svcflow.core.people import barred_by, lacking, may_act, needed
from svcflow.core.process import Process
from svcflow.core.rule import Alternative, Rule
from svcflow.core.sight import unseen

Admitted: TypeAlias = tuple[dict[str, Any], frozenset[int]]
"""What passed the door: the typed values (None empties a field) and the transitions that may now be tried."""

Way: TypeAlias = tuple[Sequence[Rule], tuple[str, ...], tuple[str, ...]]
"""What an actor could send under one event name: the rules that may react, and what their form asks and takes."""


def admit(draft: Draft, event: Event) -> Admitted | Refusal:
    """Judge an event up to its form."""
    way = find_way(draft, event.name, event.actor)
    if isinstance(way, Refusal):
        return way
    rules, ask, may = way
    values, problems = read_form(draft.process.fields, ask, may, event.fields)
    if problems:
        return refusal(draft, event.name, "form", problems=MappingProxyType(problems))
    if len(rules) == 1:
        return values, rules[0].transitions
    filled = [rule for rule in rules if all(values.get(name) is not None for name in rule.ask)]
    return values, frozenset[int]().union(*(rule.transitions for rule in filled))


def find_way(draft: Draft, name: str, actor: Actor) -> Way | Refusal:
    """The rules that may react when this actor sends this event, or the first reason why there are none."""
    if draft.status != "open":
        return refusal(draft, name, "ended", state=draft.before.state)
    rules = _rules(draft, name)
    if not rules:
        code: RefusalCode = "not_here" if name in sent_names(draft.process) else "unknown_event"
        return refusal(draft, name, code, state=draft.before.state)
    ready, permitted, free = [], [], []
    unqualified: list[Rule] = []
    bars: dict[str, None] = {}
    for rule in rules:
        if draft.process.waits and rule.kind != "anywhere" and timing.waiting(draft, rule.state):
            continue
        ready.append(rule)
        if not may_act(rule.by, actor, draft.fields):
            continue
        permitted.append(rule)
        barred = barred_by(rule.not_by, actor, draft.before, draft.fields)
        if barred:
            bars.update(dict.fromkeys(barred))
        elif rule.qualified is not None and lacking(needed(rule.qualified, draft.fields), actor, draft.at):
            unqualified.append(rule)
        else:
            free.append(rule)
    if free:
        return _form(draft, name, free)
    if unqualified:
        needs = needs_of(draft, unqualified)
        return refusal(draft, name, "unqualified", needs=needs, **lacking(needs, actor, draft.at))
    if permitted:
        return refusal(draft, name, "barred", by=tuple(bars))
    if ready:
        return refusal(draft, name, "forbidden", by=_names(ready))
    until = min(timing.waits_until(draft, rule.state) for rule in rules)
    return refusal(draft, name, "waiting", state=draft.before.state, until=until)


def _rules(draft: Draft, name: str) -> Sequence[Rule]:
    """The rules for a sent event around the active leaves: inner ones first, region by region."""
    around = draft.process.sent.get(name)
    if around is None:
        return ()
    if len(draft.leaves) == 1:
        return around.get(draft.leaves[0], ())
    found: list[Rule] = []
    for leaf in draft.leaves:
        found += [rule for rule in around.get(leaf, ()) if rule not in found]
    return found


def journalled(draft: Draft, event: Event) -> Actor:
    """Who sent an event, with none but the qualifications that it asks for of this actor: what the journal keeps."""
    actor = event.actor
    mine = [
        rule
        for rule in _rules(draft, event.name)
        if may_act(rule.by, actor, draft.fields) and not barred_by(rule.not_by, actor, draft.before, draft.fields)
    ]
    return actor.showing(needs_of(draft, mine))


def needs_of(draft: Draft, rules: Iterable[Rule]) -> Mapping[str, int]:
    """The qualifications that rules ask for here and now, each with its highest level."""
    found: dict[str, int] = {}
    for rule in rules:
        for name, level in EMPTY.items() if rule.qualified is None else needed(rule.qualified, draft.fields).items():
            found[name] = max(level, found.get(name, level))
    return MappingProxyType(found)


def _form(draft: Draft, name: str, rules: Sequence[Rule]) -> Way:
    """
    The form is the union over the regions; in each, the innermost rule that may react says what to ask.

    A rule that no form could open does not react; if none could, the innermost ones say what they would ask.
    """
    if len(rules) == 1:
        return rules, rules[0].ask, rules[0].may
    ask: dict[str, None] = {}
    may: dict[str, None] = {}
    around = draft.process.sent[name]
    known = [rule for rule in rules if not closed(draft, rule)] or rules
    for leaf in draft.leaves:
        inner = next((rule for rule in around.get(leaf, ()) if rule in known), None)
        if inner is not None:
            ask.update(dict.fromkeys(inner.ask))
            may.update(dict.fromkeys(inner.may))
    return rules, tuple(ask), tuple(name for name in may if name not in ask)


def _names(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Everyone who could have sent it, roles and fields, in a stable order."""
    roles = {role for rule in rules if rule.by for role in rule.by.roles}
    fields = {name for rule in rules if rule.by for name in rule.by.fields}
    return (*sorted(roles), *sorted(fields))


def sent_names(process: Process) -> frozenset[str]:
    """The names of all events that actors can send in this process."""
    return frozenset(process.sent)


# ── refusals and the menu ──────────────────────────────────────────────────────────────────────────────────────


def refusal(draft: Draft, event: str, code: RefusalCode, **parameters: object) -> Refusal:
    """A refusal, not saying yet what is possible instead."""
    return Refusal(draft.before.id, event, code, MappingProxyType(parameters))


def no_alternative(draft: Draft, event: str, transitions: frozenset[int], actor: Actor) -> Refusal:
    """Every alternative failed: say of each why, as far as this actor may see what it hangs on."""
    hidden = unseen(draft.process, actor, draft.before.fields)
    why = {}
    for index in sorted(transitions):
        _, alternative = draft.process.moves[index]
        why[alternative.count] = _why_not(draft, alternative, hidden)
    return refusal(draft, event, "no_alternative", alternatives=MappingProxyType(why))


def _why_not(draft: Draft, alternative: Alternative, hidden: frozenset[str]) -> str:
    if alternative.share is not None and not alternative.share.takes(draft.before.id):
        return f"is for {alternative.share.text} of the cases, and not for this one"
    if alternative.max is not None and draft.counts.get(alternative.count, 0) >= alternative.max:
        return f"was taken {alternative.max} times already"
    if alternative.when is not None and not alternative.when.holds(draft.fields):
        told = hidden.isdisjoint(alternative.when.reads)
        return f"needs {alternative.when.text}" if told else "depends on what is not shown here"
    return "has nowhere to go back to"


def menu_of(draft: Draft, actor: Actor) -> tuple[Offer, ...]:
    """Every event around the active leaves, in file order: with its form, or with the reason why not."""
    names: dict[str, None] = {}
    for index in draft.active():
        for name, rules in draft.process.states[index].events.items():
            if any(rule.sent for rule in rules):
                names[name] = None
    hidden = unseen(draft.process, actor, draft.fields)
    return tuple(_offer(draft, name, actor, hidden) for name in names)


def _offer(draft: Draft, name: str, actor: Actor, hidden: frozenset[str]) -> Offer:
    way = find_way(draft, name, actor)
    if isinstance(way, Refusal):
        return Offer(name, refusal=way)
    rules, ask, may = way
    present = {
        field: draft.fields[field]
        for field in (*ask, *may)
        if draft.fields.get(field) is not None and field not in hidden
    }
    ways = [alternative for rule in rules for alternative in rule.alternatives]
    form = {*ask, *may}
    closed = all(_shut(draft, alternative, form) for alternative in ways)
    shut = no_alternative(draft, name, frozenset(one.index for one in ways), actor) if closed else None
    return Offer(name, ask, may, MappingProxyType(present) if present else EMPTY, shut)


def closed(draft: Draft, rule: Rule) -> bool:
    """Whether no form could open any alternative of a rule now."""
    form = {*rule.ask, *rule.may}
    return all(_shut(draft, alternative, form) for alternative in rule.alternatives)


def _shut(draft: Draft, alternative: Alternative, form: set[str]) -> bool:
    """Whether no form could open this alternative now; one whose condition the form may change is not shut."""
    if draft.open(alternative.index):
        return False
    if alternative.share is not None and not alternative.share.takes(draft.before.id):
        return True
    used_up = alternative.max is not None and draft.counts.get(alternative.count, 0) >= alternative.max
    return used_up or alternative.when is None or alternative.when.reads.isdisjoint(form)
