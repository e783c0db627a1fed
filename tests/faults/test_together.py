"""Two processes on one file that are asked for the same at the same time: it happens once, as if one had been asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.driver import opened
from faults.scene import END, script
from faults.test_killed import TESTS, everything, undisturbed

CASES = 24


@pytest.mark.chaos
def test_the_same_keys_from_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    model, outcomes = undisturbed(CASES)
    with opened(tmp_path, strict=False):
        pass  # The process is published.
    command = [sys.executable, "-m", "faults.player", str(tmp_path), str(CASES)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    said = [process.communicate()[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    # Who comes second is refused for what the case is by then, so only what was done is the same.
    done = [{key for key, outcome in zip(words[::2], words[1::2], strict=True) if outcome == "done"} for words in said]
    assert (
        done[0] == done[1] == {step.key for step, went in zip(script(CASES), outcomes, strict=True) if went == "done"}
    )
    with opened(tmp_path, strict=False) as (engine, clock):
        clock.set(END)
        engine.tick()
        assert everything(engine) == everything(model)
        assert engine.verify().broken == ()
