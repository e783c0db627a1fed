"""Raised events, ends and `done.state`, one sentence each, with answers worked out by hand."""

from __future__ import annotations

import pytest

from core.chart_walk import Walk, final, go, history, parallel, state
from svcflow.core.machine import Chart, ChartState, ChartTransition, Step
from svcflow.core.statechart import statechart
from svcflow.testing.charts import Row

# The order of raised events


def test_exits_raise_before_the_transition_and_entries_after_it() -> None:
    walk = Walk(
        state(
            "a",
            state("a1", transitions=[go("e", "b1", raises=("t1", "t2"))], onexit_raises=["x.a1"]),
            onexit_raises=["x.a", "x.a.too"],
        ),
        state("b", state("b1", onentry_raises=["n.b1"]), onentry_raises=["n.b"]),
    )
    walk.send("e")
    assert walk.raised == ["x.a1", "x.a", "x.a.too", "t1", "t2", "n.b", "n.b1"]


def test_regions_exit_in_reverse_document_order_and_act_and_enter_in_document_order() -> None:
    def region(name: str) -> Row:
        first = state(f"{name}1", transitions=[go("e", f"{name}2", raises=(f"t.{name}",))], onexit_raises=[f"x.{name}"])
        return state(name, first, state(f"{name}2", onentry_raises=[f"n.{name}"]))

    walk = Walk(parallel("p", region("r"), region("s")))
    walk.send("e")
    assert walk.raised == ["x.s", "x.r", "t.r", "t.s", "n.r", "n.s"]


def test_entering_raises_at_the_start_too() -> None:
    walk = Walk(
        state(
            "a",
            state("a1", transitions=[go("n.a1", "a2")], onentry_raises=["n.a1"]),
            state("a2"),
            onentry_raises=["n.a"],
        )
    )
    assert walk.steps[0].raised == ("n.a", "n.a1")
    assert walk.leaves == {"a2"}


def test_staying_inside_a_state_does_not_raise_its_exit() -> None:
    walk = Walk(
        state("a", state("a1", transitions=[go("e", "a2")]), state("a2"), onentry_raises=["n"], onexit_raises=["x"])
    )
    walk.send("e")
    assert walk.raised == []


# To completion


def test_queued_events_are_handled_in_the_order_they_were_raised() -> None:
    walk = Walk(
        state("a", transitions=[go("e", "b", raises=("first", "second"))]),
        state("b", transitions=[go("second", "wrong"), go("first", "c")]),
        state("c", transitions=[go("second", "d")]),
        state("wrong"),
        state("d"),
    )
    assert walk.send("e") == {"d"}


def test_eventless_transitions_go_before_queued_events() -> None:
    walk = Walk(
        state("a", transitions=[go("e", "b", raises=("s",))]),
        state("b", transitions=[go("s", "wrong"), go(None, "c")]),
        state("c", transitions=[go("s", "d")]),
        state("wrong"),
        state("d"),
    )
    assert walk.send("e") == {"d"}


def test_a_queued_event_that_nobody_wants_is_dropped() -> None:
    walk = Walk(
        state("a", transitions=[go("e", "b", raises=("nobody", "s"))]),
        state("b", transitions=[go("s", "c")]),
        state("c"),
    )
    assert walk.send("e") == {"c"}
    assert walk.send("nobody") == {"c"}


def test_an_eventless_transition_waits_until_it_is_allowed() -> None:
    walk = Walk(state("a", transitions=[go("e", "b")]), state("b", transitions=[go(None, "c")]), state("c"))
    assert walk.send("e", denied={1}) == {"b"}
    assert walk.send(None) == {"c"}


def test_eventless_transitions_of_two_regions_are_one_microstep() -> None:
    walk = Walk(
        state("o", transitions=[go("e", "p")]),
        parallel(
            "p",
            state("r", state("r1", transitions=[go(None, "r2")]), state("r2")),
            state("s", state("s1", transitions=[go(None, "s2")]), state("s2")),
        ),
    )
    assert walk.send("e") == {"r2", "s2"}
    assert walk.taken == [(0,), (1, 2)]


# Ends


def test_an_end_of_a_group_is_an_event_for_the_group() -> None:
    walk = Walk(
        state("a", state("a1", transitions=[go("e", "z")]), final("z"), transitions=[go("done.state.a", "b")]),
        state("b"),
    )
    assert walk.send("e") == {"b"}
    assert walk.raised == ["done.state.a"]


def test_the_entry_of_an_end_raises_before_its_done_event() -> None:
    walk = Walk(state("a", state("a1", transitions=[go("e", "z")]), final("z", onentry_raises=["bye"])))
    walk.send("e")
    assert walk.raised == ["bye", "done.state.a"]


def test_a_parallel_state_is_done_when_its_last_region_is() -> None:
    def region(name: str) -> Row:
        return state(name, state(f"{name}1", transitions=[go(name, f"{name}z")]), final(f"{name}z"))

    walk = Walk(parallel("p", region("r"), region("s"), transitions=[go("done.state.p", "b")]), state("b"))
    assert walk.send("r") == {"rz", "s1"}
    assert walk.raised == ["done.state.r"]
    assert walk.send("s") == {"b"}
    assert walk.raised == ["done.state.s", "done.state.p"]


