"""
Times agreed for one case: what a field of times takes, what it promises, and what happens when it changes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import AGENT, MONDAY, Desk, case_of, desk_of, hours, process
from svcflow.core.condition import condition, expression
from svcflow.core.duration import Duration, Size, read_duration, size
from svcflow.core.form import Unfit, read_value
from svcflow.core.process import Field
from svcflow.core.promise import Agreed, Table, Time, agreed_in, cells, choose

TERMS = """
fields:
  p: P1 | P2
  agreed: {type: 1h..72h, calendars: [office, always]}
  in_days: 1d..30d
  usual: 2h..5h
  secret: {type: 1h..72h, private: true}
  rhythm: 1mo..12mo
  since_when: date
targets: {speed: {per: p, table: {P1: 4h, default: 8h}}}
sla:
  fix: {from: new, until: closed, target: agreed else in_days else speed}
  bare: {from: new, until: closed, target: agreed}
  hidden: {from: new, until: closed, target: secret else 8h}
by: agent
anywhere: {set: {to: here, may: [p, usual, agreed, in_days, secret, rhythm, since_when]}}
states:
  new:
    limit: agreed else 6h
    events:
      close: closed
      copy: {to: here, do: {set: {agreed: usual}}}
      give: {to: here, do: {set: {agreed: 2h on always}}}
    after: {every rhythm else 3mo since since_when: {do: {notify: agent}}}
  closed: {end: done}
