"""Questions about cases: what stands where, who may do what, what is late. Answered as of now, writing nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from attrs import evolve, frozen

from svcflow.casebook import Casebook, Family, earliest_due, missing, possible
from svcflow.clocks import utc
from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.decision import Decision, JournalEntry, Offer, Refusal
from svcflow.core.event import EMPTY, Actor, Event
from svcflow.core.form import LONGEST_TEXT
from svcflow.core.process import Process
from svcflow.core.sight import NONE, insider, shown_case, shown_decision, shown_entry, unseen, withheld
from svcflow.errors import InputError
from svcflow.published import Editions
from svcflow.stores.base import Query

LONGEST_NAME = 1_000
"""Characters of an id, a key or a tenant."""


@frozen
class ClockView:
    """
    One cycle of an SLA clock, or one stay under a `limit`, as it stands now.

    `name` is the clock's, or the path of the state that the limit belongs to. `elapsed`, `target` and `remaining` are
    working time of its calendar; `remaining` is negative when overdrawn. `due` is None while it is paused, stopped or
    without a target. `met` is None while it runs and when it can be neither met nor late. `unseen` says that `target`
    and `remaining` are None since they hang on a field that is not for the viewer (`seen_by`).
    """

    name: str
    kind: Literal["clock", "limit"]
    cycle: int
    state: Literal["running", "paused", "stopped"]
    elapsed: timedelta
    target: timedelta | None
    remaining: timedelta | None
    due: datetime | None
    late: bool
    met: bool | None
    unseen: bool = False


@frozen
class Lags:
    """How far behind workers are: how long the timer and the call that come next have waited; zero when none waits."""

    timer: timedelta
    call: timedelta


class Inquiry:
    """The questions of an engine. All are answered as of now, except that `cases` goes by what was last written."""

    def __init__(self, book: Casebook) -> None:
        self._book = book

    def case(
        self, case_id: str, *, viewer: Actor | None = None, tenant: str = "", connection: object | None = None
    ) -> Case:
        """
        A case as of now: what fell due has happened in it, even if no worker has written that yet.

        For a `viewer`, `UNSEEN` stands in place of each value that is not for them (`seen_by`).

        Raises:
            CaseNotFound: If there is no such case (as all questions about one).
        """
        case, process, _ = self._present(tenant, case_id, connection)
        return case if viewer is None else _seen(case, process, checked(viewer))

    def menu(
        self, case_id: str, *, actor: Actor, tenant: str = "", connection: object | None = None
    ) -> tuple[Offer, ...]:
        """Every event that the case knows where it stands: with its form, or with the reason why this actor may not."""
        editions = self._book.published.within(connection)
        family = self._book.family(tenant, case_id, connection)
        return self._book.offers(family, editions, case_id, checked(actor), self._book.instant(None, family))

    def preview(
        self,
        case_id: str,
        event: str,
        fields: Mapping[str, Any] = EMPTY,
        *,
        actor: Actor,
        at: datetime | None = None,
        tenant: str = "",
        connection: object | None = None,
    ) -> Decision | Refusal:
        """What `send` would do to this case, as the actor sees it; nothing is written."""
        family = self._book.family(tenant, case_id, connection)
        sent = Event(event, filled_in(fields), checked(actor))
        editions = self._book.published.within(connection)
        answer = self._book.judge(family, editions, case_id, sent, at)
        if isinstance(answer, Refusal):
            return answer
        moments = {self._book.instant(None, family), self._book.instant(at, family)}
        standing = [self._book.as_of(family, editions, case_id, moment) for moment in moments]
        hidden = (unseen(editions.of(case), actor, case.fields) for case in standing)
        return shown_decision(answer[0], editions.of(answer[0].case), NONE.union(*hidden))

    def clocks(
        self, case_id: str, *, viewer: Actor | None = None, tenant: str = "", connection: object | None = None
    ) -> tuple[ClockView, ...]:
        """
        Every cycle of every SLA clock and every stay under a limit, as of now, in the order in which they began.

        For a `viewer`, lengths that hang on fields that are not for them are left out; when something is due is told.
        """
        case, process, now = self._present(tenant, case_id, connection)
        hidden = NONE if viewer is None else unseen(process, checked(viewer), case.fields)
        known = sorted((*case.cycles, *case.clocks.values()), key=lambda clock: clock.started_at)
        return tuple(_view(clock, process, now, hidden) for clock in known)

    def process_of(self, case: Case, *, connection: object | None = None) -> Process:
        """
        The version of its process that a case lives by, with the days that it counts on.

        Raises:
            ProcessNotFound: If the store has lost it.
        """
        return self._book.published.within(connection).of(case)

    def lags(self) -> Lags:
        """How far behind workers are, over all tenants; what is parked, dead or to be tried again later is not late."""
        now = self._book.clock.now()
        timer, call = (
            timedelta() if due is None else max(now - due, timedelta()) for due in self._book.store.next_dues()
        )
        return Lags(timer, call)

    def journal(
        self, case_id: str, *, viewer: Actor | None = None, tenant: str = "", connection: object | None = None
    ) -> tuple[JournalEntry, ...]:
        """
        What happened to a case, in order; private values are left out.

        For a `viewer`, `UNSEEN` stands in place of each value that is not for them, as the case is now. Notes and
        erasures are for those who see `all` by the `seen_by` of the process; where it has none, for whoever holds one
        of its roles. What others see keeps its number, so that a gap shows where something is left out.
        """
        if viewer is None and self._book.store.load(tenant, case_id, connection=connection) is None:
            raise missing(self._book.store, tenant, case_id, connection)
        entries = self._book.store.journal(tenant, case_id, connection=connection)
        if viewer is None:
            return tuple(stored.entry for stored in entries)
        editions = self._book.published.within(connection)
        case, process, _ = self._present(tenant, case_id, connection)
        inside = insider(process, checked(viewer), case.fields)
        hidden = unseen(process, viewer, case.fields)
        for version in {stored.entry.detail["from"] for stored in entries if stored.entry.kind == "migrated"}:
            former = editions.find(tenant, case.process, version)
            hidden |= unseen(former, viewer, case.fields) - process.fields.keys()
        seen = (stored.entry for stored in entries if inside or stored.entry.kind not in {"note", "erased"})
        return tuple(shown_entry(entry, hidden) for entry in seen)

    def cases(  # noqa: PLR0913 - a query has many conditions, all of them keywords
        self,
        *,
        process: str | None = None,
        state: str | None = None,
        status: Literal["open", "done", "cancelled"] | None = None,
        late: bool = False,
        idle_since: datetime | None = None,
        waiting_for: Actor | None = None,
        viewer: Actor | None = None,
        where: Mapping[str, Any] = EMPTY,
        order: Literal["opened", "moved", "due"] = "opened",
        after: str | None = None,
        limit: int | None = None,
        tenant: str = "",
        connection: object | None = None,
    ) -> tuple[Case, ...]:
        """
        Cases that match all that is asked, as they were last written.

        `state` is an active state or a group around one. `late` keeps those with a clock or limit that is running
        after its due instant, `idle_since` those in which nothing happened after that time, `waiting_for` those in
        which this actor may act now: unlike all else, that is looked at case by case. `where` compares fields, private
        ones never. For a `viewer` the cases are as they see them, and `where` finds none by a value that is not for
        them; this, too, is looked at case by case. `order` is `opened`, `moved` or `due` (earliest first, those with
        nothing due last). `after` is the id of the last case of the page before.

        Raises:
            InputError: If `limit` is below 0, `order` or `status` is none of these, or a name or value to compare with
                is too long.
        """
        counted(limit)
        one_of(order, "`order`", ("opened", "moved", "due"))
        one_of(status, "`status`", ("open", "done", "cancelled", None))
        before = self._book.clock.now() if late else None
        for name, value in where.items():
            short(name, "a field's name")
            short(value, "a value to compare with", LONGEST_TEXT)
        idle = None if idle_since is None else utc(idle_since)
        query = Query(tenant, process, state, status, where, before, idle, order, after, limit)
        if waiting_for is None and viewer is None:
            return tuple(self._book.store.cases(query, connection=connection))
        query = evolve(query, limit=None)
        editions = self._book.published.within(connection)
        found: Iterable[Case] = self._book.store.cases(query, connection=connection)
        if waiting_for is not None:
            found = (stored for stored, _ in self._workable(query, checked(waiting_for), editions))
        if viewer is not None:
            found = _found_by(found, editions, checked(viewer), where)
        return tuple(islice(found, limit))

    def worklist(
        self,
        actor: Actor,
        *,
        process: str | None = None,
        limit: int | None = None,
        tenant: str = "",
        connection: object | None = None,
    ) -> tuple[Case, ...]:
        """
        The cases in which this actor may act now, most urgent first: by the first clock or limit that falls due.

        A case that waits is on nobody's list. Each is as the actor sees it: `UNSEEN` stands for what is not for them.

        Raises:
            InputError: If `limit` is below 0.
        """
        counted(limit)
        # The store goes by the dues as written, so the first found are the most urgent ones.
        query = Query(tenant, process, status="open", order="due")
        editions = self._book.published.within(connection)
        found = [case for _, case in islice(self._workable(query, checked(actor), editions), limit)]
        dues = {case.id: earliest_due(editions.of(case), case) for case in found}
        found.sort(key=lambda case: (dues[case.id] is None, dues[case.id] or case.opened_at, case.opened_at))
        return tuple(_seen(case, editions.of(case), actor) for case in found)

    def _workable(self, query: Query, actor: Actor, editions: Editions) -> Iterator[tuple[Case, Case]]:
        """Cases in which the actor may act now, each as it was written and as of now."""
        for stored in self._book.store.cases(query, connection=editions.connection):
            family = self._around(stored, editions.connection)
            now = self._book.instant(None, family)
            case = self._book.as_of(family, editions, stored.id, now)
            actor = self._book.informed(actor, editions.of(case))  # Asked about once, however many cases there are.
            if not case.ended and not _waits(case) and possible(self._book.menu(case, editions, actor, now)):
                yield stored, case

    def _around(self, case: Case, connection: object | None) -> Family:
        """The case's family; a case that has neither parent nor child is all of it."""
        if case.parent is None and not case.children:
            return {case.id: case}
        return self._book.family(case.tenant, case.id, connection)

    def _present(self, tenant: str, case_id: str, connection: object | None) -> tuple[Case, Process, datetime]:
        editions = self._book.published.within(connection)
        family = self._book.family(tenant, case_id, connection)
        now = self._book.instant(None, family)
        case = self._book.as_of(family, editions, case_id, now)
        return case, editions.of(case), now


