"""
`share` in a file: how it is read, what is wrong with it, and what stays as it was where it is not written.
"""

from __future__ import annotations

import pytest

from language.rulebook import ASIDE, HEAD, findings
from svcflow.core.process import Process
from svcflow.core.share import Share
from svcflow.language import changes, compile_sources
from svcflow.language.behaviour import behaviour

STATES = """
states:
  new: {by: clerk, events: {close: TO}}
  looked_at: {by: boss, events: {fine: closed}}
  closed: {end: done}
"""


def process(to: str) -> Process:
    return compile_sources({"desk.yaml": HEAD + STATES.replace("TO", to)}, "desk.yaml")


def found(states: str) -> list[str]:
    told = findings({"desk.yaml": HEAD + states}, "desk.yaml")
    return [f"{one.code} {one.message}" for one in told if one.code not in ASIDE]


def shares(to: str) -> list[Share | None]:
    return [alternative.share for rule, alternative in process(to).moves if rule.name == "close"]


def test_the_shares_of_a_list_lie_side_by_side_and_what_has_none_is_not_limited() -> None:
    found = shares("{to: [{to: looked_at, share: 5%}, {to: here, share: 2.5%}, {to: here, share: 0.05%}, closed]}")
    assert found == [Share("new/close", 0, 500), Share("new/close", 500, 750), Share("new/close", 750, 755), None]


def test_a_share_of_a_single_target_may_stand_beside_it() -> None:
    assert shares("{to: closed, share: 100%}") == shares("{to: [{to: closed, share: 100%}]}")


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("[{to: looked_at, share: 5%}, closed]", []),
        ("[{to: looked_at, share: 5%}, {to: closed, share: 95%}]", []),
        ("[{to: looked_at, share: 100%}]", []),
        ("[{to: looked_at, share: 5%}, {to: closed, share: 94%}]",
         ["SF305 `close` has no way out when the case is in none of its shares",
          "SF315 nothing leads out of `new` for cases in none of its shares"]),
        ("[{to: looked_at, share: 5%}, {to: closed, when: urgent}]",
         ["SF305 `close` has no way out when the case is in none of its shares and no `when` fits"]),
        ("[{to: looked_at, share: 5%}, {to: closed, when: urgent}, {to: closed, when: not urgent}]", []),
        ("[{to: looked_at, share: 5%}, {to: closed, share: 95%}, closed]",
         ["SF304 this alternative can never be taken: every case is in a share above"]),
        ("[{to: looked_at, share: 5%, when: urgent}, {to: here, when: urgent}, closed]", []),
        ("[{to: looked_at, share: 5%}, here]", ["SF315 nothing leads out of `new` for cases in none of its shares"]),
        ("[{to: looked_at, share: 5%}, {to: closed, max: 1}]",
         ["SF305 `close` has no way out when the case is in none of its shares and `max` is used up",
          "SF315 after `max` is used up, nothing leads out of `new` for cases in none of its other shares"]),
    ],
)  # fmt: skip
def test_the_checker_counts_shares_as_parts_of_all_cases(to: str, told: list[str]) -> None:
    assert found("fields: {urgent: flag}" + STATES.replace("TO", f"{{ask: urgent, to: {to}}}")) == told


def test_two_lists_together_leave_a_case_out_that_is_in_none_of_their_shares() -> None:
    two = STATES.replace("close: TO", "close: {to: closed, share: 50%}, look: {to: looked_at, share: 50%}")
    assert found(two) == ["SF315 nothing leads out of `new` for cases in none of its shares"]


def test_a_share_that_leads_to_the_last_of_many_states_is_counted_once() -> None:
    states = """
states:
  work:
    by: clerk
    states: {one: {events: {next: two}}, two: {events: {close: closed}}}
    events: {hold: {to: held, max: 3}}
  held: {by: clerk, events: {resume: {to: [{to: work.last, share: 50%}, here]}}}
  closed: {end: done}
"""
    assert found(states) == ["SF315 nothing leads out of `held` for cases in none of its shares"]


@pytest.mark.parametrize(
    ("to", "lost"),
    [
        ("{to: closed, share: 5%}", True),
        ("[{to: closed, share: 5%}, {to: looked_at, share: 94%}]", True),
        ("[{to: closed, share: 5%}, {to: looked_at, share: 95%}]", False),
        ("[{to: closed, share: 5%}, here]", False),
    ],
)
def test_a_time_that_a_case_may_be_in_no_share_of_comes_to_nothing_for_it(to: str, lost: bool) -> None:  # noqa: FBT001
    alternatives = to if to.startswith("{") else f"{{to: {to}}}"
    states = STATES.replace("{close: TO}", f"{{close: closed, look: looked_at}}, after: {{2d: {alternatives}}}")
    told = ["SF306 the timer fires once; if the case is in none of its shares, nothing happens"]
    assert found(states) == (told if lost else [])


def test_an_event_called_auto_is_not_drawn_with_what_the_state_does_by_itself() -> None:
    half = "{to: [{to: looked_at, share: 50%, when: urgent}, {to: closed, when: urgent}]}"
    asked = "{ask: urgent, to: [{to: looked_at, share: 50%}, closed]}"
    states = STATES.replace("events: {close: TO}", f"auto: {half}, events: {{auto: {asked}}}")
    one = compile_sources({"desk.yaml": f"{HEAD}fields: {{urgent: flag}}{states}"}, "desk.yaml")
    assert set(one.drawings) == {"new/+auto", "new/auto"}


def test_a_share_changes_the_behaviour_and_is_told() -> None:
    before, after = (process(f"{{to: [{{to: looked_at, share: {share}}}, closed]}}") for share in ("5%", "10%"))
    assert before.digest != after.digest
    (told,) = changes(before, after)
    assert "was looked_at for 5% of the cases, else closed, is looked_at for 10% of the cases" in str(told)


def test_what_is_written_elsewhere_in_the_file_does_not_change_who_is_drawn() -> None:
    to = "{to: [{to: looked_at, share: 5%}, closed]}"
    extra = "  extra: {by: boss, events: {go: {to: [{to: closed, share: 50%}, looked_at]}, close: closed}}\n  closed"
    moved = STATES.replace("TO", to).replace("  closed", extra)
    one = compile_sources({"desk.yaml": HEAD + moved}, "desk.yaml")
    assert one.drawings["new/close"] == process(to).drawings["new/close"]


def test_a_file_without_shares_is_locked_as_before_there_were_any() -> None:
    assert "share" not in str(behaviour(process("closed")))
