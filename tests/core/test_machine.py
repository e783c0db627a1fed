"""Running a machine to rest, and what makes a chart impossible."""

from __future__ import annotations

import pytest
from attrs.exceptions import FrozenInstanceError

from core.chart_walk import Walk, go, history, parallel, state
from svcflow.core.chart_rules import DEEPEST
from svcflow.core.machine import ROOT, Chart, ChartState, ChartTransition, Configuration, launch, run
from svcflow.core.statechart import statechart
from svcflow.errors import ChartError, MachineError, MicrostepLimit, UnsupportedChart
from svcflow.testing.charts import read_chart


def always(_: int) -> bool:
    return True


def atomic(name: str, parent: int | None = None) -> ChartState:
    return ChartState(name, parent, "atomic")


# Running to rest


def test_a_circle_of_eventless_transitions_is_stopped_and_named() -> None:
    walk = Walk(
        state("way", transitions=[go("e", "in")]),
        state("in", transitions=[go(None, "a")]),
        state("a", transitions=[go(None, "b")]),
        state("b", transitions=[go(None, "a")]),
    )
    with pytest.raises(MicrostepLimit, match=r"no rest after 50 microsteps; it goes round in a, b$") as caught:
        run(statechart, walk.chart, walk.at, "e", always, limit=50)
    assert caught.value.states == ("a", "b")
    assert caught.value.limit == 50


def test_a_circle_of_raised_events_is_stopped_too() -> None:
    walk = Walk(state("a", transitions=[go("e", raises=("e", "e"))]))
    with pytest.raises(MicrostepLimit):
        run(statechart, walk.chart, walk.at, "e", always)


def test_a_circle_at_the_start_is_stopped() -> None:
    chart = read_chart(state("root", state("a", transitions=[go(None, "a")])))
    with pytest.raises(MicrostepLimit):
        launch(statechart, chart, always)


def test_exactly_as_many_microsteps_as_allowed_are_fine() -> None:
    walk = Walk(
        *(state(f"s{n}", transitions=[go("e" if n == 0 else None, f"s{n + 1}")]) for n in range(5)), state("s5")
    )
    at, steps = run(statechart, walk.chart, walk.at, "e", always, limit=5)
    assert (at.leaves, len(steps)) == ((5,), 5)
    with pytest.raises(MicrostepLimit):
        run(statechart, walk.chart, walk.at, "e", always, limit=4)


# Values


def test_configurations_are_equal_hashable_and_frozen() -> None:
    one, other = Configuration((1, 2), ((3, (1,)),)), Configuration((1, 2), ((3, (1,)),))
    assert one == other
    assert len({one, other, Configuration((1, 2))}) == 2
    with pytest.raises(FrozenInstanceError):
        one.leaves = ()  # type: ignore[misc]


def test_charts_are_equal_when_their_definitions_are() -> None:
    def chart(event: str) -> Chart:
        return Chart.build([atomic("a"), atomic("b")], [ChartTransition(0, (event,), (1,))])

    assert chart("e") == chart("e")
    assert hash(chart("e")) == hash(chart("e"))
    assert chart("e") != chart("f")


def test_offers_cannot_be_changed_from_outside() -> None:
    chart = Chart.build([atomic("a")], [ChartTransition(0, ("e",))])
    with pytest.raises(TypeError):
        chart.offered("e")[0] = ()  # type: ignore[index]
    with pytest.raises(TypeError):
        chart.offered("unknown")[0] = ()  # type: ignore[index]


# Impossible charts

NOWHERE = ChartTransition(0, ("e",), (7,))
DEEP = [ChartState(f"s{n}", n - 1 if n else None, "compound") for n in range(DEEPEST)]


