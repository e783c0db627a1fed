"""
What a condition says, as values: the shape that is typed, compiled, analysed and drawn.

Offsets (`start`, `end`) count characters of the condition's text and do not take part in comparisons, so two
conditions that say the same are equal however they are spaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from attrs import field, frozen

Order: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
Sign: TypeAlias = Literal["+", "-", "*", "/"]


@frozen
class Name:
    """A word as read, before anybody knows whether it is a field or a choice word. Never in a finished tree."""

    text: str
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Quoted:
    """A quoted text as read, before anybody knows whether it is a text, a choice word or a date. Never finished."""

    text: str
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Value:
    """A constant: a number, a text or choice word, yes or no, a date or an instant."""

    value: Decimal | str | bool | date | datetime
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Read:
    """The value of a field; `kind` is the field's type."""

    name: str
    kind: str
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Given:
    """What only the moment knows: who acts (`me`) and when (`now`). Only as the whole value of a `set`."""

    what: Literal["me", "now"]
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Filled:
    """`filled(x)`: whether a field holds anything. `at` is where the field's name begins."""

    name: str
    at: int = field(default=0, eq=False)
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Minus:
    """A number turned round: `-x`."""

    of: Tree
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Sum:
    """Two numbers added, subtracted, multiplied or divided."""

    sign: Sign
    left: Tree
    right: Tree
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Compare:
    """Two values compared."""

    order: Order
    left: Tree
    right: Tree
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Not:
    """The opposite."""

    of: Tree
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class And:
    """All of them hold."""

    of: tuple[Tree, ...]
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


@frozen
class Or:
    """At least one of them holds."""

    of: tuple[Tree, ...]
    start: int = field(default=0, eq=False)
    end: int = field(default=0, eq=False)


Tree: TypeAlias = Name | Quoted | Value | Read | Given | Filled | Minus | Sum | Compare | Not | And | Or


def parts(tree: Tree) -> tuple[Tree, ...]:
    """The trees directly below this one, in the order they are written."""
    match tree:
        case Sum() | Compare():
            return (tree.left, tree.right)
        case Minus() | Not():
            return (tree.of,)
        case And() | Or():
            return tree.of
        case _:
            return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """This tree and everything below it, outer before inner, in the order it is written."""
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(reversed(parts(here)))


def reads(tree: Tree) -> frozenset[str]:
    """The names of all fields this tree looks at."""
    return frozenset(node.name for node in walk(tree) if isinstance(node, Read | Filled))
