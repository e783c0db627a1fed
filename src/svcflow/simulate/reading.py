"""A scenario read: strictly, with everything that is wrong told at once, at its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType

from svcflow.core.calendar import Calendar
from svcflow.core.event import SYSTEM, Actor, Qualification
from svcflow.core.form import Unfit
from svcflow.core.hours import Shift
from svcflow.core.process import Process
from svcflow.core.rule import Place as Where
from svcflow.core.step import opening_fields
from svcflow.errors import CalendarError, DefinitionError
from svcflow.language import reader
from svcflow.language.files import Folder
from svcflow.language.findings import Finding, Span
from svcflow.language.forms import read_weekdays
from svcflow.language.shape import fit
from svcflow.language.times import read_clock
from svcflow.simulate import schema
from svcflow.simulate.arrivals import Arrivals
from svcflow.simulate.customs import custom
from svcflow.simulate.scenario import Person, Scenario
from svcflow.simulate.spread import read_spread
from svcflow.simulate.telling import ALWAYS, Telling
from svcflow.stories.moments import dated
from svcflow.stories.values import value_of

MOST_PEOPLE = 10_000


def read_scenario(path: str | os.PathLike[str], library: Sequence[Process]) -> Scenario:
    """
    Read a scenario for a process; `library` holds it first, then those it runs or starts.

    Raises:
        DefinitionError: If the file is not there, is no scenario or speaks of what the processes do not have.
    """
    folder, name = Path(path).parent, Path(path).name
    files = Folder(str(folder))
    text = files.text(name)
    if not isinstance(text, str):
        missing = Finding.at(Span(str(path), 1, 1, 1, 1), "SF010", "error", f"there is no file `{path}`")
        raise DefinitionError([text or missing])
    return read_text(text, files.shown(name), library)


def read_text(text: str, file: str, library: Sequence[Process]) -> Scenario:
    """
    Read the text of a scenario; `file` is what findings call it.

    Raises:
        DefinitionError: As `read_scenario`.
    """
    document = reader.read(text, file)
    if document.findings:
        raise DefinitionError(document.findings)
    form, found = fit(document, schema.ScenarioFile)
    if form is None:
        raise DefinitionError(found)
    reading = Reading(document, library)
    scenario = reading.scenario(form)
    if scenario is None:
        raise DefinitionError(reading.found)
    return scenario


class Reading(Telling):
    """One scenario while it is read."""

    def scenario(self, form: schema.ScenarioFile) -> Scenario | None:
        """The scenario, or None when something is wrong with it."""
        start = self.start(form.start)
        close = start + self.fixed(form.length, ("length",))
        drain = timedelta() if form.drain is None else self.fixed(form.drain, ("drain",))
        people = tuple(self.staff(form.staff))
        arrivals = self.arrivals(form.arrivals)
        customs = {}
        for process, habits, place in self.sections(form):
            customs[process.name] = custom(self, process, habits, form, place)
        if self.found:
            return None
        try:
            end = close + drain
        except OverflowError:
            end = datetime.max.replace(tzinfo=start.tzinfo)
        return Scenario(
            form.scenario, str(form.seed), start, close, end, arrivals, people, MappingProxyType(customs),
            tuple(self.library), self.calendars(),
        )  # fmt: skip

    def sections(self, form: schema.ScenarioFile) -> Iterator[tuple[Process, schema.Habits, Where]]:
        """What is said of each process, where it stands."""
        yield self.process, form, ()
        others = {process.name: process for process in self.library[1:]}
        for name in form.processes:
            self.named("other process", "SF207", name, others, ("processes", name), key=True)
        for name, process in others.items():
            yield process, form.processes.get(name, schema.Habits()), ("processes", name)

    # ── times ──────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, text: str) -> datetime:
        """When it begins."""
        try:
            return dated(text, self.office.zone)
        except CalendarError:
            self.wrong(("start",), "SF103", f"`{text}` lies beyond all calendars", "write another year")
            return dated("2026-01-01 00:00")

    def fixed(self, text: str, place: Where) -> timedelta:
        """A length that is not left to chance."""
        spread = read_spread(text)
        if spread.kind != "fixed" or spread.calendar is not None:
            self.wrong(place, "SF103", f"`{text}` is not one length around the clock", "write it as in `4w` or `90d`")
        return timedelta(seconds=spread.parts[0])

    # ── people ─────────────────────────────────────────────────────────────────────────────────────────────────

    def staff(self, forms: Mapping[str, schema.Staff]) -> Iterator[Person]:
        """Everybody who works."""
        roles = frozenset[str]().union(*(process.roles for process in self.library))
        if sum(form.number for form in forms.values()) > MOST_PEOPLE:
            self.wrong(("staff",), "SF105", f"these are more than {MOST_PEOPLE:,} people", "write fewer", key=True)
            return
        ids: set[str] = set()
        for name, form in forms.items():
            place = ("staff", name)
            for number, role in enumerate(form.roles):
                self.named("role", "SF202", role, roles, (*place, "roles", number))
            if not form.roles and not form.groups and name not in roles:
                hint = "or give this person `roles`"
                self.named("role", "SF202", name, roles, place, key=True, hint=hint)
            calendar = self.hours(form, place)
            skills = {one: self.skill(one, values, (*place, "skills", one)) for one, values in form.skills.items()}
            held = frozenset(form.roles or (() if name not in roles else (name,)))
            trained = self.qualified(form.qualifications, (*place, "qualifications"))
            alone = "number" not in form.model_fields_set and name not in roles
            for number in range(1, form.number + 1):
                actor = Actor(
                    name if alone else f"{name}-{number}", held, frozenset(form.groups), qualifications=trained
                )
                if actor.id in ids:
                    self.wrong(place, "SF106", f"two people are called `{actor.id}`", "write another name", key=True)
                    break
                ids.add(actor.id)
                yield Person(actor, calendar, MappingProxyType(skills))

    def qualified(self, needs: Mapping[str, int] | None, place: Where) -> Mapping[str, Qualification]:
        """What somebody is qualified for: where nothing is said, for all that any event asks for."""
        known = frozenset[str]().union(*(process.qualifications for process in self.library))
        for name in needs or ():
            if name != "none":
                self.named("qualification", "SF218", name, known, place)
        if needs is not None:
            return {name: Qualification(level) for name, level in needs.items() if name != "none"}
        asked = [rule.qualified for process in self.library for rule in process.rules() if rule.qualified is not None]
        levels = [item for one in asked for row in (one.needs, *one.rows.values()) for item in row.items()]
        return {name: Qualification(level) for name, level in sorted(levels, key=itemgetter(1))}

    def hours(self, form: schema.Staff, place: Where) -> Calendar:
        """When somebody works."""
        if form.hours:
            if form.calendar is not None:
                self.wrong((*place, "hours"), "SF106", "these people have a `calendar` and `hours`", "leave one out",
                           key=True)  # fmt: skip
            return self.shifts(form.hours, (*place, "hours"))
        if form.calendar is None:
            return self.office
        self.named("calendar", "SF204", form.calendar, self.calendars(), (*place, "calendar"))
        return self.calendars().get(form.calendar, self.office)

    def shifts(self, hours: Mapping[str, Iterable[str]], place: Where) -> Calendar:
        """Hours of one's own, on the dates on which the calendar of the process has any holidays or not."""
        weekly: dict[int, list[Shift]] = {}
        for days, written in hours.items():
            for day in read_weekdays(days):
                shifts = sorted(Shift(*read_clock(text)) for text in written)
                if day in weekly or any(one.end > other.start for one, other in pairwise(shifts)):
                    self.wrong(
                        (*place, days), "SF508", "a weekday has hours twice", "write each of them once", key=True
                    )
                    return self.office
                weekly[day] = shifts
        if not any(weekly.values()):
            self.wrong(place, "SF508", "there are no hours here", "write them as in `mon-fri: 09:00-17:00`", key=True)
            return self.office
        office = self.office
        return Calendar(f"hours:{place[1]}", office.zone, weekly, holidays=office.holidays)

    def skill(self, name: str, values: Iterable[str], place: Where) -> frozenset[object]:
        """The values of a field that somebody's cases have."""
        known = [process for process in self.library if name in process.fields]
        if not self.named("field", "SF203", name, self.fields(), place, key=True):
            return frozenset()
        found = frozenset(value_of(known[0], name, value) for value in values)
        for unfit in (value for value in found if isinstance(value, Unfit)):
            self.wrong(place, "SF403", f"`{name}` {unfit.why}", "write a value of its type")
        return found

    def fields(self) -> frozenset[str]:
        """The fields of all processes."""
        return frozenset(name for process in self.library for name in process.fields)

    # ── what comes in ──────────────────────────────────────────────────────────────────────────────────────────

    def arrivals(self, form: schema.Arrivals) -> Arrivals:
        """When cases come in."""
        place = ("arrivals",)
        told = [word for word, there in (("rate", form.rate), ("every", form.every), ("week", form.week or None)) if
                there is not None]  # fmt: skip
        if len(told) != 1:
            self.wrong(place, "SF106", f"`arrivals` says {' and '.join(told) or 'nothing'} of how many there are",
                       "write one of `rate`, `every` and `week`", key=True)  # fmt: skip
        if form.week and form.on is not None:
            self.wrong((*place, "on"), "SF106", "a `week` says its hours itself", "leave `on` out", key=True)
        every = self.spread(form.every, (*place, "every"))
        on = form.on or (None if every is None else every.calendar)
        if on is not None:
            self.named("calendar", "SF204", on, self.calendars(), (*place, "on"))
        if form.by is not None:
            self.opener(form.by, (*place, "by"))
        calendar = self.calendars().get(on or ALWAYS, self.office)
        return Arrivals(calendar, self.office.zone, form.rate, every, self.week(form.week), form.by, form.most)

    def week(self, form: Mapping[str, tuple[float, ...]]) -> tuple[tuple[float, ...], ...]:
        """Seven days of 24 rates; none where nothing is said."""
        found = {day: rates for days, rates in form.items() for day in read_weekdays(days)}
        if sum(len(read_weekdays(days)) for days in form) > len(found):
            self.wrong(("arrivals", "week"), "SF106", "a weekday has rates twice", "write each of them once", key=True)
        return tuple(found.get(day, (0.0,) * 24) for day in range(7)) if form else ()

    def opener(self, name: str, place: Where) -> None:
        """Whether this one may open a case."""
        opening = self.process.opening
        if opening.by is None:
            known: Iterable[str] = (*self.process.roles, SYSTEM.id, *_persons(self.process))
        else:
            known = (*opening.by.roles, *opening.by.fields)
        if self.named("role or field that may open a case", "SF202", name, known, place) and name in _persons(
            self.process
        ):
            self.named("field of the opening", "SF203", name, opening_fields(self.process), place)


def _persons(process: Process) -> tuple[str, ...]:
    return tuple(name for name, declared in process.fields.items() if declared.kind == "person")
