"""The step cache against the machine behind it and the standard's pseudo code, over charts that Hypothesis draws."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.chart_draws import Parts, Walk, charts, walks
from core.scxml_pseudocode import Interpreter
from svcflow.core.machine import Chart, Machine, Step
from svcflow.core.statechart import statechart
from svcflow.machines.stepcache import Branch, StepCache, Unknown, stepcache
from svcflow.machines.transitions import Transitions
from svcflow.testing.machines import Guard

LIMITS = st.sampled_from((0, 1, 2, 3, 5, 8, 13, 40, 10_000))


def walked(machine: Machine, chart: Chart, walk: Walk) -> list[tuple[Step | None, list[int]]]:
    """The steps of a walk, each with the questions asked on the way."""
    found: list[tuple[Step | None, list[int]]] = [(machine.start(chart), [])]
    at = machine.start(chart).after
    for event, denied in walk:
        guard = Guard(denied)
        step = machine.step(chart, at, event, guard)
        found.append((step, guard.asked))
        at = at if step is None else step.after
    return found


def size(machine: StepCache, chart: Chart) -> int:
    """How many questions and answers are remembered of a chart, counted one by one."""
    pending = list(machine._table(chart).trees.values())
    count = 0
    while pending:
        node = pending.pop()
        count += not isinstance(node, Unknown)
        if isinstance(node, Branch):
            pending += [node.no, node.yes]
    return count


@given(charts(), st.lists(walks(), min_size=1, max_size=4), LIMITS)
def test_each_step_and_its_questions_are_those_of_the_machine_behind(
    parts: Parts, ways: list[Walk], limit: int
) -> None:
    chart, machine = Chart.build(*parts), stepcache(limit=limit)
    for walk in (*ways, *ways):
        assert walked(machine, chart, walk) == walked(statechart, chart, walk)
        assert size(machine, chart) <= limit


@given(charts(), walks(), LIMITS)
def test_each_step_is_the_one_of_the_pseudo_code(parts: Parts, walk: Walk, limit: int) -> None:
    chart, machine = Chart.build(*parts), stepcache(limit=limit)
    for _ in range(2):
        slow = Interpreter(*parts)
        slow.start()
        expected: list[Step | None] = [slow.answer([])]
        expected += [slow.step(event, lambda number, no=denied: number not in no) for event, denied in walk]  # type: ignore[misc]  # mypy infers no lambda with a default
        assert [step for step, _ in walked(machine, chart, walk)] == expected


@given(charts(parallel=False), walks(), LIMITS)
def test_a_machine_of_another_kind_is_asked_on_and_remembered_as_well(parts: Parts, walk: Walk, limit: int) -> None:
    chart, machine = Chart.build(*parts), stepcache(Transitions(), limit=limit)
    expected = [step for step, _ in walked(statechart, chart, walk)]
    for _ in range(2):
        found = walked(machine, chart, walk)
        assert [step for step, _ in found] == expected
        assert all(len(set(asked)) == len(asked) for _, asked in found)
