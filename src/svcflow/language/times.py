"""Times as written: `30min`, `every 2d on office since served_at`, `2d..5d since x`, `100% + 4h`. Syntax only."""

from __future__ import annotations

import re
import unicodedata

from attrs import frozen

from svcflow.core.duration import DAYS, LONGEST_DAYS, Unit
from svcflow.core.spelling import nearest

_UNITS: dict[str, Unit] = {"min": "min", "h": "h", "d": "d", "w": "w", "mo": "mo", "y": "y"}
_LONGEST_DIGITS = 10
_MOST_ELSE = 5
_LENGTH = re.compile(r"(0|[1-9][0-9]*)(min|h|d|w|mo|y)")
_LOOSE = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?\s*([^\W\d_]+)")
_TURNED = re.compile(r"([a-z]+)([0-9]+)")
_WINDOW = re.compile(r"([0-9]{1,4})([dw])\.\.([0-9]{1,4})([dw])")
_STEP = re.compile(
    r"(?:(?P<percent>[0-9]{1,3})%)?\s*(?:(?P<sign>[+-])\s*(?P<length>(?:0|[1-9][0-9]*)(?:min|h|d|w|mo|y)))?"
)
_FOREIGN_UNITS: dict[str, Unit] = {
    "mins": "min", "minute": "min", "minutes": "min", "minuten": "min", "分": "min", "分钟": "min", "s": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "std": "h", "stunde": "h", "stunden": "h", "时": "h", "小时": "h",
    "day": "d", "days": "d", "tag": "d", "tage": "d", "tagen": "d", "天": "d", "日": "d", "week": "w", "weeks": "w",
    "woche": "w", "wochen": "w", "周": "w", "星期": "w", "mon": "mo", "month": "mo", "months": "mo", "monat": "mo",
    "monate": "mo", "月": "mo", "个月": "mo", "yr": "y", "year": "y", "years": "y", "jahr": "y", "年": "y",
}  # fmt: skip
_FOREIGN_TAILS = {"from": "since", "after": "since", "calendar": "on", "in": "on", "within": "on"}
_RULE = "a time is a number and min, h, d, w, mo or y"
_EXAMPLES = "as in `30min`, `4h`, `2d on always`, `2d since served_at`"


