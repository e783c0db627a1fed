"""The repair desk at the terminal, as somebody would sit at it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import svcflow

DESK = Path(__file__).parents[2] / "examples" / "plain_python" / "desk.py"
TAKE_IN = "new\nacme\n555 0100\nno picture\n1\nhand_over\n"


@contextmanager
def sitting_down(folder: Path, *who: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-u", "-W", "error", str(DESK), *who]
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as desk:
        try:
            yield desk
        finally:
            desk.kill()


def attend(folder: Path, *who: str, typed: str) -> str:
    """Type, leave, and see what was shown."""
    with sitting_down(folder, *who) as desk:
        shown, errors = desk.communicate(typed, timeout=300)
        assert (errors, desk.returncode) == ("", 0)
        return shown


def test_a_repair_goes_over_the_desk_and_the_customer_is_told(tmp_path: Path) -> None:
    with sitting_down(tmp_path) as desk:
        assert desk.stdin is not None
        assert desk.stdout is not None
        desk.stdin.write(TAKE_IN + "1\ndone\nnew panel\n")
        desk.stdin.flush()
        told = next(line for line in desk.stdout if "[tell" in line)
    assert "[tell acme on 555 0100: ready]" in told
    with svcflow.Engine(f"sqlite:///{tmp_path}/desk.db") as engine:
        (case,) = engine.cases()
        assert (case.state, case.fields["result"]) == ("ready", "new panel")
        assert engine.verify().broken == ()


def test_the_desk_says_why_something_is_not_possible(tmp_path: Path) -> None:
    shown = attend(tmp_path, typed=TAKE_IN + "1\ndone\n\n1\nfly\n")
    assert "done refused (form): problems: result must be filled in; possible now: done, give_up" in shown
    assert "fly refused (unknown_event)" in shown


def test_everybody_sees_their_own_work_and_the_desk_goes_on_the_next_day(tmp_path: Path) -> None:
    assert "new refused" not in attend(tmp_path, "li", "agent", typed=TAKE_IN)
    assert "1  repairing  acme: no picture" in attend(tmp_path, "kim", "engineer", typed="")
    assert "acme" not in attend(tmp_path, "li", "agent", typed="")
