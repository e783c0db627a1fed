"""The types of fields as written: a word, the words of a choice, the two ends of numbers or of times."""

from __future__ import annotations

import re

from svcflow.core.duration import Size, Unit, size
from svcflow.core.spelling import nearest
from svcflow.language.patterns import TYPES
from svcflow.language.times import Misread, read_length

_FOREIGN_TYPES = {
    "string": "text", "str": "text", "int": "number", "integer": "number", "float": "number", "decimal": "number",
    "bool": "flag", "boolean": "flag", "timestamp": "datetime", "time": "datetime", "user": "person", "file": "files",
    "array": "list", "currency": "money", "enum": "a | b | c", "choice": "a | b | c", "range": "1..5",
    "duration": "1h..72h", "timedelta": "1h..72h", "interval": "1h..72h",
}  # fmt: skip
_RANGE = re.compile(r"(-?[0-9]{1,9})\s*\.\.\s*(-?[0-9]{1,9})")
_SPAN = re.compile(r"([0-9]{1,10}[a-z]{1,3})\s*\.\.\s*([0-9]{1,10}[a-z]{1,3})")


def read_type(text: str) -> tuple[str, tuple[str, ...], int, int, Unit | None]:
    """
    Read the type of a field: its kind, the words of a choice, the ends of a range and the unit of those.

    Raises:
        Misread: If there is no such type.
    """
    if text in TYPES:
        return text, (), 0, 0, None
    found = _RANGE.fullmatch(text)
    if found is not None:
        low, high = int(found[1]), int(found[2])
        if low >= high:
            raise Misread("SF104", f"the range `{text}` is empty", "write the lower number first")
        return "range", (), low, high, None
    if "|" in text:
        return "choice", _choices(text), 0, 0, None
    ends = _SPAN.fullmatch(text)
    if ends is not None:
        least, most = _end(ends[1]), _end(ends[2])
        return "duration", (), least.amount, most.amount, _unit(text, least, most)
    meant = _FOREIGN_TYPES.get(text.lower()) or nearest(text, TYPES)
    if meant is None:
        raise Misread("SF104", f"`{text}` is not a type of field",
                      f"one of {', '.join(TYPES)}, `a | b | c`, `1..5` or `1h..72h`")  # fmt: skip
    better = meant if meant in TYPES else ""
    raise Misread("SF104", f"`{text}` is not a type of field", f"did you mean `{meant}`?", better)


def _end(text: str) -> Size:
    length = read_length(text)
    return size(length.amount, length.unit)


def _unit(text: str, least: Size, most: Size) -> Unit:
    """The unit of both ends of `1h..72h`."""
    if least.unit != most.unit:
        hint = "hours and minutes, days, weeks, months and years each have an order of their own"
        raise Misread("SF104", f"`{text}`: the two ends cannot be compared", hint)
    if not 0 < least.amount < most.amount:
        raise Misread("SF104", f"the range `{text}` is empty", "write the shorter time first, longer than nothing")
    return least.unit


def _choices(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split("|"))
    for place, word in enumerate(words):
        if not word.isidentifier():
            shown = f"`{word}` is not a choice word" if word else "a choice word is missing beside `|`"
            raise Misread("SF104", shown, "letters of any script, digits and `_`, no digit first")
        if word in {"true", "false", "and", "or", "not", "filled", "default"}:
            raise Misread("SF104", f"`{word}` is a word of the language and cannot be a choice", "choose another word")
        if word in words[:place]:
            raise Misread("SF104", f"the choice `{word}` stands twice", "remove one of them")
    return words
