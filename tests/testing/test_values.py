from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minutes import MINUTE, Rules
from svcflow import catalog
from svcflow.core.calendar import Calendar
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.form import read_form
from svcflow.core.history import rebuild
from svcflow.core.machine import Chart
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.testing.pure import Known
from svcflow.testing.stage import Stage
from svcflow.testing.strategies import History, actors, calendars, charts, contexts, histories, instants

PROCESSES = (catalog.service_ticket, catalog.complaint, catalog.callback)
MICROSECOND = timedelta(microseconds=1)
CALLBACK = Stage.of(catalog.callback)


def ruled(calendar: Calendar) -> Rules:
    """The same calendar for the oracle that looks at every minute."""

    def plain(shifts: object) -> tuple[tuple[int, int], ...]:
        return tuple((shift.start, shift.end) for shift in shifts)  # type: ignore[attr-defined]  # shifts they are

    assert isinstance(calendar.zone, ZoneInfo)
    days = [] if calendar.holidays is None else [calendar.holidays.days(year) for year in range(2010, 2030)]
    return Rules(
        calendar.zone,
        {day: plain(shifts) for day, shifts in enumerate(calendar.weekly)},
        off=frozenset(day for year in days for day in year.off),
        makeup=frozenset(day for year in days for day in year.makeup),
        makeup_hours=plain(calendar.makeup),
        exceptions={day: plain(shifts) for day, shifts in calendar.exceptions},
        workdays=calendar.workdays,
    )


@pytest.mark.parametrize("process", PROCESSES, ids=lambda one: one.name)
@settings(max_examples=20)
@given(data=st.data())
def test_a_form_takes_every_context(process: Process, data: st.DataObject) -> None:
    ask = process.opening.ask
    context = data.draw(contexts(process, ask=ask))
    _, problems = read_form(process.fields, ask, tuple(process.fields), context)
    assert problems == {}
    assert context.keys() >= {*ask}


@given(actors(catalog.service_ticket))
def test_people_have_roles_of_the_process(actor: Actor) -> None:
    assert actor.roles <= catalog.service_ticket.roles | SYSTEM.roles


@given(calendars(), st.integers(0, 20 * 1440))
def test_a_drawn_calendar_opens_and_is_what_the_minutes_say(calendar: Calendar, minutes: int) -> None:
    days = [day for day, _ in calendar.exceptions] or [datetime(2026, 3, 20, tzinfo=UTC).date()]
    near = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC) - timedelta(days=10)
    at = calendar.next_open(near + minutes * MINUTE)
    assert calendar.is_open(at)
    assert ruled(calendar).open_at(at)
    assert ruled(calendar).open_at(near + minutes * MINUTE) == calendar.is_open(near + minutes * MINUTE)


@given(st.data())
def test_every_instant_is_a_turn_or_a_microsecond_beside_one(data: st.DataObject) -> None:
    calendar = data.draw(calendars())
    rules = ruled(calendar)
    found = data.draw(instants(calendar, since=datetime(2026, 3, 20, tzinfo=UTC), days=30))
    at = (found + MICROSECOND).replace(second=0, microsecond=0)
    before, shown = (one.astimezone(rules.zone) for one in (at - MINUTE, at))
    turns = rules.open_at(at) != rules.open_at(at - MINUTE)
    assert turns or before.utcoffset() != shown.utcoffset() or before.date() != shown.date()
    assert abs(found - at) <= MICROSECOND


@settings(max_examples=10)
@given(instants(catalog.service_ticket))
def test_the_instants_of_a_process_are_those_of_its_calendars(at: datetime) -> None:
    assert at.tzinfo is UTC
    assert datetime(2026, 3, 1, tzinfo=UTC) <= at <= datetime(2027, 5, 1, tzinfo=UTC)


@settings(max_examples=30)
@given(histories(CALLBACK))
def test_a_history_is_a_case_and_the_journal_that_makes_it(history: History) -> None:
    assert rebuild(Known([history.process]), history.journal) == history.case
    times = [entry.at for entry in history.journal]
    assert times == sorted(times)


@settings(max_examples=30)
@given(charts())
def test_every_chart_can_be_entered(chart: Chart) -> None:
    assert statechart.start(chart).after.leaves


@settings(max_examples=30)
@given(charts(parallel=False))
def test_without_regions_a_case_is_in_one_state(chart: Chart) -> None:
    assert len(statechart.start(chart).after.leaves) == 1
