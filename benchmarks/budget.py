"""A promise about speed or size, beside what a run found."""

from __future__ import annotations

from attrs import frozen


@frozen
class Budget:
    """One promise: `at_least` or `at_most` so much, and what was `found`."""

    name: str
    found: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def kept(self) -> bool:
        """Whether what was found is within the budget."""
        high_enough = self.at_least is None or self.found >= self.at_least
        return high_enough and (self.at_most is None or self.found <= self.at_most)
