"""
What the pytest plugin costs those who test something else: `pytest --collect-only` with it installed and without.

Both sides run in an environment of pytest alone and an installed svcflow; on one of them its entry point is missing.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from statistics import median

from attrs import frozen
from rich.console import Console
from rich.table import Table

import svcflow
from benchmarks.budget import Budget

RUNS, QUICK_RUNS = 20, 2
MORE_SECONDS = 0.030
PYTEST = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments")
TESTS = "def test_something():\n    pass\n"


@frozen
class Collecting:
    """Seconds of processor time of so many alternating `runs` (medians), and what the plugin adds in the middle."""

    runs: int
    without: float
    with_plugin: float
    more: float


def collecting(*, quick: bool) -> Collecting:
    """Collect one test, again and again, on both sides in turn."""
    runs = QUICK_RUNS if quick else RUNS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tests = folder / "tests"
        tests.mkdir()
        (tests / "test_something.py").write_text(TESTS, encoding="utf-8")
        sides = [_environment(folder / "without", plugin=False), _environment(folder / "with", plugin=True)]
        for side in sides:  # The first run of each writes what Python keeps of compiled files.
            _timed(tests, side)
        pairs = []
        for number in range(runs):
            order = (0, 1) if number % 2 == 0 else (1, 0)
            took = {side: _timed(tests, sides[side]) for side in order}
            pairs.append((took[0], took[1]))
    without, with_plugin = zip(*pairs, strict=True)
    return Collecting(runs, median(without), median(with_plugin), median(more - less for less, more in pairs))


def _environment(folder: Path, *, plugin: bool) -> Path:
    """A folder of packages: pytest, and svcflow as pip would install it."""
    folder.mkdir()
    site = Path(str(distribution("pytest").locate_file("")))
    for name in PYTEST:
        for found in (*site.glob(name), *site.glob(f"{name}.py"), *site.glob(f"{name}-*.dist-info")):
            (folder / found.name).symlink_to(found)
    package = Path(svcflow.__file__).parent
    (folder / "svcflow").symlink_to(package)
    (folder / "_svcflow_pytestplugin.py").symlink_to(package.parent / "_svcflow_pytestplugin.py")
    installed = distribution("svcflow")
    kept = folder / f"svcflow-{installed.version}.dist-info"
    kept.mkdir()
    (kept / "METADATA").write_text(installed.read_text("METADATA") or "", encoding="utf-8")
    points = "[pytest11]\nsvcflow = _svcflow_pytestplugin\n" if plugin else ""
    (kept / "entry_points.txt").write_text(points, encoding="utf-8")
    (kept / "RECORD").write_text("".join(f"{file},,\n" for file in _files(package)), encoding="utf-8")
    return folder


def _files(package: Path) -> Iterator[str]:
    yield "_svcflow_pytestplugin.py"
    yield from (file.relative_to(package.parent).as_posix() for file in sorted(package.rglob("*.py")))


def _timed(tests: Path, packages: Path) -> float:
    """Seconds of processor time of one collection."""
    before = _used()
    command = [sys.executable, "-S", "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", str(tests)]
    there = {**os.environ, "PYTHONPATH": str(packages)}
    done = subprocess.run(command, cwd=tests, env=there, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert "collected 1 item" in done.stdout
    assert ("plugins: svcflow" in done.stdout) == (packages.name == "with")
    return _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def collecting_budgets(found: Collecting) -> Iterator[Budget]:
    """The promise to everybody who has svcflow installed and tests something else."""
    yield Budget("pytest --collect-only: more with the plugin, ms", found.more * 1e3, at_most=MORE_SECONDS * 1e3)


def show_collecting(found: Collecting, console: Console) -> None:
    """Print the table."""
    table = Table("plugin", title=f"pytest --collect-only, ms of processor time ({found.runs} runs each)",
                  title_justify="left")  # fmt: skip
    table.add_column("median", justify="right")
    for name, seconds in (("without", found.without), ("with", found.with_plugin), ("more", found.more)):
        table.add_row(name, f"{seconds * 1e3:.1f}")
    console.print(table)
