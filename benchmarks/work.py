"""Work that nobody waits for, by svcflow: many events at once, timers that fall due, and steps one after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path

from benchmarks.desk import ALONE, Desk
from benchmarks.ticket import START, Sent
from svcflow import Actor, Engine, Event, ManualClock

PROCESSES = Path(__file__).with_name("processes")
CLERK = Actor("lee", roles={"clerk"})


class Imports:
    """
    The same events of the same number of tickets in the same order, by `send_many` or one by one.

    Either each event for all the tickets, then the next one; or `by_ticket`, as an import comes: all of a ticket's
    events, then the next one's.
    """

    def __init__(self, url: str) -> None:
        self.desk = Desk(url)
        self._numbers = count(1)

    def close(self) -> None:
        """Release the store."""
        self.desk.close()

    def together(self, tickets: int, *, by_ticket: bool) -> float:
        """Events per second by `send_many`."""
        return self._rate(self._send_many, tickets, by_ticket=by_ticket)

    def alone(self, tickets: int, *, by_ticket: bool) -> float:
        """Events per second by `send`."""
        return self._rate(self._send_each, tickets, by_ticket=by_ticket)

    def _rate(self, send: Callable[[Sequence[tuple[str, Sent]]], None], tickets: int, *, by_ticket: bool) -> float:
        ids = [str(next(self._numbers)) for _ in range(tickets)]
        self.desk.open_all(ids)
        if by_ticket:
            calls = [[(case_id, sent) for case_id in ids for sent in ALONE]]
        else:
            calls = [[(case_id, sent) for case_id in ids] for sent in ALONE]
        began = time.perf_counter()
        for one in calls:
            send(one)
        return tickets * len(ALONE) / (time.perf_counter() - began)

    def _send_many(self, everything: Sequence[tuple[str, Sent]]) -> None:
        self.desk.engine.send_many(
            (case_id, Event(sent.name, sent.fields, sent.actor, sent.name), START + sent.after)
            for case_id, sent in everything
        )

    def _send_each(self, everything: Sequence[tuple[str, Sent]]) -> None:
        for case_id, sent in everything:
            self.desk.send(case_id, sent)


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
