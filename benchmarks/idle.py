"""
What a case at rest weighs in memory: service tickets just opened, read from their file.

A case is charged with every object that belongs to it alone; what it shares with its process is not counted.
"""

from __future__ import annotations

import gc
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from tempfile import TemporaryDirectory
from types import FunctionType, ModuleType

from attrs import frozen

from benchmarks.race import Effort
from benchmarks.ticket import AGENT, ORDER, START
from svcflow import Case, Engine, ManualClock, catalog
from svcflow.core.machine import Configuration

AROUND = (type, ModuleType, FunctionType)
"""What leads from a value to the program around it."""

PARTS = {
    "where it stands": ("states", "arrivals", "memory", "returns"),
    "clocks": ("clocks", "cycles"),
    "timers": ("timers",),
    "fields": ("fields",),
}
"""Attributes of a case that are weighed together; what is left is its identity and its counters."""
REST = "identity and counters"


@frozen
class Idle:
    """
    Bytes on average over so many cases.

    `configuration` is what a state machine has to keep of a case between two events. `parts` add up to the case.
    """

    cases: int
    configuration: float
    parts: Mapping[str, float]

    @property
    def beside_fields(self) -> float:
        """The whole case without its fields."""
        return sum(size for name, size in self.parts.items() if name != "fields")


def idle(effort: Effort) -> Idle:
    """Open tickets in a file, read them with another engine, and weigh them."""
    with _tickets(effort.idle) as cases:
        process = catalog.service_ticket
        places = [Configuration(tuple([process.paths[path] for path in case.states])) for case in cases]
        return Idle(len(cases), sum(_weighed(places, {}).values()), _weighed(cases, PARTS))


def _weighed(values: Sequence[object], parts: Mapping[str, Sequence[str]]) -> Mapping[str, float]:
    """The mean weight of each part of the values, each object in the first part that leads to it."""
    owners = Counter(id(found) for value in values for found in _reached(value, set()))
    bytes_of = dict.fromkeys((*parts, REST), 0)
    for value in values:
        seen: set[int] = set()
        for part, names in parts.items():
            for name in names:
                bytes_of[part] += _own(_reached(getattr(value, name), seen), owners)
        bytes_of[REST] += _own(_reached(value, seen), owners)
    return {part: size / len(values) for part, size in bytes_of.items()}


def _own(found: Iterator[object], owners: Mapping[int, int]) -> int:
    return sum(sys.getsizeof(one) for one in found if owners[id(one)] == 1)


def _reached(value: object, seen: set[int]) -> Iterator[object]:
    """A value and all that it leads to, without what was seen before."""
    pending = [value]
    while pending:
        one = pending.pop()
        if id(one) not in seen and not isinstance(one, AROUND):
            seen.add(id(one))
            yield one
            pending += gc.get_referents(one)


@contextmanager
def _tickets(count: int) -> Iterator[list[Case]]:
    clock = ManualClock(START)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/idle.db"
        with Engine(url, clock=clock) as engine, closing(sqlite3.connect(url[10:], isolation_level=None)) as host:
            engine.publish(catalog.path("service_ticket.yaml"))
            host.execute("BEGIN IMMEDIATE")
            for number in range(count):
                clock.advance(timedelta(milliseconds=1))
                order = {**ORDER, "customer": f"customer {number}"}
                engine.open("service_ticket", order, actor=AGENT, id=f"case-{number:06}", connection=host)
            host.execute("COMMIT")
        with Engine(url, clock=clock) as engine:
            yield [engine.case(f"case-{number:06}") for number in range(count)]
