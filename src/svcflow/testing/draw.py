"""Traces as a Hypothesis strategy: the same drawing as `random_traces`, by choices that it can make smaller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from hypothesis import strategies as st

from svcflow.core.event import EMPTY
from svcflow.published import Publishable
from svcflow.testing.choose import Choose
from svcflow.testing.drawing import MOST, Drawing
from svcflow.testing.stage import Stage
from svcflow.testing.trace import Trace

T = TypeVar("T")


class Drawn(Choose):
    """Choices of Hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, most: int) -> int:
        """A number from 0 to `most`."""
        return self._draw(st.integers(0, most))

    def whole(self, what: Callable[[], T]) -> T:
        """Carry out what makes several choices, as one thing for Hypothesis to leave out."""
        return self._draw(st.none().map(lambda _: what()))


def traces(
    process: Publishable | Stage | Drawing,
    *,
    most: int = MOST,
    weights: Mapping[str, int] = EMPTY,
    faults: bool = True,
    start: datetime | None = None,
    frontiers: bool = True,
) -> st.SearchStrategy[Trace]:
    """
    Runs of a process: a file, a loaded process or a `Stage`; see `Drawing` for the rest, or give one.

    Raises:
        InputError: A weight is for no kind of command, or negative, or nothing weighs anything.
        DefinitionError: The file has errors.
    """
    if isinstance(process, Drawing):
        return _traces(process)
    return _traces(
        Drawing.of(process, most=most, weights=weights, faults=faults, start=start, frontiers=frontiers)
    )  # fmt: skip


@st.composite
def _traces(draw: st.DrawFn, drawing: Drawing) -> Trace:
    return drawing.trace(Drawn(draw))
