"""Threads that take turns: the same schedule gives the same run, and every order that can differ is gone through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import permutations
from math import comb
from random import Random

import pytest

from svcflow.testing.turns import Redundant, Search, Turns, at_random, follow

Step = tuple[str, str]
Programs = Mapping[str, tuple[Step, ...]]


def run(programs: Programs, choose: Callable[[Mapping[str, str]], str]) -> list[Step]:
    """
    Threads that each note the steps of their program, stopping before every one; what came in which order.
    """
    turns, done = Turns(), list[Step]()

    def act(name: str) -> None:
        for what, label in programs[name]:
            turns.stop(name, what)
            done.append((name, label))

    turns.run({name: partial(act, name) for name in programs}, choose)
    return done


def explored(programs: Programs) -> tuple[Search, list[list[Step]]]:
    search, found = Search(), []
    for choose in search:
        try:
            found.append(run(programs, choose))
        except Redundant:
            search.ended(whole=False)
        else:
            search.ended(whole=True)
    return search, found


def writes(name: str, number: int) -> tuple[Step, ...]:
    return tuple(("apply", f"{name}{one}") for one in range(number))


@pytest.mark.parametrize(("one", "other"), [(1, 1), (2, 1), (2, 2), (3, 2)])
def test_of_two_who_only_write_every_order_is_tried_once(one: int, other: int) -> None:
    search, found = explored({"a": writes("a", one), "b": writes("b", other)})
    assert search.complete
    assert search.runs == len(found) == comb(one + other, one)
    assert len({tuple(order) for order in found}) == len(found)


def test_of_three_who_write_every_order_is_tried_once() -> None:
    _, found = explored({name: writes(name, 1) for name in "abc"})
    assert {tuple(name for name, _ in order) for order in found} == set(permutations("abc"))
    assert len(found) == 6


@pytest.mark.parametrize("calls", [("load", "load"), ("claim", "family"), ("deliveries", "taking"), ("due", "failed")])
def test_of_two_who_do_not_touch_the_same_one_order_is_enough(calls: tuple[str, str]) -> None:
    one, other = calls
    search, found = explored({"a": ((one, "a"),), "b": ((other, "b"),)})
    assert search.complete
    assert len(found) == 1


@pytest.mark.parametrize("calls", [("apply", "load"), ("claim", "claim"), ("taking", "due"), ("follow", "load")])
def test_of_two_of_whom_one_writes_what_the_other_sees_both_orders_are_tried(calls: tuple[str, str]) -> None:
    one, other = calls
    _, found = explored({"a": ((one, "a"),), "b": ((other, "b"),)})
    assert len(found) == 2


def seen(order: list[Step], programs: Programs) -> tuple[tuple[str, int], ...]:
    """
    What every reading sees: how many writings came before it.
    """
    kinds = {label: what for steps in programs.values() for what, label in steps}
    written, found = 0, []
    for _, label in order:
        if kinds[label] == "apply":
            written += 1
        else:
            found.append((label, written))
    return tuple(sorted(found))


def merged(one: tuple[Step, ...], other: tuple[Step, ...]) -> list[list[Step]]:
    """
    Every way in which two lists can be merged.
    """
    if not one or not other:
        return [[*one, *other]]
    return [[one[0], *rest] for rest in merged(one[1:], other)] + [[other[0], *rest] for rest in merged(one, other[1:])]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_out_makes_no_difference_to_what_anybody_sees(seed: int) -> None:
    random = Random(seed)
    programs = {
        name: tuple((random.choice(("apply", "load")), f"{name}{one}") for one in range(random.randint(1, 3)))
        for name in "ab"
    }
    search, found = explored(programs)
    every = [[(label[0], label) for _, label in order] for order in merged(programs["a"], programs["b"])]
    assert {seen(order, programs) for order in found} == {seen(order, programs) for order in every}
    assert search.runs <= len(every)


def test_a_schedule_gives_the_same_run_again() -> None:
    programs = {name: writes(name, 4) for name in "abc"}
    for seed in range(5):
        first = run(programs, at_random(Random(seed), list(programs)))
        assert first == run(programs, at_random(Random(seed), list(programs)))


def test_a_schedule_is_followed_and_then_the_first_goes_on() -> None:
    programs = {name: writes(name, 2) for name in "ab"}
    assert run(programs, follow(["a", "b", "b", "b"])) == [("b", "b0"), ("b", "b1"), ("a", "a0"), ("a", "a1")]


def test_what_a_thread_raises_ends_the_run_and_no_thread_is_left() -> None:
    turns = Turns()
    ended: list[str] = []

    def fails() -> None:
        turns.stop("a", "load")
        raise ValueError("broken")

    def waits() -> None:
        try:
            turns.stop("b", "load")
            turns.stop("b", "load")
        finally:
            ended.append("b")

    with pytest.raises(ValueError, match="broken"):
        turns.run({"a": fails, "b": waits}, follow(["a", "b", "a"]))
    assert ended == ["b"]


def test_random_priorities_meet_many_orders() -> None:
    programs = {name: writes(name, 2) for name in "ab"}
    orders = {tuple(run(programs, at_random(Random(seed), list(programs), stops=6))) for seed in range(40)}
    assert len(orders) == comb(4, 2)
