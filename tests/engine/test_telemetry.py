"""Spans and metrics of an instrumented engine: what they say, what they never say, and that others pay nothing."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from engine.desk import KIM, LI, ORDER, Contested
from svcflow import Event, HookCall, ManualClock, Refused, Terms
from svcflow.casebook import Casebook
from svcflow.door import Door
from svcflow.engine import Engine
from svcflow.errors import CaseNotFound, InputError
from svcflow.rounds import Rounds
from svcflow.telemetry import instrument

SECRETS = (ORDER["phone"], "no picture", "the customer cried", "acme", "kim")


@frozen
class Exported:
    """What has been exported so far, in memory."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == f"svcflow.{name}"]

    def only(self, name: str) -> ReadableSpan:
        (span,) = self.spans(name)
        return span

    def said(self, name: str) -> Mapping[str, Any]:
        """The attributes of the only span of this name."""
        return dict(self.only(name).attributes or {})

    def points(self) -> dict[str, dict[str, Any]]:
        """The points of each metric, by the values of their attributes."""
        data = self.reader.get_metrics_data()
        metrics = [] if data is None else data.resource_metrics[0].scope_metrics[0].metrics
        return {
            metric.name.removeprefix("svcflow."): {
                " ".join(map(str, (point.attributes or {}).values())): getattr(point, "value", None) or point
                for point in metric.data.data_points
            }
            for metric in metrics
        }


Instrument = Callable[[Engine], Exported]


@pytest.fixture
def instrumented() -> Instrument:
    def instrumented(engine: Engine) -> Exported:
        exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
        spans = TracerProvider(shutdown_on_exit=False)
        spans.add_span_processor(SimpleSpanProcessor(exporter))
        meters = MeterProvider([reader], shutdown_on_exit=False)
        instrument(engine, tracer_provider=spans, meter_provider=meters)
        return Exported(exporter, reader)

    return instrumented


@pytest.fixture
def exported(engine: Engine, instrumented: Instrument) -> Exported:
    return instrumented(engine)


def test_an_event_is_a_span_around_its_decision_and_its_commit(engine: Engine, exported: Exported) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    event = exported.only("event")
    said = {"svcflow.process": "desk", "svcflow.event": "open", "svcflow.case": case.id}
    assert exported.said("event") == said
    for name in ("decide", "commit"):
        inner = exported.only(name)
        assert inner.parent is not None
        assert event.context is not None
        assert inner.parent.span_id == event.context.span_id
    points = exported.points()
    assert points["events"] == {"accepted desk open": 1}
    assert points["event.duration"]["accepted"].count == 1


def test_refusals_are_counted_by_their_code_and_errors_by_nothing(engine: Engine, exported: Exported) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    for _ in range(2):
        with pytest.raises(Refused):
            engine.send(case.id, "assign", {"owner": "kim"}, actor=KIM)
    with pytest.raises(CaseNotFound):
        engine.send("nobody", "assign", actor=LI)
    points = exported.points()
    assert points["events"] == {"accepted desk open": 1, "refused": 2, "error": 1}
    assert points["refusals"] == {"forbidden": 2}
    *_, refused, failed = exported.spans("event")
    assert (refused.attributes or {})["svcflow.refusal"] == "forbidden"
    assert (refused.status.is_ok, failed.status.is_ok) == (True, False)
    assert failed.status.description == "CaseNotFound"


def test_events_that_are_sent_together_are_counted_each(engine: Engine, exported: Exported) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    assign, wrong = Event("assign", {"owner": "kim"}, LI), Event("nonsense", {}, LI)
    engine.send_many([(case.id, assign), (case.id, wrong)])
    assert exported.points()["events"] == {"accepted desk open": 1, "accepted desk assign": 1, "refused": 1}
    assert exported.said("events") == {"svcflow.count": 2}


def test_timers_and_calls_are_counted(engine: Engine, clock: ManualClock, exported: Exported) -> None:
    case, other = (engine.open("desk", ORDER, actor=LI) for _ in range(2))

    @engine.hook("notify")
    def notify(call: HookCall) -> None:
        if call.case == case.id:
            raise OSError(f"nobody answers at {ORDER['phone']}")

    clock.advance(timedelta(minutes=70))
    assert exported.points()["timer.lag"] == {"": 600}
    assert exported.points()["call.lag"] == {"": 4200}
    engine.tick()
    engine.tick(clock.advance(timedelta(hours=1)), terms=Terms(tries=2))
    points = exported.points()
    assert points["timers"] == {"": sum(entry.kind == "timer" for entry in engine.journal(case.id)) * 2}
    assert {key: value for key, value in points["calls"].items() if "delivered" not in key} == {
        "failed notify": 1, "dead notify": 1,
    }  # fmt: skip
    first, *_ = exported.spans("hook")
    assert (first.attributes or {})["svcflow.hook"] == "notify"
    failed = [span for span in exported.spans("hook") if not span.status.is_ok]
    assert {span.status.description for span in failed} == {"OSError"}
    assert {(span.attributes or {})["svcflow.case"] for span in failed} == {case.id} != {other.id}


