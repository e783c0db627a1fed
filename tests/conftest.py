"""
What every test shares: how Hypothesis runs, how many workers there are, where the shared example data lie.
"""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from postgres import Schemas, running_server

ROOT = Path(__file__).parents[1]

# No deadline: two workers on a busy machine make a single example slow now and then, and that is no failure.
_relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("daily", _relaxed, max_examples=60)
# Always the same examples: a change is judged by what it changes. Other examples are looked for every day.
settings.register_profile("ci", _relaxed, max_examples=40, print_blob=True, derandomize=True)
settings.register_profile("thorough", _relaxed, max_examples=2000, print_blob=True)
# To measure which lines run; whether they are right, the whole run has said.
settings.register_profile("brief", _relaxed, max_examples=30, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "daily"))

# A run in the background of a shell is told to ignore Ctrl-C, and so would be every program that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """
    Spread the whole suite over the processors, and keep a few named files in one process.

    Starting workers takes longer than most single files take to run.
    """
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return 0
    return max(2, os.cpu_count() or 2)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """
    Say at the end what the long runs of tests/faults have counted.
    """
    for report in terminalreporter.stats.get("passed", []):
        for name, numbers in report.user_properties:
            if name == "faults":
                terminalreporter.write_line(str(numbers))


@pytest.fixture(scope="session")
def shared() -> Path:
    """
    The folder of example definitions, vectors and records beside the repository; without it the test is skipped.
    """
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: example definitions, vectors and records are kept beside the repository")
    return folder


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """
    Threads that take turns after every few steps, and so meet where they seldom do.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server, started when the first test asks for it."""
    with running_server() as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Schemas]:
    """Empty places for stores on it."""
    schemas = Schemas(postgres_server)
    yield schemas
    schemas.drop()
