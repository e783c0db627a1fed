"""OpenTelemetry spans and metrics of an engine (`svcflow[otel]`), of which an engine without them knows nothing."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar, cast

from attrs import evolve, field, frozen

from svcflow.casebook import Answer, Casebook, Family, Opening
from svcflow.core.case import Case
from svcflow.core.decision import HookCall, Refusal
from svcflow.core.event import Event, Input
from svcflow.core.process import Process
from svcflow.door import Door, Sent
from svcflow.engine import Engine
from svcflow.errors import ConflictError, InputError, Refused, StoreError
from svcflow.hooks import Hook, HookFunction, Hooks
from svcflow.inside import Insiders, Planned
from svcflow.published import Editions
from svcflow.rounds import Attempt, Rounds, Tally, Terms
from svcflow.stores.base import Change, Delivery, DueCase

try:
    from opentelemetry import metrics, trace
    from opentelemetry.metrics import CallbackOptions, Observation
except ImportError as missing:
    raise ImportError("telemetry needs OpenTelemetry: pip install 'svcflow[otel]'") from missing

T = TypeVar("T")
NAME = "svcflow"


def instrument(
    engine: Engine,
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
) -> None:
    """
    Let an engine, and the workers that it will have, make spans and count; by default with the global providers.

    Values of fields, texts and persons are in none of them, nor is what an error says: only of what kind it is.

    Raises:
        InputError: If it is instrumented already.
    """
    door = engine._door  # noqa: SLF001 - the seam: what changes cases is put in place of what was there
    if isinstance(door, _Door):
        raise InputError("this engine is instrumented already")
    meters = _Meters(trace.get_tracer(NAME, tracer_provider=tracer_provider), meter_provider, engine)
    insiders = _Insiders(engine.hooks, meters)
    book = _Book(
        door.book.store, door.book.published, door.book.clock, door.book.machine, door.book.people,
        door.book.qualifications, meters=meters,
    )  # fmt: skip
    engine._door = _Door(book, door.random, insiders, meters)  # noqa: SLF001 - the same
    engine.rounds = _Rounds(engine._door, engine.hooks, engine.random, meters)  # noqa: SLF001 - the same


class _Meters:
    """The instruments, each made once."""

    def __init__(self, tracer: trace.Tracer, provider: metrics.MeterProvider | None, engine: Engine) -> None:
        meter = metrics.get_meter(NAME, meter_provider=provider)
        self._tracer, self._engine = tracer, engine
        self.events = meter.create_counter("svcflow.events", "{event}", "What was sent, by outcome")
        self.refusals = meter.create_counter("svcflow.refusals", "{event}", "Events that were refused, by code")
        self.timers = meter.create_counter("svcflow.timers", "{case}", "Cases of which due timers were fired")
        self.calls = meter.create_counter("svcflow.calls", "{call}", "Hook calls, by outcome")
        self.conflicts = meter.create_counter("svcflow.conflicts", "{conflict}", "Writes that met another writer")
        self.duration = meter.create_histogram("svcflow.event.duration", "s", "How long an event took")
        for name in ("timer", "call"):
            what = f"How long the {name} that comes next has waited for a worker, over all cases"
            meter.create_observable_gauge(f"svcflow.{name}.lag", [self._lag(name)], "s", what)

    def _lag(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            try:
                yield Observation(getattr(self._engine.lags(), name).total_seconds())
            except StoreError:
                return  # A database that is away is late by nobody knows how much.

        return observe

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, str | int]) -> Generator[trace.Span]:
        """A span that tells of an error only of what kind it is: what it says may be private."""
        with self._tracer.start_as_current_span(
            f"svcflow.{name}",
            attributes={f"svcflow.{key}": value for key, value in attributes.items()},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as problem:
                if not isinstance(problem, Refused):
                    span.set_status(trace.StatusCode.ERROR, type(problem).__name__)
                raise

    @contextmanager
    def event(self, case: str) -> Generator[list[tuple[str, Case | Refusal]]]:
        """One event, from its arrival to its answer, which is put into the list."""
        began, answers = time.perf_counter(), list[tuple[str, Case | Refusal]]()
        with self.span("event", {"case": case}) as span:
            outcome = "error"
            try:
                yield answers
                outcome = self.answered(*answers[0], span)
            except Refused as refused:
                outcome = self._refused(refused.refusal, span)
                raise
            finally:
                if outcome == "error":
                    self.events.add(1, {"outcome": outcome})
                self.duration.record(time.perf_counter() - began, {"outcome": outcome})

    def answered(self, name: str, answer: Case | Refusal, span: trace.Span) -> str:
        """Count an answer; only an event that its process knows is named, since others are any text."""
        if isinstance(answer, Refusal):
            return self._refused(answer, span)
        said = {"svcflow.process": answer.process, "svcflow.event": name}
        span.set_attributes({**said, "svcflow.case": answer.id})
        self.events.add(1, {"outcome": "accepted", **said})
        return "accepted"

    def _refused(self, refusal: object, span: trace.Span) -> str:
        code = refusal.code if isinstance(refusal, Refusal) else "other"
        span.set_attribute("svcflow.refusal", code)
        self.events.add(1, {"outcome": "refused"})
        self.refusals.add(1, {"code": code})
        return "refused"


@frozen
class _Book(Casebook):
    meters: _Meters = field(kw_only=True)

    @property
    def unnoticed(self) -> bool:
        """Each has its span."""
        return False

    def judge(self, family: Family, editions: Editions, case_id: str, event: Input, at: datetime | None) -> Answer:
        with self.meters.span("decide", {"case": case_id}):
            return super().judge(family, editions, case_id, event, at)

    def judge_opening(self, opening: Opening, process: Process, editions: Editions, now: datetime) -> Answer:
        with self.meters.span("decide", {"case": opening.id}):
            return super().judge_opening(opening, process, editions, now)


@frozen
class _Door(Door):
    meters: _Meters

    def open(self, opening: Opening, at: datetime | None, connection: object | None) -> Case | Refusal:
        with self.meters.event(opening.id) as answers:
            answers.append(("open", super().open(opening, at, connection)))
        return answers[0][1]

    def send(self, sent: Sent) -> Case | Refusal:
        with self.meters.event(sent.case) as answers:
            answers.append((_name(sent), super().send(sent)))
        return answers[0][1]

    def _send_batch(self, batch: Sequence[Sent], connection: object | None) -> list[Case | Refusal]:
        with self.meters.span("events", {"count": len(batch)}):
            answers = super()._send_batch(batch, connection)
        for sent, answer in zip(batch, answers, strict=True):
            self.meters.answered(_name(sent), answer, trace.INVALID_SPAN)
        return answers

    def fire(self, due: DueCase, now: datetime) -> bool:
        with self.meters.span("timer", {"case": due.case, "timer": due.timer}):
            fired = super().fire(due, now)
        self.meters.timers.add(int(fired))
        return fired

    def _fire_batch(self, due: Sequence[DueCase], now: datetime, connection: object | None) -> Mapping[DueCase, bool]:
        with self.meters.span("timers", {"count": len(due)}):
            fired = super()._fire_batch(due, now, connection)
        self.meters.timers.add(sum(fired.values()))
        return fired

    def _write(self, changes: Sequence[Change], connection: object | None, ours: object | None = None) -> None:
        with self.meters.span("commit", {"cases": len(changes)}):
            super()._write(changes, connection, ours)

    def _insist(self, attempt: Callable[[], T], connection: object | None) -> T:
        def counted() -> T:
            try:
                return attempt()
            except ConflictError:
                self.meters.conflicts.add(1)
                raise

        return super()._insist(counted, connection)


class _Insiders(Insiders):
    def __init__(self, hooks: Hooks, meters: _Meters) -> None:
        super().__init__(hooks)
        self._meters = meters

    def _call(self, planned: Planned, connection: object | None) -> None:
        with self._meters.span("hook", _said(planned.call)):
            super()._call(planned, connection)


@frozen
class _Rounds(Rounds):
    meters: _Meters

    def _attempt(self, delivery: Delivery) -> Attempt | None:
        attempt = super()._attempt(delivery)
        return None if attempt is None else evolve(attempt, hook=self._traced(attempt.hook))

    def _traced(self, hook: Hook) -> Hook:
        function, span = hook.function, self.meters.span

        def plain(call: HookCall) -> Awaitable[None] | None:
            with span("hook", _said(call)):
                return function(call)

        async def awaited(call: HookCall) -> None:
            with span("hook", _said(call)):
                await cast("Awaitable[None]", function(call))

        traced: HookFunction = awaited if hook.awaits else plain
        return evolve(hook, function=traced)

    def note(self, attempt: Attempt, problem: BaseException | None, at: datetime, terms: Terms) -> Tally:
        tally = super().note(attempt, problem, at, terms)
        outcome = "delivered" if tally.delivered else "dead" if tally.parked else "failed"
        self.meters.calls.add(1, {"outcome": outcome, "svcflow.hook": attempt.call.hook})
        return tally


def _name(sent: Sent) -> str:
    return sent.event.name if isinstance(sent.event, Event) else type(sent.event).__name__.lower()


def _said(call: HookCall) -> Mapping[str, str | int]:
    return {"hook": call.hook, "case": call.case, "call": call.key, "attempt": call.attempt}
