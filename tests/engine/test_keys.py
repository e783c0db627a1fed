"""R3: a key makes an event happen at most once, and stands for one content for ever."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.desk import BO, KIM, LI, MONDAY, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.errors import CaseArchived, KeyConflict
from svcflow.stores.base import Store


@pytest.mark.requirement("R118", "R252")
def test_the_same_key_again_changes_nothing_and_returns_the_case(engine: Engine, clock: ManualClock) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    first = engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2")
    clock.advance(timedelta(minutes=5))
    assert engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2") == first
    engine.send(case.id, "done", {"result": "new panel"}, actor=KIM)
    later = engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2")
    assert (later.state, len(engine.journal(case.id))) == ("confirm", 3)


def test_a_key_is_known_after_the_case_has_ended(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    ended = engine.send(case.id, "drop", actor=LI, key="web-2")
    assert engine.send(case.id, "drop", actor=LI, key="web-2") == ended


@pytest.mark.requirement("R070", "R118", "R252")
def test_an_opening_key_opens_one_case(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI, key="web-1")
    assert engine.open("desk", ORDER, actor=LI, key="web-1") == case
    assert len(engine.cases()) == 1


def test_a_note_has_keys_too(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.note(case.id, "rang", actor=LI, key="call-1")
    assert engine.note(case.id, "rang", actor=LI, key="call-1").seq == 2
    with pytest.raises(KeyConflict):
        engine.note(case.id, "wrote", actor=LI, key="call-1")


@pytest.mark.parametrize(
    "other",
    [
        {"event": "correct"},
        {"fields": {"owner": "bo"}},
        {"fields": {}},
        {"actor": BO},
        {"actor": Actor("li", roles={"agent"}, on_behalf_of="bo")},
        {"at": MONDAY},
    ],
    ids=["event", "value", "form", "actor", "on behalf of", "time"],
)
def test_other_content_under_a_key_is_a_conflict(engine: Engine, other: Mapping[str, Any]) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    sent: dict[str, Any] = {"event": "assign", "fields": {"owner": "kim"}, "actor": LI, "at": None}
    before = engine.send(case.id, key="web-2", **sent)
    with pytest.raises(KeyConflict, match="'web-2'"):
        engine.send(case.id, key="web-2", **(sent | dict(other)))
    assert engine.case(case.id) == before


@pytest.mark.parametrize("field", ["fault", "phone"])
def test_other_content_under_an_opening_key_is_a_conflict_private_values_included(engine: Engine, field: str) -> None:
    engine.open("desk", ORDER, actor=LI, key="web-1")
    with pytest.raises(KeyConflict):
        engine.open("desk", ORDER | {field: "another"}, actor=LI, key="web-1")
    with pytest.raises(KeyConflict):
        engine.open("desk", {name: value for name, value in ORDER.items() if name != "phone"}, actor=LI, key="web-1")
    assert len(engine.cases()) == 1


def test_a_repeat_is_known_by_a_person_who_lost_the_role_meanwhile_and_by_nobody_else(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    first = engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2")
    assert engine.send(case.id, "assign", {"owner": "kim"}, actor=Actor("li"), key="web-2") == first
    with pytest.raises(KeyConflict):
        engine.send(case.id, "assign", {"owner": "kim"}, actor=Actor("eve", roles={"agent"}), key="web-2")


def test_a_value_means_the_same_in_any_spelling(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    first = engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM, key="web-3")
    assert engine.send(case.id, "need", {"parts": ("panel",)}, actor=KIM, key="web-3") == first


def test_the_same_key_in_another_case_is_another_key(engine: Engine) -> None:
    for _ in range(2):
        case = engine.open("desk", ORDER, actor=LI)
        assert engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="web-2").state == "repair"


class Archiving:
    """A store out of which somebody archives cases between two questions: just before the first journal is read."""

    def __init__(self, store: Store, archive: Callable[[], object]) -> None:
        self._store, self._archive = store, archive

    def __getattr__(self, name: str) -> object:
        if name == "journal":
            self._archive()
        return getattr(self._store, name)


def test_a_repeat_to_a_case_that_is_archived_meanwhile_is_answered(
    engine: Engine, clock: ManualClock, tmp_path: Path
) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "correct", {"phone": "555"}, actor=LI, key="web-2")
    ended = engine.send(case.id, "drop", actor=LI)
    engine.hook("*")(lambda call: None)
    engine.tick()
    clock.advance(timedelta(days=400))

    def archive() -> None:
        engine.archive(tmp_path, older_than=timedelta(days=365))

    later = Engine(Archiving(engine.store, archive), clock=clock)  # type: ignore[arg-type]
    assert later.send(case.id, "correct", {"phone": "555"}, actor=LI, key="web-2") == ended
    with pytest.raises(CaseArchived):
        later.send(case.id, "correct", {"phone": "555"}, actor=LI, key="web-2")
