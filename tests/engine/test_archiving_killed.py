"""Archiving that fails or is killed at any step, and is run again: every case is in one place, once."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.desk import ACME, CALLER, FILES, LI, MONDAY, ORDER
from svcflow import archive
from svcflow.archiving import Archival
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import StoreError
from svcflow.stores.base import Archived, Store
from svcflow.stores.open import open_store

YEAR = timedelta(days=365)


class Failing:
    """A store that fails at one of its calls: before it does anything, or after all is done, as a lost answer does."""

    def __init__(self, store: Store, at: int, *, afterwards: bool) -> None:
        self._store, self._left, self._afterwards = store, at, afterwards

    def __getattr__(self, name: str) -> object:
        method: Callable[..., Any] = getattr(self._store, name)

        def call(*args: Any, **named: Any) -> object:  # noqa: ANN401 - those of any method
            self._left -= 1
            if self._left == 0 and not self._afterwards:
                raise StoreError("the connection is gone")
            answer = method(*args, **named)
            if self._left == 0:
                raise StoreError("the connection is gone")
            return answer

        return call

    @property
    def struck(self) -> bool:
        return self._left <= 0


def prepare(url: str, folder: Path) -> set[str]:
    """Five ended cases in four families, with nothing to wait for; answers their ids."""
    folder.mkdir()
    with Engine(url, clock=ManualClock(MONDAY)) as engine:
        for name, text in FILES.items():
            (folder.parent / name).write_text(text, encoding="utf-8")
        engine.publish(folder.parent / "desk.yaml", folder.parent / "visit.yaml")
        engine.hook("*")(lambda call: None)
        for _ in range(3):
            engine.send(engine.open("desk", ORDER, actor=LI).id, "drop", actor=ACME)
        visit = engine.open("visit", {"customer": "acme", "phone": "555 0100"}, actor=LI)
        engine.send(engine.send(visit.id, "ask", actor=LI).children["asking"], "answer", {"score": 5}, actor=CALLER)
        while engine.outbox():
            engine.tick()
        return {case.id for case in engine.cases()}


def archived(store: str | Store, folder: Path) -> Archival:
    engine = Engine(store, clock=ManualClock(MONDAY + 2 * YEAR))
    return engine.archive(folder, older_than=YEAR, private=True)


def check(url: str, folder: Path, ids: set[str]) -> None:
    """Run it to its end; then each case is in one file, whole, and no longer in the store, and nothing lies about."""
    archived(url, folder)
    files = [path for path in folder.iterdir() if ".private." not in path.name]
    found = [case for path in files for case in archive.read(path, private=beside(path))]
    assert Counter(case.case.id for case in found) == dict.fromkeys(ids, 1)
    assert all(case.case.fields["phone"] for case in found)
    assert {path.name for path in folder.iterdir()} == {one.name for path in files for one in (path, beside(path))}
    with Engine(url) as engine:
        assert engine.cases() == ()
        places = {one.id: (one.bundle, one.digest) for one in engine.archived()}
    assert places == {case.case.id: (path.name, case.digest) for path in files for case in archive.read(path)}


def beside(path: Path) -> Path:
    return path.with_name(path.name.replace(".jsonl", ".private.jsonl"))


@pytest.mark.slow
@pytest.mark.parametrize("afterwards", [False, True], ids=["before", "afterwards"])
def test_a_run_that_fails_at_any_call_of_the_store_is_finished_by_the_next(tmp_path: Path, *, afterwards: bool) -> None:
    at, struck = 0, True
    while struck:
        at += 1
        place = tmp_path / str(at)
        place.mkdir()
        url = f"sqlite:///{place}/cases.db?synchronous=NORMAL"
        ids = prepare(url, place / "archives")
        failing = Failing(open_store(url), at, afterwards=afterwards)
        with suppress(StoreError):
            archived(failing, place / "archives")  # type: ignore[arg-type]
        struck = failing.struck
        check(url, place / "archives", ids)
    assert at > 25


def killed_in_a_fork(url: str, folder: Path, at: int) -> bool:
    """Whether the run was killed: without warning, when it touches a file for the so-manieth time."""
    child = os.fork()
    if child == 0:
        left = at

        def strike(event: str, _: tuple[object, ...]) -> None:
            nonlocal left
            if event in {"open", "os.rename", "os.remove", "sqlite3.connect"}:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(strike)
        try:
            archived(url, folder)
        except BaseException:  # noqa: BLE001 - the child must not go on as a second test run
            os._exit(2)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_run_that_is_killed_at_any_file_that_it_touches_is_finished_by_the_next(tmp_path: Path) -> None:
    at, killed = 0, True
    while killed:
        at += 1
        place = tmp_path / str(at)
        place.mkdir()
        url = f"sqlite:///{place}/cases.db?synchronous=NORMAL"
        ids = prepare(url, place / "archives")
        killed = killed_in_a_fork(url, place / "archives", at)
        check(url, place / "archives", ids)
    assert at > 10


class Meddling:
    """A store in which somebody else writes a note into each case just before it would be taken out."""

    def __init__(self, store: Store, engine: Engine, only: str) -> None:
        self._store, self._engine, self._only = store, engine, only

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def remove(self, cases: list[Archived]) -> None:
        if cases[0].id == self._only:
            self._engine.erase(self._only, reason="asked for by letter", actor=LI)
        self._store.remove(cases)


def test_a_case_that_is_touched_meanwhile_stays_and_its_private_values_are_in_no_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cases.db"
    ids = prepare(url, tmp_path / "archives")
    with Engine(url, clock=ManualClock(MONDAY + 2 * YEAR)) as other:
        touched = other.cases(process="desk", limit=1)[0].id
        done = archived(Meddling(other.store, other, touched), tmp_path / "archives")  # type: ignore[arg-type]
        assert (done.cases, [(one.case, one.why) for one in done.stayed]) == (
            len(ids) - 1, [(touched, "it was changed while it was being archived")]
        )  # fmt: skip
        assert [case.id for case in other.cases()] == [touched]
        assert touched not in {one.id for one in other.archived()}
    (file,) = done.files
    phones = {one.case.id: one.case.fields.get("phone") for one in archive.read(file.path, private=file.private)}
    assert [case for case, phone in phones.items() if phone is None] == [touched]
