"""What somebody means to do with a case where it stands: which event, with which form, and who may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from attrs import define, field, frozen

from svcflow.core.admission import closed, find_way
from svcflow.core.calendar import Calendar
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import Process
from svcflow.core.rule import People
from svcflow.core.statechart import statechart
from svcflow.core.step import opening_fields
from svcflow.errors import CalendarError
from svcflow.simulate.desk import Desk, Item, person_key, role_key
from svcflow.simulate.filling import Filler
from svcflow.simulate.scenario import Custom, Option, Place, Scenario
from svcflow.simulate.spread import Chance

_ANEW = frozenset({"date", "datetime"})
"""Types of fields whose present value is old news: forms ask for another one."""

MOST_TRIES = 20
"""How often an event is tried in a stay, each time with another form, where nothing else can be."""


@define(eq=False)
class Dossier:
    """
    What a simulation knows of a case beside the case.

    `label` names it alike in every run, whatever else happens there: everything left to chance is drawn by it. `drawn`
    counts how often what was drawn; `vain` holds, by state, how often which events were refused there.
    """

    label: str
    drawn: Counter[str] = field(factory=Counter)
    items: dict[str, Item] = field(factory=dict)
    vain: dict[str, Counter[str]] = field(factory=dict)

    def next(self, what: str) -> str:
        """The name of the next thing of this kind that is left to chance."""
        self.drawn[what] += 1
        return f"{self.label}/{what}/{self.drawn[what]}"


@frozen(eq=False)
class Scene:
    """Where a form is filled in."""

    now: datetime
    sender: str
    calendar: Calendar
    desk: Desk

    @property
    def zone(self) -> tzinfo:
        """The zone of the calendar."""
        return self.calendar.zone

    def opening(self, moment: datetime) -> datetime:
        """The moment, or when the calendar opens next; a calendar that does not is not asked again."""
        try:
            return self.calendar.next_open(moment)
        except CalendarError:
            return moment

    def someone(self, role: str, chance: float) -> str:
        """Somebody of the staff with this role; without any, the sender."""
        members = self.desk.members.get(role_key(role), [])
        return members[int(chance * len(members))].person.actor.id if members else self.sender


@frozen(eq=False)
class Mind:
    """
    Decides what is meant, by what the scenario says and chance.

    `invented` names, by process, the fields that were filled in with the usual because the scenario is silent, each
    with the word under which it can say what they are.
    """

    scenario: Scenario
    chance: Chance
    desk: Desk
    invented: dict[tuple[str, str], str] = field(factory=dict)

    def open(self, custom: Custom, case: Case, leaf: str, dossier: Dossier, now: datetime) -> list[Option]:
        """The events that can be tried in a state: those not refused yet; else, with other forms, those that were."""
        place = custom.places.get(leaf, Place())
        vain = dossier.vain.get(leaf, Counter())
        possible = [
            one
            for one in place.options
            if vain[one.event] < MOST_TRIES and not (one.guarded and _shut(custom.process, case, one, now))
        ]
        return [one for one in possible if not vain[one.event]] or possible

    def option(self, place: Place, options: list[Option], what: str) -> Option | None:
        """The one of these events that will be tried, drawn by a name; None for nothing."""
        whole = sum(one.weight for one in options) + place.nothing
        left = self.chance.of(what) * whole
        for one in options:
            left -= one.weight
            if left < 0:
                return one
        return None if place.nothing else options[-1]

    def who(self, option: Option, case: Case) -> tuple[tuple[str, ...], Actor | None]:
        """The keys of the staff who may take an event; if it is somebody else's turn, that actor."""
        people = option.people
        keys = [role_key(role) for role in sorted(people.roles)]
        for name in people.fields:
            value = case.fields.get(name)
            if not isinstance(value, str):
                continue
            if not self.desk.knows(person_key(value)):
                return (), Actor(value)
            keys.append(person_key(value))
        known = tuple(key for key in keys if self.desk.knows(key))
        if not known and not people.roles.isdisjoint(SYSTEM.roles):
            return (), SYSTEM
        return known, None

    # ── forms ──────────────────────────────────────────────────────────────────────────────────────────────────

    def form(
        self, custom: Custom, case: Case, option: Option, actor: Actor, dossier: Dossier, now: datetime
    ) -> dict[str, Any]:
        """
        A form filled in: what is asked for, and what else the scenario speaks of.

        An event that comes again asks anew: a second measurement is another one, or no retry would ever succeed.
        """
        process = custom.process
        ask, may = option.rule.ask, option.rule.may
        if len(case.states) > 1:
            way = find_way(Draft(process, case, max(now, case.moved_at), statechart, actor), option.event, actor)
            ask, may = (ask, may) if isinstance(way, Refusal) else way[1:]
        if not ask and not may:
            return {}
        what = dossier.next(f"form/{option.event}")
        scene = Scene(now, actor.id, process.calendars[process.calendar], self.desk)
        filled = {}
        for name in (*ask, *may):
            fresh = dossier.drawn[f"form/{option.event}"] > 1 and name in ask and name in custom.given
            maker = _maker(custom, option.values, {} if fresh else case.fields, name, asked=name in ask)
            if maker is not None:
                filled[name] = maker.fill(scene, self.chance.of(f"{what}/{name}"))
                if name not in option.values and name not in custom.given:
                    self.invented.setdefault((process.name, name), "with")
            elif name in ask:
                filled[name] = case.fields[name]
        return filled

    def opening(self, number: int, now: datetime) -> tuple[dict[str, Any], Actor]:
        """The form with which a case is opened, and who opens it."""
        process = self.scenario.process
        custom = self.scenario.customs[process.name]
        scene = Scene(now, f"caller-{number}", process.calendars[process.calendar], self.desk)
        filled: dict[str, Any] = {}
        asked = process.opening.ask
        for name in opening_fields(process):
            if process.fields[name].kind == "person" and name not in custom.given:
                if name in asked:
                    filled[name] = f"{name}-{number}"
            elif name in asked or name in custom.given:
                filled[name] = custom.fillers[name].fill(scene, self.chance.of(f"{number}/open/{name}"))
                if name not in custom.given:
                    self.invented.setdefault((process.name, name), "fields")
        return filled, self._opener(process, filled, number)

    def _opener(self, process: Process, filled: Mapping[str, Any], number: int) -> Actor:
        """Whoever the scenario names; else whoever it is for, or the host, or one of the staff who may."""
        by, people = self.scenario.arrivals.by, process.opening.by
        if by is None and people is None:
            return Actor(f"caller-{number}")
        if by is not None:
            people = People(fields=(by,)) if by in process.fields else People(frozenset((by,)))
        people = people or People()
        for name in people.fields:
            if isinstance(filled.get(name), str):
                return Actor(filled[name])
        if not people.roles or not people.roles.isdisjoint(SYSTEM.roles):
            return SYSTEM
        role = min(people.roles)
        members = self.desk.members.get(role_key(role), [])
        return members[number % len(members)].person.actor if members else Actor(f"outside-{role}", frozenset((role,)))


def _maker(
    custom: Custom, values: Mapping[str, Filler], present: Mapping[str, Any], name: str, *, asked: bool
) -> Filler | None:
    """What fills in a field; None leaves it as it is."""
    if name in values:
        return values[name]
    if present.get(name) is not None and custom.process.fields[name].kind not in _ANEW:
        return None
    return custom.fillers[name] if asked or name in custom.given else None


def _shut(process: Process, case: Case, option: Option, now: datetime) -> bool:
    """Whether no form could make this event possible now."""
    return closed(Draft(process, case, max(now, case.moved_at), statechart), option.rule)
