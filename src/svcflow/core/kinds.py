"""
Conditions, typed: every word of a tree becomes a field, a choice word or a problem.

What compares with what: numbers, money and `1..5` with each other; texts, persons and flags with their like; choice
fields with their own words; dates with dates and quoted ISO dates; times with times and quoted ISO times that name
their offset. Nothing is converted behind the author's back, and only numbers and times have an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal, Protocol, TypeAlias

from attrs import field, frozen

from svcflow.core.duration import Size
from svcflow.core.spelling import nearest
from svcflow.core.tree import And, Compare, Filled, Minus, Name, Not, Or, Quoted, Read, Sum, Tree, Value
from svcflow.core.words import Problem

Kind: TypeAlias = Literal[
    "text", "number", "money", "flag", "date", "datetime", "person", "list", "files", "choice", "range",
    "duration",
]  # fmt: skip


class FieldType(Protocol):
    """What a condition must know of a declared field; `svcflow.core.process.Field` is one."""

    @property
    def name(self) -> str:
        """Its name in conditions."""
        ...

    @property
    def kind(self) -> Kind:
        """Its type."""
        ...

    @property
    def choices(self) -> tuple[str, ...]:
        """The words of a choice field, else nothing."""
        ...

    @property
    def low(self) -> int:
        """The lowest number of a `1..5` field."""
        ...

    @property
    def high(self) -> int:
        """The highest number of a `1..5` field."""
        ...

    @property
    def ends(self) -> tuple[Size, Size]:
        """The shortest and the longest time of a `1h..72h` field."""
        ...

    @property
    def calendars(self) -> tuple[str, ...]:
        """The calendars that a time of a `1h..72h` field may name."""
        ...


UNORDERED = frozenset(("list", "files", "duration"))
"""What no condition compares."""

NUMERIC = frozenset(("number", "money", "range"))

_SPOKEN = {
    "text": "a text",
    "number": "a number",
    "money": "an amount of money",
    "flag": "a yes or no",
    "date": "a date",
    "datetime": "a date and time",
    "person": "a person",
    "list": "a list",
    "files": "a set of files",
    "choice": "a choice",
}


def spoken(known: FieldType) -> str:
    """A field's type in words, for messages."""
    if known.kind == "choice":
        return "one of " + " | ".join(known.choices)
    if known.kind == "duration":
        return f"a time from {known.ends[0]} to {known.ends[1]}"
    if known.kind == "range":
        return f"a number from {known.low} to {known.high}"
    return _SPOKEN[known.kind]


@frozen
class Side:
    """One side of a comparison: its tree, its kind (`quoted` for a text constant) and the field it is, if it is one."""

    tree: Tree
    kind: str
    of: FieldType | None = None


