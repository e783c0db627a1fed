"""What was promised and what killed programs have left behind, side by side and in numbers."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from attrs import asdict, frozen

from faults.driver import Notebook, engine_on, lines
from faults.scene import DAY, DONE, END, START, Step, publish, script
from faults.worker import register
from svcflow import Case, Engine, JournalEntry, ManualClock
from svcflow.stores.postgres_server import PostgresServer

DOUBLES = """
SELECT case_id, key FROM svcflow_journal WHERE key IS NOT NULL GROUP BY case_id, key HAVING count(*) > 1
UNION ALL
SELECT case_id, CAST(seq AS text) FROM svcflow_journal GROUP BY case_id, seq HAVING count(*) > 1
"""

Journal = tuple[JournalEntry, ...]
Everything = dict[str, tuple[Case, Journal]]


@frozen
class Reckoning:
    """The numbers of one run; those from `lost` to `broken` must be 0."""

    events: int
    timers: int
    hooks: int
    again: int
    """Calls that were delivered more than once, which they may be."""
    lost: int
    doubled: int
    timers_missed: int
    timers_doubled: int
    hooks_missed: int
    hooks_out_of_order: int
    broken: int

    @property
    def harm(self) -> dict[str, int]:
        """What must not be."""
        return {name: number for name, number in list(asdict(self).items())[4:] if number}

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in asdict(self).items())


def undisturbed(steps: Sequence[Step]) -> tuple[Engine, list[str]]:
    """The same script in memory, without a worker until the end; and how each act went."""
    clock = ManualClock(START)
    engine = Engine(clock=clock)
    publish(engine)
    outcomes = []
    for step in steps:
        clock.set(step.at)
        outcomes.append(step.play(engine))
    clock.set(END)
    engine.tick()
    return engine, outcomes


def everything(engine: Engine) -> Everything:
    """Every case with its journal, private values included."""
    return {
        case.id: (case, tuple(one.entry for one in engine.store.journal("", case.id, private=True)))
        for case in engine.cases()
    }


def compare(folder: Path, cases: int) -> Reckoning:
    """What the driver was told and what is there, side by side with the undisturbed run of its script."""
    model, outcomes = undisturbed(script(cases))
    acknowledged = lines(folder / "acknowledged")
    assert [outcome for *_, outcome in acknowledged] == outcomes
    return reckon(folder, model, [key for *_, key, outcome in acknowledged if outcome == DONE])


def reckon(folder: Path, model: Engine, acknowledged: Iterable[str]) -> Reckoning:
    """
    Let a worker come to the end of everything, and compare it with the undisturbed run and the keys that went through.

    Raises:
        AssertionError: Something was lost, doubled, or is different.
    """
    wanted, sent = everything(model), Counter(acknowledged)
    clock = ManualClock(END)
    with engine_on(folder, clock) as engine:
        settle(engine, clock, folder)
        found, audit = everything(engine), engine.verify()
    keys = Counter(entry.key for _, entry in entries(found) if entry.key is not None)
    fired, due = timers(found), timers(wanted)
    hooks = delivered(folder, wanted)
    reckoning = Reckoning(
        events=sent.total(),
        timers=due.total(),
        hooks=sum(map(len, caused(wanted).values())),
        again=sum(len(calls) - len(set(calls)) for calls in hooks.values()),
        lost=(sent - keys).total(),
        doubled=(keys - sent).total() + len(doubles(folder)),
        timers_missed=(due - fired).total(),
        timers_doubled=(fired - due).total(),
        hooks_missed=sum(len({*calls} - {*hooks[case]}) for case, calls in caused(wanted).items()),
        hooks_out_of_order=sum(out_of_order(hooks[case], calls) for case, calls in caused(wanted).items()),
        broken=len(audit.broken),
    )
    assert reckoning.harm == {}
    assert found == wanted
    assert (audit.cases, audit.entries) == (len(wanted), len(entries(wanted)))
    return reckoning


def settle(engine: Engine, clock: ManualClock, folder: Path) -> None:
    """Let a worker come to the end of everything that is due at the end of the script."""
    register(engine, Notebook(folder / "delivered"))
    for _ in range(20):
        engine.tick()
        clock.advance(10 * DAY)  # Longer than any lease in the end.
    assert (engine.outbox(), engine.incidents(), engine.store.next_due()) == ((), (), None)


def entries(found: Everything) -> list[tuple[str, JournalEntry]]:
    """Every entry with its case."""
    return [(case, entry) for case, (_, journal) in found.items() for entry in journal]


def timers(found: Everything) -> Counter[tuple[str, str, str]]:
    """What fired, and when."""
    return Counter((case, one.name, one.at.isoformat()) for case, one in entries(found) if one.kind == "timer")


def caused(wanted: Everything) -> dict[str, list[str]]:
    """The calls of each case in their order."""
    return {case: [call for entry in journal for call in entry.calls] for case, (_, journal) in wanted.items()}


def delivered(folder: Path, wanted: Everything) -> dict[str, list[str]]:
    """The same as the host has written them down."""
    found: dict[str, list[str]] = {case: [] for case in wanted}
    for case, seq, index in lines(folder / "delivered"):
        found[case].append(f"{case}:{seq}:{index}")
    return found


def out_of_order(calls: Sequence[str], wanted: Sequence[str]) -> int:
    """How many calls came after a later one of their case."""
    places = [wanted.index(key) for key in calls]
    return sum(place < max(places[:number], default=0) for number, place in enumerate(places))


def doubles(folder: Path) -> list[tuple[object, ...]]:
    """Keys and entries that are there twice, read behind the store's back; and whether an SQLite file is whole."""
    url = (folder / "url").read_text(encoding="utf-8")
    if not url.startswith("sqlite"):
        with psycopg.connect(PostgresServer.from_url(url).conninfo) as server:
            return server.execute(DOUBLES).fetchall()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///").partition("?")[0])) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return file.execute(DOUBLES).fetchall()
