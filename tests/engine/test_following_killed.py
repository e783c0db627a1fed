"""Two followers of one name, killed while cases move: nothing is left out, and each case is heard of in order."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from engine.desk import LI, ORDER, desk_process
from svcflow.engine import Engine

CASES = 4
FOLLOWER = """
import sys
from datetime import timedelta
import svcflow

engine = svcflow.Engine(sys.argv[1])
short = timedelta(milliseconds=200)
for batch in engine.follow("crm", limit=3, lease=short, poll=short / 20):
    for one in batch:
        print(one.case, one.entry.seq, flush=True)
"""


class Followers:
    """Programs that follow under one name, and what they said before they were killed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.heard: list[tuple[str, int]] = []
        self.news = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-c", FOLLOWER, self.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
            listener = threading.Thread(target=self._listen, args=(program,))
            listener.start()
            try:
                yield program
            finally:
                program.kill()
                listener.join()

    def _listen(self, program: subprocess.Popen[str]) -> None:
        assert program.stdout is not None
        for line in program.stdout:
            if not line.endswith("\n"):
                return  # Killed in the middle of it.
            case, seq = line.split()
            with self.news:
                self.heard.append((case, int(seq)))
                self.news.notify_all()

    def hear(self, most: int) -> None:
        """Wait until so many different entries were heard of."""
        with self.news:
            assert self.news.wait_for(lambda: len(set(self.heard)) >= most, timeout=120)


@pytest.mark.requirement("R196")
@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(1, id="few", marks=pytest.mark.slow),
        pytest.param(20, id="many", marks=[pytest.mark.chaos, pytest.mark.exhaustive]),
    ],
)
def test_what_was_committed_is_heard_of_whoever_is_killed(
    kills: int, request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    url = str(request.getfixturevalue("postgres").make()) if database == "postgres" else f"sqlite:///{tmp_path}/c.db"
    random, followers = Random(kills), Followers(url)
    committed: list[tuple[str, int]] = []
    with Engine(url) as engine:
        engine.publish(desk_process())
        for number in range(CASES):
            engine.open("desk", ORDER, actor=LI, id=f"c{number}")
            committed.append((f"c{number}", 1))

        def hear_more(most: int) -> None:
            followers.hear(min(len(set(followers.heard)) + most, len(committed)))

        def move(times: int) -> None:
            for _ in range(times):
                case = engine.note(f"c{random.randrange(CASES)}", "still here", actor=LI)
                committed.append((case.id, case.seq))

        with followers.one() as first:
            followers.hear(1)
            for _ in range(kills):
                with followers.one() as second:
                    move(8)
                    first.kill()
                    hear_more(random.randrange(1, 4))
                    second.kill()
                with followers.one():
                    move(8)
                    hear_more(1)
            with followers.one():
                followers.hear(len(committed))
    assert set(followers.heard) == set(committed)
    firsts = list(dict.fromkeys(followers.heard))
    for number in range(CASES):
        own = [seq for case, seq in firsts if case == f"c{number}"]
        assert own == list(range(1, len(own) + 1))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """Stores that outlive a program."""
    return str(request.param)
