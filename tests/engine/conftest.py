"""
An engine on a clock that stands still, with the small processes published.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine.desk import FILES, MONDAY
from svcflow.clocks import ManualClock
from svcflow.engine import Engine


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "processes"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new store of each kind."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres").make())
    return ":memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/cases.db"


@pytest.fixture
def engine(url: str, clock: ManualClock, files: Path) -> Iterator[Engine]:
    with Engine(url, clock=clock, random=Random(7)) as made:
        made.publish(files / "desk.yaml", files / "visit.yaml")
        yield made
