"""A PostgreSQL that is stopped at once under load and comes back: whoever goes on with the same keys loses nothing."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from faults.conftest import Tell
from faults.driver import lines
from faults.programs import LEASE, Programs
from faults.reckoning import compare
from faults.scene import script
from postgres import OwnServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnServer]:
    """One of its own, as careful as PostgreSQL is by default."""
    with tempfile.TemporaryDirectory(prefix="svcflow-restarts") as data:
        made = OwnServer(Path(data, "data"), careless=())
        (tmp_path / "url").write_text(f"{made.url}&wait=60", encoding="utf-8")
        yield made
        made.delete()


@pytest.mark.chaos
@pytest.mark.slow
def test_two_crashes_of_the_server_lose_and_double_nothing(server: OwnServer, tmp_path: Path) -> None:
    check(server, tmp_path, 24, 2)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.usefixtures("patience")
def test_thirty_crashes_of_the_server_do_neither(server: OwnServer, tmp_path: Path, tell: Tell) -> None:
    began = time.monotonic()
    tell(check(server, tmp_path, 200, 30), time.monotonic() - began)


def check(server: OwnServer, folder: Path, cases: int, crashes: int) -> str:
    random, reached, steps = Random(7), 0, len(script(cases))
    programs = Programs(folder)
    try:
        programs.start("worker", LEASE)
        programs.await_ready("worker")  # Only a running worker waits for a server that is away.
        programs.start("driver", str(cases))
        for _ in range(crashes):
            reached = programs.follow(reached + random.randrange(1, 3 * steps // (2 * crashes + 2)))
            before = len(lines(folder / "outages"))
            server.stop_at_once()
            programs.try_one_more()
            while len(lines(folder / "outages")) == before:
                assert programs.running["driver"].poll() is None
            server.start()
        assert programs.follow(steps) == steps - 1
        assert programs.running["driver"].wait() == 0
        assert programs.running["worker"].poll() is None
    finally:
        programs.end()
    return f"crashes {crashes}, {compare(folder, cases)}"
