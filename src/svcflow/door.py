"""The one door through which a case changes: load its family, decide, write everything in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import TypeAlias, TypeVar, cast

from attrs import evolve, field, frozen

from svcflow.batches import Ahead, merged
from svcflow.casebook import Casebook, Family, Opening, running_dues
from svcflow.contents import Content
from svcflow.core.case import Case
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import EMPTY, Erase, Event, Migrate, Note, Recalendar, Tick
from svcflow.core.family import MOST_FIRINGS
from svcflow.core.process import Process
from svcflow.errors import CaseNotFound, ConflictError, FarBehind, InputError, KeyConflict, Refused, out_of_use
from svcflow.hunch import AtHand, Hunches
from svcflow.inside import Insiders
from svcflow.published import Editions
from svcflow.stores.base import Change, DueCase, KnownKey

Posted: TypeAlias = tuple[str, Event] | tuple[str, Event, datetime]
T = TypeVar("T")

# Of several writers to one case one always gets through, so this many must collide at once before a caller hears of it.
TRIES = 24
FIRST_PAUSE = 0.002
LONGEST_PAUSE = 0.1
BATCH = 100


@frozen
class Sent:
    """What a host sends to a case; `at` is a given time (an import), `connection` the host's own transaction."""

    tenant: str
    case: str
    event: Event | Note | Migrate | Erase | Recalendar
    at: datetime | None = None
    connection: object | None = None

    def content(self) -> Content | None:
        """What its key stands for; None without a key."""
        event = self.event
        if isinstance(event, (Migrate, Erase, Recalendar)) or event.key is None:
            return None
        if isinstance(event, Note):
            return Content(event.key, f"+note/{event.text}", EMPTY, event.actor, self.at)
        return Content(event.key, event.name, event.fields, event.actor, self.at)


@frozen
class Migrated:
    """What became of one case, or would: where it stood, where it stands then, or why it cannot come over."""

    case: str
    before: str
    after: str
    refusal: Refusal | None = None


