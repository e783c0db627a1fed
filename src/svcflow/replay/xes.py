"""
A log in XES (IEEE 1849-2016) as a table: one row per event, the attributes of event and trace as its cells.

What comes from elsewhere may be made to hurt. A document type is refused, and with it every entity; depth, the length
of what the parser must hold at once, and the size of the whole are bounded.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from svcflow.errors import InputError

OF_TRACE = "case:"
"""What stands before the key of an attribute of the trace where it is named as a column."""

DEEPEST = 32
"""Elements within each other: log, trace and event, with the attributes of attributes below them."""

LONGEST = 4 * 2**20
"""Bytes from one element to the next."""

LARGEST = 4 * 2**30
"""Bytes of a whole log, unpacked."""

LONGEST_NAME = 60
"""Characters of a name that stand in a message."""

_CHUNK = 2**16
_ATTRIBUTES = frozenset({"string", "date", "int", "float", "boolean", "id"})


def table(file: BinaryIO, path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """
    The events of a log as (line on which it begins, its cells for the `wanted` columns), empty where it has none.

    A column is the key of an attribute of the event, or `case:` and the key of one of its trace.

    Raises:
        InputError: If it is no such log, or does not keep to the bounds.
    """
    log = _Log(path)
    for found in log.events(file):
        yield found[0], [found[1].get(name, "").strip() for name in wanted]


def seen(file: BinaryIO, path: Path) -> list[str]:
    """Every column that a log has, for a message about one that it lacks; read only then."""
    names: dict[str, None] = {}
    last: Mapping[str, str] = {}
    for _, cells in _Log(path).events(file):
        event, trace = cells.maps
        if trace is not last:
            names.update(dict.fromkeys(trace))
            last = trace
        names.update(dict.fromkeys(event))
    return list(names)


class _Log:
    """The state of one reading; expat calls it, and it keeps whole traces until they are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        self.open: list[str] = []
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] = {}
        self.line = 0
        self.events_of_trace: list[tuple[int, dict[str, str]]] = []
        self.ready: list[tuple[int, ChainMap[str, str]]] = []
        self.heard = 0

    def events(self, file: BinaryIO) -> Iterator[tuple[int, ChainMap[str, str]]]:
        """Each event's line and attributes: its own, then those of its trace, which all its events share."""
        fed = 0
        try:
            while chunk := file.read(_CHUNK):
                fed += len(chunk)
                self.parser.Parse(chunk, False)  # noqa: FBT003 - expat's own
                if fed - self.heard > LONGEST:
                    raise self._wrong(f"more than {LONGEST:,} bytes without an element")
                if fed > LARGEST:
                    raise self._wrong(f"this log is larger than {LARGEST:,} bytes; cut it into several")
                yield from self.ready
                self.ready.clear()
            self.parser.Parse(b"", True)  # noqa: FBT003 - expat's own
        except expat.ExpatError as problem:
            raise InputError(
                f"{self.path}:{problem.lineno}: not readable as XML: {expat.ErrorString(problem.code)}"
            ) from None
        except InputError:
            raise
        except (LookupError, ValueError) as problem:
            # The encoding that the log names is unknown, or has characters of several bytes.
            why = str(problem)[:LONGEST_NAME]
            raise InputError(f"{self.path}: not readable as XML: {why}; save the log as UTF-8") from None
        yield from self.ready

    # ── what expat calls ───────────────────────────────────────────────────────────────────────────────────────

    def _doctype(self, *_: object) -> None:
        raise self._wrong("a document type is not read: a log needs none, and it could hold entities")

    def _start(self, tag: str, given: dict[str, str]) -> None:
        self.heard = self.parser.CurrentByteIndex
        name = tag.rpartition(":")[2]
        around = self.open[-1] if self.open else ""
        self.open.append(name)
        if len(self.open) > DEEPEST:
            raise self._wrong(f"elements stand more than {DEEPEST} deep in each other")
        if not around and name != "log":
            raise self._wrong(f"a log in XES begins with <log>, not with <{name[:LONGEST_NAME]}>")
        if name == "trace":
            self.trace = {}
        elif name == "event":
            if around != "trace":
                raise self._wrong("this event stands in no trace, so it belongs to no case")
            self.event, self.line = {}, self.parser.CurrentLineNumber
        elif name in _ATTRIBUTES and around == "trace":
            self._note(self.trace, OF_TRACE, given)
        elif name in _ATTRIBUTES and around == "event":
            self._note(self.event, "", given)

    def _end(self, tag: str) -> None:
        self.heard = self.parser.CurrentByteIndex
        self.open.pop()
        match tag.rpartition(":")[2]:
            case "event":
                self.events_of_trace.append((self.line, self.event))
            case "trace":
                # Only now: nothing forbids a trace to name its case below its events.
                self.ready += [(line, ChainMap(event, self.trace)) for line, event in self.events_of_trace]
                self.events_of_trace = []

    def _note(self, into: dict[str, str], before: str, given: Mapping[str, str]) -> None:
        key, value = given.get("key"), given.get("value")
        if key is None or value is None:
            raise self._wrong("an attribute has a `key` and a `value`")
        if f"{before}{key}" in into:
            raise self._wrong(f"the attribute {key[:LONGEST_NAME]!r} is there twice")
        into[f"{before}{key}"] = value

    def _wrong(self, why: str) -> InputError:
        return InputError(f"{self.path}:{self.parser.CurrentLineNumber}: {why}")
