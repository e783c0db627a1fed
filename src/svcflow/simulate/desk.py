"""The staff of a simulation: who is free, what waits for them, and who takes what next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Literal, TypeAlias

from attrs import define

from svcflow.core.case import Case
from svcflow.core.event import Actor
from svcflow.errors import CalendarError
from svcflow.simulate.scenario import Option, Person

Rank: TypeAlias = tuple[datetime, datetime, int]
Values: TypeAlias = tuple[object, ...]
Entry: TypeAlias = tuple[Rank, int, "Item"]
Queue: TypeAlias = list[Entry]

_NEVER = datetime.max.replace(tzinfo=UTC)


@define(eq=False)
class Worker:
    """One of the staff at work; `woken` is when they look next whether something waits for them."""

    person: Person
    number: int
    keys: tuple[str, ...]
    idle_since: datetime
    item: Item | None = None
    woken: datetime | None = None
    worked: timedelta = timedelta()
    done: int = 0


@define(eq=False)
class Item:
    """
    Something meant to happen in one state of a case, since it `arrived` there; without an `option` nothing is.

    It lies `ahead` until the world lets it happen, is `queued` under its `keys`, taken by a worker, and then `gone`.
    `rank` is its place in the queue: what falls due first comes first. `values` are those that
    tell who has the skills for it.
    """

    case: str
    root: str
    process: str
    leaf: str
    arrived: datetime | None
    option: Option | None = None
    keys: tuple[str, ...] = ()
    outsider: Actor | None = None
    rank: Rank = (_NEVER, _NEVER, 0)
    values: Values | None = None
    stage: Literal["ahead", "queued", "working", "gone"] = "ahead"
    worker: Worker | None = None
    since: datetime = _NEVER


def role_key(role: str) -> str:
    """The key of everybody with a role."""
    return f"role {role}"


def person_key(person: str) -> str:
    """The key of whoever a person field means: a person, or a group."""
    return f"person {person}"


class Desk:
    """
    Queues by role and person, and the workers behind them; `fits` says whether a worker may and can take an item.

    Under each key items lie apart by their values of the fields that are anybody's `skills`, so that nobody has to look
    through what is for others.
    """

    def __init__(self, people: Sequence[Person], start: datetime, fits: Callable[[Item, Worker], bool]) -> None:
        self.workers = tuple(_worker(person, number, start) for number, person in enumerate(people))
        self.members: dict[str, list[Worker]] = {}
        names = sorted({name for person in people for name in person.skills})
        self._skills = {name: frozenset().union(*(one.skills.get(name, ()) for one in people)) for name in names}
        self._queues: dict[str, dict[Values, Queue]] = {}
        self._laid = count()
        self._fits = fits
        for worker in self.workers:
            for key in worker.keys:
                self.members.setdefault(key, []).append(worker)

    def knows(self, key: str) -> bool:
        """Whether anybody stands behind a key."""
        return key in self.members

    def queue(self, item: Item, fields: Mapping[str, object]) -> bool:
        """Lay something down for those who may take it; False if it lies there with these fields already."""
        values = tuple(
            [value if (value := fields.get(name)) in known else None for name, known in self._skills.items()]
        )
        if item.values == values:
            return False
        item.values = values
        for key in item.keys:
            heappush(self._queues.setdefault(key, {}).setdefault(values, []), (item.rank, next(self._laid), item))
        return True

    def taker(self, item: Item, now: datetime) -> tuple[Worker | None, list[tuple[datetime, Worker]]]:
        """Who takes it at once: whoever has been free longest. If nobody does, who could as soon as they begin work."""
        best: Worker | None = None
        later: list[tuple[datetime, Worker]] = []
        for worker in self._free(item.keys):
            if not self._fits(item, worker):
                continue
            opens = next_open(worker, now)
            if opens > now:
                later.append((opens, worker))
            elif best is None or (worker.idle_since, worker.number) < (best.idle_since, best.number):
                best = worker
        return best, [] if best is not None else later

    def next_item(self, worker: Worker) -> Item | None:
        """The most urgent of what waits for a worker, taken out of its queues."""
        aside: list[tuple[Queue, Entry]] = []
        found = None
        while found is None:
            queue = min(self._heads(worker), key=lambda queue: queue[0], default=None)
            if queue is None:
                break
            entry = heappop(queue)
            if self._fits(entry[-1], worker):
                found = entry[-1]
            else:
                aside.append((queue, entry))
        for queue, entry in aside:
            heappush(queue, entry)
        return found

    def waits_for(self, worker: Worker) -> bool:
        """Whether anything lies in the queues of a worker."""
        return any(self._heads(worker))

    def _free(self, keys: Iterable[str]) -> Iterable[Worker]:
        known: set[int] = set()
        for key in keys:
            for worker in self.members.get(key, ()):
                if worker.item is None and worker.number not in known:
                    known.add(worker.number)
                    yield worker

    def _heads(self, worker: Worker) -> Iterator[Queue]:
        """The queues in which something waits for a worker; what was taken elsewhere, or is no more, is forgotten."""
        skills = worker.person.skills
        places = [(place, skills[name]) for place, name in enumerate(self._skills) if name in skills]
        for key in worker.keys:
            for values, queue in self._queues.get(key, {}).items():
                if all(values[place] in known for place, known in places):
                    while queue and queue[0][-1].stage != "queued":
                        heappop(queue)
                    if queue:
                        yield queue


def next_open(worker: Worker, now: datetime) -> datetime:
    """When a worker is at work next: now, or when their hours begin."""
    try:
        return worker.person.calendar.next_open(now)
    except CalendarError:
        return _NEVER


def urgency(due: datetime | None, case: Case, number: int) -> tuple[datetime, datetime, int]:
    """The place in a queue, as in a worklist: by the first clock or limit that falls due, then by age."""
    return due or _NEVER, case.opened_at, number


def _worker(person: Person, number: int, start: datetime) -> Worker:
    actor = person.actor
    keys = (
        *(role_key(role) for role in sorted(actor.roles)),
        person_key(actor.id),
        *(person_key(group) for group in sorted(actor.groups)),
    )
    return Worker(person, number, keys, start)
