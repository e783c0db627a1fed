"""
The journal as a chain (R8): each entry carries the hash of the one before, so that nothing can be changed unseen.

A private value stands in the chain as the hash of a salt and the value. Both live elsewhere and can be erased: the
chain stays whole, and nobody can find the value by trying.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Protocol

from svcflow.core.decision import JournalEntry
from svcflow.core.event import EMPTY
from svcflow.core.plain import canonical, plain
from svcflow.core.shape import record
from svcflow.errors import InputError

FIRST = ""
"""What the first entry of a case carries instead of the hash of an entry before it."""

PARTS = ("fields", "changes")
"""The parts of an entry in which private values can stand; `fields.phone` names the one that was sent as `phone`."""

_ENTRY = record(JournalEntry)

# In JSON a NUL is written \\u0000; behind an escaped backslash these are only six letters.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Linked(Protocol):
    """
    An entry with its place in the chain.

    `private` maps the names of private values to their digests. `salts` holds the salts of those whose values are in
    `entry`; a private value that was erased or not asked for is in neither.
    """

    @property
    def entry(self) -> JournalEntry:
        """What happened."""
        ...

    @property
    def hash(self) -> str:
        """The entry's own hash."""
        ...

    @property
    def previous(self) -> str:
        """The hash of the entry before, or `FIRST`."""
        ...

    @property
    def private(self) -> Mapping[str, str]:
        """Name -> digest."""
        ...

    @property
    def salts(self) -> Mapping[str, str]:
        """Name -> salt."""
        ...


def private_values(entry: JournalEntry, names: frozenset[str]) -> dict[str, Any]:
    """The private values of an entry by name (`fields.phone`); an emptied field holds nothing to hide."""
    if names.isdisjoint(entry.fields) and names.isdisjoint(entry.changes):
        return {}
    return {
        f"{part}.{field}": value
        for part in PARTS
        for field, value in getattr(entry, part).items()
        if field in names and value is not None
    }


def entry_text(entry: JournalEntry, private: Mapping[str, str] = EMPTY) -> str:
    """
    The canonical JSON of an entry, with digests in place of its private values.

    Raises:
        InputError: The entry holds a value that cannot be kept.
    """
    data = _ENTRY.encode(entry)
    if private:
        for name in private:
            part, _, field = name.partition(".")
            data.get(part, {}).pop(field, None)
        for part in PARTS:
            if part in data and not data[part]:
                del data[part]
        data["private"] = dict(private)
    text = canonical(data)
    _check(text)
    return text


def read_entry(data: Mapping[str, Any]) -> tuple[JournalEntry, Mapping[str, str]]:
    """
    The entry, without its private values, and their digests, from the data in an entry's text.

    Raises:
        ValueError, TypeError, KeyError: These are not the data of an entry.
    """
    private = data.get("private")
    if private is None:
        return _ENTRY.decode(data), EMPTY
    return _ENTRY.decode({name: item for name, item in data.items() if name != "private"}), MappingProxyType(private)


def _check(text: str) -> None:
    """Names, ids and remarks of the host are under the same rule as the values of fields."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("a text with half of a surrogate pair cannot be kept") from error
    if "\\u0000" in text and _NUL.search(text):
        raise InputError("a text with a NUL character cannot be kept")


def link(previous: str, entry: JournalEntry, private: Mapping[str, str] = EMPTY) -> str:
    """
    The hash of an entry behind the one whose hash is `previous`: SHA-256 over the canonical JSON of both, in hex.

    `private` holds the digests of the entry's private values by name, whether or not the values are in the entry.
    """
    return link_text(previous, entry_text(entry, private))


def link_text(previous: str, text: str) -> str:
    """The same for an entry whose text is there already."""
    return sha256(f'["{previous}",{text}]'.encode()).hexdigest()


def seal(salt: str, value: object) -> str:
    """The digest under which a private value stands in the chain: SHA-256 over the canonical JSON of salt and value."""
    return sha256(canonical([salt, plain(value)]).encode()).hexdigest()


def verify(entries: Iterable[Linked]) -> tuple[int, str] | None:
    """
    The first entry that is not what it was, as (seq, why); None when the chain is whole.

    Takes all entries of a case in order. Entries missing at the end leave a whole chain: compare the last `seq` with
    the case's own.
    """
    previous, case = FIRST, None
    for seq, linked in enumerate(entries, start=1):
        case = linked.entry.case if case is None else case
        why = _broken(seq, previous, linked) if linked.entry.case == case else "it belongs to another case"
        if why is not None:
            return seq, why
        previous = linked.hash
    return None


def _broken(seq: int, previous: str, linked: Linked) -> str | None:
    if linked.entry.seq != seq:
        return f"an entry is missing: after {seq - 1} comes {linked.entry.seq}"
    if linked.previous != previous:
        return "it does not follow the entry before it"
    if link(previous, linked.entry, linked.private) != linked.hash:
        return "it was changed after it was written"
    for name, salt in linked.salts.items():
        part, _, field = name.partition(".")
        if seal(salt, getattr(linked.entry, part).get(field)) != linked.private.get(name):
            return f"the private value of {field} was changed after it was written"
    return None
