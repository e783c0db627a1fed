"""One round of a worker: due timers are fired, waiting calls are delivered, and what fails is kept for later."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import NoReturn, TypeAlias, TypeVar, cast

from attrs import evolve, field, frozen

from svcflow.clocks import utc
from svcflow.core.decision import HookCall
from svcflow.core.event import EMPTY
from svcflow.door import Door
from svcflow.errors import BrokenRecord, ConflictError, InputError, StoreError, SvcflowError, out_of_use
from svcflow.hooks import ANY, Hook, Hooks
from svcflow.masking import masked, said
from svcflow.stores.base import Delivery, DueCase

LOG = logging.getLogger("svcflow")
T = TypeVar("T")

# A hook that answers each call with an event that causes the next one must not keep a round going for ever.
MOST_CLAIMS = 100


@frozen
class Terms:
    """
    How a worker works: how much it takes at once, and how patient it is with what fails.

    Due timers are fired by up to `lanes` threads on PostgreSQL, where there are more of them than one `batch`.

    A call is claimed for `lease`, after which another worker may take it. A hook is given up after `timeout`: one that
    is a coroutine is cancelled, a plain one goes on in its thread, unheard (only `tick` waits for it). What failed is
    tried again after `first`, then twice that, and so on up to `longest`, each shortened at random by up to half; after
    `tries` it is parked as an incident.

    Raises:
        InputError: If a number or length is not positive, or `timeout` is not shorter than `lease`.
    """

    lease: timedelta = timedelta(minutes=5)
    batch: int = 100
    timeout: timedelta = timedelta(minutes=1)
    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    tries: int = 12
    lanes: int = 2

    def __attrs_post_init__(self) -> None:
        counts = (self.batch, self.tries, self.lanes)
        if min(self.lease, self.timeout, self.first, self.longest) <= timedelta() or min(counts) < 1:
            raise InputError("lease, timeout, first, longest, batch, tries and lanes of a worker must all be positive")
        if self.timeout >= self.lease:
            raise InputError("the timeout of a hook must be shorter than the lease of its call, or it is called twice")

    def pause(self, failed: int, random: Random) -> timedelta:
        """How long to wait after the so-and-so-many-th failure (the first is 1)."""
        doubled = self.first * (1 << min(failed - 1, 40))
        return min(doubled, self.longest) * random.uniform(0.5, 1)


DEFAULT_TERMS = Terms()


@frozen
class Tally:
    """What a round did. `failed` will be tried again; `parked` timers and calls wait for an operator."""

    fired: int = 0
    delivered: int = 0
    failed: int = 0
    parked: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.fired + other.fired,
            self.delivered + other.delivered,
            self.failed + other.failed,
            self.parked + other.parked,
        )

    def __sub__(self, other: Tally) -> Tally:
        return Tally(
            self.fired - other.fired,
            self.delivered - other.delivered,
            self.failed - other.failed,
            self.parked - other.parked,
        )

    def __bool__(self) -> bool:
        return self != NOTHING_DONE


NOTHING_DONE = Tally()


@frozen
class Attempt:
    """A delivery about to be made: the function that takes it, and the call as that function may see it."""

    delivery: Delivery
    hook: Hook
    call: HookCall = field(repr=False)


class Stopped(Exception):
    """A call was under way when its worker had to end: another one makes it again, and this is nobody's failure."""

    def __init__(self) -> None:
        super().__init__("the worker ended before the hook was done")


Wait: TypeAlias = Callable[[], Awaitable[None] | None]
Outcomes: TypeAlias = Sequence[BaseException | None]
Round: TypeAlias = Generator[Sequence[Wait], Outcomes, Tally]
"""A round under way: it hands out what must be awaited side by side, and is sent how each of them went."""


