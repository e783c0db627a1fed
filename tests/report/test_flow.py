"""Bottlenecks, ways and what deviates from the usual one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from report.by_hand import HOUR, MONDAY, done, entry
from svcflow.core.decision import JournalEntry
from svcflow.eventlog import Visit
from svcflow.report import report
from svcflow.report.flow import Flow, critical_path


@pytest.mark.requirement("R127", "R017", "R129", "R166", "R188")
def test_the_critical_path_goes_through_what_was_over_last() -> None:
    """Parts come while somebody is on site: the longer of the two holds the case up."""
    came, parts, there, over = (
        entry(n, "event", name, h) for n, name, h in ((1, "go", 1), (2, "in", 2), (3, "on", 4), (4, "end", 5))
    )

    def stay(path: str, since: JournalEntry, until: JournalEntry | None) -> Visit:
        return Visit(
            path, leaf=True, since=since.at, until=(until or over).at, came=since, went=until, worked=timedelta()
        )

    first = entry(0, "opened", "x")
    visits = (
        stay("new", first, came),
        stay("parts", came, parts),
        stay("site", came, there),
        stay("check", there, over),
    )
    cases = [done(visits=(*visits, stay("end", over, None)), entries=(first, came, parts, there, over))]
    cases += [done(name, entries=(first, came, there, over)) for name in "ab"]
    made = report(cases)
    assert {(one.state, round(one.share, 3)) for one in made.steps} == {
        ("new", 0.2), ("site", 0.6), ("check", 0.2), ("parts", 0),
    }  # fmt: skip
    assert made.steps[0].state == "site"
    assert {(one.left, one.entered, one.mean) for one in made.passages} == {
        ("new", "parts", 3600), ("new", "site", 3600), ("site", "check", 3 * 3600), ("check", "end", 3600),
    }  # fmt: skip
    assert [(one.way, one.cases) for one in made.variants] == [(("go", "on", "end"), 2), (("go", "in", "on", "end"), 1)]
    assert [(one.kind, one.event, one.cases) for one in made.deviations] == [("extra", "in", 1)]


def stays_one_after_the_other(path: Sequence[str], kind: type[Visit] = Visit) -> tuple[Visit, ...]:
    """A case that goes through these states, an hour in each; it is in the last one still."""
    entries = [entry(seq, "event", f"to_{state}", seq) for seq, state in enumerate(path)]
    return tuple([
        kind(state, leaf=True, since=came.at, until=went.at if went else None, came=came, went=went, worked=HOUR)
        for state, came, went in zip(path, entries, [*entries[1:], None], strict=True)
    ])  # fmt: skip


def test_a_long_case_is_looked_at_once() -> None:
    reads = 0

    class Counted(Visit):
        def __getattribute__(self, name: str) -> object:
            nonlocal reads
            reads += 1
            return super().__getattribute__(name)

    flow, rounds = Flow(), 300
    flow.add(done(visits=stays_one_after_the_other(["s", "t"] * rounds, Counted)))
    assert {(one.left, one.entered, one.count) for one in flow.between()} == {
        ("s", "t", rounds),
        ("t", "s", rounds - 1),
    }
    assert reads < 100 * rounds


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.booleans()), max_size=9))
def test_the_critical_path_is_the_stay_over_last_each_time(drawn: list[tuple[int, int, bool]]) -> None:
    (plain,) = stays_one_after_the_other(["s"])
    stays = [
        evolve(
            plain, path=str(number), since=MONDAY + begin * HOUR, until=MONDAY + (begin + long) * HOUR if over else None
        )
        for number, (begin, long, over) in enumerate(drawn)
    ]
    wanted, left = [], [stay for stay in stays if stay.until]
    while left:
        last = max(left, key=lambda stay: (stay.until or MONDAY, stay.since))
        wanted.append(last.path)
        left = [stay for stay in left if stay is not last and stay.until and stay.until <= last.since]
    assert [stay.path for stay in critical_path(stays)] == wanted


@pytest.mark.requirement("R017", "R129")
def test_ways_beyond_the_most_are_counted_together_and_are_nobodys_usual_way() -> None:
    flow = Flow(most=2)
    for process, way in (
        ("p", "a"),
        ("p", "b"),
        ("p", "c"),
        ("p", "d"),
        ("p", "e"),
        ("p", "a"),
        ("q", "a"),
        ("q", "b"),
    ):
        flow.add(done(process=process, entries=(entry(1, "event", way),)))
    found = [(one.process, one.way, one.cases) for one in flow.variants()]
    assert found == [("p", ("...",), 3), ("p", ("a",), 2), ("p", ("b",), 1), ("q", ("a",), 1), ("q", ("b",), 1)]
    assert [(one.kind, one.event, one.cases, one.share) for one in flow.deviations() if one.process == "p"] == [
        ("extra", "b", 1, 1 / 3), ("left out", "a", 1, 1 / 3),
    ]  # fmt: skip


def test_what_somebody_did_in_a_child_is_no_step_of_its_parent() -> None:
    acted = entry(1, "child", "acted", detail={"child": "k", "state": "s", "persons": ("li",)})
    made = report([done(entries=(acted, entry(2, "child", "done", detail={"child": "k"}), entry(3, "event", "sign")))])
    assert [one.way for one in made.variants] == [("done", "sign")]
