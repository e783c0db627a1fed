"""Values as plain data: what goes in comes out, one text for one value, and what cannot be kept is refused in time."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import IntEnum, StrEnum
from hashlib import sha256
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from svcflow.core.event import FileRef
from svcflow.core.plain import canonical, digest, instant, plain, text, unplain
from svcflow.errors import InputError

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), ZoneInfo("Asia/Shanghai")]))
# Where clocks are put on or back, Python calls a time unequal to its own instant (PEP 495), so `==` says nothing there.
SKIPPED = datetime(1991, 4, 14, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
TWICE = datetime(1991, 9, 15, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
files = st.builds(FileRef, texts, texts, st.integers(0, 2**40), texts)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    texts,
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    moments.filter(lambda moment: 1 < moment.year < 9999 and moment == moment.astimezone(UTC)),
    st.timedeltas(),
    files,
    st.frozensets(texts, max_size=3),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts, inner, max_size=3).map(MappingProxyType),
    ),
    max_leaves=8,
)


@given(values)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    back = unplain(json.loads(json.dumps(plain(value))))
    assert back == value
    assert type(back) is type(value)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_its_trailing_zeros(value: Decimal) -> None:
    assert str(unplain(plain(value))) == str(value)


@given(values, values)
def test_two_values_have_one_text_only_when_they_are_the_same(one: object, other: object) -> None:
    same = canonical(plain(one)) == canonical(plain(other))
    assert same == (_as_told(one) == _as_told(other))


def _as_told(value: object) -> object:
    """The value with its type beside each part, mappings and sets in one order: equality that tells 1 from True."""
    if isinstance(value, MappingProxyType):
        return ("map", sorted((key, repr(_as_told(item))) for key, item in value.items()))
    if isinstance(value, frozenset):
        return ("set", sorted(value))
    if isinstance(value, tuple):
        return ("tuple", [_as_told(item) for item in value])
    if isinstance(value, datetime):
        return ("datetime", value.astimezone(UTC).isoformat())
    return (type(value).__name__, str(value))


json_data = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


@given(json_data)
def test_the_canonical_text_is_json_without_blanks_and_with_sorted_keys(data: object) -> None:
    written = canonical(data)
    assert json.loads(written) == data
    assert written == _by_hand(data)


def _by_hand(data: object) -> str:
    if isinstance(data, dict):
        return "{" + ",".join(f"{_by_hand(key)}:{_by_hand(data[key])}" for key in sorted(data)) + "}"
    if isinstance(data, list):
        return "[" + ",".join(_by_hand(item) for item in data) + "]"
    return json.dumps(data, ensure_ascii=False)


def test_the_canonical_text_keeps_letters_of_every_script() -> None:
    assert canonical({"b": "售后", "a": [1, True, None]}) == '{"a":[1,true,null],"b":"售后"}'


def test_the_digest_is_over_the_canonical_text() -> None:
    assert digest({"b": 1, "a": "售后"}) == sha256('{"a":"售后","b":1}'.encode()).hexdigest()
    assert digest({"a": "售后", "b": 1}) == digest({"b": 1, "a": "售后"})


@given(moments, moments)
@example(SKIPPED, TWICE)
@example(TWICE, TWICE.replace(fold=1))
def test_instants_sort_as_texts(one: datetime, other: datetime) -> None:
    try:
        left, right = instant(one), instant(other)
    except InputError:
        assert min(one.year, other.year) == 1 or max(one.year, other.year) == 9999
        return
    assert (left < right) == (one.astimezone(UTC) < other.astimezone(UTC))
    assert datetime.fromisoformat(left) == one.astimezone(UTC)


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Stamp(datetime):
    pass


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Stamp(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8))), {"datetime": "2026-03-01T00:00:00+00:00"}),
        (["a", ["b"]], ["a", ["b"]]),
        ({"b", "a"}, {"set": ["a", "b"]}),
        ({"k": (Decimal("1.50"), date(2024, 2, 29))}, {"map": {"k": [{"decimal": "1.50"}, {"date": "2024-02-29"}]}}),
        (timedelta(days=-1, microseconds=1), {"microseconds": -86399999999}),
        ({Colour.RED: Colour.RED}, {"map": {"red": "red"}}),
    ],
)
def test_a_value_of_a_kindred_type_is_kept_as_the_plain_one(value: object, wanted: object) -> None:
    found = plain(value)
    assert found == wanted
    assert json.loads(json.dumps(found)) == wanted


def test_a_list_comes_back_as_a_tuple() -> None:
    assert unplain(plain(["a", "b"])) == ("a", "b")


class Nowhere(tzinfo):
    """A zone that does not know its offset."""

    def utcoffset(self, _moment: datetime | None) -> None:
        return None

    dst = utcoffset

    def tzname(self, _moment: datetime | None) -> str:
        return "nowhere"


def _nested(depth: int, inside: Callable[[object], object]) -> object:
    value: object = "x"
    for _ in range(depth):
        value = inside(value)
    return value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a\0b", "NUL"),
        ("a\ud800b", "surrogate"),
        (("a", "b\0"), "NUL"),
        ({"k\0": "v"}, "NUL"),
        (frozenset({"\udfff"}), "surrogate"),
        (FileRef("f", "a\0.jpg", 1, ""), "NUL"),
        (2**63, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        (Level(3) + 2**64, "64 bits"),
        (Decimal("NaN"), "infinite"),
        (Decimal("-Infinity"), "infinite"),
        (datetime(2026, 3, 1), "time zone"),  # noqa: DTZ001 - the point
        (datetime(2026, 3, 1, tzinfo=Nowhere()), "time zone"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), "1 to 9999"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-8))), "1 to 9999"),
        (1.5, "type float"),
        (b"bytes", "type bytes"),
        ({1: "a"}, "keys are texts"),
        ({1}, "nothing but texts"),
        (_nested(10_000, lambda inner: (inner,)), "deep"),
        (_nested(10_000, lambda inner: {"k": inner}), "deep"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isprintable() else "",
)
def test_what_cannot_be_kept_is_refused_and_not_quoted(value: object, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        plain(value)
    assert "a\0b" not in str(refused.value)
    assert len(str(refused.value)) < 120


def test_a_text_that_can_be_kept_is_itself() -> None:
    kept = string.printable + "售后😀\U0010ffff"
    assert text(kept) is kept


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"decimal": "1", "date": "2026-01-01"},
        {"unknown": 1},
        {"decimal": "abc"},
        {"date": "2026-02-30"},
        {"datetime": 7},
        {"file": ["only an id"]},
        {"map": ["a"]},
        [{"microseconds": "x"}],
        {"set": [["a"]]},
    ],
    ids=str,
)
def test_data_that_were_never_a_value_are_refused(data: object) -> None:
    with pytest.raises(InputError, match="not a stored value"):
        unplain(data)