def checked(actor: object) -> Actor:
    """
    The actor, if it is one.

    Raises:
        InputError: If it is something else, such as a plain name.
    """
    if not isinstance(actor, Actor):
        raise InputError(f"`actor` must be an Actor, as in Actor('li', roles={{'agent'}}), not {type(actor).__name__}")
    for name in (actor.id, actor.on_behalf_of, *actor.roles, *actor.groups, *(actor.qualifications or ())):
        short(name, "a name of `actor`")
    return actor


def counted(limit: object) -> None:
    """
    Turn away what counts no cases: stores and slices read a negative number in ways of their own.

    Raises:
        InputError: If it is neither None nor a whole number from 0.
    """
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise InputError(f"`limit` counts cases: a whole number from 0, or None for all of them, not {limit!r:.50}")


def one_of(word: object, what: str, known: tuple[str | None, ...]) -> None:
    """
    Turn away a word that says nothing: a store would find no case by it, or fail.

    Raises:
        InputError: If it is not one of those that are known.
    """
    if word not in known:
        raise InputError(f"{what} is one of {', '.join(map(repr, known))}, not {word!r:.50}")


def short(text: object, what: str, most: int = LONGEST_NAME) -> None:
    """
    Turn away a text that is too long for what it is: ids, keys and tenants are looked up, and stand in every row.

    Raises:
        InputError: If it is longer than `most` characters.
    """
    if isinstance(text, str) and len(text) > most:
        raise InputError(f"{what} has {len(text):,} characters; at most {most:,} are taken")


