"""
A family of cases in one step: the parent, the children it waits for, the cases they start.

What is overdue anywhere in the family happens first, in the order it fell due (R1); then the input; then what follows
from it in other cases, at the same instant. Still pure: cases in, decisions out, for one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import evolve, frozen

from svcflow.core.case import Case
from svcflow.core.decision import Decision, NewCase, Refusal
from svcflow.core.event import EMPTY, SYSTEM, Actor, Input, Migrate, Recalendar, Tick
from svcflow.core.form import Unfit, read_value
from svcflow.core.machine import MICROSTEPS, Machine
from svcflow.core.people import may_act
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.core.step import fire, open_from, open_with, opening_fields, react
from svcflow.errors import FarBehind, MicrostepLimit, RunawayCases

MOST_NEW_CASES = 100
"""How many cases may be opened at one instant before it counts as running away."""

MOST_FIRINGS = 1000
"""How many overdue timers a caller best lets one transaction fire: who slept longer catches up in several."""


class Processes(Protocol):
    """Where the family finds its processes."""

    def of(self, case: Case) -> Process:
        """The version that a case stands on."""
        ...

    def newest(self, tenant: str, name: str, at: datetime | None = None, origin: Process | None = None, /) -> Process:
        """
        The newest version, for a case to open.

        A case of `origin` opens it at an instant: what was published later was not there yet. None: somebody does, now.
        """
        ...

    def version(self, case: Case, version: int, days: str | None) -> Process:
        """A version of a case's process for it to live by, on the holidays with this digest, or the newest for None."""
        ...


@frozen
class Alone:
    """One process for one case: what a case decided by itself needs."""

    process: Process

    def of(self, case: Case) -> Process:  # noqa: ARG002 - the protocol's shape
        """The process."""
        return self.process

    def newest(self, *_: object) -> Process:
        """The process: whoever is alone opens nothing else."""
        return self.process

    def version(self, case: Case, version: int, days: str | None) -> Process:  # noqa: ARG002 - the protocol's shape
        """The process: a case that migrates alone is decided by the version it goes to."""
        return self.process


def settle(
    family: Mapping[str, Case],
    processes: Processes,
    case_id: str,
    event: Input,
    now: datetime,
    *,
    machine: Machine = statechart,
    follow: bool = True,
    most: int | None = None,
) -> tuple[Decision, ...] | Refusal:
    """
    Decide one input to one case of a family, at `now`, everything included that follows.

    Answers one decision per case touched, the addressed one first; none when nothing happens (a stale or early timer
    call). A refusal leaves overdue timers due: nothing at all has changed. Without `follow`, started cases and messages
    stay what they are in the decisions: data.

    At `most` so many overdue timers are fired (by default all). A `Tick` that reaches it has more to do for the next
    one, and no journal differs for that; anything else can only be decided once time has been caught up with.

    Raises:
        FarBehind: If more is overdue than `most` and the input is no `Tick`.
        RunawayCases: If cases start each other without end.
        MicrostepLimit: If automatic moves, or timers that are due at once, go round without end.
    """
    household = Household(family.values(), processes, machine, follow=follow)
    if isinstance(event, Tick):
        if _stale(family[case_id], event, now):
            return ()
        household.catch_up(now, most)
        return household.decisions(case_id)
    if not household.catch_up(now, most):
        raise FarBehind(case_id)
    refused = household.give(case_id, event, now)
    if refused is not None:
        return refused
    household.catch_up(now)
    return household.decisions(case_id)


def open_family(  # noqa: PLR0913 - a new case is its process, form, opener, time and names
    process: Process,
    fields: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    processes: Processes,
    *,
    id: str,  # noqa: A002 - the case's id, as in `Case`
    tenant: str = "",
    key: str | None = None,
    machine: Machine = statechart,
    follow: bool = True,
) -> tuple[Decision, ...] | Refusal:
    """Open a case, with everything that follows at once; its decision comes first. Raises as `settle` does."""
    household = Household((), processes, machine, follow=follow)
    blank = _blank(process, id, tenant, now)
    answer = open_with(process, fields, actor, blank, machine, key=key)
    if isinstance(answer, Refusal):
        return answer
    household.keep(answer, now)
    household.catch_up(now)
    return household.decisions(id)


