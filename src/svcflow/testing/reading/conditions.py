"""
Conditions and values of `set`, worked out a second time: LANGUAGE 3 (Conditions).

A comparison with an empty field and a division by zero are false; an empty flag is false. Numbers are decimals of 34
digits, as the core says.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal, DecimalException, localcontext
from typing import Any

from svcflow.core.condition import Expression
from svcflow.core.tree import And, Compare, Filled, Given, Minus, Not, Or, Read, Sum, Tree, Value

Fields = Mapping[str, Any]

_WORKED_OUT: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


def holds(tree: Tree, fields: Fields) -> bool:
    """Whether a condition holds."""
    return _value(tree, fields) is True


def value(expression: Expression, fields: Fields, me: str, now: datetime) -> object:
    """What a `set` writes; `now` carries the zone of the process calendar, for dates."""
    tree, target = expression.tree, expression.target
    if isinstance(tree, Given):
        return me if tree.what == "me" else now.date() if target.kind == "date" else now.astimezone(UTC)
    found = _value(tree, fields)
    if found is None:
        return None
    if target.kind == "range":
        return round(max(target.low, min(target.high, found)))
    return Decimal(found) if target.kind in {"number", "money"} else found


def _value(tree: Tree, fields: Fields) -> Any:  # noqa: ANN401, PLR0911 - one for each kind of tree; a field's value has the type its process declares
    match tree:
        case And():
            return not any(_value(part, fields) is not True for part in tree.of)
        case Or():
            return any(_value(part, fields) is True for part in tree.of)
        case Not():
            return _value(tree.of, fields) is not True
        case Filled():
            return fields.get(tree.name) not in (None, "", ())
        case Read():
            return fields.get(tree.name, False if tree.kind == "flag" else None)
        case Value():
            return tree.value
        case Minus():
            return _both("-", Decimal(0), _value(tree.of, fields))
        case Sum():
            return _both(tree.sign, _value(tree.left, fields), _value(tree.right, fields))
        case Compare():
            return bool(_both(tree.order, _value(tree.left, fields), _value(tree.right, fields)))
        case _:
            raise TypeError(tree)


def _both(sign: str, one: Any, other: Any) -> Any:  # noqa: ANN401 - the same
    """Two values compared or calculated with; None where one is empty, or where there is no result."""
    if one is None or other is None:
        return None
    if isinstance(one, Decimal) and isinstance(other, int):
        other = Decimal(other)
    if isinstance(other, Decimal) and isinstance(one, int):
        one = Decimal(one)
    try:
        with localcontext(Context(prec=34)):
            return _WORKED_OUT[sign](one, other)
    except DecimalException:
        return None
