"""Private values are forgotten on request, everywhere; the journal says so and stays whole."""

import sqlite3
from pathlib import Path

import pytest

from engine.desk import ACME, CALLER, KIM, LI, ORDER, VISIT
from svcflow.clocks import ManualClock
from svcflow.core.decision import HookCall
from svcflow.engine import Engine
from svcflow.erasure import Erased
from svcflow.errors import CaseNotFound, InputError
from svcflow.rounds import Terms

WHY = "the customer asked for it"


@pytest.mark.requirement("R230")
def test_a_case_forgets_present_and_earlier_values_and_its_journal_says_why(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI, key="web-1")
    engine.send(case.id, "correct", {"phone": "555 0100", "fault": "loud"}, actor=LI, key="web-2")
    assert engine.erase(case.id, reason=WHY, actor=LI) == Erased(("phone",))
    after = engine.case(case.id)
    assert after.fields == {name: value for name, value in case.fields.items() if name != "phone"} | {"fault": "loud"}
    assert after.states == case.states
    last = engine.journal(case.id)[-1]
    assert (last.kind, last.actor, last.detail) == (
        "erased", LI, {"fields": ("phone",), "reason": "the customer asked for it"}
    )  # fmt: skip
    stored = engine.store.journal("", case.id, private=True)
    assert ORDER["phone"] not in repr(stored)
    assert "555 0100" not in repr(stored)
    assert engine.verify().broken == ()


