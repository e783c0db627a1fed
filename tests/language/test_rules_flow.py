from textwrap import dedent

import pytest

from language.rulebook import HEAD, findings, messages, of_family, told


def test_a_state_reached_only_by_a_timer_or_automatically_is_reached() -> None:
    assert (
        told("""
        states:
          new: {by: clerk, events: {go: planned}, after: {2d: late}}
          planned: {auto: checked}
          checked: {by: clerk, events: {close: over}}
          late: {by: boss, events: {close: over}}
          over: {end: done}
    """)
        == []
    )


def test_a_chain_of_unreachable_states_says_what_each_hangs_on() -> None:
    first, second = messages("""
        states:
          new: {by: clerk, events: {close: over}}
          lost: {by: clerk, events: {go: later}}
          later: {by: clerk, events: {close: over}}
          over: {end: done}
    """)
    assert first == "no path leads to `lost` (name it as the target of an event, or remove it)"
    assert second == "no path leads to `later` (only reached from `lost`, to which no path leads either)"


def test_a_state_kept_for_cases_of_an_earlier_version_is_reached_by_them() -> None:
    text = HEAD.replace("version: 1", "version: 2").replace(", boss", "") + dedent("""
        states:
          new: {by: clerk, events: {close: over}}
          inspection: {by: clerk, events: {repair: repairing}}
          repairing: {by: clerk, events: {close: over}}
          over: {end: done}
    """)
    assert of_family(findings({"desk.yaml": text}, "desk.yaml")) == ["SF301 at 8:3", "SF301 at 9:3"]
    text += "migrate: {1: {states: {inspekt: inspection}}}\n"
    assert of_family(findings({"desk.yaml": text}, "desk.yaml")) == []


def test_a_state_is_not_reached_by_coming_back_to_it() -> None:
    assert told("""
        states:
          new: {by: clerk, events: {hold: held, close: over}}
          held: {by: clerk, events: {resume: back}}
          lost: {by: clerk, events: {hold: held}}
          over: {end: done}
    """) == ["SF301 5:3"]


def test_a_way_back_is_a_way_to_the_end() -> None:
    assert (
        told("""
        states:
          new: {by: clerk, events: {hold: held, close: over}}
          held: {by: clerk, events: {resume: back}}
          over: {end: done}
    """)
        == []
    )


@pytest.mark.requirement("R015")
def test_two_states_that_only_hold_each_other_are_a_trap() -> None:
    (first, *others) = messages("""
        states:
          new: {by: clerk, events: {hold: held, close: over}}
          held: {by: clerk, events: {ask: asked}}
          asked: {by: clerk, events: {answered: {to: held, max: 3}, hold: held}}
          over: {end: done}
    """)
    assert first == "from `held` no path leads to an end (an end is `over`)"
    assert len(others) == 1


def test_a_trap_that_leads_into_another_trap_is_not_told_as_well() -> None:
    assert [text for text in messages("""
        states:
          new: {by: clerk, events: {go: one, close: over}}
          one: {by: clerk, events: {next: {to: two, max: 9}, on: three}}
          two: {by: clerk, events: {next: one}}
          three: {by: clerk, events: {next: {to: four, max: 9}, stay: here}}
          four: {by: clerk, events: {next: three}}
          over: {end: done}
    """) if "no path" in text] == ["from `three` no path leads to an end (an end is `over`)"]  # fmt: skip


def test_of_many_ends_some_are_named_and_the_rest_counted() -> None:
    (found,) = messages("""
        states:
          new: {by: clerk, events: {go: one, a: a, b: b, c: c, d: d, e: e, f: f, g: g}}
          one: {by: clerk, events: {next: one}}
          a: {end: done}
          b: {end: done}
          c: {end: done}
          d: {end: done}
          e: {end: done}
          f: {end: done}
          g: {end: done}
    """)[:1]
    assert found.endswith("(an end is `a`, `b`, `c`, `d`, `e` and 2 more)")


def test_an_inner_end_leads_on_by_done() -> None:
    assert (
        told("""
        states:
          both:
            by: clerk
            parallel: true
            states:
              left: {states: {a: {events: {go_left: a_end}}, a_end: {end: done}}}
              right: {states: {b: {events: {go_right: b_end}}, b_end: {end: done}}}
            events: {done: over}
          over: {end: done}
    """)
        == []
    )


