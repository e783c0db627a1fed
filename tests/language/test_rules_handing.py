"""What goes from one field or case to another: more than the examples of the rules show."""

import pytest

from language.rulebook import messages, told

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


JOB = """
process: job
version: 1
calendar: office
calendars:
  office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}
  hotline: {timezone: UTC, hours: {mon-sun: [06:00-22:00]}}
roles: [clerk]
escalation: all
escalations: {all: {100%: {notify: clerk}}}
fields: {agreed: TYPE}
open: {by: system, may: agreed}
sla: {done: {from: asking, until: over, target: agreed else 8h on hotline}}
states:
  asking: {by: clerk, events: {answer: over}}
  over: {end: done}
"""


@pytest.mark.parametrize(
    ("ours", "theirs", "why"),
    [
        ("1h..72h", "1h..72h", ""),
        ("2h..24h", "1h..72h", ""),
        ("1h..72h", "1h..8h", "it is 1h..72h on one side and 1h..8h on the other"),
        ("30min..4h", "1h..8h", "it is 30min..4h on one side and 1h..8h on the other"),
        ("1d..2d", "1h..72h", "it is 1d..2d on one side and 1h..72h on the other"),
        ("{type: 1h..8h, calendars: [always]}", "1h..8h", "it is 1h..8h on always on one side and 1h..8h on the other"),
        ("1h..8h", "{type: 1h..8h, calendars: [always]}", ""),
        ("text", "1h..8h", ""),
        ("{type: 1h..8h, private: true}", "1h..8h", "it is private on one side only"),
    ],
)
@pytest.mark.parametrize("renamed", [False, True])
def test_terms_that_were_agreed_are_told_where_another_case_cannot_take_them_all(
    ours: str, theirs: str, why: str, *, renamed: bool
) -> None:
    mine = "promised" if renamed else "agreed"
    body = f"""
    fields: {{{mine}: {ours}}}
    open: {{by: clerk, may: {mine}}}
    states:
      on: {{by: clerk, events: {{go: {{to: end, do: {{start: {{job: {{agreed: {mine}}}}}}}}}}}}}
      end: {{end: done}}
    """
    found = [one for one in messages(body, job=JOB.replace("TYPE", theirs)) if "takes" in one]
    private = "private" in why
    hint = (
        "write `private: true` for `agreed` in `job`, too" if private else "give it the same ends and calendars in both"
    )
    arrives = "it does not arrive" if private else "not every time arrives"
    assert found == ([f"`job` takes `agreed`, and {arrives}: {why} ({hint})"] if why else [])


def test_a_child_that_cannot_take_the_terms_of_its_parent_is_told_where_it_is_run() -> None:
    body = """
    fields: {agreed: 1h..72h}
    open: {by: clerk, may: agreed}
    states:
      on: {run: job, events: {over: end}}
      end: {end: done}
    """
    assert told(body, job=JOB.replace("TYPE", "1h..8h")) == ["SF418 5:13"]
    assert told(body, job=JOB.replace("TYPE", "1h..72h")) == []


def names(fields: str) -> list[str]:
    return [name for name in ("grade", "score", "phone", "other") if f"{name}:" in fields]
