"""Which of two times is over first: by hand, and against single moments of several years as the engine counts them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.moments import promised
from svcflow.core.promise import Time
from svcflow.language.checks import Project
from svcflow.language.compiled import Compiled
from svcflow.language.files import Texts

DESK = """
process: desk
version: 1
calendar: office
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: [09:00-12:00, 13:00-17:00], sat: [09:00-12:00]}, days: mon-fri}
  china: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}, holidays: CN, makeup: [09:00-17:00]}
  daily: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}, days: mon-sun}
states: {new: {limit: 1d on china, after: {1d on daily: over}}, over: {end: done}}
"""
COMPILED = Project(Texts({"desk.yaml": DESK})).compiled("desk.yaml").compiled


def desk() -> Compiled:
    assert COMPILED is not None
    return COMPILED


def time(text: str) -> Time:
    """Read `2d on office since x`."""
    words = text.split()
    tail = dict(zip(words[1::2], words[2::2], strict=True))
    digits = "".join(filter(str.isdecimal, words[0]))
    return Time(int(digits), words[0].removeprefix(digits), tail.get("on", "office"), tail.get("since"))  # type: ignore[arg-type] # the unit of a text


@pytest.mark.parametrize(
    ("one", "sooner", "no_later", "other"),
    [
        ("1h", True, True, "2h"),
        ("1h", False, True, "1h"),
        ("1h", False, False, "1h since opened_at"),
        # A working week has five days here.
        ("1w", True, True, "6d"),
        ("5d", False, True, "1w"),
        ("6d", False, False, "1w"),
        ("11mo", True, True, "1y"),
        ("12mo", False, True, "1y"),
        ("1y", False, False, "11mo"),
        # Over a weekend a day may be shorter than nine hours.
        ("9h", False, False, "1d"),
        ("9h", True, True, "3d"),
        # Friday evening: the first and the second date come to the same opening.
        ("1d on daily", False, True, "2d on daily"),
        ("24h on always", False, True, "24h on always"),
        ("8h on always", False, False, "1h"),
        # Only the long holidays of October make five working days so long.
        ("5d on china", False, False, "13d on always"),
        ("5d on china", True, True, "20d on always"),
    ],
)
def test_one_time_is_over_before_another_only_where_that_is_certain(
    one: str,
    sooner: bool,  # noqa: FBT001
    no_later: bool,  # noqa: FBT001
    other: str,
) -> None:
    lasting = desk().lasting
    first, second = time(one), time(other)
    assert (lasting.sooner(first, second), lasting.no_later(first, second)) == (sooner, no_later)


def test_a_date_is_shorter_than_its_hours_in_spring_and_longer_in_autumn() -> None:
    text = DESK[: DESK.index("  china:")] + "states: {new: {limit: 1d on always}, over: {end: done}}\n"
    compiled = Project(Texts({"desk.yaml": text})).compiled("desk.yaml").compiled
    assert compiled is not None
    day, hours = time("1d on always"), time("24h on always")
    assert not compiled.lasting.no_later(day, hours)
    assert not compiled.lasting.no_later(hours, day)
    assert compiled.lasting.no_later(day, time("25h on always"))
    assert not compiled.lasting.sooner(day, time("25h on always"))


LENGTHS = ("30min", "4h", "8h", "9h", "24h", "40h", "1d", "2d", "3d", "5d", "1w", "2w", "1mo", "1y")
times = st.builds(lambda length, on: time(f"{length} on {on}"), st.sampled_from(LENGTHS),
                  st.sampled_from(("office", "china", "daily", "always")))  # fmt: skip
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@given(one=times, other=times, minutes=st.lists(st.integers(0, 2 * 366 * 24 * 60), min_size=1, max_size=30))
def test_what_is_said_of_two_times_holds_at_every_moment(one: Time, other: Time, minutes: list[int]) -> None:
    lasting, process = desk().lasting, desk().process
    sooner, no_later = lasting.sooner(one, other), lasting.no_later(one, other)
    assert no_later or not sooner
    for minute in minutes:
        start = BEGIN + timedelta(minutes=minute)
        first, second = promised(process, one, {}, start), promised(process, other, {}, start)
        assert first is not None
        assert second is not None
        assert first.opens < second.opens or not sooner
        assert first.opens <= second.opens or not no_later
