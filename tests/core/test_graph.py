import random
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bounded import bounded
from svcflow.core.chart import Configuration
from svcflow.core.graph import Edge, Graph
from svcflow.core.process import Process
from svcflow.core.situations import Situation, situations
from svcflow.core.statechart import statechart
from svcflow.language import compile_sources, load

HEAD = "process: desk\nversion: 1\nroles: [clerk]\ncalendar: always\n"


def process(body: str) -> Process:
    return compile_sources({"desk.yaml": HEAD + dedent(body)}, "desk.yaml")


def ways(graph: Graph) -> list[str]:
    """The edges as `from -> to`, those that are taken along in parentheses."""
    states = graph.process.states
    shown = [f"{states[edge.source].path} -> {states[edge.target].path}" for edge in graph.edges]
    return [text if edge.own else f"({text})" for text, edge in zip(shown, graph.edges, strict=True)]


def names(graph: Graph, leaves: frozenset[int]) -> set[str]:
    return {graph.process.states[leaf].path for leaf in leaves}


DESK = process("""
    fields: {paid: flag}
    anywhere: {cancel: {to: gone, by: clerk, in: [new, work]}}
    states:
      new: {by: clerk, events: {accept: work.first, remark: here}}
      work:
        by: clerk
        states:
          first: {events: {next: second}, after: {2d: second, every 1d: {do: {notify: clerk}}}}
          second: {auto: {to: [{to: over, when: paid}, held]}}
        events: {hold: held}
      held: {by: clerk, events: {resume: back, redo: work.last}}
      over: {end: done}
      gone: {end: cancelled}
""")


def test_every_alternative_that_goes_somewhere_is_an_edge_from_each_leaf_it_stands_over() -> None:
    assert ways(Graph.of(DESK)) == [
        "new -> work.first",
        "new -> gone",
        "work.first -> held",
        "work.second -> held",
        "work.first -> gone",
        "work.second -> gone",
        "work.first -> work.second",
        "work.first -> work.second",
        "work.second -> over",
        "work.second -> held",
        "held -> work.first",
        "held -> work.second",
        "held -> work.first",
        "held -> work.second",
    ]


def test_a_case_can_be_in_the_states_it_reaches_and_in_the_groups_around_them() -> None:
    graph = Graph.of(DESK)
    assert names(graph, graph.reachable()) == set(DESK.paths)
    assert names(graph, graph.reached([DESK.paths["held"]])) == {"held", "work.first", "work.second", "over", "gone"}
    assert names(graph, graph.reaching([DESK.paths["over"]])) == {"over", "work.second", "work.first", "held", "new"}


def test_questions_can_be_narrowed_to_some_edges() -> None:
    graph = Graph.of(DESK)
    automatic = graph.reached([DESK.paths["work.second"]], lambda edge: edge.rule.kind == "auto")
    assert names(graph, automatic) == {"work.second", "over", "held"}
    assert graph.path(graph.start, [DESK.paths["over"]], lambda edge: edge.rule.kind != "auto") is None


def test_the_shortest_path_is_one_of_the_ways() -> None:
    graph = Graph.of(DESK)
    found = graph.path(graph.start, [DESK.paths["over"]])
    assert found is not None
    assert [edge.rule.name for edge in found] == ["accept", "next", "auto"]
    assert graph.path([DESK.paths["over"]], graph.start) is None


def test_rounds_are_the_states_a_case_can_come_back_to() -> None:
    graph = Graph.of(DESK)
    assert [names(graph, leaves) for leaves in graph.rounds()] == [{"work.first", "work.second", "held"}]
    assert graph.rounds(lambda edge: edge.rule.state != DESK.paths["held"]) == ()
    again = Graph.of(
        process("""
        states:
          one: {by: clerk, events: {redo: one, go: two}}
          two: {by: clerk, events: {end: over}}
          over: {end: done}
    """)
    )
    assert [names(again, leaves) for leaves in again.rounds()] == [{"one"}]


def test_coming_back_leads_only_to_where_cases_have_been() -> None:
    graph = Graph.of(process("""
        states:
          new: {by: clerk, events: {hold: held, close: over}}
          lost: {by: clerk, events: {hold: held}}
          held: {by: clerk, events: {resume: back}}
          over: {end: done}
    """))  # fmt: skip
    assert "held -> new" in ways(graph)
    assert "held -> lost" not in ways(graph)


PAIR = """
    states:
      new: {by: clerk, events: {go: both, jump: both.left.two}}
      both:
        by: clerk
        parallel: true
        states:
          left:
            states:
              one: {events: {next: two}}
              two: {events: {done_left: left_end, give_up: over}}
              left_end: {end: done}
          right:
            states:
              three: {events: {done_right: right_end, cross: both.left.two, undo: back}}
              right_end: {end: done}
        events: {done: over}
      over: {end: done}
"""


