"""A log replayed into a store: the same numbers, and nothing twice, however often and from wherever it is begun."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logdesk import DESK, HEAD, desk, drive, reasons
from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import DefinitionError, InputError
from svcflow.replay import Replay
from svcflow.replay.answer import Tally
from svcflow.stores.base import Store
from svcflow.stores.memory import MemoryStore
from svcflow.stores.open import open_store

MONDAY = "2026-03-02T"
ROWS = (
    f"a,{MONDAY}09:00,Taken,li,P1,",
    f"b,{MONDAY}09:05,Asked,li,,why",
    f"a,{MONDAY}09:30,Answered,li,,",
    f"a,{MONDAY}12:00,Finished,li,,",
    f"c,{MONDAY}12:00,Taken,li,P9,",
    f"a,{MONDAY}12:30,Agreed,li,,",
    f"b,{MONDAY}16:00,Answered,li,,",
    "d,2026-03-03T08:00,Seen,li,,",
)
LATER = ("b,2026-03-04T10:00,Taken,bo,P2,", "e,2026-03-04T11:00,Taken,bo,,", "d,2026-03-04T12:00,Seen,bo,,")

# When something was written, and what the store drew by lot, differ from run to run; nothing else may.
CHANCE = frozenset({"published_at", "salt", "claim"})

ORDER = CHANCE | {"number"}
"""And in which order the entries of different cases were written: one that went on wrote them in two goes."""


@contextmanager
def stored(path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{path}")) as store:
        yield store


def everything(path: Path, *, without: frozenset[str] = frozenset()) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, but for some columns."""
    with closing(sqlite3.connect(path)) as connection:
        found = {}
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})") if row[1] not in without]
            found[name] = sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall(), key=repr)
        return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def replayed(
    folder: Path, path: Path, rows: tuple[str, ...] = ROWS, library: Sequence[Process] | None = None
) -> Replay:
    with stored(path) as store:
        return drive(folder, rows, store=store, library=library)


def test_a_store_gives_the_same_numbers(tmp_path: Path, path: Path) -> None:
    answer = drive(tmp_path, ROWS)
    assert reasons(answer) == [(3, "not_here"), (5, "form"), (6, "barred")]
    assert replayed(tmp_path, path) == answer
    assert drive(tmp_path, ROWS, store=MemoryStore()) == answer


def test_the_cases_stand_in_the_store_under_their_own_ids(tmp_path: Path, path: Path) -> None:
    replayed(tmp_path, path)
    with Engine(f"sqlite:///{path}") as engine:
        assert [case.id for case in engine.cases(process="desk", order="opened")] == ["a", "b", "d"]
        journal = engine.journal("b")
        assert [(entry.at.isoformat()[:16], entry.name, entry.actor.id) for entry in journal] == [
            (f"{MONDAY}09:05", "desk", "li"), (f"{MONDAY}09:05", "ask", "li"), (f"{MONDAY}16:00", "answered", "li"),
        ]  # fmt: skip
        assert not engine.verify().broken


def test_a_second_run_changes_nothing_in_any_table(tmp_path: Path, path: Path) -> None:
    first = replayed(tmp_path, path)
    before = everything(path)
    assert replayed(tmp_path, path) == first
    assert everything(path) == before
    assert any(before.values())


def test_a_longer_log_goes_on_where_the_shorter_one_ended(tmp_path: Path, path: Path) -> None:
    replayed(tmp_path, path)
    grown = replayed(tmp_path, path, (*ROWS, *LATER))
    assert grown == drive(tmp_path, (*ROWS, *LATER))
    at_once = tmp_path / "at-once.db"
    replayed(tmp_path, at_once, (*ROWS, *LATER))
    assert everything(path, without=ORDER) == everything(at_once, without=ORDER)


