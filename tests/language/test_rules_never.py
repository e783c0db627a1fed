"""Fields nothing can have filled: what may fill one, whoever and wherever, keeps the rules silent."""

import pytest

from language.rulebook import HEAD, findings, messages, told

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
        {"events": "done: over, again: {to: new, ask: owner}, plan: {to: here, ask: at}"},
    ],
)
def test_what_may_fill_them_on_some_way_is_enough(way: dict[str, str]) -> None:
    assert found(**way) == []


def test_a_time_that_does_not_begin_on_one_way_is_a_note() -> None:
    text = BODY.replace("OPEN", "open: {by: clerk}").replace("FIRST", "{to: work, ask: owner}")
    (told_once,) = [
        one for one in messages(text.replace("EVENTS", "again: {to: new, ask: at}, done: over")) if "`at`" in one
    ]
    assert told_once == (
        "`at` may still be empty here, and then this time does not begin "
        "(it gets here empty by opened -> new -> work: fill `at` on the way here, or count from arrival)"
    )


@pytest.mark.parametrize(
    "more", ["plan: {to: here, ask: at}", "again: {to: new, may: at}", "plan: {to: work, ask: at}"]
)
def test_a_field_that_may_be_filled_meanwhile_or_left_empty_on_purpose_is_none(more: str) -> None:
    assert found(first="{to: work, ask: owner}", events=f"{more}, done: over") == []


CLOCK = """
escalation: house
escalations: {house: {100%: {notify: boss}}}
fields: {priority: P1 | P2, note: text}
open: {by: clerk}
sla: {answer: {from: new, until: done, target: {per: priority, table: {P1: 1h, P2: 4hDEFAULT}}}}
states:
  new: {by: clerk, events: {go: FIRST}}
  work: {by: clerk, events: {go: SECOND}}
  done: {by: clerk, limit: 1d, events: {go: THIRD}}
  over: {end: done}
"""


@pytest.mark.parametrize(
    ("first", "second", "third", "default", "weight"),
    [
        ("work", "{to: done, ask: priority}", "over", "", "note"),
        ("work", "done", "{to: over, ask: priority}", "", "warning"),
        ("work", "{to: done, ask: priority}", "over", ", default: 4h", ""),
        ("{to: work, ask: priority}", "done", "over", "", ""),
        ("{to: work, may: priority}", "done", "over", "", ""),
        ("{to: done, ask: priority}", "done", "over", "", ""),
        ("{to: work, do: {set: {priority: P1}}}", "done", "over", "", ""),
    ],
)
def test_a_promise_that_hangs_on_a_field_filled_late(
    first: str, second: str, third: str, default: str, weight: str
) -> None:
    body = CLOCK.replace("FIRST", first).replace("SECOND", second).replace("THIRD", third).replace("DEFAULT", default)
    weights = [one.severity for one in findings({"desk.yaml": HEAD + body}, "desk.yaml") if one.code == "SF412"]
    assert weights == [weight] * bool(weight)


OTHER = """
process: other
version: 1
roles: [clerk]
fields: {fault: text}
open: {ask: fault}
states:
  new: {by: clerk, events: {go: over}}
  over: {end: done}
"""
STARTING = """
fields: {fault: text, note: text}
open: {by: clerk}
states:
  new: {by: clerk, events: {skip: work, tell: {to: work, ask: fault}}}
  work: {by: clerk, events: {go: GO}}
  report: {by: clerk, LAST, events: {go: over}}
  over: {end: done}
"""


@pytest.mark.parametrize(
    ("go", "last", "places"),
    [
        ("{to: report, do: {start: other}}", "title: Report", ["SF411 6:59"]),
        ("{to: report, do: {start: {other: {fault: note}}}}", "title: Report", ["SF411 6:67"]),
        ("report", "do: {start: other}", ["SF411 7:35"]),
        ("{to: report, ask: fault}", "do: {start: other}", []),
        ("{to: report, ask: fault, do: {start: other}}", "title: Report", []),
        ("{to: report, may: fault, do: {start: other}}", "title: Report", []),
        ("{to: [{to: report, when: filled(fault), do: {start: other}}, over]}", "title: Report", []),
        ("{to: report, do: {set: {fault: 'unknown'}, start: other}}", "title: Report", []),
    ],
)
def test_a_started_case_lacks_what_some_way_leaves_empty(go: str, last: str, places: list[str]) -> None:
    body = STARTING.replace("GO", go).replace("LAST", last)
    assert [one for one in told(body, other=OTHER) if one.startswith("SF411")] == places


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
