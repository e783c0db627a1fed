"""The small values of the schema: names, lists of names, times, types. Short forms become long ones here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from svcflow.core.share import WHOLE
from svcflow.core.spelling import nearest
from svcflow.language import times
from svcflow.language.foreign import several
from svcflow.language.patterns import (
    CELL,
    CONDITION,
    DATE,
    DAYS,
    HOURS,
    LANGUAGE_CODE,
    NAME,
    SCALAR,
    SHARE,
    STEP,
    TIME,
    TYPE,
    VALUE,
    WINDOW,
)
from svcflow.language.spaces import (
    ACTED,
    CALENDAR,
    CLOCK,
    ESCALATION,
    EVENT,
    FIELD,
    HOOK,
    LANGUAGE,
    PROCESS,
    QUALIFICATION,
    SIGHT,
    SINCE,
    STATE,
    TARGET,
    TOLD,
    WHO,
    Declares,
    Short,
)
from svcflow.language.times import Misread
from svcflow.language.types import read_type

T = TypeVar("T")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE_DAYS = {
    first + last: day
    for first in ("周", "星期", "礼拜")
    for last, day in zip("一二三四五六日天", (*WEEKDAYS, "sun"), strict=True)
}

_SHARE = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,2}))?%")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def wrong(code: str, message: str, hint: str = "", better: str = "", item: int | None = None) -> PydanticCustomError:
    """An error of the schema with its code, its help, what to put in its place, and which item of a list it is."""
    told = {"code": code, "message": message, "hint": hint, "better": better, "item": item}
    return PydanticCustomError("svcflow", "{message}", told)


def reading(read: Callable[[str], T]) -> Callable[[str], str]:
    """A validator that only tries to read: the text stays as it is, so that places in it can still be shown."""

    def check(text: str) -> str:
        try:
            read(text)
        except Misread as misread:
            hint, better = _typed(read, text) or (misread.hint, misread.better)
            raise wrong(misread.code, misread.message, hint, better) from misread
        return text

    return check


def _typed(read: Callable[[str], object], text: str) -> tuple[str, str] | None:
    """What to write where only the keyboard was another: `２h`, `75％`, `09:00～17:00`."""
    better = times.typed(text)
    if better == text:
        return None
    try:
        read(better)
    except Misread as misread:
        better = misread.better
    return (f"write `{better}`", better) if better else None


def _name(*reserved: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not text.isidentifier():
            if (names := several(text)) is not None:
                raise wrong("SF107", f"`{text}` is not a name", f"several names stand in brackets: `{names}`")
            better = re.sub(r"\W+", "_", text).strip("_")
            better = better if better.isidentifier() else ""
            hint = f"write `{better}`" if better else "letters of any script, digits and `_`, no digit first"
            raise wrong("SF107", f"`{text}` is not a name", hint, better)
        if text in reserved:
            raise wrong("SF107", f"`{text}` is a word of the language and cannot be a name here", "choose another name")
        return text

    return check


def one_or_many(value: object) -> object:
    """`by: agent` is short for `by: [agent]`."""
    return [value] if isinstance(value, str) else value


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise wrong("SF106", "this list is empty", "name something, or leave the key out")
    twice = next((place for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise wrong("SF109", f"`{names[twice]}` stands twice in this list", "remove one of them", item=twice)
    return names


def to_mapping(value: object) -> object:
    """`x` and `[x, y]` are short for `{x: {}, y: {}}`."""
    many = one_or_many(value)
    if isinstance(many, list) and all(isinstance(item, str) for item in many):
        _each_once(tuple(many))
        return {item: {} for item in many}
    if isinstance(many, list):
        raise wrong("SF106", "this list holds more than names", "write names, or a mapping: `{name: ...}`")
    return value


def _notified(value: object) -> object:
    many = to_mapping(value)
    if not isinstance(many, dict):
        return value
    return {name: None if message == {} else message for name, message in many.items()}


def _needed(value: object) -> object:
    """`electrician` is short for `{electrician: 1}`, and `none` for no qualification."""
    many = to_mapping(value)
    if not isinstance(many, dict):
        return value
    if "none" in many and (len(many) > 1 or many["none"] != {}):
        raise wrong("SF106", "`none` stands alone", "write `qualified: none`, or leave `none` out")
    return {name: "1" if level == {} else level for name, level in many.items()}


def _sights(value: object) -> object:
    """`agent` and `[agent, boss]` are short for `{agent: all, boss: all}`."""
    many = to_mapping(value)
    if not isinstance(many, dict):
        return value
    if not many:
        raise wrong("SF106", "nobody is named here", "name somebody, or leave the key out")
    lists = {name: one_or_many("all" if seen == {} else seen) for name, seen in many.items()}
    if any(isinstance(seen, list) and "all" in seen and len(seen) > 1 for seen in lists.values()):
        raise wrong("SF106", "`all` stands alone", "write `all`, or the names of some fields")
    return lists


def _text_per_language(value: object) -> object:
    return {"": value} if isinstance(value, str) else value


def whole_number(text: object) -> object:
    """A number without sign or point."""
    if not isinstance(text, str) or re.fullmatch(r"0|[1-9][0-9]{0,8}", text) is None:
        shown = f"`{text}`" if isinstance(text, str) else "this"
        raise wrong("SF105", f"{shown} is not a whole number", "write it in digits, as in `3`")
    return int(text)


def _from_one(value: int) -> int:
    if value < 1:
        raise wrong("SF105", f"`{value}` is too small", "count from 1")
    return value


def truth(text: object) -> object:
    """`true` or `false`, and no other word for it."""
    if text not in {"true", "false"} if isinstance(text, str) else True:
        shown = f"`{text}`" if isinstance(text, str) else "this"
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(text).lower())
        meant = meant or nearest(str(text), ["true", "false"])
        raise wrong("SF108", f"{shown} is neither `true` nor `false`", f"write `{meant or 'true'}`", meant or "")
    return text == "true"


def read_share(text: str) -> int:
    """
    Read `5%` or `2.5%` as hundredths of a per cent.

    Raises:
        Misread: If it is no share, or none of more than nothing and up to all.
    """
    found = _SHARE.fullmatch(text)
    if found is None:
        better = f"{text}%" if _SHARE.fullmatch(f"{text}%") else ""
        raise Misread("SF105", f"`{text}` is no share", f"write `{better or '5%'}`", better)
    share = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    if not 0 < share <= WHOLE:
        hint = "a share is more than 0% and at most 100%"
        raise Misread("SF105", f"`{text}` is too {'much' if share else 'little'}", hint)
    return share


def read_weekdays(text: str) -> tuple[int, ...]:
    """
    Read `mon-fri`, `sat` or `fri-mon` as numbers, Monday being 0.

    Raises:
        Misread: If a word is no weekday.
    """
    ends = [word.strip() for word in text.split("-")]
    for word in ends:
        if word in _CHINESE_DAYS:
            better = "-".join(_CHINESE_DAYS.get(end, end) for end in ends)
            raise Misread("SF508", f"`{word}` is no weekday", f"write `{better}`", better)
        if word not in WEEKDAYS:
            meant = nearest(word, WEEKDAYS) or next((day for day in WEEKDAYS if word.lower().startswith(day)), None)
            better = text.replace(word, meant, 1) if meant and word else ""
            hint = f"did you mean `{better}`?" if better else f"the days are {', '.join(WEEKDAYS)}"
            raise Misread("SF508", f"`{word}` is no weekday", hint, better)
    if len(ends) > 2:  # noqa: PLR2004 - a range has two ends
        raise Misread("SF508", f"`{text}` is no range of weekdays", "write it as in `mon-fri`")
    first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def read_date(text: str) -> date:
    """
    Read `2026-05-01`.

    Raises:
        Misread: If there is no such date.
    """
    try:
        return date.fromisoformat(text) if len(text) == len("2026-05-01") else _no_date(text)
    except ValueError:
        return _no_date(text)


def _no_date(text: str) -> date:
    raise Misread("SF508", f"`{text}` is no date", "write it as in `2026-05-01`")


def read_cell(text: str) -> times.WrittenTime | times.WrittenWindow:
    """
    Read a cell of a table: a time or a window.

    Raises:
        Misread: If it is neither.
    """
    return times.read_window(text) if ".." in text else times.read_time(text)


def _read_window_or_name(text: str) -> times.WrittenWindow | None:
    return None if text.isidentifier() else times.read_window(text)


def _language(text: str) -> str:
    if _LANGUAGE.fullmatch(text) is None:
        raise wrong("SF107", f"`{text}` is not a language", "write its code, as in `zh`, `en` or `pt-BR`")
    return text


def read_held(text: str) -> tuple[str, int]:
    """
    Read `electrician` or `electrician:2`: what somebody is qualified for, and on which level.

    Raises:
        Misread: If the level is no whole number from 1, or no name is there.
    """
    name, sign, level = text.partition(":")
    if not name.isidentifier() or (sign and re.fullmatch("[1-9][0-9]{0,8}", level) is None):
        raise Misread("SF105", f"`{text}` is no qualification", "write it as in `electrician` or `electrician:2`")
    return name, int(level or 1)


Name = Annotated[str, AfterValidator(_name()), NAME]
StateName = Annotated[str, AfterValidator(_name("here", "back", "last")), NAME, Declares("state")]
FieldName = Annotated[
    str,
    AfterValidator(_name("opened_at", "me", "now", "true", "false", "and", "or", "not", "filled")),
    NAME,
    Declares("field"),
]
RoleName = Annotated[str, AfterValidator(_name("system", "responsible")), NAME, Declares("role")]
ClockName = Annotated[str, AfterValidator(_name("all")), NAME, Declares("clock")]
CalendarName = Annotated[str, AfterValidator(_name("always")), NAME, Declares("calendar")]
EventName = Annotated[Name, Declares("event")]
EscalationName = Annotated[Name, Declares("escalation")]
TableName = Annotated[Name, Declares("table")]
HookName = Annotated[Name, Declares("hook")]
ProcessName = Annotated[Name, Declares("process")]

QualificationName = Annotated[str, AfterValidator(_name("none", "per", "table")), NAME, Declares("qualification")]

ONCE = AfterValidator(_each_once)
"""A list that holds something, and nothing twice."""

Language = Annotated[str, AfterValidator(_language), LANGUAGE_CODE, Declares("language")]
Languages = Annotated[tuple[Language, ...], BeforeValidator(one_or_many), ONCE]
RoleNames = Annotated[tuple[RoleName, ...], BeforeValidator(one_or_many), ONCE]
QualificationNames = Annotated[tuple[QualificationName, ...], BeforeValidator(one_or_many), ONCE]
HookNames = Annotated[tuple[HookName, ...], BeforeValidator(one_or_many), ONCE]
Names = Annotated[tuple[str, ...], BeforeValidator(one_or_many), ONCE]
Who = Annotated[Names, WHO]
Barred = Annotated[Names, ACTED]
Fields = Annotated[Names, FIELD]
States = Annotated[Names, STATE]
Events = Annotated[Names, EVENT]
Clocks = Annotated[Names, CLOCK]
Calendars = Annotated[Names, CALENDAR]
Hooks = Annotated[Names, HOOK]
StateRef = Annotated[str, STATE]
Target = Annotated[str, TARGET]
FieldRef = Annotated[str, FIELD]
Moment = Annotated[str, SINCE]
CalendarRef = Annotated[str, CALENDAR]
EscalationRef = Annotated[str, ESCALATION]
ProcessRef = Annotated[str, PROCESS]
LanguageRef = Annotated[str, LANGUAGE]
Condition = Annotated[str, CONDITION]
Scalar = Annotated[str, SCALAR]
Value = Annotated[str, VALUE]
Text = Annotated[dict[LanguageRef, Scalar], BeforeValidator(_text_per_language), Short()]
Count = Annotated[int, BeforeValidator(whole_number), AfterValidator(_from_one)]
Needs = Annotated[dict[Annotated[str, QUALIFICATION], Count], BeforeValidator(_needed), Short(listed=True)]
Seen = Annotated[tuple[Annotated[str, SIGHT], ...], ONCE]
Sights = Annotated[dict[Annotated[str, WHO], Seen], BeforeValidator(_sights), Short(listed=True)]
Truth = Annotated[bool, BeforeValidator(truth)]
TimeText = Annotated[str, AfterValidator(reading(times.read_time)), TIME]
CellText = Annotated[str, AfterValidator(reading(read_cell)), CELL]
WindowText = Annotated[str, AfterValidator(reading(_read_window_or_name)), WINDOW]
StepText = Annotated[str, AfterValidator(reading(times.read_step)), STEP]
ShareText = Annotated[str, AfterValidator(reading(read_share)), SHARE]
TypeText = Annotated[str, AfterValidator(reading(read_type)), TYPE]
Hours = Annotated[
    tuple[Annotated[str, AfterValidator(reading(times.read_clock)), HOURS], ...], BeforeValidator(one_or_many)
]
Weekdays = Annotated[str, AfterValidator(reading(read_weekdays)), DAYS]
WeekdayList = Annotated[tuple[Weekdays, ...], BeforeValidator(one_or_many), ONCE]
DateText = Annotated[str, AfterValidator(reading(read_date)), DATE]
Starts = Annotated[dict[ProcessRef, dict[FieldRef, FieldRef]], BeforeValidator(to_mapping), Short(listed=True)]
Notices = Annotated[dict[Annotated[str, TOLD], str | None], BeforeValidator(_notified), Short(listed=True)]