def test_timers_fired_together_are_one_span_and_those_fired_alone_one_each(
    engine: Engine, clock: ManualClock, instrumented: Instrument
) -> None:
    cases = [engine.open("desk", ORDER, actor=LI).id for _ in range(2)]
    contested = Engine(Contested(engine.store, 3), clock=clock)  # type: ignore[arg-type]
    exported = instrumented(contested)
    clock.advance(timedelta(minutes=70))
    contested.tick()  # Together, then each half of them, they come in another writer's way.
    assert [dict(span.attributes or {}) for span in exported.spans("timers")] == [
        {"svcflow.count": 2}, {"svcflow.count": 1}, {"svcflow.count": 1},
    ]  # fmt: skip
    timer = {"svcflow.timer": "limit:received"}
    assert [dict(span.attributes or {}) for span in exported.spans("timer")] == [
        {"svcflow.case": case, **timer} for case in sorted(cases)
    ]
    assert exported.points()["timers"] == {"": 2}


def test_what_a_hook_inside_refuses_is_counted_as_refused(engine: Engine, exported: Exported) -> None:
    @engine.hook("notify", inside=True)
    def notify(call: HookCall) -> None:
        raise ValueError("not on a Monday")

    with pytest.raises(Refused):
        engine.open("desk", ORDER, actor=LI)
    points = exported.points()
    assert (points["events"], points["refusals"]) == ({"refused": 1}, {"hook": 1})
    assert points["event.duration"]["refused"].count == 1
    assert exported.said("event")["svcflow.refusal"] == "hook"


def test_a_database_that_is_away_is_late_by_nobody_knows_how_much(
    engine: Engine, exported: Exported, caplog: pytest.LogCaptureFixture
) -> None:
    lags = {"timer.lag", "call.lag"}
    assert exported.points().keys() >= lags
    engine.close()
    assert exported.points().keys().isdisjoint(lags)
    assert caplog.text == ""


def test_async_hooks_and_those_inside_have_spans_too(engine: Engine, exported: Exported) -> None:
    @engine.hook("notify")
    async def notify(call: HookCall) -> None:
        await asyncio.to_thread(list)

    engine.hook("order_parts", inside=True)(lambda call: None)
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.send(case.id, "need", {"parts": ["panel"]}, actor=KIM)
    engine.tick()
    assert [(span.attributes or {})["svcflow.hook"] for span in exported.spans("hook")] == ["order_parts", "notify"]


def test_conflicts_that_were_tried_again_are_counted(engine: Engine, instrumented: Instrument) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    contested = Engine(Contested(engine.store, 3), clock=engine.clock)  # type: ignore[arg-type]
    exported = instrumented(contested)
    contested.note(case.id, "rang", actor=LI)
    assert exported.points()["conflicts"] == {"": 3}
    assert exported.points()["events"] == {"accepted desk note": 1}


def test_nothing_private_and_no_text_or_person_is_in_any_of_it(
    engine: Engine, clock: ManualClock, exported: Exported
) -> None:
    @engine.hook("notify", private=["phone"])
    def notify(call: HookCall) -> None:
        raise OSError(f"nobody answers at {call.fields['phone']}")

    case = engine.open("desk", ORDER, actor=LI, key=None)
    engine.note(case.id, "the customer cried", actor=LI)
    for event in ("assign", ORDER["phone"]):
        with pytest.raises(Refused):
            engine.send(case.id, event, {"owner": 7, "fault": "no picture"}, actor=KIM)
    engine.send(case.id, "correct", {"phone": ORDER["phone"]}, actor=LI)
    clock.advance(timedelta(hours=3))
    engine.tick()
    everything = " ".join(span.to_json() for span in exported.exporter.get_finished_spans())
    data = exported.reader.get_metrics_data()
    assert data is not None
    everything += data.to_json()
    assert everything.count("OSError") > 0
    assert [secret for secret in SECRETS if secret in everything] == []


def test_an_engine_is_instrumented_once(engine: Engine, exported: Exported) -> None:
    with pytest.raises(InputError, match="instrumented already"):
        instrument(engine)


def test_an_engine_that_is_not_instrumented_runs_the_very_code_that_knows_nothing_of_it(engine: Engine) -> None:
    assert [type(part) for part in (engine._door, engine._door.book, engine.rounds)] == [Door, Casebook, Rounds]
    program = "import sys, svcflow; svcflow.Engine(); print([name for name in sys.modules if 'opentel' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_opentelemetry_it_says_what_to_install(tmp_path: Path) -> None:
    program = "import sys; sys.modules['opentelemetry'] = None; import svcflow.telemetry"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith("pip install 'svcflow[otel]'")
