"""
The reducer is judged on failures whose smallest trace is known beforehand.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from svcflow.core.event import Actor
from svcflow.errors import InputError
from svcflow.testing.reduce import minimise
from svcflow.testing.trace import Command, Crash, Note, Open, Send, Skew, Trace, Wait, Work

START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LETTERS = st.lists(st.sampled_from("abcdef"), max_size=12)


def of(*commands: Command) -> Trace:
    return Trace("shop", START, commands)


def notes(letters: Sequence[str], case: str = "case") -> Trace:
    return of(*(Note(letter, case=case) for letter in letters))


def texts(trace: Trace) -> list[str]:
    return [command.text for command in trace.commands if isinstance(command, Note)]


def runs_through(wanted: Sequence[str], letters: Sequence[str]) -> bool:
    rest = iter(letters)
    return all(letter in rest for letter in wanted)


@settings(max_examples=60)
@given(wanted=LETTERS, between=st.lists(LETTERS, min_size=13, max_size=13))
def test_of_a_failure_that_needs_some_commands_in_order_exactly_these_are_left(
    wanted: list[str], between: list[list[str]]
) -> None:
    hidden = [letter for more, one in zip(between, [*wanted, ""], strict=False) for letter in (*more, one) if letter]
    found = minimise(notes(hidden), lambda trace: runs_through(wanted, texts(trace)))
    assert texts(found) == wanted


@settings(max_examples=60)
@given(letters=st.lists(st.sampled_from("()x"), min_size=1, max_size=14), chosen=st.integers(0, 2**12 - 1))
def test_whatever_is_asked_the_answer_fails_is_no_longer_and_can_lose_nothing(letters: list[str], chosen: int) -> None:
    def fails(trace: Trace) -> bool:
        # A question that is as good as random, and the same for the same trace.
        told = "".join(texts(trace))
        return told == "".join(letters) or hash((told.count("("), told.count(")"), len(told) % 5, chosen)) % 3 == 0

    found = minimise(notes(letters), fails)
    assert fails(found)
    assert len(found) <= len(letters)
    pieces = (combinations(found.commands, len(found) - gone) for gone in range(1, 1 + min(2, len(found))))
    assert not any(fails(evolve(found, commands=rest)) for piece in pieces for rest in piece)
    assert minimise(found, fails) == found


def test_two_that_only_make_sense_together_go_together() -> None:
    def balanced(trace: Trace) -> bool:
        told = texts(trace)
        return "x" in told and told.count("(") == told.count(")")

    assert texts(minimise(notes("(a(xb)c)"), balanced)) == ["x"]


def test_a_case_that_does_not_matter_goes_as_a_whole() -> None:
    tried: list[Trace] = []

    def fails(trace: Trace) -> bool:
        tried.append(trace)
        return any(command.case == "two" for command in trace.commands if isinstance(command, Note))

    many = notes("aaaaaaaa")
    both = evolve(many, commands=(*many.commands, *notes("b", case="two").commands))
    found = minimise(both, fails)
    assert found.commands == notes("b", case="two").commands
    assert found in tried[:3]


def test_a_form_an_actor_and_a_key_become_as_simple_as_they_may() -> None:
    li = Actor("li", roles={"agent", "lead"}, groups={"outlet-7"}, on_behalf_of="wang")
    sent = Send("good", {"price": Decimal("120.50"), "note": "a long text", "parts": ("a", "b", "c"), "n": 7}, li,
                key="web-1")  # fmt: skip

    def fails(trace: Trace) -> bool:
        return any(
            isinstance(one, Send)
            and one.fields.get("price", 0) > 100
            and "b" in one.fields.get("parts", ())
            and "lead" in one.actor.roles
            for one in trace.commands
        )

    (left,) = minimise(of(Open("shop", {"customer": "acme"}), sent), fails).commands
    assert left == Send("good", {"price": Decimal(101), "parts": ("b",)}, Actor("li", roles={"lead"}))


def test_a_wait_ends_when_something_falls_due_and_is_prompt_where_that_is_enough() -> None:
    due = START + timedelta(hours=2)
    late = Wait(START + timedelta(days=9, seconds=7, microseconds=3), prompt=False)

    def fails(trace: Trace) -> bool:
        return any(isinstance(one, Wait) and one.until >= due for one in trace.commands)

    dues = (START + timedelta(hours=1), due, due + timedelta(days=1))
    assert minimise(of(Wait(START + timedelta(hours=1)), late), fails, instants=dues).commands == (Wait(due),)
    (rounded,) = minimise(of(late), fails).commands
    assert rounded == Wait(START.replace(hour=0) + timedelta(days=9))


def test_numbers_of_faults_become_small() -> None:
    def fails(trace: Trace) -> bool:
        worst = [one for one in trace.commands if isinstance(one, Crash) and one.moment >= 3]
        skewed = [one for one in trace.commands if isinstance(one, Skew) and one.by < -timedelta(minutes=90)]
        return bool(worst and skewed and any(isinstance(one, Work) for one in trace.commands))

    found = minimise(of(Skew(timedelta(days=-4, seconds=5)), Crash(17), Work(3)), fails)
    assert found.commands[1:] == (Crash(3), Work())
    skew = found.commands[0]
    assert isinstance(skew, Skew)
    assert timedelta(hours=-4) < skew.by < -timedelta(minutes=90)


def alarmed(trace: Trace) -> list[Send]:
    """
    The alarms that reach a case, in a little world of its own: what is sent makes an entry, `start` a case besides.
    """
    entries, heard = {"nobody": 0}, list[Send]()
    for one in trace.commands:
        if isinstance(one, Open):
            entries[one.case] = 1
        if isinstance(one, Send) and one.case in entries:
            entries[one.case] += 1
            if one.event == "start":
                entries[f"{one.case}-{entries[one.case]}-0"] = 1
            if one.event == "alarm":
                heard.append(one)
    return heard


def test_a_case_that_was_started_is_called_otherwise_when_something_before_it_goes() -> None:
    before = (Open("shop"), Send("look"), Send("start"), Send("look", case="case-3-0"), Send("start", case="case-3-0"))
    trace = of(*before, Send("look"), Send("look", case="case-3-0-3-0"), Send("alarm", case="case-3-0-3-0"))
    found = minimise(trace, lambda trace: any(one.case.count("-") == 4 for one in alarmed(trace)))
    assert found.commands == (
        Open("shop"), Send("start"), Send("start", case="case-2-0"), Send("alarm", case="case-2-0-2-0")
    )  # fmt: skip


def test_what_was_done_to_a_case_that_was_started_is_done_to_one_that_was_opened() -> None:
    trace = of(Open("shop"), Send("look"), Send("start"), Send("look"), Send("alarm", case="case-3-0"))
    found = minimise(trace, lambda trace: bool(alarmed(trace)))
    assert found.commands == (Open("shop"), Send("alarm"))


def test_a_way_of_many_steps_that_leads_back_to_where_it_began_goes_at_once() -> None:
    round_and_round = "abcde"

    def fails(trace: Trace) -> bool:
        told = "".join(texts(trace))
        return told.endswith("x") and told.replace(round_and_round, "") == "x"

    assert texts(minimise(notes(round_and_round + "x"), fails)) == ["x"]


def test_what_an_event_fills_in_and_who_acts_in_it_are_handed_to_one_before() -> None:
    li, wang = Actor("li"), Actor("wang")

    def fails(trace: Trace) -> bool:
        opened, *sent = [one for one in trace.commands if isinstance(one, Open | Send)] or [Send("nothing")]
        owned = any("owner" in one.fields for one in (opened, *sent))
        return isinstance(opened, Open) and owned and "wang" in {one.actor.id for one in sent} and told(sent) >= {"fix"}

    def told(sent: Sequence[Command]) -> set[str]:
        return {one.event for one in sent if isinstance(one, Send)}

    trace = of(Open("shop"), Send("take", {"owner": "x"}, li), Send("fix", actor=li), Send("look", actor=wang))
    assert minimise(trace, fails).commands == (Open("shop", {"owner": "x"}), Send("fix", actor=wang))


def test_one_command_that_was_there_once_takes_the_place_of_several() -> None:
    steps = {"step": 1, "leap": 3}

    def fails(trace: Trace) -> bool:
        told = texts(trace)
        return "x" in told and sum(steps.get(one, 0) for one in told[: told.index("x")]) == 3

    assert texts(minimise(of(*(Note(one) for one in ("step", "step", "step", "x", "leap"))), fails)) == ["leap", "x"]


def test_what_comes_again_with_its_key_does_so_as_early_as_it_may() -> None:
    way, wang = ["accept", "work", "pay"], Actor("wang")

    def fails(trace: Trace) -> bool:
        sent = [one for one in trace.commands if isinstance(one, Send)]
        told = list(dict.fromkeys(one.event for one in sent))
        keyed = [one for one in sent if one.key == "k"]
        return (
            told == way[: len(told)]
            and len(keyed) == 2
            and keyed[0] == evolve(keyed[1], actor=keyed[0].actor) != keyed[1]
        )

    trace = of(Send("accept"), Send("work"), Send("pay", key="k"), Send("pay", actor=wang, key="k"))
    assert minimise(trace, fails).commands == (Send("accept", key="k"), Send("accept", actor=wang, key="k"))


def test_what_does_not_fail_cannot_be_reduced() -> None:
    with pytest.raises(InputError, match="does not fail"):
        minimise(notes("ab"), lambda _trace: False)


def test_the_search_ends_after_so_many_tries_or_when_it_is_enough_with_the_best_so_far() -> None:
    asked = 0

    def fails(trace: Trace) -> bool:
        nonlocal asked
        asked += 1
        return "x" in texts(trace)

    many = notes("a" * 40 + "x" + "a" * 40)
    few = minimise(many, fails, tries=5)
    assert asked == 6
    assert 1 < len(few) < len(many)
    assert minimise(many, fails, enough=lambda: True) == many