"""


def field(low: int = 30, high: int = 240, *calendars: str) -> Field:
    return Field("agreed", "duration", low=low, high=high, unit="min", calendars=calendars)


@pytest.mark.parametrize(
    ("written", "taken"),
    [("30min", "30min"), ("4h", "4h"), ("  1h ", "1h"), ("2h  on   hotline", "2h on hotline"), ("60min", "60min")],
)
def test_a_field_takes_what_lies_between_its_ends_and_keeps_it_as_it_is_written(written: str, taken: str) -> None:
    assert read_value(field(30, 240, "hotline"), written) == taken


@pytest.mark.parametrize("wrong", ["29min", "5h", "0h", "1d", "4", "h", "4 h", "4h since x", "4h on", "-1h", "٤h", 4,
                                   4.5, None, ["4h"], "9" * 1_000_000 + "h"])  # fmt: skip
def test_a_field_takes_nothing_else(wrong: object) -> None:
    found = read_value(field(), wrong)
    assert isinstance(found, Unfit)
    assert found.why.startswith("must be a time from 30min to 4h, not ")
    assert len(found.why) < 150


def test_a_field_takes_any_calendar_it_names_in_any_script() -> None:
    for name in ("总部", "कार्यालय", "bu\u0308ro"):
        assert read_value(field(30, 240, name), f"1h on {name}") == f"1h on {name}"


def test_a_field_takes_no_calendar_but_those_it_names() -> None:
    assert read_value(field(), "1h on hotline") == Unfit("must name no calendar, not '1h on hotline'")
    known = field(30, 240, "office", "always")
    assert read_value(known, "1h on hotline") == Unfit("must count on office or always, not '1h on hotline'")


@given(st.integers(1, 40_000), st.sampled_from(["min", "h", "d", "w", "mo", "y"]), st.sampled_from(["", "always"]))
def test_what_is_written_is_read_again_and_never_longer_than_a_hundred_years(amount: int, unit: str, on: str) -> None:
    days = {"min": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7, "mo": 30, "y": 365}[unit] * amount
    read = read_duration(f"{amount}{unit} on {on}" if on else f"{amount}{unit}")
    if days > 36_500:
        assert read is None
    else:
        assert read is not None
        assert read_duration(str(read)) == read
        assert read_duration(f"{read.size}") == Duration(*read.size.largest)
        assert size(*read.size.largest) == read.size


def test_only_sizes_of_one_kind_are_told_in_one_unit() -> None:
    assert [str(size(*one)) for one in ((90, "min"), (120, "min"), (14, "d"), (2, "w"), (18, "mo"), (24, "mo"))] == [
        "90min", "2h", "14d", "2w", "18mo", "2y"
    ]  # fmt: skip
    assert field().ends == (Size(30, "min"), Size(240, "min"))
    assert field(30, 240, "office").extremes == ("30min", "4h", "30min on office", "4h on office")


def test_the_first_filled_field_promises_and_else_what_stands_last() -> None:
    promise = process(TERMS).clocks["fix"].promise
    assert choose(promise, {}) == Time(8, "h", "office")
    assert choose(promise, {"p": "P1"}) == Time(4, "h", "office")
    assert choose(promise, {"p": "P1", "in_days": "2d"}) == Time(2, "d", "office")
    assert choose(promise, {"in_days": "2d", "agreed": "3h on always"}) == Time(3, "h", "always")
    assert choose(process(TERMS).clocks["bare"].promise, {}) is None
    assert [agreed_in(promise, fields) for fields in ({}, {"in_days": "2d"}, {"in_days": "2d", "agreed": "3h"})] == [
        None, "in_days", "agreed"
    ]  # fmt: skip


def test_a_promise_can_come_to_its_shortest_and_its_longest_time_on_each_calendar() -> None:
    promise = Agreed("x", (Size(60, "min"), Size(240, "min")), "office", ("always",), "visit", Time(1, "d", "office"))
    assert [(one.amount, one.unit, one.calendar) for one in cells(promise) if isinstance(one, Time)] == [
        (1, "h", "office"), (4, "h", "office"), (1, "h", "always"), (4, "h", "always"), (1, "d", "office")
    ]  # fmt: skip
    assert promise.reads == {"x", "visit"}
    table = Agreed("x", promise.ends, "office", default=Table("p", {}, None))
    assert (len(list(cells(table))), table.reads) == (2, frozenset({"x", "p"}))
    assert len(list(cells(Agreed("x", promise.ends, "office")))) == 2
    assert Agreed("x", promise.ends, "office").time("soon") is None


@pytest.mark.requirement("R200", "R213")
def test_a_case_keeps_what_was_promised_when_its_clock_started_and_the_journal_says_by_which_field() -> None:
    desk, case = case_of(TERMS, agreed="4h on always")
    assert desk.clock(case, "clock:fix").target == hours(4)
    assert desk.clock(case, "clock:fix").calendar == "always"
    assert desk.clock(case, "limit:new").calendar == "always"
    assert desk.journal[case.id][0].remarks == (
        "fix promises what was agreed in agreed", "bare promises what was agreed in agreed"
    )  # fmt: skip


@pytest.mark.requirement("R178", "R200")
def test_another_agreement_takes_the_target_anew_and_time_used_stays() -> None:
    desk, case = case_of(TERMS)
    assert (desk.clock(case, "clock:fix").target, desk.clock(case, "clock:bare").target) == (hours(8), None)
    desk.now += hours(3)
    case = desk.send(case, "set", agreed="4h")
    fix, bare = desk.clock(case, "clock:fix"), desk.clock(case, "clock:bare")
    assert (fix.target, fix.started_at, bare.target) == (hours(4), MONDAY, hours(4))
    case = desk.send(case, "set", agreed=None)
    assert desk.clock(case, "clock:fix").target == hours(8), "what was agreed is taken back"
    assert desk.clock(case, "clock:bare").target is None


@pytest.mark.parametrize(("agreed", "target"), [("2h", 2), ("8h on always", 8), ("9h", 5), ("2h on office", 5)])
def test_a_child_takes_what_lies_within_its_own_ends_and_else_promises_its_default(agreed: str, target: int) -> None:
    desk = desk_of(
        "fields: {agreed: {type: 1h..72h, calendars: [office, always]}}",
        "open: {may: agreed}",
        "states: {new: {run: part, events: {over: end}}, end: {end: done}}",
        part="""
        fields: {agreed: {type: 1h..8h, calendars: [always]}}
        open: {may: agreed}
        sla: {done: {from: open, until: over, target: agreed else 5h}}
        states: {open: {by: agent, events: {finish: over}}, over: {end: done}}
        """,
    )
    part = desk.child(desk.open("desk", AGENT, agreed=agreed), "new")
    assert desk.clock(part, "clock:done").target == hours(target)
    assert ("agreed" in desk.journal[part.id][0].fields) is (target != 5)


def test_an_agreement_is_told_without_its_length_which_may_be_private_now_or_later() -> None:
    desk, case = case_of(TERMS, secret="5h")  # noqa: S106 - a length of time
    assert desk.clock(case, "clock:hidden").target == hours(5)
    assert desk.journal[case.id][0].remarks == ("hidden promises what was agreed in secret",)


def test_set_writes_a_time_or_copies_one() -> None:
    desk, case = case_of(TERMS, usual="5h")
    assert desk.send(case, "copy").fields["agreed"] == "5h"
    assert desk.send(case, "give").fields["agreed"] == "2h on always"


def test_an_interval_that_grows_begins_with_the_next_time_to_come() -> None:
    begin = datetime(2026, 1, 1, 9, tzinfo=UTC)
    desk = Desk(process(TERMS), now=begin)
    case = desk.open("desk", since_when=begin.date(), rhythm="1mo")
    desk.wait(timedelta(days=200))
    case = desk.send(desk.cases[case.id], "set", rhythm="3mo")
    name = next(name for name in case.timers if name.startswith("after:"))
    assert case.timers[name].due == datetime(2026, 10, 1, tzinfo=UTC)


ROUNDS = """
fields: {rhythm: 1h..2000h, begun: datetime}
by: agent
anywhere: {set: {to: here, may: rhythm}}
states:
  new: {events: {close: closed}, after: {every rhythm else 24h on always since begun: {do: {notify: agent}}}}
  closed: {end: done}
