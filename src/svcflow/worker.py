"""Keeps time moving: rounds without end, asleep until the next timer or call is due."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

from svcflow.engine import Engine
from svcflow.errors import StoreError
from svcflow.rounds import DEFAULT_TERMS, Tally, Terms

LOG = logging.getLogger("svcflow")
LONGEST_OUTAGE_PAUSE = timedelta(seconds=30)


class Pace:
    """How long a worker sleeps between its rounds: at most `poll`, and longer only while the store cannot be used."""

    def __init__(self, engine: Engine, poll: timedelta) -> None:
        self._engine = engine
        self._poll = self._outage = poll

    def after(self, done: Tally) -> timedelta:
        """
        Until something is due, but no longer than the poll.

        After an idle round what seems due is not for this worker (nobody registered its hook): it sleeps all the same.
        """
        self._outage = self._poll
        poll = self._poll * self._engine.random.uniform(0.75, 1)
        due = self._engine.store.next_due()
        ahead = None if due is None else due - self._engine.clock.now()
        if ahead is None or (ahead <= timedelta() and not done):
            return poll
        return max(min(poll, ahead), timedelta())

    def after_outage(self, problem: StoreError) -> timedelta:
        """Twice as long as after the round before, if that failed too."""
        pause, self._outage = self._outage, min(self._outage * 2, LONGEST_OUTAGE_PAUSE)
        LOG.warning("the store cannot be used, next try in %s: %s", pause, problem)
        return pause


class Worker:
    """
    Fires due timers and delivers hook calls of one engine, until it is told to stop.

    `poll` is how long it sleeps at most when it knows of nothing to do; what other processes write is noticed then.
    Any number of workers may share a store.
    """

    def __init__(self, engine: Engine, *, terms: Terms = DEFAULT_TERMS, poll: timedelta = timedelta(seconds=1)) -> None:
        self.engine = engine
        self.terms = terms
        self.poll = poll

    def tick(self) -> Tally:
        """One round, as `Engine.tick` makes it."""
        return self.engine.tick(terms=self.terms)

    def run(self, stop: threading.Event | None = None) -> None:
        """
        Make rounds until `stop` is set; a round that has begun is finished.

        A database that cannot be reached is tried again, with growing pauses: a worker outlives its restart.
        """
        stop = stop or threading.Event()
        pace = Pace(self.engine, self.poll)
        while not stop.is_set():
            try:
                pause = pace.after(self.tick())
            except StoreError as problem:
                pause = pace.after_outage(problem)
            stop.wait(pause.total_seconds())


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """
    An event that SIGTERM and SIGINT set, for `Worker.run` in a program of its own; a second signal acts as usual.

    Only in the main thread, as Python handles signals there.
    """
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
