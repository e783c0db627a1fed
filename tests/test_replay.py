"""Driving a log through a process: what fits, what is refused and why, promises met and late."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logdesk import DESK, HEAD, MAP, desk, drive, reasons
from svcflow.replay import Replay
from svcflow.replay.answer import Tally
from svcflow.stores.memory import MemoryStore

MONDAY = "2026-03-02T"


def cases_csv(answer: Replay) -> list[str]:
    file = io.StringIO()
    answer.write_cases(file)
    return file.getvalue().splitlines()


def test_a_case_opens_in_the_first_state_and_each_row_is_sent_at_its_time(tmp_path: Path) -> None:
    answer = drive(
        tmp_path,
        [
            f"a,{MONDAY}09:00,Seen,li,P1,",
            f"a,{MONDAY}10:00,Taken,li,P1,",
            f"b,{MONDAY}10:30,Taken,li,P2,",
            f"a,{MONDAY}11:30,Finished,li,,",
            f"a,{MONDAY}11:40,Agreed,bo,,",
        ],
    )
    assert answer.as_json() == {
        "cases": 2,
        "rows": 5,
        "accepted": 4,
        "refused": [],
        "fitting": 2,
        "ended": 1,
        "states": {"done": 1, "repair": 1},
        "clocks": {"solved": {"met": 0, "late": 1, "running": 1}},
    }
    assert answer.skipped == 1
    assert cases_csv(answer) == [
        "id,state,ended_at,solved_elapsed_s,solved_due,solved_late",
        "a,done,2026-03-02T11:40:00+00:00,9600,2026-03-02T11:00:00+00:00,true",
        "b,repair,,4200,2026-03-03T10:30:00+00:00,false",
    ]


@pytest.mark.requirement("R107", "R231")
def test_a_row_that_does_not_fit_is_refused_with_the_reason_and_changes_nothing(tmp_path: Path) -> None:
    answer = drive(
        tmp_path,
        [
            f"a,{MONDAY}09:00,Finished,li,,",
            f"a,{MONDAY}10:00,Taken,li,P1,",
            f"a,{MONDAY}11:00,Finished,li,,",
            f"a,{MONDAY}11:10,Agreed,li,,",
            f"b,{MONDAY}11:00,Taken,li,,",
        ],
    )
    assert reasons(answer) == [(1, "not_here"), (4, "barred")]
    assert (answer.accepted, answer.fitting, answer.cases) == (3, 1, 2)
    assert answer.as_json()["refused"][0] == {
        "case": "a", "row": 1, "event": "finish", "reason": "not_here: state: received; possible now: take, ask",
    }  # fmt: skip


@pytest.mark.requirement("R107")
def test_permission_is_asked_of_every_row(tmp_path: Path) -> None:
    log_map = MAP.replace("Seen: null", "Seen: scold")
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Taken,li,,", f"a,{MONDAY}09:10,Seen,li,,"], log_map=log_map)
    assert reasons(answer) == [(2, "forbidden")]
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Taken,li,,"], log_map=MAP.replace("roles: agent", "roles: lead"))
    assert reasons(answer) == [(1, "forbidden")]
    assert answer.refused[0].reason == "forbidden: by: agent (the case could not be opened)"


def test_a_case_that_cannot_be_opened_has_all_of_its_rows_refused(tmp_path: Path) -> None:
    answer = drive(
        tmp_path,
        [f"a,{MONDAY}09:00,Seen,li,P9,", f"a,{MONDAY}09:00,Taken,li,P1,", f"b,{MONDAY}09:00,Taken,li,P1,"],
    )
    assert reasons(answer) == [(1, "form"), (2, "form")]
    assert (answer.cases, answer.fitting, answer.states) == (2, 1, {"repair": 1})
    assert cases_csv(answer)[1] == "a,,,,,false"


def test_a_value_that_the_map_lacks_refuses_its_row(tmp_path: Path) -> None:
    log_map = MAP.replace("priority: prio", "priority: {column: prio, values: {high: P1, low: P2, none: null}}")
    answer = drive(
        tmp_path,
        [
            f"a,{MONDAY}09:00,Taken,li,high,",
            f"a,{MONDAY}09:10,Lost,li,high,",
            f"a,{MONDAY}09:20,Taken,li,top,",
            f"a,{MONDAY}09:30,Taken,li,none,",
            f"a,{MONDAY}09:40,Finished,li,top,",
        ],
        log_map=log_map,
    )
    assert [(one.row, one.event, one.reason) for one in answer.refused] == [
        (2, "Lost", "unmapped: 'Lost' is not among the values that the map has for `what`"),
        (3, "take", "unmapped: priority: 'top' is not among the values that the map has for `prio`"),
    ]
    assert answer.states == {"finished": 1}  # The form of `finish` has no priority, so row 5 may hold anything there.


def test_an_event_that_the_process_does_not_know_is_refused(tmp_path: Path) -> None:
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Taken,li,,"], log_map=MAP.replace("Taken: take", "Taken: grab"))
    assert reasons(answer) == [(1, "unknown_event")]


def test_a_field_that_is_asked_for_must_be_in_the_row(tmp_path: Path) -> None:
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Asked,li,,", f"b,{MONDAY}09:00,Asked,li,,no parts"])
    assert reasons(answer) == [(1, "form")]
    assert answer.states == {"asked": 1, "received": 1}


def test_an_empty_cell_leaves_a_field_as_it_is(tmp_path: Path) -> None:
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Taken,li,P1,", f"a,{MONDAY}09:30,Taken,li,,"])
    assert cases_csv(answer)[1] == "a,repair,,1800,2026-03-02T11:00:00+00:00,false"


def test_what_a_log_holds_for_a_private_field_is_in_no_reason(tmp_path: Path) -> None:
    log_map = MAP.replace("reason: why", "phone: {column: why, values: {'1': '2'}}, score: prio")
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Taken,li,,555-0100"], log_map=log_map)
    assert "unmapped: phone: cannot be mapped" in answer.refused[0].reason
    library = desk(DESK.replace("phone: {type: text, private: true}", "phone: {type: number, private: true}"))
    log_map = MAP.replace("reason: why", "phone: why")
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Taken,li,,x555-0100"], log_map=log_map, library=library)
    assert "form: problems: phone does not fit" in answer.refused[0].reason
    assert "555-0100" not in str(answer)


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_before_the_last_one_of_its_case_is_refused(tmp_path: Path) -> None:
    answer = drive(
        tmp_path,
        [
            f"a,{MONDAY}10:00,Taken,li,,",
            f"a,{MONDAY}09:00,Finished,li,,",
            f"b,{MONDAY}09:30,Taken,li,,",
            f"a,{MONDAY}10:00,Finished,li,,",
        ],
    )
    assert reasons(answer) == [(2, "earlier")]
    assert answer.refused[0].reason == "earlier: the case stands at 2026-03-02T10:00:00+00:00 already"


def test_a_row_before_its_case_was_opened_is_refused(tmp_path: Path) -> None:
    rows = [f"a,{MONDAY}10:00,Taken,li,,,{MONDAY}11:00", f"a,{MONDAY}11:00,Taken,li,,,{MONDAY}07:00"]
    answer = drive(tmp_path, rows, head=f"{HEAD},born", log_map=f"{MAP}opened: born\n")
    assert reasons(answer) == [(1, "earlier")]


def test_a_clock_counts_from_when_the_case_was_opened(tmp_path: Path) -> None:
    rows = [f"a,{MONDAY}10:00,Taken,li,P1,,{MONDAY}09:15"]
    answer = drive(tmp_path, rows, head=f"{HEAD},born", log_map=f"{MAP}opened: born\n")
    assert cases_csv(answer)[1] == "a,repair,,2700,2026-03-02T11:15:00+00:00,false"


def test_timers_fire_before_the_row_that_comes_after_them(tmp_path: Path) -> None:
    answer = drive(
        tmp_path,
        [f"a,{MONDAY}09:00,Asked,li,,why", "a,2026-03-05T08:59,Seen,li,,", "a,2026-03-05T09:00,Answered,li,,"],
    )
    assert reasons(answer) == [(3, "ended")]  # Three working days were over at that very moment.
    assert answer.states == {"dropped": 1}


def test_clocks_and_timers_run_on_to_the_last_time_of_the_log_skipped_rows_included(tmp_path: Path) -> None:
    rows = [f"a,{MONDAY}09:00,Asked,li,,why", f"b,{MONDAY}09:00,Taken,li,P1,"]
    answer = drive(tmp_path, rows)
    assert (answer.states, answer.clocks["solved"]) == ({"asked": 1, "repair": 1}, Tally(running=2))
    answer = drive(tmp_path, [*rows, f"b,{MONDAY}11:00,Seen,li,,"])
    assert answer.clocks["solved"] == Tally(running=2)  # Exactly at its due instant nothing is late.
    answer = drive(tmp_path, [*rows, "b,2026-03-02T11:00:01,Seen,li,,"])
    assert answer.clocks["solved"] == Tally(running=1, late=1)
    answer = drive(tmp_path, [*rows, "b,2026-03-05T09:00,Seen,li,,"])
    # A cancelled end that came before the due instant: neither met nor late.
    assert (answer.states, answer.clocks["solved"]) == ({"dropped": 1, "repair": 1}, Tally(late=1))
    assert cases_csv(answer)[1] == "a,dropped,2026-03-05T09:00:00+00:00,0,,false"


def test_an_escalation_step_that_is_due_at_the_last_time_of_the_log_has_not_come_yet(tmp_path: Path) -> None:
    text = DESK.replace("sla:", "escalations: {e: {100%: {notify: lead}}}\nescalation: e\nsla:")
    rows = [f"a,{MONDAY}09:00,Taken,li,P1,", f"b,{MONDAY}11:00,Seen,li,,"]
    store = MemoryStore()
    assert drive(tmp_path, rows, library=desk(text), store=store) == drive(tmp_path, rows, library=desk(text))
    assert store.deliveries("") == ()
    drive(tmp_path, [*rows, f"b,{MONDAY}11:01,Seen,li,,"], library=desk(text), store=store)
    assert [delivery.call.at.hour for delivery in store.deliveries("")] == [11]


def test_an_escalation_step_can_move_a_case_while_time_runs_on(tmp_path: Path) -> None:
    text = DESK.replace("sla:", "escalations: {e: {100%: {send: give_up}}}\nescalation: e\nsla:").replace(
        "scold: {to: here, by: lead}", "give_up: {to: dropped, by: system}"
    )
    rows = [f"a,{MONDAY}09:00,Taken,li,P1,", "b,2026-03-09T09:00,Seen,li,,"]
    for store in (None, MemoryStore()):
        answer = drive(tmp_path, rows, library=desk(text), store=store)
        assert (answer.states, answer.lines[0].ended_at) == (
            {"dropped": 1, "received": 1},
            datetime(2026, 3, 2, 11, tzinfo=UTC),
        )


def test_a_map_without_fields_sends_none(tmp_path: Path) -> None:
    log_map = "{case: id, time: {column: at, zone: UTC}, event: what, actor: {roles: agent}}"
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,take,li,P1,", f"a,{MONDAY}10:00,ask,li,P1,x"], log_map=log_map)
    assert (reasons(answer), answer.states) == ([(2, "not_here")], {"repair": 1})


def test_a_clock_that_stands_still_has_no_due_and_a_met_one_has(tmp_path: Path) -> None:
    rows = [
        f"a,{MONDAY}09:00,Taken,li,P1,",
        f"a,{MONDAY}10:00,Finished,li,,",
        f"a,{MONDAY}10:30,Agreed,bo,,",
        f"b,{MONDAY}09:00,Seen,li,P1,",
        f"b,{MONDAY}09:30:00.25,Asked,li,,x",
    ]
    assert cases_csv(drive(tmp_path, rows))[1:] == [
        "a,done,2026-03-02T10:30:00+00:00,5400,2026-03-02T11:00:00+00:00,false",
        "b,asked,,1800.25,,false",
    ]


def test_every_cycle_of_a_clock_is_a_promise_and_the_last_one_stands_in_the_line(tmp_path: Path) -> None:
    text = DESK.replace("until: done", "until: finished").replace("events: {agree: done}", "events: {agree: received}")
    rows = [
        f"a,{MONDAY}09:00,Taken,li,P1,",
        f"a,{MONDAY}12:00,Finished,li,,",
        f"a,{MONDAY}13:00,Agreed,bo,,",
        f"a,{MONDAY}13:30,Taken,li,P1,",
        f"a,{MONDAY}14:00,Finished,li,,",
    ]
    answer = drive(tmp_path, rows, library=desk(text))
    assert answer.clocks["solved"] == Tally(met=1, late=1)
    assert cases_csv(answer)[1] == "a,finished,,3600,2026-03-02T15:00:00+00:00,false"


SEEN = """
process: desk
version: 1
fields: {seen_at: datetime, on: date}
states:
  new: {by: system, events: {take: {to: judged, ask: [seen_at, on]}}}
  judged: {auto: {to: [{to: right, when: seen_at == '2026-03-01T20:00+00:00' and on == '2026-03-01'}, wrong]}}
  right: {end: done}
  wrong: {end: done}