"""
LENGTHS = st.sampled_from([None, 1, 7, 24, 25, 300, 2000])


@given(LENGTHS, LENGTHS, st.integers(0, 1000), st.integers(-3000, 3000) | st.none())
def test_in_another_rhythm_it_happens_next_when_that_comes_round_and_never_what_is_past(
    earlier: int | None, later: int | None, away: int, ahead: int | None
) -> None:
    """Counted out hour by hour from when the case arrived, or from `begun`, which may lie ahead."""
    rounds = ROUNDS if ahead is not None else ROUNDS.replace(" since begun", "")
    begun = MONDAY + hours(ahead or 0)
    desk = Desk(process(rounds))
    case = desk.open("desk", begun=begun, rhythm=earlier and f"{earlier}h")
    desk.wait(hours(away))
    if (earlier or 24) != (later or 24):
        case = desk.send(desk.cases[case.id], "set", rhythm=later and f"{later}h")
    told, now = len(desk.journal[case.id]), desk.now
    desk.wait(hours(5000))
    happen = [begun + hours(n) for n in range(later or 24, 12_000, later or 24)]
    fired = [entry.at for entry in desk.journal[case.id][told:]]
    assert fired == [one for one in happen if now < one <= desk.now]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("80h", "SF404 `agreed` must be a time from 1h to 72h, not 80h"),
        ("2h on nowhere", "SF404 `agreed` must count on office or always, not 2h on nowhere"),
        ("soon", "SF402 no field is called `soon`"),
        ("usuel", "SF402 no field is called `usuel`"),
        ("in_days", "SF403 `agreed` is a time from 1h to 72h; `in_days` is not"),
        ("now", "SF403 `now` is the present moment; `agreed` is a time from 1h to 72h"),
        ("''", "SF404 `agreed` must be a time from 1h to 72h, not "),
    ],
)
def test_set_writes_nothing_that_a_form_would_not_take(written: str, told: str) -> None:
    fields = process(TERMS).fields
    read = expression(written, fields["agreed"], fields)
    assert isinstance(read, tuple)
    assert [f"{one.code} {one.message}" for one in read] == [told]


def test_what_is_longer_is_asked_by_no_condition() -> None:
    fields = process(TERMS).fields
    read = condition("agreed == '4h' or usual > agreed", fields)
    assert isinstance(read, tuple)
    assert [one.message for one in read] == [
        "`agreed` is a time from 1h to 72h; it cannot be compared",
        "`usual` is a time from 2h to 5h; it cannot be compared"
    ]  # fmt: skip
    assert not isinstance(condition("filled(agreed)", fields), tuple)
