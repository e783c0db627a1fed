"""Whoever makes the moves, a case is the same: whole journals, cases and calls of real processes on random traces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.walk import Run, begin, commands, wake_all, walk
from svcflow import catalog, language
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.machines.transitions import Transitions

NAMES = ("service_ticket", "callback", "complaint", "maintenance", "maintenance_plan")


def check_same(name: str, house: Mapping[str, Process], machine: Machine, seed: int, run: Run) -> None:
    """Walk one way on both machines; what was sent is chosen from the menus, so these are the same as well."""
    known, other = (begin(house[name], *house.values(), seed=seed, machine=one) for one in (statechart, machine))
    for desk in (known, other):
        walk(desk, run)
        wake_all(desk)
    assert other.journal == known.journal
    assert other.cases == known.cases
    assert other.calls == known.calls
    other.check_replay()


@pytest.fixture(scope="module")
def definitions(shared: Path) -> Mapping[str, Process]:
    return {name: language.load(shared / "definitions" / f"{name}.yaml") for name in NAMES}


MACHINE = Transitions()


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_shared_processes_have_the_same_journal_on_transitions(
    definitions: Mapping[str, Process], name: str, seed: int, run: Run
) -> None:
    check_same(name, definitions, MACHINE, seed, run)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
def test_the_catalog_has_the_same_journal_on_transitions(name: str, seed: int, run: Run) -> None:
    check_same(name, {one: getattr(catalog, one) for one in NAMES}, MACHINE, seed, run)
