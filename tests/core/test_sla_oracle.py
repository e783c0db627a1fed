"""
SLA clocks of a case, judged by a meter that reads its journal and counts minutes of an office one by one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.desk import AGENT, MONDAY, SLA, case_of
from svcflow.core import clock as stopwatch
from svcflow.core.event import Event

EVENTS = ("accept", "wait", "check", "close", "answered", "reopen", "fail", "bury", "drop", "set", "inform")
PRIORITIES = ("P1", "P2")


def office_minutes(start: datetime, end: datetime) -> int:
    """
    Minutes from 9 to 17 UTC, Monday to Friday, between two whole minutes; by looking at each.
    """
    found = 0
    while start < end:
        found += start.weekday() < 5 and 9 <= start.hour < 17
        start += timedelta(minutes=1)
    return found


class Meter:
    """
    Reads a journal and counts the working minutes of `fix` in the process SLA, knowing its rules by heart.
    """

    def __init__(self) -> None:
        self.on, self.still, self.minutes, self.since = False, False, 0, MONDAY

    def read(self, at: datetime, entered: tuple[str, ...]) -> None:
        self.count(at)
        for state in entered:
            if state in {"checked", "closed", "buried", "dropped"}:
                self.on = False
            elif state in {"new", "work"} and not self.on:
                self.on, self.minutes = True, 0
            self.still = state == "waiting"

    def count(self, at: datetime) -> None:
        if self.on and not self.still:
            self.minutes += office_minutes(self.since, at)
        self.since = at


@given(
    run=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 4000), st.sampled_from(PRIORITIES)), max_size=15),
)
def test_a_clock_counts_what_a_meter_counts(run: list[tuple[str, int, str]]) -> None:
    desk, case = case_of(SLA)
    meter = Meter()
    meter.read(MONDAY, ("new",))
    for event, minutes, choice in run:
        desk.wait(timedelta(minutes=minutes))
        fields = {"p": choice} if event in {"fail", "set"} else {}
        seen = len(desk.journal[case.id])
        desk.try_give(desk.cases[case.id], Event(event, fields, AGENT))
        for entry in desk.journal[case.id][seen:]:
            for move in entry.moves:
                meter.read(entry.at, move.entered)
        case = desk.cases[case.id]
        meter.count(case.moved_at if case.ended else desk.now)
        fix = desk.clock(case, "clock:fix")
        used = stopwatch.elapsed(fix, desk.of(case).calendars, desk.now)
        assert used == timedelta(minutes=meter.minutes)
        assert (fix.state == "running") == (meter.on and not meter.still)