@pytest.mark.parametrize("rows", range(len(ROWS)))
def test_wherever_a_log_is_cut_the_rest_leads_to_the_same_end(tmp_path: Path, path: Path, rows: int) -> None:
    replayed(tmp_path, path, ROWS[:rows])
    assert replayed(tmp_path, path) == drive(tmp_path, ROWS)


def test_other_rows_under_the_same_case_are_an_error_that_changes_nothing(tmp_path: Path, path: Path) -> None:
    replayed(tmp_path, path)
    before = everything(path)
    for rows in (
        (ROWS[0].replace("Taken", "Asked"), *ROWS[1:]),
        (ROWS[0].replace("li", "bo"), *ROWS[1:]),
        (ROWS[0].replace("09:00", "08:59"), *ROWS[1:]),
        tuple(row for row in ROWS if row != ROWS[-3]),
    ):
        with pytest.raises(InputError, match="case 'a' was replayed into this store before from other rows"):
            replayed(tmp_path, path, rows)
    assert everything(path) == before


def test_other_rows_are_noticed_by_their_keys_when_the_position_was_lost(tmp_path: Path, path: Path) -> None:
    replayed(tmp_path, path)
    forget(path)
    with pytest.raises(InputError, match="case 'a' was replayed into this store before from other rows"):
        replayed(tmp_path, path, (ROWS[0].replace("P1", "P2"), *ROWS[1:]))


