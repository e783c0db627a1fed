"""A trace while it is drawn: what was done so far, and where the pure model stands after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from svcflow.core.admission import find_way, needs_of
from svcflow.core.case import Case
from svcflow.core.decide import decide
from svcflow.core.decision import Decision, Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import Actor, Erase, Event, Note
from svcflow.core.rule import Rule
from svcflow.core.step import opening_fields
from svcflow.errors import SvcflowError
from svcflow.testing import senders, trace
from svcflow.testing.choose import Choose
from svcflow.testing.ground import Ground
from svcflow.testing.pure import Known, Pure
from svcflow.testing.stage import Stage
from svcflow.testing.trace import Command

INSTANT = timedelta(microseconds=1)
PEOPLE = 3
"""How many are asked, at most, until one of them may."""

REFUSED = 8
"""Once in so many traces somebody else has tried to open the case before, or somebody with a mistake."""

FORMS = 8
"""How many forms are tried, at most, until one leads where it shall."""


class Scene:
    """
    A run that is being made up: each command is carried out on the model at once, so that the next one can fit.

    `case` is the id of the first case, `kept` are the commands that have a key which is taken now.
    """

    def __init__(
        self, stage: Stage, grounds: Mapping[str, Ground], choose: Choose, start: datetime, case: str = trace.CASE
    ) -> None:
        self.stage, self.grounds, self.choose, self.case = stage, grounds, choose, case
        self.pure = Pure(Known(stage.processes.values()), start, stage.machine)
        named = {
            calendar.name: calendar for process in stage.processes.values() for calendar in process.calendars.values()
        }
        self.calendars = tuple(named.values())
        self.commands: list[Command] = []
        self.kept: list[trace.Open | trace.Send | trace.Note] = []

    def ground(self, case: Case) -> Ground:
        """The process of a case."""
        return self.grounds[case.process]

    def do(self, command: Command) -> None:
        """Add a command."""
        self.commands.append(command)
        # What the engine answers then is for the run to see. Nothing has changed.
        with suppress(SvcflowError):
            answer = self._play(command)
            if answer is None and isinstance(command, trace.Open | trace.Send | trace.Note) and command.key:
                self.kept.append(command)

    def _play(self, command: Command) -> Refusal | None:
        pure = self.pure
        match command:
            case trace.Open() if command.case not in pure.cases:
                return pure.open(
                    command.process, command.fields, actor=command.actor, case=command.case, key=command.key
                )  # fmt: skip
            case trace.Send() if command.case in pure.cases:
                return pure.give(command.case, Event(command.event, command.fields, command.actor, command.key))
            case trace.Note() if command.case in pure.cases:
                return pure.give(command.case, Note(command.text, command.actor, command.key))
            case trace.Erase() if command.case in pure.cases:
                private = self.ground(pure.cases[command.case]).process.private
                forgotten = frozenset(command.fields or private)
                return pure.give(command.case, Erase(forgotten, command.reason, command.actor))
            case trace.Wait():
                pure.wait(command.until)
        return None

    def key(self) -> str | None:
        """A key for a command, or none."""
        return f"k{len(self.commands) + 1}" if self.choose.integer(1) else None

    def open(self, room: int = 1) -> None:
        """
        Somebody who may opens the first case.

        Where there is `room` for more than one command, it was now and then tried before, by somebody else or wrongly.
        """
        ground = self.grounds[self.stage.process.name]
        if room > 1 and self.choose.seldom(REFUSED):
            actor, form = self.wrong_opening(ground)
            self.do(trace.Open(ground.process.name, form, actor, self.case, self.key()))
        if self.case not in self.pure.cases:
            actor, form = self.opening(ground)
            self.do(trace.Open(ground.process.name, form, actor, self.case, self.key()))

    def opening(self, ground: Ground) -> tuple[Actor, dict[str, Any]]:
        """Somebody who may open a case, and a form as it should be."""
        opening = ground.process.opening
        may = [name for name in opening_fields(ground.process) if name not in opening.ask]
        form = ground.forms.filled(self.choose, opening.ask, may, self.pure.now, {})
        return senders.able(self.choose, (opening.by,), form), form

    def wrong_opening(self, ground: Ground) -> tuple[Actor, dict[str, Any]]:
        """Whoever it is opens a case, or somebody who may, with a mistake in the form."""
        actor, form = self.opening(ground)
        if self.choose.integer(1):
            return actor, ground.forms.wrong(self.choose, form)
        return senders.anybody(self.choose, ground.process), form

    def send(self, case: Case, rule: Rule, hoped: Sequence[str] = ()) -> None:
        """
        Somebody who may sends an event to a case, with a form as it should be, if there is anybody.

        Where a way is hoped for, named by the counters of its alternatives, forms are tried for it.
        """
        actor, ask, may = self._sender(case, rule)
        for _ in range(FORMS if hoped else 1):
            form = self.ground(case).forms.filled(self.choose, ask, may, self.pure.now, case.fields)
            if hoped and self._goes(case, Event(rule.name, form, actor), hoped):
                break
        self.do(trace.Send(rule.name, form, actor, case.id, self.key()))

    def _goes(self, case: Case, event: Event, hoped: Sequence[str]) -> bool:
        """Whether an event would take these alternatives."""
        process, machine = self.ground(case).process, self.stage.machine
        with suppress(SvcflowError):
            answer = decide(process, case, event, self.pure.now, machine=machine)
            if isinstance(answer, Decision):
                taken = {name for entry in answer.journal for move in entry.moves for name in move.taken}
                return taken.issuperset(hoped)
        return False

    def _sender(self, case: Case, rule: Rule) -> tuple[Actor, tuple[str, ...], tuple[str, ...]]:
        """Somebody who may send an event now, and the form."""
        process = self.ground(case).process
        for number in range(PEOPLE):
            actor = senders.able(self.choose, (rule.by,), case.fields)
            if number == PEOPLE - 1 and actor.roles:
                actor = evolve(actor, id=f"new-{len(self.commands)}")  # Somebody who has done nothing yet.
            draft = Draft(process, case, self.pure.now, self.stage.machine, actor)
            actor = senders.qualified(self.choose, actor, needs_of(draft, (rule,)), self.pure.now)
            way = find_way(draft, rule.name, actor)
            if not isinstance(way, Refusal):
                return actor, way[1], way[2]
            if way.code not in {"barred", "forbidden"}:
                break
        return actor, rule.ask, rule.may

    def wait(self, until: datetime, *, prompt: bool = True) -> bool:
        """Time passes, if that lies ahead; whether it does."""
        ahead = until > self.pure.now
        if ahead:
            self.do(trace.Wait(until, prompt))
        return ahead
