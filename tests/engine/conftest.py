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


@pytest.fixture(params=["memory", "sqlite"])
def engine(request: pytest.FixtureRequest, clock: ManualClock, files: Path, tmp_path: Path) -> Iterator[Engine]:
    url = ":memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/cases.db"
    with Engine(url, clock=clock, random=Random(7)) as made:
        made.publish(files / "desk.yaml", files / "visit.yaml")
        yield made
