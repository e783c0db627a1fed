"""
Values that a `set` gives to a field: read, typed for the field, or refused with a hint.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core.fields import FIELDS, NOW
from svcflow.core.condition import Expression, expression
from svcflow.core.process import Field


def written(target: str, text: str) -> Expression:
    result = expression(text, FIELDS[target], FIELDS)
    assert isinstance(result, Expression), result
    return result


@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("accepted", "true", True),
        ("accepted", "working", False),
        ("accepted", "score >= 3 and not working", True),
        ("score", "5", 5),
        ("score", "score + 1", 4),
        ("score", "score + 10", 5),
        ("score", "score - 10", 1),
        ("score", "price / 2", 2),
        ("hours", "3", Decimal(3)),
        ("hours", "score", Decimal(3)),
        ("hours", "score * 2 - 0.5", Decimal("5.5")),
        ("price", "-price", Decimal(-5)),
        ("price", "hours + 1", None),
        ("price", "1 / 0", None),
        ("contract", "gold", "gold"),
        ("contract", "'gold'", "gold"),
        ("contract", "asked", "silver"),
        ("product", "serial", "S1"),
        ("product", "'serial'", "serial"),
        ("product", "a new one, never used", "a new one, never used"),
        ("product", "42", "42"),
        ("product", "it's 'good'", "it's 'good'"),
        ("product", "'a' and 'b", "'a' and 'b"),
        ("owner", "me", "li"),
        ("owner", "served_by", "wang"),
        ("owner", "'zhao'", "zhao"),
        ("bought", "now", date(2026, 5, 4)),
        ("bought", "delivered", None),
        ("bought", "'2026-01-31'", date(2026, 1, 31)),
        ("visit", "now", datetime(2026, 5, 3, 17, 30, tzinfo=UTC)),
        ("visit", "'2026-05-04T01:30+08:00'", datetime(2026, 5, 3, 17, 30, tzinfo=UTC)),
        ("parts", "spares", ("a", "b")),
        ("photos", "photos", None),
    ],
)
def test_a_value_to_set_is_typed_for_its_field(target: str, text: str, expected: object) -> None:
    fields = {
        "score": 3,
        "price": Decimal(5),
        "asked": "silver",
        "serial": "S1",
        "served_by": "wang",
        "spares": ("a", "b"),
    }
    value = written(target, text).value(fields, "li", NOW)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("target", "text", "code", "hint"),
    [
        ("accepted", "3", "SF403", ""),
        ("accepted", "now", "SF403", ""),
        ("score", "9", "SF404", ""),
        ("score", "0", "SF404", ""),
        ("score", "-1", "SF404", ""),
        ("score", "2.5", "SF404", ""),
        ("score", "product", "SF403", ""),
        ("score", "now", "SF403", ""),
        ("price", "me", "SF403", ""),
        ("contract", "glod", "SF404", "`gold`"),
        ("contract", "'glod'", "SF404", "`gold`"),
        ("asked", "contract", "SF403", ""),
        ("contract", "product", "SF403", ""),
        ("product", "owner", "SF403", "\"'like this'\""),
        ("product", "me", "SF403", "\"'like this'\""),
        ("product", "true", "SF403", "\"'like this'\""),
        ("product", "''", "SF403", ""),
        ("product", "seiral", "SF402", "`serial`"),
        ("owner", "onwer", "SF402", "`owner`"),
        ("owner", "now", "SF403", ""),
        ("owner", "product", "SF403", ""),
        ("bought", "me", "SF403", ""),
        ("bought", "soon", "SF402", ""),
        ("bought", "'soon'", "SF403", ""),
        ("visit", "bought", "SF403", ""),
        ("parts", "'x'", "SF403", "same type"),
        ("parts", "photos", "SF403", "same type"),
        ("hours", "3 &", "SF401", ""),
        ("hours", "", "SF401", ""),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused(target: str, text: str, code: str, hint: str) -> None:
    result = expression(text, FIELDS[target], FIELDS)
    assert isinstance(result, tuple)
    (found,) = result
    assert found.code == code
    assert hint in found.help


def test_a_field_may_be_called_like_the_special_words() -> None:
    fields = {"me": Field("me", "person"), "now": Field("now", "datetime"), "owner": Field("owner", "person")}
    result = expression("me", fields["owner"], fields)
    assert isinstance(result, Expression)
    assert result.reads == {"me"}
    assert result.value({"me": "zhao"}, "li", NOW) == "zhao"
