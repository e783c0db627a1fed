"""The numbers on a drawing are those that another program counts in the journals."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from report.by_hand import HOUR, MONDAY, done, entry, log
from report.test_drawn_cases import DRAWN, ENDS, GROUPS, rows_of
from svcflow import Actor, Engine, catalog, load
from svcflow.clocks import ManualClock
from svcflow.diagram import Standing, Traffic, dot, mermaid, svg
from svcflow.diagram.scene import scene
from svcflow.eventlog import Cycle, Visit, case_log, read
from svcflow.report import traffic
from svcflow.testing.strategies import History

TICKET = catalog.service_ticket
SVG = "{http://www.w3.org/2000/svg}"


@given(st.lists(DRAWN, min_size=1, max_size=3))
@settings(deadline=None, max_examples=10)
def test_what_went_through_is_what_the_rows_say(drawn: list[History]) -> None:
    cases = [evolve(one.case, id=f"c{number}") for number, one in enumerate(drawn)]
    now = max(case.moved_at for case in cases) + HOUR
    logs = [case_log(case, one.journal, one.process, now) for case, one in zip(cases, drawn, strict=True)]
    stays: dict[str, list[float]] = defaultdict(list)
    here: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for one in drawn:
        since: dict[str, datetime] = {}
        for row in rows_of(one.journal):
            at = datetime.fromisoformat(row["at"])
            for _, alternatives, left, entered in row.get("moves", []):
                taken.update(alternatives)
                for state in left:
                    stays[state].append((at - since.pop(state)).total_seconds())
                since |= dict.fromkeys(entered, at)
        here.update(since.keys())
    found = {(edition.name, edition.version): edition for edition in (one.process for one in drawn)}
    made = traffic(logs)
    assert made.keys() == found.keys()
    (whole,) = made.values()
    assert (whole.cases, dict(whole.taken)) == (len(drawn), dict(taken))
    assert whole.open == sum(case.status == "open" for case in cases)
    for state in {*stays, *here} - set(GROUPS):
        there = whole.states[state]
        assert (there.ended if state in ENDS else there.now) == here[state], state
        assert there.stays == len(stays[state])
        for share, middle in ((0.5, there.median), (0.9, there.p90)):
            ranked = sorted(stays[state])
            assert middle == (pytest.approx(ranked[ceil(share * len(ranked)) - 1], rel=0.0101) if ranked else None)
    assert not whole.states.keys() & set(GROUPS)


def standing(path: str) -> Visit:
    return Visit(path, leaf=True, since=MONDAY, until=None, came=entry(1, "event", "x"), went=None, worked=timedelta())


def late(name: str, kind: Any, verdict: Any = "late", stop: datetime | None = None) -> Cycle:  # noqa: ANN401
    return Cycle(name, kind, 1, MONDAY, stop, HOUR, HOUR, timedelta(), verdict)


@pytest.mark.parametrize(
    ("cycle", "wanted"),
    [
        (late("resolution", "clock"), 1),
        (late("resolution", "clock", stop=MONDAY), 0),
        (late("resolution", "clock", "running"), 0),
        (late("repair.onsite", "limit"), 1),
        (late("repair", "limit"), 1),
        (late("repair.on", "limit"), 0),
        (late("verify", "limit"), 0),
    ],
)
def test_a_case_is_late_in_a_state_by_its_clocks_and_by_limits_around_it(cycle: Cycle, wanted: int) -> None:
    made = traffic([log(visits=(standing("repair.onsite"),), cycles=(cycle,))])["service_ticket", 1]
    assert (made.states["repair.onsite"].now, made.states["repair.onsite"].late) == (1, wanted)


FIVE = """
process: visit
version: 1
roles: [desk]
sla: {whole: {from: wait, until: over, target: 4h}}
calendars: {all: {timezone: UTC, hours: {mon-sun: [00:00-24:00]}}}
calendar: all
open: {by: desk}
states:
  wait: {by: desk, events: {go: both, off: gone}}
  both:
    by: desk
    parallel: true
    events: {done: over}
    states:
      goods: {states: {sent: {events: {arrive: there}}, there: {end: done}}}
      site: {states: {open: {events: {fit: ready}}, ready: {end: done}}}
  over: {end: done}
  gone: {end: cancelled}
