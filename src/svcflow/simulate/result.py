"""What came of a simulation, as values: cases, promises, states, queues and people; all lengths in whole units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from svcflow.core.calendar import Calendar
from svcflow.errors import CalendarError
from svcflow.simulate.guesses import Guess, guesses
from svcflow.simulate.run import Simulation
from svcflow.simulate.tally import MICROSECOND, NO_TIME, Kept, Level, Sheet, Stays, Waits

Json = dict[str, Any]

_SECOND = timedelta(seconds=1)
_PLACES = 6


@frozen
class Lengths:
    """Some lengths of time: how many, mean, median, and what nine in ten stay below; None where there are none."""

    count: int
    mean: timedelta | None
    median: timedelta | None
    p90: timedelta | None

    @classmethod
    def of(cls, microseconds: Sequence[int]) -> Lengths:
        """Those of lengths in microseconds."""
        if not microseconds:
            return cls(0, None, None, None)
        ranked = sorted(microseconds)
        mean = sum(ranked) // len(ranked)
        return cls(len(ranked), mean * MICROSECOND, _rank(ranked, 50) * MICROSECOND, _rank(ranked, 90) * MICROSECOND)


@frozen
class ClockKept:
    """How a clock or limit was kept: cycles met, late, still running in time; `elapsed` is the mean of those over."""

    name: str
    kind: str
    met: int
    late: int
    running: int
    elapsed: timedelta | None

    @property
    def share(self) -> float | None:
        """How many of those that are decided were met."""
        return self.met / (self.met + self.late) if self.met + self.late else None


@frozen
class StateStays:
    """
    The stays in a state that are over: how many, and the mean of their time, waiting for staff and hands-on work.

    The rest of the time it was nobody's turn among the staff: others reacted, or work lay overnight.
    """

    state: str
    count: int
    time: timedelta
    waiting: timedelta
    working: timedelta


@frozen
class CaseResult:
    """The cases of one process. `in_system` is how many were open on average, `ends` are the states they ended in."""

    process: str
    version: int
    opened: int
    done: int
    cancelled: int
    open: int
    in_system: float
    lengths: Lengths
    ends: Mapping[str, int]
    clocks: tuple[ClockKept, ...]
    states: tuple[StateStays, ...]


@frozen
class QueueResult:
    """What waited for some people: how much on average and at most, and how long what was taken had waited."""

    who: str
    mean: float
    most: int
    left: int
    dropped: int
    waits: Lengths


@frozen
class PersonResult:
    """One of the staff, or all with a role: how much they did, worked, and could have worked."""

    name: str
    people: int
    done: int
    worked: timedelta
    hours: timedelta

    @property
    def utilisation(self) -> float | None:
        """The share of their hours that they worked."""
        return self.worked / self.hours if self.hours else None


@frozen
class SlotResult:
    """One slot of time: cases of the process opened and ended, open on average, queues and use of roles."""

    start: datetime
    opened: int
    ended: int
    open: float
    queues: Mapping[str, float]
    roles: Mapping[str, float | None]


@frozen
class Result:
    """
    What came of one run. `end` is how far it counts, `steps` how many entries all journals have.

    `refused` counts what was tried in vain, `nobody` what nobody of the staff could ever take, `stuck` the states, by
    process, in which nothing was left to try at the end. `made_up` are values without which a way was perhaps taken.
    """

    scenario: str
    seed: str
    start: datetime
    end: datetime
    interrupted: bool
    steps: int
    cases: tuple[CaseResult, ...]
    queues: tuple[QueueResult, ...]
    roles: tuple[PersonResult, ...]
    people: tuple[PersonResult, ...]
    slots: tuple[SlotResult, ...]
    slot: timedelta
    refused: Mapping[tuple[str, str, str], int]
    nobody: Mapping[tuple[str, str, str, str], int]
    stuck: Mapping[tuple[str, str], int]
    made_up: tuple[Guess, ...]
    troubles: Mapping[str, str]

    @property
    def days(self) -> float:
        """How long it lasted."""
        return (self.end - self.start) / timedelta(days=1)

    def as_json(self) -> Json:
        """As plain data: lengths in seconds, shares and means to six places; its names are a promise."""
        return {
            "scenario": self.scenario, "seed": self.seed, "start": self.start.isoformat(), "end": self.end.isoformat(),
            "interrupted": self.interrupted, "steps": self.steps,
            "processes": {one.process: _cases(one, self.days) for one in self.cases},
            "queues": {one.who: _queue(one) for one in self.queues},
            "roles": {one.name: _person(one) for one in self.roles},
            "people": {one.name: _person(one) for one in self.people},
            "over_time": {"slot_s": _seconds(self.slot), "slots": [_slot(one) for one in self.slots]},
            "refused": [
                {"process": process, "event": event, "code": code, "count": count}
                for (process, event, code), count in self.refused.items()
            ],
            "nobody": [
                {"process": process, "state": state, "event": event, "who": who, "count": count}
                for (process, state, event, who), count in self.nobody.items()
            ],
            "stuck": [
                {"process": process, "state": state, "count": count} for (process, state), count in self.stuck.items()
            ],
            "made_up": [
                {"process": one.process, "field": one.field, "value": one.value, "never_taken": list(one.never),
                 "under": one.under}
                for one in self.made_up
            ],
            "troubles": dict(self.troubles),
        }  # fmt: skip


def result(simulation: Simulation) -> Result:
    """What came of a run."""
    tally, start, end = simulation.tally, simulation.scenario.start, simulation.now
    people = [
        PersonResult(worker.person.actor.id, 1, worker.done, worker.worked, _hours(worker.person.calendar, start, end))
        for worker in simulation.desk.workers
    ]
    held = {worker.person.actor.id: worker.person.actor.roles for worker in simulation.desk.workers}
    roles = sorted({role for each in held.values() for role in each})
    return Result(
        simulation.scenario.title, simulation.seed, start, end, simulation.interrupted, simulation.world.steps,
        tuple(_case_result(sheet, end - start) for sheet in tally.sheets.values()),
        tuple(_queue_result(who, waits, end - start) for who, waits in sorted(tally.waits.items())),
        tuple(_role(role, [one for one in people if role in held[one.name]]) for role in roles),
        tuple(people), tuple(_slots(simulation, end)), tally.slots.length,
        dict(sorted(tally.refused.items())), dict(sorted(tally.nobody.items())),
        dict(sorted(tally.stuck.items())), tuple(guesses(simulation)), dict(simulation.world.troubles),
    )  # fmt: skip


def _case_result(sheet: Sheet, span: timedelta) -> CaseResult:
    process = sheet.process
    places = {state.path: state.index for state in process.states}
    states = sorted(sheet.stays.items(), key=lambda item: places[item[0]])
    clocks = sorted(sheet.clocks.items())
    return CaseResult(
        process.name, process.version, sheet.opened, sheet.statuses["done"], sheet.statuses["cancelled"],
        sheet.open.now, _mean(sheet.open.area, span), Lengths.of(sheet.lengths), dict(sorted(sheet.ends.items())),
        tuple(_clock(name, kind, kept) for (kind, name), kept in clocks),
        tuple(_stays(path, stays) for path, stays in states if stays.count),
    )  # fmt: skip


def _clock(name: str, kind: str, kept: Kept) -> ClockKept:
    elapsed = kept.elapsed / kept.over if kept.over else None
    return ClockKept(name, kind, kept.met, kept.late, kept.running, elapsed)


def _stays(path: str, stays: Stays) -> StateStays:
    count = stays.count
    return StateStays(path, count, stays.time / count, stays.waiting / count, stays.working / count)


def _queue_result(who: str, waits: Waits, span: timedelta) -> QueueResult:
    level = waits.level
    return QueueResult(who, _mean(level.area, span), level.most, level.now, waits.dropped, Lengths.of(waits.taken))


def _role(role: str, people: Sequence[PersonResult]) -> PersonResult:
    worked, hours = (sum(times, NO_TIME) for times in zip(*((one.worked, one.hours) for one in people), strict=True))
    return PersonResult(role, len(people), sum(one.done for one in people), worked, hours)


def _slots(simulation: Simulation, end: datetime) -> Iterable[SlotResult]:
    tally, desk = simulation.tally, simulation.desk
    sheet = tally.sheets[simulation.scenario.process.name]
    roles = sorted({role for worker in desk.workers for role in worker.person.actor.roles})
    for number, since, until in tally.slots.parts(simulation.scenario.start, end):
        queues = {who: _part(waits.level, number, until - since) for who, waits in sorted(tally.waits.items())}
        shares = {}
        for role in roles:
            members = [worker for worker in desk.workers if role in worker.person.actor.roles]
            hours = sum((_hours(one.person.calendar, since, until) for one in members), NO_TIME)
            worked = sum((tally.worked.get(one.person.actor.id, {}).get(number, NO_TIME) for one in members), NO_TIME)
            shares[role] = worked / hours if hours else None
        yield SlotResult(
            since, sheet.opened_in[number], sheet.ended_in[number], _part(sheet.open, number, until - since), queues,
            shares,
        )  # fmt: skip


def _part(level: Level, number: int, span: timedelta) -> float:
    return _mean(level.parts.get(number, NO_TIME), span)


def _mean(area: timedelta, span: timedelta) -> float:
    return area / span if span else 0.0


def _hours(calendar: Calendar, since: datetime, until: datetime) -> timedelta:
    try:
        return calendar.elapsed(since, until)
    except CalendarError:
        return NO_TIME


def _rank(ranked: Sequence[int], percent: int) -> int:
    """The smallest that so many percent do not exceed."""
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


# ── as plain data ──────────────────────────────────────────────────────────────────────────────────────────────────


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length / _SECOND, 3)


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)


def _lengths(lengths: Lengths) -> Json:
    return {
        "count": lengths.count, "mean_s": _seconds(lengths.mean), "median_s": _seconds(lengths.median),
        "p90_s": _seconds(lengths.p90),
    }  # fmt: skip


def _cases(one: CaseResult, days: float) -> Json:
    ended = one.done + one.cancelled
    return {
        "version": one.version, "opened": one.opened, "done": one.done, "cancelled": one.cancelled, "open": one.open,
        "ended_per_day": _share(ended / days if days else 0.0), "in_system": _share(one.in_system),
        "length": _lengths(one.lengths), "ends": dict(one.ends),
        "clocks": {name: _kept(clock) for clock in one.clocks if (name := clock.name) and clock.kind == "clock"},
        "limits": {name: _kept(clock) for clock in one.clocks if (name := clock.name) and clock.kind == "limit"},
        "states": {
            stay.state: {
                "count": stay.count, "time_s": _seconds(stay.time), "waiting_s": _seconds(stay.waiting),
                "working_s": _seconds(stay.working),
            } for stay in one.states
        },
    }  # fmt: skip


def _kept(clock: ClockKept) -> Json:
    return {
        "met": clock.met, "late": clock.late, "running": clock.running, "met_share": _share(clock.share),
        "elapsed_s": _seconds(clock.elapsed),
    }  # fmt: skip


def _queue(one: QueueResult) -> Json:
    return {
        "mean": _share(one.mean), "most": one.most, "left": one.left, "dropped": one.dropped,
        "wait": _lengths(one.waits),
    }  # fmt: skip


def _person(one: PersonResult) -> Json:
    return {
        "people": one.people, "done": one.done, "worked_s": _seconds(one.worked), "hours_s": _seconds(one.hours),
        "utilisation": _share(one.utilisation),
    }  # fmt: skip


def _slot(one: SlotResult) -> Json:
    return {
        "start": one.start.isoformat(), "opened": one.opened, "ended": one.ended, "open": _share(one.open),
        "queues": {who: _share(mean) for who, mean in one.queues.items()},
        "roles": {role: _share(share) for role, share in one.roles.items()},
    }  # fmt: skip