def test_a_region_is_left_when_its_neighbour_leaves() -> None:
    assert (
        told("""
        states:
          both:
            by: clerk
            parallel: true
            states:
              left: {states: {a: {events: {give_up: over}}}}
              right: {states: {b: {}}}
          over: {end: done}
    """)
        == []
    )


def test_regions_that_could_only_be_left_by_each_other_get_stuck_together() -> None:
    (found,) = messages("""
        states:
          both:
            by: clerk
            parallel: true
            states:
              left: {states: {a: {events: {next_left: a2, stop: over}}, a2: {}}}
              right: {states: {b: {events: {next_right: b2, halt: over}}, b2: {}}}
          over: {end: done}
    """)
    assert "a case in `both.left.a2` and `both.right.b2` at once would stay there for ever" in found


def test_going_back_to_where_a_case_last_was_is_a_way() -> None:
    assert (
        told("""
        states:
          repair:
            by: clerk
            states:
              remote: {events: {visit: onsite, finish: over}}
              onsite: {events: {finish: over}}
            events: {pause: held}
          held: {by: clerk, events: {resume: {to: repair.last, max: 3}, stop: over}}
          over: {end: done}
    """)
        == []
    )


def test_back_from_a_state_that_is_entered_on_the_way_is_fine() -> None:
    assert (
        told("""
        anywhere: {hold: {to: held, by: boss, in: [new, checked]}}
        states:
          new: {by: clerk, events: {go: checked}}
          checked: {by: clerk, events: {close: over}}
          held: {by: boss, events: {resume: back}}
          over: {end: done}
    """)
        == []
    )


def test_back_in_a_group_that_a_case_begins_in_has_nowhere_to_go() -> None:
    assert told("""
        states:
          work:
            by: clerk
            states:
              first: {events: {next: second}}
              second: {events: {close: over}}
            events: {undo: back}
          over: {end: done}
    """) == ["SF309 8:20"]


def test_moves_that_are_counted_or_stay_are_no_round() -> None:
    assert (
        told("""
        states:
          new: {by: clerk, events: {go: testing, remark: here}}
          testing: {by: clerk, events: {again: {to: [{to: new, max: 2}, over]}}}
          over: {end: done}
    """)
        == []
    )


def test_a_round_through_a_group_is_told_with_its_inner_states() -> None:
    (found,) = messages("""
        states:
          new: {by: clerk, events: {go: work, close: over}}
          work:
            by: clerk
            states:
              first: {events: {next: second}}
              second: {events: {redo: new}}
          over: {end: done}
    """)
    assert "new -> work.first -> work.second -> new" in found


def test_several_moves_that_close_the_same_round_are_told_once() -> None:
    assert told("""
        states:
          new: {by: clerk, events: {offer: offered, close: over}}
          offered: {by: boss, events: {decline: new}, after: {2d: new}}
          over: {end: done}
    """) == ["SF308 4:41"]


def test_an_automatic_round_is_an_error_and_not_a_warning_as_well() -> None:
    assert told("""
        fields: {paid: flag}
        states:
          new: {by: clerk, events: {go: {to: one, ask: paid}}}
          one: {auto: {to: [{to: over, when: paid}, two]}}
          two: {auto: one}
          over: {end: done}
    """) == ["SF307 6:15"]


def test_a_wait_an_event_or_a_max_stops_an_automatic_round() -> None:
    assert (
        told("""
        states:
          new: {by: clerk, events: {go: one}}
          one: {auto: {to: [{to: two, max: 3}, over]}}
          two: {auto: one}
          over: {end: done}
    """)
        == []
    )
    assert (
        told("""
        states:
          one: {wait: 1d, auto: two}
          two: {auto: {to: [{to: one, max: 3}, over]}}
          over: {end: done}
    """)
        == []
    )


def test_a_waiting_round_is_only_a_round_without_limit() -> None:
    assert told("""
        anywhere: {stop: {to: over, by: clerk}}
        states:
          one: {wait: 1d, auto: two}
          two: {auto: one}
          over: {end: done}
    """) == ["SF308 5:15"]


