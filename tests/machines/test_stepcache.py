"""What the step cache remembers, for how long, and what it passes on."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Callable, Iterable

import pytest

from svcflow.core.machine import ROOT, Chart, ChartState, ChartTransition, Configuration, Step
from svcflow.core.statechart import statechart
from svcflow.errors import UnsupportedChart
from svcflow.machines import named
from svcflow.machines.stepcache import StepCache, stepcache
from svcflow.testing.machines import Guard, contract

Allows = Callable[[int], bool]
NEW, OPEN, HELD = (Configuration((leaf,)) for leaf in range(3))


class Counting:
    """The statechart machine, keeping count of what it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.starts = 0
        self.asked: list[str | None] = []

    def start(self, chart: Chart) -> Step:
        self.starts += 1
        return statechart.start(chart)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
        self.asked.append(event)
        return statechart.step(chart, at, event, allows)


def three_states() -> Chart:
    """`go` has three alternatives in the first state; `close` holds everywhere; a star in the last state."""
    states = [ChartState(name, None, "atomic") for name in ("new", "open", "held")]
    new, opened, held = range(3)
    transitions = [
        ChartTransition(new, ("go",), (opened,)),
        ChartTransition(new, ("go",), (held,)),
        ChartTransition(new, ("go",), (new,)),
        ChartTransition(held, ("*",), (opened,)),
        ChartTransition(ROOT, ("close", "file.away"), (held,)),
    ]
    return Chart.build(states, transitions)


def yes(_transition: int) -> bool:
    return True


def remembered(
    machine: StepCache, chart: Chart, questions: Iterable[tuple[Configuration, str | None, set[int]]]
) -> int:
    """How many of these questions are answered without asking the machine behind."""
    assert isinstance(machine.machine, Counting)
    before, total = len(machine.machine.asked), 0
    for at, event, denied in questions:
        machine.step(chart, at, event, Guard(frozenset(denied)))
        total += 1
    return total - (len(machine.machine.asked) - before)


def test_it_keeps_every_promise_of_a_machine() -> None:
    contract(stepcache())
    contract(stepcache(limit=3))


def test_it_is_found_by_its_name() -> None:
    machine = named("stepcache")
    assert isinstance(machine, StepCache)
    assert machine.machine == statechart


def test_it_is_named_for_the_machine_behind() -> None:
    assert stepcache().name == "stepcache(statechart)"
    assert stepcache(Counting()).name == "stepcache(counting)"


def test_a_machine_is_asked_once_for_each_place_event_and_way_of_answering() -> None:
    chart, machine = three_states(), stepcache(Counting())
    questions: list[tuple[Configuration, str | None, set[int]]] = [
        (at, event, denied)
        for at in (NEW, OPEN, HELD)
        for event in ("go", "close", None)
        for denied in (set[int](), {0}, {0, 1}, {0, 1, 2})
    ]
    assert remembered(machine, chart, questions) < len(questions)
    assert remembered(machine, chart, questions) == len(questions)


def test_a_remembered_answer_is_the_very_object() -> None:
    chart, machine = three_states(), stepcache()
    assert machine.step(chart, NEW, "go", yes) is machine.step(chart, Configuration((0,)), "go", yes)
    assert machine.start(chart) is machine.start(chart)


def test_that_nothing_reacts_is_remembered_too() -> None:
    chart, machine = three_states(), stepcache(Counting())
    assert machine.step(chart, OPEN, "go", yes) is None
    assert remembered(machine, chart, [(OPEN, "go", set())]) == 1


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("denied", [set(), {0}, {0, 1}, {0, 1, 2}])
def test_the_questions_are_those_of_the_machine_behind(denied: set[int], warm: bool) -> None:  # noqa: FBT001
    chart, machine = three_states(), stepcache()
    for _ in range(2 if warm else 0):
        machine.step(chart, NEW, "go", Guard(frozenset(denied)))
    cached, plain = Guard(frozenset(denied)), Guard(frozenset(denied))
    assert machine.step(chart, NEW, "go", cached) == statechart.step(chart, NEW, "go", plain)
    assert cached.asked == plain.asked


