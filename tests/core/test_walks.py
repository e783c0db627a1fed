"""
What holds on every way through a process, judged from outside: by a meter, by a reading of the rules, by a second run.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.desk import AGENT, MONDAY, Desk, process
from tests.core.test_sla import SLA
from tests.core.walk import IDS, begin, commands, send_again, wake_all, walk

from svcflow import catalog
from svcflow.core import clock as stopwatch
from svcflow.core.event import Actor, Event

NAMES = ("service_ticket", "complaint", "callback", "maintenance", "maintenance_plan")


HOUSE = {name: getattr(catalog, name) for name in NAMES}


def started(name: str, seed: int) -> Desk:
    return begin(HOUSE[name], *HOUSE.values(), seed=seed)


def look(desk: Desk) -> tuple[object, object]:
    return desk.cases, desk.journal


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
@settings(max_examples=25)
def test_the_history_does_not_depend_on_how_late_the_worker_is(name: str, seed: int, run: list) -> None:
    prompt, late = started(name, seed), started(name, seed)
    sent = walk(prompt, run)
    wake_all(prompt)
    send_again(late, sent, until=prompt.now)
    assert look(prompt) == look(late)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), run=commands)
@settings(max_examples=25)
def test_every_snapshot_is_what_its_journal_says_and_time_only_goes_on(name: str, seed: int, run: list) -> None:
    desk = started(name, seed)
    walk(desk, run)
    desk.check_replay()
    for case_id, entries in desk.journal.items():
        times = [entry.at for entry in entries]
        assert times == sorted(times)
        case = desk.cases[case_id]
        ends = {state.path: state.end for state in desk.of(case).states if state.end and state.parent is None}
        if case.parent is None:
            assert case.status == ends.get(case.state, "open")
        if case.ended:
            assert not case.timers
            assert not any(clock.state != "stopped" for clock in case.clocks.values())


@given(seed=st.integers(0, 10_000), run=commands, parts=st.lists(st.integers(0, 20_000), min_size=1, max_size=5))
def test_waiting_in_parts_is_waiting_at_once(seed: int, run: list, parts: list[int]) -> None:
    one, many = started("service_ticket", seed), started("service_ticket", seed)
    for desk in (one, many):
        walk(desk, run)
        wake_all(desk)
    one.now += timedelta(minutes=sum(parts))
    wake_all(one)
    for part in parts:
        many.now += timedelta(minutes=part)
        wake_all(many)
    assert look(one) == look(many)


# ── a meter: minutes of an office, counted one by one ──────────────────────────────────────────────────────────


def office_minutes(start: datetime, end: datetime) -> int:
    """
    Minutes from 9 to 17 UTC, Monday to Friday, between two whole minutes; by looking at each.
    """
    found = 0
    while start < end:
        found += start.weekday() < 5 and 9 <= start.hour < 17
        start += timedelta(minutes=1)
    return found


class Meter:
    """
    Reads a journal and counts the working minutes of `fix` in the process SLA, knowing its rules by heart.
    """

    def __init__(self) -> None:
        self.on, self.still, self.minutes, self.since = False, False, 0, MONDAY

    def read(self, at: datetime, entered: tuple[str, ...]) -> None:
        self.count(at)
        for state in entered:
            if state in {"checked", "closed", "buried", "dropped"}:
                self.on = False
            elif state in {"new", "work"} and not self.on:
                self.on, self.minutes = True, 0
            self.still = state == "waiting"

    def count(self, at: datetime) -> None:
        if self.on and not self.still:
            self.minutes += office_minutes(self.since, at)
        self.since = at


EVENTS = ("accept", "wait", "check", "close", "answered", "reopen", "fail", "bury", "drop", "set", "inform")


@given(run=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 4000), st.sampled_from(("P1", "P2"))), max_size=15))
def test_a_clock_counts_what_a_meter_counts(run: list[tuple[str, int, str]]) -> None:
    desk = Desk(process(SLA))
    case, meter = desk.open(), Meter()
    meter.read(MONDAY, ("new",))
    for event, minutes, choice in run:
        desk.wait(timedelta(minutes=minutes))
        fields = {"p": choice} if event in {"fail", "set"} else {}
        seen = len(desk.journal[case.id])
        desk.give(desk.cases[case.id], Event(event, fields, AGENT))
        for entry in desk.journal[case.id][seen:]:
            for move in entry.moves:
                meter.read(entry.at, move.entered)
        meter.count(desk.now if desk.cases[case.id].status == "open" else desk.cases[case.id].moved_at)
        fix = desk.clock(case, "clock:fix")
        used = stopwatch.elapsed(fix, desk.of(case).calendars, desk.now)
        assert used == timedelta(minutes=meter.minutes)
        assert (fix.state == "running") == (meter.on and not meter.still)


# ── who may: the rules read a second time, from the YAML itself ────────────────────────────────────────────────

WHO = """
fields: {owner: person, about: person}
open: {may: [owner, about]}
by: agent
anywhere: {take: {to: here, by: boss, ask: owner, in: [work, check]}}
states:
  new: {events: {go: {to: work, ask: owner}}}
  work: {by: [owner, boss], not_by: about, events: {done: check, give: {to: kid}}}
  kid: {run: child, not_by: work, events: {ok: check}}
  check: {not_by: [work, kid], events: {fine: {to: end, by: [agent, boss]}, again: {to: work, by: boss}}}
  end: {end: done}
