"""Who may act, who is barred, who notices: more than the examples of the rules show."""

import textwrap

import pytest

from language.rulebook import findings

HEAD = "process: desk\nversion: 1\nroles: [clerk, boss]\n"
LINES = HEAD.count("\n")
PEOPLE = ("SF601", "SF602", "SF603", "SF604", "SF605", "SF607", "SF609", "SF610", "SF611")


def told(body: str, **beside: str) -> list[str]:
    texts = {"desk.yaml": HEAD + textwrap.dedent(body)} | {f"{name}.yaml": text for name, text in beside.items()}
    found = findings(texts, "desk.yaml")
    assert [one for one in found if one.severity == "error" and one.code not in PEOPLE] == []
    return [f"{one.code} {one.line - LINES}:{one.column}" for one in found if one.code in PEOPLE]


CHECKED_BY_OWNER = """
fields: {{owner: person, deputy: person}}
open: {{by: clerk{opening}}}
states:
  new: {{by: clerk, events: {{take: {{to: repair{take}}}}}}}
  repair: {{by: owner, events: {{done: {{to: verify{done}}}}}}}
  verify: {{by: [owner{by}], not_by: repair, events: {{confirm: over}}}}
  over: {{end: done}}
"""


@pytest.mark.parametrize(
    ("opening", "take", "done", "by", "stuck"),
    [
        ("", ", do: {set: {owner: me}}", "", "", True),
        (", may: owner", ", do: {set: {owner: me}}", "", "", True),
        ("", ", ask: owner", "", "", False),  # A group may stand there, and another one of it may confirm.
        ("", ", do: {set: {owner: me}}", ", ask: owner", "", False),
        ("", ", do: {set: {owner: me}}", ", may: owner", "", False),
        ("", ", by: system, do: {set: {owner: me}}", "", "", False),  # The engine is nobody who could act again.
        ("", ", do: {set: {owner: me}}", ", do: {set: {owner: deputy}}", "", False),
        ("", ", do: {set: {owner: me}}", "", ", boss", False),
        ("", ", do: {set: {owner: me}}", "", ", deputy", True),  # Nobody ever stands in the other field.
        (", may: deputy", ", do: {set: {owner: me}}", "", ", deputy", False),
        (", may: owner", "", ", do: {set: {owner: me}}", "", True),
    ],
)
def test_nobody_can_act_only_where_a_field_surely_holds_one_person_who_acted(
    opening: str,
    take: str,
    done: str,
    by: str,
    stuck: bool,  # noqa: FBT001
) -> None:
    body = CHECKED_BY_OWNER.format(opening=opening, take=take, done=done, by=by)
    assert told(body) == (["SF602 7:3"] if stuck else [])


def test_a_way_around_the_barred_state_leaves_somebody_who_may_act() -> None:
    assert (
        told("""
    fields: {owner: person}
    open: {by: clerk}
    states:
      new: {by: clerk, events: {take: {to: repair, do: {set: {owner: me}}}, skip: {to: verify, do: {set: {owner: me}}}}}
      repair: {by: owner, events: {done: verify}}
      verify: {by: owner, not_by: repair, events: {confirm: over}}
      over: {end: done}
    """)
        == []
    )


def test_an_event_of_a_group_is_open_where_one_of_its_states_has_another_way_in() -> None:
    body = """
    calendar: always
    fields: {owner: person}
    open: {by: clerk}
    states:
      new:
        by: clerk
        events: {take: {to: repair, do: {set: {owner: me}}}, skip: {to: WHERE, do: {set: {owner: me}}}}
      repair: {by: owner, events: {done: group.v}}
      group: {by: owner, not_by: repair, states: {v: {after: {1d: w}}, w: {}}, events: {confirm: over}}
      over: {end: done}
    """
    assert told(body.replace("WHERE", "repair")) == ["SF602 10:3"]
    assert told(body.replace("WHERE", "group.w")) == []


