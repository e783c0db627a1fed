"""Two sides of a comparison differ as published tables, other programs and the laws of chance say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import comb, exp, lgamma, log, pi, sqrt, tan
from random import Random
from statistics import NormalDist, fmean, variance

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from svcflow.report import KPIS, Kpi, compare, one_group
from svcflow.report.comparing import Difference, differences_as_json
from svcflow.report.intervals import Interval, Sample, newcombe, rates, t_quantile, welch, wilson

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20)


def sample(values: Sequence[float]) -> Sample:
    return Sample(len(values), sum(values), sum(value * value for value in values))


def hits(some: int, count: int) -> Sample:
    return Sample(count, some, some)


def kpi(name: str, values: Sequence[float], by: Mapping[str, str] | None = None, count: int | None = None) -> Kpi:
    meaning, many = KPIS[name], len(values) if count is None else count
    value = sum(values) if meaning.unit == "cases" else sum(values) / many
    squares = sum(one * one for one in values)
    return Kpi(name, meaning.perspective, meaning.unit, meaning.kind, by or {}, value, many, sum(values), squares)


def only(a: Kpi, b: Kpi) -> Difference:
    (found,) = compare([a], [b])
    return found


# ── published ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (5, 2.5706), (10, 2.2281), (30, 2.0423), (60, 2.0003), (120, 1.9799)],
)
def test_students_t_is_that_of_the_tables(freedom: float, t: float) -> None:
    assert t_quantile(freedom) == pytest.approx(t, abs=5e-5)


def test_students_t_has_its_closed_forms_and_ends_in_the_normal_one() -> None:
    assert t_quantile(1) == pytest.approx(tan(pi * 0.475))
    assert t_quantile(2) == pytest.approx(0.95 * sqrt(2 / (1 - 0.95**2)))
    assert t_quantile(1e6) == pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-5)


@pytest.mark.parametrize(
    ("some", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_that_of_newcombes_first_paper(
    some: int, count: int, low: float, high: float
) -> None:
    assert wilson(some, count) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("b", "a", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_of_two_shares_is_that_of_newcombes_second_paper(
    b: tuple[int, int], a: tuple[int, int], low: float, high: float
) -> None:
    assert newcombe(hits(*a), hits(*b)) == pytest.approx((low, high), abs=5e-5)


# ── the laws of chance ─────────────────────────────────────────────────────────────────────────────────────────────


def binomial(count: int, share: float) -> list[float]:
    return [comb(count, some) * share**some * (1 - share) ** (count - some) for some in range(count + 1)]


def poisson(mean: float) -> list[float]:
    return [exp(some * log(mean) - mean - lgamma(some + 1)) for some in range(int(mean + 12 * sqrt(mean)) + 10)]


def covered(
    interval: Callable[[Sample, Sample], Interval | None],
    a: tuple[int, Sequence[float]],
    b: tuple[int, Sequence[float]],
    truth: float,
) -> float:
    """The chance that an interval holds the truth: all that can happen, each as likely as it is."""

    def chances() -> Iterator[float]:
        for some, once in enumerate(a[1]):
            for others, again in enumerate(b[1]):
                low, high = interval(hits(some, a[0]), hits(others, b[0])) or (0, 0)
                if low <= truth <= high:
                    yield once * again

    return sum(chances())


@pytest.mark.parametrize(("a", "b"), [((30, 0.2), (50, 0.4)), ((60, 0.9), (40, 0.8)), ((80, 0.03), (80, 0.1))])
def test_intervals_of_shares_hold_the_truth_in_nineteen_of_twenty(a: tuple[int, float], b: tuple[int, float]) -> None:
    chance = covered(newcombe, (a[0], binomial(*a)), (b[0], binomial(*b)), b[1] - a[1])
    assert 0.935 <= chance <= 0.975


@pytest.mark.parametrize(("a", "b"), [((40, 0.5), (40, 0.75)), ((20, 2.0), (30, 1.0)), ((100, 0.05), (50, 0.2))])
def test_intervals_of_rates_hold_the_truth_in_nineteen_of_twenty(a: tuple[int, float], b: tuple[int, float]) -> None:
    chance = covered(rates, (a[0], poisson(a[0] * a[1])), (b[0], poisson(b[0] * b[1])), b[1] - a[1])
    assert 0.935 <= chance <= 0.975


def test_intervals_of_means_hold_the_truth_in_nineteen_of_twenty() -> None:
    chance, held, times = Random("welch"), 0, 4_000
    for _ in range(times):
        a = sample([chance.gauss(100, 30) for _ in range(6)])
        b = sample([chance.gauss(80, 5) for _ in range(15)])
        low, high = welch(a, b) or (0, 0)
        held += low <= -20 <= high
    assert 0.935 <= held / times <= 0.965


# ── other programs ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_means_are_told_apart_as_by_welchs_formula_on_the_values() -> None:
    # Two samples with their published result: t = 2.46 with 25 degrees of freedom (R's t.test gives 24.988).
    a = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    b = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4]
    error = sqrt(variance(a) / len(a) + variance(b) / len(b))
    assert (fmean(b) - fmean(a)) / error == pytest.approx(2.46, abs=0.005)
    low, high = welch(sample(a), sample(b)) or (0, 0)
    assert (low + high) / 2 == pytest.approx(fmean(b) - fmean(a))
    assert (high - low) / 2 / error == pytest.approx(2.0596, abs=1e-4)


@given(NUMBERS, NUMBERS)
@example([0.0, 0.0], [0.0, 3.2e-109])
def test_sides_that_change_places_change_the_sign_alone(a: list[float], b: list[float]) -> None:
    there, back = welch(sample(a), sample(b)), welch(sample(b), sample(a))
    assert (there is None) == (back is None)
    if there and back:
        assert there == pytest.approx((-back[1], -back[0]))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40), st.integers(1, 40))
def test_an_interval_holds_what_was_seen(some: int, others: int, count: int, many: int) -> None:
    shares = hits(min(some, count), count), hits(min(others, many), many)
    low, high = newcombe(*shares) or (0, 0)
    assert -1 - 1e-12 <= low < high <= 1 + 1e-12
    assert low - 1e-12 <= shares[1].mean - shares[0].mean <= high + 1e-12
    low, high = rates(hits(some, count), hits(others, many)) or (0, 0)
    assert low - 1e-12 <= others / many - some / count <= high + 1e-12


def test_too_little_says_nothing() -> None:
    assert welch(sample([1]), sample([1, 2])) is None
    assert welch(sample([86_400.1] * 5), sample([7.7] * 1_000)) is None
    assert newcombe(hits(0, 0), hits(1, 2)) is None
    assert rates(hits(3, 0), hits(1, 2)) is None


# ── figures ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R125", "R154")
def test_a_difference_says_whether_the_house_does_better() -> None:
    slow, fast = [100.0, 110, 120, 90] * 5, [50.0, 60, 55, 45] * 5
    assert only(kpi("resolution", slow), kpi("resolution", fast)).verdict == "better"
    assert only(kpi("resolution", fast), kpi("resolution", slow)).verdict == "worse"
    assert only(kpi("satisfaction", fast), kpi("satisfaction", slow)).verdict == "better"
    assert only(kpi("resolution", slow), kpi("resolution", slow[1:])).verdict is None


def test_shares_are_told_apart_by_newcombes_interval() -> None:
    found = only(kpi("rework", [1] * 3 + [0] * 7), kpi("rework", [1] * 9 + [0]))
    assert (found.value, found.low, found.high) == pytest.approx((0.6, 0.1705, 0.8090), abs=5e-5)
    assert found.verdict == "worse"


def test_more_complaints_than_services_have_an_interval_too() -> None:
    found = only(kpi("complaint_rate", [1] * 30, count=10), kpi("complaint_rate", [1] * 10, count=10))
    assert found.value == -2
    assert found.verdict == "better"


def test_numbers_of_cases_are_facts_without_an_interval() -> None:
    found = only(kpi("cases", [1] * 9), kpi("cases", [1] * 4))
    assert (found.value, found.low, found.high, found.verdict) == (-5, None, None, None)


def test_a_figure_of_one_side_alone_is_told_without_a_difference() -> None:
    here, there = kpi("rework", [1, 0], {"product": "X1"}), kpi("rework", [0], {"product": "X2"})
    one, other = compare([here], [there])
    assert (one.a, one.b, one.value, one.verdict) == (here, None, None, None)
    assert (other.a, other.b, other.value, other.verdict) == (None, there, None, None)
    assert [told["b"] and told["b"]["count"] for told in differences_as_json([one, other])] == [None, 1]


def test_one_group_is_taken_out_and_loses_its_dimension() -> None:
    kpis = [
        kpi("rework", [1], {"version": "1"}),
        kpi("rework", [0], {"version": "2"}),
        kpi("rework", [0], {"version": "2", "product": "X1"}),
        kpi("rework", [1, 0]),
    ]
    assert [dict(one.by) for one in one_group(kpis, "version", "2")] == [{}, {"product": "X1"}]
