"""
Every command that the documentation shows exists, with its options; and the pages' commands run as printed.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from pages import PAGES, ROOT, Shown, blocks, commands, spans
from svcflow import catalog
from svcflow.cli.app import build
from svcflow.core.event import Actor
from svcflow.engine import Engine


def _application() -> TyperGroup:
    group = typer.main.get_command(build())
    assert isinstance(group, TyperGroup)
    return group


APP = _application()
OPTIONS = {
    name: {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    for name, command in APP.commands.items()
}
SHOWN = [shown for page in PAGES for shown in commands(page)]
MENTIONED = [(page, span.split()) for page in PAGES for span in spans(page) if span.startswith("svcflow ")]
PLUGIN = ROOT / "src" / "_svcflow_pytestplugin.py"
RUN = [
    ROOT / "docs" / "how-to" / "archive.md",
    ROOT / "docs" / "how-to" / "exchange.md",
    ROOT / "docs" / "how-to" / "operate.md",
    ROOT / "docs" / "reference" / "cli.md",
    ROOT / "docs" / "tutorial" / "first-process.md",
]

# `svcflow` as a reader has it; a worker makes one round, for nobody is there to stop it.
SHELL = """
set -e
svcflow() {
    case "$*" in (worker*--once*) ;; (worker*) set -- "$@" --once ;; esac
    %s -m svcflow.cli "$@"
}
"""
APPLICATION = """
import svcflow

engine = svcflow.Engine("sqlite:///service.db")
engine.hook("*")(lambda call: None)
"""


@pytest.mark.parametrize("shown", SHOWN, ids=str)
def test_a_command_in_the_documentation_is_one(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVCFLOW_STORE", "sqlite:///service.db")
    _, name, *arguments = shown.words
    APP.commands[name].make_context(name, arguments)


@pytest.mark.parametrize(("page", "words"), MENTIONED, ids=lambda value: str(value)[-60:])
def test_a_command_that_a_text_speaks_of_exists_with_these_options(page: Path, words: list[str]) -> None:
    if words[1] in {"--version", "COMMAND"}:
        return
    assert words[1] in OPTIONS, f"{page}: {' '.join(words)}"
    assert {word for word in words if word.startswith("--")} <= OPTIONS[words[1]], f"{page}: {' '.join(words)}"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_an_option_that_a_text_speaks_of_belongs_to_a_command_or_to_the_plugin_of_pytest(page: Path) -> None:
    of_pytest = re.findall(r'"(--svcflow[a-z-]*)"', PLUGIN.read_text(encoding="utf-8"))
    known = set().union(*OPTIONS.values(), of_pytest, {"--version"})
    spoken = {found[0] for span in spans(page) if (found := re.match(r"--[a-z][a-z-]*", span)) is not None}
    assert spoken <= known


def test_the_reference_of_the_command_line_names_every_command() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in OPTIONS if f"| `{name}" not in page] == []


def _prepare(page: Path, folder: Path) -> str:
    """
    What the pages take for granted: the catalog's files, a store with a case, an application; answers the case's id.
    """
    for file in catalog.FOLDER.glob("*.yaml"):
        shutil.copy(file, folder)
    for block in (*blocks(page, "yaml"), *blocks(page, "json")):
        if block.title is not None:
            (folder / block.title).write_text(block.text, encoding="utf-8")
    (folder / "shop").mkdir()
    (folder / "shop" / "service.py").write_text(APPLICATION, encoding="utf-8")
    with Engine(f"sqlite:///{folder / 'service.db'}") as engine:
        engine.publish(catalog.path("service_ticket.yaml"))
        form = {"customer": "acme", "phone": "555-0100", "fault": "no picture"}
        return engine.open("service_ticket", form, actor=Actor("li", roles={"agent"})).id


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run_as_printed(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("bash") is None:
        pytest.skip("the commands of the pages are written for bash, which is not installed")
    case = _prepare(page, tmp_path)
    script = SHELL % shlex.quote(sys.executable) + "".join(
        re.sub(r"\bCASE\b", case, one.text) for one in blocks(page, "sh")
    )
    for name in ("SVCFLOW_STORE", "SVCFLOW_TENANT", "SVCFLOW_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_demo_ends_as_the_readme_shows(tmp_path: Path) -> None:
    (sample,) = blocks(ROOT / "README.md", "text")
    (command,) = commands(ROOT / "docs" / "tutorial" / "first-look.md")
    done = subprocess.run(
        [sys.executable, "-m", "svcflow.cli", *command.words[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=1200,
    )
    # The program prints its commands by the name under which it was called.
    printed = iter(
        done.stdout.replace(f"{shlex.quote(sys.executable)} -m svcflow.cli", ".venv/bin/svcflow").splitlines()
    )
    missing = [line for line in sample.text.splitlines() if line and line not in printed]
    assert missing == [], f"not printed, or in another order; the demo printed:\n{done.stdout}"
