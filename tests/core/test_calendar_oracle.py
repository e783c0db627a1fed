"""Calendars against the wall clock of every single minute, where zones do odd things."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minutes import DAY, MINUTE, Rules, Table, rules_near
from svcflow.core.calendar import Calendar, NeverOpen

BACK, AHEAD = 2, 3
offsets = st.integers(-BACK * 1440, AHEAD * 1440)
lengths = st.integers(0, 2 * 1440)
places = rules_near()


def table(rules: Rules, odd: datetime) -> tuple[Calendar, Table]:
    return rules.calendar(), Table(rules, odd - BACK * DAY, BACK + AHEAD)


@given(places, offsets)
def test_it_is_open_when_the_wall_clock_says_so(place: tuple[Rules, datetime], offset: int) -> None:
    rules, odd = place
    at = odd + offset * MINUTE
    assert rules.calendar().is_open(at) == rules.open_at(at)


@given(places, offsets, offsets)
def test_elapsed_counts_the_open_minutes(place: tuple[Rules, datetime], one: int, other: int) -> None:
    calendar, minutes = table(*place)
    start, end = sorted((place[1] + one * MINUTE, place[1] + other * MINUTE))
    expected = minutes.elapsed(start, end) * MINUTE
    assert calendar.elapsed(start, end) == expected
    assert calendar.elapsed(end, start) == -expected


@given(places, offsets, lengths)
def test_due_is_the_first_minute_by_which_so_many_were_open(
    place: tuple[Rules, datetime], offset: int, length: int
) -> None:
    calendar, minutes = table(*place)
    start = place[1] + offset * MINUTE
    expected = minutes.due(start, length)
    if expected is not None:
        assert calendar.due(start, length * MINUTE) == expected
    else:
        assert due_or_never(calendar, start, length * MINUTE) > place[1] + AHEAD * DAY


@given(places, offsets, lengths)
def test_before_is_the_last_minute_from_which_so_many_were_open(
    place: tuple[Rules, datetime], offset: int, length: int
) -> None:
    calendar, minutes = table(*place)
    end = place[1] + offset * MINUTE
    expected = minutes.before(end, length)
    try:
        found = calendar.before(end, length * MINUTE)
    except NeverOpen:
        found = place[1] - 9999 * DAY
    assert found == expected if expected is not None else found < place[1] - BACK * DAY


@given(places, offsets)
def test_next_open_is_the_first_open_minute(place: tuple[Rules, datetime], offset: int) -> None:
    calendar, minutes = table(*place)
    at = place[1] + offset * MINUTE
    expected = minutes.next_open(at)
    try:
        found = calendar.next_open(at)
    except NeverOpen:
        found = place[1] + 9999 * DAY
    assert found == expected if expected is not None else found >= place[1] + AHEAD * DAY


@given(places, offsets, st.integers(-6, 6))
def test_days_keep_the_wall_clock_time_and_count_working_dates(
    place: tuple[Rules, datetime], offset: int, days: int
) -> None:
    rules, odd = place
    calendar, start = rules.calendar(), odd + offset * MINUTE
    shown = start.astimezone(rules.zone).replace(tzinfo=None)
    day, left = shown.date(), abs(days)
    for _ in range(60):
        if left == 0:
            break
        day += DAY if days > 0 else -DAY
        left -= rules.working(day)
    if left:
        return
    expected = rules.first(datetime.combine(day, shown.time())) if days else start
    for _ in range(20 * 1440):
        if rules.open_at(expected):
            assert calendar.add_days(start, days) == expected
            return
        expected += MINUTE


@given(places, offsets, st.integers(0, 4), st.integers(0, 3), st.booleans(), st.booleans())
def test_windows_go_from_the_start_of_a_date_to_the_end_of_another(
    place: tuple[Rules, datetime],
    offset: int,
    first: int,
    more: int,
    working: bool,  # noqa: FBT001
    roll: bool,  # noqa: FBT001
) -> None:
    rules, odd = place
    trigger = odd + offset * MINUTE
    dates = [trigger.astimezone(rules.zone).date()]
    for _ in range(120):
        day = dates[-1] + DAY
        while working and not rules.working(day) and day < odd.date() + 300 * DAY:
            day += DAY
        dates.append(day)
    opens, closes = dates[first], dates[first + more]
    while roll and not rules.hours(closes) and closes < odd.date() + 300 * DAY:
        closes += DAY
    if max(opens, closes) >= odd.date() + 300 * DAY:
        return
    expected = rules.begin(opens), rules.begin(closes + DAY)
    assert rules.calendar().window(trigger, first, first + more, working=working, roll=roll) == expected


@given(places, offsets, st.timedeltas(timedelta(0), 400 * DAY), st.timedeltas(timedelta(0), 400 * DAY))
def test_waiting_twice_is_waiting_once(
    place: tuple[Rules, datetime], offset: int, one: timedelta, other: timedelta
) -> None:
    calendar, start = place[0].calendar(), place[1] + offset * MINUTE
    together = due_or_never(calendar, start, one + other)
    if together != NEVER:
        assert calendar.due(calendar.due(start, one), other) == together


@given(places, offsets, st.timedeltas(timedelta(microseconds=1), 400 * DAY))
def test_due_and_before_undo_each_other_to_the_microsecond(
    place: tuple[Rules, datetime], offset: int, length: timedelta
) -> None:
    calendar, start = place[0].calendar(), place[1] + offset * MINUTE
    due = due_or_never(calendar, start, length)
    if due == NEVER:
        return
    assert calendar.elapsed(start, due) == length
    assert calendar.elapsed(start, due - timedelta(microseconds=1)) < length
    latest = calendar.before(due, length)
    assert latest >= start
    assert calendar.elapsed(latest, due) == length
    assert calendar.elapsed(latest + timedelta(microseconds=1), due) < length


@given(places, st.lists(st.timedeltas(-3000 * DAY, 3000 * DAY), min_size=3, max_size=3))
def test_elapsed_adds_up_over_the_years(place: tuple[Rules, datetime], offsets: list[timedelta]) -> None:
    calendar = place[0].calendar()
    one, two, three = (place[1] + offset for offset in offsets)
    assert calendar.elapsed(one, two) + calendar.elapsed(two, three) == calendar.elapsed(one, three)


NEVER = datetime.fromisoformat("9000-01-01T00:00:00+00:00")


def due_or_never(calendar: Calendar, start: datetime, length: timedelta) -> datetime:
    try:
        return calendar.due(start, length)
    except NeverOpen:
        return NEVER
