"""Forms: what was sent, read by the declared types; every problem at once, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import frozen

from svcflow.core.duration import accepted
from svcflow.core.event import FileRef
from svcflow.core.process import Field

LONGEST_TEXT = 100_000
MOST_ITEMS = 1_000
MOST_DIGITS = 34  # as many as arithmetic in `set` can give
LONGEST_NUMBER = 100
LARGEST_FILE = 2**63 - 1
LONGEST_SHOWN = 60
UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
"""What no database takes: a NUL, and either half of a surrogate pair."""


@frozen
class Unfit:
    """A value that is not of its field's type; `why` completes the sentence that begins with the field's name."""

    why: str


def read_form(
    fields: Mapping[str, Field], ask: Sequence[str], may: Sequence[str], sent: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """
    Read what was sent against a form.

    `ask` must be sent and filled, `may` can be; an empty value under `may` empties the field. Returns the typed values
    (None for emptied ones) and the problems by field; when there is a problem the values mean nothing.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, raw in sent.items():
        if name not in ask and name not in may:
            problems[name] = "is not part of this form" if name in fields else "is not a field of this process"
            continue
        declared = fields[name]
        value = None if is_blank(raw) else READERS[declared.kind](declared, raw)
        if isinstance(value, Unfit):
            problems[name] = value.why
        else:
            values[name] = value
    for name in ask:
        if name not in problems and values.get(name) is None:
            problems[name] = "must be filled in"
    return values, problems


def is_blank(raw: object) -> bool:
    """Whether a value counts as empty: nothing, or a text of blanks."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def read_value(field: Field, raw: object) -> object:
    """A value of the field's type from a Python or JSON value; `Unfit` when it is none."""
    return READERS[field.kind](field, raw)


def _text(_field: Field, raw: object) -> str | Unfit:
    if not isinstance(raw, str):
        return Unfit(f"must be a text, not {_kind_of(raw)}")
    if len(raw) > LONGEST_TEXT:
        return Unfit(f"is longer than {LONGEST_TEXT:,} characters")
    if UNKEEPABLE.search(raw):
        return Unfit("holds a character that cannot be stored")
    return raw


def _decimal(raw: object) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Decimal)):
        return None
    # Turning a number of millions of digits into another form takes for ever, so it is judged by its length.
    if (isinstance(raw, str) and len(raw) > LONGEST_NUMBER) or (
        isinstance(raw, int) and raw.bit_length() > 4 * MOST_DIGITS
    ):
        return None
    try:
        number = Decimal(repr(raw) if isinstance(raw, float) else raw)
    except (InvalidOperation, ValueError):
        return None
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS or len(number.as_tuple().digits) > MOST_DIGITS:
        return None
    return number


def _number(field: Field, raw: object) -> Decimal | Unfit:
    number = _decimal(raw)
    return Unfit(f"must be a number{_but(field, raw)}") if number is None else number


def _range(field: Field, raw: object) -> int | Unfit:
    number = _decimal(raw)
    if number is None or number != number.to_integral_value() or not field.low <= number <= field.high:
        return Unfit(f"must be a whole number from {field.low} to {field.high}{_but(field, raw)}")
    return int(number)


def _flag(field: Field, raw: object) -> bool | Unfit:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw in {"true", "false"}:
        return raw == "true"
    return Unfit(f"must be true or false{_but(field, raw)}")


def _choice(field: Field, raw: object) -> str | Unfit:
    if isinstance(raw, str) and raw in field.choices:
        return raw
    return Unfit(f"must be one of {' | '.join(field.choices)}{_but(field, raw)}")


def _date(field: Field, raw: object) -> date | Unfit:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass
    return Unfit(f"must be a date such as 2026-03-31{_but(field, raw)}")


def _datetime(field: Field, raw: object) -> datetime | Unfit:
    moment = raw
    if isinstance(raw, str):
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime):
        return Unfit(f"must be a time such as 2026-03-31T14:00:00+08:00{_but(field, raw)}")
    if moment.tzinfo is None or moment.utcoffset() is None:
        return Unfit("must say its time zone, as in 2026-03-31T14:00:00+08:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return Unfit("lies outside the years 1 to 9999")


def _duration(field: Field, raw: object) -> str | Unfit:
    time = accepted(raw, field.ends, field.calendars)
    return Unfit(f"{time}{_but(field, raw)}") if isinstance(time, str) else str(time)


def _list(field: Field, raw: object) -> tuple[str, ...] | Unfit:
    items = (raw,) if isinstance(raw, str) else raw
    if not isinstance(items, (list, tuple)):
        return Unfit(f"must be a list of texts, not {_kind_of(raw)}")
    if len(items) > MOST_ITEMS:
        return Unfit(f"has more than {MOST_ITEMS:,} items")
    texts: list[str] = []
    for item in items:
        text = _text(field, item)
        if isinstance(text, Unfit):
            return Unfit(f"has an item that {text.why}")
        texts.append(text)
    return tuple(texts) or Unfit("must not be an empty list")


def _files(_field: Field, raw: object) -> tuple[FileRef, ...] | Unfit:
    items = raw if isinstance(raw, (list, tuple)) else (raw,)
    if len(items) > MOST_ITEMS:
        return Unfit(f"has more than {MOST_ITEMS:,} items")
    files = tuple(_file(item) for item in items)
    if not files or None in files:
        return Unfit("must be files given as FileRef(id, name, size, sha256) or the same as a mapping")
    return tuple(file for file in files if file is not None)


def _file(item: object) -> FileRef | None:
    if isinstance(item, FileRef):
        item = {"id": item.id, "name": item.name, "size": item.size, "sha256": item.sha256}
    if not isinstance(item, Mapping) or set(item) != {"id", "name", "size", "sha256"}:
        return None
    texts = [item["id"], item["name"], item["sha256"]]
    size = item["size"]
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST_FILE:
        return None
    if any(isinstance(_text(_ANY_TEXT, text), Unfit) for text in texts):
        return None
    return FileRef(item["id"], item["name"], size, item["sha256"])


def _kind_of(raw: object) -> str:
    return {bool: "a flag", int: "a number", float: "a number", dict: "a mapping", list: "a list"}.get(
        type(raw), f"a {type(raw).__name__}"
    )


def _but(field: Field, raw: object) -> str:
    """What was there instead; a private value, wrong or right, is repeated nowhere."""
    return "" if field.private else f", not {_shown(raw)}"


def _shown(raw: object) -> str:
    """A short look at a wrong value: enough to find it, never a megabyte of it."""
    if isinstance(raw, int) and raw.bit_length() > 4 * LONGEST_SHOWN:
        return "a number of very many digits"
    shown = raw[:LONGEST_SHOWN] if isinstance(raw, str) else raw
    text = repr(shown) if isinstance(raw, (str, int, float, bool, Decimal, date)) else _kind_of(raw)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


_ANY_TEXT = Field("", "text")

READERS: Mapping[str, Callable[[Field, object], Any]] = {
    "text": _text,
    "person": _text,
    "number": _number,
    "money": _number,
    "range": _range,
    "flag": _flag,
    "choice": _choice,
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
    "list": _list,
    "files": _files,
}