@frozen
class Door:
    """
    Writes to cases. A conflict with another writer is tried again, with growing random pauses.

    Inside the host's own transaction (`connection`) it is not: what the host read there would be as old as our reading.
    """

    book: Casebook
    random: Random
    insiders: Insiders
    hunches: Hunches = field(init=False, factory=Hunches)

    def open(self, opening: Opening, at: datetime | None, connection: object | None) -> Case | Refusal:
        """Open a case; the same key again returns the case that it opened."""
        return self._insist(lambda: self._open(opening, at, connection), connection)

    def send(self, sent: Sent) -> Case | Refusal:
        """Let something happen to a case; the same key again changes nothing and returns the case."""
        while True:
            try:
                return self._insist(lambda: self._send(sent), sent.connection)
            except FarBehind:
                self._insist(lambda: self._catch_up(sent), sent.connection)

    def send_many(self, everything: Iterable[Sent], connection: object | None) -> tuple[Case | Refusal, ...]:
        """Many events in their order, up to a hundred in one transaction; fewer where something is in the way."""
        answers: list[Case | Refusal] = []
        for batch in _batches(everything):
            answers += self._send_together(batch, connection)
        return tuple(answers)

    def _send_together(self, batch: Sequence[Sent], connection: object | None) -> list[Case | Refusal]:
        """All in one transaction; where that cannot be, each half of it for itself."""
        if len(batch) == 1:
            return [self._answered(batch[0])]
        try:
            return self._send_batch(batch, connection)
        except Exception as problem:  # What one of them raises must not undo those before it.
            if out_of_use(problem) or (connection is not None and isinstance(problem, ConflictError)):
                raise
        half = len(batch) // 2
        return [*self._send_together(batch[:half], connection), *self._send_together(batch[half:], connection)]

    def _answered(self, sent: Sent) -> Case | Refusal:
        """The same, where a hook inside that refuses is an answer as any other refusal is."""
        try:
            return self.send(sent)
        except Refused as refused:
            return cast("Refusal", refused.refusal)  # A `Refused` of ours holds one.

    def fire(self, due: DueCase, now: datetime) -> bool:
        """Fire a timer that fell due, and whatever else of its family did; False when there was nothing to fire."""
        fired = self._insist(lambda: self._fire(due, now, Tick(due.timer, due.generation)), None)
        some = fired > 0
        while fired >= MOST_FIRINGS:
            fired = self._insist(lambda: self._fire(due, now, Tick()), None)
        return some

    def fire_many(self, due: Sequence[DueCase], now: datetime, connection: object | None) -> Mapping[DueCase, bool]:
        """
        Fire timers together, within the store's own transaction where `connection` is one; what `fire` says of each.

        Left out are those that are to be fired alone: then it shows which of them fails, and why.
        """
        try:
            return self._fire_batch(due, now, connection)
        except Exception as problem:  # Whatever is wrong with one case must not stop the others.
            if out_of_use(problem):
                raise
            if len(due) == 1:
                return {}
        half = len(due) // 2
        return {**self.fire_many(due[:half], now, connection), **self.fire_many(due[half:], now, connection)}

    def migrate(self, sent: Sent, *, dry_run: bool) -> Migrated:
        """Bring one case to another version, or only say what would happen."""
        family = self.book.family(sent.tenant, sent.case, sent.connection)
        before = family[sent.case].state
        if dry_run:
            editions = self.book.published.within(sent.connection)
            judged = self.book.judge(family, editions, sent.case, sent.event, sent.at)
            answer = judged if isinstance(judged, Refusal) else judged[0].case
        else:
            answer = self._answered(sent)
        if isinstance(answer, Refusal):
            return Migrated(sent.case, before, before, answer)
        return Migrated(sent.case, before, answer.state)

    # ── one try ────────────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, opening: Opening, at: datetime | None, connection: object | None) -> Case | Refusal:
        store, editions = self.book.store, self.book.published.within(connection)
        content, now = None, self.book.instant(at)
        if opening.key is not None:
            content = Content(opening.key, f"+open/{opening.process}", opening.fields, opening.actor, at)
            known = store.known(opening.tenant, None, opening.key, connection=connection)
            if known is not None:
                case = self.book.family(opening.tenant, known.case, connection)[known.case]
                self._compare(known, content, editions.of(case), opening.tenant, connection)
                return case
        process = editions.in_force(opening.tenant, opening.process, now)
        contents = {} if content is None else {content.key: content.digest(process)}
        answer = self.book.judge_opening(opening, process, editions, now)
        if isinstance(answer, Refusal):
            return answer
        try:
            self._write(_changes(answer, editions, contents, opening.key), connection)
        except ConflictError:
            if not self._taken(opening, connection):
                raise
            # Somebody may have opened it under this very key meanwhile; then the next try finds the key.
            if opening.key is None or store.known(opening.tenant, None, opening.key, connection=connection) is None:
                raise InputError(f"there is a case with id {opening.id!r} already") from None
            raise
        return answer[0].case

    def _taken(self, opening: Opening, connection: object | None) -> bool:
        """Whether there is, or was, a case with this id."""
        place = (opening.tenant, opening.id)
        store = self.book.store
        there = store.load(*place, connection=connection) or store.removed(*place, connection=connection)
        return there is not None

    def _send(self, sent: Sent) -> Case | Refusal:
        editions, content = self.book.published.within(sent.connection), sent.content()
        key = None if content is None else content.key

        def decide(case: Case) -> list[Change] | Case | Refusal:
            return self._answer(sent, content, {case.id: case}, None, AtHand(self.book.published, None))

        with self.hunches.of(decide if self.book.unnoticed else None) as hunch:
            family, known = self.book.family_and_key(sent.tenant, sent.case, key, sent.connection, hunch.meanwhile)
            answer = hunch.answer(family) if known is None else None
            if answer is None:
                answer = self._answer(sent, content, family, known, editions)
            if isinstance(answer, (Case, Refusal)):
                return answer
            try:
                self._write(answer, sent.connection)
            except Refused as refused:
                refusal = evolve(cast("Refusal", refused.refusal), case=sent.case)
                raise Refused(self.book.refuse(family, editions, sent.event, refusal)) from refused.__cause__
        return next((one.decision.case for one in answer if one.decision.case.id == sent.case), family[sent.case])

    def _answer(
        self, sent: Sent, content: Content | None, family: Family, known: KnownKey | None, editions: Editions
    ) -> list[Change] | Case | Refusal:
        """What one thing sent leads to: the changes to write, or the case as it is when its key is known."""
        contents = {}
        if content is not None:
            process = editions.of(family[sent.case])
            if known is not None:
                self._compare(known, content, process, sent.tenant, sent.connection)
                return family[sent.case]
            contents[content.key] = content.digest(process)
        answer = self.book.judge(family, editions, sent.case, sent.event, sent.at)
        if isinstance(answer, Refusal):
            return answer
        changes = _changes(answer, editions, contents)
        if isinstance(sent.event, Erase):
            changes[0] = evolve(changes[0], erased=sent.event.fields)
        return changes

    def _send_batch(self, batch: Sequence[Sent], connection: object | None) -> list[Case | Refusal]:
        """Decide one after another on what the one before left behind, then write all of it together."""
        editions, contents = self.book.published.within(connection), [sent.content() for sent in batch]
        asked = [
            (sent.tenant, sent.case, None if content is None else content.key)
            for sent, content in zip(batch, contents, strict=True)
        ]
        found = self.book.store.families(asked, connection=connection)
        ahead = Ahead(found)
        changes: list[Change] = []
        answers: list[Case | Refusal] = []
        for sent, content, (cases, known) in zip(batch, contents, found, strict=True):
            if not cases:
                raise CaseNotFound(sent.case)
            answer = self._answer(sent, content, ahead.family(cases[0]), known, editions)
            if isinstance(answer, (Case, Refusal)):
                answers.append(answer)
                continue
            changes += answer
            ahead.learn(change.decision.case for change in answer)
            answers.append(ahead.family(cases[0])[sent.case])
        if changes:
            self._write(changes, connection)
        return answers

    def _fire_batch(self, due: Sequence[DueCase], now: datetime, connection: object | None) -> Mapping[DueCase, bool]:
        editions = self.book.published.within(connection)
        found = self.book.store.families([(one.tenant, one.case, None) for one in due], connection=connection)
        ahead = Ahead(found)
        changes: list[Change] = []
        fired: dict[DueCase, bool] = {}
        firings = 0
        for one, (cases, _) in zip(due, found, strict=True):
            try:
                new = self._overdue(ahead.family(cases[0]), editions, one.case, Tick(one.timer, one.generation), now)
            except Exception as problem:  # Fired alone it fails again, and is heard.
                if out_of_use(problem):
                    raise
                continue
            firings += _firings(new)
            if firings >= MOST_FIRINGS:
                break
            changes += new
            ahead.learn(change.decision.case for change in new)
            fired[one] = bool(new)
        if changes:
            self._write(changes, None, ours=connection)
        return fired

    def _fire(self, due: DueCase, now: datetime, tick: Tick) -> int:
        """Fire what is overdue, as much as fits into one transaction; answers how much that was."""
        editions = self.book.published.within(None)
        changes = self._overdue(self.book.family(due.tenant, due.case, None), editions, due.case, tick, now)
        if changes:
            self._write(changes, None)
        return _firings(changes)

    def _overdue(self, family: Family, editions: Editions, case_id: str, tick: Tick, now: datetime) -> Sequence[Change]:
        now = max(now, *(case.moved_at for case in family.values()))
        answer = self.book.judge(family, editions, case_id, tick, now)
        return [] if isinstance(answer, Refusal) else _changes(answer, editions, EMPTY)

    def _catch_up(self, sent: Sent) -> None:
        """Fire a part of what is overdue before something sent can be decided; it stays fired if that is refused."""
        editions = self.book.published.within(sent.connection)
        family = self.book.family(sent.tenant, sent.case, sent.connection)
        answer = self.book.judge(family, editions, sent.case, Tick(), sent.at)
        if not isinstance(answer, Refusal):
            self._write(_changes(answer, editions, EMPTY), sent.connection)

    # ── what holds for every try ───────────────────────────────────────────────────────────────────────────────

    def _compare(
        self, known: KnownKey, content: Content, process: Process, tenant: str, connection: object | None
    ) -> None:
        """
        Make sure that a key that came back came with what it stood for; an erased private value is taken on trust.

        Raises:
            KeyConflict: If it did not.
        """
        same = known.content == content.digest(process)
        private = content.private(process)
        if same and private:
            entries = self.book.store.journal(tenant, known.case, private=True, connection=connection)
            # Without the entry the case has been archived just now; what it held is taken on trust, too.
            stored = next((one.entry.fields for one in entries if one.entry.seq == known.seq), EMPTY)
            same = all(name not in stored or stored[name] == value for name, value in private.items())
        if not same:
            raise KeyConflict(content.key)

    def _write(self, changes: Sequence[Change], connection: object | None, ours: object | None = None) -> None:
        """
        Write everything in one transaction, the host's or one of `ours`, with what hooks do inside it.

        Raises:
            ConflictError: Somebody else changed a case meanwhile.
            Refused: A hook inside does not have it.
        """
        self.insiders.check(connection)
        left, plan = self.insiders.taken_out(changes)
        inside = self.insiders.calling(plan, connection)
        self.book.store.apply(merged(left), inside=inside, connection=ours if connection is None else connection)

    def _insist(self, attempt: Callable[[], T], connection: object | None) -> T:
        tries = 1 if connection is not None else TRIES
        for tried in range(1, tries):
            try:
                return attempt()
            except ConflictError:
                time.sleep(self.random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**tried)))
        return attempt()


