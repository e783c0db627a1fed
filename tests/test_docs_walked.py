"""
The tutorial from the copy to the report, as a reader walks it: files, changes and commands in their order.
"""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pages import WALKED, Block, fenced
from svcflow.cli.app import main


def _change(folder: Path, block: Block) -> None:
    """
    Do by the letter what a `diff` says; `@@` stands between its pieces.
    """
    assert block.title is not None
    path = folder / block.title
    text = path.read_text(encoding="utf-8")
    for piece in block.text.split("@@\n"):
        lines = piece.splitlines(keepends=True)
        before = "".join(line[1:] or "\n" for line in lines if line[0] != "+")
        assert text.count(before) == 1, f"{block}: these lines are not in {block.title}, or not once:\n{before}"
        text = text.replace(before, "".join(line[1:] for line in lines if line[0] != "-"))
    path.write_text(text, encoding="utf-8")


def _run(command: str, folder: Path, capture: pytest.CaptureFixture[str]) -> str:
    """
    What a command prints. Ours run in this process, but for a worker, which takes in a module of the reader's.
    """
    name, *words = shlex.split(command)
    if name == "svcflow" and words[0] != "worker":
        short = ["--max-examples", "1"] if words[0] == "test" else []  # What is looked for by chance takes long.
        status = main([*words, *short])
        printed = "".join(capture.readouterr())
        assert status == 0, f"{command}\n{printed}"
        return printed
    python = {"python": [sys.executable], "svcflow": [sys.executable, "-m", "svcflow.cli"]}[name]
    done = subprocess.run([*python, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=1200)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_way_to_a_process_of_ones_own_can_be_walked_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SVCFLOW_STORE", "SVCFLOW_TENANT", "SVCFLOW_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    printed = iter([""])
    for block in fenced(WALKED):
        match block.kind:
            case "sh":
                outputs = [_run(command, tmp_path, capsys) for command in block.text.splitlines()]
                printed = iter("".join(outputs).splitlines())
            case "text":
                missing = [line for line in block.text.splitlines() if line not in printed]
                assert missing == [], f"{block}: not printed, or in another order"
            case "diff":
                _change(tmp_path, block)
            case _:
                assert block.title is not None
                (tmp_path / block.title).write_text(block.text, encoding="utf-8")
