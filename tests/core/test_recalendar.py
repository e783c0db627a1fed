"""
Holidays that come after a case began: what is due after today moves, what has begun stays.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from core.desk import AGENT, MONDAY, Desk, agreed, case_of, desk_of, hours, on_days, process
from minutes import DAY, MINUTE, Rules, Table, rules_near
from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.decide import decide, open_case
from svcflow.core.decision import Refusal
from svcflow.core.event import Migrate, Recalendar, Tick

TUESDAY, WEDNESDAY, FRIDAY = "2026-05-05", "2026-05-06", "2026-05-08"

TIMED = """
escalations: {std: {50%: {notify: agent}, 100%: {notify: boss}}}
escalation: std
sla: {fix: {from: one, until: two, target: 12h}, always: {from: one, until: two, target: 30h on always}}
by: agent
states:
  one: {limit: 2d, after: {3d: two, every 10h: {do: {notify: boss}}}, events: {x: two, hold: held}}
  held: {pause: fix, events: {resume: back}}
  two: {end: done}
"""


def due(desk: Desk, case: Case, key: str) -> datetime | None:
    return stopwatch.due(desk.clock(case, key), desk.of(desk.cases[case.id]).calendars)


def other(desk: Desk, case: Case, days: str) -> Case:
    after = desk.give(case, Recalendar(1, days, AGENT))
    desk.check_replay()
    return after


def test_what_is_to_come_counts_on_the_new_days() -> None:
    desk, case = case_of(TIMED)
    case = other(desk, case, TUESDAY)
    assert due(desk, case, "clock:fix") == MONDAY + hours(48 + 4), "8h on Monday, 4h on Wednesday"
    assert due(desk, case, "clock:always") == MONDAY + hours(30)
    assert due(desk, case, "limit:one") == MONDAY + timedelta(days=3)
    assert case.timers["after:one:3d"].due == MONDAY + timedelta(days=4)
    assert case.timers["after:one:every 10h"].due == MONDAY + hours(48 + 2)
    assert case.timers["clock:fix"].due == MONDAY + hours(6), "half of it is reached today"
    assert case.days == TUESDAY


def test_the_journal_says_who_did_it_and_what_moved() -> None:
    desk, case = case_of(TIMED)
    other(desk, case, WEDNESDAY)
    last = desk.journal[case.id][-1]
    assert (last.kind, last.name, last.actor, last.at) == ("recalendared", "desk", AGENT, MONDAY)
    assert last.detail == {
        "from": "",
        "to": WEDNESDAY,
        "moved": {
            "limit:one": (MONDAY + timedelta(days=2), MONDAY + timedelta(days=3)),
            "after:one:3d": (MONDAY + timedelta(days=3), MONDAY + timedelta(days=4)),
        },
    }


def test_times_that_a_private_date_could_be_read_from_are_not_in_the_journal() -> None:
    desk, case = case_of("""
        fields: {visit: {type: date, private: true}}
        by: agent
        states: {one: {limit: 2d since visit, events: {x: two}}, two: {end: done}}
    """, visit=date(2026, 5, 4))  # fmt: skip
    case = other(desk, case, TUESDAY)
    assert due(desk, case, "limit:one") == MONDAY + timedelta(days=3)
    assert desk.journal[case.id][-1].detail == {"from": "", "to": TUESDAY}


def test_the_same_days_and_days_without_a_difference_change_nothing() -> None:
    desk, case = case_of(TIMED)
    case = other(desk, case, TUESDAY)
    assert other(desk, case, TUESDAY) is case
    desk.turned[desk.of(case), "same"] = desk.of(case)
    desk.turned[desk.versions["desk", 1], "same"] = evolve(desk.of(case), days="same")
    assert other(desk, case, "same") is case


def test_an_ended_case_and_one_of_another_version_stay() -> None:
    desk, case = case_of(TIMED)
    desk.versions["desk", 2] = process(TIMED, version=2)
    assert desk.give(case, Recalendar(2, TUESDAY)) is case
    ended = desk.send(case, "x")
    assert desk.give(ended, Recalendar(1, TUESDAY)) is ended


def test_what_is_overdue_happens_on_the_old_days_first() -> None:
    desk, case = case_of(TIMED)
    desk.now += timedelta(days=1, hours=8)
    case = other(desk, case, FRIDAY)
    first, *fired, last = [entry.kind for entry in desk.journal[case.id]]
    assert (first, set(fired), last) == ("opened", {"timer"}, "recalendared")
    assert due(desk, case, "clock:fix") == MONDAY + hours(24 + 4)
    assert case.clocks["clock:fix"].steps == (("50%", "fired"), ("100%", "fired"))


def test_a_clock_that_rests_goes_on_with_what_it_has_used() -> None:
    desk, case = case_of(TIMED)
    desk.now += hours(3)
    case = other(desk, desk.send(case, "hold"), TUESDAY)
    desk.now += hours(1)
    case = desk.send(case, "resume")
    assert due(desk, case, "clock:fix") == MONDAY + hours(48 + 5)
    assert due(desk, case, "limit:one") == MONDAY + timedelta(days=3, hours=1)
    assert case.timers["after:one:every 10h"].due == MONDAY + hours(48 + 3)
    desk.check_replay()


WINDOW = """
fields: {served: date}
by: agent
states:
  one: {window: 2d..4d since served, events: {x: two}}
  two: {end: done}
