"""The log of a case says where it stood, what its clocks measured and who did it; and nothing private."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.desk import ACME, FILES, KIM, LI, MONDAY, ORDER
from svcflow import catalog, language
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.errors import InputError
from svcflow.eventlog import CaseLog, case_log, read
from svcflow.testing import histories
from svcflow.testing.strategies import History

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock, files: Path) -> Iterator[Engine]:
    urls = {"memory": ":memory:", "sqlite": f"sqlite:///{tmp_path}/cases.db"}
    url = urls.get(request.param) or str(request.getfixturevalue("postgres").make())
    with Engine(url, clock=clock) as made:
        made.publish(files / "desk.yaml", files / "visit.yaml")
        yield made


def repaired(engine: Engine, clock: ManualClock, case: str) -> None:
    """One hour in each state, two in repair."""
    engine.open("desk", ORDER, actor=LI, id=case)
    clock.advance(HOUR)
    engine.send(case, "assign", {"owner": "kim"}, actor=LI)
    clock.advance(2 * HOUR)
    engine.send(case, "done", {"result": "tight"}, actor=KIM)
    clock.advance(HOUR)
    engine.send(case, "fine", actor=ACME)


def test_it_tells_each_stay_with_who_began_and_who_ended_it(engine: Engine, clock: ManualClock) -> None:
    repaired(engine, clock, "a")
    (log,) = read(engine)
    told = [
        (one.path, (one.since - MONDAY) / HOUR, one.until and (one.until - MONDAY) / HOUR, one.came.name,
         one.came.actor.id, one.went and one.went.actor.id)
        for one in log.visits
    ]  # fmt: skip
    assert told == [
        ("received", 0, 1, "desk", "li", "li"),
        ("repair", 1, 3, "assign", "li", "kim"),
        ("confirm", 3, 4, "done", "kim", "acme"),
        ("closed", 4, 4, "fine", "acme", None),
    ]
    assert [one.worked for one in log.visits] == [HOUR, 2 * HOUR, HOUR, timedelta()]
    assert (log.status, log.ended_at, log.entries) == ("done", MONDAY + 4 * HOUR, engine.journal("a"))


def test_it_tells_what_the_clocks_measured(engine: Engine, clock: ManualClock) -> None:
    repaired(engine, clock, "a")
    engine.open("desk", ORDER, actor=LI, id="b")
    clock.advance(3 * HOUR)
    engine.tick()
    done, running = read(engine)
    told = [(one.name, one.kind, one.elapsed / HOUR, one.verdict, one.fired) for one in done.cycles]
    assert told == [("received", "limit", 1, "met", ()), ("solved", "clock", 3, "met", ())]
    late = [(one.name, one.elapsed / HOUR, one.verdict, one.stop, one.fired) for one in running.cycles]
    assert late == [("received", 3, "late", None, ("50%", "100%")), ("solved", 3, "running", None, ())]
    for log in (done, running):
        views = [(one.name, one.cycle, one.elapsed, one.target, one.late) for one in engine.clocks(log.id)]
        assert views == [(one.name, one.number, one.elapsed, one.target, one.verdict == "late") for one in log.cycles]


def test_standing_still_is_told_apart() -> None:
    clock = ManualClock(MONDAY)
    engine = Engine(clock=clock)
    engine.publish(catalog.service_ticket)
    agent = Actor("ann", roles={"agent"})
    engine.open("service_ticket", {"customer": "acme", "phone": "1", "fault": "dark"}, actor=agent, id="a")
    accepted = {"product": "X1", "contract": "gold", "warranty": "in_warranty", "priority": "P1", "owner": "kim"}
    engine.send("a", "accept", accepted, actor=agent)
    engine.send("a", "ask_customer", {"question": "which"}, actor=agent)
    clock.advance(5 * HOUR)
    engine.send("a", "answered", actor=agent)
    clock.advance(HOUR)
    (log,) = read(engine)
    (resolution,) = [one for one in log.cycles if one.name == "resolution"]
    assert (resolution.paused, resolution.elapsed, resolution.verdict) == (5 * HOUR, HOUR, "running")


def test_private_values_are_in_no_part_of_it_unless_they_are_asked_for(engine: Engine, clock: ManualClock) -> None:
    repaired(engine, clock, "a")
    (log,) = read(engine)
    assert ORDER["phone"] not in repr(log)
    (shown,) = read(engine, shown={"phone"})
    assert shown.fields["phone"] == shown.entries[0].fields["phone"] == ORDER["phone"]
    stored = [one.entry for one in engine.store.journal("", "a", private=True)]
    case = engine.case("a")
    assert case_log(case, stored, engine.process_of(case), clock.now()) == log


@pytest.mark.parametrize("later", ["product: text, ", ""])
def test_what_was_private_when_it_was_written_stays_so_in_later_versions(clock: ManualClock, later: str) -> None:
    head = "process: p\nroles: [agent]\nby: agent\nopen: {may: [note, who]}\n"
    states = "states: {s: {events: {go: t}}, t: {end: done}}\n"
    fields = "fields: {%snote: text, who: {type: text, private: true}}\n"
    first = head.replace("note,", "product, note,") + fields % "product: {type: text, private: true}, " + states
    second = (head.replace("note,", "product, note,") if later else head) + fields % later + states
    with Engine(clock=clock) as engine:
        engine.publish(language.compile_sources({"p.yaml": f"version: 1\n{first}"}, "p.yaml"))
        engine.open("p", {"product": "secret", "note": "n", "who": "somebody"}, actor=LI)
        engine.publish(language.compile_sources({"p.yaml": f"version: 2\n{second}migrate: {{1: {{}}}}\n"}, "p.yaml"))
        assert engine.migrate("p", from_version=1)
        (log,), (shown,), (all_of_it,) = (
            read(engine, shown=names) for names in (set[str](), {"who"}, {"who", "product"})
        )
        assert "secret" not in repr(log) + repr(shown)
        assert "somebody" not in repr(log)
        assert shown.entries[0].fields == {"note": "n", "who": "somebody"}
        assert all_of_it.entries[0].fields == {"product": "secret", "note": "n", "who": "somebody"}


def test_what_became_private_is_so_in_what_was_written_before(clock: ManualClock) -> None:
    text = (
        "process: p\nroles: [agent]\nby: agent\nfields: {note: %s}\nopen: {may: note}\n"
        "states: {s: {events: {go: t}}, t: {end: done}}\n"
    )
    with Engine(clock=clock) as engine:
        for version, kind in enumerate(("text", "{type: text, private: true}", "text"), start=1):
            before = f"migrate: {{{version - 1}: {{}}}}\n" if version > 1 else ""
            source = f"version: {version}\n{text % kind}{before}"
            engine.publish(language.compile_sources({"p.yaml": source}, "p.yaml"))
            if version == 1:
                engine.open("p", {"note": "secret"}, actor=LI)
            else:
                assert engine.migrate("p", from_version=version - 1)
            (log,) = read(engine)
            assert ("secret" in repr(log)) == (version == 1)


def test_cases_are_chosen_by_process_and_time_of_opening(engine: Engine, clock: ManualClock) -> None:
    for name in ("a", "b", "c"):
        engine.open("desk", ORDER, actor=LI, id=name)
        clock.advance(HOUR)
    engine.open("visit", {"customer": "acme"}, actor=LI, id="v")
    assert ids(read(engine)) == ["a", "b", "c", "v"]
    assert ids(read(engine, process="desk", since=MONDAY + HOUR)) == ["b", "c"]
    assert ids(read(engine, since=MONDAY + HOUR, before=MONDAY + 2 * HOUR)) == ["b"]
    assert ids(read(engine, tenant="other")) == []
    with pytest.raises(InputError, match="has no time zone"):
        next(read(engine, since=datetime(2026, 3, 2)))  # noqa: DTZ001 - the mistake under test


def test_more_cases_than_are_read_at_once_come_each_once_while_others_write(engine: Engine) -> None:
    names = [f"c{number:04}" for number in range(502)]
    for name in names:
        engine.open("desk", ORDER, actor=LI, id=name)
    seen = []
    for log in read(engine):
        seen.append(log.id)
        assert len(log.entries) == 1
        if log.id in {names[0], names[-1]}:
            engine.send(names[-1], "correct", {"fault": log.id}, actor=LI)
    assert seen == names


def test_the_case_that_it_comes_from_is_named(engine: Engine) -> None:
    engine.open("visit", {"customer": "acme"}, actor=LI, id="v")
    engine.send("v", "ask", actor=LI)
    visit, survey = read(engine)
    assert (visit.started, visit.parent, visit.origin) == ((survey.id,), None, None)
    assert (survey.started, survey.parent, survey.origin) == ((), "v", "v")


def test_what_was_archived_is_not_read(engine: Engine, clock: ManualClock, tmp_path: Path) -> None:
    repaired(engine, clock, "a")
    engine.open("desk", ORDER, actor=LI, id="b")
    engine.hook("*")(lambda call: None)
    clock.advance(timedelta(days=9))
    engine.tick()
    (tmp_path / "old").mkdir()
    engine.archive(tmp_path / "old", older_than=timedelta(days=1))
    assert ids(read(engine)) == ["b"]


JOB = """
process: job
version: 1
roles: [agent]
states:
  received: {by: agent, events: {go: repair}}
  repair: {by: agent, events: {done: closed}}
  closed: {end: done}
