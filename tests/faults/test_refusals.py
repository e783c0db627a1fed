"""A refusal, a preview or a question changes not one row of any table, wherever a case has come to."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.walk import actors, commands
from faults.desks import SALT, Desk, Sent, length
from faults.fragile import rows
from svcflow.core.event import Event
from svcflow.stores.sqlite import SqliteStore
from svcflow.stores.sqlite_file import SqliteFile

NAMES = ("service_ticket", "complaint", "maintenance_plan")


@pytest.mark.requirement("R231")
@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands, ticks=st.booleans())
@settings(max_examples=12)
def test_a_refusal_changes_no_row_wherever_a_case_has_come_to(
    name: str, seed: int, run: list[tuple[str, int, int]], *, ticks: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.db"
        with closing(SqliteStore(SqliteFile(str(path), "NORMAL"), token=lambda: SALT)) as store:
            desk = Desk(store, name, seed)
            for number, command in enumerate(run):
                if command[0] in {"wait", "due"}:
                    desk.wait(length(desk, command), promptly=False)
                else:
                    try_everything(desk, path, command, number)
                if ticks:
                    desk.engine.tick()
                ask_everything(desk, path, number)
            assert desk.engine.verify().broken == ()


def try_everything(desk: Desk, path: Path, command: tuple[str, int, int], number: int) -> None:
    """Send what is possible only after much that is not, some of it under the very same key."""
    one = desk.chosen(command)
    if one is None:
        return
    strays = [desk.chosen(("stray", command[1] + shift, command[2] + shift)) for shift in range(5)]
    nobody = [Sent(one.at, one.case, one.event, {**one.fields, "no_such_field": 1}, one.actor)]
    for stray in (*strays, *nobody):
        if stray is not None:
            check(desk, path, stray, str(number))
    check(desk, path, one, str(number))


def check(desk: Desk, path: Path, sent: Sent, key: str) -> None:
    """Preview it and send it: a refusal leaves every row as it was, in whichever way it is sent."""
    before = rows(path)
    desk.engine.preview(sent.case, sent.event, sent.fields, actor=sent.actor)
    assert rows(path) == before
    if desk.send(sent, key) == "done":
        return
    assert rows(path) == before
    desk.engine.send_many([(sent.case, Event(sent.event, sent.fields, sent.actor, key))])
    assert rows(path) == before


def ask_everything(desk: Desk, path: Path, number: int) -> None:
    """Questions are answered as of now and write nothing, however much is overdue."""
    before, engine = rows(path), desk.engine
    for case in desk.cases():
        everybody = actors(desk.process(case))
        engine.case(case.id)
        engine.clocks(case.id)
        engine.journal(case.id)
        engine.menu(case.id, actor=everybody[number % len(everybody)])
        engine.worklist(everybody[number % len(everybody)])
    engine.cases(late=True)
    assert rows(path) == before
