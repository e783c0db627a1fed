"""The one door through which a case changes: load its family, decide, write everything in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import TypeAlias, TypeVar, cast

from attrs import evolve, frozen

from svcflow.casebook import Casebook, Family, Opening, running_dues
from svcflow.contents import Content
from svcflow.core.case import Case
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import EMPTY, Erase, Event, Migrate, Note, Tick
from svcflow.core.family import MOST_FIRINGS
from svcflow.core.process import Process
from svcflow.errors import ConflictError, FarBehind, InputError, KeyConflict, Refused
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
    event: Event | Note | Migrate | Erase
    at: datetime | None = None
    connection: object | None = None

    def content(self) -> Content | None:
        """What its key stands for; None without a key."""
        event = self.event
        if isinstance(event, (Migrate, Erase)) or event.key is None:
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
        """Many events in their order, up to a hundred in one transaction; one by one where others write too."""
        items = list(everything)
        answers: list[Case | Refusal] = []
        for first in range(0, len(items), BATCH):
            batch = items[first : first + BATCH]
            try:
                answers += self._send_batch(batch, connection)
            except (ConflictError, FarBehind, Refused) as problem:
                if connection is not None and isinstance(problem, ConflictError):
                    raise
                answers += [self._answered(sent) for sent in batch]
        return tuple(answers)

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
        contents = {}
        process = editions.newest(opening.tenant, opening.process)
        if opening.key is not None:
            content = Content(opening.key, f"+open/{opening.process}", opening.fields, opening.actor, at)
            known = store.known(opening.tenant, None, opening.key, connection=connection)
            if known is not None:
                case = self.book.family(opening.tenant, known.case, connection)[known.case]
                self._compare(known, content, editions.of(case), opening.tenant, connection)
                return case
            contents[opening.key] = content.digest(process)
        answer = self.book.judge_opening(opening, process, editions, self.book.instant(at))
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
        family, known = self.book.family_and_key(sent.tenant, sent.case, key, sent.connection)
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
        editions = self.book.published.within(connection)
        ahead = _Ahead(self.book, connection)
        changes: list[Change] = []
        answers: list[Case | Refusal] = []
        for sent in batch:
            content = sent.content()
            family, known = ahead.family_and_key(sent, None if content is None else content.key)
            answer = self._answer(sent, content, family, known, editions)
            if isinstance(answer, (Case, Refusal)):
                answers.append(answer)
                continue
            changes += answer
            ahead.learn(change.decision.case for change in answer)
            answers.append(ahead.case(sent.case))
        if changes:
            self._write(changes, connection)
        return answers

    def _fire(self, due: DueCase, now: datetime, tick: Tick) -> int:
        """Fire what is overdue, as much as fits into one transaction; answers how much that was."""
        editions = self.book.published.within(None)
        family = self.book.family(due.tenant, due.case, None)
        now = max(now, *(case.moved_at for case in family.values()))
        answer = self.book.judge(family, editions, due.case, tick, now)
        changes = [] if isinstance(answer, Refusal) else _changes(answer, editions, EMPTY)
        if changes:
            self._write(changes, None)
        return sum(len(change.decision.journal) for change in changes)

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
            stored = next(one.entry.fields for one in entries if one.entry.seq == known.seq)
            same = all(name not in stored or stored[name] == value for name, value in private.items())
        if not same:
            raise KeyConflict(content.key)

    def _write(self, changes: Sequence[Change], connection: object | None) -> None:
        """
        Write everything in one transaction, with what hooks do inside it.

        Raises:
            ConflictError: Somebody else changed a case meanwhile.
            Refused: A hook inside does not have it.
        """
        self.insiders.check(connection)
        left, plan = self.insiders.taken_out(changes)
        inside = self.insiders.calling(plan, connection)
        self.book.store.apply(_merged(left), inside=inside, connection=connection)

    def _insist(self, attempt: Callable[[], T], connection: object | None) -> T:
        tries = 1 if connection is not None else TRIES
        for tried in range(1, tries):
            try:
                return attempt()
            except ConflictError:
                time.sleep(self.random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**tried)))
        return attempt()


class _Ahead:
    """Families as a batch has left them so far, before any of it is written."""

    def __init__(self, book: Casebook, connection: object | None) -> None:
        self._book, self._connection = book, connection
        self._families: dict[str, dict[str, Case]] = {}

    def family_and_key(self, sent: Sent, key: str | None) -> tuple[Family, KnownKey | None]:
        """The family of a case, loaded when it is met for the first time, and what a key stands for in the case."""
        if sent.case in self._families:
            store = self._book.store
            known = None if key is None else store.known(sent.tenant, sent.case, key, connection=self._connection)
        else:
            loaded, known = self._book.family_and_key(sent.tenant, sent.case, key, self._connection)
            family = dict(loaded)
            self._families.update(dict.fromkeys(family, family))
        return self._families[sent.case], known

    def case(self, case_id: str) -> Case:
        """A case that was met before, as the batch has left it."""
        return self._families[case_id][case_id]

    def learn(self, cases: Iterable[Case]) -> None:
        """Put cases in place of what they were; a new one joins the family of its root."""
        for case in cases:
            family = self._families.get(case.id) or self._families.get(case.root) or {}
            family[case.id] = case
            self._families[case.id] = family


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


def _merged(changes: Iterable[Change]) -> list[Change]:
    """One change per case: several steps of a batch become one, from where the case stood to where it stands."""
    merged: dict[str, Change] = {}
    for change in changes:
        case_id = change.decision.case.id
        merged[case_id] = _joined(merged[case_id], change) if case_id in merged else change
    return list(merged.values())


def _joined(first: Change, then: Change) -> Change:
    """Two changes of one case, the second from where the first one led."""
    one, two = first.decision, then.decision
    decision = Decision(
        one.before, two.case, one.journal + two.journal, one.calls + two.calls, one.starts + two.starts,
        one.messages + two.messages,
    )  # fmt: skip
    contents = {**first.contents, **then.contents}
    return Change(decision, first.private | then.private, first.opening_key, contents, then.due)
