"""R1: a case that time opens begins on what was the newest then, however late somebody writes it."""

from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta

import pytest

from engine.desk import MONDAY
from svcflow.clocks import ManualClock
from svcflow.core.calendar import YearDays
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.language import compile_sources

HOUR = timedelta(hours=1)
LI = Actor("li", roles={"clerk"})
HEAD = """
version: 1
roles: [clerk]
calendar: always
by: clerk
"""
VISIT = f"""process: visit{HEAD}
states:
  planned: {{after: {{4h on always: asking}}, events: {{ask: asking}}}}
  asking: {{do: {{start: invoice}}, run: survey, events: {{over: done}}}}
  done: {{end: done}}
"""
SURVEY = f"""process: survey{HEAD}
states:
  calling: {{events: {{hang_up: over}}}}
  over: {{end: done}}
"""
INVOICE = f"""process: invoice{HEAD}
calendars: {{office: {{timezone: UTC, hours: {{mon-fri: [09:00-17:00]}}, holidays: DE}}}}
states:
  sent: {{limit: 5d on office, events: {{paid: over}}}}
  over: {{end: done}}
"""
TEXTS = {"visit.yaml": VISIT, "survey.yaml": SURVEY, "invoice.yaml": INVOICE}


class Days:
    """Holidays that may change: one day in March."""

    def __init__(self) -> None:
        self.name, self.off = "DE", 4
        self.valid_through = None

    def days(self, year: int) -> YearDays:
        return YearDays(frozenset({date(year, 3, self.off)}))


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def desk(url: str, clock: ManualClock, days: Days) -> Iterator[Engine]:
    with Engine(url, clock=clock, holidays=lambda _code: days) as engine:
        _publish(engine, days)
        yield engine


def _publish(engine: Engine, days: Days, version: int = 1, only: Collection[str] = tuple(TEXTS)) -> None:
    texts = {name: text.replace("version: 1", f"version: {version}") for name, text in TEXTS.items()}
    engine.publish(*(compile_sources(texts, name, holidays=lambda _code: days) for name in only))


def _newer(engine: Engine, days: Days) -> None:
    _publish(engine, days, 2)


def _other_days(engine: Engine, days: Days) -> None:
    days.off = 5
    engine.recalendar()


def _brought_over(engine: Engine, days: Days) -> None:
    texts = {name: text.replace("version: 1", "version: 2") + "migrate: {1: {}}\n" for name, text in TEXTS.items()}
    engine.publish(*(compile_sources(texts, name, holidays=lambda _code: days) for name in texts))
    for name in ("visit", "survey", "invoice"):
        engine.migrate(name, from_version=1)


def _play(engine: Engine, days: Days, change: Callable[[Engine, Days], None], *, prompt: bool) -> None:
    """A visit is forgotten for four hours; an hour later something changes, and another one later a worker comes."""
    clock = engine.clock
    assert isinstance(clock, ManualClock)
    engine.open("visit", actor=LI, id="v")
    for _ in range(5):
        clock.advance(HOUR)
        if prompt:
            engine.tick()
    change(engine, days)
    clock.advance(HOUR)
    engine.tick()


@pytest.mark.parametrize("change", [_newer, _other_days, _brought_over])
def test_nobody_sees_how_late_the_worker_was(desk: Engine, days: Days, change: Callable[[Engine, Days], None]) -> None:
    _play(desk, days, change, prompt=False)
    spared = Days()
    with Engine(clock=ManualClock(MONDAY), holidays=lambda _code: spared) as other:
        _publish(other, spared)
        _play(other, spared, change, prompt=True)
        ours, theirs = ({case.id: case for case in one.cases()} for one in (desk, other))
        assert {case.process for case in ours.values()} == {"visit", "survey", "invoice"}
        assert ours == theirs
        assert [desk.journal(case) for case in ours] == [other.journal(case) for case in ours]
    assert desk.verify().broken == ()


def test_a_case_that_time_opens_begins_on_the_version_of_then(desk: Engine, days: Days) -> None:
    _play(desk, days, _newer, prompt=False)
    assert {(case.process, case.version) for case in desk.cases()} == {("visit", 1), ("survey", 1), ("invoice", 1)}
    assert desk.open("invoice", actor=LI).version == 2


def test_an_event_opens_cases_on_the_newest_version(desk: Engine, days: Days) -> None:
    desk.open("visit", actor=LI, id="v")
    _newer(desk, days)
    desk.send("v", "ask", actor=LI)
    assert {(case.process, case.version) for case in desk.cases()} == {("visit", 1), ("survey", 2), ("invoice", 2)}


def test_times_before_anything_was_published_know_what_came_with_the_process(
    desk: Engine, days: Days, clock: ManualClock
) -> None:
    clock.advance(HOUR)
    _newer(desk, days)
    clock.advance(HOUR)
    _publish(desk, days, 3, ["survey.yaml"])
    case = desk.open("visit", actor=LI, at=MONDAY - 9 * HOUR)
    desk.tick()
    assert desk.case(desk.case(case.id).children["asking"]).version == 2