def test_entering_regions_enters_a_leaf_of_each_and_leaving_them_takes_the_neighbours_along() -> None:
    graph = Graph.of(process(PAIR))
    found = ways(graph)
    assert [text for text in found if text.startswith("new")] == [
        "new -> both.left.one",
        "new -> both.right.three",
        "new -> both.left.two",
        "new -> both.right.three",
    ]
    assert "both.left.two -> over" in found
    assert "(both.right.three -> over)" in found
    assert "(both.right.right_end -> over)" in found
    assert "(both.left.one -> over)" not in found
    assert "both.left.one -> over" not in found
    assert "both.right.three -> new" in found
    assert "(both.left.one -> new)" in found
    assert "both.right.three -> both.left.two" in found
    assert "both.right.three -> both.right.three" in found


def test_a_parallel_state_is_done_from_the_ends_of_its_regions() -> None:
    graph = Graph.of(process(PAIR))
    done = [edge for edge in graph.edges if edge.rule.kind == "done"]
    assert [graph.process.states[edge.source].path for edge in done] == ["both.left.left_end", "both.right.right_end"]


def test_a_region_without_an_end_keeps_the_parallel_state_from_being_done() -> None:
    graph = Graph.of(process(PAIR.replace("right_end: {end: done}", "right_end: {}")))
    assert [edge for edge in graph.edges if edge.rule.kind == "done"] == []


def test_situations_are_the_sets_of_leaves_a_case_can_be_in() -> None:
    desk = process(PAIR.replace("jump: both.left.two", "jump: both"))
    found = situations(desk)
    assert found is not None
    shown = {"+".join(desk.states[leaf].name for leaf in one.at.leaves) for one in found}
    pairs = {f"{left}+{right}" for left in ("one", "two", "left_end") for right in ("three", "right_end")}
    assert shown == {"new", "over", *pairs}
    stuck = {situation.at.leaves for situation in found if not situation.moves}
    assert stuck == {(desk.paths["over"],)}


def test_situations_that_multiply_beyond_measure_are_given_up_on() -> None:
    assert situations(process(PAIR), most=3) is None


def test_one_event_that_many_regions_hear_has_too_many_outcomes_to_try_them_all() -> None:
    region = "{states: {a: {events: {e: b}}, b: {events: {f: a, over: c}}, c: {end: done}}}"
    regions = "".join(f"      r{number}: {region}\n" for number in range(40))
    with bounded():
        assert situations(process(f"states:\n  p:\n    parallel: true\n    states:\n{regions}")) is None


# Made-up processes, against the machine itself.


@st.composite
def bodies(draw: st.DrawFn, *, plain: bool = False) -> dict[str, Any]:
    """A few states, groups and regions with moves between any of them; `plain` ones have no regions and histories."""
    tops = [f"t{n}" for n in range(draw(st.integers(1, 4)))]
    shapes = {
        name: draw(st.sampled_from(["state", "group"] if plain else ["state", "group", "regions"])) for name in tops
    }
    paths = ["over"]
    for name, shape in shapes.items():
        inner = [] if shape == "state" else [f"{name}a", f"{name}b"]
        paths += [name, *(f"{name}.{one}" for one in inner)]
        paths += [f"{name}.{one}.{one}{n}" for one in inner for n in "xy" if shape == "regions"]
    targets = paths + (
        [] if plain else [f"{name}.last" for name, shape in shapes.items() if shape == "group"] + ["here", "back"]
    )
    return {"states": {name: _state(draw, name, shapes[name], targets) for name in tops} | {"over": {"end": "done"}}}


def _state(draw: st.DrawFn, name: str, shape: str, targets: list[str]) -> dict[str, Any]:
    events = draw(st.dictionaries(st.sampled_from(["p", "q", "r"]), st.sampled_from(targets), max_size=2))
    made: dict[str, Any] = {"by": "clerk", "events": events}
    if draw(st.integers(0, 5)) == 0:
        made["auto"] = {"to": draw(st.sampled_from(targets)), "when": "paid"}
    if shape == "group":
        made["states"] = {f"{name}{n}": _state(draw, f"{name}{n}", "state", targets) for n in "ab"}
        if draw(st.booleans()):
            made["states"][f"{name}z"] = {"end": "done"}
            made["events"] |= {"done": draw(st.sampled_from(targets))}
            made["states"][f"{name}a"]["events"]["z"] = f"{name}z"
    if shape == "regions":
        made["parallel"] = True
        made["states"] = {
            f"{name}{n}": {"states": {f"{name}{n}{m}": _state(draw, f"{name}{n}{m}", "state", targets) for m in "xy"}}
            for n in "ab"
        }
    return made


def made(body: dict[str, Any]) -> Process:
    text = yaml.safe_dump(body, sort_keys=False).replace("'", "")
    return compile_sources({"desk.yaml": f"{HEAD}fields: {{paid: flag}}\n{text}"}, "desk.yaml")


