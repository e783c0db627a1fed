"""What can be done to a case next: by whom, with which form, and what the children it waits for can end as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import combinations, product
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from svcflow.core.admission import Way, find_way
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import Actor, ChildEnded, Event, Qualification
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.rule import Rule
from svcflow.core.statechart import statechart
from svcflow.core.step import opening_fields
from svcflow.model.places import Places

Form: TypeAlias = dict[str, Any]

MOST_FORMS = 500
"""Ways to fill in one form that are tried."""

MOST_HATS = 3
"""How many roles and person fields at most one sender is given at once."""

_UNSENT = object()


def _only(ask: Callable[[], Way | Refusal]) -> Sequence[Way | Refusal]:
    return (ask(),)


@frozen(eq=False)
class Inputs:
    """
    Everything that can be done to a case of one process.

    `gives` names for each `run` state the fields that its child can give back; where a state is not named, any.
    `strangers`: whoever acts is somebody new, so that nobody is barred for having acted. `each` gives every answer that
    the door may give to somebody. `cut` is filled with what was too much to be tried.
    """

    places: Places
    gives: Mapping[str, Sequence[str]]
    strangers: bool
    each: Callable[[Callable[[], Way | Refusal]], Sequence[Way | Refusal]] = _only
    machine: Machine = statechart
    cut: set[str] = field(factory=set)

    def openings(self, now: datetime) -> Iterator[tuple[Actor, Form]]:
        """Who can open a case, and with what."""
        process, places = self.places.process, self.places
        opening = process.opening
        first = places.read_from(process.named(process.chart.opening.leaves))
        for form in self._forms("open", opening.ask, opening_fields(process), first, now):
            yield _opener(process, form), form

    def events(self, process: Process, case: Case, now: datetime) -> Iterator[Event]:
        """The events that somebody may send, with every form that makes a difference."""
        for name, around in process.sent.items():
            leaves = process.known(case.states)
            rules = list({id(rule): rule for leaf in leaves for rule in around.get(leaf, ())}.values())
            for actor, (able, ask, may) in self._senders(process, case, name, rules, now):
                present = [field for field in may if case.fields.get(field) is not None]
                for form in self._forms(name, ask, may, self._read_after(case, able), now, present):
                    yield Event(name, form, actor)

    def ends(self, process: Process, case: Case, now: datetime) -> Iterator[ChildEnded]:
        """The ends that the children of a case can come to."""
        for path, child in case.children.items():
            state = process.states[process.paths[path]]
            rules = [rule for rules in state.events.values() for rule in rules if rule.kind == "child"]
            gives = [name for name in self.gives.get(path, tuple(process.fields)) if name in process.fields]
            for rule in rules:
                for given in self._forms(path, (), gives, self._read_after(case, (rule,)), now):
                    yield ChildEnded(child, path, rule.name, given)

    def _senders(
        self, process: Process, case: Case, name: str, rules: Sequence[Rule], now: datetime
    ) -> Iterator[tuple[Actor, Way]]:
        """Whoever can send an event: one sender for each set of rules that react and each form."""
        hats = [*dict.fromkeys(hat for rule in rules for hat in _hats(rule))]
        seen: set[object] = set()
        most = min(len(rules), MOST_HATS)
        if most < len(rules):
            self.cut.add(f"people with more than {MOST_HATS} roles at once")
        for number in range(1, most + 1):  # None, where no rule is.
            for worn in combinations(hats, number):
                for actor in _trained(rules, _wearing(worn, case, strangers=self.strangers)):
                    draft = Draft(process, case, now, self.machine, actor)
                    for way in self.each(partial(find_way, draft, name, actor)):
                        if isinstance(way, Refusal):
                            continue
                        what = (tuple(map(id, way[0])), way[1:])
                        if what not in seen:
                            seen.add(what)
                            yield actor, way

    def _read_after(self, case: Case, rules: Iterable[Rule]) -> frozenset[str]:
        """What can make a difference when these rules react, or after them."""
        places = self.places
        read = set(places.read_from(case.states))
        for rule in rules:
            for alternative in rule.alternatives:
                read |= frozenset() if alternative.when is None else alternative.when.reads
        for path in case.states:
            for edge in places.graph.out(places.process.paths[path]):
                if any(edge.rule is rule for rule in rules):
                    read |= places.live[edge.target]
        return frozenset(read)

    def _forms(
        self,
        what: str,
        ask: Sequence[str],
        may: Sequence[str],
        read: frozenset[str],
        now: datetime,
        present: Sequence[str] = (),
    ) -> Iterator[Form]:
        """Every way to fill in a form that makes a difference; what makes none is left out, or filled in somehow."""
        domains = self.places.domains
        choices: dict[str, Sequence[Any]] = {}
        for name in ask:
            values = domains.values(name, now)
            choices[name] = values if name in read and name in domains.matter else values[:1]
        for name in may:
            if name in read and name in domains.matter and name not in choices:
                choices[name] = (_UNSENT, *domains.values(name, now), *([None] if name in present else []))
        for number, values in enumerate(product(*choices.values())):
            if number == MOST_FORMS:
                self.cut.add(f"more than {MOST_FORMS} ways to fill in the form of {what}")
                return
            filled = zip(choices, values, strict=True)
            yield {name: value for name, value in filled if value is not _UNSENT}


def _hats(rule: Rule) -> Iterator[tuple[str, str]]:
    """What makes somebody one of those who may send an event."""
    if rule.by is not None:
        yield from (("role", role) for role in sorted(rule.by.roles))
        yield from (("field", name) for name in rule.by.fields)


def _wearing(worn: Sequence[tuple[str, str]], case: Case, *, strangers: bool) -> Iterator[Actor]:
    """Somebody with these roles who stands in these fields: as that person, or as one of that group's people."""
    roles = frozenset(name for kind, name in worn if kind == "role")
    fields = [case.fields.get(name) for kind, name in worn if kind == "field"]
    persons = [value for value in fields if isinstance(value, str)]
    if len(persons) < len(fields):
        return
    if persons and not strangers:
        yield Actor(persons[0], roles, frozenset(persons[1:]))
    yield Actor(f"{worn[0][1]}-{case.seq + 1}", roles, frozenset(persons))


def _trained(rules: Iterable[Rule], actors: Iterable[Actor]) -> Iterator[Actor]:
    """The same people, qualified for all that one of the rules may ask for, and as they are."""
    held: dict[str, Qualification] = {}
    for rule in rules:
        for needs in () if rule.qualified is None else (rule.qualified.needs, *rule.qualified.rows.values()):
            for name, level in needs.items():
                held[name] = Qualification(max(level, held[name].level if name in held else level))
    for actor in actors:
        if held:
            yield evolve(actor, qualifications=held)
        yield actor


def _opener(process: Process, form: Form) -> Actor:
    by = process.opening.by
    if by is None:
        return Actor("somebody")
    persons = [form[name] for name in by.fields if isinstance(form.get(name), str)]
    roles = sorted(by.roles)
    return Actor(persons[0] if persons and not roles else (roles or ["somebody"])[0], frozenset(roles[:1]))
