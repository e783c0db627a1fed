"""A walk: one case taken by hand over a simulated desk, step by step and back again, and told as a story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from attrs import define, field, frozen

from svcflow.core.decision import HookCall
from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.errors import FoundRefusal, Refused
from svcflow.stories.desk import Desk, Happening
from svcflow.stories.values import form_of

MINUTE = timedelta(minutes=1)


@frozen
class Deed:
    """
    What somebody does: send an event with a form, open the case (`event` None), or nothing up to a time (`until`).

    `case` is the process of the newest case that it is about, None for the walk's own. The form is as it was written.
    """

    actor: Actor | None = None
    event: str | None = None
    form: Mapping[str, Any] = MappingProxyType({})
    case: str | None = None
    until: datetime | None = None


@frozen
class Outcome:
    """What a deed came to: when, what happened and was called, why it was refused, and where the cases then were."""

    deed: Deed
    at: datetime
    happened: tuple[Happening, ...] = ()
    calls: tuple[HookCall, ...] = ()
    refusal: FoundRefusal | None = None
    states: tuple[str, ...] = ()


@define
class Walk:
    """A case under way: the processes, when it began, and what was done so far."""

    processes: Sequence[Process]
    start: datetime
    outcomes: list[Outcome] = field(factory=list)
    desk: Desk = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.desk = Desk.on(self.processes, self.start)

    @property
    def process(self) -> Process:
        """The process of the walk's own case."""
        return self.processes[0]

    def of(self, name: str | None) -> Process:
        """A process by its name, by default the walk's own."""
        return next((process for process in self.processes if process.name == name), self.process)

    def do(self, deed: Deed) -> Outcome:
        """
        Do something, and keep it; what is refused is kept too.

        Raises:
            InputError: If there is no such case, or time would go back; nothing has changed.
            SvcflowError: If the process itself fails.
        """
        outcome = self._done(deed)
        self.outcomes.append(outcome)
        return outcome

    def wait_for_next(self) -> Outcome | None:
        """Let time pass to the next thing that happens by itself, and keep that as a deed; None if there is none."""
        happened, called = len(self.desk.course), len(self.desk.calls)
        if not self.desk.wait_for_next(beyond=MINUTE):
            return None
        outcome = self._outcome(Deed(until=self.desk.now), happened, called)
        self.outcomes.append(outcome)
        return outcome

    def undo(self) -> Outcome | None:
        """Go back to before the last deed; answers what was undone, None at the very beginning."""
        if not self.outcomes:
            return None
        *before, last = self.outcomes
        self.desk = Desk.on(self.processes, self.start)
        self.outcomes = []
        for outcome in before:
            self.do(outcome.deed)
        return last

    def _done(self, deed: Deed) -> Outcome:
        happened, called = len(self.desk.course), len(self.desk.calls)
        refusal = None
        try:
            self._act(deed)
        except Refused as refused:
            refusal = refused.refusal
        return self._outcome(deed, happened, called, refusal)

    def _act(self, deed: Deed) -> None:
        if deed.until is not None:
            self.desk.wait(deed.until)
        elif deed.actor is not None and deed.event is None:
            self.desk.open(self.process.name, form_of(self.process, deed.form), deed.actor)
        elif deed.actor is not None and deed.event is not None:
            case = self.desk.case(deed.case)
            self.desk.send(case.id, deed.event, form_of(self.of(case.process), deed.form), deed.actor)

    def _outcome(self, deed: Deed, happened: int, called: int, refusal: FoundRefusal | None = None) -> Outcome:
        desk = self.desk
        states = desk.case(deed.case).states if desk.course else ()
        return Outcome(
            deed, desk.now, tuple(desk.course[happened:]), tuple(desk.calls[called:]), refusal, states
        )  # fmt: skip