def test_who_is_named_on_both_sides_is_barred_beside_other_regions_too() -> None:
    assert told("""
    fields: {owner: person}
    open: {by: clerk, ask: owner}
    states:
      both:
        parallel: true
        events: {done: over}
        states:
          left: {states: {l1: {by: owner, not_by: owner, events: {go: l2}}, l2: {end: done}}}
          right: {states: {r1: {by: clerk, events: {on: r2}}, r2: {end: done}}}
      over: {end: done}
    """) == ["SF602 9:23"]


def test_what_a_timer_an_entry_or_a_child_writes_may_be_anybody() -> None:
    stuck = """
    calendar: always
    fields: {owner: person, other: person}
    open: {by: clerk, may: other}
    states:
      new: {by: clerk, events: {take: {to: repair, do: {set: {owner: me}}}}}
      repair: {by: owner, limit: 1d, events: {done: verify}}
      verify: {by: owner, not_by: repair, limit: 1d, events: {confirm: over}}
      over: {end: done}
    """
    assert [line for line in told(stuck) if "SF602" in line] == ["SF602 8:3"]
    timed = stuck.replace("not_by: repair, limit: 1d", "not_by: repair, after: {1d: {do: {set: {owner: other}}}}")
    entered = stuck.replace("not_by: repair, limit: 1d", "not_by: repair, limit: 1d, do: {set: {owner: other}}")
    assert "SF602" not in str(told(timed) + told(entered))


def test_nobody_is_told_to_be_stuck_where_a_neighbouring_region_may_hand_over() -> None:
    assert (
        told("""
    fields: {owner: person}
    open: {by: clerk}
    states:
      new: {by: clerk, events: {take: {to: both, do: {set: {owner: me}}}}}
      both:
        parallel: true
        events: {done: over}
        states:
          left:
            states:
              repair: {by: owner, events: {repaired: verify}}
              verify: {by: owner, not_by: both.left.repair, events: {confirm: good}}
              good: {end: done}
          right: {states: {r1: {by: clerk, events: {hand_over: {to: here, ask: owner}, file: r2}}, r2: {end: done}}}
      over: {end: done}
    """)
        == []
    )


def test_nothing_is_certain_of_cases_that_come_from_an_earlier_version() -> None:
    body = CHECKED_BY_OWNER.format(opening="", take=", do: {set: {owner: me}}", done="", by="")
    text = HEAD.replace("version: 1", "version: 2") + body
    assert "SF602" in str(findings({"desk.yaml": text}, "desk.yaml"))
    assert "SF602" in str(findings({"desk.yaml": f"{text}migrate: {{1: finish}}"}, "desk.yaml"))
    assert "SF602" not in str(
        findings({"desk.yaml": f"{text}migrate: {{1: {{states: {{old: verify}}}}}}"}, "desk.yaml")
    )


@pytest.mark.parametrize(
    ("first", "second", "needed"),
    [("boss", "boss", True), ("[boss, clerk]", "boss", False), ("[boss, agent]", "boss", False),
     ("boss", "[boss, agent]", False), ("system", "system", False)],
)  # fmt: skip
def test_a_second_person_is_needed_where_one_role_alone_acts_in_both_states(
    first: str,
    second: str,
    needed: bool,  # noqa: FBT001
) -> None:
    found = told(f"""
    fields: {{agent: person}}
    open: {{by: clerk, ask: agent}}
    states:
      propose: {{by: {first}, events: {{offer: approve}}}}
      approve: {{by: {second}, not_by: propose, events: {{agree: over}}}}
      over: {{end: done}}
    """)
    assert [line for line in found if "SF603" in line] == (["SF603 6:3"] if needed else [])


