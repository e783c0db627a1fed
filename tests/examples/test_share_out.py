"""Work that is given out evenly and done once, by the code of the page about it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import svcflow
from pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "share-out.md"
LI = svcflow.Actor("li", roles={"agent"})
ACME = svcflow.Actor("acme-user", groups={"acme"})


@pytest.fixture
def sharing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for block in (*blocks(PAGE, "yaml"), *blocks(PAGE, "python")):
        if block.title is not None:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    spec = spec_from_file_location("sharing", tmp_path / "sharing.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def engine(sharing: ModuleType) -> Iterator[svcflow.Engine]:
    with svcflow.Engine(f"sqlite:///{sharing.FILE}") as made:
        made.hook("notify")(lambda _call: None)
        sharing.ready(made)
        yield made


def form(serial: str, fault: str = "dark") -> dict[str, str]:
    return {"customer": "acme", "serial": serial, "fault": fault}


@pytest.mark.requirement("R118")
def test_each_new_case_goes_to_whoever_has_the_least_open_work(sharing: ModuleType, engine: svcflow.Engine) -> None:
    ids = [sharing.take_in(engine, form(f"S-{number}"), LI).id for number in range(7)]
    engine.tick()
    load = Counter(case.fields["owner"] for case in engine.cases(status="open"))
    assert sorted(load.values()) == [2, 2, 3]
    for case in engine.cases(where={"owner": "noor"}):
        engine.send(case.id, "done", {"result": "new panel"}, actor=svcflow.Actor("noor"))
    late = [sharing.take_in(engine, form(f"T-{number}"), LI).id for number in range(2)]
    engine.tick()
    assert [engine.case(one).fields["owner"] for one in late] == ["noor", "noor"]
    assert len(set(ids) | set(late)) == 9


@pytest.mark.requirement("R118")
def test_several_workers_give_out_as_evenly_as_one(sharing: ModuleType, engine: svcflow.Engine) -> None:
    for number in range(9):
        sharing.take_in(engine, form(f"S-{number}"), LI)
    calls = [delivery.call for delivery in engine.outbox()]
    threads = [threading.Thread(target=sharing.share_out, args=(engine, call)) for call in calls * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(case.fields["owner"] for case in engine.cases()) == dict.fromkeys(sharing.STAFF, 3)


@pytest.mark.requirement("R118")
def test_what_is_reported_by_several_at_once_is_one_case(sharing: ModuleType, engine: svcflow.Engine) -> None:
    begin = threading.Barrier(4)

    def report(actor: svcflow.Actor) -> None:
        begin.wait()
        sharing.take_in(engine, form("S-1"), actor)

    threads = [threading.Thread(target=report, args=(actor,)) for actor in (LI, ACME, LI, ACME)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (case,) = engine.cases()
    opened, *again = engine.journal(case.id)
    assert (opened.kind, [entry.name for entry in again]) == ("opened", ["reported_again"] * 3)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "done", {"result": "new panel"}, actor=svcflow.Actor("kim"))
    assert sharing.take_in(engine, form("S-1"), LI).id != case.id


@pytest.mark.requirement("R118")
def test_a_duplicate_is_joined_to_its_original_and_each_names_the_other(
    sharing: ModuleType, engine: svcflow.Engine
) -> None:
    original = sharing.take_in(engine, form("S-1"), LI)
    twins = [engine.open("repair", form("S-1", fault), actor=LI) for fault in ("no sound", "smells")]
    for twin in twins:
        joined = engine.send(twin.id, "duplicate", {"original": original.id}, actor=LI)
        assert (joined.state, joined.status, joined.fields["original"]) == ("joined", "cancelled", original.id)
    kept = engine.case(original.id)
    assert (kept.status, kept.fields["duplicates"]) == ("open", tuple(twin.id for twin in twins))
    assert engine.verify().broken == ()


@pytest.mark.requirement("R118")
def test_what_is_no_duplicate_stays_as_it_was(sharing: ModuleType, engine: svcflow.Engine) -> None:
    original, other, twin = (engine.open("repair", form(serial), actor=LI) for serial in ("S-1", "S-2", "S-1"))
    engine.send(twin.id, "duplicate", {"original": original.id}, actor=LI)
    before = engine.cases()
    for one, named in ((other, original.id), (original, original.id), (original, twin.id), (other, "nobody's")):
        with pytest.raises(svcflow.Refused) as caught:
            engine.send(one.id, "duplicate", {"original": named}, actor=LI)
        assert caught.value.refusal.code == "hook"
    assert engine.cases() == before