def test_an_automatic_move_that_changes_what_it_asks_for_ends_by_itself() -> None:
    assert (
        told("""
        fields: {paid: flag, told: flag}
        states:
          new:
            by: clerk
            auto: {when: paid and not told, do: {set: {told: true}, notify: boss}}
            events: {pay: {ask: paid}, close: over}
          over: {end: done}
    """)
        == []
    )


def test_coming_back_automatically_does_not_send_again() -> None:
    assert (
        told("""
        states:
          new: {by: clerk, do: {send: next}, events: {next: one, close: over}}
          one: {auto: back}
          over: {end: done}
    """)
        == []
    )


def test_a_way_out_of_the_group_around_is_not_used_up() -> None:
    assert (
        told("""
        states:
          work:
            by: clerk
            states:
              first: {events: {next: {to: second, max: 1}}}
              second: {events: {close: over}}
            events: {cancel: over}
          over: {end: done}
    """)
        == []
    )


CHILD = """
process: call
version: 1
roles: [clerk]
states:
  calling: {by: clerk, events: {reached: happy, gave_up: unreachable}}
  lost: {by: clerk, events: {never: never}}
  never: {end: done}
  happy: {end: done}
  unreachable: {end: cancelled}
"""


def test_an_end_the_child_cannot_come_to_need_not_be_handled() -> None:
    assert told("""
        states:
          calling: {run: call, events: {happy: over, unreachable: over}}
          over: {end: done}
    """, call=CHILD) == []  # fmt: skip


def test_an_event_of_anywhere_does_not_handle_the_end_of_a_child() -> None:
    assert told("""
        anywhere: {unreachable: {to: over, by: clerk}}
        states:
          calling: {run: call, events: {happy: over}}
          over: {end: done}
    """, call=CHILD) == ["SF312 4:18"]  # fmt: skip


def test_an_end_that_no_path_leads_to_never_happens() -> None:
    (found,) = messages("""
        states:
          calling: {run: call, events: {happy: over, unreachable: over, never: over}}
          over: {end: done}
    """, call=CHILD)  # fmt: skip
    assert found == "`call` never ends as `never` (its ends are `happy` and `unreachable`)"


def test_a_child_with_errors_of_its_own_is_not_judged() -> None:
    broken = CHILD.replace("reached: happy", "reached: hapy")
    assert [text for text in messages("""
        states:
          calling: {run: call, events: {content: over}}
          over: {end: done}
    """, call=broken) if "never ends" in text or "can end" in text] == []  # fmt: skip


STARTER = """
process: call
version: 1
roles: [clerk]
states:
  planned: {auto: {to: calling, do: {start: desk}}}
  calling: {by: clerk, events: {reached: happy}}
  happy: {end: done}
"""


def test_processes_that_start_each_other_at_once_breed() -> None:
    (found,) = messages("""
        states:
          new: {by: clerk, do: {start: call}, events: {close: over}}
          over: {end: done}
    """, call=STARTER)  # fmt: skip
    assert "cases without number (desk -> call -> desk)" in found


def test_processes_that_breed_among_themselves_do_not_make_their_starter_breed() -> None:
    other = STARTER.replace("start: desk", "start: [call, calm]")
    calm = CHILD.replace("process: call", "process: calm")
    assert told("""
        states:
          new: {by: clerk, do: {start: call}, events: {close: over}}
          over: {end: done}
    """, call=other, calm=calm) == []  # fmt: skip


def test_a_start_behind_an_event_a_wait_or_a_condition_does_not_breed() -> None:
    assert told("""
        states:
          new: {by: clerk, events: {go: {to: next, do: {start: call}}}}
          next: {by: clerk, do: {start: call}, events: {close: over}}
          over: {end: done}
    """, call=STARTER) == []  # fmt: skip
    assert told("""
        states:
          new: {wait: 2d, auto: next}
          next: {by: clerk, do: {start: call}, events: {close: over}}
          over: {end: done}
    """, call=STARTER) == []  # fmt: skip
    assert told("""
        fields: {due: flag}
        states:
          new: {by: clerk, auto: {to: next, when: due}, events: {plan: {ask: due}}}
          next: {by: clerk, do: {start: call}, events: {close: over}}
          over: {end: done}
    """, call=STARTER) == []  # fmt: skip
