"""The machine `statemachine` against `statechart` and the standard's pseudo code, over charts drawn and the catalog."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.chart_draws import Parts, Walk, charts, walks
from core.walk import Run, commands
from machines.oracle import check_walk
from machines.test_same_journal import NAMES, check_same
from svcflow import catalog
from svcflow.core.machine import Chart
from svcflow.errors import UnsupportedChart

pytest.importorskip("statemachine", reason="python-statemachine is an optional extra")

from svcflow.machines.statemachine import Statemachine

MACHINE = Statemachine()


@given(charts(), walks())
def test_every_microstep_is_the_one_of_statechart_and_of_the_pseudo_code(parts: Parts, walk: Walk) -> None:
    try:
        MACHINE.start(Chart.build(*parts))
    except UnsupportedChart:
        assume(False)  # noqa: FBT003  (its only way)
    check_walk(MACHINE, parts, walk)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
def test_the_catalog_has_the_same_journal_on_it(name: str, seed: int, run: Run) -> None:
    check_same(name, {one: getattr(catalog, one) for one in NAMES}, MACHINE, seed, run)
