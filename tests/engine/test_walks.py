"""The engine adds nothing to what the core decides, and no store changes it: random walks, once in each."""

import tempfile
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.desk import ACME, BO, KIM, LI, MONDAY, ORDER, desk_process
from postgres import Schemas
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decide import decide, open_case
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import Actor, Event, Tick
from svcflow.engine import Engine

FORMS: dict[str, dict[str, Any]] = {
    "assign": {"owner": "kim"},
    "correct": {"fault": "no sound", "phone": "555 0101"},
    "need": {"parts": ["panel", "cable"]},
    "done": {"result": "new panel"},
    "fine": {},
    "not_fine": {},
    "drop": {},
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([LI, BO, KIM, ACME, Actor("kim", roles={"agent"})]),
        st.sampled_from([*FORMS, "nonsense"]),
        st.booleans(),
        st.integers(0, 30),
        st.booleans(),
    ),
    max_size=12,
)


def fold(case: Case, event: Event | Tick, clock: ManualClock) -> Case | Refusal:
    """What the pure core makes of it."""
    answer = decide(desk_process(), case, event, clock.now())
    return answer.case if isinstance(answer, Decision) else answer


@pytest.mark.requirement("R041", "R123")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_the_core_and_every_store_tell_the_same_story(
    postgres: Schemas, steps: list[tuple[Actor, str, bool, int, bool]]
) -> None:
    clock = ManualClock(MONDAY)
    with ExitStack() as opened_here:
        folder = opened_here.enter_context(tempfile.TemporaryDirectory())
        urls = (":memory:", f"sqlite:///{folder}/cases.db?synchronous=NORMAL", postgres.make())
        engines = [opened_here.enter_context(Engine(url, clock=clock)) for url in urls]
        for engine in engines:
            engine.publish(desk_process())
            engine.open("desk", ORDER, actor=LI, id="T-1")
        opened = open_case(desk_process(), ORDER, LI, clock.now(), id="T-1")
        assert isinstance(opened, Decision)
        case = opened.case
        for actor, name, empty, hours, worker in steps:
            clock.advance(timedelta(hours=hours))
            if worker:
                engines[0].tick()
            sent = Event(name, {} if empty else FORMS.get(name, {}), actor)
            answer = fold(case, sent, clock)
            for engine in engines:
                preview = engine.preview("T-1", name, sent.fields, actor=actor)
                (written,) = engine.send_many([("T-1", sent)])
                assert written == answer == (preview.case if isinstance(preview, Decision) else preview)
            case = case if isinstance(answer, Refusal) else answer
            present = fold(case, Tick(), clock)
            assert [engine.case("T-1") for engine in engines] == [present] * len(engines)
        for engine in engines:
            engine.tick()
            assert engine.journal("T-1") == engines[0].journal("T-1")
            assert engine.outbox() == engines[0].outbox()
            assert engine.verify().broken == ()
