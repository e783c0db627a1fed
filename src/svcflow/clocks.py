"""The one place that knows what time it is: everything else is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from svcflow.errors import InputError


class Clock(Protocol):
    """Tells the time. Everything the engine writes carries the instant that its clock gave."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """
    A clock that stands still until it is moved: for tests, examples and simulations.

    Raises:
        InputError: If the start is naive.
    """

    def __init__(self, start: datetime) -> None:
        self._now = utc(start)

    def now(self) -> datetime:
        """The instant it was set to, aware and in UTC."""
        return self._now

    def advance(self, length: timedelta) -> datetime:
        """
        Move on by `length` and return the new instant.

        Raises:
            InputError: If `length` is negative; use `set` to go back on purpose.
        """
        if length < timedelta():
            raise InputError(f"a clock advances, it does not go back by {-length}; use set() to go back on purpose")
        self._now += length
        return self._now

    def set(self, instant: datetime) -> datetime:
        """
        Show this instant from now on, and return it in UTC.

        Raises:
            InputError: If it is naive.
        """
        self._now = utc(instant)
        return self._now


def utc(instant: datetime) -> datetime:
    """
    The same instant in UTC.

    Raises:
        InputError: If it is naive: which instant it names would depend on the machine; if it is no time, or in UTC none
            of the years 1 to 9999.
    """
    if not isinstance(instant, datetime):
        raise InputError(f"{instant!r} is no datetime; give an aware one, for example with tzinfo=UTC")
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise InputError(f"{instant.isoformat()} has no time zone; give an aware datetime, for example with tzinfo=UTC")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise InputError(f"{instant.isoformat()} is in UTC beyond the years 1 to 9999") from None
