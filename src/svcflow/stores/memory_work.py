"""What the store in memory keeps for workers: timers by when they are due, hook calls in the order of their case."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import attrs
from attrs import evolve, frozen

from svcflow.core.case import Timer
from svcflow.core.decision import HookCall
from svcflow.stores.base import Delivery, DueCase, Incident

Key: TypeAlias = tuple[str, str]
"""Tenant and case id."""

_ROOM = 1000


@frozen
class _Armed:
    generation: int
    due: datetime
    next_at: datetime
    attempts: int = 0
    error: str = ""
    parked: bool = False


class Timers:
    """Armed timers per case, with a heap of the times at which one may be due; out-of-date times are passed over."""

    def __init__(self) -> None:
        self._armed: dict[Key, dict[str, _Armed]] = {}
        self._ahead: list[tuple[datetime, Key, str]] = []
        self._crowded = _ROOM

    def change(self, key: Key, armed: Iterable[Timer], disarmed: Iterable[str]) -> None:
        """Arm and disarm; a suspended timer is not due."""
        timers = self._armed.setdefault(key, {})
        parked = any(armed.parked for armed in timers.values())
        for name in disarmed:
            timers.pop(name, None)
        for timer in armed:
            if timer.due is None:
                timers.pop(timer.name, None)
            else:
                self._put(key, timer.name, _Armed(timer.generation, timer.due, timer.due))
        if parked:
            self._wake(key)
        if not timers:
            del self._armed[key]

    def _put(self, key: Key, name: str, armed: _Armed) -> None:
        self._armed[key][name] = armed
        heapq.heappush(self._ahead, (armed.next_at, key, name))
        if len(self._ahead) > self._crowded:
            self._tidy()

    def _tidy(self) -> None:
        """Drop the times that were passed over, before they outgrow the others."""
        self._ahead = [
            (armed.next_at, key, name) for key, timers in self._armed.items() for name, armed in timers.items()
        ]
        heapq.heapify(self._ahead)
        self._crowded = _ROOM + 2 * len(self._ahead)

    def _wake(self, key: Key) -> None:
        """A case that is no longer parked stands in the heap again: its times may have been passed over meanwhile."""
        timers = self._armed[key]
        if not any(armed.parked for armed in timers.values()):
            for name, armed in timers.items():
                heapq.heappush(self._ahead, (armed.next_at, key, name))

    def _current(self, at: datetime, key: Key, name: str) -> bool:
        timers = self._armed.get(key, {})
        armed = timers.get(name)
        return armed is not None and armed.next_at == at and not any(other.parked for other in timers.values())

    def due(self, now: datetime, limit: int) -> tuple[DueCase, ...]:
        """Cases with a timer due at or before `now`, earliest first, each case once, no parked ones."""
        found: dict[Key, DueCase] = {}
        seen: set[tuple[datetime, Key, str]] = set()
        while self._ahead and self._ahead[0][0] <= now and len(found) < limit:
            at, key, name = place = heapq.heappop(self._ahead)
            if place in seen or not self._current(at, key, name):
                continue
            seen.add(place)
            armed = self._armed[key][name]
            found.setdefault(key, DueCase(*key, name, armed.generation, armed.due, armed.attempts))
        for place in seen:
            heapq.heappush(self._ahead, place)
        return tuple(found.values())

    def next_at(self) -> datetime | None:
        """When the next timer is due."""
        while self._ahead and not self._current(*self._ahead[0]):
            heapq.heappop(self._ahead)
        return self._ahead[0][0] if self._ahead else None

    def fail(self, due: DueCase, error: str, *, retry_at: datetime, park: bool) -> None:
        """Hold all timers of the case back until `retry_at`, or until an operator retries."""
        key = (due.tenant, due.case)
        failed = self._armed.get(key, {}).get(due.timer)
        if failed is None or failed.generation != due.generation:
            return
        for name, armed in list(self._armed[key].items()):
            held = evolve(armed, next_at=max(armed.next_at, retry_at))
            if name == due.timer:
                held = evolve(held, attempts=armed.attempts + 1, error=error, parked=park)
            self._put(key, name, held)

    def retry(self, key: Key, name: str, now: datetime) -> bool:
        """Free a parked timer and with it its case."""
        armed = self._armed.get(key, {}).get(name)
        if armed is None or not armed.parked:
            return False
        self._put(key, name, _Armed(armed.generation, armed.due, max(armed.due, now)))
        self._wake(key)
        return True

    def erase(self, key: Key) -> None:
        """Keep of the errors of a case only what kind they were."""
        for name, armed in self._armed.get(key, {}).items():
            self._armed[key][name] = evolve(armed, error=armed.error.partition(":")[0])

    def waits(self, key: Key) -> bool:
        """Whether a timer of the case is armed."""
        return key in self._armed

    def incidents(self, tenant: str) -> Iterator[Incident]:
        """Parked timers, oldest first."""
        parked = [
            (armed.due, key[1], name, armed)
            for key, timers in self._armed.items()
            for name, armed in timers.items()
            if key[0] == tenant and armed.parked
        ]
        for due, case, name, armed in sorted(parked, key=lambda one: one[:3]):
            yield Incident("timer", tenant, case, name, armed.error, armed.attempts, due)


class Outbox:
    """Hook calls per case, oldest first; `number` orders them over all cases."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token
        self._number = 0
        self._waiting: dict[Key, dict[str, tuple[int, Delivery]]] = {}

    def add(self, call: HookCall) -> None:
        """Put a call behind the others of its case."""
        self._number += 1
        calls = self._waiting.setdefault((call.tenant, call.case), {})
        calls[call.key] = (self._number, Delivery(call, "waiting", 0, call.at))

    def _heads(self) -> Iterator[tuple[datetime, int, Delivery]]:
        """The oldest call of each case, unless it is dead."""
        for calls in self._waiting.values():
            number, delivery = next(iter(calls.values()))
            if delivery.state != "dead":
                yield delivery.next_at, number, delivery

    def next_at(self) -> datetime | None:
        """When the next call may be taken."""
        return min((at for at, _, _ in self._heads()), default=None)

    def claim(self, now: datetime, lease: timedelta, limit: int, hooks: Sequence[str]) -> tuple[Delivery, ...]:
        """Take due calls, oldest first, of each case only its oldest."""
        free = [
            (at, number, delivery)
            for at, number, delivery in self._heads()
            if at <= now and (delivery.call.hook in hooks or "*" in hooks)
        ]
        claim = self._token()
        return tuple(
            self._set(
                attrs.evolve(
                    delivery,
                    call=evolve(delivery.call, attempt=delivery.attempts + 1),
                    state="claimed",
                    attempts=delivery.attempts + 1,
                    next_at=now + lease,
                    claim=claim,
                )
            )
            for _, _, delivery in sorted(free, key=lambda one: one[:2])[:limit]
        )

    def _set(self, delivery: Delivery) -> Delivery:
        calls = self._waiting[delivery.call.tenant, delivery.call.case]
        number, _ = calls[delivery.call.key]
        calls[delivery.call.key] = (number, delivery)
        return delivery

    def _find(self, key: Key, name: str) -> Delivery | None:
        return self._waiting.get(key, {}).get(name, (0, None))[1]

    def _held(self, delivery: Delivery) -> Delivery | None:
        """The call as it is kept, while the caller still holds its claim."""
        call = delivery.call
        found = self._find((call.tenant, call.case), call.key)
        return found if found is not None and found.claim is not None and found.claim == delivery.claim else None

    def _delete(self, key: Key, name: str) -> None:
        del self._waiting[key][name]
        if not self._waiting[key]:
            del self._waiting[key]

    def delivered(self, delivery: Delivery) -> bool:
        """Delete a call that succeeded."""
        held = self._held(delivery)
        if held is not None:
            self._delete((held.call.tenant, held.call.case), held.call.key)
        return held is not None

    def failed(self, delivery: Delivery, error: str, *, retry_at: datetime, dead: bool) -> bool:
        """Release a claim, or declare the call dead."""
        held = self._held(delivery)
        if held is not None:
            self._set(evolve(held, state="dead" if dead else "waiting", next_at=retry_at, claim=None, error=error))
        return held is not None

    def released(self, delivery: Delivery, at: datetime) -> bool:
        """Give a claim back unused."""
        held = self._held(delivery)
        if held is not None:
            self._set(evolve(held, state="waiting", attempts=held.attempts - 1, next_at=at, claim=None))
        return held is not None

    def retry(self, key: Key, name: str, now: datetime) -> bool:
        """Let a dead call be tried again."""
        found = self._find(key, name)
        if found is None or found.state != "dead":
            return False
        self._set(Delivery(evolve(found.call, attempt=1), "waiting", 0, now))
        return True

    def skip(self, key: Key, name: str) -> bool:
        """Delete a dead call."""
        found = self._find(key, name)
        if found is None or found.state != "dead":
            return False
        self._delete(key, name)
        return True

    def erase(self, key: Key, fields: frozenset[str]) -> None:
        """Take fields out of the calls of a case, and keep of their errors only what kind they were."""
        for _, delivery in list(self._waiting.get(key, {}).values()):
            call = delivery.call
            left = {name: value for name, value in call.fields.items() if name not in fields}
            error = None if delivery.error is None else delivery.error.partition(":")[0]
            self._set(evolve(delivery, call=evolve(call, fields=left), error=error))

    def of(self, tenant: str, case_id: str | None) -> tuple[Delivery, ...]:
        """All calls of a tenant, or of one case, oldest first."""
        found = [
            numbered
            for key, calls in self._waiting.items()
            if key[0] == tenant and case_id in {None, key[1]}
            for numbered in calls.values()
        ]
        return tuple(delivery for _, delivery in sorted(found, key=lambda numbered: numbered[0]))

    def incidents(self, tenant: str) -> Iterator[Incident]:
        """Dead calls, oldest first."""
        for delivery in self.of(tenant, None):
            call = delivery.call
            if delivery.state == "dead":
                yield Incident("hook", tenant, call.case, call.key, delivery.error or "", delivery.attempts, call.at)