"""


def test_times_of_fields_are_read_as_the_times_of_the_log(tmp_path: Path) -> None:
    log_map = """
        case: id
        time: {column: at, zone: Asia/Shanghai, format: '%d.%m.%Y %H:%M'}
        event: what
        fields: {seen_at: seen, on: day}
        """
    rows = ["a,02.03.2026 09:00,take,02.03.2026 04:00,01.03.2026 09:00"]
    answer = drive(tmp_path, rows, head="id,at,what,seen,day", log_map=log_map, library=desk(SEEN))
    assert (reasons(answer), answer.states) == ([], {"right": 1})


def test_a_time_that_is_none_in_a_field_refuses_its_row(tmp_path: Path) -> None:
    answer = drive(tmp_path, [f"a,{MONDAY}09:00,Taken,li,,soon"], log_map=MAP.replace("reason: why", "seen_at: why"))
    assert [one.reason.partition(" such")[0] for one in answer.refused] == ["unmapped: seen_at: 'soon' is no time"]


def test_a_log_without_rows_has_an_answer_too(tmp_path: Path) -> None:
    for store in (None, MemoryStore()):
        answer = drive(tmp_path, [], store=store)
        assert answer.as_json() == {
            "cases": 0, "rows": 0, "accepted": 0, "refused": [], "fitting": 0, "ended": 0, "states": {},
            "clocks": {"solved": {"met": 0, "late": 0, "running": 0}},
        }  # fmt: skip


# ── families ───────────────────────────────────────────────────────────────────────────────────────────────────────

PARENT = """
process: desk
version: 1
roles: [agent]
fields: {customer: text, score: 1..5}
open: {by: agent}
states:
  asking:
    run: survey
    events:
      answered: {to: [{to: happy, when: score >= 4}, unhappy]}
      silent: silent
  happy: {end: done}
  unhappy: {by: agent, events: {take: over}, do: {start: complaint}, after: {2h on always: over}}
  silent: {by: agent, events: {take: over}}
  over: {end: done}
