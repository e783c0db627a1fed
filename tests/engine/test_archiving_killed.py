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
from svcflow.stores.archived import Archived
from svcflow.stores.base import Store
from svcflow.stores.open import open_store

YEAR = timedelta(days=365)


class Failing:
    """A store that fails at one of its calls: before it does anything, or after all is done, as a lost answer does."""

    def __init__(self, store: Store, at: int, *, afterwards: bool) -> None:
        self._store, self._left, self._afterwards = store, at, afterwards

    def __getattr__(self, name: str) -> object:
        method: Callable[..., Any] = getattr(self._store, name)
        if name == "close":
            return method

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


def publish(url: str, folder: Path) -> None:
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with Engine(url) as engine:
        engine.publish(folder / "desk.yaml", folder / "visit.yaml")


def prepare(url: str, folder: Path, tenant: str) -> set[str]:
    """Five ended cases in four families, with nothing to wait for; answers their ids."""
    folder.mkdir()
    with Engine(url, clock=ManualClock(MONDAY)) as engine:
        engine.hook("*")(lambda call: None)
        for _ in range(3):
            engine.send(engine.open("desk", ORDER, actor=LI, tenant=tenant).id, "drop", actor=ACME, tenant=tenant)
        visit = engine.open("visit", {"customer": "acme", "phone": "555 0100"}, actor=LI, tenant=tenant)
        survey = engine.send(visit.id, "ask", actor=LI, tenant=tenant).children["asking"]
        engine.send(survey, "answer", {"score": 5}, actor=CALLER, tenant=tenant)
        while engine.outbox(tenant=tenant):
            engine.tick()
        return {case.id for case in engine.cases(tenant=tenant)}


def archived(store: str | Store, folder: Path, tenant: str) -> Archival:
    with Engine(store, clock=ManualClock(MONDAY + 2 * YEAR)) as engine:
        return engine.archive(folder, older_than=YEAR, private=True, tenant=tenant)


def check(url: str, folder: Path, tenant: str, ids: set[str]) -> None:
    """Run it to its end; then each case is in one file, whole, and no longer in the store, and nothing lies about."""
    archived(url, folder, tenant)
    files = [path for path in folder.iterdir() if ".private." not in path.name]
    found = [case for path in files for case in archive.read(path, private=beside(path))]
    assert Counter(case.case.id for case in found) == dict.fromkeys(ids, 1)
    assert all(case.case.fields["phone"] for case in found)
    assert {path.name for path in folder.iterdir()} == {one.name for path in files for one in (path, beside(path))}
    with Engine(url) as engine:
        assert engine.cases(tenant=tenant) == ()
        places = {one.id: (one.bundle, one.digest) for one in engine.archived(tenant=tenant)}
    assert places == {case.case.id: (path.name, case.digest) for path in files for case in archive.read(path)}


def beside(path: Path) -> Path:
    return path.with_name(path.name.replace(".jsonl", ".private.jsonl"))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store with the processes, for one tenant after another."""
    if request.param == "postgres":
        url = str(request.getfixturevalue("postgres").make())
    else:
        url = f"sqlite:///{tmp_path}/cases.db?synchronous=NORMAL"
    publish(url, tmp_path)
    return url


@pytest.mark.slow
@pytest.mark.parametrize("afterwards", [False, True], ids=["before", "afterwards"])
def test_a_run_that_fails_at_any_call_of_the_store_is_finished_by_the_next(
    url: str, tmp_path: Path, *, afterwards: bool
) -> None:
    at, struck = 0, True
    while struck:
        at += 1
        folder, tenant = tmp_path / str(at), f"tenant {at}"
        ids = prepare(url, folder, tenant)
        failing = Failing(open_store(url), at, afterwards=afterwards)
        with suppress(StoreError):
            archived(failing, folder, tenant)  # type: ignore[arg-type]
        struck = failing.struck
        check(url, folder, tenant, ids)
    assert at > 25


def killed_in_a_fork(url: str, folder: Path, tenant: str, at: int) -> bool:
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
            archived(url, folder, tenant)
        except BaseException:  # noqa: BLE001 - the child must not go on as a second test run
            os._exit(2)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_run_that_is_killed_at_any_file_that_it_touches_is_finished_by_the_next(url: str, tmp_path: Path) -> None:
    at, killed = 0, True
    while killed:
        at += 1
        folder, tenant = tmp_path / str(at), f"tenant {at}"
        ids = prepare(url, folder, tenant)
        killed = killed_in_a_fork(url, folder, tenant, at)
        check(url, folder, tenant, ids)
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


def test_a_case_that_is_touched_meanwhile_stays_and_its_private_values_are_in_no_file(url: str, tmp_path: Path) -> None:
    ids = prepare(url, tmp_path / "archives", "")
    with Engine(url, clock=ManualClock(MONDAY + 2 * YEAR)) as other:
        touched = other.cases(process="desk", limit=1)[0].id
        meddling = Engine(Meddling(other.store, other, touched), clock=other.clock)  # type: ignore[arg-type]
        done = meddling.archive(tmp_path / "archives", older_than=YEAR, private=True)
        assert (done.cases, [(one.case, one.why) for one in done.stayed]) == (
            len(ids) - 1, [(touched, "it was changed while it was being archived")]
        )  # fmt: skip
        assert [case.id for case in other.cases()] == [touched]
        assert touched not in {one.id for one in other.archived()}
    (file,) = done.files
    phones = {one.case.id: one.case.fields.get("phone") for one in archive.read(file.path, private=file.private)}
    assert [case for case, phone in phones.items() if phone is None] == [touched]