def test_the_same_again_does_nothing(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.erase(case.id, ["phone"], reason=WHY, actor=LI)
    assert (
        engine.erase(case.id, ["phone"], reason=WHY, actor=LI)
        == engine.erase(case.id, reason=WHY, actor=LI)
        == Erased(())
    )
    assert [entry.kind for entry in engine.journal(case.id)] == ["opened", "erased"]


def test_the_case_goes_on_and_may_learn_a_new_value(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI, key="web-1")
    due = engine.clocks(case.id)
    engine.erase(case.id, reason=WHY, actor=LI)
    assert engine.clocks(case.id) == due
    assert engine.open("desk", ORDER, actor=LI, key="web-1").id == case.id, "a repeat is still known"
    case = engine.send(case.id, "correct", {"phone": "555 0100"}, actor=LI)
    assert case.fields["phone"] == "555 0100"
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    assert engine.erase(case.id, reason=WHY, actor=LI).fields == ("phone",)
    assert engine.verify().broken == ()


def test_an_ended_case_forgets_too(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "drop", actor=LI)
    assert engine.erase(case.id, reason=WHY, actor=LI).fields == ("phone",)
    assert (engine.case(case.id).status, engine.verify().broken) == ("cancelled", ())


def test_calls_that_wait_and_their_errors_forget_too(engine: Engine) -> None:
    @engine.hook("notify")
    def notify(call: HookCall) -> None:
        raise OSError(f"cannot ring {engine.case(call.case).fields['phone'].split()[-1]}")

    case = engine.open("desk", ORDER, actor=LI)
    engine.tick(terms=Terms(tries=1))
    assert "5550199" in engine.incidents()[0].error
    engine.erase(case.id, reason=WHY, actor=LI)
    assert engine.incidents()[0].error == "OSError"
    assert "5550199" not in repr(engine.outbox())


def test_a_child_keeps_its_own_until_it_is_asked(engine: Engine) -> None:
    case = engine.open("visit", {"customer": "acme", "phone": ORDER["phone"]}, actor=LI)
    child = engine.send(case.id, "ask", actor=LI).children["asking"]
    engine.erase(case.id, reason=WHY, actor=LI)
    assert engine.case(child).fields["phone"] == ORDER["phone"]
    assert engine.erase(child, reason=WHY, actor=LI).fields == ("phone",)
    engine.send(child, "answer", {"score": 5}, actor=CALLER)
    assert (engine.case(case.id).status, engine.verify().broken) == ("done", ())


def test_what_stood_in_the_open_once_stays_legible_and_is_told(engine: Engine, files: Path) -> None:
    case = engine.open("visit", {"customer": "acme"}, actor=LI)
    second = VISIT.replace("version: 1", "version: 2\nmigrate: {1: {}}").replace(
        "customer: person", "customer: {type: person, private: true}"
    )
    (files / "visit.yaml").write_text(second, encoding="utf-8")
    engine.publish(files / "visit.yaml")
    assert [one.refusal for one in engine.migrate("visit", from_version=1)] == [None]
    assert engine.erase(case.id, reason=WHY, actor=LI) == Erased(("customer",), legible=("customer",))
    assert "customer" not in engine.case(case.id).fields
    assert engine.verify().broken == ()


def test_who_holds_no_role_does_not_read_the_reason(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.erase(case.id, reason=WHY, actor=LI)
    assert [entry.kind for entry in engine.journal(case.id, viewer=ACME)] == ["opened"]


def test_what_cannot_be_erased_is_an_error_and_changes_nothing(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    with pytest.raises(InputError, match="the field fault is not private"):
        engine.erase(case.id, ["phone", "fault"], reason=WHY, actor=LI)
    with pytest.raises(InputError, match=r"write \['phone'\]"):
        engine.erase(case.id, "phone", reason=WHY, actor=LI)
    with pytest.raises(InputError, match="needs a reason"):
        engine.erase(case.id, reason=" ", actor=KIM)
    with pytest.raises(CaseNotFound):
        engine.erase("nobody", reason=WHY, actor=LI)
    with pytest.raises(CaseNotFound):
        engine.erase(case.id, reason=WHY, actor=LI, tenant="acme")
    assert engine.case(case.id) == case


def test_the_bytes_of_a_file_hold_nothing_once_it_is_rebuilt(clock: ManualClock, files: Path, tmp_path: Path) -> None:
    path = tmp_path / "service.db"
    secrets = [f"secret-{number:05}" * 20 for number in range(200)]
    with Engine(f"sqlite:///{path}", clock=clock) as engine:
        engine.publish(files / "desk.yaml")
        cases = [engine.open("desk", ORDER | {"phone": secret}, actor=LI) for secret in secrets]
        assert _raw(path).count(b"secret-") > 0
        for case in cases:
            engine.erase(case.id, reason=WHY, actor=LI)
    # By now pages that were split may still hold copies; see docs/explanation/private-data.md.
    with sqlite3.connect(path) as database:
        database.execute("VACUUM")
    database.close()
    assert _raw(path).count(b"secret-") == 0
    with Engine(f"sqlite:///{path}", clock=clock) as engine:
        assert engine.verify().broken == ()


def test_the_bytes_of_a_row_are_overwritten_at_once(clock: ManualClock, files: Path, tmp_path: Path) -> None:
    path = tmp_path / "service.db"
    with Engine(f"sqlite:///{path}", clock=clock) as engine:
        engine.publish(files / "desk.yaml")
        case = engine.open("desk", ORDER, actor=LI)
        # As SQLite does by itself, though not as every system builds it.
        engine.store._writing(lambda cursor: cursor.execute("PRAGMA secure_delete = OFF"))  # type: ignore[attr-defined]
        engine.erase(case.id, reason=WHY, actor=LI)
    assert _raw(path).count(b"5550199") == 0


def test_it_happens_with_the_transaction_of_the_host_or_not_at_all(
    clock: ManualClock, files: Path, tmp_path: Path
) -> None:
    path = tmp_path / "service.db"
    with Engine(f"sqlite:///{path}", clock=clock) as engine:
        engine.publish(files / "desk.yaml")
        case = engine.open("desk", ORDER, actor=LI)
        with sqlite3.connect(path) as host:
            engine.erase(case.id, reason=WHY, actor=LI, connection=host)
            host.rollback()
            assert engine.case(case.id) == case
            engine.erase(case.id, reason=WHY, actor=LI, connection=host)
        host.close()
        assert "phone" not in engine.case(case.id).fields


def _raw(path: Path) -> bytes:
    """The file with its write-ahead log."""
    return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
