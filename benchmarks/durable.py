"""
One durable event on SQLite: `engine.send`, a commit for each, beside a bare `sqlite3` loop that writes the same rows.

The loop's rows come from a run of the engine whose statements were written down, so the loop has nothing to decide or
to encode. It reads the case and looks for the key before it writes, as any loop must that cannot take one event twice,
and does nothing with the answer. Each side has a file of its own on the same disk, with the same durability setting,
and they take turns case by case.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from benchmarks.race import Effort, Spread, ratio
from benchmarks.ticket import AGENT, ORDER, START, WAY
from svcflow import Engine, ManualClock, catalog
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile

SETTINGS = ("FULL", "NORMAL")
READS = ("SELECT",)
WRITES = ("INSERT", "UPDATE", "DELETE")
DUMPS = (
    "SELECT * FROM svcflow_case ORDER BY tenant, id",
    "SELECT * FROM svcflow_journal ORDER BY tenant, case_id, seq",
    "SELECT * FROM svcflow_private ORDER BY tenant, case_id, seq, part, field",
    "SELECT * FROM svcflow_timer ORDER BY tenant, case_id, name",
    "SELECT * FROM svcflow_outbox ORDER BY number",
    "SELECT * FROM svcflow_link ORDER BY tenant, origin, target, kind",
)

Statement: TypeAlias = tuple[str, Sequence[Any] | Mapping[str, Any]]
Step: TypeAlias = tuple[list[Statement], list[Statement]]
"""What was read, then what was written."""

Script: TypeAlias = list[Step]
"""One case: its opening, then each event."""


@frozen
class Durable:
    """
    Seconds per event, by the wall clock and of the processor alone, and how many times the loop's time the engine took.

    `times` are of the wall clock with FULL, which waits for the disk. With NORMAL nobody waits, so they are of the
    processor: a busy machine interrupts the longer one of two more often, and the wall clock would count that too.
    `statements` is how many rows an event writes on average.
    """

    synchronous: str
    statements: float
    engine: float
    loop: float
    engine_processor: float
    loop_processor: float
    times: Spread


class Side(Protocol):
    """One of the two that write; `number` counts cases."""

    def open(self, number: int) -> None:
        """Open a case; this is not measured."""

    def act(self, number: int) -> None:
        """Take the case on its usual way, one commit for each event."""


class Stopwatch:
    """Times one side, case by case."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.wall: list[float] = []
        self.processor: list[float] = []

    def run(self, number: int) -> None:
        """Let the side take one case."""
        self.side.open(number)
        wall, processor = time.perf_counter(), time.process_time()
        self.side.act(number)
        self.processor.append((time.process_time() - processor) / len(WAY))
        self.wall.append((time.perf_counter() - wall) / len(WAY))


class EngineSide:
    """`engine.send` with a key for each event, as a host calls it; `host` joins a transaction of the caller's."""

    def __init__(self, file: SqliteFile, host: sqlite3.Connection | None = None) -> None:
        tokens = count()
        self.clock, self.host = ManualClock(START), host
        store = SqliteStore(file, token=lambda: f"{next(tokens):032x}")  # The salts of private values, for both sides.
        self.engine = Engine(store, clock=self.clock)
        self.engine.publish(catalog.path("service_ticket.yaml"))

    def close(self) -> None:
        """Release the file."""
        self.engine.close()

    def open(self, number: int) -> None:
        """Open a ticket."""
        self.clock.set(START)
        self.engine.open("service_ticket", ORDER, actor=AGENT, id=f"case-{number}", connection=self.host)

    def act(self, number: int) -> None:
        """Send everything that is sent to a ticket."""
        for place in range(len(WAY)):
            self.send(number, place)

    def send(self, number: int, place: int) -> None:
        """Send one event."""
        sent = WAY[place]
        self.clock.set(START + sent.after)
        self.engine.send(
            f"case-{number}", sent.name, sent.fields, actor=sent.actor, key=sent.name, connection=self.host
        )


