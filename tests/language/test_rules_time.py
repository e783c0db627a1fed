import pytest

from language.rulebook import findings, messages, told

ESCALATION = """
escalation: house
escalations: {house: {100%: {notify: boss}}}
"""


@pytest.mark.requirement("R024", "R197")
def test_a_table_inside_a_table_says_under_which_row_a_time_is_missing() -> None:
    (found,) = messages(
        ESCALATION
        + """
fields: {contract: gold | silver, priority: P1 | P2 | P3}
sla:
  solve:
    from: new
    until: over
    target: {per: [contract, priority], table: {gold: {default: 1h}, silver: {P1: 2h}}}
states:
  new: {by: clerk, events: {close: {to: over, ask: [contract, priority]}}}
  over: {end: done}
"""
    )
    assert found == (
        "no promised time for contract `silver` under priority `P2` and `P3` "
        "(write what is promised then, or a row `default`)"
    )


def test_a_table_under_default_has_gaps_of_its_own() -> None:
    (found,) = messages(
        ESCALATION
        + """
fields: {contract: gold | silver, priority: P1 | P2}
sla:
  solve:
    from: new
    until: over
    target: {per: [contract, priority], table: {gold: 1h, default: {P1: 2h}}}
states:
  new: {by: clerk, events: {close: {to: over, ask: [contract, priority]}}}
  over: {end: done}
"""
    )
    assert found.startswith("no promised time for contract `default` under priority `P2`")


def test_a_table_of_which_one_row_names_no_calendar_says_not_which_time_counts() -> None:
    text = """process: desk
version: 1
roles: [clerk]
calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}
fields: {level: L1 | L2}
open: {by: clerk, ask: level}
states:
  new: {by: clerk, events: {close: over}, after: {soon: over}}
  over: {end: done}
targets: {soon: {per: level, table: {L1: 1h on office, L2: ROW}}}
"""
    assert "SF513" in str(findings({"desk.yaml": text.replace("ROW", "2d")}, "desk.yaml"))
    assert "SF513" not in str(findings({"desk.yaml": text.replace("ROW", "2d on office")}, "desk.yaml"))


def test_a_text_that_chooses_a_row_has_no_row_for_every_value() -> None:
    assert (
        told(
            ESCALATION
            + """
fields: {product: text}
states:
  new: {by: clerk, limit: {per: product, table: {pump: 1h}}, events: {close: {to: over, ask: product}}}
  over: {end: done}
"""
        )
        == []
    )


def test_words_in_no_order_are_promised_what_they_are_promised() -> None:
    assert (
        told(
            ESCALATION
            + """
fields: {channel: phone | email | web}
sla:
  answer: {from: new, until: over, target: {per: channel, table: {phone: 15min, email: 8h, web: 1h}}}
states:
  new: {by: clerk, events: {close: {to: over, ask: channel}}}
  over: {end: done}
"""
        )
        == []
    )


def test_numbers_that_rise_with_urgency_are_an_order_too() -> None:
    assert (
        told(
            ESCALATION
            + """
fields: {level: L1 | L2 | L3}
sla:
  answer: {from: new, until: over, target: {per: level, table: {L1: 2d, L2: 1d, L3: 4h}}}
states:
  new: {by: clerk, events: {close: {to: over, ask: level}}}
  over: {end: done}
"""
        )
        == []
    )


def test_four_working_hours_and_a_working_day_have_no_order_over_a_weekend() -> None:
    body = """
calendars: {{desk: {{timezone: UTC, hours: {{mon-fri: [09:00-17:00], sat: [09:00-12:00]}}, days: mon-fri}}}}
fields: {{level: L1 | L2}}
sla:
  answer: {{from: new, until: over, target: {{per: level, calendar: desk, table: {{L1: {0}, L2: 1d}}}}}}
states:
  new: {{by: clerk, events: {{close: {{to: over, ask: level}}}}}}
  over: {{end: done}}
"""
    assert told(ESCALATION + body.format("9h")) == []
    assert told(ESCALATION + body.format("20h")) == ["SF507 8:94"]


def test_a_clock_that_runs_in_another_region_can_be_paused() -> None:
    assert (
        told(
            ESCALATION
            + """
sla:
  paper: {from: a, until: over, target: 2d}
states:
  both:
    by: clerk
    parallel: true
    states:
      left: {states: {a: {events: {go_left: a_end}}, a_end: {end: done}}}
      right: {states: {b: {pause: paper, after: {5d: b_end}}, b_end: {end: done}}}
    events: {done: over}
  over: {end: done}
""".replace("from: a", "from: both.left.a")
        )
        == []
    )


