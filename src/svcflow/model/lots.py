"""Cases that fall differently where a process shares its cases out: ids for runs that are made up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import TypeAlias

from attrs import evolve

from svcflow.core.process import Process
from svcflow.core.share import WHOLE, Share

Fall: TypeAlias = tuple[int | None, ...]
"""For each list with shares the number of the share that a case is in, None for the rest."""

CASE = "case"
"""The id of a case that is made up; where more are needed, a number follows."""

MOST_FALLS = 32
"""Cases that are told apart."""

MOST_IDS = 5_000
"""Ids that are tried for all ways to fall: enough for three lists of which each takes a tenth."""

RAREST = 100_000
"""Ids that are tried for one way to fall, and lots that are drawn for one that is near it."""


def fall(process: Process, case_id: str) -> Fall:
    """Which share of each list a case is in."""
    drawings = process.drawings.values()
    return tuple(
        next((number for number, share in enumerate(shares) if share.takes(case_id)), None) for shares in drawings
    )


def ids(process: Process) -> tuple[tuple[str, ...], bool]:
    """One id for each way in which a case can fall, those most unlike each other first; and whether these are all."""
    wanted = prod(len(shares) + (shares[-1].high < WHOLE) for shares in process.drawings.values())
    found: dict[Fall, str] = {}
    met: set[tuple[int, int | None]] = set()
    beside: dict[Fall, str] = {}
    for name in _names(MOST_IDS):
        one = fall(process, name)
        sides = set(enumerate(one))
        kept = beside if sides <= met else found
        met |= sides
        if one not in found and one not in beside:
            kept[one] = name
        if len(found) + len(beside) == wanted:
            break
    chosen = tuple(islice((*found.values(), *beside.values()), MOST_FALLS))
    return chosen, len(chosen) == wanted


def _names(most: int) -> Iterator[str]:
    yield CASE
    yield from (f"{CASE}{number}" for number in range(1, most))


def falling(process: Process, *, drawn: bool) -> str:
    """
    The id of a case that is in the first share of every list, or else in none; where there is no rest, in the last.

    Where that is too rare to be found, it is so in as many lists as it can be.
    """
    wanted = [shares[0] if drawn else _rest(shares[-1]) for shares in process.drawings.values()]
    found = next((name for name in _names(RAREST) if all(share.takes(name) for share in wanted)), None)
    if found is not None:
        return found
    return max(_names(RAREST // len(wanted)), key=lambda name: sum(share.takes(name) for share in wanted))


def _rest(last: Share) -> Share:
    """What the shares of a list leave over, or the last of them."""
    return last if last.high == WHOLE else evolve(last, low=last.high, high=WHOLE)