@frozen
class Typing:
    """
    One walk over a tree as read; `problems` collects everything that is wrong with it.

    The methods answer None where a problem was noted, so that the walk goes on and finds the rest.
    """

    text: str
    fields: Mapping[str, FieldType]
    problems: list[Problem] = field(factory=list)

    def says(self, tree: Tree) -> str:
        """A part of the condition as the author wrote it."""
        return self.text[tree.start : tree.end]

    def wrong(self, code: str, tree: Tree, message: str, hint: str = "") -> None:
        """Note a problem at a part of the condition."""
        self.problems.append(Problem(code, tree.start, tree.end, message, hint))

    def known(self, tree: Name | Filled) -> FieldType | None:
        """The field a word names (SF402)."""
        word = tree if isinstance(tree, Name) else Name(tree.name, tree.at, tree.at + len(tree.name))
        found = self.fields.get(word.text)
        if found is None:
            self.wrong("SF402", word, f"no field is called `{word.text}`", self._meant(word.text))
        return found

    def _meant(self, name: str) -> str:
        holder = next((known for known in self.fields.values() if name in known.choices), None)
        if holder is not None:
            return f"`{name}` is a word of `{holder.name}`: write `{holder.name} == {name}`"
        if name in {"me", "now"}:
            return f"`{name}` can only be set: `set: {{field: {name}}}`"
        if name.casefold() in {"none", "null", "empty", "nil"}:
            return "an empty field is asked with `not filled(x)`"
        if name.casefold() in {"true", "false", "yes", "no"}:
            return "yes and no are written `true` and `false`"
        close = nearest(name, self.fields)
        return "" if close is None else f"did you mean `{close}`?"

    def truth(self, tree: Tree) -> Tree | None:
        """A tree that says yes or no."""
        match tree:
            case And() | Or():
                of = [self.truth(part) for part in tree.of]
                kept = tuple(part for part in of if part is not None)
                return type(tree)(kept, tree.start, tree.end) if len(kept) == len(of) else None
            case Not():
                inner = self.truth(tree.of)
                return None if inner is None else Not(inner, tree.start, tree.end)
            case Compare():
                return self.comparison(tree)
            case Filled():
                return None if self.known(tree) is None else tree
            case Value(value=bool()):
                return tree
            case Name():
                return self._flag(tree)
            case _:
                self.wrong("SF403", tree, f"`{self.says(tree)}` is neither true nor false", "compare it with something")
                return None

    def _flag(self, tree: Name) -> Tree | None:
        known = self.known(tree)
        if known is None or known.kind == "flag":
            return None if known is None else Read(known.name, "flag", tree.start, tree.end)
        if known.kind == "choice":
            hint = f"compare it: `{known.name} == {known.choices[0]}`"
        elif known.kind == "range":
            hint = f"compare it: `{known.name} >= {known.high}`"
        elif known.kind in NUMERIC:
            hint = f"compare it: `{known.name} > 0`"
        else:
            hint = f"ask whether it holds anything: `filled({known.name})`"
        self.wrong("SF403", tree, f"`{known.name}` is {spoken(known)}, neither true nor false", hint)
        return None

    def number(self, tree: Tree) -> Tree | None:
        """A tree that is a number."""
        match tree:
            case Minus():
                of = self.number(tree.of)
                return None if of is None else Minus(of, tree.start, tree.end)
            case Sum():
                left, right = self.number(tree.left), self.number(tree.right)
                if left is None or right is None:
                    return None
                return Sum(tree.sign, left, right, tree.start, tree.end)
            case _:
                side = self.side(tree, None)
                if side is None or side.kind in NUMERIC:
                    return None if side is None else side.tree
                self.wrong("SF403", tree, f"{self._is(side)}; only numbers can be calculated with")
                return None

    def _is(self, side: Side) -> str:
        shown = self.says(side.tree)
        if side.of is not None and not isinstance(side.tree, Value):
            return f"`{shown}` is {spoken(side.of)}"
        return f"`{shown}` is {_SPOKEN.get(side.kind, 'a text')}"

    def side(self, tree: Tree, against: FieldType | None) -> Side | None:
        """One side of a comparison; `against` is the field on the other side: the words of a choice may stand here."""
        match tree:
            case Name():
                return self._word(tree, against)
            case Quoted():
                return Side(tree, "quoted")
            case Value(value=bool()) | And() | Or() | Not() | Compare() | Filled():
                truth = self.truth(tree)
                return None if truth is None else Side(truth, "flag")
            case Value():
                word = self.says(tree)
                if against is not None and word in against.choices:
                    return Side(Value(word, tree.start, tree.end), "choice", against)
                return Side(tree, "number")
            case _:
                number = self.number(tree)
                return None if number is None else Side(number, "number")

    def _word(self, tree: Name, against: FieldType | None) -> Side | None:
        if against is not None and tree.text in against.choices:
            return Side(Value(tree.text, tree.start, tree.end), "choice", against)
        known = self.fields.get(tree.text)
        if known is not None:
            return Side(Read(known.name, known.kind, tree.start, tree.end), known.kind, known)
        if against is not None and against.choices:
            self.not_a_choice(tree, tree.text, against)
        elif against is not None and against.kind in {"text", "person"} and not nearest(tree.text, self.fields):
            self.wrong("SF402", tree, f"no field is called `{tree.text}`", f"a text stands in quotes: '{tree.text}'")
        else:
            self.known(tree)
        return None

    def not_a_choice(self, tree: Tree, word: str, of: FieldType) -> None:
        """Note SF404: the word is none of the field's."""
        close = nearest(word, of.choices) or nearest(word, self.fields)
        hint = "" if close is None else f"did you mean `{close}`?"
        self.wrong("SF404", tree, f"`{word}` is not one of {' | '.join(of.choices)}", hint)

    def _field(self, tree: Tree) -> FieldType | None:
        return self.fields.get(tree.text) if isinstance(tree, Name) else None

    def comparison(self, tree: Compare) -> Tree | None:
        """Both sides typed, and of kinds that can be compared with this sign (SF403, SF404)."""
        left = self.side(tree.left, self._field(tree.right))
        right = self.side(tree.right, self._field(tree.left))
        if left is None or right is None:
            return None
        one, other = self._unquoted(left, right), self._unquoted(right, left)
        if one is None or other is None or not self._comparable(tree, one, other):
            return None
        return Compare(tree.order, one.tree, other.tree, tree.start, tree.end)

    def _unquoted(self, side: Side, other: Side) -> Side | None:
        """A quoted text becomes what the other side is: a choice word, a date, a time, or stays a text."""
        if not isinstance(side.tree, Quoted):
            return side
        quoted = side.tree
        if not quoted.text:
            self.wrong("SF403", quoted, "a comparison with an empty text is never true",
                       "ask `not filled(x)` for an empty field")  # fmt: skip
            return None
        if other.kind == "choice" and other.of is not None and quoted.text not in other.of.choices:
            self.not_a_choice(quoted, quoted.text, other.of)
            return None
        kind = other.kind if other.kind in {"choice", "person", "date", "datetime"} else "text"
        value = (
            self.moment(quoted, kind) if kind in {"date", "datetime"} else Value(quoted.text, quoted.start, quoted.end)
        )
        return None if value is None else Side(value, kind)

    def moment(self, quoted: Quoted, kind: str) -> Value | None:
        """A quoted ISO date, or a quoted ISO date and time with its offset from UTC (SF403)."""
        value = _iso(quoted.text, kind)
        if value is None:
            example = "'2026-05-04'" if kind == "date" else "'2026-05-04T08:30+08:00'"
            self.wrong("SF403", quoted, f"`{self.says(quoted)}` is not {_SPOKEN[kind]}", f"write it as {example}")
            return None
        return Value(value, quoted.start, quoted.end)

    def _comparable(self, tree: Compare, left: Side, right: Side) -> bool:
        for side in (left, right):
            if side.kind in UNORDERED:
                hint = f"ask whether it holds anything: `filled({self.says(side.tree)})`"
                self.wrong("SF403", side.tree, f"{self._is(side)}; it cannot be compared", hint)
                return False
        if left.kind in NUMERIC and right.kind in NUMERIC:
            return True
        if left.kind != right.kind or not _overlap(left, right):
            hint = self._cure(left, right) or self._cure(right, left)
            self.wrong("SF403", tree, f"{self._is(left)}, {self._is(right)}; they can never be compared", hint)
            return False
        if tree.order not in {"==", "!="} and left.kind not in {"date", "datetime"}:
            self.wrong("SF403", tree, f"{self._is(left)}: it has no order", "only `==` and `!=` compare it")
            return False
        return True

    def _cure(self, side: Side, other: Side) -> str:
        if isinstance(other.tree, Value) and isinstance(other.tree.value, str) and side.kind in NUMERIC:
            return f"write {other.tree.value} without quotes" if _is_number(other.tree.value) else ""
        if side.kind in {"date", "datetime"} and other.kind == "number":
            return "a date stands in quotes: '2026-05-04'"
        if side.kind == "date" and other.kind == "datetime":
            return "compare dates with dates, and times with times"
        if side.kind == "flag" and other.kind in NUMERIC:
            return "a yes or no compares with `true` and `false`"
        return ""


def _overlap(left: Side, right: Side) -> bool:
    """Two choice fields compare when they share a word."""
    if left.of is None or right.of is None or left.kind != "choice":
        return True
    return bool(set(left.of.choices) & set(right.of.choices))


def _iso(text: str, kind: str) -> date | datetime | None:
    try:
        if kind == "date":
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
        return None if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()
