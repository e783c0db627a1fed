"""
pgbench with the statements of the engine: written down from a run of it, with their parameters, and sent again.

Only the id of the case is another one each time. `NULL` and an empty text stand in the statement itself, since pgbench
has no way to send them; everything else is sent as the engine sends it, in prepared statements.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Self, TypeAlias, TypeVar

import psycopg
from attrs import frozen
from psycopg.rows import TupleRow

from benchmarks.desk import Desk, Ends
from svcflow.stores.postgres import PostgresStore
from svcflow.stores.postgres_server import PostgresServer
from svcflow.stores.postgres_sessions import Sessions

T = TypeVar("T")
Noting: TypeAlias = tuple[str, Mapping[str, Any]]
"""A statement and its parameters."""

CASE = "0"
"""The case at which the statements are looked at."""

EACH_CLIENT = 1_000_000
"""The ids of one client's cases begin so far after those of the one before."""

NUMBERS = f"\\set number :number + 1\n\\set id :first + :client_id * {EACH_CLIENT} + :number\n"
LONG_PLANNED = "plan_cache_mode=force_generic_plan"
"""As the plans of a session that has been at it for a while: nobody times its first ten executions."""


class NotingCursor(psycopg.Cursor[TupleRow]):
    """A cursor that notes what it executes."""

    noted: list[Noting]

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:  # noqa: ANN401 - as the driver's own
        """Note the statement, and execute it."""
        self.noted.append((query, dict(params)))
        return super().execute(query, params, **options)


class NotingSessions(Sessions):
    """Sessions whose statements are noted."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(server, Random(0))  # noqa: S311 - nobody gains by guessing a pause
        self.noted: list[Noting] = []

    def run(self, job: Callable[[psycopg.Cursor[TupleRow]], T], connection: object | None = None) -> T:
        """Run the job with a cursor that notes."""

        def noting(cursor: psycopg.Cursor[TupleRow]) -> T:
            own = NotingCursor(cursor.connection)
            own.noted = self.noted
            return job(own)

        return super().run(noting, connection)


class NotingStore(PostgresStore):
    """A store that notes its statements."""

    def __init__(self, url: str) -> None:
        # As behind a pooler: there every statement goes through a cursor, which can be looked at.
        server = PostgresServer.from_url(f"{url}&pgbouncer=true")
        super().__init__(server)
        self._sessions: NotingSessions = NotingSessions(server)

    def noted(self) -> list[Noting]:
        """What was executed since the last time."""
        found = list(self._sessions.noted)
        self._sessions.noted.clear()
        return found


@frozen
class Noted:
    """What the engine executes for one case: to open it, then to take it on its way."""

    opening: Sequence[Noting]
    way: Sequence[Noting]

    @classmethod
    def of(cls, url: str) -> Self:
        """As it does in this very database."""
        store = NotingStore(url)
        with closing(Desk(store)) as desk:
            desk.open(CASE)
            opening = store.noted()
            desk.act(CASE)
        return cls([one for one in opening if "INSERT INTO svcflow_case" in one[0]], store.noted())


@frozen
class Script:
    """What pgbench runs for one case, and the variables in it."""

    text: str
    variables: Mapping[str, str]

    @classmethod
    def of(cls, statements: Sequence[Noting]) -> Script:
        """Statements with the parameters that they had for the case that was looked at."""
        lines, variables = [], {}
        for number, (statement, parameters) in enumerate(statements):
            text = statement
            for name, value in parameters.items():
                given = _text(value)
                place = {None: "NULL", "": "''", CASE: ":id"}.get(given, f":{name}{number}")
                text = text.replace(f"%({name})s", place)
                if given and given != CASE:
                    variables[f"{name}{number}"] = given
            lines.append(" ".join(text.split()) + ";\n")
        return cls(NUMBERS + "".join(lines), variables)


def _text(value: Any) -> str | None:  # noqa: ANN401 - whatever a driver takes
    if isinstance(value, list):
        return "{" + ",".join(map(json.dumps, value)) + "}"
    return None if value is None else str(value)


@frozen
class Pgbench:
    """The program, the database, and what is done for one case: opened, then taken on its way."""

    program: str
    url: str
    opening: Script
    way: Script

    @classmethod
    def of(cls, program: str, url: str, noted: Noted) -> Pgbench:
        """With these statements."""
        return cls(program, url, Script.of(noted.opening), Script.of(noted.way))

    def race(self, clients: int, first: int, cases: int) -> Ends:
        """Open so many cases for each client, then take them on their way, and see when each was done."""
        self._run(self.opening, clients, first, cases)
        return self._run(self.way, clients, first, cases)

    def _run(self, script: Script, clients: int, first: int, cases: int) -> Ends:
        with TemporaryDirectory() as folder:
            Path(folder, "script.sql").write_text(script.text, encoding="utf-8")
            variables = {**script.variables, "first": str(first), "number": "0"}
            command = [
                self.program, "--no-vacuum", "--protocol=prepared", "--file=script.sql", "--log", "--log-prefix=log",
                f"--client={clients}", f"--jobs={min(clients, 2)}", f"--transactions={cases}",
                *(f"--define={name}={value}" for name, value in variables.items()),
                self.url,
            ]  # fmt: skip
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise RuntimeError(f"pgbench failed: {done.stderr.strip()}")
            return _ends(clients, Path(folder).glob("log.*"))


def _ends(clients: int, logs: Iterator[Path]) -> Ends:
    """A line of a log: client, number of the transaction, microseconds, script, second, microsecond of its end."""
    ends: list[list[float]] = [[] for _ in range(clients)]
    for log in logs:
        for line in log.read_text(encoding="utf-8").splitlines():
            client, _, _, _, second, micro = line.split()[:6]
            ends[int(client)].append(int(second) + int(micro) / 1e6)
    return ends
