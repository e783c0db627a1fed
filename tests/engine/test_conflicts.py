"""Several writers to one case: each gets through, none is lost."""

import threading
from random import Random

import pytest

from engine.desk import KIM, LI, ORDER, Contested
from svcflow.core.event import Event
from svcflow.engine import Engine
from svcflow.errors import ConflictError, Refused


@pytest.mark.requirement("R118")
def test_writers_at_the_same_time_all_get_through(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    failed: list[Exception] = []

    def write(number: int) -> None:
        try:
            for n in range(5):
                engine.send(case.id, "correct", {"fault": f"{number}/{n}"}, actor=LI, key=f"{number}/{n}")
        except Exception as problem:  # noqa: BLE001 - whatever a thread raises is what the test looks at
            failed.append(problem)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    keys = [entry.key for entry in engine.journal(case.id)[1:]]
    assert sorted(key or "" for key in keys) == sorted(f"{number}/{n}" for number in range(4) for n in range(5))
    assert engine.verify().broken == ()


def test_the_same_request_at_the_same_time_happens_once(engine: Engine) -> None:
    opened: list[str] = []
    threads = [
        threading.Thread(target=lambda: opened.append(engine.open("desk", ORDER, actor=LI, key="web-1").id))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), len(set(opened)), len(engine.cases())) == (4, 1, 1)


def test_a_conflict_is_tried_again_and_decided_anew(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    contested = Engine(Contested(engine.store, 3), clock=engine.clock)  # type: ignore[arg-type]
    assert contested.send(case.id, "assign", {"owner": "kim"}, actor=LI).state == "repair"
    with pytest.raises(Refused):
        contested.send(case.id, "assign", {"owner": "kim"}, actor=LI)


class Eager(Random):
    """Random pauses of no length."""

    def uniform(self, a: float, b: float) -> float:
        return 0.0


def test_after_many_conflicts_the_caller_hears_of_it(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    store = Contested(engine.store, 10_000)
    contested = Engine(store, clock=engine.clock, random=Eager())  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        contested.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    assert 10 < 10_000 - store.conflicts < 100
    assert engine.case(case.id) == case


def test_many_events_of_one_case_are_one_write(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    store = Contested(engine.store, 0)
    events = [(case.id, Event("correct", {"fault": f"fault {n}"}, LI)) for n in range(150)]
    Engine(store, clock=engine.clock).send_many(events)  # type: ignore[arg-type]
    assert (store.writes, engine.case(case.id).seq) == (2, 151)


def test_a_batch_in_conflict_goes_one_by_one(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    contested = Engine(Contested(engine.store, 1), clock=engine.clock)  # type: ignore[arg-type]
    answers = contested.send_many(
        [(case.id, Event("assign", {"owner": "kim"}, LI)), (case.id, Event("need", {"parts": ["x"]}, KIM))]
    )
    assert [getattr(answer, "seq", None) for answer in answers] == [2, 3]
