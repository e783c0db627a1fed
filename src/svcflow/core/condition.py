"""
Conditions in words and the values of `set`: read once, typed once, then one plain function each.

How emptiness counts: a comparison with an empty field is false, so is one whose arithmetic meets an empty field or a
division by zero; `not` turns exactly that round, so with `a` empty both `a > 3` and `a <= 3` are false and
`not (a > 3)` is true. An empty flag is false wherever it stands: `accepted == false` holds as `not accepted` does.
`filled(x)` alone tells an empty flag from a false one; an empty text and an empty list are not filled.

Arithmetic is decimal with 34 digits, whatever the host's decimal context says. Nothing here calls `eval`: a tree
becomes nested closures, about a tenth of a microsecond per comparison.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import partial
from typing import Any, TypeAlias, TypeVar

from attrs import field, frozen

from svcflow.core.assignment import value_for
from svcflow.core.kinds import FieldType, Typing
from svcflow.core.spelling import nearest
from svcflow.core.tree import And, Compare, Filled, Given, Minus, Name, Not, Or, Quoted, Read, Sum, Tree, Value, reads
from svcflow.core.words import Problem, Unreadable, parse

_T = TypeVar("_T")
Fields: TypeAlias = Mapping[str, Any]
Test: TypeAlias = Callable[[Fields], bool]
Get: TypeAlias = Callable[[Fields], Any]

# Only its methods are called; the flags it raises on the way are never read.
_DECIMAL = Context(prec=34, rounding=ROUND_HALF_EVEN, traps=[DivisionByZero, InvalidOperation, Overflow])
_SIGNS: Mapping[str, Callable[[Any, Any], Decimal]] = {
    "+": _DECIMAL.add,
    "-": _DECIMAL.subtract,
    "*": _DECIMAL.multiply,
    "/": _DECIMAL.divide,
}
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@frozen
class Condition:
    """
    A condition that was read and typed. `reads` names the fields it looks at.

    `holds(fields)` says whether it is true for these values: numbers and money as `Decimal`, `1..5` as `int`, choices,
    texts and persons as `str`, flags as `bool`, dates as `date`, times as aware `datetime`; an empty field is absent or
    None. It never raises for values of these types.
    """

    text: str = field(eq=False)
    tree: Tree
    reads: frozenset[str] = field(eq=False)
    holds: Test = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "holds", as_test(self.tree))


@frozen
class Expression:
    """A value of `set`, read and typed for the field it goes into. `reads` names the fields it looks at."""

    text: str = field(eq=False)
    tree: Tree
    reads: frozenset[str] = field(eq=False)
    target: FieldType
    _get: Get = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        get = partial(_constantly, None) if isinstance(self.tree, Given) else as_value(self.tree)
        object.__setattr__(self, "_get", get)

    def value(self, fields: Fields, me: str, now: datetime) -> object:
        """
        The value for the target field; None when it comes out empty.

        `me` is the id of who acts. `now` is an aware instant; a date field takes its date in the zone `now` carries,
        so hand it over in the zone of the process calendar. A result for a `1..5` field is rounded to a whole number
        and kept between the two ends.
        """
        if isinstance(self.tree, Given):
            if self.tree.what == "me":
                return me
            return now.date() if self.target.kind == "date" else now.astimezone(UTC)
        value = self._get(fields)
        if self.target.kind == "range" and value is not None:
            return round(min(max(value, self.target.low), self.target.high))
        if self.target.kind in {"number", "money"} and isinstance(value, int):
            return Decimal(value)
        return value


def condition(text: str, fields: Mapping[str, FieldType]) -> Condition | tuple[Problem, ...]:
    """
    Read and type a condition.

    Answers the problems instead when there are any: SF401 unreadable (only the first), SF402 unknown field, SF403 types
    that never compare, SF404 not a choice word. Never raises.
    """
    try:
        tree = parse(text)
    except Unreadable as unreadable:
        return (unreadable.problem,)
    typing = Typing(text, fields)
    typed = typing.truth(tree)
    if typed is None:
        return tuple(typing.problems)
    return Condition(text, typed, reads(typed))


def expression(text: str, target: FieldType, fields: Mapping[str, FieldType]) -> Expression | tuple[Problem, ...]:
    """
    Read and type a value of `set` for its target field.

    A text field takes a quoted text, the name of another text field, or any other text as it stands; a person `me`, a
    date and time `now`; a flag a condition; numbers arithmetic; a field of times a time; everything else a word or
    field of its own type.
    Answers the problems instead when there are any. Never raises.
    """
    typing = Typing(text, fields)
    try:
        tree = _plain_text(typing, text) if target.kind == "text" else None
        if target.kind == "duration":
            tree = _plain_time(text)
        if tree is None:
            tree = parse(text)
    except Unreadable as unreadable:
        return (unreadable.problem,)
    typed = None if typing.problems else value_for(typing, tree, target)
    if typed is None:
        return tuple(typing.problems)
    return Expression(text, typed, reads(typed), target)


def _plain_text(typing: Typing, text: str) -> Tree | None:
    """The text as it stands, unless it is in quotes, a field's name or something close to one."""
    plain = text.strip()
    if plain[:1] in {"'", '"'} and plain.find(plain[0], 1) == len(plain) - 1:
        return None
    if not plain or plain in typing.fields or plain in {"me", "now", "true", "false"}:
        return None
    whole = Quoted(plain, 0, len(text))
    texts = (name for name, known in typing.fields.items() if known.kind == "text")
    close = nearest(plain, texts) if plain.isidentifier() else None
    if close is not None:
        typing.wrong("SF402", Name(plain, 0, len(text)), f"no field is called `{plain}`",
                     f"did you mean `{close}`? A text as such stands in quotes of its own: \"'{plain}'\"")  # fmt: skip
    return whole


