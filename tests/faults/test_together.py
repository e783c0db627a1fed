"""Two clients that send the same keys at the same time while four workers run: it happens once, as in the model."""

from __future__ import annotations

import time
from itertools import chain
from pathlib import Path

import pytest

from faults.conftest import Tell
from faults.programs import Programs
from faults.reckoning import reckon, undisturbed
from faults.scene import waves

WORKERS = tuple(f"worker-{number}" for number in range(1, 5))
BEYOND_ANY_LEAP = str(60 * 24 * 60)
"""Two workers that both believe to hold a call, since days went by meanwhile, would make it once more out of order."""

CLIENTS = {"player-forwards": "1", "player-backwards": "-1"}


@pytest.mark.slow
def test_the_same_keys_from_two_processes_beside_four_workers_give_what_the_model_gives(folder: Path) -> None:
    check(folder, 12, 25)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.usefixtures("patience")
def test_ten_thousand_events_on_a_hundred_cases_do_too(folder: Path, tell: Tell) -> None:
    began = time.monotonic()
    tell(check(folder, 100, 100), time.monotonic() - began)


def check(folder: Path, cases: int, acts: int) -> str:
    steps = tuple(chain.from_iterable(waves(cases, acts)))
    model, outcomes = undisturbed(steps)
    assert set(outcomes) == {"done"}
    programs = Programs(folder)
    try:
        for worker in WORKERS:
            programs.start(worker, BEYOND_ANY_LEAP)
        for client, direction in CLIENTS.items():
            programs.start(client, str(cases), str(acts), direction)
        assert [programs.running[client].wait() for client in CLIENTS] == [0, 0]
        assert [programs.running[worker].poll() for worker in WORKERS] == [None] * 4
    finally:
        programs.end()
    return str(reckon(folder, model, [step.key for step in steps]))
