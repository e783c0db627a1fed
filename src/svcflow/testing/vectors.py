"""
Run a file of calendar and clock vectors: `python -m svcflow.testing.vectors FILE`.

A file is a JSON object with named `calendars` (`tz`, `weekly`, `holidays`, `extra_workdays`) and lists of vectors over
them: `due before next_open elapsed clock day_window recurrence`. Every vector has an `id` and says what it expects.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from svcflow.core.calendar import Calendar, NeverOpen
from svcflow.core.dates import months_on
from svcflow.errors import CalendarError, InputError
from svcflow.testing import vector_file as file
from svcflow.testing.vector_clock import clock

Row: TypeAlias = Mapping[str, object]
Calendars: TypeAlias = Mapping[str, Calendar]

_NO_WORKING_TIME = "no_working_time"


@frozen
class Outcome:
    """What came of one vector: the values that differ, as expected and as computed; both empty if it passed."""

    id: str
    expected: Row
    got: Row

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.expected

    def __str__(self) -> str:
        return f"{self.id}: expected {json.dumps(self.expected)}, got {json.dumps(self.got)}"


def run(text: str) -> Iterator[Outcome]:
    """
    Compute every vector of a file, in the order of the file.

    Raises:
        InputError: If the text is no such file.
    """
    document, calendars = file.read(text)
    for kind, compute in _KINDS.items():
        for number, row in enumerate(file.rows(document, kind), start=1):
            name = f"{kind} {number}"
            try:
                name = file.text(row, "id")
                expected, got = compute(row, calendars)
            except InputError as exc:
                raise InputError(f"{name}: {exc}") from exc
            except CalendarError as exc:
                expected, got = {"error": None}, {"error": str(exc)}
            differing = [key for key in expected if key not in got or not _same(expected[key], got[key])]
            yield Outcome(name, file.only(expected, *differing), file.only(got, *differing))


def unknown_lists(text: str) -> tuple[str, ...]:
    """The lists of a file that this program does not know, and so does not run."""
    document, _ = file.read(text)
    return tuple(kind for kind, rows in document.items() if isinstance(rows, list) and kind not in _KINDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one file, print a line for each vector that fails and a last line with the counts, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m svcflow.testing.vectors", description="Run calendar vectors.")
    parser.add_argument("file", type=Path, metavar="FILE", help="a JSON file of calendars and vectors")
    path: Path = parser.parse_args(arguments).file
    try:
        text = path.read_text(encoding="utf-8")
        outcomes = tuple(run(text))
    except (OSError, UnicodeDecodeError, InputError) as exc:
        print(f"{path}: {exc}", file=sys.stderr)
        return 2
    for kind in unknown_lists(text):
        print(f"{path}: the list {kind!r} is not known and was not run", file=sys.stderr)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        print(outcome)
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _due(row: Row, calendars: Calendars) -> tuple[Row, Row]:
    calendar = file.calendar(row, calendars)
    start, length = file.moment(row, "start"), file.seconds(row, "duration_s")
    got = _moments("due", calendar, lambda: calendar.due(start, length))
    if "next_open" in row:
        got |= _moments("next_open", calendar, lambda: calendar.next_open(start))
    return file.only(row, "due", "due_local", "error", "next_open"), got


def _before(row: Row, calendars: Calendars) -> tuple[Row, Row]:
    calendar = file.calendar(row, calendars)
    end, length = file.moment(row, "end"), file.seconds(row, "duration_s")
    got = _moments("start", calendar, lambda: calendar.before(end, length))
    return file.only(row, "start", "start_local", "error"), got


def _next_open(row: Row, calendars: Calendars) -> tuple[Row, Row]:
    calendar = file.calendar(row, calendars)
    at = file.moment(row, "at")
    got = _moments("next_open", calendar, lambda: calendar.next_open(at))
    return file.only(row, "next_open", "next_open_local", "error"), got


def _elapsed(row: Row, calendars: Calendars) -> tuple[Row, Row]:
    start, end = file.moment(row, "start"), file.moment(row, "end")
    worked = file.calendar(row, calendars).elapsed(start, end)
    return file.only(row, "elapsed_s"), {"elapsed_s": file.number(worked)}


def _clock(row: Row, calendars: Calendars) -> tuple[Row, Row]:
    return file.row(row, "expect"), clock(row, calendars)


def _day_window(row: Row, calendars: Calendars) -> tuple[Row, Row]:
    calendar = file.calendar(row, calendars)
    trigger, (first, last) = file.moment(row, "trigger"), (file.whole(row, "min"), file.whole(row, "max"))
    working, roll = file.choice(row, "unit", file.UNITS), bool(file.choice(row, "roll", file.ROLLS))
    opens, closes = calendar.window(trigger, first, last, working=working, roll=roll)
    first_day, last_day = calendar.window_dates(trigger, first, last, working=working, roll=roll)
    return file.row(row, "expect"), {
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
        "not_before": file.utc(opens),
        "not_after_exclusive": file.utc(closes),
        "first_business_instant": file.utc(_first_open(calendar, opens, closes)),
        "business_close_last_day": file.utc(_last_close(calendar, *calendar.bounds(last_day))),
    }


def _recurrence(row: Row, calendars: Calendars) -> tuple[Row, Row]:
    calendar, anchor = file.calendar(row, calendars), file.day(row, "anchor")
    months, roll = file.whole(row, "months"), file.choice(row, "roll", file.ROLLS)
    got = []
    for times in range(1, file.whole(row, "count") + 1):
        nominal = months_on(anchor, months * times)
        scheduled = calendar.working_date(nominal, back=roll < 0) if roll else nominal
        got.append({"nominal": nominal.isoformat(), "scheduled": scheduled.isoformat()})
    return {"expect": list(file.rows(row, "expect"))}, {"expect": got}


def _moments(key: str, calendar: Calendar, compute: Callable[[], datetime]) -> dict[str, object]:
    """A moment under a key, and as the clocks of the calendar show it; or why there is none."""
    try:
        at = compute()
    except NeverOpen:
        return {key: None, f"{key}_local": None, "error": _NO_WORKING_TIME}
    return {key: file.utc(at), f"{key}_local": file.wall(at, calendar.zone), "error": None}


def _first_open(calendar: Calendar, start: datetime, end: datetime) -> datetime | None:
    """The first open moment in `[start, end)`."""
    try:
        found = calendar.next_open(start)
    except NeverOpen:
        return None
    return found if found < end else None


def _last_close(calendar: Calendar, start: datetime, end: datetime) -> datetime | None:
    """When the last open stretch in `[start, end)` is over, at `end` at the latest."""
    worked = calendar.elapsed(start, end)
    return calendar.due(start, worked) if worked else None


def _same(expected: object, got: object) -> bool:
    """Whether two values say the same: moments by instant and offset, however they are written."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(key in got and _same(value, got[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(_same, expected, got))
    if isinstance(expected, str) and isinstance(got, str) and expected != got:
        try:
            one, other = datetime.fromisoformat(expected), datetime.fromisoformat(got)
        except ValueError:
            return False
        return one == other and one.utcoffset() == other.utcoffset()
    return expected == got and isinstance(expected, bool) == isinstance(got, bool)


_KINDS: Mapping[str, Callable[[Row, Calendars], tuple[Row, Row]]] = {
    "due": _due,
    "before": _before,
    "next_open": _next_open,
    "elapsed": _elapsed,
    "clock": _clock,
    "day_window": _day_window,
    "recurrence": _recurrence,
}

if __name__ == "__main__":
    sys.exit(main())
