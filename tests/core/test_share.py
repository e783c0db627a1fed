"""
Shares: which cases an alternative is for, the same for every worker and for ever.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import AGENT, Desk, process
from svcflow.core.case import Case
from svcflow.core.decision import Offer
from svcflow.core.event import Event
from svcflow.core.share import WHOLE, Share, lot
from svcflow.testing.reading.share import in_share

SAMPLED = process("""
fields: {vip: flag, fault: text}
by: agent
anywhere: {look: {to: looked, share: 30%, in: [work, rest]}}
states:
  work:
    events:
      done: {may: vip, to: [{to: checked, share: 5%}, {to: checked, share: 20.5%, when: vip}, closed]}
      rest: rest
      phone: {to: here, share: 10%}
  rest: {events: {wake: work}}
  checked: {events: {passed: closed, failed: work}}
  looked: {events: {passed: closed}}
  closed: {end: done}
""")


def a_case(drawing: str, low: int, high: int) -> tuple[Desk, Case]:
    """The first case of a desk whose lot in a list lies there."""
    desk = Desk(SAMPLED)
    while not low <= lot((case := desk.open()).id, drawing) < high:
        pass
    return desk, case


def test_the_lot_of_a_case_is_this_number_for_ever() -> None:
    drawn = [("", "work/done"), ("case", "repair/done"), ("T-2026-0001", "repair/done"), ("工单-7", "维修/完成"),
             ("case", "/look")]  # fmt: skip
    assert [lot(case, drawing) for case, drawing in drawn] == [186, 3096, 9217, 2174, 4558]


@pytest.mark.requirement("R026", "R106")
def test_of_many_cases_as_many_are_drawn_as_the_share_says() -> None:
    lots = [lot(f"case-{number}", "repair/done") for number in range(100_000)]
    assert sum(one < 500 for one in lots) == 5_055
    assert sum(500 <= one < 2_550 for one in lots) == 20_450


def test_which_cases_are_drawn_in_one_list_says_nothing_of_another() -> None:
    both = sum(lot(f"case-{number}", "a/done") < 1_000 and lot(f"case-{number}", "b/done") < 1_000
               for number in range(100_000))  # fmt: skip
    assert both == 1_040


def test_the_first_alternative_takes_its_share_and_the_last_takes_the_rest() -> None:
    desk = Desk(SAMPLED)
    ends = {(case := desk.open()).id: desk.send(case, "done").state for _ in range(300)}
    drawn = [case for case in ends if lot(case, "work/done") < 500]
    assert [case for case, state in ends.items() if state == "checked"] == drawn
    assert len(drawn) == 14
    desk.check_replay()


def test_a_case_that_comes_again_goes_the_same_way_again() -> None:
    desk, case = a_case("work/done", 0, 500)
    assert desk.send(case, "done").state == "checked"
    desk.send(case, "failed")
    assert desk.send(case, "done").state == "checked"


@pytest.mark.parametrize(("vip", "state"), [(True, "checked"), (False, "closed")])
def test_a_share_with_a_condition_is_a_share_of_the_cases_for_which_it_holds(vip: bool, state: str) -> None:  # noqa: FBT001 - a parameter of the test
    desk, case = a_case("work/done", 500, 2_550)
    assert desk.send(case, "done", vip=vip).state == state


def test_an_event_that_is_for_other_cases_is_refused_and_says_so() -> None:
    desk, case = a_case("work/phone", 1_000, WHOLE)
    for refusal in (desk.refused(case, "phone"), desk.not_offered(case, "phone")):
        assert refusal.code == "no_alternative"
        assert refusal.parameters["alternatives"] == {
            "work/phone/here": "is for 10% of the cases, and not for this one"
        }


def test_what_is_offered_in_several_states_is_drawn_once_for_all_of_them() -> None:
    assert SAMPLED.drawings["/look"] == (Share("/look", 0, 3_000),)
    for low, high, offered in ((0, 3_000, True), (3_000, WHOLE, False)):
        desk, case = a_case("/look", low, high)
        for _ in range(2):
            assert isinstance(desk.menu(case)["look"], Offer) == offered
            desk.try_give(case, Event("rest", {}, AGENT))


def test_a_share_is_told_as_it_is_written() -> None:
    assert [Share("", 100, 100 + part).text for part in (500, 2_050, 5, WHOLE, 10)] == [
        "5%", "20.5%", "0.05%", "100%", "0.1%",
    ]  # fmt: skip


@given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.integers(1, WHOLE), max_size=4))
def test_every_case_is_in_one_share_at_most_and_in_exactly_one_when_they_come_to_all(
    case: str, cuts: list[int]
) -> None:
    ends = sorted({*cuts, WHOLE})
    shares = [Share("work/done", low, high) for low, high in zip([0, *ends], ends, strict=False)]
    assert sum(share.takes(case) for share in shares) == 1
    assert [share.takes(case) for share in shares] == [in_share(share, case) for share in shares]
