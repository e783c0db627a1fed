"""What histories remember and restore, one sentence each, with answers worked out by hand."""

from __future__ import annotations

from core.chart_walk import Walk, final, go, history, parallel, state


def shop(*, deep: bool) -> Walk:
    return Walk(
        state(
            "on",
            history("h", "b", deep=deep),
            state("a", state("a1", transitions=[go("in", "a2")]), state("a2")),
            state("b"),
            transitions=[go("off", "off")],
        ),
        state("off", transitions=[go("again", "h")]),
    )


def test_a_shallow_history_restores_the_inner_state_and_starts_it_anew() -> None:
    walk = shop(deep=False)
    for event in ("in", "off", "again"):
        walk.send(event)
    assert walk.leaves == {"a1"}


def test_a_deep_history_restores_the_leaf() -> None:
    walk = shop(deep=True)
    for event in ("in", "off", "again"):
        walk.send(event)
    assert walk.leaves == {"a2"}
    assert walk.entered == ["on", "a", "a2"]


def test_a_history_of_a_state_never_left_leads_to_its_default() -> None:
    walk = Walk(
        state("off", transitions=[go("again", "h")]),
        state("on", state("a"), history("h", "b"), state("b", state("b1"))),
    )
    assert walk.send("again") == {"b1"}


def test_a_history_remembers_the_last_time_only() -> None:
    walk = shop(deep=True)
    for event in ("in", "off", "again", "off"):
        walk.send(event)
    assert [walk.chart.states[history].id for history, _ in walk.at.memory] == ["h"]
    walk = shop(deep=True)
    walk.send("off")
    walk.send("again")
    walk.send("in")
    walk.send("off")
    assert walk.send("again") == {"a2"}


def test_a_deep_history_restores_all_regions() -> None:
    walk = Walk(
        parallel(
            "p",
            history("h", deep=True),
            state("r", state("r1", transitions=[go("e", "r2")]), state("r2")),
            state("s", state("s1", transitions=[go("f", "s2")]), state("s2")),
            transitions=[go("out", "o")],
        ),
        state("o", transitions=[go("again", "h"), go("anew", "p")]),
    )
    for event in ("f", "out", "again"):
        walk.send(event)
    assert walk.leaves == {"r1", "s2"}
    walk.send("out")
    assert walk.send("anew") == {"r1", "s1"}


def test_a_shallow_history_of_a_parallel_state_starts_its_regions_anew() -> None:
    walk = Walk(
        parallel(
            "p",
            history("h"),
            state("r", state("r1", transitions=[go("e", "r2")]), state("r2")),
            transitions=[go("out", "o")],
        ),
        state("o", transitions=[go("again", "h")]),
    )
    for event in ("e", "out", "again"):
        walk.send(event)
    assert walk.leaves == {"r1"}


def test_a_region_can_be_restored_while_the_others_start_anew() -> None:
    walk = Walk(
        parallel(
            "p",
            state("r", history("h"), state("r1", transitions=[go("e", "r2")]), state("r2")),
            state("s", state("s1", transitions=[go("e", "s2")]), state("s2")),
            transitions=[go("out", "o")],
        ),
        state("o", transitions=[go("again", "h")]),
    )
    for event in ("e", "out", "again"):
        walk.send(event)
    assert walk.leaves == {"r2", "s1"}


def test_leaving_and_restoring_in_one_step_restores_what_was_just_left() -> None:
    walk = Walk(
        state("a", history("h"), state("a1", transitions=[go("n", "a2")]), state("a2"), transitions=[go("e", "h")])
    )
    walk.send("n")
    assert walk.send("e") == {"a2"}
    assert (walk.exited, walk.entered) == (["a2", "a"], ["a", "a2"])


def test_a_history_as_initial_state_restores_on_every_later_entry() -> None:
    walk = Walk(
        state(
            "a",
            history("h", "a1"),
            state("a1", transitions=[go("n", "a2")]),
            state("a2"),
            initial=["h"],
            transitions=[go("out", "o")],
        ),
        state("o", transitions=[go("in", "a")]),
    )
    for event in ("n", "out", "in"):
        walk.send(event)
    assert walk.leaves == {"a2"}
    assert walk.entered == ["a", "a2"]


def test_what_is_inside_decides_how_far_a_transition_to_a_history_leaves() -> None:
    walk = Walk(
        state(
            "a",
            history("h", deep=True),
            state("b", state("b1", transitions=[go("n", "b2")]), state("b2", transitions=[go("e", "h")])),
            state("c", transitions=[go("e", "h")]),
            transitions=[go("out", "o")],
        ),
        state("o", transitions=[go("in", "b2"), go("c", "c")]),
    )
    for event in ("out", "in"):
        walk.send(event)
    walk.send("e")
    assert (walk.exited, walk.entered) == (["b2"], ["b1"])
    for event in ("out", "c"):
        walk.send(event)
    walk.send("e")
    assert (walk.exited, walk.entered) == (["c"], ["b", "b1"])


def test_a_final_state_is_remembered_too() -> None:
    walk = Walk(
        state(
            "a",
            history("h", deep=True),
            state("b", state("b1", transitions=[go("e", "z")]), final("z")),
            transitions=[go("out", "o")],
        ),
        state("o", transitions=[go("again", "h")]),
    )
    for event in ("e", "out", "again"):
        walk.send(event)
    assert walk.leaves == {"z"}
    assert walk.raised == ["done.state.b"]
