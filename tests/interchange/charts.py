"""
A process's own chart, walked with every condition held true: what other tools must do with what was written for them.
"""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

import svcflow
from interchange.machines import load_text, nested_machines
from svcflow import catalog
from svcflow.core.machine import Configuration
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.errors import InputError
from svcflow.interchange import read_machine

SHARED = Path(__file__).parents[2].parent / "shared" / "definitions"
CATALOG: list[Process] = [getattr(catalog, name) for name in catalog.NAMES]

# All that a chart can do at once: groups, regions that end, histories, events that stay, automatic moves.
EVERYTHING = """
process: everything
version: 1
title: 全部
roles: [staff]
by: staff
fields: {price: money, ready: flag, note: text, grade: gold | silver, day: date}
states:
  新建: {events: {go: work, skip: closed}}
  work:
    parallel: true
    events:
      stop: on_hold
      done: check
    states:
      left:
        states:
          a: {events: {next: b, both: b}}
          b: {end: done}
      right:
        states:
          c: {events: {next: c, both: d, turn: {to: here, ask: note}}}
          d: {events: {back_to_c: c, ready_now: e}}
          e: {end: done}
  on_hold: {events: {resume: work.last, again: work}, after: {2h: closed}}
  check: {auto: {to: [{to: closed, when: ready and price > 10}, desk]}}
  desk:
    events: {reset: desk, inner: desk.y, close: {to: [{to: closed, max: 2, when: not ready}, on_hold]}}
    states:
      x: {events: {swap: y}}
      y: {events: {swap: x, out: closed}}
  closed: {end: cancelled}
"""


def processes() -> list[Process]:
    """
    The catalog, the shared definitions where they are there, one with everything, and some random ones.
    """
    shared = [svcflow.load(file) for file in sorted(SHARED.glob("*.yaml")) if file.stem != "common"]
    return [*CATALOG, *shared, load_text(EVERYTHING, "everything"), *random_processes(25)]


def random_processes(count: int) -> list[Process]:
    found: list[Process] = []

    @settings(max_examples=count * 4, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(nested_machines())
    def gather(machine: dict[str, Any]) -> None:
        if len(found) < count:
            try:
                found.append(load_text(read_machine(machine, separator="/").text))
            except InputError:
                return

    gather()
    return found


def sent(process: Process) -> list[str]:
    """
    The names of all events that somebody sends, ends of child cases included.
    """
    kinds = {"event", "anywhere", "child"}
    return sorted({rule.name for rule in process.rules() if rule.kind in kinds})


def walks(process: Process, count: int = 6, length: int = 15) -> list[list[str]]:
    chance = Random(process.digest)
    names = sent(process)
    return [[chance.choice(names) for _ in range(length)] for _ in range(count)] if names else []


def follow(process: Process, events: Sequence[str]) -> list[list[str]]:
    """
    The active leaves, as sorted paths, at the start and after each event, when every condition holds.
    """
    at = settle(process, statechart.start(process.chart).after, statechart.start(process.chart).raised)
    stations = [at]
    for event in events:
        at = fire(process, at, event)
        stations.append(at)
    return [sorted(process.states[leaf].path for leaf in one.leaves) for one in stations]


def fire(process: Process, at: Configuration, event: str) -> Configuration:
    for trigger in triggers(process, at, event):
        step = statechart.step(process.chart, at, trigger, lambda _: True)
        if step is not None:
            return settle(process, step.after, step.raised)
    return at


def triggers(process: Process, at: Configuration, event: str) -> list[str]:
    """
    What an event is called in the chart: the ends of a child have names of their own.
    """
    names = {rule.trigger for rule in process.rules() if rule.name == event and rule.kind != "done"}
    return sorted(name for name in names if name is not None)


def settle(process: Process, at: Configuration, raised: Sequence[str]) -> Configuration:
    queue = deque(raised)
    while True:
        step = statechart.step(process.chart, at, None, lambda _: True)
        while step is None and queue:
            ended = queue.popleft().removeprefix("done.state.")
            step = statechart.step(process.chart, at, f"+done/{ended}", lambda _: True)
        if step is None:
            return at
        at = step.after
        queue.extend(step.raised)
