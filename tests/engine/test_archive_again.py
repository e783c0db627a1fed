"""An archive file is enough to decide its cases again: it holds all versions and holidays that they lived by."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from engine.desk import LI
from minutes import Listed
from svcflow import archive
from svcflow.archive import ArchivedCase
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.history import rebuild
from svcflow.engine import Engine
from svcflow.published import Published
from svcflow.stores.base import KeptDays
from svcflow.stores.memory import MemoryStore

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)

SHOP = """
process: shop
version: {version}
roles: [agent]
fields: {{phone: {{type: text, private: true}}}}
calendars: {{office: {{timezone: UTC, hours: {{mon-fri: [09:00-17:00]}}, holidays: XA}}}}
calendar: office
open: {{by: agent, may: phone}}
sla: {{fix: {{from: {first}, until: closed, target: 2d}}}}
states:
  {first}: {{by: agent, events: {{done: closed}}}}
  closed: {{end: done}}
migrate: {{{migrate}}}
"""


def decided_again(found: ArchivedCase) -> Case:
    """The case as its journal makes it, with nothing but what stands in the file."""
    store, case = MemoryStore(), found.case
    store.publish(found.processes)
    for digest, tables in found.days.items():
        for record in found.processes:
            store.keep_days(
                KeptDays(case.tenant, case.process, record.version, digest, tables, False, found.archived_at, "")  # noqa: FBT003 - not the newest
            )
    return rebuild(Published(store).within(None), found.journal)


def test_a_case_that_was_migrated_and_counted_on_new_holidays_is_decided_again(url: str, tmp_path: Path) -> None:
    off: set[date] = set()
    clock = ManualClock(MONDAY)
    with Engine(url, clock=clock, holidays=lambda code: Listed(frozenset(off), name=code)) as engine:

        def publish(version: int, first: str, migrate: str = "1: finish") -> None:
            text = SHOP.format(version=version, first=first, migrate=migrate)
            (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
            engine.publish(tmp_path / "shop.yaml")

        (tmp_path / "shop.yaml").write_text(
            SHOP.format(version=1, first="new", migrate="").replace("migrate: {}\n", ""), encoding="utf-8"
        )
        engine.publish(tmp_path / "shop.yaml")
        case = engine.open("shop", {"phone": "555 0100"}, actor=LI)
        off.add(date(2026, 3, 4))
        engine.recalendar("shop")
        publish(2, "received", "1: {states: {new: received}}")
        engine.migrate("shop", from_version=1)
        off.add(date(2026, 3, 5))
        engine.recalendar("shop")
        later = engine.open("shop", actor=LI)
        for one in (case, later):
            engine.send(one.id, "done", actor=LI)
        ended = {one.id: engine.case(one.id) for one in (case, later)}
        clock.advance(timedelta(days=2))
        (file,) = engine.archive(tmp_path, older_than=timedelta(days=1), private=True).files
    found = {one.case.id: one for one in archive.read(file.path, private=file.private)}
    assert [record.version for record in found[case.id].processes] == [1, 2]
    assert [record.version for record in found[later.id].processes] == [2]
    assert (len(found[case.id].days), len(found[later.id].days)) == (2, 1)
    assert {id_: decided_again(one) for id_, one in found.items()} == ended
