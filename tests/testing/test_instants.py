"""
Instants at which something may change, judged by wall clocks that are looked at minute by minute.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from minutes import DAY, MINUTE, Rules, rules_near
from svcflow import Actor, catalog
from svcflow.testing import Stage, instants
from svcflow.testing.pure import Known, Pure


@settings(max_examples=25)
@given(rules_near(), st.integers(-2, 3))
def test_edges_are_where_the_shifts_of_a_date_begin_and_end(drawn: tuple[Rules, datetime], days: int) -> None:
    rules, odd = drawn
    day = odd.date() + days * DAY
    shown = [datetime.combine(day, time()) + minute * MINUTE for shift in rules.hours(day) for minute in shift]
    edges = set(instants.edges(rules.calendar(), day))
    assert edges >= {rules.first(wall) for wall in shown}
    assert all(at.astimezone(rules.zone).replace(tzinfo=None) in shown for at in edges - {*map(rules.first, shown)})


@settings(max_examples=25)
@given(rules_near())
def test_a_calendar_opens_and_closes_at_edges_and_when_clocks_change_alone(drawn: tuple[Rules, datetime]) -> None:
    rules, odd = drawn
    calendar, since, day = rules.calendar(), odd - DAY, odd.date()
    edges = {at for number in range(-3, 4) for at in instants.edges(calendar, day + number * DAY)}
    edges |= set(instants.changes(rules.zone, since, 3 * DAY))
    minutes = [since + number * MINUTE for number in range(2 * 1440)]
    opened = [rules.open_at(at) for at in minutes]
    assert {at for at, (before, now) in zip(minutes[1:], pairwise(opened), strict=True) if before != now} <= edges


@given(rules_near())
def test_clocks_change_where_they_are_otherwise_ahead_than_a_minute_before(drawn: tuple[Rules, datetime]) -> None:
    rules, odd = drawn
    since = odd - DAY
    minutes = [since + number * MINUTE for number in range(1, 3 * 1440)]
    ahead = pairwise(at.astimezone(rules.zone).utcoffset() for at in (since, *minutes))
    changed = [at for at, (before, now) in zip(minutes, ahead, strict=True) if before != now]
    assert list(instants.changes(rules.zone, since, 3 * DAY - MINUTE)) == changed


@given(rules_near())
def test_odd_dates_have_other_hours_than_their_weekday(drawn: tuple[Rules, datetime]) -> None:
    rules, odd = drawn
    days = [odd.date() + number * DAY for number in range(-5, 6)]
    wanted = [day for day in days if sorted(rules.hours(day)) != sorted(rules.weekly.get(day.weekday(), ()))]
    assert list(instants.odd_dates(rules.calendar(), days[0], len(days))) == wanted


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_month_ends_where_the_next_date_is_a_first(day: date) -> None:
    days = [day + number * DAY for number in range(120)]
    assert list(instants.month_ends(day)) == [one for one in days if (one + DAY).day == 1][:3]


def test_promises_are_when_escalation_steps_happen() -> None:
    stage = Stage.of(catalog.service_ticket)
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    pure = Pure(Known(stage.processes.values()), start)
    form = {"customer": "acme", "phone": "1", "fault": "none", "contract": "gold"}
    pure.open("service_ticket", form, actor=Actor("li", roles={"agent"}), case="case")
    promised = set(instants.promises(stage.process, pure.cases["case"]))
    due = set(instants.timers(pure.cases["case"]))
    pure.wait(start + timedelta(days=60))
    happened = [entry.at for entry in pure.journal["case"] if entry.kind == "timer"]
    assert set(happened) == promised
    assert min(due) == min(happened)
