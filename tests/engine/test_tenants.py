"""What belongs to one tenant is nowhere for another; what is published for all can be used by all."""

from pathlib import Path

import pytest

from engine.desk import DESK, LI, ORDER
from svcflow.engine import Engine
from svcflow.errors import CaseNotFound, ProcessNotFound


def test_cases_and_keys_of_tenants_do_not_meet(engine: Engine) -> None:
    north = engine.open("desk", ORDER, actor=LI, key="web-1", id="T-1", tenant="north")
    south = engine.open("desk", ORDER | {"fault": "no sound"}, actor=LI, key="web-1", id="T-1", tenant="south")
    assert (north.tenant, south.tenant) == ("north", "south")
    engine.send("T-1", "assign", {"owner": "kim"}, actor=LI, key="web-2", tenant="north")
    engine.send("T-1", "drop", actor=LI, key="web-2", tenant="south")
    assert engine.case("T-1", tenant="north").state == "repair"
    assert engine.case("T-1", tenant="south").state == "dropped"
    with pytest.raises(CaseNotFound):
        engine.case("T-1")
    assert (engine.cases(), engine.worklist(LI), engine.outbox()) == ((), (), ())
    assert [case.tenant for case in engine.cases(tenant="north")] == ["north"]


def test_a_worker_serves_all_tenants_and_says_whose_call_it_is(engine: Engine) -> None:
    seen: list[str] = []
    engine.hook("notify")(lambda call: seen.append(call.tenant))
    for tenant in ("north", "south"):
        engine.open("desk", ORDER, actor=LI, tenant=tenant)
    engine.tick()
    assert sorted(seen) == ["north", "south"]


def test_what_is_published_for_all_is_not_kept_again_for_a_tenant(engine: Engine, files: Path) -> None:
    engine.publish(files / "desk.yaml", tenant="north")
    kept = engine.store.process("north", "desk")
    assert kept is not None
    assert kept.tenant == ""


@pytest.mark.requirement("R144", "R151")
def test_a_tenants_own_process_goes_before_the_one_for_all(engine: Engine, files: Path) -> None:
    own = files / "own" / "desk.yaml"
    own.parent.mkdir()
    own.write_text(DESK.replace("version: 1", "version: 2").replace("limit: 2h", "limit: 1h"), encoding="utf-8")
    engine.publish(own, tenant="north")
    assert engine.open("desk", ORDER, actor=LI, tenant="north").version == 2
    assert engine.open("desk", ORDER, actor=LI, tenant="south").version == 1
    with pytest.raises(ProcessNotFound):
        engine.process("desk", 2, tenant="south")
