"""Less collecting of garbage, for commands that make values by the million."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 50_000


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """
    Look for circles of garbage after every so many values only, and never again in what is loaded already.

    The log of a case is in no circle and goes when the next one comes. To look for one among the logs of some hundred
    cases, over and over again, takes a fifth of the time of a report.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_MANY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
