"""
Everything a trace can do something to: a database, processes with an engine each, a host, a clock, and the pure model.

A command is carried out on an engine as a host application would, and on the model beside it; what came of it is a
`Step`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta

from attrs import frozen

from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry, Refusal
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import Refused, SvcflowError
from svcflow.stores.base import Query
from svcflow.testing import trace
from svcflow.testing.host import FakeHooks
from svcflow.testing.mortal import Death, Killed, doomed
from svcflow.testing.pure import MOST_FIRED, Pure
from svcflow.testing.stage import Opener, Stage
from svcflow.testing.step import Step
from svcflow.testing.trace import CASE, Command
from svcflow.testing.twin import DONE, Asked, Twin

LOG = logging.getLogger("svcflow")
INSTANT = timedelta(microseconds=1)
MOST_ROUNDS = 5_000
"""How often a prompt worker wakes up in one wait; the rest is then fired late, at once."""

AGES = timedelta(days=36_525)
"""How far from the start of a trace its clock can be set: nobody's calendar need reach farther."""


@frozen
class _Told:
    """What a command was answered, and whether a process died over it."""

    answer: str | None = DONE
    refusal: Refusal | None = None
    error: SvcflowError | None = None
    crashed: bool = False


class _Heard(logging.Handler):
    """What is logged in this process meanwhile, each record in all that it says."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.getMessage()} {record.exc_info} {record.args}")


class World:
    """
    One run under way.

    `engine` is the one that people talk to, `pure` the model beside it, `host` takes the hook calls. `workers` are more
    processes on the same database, by their numbers. `log` is what was logged.
    """

    def __init__(self, stage: Stage, opener: Opener, start: datetime, host: FakeHooks | None = None) -> None:
        self.stage, self.host = stage, FakeHooks() if host is None else host
        self.clock, self.start = ManualClock(start), start
        self.turned: set[date] = set()
        self.version = stage.process.version
        self._opener = opener
        self.engine = self._process()
        stage.prepare(self.engine.store)
        self.workers: dict[int, Engine] = {}
        self.pure = Pure(self.engine.rounds.door.book.published.within(None), start, stage.machine)
        self.twin = Twin(self.pure)
        self.steps: list[Step] = []
        self._crash: trace.Crash | None = None
        self.log: list[str] = []
        self._heard = _Heard(self.log)
        LOG.addHandler(self._heard)
        self._entries: dict[str, int] = {}

    @property
    def now(self) -> datetime:
        """What the clock of this machine shows."""
        return self.clock.now()

    def cases(self) -> Mapping[str, Case]:
        """All cases as the store has them, by id."""
        return {case.id: case for case in self.engine.store.cases(Query())}

    def process(self, case: Case) -> Process:
        """The process that a case lives by."""
        return self.pure.processes.of(case)

    def journal(self, case: str) -> tuple[JournalEntry, ...]:
        """The journal of a case as the store has it, private values too."""
        return tuple(stored.entry for stored in self.engine.store.journal("", case, private=True))

    def do(self, command: Command) -> Step:
        """
        Carry a command out.

        Raises:
            Exception: What an engine raises and does not document.
        """
        before, called = self.cases(), len(self.host.calls)
        told, expected = self._do(command)
        after = self.cases()
        self.pure.confirm(after)
        step = Step(
            len(self.steps) + 1, command, self.now, before, after, self._news(after), tuple(self.host.calls[called:]),
            told.refusal, told.error, told.crashed, told.answer, expected,
        )  # fmt: skip
        self.steps.append(step)
        return step

    def close(self) -> None:
        """End all processes."""
        LOG.removeHandler(self._heard)
        for engine in (self.engine, *self.workers.values()):
            engine.close()

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self, command: Command) -> tuple[_Told, str | None]:
        """Carry a command out; what was answered, and what had to be."""
        told = _Told()
        match command:
            case trace.Open() | trace.Send() | trace.Note() | trace.Erase():
                return self._ask(command)
            case trace.Migrate():
                return self._migrate()
            case trace.Recalendar():
                self.turned ^= set(command.dates)
                told = self._survive(0, self._recalendar)
                self.twin.recalendar(self.cases())
            case trace.Wait() if command.until > self.now:
                until = self.twin.wait(self._within_reach(command.until))
                told = self._survive(0, lambda: self._wait(until, prompt=command.prompt))
            case trace.Work():
                told = self._survive(command.worker, lambda: self._worker(command.worker).tick())
            case trace.Skew():
                self._set(command.by)
            case trace.Hook():
                self.host.plan(command.hook, command.how)
            case trace.Crash():
                self._crash = command
            case trace.Restart():
                self._anew(0)
        return told, None

    def _ask(self, asked: Asked) -> tuple[_Told, str | None]:
        """Somebody asks for something; after a crash again where that can do no harm, else they see what became."""
        before = self.engine.store.load("", asked.case)
        again = isinstance(asked, trace.Erase) or asked.key is not None
        told = self._survive(0, lambda: self._tell(asked), again=again)
        if told.answer is not None:
            return told, self.twin.answer(asked, told.answer)
        after = self.engine.store.load("", asked.case)
        if after is not None and (before is None or after.seq > before.seq):
            self.twin.answer(asked, DONE)
        return told, None

    def _tell(self, asked: Asked) -> None:
        engine, case = self.engine, asked.case
        match asked:
            case trace.Open():
                engine.open(asked.process, asked.fields, actor=asked.actor, id=case or CASE, key=asked.key)
            case trace.Send():
                engine.send(case, asked.event, asked.fields, actor=asked.actor, key=asked.key)
            case trace.Note():
                engine.note(case, asked.text, actor=asked.actor, key=asked.key)
            case trace.Erase():
                engine.erase(case, asked.fields or None, reason=asked.reason, actor=asked.actor)

    def _recalendar(self) -> None:
        self.engine.recalendar()

    def _migrate(self) -> tuple[_Told, str | None]:
        """Publish the next version, and bring the cases of this one over."""
        newer, name = self.stage.newer(self.version), self.stage.process.name
        if newer is None:
            return _Told(), None
        found = sorted(self.pure.opened(), key=lambda case: (case.opened_at, case.id))
        old = [case.id for case in found if case.process == name and case.version == self.version]
        told: list[str] = []

        def migrate() -> None:
            self.engine.publish(newer)
            moved = self.engine.migrate(name, from_version=self.version)
            told.extend(f"{one.case} {DONE if one.refusal is None else one.refusal.code}" for one in moved)

        crash = self._survive(0, migrate).crashed
        wanted = [f"{case} {word}" for case, word in self.twin.migrate(old, newer.version).items()]
        self.version = newer.version
        if crash:  # What was brought over before is not told again.
            return _Told(None, crashed=True), None
        return _Told("; ".join(told)), "; ".join(wanted)

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _wait(self, until: datetime, *, prompt: bool) -> None:
        for _ in range(MOST_ROUNDS if prompt else 0):
            due = self.engine.store.next_due()
            if due is None or due > until:
                break
            at = max(self.now, due)
            # Moves happen at their instant, escalation steps only when it has passed.
            if not self._tick(at) and not self._tick(min(at + INSTANT, until)):
                break
        if until > self.now:
            self.clock.set(until)
        if prompt or self._far_behind():
            self.engine.tick()

    def _tick(self, at: datetime) -> bool:
        self.clock.set(at)
        return bool(self.engine.tick())

    def _far_behind(self) -> bool:
        """Whether more is overdue than what a case shows as of now: then somebody has to work at last."""
        written = sum(case.seq for case in self.cases().values())
        return sum(case.seq for case in self.pure.cases.values()) - written >= MOST_FIRED

    def _set(self, by: timedelta) -> None:
        """Set the clock."""
        try:
            to = self._within_reach(self.now + by)
        except OverflowError:
            return
        if to < self.now:
            self.pure.set_back(to)
        else:
            to = self.twin.wait(to)
        self.clock.set(to)
        if self._far_behind():
            self.engine.tick()

    def _within_reach(self, instant: datetime) -> datetime:
        return max(self.start - AGES, min(instant, self.start + AGES))

    # ── processes, and how they end ────────────────────────────────────────────────────────────────────────────

    def _survive(self, number: int, act: Callable[[], object], *, again: bool = True) -> _Told:
        """
        Let a process act. Where it dies, a new one takes its place, and does it `again` if that can do no harm.
        """
        death = self._doom(number)
        try:
            return _told(act, crashed=False)
        except Killed:
            self._anew(number)
            return _told(act, crashed=True) if again else _Told(None, crashed=True)
        finally:
            if death is not None:
                death.averted()

    def _doom(self, number: int) -> Death | None:
        """Let the process that is to die next begin, if a trace wants one to."""
        if self._crash is None:
            return None
        death, self._crash = Death(self._crash.moment), None
        self._anew(number, death)
        return death

    def _anew(self, number: int, death: Death | None = None) -> None:
        """A process ends, and a new one takes its place: the first, or one of the other workers."""
        ended = self.workers.get(number) if number else self.engine
        fresh = self._process(death)
        if ended is not None:
            with suppress(Killed):  # It cannot even say goodbye.
                ended.close()
        if number:
            self.workers[number] = fresh
        else:
            self.engine = fresh
            self.pure.processes = fresh.rounds.door.book.published.within(None)

    def _worker(self, number: int) -> Engine:
        if number == 0:
            return self.engine
        if number not in self.workers:
            self.workers[number] = self._process()
        return self.workers[number]

    def _process(self, death: Death | None = None) -> Engine:
        """One more process on the database."""
        store = self._opener()
        engine = self.stage.engine(store if death is None else doomed(store, death), self.clock, self.turned)
        self.host.serve(engine)
        return engine

    # ── what came of it ────────────────────────────────────────────────────────────────────────────────────────

    def _news(self, cases: Mapping[str, Case]) -> tuple[JournalEntry, ...]:
        """The entries that nobody has seen yet."""
        found: list[JournalEntry] = []
        for case in cases.values():
            seen = self._entries.get(case.id, 0)
            if case.seq > seen:
                found += self.journal(case.id)[seen:]
                self._entries[case.id] = case.seq
        return tuple(found)


def _told(act: Callable[[], object], *, crashed: bool) -> _Told:
    try:
        act()
    except Refused as refused:
        refusal = refused.refusal if isinstance(refused.refusal, Refusal) else None
        return _Told(refused.refusal.code, refusal, crashed=crashed)
    except SvcflowError as problem:
        return _Told(type(problem).__name__, error=problem, crashed=crashed)
    return _Told(crashed=crashed)