def forget(path: Path) -> None:
    """Lose the positions, as if killed before any was kept."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM svcflow_position")


def test_without_its_positions_the_keys_alone_keep_every_row_from_happening_twice(tmp_path: Path, path: Path) -> None:
    first = replayed(tmp_path, path)
    before = everything(path)
    forget(path)
    assert replayed(tmp_path, path) == first
    assert everything(path) == before


def test_a_case_of_somebody_else_is_left_alone(tmp_path: Path, path: Path) -> None:
    with Engine(f"sqlite:///{path}") as engine:
        engine.publish(*desk())
        engine.open("desk", actor=Actor("li", roles={"agent"}), id="a")
    with pytest.raises(InputError, match="this store has a case 'a' that was not opened from this log"):
        replayed(tmp_path, path)


def test_a_newer_version_in_the_store_is_no_place_for_an_old_one(tmp_path: Path, path: Path) -> None:
    with Engine(f"sqlite:///{path}") as engine:
        engine.publish(*desk(DESK.replace("version: 1", "version: 2")))
    with pytest.raises(InputError, match="case 'a' would open under version 2 of desk in this store, and the file is"):
        replayed(tmp_path, path)
    with Engine(f"sqlite:///{path}") as engine:
        assert engine.cases() == ()


def test_a_version_to_come_is_no_obstacle_to_an_old_log(tmp_path: Path, path: Path) -> None:
    apart = replayed(tmp_path, tmp_path / "apart.db")
    with Engine(f"sqlite:///{path}") as engine:
        engine.publish(*desk(DESK.replace("version: 1", "version: 2")), effective_from=datetime(2999, 1, 1, tzinfo=UTC))
    assert replayed(tmp_path, path) == apart


def test_a_version_that_was_not_in_force_at_the_time_of_a_log_takes_none_of_its_cases(
    tmp_path: Path, path: Path
) -> None:
    with Engine(f"sqlite:///{path}") as engine:
        engine.publish(*desk(), effective_from=datetime(2026, 4, 1, tzinfo=UTC))
    with pytest.raises(
        InputError, match="case 'a' cannot open in this store: no version of process 'desk' is in force"
    ):
        replayed(tmp_path, path)


def test_cases_of_an_older_version_are_not_taken_for_those_of_a_newer_one(tmp_path: Path, path: Path) -> None:
    replayed(tmp_path, path)
    with pytest.raises(
        InputError, match="case 'a' lives by version 1 of desk in this store, and the file is version 2"
    ):
        replayed(tmp_path, path, library=desk(DESK.replace("version: 1", "version: 2")))


def test_the_same_version_with_other_content_is_refused(tmp_path: Path, path: Path) -> None:
    replayed(tmp_path, path)
    with pytest.raises(DefinitionError, match="SF701"):
        replayed(tmp_path, path, library=desk(DESK.replace("3d", "4d")))


def test_what_others_did_to_a_case_meanwhile_refuses_rows_and_stays_so(tmp_path: Path, path: Path) -> None:
    replayed(tmp_path, path)
    with Engine(f"sqlite:///{path}") as engine:
        engine.send("b", "take", actor=Actor("bo", roles={"agent"}))
    grown = replayed(tmp_path, path, (*ROWS, *LATER))
    assert reasons(grown)[-1] == (9, "earlier")
    assert grown.rows == grown.accepted + grown.skipped + len(grown.refused)
    before = everything(path)
    assert replayed(tmp_path, path, (*ROWS, *LATER)) == grown
    assert everything(path) == before


def test_other_cases_of_the_store_are_not_moved(tmp_path: Path, path: Path) -> None:
    li = Actor("li", roles={"agent"})
    with Engine(f"sqlite:///{path}") as engine:
        engine.publish(*desk())
        engine.open("desk", actor=li, id="mine", at=datetime(2026, 3, 2, 9, tzinfo=UTC))
        engine.send("mine", "ask", {"reason": "x"}, actor=li, at=datetime(2026, 3, 2, 9, tzinfo=UTC))
        before = engine.store.load("", "mine")
    assert before is not None
    assert before.state == "asked"
    replayed(tmp_path, path, (*ROWS, "z,2026-04-04T10:00,Seen,bo,P2,"))
    with stored(path) as store:
        assert store.load("", "mine") == before


def test_escalations_of_the_log_s_time_wait_in_the_outbox(tmp_path: Path, path: Path) -> None:
    text = DESK.replace(
        "sla:", "escalations: {standard: {50%: {notify: lead}, 100%: {notify: lead}}}\nescalation: standard\nsla:"
    )
    library = desk(text)
    answer = replayed(tmp_path, path, library=library)
    assert answer.clocks["solved"] == Tally(late=1, running=2)
    with Engine(f"sqlite:///{path}") as engine:
        told = [(delivery.call.case, delivery.call.step, delivery.call.at.isoformat()) for delivery in engine.outbox()]
    assert told == [("a", "50%", f"{MONDAY}10:00:00+00:00"), ("a", "100%", f"{MONDAY}11:00:00+00:00")]


# ── killed ─────────────────────────────────────────────────────────────────────────────────────────────────────────

DRIVER = """
import sys
from pathlib import Path
from logdesk import MAP, desk
from svcflow.replay import read_log, read_map, replay
from svcflow.stores.open import open_store

known = read_map(MAP.encode(), "map.yaml")
store = open_store("sqlite:///" + sys.argv[2])
replay(desk(), read_log(Path(sys.argv[1]), known), known, store=store, progress=lambda _: print(end=".", flush=True))
"""


@pytest.mark.chaos
@pytest.mark.parametrize("after", [1, 7, 20])
def test_a_killed_run_is_finished_by_the_next_one(tmp_path: Path, path: Path, after: int) -> None:
    rows = tuple(f"{case}-{row}" for case in range(40) for row in ROWS)
    log = tmp_path / "log.csv"
    log.write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
    command = [sys.executable, "-c", DRIVER, str(log), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        assert running.stdout.read(after) == b"." * after
        running.send_signal(signal.SIGKILL)
    with stored(path) as store:
        begun = sum(1 for case in range(40) if store.load("", f"{case}-a") is not None)
        assert 0 < begun < 40
    answer = replayed(tmp_path, path, rows)
    whole = tmp_path / "whole.db"
    assert replayed(tmp_path, whole, rows) == answer == drive(tmp_path, rows)
    assert everything(path, without=ORDER) == everything(whole, without=ORDER)
    with Engine(f"sqlite:///{path}") as engine:
        assert not engine.verify().broken
