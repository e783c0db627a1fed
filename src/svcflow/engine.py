"""The engine: everything an application does with its cases, each call one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from random import Random, SystemRandom
from types import TracebackType
from typing import Any, Self, TypeVar

from svcflow.archives import Archives
from svcflow.audit import Audit, audit
from svcflow.casebook import Casebook, Opening, People, Qualifications
from svcflow.clocks import Clock, SystemClock
from svcflow.core.case import Case
from svcflow.core.decision import Refusal
from svcflow.core.event import EMPTY, SYSTEM, Actor, Event, Migrate, Note
from svcflow.core.machine import Machine
from svcflow.core.statechart import statechart
from svcflow.door import Door, Migrated, Sent
from svcflow.erasure import Erased, erase
from svcflow.errors import InputError, Refused
from svcflow.following import Follows
from svcflow.holidays import PublicHolidays
from svcflow.hooks import Hooks
from svcflow.inquiry import checked, filled_in, said, short, text_of
from svcflow.inside import Insiders
from svcflow.language.compile_words import HolidaySource
from svcflow.machines import chosen
from svcflow.published import Published
from svcflow.recalendar import Each, NewDays, Recalendared
from svcflow.rounds import DEFAULT_TERMS, Rounds, Tally, Terms, finish
from svcflow.stores.base import Delivery, Incident, Query, Store
from svcflow.stores.open import opened
from svcflow.versions import Versions

F = TypeVar("F", bound=Callable[..., Any])


class Engine(Archives, Follows, Versions):
    """
    Opens cases, sends events, answers questions; made once per application and used from any thread.

    `store` is a URL (`":memory:"`, `"sqlite:///service.db"`) or a `Store`. `clock` tells the time. `machine`, or the
    name of one (`"transitions"`), steps through states. `holidays` gives the days behind a code such as `CN`, `people`
    says whether an id that is sent for a person field is somebody. `qualifications` says what the person with an id is
    qualified for, and is asked where a process wants to know and the actor does not say. `ids` makes the ids of cases,
    `random` spreads retries.

    Most methods take `tenant` (whose cases) and `connection`, an open transaction of the host's in the same database:
    what is done happens when that is committed, and not at all when it is rolled back.

    Raises:
        StoreError: The database cannot be used (also by every method).
        InputError: No machine has this name, or what was given is none; or it is no store.
    """

    def __init__(
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
    ) -> None:
        machine = chosen(machine)
        self.store = opened(store)
        self.clock = SystemClock() if clock is None else clock
        self.random = SystemRandom() if random is None else random
        self.hooks = Hooks()
        self._ids = self._new_id if ids is None else ids
        published = Published(self.store, holidays, machine)
        super().__init__(Casebook(self.store, published, self.clock, machine, people, qualifications))
        self._door = Door(self._book, self.random, Insiders(self.hooks))
        self.rounds = Rounds(self._door, self.hooks, self.random)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the store."""
        self.store.close()

    # ── hooks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def hook(self, name: str, *, private: Iterable[str] = (), inside: bool = False) -> Callable[[F], F]:
        """
        Register the decorated function for a hook: `@engine.hook("notify", private=["phone"])`.

        The function, plain or `async`, is called with one `HookCall`, which holds the private fields named here and no
        others. Under the name `*` it takes the calls of all hooks that have no function of their own.

        With `inside` a plain function is called with an `InsideCall` in the transaction of the event, whose
        `connection` it may write with. If it raises, the event is refused (code `hook`).

        Raises:
            HookError: If the function or the name does not fit.
        """
        return self.hooks.on(name, private=private, inside=inside)

    # ── what changes a case ────────────────────────────────────────────────────────────────────────────────────

    def open(
        self,
        process: str,
        fields: Mapping[str, Any] = EMPTY,
        *,
        actor: Actor,
        key: str | None = None,
        at: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the case's id, as in `Case`
        tenant: str = "",
        connection: object | None = None,
    ) -> Case:
        """
        Open a case of the newest version of a process that is in force then.

        `key` is unique per store and tenant: the same key again opens nothing and returns the case that it opened, as
        it stands. `at` is when it happened, for imports; `id` is the case's id, by default a new one.

        Raises:
            Refused: If this actor may not, or the form is wrong.
            ProcessNotFound: If no such process is published; `NotInForce`, if its versions are to come, or retired.
            KeyConflict: If the key was used before with other content.
            InputError: If a case with this id exists.
        """
        for text, what in ((id, "`id`"), (tenant, "`tenant`")):
            short(text, what)
        name = text_of(process, "`process`")
        opening = Opening(name, filled_in(fields), checked(actor), id or self._ids(), tenant, _key(key))
        return _accepted(self._door.open(opening, at, connection))

    def send(
        self,
        case_id: str,
        event: str,
        fields: Mapping[str, Any] = EMPTY,
        *,
        actor: Actor,
        key: str | None = None,
        at: datetime | None = None,
        tenant: str = "",
        connection: object | None = None,
    ) -> Case:
        """
        Send an event to a case and return the case after it.

        `key` is unique per case: the same key again changes nothing and returns the case as it stands. `at` is when it
        happened, for imports.

        Raises:
            Refused: If the event is not possible; nothing has changed, and the key is still free.
            CaseNotFound: If there is no such case.
            KeyConflict: If the key was used before with other content.
            ConflictError: If others changed the case meanwhile: at once with `connection`, else after many tries.
        """
        sent = Event(event, filled_in(fields), checked(actor), _key(key))
        return _accepted(self._door.send(Sent(tenant, case_id, sent, at, connection)))

    def send_many(
        self,
        events: Iterable[tuple[str, Event] | tuple[str, Event, datetime]],
        *,
        tenant: str = "",
        connection: object | None = None,
    ) -> tuple[Case | Refusal, ...]:
        """
        Send many events, as (case id, event) or (case id, event, when it happened), in their order.

        Up to a hundred are read, and committed, together. Each stands for itself: one that is refused is answered with
        its `Refusal` and holds up no other. An error ends the call; those before it are committed. With keys it can be
        repeated as a whole.

        Raises:
            CaseNotFound, KeyConflict, ConflictError: As `send`.
        """
        items = [Sent(tenant, case, event, next(iter(at), None), connection) for case, event, *at in events]
        return self._door.send_many(items, connection)

    def note(
        self,
        case_id: str,
        text: str,
        *,
        actor: Actor,
        key: str | None = None,
        at: datetime | None = None,
        tenant: str = "",
        connection: object | None = None,
    ) -> Case:
        """
        Put a remark of an actor into the journal; it moves nothing, and is possible in an ended case too.

        Raises:
            CaseNotFound, KeyConflict, ConflictError: As `send`.
            InputError: If the text is none, or empty.
        """
        note = Note(said(text, "`text`", "a note needs a text"), checked(actor), _key(key))
        return _accepted(self._door.send(Sent(tenant, case_id, note, at, connection)))

    def migrate(
        self,
        process: str,
        *,
        from_version: int,
        cases: Iterable[str] | None = None,
        dry_run: bool = False,
        actor: Actor = SYSTEM,
        tenant: str = "",
        connection: object | None = None,
    ) -> tuple[Migrated, ...]:
        """
        Bring open cases of one version over to the newest in force, as its `migrate:` says; what became of each.

        Each case is a transaction of its own (without `connection`). `cases` are the ids of those to bring over, by
        default all; the others, those that ended and those of another version are left out. Before all are, whatever is
        overdue happens: cases that time opens are among them. With `dry_run` nothing is written.

        Raises:
            ProcessNotFound: If no such process is published; `NotInForce`, if its versions are to come, or retired.
            InputError: If `from_version` is not older than the newest in force.
        """
        newest = self._book.published.within(connection).in_force(tenant, process, self.clock.now()).version
        if from_version >= newest:
            raise InputError(f"version {from_version} of {process} is not older than the newest one in force, {newest}")
        if cases is None:
            self._catch_up(connection, dry_run=dry_run)
            found = self.store.cases(Query(tenant, process, status="open"), connection=connection)
        else:
            asked = (self.store.load(tenant, id_, connection=connection) for id_ in cases)
            found = (case for case in asked if case is not None and case.process == process and not case.ended)
        ids = [case.id for case in found if case.version == from_version]
        move = Migrate(newest, checked(actor))
        return tuple(self._door.migrate(Sent(tenant, id_, move, None, connection), dry_run=dry_run) for id_ in ids)

    def recalendar(
        self,
        process: str | None = None,
        *,
        calendar: str | None = None,
        cases: Iterable[str] | None = None,
        dry_run: bool = False,
        each: Each | None = None,
        actor: Actor = SYSTEM,
        tenant: str = "",
        connection: object | None = None,
    ) -> tuple[Recalendared, ...]:
        """
        Read the holidays anew, of one process or calendar or of all, and let running cases count on them from tomorrow.

        Answers for each open case that counts on other days then which of its due times move. `cases` are the ids of
        those to bring over, by default all; each is a transaction of its own (without `connection`), and a case that
        fails is answered with its `error`. New cases count on the new days from the start. `each` is called with a case
        as soon as it is done, and with how many there are. Before all are brought over, whatever is overdue happens, on
        the days that it still knows. With `dry_run` nothing is written.

        Raises:
            ProcessNotFound: If no such process is published.
            InputError: If nothing that is published counts on this calendar.
            CalendarError: If nobody knows the holidays of a code any more.
        """
        if cases is None:
            self._catch_up(connection, dry_run=dry_run)
        run = NewDays(self._door, tenant, checked(actor), calendar, dry_run, connection)
        return run.run(process, cases, each)

    def _catch_up(self, connection: object | None, *, dry_run: bool) -> None:
        """Fire what is due, as a worker does, but not beside a transaction of the host's: that may wait for its end."""
        if not dry_run and connection is None:
            self.rounds.fire_due(self.clock.now())

    def erase(
        self,
        case_id: str,
        fields: Iterable[str] | None = None,
        *,
        reason: str,
        actor: Actor,
        tenant: str = "",
        connection: object | None = None,
    ) -> Erased:
        """
        Forget the private values of a case, present and earlier ones, by default those of all its fields.

        The fields become empty, nothing moves, and times that were promised stay. The journal says who did it and why;
        its chain stays whole. It is possible in an ended case too. Where nothing is left to forget, nothing happens.
        Cases that this one ran or started have copies of their own.

        Raises:
            CaseNotFound, ConflictError: As `send`.
            InputError: If the reason is empty, or a field is not private.
        """
        why = said(reason, "`reason`", "erasing needs a reason")
        if isinstance(fields, str):
            raise InputError(f"`fields` must be names, not the single text {fields!r}; write [{fields!r}]")
        asked = None if fields is None else frozenset(fields)
        return erase(self._door, tenant, case_id, asked, why, checked(actor), connection)

    # ── time, and what failed ──────────────────────────────────────────────────────────────────────────────────

    def tick(self, now: datetime | None = None, *, terms: Terms = DEFAULT_TERMS) -> Tally:
        """One round of a worker: fire what is due at `now` (by default at the clock's time), deliver waiting calls."""
        return finish(self.rounds.make(now, terms), terms.timeout)

    def outbox(self, case_id: str | None = None, *, tenant: str = "") -> tuple[Delivery, ...]:
        """Hook calls that are not delivered yet, oldest first."""
        return self.store.deliveries(tenant, case_id)

    def unheard(self, *, tenant: str = "") -> tuple[str, ...]:
        """The hooks that calls wait for and that nobody registered in this engine."""
        return tuple(name for name in self.store.awaited(tenant) if self.hooks.after(name) is None)

    def incidents(self, *, tenant: str = "") -> tuple[Incident, ...]:
        """What failed for good and waits for an operator: parked timers and dead calls."""
        return self.store.incidents(tenant)

    def verify(self, case_id: str | None = None, *, tenant: str = "", connection: object | None = None) -> Audit:
        """
        Check one case or all: every journal is a whole chain, and gives the case when it is decided again.

        What is broken is in the answer; nothing is raised for it.
        """
        return audit(self._book, tenant, case_id, connection)

    def retry(self, case_id: str, name: str, *, tenant: str = "") -> bool:
        """Let an incident (a timer by its name, a call by its key) be tried again; False if there is none."""
        return self.store.retry(tenant, case_id, name, self.clock.now())

    def skip(self, case_id: str, key: str, *, reason: str, actor: Actor, tenant: str = "") -> bool:
        """
        Give up a dead call, so that later calls of its case go on; the journal says who and why. False if none is dead.

        Raises:
            InputError: If the reason is empty.
        """
        why = said(reason, "`reason`", "giving a call up needs a reason")
        dead = [one for one in self.store.incidents(tenant) if (one.kind, one.case, one.name) == ("hook", case_id, key)]
        if not dead:
            return False
        self.note(case_id, f"hook call {key} is given up: {why}", actor=actor, tenant=tenant)
        return self.store.skip(tenant, case_id, key)

    def _new_id(self) -> str:
        """The time first, so that cases of one day lie side by side in the database; then 80 random bits."""
        return f"{int(self.clock.now().timestamp() * 1000):012x}{self.random.getrandbits(80):020x}"


def _accepted(answer: Case | Refusal) -> Case:
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


def _key(key: object) -> str | None:
    short(key, "`key`")
    if key is None or (isinstance(key, str) and key):
        return key
    raise InputError(f"`key` must be a text that is not empty, not {key!r}")
