"""The cases of a log in a store: each row at most once, however often, and from wherever, it is begun again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import SystemRandom

from attrs import frozen

from svcflow import casebook
from svcflow.casebook import Casebook
from svcflow.clocks import SystemClock
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.event import SYSTEM, Event
from svcflow.core.family import Processes
from svcflow.core.plain import digest, instant
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.door import Door, Sent
from svcflow.errors import InputError, KeyConflict, NotInForce, Refused
from svcflow.hooks import Hooks
from svcflow.inside import Insiders
from svcflow.published import Issue, Published
from svcflow.replay.course import FAILURES, STRIDE, Course, Opened, Post, RefusedRow, reason
from svcflow.replay.log import Row
from svcflow.stores.base import DueCase, Store

TENANT = ""
"""The cases of a log belong to the tenant that needs no name."""


@frozen
class Position:
    """How far a case has come: how many of its rows are behind it, what they were, and which the store refused."""

    rows: int
    content: str
    refused: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        return json.dumps({"rows": self.rows, "content": self.content, "refused": self.refused})

    @classmethod
    def read(cls, text: str) -> Position:
        """From its text."""
        data = json.loads(text)
        return cls(data["rows"], data["content"], tuple((place, why) for place, why in data["refused"]))


@frozen
class Keeper:
    """
    Writes what the core has found to fit, through the one door, under keys made of the places of the rows.

    The keys are what makes a row happen at most once; the position per case only saves sending known rows again, and
    tells that an earlier part of the log has changed.
    """

    store: Store
    door: Door
    process: Process
    end: datetime
    linked: bool

    # ── the processes ──────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def of(cls, store: Store, library: Sequence[Process], end: datetime) -> Keeper:
        """
        Publish the processes; the first is that of the log.

        Raises:
            DefinitionError: If the store has this version with other content.
            InputError: If the store has a newer version of one that the first runs or starts.
        """
        published = Published(store)
        clock = SystemClock()
        published.publish(library, Issue(TENANT, SYSTEM.id, clock.now()))
        editions = published.within(None)
        for process in library[1:]:
            newest = editions.newest(TENANT, process.name)
            if newest.digest != process.digest:
                raise InputError(
                    f"this store has version {newest.version} of {process.name}, and the file is version "
                    f"{process.version}: cases would open under the newer one; use the newer file or another store"
                )
        door = Door(Casebook(store, published, clock, statechart), SystemRandom(), Insiders(Hooks()))
        process = editions.find(TENANT, library[0].name, library[0].version)
        return cls(store, door, process, end, any(one.needs for one in library))

    @property
    def processes(self) -> Processes:
        """The processes as the store has them, with the holidays that were stored with them."""
        return self.door.book.published.within(None)

    # ── a case ─────────────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, course: Course, rows: Sequence[Row]) -> Course:
        """
        Bring a case in the store to where its course leads, and answer the course as it was possible there.

        Raises:
            InputError: If the store has another case of this id, or replayed other rows for it.
        """
        if course.opened is None:
            return course
        try:
            refused = dict(self._written(course, course.opened, rows))
        except KeyConflict:
            raise InputError(_other_rows(course.case)) from None
        trouble = self._run_on_all(course.case)
        told = [
            RefusedRow(course.case, post.row, post.event.name, refused[post.place])
            for post in course.posts
            if post.place in refused
        ]
        posts = tuple(post for post in course.posts if post.place not in refused)
        return Course(course.case, course.opened, posts, (*course.refused, *told), self._load(course.case), trouble)

    def _written(self, course: Course, opened: Opened, rows: Sequence[Row]) -> Iterable[tuple[int, str]]:
        """Open the case and send what is not behind it yet; answers what the store refused, then or now."""
        known = self._position(course.case, rows)
        if known is None:
            self._open(course.case, opened)
            known = Position(0, "")
        if known.rows == len(rows):
            return known.refused
        refused = (*known.refused, *self._send(course, [post for post in course.posts if post.place > known.rows]))
        self.store.remember(self._source, course.case, str(Position(len(rows), _content(rows), refused)))
        return refused

    @property
    def _source(self) -> str:
        return f"replay:{self.process.name}"

    def _position(self, case: str, rows: Sequence[Row]) -> Position | None:
        text = self.store.position(self._source, case)
        if text is None:
            return None
        position = Position.read(text)
        if position.rows > len(rows) or position.content != _content(rows[: position.rows]):
            raise InputError(_other_rows(case))
        return position

    def _open(self, case: str, opened: Opened) -> None:
        key = f"{self._source}:{case}"
        if self.store.known(TENANT, None, key) is None:
            if self.store.load(TENANT, case) is not None:
                raise InputError(f"this store has a case {case!r} that was not opened from this log; use another store")
            self._look(case, opened.at)
        opening = casebook.Opening(self.process.name, opened.fields, opened.actor, case, TENANT, key)
        answer = self.door.open(opening, opened.at, None)
        if isinstance(answer, Refusal):
            raise Refused(answer)
        self._check(answer)

    def _look(self, case: str, at: datetime) -> None:
        """Make sure, before anything is written, that a case opens under the version of the file."""
        try:
            there = self.door.book.published.within(None).in_force(TENANT, self.process.name, at)
        except NotInForce as problem:
            raise InputError(f"case {case!r} cannot open in this store: {problem}; use another store") from None
        if there.digest != self.process.digest:
            raise InputError(
                f"case {case!r} would open under version {there.version} of {there.name} in this store, and the "
                f"file is version {self.process.version}; use the file of that version or another store"
            )

    def _check(self, case: Case) -> None:
        if case.digest != self.process.digest:
            raise InputError(
                f"case {case.id!r} lives by version {case.version} of {case.process} in this store, and the file is "
                f"version {self.process.version}; use another store"
            )

    def _send(self, course: Course, posts: Sequence[Post]) -> list[tuple[int, str]]:
        """Send what fits; a case that others have moved meanwhile may refuse some of it."""
        sent = [
            Sent(
                TENANT,
                course.case,
                Event(one.event.name, one.event.fields, one.event.actor, f"replay:{one.place}"),
                one.at,
            )
            for one in posts
        ]
        answers = zip(posts, self.door.send_many(sent, None), strict=True)
        return [(post.place, reason(answer, self.process)) for post, answer in answers if isinstance(answer, Refusal)]

    def _load(self, case: str) -> Case:
        found = self.door.book.family(TENANT, case, None)[case]
        self._check(found)
        return found

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _run_on_all(self, case: str) -> str:
        """Let time run on for a case and for all that it started, one after another."""
        ahead, seen, troubles = [case], {case}, []
        while ahead:
            one = ahead.pop()
            troubles.append(self._run_on(one))
            for origin, other, _ in self.store.links(TENANT, one) if self.linked else ():
                if origin == one and other not in seen:
                    seen.add(other)
                    ahead.append(other)
        return next(filter(None, troubles), "")

    def _run_on(self, case: str) -> str:
        try:
            while (due := self._next_due(self.door.book.family(TENANT, case, None))) is not None:
                if due.due > self.end or not self.door.fire(due, min(due.due + STRIDE, self.end)):
                    break
        except FAILURES as problem:
            return str(problem)
        return ""

    def _next_due(self, family: Mapping[str, Case]) -> DueCase | None:
        """The timer that falls due first in a family."""
        armed = [
            (timer.due, case.id, timer.name, timer.generation)
            for case in family.values()
            for timer in case.timers.values()
            if timer.due is not None
        ]
        if not armed:
            return None
        at, owner, name, generation = min(armed)
        return DueCase(TENANT, owner, name, generation, at, 0)


def _other_rows(case: str) -> str:
    return (
        f"case {case!r} was replayed into this store before from other rows, or with another map: "
        "a log may grow, but what was replayed must stay as it was; use another store"
    )


def _content(rows: Sequence[Row]) -> str:
    """What rows mean, as a digest."""
    return digest(
        [
            [instant(row.at), row.event, row.actor.id, sorted(row.actor.roles), dict(row.cells), row.problem]
            for row in rows
        ]
    )