"""


def windowed(waited: float) -> tuple[Desk, Case]:
    text = WINDOW.replace("2d..4d since served", "{from: 2d, to: 4d, since: served, count: working}")
    desk, case = case_of(text, served=MONDAY.date())
    desk.wait(hours(waited))
    return desk, desk.cases[case.id]


def test_a_window_that_is_not_open_yet_opens_and_closes_on_the_new_days() -> None:
    desk, case = windowed(0)
    assert case.timers["wait:one"].due == datetime(2026, 5, 6, tzinfo=UTC)
    case = other(desk, case, f"{TUESDAY} {FRIDAY}")
    assert case.timers["wait:one"].due == datetime(2026, 5, 7, tzinfo=UTC)
    assert due(desk, case, "limit:one") == datetime(2026, 5, 13, tzinfo=UTC)
    assert case.cycles == ()
    assert case.clocks["limit:one"].cycle == 1


def test_a_window_that_is_open_stays_open_and_closes_on_the_new_days() -> None:
    desk, case = windowed(50)
    assert "wait:one" not in case.timers
    case = other(desk, case, FRIDAY)
    assert "wait:one" not in case.timers
    assert due(desk, case, "limit:one") == datetime(2026, 5, 12, tzinfo=UTC)
    assert case.clocks["limit:one"].started_at == datetime(2026, 5, 6, tzinfo=UTC)


def test_a_case_that_opens_or_migrates_lives_on_the_days_of_its_process() -> None:
    second = process(TIMED, "migrate: {1: {}}", version=2)
    desk = Desk(second, on_days(process(TIMED), ""))
    desk.newest_of["desk"] = on_days(desk.versions["desk", 1], TUESDAY)
    case = desk.open()
    assert case.days == TUESDAY
    assert due(desk, case, "limit:one") == MONDAY + timedelta(days=3)
    desk.check_replay()
    over = desk.give(case, Migrate(2, days=WEDNESDAY))
    assert (over.version, over.days) == (2, WEDNESDAY)
    assert due(desk, over, "limit:one") == MONDAY + timedelta(days=3)
    desk.check_replay()


def test_a_child_counts_on_days_of_its_own() -> None:
    child = "by: agent\nstates: {one: {limit: 2d, events: {x: two}}, two: {end: done}}"
    desk = desk_of("by: agent\nstates: {one: {run: child, events: {two: end}}, end: {end: done}}", child=child)
    parent = desk.open()
    case = desk.give(desk.child(parent, "one"), Recalendar(1, TUESDAY))
    assert due(desk, case, "limit:one") == MONDAY + timedelta(days=3)
    assert desk.cases[parent.id] == parent
    desk.check_replay()


def test_a_case_alone_counts_on_the_days_of_the_process_it_is_given() -> None:
    old = process(TIMED)
    new = on_days(old, TUESDAY)
    case = agreed(open_case(old, {}, AGENT, MONDAY, id="c1")).case
    moved = agreed(decide(new, case, Recalendar(1, TUESDAY, calendars=old.calendars), MONDAY))
    assert moved.journal[0].detail["moved"]["limit:one"][1] == MONDAY + timedelta(days=3)
    assert agreed(decide(new, case, Recalendar(1, TUESDAY), MONDAY)).case == moved.case
    refused = decide(new, case, Recalendar(1, TUESDAY), MONDAY + timedelta(days=4))
    assert isinstance(refused, Refusal)
    assert (refused.event, refused.code) == ("recalendar", "migration")
    later = MONDAY + timedelta(days=1, hours=4, minutes=1)
    caught_up = agreed(decide(old, case, Tick(), later)).case
    assert agreed(decide(new, caught_up, Recalendar(1, WEDNESDAY), later)).case.days


METERED = """
sla: {fix: {from: one, until: two, target: MINUTESmin}}
by: agent
states:
  one: {limit: MINUTESmin, after: {MINUTESmin: {do: {notify: boss}}}, events: {x: two}}
  two: {end: done}
"""
NEAR = st.frozensets(st.integers(-4, 8), max_size=5)


def other_rules(rules: Rules, odd: datetime, first: date, off: frozenset[int], makeup: frozenset[int]) -> Rules:
    """
    The same rules up to a date; from then on, days near an odd moment are off, or made up for.
    """

    def near(old: frozenset[date], days: frozenset[int]) -> frozenset[date]:
        new = frozenset(odd.date() + timedelta(days=day) for day in days)
        return frozenset(day for day in old if day < first) | frozenset(day for day in new if day >= first)

    return evolve(rules, off=near(rules.off, off), makeup=near(rules.makeup, makeup))


@given(
    drawn=rules_near(), off=NEAR, makeup=NEAR, minutes=st.integers(1, 3000), waited=st.integers(0, 5 * 1440),
)  # fmt: skip
def test_a_due_time_is_the_one_that_a_meter_of_minutes_finds_on_the_new_days(
    drawn: tuple[Rules, datetime], off: frozenset[int], makeup: frozenset[int], minutes: int, waited: int
) -> None:
    rules, odd = drawn
    opened = odd - 2 * DAY
    now = opened + waited * MINUTE
    new = other_rules(rules, odd, now.astimezone(rules.zone).date() + DAY, off, makeup)
    expected = Table(new, opened, 20).due(opened, minutes)
    assume(expected is not None)
    assert expected is not None
    old = evolve(process(METERED.replace("MINUTES", str(minutes))), calendars={"office": rules.calendar("office")})
    desk = Desk(old, now=opened)
    desk.turned[old, "new"] = evolve(old, calendars={"office": new.calendar("office")}, days="new")
    case = desk.open()
    desk.wait(waited * MINUTE)
    case = other(desk, desk.cases[case.id], "new")
    assert due(desk, case, "clock:fix") == due(desk, case, "limit:one") == expected
    spent = expected <= now
    assert case.timers[f"after:one:{minutes}min"].due == (None if spent else expected)
    used = stopwatch.elapsed(case.clocks["clock:fix"], desk.of(case).calendars, now)
    assert used == Table(rules, opened, 20).elapsed(opened, now) * MINUTE
