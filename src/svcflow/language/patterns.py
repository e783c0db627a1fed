"""How the small values are written, as patterns: as much of it as a schema for editors can say."""

from __future__ import annotations

from svcflow.language.spaces import ASKED, CALENDAR, SINCE, TABLE, Written

TYPES = ("text", "number", "money", "flag", "date", "datetime", "person", "list", "files")
"""The words of field types; beside them stand `a | b | c`, `1..5` and `1h..72h`."""

_WIDE = r"\u3001\u3002\u3008-\u3011\uff01-\uff0f\uff1a-\uff20\uff3b-\uff3e\uff5b-\uff65"
_NAME = rf"(?![0-9])[^\s!-/:-@\[-\^`{{-~{_WIDE}]+"
"""A name as far as a pattern can say it: no digit first, and of ASCII and Chinese punctuation only `_`."""

_LENGTH = "(?:0|[1-9][0-9]*)(?:min|h|d|w|mo|y)"
_TAILS = rf"(?:\s+(?:on|since)\s+{_NAME}){{0,2}}"
_TURNED = r"[a-z]+[0-9]+(?:\s|$)"
_ELSE = rf"(?:(?!{_TURNED}){_NAME}\s+else\s+)*"
_TIME = rf"(?:every\s+)?{_ELSE}(?:{_LENGTH}|(?!{_TURNED}){_NAME}){_TAILS}"
_WINDOW = rf"[0-9]{{1,4}}[dw]\.\.[0-9]{{1,4}}[dw]{_TAILS}"
_STEP = rf"[0-9]{{1,3}}%(?:\s*\+\s*{_LENGTH})?|-\s*{_LENGTH}"
_CHOICES = rf"{_NAME}(?:\s*\|\s*{_NAME})+"
_RANGE = r"-?[0-9]{1,9}\s*\.\.\s*-?[0-9]{1,9}"
_SPAN = rf"{_LENGTH}\s*\.\.\s*{_LENGTH}"
_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_CLOCK = "[0-9]{1,2}:[0-9]{2}"
_IN_TIMES = (TABLE, CALENDAR, SINCE)
_A_TIME = "a time: a number and min, h, d, w, mo or y, as in `30min`, `4h`, `2d on always`, `2d since served_at`"

NAME = Written(f"^{_NAME}$", "a name: letters of any script, digits and `_`, no digit first")
LANGUAGE_CODE = Written("^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "the code of a language, as in `zh`, `en` or `pt-BR`")
TIME = Written(rf"^\s*{_TIME}\s*$", _A_TIME, _IN_TIMES)
CELL = Written(rf"^\s*(?:{_TIME}|{_WINDOW})\s*$", _A_TIME, _IN_TIMES)
WINDOW = Written(rf"^\s*(?:{_WINDOW}|{_NAME})\s*$", "two dates, as in `2d..5d since served_at`", _IN_TIMES)
STEP = Written(rf"^\s*(?:{_STEP})\s*$", "`50%`, `100% + 4h` (later) or `-30min` (before due)")
SHARE = Written(
    r"^(?!0(?:\.00?)?%)(?:(?:0|[1-9][0-9]?)(?:\.[0-9]{1,2})?|100(?:\.00?)?)%$", "a share of all cases: `5%`, `2.5%`"
)
TYPE = Written(
    rf"^(?:{'|'.join(TYPES)}|\s*{_CHOICES}\s*|{_RANGE}|{_SPAN})$",
    f"one of {', '.join(TYPES)}, `a | b | c`, `1..5` or `1h..72h`",
)
HOURS = Written(rf"^\s*{_CLOCK}\s*-\s*{_CLOCK}\s*$", "hours, as in `08:30-12:00`")
DAYS = Written(rf"^\s*{_DAY}(?:\s*-\s*{_DAY})?\s*$", "weekdays, as in `mon-fri` or `sat`")
DATE = Written("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a date, as in `2026-05-01`")
SCALAR = Written(loose=True)
VALUE = Written(spaces=(ASKED,), loose=True)
CONDITION = Written(spaces=(ASKED,))