"""
WORK = "work: {{states: {{{}: {{by: agent, events: {{done: closed}}}}}}}}"


def test_stays_go_on_across_versions(engine: Engine, clock: ManualClock, tmp_path: Path) -> None:
    """A state becomes one of a group, and gets another name there; the version in between is asked for."""
    file = tmp_path / "job.yaml"
    file.write_text(JOB, encoding="utf-8")
    engine.publish(file)
    engine.open("job", actor=LI, id="a")
    clock.advance(HOUR)
    engine.send("a", "go", actor=LI)
    clock.advance(HOUR)
    for version, old, new in ((2, "repair", "hands"), (3, "work.hands", "more")):
        head = f"version: {version}\nmigrate: {{{version - 1}: {{states: {{{old}: work.{new}}}}}}}"
        text = JOB.replace("version: 1", head).replace("go: repair", f"go: work.{new}")
        group = WORK.format(new)
        file.write_text(text.replace("repair: {by: agent, events: {done: closed}}", group), encoding="utf-8")
        engine.publish(file)
        engine.migrate("job", from_version=version - 1)
        clock.advance(HOUR)
    (log,) = read(engine)
    told = [(one.path, (one.since - MONDAY) / HOUR, one.until and (one.until - MONDAY) / HOUR) for one in log.visits]
    assert told == [
        ("received", 0, 1), ("repair", 1, 2), ("work", 2, None), ("work.hands", 2, 3), ("work.more", 3, None)
    ]  # fmt: skip


def ids(logs: Iterator[CaseLog]) -> list[str]:
    return [log.id for log in logs]


DRAWN = (histories(catalog.service_ticket), histories(catalog.maintenance))


@given(st.data())
@settings(deadline=None, max_examples=25)
def test_every_moment_of_every_case_is_told_by_its_stays(data: st.DataObject) -> None:
    """Between two entries the stays around a moment are what the moves up to it left active, and nothing else."""
    history: History = data.draw(data.draw(st.sampled_from(DRAWN)))
    now = history.case.moved_at + HOUR
    log = case_log(history.case, history.journal, history.process, now)
    active: set[str] = set()
    states = {state.path: state for state in history.process.states}
    for entry, later in pairwise([*history.journal, None]):
        assert entry is not None
        for move in entry.moves:
            active = active - set(move.left) | set(move.entered)
        until = now if later is None else later.at
        if until > entry.at and not (history.case.ended_at and entry.at >= history.case.ended_at):
            middle = entry.at + (until - entry.at) / 2
            around = [one for one in log.visits if one.since <= middle and (one.until is None or middle < one.until)]
            assert sorted(one.path for one in around) == sorted(active)
    assert {one.path for one in log.visits if one.went is None} == active
    assert all(one.leaf == (not states[one.path].children) for one in log.visits)
    assert sum(len(entry.starts) for entry in history.journal) == len(log.started)
    assert not history.process.private & log.fields.keys()
