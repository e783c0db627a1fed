"""
Plays all waves into a shared store, whoever else does the same: `python -m faults.player FOLDER CASES WAVES DIRECTION`.

Two that take the cases of each wave in opposite directions meet in the middle.
"""

from __future__ import annotations

import sys
from pathlib import Path

from faults.driver import SharedClock, engine_on
from faults.scene import DONE, START, waves
from svcflow import ManualClock


def main(folder: Path, cases: int, acts: int, direction: int) -> None:
    """Play every act once; none of them is refused."""
    clock, shared = ManualClock(START), SharedClock(folder / "clock")
    with engine_on(folder, clock) as engine:
        for wave in waves(cases, acts):
            for step in wave[::direction]:
                clock.set(step.at)
                shared.set(max(step.at, shared.now()))
                outcome = step.play(engine)
                if outcome != DONE:
                    raise ValueError(f"{step.key} went {outcome}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