def test_regions_that_end_together_make_the_parallel_state_done_once() -> None:
    def region(name: str) -> Row:
        return state(name, state(f"{name}1", transitions=[go("e", f"{name}z")]), final(f"{name}z"))

    walk = Walk(parallel("p", region("r"), region("s")))
    walk.send("e")
    assert walk.raised == ["done.state.r", "done.state.s", "done.state.p"]


def test_a_parallel_state_entered_at_its_ends_is_done_at_once() -> None:
    walk = Walk(
        state("a", transitions=[go("e", "p")]),
        parallel("p", state("r", final("rz")), state("s", final("sz")), transitions=[go("done.state.p", "b")]),
        state("b"),
    )
    assert walk.send("e") == {"b"}
    assert walk.raised == ["done.state.r", "done.state.s", "done.state.p"]


def test_an_end_in_a_deeper_group_does_not_end_the_region() -> None:
    walk = Walk(
        parallel(
            "p", state("r", state("r1", state("r11", transitions=[go("e", "z")]), final("z"))), state("s", final("sz"))
        )
    )
    walk.send("e")
    assert walk.raised == ["done.state.r1"]


def test_a_parallel_region_counts_as_ended_when_all_of_its_own_regions_are() -> None:
    def region(name: str) -> Row:
        return state(name, state(f"{name}1", transitions=[go(name, f"{name}z")]), final(f"{name}z"))

    walk = Walk(parallel("p", region("r"), parallel("q", region("s"), region("t"))))
    for event in ("s", "t"):
        walk.send(event)
    assert walk.raised == ["done.state.t", "done.state.q"]
    walk.send("r")
    assert walk.raised == ["done.state.r", "done.state.p"]


def test_an_end_reached_through_a_history_raises_done_again() -> None:
    walk = Walk(
        state("a", history("h"), state("a1", transitions=[go("e", "z")]), final("z"), transitions=[go("out", "o")]),
        state("o", transitions=[go("again", "h")]),
    )
    for event in ("e", "out", "again"):
        walk.send(event)
    assert walk.raised == ["done.state.a"]


def test_nothing_happens_after_a_top_level_end() -> None:
    walk = Walk(
        state("a", transitions=[go("e", "z", raises=("s",))]), final("z"), transitions=[go("s", "a"), go("*", "a")]
    )
    assert walk.send("e") == {"z"}
    assert walk.raised == ["s"]
    assert walk.send("s") == {"z"}
    assert walk.steps == ()


def test_a_chart_may_start_at_its_end() -> None:
    walk = Walk(final("z"), state("a"), transitions=[go(None, "a")])
    assert walk.leaves == {"z"}
    assert walk.raised == []


def test_a_final_region_leaf_still_hears_the_outer_states() -> None:
    walk = Walk(
        state("a", state("a1", transitions=[go("e", "z")]), final("z"), transitions=[go("reopen", "a")]), state("b")
    )
    assert walk.send("e") == {"z"}
    assert walk.send("reopen") == {"a1"}


# Guards and `back`


class Unanswerable(Exception):
    pass


def test_a_guard_that_raises_passes_through_and_changes_nothing() -> None:
    walk = Walk(state("a", transitions=[go("e", "b")]), state("b"))
    error = Unanswerable("who knows")

    def allows(_: int) -> bool:
        raise error

    before = walk.at
    with pytest.raises(Unanswerable) as caught:
        statechart.step(walk.chart, walk.at, "e", allows)
    assert caught.value is error
    assert walk.at is before
    assert walk.send("e") == {"b"}


def with_back(*regions: str) -> Chart:
    """A parallel state whose regions `r` and `s` hold one leaf each; `regions` name the states that can go back."""
    states = [ChartState("p", None, "parallel"), ChartState("r", 0, "atomic"), ChartState("s", 0, "atomic")]
    places = {"p": 0, "r": 1, "s": 2}
    arrows = [ChartTransition(places[name], ("e",), back=True, raises=(f"b.{name}",)) for name in regions]
    return Chart.build(states, [*arrows, ChartTransition(2, ("e",), (2,)), ChartTransition(1, ("e",))])


def taken(chart: Chart, *, denied: tuple[int, ...] = ()) -> tuple[int, ...]:
    at = statechart.start(chart).after
    step = statechart.step(chart, at, "e", lambda number: number not in denied)
    assert step is not None
    return step.taken


def test_a_transition_that_goes_back_is_only_reported() -> None:
    chart = with_back("p")
    at = statechart.start(chart).after
    step = statechart.step(chart, at, "e", lambda number: number == 0)
    assert step == Step((0,), (), (), at, ("b.p",))
    alone = Chart.build([ChartState("a", None, "atomic")], [ChartTransition(0, ("e",), back=True, raises=("b",))])
    at = statechart.start(alone).after
    assert statechart.step(alone, at, "e", lambda _: True) == Step((0,), (), (), at, ("b",))


def test_going_back_conflicts_with_every_move_of_another_region() -> None:
    back, move = 0, 1
    assert taken(with_back("r")) == (back,)
    assert taken(with_back("r"), denied=(back,)) == (2, move)
    assert taken(with_back("p"), denied=(2,)) == (move,)


def test_of_two_regions_that_go_back_the_first_does() -> None:
    assert taken(with_back("r", "s")) == (0,)


def test_going_back_goes_with_a_transition_that_leaves_nothing() -> None:
    chart = with_back("s")
    assert taken(chart) == (2, 0)
