"""What is decided while PostgreSQL is still asked counts only for the case that is there, and nobody notices it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.desk import ACME, BO, CALLER, DESK, KIM, LI, MONDAY, ORDER
from postgres import Schemas
from svcflow.casebook import People
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.chart import Chart, Configuration
from svcflow.core.decision import Refusal
from svcflow.core.event import Actor, Event
from svcflow.core.machine import Step
from svcflow.core.statechart import statechart
from svcflow.engine import Engine
from svcflow.errors import KeyConflict, MachineError, SvcflowError
from svcflow.language import compile_sources
from svcflow.stores.base import Found, Meanwhile
from svcflow.stores.open import open_store
from svcflow.telemetry import instrument
from svcflow.testing.faults import watched

AHEAD = ["before family", "decided", "after family", "before apply", "after apply"]
AFTERWARDS = ["before family", "after family", "decided", "before apply", "after apply"]
TWICE = ["before family", "decided", "after family", "decided", "before apply", "after apply"]


class Telling:
    """A machine that tells when an event is decided, and may raise something instead."""

    name = "telling"

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.problem: BaseException | None = None

    def start(self, chart: Chart) -> Step:
        return statechart.start(chart)

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        if event is not None:
            self._tell("decided")
            problem, self.problem = self.problem, None
            if problem is not None:
                raise problem
        return statechart.step(chart, at, event, allows)


class Desk:
    """An engine on a session of its own, with one case that it knows, and the order in which things happen in it."""

    def __init__(self, url: str, files: Path, clock: ManualClock, people: People | None = None) -> None:
        self._moments: list[str] = []
        self.machine = Telling(self._moments.append)
        self.before_apply: Callable[[], object] | None = None
        store = watched(open_store(f"{url}&pool=1&wait=0.2"), self._tell)
        self.engine = Engine(store, clock=clock, machine=self.machine, people=people)
        self.engine.publish(files / "desk.yaml", files / "visit.yaml")
        self.case = self.engine.open("desk", ORDER, actor=LI).id
        self.correct()  # The first reading prepares the statement, and nothing is done meanwhile.

    def correct(self, key: str | None = None, connection: object | None = None) -> Case:
        return self.engine.send(self.case, "correct", {"fault": "no sound"}, actor=LI, key=key, connection=connection)

    def _tell(self, moment: str) -> None:
        self._moments.append(moment)
        if moment == "before apply" and self.before_apply is not None:
            deed, self.before_apply = self.before_apply, None
            deed()

    def moments(self, deed: Callable[[], object] | None = None) -> list[str]:
        """What happens in it while an event is sent."""
        self._moments.clear()
        (deed or self.correct)()
        return self._moments.copy()


MakeDesk = Callable[..., Desk]


@pytest.fixture
def url(postgres: Schemas) -> str:
    return postgres.make()


@pytest.fixture
def make_desk(url: str, files: Path, clock: ManualClock) -> Iterator[MakeDesk]:
    with ExitStack() as opened:

        def make(people: People | None = None) -> Desk:
            desk = Desk(url, files, clock, people)
            opened.callback(desk.engine.close)
            return desk

        yield make


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk()


@pytest.fixture
def other(url: str, clock: ManualClock, desk: Desk) -> Iterator[Engine]:
    """Another process that works on the same cases."""
    with Engine(url, clock=clock) as engine:
        engine.case(desk.case)
        yield engine


def interfere(other: Engine, desk: Desk) -> None:
    other.send(desk.case, "correct", {"fault": "a smell"}, actor=BO)


def test_an_event_is_decided_once_and_while_the_store_is_asked(desk: Desk) -> None:
    assert desk.moments() == AHEAD


def test_on_a_case_that_has_moved_it_is_decided_again(desk: Desk, other: Engine) -> None:
    interfere(other, desk)
    assert desk.moments() == TWICE
    told = [entry.fields.get("fault") for entry in desk.engine.journal(desk.case)]
    assert told == ["no picture", "no sound", "a smell", "no sound"]
    assert desk.engine.verify().broken == ()


def test_where_others_write_to_the_same_cases_it_is_soon_no_longer_decided_ahead_until_they_stop(
    desk: Desk, other: Engine
) -> None:
    for _ in range(30):
        assert desk.moments() == AHEAD
    told = []
    for _ in range(12):
        interfere(other, desk)
        told.append(desk.moments())
    assert told[0] == TWICE
    assert told[-4:] == [AFTERWARDS] * 4
    assert desk.moments() == AFTERWARDS
    assert [desk.moments() for _ in range(30)][-1] == AHEAD


def test_a_refusal_decided_ahead_is_the_one_that_counts_only_for_the_case_as_it_is(desk: Desk, other: Engine) -> None:
    other.send(desk.case, "assign", {"owner": "kim"}, actor=BO)
    need = Event("need", {"parts": ["panel"]}, KIM)
    (answer,) = desk.engine.send_many([(desk.case, need)])
    assert isinstance(answer, Case)
    other.send(desk.case, "drop", actor=BO)
    (refused,) = desk.engine.send_many([(desk.case, need)])
    (told,) = other.send_many([(desk.case, need)])
    assert isinstance(refused, Refusal)
    assert refused == told


def test_a_key_that_another_process_has_used_is_seen(desk: Desk, other: Engine) -> None:
    for _ in range(5):
        assert desk.moments() == AHEAD
    case = other.send(desk.case, "correct", {"fault": "no sound"}, actor=LI, key="web-1")
    for _ in range(2):
        assert desk.correct(key="web-1") == case
    with pytest.raises(KeyConflict):
        desk.engine.send(desk.case, "correct", {"fault": "a smell"}, actor=LI, key="web-1")
    assert desk.engine.case(desk.case) == case


def test_in_a_family_that_grew_elsewhere_nothing_counts_that_was_decided_without_the_child(
    desk: Desk, other: Engine
) -> None:
    visit = desk.engine.open("visit", {"customer": "acme"}, actor=LI).id
    desk.engine.send(visit, "ask", actor=LI)
    child = desk.engine.case(visit).children["asking"]
    desk.engine.send(visit, "stop", actor=LI)
    assert other.case(child).status == "cancelled"


# ── who does not decide ahead ──────────────────────────────────────────────────────────────────────────────────


def test_the_host_is_asked_about_a_person_once(make_desk: MakeDesk) -> None:
    asked: list[str] = []

    def known(who: str) -> bool:
        asked.append(who)
        return True

    desk = make_desk(people=known)
    assert desk.moments() == AFTERWARDS
    asked.clear()
    desk.engine.send(desk.case, "assign", {"owner": "kim"}, actor=LI)
    assert asked == ["kim"]


def test_an_instrumented_engine_has_one_span_for_a_decision(desk: Desk) -> None:
    instrument(desk.engine)
    assert desk.moments() == AFTERWARDS


def test_in_the_hosts_transaction_it_is_decided_on_what_stands_there(desk: Desk, url: str) -> None:
    with closing(psycopg.connect(url)) as host:
        assert desk.moments(lambda: desk.correct(connection=host)) == AFTERWARDS
        host.rollback()
    assert desk.engine.case(desk.case).seq == 2
    assert desk.correct().seq == 3


def test_while_an_event_is_under_way_no_other_is_decided_ahead_nor_for_a_while_after_it(desk: Desk) -> None:
    first, desk.case = desk.case, desk.engine.open("desk", ORDER, actor=LI).id
    desk.before_apply = lambda: desk.engine.send(first, "correct", {"fault": "a smell"}, actor=LI)
    assert desk.moments() == [*AHEAD[:4], *AFTERWARDS, *AHEAD[4:]]
    assert desk.moments() == AFTERWARDS
    assert [desk.moments() for _ in range(30)][-1] == AHEAD


# ── with one session, which is busy ────────────────────────────────────────────────────────────────────────────


def note(desk: Desk) -> object:
    return desk.engine.note(desk.case, "called back", actor=LI)


def erase(desk: Desk) -> object:
    return desk.engine.erase(desk.case, reason="asked for", actor=LI)


def migrate(desk: Desk) -> object:
    return desk.engine.migrate("desk", from_version=1, cases=[desk.case])


@pytest.mark.parametrize("deed", [note, erase, migrate])
def test_nothing_else_is_asked_of_the_store_meanwhile(desk: Desk, deed: Callable[[Desk], object]) -> None:
    newer = DESK.replace("version: 1", "version: 2\nmigrate: {1: {}}")
    desk.engine.publish(compile_sources({"desk.yaml": newer}, "desk.yaml"))
    told = desk.moments(lambda: deed(desk))
    asked = told.index("before family")
    assert told[asked + 1] == "after family"
    assert told[-1] == "after apply"
    assert desk.engine.verify().broken == ()


def test_a_child_opens_after_the_reading(desk: Desk) -> None:
    visit = desk.engine.open("visit", {"customer": "acme"}, actor=LI).id
    told = desk.moments(lambda: desk.engine.send(visit, "ask", actor=LI))
    assert told[:4] == ["before family", "decided", "after family", "decided"]
    assert desk.engine.case(desk.engine.case(visit).children["asking"]).state == "calling"


def test_a_process_that_is_not_compiled_yet_is_asked_for_after_the_reading(desk: Desk, url: str) -> None:
    visit = desk.engine.open("visit", {"customer": "acme"}, actor=LI).id
    told: list[str] = []
    with Engine(watched(open_store(f"{url}&pool=1&wait=0.2"), told.append), clock=desk.engine.clock) as engine:
        engine.note(desk.case, "called back", actor=LI)
        engine.store.load("", visit)
        told.clear()
        engine.note(visit, "called back", actor=LI)
    assert told[:3] == ["before family", "after family", "before edition"]


@pytest.mark.parametrize("problem", [MachineError("it is stuck"), ZeroDivisionError()])
def test_what_deciding_raises_counts_only_for_the_case_as_it_is(desk: Desk, other: Engine, problem: Exception) -> None:
    desk.machine.problem = problem
    with pytest.raises(type(problem)):
        desk.correct()
    assert desk.moments() == AHEAD
    interfere(other, desk)
    desk.machine.problem = problem
    assert desk.moments() == TWICE
    assert desk.engine.case(desk.case).seq == 5


def test_a_reading_that_was_done_again_leaves_nothing_behind_of_what_was_decided_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = desk.engine.store.family

    def twice(
        tenant: str, case: str, key: str | None, *, connection: object | None, meanwhile: Meanwhile | None
    ) -> Found:
        read(tenant, case, key, connection=connection, meanwhile=meanwhile)
        return read(tenant, case, key, connection=connection, meanwhile=meanwhile)

    monkeypatch.setattr(desk.engine.store, "family", twice, raising=False)
    desk.machine.problem = MachineError("it was stuck")
    assert desk.correct().seq == 3


def test_an_interrupt_leaves_no_session_behind_that_still_waits_for_an_answer(desk: Desk) -> None:
    desk.machine.problem = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        desk.correct()
    assert desk.moments() == AFTERWARDS  # The session is a new one: its first reading is prepared.
    assert desk.moments() == AHEAD
    assert desk.engine.case(desk.case).seq == 4


# ── any sequence ───────────────────────────────────────────────────────────────────────────────────────────────

FORMS: dict[str, dict[str, Any]] = {
    "assign": {"owner": "kim"},
    "correct": {"fault": "no sound", "phone": "555 0101"},
    "need": {"parts": ["panel", "cable"]},
    "done": {"result": "new panel"},
    "fine": {},
    "drop": {},
    "ask": {},
    "stop": {},
    "answer": {"score": 2},
    "nonsense": {},
    "note": {},
    "erase": {},
}
CASES = {"T-1": ("desk", ORDER), "T-2": ("desk", ORDER), "V-1": ("visit", {"customer": "acme"})}
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([*CASES, "child"]),
        st.sampled_from(sorted(FORMS)),
        st.sampled_from([LI, KIM, ACME, CALLER]),
        st.sampled_from([None, "web-1"]),
        st.sampled_from([0, 0, 0, 1, 30]),
    ),
    max_size=25,
)


def deed(engine: Engine, case: str, name: str, actor: Actor, key: str | None) -> object:
    """What an engine answers, whatever it is."""
    if case == "child":
        case = engine.case("V-1").children.get("asking", "V-1")
    try:
        match name:
            case "note":
                return engine.note(case, "called back", actor=actor, key=key)
            case "erase":
                return engine.erase(case, reason="asked for", actor=actor)
            case _:
                return engine.send(case, name, FORMS[name], actor=actor, key=key)
    except SvcflowError as problem:
        return type(problem), getattr(problem, "refusal", str(problem))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_two_engines_on_one_database_make_of_any_events_what_one_in_memory_makes_of_them(
    postgres: Schemas, files: Path, steps: list[tuple[int, str, str, Actor, str | None, int]]
) -> None:
    clock = ManualClock(MONDAY)
    with ExitStack() as opened:
        url = f"{postgres.make()}&pool=1&wait=0.2"
        memory, *engines = [opened.enter_context(Engine(where, clock=clock)) for where in (":memory:", url, url)]
        for engine in (memory, engines[0]):
            engine.publish(files / "desk.yaml", files / "visit.yaml")
            for case, (process, form) in CASES.items():
                engine.open(process, form, actor=LI, id=case)
        # Both trust what they know, so that it is the case that decides.
        for engine, case in zip(engines, CASES, strict=False):
            for _ in range(12):
                assert deed(engine, case, "correct", LI, None) == deed(memory, case, "correct", LI, None)
        for number, case, name, actor, key, hours in steps:
            clock.advance(timedelta(hours=hours))
            assert deed(engines[number], case, name, actor, key) == deed(memory, case, name, actor, key)
        for engine in engines:
            cases = memory.cases()
            assert engine.cases() == cases
            assert [engine.journal(case.id) for case in cases] == [memory.journal(case.id) for case in cases]
            assert engine.outbox() == memory.outbox()
            assert engine.verify().broken == ()
