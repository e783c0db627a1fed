"""
The documentation tells the truth: what it prints as YAML loads, what it prints as Python runs.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import svcflow
from pages import PAGES, ROOT, WALKED, Block, blocks
from svcflow import catalog, language, stories
from svcflow.simulate.reading import read_text

DOCS = ROOT / "docs"
LANGUAGE = DOCS / "reference" / "language"
YAML = [block for page in PAGES if page != WALKED for block in blocks(page, "yaml")]
PROCESSES = [block for block in YAML if block.text.startswith("process:")]
WHOLE = ("process:", "shared:", "case:", "story:", "scenario:")
FRAGMENTS = [block for block in YAML if not block.text.startswith(WHOLE)]
SCENARIOS = [block for block in YAML if block.text.startswith("scenario:")]
STORIES = [block for block in YAML if block.text.startswith("story:")]
FIRST = blocks(DOCS / "tutorial" / "first-process.md", "yaml")[0]
PYTHON_PAGES = [page for page in PAGES if page != WALKED and blocks(page, "python")]

# What the fragments of the reference leave out, as its first page says; the how-to pages bring all they need.
HEAD = "process: example\nversion: 3\n"
STATES = "states:\n  received: {by: agent, events: {close: closed}}\n  closed: {end: done}\n"


def _write_neighbours(page: Path, folder: Path) -> None:
    """
    Write every titled YAML block of the page's folder under its title; of several, the page's last one counts.
    """
    for neighbour in (*(other for other in PAGES if other.parent == page.parent and other != page), page):
        for block in blocks(neighbour, "yaml"):
            if block.title is not None:
                (folder / block.title).write_text(block.text, encoding="utf-8")


def _complete(block: Block) -> str:
    """
    A fragment with the lines that every process starts with, and with states if it has none.
    """
    head = HEAD + ("use: [desk.yaml]\n" if block.page.parent == LANGUAGE else "roles: [agent]\n")
    return head + block.text + ("" if re.search(r"^states:", block.text, re.MULTILINE) else STATES)


def _findings(path: Path) -> list[str]:
    return [str(finding) for finding in language.check([path]).findings]


@pytest.mark.parametrize("block", PROCESSES, ids=str)
def test_a_process_in_the_documentation_loads(block: Block, tmp_path: Path) -> None:
    _write_neighbours(block.page, tmp_path)
    path = tmp_path / (block.title or "example.yaml")
    path.write_text(block.text, encoding="utf-8")
    assert block.text.startswith(f"process: {svcflow.load(path).name}\n")
    assert block == FIRST or _findings(path) == []


@pytest.mark.parametrize("block", FRAGMENTS, ids=str)
def test_a_part_of_a_process_in_the_documentation_loads(block: Block, tmp_path: Path) -> None:
    _write_neighbours(block.page, tmp_path)
    path = tmp_path / "example.yaml"
    path.write_text(_complete(block), encoding="utf-8")
    assert svcflow.load(path).name == "example"
    # A part shows one thing, and leaves out how long each state may take.
    assert [finding for finding in _findings(path) if "SF605" not in finding] == []


def test_the_first_process_gets_the_one_warning_that_its_page_speaks_of(tmp_path: Path) -> None:
    path = tmp_path / "workshop.yaml"
    path.write_text(FIRST.text, encoding="utf-8")
    (finding,) = language.check([path]).findings
    assert finding.severity == "warning"
    assert f"`{finding.code}`" in FIRST.page.read_text(encoding="utf-8")


@pytest.mark.parametrize("block", STORIES, ids=str)
def test_a_story_in_the_documentation_is_true(block: Block, tmp_path: Path) -> None:
    _write_neighbours(block.page, tmp_path)
    path = tmp_path / "example.story.yaml"
    path.write_text(block.text, encoding="utf-8")
    assert stories.run(stories.read(path)).misses == ()


@pytest.mark.parametrize("block", SCENARIOS, ids=str)
def test_a_scenario_in_the_documentation_is_one_for_the_service_ticket(block: Block) -> None:
    library = language.project(catalog.path("service_ticket.yaml"))
    assert read_text(block.text, "example.scenario.yaml", library).title


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_of_a_page_runs_and_prints_what_it_says(page: Path, tmp_path: Path) -> None:
    _write_neighbours(page, tmp_path)
    text = "\n".join(block.text for block in blocks(page, "python"))
    (tmp_path / "page.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "page.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    printed = iter(done.stdout.splitlines())
    expected = re.findall(r"print\(.*\)  # (.*)$", text, re.MULTILINE)
    assert [line for line in expected if line not in printed] == [], done.stdout


def test_the_python_of_the_readme_runs_again_on_the_same_store(tmp_path: Path) -> None:
    _write_neighbours(ROOT / "README.md", tmp_path)
    text = "\n".join(block.text for block in blocks(ROOT / "README.md", "python"))
    (tmp_path / "page.py").write_text(text, encoding="utf-8")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