@frozen
class Rounds:
    """Makes rounds. Several workers may make them at the same time, in one process or in many."""

    door: Door
    hooks: Hooks
    random: Random

    def make(self, now: datetime | None, terms: Terms) -> Round:
        """One round: everything that is due at `now` (by default at the clock's time), then every call that waits."""
        at = self.door.book.clock.now() if now is None else utc(now)
        fired = self.fire_due(at, terms)
        return fired + (yield from self._deliver_due(at, terms))

    # ── timers ─────────────────────────────────────────────────────────────────────────────────────────────────

    def fire_due(
        self, now: datetime, terms: Terms = DEFAULT_TERMS, stopped: Callable[[], bool] = lambda: False
    ) -> Tally:
        """
        Fire every timer that is due, until all are or somebody has `stopped` it: after the batches under way, at once.

        Each case once: an escalation step that is due at this very instant fires only after it, in a later round.
        """
        return _Firing(self, now, terms, stopped).all()

    def fire(self, due: DueCase, now: datetime, terms: Terms) -> Tally:
        """Fire the timers of one case; what fails is tried again later, or parked."""
        try:
            return Tally(fired=int(self.door.fire(due, now)))
        except ConflictError:
            return NOTHING_DONE  # Others keep writing to this case; they fire what is overdue before they do.
        except Exception as problem:  # Whatever a case or its process does wrong must not stop the others.
            if out_of_use(problem):
                raise
            error = masked(_named(problem), ())
            parked = due.attempts + 1 >= terms.tries
            LOG.warning("timer %s of case %s failed (%s)", due.timer, due.case, type(problem).__name__)
            retry_at = now + terms.pause(due.attempts + 1, self.random)
            self.door.book.store.fail_timer(due, error, retry_at=retry_at, park=parked)
            return Tally(parked=1) if parked else Tally(failed=1)

    # ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _deliver_due(self, now: datetime, terms: Terms) -> Round:
        names = (ANY,) if ANY in self.hooks.names else self.hooks.names
        tally = NOTHING_DONE
        for _ in range(MOST_CLAIMS if names else 0):
            at = max(now, self.door.book.clock.now())
            attempts = self.claim(at, terms, terms.batch, names)
            if not attempts:
                break
            tally += yield from self._deliver(attempts, at, terms)
        return tally

    def _deliver(self, attempts: Sequence[Attempt], at: datetime, terms: Terms) -> Round:
        tally = NOTHING_DONE
        later = [attempt for attempt in attempts if attempt.hook.awaits]
        for attempt in attempts:
            if not attempt.hook.awaits:
                if self.door.book.clock.now() >= at + terms.lease:
                    return tally  # The lease ran out while others were called: another worker may have the rest now.
                tally += self.note(attempt, (yield from _call(attempt)), at, terms)
        if later:
            problems = yield [partial(attempt.hook.function, attempt.call) for attempt in later]
            for attempt, problem in zip(later, problems, strict=True):
                tally += self.note(attempt, problem, at, terms)
        return tally

    def claim(self, at: datetime, terms: Terms, limit: int, names: Sequence[str]) -> list[Attempt]:
        """Take calls of these hooks out of the outbox, each with the function that is to be called."""
        claimed = self.door.book.store.claim(at, terms.lease, limit, names)
        return [attempt for attempt in map(self._attempt, claimed) if attempt is not None]

    def release(self, attempt: Attempt) -> None:
        """Give a call back that nobody has begun to make."""
        self.door.book.store.released(attempt.delivery, self.door.book.clock.now())

    def _attempt(self, delivery: Delivery) -> Attempt | None:
        """The call as its function may see it: with the private fields that its registration names, as they are now."""
        hook = self.hooks.after(delivery.call.hook)
        if hook is None:
            return None
        call = delivery.call
        if not hook.private:
            return Attempt(delivery, hook, call)
        try:
            case = self.door.book.store.load(call.tenant, call.case)
        except BrokenRecord as problem:
            return Attempt(delivery, evolve(hook, function=partial(_unmade, problem)), call)
        return Attempt(delivery, hook, hook.shown(call, EMPTY if case is None else case.fields))

    def note(self, attempt: Attempt, problem: BaseException | None, at: datetime, terms: Terms) -> Tally:
        """Write down how a call went: it is done, or to be made again after a pause from `at`, or dead."""
        store, delivery = self.door.book.store, attempt.delivery
        if problem is None:
            store.delivered(delivery)
            return Tally(delivered=1)
        stopped = isinstance(problem, Stopped)
        dead = delivery.attempts >= terms.tries and not stopped
        retry_at = at if stopped else at + terms.pause(delivery.attempts, self.random)
        then = "parked" if dead else f"to be tried again at {retry_at:%Y-%m-%d %H:%M:%S}Z"
        LOG.warning(
            "hook %s failed for call %s (%s): %s; later calls of its case wait for it",
            attempt.hook.name, attempt.call.key, type(problem).__name__, then,
        )  # fmt: skip
        store.failed(delivery, self._told(problem, attempt), retry_at=retry_at, dead=dead)
        return Tally(parked=1) if dead else Tally(failed=1)

    def _told(self, problem: BaseException, attempt: Attempt) -> str:
        """An error without private values: those that the hook was given, and those that it may have looked up."""
        call, public = attempt.call, attempt.delivery.call.fields
        book = self.door.book
        try:
            case = book.store.load(call.tenant, call.case)
            private = () if case is None else book.published.within(None).of(case).private
        except SvcflowError as unknown:
            if out_of_use(unknown):
                raise
            return f"{type(problem).__name__} ({unknown})"  # What is private in its text nobody can say.
        present = () if case is None else (case.fields[name] for name in private if name in case.fields)
        given = (value for name, value in call.fields.items() if name not in public)
        return masked(_named(problem), (*given, *present))


