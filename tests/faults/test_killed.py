"""Killed at any moment and started again: nothing acknowledged is lost, nothing happens twice, no timer is missed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from faults.conftest import Tell
from faults.driver import lines
from faults.programs import drive
from faults.reckoning import compare


@pytest.mark.requirement("R196")
@pytest.mark.slow
def test_a_driver_killed_six_times_leaves_what_an_undisturbed_one_leaves(folder: Path) -> None:
    check(folder, 24, 6)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.usefixtures("patience")
def test_a_driver_killed_two_hundred_times_does_too(folder: Path, tell: Tell) -> None:
    began = time.monotonic()
    tell(check(folder, 200, 200), time.monotonic() - began)


def check(folder: Path, cases: int, kills: int) -> str:
    killed = drive(folder, cases, kills)
    assert killed["driver"] == kills
    assert lines(folder / "outages") == []
    return f"kills {killed.total()}, {compare(folder, cases)}"
