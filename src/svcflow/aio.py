"""The engine and its worker for `asyncio`: the same names with `await`, each call whole in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial, wraps
from random import Random
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from svcflow import engine
from svcflow.casebook import People, Qualifications
from svcflow.clocks import Clock
from svcflow.core.machine import Machine
from svcflow.core.statechart import statechart
from svcflow.errors import StoreError
from svcflow.following import Batch, Following, Since, Wanted
from svcflow.holidays import PublicHolidays
from svcflow.language.compile_words import HolidaySource
from svcflow.rounds import DEFAULT_TERMS, Tally, Terms, side_by_side, step
from svcflow.shift import DEFAULT_DUTY, Duty, Progress, Shift
from svcflow.stores.base import Store

T = TypeVar("T")
P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])


def _awaited(
    method: Callable[Concatenate[engine.Engine, P], T],
) -> Callable[Concatenate[Engine, P], Coroutine[Any, Any, T]]:
    """A method of the plain engine, made in a thread: with the signature and the words of the original."""

    @wraps(method)
    async def call(self: Engine, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(partial(method, self.sync, *args, **kwargs))

    return call


class Engine:
    """
    `svcflow.Engine` with `await`, for any number of tasks of one event loop.

    The arguments are those of `svcflow.Engine`, and `threads`: how many calls are under way at the same time. Making
    one opens the store, which takes a moment; do it when the application starts.

    A call is whole: cancelled before its turn it never happens; cancelled under way it is finished first, and then the
    cancellation goes on. Whether the event happened is known by its key: sent again, it happens once.

    `sync` is the plain engine underneath, for what is not `async`, such as hooks inside.

    Raises:
        StoreError: The database cannot be used (also by every method).
        InputError: No machine has this name.
    """

    def __init__(  # noqa: PLR0913 - as in `svcflow.Engine`
        self,
        store: str | Store = ":memory:",
        *,
        clock: Clock | None = None,
        machine: Machine | str = statechart,
        holidays: HolidaySource = PublicHolidays,
        people: People | None = None,
        qualifications: Qualifications | None = None,
        ids: Callable[[], str] | None = None,
        random: Random | None = None,
        threads: int = 8,
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="svcflow")
        self._followers: set[Following] = set()
        self.sync = engine.Engine(
            store, clock=clock, machine=machine, holidays=holidays, people=people, qualifications=qualifications,
            ids=ids, random=random,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the store, when the calls that are under way are done; followers end their turns."""

        def close() -> None:
            self._threads.shutdown()
            for following in tuple(self._followers):
                following.close()
            self.sync.close()

        await asyncio.to_thread(close)

    publish = _awaited(engine.Engine.publish)
    process = _awaited(engine.Engine.process)
    retire = _awaited(engine.Engine.retire)
    versions = _awaited(engine.Engine.versions)
    open = _awaited(engine.Engine.open)
    send = _awaited(engine.Engine.send)
    send_many = _awaited(engine.Engine.send_many)
    note = _awaited(engine.Engine.note)
    migrate = _awaited(engine.Engine.migrate)
    recalendar = _awaited(engine.Engine.recalendar)
    erase = _awaited(engine.Engine.erase)
    case = _awaited(engine.Engine.case)
    cases = _awaited(engine.Engine.cases)
    worklist = _awaited(engine.Engine.worklist)
    menu = _awaited(engine.Engine.menu)
    preview = _awaited(engine.Engine.preview)
    clocks = _awaited(engine.Engine.clocks)
    process_of = _awaited(engine.Engine.process_of)
    lags = _awaited(engine.Engine.lags)
    journal = _awaited(engine.Engine.journal)
    outbox = _awaited(engine.Engine.outbox)
    unheard = _awaited(engine.Engine.unheard)
    incidents = _awaited(engine.Engine.incidents)
    retry = _awaited(engine.Engine.retry)
    skip = _awaited(engine.Engine.skip)
    verify = _awaited(engine.Engine.verify)
    archive = _awaited(engine.Engine.archive)
    archived = _awaited(engine.Engine.archived)

    def hook(self, name: str, *, private: Iterable[str] = (), inside: bool = False) -> Callable[[F], F]:
        """
        Register the decorated function for a hook, as `svcflow.Engine.hook` does.

        An `async` function is awaited on the loop of whoever makes the round, a plain one is called in a thread.

        Raises:
            HookError: If the function or the name does not fit.
        """
        return self.sync.hook(name, private=private, inside=inside)

    def follow(  # noqa: PLR0913 - as in `svcflow.Engine`
        self,
        name: str,
        *,
        process: str | None = None,
        since: Since = "beginning",
        limit: int = 100,
        lease: timedelta = timedelta(minutes=1),
        poll: timedelta | None = None,
        stop: asyncio.Event | None = None,
        tenant: str = "",
        connection: object | None = None,
    ) -> AsyncIterator[Batch]:
        """
        Journal entries in batches, as `svcflow.Engine.follow` gives them: `async for batch in engine.follow("crm")`.

        Raises:
            InputError: The arguments do not make sense.
            ConflictError: Another follower of this name has gone on, since this one needed longer than its `lease`.
        """
        asked = Wanted(name, tenant, process, since, limit, lease, poll, connection)
        return self._batches(Following(self.sync.store, self.sync.clock, asked), stop or asyncio.Event())

    async def _batches(self, following: Following, stop: asyncio.Event) -> AsyncIterator[Batch]:
        self._followers.add(following)
        try:
            while True:
                batch, pause = await self._in_thread(partial(following.advance, stopping=stop.is_set()))
                if batch:
                    yield batch
                elif pause is None or stop.is_set():
                    return
                else:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), pause.total_seconds())
        finally:
            with suppress(StoreError):  # The engine is being closed, and ends the turn itself.
                await self._in_thread(following.close)
                self._followers.discard(following)

    async def tick(self, now: datetime | None = None, *, terms: Terms = DEFAULT_TERMS) -> Tally:
        """
        One round of a worker: fire what is due at `now` (by default at the clock's time), deliver waiting calls.

        When it is cancelled, hooks that are being awaited are cancelled too; they are called again when the lease of
        their calls has run out.
        """
        # While hooks are awaited no thread is kept, so that what they await of this engine finds one.
        round_ = self.sync.rounds.make(now, terms)
        reached = await self._in_thread(partial(step, round_, None))
        while not isinstance(reached, Tally):
            outcomes = await side_by_side(reached, terms.timeout)
            reached = await self._in_thread(partial(step, round_, outcomes))
        return reached

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """
        Do something that blocks in a thread of this engine's, with the context of the task that asks for it.

        Raises:
            StoreError: The engine is closed.
        """
        try:
            begun = self._threads.submit(copy_context().run, work)
        except RuntimeError as closed:
            raise StoreError("this engine is closed") from closed
        done = asyncio.wrap_future(begun)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            if not begun.cancel():
                await _finished(done)
            raise


async def _finished(done: asyncio.Future[T]) -> None:
    """Until it is done, however often the waiting is cancelled."""
    while not done.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([done])
    done.exception()  # Nobody else will ask for it, and `asyncio` complains of what nobody asks for.


class Worker:
    """
    `svcflow.Worker` for a task: `asyncio.create_task(Worker(engine).run(stop))`.

    `async` hooks run on the loop of the task, plain ones in threads of the worker's. The arguments are those of
    `svcflow.Worker`.
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

    async def tick(self) -> Tally:
        """One round, as `Engine.tick` makes it."""
        return await self.engine.tick(terms=self.duty.terms)

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """
        Work until `stop` is set, as `svcflow.Worker.run` does.

        When it is cancelled, hooks that are being awaited are cancelled too; they are called again when the lease of
        their calls has run out.
        """
        in_thread = self.engine._in_thread  # noqa: SLF001 - the threads of the engine are its worker's too
        await Shift(self.engine.sync.rounds, self.duty, self.progress, in_thread).work(stop or asyncio.Event())