"""


@pytest.mark.requirement("R135")
def test_five_cases_counted_by_hand(tmp_path: Path) -> None:
    (tmp_path / "visit.yaml").write_text(FIVE, encoding="utf-8")
    process, clock, desk = load(tmp_path / "visit.yaml"), ManualClock(MONDAY), Actor("li", roles={"desk"})
    engine = Engine(clock=clock)
    engine.publish(process)
    cases = [engine.open("visit", actor=desk).id for _ in range(5)]
    # What is sent, and how many hours after the opening: two are done, one of them late, two wait, one is off.
    for hour, number, event in (
        (1, 0, "go"), (1, 1, "go"), (1, 2, "go"), (2, 0, "arrive"), (2, 3, "off"), (3, 0, "fit"), (3, 1, "arrive"),
        (3, 2, "arrive"), (6, 1, "fit"),
    ):  # fmt: skip
        clock.set(MONDAY + hour * HOUR)
        engine.send(cases[number], event, actor=desk)
    made = traffic(read(engine))["visit", 1]
    assert (made.cases, made.open, dict(made.clocks)) == (5, 2, {"whole": (1, 3)})
    told = {path: (one.now, one.late, one.ended, one.stays) for path, one in made.states.items()}
    assert told == {
        "wait": (1, 1, 0, 4), "both.goods.sent": (0, 0, 0, 3), "both.goods.there": (1, 1, 0, 2),
        "both.site.open": (1, 1, 0, 2), "both.site.ready": (0, 0, 0, 2), "over": (0, 0, 2, 0), "gone": (0, 0, 1, 0),
    }  # fmt: skip
    # Stays of 1, 1, 1 and 2 hours; of 1 and 2; of 1 and 3.
    middles = {"wait": (1, 2), "both.goods.sent": (2, 2), "both.goods.there": (1, 3), "both.site.open": (2, 5)}
    for path, (half, most) in middles.items():
        one = made.states[path]
        for found, hours in ((one.median, half), (one.p90, most)):
            assert abs((found or 0) / 3600 - hours) <= hours / 100
    drawn = ET.fromstring(svg(process, traffic=made))
    said = [one.text or "" for one in drawn.iter(f"{SVG}text")]
    for title, wanted in (("There", "now 1, 1 of them late"), ("Ready", "now 0"), ("Over", "2 ended")):
        assert said[said.index(title) :].index(wanted) < 3, title
    assert "0 ended" not in said
    assert [one.removesuffix("x") for one in said if re.fullmatch("[0-9]+x", one)].count("3") == 2


def test_where_cases_were_cancelled_from_outside_it_is_told_how_many_ended_there() -> None:
    gone = log(visits=(evolve(standing("verify"), until=MONDAY),), status="cancelled", ended_at=MONDAY)
    made = traffic([gone])["service_ticket", 1]
    assert "1 ended" in svg(TICKET, "en", traffic=made)


def test_versions_and_processes_are_counted_apart() -> None:
    cases = [done("a"), evolve(done("b"), version=2), done("d", "complaint"), done("e")]
    assert {edition: one.cases for edition, one in traffic(cases).items()} == {
        ("complaint", 1): 1, ("service_ticket", 1): 2, ("service_ticket", 2): 1,
    }  # fmt: skip


def busy() -> Traffic:
    """A ticket's process with numbers that stand nowhere else."""
    moves = {alternative.count: number for number, (_, alternative) in enumerate(TICKET.moves, start=1000)}
    states = {
        state.path: Standing(200 + number, 0, 500 + number, 700 + number, 60.0 * number, 3600.0 * number)
        for number, state in enumerate(TICKET.states)
        if not state.children
    }
    states["verify"] = evolve(states["verify"], late=77)
    return Traffic(901, 902, states, moves, {"resolution": (903, 904)})


SAID = {
    "en": ("901 cases, 902 of them open", "now {now}", "{ended} ended", "{stays} stays", "77 of them late", "{taken}x"),
    "zh": (
        "共 901 件，未结 902 件", "现有 {now} 件", "结束 {ended} 件", "停留 {stays} 次", "其中超时 77 件", "{taken} 次",
    ),
}  # fmt: skip


@pytest.mark.requirement("R135")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_state_and_every_arrow_has_its_numbers_in_every_kind_of_drawing(language: str) -> None:
    numbers = busy()
    whole, now, ended, stays, is_late, times = SAID[language]
    shown = scene(TICKET, language, numbers)
    totals = {
        sum(numbers.taken[count] for count in {TICKET.moves[move][1].count for some in arrow.moves for move in some})
        for arrow in shown.arrows
        if arrow.moves
    }
    wanted = {times.format(taken=total) for total in totals}
    for state in TICKET.states:
        one = numbers.states.get(state.path)
        if one is not None and state.end:
            wanted.add(ended.format(ended=one.ended))
        elif one is not None:
            wanted |= {now.format(now=one.now), stays.format(stays=one.stays)}
    picture = ET.fromstring(svg(TICKET, language, traffic=numbers))
    lettered = "".join("".join(one.itertext()) for one in picture.iter(f"{SVG}text")).replace(" ", "")
    graph = re.sub(r"\\n|\s", "", dot(TICKET, language, traffic=numbers))
    for said in (whole, is_late, *wanted):
        assert said.replace(" ", "") in lettered
        assert said.replace(" ", "") in graph
    noted = mermaid(TICKET, language, traffic=numbers)
    for state in TICKET.states:
        one = numbers.states.get(state.path)
        if one is not None:
            assert (ended.format(ended=one.ended) if state.end else now.format(now=one.now)) in noted


@pytest.mark.requirement("R135")
def test_lateness_is_a_colour_and_a_word_and_often_taken_arrows_are_wide() -> None:
    picture = ET.fromstring(svg(TICKET, "en", traffic=busy()))
    boxes = [one.get("class", "") for one in picture.iter(f"{SVG}rect")]
    assert sum("late" in box.split() for box in boxes) == 1
    some = next(alternative.count for rule, alternative in TICKET.moves if rule.name == "accept")
    widths = Counter(
        name
        for one in ET.fromstring(svg(TICKET, "en", traffic=Traffic(1, 1, taken={some: 9}))).iter(f"{SVG}path")
        for name in one.get("class", "").split()
        if name.startswith("wide")
    )
    assert widths["wide5"] >= 1
    assert set(widths) == {"wide0", "wide5"}
    assert "COUNTED" not in svg(TICKET, "en")


def test_a_drawing_without_traffic_is_as_it_was() -> None:
    assert svg(TICKET, "en", traffic=None) == svg(TICKET, "en")
    assert "wide" not in svg(TICKET, "en")
    assert dot(TICKET, "en") == dot(TICKET, "en", traffic=None)
    assert "penwidth" not in dot(TICKET, "en")
