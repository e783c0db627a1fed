"""Sums that grow with every observation and never hold one: mean, spread, and middle values within 1 %."""

from __future__ import annotations

from math import ceil, log

from attrs import define, field

# Two neighbouring buckets are 2 % apart: the middle of one is within 1 % of all that is in it.
_WIDTH = log(1.02)
_HALF = 1.02**0.5


@define
class Tally:
    """How often, how much in all, and the sum of squares; with `spread` also in which bucket each value lies."""

    spread: bool = False
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    buckets: dict[int | None, int] = field(factory=dict)

    def add(self, value: float, count: int = 1) -> None:
        """One observation, or the sum of `count` ones of 0 and 1."""
        self.count += count
        self.total += value
        self.squares += value * value if count == 1 else value
        if self.spread:
            bucket = ceil(log(value) / _WIDTH) if value > 0 else None
            self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    @property
    def mean(self) -> float | None:
        """The mean, None of nothing."""
        return self.total / self.count if self.count else None

    def quantile(self, share: float) -> float | None:
        """The value at this share of all (the nearest rank), within 1 %; None of nothing, 0 of what is not above 0."""
        if not self.buckets:
            return None
        rank, seen = ceil(share * self.count), 0
        for bucket in sorted(self.buckets, key=lambda one: (one is not None, one or 0)):
            seen += self.buckets[bucket]
            if seen >= rank:
                break
        return 0.0 if bucket is None else 1.02**bucket / _HALF