"""
SURVEY = """
process: survey
version: 1
gives: [score]
fields: {score: 1..5}
states:
  calling: {by: system, events: {answer: {to: answered, ask: score}}, after: {2h on always: silent}}
  answered: {end: done}
  silent: {end: done}
"""
QUICK = SURVEY.replace("{2h on always: silent}", "{2h on always: {to: answered, do: {set: {score: 1}}}}")
COMPLAINT = """
process: complaint
version: 1
states:
  heard: {by: system, events: {settle: settled}, after: {1d on always: settled}}
  settled: {end: done}
"""
ASKING = [f"a,{MONDAY}09:00,Seen,li,,", f"a,{MONDAY}10:00,Taken,li,,", f"a,{MONDAY}11:00,Taken,li,,"]


def test_the_timers_of_a_child_move_its_parent(tmp_path: Path) -> None:
    library = desk(PARENT, survey=SURVEY, complaint=COMPLAINT)
    answer = drive(tmp_path, ASKING, library=library)
    assert (reasons(answer), answer.states) == ([(2, "not_here")], {"over": 1})


def test_a_case_that_a_row_starts_is_none_of_the_log(tmp_path: Path) -> None:
    library = desk(PARENT, survey=QUICK, complaint=COMPLAINT)
    answer = drive(tmp_path, [*ASKING, "b,2026-03-04T09:00,Seen,li,,"], library=library)
    assert (answer.cases, answer.states) == (2, {"asking": 1, "over": 1})
    store = MemoryStore()
    assert drive(tmp_path, [*ASKING, "b,2026-03-04T09:00,Seen,li,,"], library=library, store=store) == answer
    ((origin, started, _),) = (link for link in store.links("", "a") if link[2] == "start")
    complaint = store.load("", started)
    assert complaint is not None
    assert (origin, complaint.state, complaint.ended_at) == ("a", "settled", datetime(2026, 3, 3, 11, tzinfo=UTC))


def test_a_process_that_is_missing_refuses_the_rows_that_need_it(tmp_path: Path) -> None:
    answer = drive(tmp_path, ASKING, library=desk(PARENT, survey=SURVEY)[:1])
    assert reasons(answer) == [(1, "failed"), (2, "failed"), (3, "failed")]


def test_what_a_process_does_wrong_in_one_case_holds_up_no_other(tmp_path: Path) -> None:
    text = DESK.replace("after: {1d: done}", "after: {1h: nagged}").replace(
        "  dropped:", "  nagged: {by: agent, do: {start: twin}, events: {agree: done}}\n  dropped:"
    )
    twin = (
        "process: twin\nversion: 1\nstates:\n  a: {by: system, do: {start: twin}, events: {go: b}}\n  b: {end: done}\n"
    )
    rows = [
        f"a,{MONDAY}09:00,Taken,li,,",
        f"a,{MONDAY}09:30,Finished,li,,",
        f"b,{MONDAY}15:00,Taken,li,,",
    ]
    answer = drive(tmp_path, rows, library=desk(text, twin=twin))
    assert (reasons(answer), answer.states) == ([], {"finished": 1, "repair": 1})
    assert answer.troubles == (
        "case a: 'twin' would open more than 100 cases at once; do its processes start each other?",
    )
    assert drive(tmp_path, rows, library=desk(text, twin=twin), store=MemoryStore()) == answer
    answer = drive(tmp_path, [*rows, f"a,{MONDAY}16:00,Agreed,bo,,"], library=desk(text, twin=twin))
    assert reasons(answer) == [(4, "failed")]


# ── an oracle ──────────────────────────────────────────────────────────────────────────────────────────────────────

MOVES = {
    ("received", "Taken"): "repair", ("received", "Asked"): "asked", ("repair", "Taken"): "repair",
    ("repair", "Finished"): "finished", ("finished", "Agreed"): "done",
}  # fmt: skip
PLAIN = DESK.replace("    after: {1d: done}\n", "").replace("    after: {3d: dropped}\n", "").replace(
    "    not_by: repair\n", ""
).replace("asked:\n    by: agent\n    pause: solved\n", "asked:\n    by: agent\n")  # fmt: skip


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[str, int, str]]:
    """Rows as (case, minute, what happened), in any order of cases; minutes may go back."""
    rows = st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 600),
        st.sampled_from(["Taken", "Asked", "Answered", "Finished", "Agreed"]),
    )
    return draw(st.lists(rows, max_size=14))


def oracle(rows: list[tuple[str, int, str]]) -> tuple[list[int], dict[str, str], dict[str, int]]:
    """Refused rows, states, and minutes from opening to the end, kept by hand: no timers, no calendar."""
    refused: list[int] = []
    states: dict[str, str] = {}
    back: dict[str, str] = {}
    moved: dict[str, int] = {}
    opened: dict[str, int] = {}
    ended: dict[str, int] = {}
    for number, (case, minute, what) in enumerate(rows, start=1):
        if case not in states:
            states[case], moved[case], opened[case] = "received", minute, minute
        state = states[case]
        to = back.get(case) if (state, what) == ("asked", "Answered") else MOVES.get((state, what))
        if to is None or minute < moved[case]:
            refused.append(number)
            continue
        if what == "Asked":
            back[case] = state
        states[case], moved[case] = to, minute
        if to == "done":
            ended[case] = minute - opened[case]
    return refused, states, ended


@given(logs())
@settings(max_examples=60, deadline=None)
def test_the_answer_is_what_a_table_of_moves_says(rows: list[tuple[str, int, str]]) -> None:
    refused, states, ended = oracle(rows)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    lines = [f"{case},{(start + timedelta(minutes=minute)).isoformat()},{what},li,,why" for case, minute, what in rows]
    always = PLAIN.replace("{mon-fri: [09:00-17:00]}", "{mon-sun: [00:00-24:00]}")
    with TemporaryDirectory() as folder:
        answer = drive(Path(folder), lines, library=desk(always))
        kept = drive(Path(folder), lines, library=desk(always), store=MemoryStore())
    assert kept == answer
    assert [one.row for one in answer.refused] == refused
    assert {line.case: line.state for line in answer.lines} == states
    assert answer.rows == answer.accepted + len(refused)
    assert answer.fitting == len(states) - len({rows[number - 1][0] for number in refused})
    minutes = {
        line.case: line.clocks["solved"].elapsed // timedelta(minutes=1) for line in answer.lines if line.ended_at
    }
    assert minutes == ended
    assert all(line.clocks["solved"].late == (minutes[line.case] > 480) for line in answer.lines if line.ended_at)
