"""Selection, conflicts, exits and entries of the W3C algorithm, one sentence each, with answers worked out by hand."""

from __future__ import annotations

import tracemalloc

import pytest

from core.chart_walk import Walk, final, go, history, parallel, state
from svcflow.core.statechart import statechart

# Where a chart starts


def test_the_first_state_is_the_initial_one_at_every_level() -> None:
    walk = Walk(state("a", state("a1", state("a11"), state("a12")), state("a2")), state("b"))
    assert walk.leaves == {"a11"}
    assert walk.entered == ["a", "a1", "a11"]


def test_an_initial_state_may_lie_deep_in_the_tree() -> None:
    walk = Walk(state("a"), state("b", state("b1"), state("b2", state("b21"), state("b22"))), initial=["b22"])
    assert walk.entered == ["b", "b2", "b22"]


def test_several_initial_states_pick_a_state_in_several_regions() -> None:
    regions = [state(name, state(f"{name}1"), state(f"{name}2")) for name in ("r", "s", "t")]
    walk = Walk(state("a"), parallel("p", *regions), initial=["r2", "t2"])
    assert walk.leaves == {"r2", "s1", "t2"}
    assert walk.entered == ["p", "r", "r2", "s", "s1", "t", "t2"]


def test_a_history_as_initial_state_stands_for_its_default() -> None:
    walk = Walk(state("a", history("h", "a2"), state("a1"), state("a2"), initial=["h"]))
    assert walk.leaves == {"a2"}


def test_a_history_without_a_default_stands_for_what_its_parent_enters() -> None:
    walk = Walk(
        state("o", transitions=[go("one", "h"), go("two", "g")]),
        state("a", history("h"), state("a1"), state("a2"), initial=["a2"]),
        parallel("p", history("g"), state("r"), state("s")),
    )
    assert walk.send("one") == {"a2"}
    walk = Walk(state("o", transitions=[go("two", "g")]), parallel("p", history("g"), state("r"), state("s")))
    assert walk.send("two") == {"r", "s"}


def test_eventless_transitions_run_before_the_start_is_over() -> None:
    walk = Walk(state("a", transitions=[go(None, "b")]), state("b", transitions=[go(None, "c")]), state("c"))
    assert walk.leaves == {"c"}
    assert walk.taken == [(), (0,), (1,)]


# Which transition is taken


def test_the_inner_state_answers_before_the_outer_one() -> None:
    walk = Walk(
        state("a", state("a1", transitions=[go("e", "a2")]), state("a2"), transitions=[go("e", "b")]), state("b")
    )
    assert walk.send("e") == {"a2"}
    assert walk.send("e") == {"b"}


def test_a_denied_inner_transition_leaves_the_event_to_the_outer_state() -> None:
    walk = Walk(
        state("a", state("a1", transitions=[go("e", "a2")]), state("a2"), transitions=[go("e", "b")]), state("b")
    )
    outer, inner = 0, 1
    assert walk.send("e", denied={inner}) == {"b"}
    assert walk.taken == [(outer,)]


def test_within_a_state_document_order_decides() -> None:
    walk = Walk(state("a", transitions=[go("x", "c"), go("e", "b"), go("e", "c")]), state("b"), state("c"))
    assert walk.send("e") == {"b"}


def test_an_event_nobody_knows_does_nothing() -> None:
    walk = Walk(state("a", transitions=[go("e", "b")]), state("b"))
    before = walk.at
    assert walk.send("other") == {"a"}
    assert (walk.at, walk.steps) == (before, ())


@pytest.mark.parametrize(
    ("written", "sent", "fits"),
    [
        ("a", "a", True),
        ("a", "a.b", True),
        ("a", "a.b.c", True),
        ("a", "ab", False),
        ("a.b", "a", False),
        ("a.b", "a.b.c", True),
        ("a.b", "a.c", False),
        ("a.*", "a", True),
        ("a.*", "a.x", True),
        ("a.", "a.x", True),
        ("*", "whatever.it.is", True),
        ("*", "a", True),
        ("A", "a", False),
    ],
)
def test_an_event_fits_a_name_that_it_begins_with(written: str, sent: str, fits: bool) -> None:  # noqa: FBT001
    walk = Walk(state("a", transitions=[go(written, "b")]), state("b"))
    assert (walk.send(sent) == {"b"}) is fits


