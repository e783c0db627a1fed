"""One row that somebody has damaged is told to an operator, and holds up nobody else."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest

from engine.desk import KIM, LI, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.decision import HookCall
from svcflow.core.event import Event
from svcflow.engine import Engine
from svcflow.errors import BrokenRecord, StoreError
from svcflow.rounds import Tally, Terms

PAST = timedelta(minutes=61)
ROW = "UPDATE svcflow_case SET body = '{{}}' WHERE id = '{}'"
TEXT = 'UPDATE svcflow_process SET sources = \'{"desk.yaml": "process: desk"}\''


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store with rows that somebody can damage."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres").make())
    return f"sqlite:///{tmp_path}/cases.db"


@pytest.fixture
def damage(url: str) -> Callable[[str], None]:
    def run(statement: str) -> None:
        if url.startswith("sqlite"):
            with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
                assert database.execute(statement).rowcount > 0
        else:
            with psycopg.connect(url) as server:
                assert server.execute(statement.encode()).rowcount > 0

    return run


@pytest.fixture
def cases(engine: Engine) -> list[str]:
    """Three cases, each with a call of `notify`, and in an hour with a step of an escalation."""
    return [engine.open("desk", ORDER, actor=LI).id for _ in range(3)]


@pytest.fixture
def again(url: str, clock: ManualClock) -> Iterator[Engine]:
    """Another process, which remembers nothing."""
    with Engine(url, clock=clock, random=Random(7)) as made:
        yield made


def test_its_timers_are_parked_and_all_others_fire(
    cases: list[str], again: Engine, clock: ManualClock, damage: Callable[[str], None]
) -> None:
    damage(ROW.format(cases[1]))
    clock.advance(PAST)
    assert again.tick(terms=Terms(tries=1)) == Tally(fired=2, parked=1)
    (incident,) = again.incidents()
    assert (incident.kind, incident.case) == ("timer", cases[1])
    assert incident.error.startswith("BrokenRecord: the row of case")


def test_its_calls_fail_and_all_others_are_made(cases: list[str], again: Engine, damage: Callable[[str], None]) -> None:
    damage(ROW.format(cases[1]))
    made: list[str] = []

    @again.hook("notify", private=["phone"])
    def notify(call: HookCall) -> None:
        made.append(call.case)

    assert again.tick(terms=Terms(tries=1)) == Tally(delivered=2, parked=1)
    assert made == [cases[0], cases[2]]
    (incident,) = again.incidents()
    assert (incident.kind, incident.case) == ("hook", cases[1])
    assert incident.error.startswith("BrokenRecord (the row of case")


def test_a_hook_that_fails_where_nobody_knows_what_is_private_is_told_by_its_kind_alone(
    cases: list[str], again: Engine, damage: Callable[[str], None]
) -> None:
    damage(TEXT)

    @again.hook("notify")
    def notify(call: HookCall) -> None:
        raise ValueError("nobody answers at 0155-1234")

    assert again.tick(terms=Terms(tries=1)) == Tally(parked=3)
    (text,) = {incident.error for incident in again.incidents()}
    assert text.startswith("ValueError (")
    assert "0155" not in text


def test_events_sent_together_are_answered_up_to_the_one_that_cannot_be(
    cases: list[str], again: Engine, damage: Callable[[str], None]
) -> None:
    damage(ROW.format(cases[1]))
    events = [(case, Event("assign", {"owner": "kim"}, LI)) for case in cases]
    with pytest.raises(BrokenRecord) as info:
        again.send_many(events)
    assert info.value.case_id == cases[1]
    assert again.case(cases[0]).state == "repair"


def test_verify_finds_it_and_checks_all_others(cases: list[str], again: Engine, damage: Callable[[str], None]) -> None:
    damage(ROW.format(cases[1]))
    audit = again.verify()
    assert (audit.cases, audit.entries) == (3, 3)
    assert [broken.case_id for broken in audit.broken] == [cases[1]]
    assert again.verify(cases[1]).broken[0].why == audit.broken[0].why
    assert "cannot be read" in audit.broken[0].why


def test_an_archive_leaves_it_where_it_is_and_takes_all_others(
    cases: list[str], again: Engine, clock: ManualClock, tmp_path: Path, damage: Callable[[str], None]
) -> None:
    for case in cases:
        again.send(case, "drop", actor=LI)
    again.hook("*")(lambda call: None)
    again.tick()
    damage(ROW.format(cases[1]))
    damage(f"UPDATE svcflow_journal SET entry = '{{}}' WHERE case_id = '{cases[2]}'")
    clock.advance(timedelta(days=400))
    with Engine(again.store, clock=clock) as last:
        found = last.archive(tmp_path, older_than=timedelta(days=365))
    assert found.cases == 1
    assert sorted(one.case for one in found.stayed) == sorted(cases[1:])


class Away:
    """A store whose database goes away after the journals were read."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        if name in {"edition", "process"}:
            raise StoreError("the server is shutting down")
        return getattr(self._store, name)


def test_a_database_that_goes_away_while_it_is_checked_is_no_broken_journal(
    cases: list[str], again: Engine, clock: ManualClock
) -> None:
    away = Engine(Away(again.store), clock=clock)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="shutting down"):
        away.verify(cases[0])


class Meanwhile:
    """A store in which somebody does something just before the first journal is read."""

    def __init__(self, store: object, deed: Callable[[], object]) -> None:
        self._store, self._deeds = store, [deed]

    def __getattr__(self, name: str) -> object:
        if name == "journal" and self._deeds:
            self._deeds.pop()()
        return getattr(self._store, name)


def test_what_moves_on_while_it_is_checked_is_not_broken(
    engine: Engine, cases: list[str], again: Engine, clock: ManualClock
) -> None:
    def assigned() -> None:
        again.send(cases[2], "assign", {"owner": "kim"}, actor=LI)
        again.send(cases[2], "done", {"result": "new panel"}, actor=KIM)

    audit = Engine(Meanwhile(engine.store, assigned), clock=clock).verify()  # type: ignore[arg-type]
    assert (audit.cases, audit.entries, audit.broken) == (3, 5, ())


def test_what_is_archived_while_it_is_checked_is_not_broken(
    engine: Engine, cases: list[str], again: Engine, clock: ManualClock, tmp_path: Path
) -> None:
    again.hook("*")(lambda call: None)
    again.send(cases[2], "drop", actor=LI)
    again.tick()
    clock.advance(timedelta(days=400))

    def archived() -> None:
        again.archive(tmp_path, older_than=timedelta(days=365))

    store = Meanwhile(engine.store, archived)
    assert Engine(store, clock=clock).verify().broken == ()  # type: ignore[arg-type]
