from datetime import UTC, datetime, timedelta, timezone

import pytest

from svcflow.clocks import ManualClock, SystemClock, utc
from svcflow.errors import InputError

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_the_system_clock_speaks_utc_and_goes_on() -> None:
    clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert clock.now() >= first


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(NOON)
    assert clock.now() == clock.now() == NOON
    assert clock.advance(timedelta(hours=1)) == clock.now() == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert clock.set(NOON) == clock.now() == NOON


def test_a_manual_clock_does_not_advance_backwards() -> None:
    clock = ManualClock(NOON)
    with pytest.raises(InputError, match="does not go back by 0:00:01"):
        clock.advance(timedelta(seconds=-1))
    assert clock.now() == NOON


def test_any_zone_becomes_utc_and_no_zone_is_an_error() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert utc(datetime(2026, 3, 2, 20, 0, tzinfo=shanghai)) == NOON
    assert ManualClock(datetime(2026, 3, 2, 20, 0, tzinfo=shanghai)).now().tzinfo is UTC
    with pytest.raises(InputError, match="has no time zone"):
        ManualClock(datetime(2026, 3, 2, 12, 0))  # noqa: DTZ001 - the mistake under test