def test_document_order_holds_between_exact_names_beginnings_and_stars() -> None:
    arrows = [go("a.b.c", "one"), go("*", "two"), go(["x", "a"], "three"), go("a.b", "four")]
    walk = Walk(state("s", transitions=arrows), *(state(name) for name in ("one", "two", "three", "four")))
    offered = walk.chart.offered
    leaf = walk.at.leaves[0]
    assert offered("a.b.c")[leaf] == (0, 1, 2, 3)
    assert offered("a.b.c.d")[leaf] == (0, 1, 2, 3)
    assert offered("a.b.x")[leaf] == (1, 2, 3)
    assert offered("a.x")[leaf] == (1, 2)
    assert offered("y")[leaf] == (1,)
    assert leaf not in offered(None)


def test_the_beginnings_of_a_long_name_are_never_all_in_memory() -> None:
    long = "a" + ".b" * 5_000  # Its beginnings together are 25 million characters.
    tracemalloc.start()
    try:
        walk = Walk(state("s", transitions=[go(long, "t")]), state("t"))
        assert walk.send(f"x{long}") == {"s"}
        assert walk.send(long) == {"t"}
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


# What is left and entered


def test_a_transition_leaves_up_to_the_innermost_state_around_both_ends() -> None:
    walk = Walk(
        state("o", state("a", state("a1", transitions=[go("e", "b2")])), state("b", state("b1"), state("b2"))),
    )
    walk.send("e")
    assert (walk.exited, walk.entered) == (["a1", "a"], ["b", "b2"])


def test_a_transition_to_itself_leaves_and_enters_again() -> None:
    walk = Walk(state("a", state("a1", transitions=[go("f", "a2")]), state("a2"), transitions=[go("e", "a")]))
    walk.send("f")
    walk.send("e")
    assert (walk.exited, walk.entered) == (["a2", "a"], ["a", "a1"])


def test_a_transition_without_a_target_leaves_nothing_and_still_raises() -> None:
    walk = Walk(state("a", transitions=[go("e", raises=("f",))]), state("b"))
    before = walk.at
    walk.send("e")
    assert (walk.exited, walk.entered, walk.raised) == ([], [], ["f"])
    assert walk.at is before


def test_an_external_transition_to_the_inside_leaves_its_source() -> None:
    walk = Walk(state("a", state("a1"), state("a2"), transitions=[go("e", "a2")]))
    walk.send("e")
    assert (walk.exited, walk.entered) == (["a1", "a"], ["a", "a2"])


def test_an_internal_transition_to_the_inside_does_not_leave_its_source() -> None:
    walk = Walk(state("a", state("a1"), state("a2"), transitions=[go("e", "a2", internal=True)]))
    walk.send("e")
    assert (walk.exited, walk.entered) == (["a1"], ["a2"])


def test_an_internal_transition_to_the_outside_is_an_external_one() -> None:
    walk = Walk(
        state("a", state("a1"), transitions=[go("e", "b", internal=True), go("f", "a", internal=True)]), state("b")
    )
    walk.send("f")
    assert (walk.exited, walk.entered) == (["a1", "a"], ["a", "a1"])
    walk.send("e")
    assert (walk.exited, walk.entered) == (["a1", "a"], ["b"])


def test_an_internal_transition_of_a_parallel_state_is_an_external_one() -> None:
    regions = [state("r", state("r1"), state("r2")), state("s", state("s1"), state("s2"))]
    walk = Walk(parallel("p", *regions, transitions=[go("e", "r2", internal=True)]))
    walk.send("e")
    assert walk.leaves == {"r2", "s1"}
    assert walk.exited == ["s1", "s", "r1", "r", "p"]
    assert walk.entered == ["p", "r", "r2", "s", "s1"]


def test_a_transition_between_regions_leaves_the_parallel_state() -> None:
    walk = Walk(
        parallel(
            "p", state("r", state("r1", transitions=[go("e", "s2")]), state("r2")), state("s", state("s1"), state("s2"))
        )
    )
    walk.send("e")
    assert walk.leaves == {"r1", "s2"}
    assert walk.entered == ["p", "r", "r1", "s", "s2"]


def test_several_targets_enter_several_regions_and_the_rest_by_default() -> None:
    regions = [state(name, state(f"{name}1"), state(f"{name}2")) for name in ("r", "s", "t")]
    walk = Walk(state("a", transitions=[go("e", "t2", "r2")]), parallel("p", *regions))
    assert walk.send("e") == {"r2", "s1", "t2"}
    assert walk.entered == ["p", "r", "r2", "s", "s1", "t", "t2"]


