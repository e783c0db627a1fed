"""
Stores as earlier versions left them: the tables of so many migrations, with rows that such a version wrote.

`earlier/` holds those rows, a file for each database and number of migrations. With a new migration comes the file of
the version before it: `PYTHONPATH=src:tests python -m stores.past`, run before the migration is there, writes it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import psycopg
from attrs import evolve
from psycopg import sql

from engine.desk import ACME, CALLER, FILES, KIM, LEAD, LI, MONDAY, ORDER
from postgres import Schemas, running_server
from svcflow.clocks import ManualClock
from svcflow.core.decision import HookCall
from svcflow.engine import Engine
from svcflow.rounds import Terms
from svcflow.stores.base import KeptDays
from svcflow.stores.schema import migrations
from svcflow.stores.sqlite_file import SET_SCHEMA, statements

FOLDER = Path(__file__).parent / "earlier"
TENANTS = ("", "north")
OUTAGE = Terms(tries=1)
PATIENCE = 30.0
"""Seconds; PostgreSQL holds entries back while any transaction that began before is open, if only another test's."""
ARCHIVES, FOLLOWERS, DAYS = 2, 3, 4
"""The migrations that brought them."""

FORMS = {"owner": "kim", "parts": ["panel"], "result": "works", "score": 2, "fault": "noise", "customer": "acme"}


# ── what such a store has seen, and what is done with it later ─────────────────────────────────────────────────────


def started(url: str, clock: ManualClock) -> Engine:
    """An engine whose every answer can be foretold."""
    numbers = count()
    made = Engine(url, clock=clock, random=Random(7), ids=lambda: f"{clock.now():%d%H%M}-{next(numbers)}")

    @made.hook("record_breach")
    def record_breach(call: HookCall) -> None:
        raise OSError(f"no way to the register for {call.case}")

    return made


def play(url: str, processes: Path, seen: int) -> None:
    """Everything that leaves a row behind in a version with `seen` migrations."""
    clock = ManualClock(MONDAY)
    with started(url, clock) as engine:
        for tenant in TENANTS:
            engine.publish(processes / "desk.yaml", processes / "visit.yaml", tenant=tenant)
            if seen >= ARCHIVES:
                _archive(engine, clock, tenant)
            if seen >= FOLLOWERS:
                engine.store.follow_from(tenant, "crm", None)
            if seen >= DAYS:
                engine.store.keep_days(
                    KeptDays(tenant, "visit", 1, "ab" * 32, {"CN": []}, newest=False, kept_at=MONDAY, kept_by="li")
                )
            _play_desk(engine, tenant)
            _play_visits(engine, tenant)
        clock.advance(timedelta(hours=3))
        engine.tick(terms=OUTAGE)
        engine.send(engine.open("visit", {"customer": "acme", "phone": "555 0100"}, actor=LI).id, "ask", actor=LI)
        due = engine.store.due(clock.now() + timedelta(days=9), 9)[0]
        engine.store.fail_timer(due, "OSError: boom", retry_at=clock.now(), park=True)
        engine.store.remember("replay:desk", "r1", '{"rows": 3}')


def _archive(engine: Engine, clock: ManualClock, tenant: str) -> None:
    """A visit and its survey, which are gone when the others begin."""
    case = engine.open("visit", {"customer": "acme", "phone": "555 0100"}, actor=LI, key="gone-1", tenant=tenant).id
    engine.send(case, "ask", actor=LI, tenant=tenant)
    engine.send(case, "stop", actor=LI, tenant=tenant)
    with TemporaryDirectory() as folder:
        clock.advance(timedelta(minutes=1))
        assert engine.archive(folder, older_than=timedelta(), tenant=tenant).cases == 2


def _play_desk(engine: Engine, tenant: str) -> None:
    case = engine.open("desk", ORDER, actor=LI, key="web-1", tenant=tenant).id
    engine.send(case, "correct", {"phone": "+49 30 5550100"}, actor=LI, key="web-2", tenant=tenant)
    engine.send(case, "assign", {"owner": "kim"}, actor=LI, tenant=tenant)
    engine.send(case, "need", {"parts": ["panel", "cable"]}, actor=KIM, key="kim-1", tenant=tenant)
    engine.open("desk", {"customer": "acme", "fault": "no sound"}, actor=ACME, tenant=tenant)
    dropped = engine.open("desk", ORDER, actor=LI, tenant=tenant).id
    engine.send(dropped, "drop", actor=ACME, tenant=tenant)
    engine.note(dropped, "rang, is content", actor=LI, key="note-1", tenant=tenant)
    engine.erase(dropped, reason="asked for", actor=LEAD, tenant=tenant)


def _play_visits(engine: Engine, tenant: str) -> None:
    for _ in range(2):
        case = engine.open("visit", {"customer": "acme", "phone": "555 0100"}, actor=LI, tenant=tenant).id
        child = engine.send(case, "ask", actor=LI, tenant=tenant).children["asking"]
    engine.send(child, "answer", {"score": 1}, actor=CALLER, tenant=tenant)
    engine.send(case, "complain", actor=LI, tenant=tenant)


def go_on(engine: Engine, clock: ManualClock) -> None:
    """Do with every case what can be done with it."""
    for tenant in TENANTS:
        for incident in engine.incidents(tenant=tenant):
            assert engine.retry(incident.case, incident.name, tenant=tenant)
        for case in engine.cases(tenant=tenant):
            _act(engine, case.id, tenant)
            engine.note(case.id, "still here", actor=LI, tenant=tenant)
        again = engine.open("desk", ORDER, actor=LI, key="web-1", tenant=tenant)
        engine.send(again.id, "correct", {"phone": "+49 30 5550100"}, actor=LI, key="web-2", tenant=tenant)
        engine.erase(again.id, reason="asked for", actor=LEAD, tenant=tenant)
        engine.open("visit", {"customer": "acme"}, actor=LI, key="web-9", tenant=tenant)
        engine.store.follow_from(tenant, "late", MONDAY)
    clock.advance(timedelta(days=4))
    engine.hook("*")(lambda _call: None)
    engine.tick(terms=OUTAGE)