def test_a_clock_stopped_in_another_region_stops() -> None:
    assert (
        told(
            ESCALATION
            + """
sla:
  paper: {from: both.left.a, until: both.right.b_end, target: 2d}
states:
  both:
    by: clerk
    parallel: true
    states:
      left: {states: {a: {events: {go_left: a_end}}, a_end: {end: done}}}
      right: {states: {b: {events: {go_right: b_end}}, b_end: {end: done}}}
    events: {done: over}
  over: {end: done}
"""
        )
        == []
    )


BESIDE = """
sla: {paper: {from: FROM, until: UNTIL, target: 9dAGAIN}}
states:
  new: {by: clerk, events: {go: both, file: group}}
  both:
    by: clerk
    parallel: true
    states:
      left: {states: {a: {events: {go_left: a_end}}, a_end: {end: done}}}
      right: {states: {b: {events: {go_right: b_end}}, b_end: {end: done}}}
    events: {done: group}
  group:
    by: clerk
    states: {x: {events: {on: y}}, y: {limit: 1d, pause: paper, events: {close: over}}}
  over: {end: done}
"""


@pytest.mark.requirement("R024")
@pytest.mark.parametrize(
    ("start", "stop", "again", "endless"),
    [
        ("both.left.a", "both.right.b", "", False),  # Both are entered together.
        ("group", "group.x", "", False),
        ("group.x", "group", "", False),
        ("[new, group]", "both", "", True),
        ("[new, group]", "both", ", again: ignore", False),  # Counted once, from the beginning.
        ("[new, over]", "group", "", False),  # At the end of a case every clock stops.
        ("group.y", "new", "", True),
    ],
)
def test_a_clock_is_endless_only_where_nothing_that_stops_it_is_entered_any_more(
    start: str,
    stop: str,
    again: str,
    endless: bool,  # noqa: FBT001
) -> None:
    body = BESIDE.replace("FROM", start).replace("UNTIL", stop).replace("AGAIN", again)
    assert any("SF512" in one for one in told(ESCALATION + body)) is endless


@pytest.mark.parametrize(
    ("start", "stop", "running"),
    [
        ("group.x", "group", True),  # Moving on inside a group does not enter it.
        ("new", "group", False),
        ("new", "over", True),
        ("[new, group.y]", "group.y", True),
    ],
)
def test_a_clock_may_be_paused_where_it_runs_on(start: str, stop: str, running: bool) -> None:  # noqa: FBT001
    body = BESIDE.replace("FROM", start).replace("UNTIL", stop).replace("AGAIN", "")
    assert any("SF511" in one for one in told(ESCALATION + body)) is not running


def test_a_clock_that_goes_on_while_another_is_paused_notices_the_case() -> None:
    body = """
sla:
  answer: {from: new, until: over, target: 2d}
  news: {from: new, until: over, target: 4d}
states:
  new: {by: clerk, events: {ask: asked, close: over}}
  asked: {by: clerk, pause: PAUSED, events: {answered: {to: new, max: 2}, close: over}}
  over: {end: done}
"""
    assert told(ESCALATION + body.replace("PAUSED", "answer")) == []
    assert told(ESCALATION + body.replace("PAUSED", "all")) == ["SF505 10:22"]


def test_a_time_that_says_always_says_which_time_counts() -> None:
    text = """
states:
  new: {by: clerk, events: {close: over}, after: {2d on always: over}}
  over: {end: done}
"""
    assert told(text) == []


CALLED = """
states:
  called:
    by: clerk
    WORDS
    events: {answer: over}
  lapsed: {by: boss, events: {close: over}}
  over: {end: done}
"""


def _called(words: str, more: str = "") -> list[str]:
    body = ESCALATION + more + CALLED.replace("WORDS", words)
    return told(
        body
        if "lapsed," in words or "lapsed}" in words
        else body.replace("events: {answer", "events: {no: lapsed, answer")
    )


def test_a_timer_after_one_that_need_not_move_the_case_may_fire() -> None:
    assert _called("after: {1d: {to: lapsed, max: 1}, 2d: over}") == []
    assert _called("after: {1d: {do: {notify: boss}}, 2d: over}") == []
    assert _called("after: {1d: lapsed, 2d: over}") == ["SF501 8:25"]


