"""Threads for hooks: as daemons, since nobody can end one that hangs, and an executor would wait for it for ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import NoReturn, TypeAlias, TypeVar

T = TypeVar("T")
Job: TypeAlias = Callable[[], None]


class Hands:
    """As many threads as there was ever work for at once; used from one event loop. `busy` counts those in work."""

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Job | None]] = []
        self._dismissed = False
        self.busy = 0

    async def do(self, work: Callable[[], T], freed: Callable[[], object]) -> T:
        """
        Let a thread do this; `freed` is called when it is free again, perhaps long after nobody waits for it.

        What is raised in the thread is raised here.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Callable[[], T]] = loop.create_future()
        inbox = self._idle.pop() if self._idle else self._hired()

        def ended(outcome: Callable[[], T]) -> None:
            self.busy -= 1
            self._rest(inbox)
            if not done.cancelled():
                done.set_result(outcome)
            freed()

        context = copy_context()

        def job() -> None:
            outcome = _outcome(partial(context.run, work))
            with suppress(RuntimeError):  # The loop is closed: the worker has gone without us.
                loop.call_soon_threadsafe(ended, outcome)

        self.busy += 1
        inbox.put(job)
        return (await done)()

    def dismiss(self) -> None:
        """Let all threads end, those that are in work after it; those that hang go down with the process."""
        self._dismissed = True
        while self._idle:
            self._idle.pop().put(None)

    def _rest(self, inbox: SimpleQueue[Job | None]) -> None:
        if self._dismissed:
            inbox.put(None)
        else:
            self._idle.append(inbox)

    @staticmethod
    def _hired() -> SimpleQueue[Job | None]:
        inbox: SimpleQueue[Job | None] = SimpleQueue()

        def serve() -> None:
            while (job := inbox.get()) is not None:
                job()

        threading.Thread(target=serve, name="svcflow-hook", daemon=True).start()
        return inbox


def _outcome(work: Callable[[], T]) -> Callable[[], T]:
    """What gives, or raises, what the work did."""
    try:
        answer = work()
    except BaseException as problem:  # noqa: BLE001 - the host's own code may raise anything, `SystemExit` too
        return partial(_raise, problem)
    return lambda: answer


def _raise(problem: BaseException) -> NoReturn:
    raise problem