def quiet(case: Case, now: datetime) -> bool:
    """Whether no timer of a case is due: nearly always, and then there is nothing to put in order."""
    for timer in case.timers.values():
        due = timer.due
        if due is not None and due <= now:
            return False
    return True


class Household:
    """The family while it is decided: the cases as they stand now and the decisions taken on the way."""

    def __init__(self, cases: Iterable[Case], processes: Processes, machine: Machine, *, follow: bool) -> None:
        self.cases = {case.id: case for case in cases}
        self.processes, self.machine, self.follow = processes, machine, follow
        self.taken: dict[str, list[Decision]] = {}
        self.instant: datetime | None = None
        self.opened = 0
        self.fired: dict[str, tuple[datetime, int]] = {}

    def catch_up(self, now: datetime, most: int | None = None) -> bool:
        """Fire everything overdue, in the order it fell due across the family; False if there was more than `most`."""
        if all(quiet(case, now) for case in self.cases.values()):
            return True
        fired = 0
        while (found := self._overdue(now)) is not None:
            if fired == most:
                return False
            case_id, name, at = found
            case = self.cases[case_id]
            process = self.processes.of(case)
            self._watch(process, case, at)
            self.keep(fire(process, case, name, at, self.machine), at)
            fired += 1
        return True

    def _watch(self, process: Process, case: Case, at: datetime) -> None:
        """Tell timers that lead to each other at one and the same instant from those of a long time slept through."""
        last, count = self.fired.get(case.id, (at, 0))
        count = count + 1 if at <= last else 1
        if count > MICROSTEPS:
            raise MicrostepLimit(MICROSTEPS, [state.path for state in process.states if state.path in case.arrivals])
        self.fired[case.id] = (max(at, last), count)
        if self.instant is None or at > self.instant:
            self.instant, self.opened = at, 0

    def _overdue(self, now: datetime) -> tuple[str, str, datetime] | None:
        first = None
        for case in self.cases.values():
            process = None
            for timer in case.timers.values():
                if timer.due is None or timer.due > now:
                    continue
                step = timer.name.startswith(("clock:", "limit:"))
                if step and timer.due == now:
                    continue
                process = process or self.processes.of(case)
                rank = (timer.due, step, case.opened_at, case.id, process.timers[timer.name])
                if first is None or rank < first[0]:
                    first = (rank, case.id, timer.name, max(timer.due, case.moved_at))
        return None if first is None else first[1:]

    def give(self, case_id: str, event: Input, at: datetime) -> Refusal | None:
        """Hand an input to a case of the family, and what it says to others on; a case elsewhere does not hear it."""
        case = self.cases.get(case_id)
        if case is None:
            return None
        process = self.processes.of(case)
        if isinstance(event, (Migrate, Recalendar)):
            event = evolve(event, calendars=event.calendars or process.calendars)
            process = self.processes.version(case, event.version, event.days)
        answer = react(process, case, event, max(at, case.moved_at), self.machine)
        if isinstance(answer, Refusal):
            return answer
        self.keep(answer, at)
        return None

    def keep(self, decision: Decision, at: datetime) -> None:
        """Take a decision over, then open the cases it starts and deliver what it says to others."""
        if not self.follow or not (decision.starts or decision.messages):
            self._merge(decision)
            return
        case = decision.case
        origin = self.processes.of(case)
        starts = [(new, self._start(new, origin, case, at)) for new in decision.starts]
        shut = [new for new, opened in starts if opened is None]
        if shut:
            decision = _without(decision, shut)
        self._merge(decision)
        for _, opened in starts:
            if opened is not None:
                self.keep(opened, at)
        for message in decision.messages:
            self.give(message.case, message.input, at)

    def _merge(self, decision: Decision) -> None:
        case = decision.case
        self.cases[case.id] = case
        if decision.journal:
            self.taken.setdefault(case.id, []).append(decision)

    def _start(self, new: NewCase, origin: Process, case: Case, at: datetime) -> Decision | None:
        """Open a case that a decision starts; None when its `open` does not let `system` in."""
        self.opened += 1
        if self.opened > MOST_NEW_CASES:
            raise RunawayCases(new.process, MOST_NEW_CASES)
        at = max(at, case.moved_at)
        process = self.processes.newest(case.tenant, new.process, at, origin)
        by = process.opening.by
        # A child that a state runs belongs to its parent, which has let the case in already.
        if new.parent is None and by is not None and not may_act(by, SYSTEM, EMPTY):
            return None
        blank = _blank(process, new.id, case.tenant, at, new)
        return open_from(process, new, handed_over(new, origin, process), blank, self.machine)

    def decisions(self, case_id: str) -> tuple[Decision, ...]:
        """What to write: the addressed case first, the others in the order they were first touched."""
        cases = sorted(self.taken, key=lambda known: known != case_id)
        return tuple([_joined(self.taken[known]) for known in cases])


