"""Traces, and what several do at once, as Hypothesis strategies: the drawing of `random_traces`, made to shrink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from attrs import evolve
from hypothesis import strategies as st

from svcflow.core.event import EMPTY
from svcflow.published import Publishable
from svcflow.testing.choose import Choose
from svcflow.testing.drawing import MOST, Drawing
from svcflow.testing.stage import Stage
from svcflow.testing.together import Deed, Program
from svcflow.testing.trace import Trace, Work
from svcflow.testing.twin import Asked

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
def interleavings(
    draw: st.DrawFn, process: Publishable | Stage | Drawing, *, parties: int = 2, most: int = 4
) -> Program:
    """
    What several do at once: a run whose last things, at most `most`, are dealt out to `parties`; often a worker, too.

    In the run each of them was possible, so that they get in each other's way. `play` and `interleave` run the program.

    Raises:
        DefinitionError: The file has errors.
    """
    trace = draw(traces(process, faults=False))
    asked = [place for place, command in enumerate(trace.commands) if isinstance(command, Asked)]
    cut = asked[-min(most, len(asked))] if asked else len(trace)
    dealt: dict[str, list[Deed]] = {f"party {number}": [] for number in range(1, parties + 1)}
    for command in trace.commands[cut:]:
        if isinstance(command, Asked):
            dealt[draw(st.sampled_from(sorted(dealt)))].append(command)
    if draw(st.booleans()):
        dealt["worker"] = [Work()]
    before = evolve(trace, commands=trace.commands[:cut])
    return Program(before, {name: tuple(deeds) for name, deeds in dealt.items() if deeds})


@st.composite
def _traces(draw: st.DrawFn, drawing: Drawing) -> Trace:
    return drawing.trace(Drawn(draw))