def test_questions_asked_on_the_remembered_part_of_the_way_are_not_asked_again() -> None:
    chart, machine = three_states(), stepcache()
    machine.step(chart, NEW, "go", yes)
    for _ in range(2):
        guard = Guard(frozenset({0, 1}))
        assert machine.step(chart, NEW, "go", guard) == Step((2,), (0,), (0,), NEW)
        assert guard.asked == [0, 1, 2]


def test_a_machine_that_asks_twice_gets_the_same_answer_and_asks_the_caller_once() -> None:
    class Forgetful(Counting):
        def step(self, chart: Chart, at: Configuration, event: str | None, allows: Allows) -> Step | None:
            super().step(chart, at, event, allows)
            return super().step(chart, at, event, allows)

    asked: list[int] = []

    def alternating(transition: int) -> bool:
        asked.append(transition)
        return len(asked) % 2 == 0 or None  # type: ignore[return-value]  # no answer is an answer too

    chart, machine = three_states(), stepcache(Forgetful())
    assert machine.step(chart, NEW, "go", alternating) == Step((1,), (0,), (2,), HELD)
    assert asked == [0, 1]


def test_any_truth_counts_as_an_answer() -> None:
    chart, machine = three_states(), stepcache()
    answers: dict[int, object] = {0: "", 1: ["yes"]}
    for _ in range(2):
        step = machine.step(chart, NEW, "go", lambda number: answers[number])  # type: ignore[arg-type, return-value]
        assert step == Step((1,), (0,), (2,), HELD)


@pytest.mark.parametrize("event", ["go.now", "nothing", "file.away.soon"])
def test_an_event_that_the_chart_does_not_name_is_passed_on_and_not_remembered(event: str) -> None:
    chart, machine = three_states(), stepcache(Counting())
    questions = [(at, event, set[int]()) for at in (NEW, OPEN, HELD)]
    for _ in range(3):
        assert remembered(machine, chart, questions) == 0
    for at, _, _ in questions:
        assert machine.step(chart, at, event, yes) == statechart.step(chart, at, event, yes)


def test_what_a_question_raises_passes_through_and_leaves_no_half_an_answer() -> None:
    chart, machine = three_states(), stepcache(Counting())
    error = LookupError("no such field")

    def raising(transition: int) -> bool:
        if transition == 1:
            raise error
        return False

    for _ in range(2):  # The second time, the first question is not remembered either.
        with pytest.raises(LookupError) as caught:
            machine.step(chart, NEW, "go", raising)
        assert caught.value is error
        assert remembered(machine, chart, [(NEW, "close", set())] * 2) >= 1
    assert remembered(machine, chart, [(NEW, "go", {0})]) == 0
    with pytest.raises(LookupError):
        machine.step(chart, NEW, "go", raising)
    assert remembered(machine, chart, [(NEW, "go", {0})]) == 1


def test_a_refusal_of_the_machine_behind_comes_each_time() -> None:
    class Picky(Counting):
        def start(self, chart: Chart) -> Step:
            super().start(chart)
            raise UnsupportedChart("picky", [chart.states[0].id], "not today")

    picky = Picky()
    chart, machine = three_states(), stepcache(picky)
    for _ in range(2):
        with pytest.raises(UnsupportedChart, match="not today"):
            machine.start(chart)
    assert picky.starts == 2


def test_a_full_table_begins_anew_with_what_is_used_now() -> None:
    chart, machine = three_states(), stepcache(Counting(), limit=4)  # Each answer here counts its question as well.
    first: tuple[Configuration, str | None, set[int]] = (NEW, "go", set())
    second: tuple[Configuration, str | None, set[int]] = (NEW, "close", set())
    third: tuple[Configuration, str | None, set[int]] = (OPEN, "close", set())
    remembered(machine, chart, [first, second])
    assert remembered(machine, chart, [first, second]) == 2
    remembered(machine, chart, [third])
    assert remembered(machine, chart, [third]) == 1
    assert remembered(machine, chart, [first]) == 0
    assert remembered(machine, chart, [first, third]) == 2