def _act(engine: Engine, case: str, tenant: str) -> None:
    for actor in (LI, KIM, CALLER, LEAD, ACME):
        for offer in engine.menu(case, actor=actor, tenant=tenant):
            if offer.refusal is None:
                form = {name: FORMS[name] for name in offer.ask}
                engine.send(case, offer.event, form, actor=actor, key="later", tenant=tenant)
                return


def everything(engine: Engine) -> Iterator[object]:
    """Whatever can be asked of a store; the hashes of journals are made with salts, and claims by chance."""
    for tenant in TENANTS:
        yield engine.verify(tenant=tenant)
        yield engine.store.processes(tenant)
        for case in engine.cases(tenant=tenant):
            yield engine.case(case.id, tenant=tenant)
            yield engine.clocks(case.id, tenant=tenant)
            yield [one.entry for one in engine.store.journal(tenant, case.id, private=True)]
            yield engine.store.links(tenant, case.id), engine.store.kept(tenant, case.id)
        yield [evolve(one, claim=None) for one in engine.outbox(tenant=tenant)]
        yield engine.incidents(tenant=tenant), engine.cases(tenant=tenant, late=True, order="due")
        yield engine.cases(tenant=tenant, where={"owner": "kim"}), engine.worklist(LI, tenant=tenant)
        yield [evolve(one, bundle="", digest="") for one in engine.archived(tenant=tenant)]
        yield sorted(_followed(engine, tenant)), engine.store.days(tenant, "visit", 1, "ab" * 32)
    yield engine.store.position("replay:desk", "r1"), engine.store.next_due()


def _followed(engine: Engine, tenant: str) -> list[tuple[str, int]]:
    """What a follower gets who began late and asks for everything; nothing before it has begun."""
    position = engine.store.followed(tenant, "late")
    if position is None:
        return []
    written = sum(case.seq for case in engine.cases(tenant=tenant))
    until, pause = time.monotonic() + PATIENCE, threading.Event()
    while len(found := engine.store.stretch(tenant, position, 1_000).entries) < written and time.monotonic() < until:
        pause.wait(0.002)
    return [(one.case, one.entry.seq) for one in found]


# ── as files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def kept(database: str, seen: int) -> tuple[int, str]:
    """The rows of the last version up to `seen` migrations of which there are some, and its number."""
    numbers = [number for number in range(1, seen + 1) if _file(database, number).exists()]
    return numbers[-1], _file(database, numbers[-1]).read_text(encoding="utf-8")


def _file(database: str, number: int) -> Path:
    return FOLDER / f"{database}-{number:04}.sql"


def build_sqlite(path: Path, seen: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        number, rows = kept("sqlite", seen)
        steps = migrations("sqlite")[:seen]
        _run(connection, steps[:number])
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        # As in a dump that SQLite makes itself: they come after the rows, which say already what triggers would.
        _run(
            connection,
            [*(f"DROP TRIGGER {name};" for name, _ in triggers), rows, *(f"{made};" for _, made in triggers)],
        )
        _run(connection, steps[number:])
        connection.execute(SET_SCHEMA, (str(seen),))


def _run(connection: sqlite3.Connection, scripts: Iterable[str]) -> None:
    for statement in (one for script in scripts for one in statements(script)):
        connection.execute(statement)


def build_postgres(url: str, seen: int) -> None:
    with psycopg.connect(url) as connection:
        number, rows = kept("postgres", seen)
        steps = migrations("postgres")[:seen]
        for script in (*steps[:number], rows, *steps[number:]):
            connection.execute(script.encode())
        connection.execute("UPDATE svcflow_meta SET value = %s WHERE name = 'schema'", (str(seen),))


def _rows_of_sqlite(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as connection:
        yield from (line for line in connection.iterdump() if line.startswith("INSERT"))


def _rows_of_postgres(url: str) -> Iterator[str]:
    """Without the numbers of transactions: another server counts its own."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        for (table,) in tables.fetchall():
            found = connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND attname <> 'tx'"
                " AND NOT attisdropped ORDER BY attnum", (table,)
            )  # fmt: skip
            names = [sql.Identifier(name) for (name,) in found.fetchall()]
            columns = sql.SQL(", ").join(names)
            texts = sql.SQL(", ").join(sql.SQL("{}::text").format(name) for name in names)
            insert = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({});")
            for row in connection.execute(sql.SQL("SELECT {} FROM {}").format(texts, sql.Identifier(table))).fetchall():
                values = sql.SQL(", ").join(map(sql.Literal, row))
                yield insert.format(sql.Identifier(table), columns, values).as_string(connection)
        yield "SELECT setval(pg_get_serial_sequence('svcflow_outbox', 'number'), 1000);"


def main() -> None:
    """Write the rows of this very version."""
    with TemporaryDirectory() as folder, running_server() as server:
        place, schemas = Path(folder), Schemas(server)
        for name, text in FILES.items():
            (place / name).write_text(text, encoding="utf-8")
        file, url = place / "cases.db", schemas.make()
        play(f"sqlite:///{file}", place, len(migrations("sqlite")))
        play(url, place, len(migrations("postgres")))
        for database, rows in (("sqlite", _rows_of_sqlite(file)), ("postgres", _rows_of_postgres(url))):
            _file(database, len(migrations(database))).write_text("\n".join(rows) + "\n", encoding="utf-8")
        schemas.drop()


if __name__ == "__main__":
    main()