def _plain_time(text: str) -> Tree | None:
    """A time as it stands, in quotes or without, unless it is a name."""
    plain = text.strip().strip("'\"")
    return None if plain.isidentifier() else Quoted(plain, 0, len(text))


def _constantly(value: _T, fields: Fields) -> _T:  # noqa: ARG001  # Stands in for a function of the fields.
    return value


def as_test(tree: Tree) -> Test:
    """A tree that says yes or no, as a function."""
    match tree:
        case And():
            return _all(tuple(as_test(part) for part in tree.of))
        case Or():
            return _any(tuple(as_test(part) for part in tree.of))
        case Not():
            inner = as_test(tree.of)
            return lambda fields: not inner(fields)
        case Filled():
            name = tree.name
            return lambda fields: fields.get(name) not in (None, "", ())
        case Read():
            name = tree.name
            return lambda fields: bool(fields.get(name))
        case Compare():
            return _comparison(tree)
        case _:
            return partial(_constantly, isinstance(tree, Value) and tree.value is True)


def _all(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:  # noqa: PLR2004  # Two is by far the most frequent number.
        first, second = tests
        return lambda fields: first(fields) and second(fields)
    return lambda fields: all(test(fields) for test in tests)


def _any(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:  # noqa: PLR2004  # The same.
        first, second = tests
        return lambda fields: first(fields) or second(fields)
    return lambda fields: any(test(fields) for test in tests)


def _comparison(tree: Compare) -> Test:
    order = _ORDERS[tree.order]
    if isinstance(tree.left, Read) and tree.left.kind != "flag" and isinstance(tree.right, Value):
        name, constant = tree.left.name, _cheapest(tree.right)

        def against_constant(fields: Fields) -> bool:
            value = fields.get(name)
            return value is not None and order(value, constant)

        return against_constant
    left, right = as_value(tree.left), as_value(tree.right)

    def against_each_other(fields: Fields) -> bool:
        one = left(fields)
        if one is None:
            return False
        other = right(fields)
        return other is not None and order(one, other)

    return against_each_other


def _cheapest(value: Value) -> object:
    """A whole number as `int`: comparing two of those is three times as fast, and decimals compare with it too."""
    number = value.value
    return int(number) if isinstance(number, Decimal) and number == number.to_integral_value() else number


def as_value(tree: Tree) -> Get:
    """A tree that is a value, as a function; None is an empty one."""
    match tree:
        case Value():
            return partial(_constantly, tree.value)
        case Read(kind="flag"):
            name = tree.name
            return lambda fields: bool(fields.get(name))
        case Read():
            name = tree.name
            return lambda fields: fields.get(name)
        case Minus():
            return _calculation(_SIGNS["-"], partial(_constantly, Decimal(0)), as_value(tree.of))
        case Sum():
            return _calculation(_SIGNS[tree.sign], as_value(tree.left), as_value(tree.right))
        case _:
            return as_test(tree)


def _calculation(sign: Callable[[Any, Any], Decimal], left: Get, right: Get) -> Get:
    def calculate(fields: Fields) -> Decimal | None:
        one, other = left(fields), right(fields)
        if one is None or other is None:
            return None
        try:
            return sign(one, other)
        except ArithmeticError:
            # Division by zero, or a number beyond all measure: there is no result to compare with.
            return None

    return calculate
