"""
Everything a trace can do something to: a database, processes with an engine each, a host, a clock, and the pure model.

A command is carried out on an engine as a host application would, and on the model beside it; what came of it is a
`Step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry, Refusal
from svcflow.core.event import Event
from svcflow.core.event import Note as NoteInput
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import Refused, SvcflowError
from svcflow.stores.base import Query
from svcflow.testing import trace
from svcflow.testing.host import FakeHooks
from svcflow.testing.pure import Pure
from svcflow.testing.stage import Opener, Stage
from svcflow.testing.step import Step
from svcflow.testing.trace import Command

INSTANT = timedelta(microseconds=1)
MOST_ROUNDS = 5_000
"""How often something may fall due in one wait of a prompt worker; the rest is then fired late, at once."""


class World:
    """
    One run under way.

    `engine` is the one that people talk to, `pure` the model beside it, `host` takes the hook calls.
    """

    def __init__(self, stage: Stage, opener: Opener, start: datetime, host: FakeHooks | None = None) -> None:
        self.stage, self.host = stage, FakeHooks() if host is None else host
        self.clock = ManualClock(start)
        self._opener = opener
        self.engine = self._process()
        stage.prepare(self.engine.store)
        self.workers: dict[int, Engine] = {}
        self.pure = Pure(self.engine.rounds.door.book.published.within(None), start, stage.machine)
        self.steps: list[Step] = []
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
        refusal: Refusal | None = None
        error: SvcflowError | None = None
        try:
            self._do(command)
        except Refused as refused:
            refusal = refused.refusal if isinstance(refused.refusal, Refusal) else None
        except SvcflowError as problem:
            error = problem
        after = self.cases()
        step = Step(
            len(self.steps) + 1, command, self.now, before, after, self._news(after), tuple(self.host.calls[called:]),
            refusal, error,
        )  # fmt: skip
        self.steps.append(step)
        return step

    def close(self) -> None:
        """End all processes."""
        for engine in (self.engine, *self.workers.values()):
            engine.close()

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self, command: Command) -> None:
        match command:
            case trace.Open():
                self.engine.open(
                    command.process, command.fields, actor=command.actor, id=command.case, key=command.key
                )  # fmt: skip
                self.pure.open(
                    command.process, command.fields, actor=command.actor, case=command.case, key=command.key
                )  # fmt: skip
            case trace.Send():
                self.engine.send(
                    command.case, command.event, command.fields, actor=command.actor, key=command.key
                )  # fmt: skip
                self.pure.give(command.case, Event(command.event, command.fields, command.actor, command.key))
            case trace.Note():
                self.engine.note(command.case, command.text, actor=command.actor, key=command.key)
                self.pure.give(command.case, NoteInput(command.text, command.actor, command.key))
            case trace.Wait():
                self._wait(command.until, prompt=command.prompt)
                self.pure.wait(max(self.now, self.pure.now))
            case trace.Work():
                self._worker(command.worker).tick()
            case trace.Hook():
                self.host.plan(command.hook, command.how)
            case _:
                raise NotImplementedError(command)

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
            if prompt:
                self.engine.tick()

    def _tick(self, at: datetime) -> bool:
        self.clock.set(at)
        return bool(self.engine.tick())

    def _worker(self, number: int) -> Engine:
        if number not in self.workers:
            self.workers[number] = self._process()
        return self.workers[number]

    def _process(self) -> Engine:
        """One more process on the database."""
        engine = self.stage.engine(self._opener(), self.clock)
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
