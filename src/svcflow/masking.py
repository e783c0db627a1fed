"""Private values taken out of what the host's own functions say when they fail: operators read it, and logs keep it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from urllib.parse import quote, quote_plus

from svcflow.core.event import FileRef

LONGEST_ERROR = 2_000
MASK = "***"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"

SHORTEST = 2
SHORTEST_NUMBER = 4
"""A shorter one, such as a rating, says nothing by itself and stands in any error."""


def said(problem: BaseException) -> str:
    """What an error says; nothing when it cannot even do that."""
    try:
        return str(problem)
    except Exception:  # noqa: BLE001 - the host's own class may do anything
        return ""


def masked(text: str, values: Iterable[object]) -> str:
    """The text without these values, however they are usually written, as every store can keep it: not without end."""
    faces = {face for value in values for face in _faces(value) if len(face) >= SHORTEST}
    # The longest first: a name must not be taken out of the middle of a full name.
    for face in sorted(faces, key=len, reverse=True):
        text = text.replace(face, MASK)
    return text[:LONGEST_ERROR].replace("\0", UNKNOWN).encode(errors="replace").decode()


def _faces(value: object) -> Iterator[str]:
    """A value, or each of its parts, as Python, JSON and addresses on the web write it."""
    match value:
        case str():
            text = value.strip()
            yield from (text, quote(text), quote(text, safe=""), quote_plus(text))
            yield from (written(text)[1:-1] for written in (repr, ascii, json.dumps))
        case datetime():
            moment = value.isoformat()[:19]
            yield repr(value)
            for text in (moment, moment.replace("T", " ")):
                yield from _faces(text)
        case date():
            yield from (value.isoformat(), repr(value))
        case tuple():
            for item in value:
                yield from _faces(item)
        case FileRef():
            yield from _faces((value.id, value.name, value.size, value.sha256))
        case _:
            number = str(value)
            yield number if len(number) >= SHORTEST_NUMBER else ""
