"""
In every shipped process each step has somebody who answers for it, and a time; the check tells where one is missing.
"""

from collections.abc import Iterator

import pytest

from language.rulebook import findings
from svcflow import catalog
from svcflow.core.graph import Graph
from svcflow.core.process import ClockRule, Process, State


def around(process: Process, state: State) -> Iterator[State]:
    """A state and the groups around it."""
    yield state
    while state.parent is not None:
        yield (state := process.states[state.parent])


def promising(process: Process, clock: ClockRule) -> frozenset[int]:
    """The states in which a clock may be running."""
    graph = Graph.of(process)
    stops = {leaf for state in clock.stops for leaf in graph.leaves(state)}
    starts = {leaf for state in clock.starts for leaf in graph.leaves(state)} - stops
    return graph.reached(starts, lambda edge: edge.target not in stops)


def works(process: Process, path: str) -> bool:
    """Somebody has something to do here: it is no end and no group, nothing moves by itself, no child case works."""
    state = process.states[process.paths[path]]
    return not (state.children or state.end or state.auto or state.run)


@pytest.mark.requirement("R002", "R088", "R126", "R138", "R197")
@pytest.mark.parametrize("name", catalog.NAMES)
def test_each_step_has_people_and_a_time(name: str) -> None:
    process: Process = getattr(catalog, name)
    promised = frozenset[int]().union(*(promising(process, clock) for clock in process.clocks.values()))
    steps = [process.states[process.paths[path]] for path in process.names if works(process, path)]
    assert steps
    for step in steps:
        here = list(around(process, step))
        assert any(one.by for one in here) or any(rule.by for rules in step.events.values() for rule in rules), (
            step.path
        )
        assert any(one.timed or one.index in promised for one in here), step.path


DESK = """\
process: desk
version: 1
calendar: always
roles: [clerk, porter, boss]
escalations: {{tell: {{100%: {{notify: boss}}}}}}
escalation: tell
states:
  new: {{by: [clerk, porter], limit: 1d, events: {{go: work}}}}
  work: {{{people}{time}events: {{go: {{to: over{do}}}}}}}
  over: {{end: done}}
"""


def codes(*, people: str = "by: clerk, ", time: str = "limit: 1d, ") -> set[str]:
    return {
        one.code
        for one in findings(
            {"desk.yaml": DESK.format(people=people, time=time, do=", do: {notify: boss}")}, "desk.yaml"
        )
    }


@pytest.mark.requirement("R012", "R126", "R138")
def test_a_step_in_which_nobody_may_act_is_an_error() -> None:
    assert codes() == set()
    assert codes(people="") == {"SF601"}


@pytest.mark.requirement("R002", "R088", "R138")
def test_a_step_without_any_time_is_told() -> None:
    assert codes(time="") == {"SF605"}


@pytest.mark.requirement("R013")
def test_a_role_that_never_acts_and_never_hears_anything_is_told() -> None:
    text = DESK.format(people="by: clerk, ", time="limit: 1d, ", do="").replace("boss]", "boss, quality]")
    assert [one.code for one in findings({"desk.yaml": text}, "desk.yaml")] == ["SF606"]
