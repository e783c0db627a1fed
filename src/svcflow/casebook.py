"""Cases as the core needs them, a family with its processes, and what the core says about them; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from attrs import evolve, frozen

from svcflow.clocks import Clock, utc
from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.decision import Decision, Offer, Refusal
from svcflow.core.event import EMPTY, SYSTEM, Actor, Event, Input, Migrate, Note, Qualification, Tick
from svcflow.core.family import MOST_FIRINGS, open_family, settle
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.step import offers
from svcflow.errors import (
    BrokenRecord,
    CalendarError,
    CaseArchived,
    CaseNotFound,
    InputError,
    MachineError,
    RunawayCases,
)
from svcflow.published import Editions, Published
from svcflow.stores.base import KnownKey, Meanwhile, Query, Store

Family: TypeAlias = Mapping[str, Case]
Answer: TypeAlias = tuple[Decision, ...] | Refusal
People: TypeAlias = Callable[[str], bool]
Qualifications: TypeAlias = Callable[[str], Mapping[str, Qualification]]


@frozen
class Opening:
    """A case to open: what the host handed in, and the id the case will have."""

    process: str
    fields: Mapping[str, Any]
    actor: Actor
    id: str
    tenant: str = ""
    key: str | None = None


@frozen
class Casebook:
    """
    What stands between a store and the core.

    `people` says whether an id that is sent for a person field is a person (or a group) of the host's; None: any is.
    `qualifications` says what an actor is qualified for who does not bring that along; None: for nothing.
    """

    store: Store
    published: Published
    clock: Clock
    machine: Machine
    people: People | None = None
    qualifications: Qualifications | None = None

    @property
    def unnoticed(self) -> bool:
        """Whether nobody notices how often something is judged: the host is not asked about persons."""
        return self.people is None and self.qualifications is None

    def family(self, tenant: str, case_id: str, connection: object | None) -> Family:
        """
        The case and every open case of its family, as stored.

        Raises:
            CaseNotFound: If this tenant has no such case.
        """
        return self.family_and_key(tenant, case_id, None, connection)[0]

    def family_and_key(
        self,
        tenant: str,
        case_id: str,
        key: str | None,
        connection: object | None,
        meanwhile: Meanwhile | None = None,
    ) -> tuple[Family, KnownKey | None]:
        """
        The same with what a key stands for in the case: all that an event needs, in one reading.

        `meanwhile` may be called with the case as it was known last, while the store is waited for.
        """
        if not isinstance(case_id, str):
            raise InputError(f"a case is named by its id, as in `case.id`; this is {type(case_id).__name__}")
        cases, known = self.store.family(tenant, case_id, key, connection=connection, meanwhile=meanwhile)
        if not cases:
            raise missing(self.store, tenant, case_id, connection)
        return {case.id: case for case in cases}, known

    def instant(self, at: datetime | None, family: Family = EMPTY) -> datetime:
        """The time of an entry: as given (an import), else the clock's, but never before an entry that is there."""
        if at is not None:
            return utc(at)
        now = self.clock.now()
        for case in family.values():
            now = max(now, case.moved_at)
        return now

    def judge(self, family: Family, editions: Editions, case_id: str, event: Input, at: datetime | None) -> Answer:
        """
        What the core decides; before that whether a given time fits, after it whether the persons sent exist.

        Raises:
            FarBehind: If more is overdue than one transaction should fire, and this is no `Tick`.
        """
        now = self.instant(at, family)
        moved_at = family[case_id].moved_at
        if now < moved_at:
            return self.refuse(family, editions, event, Refusal(case_id, "", "earlier", {"moved_at": moved_at}))
        if isinstance(event, Event) and self.qualifications is not None:
            event = evolve(event, actor=self.informed(event.actor, editions.of(family[case_id])))
        answer = settle(family, editions, case_id, event, now, machine=self.machine, most=MOST_FIRINGS)
        if isinstance(answer, Refusal) or not isinstance(event, Event):
            return answer
        problems = self._strangers(editions.of(family[case_id]), event.fields)
        if not problems:
            return answer
        return self.refuse(family, editions, event, Refusal(case_id, "", "form", {"problems": problems}))

    def refuse(self, family: Family, editions: Editions, event: Input, refusal: Refusal) -> Refusal:
        """The refusal with the event's name and what its actor could send instead."""
        if not isinstance(event, (Event, Note, Migrate)):
            return refusal
        now = self.instant(None, family)
        name = event.name if isinstance(event, Event) else type(event).__name__.lower()
        instead = possible(self.offers(family, editions, refusal.case, event.actor, now))
        return evolve(refusal, event=name, possible=instead)

    def judge_opening(self, opening: Opening, process: Process, editions: Editions, now: datetime) -> Answer:
        """The same for a case to open."""
        answer = open_family(
            process, opening.fields, opening.actor, now, editions,
            id=opening.id, tenant=opening.tenant, key=opening.key, machine=self.machine,
        )  # fmt: skip
        problems = {} if isinstance(answer, Refusal) else self._strangers(process, opening.fields)
        return Refusal(opening.id, "open", "form", {"problems": problems}) if problems else answer

    def as_of(self, family: Family, editions: Editions, case_id: str, now: datetime) -> Case:
        """
        The case as it stands at `now`: with the timers fired that nobody has fired yet, or very many of them.

        A case whose timers cannot be fired is shown as stored: it waits for an operator, and must stay visible.
        """
        if not any(overdue(case, now) for case in family.values()):
            return family[case_id]
        try:
            answer = settle(family, editions, case_id, Tick(), now, machine=self.machine, most=MOST_FIRINGS)
        except (MachineError, CalendarError, RunawayCases):
            return family[case_id]
        if isinstance(answer, Refusal):
            return family[case_id]
        return next((decision.case for decision in answer if decision.case.id == case_id), family[case_id])

    def offers(
        self, family: Family, editions: Editions, case_id: str, actor: Actor, now: datetime
    ) -> tuple[Offer, ...]:
        """The menu of the case as it stands at `now`."""
        return self.menu(self.as_of(family, editions, case_id, now), editions, actor, now)

    def menu(self, case: Case, editions: Editions, actor: Actor, now: datetime) -> tuple[Offer, ...]:
        """The menu of a case as it is: what may be overdue in it stays overdue."""
        process = editions.of(case)
        return offers(process, case, self.informed(actor, process), now, self.machine)

    def informed(self, actor: Actor, process: Process) -> Actor:
        """
        The actor with the qualifications that the host knows of, where the process asks for any.

        What an actor brings along is taken as it is; a person who acts for another must be qualified in person.
        """
        if self.qualifications is None or actor.qualifications is not None or not process.qualifying or actor == SYSTEM:
            return actor
        return evolve(actor, qualifications=self.qualifications(actor.id))

    def _strangers(self, process: Process, sent: Mapping[str, Any]) -> dict[str, str]:
        """Person fields that were sent with an id that is nobody's."""
        if self.people is None:
            return {}
        persons = [name for name, declared in process.fields.items() if declared.kind == "person" and name in sent]
        named = {name: sent[name] for name in persons if isinstance(sent[name], str) and sent[name].strip()}
        strange = {name: who for name, who in named.items() if not self.people(who)}
        return {
            name: "is nobody known" if process.fields[name].private else f"is nobody known: {who!r}"
            for name, who in strange.items()
        }