def test_two_managers_are_needed_only_where_one_acted_on_every_way() -> None:
    body = """
    states:
      propose: {by: boss, events: {offer: approve, ASIDE}}
      file: {by: clerk, events: {go: GOAL}}
      approve: {by: boss, not_by: propose, events: {agree: over}}
      over: {end: done}
    """
    assert told(body.replace("ASIDE", "pass: file").replace("GOAL", "approve")) == ["SF603 5:3"]
    assert told(body.replace("ASIDE", "pass: {to: file, by: clerk}").replace("GOAL", "approve")) == []


def test_a_bar_against_whoever_acted_in_a_neighbouring_region_means_something() -> None:
    assert (
        told("""
    states:
      both:
        parallel: true
        events: {done: over}
        states:
          left: {states: {l1: {by: clerk, events: {go: l2}}, l2: {end: done}}}
          right: {states: {r1: {by: clerk, not_by: both.left, events: {go: r2}}, r2: {end: done}}}
      over: {end: done}
    """)
        == []
    )


def test_a_bar_of_the_whole_process_means_something_where_it_holds_for_one_state() -> None:
    assert (
        told("""
    not_by: fix
    states:
      new: {by: clerk, events: {go: fix}}
      fix: {by: clerk, events: {go: check}}
      check: {by: [clerk, boss], events: {go: over}}
      over: {end: done}
    """)
        == []
    )


def test_an_event_of_anywhere_takes_who_may_send_it_from_each_state() -> None:
    assert told("""
    anywhere: {stop: {to: over, in: [new, fix]}}
    states:
      new: {by: clerk, events: {go: fix}}
      fix: {events: {go: {to: over, by: boss}}}
      over: {end: done}
    """) == ["SF601 2:12"]


@pytest.mark.requirement("R002", "R088", "R138")
@pytest.mark.parametrize(
    ("until", "times", "lies"),
    [
        ("lies", "title: x", True),
        ("over", "title: x", False),
        ("lies", "limit: 1d", False),
        ("lies", "wait: 1d", False),
        ("lies", "after: {2d: over}", False),
    ],
)
def test_a_case_is_noticed_where_a_time_runs(until: str, times: str, lies: bool) -> None:  # noqa: FBT001
    found = told(f"""
    calendar: always
    escalations: {{tell: {{100%: {{notify: boss}}}}}}
    sla: {{fix: {{from: new, until: {until}, target: 5d, escalation: tell}}}}
    states:
      new: {{by: clerk, events: {{go: lies}}}}
      lies: {{by: boss, {times}, events: {{go: over}}}}
      over: {{end: done}}
    """)
    assert found == (["SF605 7:3"] if lies else [])


def test_what_a_customer_said_at_the_opening_is_no_secret_from_them() -> None:
    body = """
    fields: {customer: person, phone: {type: text, private: true}}
    open: {by: [clerk, customer], ask: [customer, phone]}
    states:
      new: {by: [customer, clerk], events: {correct: {to: here, may: phone}, go: over}}
      over: {end: done}
    """
    assert told(body) == []
    assert told(body.replace("go: over", "go: {to: over, by: clerk, ask: phone}")) == ["SF607 5:66"]
    hidden = body.replace("private: true", "private: true, seen_by: clerk")
    assert told(hidden.replace("go: over", "go: {to: over, by: clerk, ask: phone}")) == []


SKILLED = """
qualifications: [electrician, welder]
fields: {{owner: person, customer: person}}
open: {{by: clerk, ask: customer, may: owner}}
{top}
states:
  new: {{by: clerk{state}, events: {{go: over, leave: {{to: over{leave}}}}}}}
  over: {{end: done}}
"""


