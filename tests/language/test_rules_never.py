"""Fields nothing can have filled: what may fill one, whoever and wherever, keeps the rules silent."""

import pytest

from language.rulebook import told

BODY = """
fields: {owner: person, at: datetime}
OPEN
states:
  new: {by: clerk, events: {go: FIRST}}
  work: {by: [owner, clerk], limit: 1d since at, events: {EVENTS}}
  over: {end: done}
"""


def found(opening: str = "by: clerk", first: str = "work", events: str = "done: over") -> list[str]:
    text = BODY.replace("OPEN", f"open: {{{opening}}}").replace("FIRST", first).replace("EVENTS", events)
    return [one for one in told(text) if one.startswith(("SF415", "SF608"))]


def test_a_time_and_a_person_that_nothing_fills_are_told() -> None:
    assert found() == ["SF415 6:46"]
    assert found(first="{to: work, ask: at}") == ["SF608 6:15"]


@pytest.mark.parametrize(
    "way",
    [
        {"opening": "by: clerk, may: [owner, at]"},
        {"first": "{to: work, may: [owner, at]}"},
        {"first": "{to: work, do: {set: {owner: me, at: now}}}"},
        {"events": "done: over, plan: {to: here, may: [owner, at]}"},
        {"events": "done: over, again: {to: new, ask: [owner, at]}"},
    ],
)
def test_what_may_fill_them_on_some_way_is_enough(way: dict[str, str]) -> None:
    assert found(**way) == []


def test_what_only_leads_away_fills_nothing_here() -> None:
    assert found(events="done: {to: over, ask: [owner, at]}") == ["SF415 6:46"]


def test_a_person_named_for_a_whole_process_need_not_be_set_from_the_start() -> None:
    assert [one for one in told("""
    fields: {owner: person}
    open: {by: clerk}
    by: [owner, clerk]
    states:
      new: {events: {go: {to: work, ask: owner}}}
      work: {events: {done: over}}
      over: {end: done}
    """) if "SF608" in one] == []  # fmt: skip
