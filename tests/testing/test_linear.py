"""Whether several acts at once could have come one after another: by hand, and against trying every order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import permutations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.event import Actor
from svcflow.language import compile_sources
from svcflow.testing.linear import Act, End, linearization
from svcflow.testing.pure import Known, Pure
from svcflow.testing.trace import Note, Open, Send
from svcflow.testing.twin import Twin
from svcflow.testing.violations import NotLinearizable

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANN = Actor("ann", roles={"clerk"})
PARCEL = compile_sources(
    {
        "parcel.yaml": """
process: parcel
version: 1
roles: [clerk]
calendar: always
by: clerk
states:
  depot: {events: {go: gone, back: returned, look: {to: here, max: 1}}}
  gone: {end: done}
  returned: {end: cancelled}
"""
    },
    "parcel.yaml",
)


def begun() -> Twin:
    twin = Twin(Pure(Known([PARCEL]), NOW))
    assert twin.answer(Open("parcel", {}, ANN), "done") == "done"
    twin.pure.confirm(twin.pure.cases)
    return twin


def ended(twin: Twin) -> End:
    return End(dict(twin.pure.cases), {case: list(entries) for case, entries in twin.pure.journal.items()})


def act(party: str, event: str, began: int, end: int, answer: str = "done") -> Act:
    return Act(party, Send(event, {}, ANN), began, end, answer)


def after(*events: str) -> End:
    twin = begun()
    for event in events:
        twin.answer(Send(event, {}, ANN), "done")
    return ended(twin)


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(NotLinearizable):
        yield


def test_two_at_once_may_have_come_in_the_other_order() -> None:
    acts = [act("a", "go", 1, 4, "ended"), act("b", "back", 2, 3)]
    assert [one.party for one in linearization(begun(), acts, after("back")).order] == ["b", "a"]


def test_who_ended_before_another_began_came_before_it() -> None:
    with refused():
        linearization(begun(), [act("a", "go", 1, 2, "ended"), act("b", "back", 3, 4)], after("back"))


def test_of_two_that_exclude_each_other_not_both_can_be_done() -> None:
    with refused():
        linearization(begun(), [act("a", "go", 1, 4), act("b", "back", 2, 3)], after("go"))


def test_what_is_there_in_the_end_must_come_of_the_same_order() -> None:
    acts = [act("a", "look", 1, 2), act("b", "go", 3, 4)]
    with pytest.raises(NotLinearizable, match="the longest goes: a look case"):
        linearization(begun(), acts, after("look"))
    assert linearization(begun(), acts, after("look", "go")).order == tuple(acts)


def test_the_case_that_came_with_an_answer_says_which_place_it_has() -> None:
    twin = begun()
    twin.answer(Note("one", ANN), "done")
    first = twin.pure.cases["case"]
    acts = [Act("a", Note("one", ANN), 1, 4, "done", first), Act("b", Note("two", ANN), 2, 3, "done")]
    twin.answer(Note("two", ANN), "done")
    assert [one.party for one in linearization(begun(), acts, ended(twin)).order] == ["a", "b"]
    with refused():
        linearization(begun(), [evolve(acts[0], case=twin.pure.cases["case"]), acts[1]], ended(twin))


def test_what_cannot_be_explained_is_told_with_the_longest_order_that_can() -> None:
    acts = [act("a", "look", 1, 2), act("b", "look", 3, 4), act("c", "go", 5, 6)]
    with pytest.raises(NotLinearizable) as told:
        linearization(begun(), acts, after("look", "go"))
    assert "b look case: from 3 to 4, done" in str(told.value)
    assert str(told.value).endswith("the longest goes: a look case")


def explained(acts: list[Act], end: End) -> bool:
    """
    Whether any order at all explains everything: each is tried.
    """
    for order in permutations(acts):
        if any(later.ended < earlier.began for n, earlier in enumerate(order) for later in order[n + 1 :]):
            continue
        twin = begun()
        if all(twin.answer(one.asked, one.answer) == one.answer for one in order) and ended(twin) == end:
            return True
    return False


@given(
    spans=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=4),
    events=st.lists(st.sampled_from(("go", "back", "look")), min_size=4, max_size=4),
    answers=st.lists(st.sampled_from(("done", "done", "ended", "no_alternative")), min_size=4, max_size=4),
    happened=st.lists(st.sampled_from(("go", "back", "look")), max_size=3),
)
def test_it_says_what_trying_every_order_says(
    spans: list[tuple[int, int]], events: list[str], answers: list[str], happened: list[str]
) -> None:
    acts = [
        act(f"p{number}", event, min(span), max(span), answer)
        for number, (span, event, answer) in enumerate(zip(spans, events, answers, strict=False))
    ]
    end = after(*happened)
    try:
        linearization(begun(), acts, end)
    except NotLinearizable:
        assert not explained(acts, end)
    else:
        assert explained(acts, end)
