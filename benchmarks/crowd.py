"""
What many open cases cost: an event beside 100,000 of them, and a poll with 1,000,000 armed timers none of which is due.

The crowd is one case that the engine has opened, with ten timers armed, and copies of its rows under other ids.
"""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from statistics import median

import psycopg
from attrs import frozen
from psycopg import sql

from benchmarks.desk import Desk, rate
from benchmarks.postgres import Schemas
from benchmarks.race import Spread, ratio
from benchmarks.ticket import START
from benchmarks.work import CLERK, PROCESSES, timed
from svcflow import Engine, ManualClock

TIMERS = 10
"""Of each case in the crowd; see the process."""

FIRST = "w0"
POLLS = 20

# As the engine would have written them: the id stands in the snapshot and in the entry too.
COPIES = (
    """
    INSERT INTO svcflow_case (tenant, id, process, version, status, state, seq, moved_at, due, body, head, private,
        opened_at, root)
    SELECT tenant, 'w' || n, process, version, status, state, seq, moved_at, due,
        replace(body::text, '"w0"', '"w' || n || '"')::json, head, private, opened_at, 'w' || n
    FROM svcflow_case, generate_series(1, {copies}) AS n WHERE id = 'w0'
    """,
    """
    INSERT INTO svcflow_journal (tenant, case_id, seq, hash, entry)
    SELECT tenant, 'w' || n, seq, hash, replace(entry::text, '"w0"', '"w' || n || '"')::json
    FROM svcflow_journal, generate_series(1, {copies}) AS n WHERE case_id = 'w0'
    """,
    """
    INSERT INTO svcflow_timer (tenant, case_id, name, generation, due, next_at)
    SELECT tenant, 'w' || n, name, generation, due, next_at
    FROM svcflow_timer, generate_series(1, {copies}) AS n WHERE case_id = 'w0'
    """,
    "VACUUM ANALYZE svcflow_case",
    "VACUUM ANALYZE svcflow_journal",
    "VACUUM ANALYZE svcflow_timer",
    "CHECKPOINT",
)


@frozen
class Crowd:
    """How many open cases and armed timers; seconds of a poll and of an event; `times` are to an event alone."""

    cases: int
    timers: int
    poll: Spread
    event: float
    event_alone: float
    times: Spread


def crowd(schemas: Schemas, size: int, rounds: int, cases: int, warm: int) -> Crowd:
    """Take tickets on their way in an empty store and in a crowded one, by turns."""
    with schemas.make() as full, schemas.make() as empty:
        clock = ManualClock(START)
        with closing(Engine(full.url(), clock=clock)) as engine:
            engine.publish(PROCESSES / "waiting.yaml")
            engine.open("waiting", actor=CLERK, id=FIRST)
            _fill(full.url(), size - 1)
            clock.advance(timedelta(minutes=1))
            assert not engine.tick()
            polls = [timed(engine.tick, POLLS) for _ in range(rounds)]
        with closing(Desk(full.url())) as among, closing(Desk(empty.url())) as alone:
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(rounds):
                for desk, taken in list(zip((among, alone), times, strict=True))[:: -1 if number % 2 else 1]:
                    ids = [str(1 + number * cases + one) for one in range(cases)]
                    desk.open_all(ids)
                    taken.append(1 / rate([desk.ends(ids)], warm))
    return Crowd(size, size * TIMERS, Spread.of(polls), median(times[0]), median(times[1]), ratio(*times))


def _fill(url: str, copies: int) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in COPIES:
            connection.execute(sql.SQL(statement).format(copies=sql.Literal(copies)))