class Misread(ValueError):
    """A value that cannot be read; `better` is what was probably meant, ready to be put in its place."""

    def __init__(self, code: str, message: str, hint: str = "", better: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.better = better


@frozen
class Length:
    """A number and a unit."""

    amount: int
    unit: Unit


@frozen
class WrittenTime:
    """
    A time as written: a length, or the name of a table or field of promised times, with `every`, `on` and `since`.

    `otherwise` is what stands after `else`: the time for when the field is empty.
    """

    length: Length | None
    table: str
    every: bool = False
    calendar: str | None = None
    since: str | None = None
    otherwise: WrittenTime | None = None


@frozen
class WrittenWindow:
    """`2d..5d on office since served_at`: dates counted from the trigger's own."""

    first: int
    last: int
    calendar: str | None = None
    since: str | None = None


@frozen
class WrittenStep:
    """A key of an escalation: a percentage, a length before or after it, or a length before the due instant."""

    percent: int | None
    length: Length | None = None
    before: bool = False


def read_length(text: str) -> Length:
    """
    Read `30min`.

    Raises:
        Misread: If it is none, or longer than a hundred years.
    """
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise _no_length(text)
    amount, unit = int(found[1][:_LONGEST_DIGITS]), _UNITS[found[2]]
    if amount * DAYS[unit] > LONGEST_DAYS:
        raise Misread("SF103", f"`{text}` is longer than a hundred years", "write a shorter time")
    return Length(amount, unit)


def _no_length(text: str) -> Misread:
    """What somebody meant who wrote `30 min`, `30m`, `h4`, `1.5h` or `2 Tage`."""
    message = f"`{text}` is no time: {_RULE}"
    turned = _TURNED.fullmatch(text)
    if turned is not None and turned[1] in _UNITS:
        return _better(message, f"{turned[2]}{turned[1]}")
    found = _LOOSE.fullmatch(text)
    if found is None:
        return Misread("SF103", message, f"write it {_EXAMPLES}")
    whole, part, word = found[1], found[2], found[3].lower()
    if word == "m":
        return Misread("SF103", message, f"`m` could be minutes or months: write `{whole}min` or `{whole}mo`")
    unit = _UNITS.get(word) or _FOREIGN_UNITS.get(word) or nearest(word, [*_UNITS, *_FOREIGN_UNITS])
    unit = _FOREIGN_UNITS.get(unit or "", unit or "")
    if not unit or word == "s":
        return Misread("SF103", message, f"write it {_EXAMPLES}")
    if part is None:
        return _better(message, f"{whole.lstrip('0') or '0'}{unit}")
    minutes = round(float(f"{whole}.{part}") * {"min": 1, "h": 60}.get(unit, 0))
    if minutes:
        return _better(message, f"{minutes}min")
    return Misread("SF103", message, "write whole numbers, in a smaller unit if need be")


def _better(message: str, better: str) -> Misread:
    return Misread("SF103", message, f"write `{better}`", better)


def read_time(text: str) -> WrittenTime:
    """
    Read a time as it may stand under `limit`, `wait`, `target`, in a table or as a key of `after`.

    Raises:
        Misread: If it cannot be read; a name that is no known table is left to whoever knows the names.
    """
    words = text.split()
    every = words[:1] == ["every"]
    if every:
        words = words[1:]
    if not words:
        raise Misread("SF103", "a time is missing after `every`", f"write it {_EXAMPLES}")
    otherwise: WrittenTime | None = None
    if words.count("else") > _MOST_ELSE:
        raise Misread("SF103", "`else` stands here too often", f"write it at most {_MOST_ELSE} times")
    if words[1:2] == ["else"]:
        if not words[2:]:
            raise Misread("SF103", "a time is missing after `else`", "write for example `promised else 8h`")
        if words[2] == "every":
            raise Misread("SF103", "`every` stands in the middle", "write it once, at the front")
        otherwise = read_time(" ".join(("every", *words[2:]) if every else words[2:]))
        if not words[0].isidentifier():
            raise Misread("SF103", f"`{words[0]}` is never empty, so nothing can stand after it",
                          "before `else` stands the name of a field that holds a time")  # fmt: skip
        return WrittenTime(None, words[0], every, otherwise.calendar, otherwise.since, otherwise)
    head, rest = words[0], words[1:]
    if rest and head.isdecimal() and rest[0] not in {"on", "since"}:
        raise _no_length(f"{head} {rest[0]}")
    tails = _tails(text, head, rest)
    if head.isidentifier() and _TURNED.fullmatch(head) is None:
        return WrittenTime(None, head, every, *tails)
    length = read_length(head)
    if every and length.amount == 0:
        raise Misread("SF103", "`every` needs a time longer than nothing", "write for example `every 1d`")
    return WrittenTime(length, "", every, *tails)


def _tails(text: str, head: str, rest: list[str]) -> tuple[str | None, str | None]:
    """What follows `on` and `since`."""
    found: dict[str, str] = {}
    for place in range(0, len(rest), 2):
        word = rest[place]
        if word not in {"on", "since"} or word in found:
            raise _stray(text, head, word)
        if place + 1 == len(rest):
            what = "a calendar" if word == "on" else "a date or datetime field"
            raise Misread("SF103", f"`{word}` needs {what} after it", f"write it {_EXAMPLES}")
        found[word] = rest[place + 1]
    return found.get("on"), found.get("since")


def _stray(text: str, head: str, word: str) -> Misread:
    message = f"cannot read `{word}` in the time `{text}`"
    if nearest(head, ["every"]) is not None:
        return _better(message, text.replace(head, "every", 1))
    near = nearest(word, ["on", "since", *_FOREIGN_TAILS]) or ""
    meant = _FOREIGN_TAILS.get(near, near)
    if meant and meant != word:
        return _better(message, text.replace(f" {word}", f" {meant}", 1))
    return Misread("SF103", message, f"write it {_EXAMPLES}")


def read_window(text: str) -> WrittenWindow:
    """
    Read `2d..5d since served_at`.

    Raises:
        Misread: If it cannot be read, or closes before it opens.
    """
    head, *rest = text.split() or [""]
    found = _WINDOW.fullmatch(head)
    if found is None:
        message = f"`{text}` is no window: first and last date with two points between"
        better = re.sub(r"^(\d+[dw])\s*(?:-|–|—|~|\.{3}|to)\s*(?=\d+[dw]\b)", r"\1..", text)
        if better != text and _WINDOW.fullmatch(better.split()[0]):
            raise _better(message, better)
        raise Misread("SF103", message, "write it as in `2d..5d since served_at`")
    calendar, since = _tails(text, head, rest)
    first, last = (int(found[i]) * (7 if found[i + 1] == "w" else 1) for i in (1, 3))
    if last < first:
        raise Misread("SF103", f"the window `{head}` closes before it opens", "write the earlier date first")
    return WrittenWindow(first, last, calendar, since)


def read_step(text: str) -> WrittenStep:
    """
    Read a key of an escalation: `50%`, `100% + 4h`, `-30min`.

    Raises:
        Misread: If it cannot be read.
    """
    found = _STEP.fullmatch(text.strip())
    percent, sign = (found["percent"], found["sign"]) if found is not None else (None, None)
    if found is None or (percent is None) != (sign == "-"):
        message = f"`{text}` is no step of an escalation"
        if text.isdecimal():
            raise _better(message, f"{text}%")
        raise Misread("SF103", message, "write `50%`, `100% + 4h` (later) or `-30min` (before due)")
    length = read_length(found["length"]) if sign else None
    if length is not None and sign == "-" and length.unit not in {"min", "h"}:
        raise Misread("SF103", f"`{text}`: the time before due is counted in min or h", "write for example `-4h`")
    return WrittenStep(None if percent is None else int(percent), length, before=sign == "-")


def read_clock(text: str) -> tuple[int, int]:
    """
    Read hours such as `08:30-12:00` as minutes after midnight; an end before its start lies on the next date.

    Raises:
        Misread: If these are no hours.
    """
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})", text.strip())
    if found is None:
        raise _no_hours(text)
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if max(int(found[2]), int(found[4])) > 59 or start >= 24 * 60 or end > 24 * 60:  # noqa: PLR2004 - minutes of an hour
        raise Misread("SF508", f"`{text}`: there is no such time of day", "hours run from 00:00 to 24:00")
    if start == end:
        raise Misread("SF508", f"`{text}` is empty", "write 00:00-24:00 for the whole day, `[]` for closed")
    return start, end if end > start else end + 24 * 60


def _no_hours(text: str) -> Misread:
    """What somebody meant who wrote `9-17` or `9:00 to 17:30`."""
    message = f"`{text}` are no hours"
    found = re.fullmatch(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s*(?:-|to)\s*([0-9]{1,2})(?:[:.]([0-9]{2}))?", text.strip())
    if found is None:
        return Misread("SF508", message, "write them as in `08:30-12:00`")
    better = f"{found[1]:0>2}:{found[2] or '00'}-{found[3]:0>2}:{found[4] or '00'}"
    return Misread("SF508", message, f"write `{better}`", better)


def typed(text: str) -> str:
    """The same as a plain keyboard types it: full-width letters and signs narrow, every dash a `-`."""
    return re.sub(r"\s*[\u2010-\u2015\u2212~至到]\s*", "-", unicodedata.normalize("NFKC", text)).strip()
