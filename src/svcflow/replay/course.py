"""The course of one case of a log through the pure core: which rows fit, which are refused and why, where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from svcflow.core.admission import find_way
from svcflow.core.case import Case
from svcflow.core.decision import Decision, Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import EMPTY, Actor, Event, Tick
from svcflow.core.family import Processes, open_family, settle
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.core.step import opening_fields
from svcflow.errors import CalendarError, MachineError, ProcessNotFound, RunawayCases
from svcflow.replay.log import Row
from svcflow.replay.mapping import LogMap, Unreadable

FAILURES = (MachineError, RunawayCases, CalendarError, ProcessNotFound)
"""What a process can do wrong while it runs; it must not keep the other cases of a log from being driven."""

STRIDE = timedelta(days=1)
"""How far time runs on at once: one step may open only so many cases, and a whole log can be years."""


@frozen
class RefusedRow:
    """A row that does not fit. `reason` begins with one word for its kind: the code of a refusal, or `unmapped`."""

    case: str
    row: int
    event: str
    reason: str


@frozen
class Opened:
    """With what and when a case is opened."""

    fields: Mapping[str, Any]
    actor: Actor
    at: datetime


@frozen
class Post:
    """A row that fits: the event as sent, and when; `place` is the row's place among those of its case, from 1."""

    row: int
    place: int
    event: Event
    at: datetime


@frozen
class Course:
    """
    What became of one case. `opened` and `after` are None when it could not be opened; then all its rows are refused.

    `trouble` says why its timers could not run on to the end of the log.
    """

    case: str
    opened: Opened | None
    posts: tuple[Post, ...]
    refused: tuple[RefusedRow, ...]
    after: Case | None
    trouble: str = ""


@frozen
class Driver:
    """Drives cases of a process through the core; `end` is the time to which clocks and timers run on."""

    processes: Processes
    process: Process
    map: LogMap
    end: datetime

    def drive(self, case: str, rows: Sequence[Row], opened_at: datetime) -> Course:
        """Open a case, send what its rows stand for at their times, and let time run on."""
        family: dict[str, Case] = {}
        opened = self._open(family, case, rows[0], opened_at)
        if isinstance(opened, str):
            why = f"{opened} (the case could not be opened)"
            refused = [RefusedRow(case, row.number, row.event or "", why) for row in rows]
            return Course(case, None, (), tuple(refused), None)
        posts, refused = [], []
        for place, row in enumerate(rows, start=1):
            if row.event is None:
                continue
            answer = self._send(family, case, row)
            if isinstance(answer, str):
                refused.append(RefusedRow(case, row.number, row.event, answer))
            else:
                posts.append(Post(row.number, place, answer, row.at))
        trouble = self._run_on(family, case)
        return Course(case, opened, tuple(posts), tuple(refused), family[case], trouble)

    # ── one step ───────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, family: dict[str, Case], case: str, row: Row, at: datetime) -> Opened | str:
        try:
            fields = self._values(self.process, opening_fields(self.process), row)
            answer = open_family(self.process, fields, row.actor, at, self.processes, id=case)
        except Unreadable as why:
            return f"unmapped: {why}"
        except FAILURES as problem:
            return f"failed: {problem}"
        if isinstance(answer, Refusal):
            return reason(answer, self.process)
        _keep(family, case, answer)
        return Opened(fields, row.actor, at)

    def _send(self, family: dict[str, Case], case: str, row: Row) -> Event | str:
        """Send the event of a row; the event as sent, or why it was refused."""
        moved_at = family[case].moved_at
        if row.problem:
            return f"unmapped: {row.problem}"
        if row.at < moved_at:
            return f"earlier: the case stands at {moved_at.isoformat()} already"
        try:
            process, form = self._form(family, case, row)
            event = Event(row.event or "", self._values(process, form, row), row.actor)
            answer = settle(family, self.processes, case, event, row.at)
        except Unreadable as why:
            return f"unmapped: {why}"
        except FAILURES as problem:
            return f"failed: {problem}"
        if isinstance(answer, Refusal):
            return reason(answer, process)
        _keep(family, case, answer)
        return event

    def _run_on(self, family: dict[str, Case], case: str) -> str:
        """Let timers fire up to the end of the log; answers what went wrong."""
        try:
            while (due := _next_due(family.values())) is not None and due <= self.end:
                answer = settle(family, self.processes, case, Tick(), min(due + STRIDE, self.end))
                if isinstance(answer, Refusal) or not answer:
                    break  # An escalation step that is due at the very end: it fires only after its instant.
                _keep(family, case, answer)
        except FAILURES as problem:
            return str(problem)
        return ""

    # ── the form ───────────────────────────────────────────────────────────────────────────────────────────────

    def _form(self, family: Mapping[str, Case], case: str, row: Row) -> tuple[Process, tuple[str, ...]]:
        """The form of a row's event as the case will stand when it is sent; a refused event has none."""
        process = self.processes.of(family[case])
        if not self.map.fields:
            return process, ()
        now = family[case]
        if (due := _next_due(family.values())) is not None and due <= row.at:
            answer = settle(family, self.processes, case, Tick(), row.at)
            decisions = () if isinstance(answer, Refusal) else answer
            now = next((decision.case for decision in decisions if decision.case.id == case), now)
        draft = Draft(process, now, max(row.at, now.moved_at), statechart, row.actor)
        way = find_way(draft, row.event or "", row.actor)
        if isinstance(way, Refusal):
            return process, ()
        _, ask, may = way
        return process, (*ask, *may)

    def _values(self, process: Process, form: Iterable[str], row: Row) -> Mapping[str, Any]:
        """
        What the row holds for the fields of a form.

        Raises:
            Unreadable: If a cell cannot be mapped.
        """
        values = {}
        for name in form:
            if name in row.cells:
                try:
                    value = self._value(process.fields[name].kind, name, row.cells[name])
                except Unreadable as why:
                    told = "cannot be mapped" if process.fields[name].private else str(why)
                    raise Unreadable(f"{name}: {told}") from None
                if value is not None:
                    values[name] = value
        return MappingProxyType(values) if values else EMPTY

    def _value(self, kind: str, name: str, cell: str) -> object:
        """A cell as its field takes it; times are written in the log as its own times are."""
        words = self.map.fields[name]
        meaning = words.read(cell)
        if meaning is None or kind not in {"date", "datetime"}:
            return meaning
        moments = evolve(self.map.time, column=words.column)
        return moments.day(meaning) if kind == "date" else moments.read(meaning)


def reason(refusal: Refusal, process: Process) -> str:
    """A refusal in one line, its code first; what was sent for a private field is not repeated."""
    problems = refusal.parameters.get("problems")
    if isinstance(problems, Mapping):
        masked = {
            name: "does not fit" if name in process.private and why != "must be filled in" else why
            for name, why in problems.items()
        }
        refusal = evolve(refusal, parameters={**refusal.parameters, "problems": masked})
    return f"{refusal.code}{str(refusal).removeprefix(f'{refusal.event} refused ({refusal.code})')}"


def _next_due(cases: Iterable[Case]) -> datetime | None:
    dues = (timer.due for case in cases for timer in case.timers.values() if timer.due is not None)
    return min(dues, default=None)


def _keep(family: dict[str, Case], case: str, decisions: Iterable[Decision]) -> None:
    """
    Take over what was decided: the case, and the children that it still waits for.

    A case that it started is on its own from then on: nothing in it comes back, so it is not followed here.
    """
    for decision in decisions:
        after = decision.case
        if after.id == case or (after.root == family.get(case, after).root and not after.ended):
            family[after.id] = after
        else:
            family.pop(after.id, None)
