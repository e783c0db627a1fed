"""
Random walks over any process: commands are plain data, so a run can be repeated, delayed and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from hypothesis import strategies as st

from core.desk import Desk
from svcflow.core.case import Case
from svcflow.core.decision import Offer
from svcflow.core.event import Actor, Erase, Event, FileRef, Input, Note, Recalendar, Tick
from svcflow.core.machine import Machine
from svcflow.core.process import Field, Process
from svcflow.core.statechart import statechart

IDS = ("ann", "bo", "cy", "acme")

Run: TypeAlias = list[tuple[str, int, int]]
"""Commands: (what, a number that chooses among what is there, a number that fills forms and waits)."""

Sent: TypeAlias = list[tuple[datetime, str, Input]]
"""What was sent: when, to which case, what."""

commands = st.lists(
    st.tuples(
        st.sampled_from(("send", "send", "send", "wait", "wait", "due", "stray", "note", "erase", "days")),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
    ),
    max_size=25,
)


def actors(process: Process) -> list[Actor]:
    """
    Everybody with one role, and persons with none: enough for every `by` and every `not_by`.
    """
    roles = sorted(process.roles - {"system"}) or ["nobody"]
    return [Actor(person, roles={role}) for person in IDS for role in roles] + [Actor(person) for person in IDS]


VALUES: Mapping[str, Callable[[Field, int, datetime], object]] = {
    "choice": lambda field, number, now: field.choices[number % len(field.choices)],
    "range": lambda field, number, now: field.low + number % (field.high - field.low + 1),
    "number": lambda field, number, now: number % 3000,
    "money": lambda field, number, now: number % 3000,
    "flag": lambda field, number, now: number % 2 == 0,
    "date": lambda field, number, now: (now + timedelta(days=number % 60 - 10)).date(),
    "datetime": lambda field, number, now: now + timedelta(hours=number % 200 - 20),
    "person": lambda field, number, now: IDS[number % len(IDS)],
    "list": lambda field, number, now: [f"part {number % 5}"],
    "files": lambda field, number, now: FileRef(str(number), "scan.pdf", number, "00"),
    "duration": lambda field, number, now: field.extremes[number % len(field.extremes)],
    "text": lambda field, number, now: f"text {number % 7}",
}


def value(field: Field, number: int, now: datetime) -> object:
    """
    Some value of a field's type; the same number gives the same value.
    """
    return VALUES[field.kind](field, number, now)


def form(process: Process, offer: Offer, number: int, now: datetime) -> dict[str, object]:
    wanted = [*offer.ask, *(name for n, name in enumerate(offer.may) if (number >> n) % 2)]
    return {name: value(process.fields[name], number + n, now) for n, name in enumerate(wanted)}


def begin(process: Process, *others: Process, seed: int = 0, machine: Machine = statechart) -> Desk:
    """
    A desk with one case opened by somebody who may, filled from the seed.
    """
    desk = Desk(process, *others, now=datetime(2026, 3, 2, 1, 30, tzinfo=UTC), machine=machine)
    fields = {name: value(process.fields[name], seed, desk.now) for name in process.opening.ask}
    system = Actor("import", roles=process.roles | {"system"})
    desk.open(process.name, system, **fields)
    return desk


def walk(desk: Desk, run: Run) -> Sent:
    """
    Carry the commands out with a worker that wakes at every due time; answers what was sent, and when.
    """
    sent: Sent = []
    for what, choice, number in run:
        case = sorted(desk.cases.values(), key=lambda one: (one.opened_at, one.id))[choice % len(desk.cases)]
        if what == "wait":
            pass_time(desk, timedelta(minutes=number))
        elif what == "due":
            dues = sorted(timer.due for timer in case.timers.values() if timer.due is not None)
            if dues:
                target = dues[choice % len(dues)] + timedelta(microseconds=number % 3 - 1)
                pass_time(desk, max(timedelta(0), target - desk.now))
        else:
            event = _upkeep(desk, case, what, number) or _event(desk, case, what, choice, number)
            if event is not None:
                sent.append((desk.now, case.id, event))
                desk.try_give(case, event)
    return sent


def send_again(desk: Desk, sent: Sent, until: datetime) -> None:
    """
    The same inputs at the same times, with a worker that sleeps until it is needed to open a case somebody writes to.
    """
    for at, case_id, event in sent:
        desk.now = at
        if case_id not in desk.cases:
            wake_all(desk)
        desk.try_give(desk.cases[case_id], event)
    desk.now = until
    wake_all(desk)


def _upkeep(desk: Desk, case: Case, what: str, number: int) -> Input | None:
    """
    What is no event of the process: a note, private values that are erased, other days to count on from tomorrow on.
    """
    if what == "note":
        return Note(f"note {number}", Actor("ann"))
    if what == "erase":
        private = sorted(desk.of(case).private)
        return Erase(frozenset(private[number % (len(private) + 1) :]), "asked for", Actor("ann"))
    return Recalendar(case.version, other_days(desk, case, number), Actor("ann")) if what == "days" else None


def other_days(desk: Desk, case: Case, number: int) -> str:
    """
    The days of a case up to today, and some others turned from tomorrow on.
    """
    calendars = desk.of(case).calendars.values()
    tomorrow = max(calendar.local_date(desk.now) for calendar in calendars) + timedelta(days=1)
    begun = {day for day in case.days.split() if day < tomorrow.isoformat()}
    turned = {tomorrow + timedelta(days=(number >> shift) % 12) for shift in (0, 2, 5)}
    return " ".join(sorted(begun | {day.isoformat() for day in turned}))


def _event(desk: Desk, case: Case, what: str, choice: int, number: int) -> Event | None:
    process = desk.of(case)
    everybody = actors(process)
    actor = everybody[number % len(everybody)]
    if what == "stray":
        names = sorted({rule.name for rule in process.rules()})
        return Event(names[choice % len(names)], {}, actor)
    for shift in range(len(everybody)):
        actor = everybody[(number + shift) % len(everybody)]
        offers = [offer for offer in desk.menu(case, actor).values() if isinstance(offer, Offer)]
        if offers:
            offer = offers[choice % len(offers)]
            return Event(offer.event, form(process, offer, number, desk.now), actor)
    return None


def pass_time(desk: Desk, length: timedelta) -> None:
    """
    Let time pass; a worker wakes at every due time, and a moment later, since a step fires only after its instant.
    """
    end = desk.now + length
    while True:
        dues = [timer.due for case in desk.cases.values() for timer in case.timers.values() if timer.due is not None]
        wakes = [at for due in dues for at in (due, due + timedelta(microseconds=1)) if desk.now < at <= end]
        if not wakes:
            break
        desk.now = min(wakes)
        wake_all(desk)
    desk.now = end


def wake_all(desk: Desk) -> None:
    for case_id in list(desk.cases):
        desk.give(desk.cases[case_id], Tick())