def test_a_transition_of_the_chart_itself_holds_everywhere_but_at_an_end() -> None:
    walk = Walk(state("a", state("a1")), state("b"), final("z"), transitions=[go("e", "b"), go("stop", "z")])
    assert walk.send("e") == {"b"}
    assert walk.send("e") == {"b"}
    assert (walk.exited, walk.entered) == (["b"], ["b"])
    assert walk.send("stop") == {"z"}
    assert walk.send("e") == {"z"}


# Parallel states


def test_every_region_takes_its_own_transition() -> None:
    walk = Walk(
        parallel(
            "p",
            state("r", state("r1", transitions=[go("e", "r2")]), state("r2")),
            state("s", state("s1", transitions=[go("e", "s2")]), state("s2")),
        )
    )
    assert walk.send("e") == {"r2", "s2"}
    assert (walk.exited, walk.entered) == (["s1", "r1"], ["r2", "s2"])
    assert walk.taken == [(0, 1)]


def test_a_region_that_does_not_react_stays_as_it_is() -> None:
    walk = Walk(
        parallel(
            "p", state("r", state("r1", transitions=[go("e", "r2")]), state("r2")), state("s", state("s1"), state("s2"))
        )
    )
    assert walk.send("e") == {"r2", "s1"}


def test_a_common_outer_transition_is_taken_once() -> None:
    walk = Walk(parallel("p", state("r"), state("s"), transitions=[go("e", raises=("once",))]))
    walk.send("e")
    assert (walk.taken, walk.raised) == ([(0,)], ["once"])


def test_of_two_regions_that_leave_the_parallel_state_the_first_wins() -> None:
    walk = Walk(
        parallel("p", state("r", transitions=[go("e", "one")]), state("s", transitions=[go("e", "two")])),
        state("one"),
        state("two"),
    )
    assert walk.send("e") == {"one"}
    assert walk.taken == [(0,)]


def test_a_region_loses_against_an_earlier_one_that_leaves_everything() -> None:
    walk = Walk(
        parallel(
            "p",
            state("r", transitions=[go("e", "out")]),
            state("s", state("s1", transitions=[go("e", "s2")]), state("s2")),
        ),
        state("out"),
    )
    assert walk.send("e") == {"out"}


def test_a_transition_that_leaves_everything_loses_against_an_earlier_region() -> None:
    walk = Walk(
        parallel(
            "p",
            state("r", state("r1", transitions=[go("e", "r2")]), state("r2")),
            state("s", transitions=[go("e", "out")]),
        ),
        state("out"),
    )
    assert walk.send("e") == {"r2", "s"}


def test_a_transition_from_inside_preempts_the_outer_one_that_an_earlier_region_selected() -> None:
    walk = Walk(
        parallel(
            "p",
            state("r"),
            state("s", state("s1", transitions=[go("e", "s2")]), state("s2")),
            transitions=[go("e", "out")],
        ),
        state("out"),
    )
    assert walk.send("e") == {"r", "s2"}
    assert walk.send("e") == {"out"}


def test_a_transition_of_the_chart_itself_never_preempts_one_of_a_state() -> None:
    def regions(*order: str) -> Walk:
        quiet, busy = state("r"), state("s", state("s1", transitions=[go("e", "s2")]), state("s2"))
        both = {"r": quiet, "s": busy}
        return Walk(parallel("p", *(both[name] for name in order)), state("out"), transitions=[go("e", "out")])

    assert regions("r", "s").send("e") == {"r", "s2"}
    assert regions("s", "r").send("e") == {"r", "s2"}


def test_transitions_without_targets_conflict_with_nothing() -> None:
    walk = Walk(
        parallel("p", state("r", transitions=[go("e", raises=("heard",))]), state("s", transitions=[go("e", "out")])),
        state("out"),
    )
    assert walk.send("e") == {"out"}
    assert walk.taken == [(0, 1)]
    assert walk.raised == ["heard"]


def test_a_guard_is_asked_once_however_many_regions_look_at_it() -> None:
    walk = Walk(parallel("p", state("r"), state("s"), state("t"), transitions=[go("e", "p")]))
    asked: list[int] = []

    def allows(number: int) -> bool:
        asked.append(number)
        return False

    assert statechart.step(walk.chart, walk.at, "e", allows) is None
    assert asked == [0]
