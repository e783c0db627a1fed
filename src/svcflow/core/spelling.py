"""Which known name was probably meant: the `did you mean` of every message about a name."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str | None:
    """
    The name closest to a misspelt word, or None when nothing is close.

    Close means: a letter more, fewer, other or two neighbours swapped, once for every three letters of the word, and
    at least once; capitals do not count. Of equally close names the first wins.
    """
    allowed = max(1, len(word) // 3)
    best: str | None = None
    for name in names:
        if abs(len(name) - len(word)) > allowed or len(name) > LONGEST:
            continue
        steps = _distance(word.casefold(), name.casefold())
        # Two one-letter names are always one letter apart: that is no misspelling.
        if steps <= allowed and steps < max(len(word), len(name)):
            best, allowed = name, steps - 1
    return best


LONGEST = 80
"""Longer names are not compared: nobody types them by hand."""


def _distance(one: str, other: str) -> int:
    """Optimal string alignment: the fewest insertions, deletions, changes and swaps of neighbours."""
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            steps = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                steps = min(steps, before[j - 2] + 1)
            row.append(steps)
        before, above = above, row
    return above[-1]
