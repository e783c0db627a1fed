"""
Values as rows and back: what stands in the columns of every database, written once for all stores.

A snapshot, a journal entry and a hook call are JSON texts; what is searched stands in columns beside them. Private
values are in none of these: they have rows of their own, and the snapshot names those it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import is_
from types import MappingProxyType
from typing import Any, TypeAlias

from attrs import evolve, frozen

from svcflow.core import chain
from svcflow.core.case import Case, Timer
from svcflow.core.decision import HookCall
from svcflow.core.event import EMPTY
from svcflow.core.plain import canonical, instant, plain, text
from svcflow.core.quick import quick
from svcflow.core.shape import NUMBER, record
from svcflow.errors import BrokenJournal, BrokenRecord
from svcflow.stores.base import Change, Delivery, StoredEntry
from svcflow.stores.clock_texts import NO_PAST, Past
from svcflow.stores.row_text import dump, load

NEVER = instant(datetime.max.replace(tzinfo=UTC))
"""Stands for "no clock can be late", so that such cases come last."""

Place: TypeAlias = tuple[int, str]
"""Where a private value stands: the seq and the part of the journal entry (`fields`, `changes`, or `case`)."""

_NOT_OURS = "the row of case {!r} cannot be read: it was not written by this version"
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
_CASE = record(Case, instants=NUMBER, apart=frozenset({"fields", "clocks", "cycles"}))
_CALL = record(HookCall, apart=frozenset({"fields"}))
_stored_entry = quick(StoredEntry)


@frozen
class PrivateRow:
    """One private value, apart from everything else; `value` is its JSON text."""

    seq: int
    part: str
    field: str
    salt: str
    value: str


@frozen
class EntryRow:
    """A journal entry before it is chained; `text` is what its hash is made of."""

    seq: int
    key: str | None
    content: str | None
    text: str


@frozen
class CaseRows:
    """
    One change as rows, ready for a driver but for what only the database knows: the last hash and the old places.

    `read` is the seq it was decided from, None for a new case. `columns` are process, version, status, state, seq,
    moved_at and due; `body` is the snapshot, with `past` in it. `places` has an entry for each private field of the
    snapshot: the new place of its value, or None where it stands where it stood; `private` are the rows to add.
    """

    tenant: str
    id: str
    read: int | None
    columns: tuple[str | int, ...]
    body: str
    past: Past
    opening: tuple[str | int | None, ...]
    entries: tuple[EntryRow, ...]
    private: tuple[PrivateRow, ...]
    places: Mapping[str, Place | None]
    armed: tuple[TimerRow, ...]
    disarmed: tuple[str, ...]
    calls: tuple[HookRow, ...]
    links: tuple[tuple[str, str, str, str], ...]


TimerRow: TypeAlias = tuple[str, str, str, int, str, str]
HookRow: TypeAlias = Mapping[str, str]


def case_rows(change: Change, token: Callable[[], str], before: Past = NO_PAST) -> CaseRows:
    """
    A change as rows; `token` makes salts, `before` are the finished cycles as last written.

    Raises:
        InputError: It holds a value that cannot be kept.
    """
    decision, case = change.decision, change.decision.case
    tenant, case_id = text(case.tenant), text(case.id)
    fields = _Fields(case.fields, change.private)
    past = before.of(case)
    entries, private, fresh = _entries(change, token)
    armed = decision.armed
    return CaseRows(
        tenant,
        case_id,
        None if decision.before is None else decision.before.seq,
        (
            case.process,
            case.version,
            case.status,
            case.state,
            case.seq,
            instant(case.moved_at),
            NEVER if change.due is None else instant(change.due),
        ),
        _body(case, past, fields),
        past,
        _opening(change) if decision.before is None else (),
        entries,
        private,
        _places(change, fresh),
        tuple([_timer(tenant, case_id, timer, timer.due) for timer in armed if timer.due is not None]),
        (*decision.disarmed, *[timer.name for timer in armed if timer.due is None]),
        tuple([_call_row(call, fields) for call in decision.calls]),
        tuple([(tenant, case_id, start.id, "start" if start.parent is None else "run") for start in decision.starts]),
    )


def _timer(tenant: str, case_id: str, timer: Timer, due: datetime) -> TimerRow:
    at = instant(due)
    return tenant, case_id, timer.name, timer.generation, at, at


def _opening(change: Change) -> tuple[str | int | None, ...]:
    """The columns that only a new case writes: opened_at, root, and what its opening key stands for."""
    case, key = change.decision.case, change.opening_key
    opened = (instant(case.opened_at), case.root or case.id)
    if key is None:
        return (*opened, None, None, None)
    return (*opened, text(key), change.decision.journal[0].seq, change.contents.get(key, ""))


def _entries(
    change: Change, token: Callable[[], str]
) -> tuple[tuple[EntryRow, ...], tuple[PrivateRow, ...], dict[str, Place]]:
    """The journal with its private values taken out, and where those that the case now holds have gone."""
    entries, private, places = [], [], {}
    fields = change.decision.case.fields
    for entry in change.decision.journal:
        digests = {}
        for name, value in chain.private_values(entry, change.private).items():
            part, _, field = name.partition(".")
            salt = token()
            digests[name] = chain.seal(salt, value)
            private.append(PrivateRow(entry.seq, part, field, salt, canonical(plain(value))))
            if fields.get(field) == value:
                places[field] = (entry.seq, part)
        content = None if entry.key is None else change.contents.get(entry.key, "")
        entries.append(EntryRow(entry.seq, entry.key, content, chain.entry_text(entry, digests)))
    return tuple(entries), tuple(private), places


def _places(change: Change, fresh: Mapping[str, Place]) -> Mapping[str, Place | None]:
    case, before = change.decision.case, change.decision.before
    if change.private.isdisjoint(case.fields):
        return EMPTY
    old = EMPTY if before is None else before.fields
    here = (case.seq, "case")
    return {
        field: fresh[field] if field in fresh else None if old.get(field) == value else here
        for field, value in case.fields.items()
        if field in change.private
    }


def settled(
    rows: CaseRows, change: Change, old: str | None, token: Callable[[], str]
) -> tuple[str | None, list[PrivateRow]]:
    """
    The snapshot's list of places, given the one before, and the values that stand nowhere yet.

    A value stands nowhere when its field has just become private, by a migration.
    """
    if not rows.places:
        return None, []
    known: dict[str, Any] = {} if old is None else load(old)
    if known.keys() == rows.places.keys() and not any(rows.places.values()):
        return old, []
    seq = change.decision.case.seq
    found: dict[str, Any] = {}
    homeless = []
    for field, place in rows.places.items():
        found[field] = place or known.get(field) or (seq, "case")
        if found[field] == (seq, "case"):
            value = canonical(plain(change.decision.case.fields[field]))
            homeless.append(PrivateRow(seq, "case", field, token(), value))
    return dump(found), homeless


class _Fields:
    """The public fields of a case and their JSON text, which stands in the snapshot and mostly in each call too."""

    def __init__(self, fields: Mapping[str, Any], private: frozenset[str]) -> None:
        self.private = private
        self.values = {name: value for name, value in fields.items() if name not in private}
        self._data = {name: plain(value) for name, value in self.values.items()}
        self.text = dump(self._data)

    def text_of(self, others: Mapping[str, Any]) -> str:
        """The text of public values that were mostly the same when they were noted."""
        public = {name: value for name, value in others.items() if name not in self.private}
        if tuple(public) == tuple(self.values) and all(map(is_, public.values(), self.values.values())):
            return self.text
        values, data = self.values, self._data
        return dump({n: data[n] if value is values.get(n, data) else plain(value) for n, value in public.items()})


def _body(case: Case, past: Past, fields: _Fields) -> str:
    return f'{dump(_CASE.encode(case))[:-1]},{past.text},"fields":{fields.text}}}'


def snapshot(case: Case, private: frozenset[str]) -> dict[str, Any]:
    """A case without its private values as the JSON data of its row, whose text `read_case` takes."""
    data: dict[str, Any] = load(_body(case, NO_PAST.of(case), _Fields(case.fields, private)))
    return data


def read_case(case_id: str, body: str, private: Mapping[str, Any]) -> Case:
    """
    A snapshot from its row and the data of its private values.

    Raises:
        BrokenRecord: Somebody else has written into the row.
    """
    try:
        data = load(body)
        data["fields"] |= private
        return _CASE.decode(data)
    except _UNREADABLE as error:
        raise BrokenRecord(_NOT_OURS.format(case_id), case_id) from error


def private_data(case_id: str, places: str | None, values: str | None) -> Mapping[str, Any]:
    """
    The data of a snapshot's private values, from their places and a list of all rows (seq, part, field, value).

    An erased value is simply absent.

    Raises:
        BrokenRecord: Somebody else has written into the rows.
    """
    if places is None or values is None:
        return EMPTY
    try:
        found = {(seq, part, field): value for seq, part, field, value in load(values)}
        at = [(field, (seq, part, field)) for field, (seq, part) in load(places).items()]
        texts = {field: found[place] for field, place in at if place in found}
        return dict(zip(texts, load(f"[{','.join(texts.values())}]"), strict=True))
    except _UNREADABLE as error:
        raise BrokenRecord(_NOT_OURS.format(case_id), case_id) from error


def read_entries(
    case_id: str, rows: Iterable[Sequence[Any]], private: Iterable[Sequence[Any]] = ()
) -> tuple[StoredEntry, ...]:
    """
    Journal entries from rows (seq, hash, text), with those private values whose rows are given.

    Raises:
        BrokenJournal: A text is no journal entry any more.
    """
    values: dict[int, list[Sequence[Any]]] = {}
    for row in private:
        values.setdefault(row[0], []).append(row)
    found, previous = [], chain.FIRST
    for seq, own, entry in rows:
        try:
            stored = _stored(own, previous, entry, values.get(seq, ()))
        except _UNREADABLE as error:
            raise BrokenJournal(case_id, seq, "it cannot be read") from error
        found.append(stored)
        previous = own
    return tuple(found)


def _stored(own: str, previous: str, entry: str, private: Iterable[Sequence[Any]]) -> StoredEntry:
    data, salts = load(entry), {}
    for _, part, field, salt, value in private:
        name = f"{part}.{field}"
        if name in data["private"]:
            data.setdefault(part, {})[field] = load(value)
            salts[name] = salt
    read, digests = chain.read_entry(data)
    return _stored_entry(read, own, previous, digests, MappingProxyType(salts))


def public_call(call: HookCall, private: frozenset[str]) -> HookCall:
    """The call as it may be kept: without private values, which stand in one table only."""
    if private.isdisjoint(call.fields):
        return call
    fields = {name: value for name, value in call.fields.items() if name not in private}
    return evolve(call, fields=MappingProxyType(fields))


def _call_row(call: HookCall, fields: _Fields) -> HookRow:
    body = f'{dump(_CALL.encode(call))[:-1]},"fields":{fields.text_of(call.fields)}}}'
    return {
        "tenant": call.tenant,
        "case_id": call.case,
        "key": call.key,
        "hook": call.hook,
        "next_at": instant(call.at),
        "body": body,
    }


def read_delivery(row: Sequence[Any]) -> Delivery:
    """
    A hook call from a row (number, state, attempts, next_at, claim, error, body).

    Raises:
        BrokenRecord: Somebody else has written into the row.
    """
    number, state, attempts, next_at, claim, error, body = row
    try:
        data = load(body)
        if attempts > 1:
            data["attempt"] = attempts
        return Delivery(_CALL.decode(data), state, attempts, datetime.fromisoformat(next_at), claim, error)
    except _UNREADABLE as problem:
        raise BrokenRecord(f"hook call number {number} cannot be read: it was not written by this version") from problem
