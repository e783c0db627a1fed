"""How long things take: lengths as a scenario writes them, each drawn from one number between 0 and 1."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import blake2b
from math import exp, log, sqrt
from statistics import NormalDist
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.language.times import Misread, read_length

Kind: TypeAlias = Literal["fixed", "uniform", "triangular", "exponential", "lognormal"]

SECOND = timedelta(seconds=1)
LONGEST = 10 * 365 * 86_400
"""Seconds that nothing drawn is longer than: the tail of a distribution has no end, a calendar has."""

_UNITS = {"min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SECONDS = re.compile(r"(0|[1-9][0-9]{0,8})s")
_MEDIAN = re.compile(r"median (\S+) p90 (\S+)")
_EXAMPLES = "write `20min`, `10min..1h`, `10min..20min..1h`, `average 20min` or `median 20min p90 2h`"
_NORMAL = NormalDist()
_Z90 = _NORMAL.inv_cdf(0.9)
_BITS = 53


@frozen
class Chance:
    """
    Where everything that is left to chance comes from: a number for a text, the same one wherever it is asked for.

    Each purpose of each case has texts of its own, so that two runs that differ in staff or process still see the same
    arrivals, choices and lengths. The numbers are BLAKE2b of the text: equal on every machine and Python version.
    """

    seed: str

    def of(self, what: str) -> float:
        """A number between 0 and 1, neither of them included."""
        digest = blake2b(f"{self.seed}/{what}".encode(), digest_size=8).digest()
        return ((int.from_bytes(digest) >> (64 - _BITS)) + 0.5) / (1 << _BITS)


@frozen
class Spread:
    """A distribution of lengths, in seconds; `calendar` names the hours in which they count, None around the clock."""

    kind: Kind
    parts: tuple[int, ...]
    calendar: str | None = None

    def draw(self, chance: float) -> timedelta:
        """The length at this place of the distribution, in whole seconds and at least one."""
        return timedelta(seconds=min(max(1, round(self._at(chance))), LONGEST))

    def _at(self, chance: float) -> float:
        first, *rest = self.parts
        match self.kind:
            case "fixed":
                return first
            case "uniform":
                return first + (rest[0] - first) * chance
            case "triangular":
                return triangular(first, rest[0], rest[1], chance)
            case "exponential":
                return -first * log(1 - chance)
            case "lognormal":
                sigma = log(rest[0] / first) / _Z90
                return exp(min(log(first) + sigma * _NORMAL.inv_cdf(chance), log(LONGEST)))


def triangular(low: float, mode: float, high: float, chance: float) -> float:
    """Where so much of a triangle lies below."""
    if high == low:
        return low
    turn = (mode - low) / (high - low)
    if chance < turn:
        return low + sqrt(chance * (high - low) * (mode - low))
    return high - sqrt((1 - chance) * (high - low) * (high - mode))


def read_spread(text: str) -> Spread:
    """
    Read `20min`, `10min..1h`, `10min..20min..1h`, `average 20min`, `median 20min p90 2h`, with `on CALENDAR` or not.

    Raises:
        Misread: If it is none of them.
    """
    written, on, calendar = text.strip().partition(" on ")
    if on and not calendar.strip().isidentifier():
        raise Misread("SF103", f"`{text}` names no calendar after `on`", "write for example `2h on office`")
    kind, parts = _read(text, written.strip())
    if list(parts) != sorted(parts):
        raise Misread("SF103", f"`{text}` goes down", "write the shorter time first")
    if kind == "lognormal" and not 0 < parts[0] < parts[1]:
        raise Misread("SF103", f"`{text}`: `p90` is what nine in ten stay below", "write a longer time there")
    return Spread(kind, parts, calendar.strip() or None)


def _read(text: str, written: str) -> tuple[Kind, tuple[int, ...]]:
    found = _MEDIAN.fullmatch(written)
    if found is not None:
        return "lognormal", (_seconds(found[1]), _seconds(found[2]))
    if written.startswith("average "):
        return "exponential", (_seconds(written.removeprefix("average ").strip()),)
    parts = tuple(_seconds(part.strip()) for part in written.split(".."))
    kinds: tuple[Kind, ...] = ("fixed", "uniform", "triangular")
    if len(parts) > len(kinds):
        raise Misread("SF103", f"`{text}` has more than three times", _EXAMPLES)
    return kinds[len(parts) - 1], parts


def _seconds(text: str) -> int:
    found = _SECONDS.fullmatch(text)
    if found is not None:
        return int(found[1])
    try:
        length = read_length(text)
    except Misread as misread:
        raise Misread("SF103", f"`{text}` is no time", misread.hint if misread.better else _EXAMPLES) from misread
    if length.unit not in _UNITS:
        raise Misread("SF103", f"`{text}` has no fixed length", "write it in s, min, h, d or w")
    return length.amount * _UNITS[length.unit]


def written(spread: Spread) -> str:
    """A distribution as a scenario writes it."""
    parts = [_written(part) for part in spread.parts]
    on = f" on {spread.calendar}" if spread.calendar else ""
    match spread.kind:
        case "exponential":
            return f"average {parts[0]}{on}"
        case "lognormal":
            return f"median {parts[0]} p90 {parts[1]}{on}"
        case _:
            return "..".join(parts) + on


def _written(seconds: int) -> str:
    unit = next((unit for unit in ("w", "d", "h", "min") if seconds and seconds % _UNITS[unit] == 0), None)
    return f"{seconds}s" if unit is None else f"{seconds // _UNITS[unit]}{unit}"
