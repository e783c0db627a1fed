"""A simulated desk: an engine in memory with a clock that is moved by hand, and a host that takes every hook call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from attrs import define, field, frozen

from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import HookCall, JournalEntry
from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import InputError
from svcflow.model.lots import CASE, falling
from svcflow.rounds import Terms

MOMENT = timedelta(milliseconds=1)
ONCE = Terms(tries=1)
MOST_ROUNDS = 20_000
"""How often timers may fall due on one desk: enough for a timer of every day over fifty years."""


@frozen
class Happening:
    """One thing that happened: an entry of the journal of a case, and in which states the case then was."""

    process: str
    entry: JournalEntry
    states: tuple[str, ...]


@define
class Desk:
    """
    One case with its family, simulated; `case_id` is its id.

    `course` is everything that happened, in order; `calls` are the hook calls, each as its host gets it.
    """

    engine: Engine
    clock: ManualClock
    case_id: str = CASE
    course: list[Happening] = field(factory=list)
    calls: list[HookCall] = field(factory=list)
    _active: dict[str, tuple[str, ...]] = field(factory=dict)
    _rounds: int = MOST_ROUNDS

    @classmethod
    def on(
        cls, processes: Sequence[Process], start: datetime, *, drawn: bool = False, rounds: int = MOST_ROUNDS
    ) -> Desk:
        """
        A desk for a case of the first process, on which nothing has happened yet.

        `drawn`: the case is in the first share of every list that has some, else in none. `rounds` is how often
        something may fall due on it.
        """
        clock = ManualClock(start)
        case = falling(processes[0], drawn=drawn)
        desk = cls(Engine(clock=clock, random=Random(0)), clock, case, rounds=rounds)  # noqa: S311 - it only spreads what is tried again
        desk.engine.hook("*")(desk.calls.append)
        desk.engine.publish(*processes)
        return desk

    @property
    def now(self) -> datetime:
        """The time that the desk's clock shows."""
        return self.clock.now()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────

    def open(self, process: str, fields: Mapping[str, Any], actor: Actor) -> None:
        """
        Open the case.

        Raises:
            Refused: If this actor may not, or the form is wrong.
        """
        self.engine.open(process, fields, actor=actor, id=self.case_id)
        self._settle()

    def send(self, case_id: str, event: str, fields: Mapping[str, Any], actor: Actor) -> None:
        """
        Send an event to a case.

        Raises:
            Refused: If it is not possible.
        """
        self.engine.send(case_id, event, fields, actor=actor)
        self._settle()

    def wait(self, until: datetime) -> None:
        """
        Let time pass, with everything that falls due meanwhile.

        Raises:
            InputError: If it lies in the past, or too much falls due.
        """
        if until < self.now:
            raise InputError("this time has passed already")
        while (due := self.engine.store.next_due()) is not None and due <= until:
            self._spend()
            at = max(self.now, due)
            # Moves happen at their instant, escalation steps only when it has passed.
            if not self._pass(at) and not self._pass(min(at + MOMENT, until)) and self.now == until:
                break
        self._pass(until)

    def wait_for_next(self, *, beyond: timedelta = MOMENT) -> bool:
        """
        Let time pass to the next thing that happens by itself; False if there is none.

        What happens only when its instant has passed is seen so much `beyond` it.
        """
        due = self.engine.store.next_due()
        if due is None:
            return False
        self._spend()
        at = max(self.now, due)
        return self._pass(at) or self._pass(at + beyond)

    def _spend(self) -> None:
        if not self._rounds:
            raise InputError("too many timers fall due until then")
        self._rounds -= 1

    def _pass(self, until: datetime) -> bool:
        """Show a time, and do what is due at it; whether anything was."""
        self.clock.set(until)
        return self._settle()

    def _settle(self) -> bool:
        """
        Fire what is due, deliver what waits, and note what happened.

        Raises:
            InputError: If a timer fails; it would fail again.
        """
        moved = bool(self.engine.tick(terms=ONCE))
        for incident in self.engine.incidents():
            raise InputError(f"`{incident.name}` fails: {incident.error}")
        for batch in self.engine.follow("desk", limit=1000):
            for followed in batch:
                self.course.append(self._noted(followed.process, followed.entry))
        return moved

    def _noted(self, process: str, entry: JournalEntry) -> Happening:
        active = dict.fromkeys(self._active.get(entry.case, ()))
        for move in entry.moves:
            active = {path: None for path in active if path not in move.left}
            active.update(dict.fromkeys(move.entered))
        self._active[entry.case] = tuple(active)
        leaves = (path for path in active if not any(other.startswith(f"{path}.") for other in active))
        return Happening(process, entry, tuple(leaves))

    # ── what is ────────────────────────────────────────────────────────────────────────────────────────────────

    def cases(self) -> tuple[Case, ...]:
        """The case and all that it ran or started, as of now, in the order in which they were opened."""
        return tuple(map(self.engine.case, dict.fromkeys(happening.entry.case for happening in self.course)))

    def case(self, process: str | None = None) -> Case:
        """
        The desk's case, or the newest one of another process.

        Raises:
            InputError: If there is none.
        """
        found = [case for case in self.cases() if process in {None, case.process}]
        if not found:
            raise InputError("the case is not open" if process is None else f"no case of {process} was opened")
        return found[0] if process is None else found[-1]
