"""A version from its review to its end: from when it is in force, who answers for it, and that it is retired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.desk import ACME, DESK, FILES, KIM, LEAD, LI, MONDAY, ORDER
from postgres import Schemas
from svcflow import language
from svcflow.clocks import ManualClock
from svcflow.core.event import SYSTEM
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import DefinitionError, InputError, NotInForce, ProcessNotFound
from svcflow.stores.base import Retirement, Standing

APRIL = MONDAY + timedelta(days=30)
WAIT = """
process: patience
version: 1
roles: [agent]
fields: {customer: person, phone: {type: text, private: true}}
open: {by: agent, ask: customer, may: phone}
states:
  waiting: {after: {2d on always: asked}}
  asked: {run: survey, events: {answered: closed, silent: closed}}
  closed: {end: done}
"""


def desk(number: int, *, limit: str = "2h") -> Process:
    text = DESK.replace("version: 1", f"version: {number}").replace("limit: 2h", f"limit: {limit}")
    moving = f"migrate: {{{number - 1}: {{}}}}\n" if number > 1 else ""
    return language.compile_sources({"desk.yaml": text + moving}, "desk.yaml")


def survey(number: int, more: str = "") -> Process:
    text = FILES["survey.yaml"].replace("version: 1", f"version: {number}") + more
    return language.compile_sources({"survey.yaml": text}, "survey.yaml")


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        schemas: Schemas = request.getfixturevalue("postgres")
        return schemas.make()
    return ":memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/service.db"


@pytest.fixture
def house(url: str, clock: ManualClock) -> Iterator[Engine]:
    """Version 1 is in force, version 2 from April on."""
    with Engine(url, clock=clock) as engine:
        engine.publish(desk(1), actor=LI)
        engine.publish(desk(2, limit="3h"), effective_from=APRIL, actor=LI)
        yield engine


def opened(engine: Engine, at: datetime | None = None) -> int:
    return engine.open("desk", ORDER, actor=LI, at=at).version


@pytest.mark.requirement("R239")
def test_a_version_is_in_force_from_its_date_on_and_earlier_cases_keep_theirs(
    house: Engine, clock: ManualClock
) -> None:
    before = house.open("desk", ORDER, actor=LI)
    clock.set(APRIL - timedelta(microseconds=1))
    assert (before.version, opened(house), house.process("desk").version) == (1, 1, 1)
    clock.set(APRIL)
    assert (opened(house), house.process("desk").version) == (2, 2)
    went_on = house.send(before.id, "assign", {"owner": "kim"}, actor=LI)
    assert (went_on.version, went_on.state) == (1, "repair")
    assert house.verify().broken == ()


@pytest.mark.requirement("R239")
def test_a_case_that_is_told_later_opens_on_the_version_of_its_own_day(house: Engine, clock: ManualClock) -> None:
    clock.set(APRIL + timedelta(days=3))
    assert opened(house, APRIL - timedelta(hours=1)) == 1
    assert opened(house, APRIL + timedelta(hours=1)) == 2


@pytest.mark.requirement("R239")
def test_a_case_that_opens_another_does_so_on_the_version_of_that_instant_however_late_the_worker(
    url: str, clock: ManualClock
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints())
        engine.publish(patience())
        engine.publish(survey(2), effective_from=MONDAY + timedelta(days=3))
        engine.open("patience", {"customer": "acme"}, actor=LI)
        clock.advance(timedelta(days=2))
        engine.open("patience", {"customer": "acme"}, actor=LI)
        clock.advance(timedelta(days=9))
        engine.tick()
        found = [(case.opened_at, case.version) for case in engine.cases(process="survey")]
    assert found == [(MONDAY + timedelta(days=2), 1), (MONDAY + timedelta(days=4), 2)]


def patience(number: int = 1, more: str = "") -> Process:
    text = WAIT.replace("version: 1", f"version: {number}").replace("silent: closed", f"silent: closed{more}")
    return language.compile_sources({"patience.yaml": text}, "patience.yaml")


def desks_of_complaints() -> tuple[Process, ...]:
    return (language.compile_sources({"d.yaml": FILES["desk_of_complaints.yaml"]}, "d.yaml"),)


@pytest.mark.requirement("R239")
def test_a_case_that_an_imported_one_opens_does_so_on_the_version_of_its_day_and_not_of_the_publishing(
    url: str, clock: ManualClock
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints(), effective_from=MONDAY - timedelta(days=60))
        engine.publish(survey(2), effective_from=MONDAY - timedelta(days=30))
        engine.publish(patience())
        for days in (50, 20):
            engine.open("patience", {"customer": "acme"}, actor=LI, at=MONDAY - timedelta(days=days))
        engine.tick()
        assert [case.version for case in engine.cases(process="survey")] == [1, 2]


@pytest.mark.requirement("R239")
@pytest.mark.parametrize("late", [False, True])
def test_where_none_is_in_force_a_case_opens_on_the_version_that_was_last_however_late_the_worker(
    url: str, clock: ManualClock, *, late: bool
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints(), patience())
        engine.publish(survey(2))
        engine.publish(survey(3), effective_from=APRIL)
        engine.open("patience", {"customer": "acme"}, actor=LI)
        clock.advance(timedelta(hours=1))
        engine.retire("survey", 2, reason="a mistake", actor=LEAD)
        clock.advance(timedelta(hours=1))
        engine.retire("survey", 1, reason="old", actor=LEAD)
        clock.set(MONDAY + timedelta(days=2, hours=1))
        if not late:
            engine.tick()
        clock.advance(timedelta(days=1))
        engine.publish(survey(4))
        engine.tick()
        assert [case.version for case in engine.cases(process="survey")] == [1]


@pytest.mark.parametrize("begins", [None, APRIL])
def test_the_number_of_a_tenants_own_version_never_stands_for_the_common_one(
    url: str, clock: ManualClock, begins: datetime | None
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(desk(1, limit="5h"), tenant="north", effective_from=begins)
        engine.publish(desk(1))
        if begins is None:
            engine.retire("desk", 1, reason="closed", actor=LEAD, tenant="north")
        with pytest.raises(NotInForce):
            engine.open("desk", ORDER, actor=LI, tenant="north")
        assert engine.open("desk", ORDER, actor=LI, tenant="south").digest == desk(1).digest


@pytest.mark.requirement("R218", "R239")
def test_who_made_reviewed_issued_and_answers_for_a_version_is_kept(url: str, clock: ManualClock) -> None:
    with Engine(url, clock=clock) as engine:
        clock.advance(timedelta(hours=1))
        engine.publish(
            desk(1), effective_from=APRIL, owner="service department", reviewed_by="wang", note="first", actor=LI
        )
        clock.advance(timedelta(days=40))
        assert engine.retire("desk", 1, reason="replaced by the hotline's", actor=LEAD)
        (kept,) = engine.versions("desk")
    assert (kept.published_by, kept.published_at) == ("li", MONDAY + timedelta(hours=1))
    end = Retirement(MONDAY + timedelta(days=40, hours=1), LEAD.id, "replaced by the hotline's")
    assert kept.standing == Standing(APRIL, "service department", "wang", "first", end)


@pytest.mark.requirement("R218")
def test_no_case_begins_on_a_retired_version_and_those_that_run_go_on(house: Engine, clock: ManualClock) -> None:
    clock.set(APRIL)
    running = house.open("desk", ORDER, actor=LI, key="web-1")
    assert house.retire("desk", 2, reason="the limit was a mistake", actor=LEAD)
    assert opened(house) == 1
    assert house.retire("desk", 1, reason="the desk is closed", actor=LEAD)
    with pytest.raises(NotInForce, match=r"no version of process 'desk' is in force at 2026-04-01 09:00"):
        opened(house)
    assert house.open("desk", ORDER, actor=LI, key="web-1") == running
    house.send(running.id, "assign", {"owner": "kim"}, actor=LI)
    house.send(running.id, "done", {"result": "x"}, actor=KIM)
    assert house.send(running.id, "fine", actor=ACME).status == "done"
    assert house.verify().broken == ()


def test_a_version_is_retired_once_and_what_is_published_again_stays_retired(house: Engine, clock: ManualClock) -> None:
    assert house.retire("desk", 1, reason="old", actor=LEAD)
    clock.advance(timedelta(hours=1))
    assert not house.retire("desk", 1, reason="another reason", actor=LI)
    house.publish(desk(1), actor=LI)
    kept = house.versions("desk")[0].standing.retired
    assert kept == Retirement(MONDAY, LEAD.id, "old")


def test_retiring_needs_a_reason_and_a_version_of_this_tenant(house: Engine) -> None:
    with pytest.raises(InputError, match="needs a reason"):
        house.retire("desk", 1, reason=" ", actor=LEAD)
    with pytest.raises(ProcessNotFound, match="version 7"):
        house.retire("desk", 7, reason="x", actor=LEAD)
    with pytest.raises(ProcessNotFound):
        house.retire("desk", 1, reason="x", actor=LEAD, tenant="north")
    assert all(one.standing.retired is None for one in house.versions())


@pytest.mark.parametrize("name", ["owner", "reviewed_by", "note"])
def test_what_is_said_about_a_version_is_a_text(house: Engine, name: str) -> None:
    known = house.versions()
    for wrong in (None, 5):
        said: dict[str, Any] = {name: wrong}
        with pytest.raises(InputError, match=f"`{name}` must be a text"):
            house.publish(desk(3), **said)
        with pytest.raises(InputError, match="`reason` must be a text"):
            house.retire("desk", 1, reason=cast("str", wrong), actor=LEAD)
    assert house.versions() == known


@pytest.mark.parametrize(
    "wrong", ["2026-04-01", APRIL.date(), 5, datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))]
)
def test_what_is_no_instant_is_turned_away(house: Engine, wrong: Any) -> None:  # noqa: ANN401 - what no type admits
    case = house.open("desk", ORDER, actor=LI)
    for attempt in (
        lambda: house.publish(desk(3), effective_from=wrong),
        lambda: house.open("desk", ORDER, actor=LI, at=wrong),
        lambda: house.send(case.id, "assign", {"owner": "kim"}, actor=LI, at=wrong),
    ):
        with pytest.raises(InputError, match=r"is no datetime|beyond the years"):
            attempt()
    assert len(house.versions()) == 2
    assert house.case(case.id) == case


def test_a_case_that_runs_another_process_does_so_when_that_is_retired(url: str, clock: ManualClock) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints())
        engine.publish(patience())
        case = engine.open("patience", {"customer": "acme"}, actor=LI)
        engine.retire("survey", 1, reason="no surveys any more", actor=LEAD)
        clock.advance(timedelta(days=3))
        engine.tick()
        assert engine.case(case.id).state == "closed"
        assert len(engine.cases(process="survey")) == 1
        assert engine.incidents() == ()


def test_the_same_again_changes_nothing_and_another_date_is_an_error(house: Engine) -> None:
    known = house.versions()
    house.publish(desk(2, limit="3h"), effective_from=APRIL, actor=KIM)
    house.publish(desk(2, limit="3h"), actor=KIM)
    with pytest.raises(InputError, match=r"'desk' was published before, to be in force from 2026-04-01T09:00:00"):
        house.publish(desk(2, limit="3h"), effective_from=APRIL + timedelta(days=1))
    with pytest.raises(InputError, match="to be in force at once"):
        house.publish(desk(1), effective_from=APRIL)
    with pytest.raises(InputError, match="time zone"):
        house.publish(desk(3, limit="4h"), effective_from=APRIL.replace(tzinfo=None))
    assert house.versions() == known


def test_among_several_each_that_is_named_must_be_meant_from_its_own_date(house: Engine) -> None:
    known = house.versions()
    with pytest.raises(InputError, match=r"'desk' was published before, to be in force from 2026-04-01T09:00:00"):
        house.publish(survey(1), *desks_of_complaints(), desk(2, limit="3h"), effective_from=APRIL + timedelta(days=1))
    with pytest.raises(InputError, match=r"'desk' was published before, to be in force at once; another date needs"):
        house.publish(desk(2, limit="3h"), desk(1), effective_from=APRIL)
    assert house.versions() == known


def test_what_comes_along_with_a_file_keeps_the_date_it_has(house: Engine, files: Path) -> None:
    house.publish(files / "survey.yaml")
    for _ in range(2):
        house.publish(files / "visit.yaml", effective_from=APRIL)
        dates = {one.name: one.standing.effective_from for one in house.versions() if one.name != "desk"}
        assert dates == {"visit": APRIL, "survey": None, "desk_of_complaints": APRIL}


def test_a_process_that_is_in_force_nowhere_yet_cannot_be_opened(url: str, clock: ManualClock) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(desk(1), effective_from=APRIL)
        with pytest.raises(NotInForce):
            opened(engine)
        assert engine.process("desk").version == 1
        clock.set(APRIL)
        assert opened(engine) == 1


def test_cases_move_to_the_newest_version_in_force_and_not_to_one_to_come(house: Engine, clock: ManualClock) -> None:
    opened(house)
    with pytest.raises(InputError, match="not older than the newest one in force, 1"):
        house.migrate("desk", from_version=1)
    clock.set(APRIL)
    assert [one.refusal for one in house.migrate("desk", from_version=1)] == [None]
    assert {case.version for case in house.cases()} == {2}


@pytest.mark.parametrize("to_come", [True, False])
def test_no_case_moves_to_a_version_that_is_to_come_or_retired_where_none_is_in_force(
    url: str, clock: ManualClock, *, to_come: bool
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(desk(1))
        opened(engine)
        engine.publish(desk(2, limit="3h"), effective_from=APRIL if to_come else None)
        engine.retire("desk", 1, reason="old", actor=LEAD)
        if not to_come:
            engine.retire("desk", 2, reason="a mistake", actor=LEAD)
        with pytest.raises(NotInForce):
            engine.migrate("desk", from_version=1)
        assert [case.version for case in engine.cases()] == [1]


def test_a_child_with_an_end_that_a_parent_in_force_by_then_does_not_know_is_turned_away(
    url: str, clock: ManualClock
) -> None:
    more = "  lost: {end: cancelled}\n"
    knows = patience(2, ", lost: closed")
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints())
        engine.publish(patience())
        engine.publish(knows, effective_from=APRIL)
        with pytest.raises(DefinitionError, match="`patience` version 1 says nothing about it"):
            engine.publish(survey(2, more))
        engine.publish(survey(2, more), effective_from=APRIL)
        assert [one.version for one in engine.versions("survey")] == [1, 2]


LOST = "  lost: {end: cancelled}\n"


def test_a_child_with_an_end_that_a_retired_parent_does_not_know_is_turned_away_until_another_replaces_it(
    url: str, clock: ManualClock
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints())
        engine.publish(patience())
        engine.retire("patience", 1, reason="its cases go on", actor=LEAD)
        with pytest.raises(DefinitionError, match="`patience` version 1 says nothing about it"):
            engine.publish(survey(2, LOST))
        assert [one.version for one in engine.versions("survey")] == [1]
        engine.publish(knowing())
        engine.publish(survey(2, LOST))


def test_a_child_with_an_end_that_a_tenants_own_parent_does_not_know_is_turned_away_whatever_the_common_one_knows(
    url: str, clock: ManualClock
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints())
        engine.publish(patience(), tenant="north")
        engine.publish(knowing())
        with pytest.raises(DefinitionError, match="`patience` version 1 says nothing about it"):
            engine.publish(survey(2, LOST), tenant="north")
        engine.publish(survey(2, LOST), tenant="south")


def knowing() -> Process:
    return patience(2, ", lost: closed")


def told(engine: Engine, process: str, version: int) -> list[str]:
    """What is found when a version is to be retired, which then stays as it is."""
    known = engine.versions()
    with pytest.raises(DefinitionError) as caught:
        engine.retire(process, version, reason="a mistake", actor=LEAD)
    assert engine.versions() == known
    return [
        f"{one.code}: {one.message} ({one.help})" for one in cast("tuple[language.Finding, ...]", caught.value.findings)
    ]


def test_a_version_stays_in_force_where_a_parent_does_not_know_an_end_of_the_child_that_would_come_back(
    url: str, clock: ManualClock
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1, LOST), *desks_of_complaints())
        engine.publish(survey(2))
        engine.publish(patience())
        (found,) = told(engine, "survey", 2)
        assert found == (
            "SF312: `survey` version 1 can end as `lost`, and `patience` version 1 says nothing about it (`survey` "
            "version 1 would be in force again: retire it first, or publish `patience` with `lost` under the events of "
            "its state `asked`)"
        )
        engine.publish(knowing())
        assert engine.retire("survey", 2, reason="a mistake", actor=LEAD)
        assert engine.process("survey").version == 1


def test_a_version_stays_in_force_where_the_parent_that_would_come_back_does_not_know_an_end_of_its_child(
    url: str, clock: ManualClock
) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1), *desks_of_complaints())
        engine.publish(patience())
        engine.publish(knowing())
        engine.publish(survey(2, LOST), effective_from=APRIL)
        (found,) = told(engine, "patience", 2)
        assert "`survey` version 2 can end as `lost`, and `patience` version 1 says nothing about it" in found
        assert "`patience` version 1 would be in force again" in found
        engine.retire("survey", 2, reason="both go back", actor=LEAD)
        engine.retire("patience", 2, reason="both go back", actor=LEAD)
        assert (engine.process("survey").version, engine.process("patience").version) == (1, 1)


def test_what_fits_nothing_that_is_left_can_be_retired_from_the_first_version_on(url: str, clock: ManualClock) -> None:
    with Engine(url, clock=clock) as engine:
        engine.publish(survey(1, LOST), *desks_of_complaints())
        engine.publish(survey(2))
        engine.publish(patience())
        assert engine.retire("survey", 1, reason="old", actor=LEAD)
        assert engine.retire("survey", 2, reason="no surveys any more", actor=LEAD)
        with pytest.raises(NotInForce):
            engine.open("survey", {"customer": "acme"}, actor=SYSTEM)


Deed = tuple[str, int, int | None]
HOURS = st.integers(0, 12)
DEEDS: st.SearchStrategy[list[Deed]] = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 4), st.none() | HOURS),
        st.tuples(st.just("retire"), st.integers(1, 4), st.none()),
        st.tuples(st.just("wait"), HOURS, st.none()),
    ),
    max_size=12,
)
LIBRARY = {number: desk(number, limit=f"{number}h") for number in range(1, 5)}


@pytest.mark.requirement("R239")
@given(deeds=DEEDS, asked=HOURS)
def test_whatever_was_published_and_retired_a_case_opens_on_the_highest_number_in_force(
    deeds: list[Deed], asked: int
) -> None:
    """Told by a table of first and last hours, without dates in a store."""
    clock, begins, ends, hour = ManualClock(MONDAY), dict[int, int](), dict[int, int](), 0
    with Engine(clock=clock) as engine:
        for deed, number, date in deeds:
            if deed == "wait":
                hour += number
                clock.advance(timedelta(hours=number))
            elif deed == "retire" and number in begins:
                assert engine.retire("desk", number, reason="x", actor=LEAD) == (number not in ends)
                ends.setdefault(number, hour)
            elif deed == "publish" and number not in begins:
                engine.publish(LIBRARY[number], effective_from=None if date is None else MONDAY + timedelta(hours=date))
                begins[number] = -1 if date is None else date
        for then, told in ((hour, None), (asked, MONDAY + timedelta(hours=asked))):
            wanted = [number for number in begins if begins[number] <= then < ends.get(number, then + 1)]
            try:
                found: int | None = opened(engine, told)
            except ProcessNotFound:
                found = None
            assert found == max(wanted, default=None)