def test_what_alone_is_more_than_the_limit_is_never_remembered() -> None:
    chart, machine = three_states(), stepcache(Counting(), limit=3)
    long_way: list[tuple[Configuration, str | None, set[int]]] = [(NEW, "go", {0, 1, 2})]
    assert [remembered(machine, chart, long_way) for _ in range(3)] == [0, 0, 0]
    short_way: list[tuple[Configuration, str | None, set[int]]] = [(NEW, "go", set())]
    assert [remembered(machine, chart, short_way) for _ in range(3)] == [0, 1, 1]
    assert [remembered(machine, chart, long_way) for _ in range(3)] == [0, 0, 0]


def test_with_a_limit_of_nothing_every_question_is_passed_on() -> None:
    chart, machine = three_states(), stepcache(Counting(), limit=0)
    assert remembered(machine, chart, [(OPEN, "go", set())] * 3) == 0


def test_equal_charts_do_not_share_what_is_remembered_and_keep_apart() -> None:
    one, other, machine = three_states(), three_states(), stepcache(Counting())
    assert one == other
    remembered(machine, one, [(NEW, "go", set())])
    assert remembered(machine, other, [(NEW, "go", set())]) == 0


def test_a_chart_lives_no_longer_for_being_remembered_and_takes_its_answers_along() -> None:
    chart, machine = three_states(), stepcache()
    step = machine.step(chart, NEW, "go", yes)
    assert step is not None
    gone, answer = weakref.ref(chart), weakref.ref(step)
    del chart, step
    gc.collect()
    assert gone() is None
    assert answer() is None


def test_charts_that_come_and_go_in_one_place_of_memory_are_not_mistaken_for_each_other() -> None:
    machine = stepcache()
    for target in range(50):
        states = [ChartState(f"s{number}", None, "atomic") for number in range(51)]
        chart = Chart.build(states, [ChartTransition(0, ("go",), (target + 1,))])
        step = machine.step(chart, NEW, "go", yes)
        assert step is not None
        assert step.entered == (target + 1,)
        del chart


def test_a_forgotten_cache_lets_its_charts_and_answers_go() -> None:
    chart, machine = three_states(), stepcache()
    answer = weakref.ref(machine.start(chart))
    del machine
    gc.collect()
    assert answer() is None
    del chart  # Nothing is left that would want to forget it once more.


def pickled(machine: StepCache) -> StepCache:
    again = pickle.loads(pickle.dumps(machine))  # noqa: S301  (our own bytes)
    assert isinstance(again, StepCache)
    return again


@pytest.mark.parametrize("duplicate", [copy.copy, pickled])
def test_a_copy_answers_the_same_and_remembers_for_itself(duplicate: Callable[[StepCache], StepCache]) -> None:
    chart, machine = three_states(), stepcache(limit=7)
    step = machine.step(chart, NEW, "go", yes)
    twin = duplicate(machine)
    assert (twin.name, twin.limit) == (machine.name, 7)
    assert twin.step(chart, NEW, "go", yes) == step
    assert twin.step(chart, NEW, "go", yes) is not step


def test_a_question_may_step_the_same_machine() -> None:
    chart, machine = three_states(), stepcache()

    def asking_again(transition: int) -> bool:
        return transition > 0 or machine.step(chart, NEW, "go", lambda inner: inner > 1) is None

    for _ in range(2):
        assert machine.step(chart, NEW, "go", asking_again) == Step((1,), (0,), (2,), HELD)
        assert machine.step(chart, NEW, "go", lambda inner: inner > 1) == Step((2,), (0,), (0,), NEW)


@pytest.mark.parametrize("limit", [3, 10_000])
def test_threads_that_fill_and_empty_one_table_get_the_right_answers(limit: int) -> None:
    chart, machine = three_states(), stepcache(limit=limit)
    questions = [
        (at, event, frozenset(number for number in range(5) if bits >> number & 1))
        for at in (NEW, OPEN, HELD)
        for event in ("go", "close", "nothing", None)
        for bits in range(32)
    ]
    expected = [statechart.step(chart, at, event, Guard(denied)) for at, event, denied in questions]
    wrong: list[object] = []
    together = threading.Barrier(8)

    def work(shift: int) -> None:
        together.wait()
        for place in range(4 * len(questions)):
            turn = (place * 5 + shift * 48) % len(questions)
            at, event, denied = questions[turn]
            if machine.step(chart, at, event, Guard(denied)) != expected[turn]:
                wrong.append(questions[turn])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
