"""When a clock ran: stretches of time, each measured on one calendar, and the work counted in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from attrs import frozen

from svcflow.core.calendar import Calendar
from svcflow.core.dates import NO_TIME
from svcflow.core.quick import quick


@frozen
class Segment:
    """
    A stretch in which a clock ran, measured on one calendar (a key). `end` is None while it is running.

    `worked` is the work in it where that was written down, because the key means another calendar since.
    """

    start: datetime
    end: datetime | None
    calendar: str
    worked: timedelta | None = None

    def work(self, calendars: Mapping[str, Calendar], now: datetime) -> timedelta:
        """The work in it up to now; one that begins in the future has none yet."""
        if self.worked is not None:
            return self.worked
        end = now if self.end is None else self.end
        return calendars[self.calendar].elapsed(self.start, end) if end > self.start else NO_TIME


Segments = tuple[Segment, ...]

_segment = quick(Segment)


def begin(at: datetime, calendar: str) -> Segments:
    """Run from a moment on."""
    return (_segment(at, None, calendar),)


def close(segments: Segments, at: datetime) -> Segments:
    """End the open segment, not before it began."""
    last = segments[-1]
    if last.end is not None:
        return segments
    return (*segments[:-1], _segment(last.start, max(at, last.start), last.calendar))


def reopen(segments: Segments, at: datetime, calendar: str) -> Segments:
    """Begin a segment, not before the last one ended: a clock that begins in the future still does."""
    return (*segments, _segment(max(at, segments[-1].end or at), None, calendar))


def recut(segments: Segments, at: datetime, calendar: str) -> Segments:
    """Measure the open segment on another calendar from a moment on."""
    last = segments[-1]
    if last.end is not None or last.calendar == calendar:
        return segments
    if at <= last.start:
        return (*segments[:-1], Segment(last.start, None, calendar))
    return (*close(segments, at), Segment(at, None, calendar))


def unbroken(segments: Segments) -> bool:
    """Whether a clock has run in one piece and still does."""
    return segments[-1].end is None and all(one.end == following.start for one, following in pairwise(segments))


def ran_until(segments: Segments, now: datetime) -> datetime | None:
    """Until when a clock really ran, up to now; a stretch without any time in it is no run. None if it never did."""
    for segment in reversed(segments):
        end = now if segment.end is None else segment.end
        if end > segment.start:
            return end
    return None


def worked(segments: Segments, calendars: Mapping[str, Calendar], now: datetime) -> timedelta:
    """Working time counted up to now; a segment that begins in the future counts nothing yet."""
    return sum((segment.work(calendars, now) for segment in segments), NO_TIME)


def written_down(segments: Segments, calendars: Mapping[str, Calendar], at: datetime) -> Segments:
    """Keep the work up to a moment as these calendars count it: from then on, their keys mean others."""
    found: list[Segment] = []
    for one in segments:
        if one.calendar not in calendars or one.worked is not None or one.start >= at:
            found.append(one)
            continue
        found.append(Segment(one.start, one.end or at, one.calendar, one.work(calendars, at)))
        if one.end is None:
            found.append(Segment(at, None, one.calendar))
    return tuple(found)


def earliest(segments: Segments, calendars: Mapping[str, Calendar], work: timedelta) -> datetime | None:
    """The first moment by which so much was counted, looking ahead through an open segment; None if it never is."""
    for segment in segments:
        calendar = calendars[segment.calendar]
        if segment.end is None:
            return calendar.due(segment.start, work)
        counted = segment.work(calendars, segment.end)
        if work <= counted:
            return min(calendar.due(segment.start, work), segment.end)
        work -= counted
    return None


def latest(segments: Segments, calendars: Mapping[str, Calendar], work: timedelta) -> datetime | None:
    """
    The last moment at which no more than this was counted; None if more never was.

    It differs from `earliest` when the office closes in between: half an hour before 09:30 is 09:00, not last night.
    """
    if work < NO_TIME:
        return segments[0].start
    for segment in segments:
        calendar = calendars[segment.calendar]
        if segment.end is not None:
            counted = segment.work(calendars, segment.end)
            if work >= counted:
                work -= counted
                continue
        found = calendar.next_open(calendar.due(segment.start, work))
        return found if segment.end is None else min(found, segment.end)
    return None
