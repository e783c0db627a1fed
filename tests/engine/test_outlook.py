"""An engine says when it counts into years whose days off nobody has announced."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.desk import LI
from minutes import Listed
from svcflow import language
from svcflow.clocks import ManualClock
from svcflow.core.process import Process
from svcflow.engine import Engine

SUMMER = datetime(2026, 6, 1, 9, tzinfo=UTC)
LATE_IN_THE_YEAR = datetime(2026, 12, 30, 9, tzinfo=UTC)
FIRST = date(2026, 1, 1)

TEXT = """
process: shop
version: 1
roles: [agent]
fields: {visit: datetime, level: gold | silver}
calendars:
  office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}, holidays: CN}
  law: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}, holidays: DE}
calendar: office
anywhere: {plan: {to: here, by: agent, ask: visit}}
states:
  received:
    by: agent
    TIMES
    events: {done: closed, hold: held}
  held: {by: agent, events: {resume: back}}
  closed: {end: done}
"""


def known(code: str) -> Listed:
    return Listed(frozenset({FIRST}), name=code, valid_through=2026 if code == "CN" else None)


def shop(times: str) -> Process:
    return language.compile_sources({"shop.yaml": TEXT.replace("TIMES", times)}, "shop.yaml", holidays=known)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was logged since it was asked for last: the beginning of each line."""

    def lines() -> list[str]:
        found = [record.getMessage().split(",")[0] for record in caplog.records if record.levelno == logging.WARNING]
        caplog.clear()
        return found

    return lines


CN = ["the holidays CN are announced or certain through 2026 only"]


@pytest.mark.parametrize(
    ("times", "summer", "winter"),
    [
        ("limit: 3d", [], CN),
        ("limit: 4h", [], []),
        ("limit: 1y", CN, CN),
        ("limit: 1y on law", [], []),
        ("limit: {per: level, table: {gold: 1h, default: 7mo}}", CN, CN),
        ("window: 2d..5d since visit", [], CN),
        ("after: {every 2w: {do: {notify: agent}}}", [], CN),
        ("after: {100y on always: closed}", [], []),
    ],
)
def test_publishing_says_whether_times_come_to_a_year_that_is_not_announced(
    told: Callable[[], list[str]], times: str, summer: list[str], winter: list[str]
) -> None:
    for now, expected in ((SUMMER, summer), (LATE_IN_THE_YEAR, winter)):
        Engine(clock=ManualClock(now), holidays=known).publish(shop(times))
        assert told() == expected


@pytest.mark.parametrize(
    "times",
    ["limit: 4h since visit", "after: {4h since visit: closed}", "wait: 4h since visit", "window: 0d..1d since visit"],
)
def test_a_time_that_a_case_brings_into_such_a_year_is_told_once(
    told: Callable[[], list[str]], times: str
) -> None:  # fmt: skip
    engine = Engine(clock=ManualClock(SUMMER), holidays=known)
    engine.publish(shop(times))
    cases = [engine.open("shop", {"visit": SUMMER}, actor=LI) for _ in range(2)]
    assert told() == []
    for case in cases:
        engine.send(case.id, "plan", {"visit": datetime(2026, 12, 31, 16, tzinfo=UTC) + timedelta(days=1)}, actor=LI)
    assert told() == CN


def test_a_timer_that_rests_is_due_in_no_year(told: Callable[[], list[str]]) -> None:
    engine = Engine(clock=ManualClock(SUMMER), holidays=known)
    engine.publish(shop("after: {6mo: closed}"))
    case = engine.open("shop", actor=LI)
    engine.send(case.id, "hold", actor=LI)
    assert told() == []