def _joined(taken: Sequence[Decision]) -> Decision:
    """What became of one case, step after step, as one decision."""
    if len(taken) == 1:
        return taken[0]
    return Decision(
        taken[0].before,
        taken[-1].case,
        tuple([entry for one in taken for entry in one.journal]),
        tuple([call for one in taken for call in one.calls]),
        tuple([new for one in taken for new in one.starts]),
        tuple([message for one in taken for message in one.messages]),
    )


def handed_over(new: NewCase, origin: Process, process: Process) -> dict[str, Any]:
    """
    The fields a new case takes: those of its `open` that its origin has, under the same name or as renamed.

    They are of the same type, and what is private in the origin does not become public in the new case.
    """
    given = {}
    for name in opening_fields(process):
        ours = new.rename.get(name, name)
        value = new.fields.get(ours)
        declared = process.fields[name]
        if value is None or ours not in origin.fields or origin.fields[ours].kind != declared.kind:
            continue
        if ours in origin.private and not declared.private:
            continue
        if not isinstance(read_value(declared, value), Unfit):
            given[name] = value
    return given


def _blank(process: Process, case_id: str, tenant: str, at: datetime, new: NewCase | None = None) -> Case:
    """A case before its first entry."""
    root, parent, barred = (case_id, None, frozenset[str]())
    if new is not None and new.parent is not None:
        root, parent, barred = new.root, new.parent, new.barred
    return Case(
        case_id, process.name, process.version, process.digest, at, at, tenant, root=root, parent=parent, barred=barred,
        days=process.days,
    )  # fmt: skip


def _stale(case: Case, tick: Tick, now: datetime) -> bool:
    """Whether a timer's call is for an arming that is gone (R2), or comes too early."""
    if tick.timer is None:
        return False
    timer = case.timers.get(tick.timer)
    return timer is None or timer.generation != tick.generation or timer.due is None or timer.due > now


def _without(decision: Decision, shut: list[NewCase]) -> Decision:
    """The decision without the cases that could not be opened, and with a remark that says so."""
    gone = {new.id for new in shut}
    *before, last = decision.journal
    said = tuple(f"{new.process} was not opened: its `open` does not let `system` in" for new in shut)
    kept = tuple(case_id for case_id in last.starts if case_id not in gone)
    last = evolve(last, starts=kept, remarks=last.remarks + said)
    starts = tuple(new for new in decision.starts if new.id not in gone)
    return Decision(decision.before, decision.case, (*before, last), decision.calls, starts, decision.messages)
