"""A small house with two shops' cases, a child and private values, for the tests of logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from svcflow import language
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor
from svcflow.engine import Engine

SHOP = """
process: shop
version: 1
roles: [agent]
fields: {product: text, phone: {type: text, private: true}, owner: person, size: number, remark: text}
open: {by: agent, ask: product, may: [phone, size, remark]}
sla: {solved: {from: received, until: done, target: 1h}}                # svcflow: ignore SF514 only measured
states:
  received: {by: agent, events: {take: {to: repair, ask: owner, may: [size, remark]}}}
  repair: {by: agent, events: {finish: asked}}
  asked: {run: survey, events: {answered: done}}
  done: {end: done}
"""
SURVEY = """
process: survey
version: 1
roles: [agent]
fields: {product: text}
open: {may: product}
states:
  calling: {by: agent, events: {note_down: answered}}
  answered: {end: done}
"""
LI = Actor("李雷", {"agent"}, {"outlet-7"})
PHONE = "555-0199"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@contextmanager
def house() -> Iterator[Engine]:
    """A case that ended, with the child that it ran; one that is open; and the survey's engine to go on with."""
    clock = ManualClock(START)
    with Engine(clock=clock) as engine:
        sources = {"shop.yaml": SHOP, "survey.yaml": SURVEY}
        engine.publish(*(language.compile_sources(sources, file) for file in ("survey.yaml", "shop.yaml")))
        engine.open("shop", {"product": "投影仪 X1", "phone": PHONE, "size": "2.50"}, actor=LI, id="s-1")
        clock.advance(timedelta(minutes=10))
        engine.send("s-1", "take", {"owner": "wang", "remark": "=1+1"}, actor=LI)
        clock.advance(timedelta(minutes=10))
        child = engine.send("s-1", "finish", actor=LI).children["asked"]
        clock.advance(timedelta(minutes=10))
        engine.send(child, "note_down", actor=LI)
        engine.open("shop", {"product": "K7"}, actor=LI, id="s-2")
        engine.note("s-2", "rang, but nobody was there", actor=LI)
        yield engine
