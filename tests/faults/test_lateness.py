"""R1, to the last byte: how late a worker runs, or whether one runs at all, is not in the history."""

from __future__ import annotations

import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.walk import commands
from faults.desks import SALT, Desk, Sent, length
from svcflow import Engine
from svcflow.stores.base import StoredEntry
from svcflow.stores.memory import MemoryStore
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile

NAMES = ("service_ticket", "complaint", "maintenance_plan")


def journals(engine: Engine) -> dict[str, tuple[StoredEntry, ...]]:
    """Every journal with its chain of hashes, private values and their salts included."""
    return {case.id: engine.store.journal("", case.id, private=True) for case in engine.cases()}


def calls(engine: Engine) -> dict[str, list[tuple[str, str]]]:
    """What waits for the host, case by case in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in engine.outbox():
        found.setdefault(one.call.case, []).append((one.call.key, one.call.hook))
    return found


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
@settings(max_examples=15)
def test_a_worker_at_every_due_time_and_none_at_all_write_the_same_journals(
    name: str, seed: int, run: list[tuple[str, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(MemoryStore(token=lambda: SALT)) as first:
        file = SqliteFile(str(Path(folder) / "cases.db"), "NORMAL")
        with closing(SqliteStore(file, token=lambda: SALT)) as second:
            prompt, late = Desk(first, name, seed), Desk(second, name, seed)
            sent = walk(prompt, run)
            for number, (one, outcome) in enumerate(sent):
                late.clock.set(one.at)
                assert late.send(one, str(number)) == outcome
            prompt.wait(timedelta(days=1), promptly=True)
            late.clock.set(prompt.clock.now())
            for desk in (prompt, late):
                desk.engine.tick()
            assert journals(prompt.engine) == journals(late.engine)
            assert prompt.cases() == late.cases()
            assert calls(prompt.engine) == calls(late.engine)
            for desk in (prompt, late):
                assert desk.engine.verify().broken == ()


def walk(desk: Desk, run: list[tuple[str, int, int]]) -> list[tuple[Sent, str]]:
    """Carry the commands out with a prompt worker; what was sent, and how it went."""
    sent: list[tuple[Sent, str]] = []
    for command in run:
        if command[0] in {"wait", "due"}:
            desk.wait(length(desk, command), promptly=True)
            continue
        one = desk.chosen(command)
        if one is not None:
            sent.append((one, desk.send(one, str(len(sent)))))
    return sent
