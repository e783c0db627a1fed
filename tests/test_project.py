"""
The project keeps the promises it makes about itself: sizes, commands, documentation.
"""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FILE = 400

# A path begins here: `new/home/back` is none. Put together from pieces, so that this file does not find itself.
PRIVATE_PATHS = re.compile(r"(?<![\w.])/" + "(?:work|home|root|Users|opt/" + "pypi)/")
BINARY = {".png", ".ico", ".db"}


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_relative)
def test_a_source_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_the_readme_shows_exactly_the_two_commands_that_ci_reads_from_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv ")]
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/svcflow demo",
        "python3 -m venv .venv && .venv/bin/pip install '.[dev]' && .venv/bin/pytest",
    ]
    assert "grep -E '^python3 -m venv ' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_tracked_file_names_a_path_of_somebodys_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are tracked")
    found = [
        f"{_relative(path)}:{number}: {line.strip()}"
        for path in _tracked()
        if path.is_file() and path.suffix not in BINARY
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if PRIVATE_PATHS.search(line)
    ]
    assert found == []
