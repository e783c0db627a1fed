"""The journal's chain (R8): whatever is changed, moved or taken away is found; what is private cannot be guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core import chain
from svcflow.core.decision import JournalEntry, Move
from svcflow.core.event import EMPTY, Actor
from svcflow.core.plain import canonical
from svcflow.errors import InputError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRIVATE = frozenset({"phone", "price"})


@frozen
class Kept:
    entry: JournalEntry
    hash: str
    previous: str
    private: Mapping[str, str] = EMPTY
    salts: Mapping[str, str] = EMPTY


def entry(seq: int, **attributes: Any) -> JournalEntry:  # noqa: ANN401 - any attribute of an entry
    first = JournalEntry("c1", seq, NOON + timedelta(minutes=seq), "event", "accept", Actor("li", roles={"agent"}))
    return evolve(first, **attributes)


def chained(entries: Sequence[JournalEntry], private: frozenset[str] = PRIVATE) -> list[Kept]:
    found, previous = [], chain.FIRST
    for one in entries:
        values = chain.private_values(one, private)
        salts = {name: f"salt {one.seq} {name}" for name in values}
        digests = {name: chain.seal(salts[name], value) for name, value in values.items()}
        own = chain.link(previous, one, digests)
        found.append(Kept(one, own, previous, digests, salts))
        previous = own
    return found


def sample() -> list[Kept]:
    return chained(
        [
            entry(1, kind="opened", fields={"phone": "1", "owner": "li"}),
            entry(2, key="k", fields={"phone": None}, changes={"price": Decimal("1.50"), "accepted": False}),
            entry(3, moves=(Move("accept", ("a/accept/b",), ("a",), ("b",)),), detail={"text": "rang"}),
        ]
    )


def test_a_whole_chain_is_whole() -> None:
    assert chain.verify(sample()) is None
    assert chain.verify([]) is None


def test_a_link_is_the_hash_of_the_canonical_text_of_both() -> None:
    one = entry(1, fields={"owner": "李"})
    data = json.loads(chain.entry_text(one))
    assert chain.link("abc", one) == sha256(canonical(["abc", data]).encode()).hexdigest()


def test_a_private_value_is_the_hash_of_salt_and_value() -> None:
    assert chain.seal("salt", Decimal("1.50")) == sha256(b'["salt",{"decimal":"1.50"}]').hexdigest()
    assert chain.seal("salt", "1") != chain.seal("other", "1")
    assert chain.seal("salt", "1") != chain.seal("salt", 1)


def test_the_text_of_an_entry_never_changes() -> None:
    full = entry(
        2, kind="opened", name="open", key="k", fields={"b": Decimal("1.50"), "a": "李", "phone": "1"},
        changes={"price": 2}, moves=(Move(None, (), (), ("a", "a.b")),), calls=("c1:2:0",), starts=("c1-2-0",),
        remarks=("customer is empty",), detail={"steps": ("50%",)}, actor=Actor("li", {"agent"}, {"outlet"}, "wang"),
    )  # fmt: skip
    text = chain.entry_text(full, {"fields.phone": "d1", "changes.price": "d2"})
    assert text == (
        '{"actor":["li",["agent"],["outlet"],"wang"],"at":"2026-03-01T12:02:00+00:00","calls":["c1:2:0"],"case":"c1",'
        '"detail":{"steps":["50%"]},"fields":{"a":"李","b":{"decimal":"1.50"}},"key":"k","kind":"opened",'
        '"moves":[[null,[],[],["a","a.b"]]],"name":"open","private":{"changes.price":"d2","fields.phone":"d1"},'
        '"remarks":["customer is empty"],"seq":2,"starts":["c1-2-0"]}'
    )


def test_an_entry_reads_back_without_its_private_values() -> None:
    one = sample()[1]
    read, digests = chain.read_entry(json.loads(chain.entry_text(one.entry, one.private)))
    assert read == evolve(one.entry, changes={"accepted": False})
    assert digests == one.private
    bare, nothing = chain.read_entry(json.loads(chain.entry_text(entry(1))))
    assert (bare, nothing) == (entry(1), EMPTY)


def test_a_link_is_the_same_with_and_without_the_private_values() -> None:
    for one in sample():
        hidden = evolve(
            one.entry,
            fields={name: value for name, value in one.entry.fields.items() if name not in PRIVATE or value is None},
            changes={name: value for name, value in one.entry.changes.items() if name not in PRIVATE},
        )
        assert chain.link(one.previous, hidden, one.private) == one.hash


def test_an_erased_private_value_leaves_the_chain_whole() -> None:
    erased = [evolve(one, salts={}, entry=chain.read_entry(
        json.loads(chain.entry_text(one.entry, one.private)))[0]) for one in sample()]  # fmt: skip
    assert chain.verify(erased) is None


def test_a_changed_private_value_is_found() -> None:
    kept = sample()
    kept[0] = evolve(kept[0], entry=evolve(kept[0].entry, fields={"phone": "2", "owner": "li"}))
    assert chain.verify(kept) == (1, "the private value of phone was changed after it was written")


mutations = st.sampled_from(
    [
        {"at": NOON},
        {"actor": Actor("zhao")},
        {"actor": Actor("li", roles={"manager"})},
        {"name": "reject"},
        {"kind": "timer"},
        {"key": "other"},
        {"fields": {"owner": "zhao"}},
        {"changes": {"accepted": True}},
        {"moves": ()},
        {"calls": ("x",)},
        {"starts": ("x",)},
        {"remarks": ("x",)},
        {"detail": {"text": "never rang"}},
    ]
)


@pytest.mark.requirement("R101")
@given(st.integers(0, 2), mutations)
def test_any_change_to_any_entry_is_found_there(place: int, change: dict[str, Any]) -> None:
    kept = sample()
    changed = evolve(kept[place].entry, **change)
    if changed == kept[place].entry:
        return
    kept[place] = evolve(kept[place], entry=changed, salts={})
    found = chain.verify(kept)
    assert found is not None
    assert found[0] == place + 1


@pytest.mark.requirement("R101")
@given(st.integers(0, 2), st.booleans())
def test_a_change_with_a_new_hash_is_found_at_the_next_entry(place: int, repaired: bool) -> None:  # noqa: FBT001 - drawn
    kept = sample()
    changed = evolve(kept[place].entry, name="reject")
    kept[place] = evolve(
        kept[place], entry=changed, hash=chain.link(kept[place].previous, changed, kept[place].private)
    )
    if repaired and place < 2:
        kept[place + 1] = evolve(kept[place + 1], previous=kept[place].hash)
    found = chain.verify(kept)
    if place == 2:
        assert found is None  # The last entry's hash stands in the case too: there it is found.
    else:
        assert found == (place + 2, "it was changed after it was written" if repaired else
                         "it does not follow the entry before it")  # fmt: skip


@pytest.mark.requirement("R101", "R197")
def test_a_missing_entry_is_found() -> None:
    kept = sample()
    assert chain.verify([kept[0], kept[2]]) == (2, "an entry is missing: after 1 comes 3")
    assert chain.verify(kept[1:]) == (1, "an entry is missing: after 0 comes 2")


def test_entries_that_changed_places_are_found() -> None:
    one, two, three = sample()
    assert chain.verify([one, evolve(three, entry=evolve(three.entry, seq=2)), two]) is not None


def test_an_entry_of_another_case_is_found() -> None:
    kept = sample()
    kept[1] = evolve(kept[1], entry=evolve(kept[1].entry, case="c2"))
    assert chain.verify(kept) == (2, "it belongs to another case")


@pytest.mark.parametrize("bad", ["a\0b", "\0", "\\\0", "a\ud800b"])
def test_names_that_cannot_be_kept_are_refused(bad: str) -> None:
    for attributes in ({"name": bad}, {"key": bad}, {"actor": Actor(bad)}, {"remarks": (bad,)}, {"case": bad}):
        with pytest.raises(InputError, match="cannot be kept"):
            chain.entry_text(entry(1, **attributes))


@pytest.mark.parametrize("good", ["\\u0000", "\\\\u0000", "a\\u0000\\", "\\", "售后😀"])
def test_names_that_only_look_so_are_kept(good: str) -> None:
    read, _ = chain.read_entry(json.loads(chain.entry_text(entry(1, name=good))))
    assert read.name == good


def test_an_empty_private_field_has_nothing_to_hide() -> None:
    assert chain.private_values(entry(1, fields={"phone": None, "owner": "li"}), PRIVATE) == {}
    assert chain.private_values(entry(1, fields={"phone": "1"}, changes={"phone": "2"}), PRIVATE) == {
        "fields.phone": "1",
        "changes.phone": "2",
    }
