"""
The pytest plugin of svcflow: fixtures, tests out of process files and stories, and what all of them have covered.

pytest loads it wherever svcflow is installed, so it imports nothing but pytest before something of it is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from svcflow.clocks import ManualClock
    from svcflow.engine import Engine
    from svcflow.testing.host import FakeHooks


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and those of the configuration file."""
    group = parser.getgroup("svcflow", "processes of svcflow")
    group.addoption(
        "--svcflow-coverage", metavar="THRESHOLDS", nargs="?", const="", default=None,
        help="say what random runs cover of processes; fail below thresholds such as transitions=100,states=90",
    )  # fmt: skip
    group.addoption(
        "--svcflow-coverage-report", metavar="FILE", action="append", default=[],
        help="write it to a file, too: .html, .svg, .xml (JUnit), .json or .txt",
    )  # fmt: skip
    parser.addini("svcflow_processes", "process files that are tested by random runs, as patterns", "linelist")
    parser.addini("svcflow_stories", "stories that are tests, as patterns such as *.story.yaml", "linelist")
    parser.addini("svcflow_coverage", "as --svcflow-coverage, for every run", default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Count what is covered, if somebody wants to know."""
    thresholds = config.getoption("svcflow_coverage")
    thresholds = config.getini("svcflow_coverage") if thresholds is None else thresholds
    files = config.getoption("svcflow_coverage_report")
    if thresholds is not None or files:
        from svcflow.testing.session import Covering

        config.pluginmanager.register(Covering(thresholds or "", [Path(file) for file in files]), "svcflow-coverage")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Make tests of process files and stories that the configuration names."""
    if file_path.suffix not in {".yaml", ".yml"}:
        return None
    for name in ("svcflow_stories", "svcflow_processes"):
        if any(file_path.match(pattern) for pattern in parent.config.getini(name)):
            from svcflow.testing import collecting

            kind = collecting.StoryFile if name == "svcflow_stories" else collecting.ProcessFile
            return kind.from_parent(parent, path=file_path)
    return None


@pytest.fixture
def svcflow_clock() -> ManualClock:
    """A clock that stands still, on Monday the 2nd of March 2026, 9:00 UTC: `advance` and `set` move it."""
    from svcflow.clocks import ManualClock
    from svcflow.model.explore import BEGIN

    return ManualClock(BEGIN)


@pytest.fixture
def svcflow_fakes() -> FakeHooks:
    """A host that takes every hook call and keeps it: `calls`, `plan`."""
    from svcflow.testing.host import FakeHooks

    return FakeHooks()


@pytest.fixture
def svcflow_engine(svcflow_clock: ManualClock, svcflow_fakes: FakeHooks) -> Iterator[Engine]:
    """An engine in memory on `svcflow_clock`, whose calls `svcflow_fakes` takes: `publish` what you test."""
    from svcflow.engine import Engine

    engine = Engine(clock=svcflow_clock)
    svcflow_fakes.serve(engine)
    yield engine
    engine.close()
