"""What goes from one field or case to another: more than the examples of the rules show."""

import pytest

from language.rulebook import told

FIELDS = """
fields: {phone: {type: text, private: true}, vip: {type: flag, private: true}, n: {type: number, private: true},
  note: text, known: flag, sum: number}
open: {by: clerk, ask: phone, may: [vip, n, note, known, sum]}
"""
BODY = """
states:
  new: {by: clerk, events: {go: {to: over, do: {set: {SET}}}}}
  over: {end: done}
"""


@pytest.mark.parametrize(
    ("values", "leaks"),
    [
        ("note: phone", True),
        ("known: vip", True),
        ("known: not vip", True),
        ("known: vip or n > 3", True),
        ("sum: n * 2 + 1", True),
        ("known: filled(phone)", False),
        ("known: n + 1 > 3 and phone == 'x'", False),
        ("phone: note", False),
        ("n: n + 1", False),
    ],
)
def test_a_public_field_gets_no_private_value_but_what_is_said_about_one(values: str, leaks: bool) -> None:  # noqa: FBT001
    assert told(f"{FIELDS}{BODY.replace('SET', values)}") == (["SF417 7:55"] if leaks else [])


def test_a_private_value_is_found_wherever_set_may_stand() -> None:
    assert told("""
    fields: {phone: {type: text, private: true}, note: text}
    open: {by: clerk, ask: phone, may: note}
    escalations: {tell: {100%: {set: {note: phone}}}}
    escalation: tell
    sla: {fix: {from: new, until: over, target: 1d}}
    states:
      new:
        by: clerk
        limit: 2d
        after: {3d: {to: over, do: {set: {note: phone}}}}
        events: {go: over}
      over: {end: done, do: {set: {note: phone}}}
    """) == ["SF417 4:35", "SF417 11:39", "SF417 13:32"]


KID = """
process: kid
version: 1
roles: [clerk]
gives: [grade, score, phone, other]
fields: {grade: gold | silver, score: 1..5, phone: {type: text, private: true}, other: text}
open: {by: system, may: [phone, grade]}
states:
  asking: {by: clerk, events: {answer: {to: over, ask: [grade, score, phone, other]}}}
  over: {end: done}
"""


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ("grade: gold | silver, score: 1..5, phone: {type: text, private: true}", 0),
        ("grade: gold | silver | none, score: 0..9", 0),
        ("grade: gold | none", 1),
        ("score: 1..4", 1),
        ("score: number", 1),
        ("phone: text", 1),
        ("grade: {type: gold | silver, private: true}", 1),
        ("grade: text, score: text, phone: text, other: text", 3),
    ],
)
def test_what_a_child_gives_fits_the_field_that_takes_it(fields: str, lost: int) -> None:
    body = f"""
    fields: {{{fields}}}
    states:
      on: {{run: kid, events: {{over: check}}}}
      check: {{by: clerk, events: {{go: {{to: end, may: [{", ".join(names(fields))}]}}}}}}
      end: {{end: done}}
    """
    assert told(body, kid=KID) == ["SF418 4:13"] * lost


def names(fields: str) -> list[str]:
    return [name for name in ("grade", "score", "phone", "other") if f"{name}:" in fields]