class LoopSide:
    """The same rows by the driver alone: one connection, a look at the case, then one transaction."""

    def __init__(self, file: SqliteFile, scripts: Sequence[Script]) -> None:
        file.prepare()
        self.connection, self.scripts = file.connect(), scripts

    def close(self) -> None:
        """Release the file."""
        self.connection.close()

    def open(self, number: int) -> None:
        """Write what opening a ticket wrote."""
        self._commit(self.scripts[number][0])

    def act(self, number: int) -> None:
        """Write what its events wrote."""
        for step in self.scripts[number][1:]:
            self._commit(step)

    def _commit(self, step: Step) -> None:
        reads, writes = step
        cursor = self.connection.cursor()
        for statement, parameters in reads:
            cursor.execute(statement, parameters).fetchall()
        cursor.execute("BEGIN IMMEDIATE")
        for statement, parameters in writes:
            cursor.execute(statement, parameters)
        cursor.execute("COMMIT")


def durable(effort: Effort, folder: Path | None) -> tuple[Durable, ...]:
    """Race with each durability setting, in files below `folder` (by default where temporary files are)."""
    return tuple(_race(setting, effort.cases[setting], folder) for setting in SETTINGS)


def _race(synchronous: str, cases: int, folder: Path | None) -> Durable:
    with TemporaryDirectory(dir=folder) as made:
        files = [SqliteFile(f"{made}/{name}.db", synchronous) for name in ("noted", "engine", "loop")]
        scripts = _written_down(files[0], cases)
        with closing(EngineSide(files[1])) as ours, closing(LoopSide(files[2], scripts)) as bare:
            engine, loop = Stopwatch(ours), Stopwatch(bare)
            for number in range(cases):
                for watch in (engine, loop) if number % 2 else (loop, engine):
                    watch.run(number)
        assert _content(files[1]) == _content(files[2]), "the two sides did not write the same"
    return Durable(
        synchronous,
        sum(len(writes) for script in scripts for _, writes in script[1:]) / cases / len(WAY),
        median(engine.wall),
        median(loop.wall),
        median(engine.processor),
        median(loop.processor),
        ratio(engine.wall, loop.wall) if synchronous == "FULL" else ratio(engine.processor, loop.processor),
    )


class NotingCursor(sqlite3.Cursor):
    """A cursor that tells its connection what it reads and writes."""

    def execute(self, statement: str, parameters: Any = (), /) -> NotingCursor:  # noqa: ANN401 - as the driver's own
        """Note the statement unless it begins or ends something, and execute it."""
        if isinstance(self.connection, NotingConnection):
            for noted, words in zip(self.connection.noted, (READS, WRITES), strict=True):
                if statement.strip().startswith(words):
                    noted.append((statement, parameters))
        super().execute(statement, parameters)
        return self


class NotingConnection(sqlite3.Connection):
    """A host's connection that notes what is read and written through it."""

    noted: Step

    def cursor(self, factory: Any = NotingCursor) -> Any:  # noqa: ANN401 - as the driver's own
        """A cursor that notes."""
        return super().cursor(factory)


def _written_down(file: SqliteFile, cases: int) -> list[Script]:
    """What the engine writes for each case, through a host's connection that takes notes."""
    file.prepare()
    host = sqlite3.connect(file.path, isolation_level=None, factory=NotingConnection)
    with closing(host), closing(EngineSide(file, host)) as side:
        return [_script(side, host, number) for number in range(cases)]


def _script(side: EngineSide, host: NotingConnection, number: int) -> Script:
    script: Script = []
    for place in range(-1, len(WAY)):
        host.noted = ([], [])
        host.execute("BEGIN IMMEDIATE")
        if place < 0:
            side.open(number)
        else:
            side.send(number, place)
        host.execute("COMMIT")
        script.append(host.noted)
    return script


def _content(file: SqliteFile) -> list[list[tuple[object, ...]]]:
    with closing(file.connect()) as connection:
        return [connection.execute(statement).fetchall() for statement in DUMPS]
