"""
One cycle of an SLA clock, or one stay under a limit, kept by hand: when it ran and what was promised when.

The source is the language reference, SLA clock. All that is shown is found by going through the open stretches of the
time it ran, one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from svcflow.core.clock import Step
from svcflow.core.rule import EscalationStep
from svcflow.inquiry import ClockView
from svcflow.testing.reckoning.office import NOTHING, Office, TooFar

Find: TypeAlias = Callable[[str], Office]
"""Finds the office of a calendar by its key."""

_DUE = Step()
_TINY = timedelta(microseconds=1)


@define
class Run:
    """A stretch in which it ran, on one calendar; still running without an end."""

    start: datetime
    end: datetime | None
    calendar: str


@frozen
class Term:
    """What was promised from a moment on (None: from the start)."""

    length: timedelta | None
    calendar: str
    fixed: datetime | None = None
    since: datetime | None = None


@define
class Watch:
    """
    What is known of one cycle.

    `key` is `clock:NAME` or `limit:PATH`; `marks` are the escalation steps that have happened, `left` is when the case
    went away from the state of a limit to which it can come back.
    """

    key: str
    cycle: int
    runs: list[Run]
    terms: list[Term]
    state: Literal["running", "paused", "stopped"] = "running"
    cancelled: bool = False
    marks: list[tuple[str, str]] = field(factory=list)
    left: datetime | None = None

    @classmethod
    def begin(cls, key: str, cycle: int, start: datetime, term: Term) -> Watch:
        """Begin to count."""
        return cls(key, cycle, [Run(start, None, term.calendar)], [term])

    @property
    def start(self) -> datetime:
        """When it began, or will begin."""
        return self.runs[0].start

    @property
    def term(self) -> Term:
        """What is promised now."""
        return self.terms[-1]

    # ── what happens to it ─────────────────────────────────────────────────────────────────────────────────────

    def rest(self, at: datetime) -> None:
        """Stand still."""
        if self.state == "running":
            self._close(at)
            self.state = "paused"
            self._loosen(at)

    def go_on(self, at: datetime) -> None:
        """Run again, after it stood still or was stopped."""
        if self.state != "running":
            since = self.runs[-1].end or at
            self._loosen(since if self.state == "stopped" else at)
            self.runs.append(Run(max(at, since), None, self.term.calendar))
            self.state = "running"

    def stop(self, at: datetime, *, cancelled: bool = False) -> None:
        """Be over."""
        if self.state != "stopped":
            self._close(at)
            self.state, self.cancelled = "stopped", cancelled

    def promise(self, term: Term, at: datetime) -> None:
        """Promise something else from now on; only what never stood still can be due on a date."""
        joints = zip(self.runs, self.runs[1:], strict=False)
        broken = self.runs[-1].end is not None or any(one.end != after.start for one, after in joints)
        fixed = None if broken else term.fixed
        now = self.term
        if (now.length, now.calendar, now.fixed) == (term.length, term.calendar, fixed):
            return
        self.terms.append(Term(term.length, term.calendar, fixed, at))
        last = self.runs[-1]
        if last.end is None and last.calendar != term.calendar:
            if at > last.start:
                last.end = at
                self.runs.append(Run(at, None, term.calendar))
            else:
                last.calendar = term.calendar

    def _close(self, at: datetime) -> None:
        last = self.runs[-1]
        if last.end is None:
            last.end = max(at, last.start)

    def _loosen(self, at: datetime) -> None:
        """What was interrupted is not due on a date any more, but when its working time is used up."""
        if self.term.fixed is not None:
            self.terms.append(Term(self.term.length, self.term.calendar, None, at))

    # ── what it shows ──────────────────────────────────────────────────────────────────────────────────────────

    def elapsed(self, find: Find, now: datetime) -> timedelta:
        """Working time so far."""
        return sum((find(run.calendar).worked(run.start, run.end or now) for run in self.runs), NOTHING)

    def since(self, find: Find, step: Step = _DUE) -> datetime | None:
        """From when on a step is, or will be, reached without a break, whatever was promised before."""
        found: datetime | None = None
        for number, term in enumerate(self.terms):
            over = self.terms[number + 1].since if number + 1 < len(self.terms) else None
            hit = self._hit(find, step, term)
            if hit is None or (over is not None and hit > over):
                found = None
            elif found is None or term.since is None or hit > term.since:
                found = hit if term.since is None else max(hit, term.since)
        return found

    def falls(self, find: Find, step: Step) -> datetime | None:
        """When a step falls due: not while it stands still, but then when it runs again."""
        since = self.since(find, step) if self.state == "running" else None
        return None if since is None else max(since, self.runs[-1].start)

    def next_step(self, find: Find, steps: tuple[EscalationStep, ...]) -> datetime | None:
        """When the next of the steps that have not happened falls due."""
        return min((at for at, _ in self._to_come(find, steps)), default=None)

    def fire(self, find: Find, steps: tuple[EscalationStep, ...], at: datetime) -> str | None:
        """Let the steps happen that have come; answers the highest of them."""
        come = [(due, one.step.share, one.step.offset, one.key) for due, one in self._to_come(find, steps) if due <= at]
        come.sort(key=lambda one: one[:3])
        if come:
            self.marks += [(key, "skipped") for *_, key in come[:-1]] + [(come[-1][3], "fired")]
        return come[-1][3] if come else None

    def _to_come(self, find: Find, steps: tuple[EscalationStep, ...]) -> Iterator[tuple[datetime, EscalationStep]]:
        done = {key for key, _ in self.marks}
        for one in steps:
            due = None if one.key in done else self.falls(find, one.step)
            if due is not None:
                yield due, one

    def view(self, find: Find, now: datetime) -> ClockView:
        """All of it, as an engine would answer."""
        elapsed, since, target = self.elapsed(find, now), self.since(find), self.term.length
        ran = [run.end or now for run in self.runs if (run.end or now) > run.start]
        late = since is not None and bool(ran) and ran[-1] > since
        kept = None if self.state != "stopped" or self.cancelled or target is None else True
        return ClockView(
            self.key.partition(":")[2], "limit" if self.key.startswith("limit:") else "clock", self.cycle, self.state,
            elapsed, target, None if target is None else target - elapsed,
            since if self.state == "running" else None, late, False if late else kept,
        )  # fmt: skip

    def _hit(self, find: Find, step: Step, term: Term) -> datetime | None:
        """When a step would be reached if this had been promised all the time; None if it stands still before."""
        at = None if term.length is None else self._point(find, step, term, term.length)
        if at is None:
            return None
        office = find(term.calendar)
        dates = step.days + step.weeks * len(office.calendar.workdays)
        if dates < 0 or step.months < 0:
            raise TooFar
        at = office.days_on(at, dates) if step.days or step.weeks else at
        at = office.months_on(at, step.months) if step.months else at
        end = self.runs[-1].end
        return None if end is not None and at > end else at

    def _point(self, find: Find, step: Step, term: Term, length: timedelta) -> datetime | None:
        if term.fixed is not None and step.share == 100:  # noqa: PLR2004 - all of it
            office = find(term.calendar)
            if step.offset < NOTHING:
                return max(office.leads(term.fixed, -step.offset), self.start)
            return office.reaches(term.fixed, step.offset)
        share = -(-(length // _TINY) * step.share // 100) * _TINY  # upwards: no step comes too early
        work = share + step.offset
        if work < NOTHING or (work == NOTHING and step.offset >= NOTHING):
            return self.start
        for run in self.runs:
            counted = None if run.end is None else find(run.calendar).worked(run.start, run.end)
            if counted is not None and (work > counted or (work == counted and step.offset < NOTHING)):
                work -= counted
                continue
            at = find(run.calendar).reaches(run.start, work)
            # Half an hour before 09:30 is 09:00, and not last night.
            at = find(run.calendar).opens(at) if step.offset < NOTHING else at
            return at if run.end is None else min(at, run.end)
        return None
