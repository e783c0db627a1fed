"""Logs of cases written by hand, and the one figure that a test looks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from svcflow.core.decision import JournalEntry
from svcflow.core.event import EMPTY, Actor
from svcflow.eventlog import CaseLog
from svcflow.report import Kpi, Report

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)

HOUR = timedelta(hours=1)


def figure(made: Report, name: str, **by: str) -> Kpi:
    (found,) = (kpi for kpi in made.kpis if kpi.name == name and dict(kpi.by) == by)
    return found


def entry(seq: int, kind: Any, name: str, hours: float = 0, actor: str = "kim", **rest: Any) -> JournalEntry:  # noqa: ANN401
    return JournalEntry("c", seq, MONDAY + hours * HOUR, kind, name, Actor(actor), **rest)


def log(case: str = "c", process: str = "service_ticket", *, hours: float = 0, **rest: Any) -> CaseLog:  # noqa: ANN401
    """A case opened so many hours after Monday at nine; a day after it opened it is looked at."""
    opened = MONDAY + hours * HOUR
    blank = CaseLog(case, "", process, 1, "open", opened, None, opened + 24 * HOUR, EMPTY, (), (), ())
    return evolve(blank, **rest)


def done(case: str = "c", process: str = "service_ticket", *, hours: float = 0, **rest: Any) -> CaseLog:  # noqa: ANN401
    """The same, done after five hours."""
    return log(case, process, hours=hours, status="done", ended_at=MONDAY + (hours + 5) * HOUR, **rest)
