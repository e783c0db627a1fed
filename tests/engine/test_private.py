"""Private values stand in the case and in hooks that name them, and nowhere else."""

import logging
import sqlite3
from pathlib import Path

import pytest

from engine.desk import CALLER, KIM, LI, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.decision import HookCall
from svcflow.engine import Engine

PHONE = ORDER["phone"]


@pytest.mark.requirement("R102", "R230")
def test_the_journal_never_shows_them(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "correct", {"phone": "+49 30 5550100"}, actor=LI)
    assert engine.case(case.id).fields["phone"] == "+49 30 5550100"
    assert "30 5550" not in repr(engine.journal(case.id))
    assert "30 5550" not in repr(engine.journal(case.id, viewer=LI))


@pytest.mark.requirement("R103", "R230")
def test_a_hook_sees_them_only_when_its_registration_names_them(engine: Engine) -> None:
    seen: dict[str, HookCall] = {}
    engine.hook("notify", private=["phone"])(lambda call: seen.update(notify=call))
    engine.hook("*")(lambda call: seen.update({call.hook: call}))
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM)
    assert "30 5550" not in repr(engine.outbox())
    engine.tick()
    assert seen["notify"].fields["phone"] == PHONE
    assert "phone" not in seen["order_parts"].fields
    assert seen["order_parts"].fields["fault"] == "no picture"


def test_a_hook_that_names_them_sees_the_present_value(engine: Engine) -> None:
    seen: list[HookCall] = []
    engine.hook("notify", private=["phone"])(seen.append)
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "correct", {"phone": "+49 30 5550100"}, actor=LI)
    engine.tick()
    assert [call.fields["phone"] for call in seen] == ["+49 30 5550100"]


def test_the_error_of_a_hook_is_kept_without_the_values_that_the_hook_was_given(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    @engine.hook("notify", private=["phone"])
    def notify(call: HookCall) -> None:
        raise ValueError(f"cannot reach {call.fields['phone']}: line dead")

    engine.open("desk", ORDER, actor=LI)
    with caplog.at_level(logging.DEBUG):
        assert engine.tick().failed == 1
    (delivery,) = engine.outbox()
    assert delivery.error == "ValueError: cannot reach ***: line dead"
    assert "5550199" not in caplog.text


def test_a_child_passes_them_on_and_they_stay_private(engine: Engine) -> None:
    case = engine.open("visit", {"customer": "acme", "phone": PHONE}, actor=LI)
    asking = engine.send(case.id, "ask", actor=LI)
    child = engine.case(asking.children["asking"])
    assert child.fields["phone"] == PHONE
    engine.send(child.id, "answer", {"score": 2}, actor=CALLER)
    ended = engine.send(case.id, "complain", actor=LI)
    assert ended.status == "done"
    (complaint,) = engine.cases(process="desk_of_complaints")
    assert complaint.fields["phone"] == PHONE
    shown = [engine.journal(one.id) for one in (case, child, complaint)]
    assert "5550199" not in repr(shown) + repr(engine.outbox())


def test_what_is_kept_of_a_key_does_not_tell_them(engine: Engine) -> None:
    contents = set()
    for key, phone in (("web-1", PHONE), ("web-2", "555 0100")):
        engine.open("desk", ORDER | {"phone": phone}, actor=LI, key=key)
        known = engine.store.known("", None, key)
        contents.add(known.content if known else None)
    assert len(contents) == 1


@pytest.mark.requirement("R102", "R240")
def test_no_table_but_the_private_one_holds_them(clock: ManualClock, files: Path, tmp_path: Path) -> None:
    path = tmp_path / "service.db"
    with Engine(f"sqlite:///{path}", clock=clock) as engine:
        engine.publish(files / "visit.yaml", files / "desk.yaml")
        case = engine.open("visit", {"customer": "acme", "phone": PHONE}, actor=LI, key="web-1")
        asking = engine.send(case.id, "ask", actor=LI)
        engine.send(asking.children["asking"], "answer", {"score": 2}, actor=CALLER)
        engine.open("desk", ORDER, actor=LI, key="web-2")
    found = set()
    with sqlite3.connect(path) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            if any("5550199" in repr(row) for row in database.execute(f'SELECT * FROM "{table}"')):
                found.add(table)
    assert found == {"svcflow_private"}
