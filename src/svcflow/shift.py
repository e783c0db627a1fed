"""A worker at work: timers are fired, and calls of different cases made side by side, until it is told to stop."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from attrs import define, evolve, frozen

from svcflow.clocks import Clock
from svcflow.errors import InputError, StoreError
from svcflow.hands import Hands
from svcflow.hooks import ANY
from svcflow.rounds import DEFAULT_TERMS, NOTHING_DONE, Attempt, Rounds, Stopped, Tally, Terms
from svcflow.stores.base import Delivery

LOG = logging.getLogger("svcflow")
LONGEST_OUTAGE_PAUSE = timedelta(seconds=30)
T = TypeVar("T")


class Whole(Protocol):
    """Does something with the store in a thread, to its end whatever happens."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Do it."""
        ...


@frozen
class Duty:
    """
    How a worker works all the time; the arguments of `Worker`.

    Raises:
        InputError: If `poll` or `threads` is not positive, or `grace` is negative.
    """

    terms: Terms = DEFAULT_TERMS
    poll: timedelta = timedelta(seconds=1)
    threads: int = 4
    grace: timedelta = timedelta(seconds=30)

    def __attrs_post_init__(self) -> None:
        if self.poll <= timedelta() or self.threads < 1 or self.grace < timedelta():
            raise InputError("poll and threads of a worker must be positive, and its grace must not be negative")


DEFAULT_DUTY = Duty()


@define
class Progress:
    """What a worker has done since it was made; `turns` counts how often it looked for calls."""

    tally: Tally = NOTHING_DONE
    turns: int = 0
    hanging: int = 0


class Pace:
    """How long to sleep when there is nothing to do: at most `poll`, and longer only while the store is away."""

    def __init__(self, clock: Clock, random: Random, poll: timedelta) -> None:
        self._clock, self._random = clock, random
        self._poll = self._outage = poll

    def idle(self, due: datetime | None) -> timedelta:
        """
        Until something is due, but no longer than the poll.

        What seems due already is not for this worker (nobody registered its hook): it sleeps all the same.
        """
        self._outage = self._poll
        poll = self._poll * self._random.uniform(0.75, 1)
        ahead = timedelta() if due is None else due - self._clock.now()
        return min(poll, ahead) if ahead > timedelta() else poll

    def after_outage(self, problem: StoreError) -> timedelta:
        """Twice as long as the time before, if that failed too."""
        pause, self._outage = self._outage, min(self._outage * 2, LONGEST_OUTAGE_PAUSE)
        LOG.warning("the store cannot be used, next try in %s: %s", pause, problem)
        return pause


Outcome: TypeAlias = Literal["done", "idle", "full"]
"""Of a turn: something was done, nothing was to be done, or there was no room to do anything."""
Turn: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, Outcome]]


