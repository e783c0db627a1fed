"""The suite for machines: the default machine passes, and every promise beside the right step is looked after."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock

import attrs
import pytest

from machines.unguarded import Unguarded
from svcflow.core.machine import Chart, Configuration, Step
from svcflow.core.statechart import Statechart, statechart
from svcflow.errors import UnsupportedChart
from svcflow.testing import machine_threads
from svcflow.testing.chart_samples import samples
from svcflow.testing.machines import contract

Allows = Callable[[int], bool]


def test_the_default_machine_keeps_every_promise() -> None:
    contract(statechart)


def test_a_machine_may_refuse_what_not_everybody_can_run() -> None:
    class Flat(Statechart):
        def start(self, chart: Chart) -> Step:
            hard = [state.id for state in chart.states if state.kind in {"parallel", "history"}]
            if hard:
                raise UnsupportedChart("flat", hard, "too much for it")
            return super().start(chart)

    contract(Flat("flat"))


def broken_name() -> Statechart:
    return Statechart("")


class RefusesNested(Statechart):
    def start(self, chart: Chart) -> Step:
        nested = [state.id for state in chart.states if state.kind == "compound"]
        if nested:
            raise UnsupportedChart("broken", nested, "flat charts only")
        return super().start(chart)


class RefusesWithoutSaying(Statechart):
    def start(self, chart: Chart) -> Step:
        if any(state.kind == "parallel" for state in chart.states):
            raise UnsupportedChart("broken", [], "no")
        return super().start(chart)


class StartsElsewhere(Statechart):
    def start(self, chart: Chart) -> Step:
        return attrs.evolve(super().start(chart), entered=())


class Alternates(Statechart):
    """Answers every second question with nothing."""

    turns: list[int] = []  # noqa: RUF012  (kept between questions: the fault to be noticed)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        self.turns.append(1)
        return None if len(self.turns) % 2 else super().step(chart, at, event, allows)


class MixesCharts(Statechart):
    """Remembers answers by configuration and forgets that charts differ."""

    known: dict[object, Step | None] = {}  # noqa: RUF012  (kept between charts: the fault to be noticed)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        offered = chart.offered(event)
        answers = tuple(allows(number) for leaf in at.leaves for number in offered.get(leaf, ()))
        key = (at, event, answers)
        if key not in self.known:
            self.known[key] = super().step(chart, at, event, allows)
        return self.known[key]


class ExitsForwards(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        step = super().step(chart, at, event, allows)
        return None if step is None else attrs.evolve(step, exited=step.exited[::-1])


class Moves(Statechart):
    """Steps by changing the configuration it was given."""

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        step = super().step(chart, at, event, allows)
        if step is not None:
            object.__setattr__(at, "leaves", step.after.leaves)
        return step


class AsksEverybody(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        for number in range(len(chart.transitions)):
            allows(number)
        return super().step(chart, at, event, allows)


class SwallowsErrors(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        try:
            return super().step(chart, at, event, allows)
        except Exception:  # noqa: BLE001  (the fault to be noticed)
            return None


class WrapsErrors(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        try:
            return super().step(chart, at, event, allows)
        except Exception as error:
            raise type(error) from error


class BreaksAfterErrors(Statechart):
    """Once a guard has raised, it reacts to nothing."""

    raised: list[int] = []  # noqa: RUF012  (kept after an exception: the fault to be noticed)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        if self.raised:
            return None
        try:
            return super().step(chart, at, event, allows)
        except Exception:
            self.raised.append(1)
            raise


class IgnoresEventless(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        return None if event is None else super().step(chart, at, event, allows)


class MatchesExactlyOnly(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        return super().step(chart, at, event, allows) if event in chart.offers else None


class TakesOneRegion(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        return super().step(chart, Configuration(at.leaves[:1], at.memory), event, allows)


class ForgetsHistory(Statechart):
    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        return super().step(chart, Configuration(at.leaves), event, allows)


class PartsNames(Statechart):
    """Takes an event for several where its name has a space."""

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        return super().step(chart, at, event and event.split()[0], allows)


class GoesInCircles(Statechart):
    """Calls itself level by level, and too often."""

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        if len(chart.tree.paths[at.leaves[0]]) > 50:
            raise RecursionError
        return super().step(chart, at, event, allows)


class RefusesLate(Statechart):
    """Finds out in the middle of a case that it cannot run the chart."""

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        if len(at.leaves) > 1:
            raise UnsupportedChart("broken", ["work"], "too much for it")
        return super().step(chart, at, event, allows)


class RefusesForStrangers(Statechart):
    def start(self, chart: Chart) -> Step:
        if any(state.kind == "parallel" for state in chart.states):
            raise UnsupportedChart("broken", ["parallel"], "no")
        return super().start(chart)


class KeepsModels(Statechart):
    """Registers every case it ever stepped."""

    models: list[object] = []  # noqa: RUF012  (kept for ever: the fault to be noticed)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        self.models.append(allows)
        return super().step(chart, at, event, allows)


class KnowsStatesOnly(Statechart):
    """Takes two charts with the same states for one."""

    known: dict[object, Chart] = {}  # noqa: RUF012  (kept between charts: the fault to be noticed)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        return super().step(self.known.setdefault(chart.states, chart), at, event, allows)


class HoldsALock(Statechart):
    """Lets one thread at a time ask its questions."""

    lock = RLock()

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        with self.lock:
            return super().step(chart, at, event, allows)


class OneAtATime(Statechart):
    """Writes its question on itself, so that a question within a question answers the outer one."""

    asked: list[object] = [None, None, None]  # noqa: RUF012  (shared between steps: the fault to be noticed)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        self.asked[:] = [chart, at, event]
        step = super().step(chart, at, event, allows)
        same = self.asked == [chart, at, event]
        return step if same else None


@pytest.mark.parametrize(
    ("machine", "promise"),
    [
        (broken_name, "a machine has a name"),
        (RefusesNested, "nested: every machine must run it"),
        (RefusesWithoutSaying, "a refusal names the states in the way"),
        (RefusesForStrangers, "a refusal names the states in the way"),
        (PartsNames, "names: at"),
        (GoesInCircles, "deep: .*: it raised RecursionError"),
        (RefusesLate, "it raised UnsupportedChart"),
        (StartsElsewhere, "flat: start: expected"),
        (Alternates, "flat: at new"),
        (MixesCharts, r"^(?!flat).*: at "),
        (KnowsStatesOnly, "^seed .*: at "),
        (KeepsModels, "flat: .*`allows` was kept after the step"),
        (OneAtATime, "while it is asked about others: expected Step"),
        (Unguarded, ", in many threads: "),
        (ExitsForwards, "nested: at remote"),
        (Moves, "the configuration was changed"),
        (AsksEverybody, "`allows` was asked about .*, which cannot happen"),
        (SwallowsErrors, "an exception in `allows` was swallowed"),
        (WrapsErrors, "what `allows` raises passes through as it is"),
        (BreaksAfterErrors, "after an exception: expected"),
        (IgnoresEventless, "flat: at new, event None"),
        (MatchesExactlyOnly, "event 'hold.parts.ordered'"),
        (TakesOneRegion, "regions: at"),
        (ForgetsHistory, "histories: at"),
    ],
)
def test_a_broken_promise_is_noticed(machine: Callable[[], Statechart], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        contract(machine())


def test_a_machine_that_holds_a_lock_while_it_asks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_threads, "PATIENCE", 0.1)
    with pytest.raises(AssertionError, match=r"flat: .*: it keeps others waiting while it asks `allows`"):
        contract(HoldsALock())


def test_a_machine_that_confuses_charts_is_noticed_even_if_each_alone_is_right() -> None:
    """It keeps the chart of the last start, as an object with registered models would."""

    class LastStarted(Statechart):
        last: list[Chart] = []  # noqa: RUF012  (kept between charts: the fault to be noticed)

        def start(self, chart: Chart) -> Step:
            self.last[:] = [chart]
            return super().start(chart)

        def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
            return super().step(self.last[0], at, event, allows)

    with pytest.raises(AssertionError, match="in turns with other charts"):
        contract(LastStarted())


def test_every_sample_has_a_name_of_its_own_and_something_to_do() -> None:
    names = [sample.name for sample in samples()]
    assert len(set(names)) == len(names)
    for sample in samples():
        reachable = {
            number for event in sample.events for row in sample.chart.offered(event).values() for number in row
        }
        assert reachable == set(range(len(sample.chart.transitions))), sample.name