class _Firing:
    """
    All that is due, batch after batch, in one lane or in several: each a thread that takes the batches it finds.

    While the server writes the batch of one lane, another decides its own. That needs a store that locks what it hands
    out in a transaction of its own; where the same process writes, lanes would only be in each other's way.
    """

    def __init__(self, rounds: Rounds, now: datetime, terms: Terms, stopped: Callable[[], bool]) -> None:
        self._rounds, self._now, self._terms, self._stopped = rounds, now, terms, stopped
        self._seen: set[tuple[str, str]] = set()
        self._done: list[Tally] = []
        self._over = False

    def all(self) -> Tally:
        """Until nothing is left, or it is stopped."""
        beside: list[Future[None]] = []
        with ThreadPoolExecutor(self._terms.lanes, "svcflow-timers") as threads:

            def widen() -> None:
                while len(beside) < self._terms.lanes - 1:
                    beside.append(threads.submit(copy_context().run, self._beside))

            try:
                self._lane(widen)
                for one in beside:
                    one.result()
            finally:
                self._over = True
        return sum(self._done, NOTHING_DONE)

    def _beside(self) -> None:
        """A further lane. When the store has no more connections, the first one gets on with it alone."""
        try:
            self._lane(lambda: None)
        except StoreError as problem:
            LOG.warning("one lane less for due timers: %s", problem)
        except BaseException:
            self._over = True
            raise

    def _lane(self, widen: Callable[[], None]) -> None:
        limit = self._terms.batch
        while not self._ended():
            with self._rounds.door.book.store.taking(self._now, limit) as taken:
                full = len(taken.due) >= limit
                if full and taken.connection is not None:
                    widen()
                fresh = self._fresh(taken.due)
                fired = self._rounds.door.fire_many(fresh, self._now, taken.connection) if fresh else {}
            self._done.append(Tally(fired=sum(fired.values())))
            for one in fresh:
                if one not in fired and not self._ended():
                    self._done.append(self._rounds.fire(one, self._now, self._terms))
            if not full:
                break
            limit = self._terms.batch + len(taken.due) - len(fresh)

    def _fresh(self, due: Sequence[DueCase]) -> list[DueCase]:
        """Those that no lane has had, as long as nobody else can take them."""
        fresh = [one for one in due if (one.tenant, one.case) not in self._seen]
        self._seen.update((one.tenant, one.case) for one in fresh)
        return fresh

    def _ended(self) -> bool:
        return self._over or self._stopped()


def _unmade(problem: BrokenRecord, _call: HookCall) -> NoReturn:
    raise problem


def _call(attempt: Attempt) -> Generator[Sequence[Wait], Outcomes, BaseException | None]:
    try:
        answer = attempt.hook.function(attempt.call)
    except Exception as problem:  # noqa: BLE001 - the host's own code may raise anything
        return problem
    if answer is None or not inspect.isawaitable(answer):
        return None
    outcomes = yield [lambda: answer]
    return outcomes[0]


def step(round_: Round, outcomes: Outcomes | None) -> Sequence[Wait] | Tally:
    """Go on with a round, from the beginning with None, to what must be awaited next, or to its end."""
    try:
        return next(round_) if outcomes is None else round_.send(outcomes)
    except StopIteration as end:
        return cast("Tally", end.value)


def finish(round_: Round, timeout: timedelta) -> Tally:
    """Make a round to its end; within an event loop, what it awaits needs a thread with a loop of its own."""
    reached = step(round_, None)
    while not isinstance(reached, Tally):
        reached = step(round_, run(side_by_side(reached, timeout)))
    return reached


async def side_by_side(waits: Sequence[Wait], timeout: timedelta) -> Outcomes:  # noqa: ASYNC109 - of each of them
    """Await everything, each no longer than `timeout`; what each of them raised, in their order."""

    async def one(wait: Wait) -> None:
        answer = wait()
        if answer is not None:
            await asyncio.wait_for(answer, timeout.total_seconds())

    return await asyncio.gather(*map(one, waits), return_exceptions=True)


def run(everything: Coroutine[None, None, T]) -> T:
    """Run a coroutine to its end, within an event loop too."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(everything)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, everything).result()


def _named(problem: BaseException) -> str:
    """An error as an operator reads it."""
    name, text = type(problem).__name__, said(problem)
    return f"{name}: {text}" if text else name
