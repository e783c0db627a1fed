"""What happens in each state of a process: what the scenario says of it, and what follows where it is silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from attrs import frozen

from svcflow.core.event import EMPTY
from svcflow.core.process import Process, State
from svcflow.core.rule import People, Rule
from svcflow.core.rule import Place as Where
from svcflow.language.times import Misread
from svcflow.simulate import schema
from svcflow.simulate.filling import Filler, filler, usual
from svcflow.simulate.scenario import REACTION, WORK, Custom, Option, Place
from svcflow.simulate.spread import Spread
from svcflow.simulate.telling import Telling
from svcflow.stories.names import standing

T = TypeVar("T")

_NOBODY = People()


@frozen
class Said:
    """What a scenario says of one event at one place."""

    chance: float | None = None
    by: str | None = None
    after: Spread | None = None
    takes: Spread | None = None
    values: Mapping[str, Filler] = EMPTY


States: TypeAlias = Mapping[str, Mapping[str, Said]]
"""Path of a state -> event -> what is said of it there."""


def custom(tell: Telling, process: Process, habits: schema.Habits, outer: schema.Habits, where: Where) -> Custom:
    """What is usual in a process; `outer` says how long things take where `habits` does not."""
    given = _values(tell, process, habits.fields, process.fields, (*where, "fields"))
    takes = tell.spread(habits.takes, (*where, "takes")) or tell.spread(outer.takes, ("takes",)) or WORK
    reaction = tell.spread(habits.after, (*where, "after")) or tell.spread(outer.after, ("after",)) or REACTION
    events = {
        name: _said(tell, process, name, doing, _rules(process, name), (*where, "events", name))
        for name, doing in habits.events.items()
        if _event(tell, process, name, process.sent, (*where, "events", name))
    }
    states = _states(tell, process, habits.states, (*where, "states"))
    places = {
        state.path: _place(process, state, states, events, takes, reaction)
        for state in process.states
        if not state.children and state.end is None
    }
    fillers = {name: given.get(name) or usual(declared) for name, declared in process.fields.items()}
    return Custom(process, MappingProxyType(places), MappingProxyType(fillers), frozenset(given))


# ── what is said ───────────────────────────────────────────────────────────────────────────────────────────────────


def _states(tell: Telling, process: Process, forms: Mapping[str, schema.Doings], where: Where) -> States:
    found: dict[str, dict[str, Said]] = {}
    for word, doings in forms.items():
        paths = standing(process, word)
        if not paths:
            tell.named(f"state of {process.name}", "SF201", word, process.paths, (*where, word), key=True)
        for path in paths:
            rules = _around(process, path)
            for name, doing in doings.items():
                place = (*where, word, name)
                if name == schema.NOTHING and name not in rules:
                    found.setdefault(path, {})[name] = Said(1.0 if doing.chance is None else doing.chance)
                elif _event(tell, process, name, (*rules, schema.NOTHING), place, word):
                    found.setdefault(path, {})[name] = _said(tell, process, name, doing, rules[name], place)
    return found


def _event(
    tell: Telling, process: Process, name: str, known: Iterable[str], place: Where, state: str | None = None
) -> bool:
    what = f"event of {process.name}" if state is None else f"event in {state}"
    elsewhere = [state.path for state in process.states if state.index in process.sent.get(name, EMPTY)]
    hint = f"`{name}` is sent in {', '.join(elsewhere)}" if elsewhere else ""
    return tell.named(what, "SF215", name, known, place, key=True, hint=hint)


def _said(tell: Telling, process: Process, name: str, doing: schema.Doing, rules: Iterable[Rule], place: Where) -> Said:
    rules = tuple(rules)
    forms = {one for rule in rules for one in (*rule.ask, *rule.may)}
    values = _values(tell, process, doing.form, forms, (*place, "with"), name)
    if doing.by is not None:
        allowed = {one for rule in rules if rule.by for one in (*rule.by.roles, *rule.by.fields)}
        tell.named(f"role or field that may send `{name}`", "SF202", doing.by, allowed, (*place, "by"))
    after, takes = tell.spread(doing.after, (*place, "after")), tell.spread(doing.takes, (*place, "takes"))
    return Said(doing.chance, doing.by, after, takes, values)


def _values(
    tell: Telling, process: Process, written: Mapping[str, object], known: Iterable[str], where: Where, event: str = ""
) -> Mapping[str, Filler]:
    found = {}
    for name, value in written.items():
        what = f"field in the form of `{event}`" if event and name in process.fields else f"field of {process.name}"
        if tell.named(what, "SF203", name, known, (*where, name), key=True):
            try:
                found[name] = filler(process, process.fields[name], value)
            except Misread as misread:
                tell.misread((*where, name), misread)
    return MappingProxyType(found)


def _rules(process: Process, event: str) -> tuple[Rule, ...]:
    return tuple(rule for rules in process.sent.get(event, EMPTY).values() for rule in rules)


def _around(process: Process, path: str) -> Mapping[str, tuple[Rule, ...]]:
    """The events that can be sent in a state or inside it, with their rules."""
    inside = {state.index for state in process.states if state.path == path or state.path.startswith(f"{path}.")}
    found = {
        name: tuple(rule for leaf, rules in leaves.items() if leaf in inside for rule in rules)
        for name, leaves in process.sent.items()
    }
    return {name: rules for name, rules in found.items() if rules}


# ── what follows ───────────────────────────────────────────────────────────────────────────────────────────────────


def _place(
    process: Process, state: State, states: States, events: Mapping[str, Said], takes: Spread, reaction: Spread
) -> Place:
    line = [states[path] for index in reversed(process.lines[state.index]) if (path := process.names[index]) in states]
    chances = [said[name].chance for said in line for name in said]
    told = any(chance is not None for chance in chances)
    options = []
    for name, leaves in process.sent.items():
        if state.index not in leaves:
            continue
        rule = leaves[state.index][0]
        here = [said[name] for said in line if name in said]
        known = [*here, *([events[name]] if name in events else [])]
        weight = _first(one.chance for one in here)
        if weight is None:
            weight = 0.0 if told else _first(one.chance for one in known)
        if weight is None:
            weight = _default(rule)
        if weight:
            options.append(_option(name, weight, rule, known, takes, reaction))
    nothing = _first(said[schema.NOTHING].chance for said in line if schema.NOTHING in said) or 0.0
    return Place(tuple(options), nothing)


def _default(rule: Rule) -> float:
    """Where nothing is said, what leads on from a state is equally likely, and the rest does not happen."""
    leads = any(one.kind != "here" for one in rule.alternatives)
    return 1.0 if rule.kind == "event" and leads else 0.0


def _option(name: str, weight: float, rule: Rule, known: list[Said], takes: Spread, reaction: Spread) -> Option:
    people = _people(rule.by or _NOBODY, _first(one.by for one in known))
    values: dict[str, Filler] = {}
    for one in reversed(known):
        values.update(one.values)
    return Option(
        name, weight, rule, people, ", ".join((*sorted(people.roles), *people.fields)) or "nobody",
        _first(one.after for one in known), reaction, _first(one.takes for one in known) or takes,
        MappingProxyType(values),
    )  # fmt: skip


def _people(people: People, by: str | None) -> People:
    if by is None:
        return people
    if by in people.roles:
        return People(frozenset((by,)))
    return People(fields=(by,)) if by in people.fields else people


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