def walk(desk: Process, seed: int, steps: int) -> Iterator[tuple[Configuration, tuple[int, ...], Configuration]]:
    """A case driven at random through the machine: where it was, what was taken, where it then is."""
    chance = random.Random(seed)
    at = statechart.start(desk.chart).after
    before: list[Configuration] = []
    for _ in range(steps):
        trigger = chance.choice(sorted(desk.chart.offers, key=str))
        answers: dict[int, bool] = {}
        active = 0
        for leaf in at.leaves:
            active |= desk.chart.tree.lines[leaf]
        if trigger is not None and trigger.startswith("+done/"):
            group = desk.paths[trigger.removeprefix("+done/").replace("/", ".")]
            if not desk.chart.tree.in_final(group, active):
                continue
        step = statechart.step(desk.chart, at, trigger, _coin(chance, answers))
        if step is None:
            continue
        before.append(at)
        yield at, step.taken, step.after
        at = step.after


def _coin(chance: random.Random, answers: dict[int, bool]) -> Callable[[int], bool]:
    return lambda transition: answers.setdefault(transition, chance.random() < 0.7)


@given(bodies(), st.integers(0, 10_000))
def test_wherever_a_case_walks_the_graph_has_an_edge(body: dict[str, Any], seed: int) -> None:
    desk = made(body)
    graph = Graph.of(desk)
    reached = graph.reached(graph.start)
    edges = {(edge.source, edge.target, edge.alternative.index) for edge in graph.edges}
    for before, taken, after in walk(desk, seed, 40):
        assert set(after.leaves) <= reached
        if len(taken) == 1 and desk.moves[taken[0]][1].kind in {"go", "last"}:
            left = set(before.leaves) - set(after.leaves)
            come = set(after.leaves) - set(before.leaves)
            assert {(one, other, taken[0]) for one in left for other in come} <= edges


@given(bodies(plain=True))
def test_without_regions_a_state_is_reached_exactly_if_the_machine_can_get_there(body: dict[str, Any]) -> None:
    desk = made(body)
    found = situations(desk)
    assert found is not None
    assert Graph.of(desk).reached(desk.chart.opening.leaves) == {leaf for one in found for leaf in one.at.leaves}


@given(bodies(), st.integers(0, 10_000))
def test_every_situation_a_case_walks_through_is_known_with_what_can_be_taken_in_it(
    body: dict[str, Any], seed: int
) -> None:
    desk = made(body)
    found = situations(desk)
    assert found is not None
    known: dict[Configuration, Situation] = {situation.at: situation for situation in found}
    for before, taken, after in walk(desk, seed, 40):
        assert set(taken) <= known[before].moves
        assert after in known


@given(bodies())
def test_reaching_is_the_opposite_of_being_reached(body: dict[str, Any]) -> None:
    graph = Graph.of(made(body))
    leaves = sorted({edge.source for edge in graph.edges} | {edge.target for edge in graph.edges})
    for goal in leaves:
        assert graph.reaching([goal]) == {leaf for leaf in leaves if goal in graph.reached([leaf])}


@given(bodies())
def test_rounds_are_the_classes_of_leaves_that_reach_each_other(body: dict[str, Any]) -> None:
    graph = Graph.of(made(body))
    leaves = {edge.source for edge in graph.edges}
    after = {leaf: graph.reached(edge.target for edge in graph.out(leaf)) for leaf in leaves}
    classes = {
        frozenset(other for other in leaves if other in after[leaf] and leaf in after[other])
        for leaf in leaves
        if leaf in after[leaf]
    }
    assert list(graph.rounds()) == sorted(classes, key=min)


def _distance(graph: Graph, start: int, goal: int) -> int | None:
    layer = {start}
    for steps in range(1, len(graph.process.states) + 2):
        layer = {edge.target for leaf in layer for edge in graph.out(leaf)}
        if goal in layer:
            return steps
    return None


@given(bodies(), st.data())
def test_a_path_is_a_chain_of_edges_and_no_shorter_one_exists(body: dict[str, Any], data: st.DataObject) -> None:
    graph = Graph.of(made(body))
    leaves = sorted({*graph.start, *(edge.target for edge in graph.edges)})
    start, goal = data.draw(st.sampled_from(leaves)), data.draw(st.sampled_from(leaves))
    found: tuple[Edge, ...] | None = graph.path([start], [goal])
    assert (None if found is None else len(found)) == _distance(graph, start, goal)
    if found is not None:
        assert [edge.source for edge in found] == [start, *(edge.target for edge in found[:-1])]
        assert found[-1].target == goal


@pytest.mark.requirement("R015")
@pytest.mark.parametrize("name", ["callback", "complaint", "maintenance", "maintenance_plan", "service_ticket"])
def test_in_the_shared_processes_every_state_is_reached_and_reaches_an_end(shared: Path, name: str) -> None:
    desk = load(shared / "definitions" / f"{name}.yaml")
    graph = Graph.of(desk)
    assert graph.reachable() == set(range(len(desk.states)))
    ends = [state.index for state in desk.states if state.end is not None]
    assert graph.reaching(ends) == graph.reached(graph.start)