@pytest.mark.parametrize(
    ("top", "state", "leave", "found"),
    [
        ("qualified: electrician", "", "", []),
        ("qualified: electrician", "", ", by: boss", []),  # The process names nobody for whom it was written.
        ("qualified: electrician", "", ", by: customer", ["SF609 7:56"]),  # But surely not those who call.
        ("by: boss; qualified: electrician", "", "", ["SF609 8:36"]),
        ("by: boss; qualified: electrician", "", ", by: boss", ["SF609 7:36"]),
        ("", ", qualified: welder", ", by: [boss, system]", ["SF609 7:76"]),
        ("by: [clerk, boss]; qualified: electrician", "", ", by: boss", []),
        ("qualified: electrician", "", ", by: system", []),
        ("qualified: electrician", "", ", by: [customer, system]", ["SF609 7:56"]),
        ("qualified: electrician", ", qualified: welder", "", ["SF610 5:1"]),
        ("", ", qualified: welder", "", []),
        ("", ", qualified: welder", ", by: boss", ["SF609 7:76"]),
        ("", ", qualified: welder", ", by: customer", ["SF609 7:76"]),
        ("", ", qualified: welder", ", by: owner", []),  # Whoever was chosen for the work.
        ("", ", qualified: welder", ", by: [clerk, boss]", []),
        ("", ", qualified: welder", ", by: boss, qualified: none", []),
        ("", ", qualified: welder", ", by: boss, qualified: electrician", []),
        ("", "", ", by: system, qualified: electrician", ["SF610 7:77"]),
    ],
)
def test_people_are_held_to_what_was_written_for_them(top: str, state: str, leave: str, found: list[str]) -> None:
    body = SKILLED.format(top=top.replace("; ", "\n"), state=state, leave=leave)
    assert [one.split(" ")[0] for one in told(body)] == [one.split(" ")[0] for one in found]


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("by: clerk", ["SF609 9:18"]),
        ("by: boss", ["SF609 9:18"]),  # Nothing in there is for the boss: it is for all but whoever calls.
        ("by: [clerk, boss]", ["SF609 9:18"]),
        ("", ["SF609 9:18"]),
    ],
)
def test_by_may_stand_further_out_than_qualified(by: str, found: list[str]) -> None:
    body = f"""
    qualifications: electrician
    fields: {{customer: person}}
    open: {{by: clerk, ask: customer}}
    {by or "gives: customer"}
    states:
      work: {{qualified: electrician, states: {{
        a: {{by: clerk, events: {{go: b, stop: over}}}},
        b: {{events: {{leave: {{to: over, by: customer}}, go: {{to: over, by: clerk}}}}}}}}}}
      over: {{end: done}}
    """
    assert told(body) == found


def test_by_beside_qualified_says_for_whom_it_is_also_where_nobody_goes_by_it() -> None:
    body = """
    qualifications: electrician
    states:
      new: {by: clerk, qualified: electrician, events: {go: {to: over, by: boss}}}
      over: {end: done}
    """
    assert told(body) == ["SF609 4:53"]


PER = "{per: site, table: {plant: {electrician: 2}, default: electrician}}"


@pytest.mark.parametrize(
    ("field", "top", "state", "event", "found"),
    [
        ("{type: text, private: true}", "", f", qualified: {PER}", "", ["SF611 7:37"]),
        ("{type: text, private: true}", f"qualified: {PER}", "", "", ["SF611 5:18"]),
        ("{type: text, private: true}", "", "", f", qualified: {PER}", ["SF611 7:61"]),
        ("{type: text, private: true}", f"qualified: {PER}", ", qualified: none", "", ["SF610 5:1"]),
        ("{type: text, private: true}", "qualified: electrician", "", "", []),
        ("text", f"qualified: {PER}", "", "", []),
    ],
)
def test_no_secret_chooses_what_people_must_be_qualified_for(
    field: str, top: str, state: str, event: str, found: list[str]
) -> None:
    body = f"""
    qualifications: electrician
    fields: {{site: {field}}}
    open: {{by: clerk, ask: site}}
    {top or "gives: site"}
    states:
      new: {{by: clerk{state}, events: {{go: {{to: over{event}}}}}}}
      over: {{end: done}}
    """
    assert told(body) == found


def test_a_state_may_have_the_name_of_the_word() -> None:
    body = """
    states:
      new: {by: clerk, limit: 2h, events: {pass: qualified}}
      qualified: {end: done}
    """
    assert told(body) == []
