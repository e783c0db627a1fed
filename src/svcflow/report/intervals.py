"""How sure a difference of two shares, rates or means is: intervals of 95 %, from sums alone."""

from __future__ import annotations

from math import atan, cos, exp, lgamma, pi, sqrt
from statistics import NormalDist
from typing import TypeAlias

from attrs import frozen

Interval: TypeAlias = tuple[float, float]

_TAIL = 0.975
_Z = NormalDist().inv_cdf(_TAIL)
# Where sums cancel out to less than this part of them, what is left is rounding, and the values are all the same.
_ROUNDING = 1e-10
# More degrees of freedom than this change nothing in the first five digits.
_MANY = 1e6
_PIECES = 100
_STEPS = 10


@frozen
class Sample:
    """So many observations, their sum and the sum of their squares."""

    count: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean; there must be an observation."""
        return self.total / self.count

    @property
    def error(self) -> float:
        """The square of the standard error of the mean, of two observations or more."""
        spread = self.squares - self.total**2 / self.count
        return spread / (self.count - 1) / self.count if spread > _ROUNDING * self.squares else 0.0


def welch(a: Sample, b: Sample) -> Interval | None:
    """
    The mean of `b` less that of `a`, where spreads and counts may differ (Welch, Biometrika 34, 1947).

    None if either has fewer than two observations, or if no value differs from the others on its side.
    """
    if min(a.count, b.count) < 2:  # noqa: PLR2004 - one value alone has no spread
        return None
    both = a.error + b.error
    if not both:
        return None
    part = a.error / both  # Squares of errors themselves may be too small to be told from nothing.
    freedom = 1 / (part**2 / (a.count - 1) + (1 - part) ** 2 / (b.count - 1))
    reach = t_quantile(min(freedom, _MANY)) * sqrt(both)
    return b.mean - a.mean - reach, b.mean - a.mean + reach


def newcombe(a: Sample, b: Sample) -> Interval | None:
    """
    The share of `b` less that of `a` (Newcombe, Statistics in Medicine 17, 1998, pages 873-890: method 10).

    None if either has no observation.
    """
    if not a.count or not b.count:
        return None
    return _apart(a.mean, wilson(a.total, a.count), b.mean, wilson(b.total, b.count))


def rates(a: Sample, b: Sample) -> Interval | None:
    """
    The hits per observation of `b` less those of `a`, where hits are counted apart and may be more (Poisson).

    The limits of each rate by its score, put together as Newcombe does it (Zou and Donner, Statistics in Medicine 27,
    2008). None if either has no observation.
    """
    if not a.count or not b.count:
        return None
    return _apart(a.mean, _poisson(a.total, a.count), b.mean, _poisson(b.total, b.count))


def wilson(hits: float, count: int) -> Interval:
    """The interval of one share, by its score (Wilson, Journal of the American Statistical Association 22, 1927)."""
    share, square = hits / count, _Z**2 / count
    middle = share + square / 2
    reach = sqrt(square * share * (1 - share) + square**2 / 4)
    return max((middle - reach) / (1 + square), 0.0), min((middle + reach) / (1 + square), 1.0)


def _poisson(hits: float, count: int) -> Interval:
    middle, reach = hits + _Z**2 / 2, _Z * sqrt(hits + _Z**2 / 4)
    return max(middle - reach, 0.0) / count, (middle + reach) / count


def _apart(a: float, limits_a: Interval, b: float, limits_b: Interval) -> Interval:
    """Their difference, from the distance of each to its own limits."""
    low = sqrt((b - limits_b[0]) ** 2 + (limits_a[1] - a) ** 2)
    high = sqrt((limits_b[1] - b) ** 2 + (a - limits_a[0]) ** 2)
    return b - a - low, b - a + high


def t_quantile(freedom: float) -> float:
    """Student's t that 97.5 % lie below, for 1 to a million degrees of freedom, also between whole numbers."""
    scale, t = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(pi), _Z
    # Newton's steps from the normal one: the distribution bends down, so that they come from below and never overstep.
    for _ in range(_STEPS):
        angle = atan(t / sqrt(freedom))
        missing = _TAIL - 0.5 - scale * _area(angle, freedom)
        t += missing * sqrt(freedom) / (scale * cos(angle) ** (freedom + 1))
    return t


def _area(angle: float, freedom: float) -> float:
    """
    What Student's density sums up to from 0 to t = sqrt(freedom) * tan(angle), but for its scale.

    By the angle it is a power of the cosine, which Simpson's rule sums up.
    """
    step = angle / _PIECES
    heights: list[float] = [cos(place * step) ** (freedom - 1) for place in range(_PIECES + 1)]
    return step / 3 * (heights[0] + 4 * sum(heights[1::2]) + 2 * sum(heights[2:-1:2]) + heights[-1])