def _batches(everything: Iterable[Sent]) -> Iterator[list[Sent]]:
    """A hundred at once, and no key of a case twice: what the second one finds is written by then."""
    batch: list[Sent] = []
    keys: set[tuple[str, str]] = set()
    for sent in everything:
        content = sent.content()
        key = None if content is None else (sent.case, content.key)
        if len(batch) == BATCH or key in keys:
            yield batch
            batch, keys = [], set()
        batch.append(sent)
        if key is not None:
            keys.add(key)
    if batch:
        yield batch


def _firings(changes: Iterable[Change]) -> int:
    return sum(len(change.decision.journal) for change in changes)


def _changes(
    decisions: Sequence[Decision], editions: Editions, contents: Mapping[str, str], opening_key: str | None = None
) -> list[Change]:
    """What is to be written: each decision, the addressed case's (the first) with the content of its key."""
    changes = []
    for number, decision in enumerate(decisions):
        process = editions.of(decision.case)
        private = process.private
        if decision.before is not None and decision.before.version != decision.case.version:
            private |= editions.of(decision.before).private
        dues = running_dues(process, decision.case)
        editions.published.outlook.look(process, decision.case, dues)
        due = min((due for _, due in dues), default=None)
        if number == 0:
            changes.append(Change(decision, private, opening_key, contents, due))
        else:
            changes.append(Change(decision, private, due=due))
    return changes
