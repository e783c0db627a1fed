"""Plays the whole script into a shared file, whoever else does the same: `python -m faults.player FOLDER CASES`."""

from __future__ import annotations

import sys
from pathlib import Path

from faults.driver import opened
from faults.scene import script


def main(folder: Path, cases: int) -> None:
    """Play every act once, from the first to the last, and say how each went."""
    with opened(folder, strict=False) as (engine, clock):
        for step in script(cases):
            clock.set(step.at)
            print(step.key, step.play(engine), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
