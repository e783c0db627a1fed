"""Journal entries in memory: chained, and with private values taken out for whoever may not see them, or for ever."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from svcflow.core import chain
from svcflow.core.decision import JournalEntry
from svcflow.stores.base import Change, StoredEntry


def chained(change: Change, known: Sequence[StoredEntry], token: Callable[[], str]) -> list[StoredEntry]:
    """The journal of a change with salts and hashes, which follows the `known` one: everything that can still fail."""
    previous = known[-1].hash if known else chain.FIRST
    entries = []
    for entry in change.decision.journal:
        stored = _sealed(entry, previous, change.private, token)
        entries.append(stored)
        previous = stored.hash
    return entries


def _sealed(entry: JournalEntry, previous: str, private: frozenset[str], token: Callable[[], str]) -> StoredEntry:
    values = chain.private_values(entry, private)
    salts = {name: token() for name in values}
    digests = {name: chain.seal(salts[name], value) for name, value in values.items()}
    return StoredEntry(
        entry, chain.link(previous, entry, digests), previous, MappingProxyType(digests), MappingProxyType(salts)
    )


def without_private(stored: StoredEntry) -> StoredEntry:
    """The entry as it may be shown: private values left out, their digests kept."""
    if not stored.private:
        return stored
    return StoredEntry(_stripped(stored.entry, stored.private), stored.hash, stored.previous, stored.private)


def forgetful(stored: StoredEntry, erased: frozenset[str]) -> StoredEntry:
    """The entry without the private values of some fields, and without their salts."""
    gone = {name for name in stored.salts if name.partition(".")[2] in erased}
    if not gone:
        return stored
    salts = {name: salt for name, salt in stored.salts.items() if name not in gone}
    return attrs.evolve(stored, entry=_stripped(stored.entry, gone), salts=MappingProxyType(salts))


def _stripped(entry: JournalEntry, names: Container[str]) -> JournalEntry:
    """The entry without the values of these names, such as `fields.phone`."""
    return attrs.evolve(
        entry, fields=_left(entry.fields, "fields", names), changes=_left(entry.changes, "changes", names)
    )


def _left(values: Mapping[str, Any], part: str, names: Container[str]) -> Mapping[str, Any]:
    return MappingProxyType({name: value for name, value in values.items() if f"{part}.{name}" not in names})
