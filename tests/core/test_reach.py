"""
How far ahead the times of a process come.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.desk import MONDAY, hours, process
from svcflow.core.moments import reach

TEXT = """
fields: {p: P1 | P2, visit: datetime}
targets: {speed: {per: p, table: {P1: 1h, P2: 3h}}}
sla: {fix: {from: one, until: two, target: speed}}
by: agent
states:
  one: {wait: 30min, events: {x: two}, after: {2d on always since visit: two}}
  two: {TIMES, events: {y: three}}
  three: {end: done}
"""


def test_each_calendar_is_reached_as_far_as_the_longest_time_on_it() -> None:
    assert reach(process(TEXT.replace("TIMES, ", "")), MONDAY) == {
        "always": MONDAY + timedelta(days=2),
        "office": MONDAY + hours(3),
    }


def test_a_window_reaches_to_its_end() -> None:
    desk = process(TEXT.replace("TIMES", "window: 2d..4d since visit"))
    assert reach(desk, MONDAY)["office"] == datetime(2026, 5, 9, tzinfo=UTC)


def test_a_time_that_no_calendar_knows_reaches_nowhere() -> None:
    late = datetime(9990, 5, 4, 9, tzinfo=UTC)
    desk = process(TEXT.replace("TIMES", "limit: 50y"))
    assert reach(desk, late)["office"] == late + hours(3)