@pytest.mark.parametrize(
    ("states", "transitions", "initial", "where", "why"),
    [
        ([], [], (), "(chart)", "there are no states"),
        ([atomic("")], [], (), "", "an id of its own"),
        ([atomic("a"), atomic("a")], [], (), "a", "an id of its own"),
        ([ChartState("h", None, "history")], [], (), "(chart)", "no state to start in"),
        ([ChartState("a", None, "weird")], [], (), "a", "'weird' is none of atomic"),  # type: ignore[arg-type]
        ([ChartState("a", 0, "atomic")], [], (), "a", "document order"),
        ([ChartState("a", 1, "atomic"), ChartState("b", None, "compound")], [], (), "a", "document order"),
        (
            [ChartState("a", None, "compound"), atomic("a1", 0), atomic("b"), atomic("a2", 0)],
            [],
            (),
            "a2",
            "document order",
        ),
        ([atomic("a"), atomic("b", 0)], [], (), "a", "an atomic state has no inner states"),
        ([ChartState("a", None, "compound")], [], (), "a", "a compound state needs an inner state"),
        ([ChartState("p", None, "parallel"), ChartState("h", 0, "history")], [], (), "p", "needs an inner state"),
        ([ChartState("p", None, "parallel"), ChartState("z", 0, "final")], [], (), "z", "cannot be a region"),
        ([*DEEP, atomic("leaf", DEEPEST - 1)], [], (), "leaf", "nest more than 100 levels"),
        ([ChartState("a", None, "atomic", initial=(0,))], [], (), "a", "an atomic state has no initial"),
        ([ChartState("a", None, "atomic", default=(0,))], [], (), "a", "an atomic state has no history"),
        ([ChartState("a", None, "atomic", deep=True)], [], (), "a", "an atomic state has no history"),
        ([atomic("a"), ChartState("h", None, "history", entry_raises=("e",))], [], (), "h", "it raises nothing"),
        (
            [ChartState("a", None, "compound", initial=(2,)), atomic("b", 0), atomic("c")],
            [],
            (),
            "a",
            "'c' is not inside 'a'",
        ),
        ([ChartState("a", None, "compound", initial=(0,)), atomic("b", 0)], [], (), "a", "'a' is not inside 'a'"),
        (
            [
                ChartState("a", None, "compound"),
                ChartState("h", 0, "history", default=(3,)),
                atomic("b", 0),
                atomic("c"),
            ],
            [],
            (),
            "h",
            "'c' is not inside 'a'",
        ),
        (
            [ChartState("a", None, "compound"), ChartState("h", 0, "history", default=(1,)), atomic("b", 0)],
            [],
            (),
            "h",
            "leads back to itself",
        ),
        (
            [ChartState("a", None, "compound", initial=(1,)), ChartState("h", 0, "history"), atomic("b", 0)],
            [],
            (),
            "h",
            "leads back to itself",
        ),
        (
            [
                ChartState("a", None, "compound"),
                ChartState("g", 0, "history", default=(2,)),
                ChartState("h", 0, "history", default=(2,)),
                atomic("b", 0),
            ],
            [],
            (),
            "h",
            "leads back to itself",
        ),
        ([atomic("a")], [], (4,), "(chart)", "a target is state number 4"),
        ([atomic("a"), atomic("b")], [], (0, 1), "(chart)", "'a' and 'b' cannot be entered together"),
        ([atomic("a")], [NOWHERE], (), "a", "a target is state number 7"),
        ([atomic("a")], [ChartTransition(3, ("e",))], (), "(chart)", "belongs to state number 3"),
        ([atomic("a")], [ChartTransition(-2, ("e",))], (), "(chart)", "belongs to state number -2"),
        ([atomic("a")], [ChartTransition(0, ("",))], (), "a", "an event needs a name"),
        ([atomic("a")], [ChartTransition(0, ("e",), (0,), back=True)], (), "a", "goes back has no targets"),
        ([ChartState("z", None, "final")], [ChartTransition(0, ("e",))], (), "z", "a final state has no transitions"),
        ([atomic("a")], [ChartTransition(ROOT, ("e",), (9,))], (), "(chart)", "a target is state number 9"),
    ],
)
def test_an_impossible_chart_is_refused_with_the_state_named(
    states: list[ChartState], transitions: list[ChartTransition], initial: tuple[int, ...], where: str, why: str
) -> None:
    with pytest.raises(ChartError) as caught:
        Chart.build(states, transitions, initial)
    assert caught.value.state == where
    assert why in caught.value.why


def test_two_histories_that_lead_to_each_other_are_refused() -> None:
    with pytest.raises(ChartError, match="state 'g': its default leads back to itself"):
        read_chart(state("root", state("a", history("g", "h"), history("h", "g"), state("a1"))))


@pytest.mark.parametrize(
    "targets",
    [("r", "r1"), ("r1", "r"), ("p", "r1"), ("r1", "r2"), ("r1", "o"), ("h", "r1"), ("hp", "s1"), ("h", "r")],
)
def test_targets_that_cannot_be_active_together_are_refused(targets: tuple[str, str]) -> None:
    with pytest.raises(ChartError, match=r"state 'o': .* cannot be entered together"):
        read_chart(
            state(
                "root",
                parallel(
                    "p", history("hp"), state("r", history("h"), state("r1"), state("r2")), state("s", state("s1"))
                ),
                state("o", transitions=[go("e", *targets)]),
            )
        )


def test_targets_in_different_regions_are_fine_and_so_is_one_named_twice() -> None:
    walk = Walk(
        state("o", transitions=[go("e", "h", "s2"), go("f", "s2", "s2")]),
        parallel("p", state("r", history("h"), state("r1")), state("s", state("s1"), state("s2"))),
    )
    assert walk.send("e") == {"r1", "s2"}


def test_a_deepest_chart_still_runs() -> None:
    chart = Chart.build([*DEEP[:-1], atomic("leaf", DEEPEST - 2)], [ChartTransition(0, ("e",), (0,))])
    step = statechart.step(chart, statechart.start(chart).after, "e", always)
    assert step is not None
    assert step.exited == step.entered[::-1]
    assert len(step.entered) == DEEPEST


# Errors


def test_errors_of_charts_are_machine_errors_that_carry_their_data() -> None:
    unsupported = UnsupportedChart("transitions", ["a", "b"], "it has parallel states")
    assert str(unsupported) == "machine 'transitions' cannot run this chart: it has parallel states (a, b)"
    assert unsupported.states == ("a", "b")
    assert issubclass(ChartError, MachineError | ValueError)
