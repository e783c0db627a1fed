"""
Threads that take turns: exactly one goes on at a time, and who does at each stop is a choice, so a run can be repeated.

Every thread stops before each of its calls to the store. A schedule is the list of choices made there; `schedules` goes
through all that can differ (stateless search with sleep sets: of two readings side by side, one order is enough).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, TypeAlias, cast

from attrs import define, field

from svcflow.stores.base import Store

BEGIN = "begin"
"""The stop of a thread before it does anything."""

_QUESTIONS = {
    "cases": (
        "archived",
        "cases",
        "families",
        "family",
        "journal",
        "journals",
        "kept",
        "known",
        "links",
        "load",
        "removed",
    ),
    "outbox": ("awaited", "deliveries"),
    "timers": ("due",),
    "cases outbox timers": ("incidents", "next_due", "next_dues"),
    "": (BEGIN, "days", "edition", "process", "processes"),
}
"""What calls of a store read: nothing is published while threads take turns."""

CALL = "hook"
"""The stop before a hook call reaches the host."""

_DEEDS = {
    "host": (CALL,),
    "outbox": ("claim", "delivered", "failed", "released"),
    "timers": ("fail_timer", "taking"),
}
"""What calls write, and read; all others may write everything."""

_READS = {name: frozenset(what.split()) for what, names in _QUESTIONS.items() for name in names}
_WRITES = {name: frozenset(what.split()) for what, names in _DEEDS.items() for name in names}
_EVERYTHING = frozenset(("cases", "outbox", "timers"))

Schedule: TypeAlias = tuple[str, ...]
"""Who went on at each stop, by name."""

Chooser: TypeAlias = Callable[[Mapping[str, str]], str]
"""Chooses who goes on, given the call before which each thread has stopped."""


class Abandoned(BaseException):
    """The run is given up: no handler of a thread is to hear of it."""


class Redundant(Exception):
    """A run need not go on: another one does the same."""


class Turns:
    """
    Runs functions in threads of their own, one at a time.

    A function stops by calling `stop`; when all have stopped, `choose` says which goes on.
    """

    def __init__(self) -> None:
        self._stopped = threading.Semaphore(0)
        self._go: dict[str, threading.Semaphore] = {}
        self._waiting: dict[str, str] = {}
        self._abandoned = False
        self._problems: list[BaseException] = []

    def stop(self, name: str, call: str) -> None:
        """
        Wait for one's turn before a call.

        Raises:
            Abandoned: The run is given up.
        """
        if self._abandoned:
            raise Abandoned
        self._waiting[name] = call
        self._stopped.release()
        self._go[name].acquire()
        if self._abandoned:
            raise Abandoned

    def run(self, acts: Mapping[str, Callable[[], None]], choose: Chooser) -> Schedule:
        """
        Let all of them run to their ends, and answer in which order they went on.

        Raises:
            Exception: What one of them, or `choose`, raises; then the others are given up.
        """
        self._go = {name: threading.Semaphore(0) for name in acts}
        threads = [threading.Thread(target=self._run, args=(name, act), daemon=True) for name, act in acts.items()]
        for thread in threads:
            thread.start()
            self._stopped.acquire()
        schedule: list[str] = []
        try:
            while self._waiting and not self._problems:
                name = choose(dict(self._waiting))
                schedule.append(name)
                self._step(name)
        finally:
            self._abandoned = True
            for name in list(self._waiting):
                self._step(name)
            for thread in threads:
                thread.join()
        if self._problems:
            raise self._problems[0]
        return tuple(schedule)

    def _step(self, name: str) -> None:
        del self._waiting[name]
        self._go[name].release()
        self._stopped.acquire()

    def _run(self, name: str, act: Callable[[], None]) -> None:
        try:
            self.stop(name, BEGIN)
            act()
        except Abandoned:
            pass
        except BaseException as problem:  # noqa: BLE001 - it is raised where the turns are given
            self._problems.append(problem)
        finally:
            self._stopped.release()


def stopping(store: Store, stop: Callable[[str], None]) -> Store:
    """The store, with `stop` called with the name of each of its calls, before it."""
    return cast("Store", _Stopping(store, stop))


class _Stopping:
    def __init__(self, store: Store, stop: Callable[[str], None]) -> None:
        self._store, self._stop = store, stop

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        return partial(self._call, name, found) if callable(found) and name != "close" else found

    def _call(self, name: str, call: Callable[..., Any], *given: object, **named: object) -> object:
        self._stop(name)
        return call(*given, **named)


# ── which schedules there are ──────────────────────────────────────────────────────────────────────────────────


def follow(schedule: Sequence[str]) -> Chooser:
    """Choose as a schedule says; where it ends or names nobody who could go on, the first who can."""
    left = iter(schedule)

    def choose(waiting: Mapping[str, str]) -> str:
        wanted = next(left, "")
        return wanted if wanted in waiting else min(waiting)

    return choose


def at_random(random: Random, names: Sequence[str], *, changes: int = 3, stops: int = 60) -> Chooser:
    """
    Choose by priorities drawn at random, of which some are lowered at stops drawn at random.

    That meets a fault which needs few changes of turns more often than a coin at each stop does (Burckhardt and others
    (2010), "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs").
    """
    order = random.sample(sorted(names), len(names))
    lowered = {random.randrange(stops) for _ in range(changes)}
    number = -1

    def choose(waiting: Mapping[str, str]) -> str:
        nonlocal number
        number += 1
        first = next(name for name in order if name in waiting)
        if number in lowered:
            order.remove(first)
            order.append(first)
            return next(name for name in order if name in waiting)
        return first

    return choose


@define
class _Stop:
    """One stop on the present way: who may go on, who need not (their turn here was tried), who went."""

    waiting: Mapping[str, str]
    asleep: set[str]
    went: str


@define
class Search:
    """
    Goes through every schedule that can differ, each once: `for choose in search: turns.run(acts, choose)`.

    `choose` raises `Redundant` where another run does the same. `runs` counts those to their end, `cut` the others, as
    `ended` is told; `complete` when there are no more, at `most` so many.
    """

    most: int = 10_000
    runs: int = 0
    cut: int = 0
    complete: bool = False
    _way: list[_Stop] = field(factory=list)
    _depth: int = 0

    def __iter__(self) -> Iterator[Chooser]:
        while self.runs + self.cut < self.most:
            self._depth = 0
            yield self._choose
            if not self._back():
                self.complete = True
                return

    def ended(self, *, whole: bool) -> None:
        """Say of the last run whether it came to its end."""
        self.runs += whole
        self.cut += not whole

    def _choose(self, waiting: Mapping[str, str]) -> str:
        depth = self._depth
        self._depth += 1
        if depth < len(self._way):
            return self._way[depth].went
        asleep = self._asleep(waiting)
        awake = [name for name in sorted(waiting) if name not in asleep]
        if not awake:
            raise Redundant
        self._way.append(_Stop(dict(waiting), asleep, awake[0]))
        return awake[0]

    def _asleep(self, waiting: Mapping[str, str]) -> set[str]:
        """Whose turn before the last one was tried already, and comes to the same after it."""
        if not self._way:
            return set()
        last = self._way[-1]
        went = last.waiting[last.went]
        return {name for name in last.asleep if name in waiting and _commute(last.waiting[name], went)}

    def _back(self) -> bool:
        """Go back to the last stop where somebody else can go on."""
        while self._way:
            last = self._way[-1]
            last.asleep.add(last.went)
            awake = [name for name in sorted(last.waiting) if name not in last.asleep]
            if awake:
                last.went = awake[0]
                return True
            self._way.pop()
        return False


def _commute(one: str, other: str) -> bool:
    """Whether two calls come to the same in either order: neither writes what the other reads or writes."""
    first, second = _touched(one), _touched(other)
    return first[1].isdisjoint(second[0] | second[1]) and second[1].isdisjoint(first[0])


def _touched(call: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a call reads, and what it writes."""
    if call in _READS:
        return _READS[call], frozenset()
    written = _WRITES.get(call, _EVERYTHING)
    return written, written