def readable(store: Store, query: Query, connection: object | None = None) -> Iterator[Case | BrokenRecord]:
    """All cases that match, in order; in place of one whose row cannot be read, what is wrong with it."""
    while True:
        try:
            yield from store.cases(query, connection=connection)
        except BrokenRecord as broken:
            yield broken
            query = evolve(query, after=broken.case_id)
        else:
            return


def missing(store: Store, tenant: str, case_id: str, connection: object | None = None) -> CaseNotFound:
    """What to raise for a case that is not there: it may have been archived."""
    gone = store.removed(tenant, case_id, connection=connection)
    return CaseNotFound(case_id) if gone is None else CaseArchived(case_id, gone.bundle)


def overdue(case: Case, now: datetime) -> bool:
    """Whether a timer of the case is due."""
    return any(timer.due is not None and timer.due <= now for timer in case.timers.values())


def possible(offers: Iterable[Offer]) -> tuple[str, ...]:
    """The names of the events that can be sent."""
    return tuple(offer.event for offer in offers if offer.refusal is None)


def running_dues(process: Process, case: Case) -> tuple[tuple[str, datetime], ...]:
    """When a case's running clocks and limits are used up, past or future, by the keys of their calendars."""
    dues = []
    for clock in case.clocks.values():
        try:
            due = stopwatch.due(clock, process.calendars)
        except CalendarError:
            continue  # A calendar that never opens again makes nothing due; the check says so to the author.
        if due is not None:
            dues.append((clock.calendar, due))
    return tuple(dues)


def earliest_due(process: Process, case: Case) -> datetime | None:
    """When the first of a case's running clocks and limits is used up; None when none can be."""
    return min((due for _, due in running_dues(process, case)), default=None)