class Shift:
    """
    One run of a worker on an event loop.

    Timers and calls have a loop each, so that neither waits for the other. A call is claimed when there is room for it
    and made at once, so its lease, longer than its time-out, never runs out while it waits its turn. Should it run out
    all the same, because the clock jumps, the claim is renewed: no call is made twice at once here.
    """

    def __init__(self, rounds: Rounds, duty: Duty, progress: Progress, whole: Whole) -> None:
        self._rounds, self._duty, self._progress, self._whole = rounds, duty, progress, whole
        self._book = rounds.door.book
        self._hands = Hands()
        self._tasks: set[asyncio.Task[None]] = set()
        self._claims: dict[tuple[str, str], Delivery] = {}  # What is under way, by tenant and key.
        self._busy = {False: 0, True: 0}  # Calls of plain hooks, and of those that are awaited.
        self._room_again, self._cut = asyncio.Event(), asyncio.Event()

    async def work(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what has begun, as long as the grace lasts."""
        loops = [
            asyncio.create_task(self._go_on(stop, self._fire, 0, asyncio.Event())),
            asyncio.create_task(self._go_on(stop, self._take, 1, self._room_again)),
            asyncio.create_task(self._hear(stop)),
        ]
        try:
            await asyncio.gather(*loops)
            await self._finish()
        finally:
            tasks = (*loops, *self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._hands.dismiss()

    async def _hear(self, stop: asyncio.Event) -> None:
        await stop.wait()
        LOG.info("told to stop; calls under way: %d", len(self._tasks))

    async def _go_on(self, stop: asyncio.Event, turn: Turn, which: int, news: asyncio.Event) -> None:
        """Take turns; between them, sleep until something of this kind is due, or there are news."""
        pace = Pace(self._book.clock, self._rounds.random, self._duty.poll)
        while not stop.is_set():
            news.clear()
            try:
                outcome = await turn(stop)
                if outcome == "done":
                    continue
                dues = (None, None) if outcome == "full" else await self._whole(self._book.store.next_dues)
                pause = pace.idle(dues[which])
            except StoreError as problem:
                pause = pace.after_outage(problem)
            await _first_of((stop, news), pause)

    async def _fire(self, stop: asyncio.Event) -> Outcome:
        fire = partial(self._rounds.fire_due, self._book.clock.now(), self._duty.terms, stop.is_set)
        fired = await self._whole(fire)
        self._progress.tally += fired
        return "done" if fired else "idle"

    # ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _take(self, stop: asyncio.Event) -> Outcome:
        """Claim as many calls as there is room for, and begin them."""
        self._progress.turns += 1
        outcome: Outcome = "full"
        for names, room in tuple(self._room()):
            at = self._book.clock.now()
            attempts = await self._whole(partial(self._rounds.claim, at, self._duty.terms, room, names))
            for attempt in attempts:
                if _name(attempt) in self._claims:
                    self._claims[_name(attempt)] = attempt.delivery
                elif stop.is_set():
                    await self._whole(partial(self._rounds.release, attempt))
                else:
                    self._begin(attempt)
            outcome = "done" if attempts or outcome == "done" else "idle"
        return outcome

    def _room(self) -> Iterator[tuple[Sequence[str], int]]:
        """
        For which hooks there is room, and for how many calls of them.

        Threads that hang do not count, up to as many again as there should be: one bad host must not stop the others,
        and a worker must not grow without end.
        """
        threads, hooks = self._duty.threads, self._rounds.hooks
        # Fewer while the end of a call is written down: its thread is free already.
        self._progress.hanging = max(0, self._hands.busy - self._busy[False])
        plain = min(threads - self._busy[False], 2 * threads - self._hands.busy)
        awaited = self._duty.terms.batch - self._busy[True]
        if ANY in hooks.names and min(plain, awaited) > 0:
            yield (ANY,), min(plain, awaited)  # Of which kind they will be is not known before.
            return
        for awaits, room in ((False, plain), (True, awaited)):
            names = hooks.named(awaits=awaits)
            if names and room > 0:
                yield names, room

    def _begin(self, attempt: Attempt) -> None:
        self._busy[attempt.hook.awaits] += 1
        self._claims[_name(attempt)] = attempt.delivery
        task = asyncio.create_task(self._deliver(attempt))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, attempt: Attempt) -> None:
        try:
            problem = await self._made(attempt)
            held = evolve(attempt, delivery=self._claims.pop(_name(attempt)))
            note = partial(self._rounds.note, held, problem, self._book.clock.now(), self._duty.terms)
            noted = await self._whole(note)
            self._progress.tally += noted
        except StoreError as away:
            LOG.warning("call %s is made again when its lease has run out: %s", attempt.call.key, away)
        finally:
            self._busy[attempt.hook.awaits] -= 1
            self._room_again.set()

    async def _made(self, attempt: Attempt) -> BaseException | None:
        """Make a call, and say what went wrong; one that takes too long is left to itself."""
        made = asyncio.create_task(self._called(attempt))
        cut = asyncio.create_task(self._cut.wait())
        timeout = self._duty.terms.timeout
        try:
            await asyncio.wait((made, cut), timeout=timeout.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
            if made.cancelled():
                return asyncio.CancelledError("the hook cancelled itself")
            if made.done():
                return made.result()
            return Stopped() if cut.done() else TimeoutError(f"given up after {timeout}")
        finally:
            made.cancel()
            cut.cancel()

    async def _called(self, attempt: Attempt) -> BaseException | None:
        work = partial(attempt.hook.function, attempt.call)
        try:
            answer = work() if attempt.hook.awaits else await self._hands.do(work, self._room_again.set)
            if inspect.isawaitable(answer):
                await answer
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as problem:  # noqa: BLE001 - the host's own code may raise anything, time-outs of libraries too
            return problem
        return None

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._duty.grace.total_seconds())
        self._cut.set()
        if self._tasks:
            await asyncio.wait(self._tasks)


def _name(attempt: Attempt) -> tuple[str, str]:
    return attempt.call.tenant, attempt.call.key


async def _first_of(events: Sequence[asyncio.Event], longest: timedelta) -> None:
    """Until one of the events is set, but no longer."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=longest.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
