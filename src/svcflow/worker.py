"""Keeps time moving: due timers and hook calls of an engine, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from datetime import timedelta
from queue import SimpleQueue
from types import FrameType
from typing import TypeVar

from svcflow.engine import Engine
from svcflow.rounds import DEFAULT_TERMS, Tally, Terms, run
from svcflow.shift import DEFAULT_DUTY, Duty, Progress, Shift

T = TypeVar("T")
LOOK_AGAIN = 1.0
"""Seconds after which the thread that listens for `stop` sees that nobody needs it any more."""


class Worker:
    """
    Fires due timers and delivers hook calls of one engine, until it is told to stop.

    Calls of different cases are made side by side: plain hooks in up to `threads` threads, `async` ones on one event
    loop. `poll` is how long it sleeps at most when it knows of nothing to do; what other processes write is noticed
    then. `grace` is how long it waits in the end for calls that have begun. `progress` says what it has done so far.
    Any number of workers may share a store.

    Raises:
        InputError: If `poll` or `threads` is not positive, or `grace` is negative.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        terms: Terms = DEFAULT_TERMS,
        poll: timedelta = DEFAULT_DUTY.poll,
        threads: int = DEFAULT_DUTY.threads,
        grace: timedelta = DEFAULT_DUTY.grace,
    ) -> None:
        self.engine = engine
        self.duty = Duty(terms, poll, threads, grace)
        self.progress = Progress()

    def tick(self) -> Tally:
        """One round, as `Engine.tick` makes it: in this thread, one plain hook after another."""
        return self.engine.tick(terms=self.duty.terms)

    def run(self, stop: threading.Event | None = None) -> None:
        """
        Work until `stop` is set.

        Then nothing new is begun; a timer that is being fired is fired, calls that have begun have the grace to end,
        and what is not done by then is left to other workers. A database that cannot be reached is tried again, with
        growing pauses: a worker outlives its restart.
        """
        run(self._work(threading.Event() if stop is None else stop))

    async def _work(self, stop: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        # One for timers, one for claims, the others for calls whose end is written down.
        with _heard(stop) as told, ThreadPoolExecutor(self.duty.threads + 2, "svcflow") as threads:

            def whole(work: Callable[[], T]) -> Awaitable[T]:
                return loop.run_in_executor(threads, copy_context().run, work)

            await Shift(self.engine.rounds, self.duty, self.progress, whole).work(told)


@contextmanager
def _heard(stop: threading.Event) -> Iterator[asyncio.Event]:
    """The same event for a loop."""
    told, over, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def listen() -> None:
        while not (stop.wait(LOOK_AGAIN) or over.is_set()):
            pass
        with suppress(RuntimeError):  # The loop is closed: nobody is there to be told.
            loop.call_soon_threadsafe(told.set)

    threading.Thread(target=listen, name="svcflow-stop", daemon=True).start()
    try:
        yield told
    finally:
        over.set()


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """
    An event that SIGTERM and SIGINT set, for `Worker.run` in a program of its own; a second signal acts as usual.

    Only in the main thread, as Python handles signals there.
    """
    stop, heard = threading.Event(), SimpleQueue[Callable[[], None]]()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def as_usual() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        heard.put(stop.set)  # Not here: the event's lock may be held by the very thread that was interrupted.
        as_usual()

    def pass_on() -> None:
        heard.get()()

    threading.Thread(target=pass_on, name="svcflow-signals", daemon=True).start()
    for number in before:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        as_usual()
        heard.put(lambda: None)
