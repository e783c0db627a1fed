"""What the library transitions does otherwise than the standard, as the decision to use it says: still so, or not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DECISION = Path(__file__).parents[2] / "docs/adr/0010-transitions-as-a-machine.md"
PROGRAMS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", DECISION.read_text(encoding="utf-8"), re.DOTALL)


def test_each_difference_has_a_program() -> None:
    assert len(PROGRAMS) == 5


@pytest.mark.parametrize(("program", "output"), PROGRAMS, ids=["inside", "initial", "done", "true", "parallel"])
def test_the_library_still_does_what_the_machine_makes_up_for(program: str, output: str) -> None:
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == output, (
        "another answer than that of 0.9.3: see whether the machine still has to make up for it"
    )
