"""Sums and middle values of what was observed."""

from __future__ import annotations

from math import ceil, isclose
from statistics import mean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.report.tally import Tally


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_middle_values_are_within_a_hundredth_and_sums_are_sums(values: list[float], share: float) -> None:
    tally = Tally(spread=True)
    for value in values:
        tally.add(value)
    found, exact = tally.quantile(share), sorted(values)[ceil(share * len(values)) - 1]
    assert found is not None
    assert isclose(found, exact, rel_tol=0.0101, abs_tol=1e-300)
    assert tally.mean == pytest.approx(mean(values))
    spread = tally.squares / tally.count - (tally.total / tally.count) ** 2
    assert spread == pytest.approx(pvariance(values), rel=1e-6, abs=max(values) ** 2 * 1e-9 + 1e-300)


def test_the_middle_is_the_nearest_rank() -> None:
    tally = Tally(spread=True)
    for value in (1, 100):
        tally.add(value)
    assert [tally.quantile(share) for share in (0.5, 0.9)] == pytest.approx([1, 100], rel=0.01)


def test_nothing_observed_has_no_mean_and_no_middle() -> None:
    assert (Tally().mean, Tally(spread=True).quantile(0.5)) == (None, None)