def test_two_timers_of_one_moment_fire_in_the_order_of_the_file() -> None:
    assert _called("after: {24h: lapsed, 1440min: over}") == ["SF501 8:26"]


def test_a_day_may_be_over_before_a_few_working_hours_but_three_days_are_not() -> None:
    desk = "calendars: {desk: {timezone: UTC, hours: {mon-fri: [09:00-17:00], sat: [09:00-12:00]}, days: mon-fri}}\n"
    assert _called("after: {9h on desk: lapsed, 1d on desk: over}", desk) == []
    assert _called("after: {9h on desk: lapsed, 3d on desk: over}", desk) == ["SF501 9:33"]


def test_a_timer_that_puts_a_case_on_hold_is_spent_when_it_comes_back() -> None:
    body = """
states:
  called: {by: clerk, after: {1d: held, 2d: over}, events: {answer: over, hold: held}}
  held: {by: clerk, limit: 9d, events: {resume: back}}
  over: {end: done}
"""
    assert told(ESCALATION + body) == []
    assert told(ESCALATION + body.replace("1d: held", "1d: over")) == ["SF501 6:41"]


def test_a_timer_of_a_group_comes_before_one_inside_unless_it_stays_in_the_group() -> None:
    body = """
states:
  group:
    by: clerk
    after: {1d: WHERE}
    states:
      one: {events: {go: two}, after: {2d: over}}
      two: {events: {close: over}}
  over: {end: done}
"""
    assert told(ESCALATION + body.replace("WHERE", "over")) == ["SF501 10:40"]
    assert "SF501" not in str(told(ESCALATION + body.replace("WHERE", "group.two")))


def test_a_limit_is_compared_with_every_row_of_a_table() -> None:
    fields = "fields: {level: L1 | L2}\n"
    table = "after: {4h: lapsed}\n    limit: {per: level, table: {L1: %s, default: 2d}}"
    assert _called(table % "3h", fields)[:1] != ["SF502 10:12"]
    assert _called(table % "5h", fields)[:1] == ["SF502 10:12"]


def test_a_wait_that_a_timer_may_cut_short_eats_no_limit() -> None:
    assert _called("wait: 2d\n    limit: 2h") == ["SF510 8:11"]
    assert _called("wait: 2h\n    limit: 2d") == []
    assert "SF510" not in str(_called("wait: 2d\n    limit: 2h\n    after: {1h: {to: lapsed, max: 1}}"))


SLOW = """
sla:
  answer: {from: new, until: over, target: TARGET}
anywhere: {hold: {to: held, in: [new, cooling]}}
states:
  new: {by: clerk, events: {go: cooling}}
  cooling: {by: clerk, wait: 2d, events: {close: over}}
  held: {by: clerk, limit: 9d, events: {resume: back}}
  over: {end: done}
"""


def test_a_promise_as_long_as_the_quickest_way_can_be_met() -> None:
    assert told(ESCALATION + SLOW.replace("TARGET", "2d")) == []
    assert told(ESCALATION + SLOW.replace("TARGET", "47h")) == ["SF504 6:44"]


def test_a_hold_does_not_make_a_wait_shorter_but_a_pause_may_move_it_to_other_days() -> None:
    paused = SLOW.replace("held: {by: clerk,", "held: {by: clerk, pause: answer,").replace("TARGET", "1d")
    assert told(ESCALATION + paused) == []
    assert told(ESCALATION + paused.replace("wait: 2d", "wait: 48h")) == ["SF504 6:44"]


def test_a_quicker_way_beside_a_wait_keeps_the_promise() -> None:
    short = SLOW.replace("events: {go: cooling}", "events: {go: cooling, close: over}").replace("TARGET", "1h")
    assert told(ESCALATION + short) == []


def test_the_route_and_what_must_pass_are_told() -> None:
    (found,) = messages(ESCALATION + SLOW.replace("TARGET", "1d"))
    assert found == (
        "clock `answer` can never be met: the quickest way takes 2d, promised is 1d "
        "(the quickest way is new -> cooling -> over: promise more, or wait less)"
    )


def test_a_clock_that_is_renewed_need_not_last_until_the_end() -> None:
    renewed = SLOW.replace("target: TARGET", "target: 1d, renew: hold")
    assert told(ESCALATION + renewed) == []
