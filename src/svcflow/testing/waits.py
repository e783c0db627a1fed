"""How long a trace waits: mostly until something may change, and a microsecond before or after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from svcflow.core.calendar import Calendar
from svcflow.testing import instants
from svcflow.testing.choose import Choose
from svcflow.testing.scene import INSTANT, Scene

OFFSETS = (timedelta(), INSTANT, -INSTANT)
AHEAD = 8
"""Days ahead in which a calendar opens and closes: over the weekend."""

SHORT = (timedelta(minutes=1), timedelta(hours=1), timedelta(minutes=7, seconds=30), timedelta(hours=5), INSTANT)
LONG = (timedelta(days=31), timedelta(days=90), timedelta(days=400))

KINDS: Mapping[str, int] = {
    "due": 12,
    "promise": 5,
    "short": 4,
    "edge": 4,
    "midnight": 1,
    "odd": 1,
    "change": 1,
    "month": 1,
    "long": 1,
}
"""What is waited for, and how often."""


def until(scene: Scene) -> datetime:
    """An instant to wait for; where there is none of the kind that was chosen, it lies a little ahead."""
    kind, choose = scene.choose.weighted(KINDS), scene.choose
    if kind == "long":
        return scene.pure.now + choose.one(LONG) + timedelta(minutes=choose.integer(24 * 60))
    found = _instants(scene, kind)
    ahead = sorted({at for at in found if at > scene.pure.now})
    if not ahead:
        return scene.pure.now + choose.one(SHORT)
    return choose.one(ahead) + choose.one(OFFSETS)


def _instants(scene: Scene, kind: str) -> list[datetime]:
    """Some instants of a kind."""
    cases = [(scene.ground(case).process, case) for case in scene.pure.opened()]
    if kind == "due":
        return [at for _, case in cases for at in instants.timers(case)]
    if kind == "promise":
        return [at for process, case in cases for at in instants.promises(process, case)]
    if kind == "short":
        return []
    calendar = scene.choose.one(scene.calendars)
    today = calendar.local_date(scene.pure.now)
    return _of(calendar, kind, scene.choose, today, scene.pure.now)


def _of(calendar: Calendar, kind: str, choose: Choose, today: date, now: datetime) -> list[datetime]:
    if kind == "change":
        return list(instants.changes(calendar.zone, now))
    if kind == "month":
        return [calendar.bounds(day)[0] for day in instants.month_ends(today)]
    odd = list(instants.odd_dates(calendar, today)) if kind == "odd" else []
    day = choose.one(odd) if odd else today + choose.integer(AHEAD) * instants.DAY
    return [calendar.bounds(day)[0]] if kind == "midnight" else list(instants.edges(calendar, day))
