"""
How much of a report is more than reading its rows: cases a second, beside `sqlite3` and `json` on the same rows alone.

Both by processor time, in turns, on service tickets of the catalog in an SQLite file, each gone so far on its way.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

from attrs import frozen
from rich.console import Console
from rich.table import Table

from benchmarks.budget import Budget
from benchmarks.race import processor_time
from benchmarks.ticket import AGENT, ORDER, START, WAY
from svcflow import Engine, catalog, eventlog
from svcflow.cli.seldom import collecting_seldom
from svcflow.report import report

ROUNDS, QUICK_ROUNDS = 7, 1
QUICK_CASES = 40
SHARE = 0.1
APART = timedelta(seconds=61)

CASES = "SELECT id, body FROM svcflow_case WHERE tenant = '' ORDER BY opened_at, id"
ENTRIES = """
SELECT entry FROM json_each(?) AS asked CROSS JOIN svcflow_journal AS one
WHERE one.tenant = '' AND one.case_id = asked.value
"""
AT_ONCE = 500


@frozen
class Reporting:
    """Cases a second by `report` and by bare reading, and the share of the one in the other: medians."""

    cases: int
    entries: int
    reported: float
    read: float
    share: float


def reporting(cases: int, folder: Path | None, *, quick: bool) -> Reporting:
    """Fill a store; then report and read it, in turns."""
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        file = Path(inside) / "tickets.db"
        with Engine(f"sqlite:///{file}?synchronous=NORMAL") as engine, collecting_seldom():
            _fill(engine, QUICK_CASES if quick else cases)
            found, entries = report(eventlog.read(engine)).cases, _read(file)
            rounds = [(processor_time(lambda: report(eventlog.read(engine))), processor_time(lambda: _read(file)))
                      for _ in range(QUICK_ROUNDS if quick else ROUNDS)]  # fmt: skip
    return Reporting(
        found,
        entries,
        found / median(reported for reported, _ in rounds),
        found / median(read for _, read in rounds),
        median(read / reported for reported, read in rounds),
    )


def _fill(engine: Engine, cases: int) -> None:
    engine.publish(catalog.path("callback.yaml"))
    engine.publish(catalog.path("service_ticket.yaml"))
    for number in range(cases):
        opened = START + number * APART
        case = engine.open("service_ticket", ORDER, actor=AGENT, at=opened, id=f"case-{number:07}")
        for sent in WAY[: number % (len(WAY) + 1)]:
            engine.send(case.id, sent.name, sent.fields, actor=sent.actor, at=opened + sent.after)


def _read(file: Path) -> int:
    """Every row that a report reads, as JSON data; how many entries."""
    entries = 0
    with sqlite3.connect(file) as connection:
        cases = connection.execute(CASES)
        while rows := cases.fetchmany(AT_ONCE):
            for _, body in rows:
                json.loads(body)
            for (entry,) in connection.execute(ENTRIES, (json.dumps([case_id for case_id, _ in rows]),)):
                json.loads(entry)
                entries += 1
    connection.close()
    return entries


def reporting_budgets(found: Reporting) -> Iterator[Budget]:
    """The promise."""
    yield Budget("report: share of the rate of bare reading", found.share, at_least=SHARE)


def show_reporting(found: Reporting, console: Console) -> None:
    """As a table."""
    table = Table("", "cases a second", title=f"A report on {found.cases:,} cases with {found.entries:,} entries")
    table.add_row("report", f"{found.reported:,.0f}")
    table.add_row("their rows by sqlite3 and json, and no more", f"{found.read:,.0f}")
    table.add_row("share", f"{found.share:.2f}")
    console.print(table)