"""
CHILD = "fields: {owner: person}\nopen: {may: owner}\nby: [agent, boss]\nstates: {ask: {events: {yes: ok}}, ok: {end: done}}"
BY = {
    "new": {"agent"}, "work": {"owner", "boss"}, "check": set(), "ask": {"agent", "boss"},
    ("new", "go"): {"agent"}, ("check", "fine"): {"agent", "boss"}, ("check", "again"): {"boss"},
}  # fmt: skip
NOT_BY = {"work": {"about"}, "check": {"work", "kid"}, "kid": {"work"}}


def test_the_second_reading_is_of_the_same_rules() -> None:
    states = yaml.safe_load(WHO)["states"]
    assert {name: set(state["not_by"] if isinstance(state["not_by"], list) else [state["not_by"]])
            for name, state in states.items() if "not_by" in state} == NOT_BY  # fmt: skip


def may(name: str, event: str, actor: Actor, fields: dict[str, object], acted: dict[str, set[str]], barred: set[str]) -> bool:
    """
    Whether an event was somebody's to send: roles, persons, and nobody who acted where `not_by` points.
    """
    names = {"boss"} if event == "take" else BY.get((name, event), BY[name])
    if not names & actor.roles & {"agent", "boss"} and not any(fields.get(one) == actor.id for one in names):
        return False
    bars = NOT_BY.get(name, set())
    persons = set().union(*(acted.get(bar, set()) for bar in bars), *({fields.get(bar)} for bar in bars), barred)
    return actor.id not in persons


@given(
    owner=st.sampled_from(IDS),
    about=st.sampled_from((None, *IDS)),
    run=st.lists(
        st.tuples(
            st.sampled_from(("go", "done", "give", "take", "fine", "again", "yes", "ok")),
            st.sampled_from(IDS),
            st.sets(st.sampled_from(("agent", "boss", "owner"))),  # nobody gets in by a role named like a field
            st.booleans(),
        ),
        min_size=3,
        max_size=20,
    ),
)
@settings(max_examples=200)
def test_permission_and_not_by_are_never_bypassed(owner: str, about: str | None, run: list) -> None:
    desk = Desk(process(WHO, child=CHILD), process(CHILD, "child"))
    case = desk.open(owner=owner, about=about)
    acted: dict[str, set[str]] = {}
    barred: dict[str, set[str]] = {}
    for event, person, roles, in_child in run:
        live = [one for one in desk.cases.values() if one.process == "child" and not one.ended]
        target = live[0] if in_child and live else desk.cases[case.id]
        state, fields = target.state, dict(target.fields)
        actor = Actor(person, roles=roles)
        answer = desk.give(target, Event(event, {"owner": owner} if event in {"go", "take"} else {}, actor))
        happened = not hasattr(answer, "code")
        if happened:
            assert event != "ok", "the end of a child cannot be sent"
            assert may(state, event, actor, fields, acted, barred.get(target.id, set()))
            acted.setdefault("kid" if target is not desk.cases.get(case.id) and live and target.id == live[0].id else state, set()).add(person)
            if event == "give":
                child = desk.cases[case.id].children["kid"]
                barred[child] = set(acted.get("work", set()))
        elif answer.code in {"forbidden", "barred"}:
            assert not may(state, event, actor, fields, acted, barred.get(target.id, set()))
