"""New holidays reach running cases, each in a transaction of its own; from tomorrow on, and new cases at once."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from engine.desk import LI, Contested
from minutes import Listed
from svcflow import language
from svcflow.archive import read
from svcflow.clocks import ManualClock
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import InputError, ProcessNotFound, StoreError
from svcflow.recalendar import Moved, Recalendared
from svcflow.stores.memory import MemoryStore

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 3, day) for day in (3, 4, 5, 6))
A_DAY = timedelta(days=1)

SHOP = """
process: shop
version: 1
roles: [agent]
calendars:
  office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}, holidays: XA}
  depot: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}, holidays: XB}
  plain: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}
calendar: office
sla: {fix: {from: new, until: closed, target: 2d}}
states:
  new:
    limit: 3d on depot
    after: {20h: closed, 3d on plain: closed}
    by: agent
    events: {done: closed}
  closed: {end: done}
"""


class Almanac:
    """What is announced, by code; it changes while an engine uses it."""

    def __init__(self) -> None:
        self.off: dict[str, set[date]] = {"XA": set(), "XB": set()}

    def __call__(self, code: str) -> Listed:
        return Listed(frozenset(self.off[code]), name=code)


@pytest.fixture
def almanac() -> Almanac:
    return Almanac()


@pytest.fixture
def now() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def shop(almanac: Almanac) -> Process:
    return language.compile_sources({"shop.yaml": SHOP}, "shop.yaml", holidays=almanac)


@pytest.fixture
def desk(url: str, now: ManualClock, almanac: Almanac, shop: Process) -> Iterator[Engine]:
    with Engine(url, clock=now, random=Random(7), holidays=almanac) as made:
        made.publish(shop)
        yield made


def dues(engine: Engine, case: str) -> dict[str, datetime | None]:
    return {one.name: one.due for one in engine.clocks(case)}


MOVED = (
    Moved("after:new:20h", MONDAY + 2 * A_DAY + timedelta(hours=4), MONDAY + 3 * A_DAY + timedelta(hours=4)),
    Moved("clock:fix", MONDAY + 2 * A_DAY, MONDAY + 3 * A_DAY),
)


def test_a_dry_run_says_what_would_move_and_writes_nothing(desk: Engine, almanac: Almanac) -> None:
    case = desk.open("shop", actor=LI)
    before = (desk.case(case.id), desk.journal(case.id), dues(desk, case.id))
    almanac.off["XA"].add(WEDNESDAY)
    assert desk.recalendar(dry_run=True) == (Recalendared(case.id, "shop", 1, MOVED),)
    assert [one.by for one in MOVED] == [A_DAY, A_DAY]
    assert (desk.case(case.id), desk.journal(case.id), dues(desk, case.id)) == before
    assert desk.open("shop", actor=LI).days == ""


def test_what_is_due_after_today_moves_and_the_journal_says_so(desk: Engine, almanac: Almanac) -> None:
    case = desk.open("shop", actor=LI)
    almanac.off["XA"].add(WEDNESDAY)
    assert desk.recalendar("shop", actor=LI) == (Recalendared(case.id, "shop", 1, MOVED),)
    assert dues(desk, case.id) == {"fix": MONDAY + 3 * A_DAY, "new": MONDAY + 3 * A_DAY}
    last = desk.journal(case.id)[-1]
    assert (last.kind, last.actor) == ("recalendared", LI)
    assert last.detail["moved"]["clock:fix"] == (MONDAY + 2 * A_DAY, MONDAY + 3 * A_DAY)
    assert last.detail["to"] == desk.case(case.id).days
    assert desk.verify().broken == ()


def test_a_second_time_there_is_nothing_left_to_do(desk: Engine, almanac: Almanac) -> None:
    desk.open("shop", actor=LI)
    assert desk.recalendar() == ()
    almanac.off["XB"].add(FRIDAY)
    assert len(desk.recalendar()) == 1
    assert desk.recalendar() == desk.recalendar(dry_run=True) == ()


def test_new_cases_open_on_the_new_days_in_every_engine(desk: Engine, almanac: Almanac, shop: Process) -> None:
    almanac.off["XA"].add(WEDNESDAY)
    assert desk.recalendar() == ()
    case = desk.open("shop", actor=LI)
    assert dues(desk, case.id)["fix"] == MONDAY + 3 * A_DAY
    other = Engine(desk.store, clock=desk.clock)
    assert other.process("shop") == desk.process("shop") != shop
    assert other.case(case.id) == case
    assert dues(other, case.id) == dues(desk, case.id)
    assert other.verify().broken == ()


def test_a_day_that_has_begun_stays_what_it_was(desk: Engine, almanac: Almanac, now: ManualClock) -> None:
    first, second = desk.open("shop", actor=LI), desk.open("shop", actor=LI)
    now.advance(A_DAY)
    before = desk.clocks(first.id)
    almanac.off["XA"] |= {date(2026, 3, 2), TUESDAY, THURSDAY}
    (moved,) = desk.recalendar(cases=[first.id])
    assert moved.moved == ()
    assert desk.clocks(first.id) == before, "today was put right too late"
    third = desk.open("shop", actor=LI)
    now.advance(A_DAY)
    almanac.off["XA"].add(FRIDAY)
    assert {one.case for one in desk.recalendar()} == {first.id, second.id, third.id}
    assert {one.days for one in map(desk.case, (first.id, second.id))} == {desk.case(first.id).days}
    assert desk.verify().broken == ()
    assert desk.recalendar() == ()


def test_what_is_overdue_happens_first_on_the_days_of_then(desk: Engine, almanac: Almanac, now: ManualClock) -> None:
    case = desk.open("shop", actor=LI)
    almanac.off["XA"] |= {TUESDAY, WEDNESDAY}
    now.advance(4 * A_DAY)
    assert desk.recalendar() == ()
    assert desk.case(case.id).ended_at == MONDAY + 2 * A_DAY + timedelta(hours=4)


def test_only_one_calendar_is_read_when_it_is_named(desk: Engine, almanac: Almanac) -> None:
    case = desk.open("shop", actor=LI)
    almanac.off["XA"].add(WEDNESDAY)
    almanac.off["XB"].add(WEDNESDAY)
    (moved,) = desk.recalendar(calendar="depot")
    assert [one.name for one in moved.moved] == ["limit:new"]
    (moved,) = desk.recalendar(calendar="office")
    assert [one.name for one in moved.moved] == ["after:new:20h", "clock:fix"]
    assert dues(desk, case.id) == {"fix": MONDAY + 3 * A_DAY, "new": MONDAY + 4 * A_DAY}


@pytest.mark.parametrize("calendar", ["plain", "nothing"])
def test_a_calendar_without_holidays_is_wrong_input(desk: Engine, calendar: str) -> None:
    with pytest.raises(InputError, match=f"no.* calendar '{calendar}' with holidays"):
        desk.recalendar(calendar=calendar)
    with pytest.raises(ProcessNotFound):
        desk.recalendar("nothing")


def test_days_that_were_put_back_are_the_newest_again(desk: Engine, almanac: Almanac) -> None:
    case = desk.open("shop", actor=LI)
    first = dues(desk, case.id)
    almanac.off["XA"].add(WEDNESDAY)
    desk.recalendar()
    almanac.off["XA"].clear()
    (moved,) = desk.recalendar()
    assert [one.by for one in moved.moved] == [-A_DAY, -A_DAY]
    assert dues(desk, case.id) == first == dues(desk, desk.open("shop", actor=LI).id)
    assert desk.recalendar() == ()


def test_nothing_crosses_tenants(desk: Engine, almanac: Almanac) -> None:
    common, own = desk.open("shop", actor=LI), desk.open("shop", actor=LI, tenant="acme")
    almanac.off["XA"].add(WEDNESDAY)
    assert [one.case for one in desk.recalendar(tenant="acme")] == [own.id]
    assert desk.case(common.id).days == ""
    later = desk.open("shop", actor=LI)
    assert later.days == ""
    assert desk.open("shop", actor=LI, tenant="acme").days != ""
    assert [one.case for one in desk.recalendar()] == sorted([common.id, later.id])


def test_a_case_migrates_onto_the_newest_days(desk: Engine, almanac: Almanac) -> None:
    case = desk.open("shop", actor=LI)
    text = SHOP.replace("version: 1", "version: 2\nmigrate: {1: {}}")
    desk.publish(language.compile_sources({"shop.yaml": text}, "shop.yaml", holidays=almanac))
    almanac.off["XA"].add(WEDNESDAY)
    assert len(desk.recalendar(dry_run=True)) == 1
    desk.recalendar(cases=[])
    desk.migrate("shop", from_version=1)
    assert dues(desk, case.id)["fix"] == MONDAY + 3 * A_DAY
    assert desk.verify().broken == ()
    assert desk.recalendar() == ()


def test_each_case_is_told_when_it_is_done_and_an_interruption_leaves_the_rest(desk: Engine, almanac: Almanac) -> None:
    cases = [desk.open("shop", actor=LI, id=f"c{number}").id for number in range(4)]
    almanac.off["XA"].add(WEDNESDAY)
    told = []

    def stop(done: Recalendared, of: int) -> None:
        told.append((done.case, of))
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.recalendar(each=stop)
    assert told == [("c0", 4), ("c1", 4)]
    assert [one.case for one in desk.recalendar()] == ["c2", "c3"]
    assert [len(desk.journal(case)) for case in cases] == [2] * 4


def test_others_may_write_meanwhile(now: ManualClock, almanac: Almanac, shop: Process) -> None:
    store = Contested(MemoryStore(), 0)
    desk = Engine(store, clock=now, random=Random(7), holidays=almanac)  # type: ignore[arg-type] # a store in disguise
    desk.publish(shop)
    case = desk.open("shop", actor=LI)
    almanac.off["XA"].add(WEDNESDAY)
    store.conflicts = 3
    assert [one.moved for one in desk.recalendar()] == [MOVED]
    assert desk.case(case.id).seq == 2


def test_a_case_that_fails_holds_up_no_other(tmp_path: Path, now: ManualClock, almanac: Almanac, shop: Process) -> None:
    with Engine(f"sqlite:///{tmp_path}/cases.db", clock=now, holidays=almanac) as desk:
        desk.publish(shop)
        lost, good = desk.open("shop", actor=LI), desk.open("shop", actor=LI)
        with sqlite3.connect(tmp_path / "cases.db") as database:
            body = "replace(body, '\"version\":1', '\"version\":7')"
            database.execute(f"UPDATE svcflow_case SET version = 7, body = {body} WHERE id = ?", (lost.id,))
        almanac.off["XA"].add(WEDNESDAY)
        first, second = sorted(desk.recalendar(), key=lambda one: one.error, reverse=True)
        assert first.case == lost.id
        assert first.error.startswith("no process 'shop' version 7 is published")
        assert (second.case, second.moved) == (good.id, MOVED)


@pytest.mark.parametrize("change", ["DELETE FROM svcflow_days", "UPDATE svcflow_days SET tables = '{}'"])
def test_days_that_are_lost_or_changed_are_not_counted_on(
    tmp_path: Path, now: ManualClock, almanac: Almanac, shop: Process, change: str
) -> None:
    with Engine(f"sqlite:///{tmp_path}/cases.db", clock=now, holidays=almanac) as desk:
        desk.publish(shop)
        case = desk.open("shop", actor=LI)
        almanac.off["XA"].add(WEDNESDAY)
        desk.recalendar()
        with sqlite3.connect(tmp_path / "cases.db") as database:
            database.execute(change)
        with pytest.raises(StoreError, match="the days that cases of shop version 1 count on are lost or changed"):
            Engine(desk.store, clock=now).clocks(case.id)


def test_in_a_hosts_transaction_all_of_it_happens_or_nothing(
    tmp_path: Path, now: ManualClock, almanac: Almanac, shop: Process
) -> None:
    with Engine(f"sqlite:///{tmp_path}/cases.db", clock=now, holidays=almanac) as desk:
        desk.publish(shop)
        case = desk.open("shop", actor=LI)
        almanac.off["XA"].add(WEDNESDAY)
        host = sqlite3.connect(tmp_path / "cases.db")
        assert len(desk.recalendar(connection=host)) == 1
        host.rollback()
        assert desk.case(case.id) == case
        assert desk.open("shop", actor=LI).days == ""
        assert len(desk.recalendar(connection=host)) == 2
        host.commit()
        host.close()
        assert dues(desk, case.id)["fix"] == MONDAY + 3 * A_DAY


def test_an_archive_has_the_days_that_each_case_counted_on(
    desk: Engine, almanac: Almanac, now: ManualClock, tmp_path: Path
) -> None:
    for case, days in (("c1", set()), ("c2", {WEDNESDAY}), ("c3", {FRIDAY})):
        almanac.off["XA"] = days
        desk.recalendar()
        desk.open("shop", actor=LI, id=case)
        desk.send(case, "done", actor=LI)
    now.advance(400 * A_DAY)
    (file,) = desk.archive(tmp_path, older_than=365 * A_DAY).files
    found = {
        one.case.id: (one.case.days, {**one.processes[-1].holidays, **one.days.get(one.case.days, {})}["XA"]["years"])
        for one in read(file.path)
    }
    assert {case: years["2026"]["off"] for case, (_, years) in found.items()} == {
        "c1": [],
        "c2": ["2026-03-04"],
        "c3": ["2026-03-06"],
    }
    assert found["c1"][0] == "" != found["c2"][0] != found["c3"][0]


def test_a_table_that_runs_out_is_read_to_its_full_length(desk: Engine, now: ManualClock) -> None:
    desk.open("shop", actor=LI)
    holidays = desk.process("shop").calendars["office"].holidays
    assert holidays is not None
    assert holidays.valid_through == 2026 + 15
    now.set(datetime(2034, 3, 1, tzinfo=UTC))
    desk.tick()
    desk.recalendar()
    holidays = desk.process("shop").calendars["office"].holidays
    assert holidays is not None
    assert holidays.valid_through == 2034 + 15


def test_a_process_without_holidays_has_nothing_to_count_anew(now: ManualClock) -> None:
    desk = Engine(clock=now)
    desk.publish(language.compile_sources({"a.yaml": PLAIN}, "a.yaml"))
    desk.open("plain", actor=LI)
    assert desk.recalendar() == ()


PLAIN = """
process: plain
version: 1
roles: [agent]
states: {one: {by: agent, limit: 2d, events: {x: two}}, two: {end: done}}
"""
