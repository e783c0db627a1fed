"""Work that nobody waits for, by svcflow: many events at once, timers that fall due, and steps one after another."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

from benchmarks.desk import ALONE, Desk
from benchmarks.ticket import START
from svcflow import Actor, Engine, Event, ManualClock

PROCESSES = Path(__file__).with_name("processes")
CLERK = Actor("lee", roles={"clerk"})


class Imports:
    """The same events of the same number of tickets, by `send_many` or one by one."""

    def __init__(self, url: str) -> None:
        self.desk = Desk(url)
        self._numbers = count(1)

    def close(self) -> None:
        """Release the store."""
        self.desk.close()

    def together(self, tickets: int) -> float:
        """Events per second by `send_many`: each event for all the tickets, then the next one."""
        ids = self._opened(tickets)
        began = time.perf_counter()
        for sent in ALONE:
            event = Event(sent.name, sent.fields, sent.actor, sent.name)
            self.desk.engine.send_many([(case_id, event, START + sent.after) for case_id in ids])
        return self._rate(tickets, began)

    def alone(self, tickets: int) -> float:
        """Events per second by `send`, in the same order."""
        ids = self._opened(tickets)
        began = time.perf_counter()
        for sent in ALONE:
            for case_id in ids:
                self.desk.send(case_id, sent)
        return self._rate(tickets, began)

    def _opened(self, tickets: int) -> list[str]:
        ids = [str(next(self._numbers)) for _ in range(tickets)]
        self.desk.open_all(ids)
        return ids

    def _rate(self, tickets: int, began: float) -> float:
        return tickets * len(ALONE) / (time.perf_counter() - began)


class Reminders:
    """Cases with one timer each, which a worker's round fires."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock(START)
        self.engine = Engine(url, clock=self.clock)
        self.engine.publish(PROCESSES / "reminder.yaml")

    def close(self) -> None:
        """Release the store."""
        self.engine.close()

    def rate(self, timers: int) -> float:
        """Due timers per second: each is an event of its case, which ends by it."""
        for _ in range(timers):
            self.engine.open("reminder", actor=CLERK)
        self.clock.advance(timedelta(hours=2))
        began = time.perf_counter()
        tally = self.engine.tick()
        taken = time.perf_counter() - began
        assert tally.fired == timers, f"{tally.fired} of {timers} timers were fired"
        return timers / taken


class Relay:
    """One case that takes step after step, each an event with a commit of its own."""

    def __init__(self, url: str) -> None:
        self.engine = Engine(url)
        self.engine.publish(PROCESSES / "relay.yaml")

    def close(self) -> None:
        """Release the store."""
        self.engine.close()

    def rate(self, steps: int) -> float:
        """Steps per second."""
        case = self.engine.open("relay", actor=CLERK)
        began = time.perf_counter()
        for number in range(steps):
            self.engine.send(case.id, "step", actor=CLERK, key=str(number))
        return steps / (time.perf_counter() - began)

    def together(self, steps: int) -> float:
        """Steps per second by `send_many`, which commits a hundred at a time."""
        case = self.engine.open("relay", actor=CLERK)
        began = time.perf_counter()
        self.engine.send_many([(case.id, Event("step", actor=CLERK, key=str(number))) for number in range(steps)])
        return steps / (time.perf_counter() - began)


def timed(act: Callable[[], object], times: int) -> float:
    """Seconds, one time with another."""
    began = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - began) / times
