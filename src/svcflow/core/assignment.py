"""Values of `set`, typed for the field they go into."""

from __future__ import annotations

from datetime import date
from typing import Literal, cast

from svcflow.core.duration import accepted
from svcflow.core.kinds import NUMERIC, UNORDERED, FieldType, Typing, spoken
from svcflow.core.tree import Given, Minus, Name, Quoted, Tree, Value


def value_for(typing: Typing, tree: Tree, target: FieldType) -> Tree | None:
    """The tree of a `set`, typed for the field it goes into (SF402, SF403, SF404)."""
    if target.kind in NUMERIC | {"flag"}:
        if _misplaced(typing, tree, target):
            return None
        typed = typing.truth(tree) if target.kind == "flag" else typing.number(tree)
        return None if typed is None else _in_range(typing, typed, target)
    given = {"person": "me", "date": "now", "datetime": "now"}.get(target.kind)
    if isinstance(tree, Name) and tree.text == given and given not in typing.fields:
        return Given(cast("Literal['me', 'now']", given), tree.start, tree.end)
    side = None if _misplaced(typing, tree, target) else typing.side(tree, target)
    if side is None:
        return None
    if isinstance(side.tree, Quoted):
        return _constant(typing, side.tree, target)
    if side.kind == target.kind and (side.of is None or _fits(side.of, target)):
        return side.tree
    typing.wrong("SF403", tree, f"`{target.name}` is {spoken(target)}; `{typing.says(tree)}` is not",
                 _remedy(target))  # fmt: skip
    return None


def _fits(source: FieldType, target: FieldType) -> bool:
    """Whether every word, or every time, of one field is one of the other."""
    if target.kind == "duration":
        return within(source, target)
    return set(source.choices) <= set(target.choices)


def within(source: FieldType, target: FieldType) -> bool:
    """Whether a field of times takes whatever another one holds."""
    (least, most), (low, high) = source.ends, target.ends
    return least.unit == low.unit and low <= least <= most <= high and set(source.calendars) <= set(target.calendars)


def _misplaced(typing: Typing, tree: Tree, target: FieldType) -> bool:
    """`me` is a person and `now` a moment: neither fits a field of another type."""
    if not isinstance(tree, Name) or tree.text not in {"me", "now"} or tree.text in typing.fields:
        return False
    meaning = "whoever acts" if tree.text == "me" else "the present moment"
    typing.wrong("SF403", tree, f"`{tree.text}` is {meaning}; `{target.name}` is {spoken(target)}", _remedy(target))
    return True


def _remedy(target: FieldType) -> str:
    if target.kind == "text":
        return "a text that reads like something else stands in quotes of its own: \"'like this'\""
    if target.kind in UNORDERED:
        return "only a field of the same type can be copied here"
    return ""


def _in_range(typing: Typing, tree: Tree, target: FieldType) -> Tree | None:
    number = tree.of if isinstance(tree, Minus) else tree
    if target.kind == "range" and isinstance(number, Value) and not isinstance(number.value, bool | str | date):
        value = -number.value if isinstance(tree, Minus) else number.value
        if not target.low <= value <= target.high or value != int(value):
            typing.wrong(
                "SF404", tree, f"`{typing.says(tree)}` is not a whole number from {target.low} to {target.high}"
            )
            return None
    return tree


def _constant(typing: Typing, quoted: Quoted, target: FieldType) -> Tree | None:
    if target.kind in {"date", "datetime"}:
        return typing.moment(quoted, target.kind)
    if target.kind == "choice" and quoted.text not in target.choices:
        typing.not_a_choice(quoted, quoted.text, target)
        return None
    if target.kind in {"text", "person", "choice"} and quoted.text:
        return Value(quoted.text, quoted.start, quoted.end)
    if target.kind == "duration":
        time = accepted(quoted.text, target.ends, target.calendars)
        if not isinstance(time, str):
            return Value(str(time), quoted.start, quoted.end)
        typing.wrong("SF404", quoted, f"`{target.name}` {time}, not {quoted.text}")
        return None
    typing.wrong("SF403", quoted, f"`{target.name}` is {spoken(target)}; {typing.says(quoted)} is not", _remedy(target))
    return None
