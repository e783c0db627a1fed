"""How a time gets into a case: counted out from a promise, counted again when that may have changed, and armed."""

from __future__ import annotations

from datetime import datetime, timedelta

from svcflow.core.case import Timer
from svcflow.core.draft import Draft
from svcflow.core.moments import Count, promised
from svcflow.core.promise import Promise, choose
from svcflow.core.quick import quick
from svcflow.errors import CalendarError

_timer = quick(Timer)


def count_out(draft: Draft, promise: Promise, start: datetime) -> Count | None:
    """Count out what a promise means for this case; None if it means nothing yet, or no calendar can say."""
    chosen = choose(promise, draft.fields)
    if chosen is None:
        return None
    try:
        return promised(draft.process, chosen, draft.fields, start)
    except CalendarError as problem:
        draft.remarks.append(f"a time is not counted: {why(draft, problem)}")
        return None


def why(draft: Draft, problem: CalendarError) -> str:
    """What a calendar cannot do, for a remark: its words may hold a date, which must be one that everybody may see."""
    process = draft.process
    hidden = not (process.private | process.limited).isdisjoint(process.timed_fields)
    return "the calendar knows no such moment" if hidden else str(problem)


def touched(draft: Draft, promise: Promise) -> bool:
    """Whether a promise may mean something else than when it was last counted out."""
    return draft.anew or not promise.reads.isdisjoint(draft.written)


def arm(draft: Draft, name: str, due: datetime, start: datetime, count: int = 0, used: timedelta | None = None) -> None:
    """Arm under a new generation, unless it is armed just so already."""
    old = draft.timers.get(name)
    if old is None or (old.due, old.start, old.count, old.used) != (due, start, count, used):
        draft.generation += 1
        draft.timers[name] = _timer(name, draft.generation, due, start, count, used)
