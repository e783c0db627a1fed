"""Charts written as trees of dicts, as in the vector files, and a `Walk` through one that shows ids, not numbers."""

from __future__ import annotations

from collections.abc import Collection

from svcflow.core.machine import Chart, Configuration, Step, launch, run
from svcflow.core.statechart import statechart
from svcflow.testing.charts import Row, read_chart


def go(event: str | list[str] | None, *targets: str, raises: tuple[str, ...] = (), internal: bool = False) -> Row:
    row: Row = {"target": list(targets), "raises": list(raises), "internal": internal}
    return row if event is None else {"event": event, **row}


def state(name: str, *inner: Row, **more: object) -> Row:
    kind = "compound" if inner else "atomic"
    return {"id": name, "type": kind, "states": list(inner), **more}


def parallel(name: str, *inner: Row, **more: object) -> Row:
    return state(name, *inner, **{"type": "parallel", **more})


def final(name: str, **more: object) -> Row:
    return state(name, type="final", **more)


def history(name: str, *default: str, deep: bool = False) -> Row:
    return {"id": name, "type": "history", "deep": deep, "default": list(default)}


class Walk:
    """A chart being walked: `leaves` where it stands, the other attributes what the last macrostep did."""

    def __init__(self, *inner: Row, **root: object) -> None:
        self.chart: Chart = read_chart(state("root", *inner, **root))
        self.denied: Collection[int] = ()
        self._show(*launch(statechart, self.chart, self._allows))

    def send(self, event: str | None, *, denied: Collection[int] = ()) -> set[str]:
        self.denied = denied
        self._show(*run(statechart, self.chart, self.at, event, self._allows))
        return self.leaves

    def _allows(self, transition: int) -> bool:
        return transition not in self.denied

    def _show(self, at: Configuration, steps: tuple[Step, ...]) -> None:
        self.at, self.steps = at, steps
        self.leaves = set(self._ids(at.leaves))
        self.exited = [name for step in steps for name in self._ids(step.exited)]
        self.entered = [name for step in steps for name in self._ids(step.entered)]
        self.raised = [event for step in steps for event in step.raised]
        self.taken = [step.taken for step in steps]

    def _ids(self, numbers: tuple[int, ...]) -> list[str]:
        return [self.chart.states[number].id for number in numbers]
