"""Conditions in the words of ECMAScript, for formats whose conditions are written in it; emptiness counts as here."""

from __future__ import annotations

import json
from decimal import Decimal

from svcflow.core.tree import And, Compare, Filled, Minus, Not, Or, Read, Sum, Tree, Value, walk


def expression(tree: Tree) -> str:
    """A condition: an empty field makes its comparison false, an empty flag is false."""
    match tree:
        case And() | Or():
            return (" && " if isinstance(tree, And) else " || ").join(_bracketed(part) for part in tree.of)
        case Not():
            return f"!{_bracketed(tree.of)}"
        case Filled():
            return f"({tree.name} != null && {tree.name}.length !== 0)"
        case Compare():
            order = {"==": "===", "!=": "!=="}.get(tree.order, tree.order)
            needed = dict.fromkeys(node.name for node in walk(tree) if isinstance(node, Read) and node.kind != "flag")
            compared = f"{_side(tree.left)} {order} {_side(tree.right)}"
            return " && ".join((*(f"{name} != null" for name in needed), compared))
        case _:
            return _operand(tree)


def _operand(tree: Tree) -> str:
    """What is compared or calculated with."""
    match tree:
        case Sum():
            return f"({_operand(tree.left)} {tree.sign} {_operand(tree.right)})"
        case Minus():
            return f"(-{_operand(tree.of)})"
        case Read():
            return tree.name
        case Value():
            return _constant(tree.value)
        case _:
            raise TypeError(tree)


def _side(tree: Tree) -> str:
    """One side of a comparison, where an empty flag is false too."""
    return f"!!{tree.name}" if isinstance(tree, Read) and tree.kind == "flag" else _operand(tree)


def _bracketed(tree: Tree) -> str:
    said = expression(tree)
    return said if isinstance(tree, Read | Filled) else f"({said})"


def _constant(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(str(value), ensure_ascii=False)
