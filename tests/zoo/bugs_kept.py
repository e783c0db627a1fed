"""
Planted bugs about what is kept: stores, keys, refusals, crashes, versions, days, machines, private values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from svcflow import door, recalendar
from svcflow.casebook import Casebook, Family
from svcflow.contents import Content
from svcflow.core import form, step
from svcflow.core.case import Case, Timer
from svcflow.core.chart import Chart, Configuration
from svcflow.core.decision import Decision, HookCall, Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import EMPTY, SYSTEM
from svcflow.core.machine import Step
from svcflow.door import Door, Sent
from svcflow.machines.stepcache import Allows, StepCache
from svcflow.machines.transitions import Transitions
from svcflow.stores import memory, memory_journal
from svcflow.stores.base import Change, KnownKey, StoredEntry
from svcflow.stores.memory import MemoryStore
from svcflow.stores.memory_work import Outbox, Timers
from svcflow.testing.violations import (
    AnsweredOtherwise,
    AuthorisationBypassed,
    BrokeDown,
    ClockBackwards,
    EffectWithoutCause,
    LostAfterCrash,
    MachinesDisagree,
    MissingEffect,
    PrivateDataLeaked,
    RedeliveryChangedCase,
    RefusalChangedCase,
    ReplayDiverged,
    SlaClockDrift,
    StoreRoundTrip,
    TimerOrder,
    VersionPinned,
)  # fmt: skip
from zoo.processes import DESK
from zoo.zoo import Bug, bug, replaced

TICKET = "service_ticket"

# ── stores ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@bug("stores/memory_work", (StoreRoundTrip, TimerOrder), TICKET, length=2)
def timers_forgotten() -> Iterator[None]:
    """Where a change disarms timers and arms others, the others are not armed."""
    right = Timers.change

    def broken(self: Timers, key: Any, armed: Iterable[Timer], disarmed: Iterable[str]) -> None:
        gone = tuple(disarmed)
        right(self, key, () if gone else armed, gone)

    with replaced(Timers, "change", broken):
        yield


@bug("stores/memory_work", (EffectWithoutCause, MissingEffect, StoreRoundTrip), TICKET, length=2)
def calls_taken_for_one() -> Iterator[None]:
    """Of two calls of one hook in one case only the first is kept, as long as it waits."""
    right = Outbox.add

    def broken(self: Outbox, call: HookCall) -> None:
        if all(one.call.hook != call.hook for one in self.of(call.tenant, call.case)):
            right(self, call)

    with replaced(Outbox, "add", broken):
        yield


@bug("stores/memory_work", MissingEffect, TICKET, faults=True, weights={"crash": 20, "work": 20}, length=10)
def leases_for_ever() -> Iterator[None]:
    """What a worker that died had claimed is never given to another."""
    right = Outbox.claim

    def broken(self: Outbox, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> Any:
        return right(self, now, lease * 100_000, limit, hooks)

    with replaced(Outbox, "claim", broken):
        yield


@bug("stores/memory_journal", StoreRoundTrip, TICKET, weights={"erase": 30}, length=2)
def erased_in_part() -> Iterator[None]:
    """Erasing forgets the private values of the first entry alone."""
    right = memory_journal.forgetful

    def broken(stored: StoredEntry, erased: frozenset[str]) -> StoredEntry:
        return right(stored, erased) if stored.entry.seq > 1 else stored

    with replaced(memory_journal, "forgetful", broken):
        yield


@bug(
    "stores/memory",
    (AnsweredOtherwise, VersionPinned),
    TICKET,
    faults=True,
    weights={"migrate": 30, "open": 30},
    length=2,
)
def oldest_version() -> Iterator[None]:
    """New cases begin on the oldest version instead of the newest."""
    right = MemoryStore.edition

    def broken(self: MemoryStore, tenant: str, name: str, version: int | None = None, **more: Any) -> object:
        numbers = [one.version for one in self.processes(tenant) if one.name == name]
        return right(self, tenant, name, min(numbers, default=None) if version is None else version, **more)

    with replaced(MemoryStore, "edition", broken):
        yield


# ── keys, refusals, crashes ────────────────────────────────────────────────────────────────────────────────────────


@bug(
    "stores/memory",
    (RedeliveryChangedCase, LostAfterCrash, AnsweredOtherwise),
    TICKET,
    weights={"again": 30},
)
def keys_forgotten() -> Iterator[None]:
    """The keys of events are not kept, only those of openings."""
    right = MemoryStore._write

    def broken(self: MemoryStore, change: Change, entries: list[StoredEntry]) -> None:
        right(self, change, entries)
        for entry in change.decision.journal:
            if entry.key is not None and entry.kind != "opened":
                del self._keys[change.decision.case.tenant, entry.case, entry.key]

    with replaced(MemoryStore, "_write", broken):
        yield


@bug("door", RedeliveryChangedCase, TICKET, weights={"again": 40, "late": 30})
def repeats_catch_up() -> Iterator[None]:
    """A key that comes again fires what is overdue before it is answered."""
    right = Door._answer

    def broken(
        self: Door, sent: Sent, content: Content | None, family: Family, known: KnownKey | None, editions: Any
    ) -> Any:
        if known is not None:
            self._catch_up(sent)
        return right(self, sent, content, family, known, editions)

    with replaced(Door, "_answer", broken):
        yield


@bug("contents", AnsweredOtherwise, TICKET, weights={"again": 80})
def people_not_compared() -> Iterator[None]:
    """The same key of somebody else is taken for a repetition."""
    right = Content.digest

    def broken(self: Content, process: Any) -> str:
        return right(evolve(self, actor=SYSTEM), process)

    with replaced(Content, "digest", broken):
        yield


@bug("door", RefusalChangedCase, TICKET, weights={"late": 30, "stray": 30})
def refusals_catch_up() -> Iterator[None]:
    """Before an event is refused, what is overdue is fired and written."""
    right = Door._send

    def broken(self: Door, sent: Sent) -> Case | Refusal:
        answer = right(self, sent)
        if isinstance(answer, Refusal):
            self._catch_up(sent)
        return answer

    with replaced(Door, "_send", broken):
        yield


@bug("door", LostAfterCrash, TICKET, faults=True, weights={"crash": 30}, length=2)
def every_error_swallowed() -> Iterator[None]:
    """Whatever ends the writing of a change is taken for a success."""
    right = Door._write

    def broken(self: Door, *given: Any, **named: Any) -> None:
        with suppress(BaseException):
            right(self, *given, **named)

    with replaced(Door, "_write", broken):
        yield


@bug("stores/memory", (AnsweredOtherwise, RedeliveryChangedCase), TICKET, faults=True, weights={"crash": 30}, length=1)
def opening_keys_not_looked_up() -> Iterator[None]:
    """Whoever asks again for a case, after a crash, hears that its id is taken."""
    with replaced(MemoryStore, "known", lambda *_, **__: None), replaced(door, "TRIES", 1):
        yield


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@bug(
    "casebook", (AnsweredOtherwise, ClockBackwards, SlaClockDrift), TICKET, faults=True, weights={"skew": 30}, length=9
)
def clock_believed() -> Iterator[None]:
    """An entry carries what the clock shows, also where the entry before it is later."""

    def broken(self: Casebook, at: datetime | None, family: Family = EMPTY) -> datetime:
        return self.clock.now() if at is None else at

    with replaced(Casebook, "instant", broken):
        yield


@bug("recalendar", VersionPinned, TICKET, faults=True, weights={"recalendar": 60}, length=2)
def next_month_turned() -> Iterator[None]:
    """New holidays hold only from a month on."""
    with replaced(recalendar, "_A_DAY", timedelta(days=30)):
        yield


# ── machines, journals ─────────────────────────────────────────────────────────────────────────────────────────────


@bug("machines/transitions", MachinesDisagree, (DESK,))
def first_alternative_only() -> Iterator[None]:
    """The machine `transitions` never asks for a second alternative."""
    right = Transitions.step

    def broken(self: Transitions, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        asked: list[int] = []

        def first(transition: int) -> bool:
            asked.append(transition)
            return len(asked) == 1 and allows(transition)

        return right(self, chart, at, event, first)

    with replaced(Transitions, "step", broken):
        yield


@bug("machines/stepcache", MachinesDisagree, TICKET)
def remembered_too_long() -> Iterator[None]:
    """The machine `stepcache` answers an event as it answered it where it was asked first."""
    right = StepCache.step
    known: dict[tuple[int, str | None], Step | None] = {}

    def broken(self: StepCache, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        if event is not None and (id(chart), event) in known:
            return known[id(chart), event]
        known[id(chart), event] = right(self, chart, at, event, allows)
        return known[id(chart), event]

    with replaced(StepCache, "step", broken):
        yield


@bug("core/step", (AuthorisationBypassed, ReplayDiverged), "callback", length=6)
def falsehood_not_journalled() -> Iterator[None]:
    """A flag that was answered with no does not get into the journal."""
    right = step.react

    def broken(*given: Any, **named: Any) -> Decision | Refusal:
        answer = right(*given, **named)
        if isinstance(answer, Refusal):
            return answer
        entries = [
            evolve(one, fields={k: v for k, v in one.fields.items() if v is not False}) for one in answer.journal
        ]
        return evolve(answer, journal=tuple(entries))

    with replaced(step, "react", broken):
        yield


@bug("stores/memory_journal", ReplayDiverged, TICKET, length=2)
def chain_begun_anew() -> Iterator[None]:
    """Every change begins the chain of its journal anew."""
    right = memory_journal.chained
    with replaced(memory_journal, "chained", lambda change, _before, token: right(change, (), token)):
        yield


# ── private values ─────────────────────────────────────────────────────────────────────────────────────────────────


@bug("core/draft", PrivateDataLeaked, TICKET, length=2)
def calls_with_private_values() -> Iterator[None]:
    """A hook gets the private values too, whether or not it named them."""
    with (
        replaced(Draft, "public", lambda draft: draft.fields),
        replaced(memory, "public_call", lambda call, _private: call),
    ):
        yield


@bug("stores/memory_journal", PrivateDataLeaked, TICKET, length=1)
def journals_with_private_values() -> Iterator[None]:
    """The journal shows private values to everybody."""
    with replaced(memory_journal, "without_private", lambda stored: stored):
        yield


@bug("core/form", PrivateDataLeaked, ("""
process: desk
version: 1
roles: [agent]
fields: {level: {type: low | high, private: true}, born: {type: date, private: true}}
open: {by: agent, may: [level, born]}
states:
  new: {by: agent, events: {tell: {to: here, may: [level, born]}, end: closed}}
  closed: {end: done}
""".lstrip(),), weights={"stray": 80}, length=1)  # fmt: skip
def refusals_with_private_values() -> Iterator[None]:
    """A refusal repeats what was wrong, in a private field too."""
    with replaced(form, "_but", lambda field, raw: f", not {form._shown(raw)}"):
        yield


@bug("door", (BrokeDown, RedeliveryChangedCase), TICKET, weights={"again": 30}, length=2)
def notes_under_the_wrong_name() -> Iterator[None]:
    """The key of a note is not looked up, only that of an event is."""
    right = door.Sent.content

    def broken(self: Sent) -> Content | None:
        return right(self) if self.event.__class__.__name__ == "Event" else None

    with replaced(door.Sent, "content", broken), replaced(door, "TRIES", 1):
        yield


BUGS: tuple[Bug, ...] = tuple(found for found in tuple(globals().values()) if isinstance(found, Bug))
