"""Records as data: every attribute is kept, defaults are left out, and what was written earlier still reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.case import Case, Parent, Return, Timer
from svcflow.core.clock import Clock, Held, Segment
from svcflow.core.decision import HookCall, JournalEntry, Move, Recipient
from svcflow.core.event import EMPTY, Actor
from svcflow.core.shape import NUMBER, TEXT, inner, record

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
numbers = st.integers(0, 9)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
lengths = st.timedeltas(timedelta(0), timedelta(days=9))
paths = st.lists(names, max_size=3).map(tuple)
people = st.frozensets(names, max_size=3)
fields = st.dictionaries(names, st.one_of(names, numbers, moments, paths), max_size=3)


def optional(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), inner)


def mapping(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(names, inner, max_size=2)


segments = st.builds(Segment, moments, optional(moments), names)
helds = st.builds(Held, optional(lengths), names, optional(moments), optional(moments))
clocks = st.builds(
    Clock,
    names,
    numbers,
    names,
    optional(lengths),
    st.lists(segments, max_size=2).map(tuple),
    st.sampled_from(["running", "paused", "stopped"]),
    optional(moments),
    st.lists(st.tuples(names, names), max_size=2).map(tuple),
    optional(moments),
    st.booleans(),
    st.lists(helds, max_size=2).map(tuple),
)
timers = st.builds(Timer, names, numbers, optional(moments), moments, numbers, optional(lengths))
cases = st.builds(
    Case,
    id=names,
    process=names,
    version=numbers,
    digest=names,
    opened_at=moments,
    moved_at=moments,
    tenant=names,
    seq=numbers,
    status=st.sampled_from(["open", "done", "cancelled"]),
    states=paths,
    arrivals=mapping(moments),
    fields=fields,
    clocks=mapping(clocks),
    cycles=st.lists(clocks, max_size=2).map(tuple),
    timers=mapping(timers),
    generation=numbers,
    counts=mapping(numbers),
    acted=mapping(people),
    memory=mapping(paths),
    returns=mapping(st.builds(Return, paths, moments)),
    barred=people,
    root=names,
    parent=optional(st.builds(Parent, names, names)),
    children=mapping(names),
    ended_at=optional(moments),
)
actors = st.builds(Actor, names, people, people, optional(names))
entries = st.builds(
    JournalEntry,
    case=names,
    seq=numbers,
    at=moments,
    kind=st.sampled_from(["opened", "event", "timer"]),
    name=names,
    actor=actors,
    key=optional(names),
    fields=fields,
    changes=fields,
    moves=st.lists(st.builds(Move, optional(names), paths, paths, paths), max_size=2).map(tuple),
    calls=paths,
    starts=paths,
    remarks=paths,
    detail=mapping(names),
)


def through_json(data: object) -> Any:  # noqa: ANN401 - JSON data
    return json.loads(json.dumps(data))


@given(cases)
def test_a_snapshot_comes_back_as_it_was(case: Case) -> None:
    for instants in (TEXT, NUMBER):
        kept = record(Case, instants=instants)
        assert kept.decode(through_json(kept.encode(case))) == case


@given(entries)
def test_an_entry_comes_back_as_it_was(entry: JournalEntry) -> None:
    kept = record(JournalEntry)
    assert kept.decode(through_json(kept.encode(entry))) == entry


def test_a_call_comes_back_as_it_was() -> None:
    call = HookCall(
        "c:1:0", "acme", "c", "repair", 2, "notify", "accept", NOON, {"owner": "li"},
        (Recipient("role", "agent"), Recipient("person", "li")), "accepted", "50%", 3,
    )  # fmt: skip
    kept = record(HookCall)
    assert kept.decode(through_json(kept.encode(call))) == call


@pytest.mark.parametrize("kind", [Case, JournalEntry, HookCall, Clock, Timer, Return])
def test_every_attribute_of_a_stored_record_has_a_known_type(kind: type) -> None:
    assert callable(record(kind).encode)


@frozen
class Inner:
    name: str
    at: datetime | None = None
    count: int = 0


@frozen
class Outer:
    one: Inner
    many: Mapping[str, Inner] = EMPTY
    at: datetime | None = None
    kind: Literal["a", "b"] = "a"


@frozen
class Single:
    at: datetime


@frozen
class Holder:
    single: Single


def test_defaults_are_left_out_so_that_later_attributes_change_nothing() -> None:
    kept = record(Outer)
    assert kept.encode(Outer(Inner("x"))) == {"one": ["x"]}
    assert kept.encode(Outer(Inner("x", count=2), {"y": Inner("y", NOON)}, NOON, "b")) == {
        "one": ["x", None, 2],
        "many": {"y": ["y", "2026-03-01T12:00:00+00:00"]},
        "at": "2026-03-01T12:00:00+00:00",
        "kind": "b",
    }
    assert kept.decode({"one": ["x"]}) == Outer(Inner("x"))


def test_instants_can_be_numbers() -> None:
    kept = record(Outer, instants=NUMBER)
    data = kept.encode(Outer(Inner("x", NOON), at=NOON + timedelta(microseconds=1)))
    assert data == {"one": ["x", 1772366400000000], "at": 1772366400000001}
    assert kept.decode(data) == Outer(Inner("x", NOON), at=NOON + timedelta(microseconds=1))


def test_a_record_inside_another_can_be_written_by_itself() -> None:
    one = Inner("x", NOON, 2)
    assert [inner(Inner)(one)] == [record(Outer).encode(Outer(one))["one"]] == [["x", "2026-03-01T12:00:00+00:00", 2]]
    assert inner(Inner, instants=NUMBER)(one) == ["x", 1772366400000000, 2]


def test_an_attribute_kept_apart_is_left_to_the_caller() -> None:
    kept = record(Outer, apart=frozenset({"many", "at"}))
    data = kept.encode(Outer(Inner("x"), {"y": Inner("y")}, NOON))
    assert data == {"one": ["x"]}
    assert kept.decode(data | {"many": {"y": ["y"]}}) == Outer(Inner("x"), {"y": Inner("y")})


def test_a_record_with_one_attribute_is_a_record_too() -> None:
    kept = record(Holder)
    assert kept.decode(kept.encode(Holder(Single(NOON)))) == Holder(Single(NOON))
    alone = record(Single)
    assert alone.decode(alone.encode(Single(NOON))) == Single(NOON)


@frozen
class Many:
    either: str | int


@frozen
class Mixed:
    pair: tuple[datetime, str]


@frozen
class Strange:
    raw: bytes


@frozen
class Loose:
    items: list[str]


@pytest.mark.parametrize("kind", [Many, Mixed, Strange, Loose])
def test_a_type_that_no_record_uses_is_refused_when_the_program_starts(kind: type) -> None:
    with pytest.raises(TypeError, match="no stored record"):
        record(kind)


@pytest.mark.parametrize(
    "data", [{}, {"one": ["x"], "new": 1}, {"one": []}, {"one": ["x", "not a time"]}, {"one": 7}], ids=str
)
def test_other_data_are_an_ordinary_error(data: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        record(Outer).decode(data)