def text_of(text: object, what: str, most: int = LONGEST_NAME) -> str:
    """
    A text that is kept, of at most so many characters.

    Raises:
        InputError: If it is none, or longer.
    """
    if not isinstance(text, str):
        raise InputError(f"{what} must be a text; this is {type(text).__name__}")
    short(text, what, most)
    return text


def said(text: object, what: str, why: str) -> str:
    """
    A remark of somebody, that says something; `why` tells who needs it, as in `a note needs a text`.

    Raises:
        InputError: If it is no text, an empty one, or too long.
    """
    remark = text_of(text, what, LONGEST_TEXT)
    if not remark.strip():
        raise InputError(why)
    return remark


def filled_in(fields: object) -> Mapping[str, Any]:
    """
    The form, if it is one.

    Raises:
        InputError: If it is no mapping from names to values.
    """
    if not isinstance(fields, Mapping) or not all(isinstance(name, str) for name in fields):
        raise InputError(
            f"`fields` must map names to values, as in {{'owner': 'kim'}}; this is {type(fields).__name__}"
        )
    return fields


def _seen(case: Case, process: Process, viewer: Actor) -> Case:
    return shown_case(case, process, unseen(process, viewer, case.fields))


def _found_by(cases: Iterable[Case], editions: Editions, viewer: Actor, where: Iterable[str]) -> Iterator[Case]:
    """The cases as somebody sees them, without those that were found by what is not for them."""
    for case in cases:
        process = editions.of(case)
        hidden = unseen(process, viewer, case.fields)
        if hidden.isdisjoint(where):
            yield shown_case(case, process, hidden)


def _waits(case: Case) -> bool:
    """Whether the case is on nobody's list: every active state lies in a `wait`, or before its window opens."""
    waits = [name.removeprefix("wait:") for name, timer in case.timers.items() if name[:5] == "wait:" and timer.due]
    return bool(waits) and all(
        any(leaf == path or leaf.startswith(f"{path}.") for path in waits) for leaf in case.states
    )


def _view(clock: Clock, process: Process, now: datetime, hidden: frozenset[str]) -> ClockView:
    calendars = process.calendars
    secret = withheld(process, clock, hidden)
    limited = clock.name.startswith("limit:")
    return ClockView(
        clock.name.removeprefix("limit:"),
        "limit" if limited else "clock",
        clock.cycle,
        clock.state,
        stopwatch.elapsed(clock, calendars, now),
        None if secret else clock.target,
        None if secret else stopwatch.remaining(clock, calendars, now),
        stopwatch.due(clock, calendars),
        stopwatch.late(clock, calendars, now),
        stopwatch.met(clock, calendars, now),
        secret,
    )
