"""Logs in XES 1.0, as IEEE 1849-2016 has it: a trace per case, with its attributes typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TextIO
from xml.sax.saxutils import quoteattr

from svcflow.eventlog import CaseLog
from svcflow.export.happenings import Happening, happenings, of_case, text_of
from svcflow.export.tables import joined

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xes.features="" xmlns="http://www.xes-standard.org/">
\t<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
\t<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
\t<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
\t<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
\t<global scope="trace">
\t\t<string key="concept:name" value=""/>
\t\t<string key="process" value=""/>
\t\t<int key="version" value="1"/>
\t\t<string key="status" value="open"/>
\t\t<date key="opened_at" value="1970-01-01T00:00:00.000000+00:00"/>
\t</global>
\t<global scope="event">
\t\t<string key="concept:name" value=""/>
\t\t<date key="time:timestamp" value="1970-01-01T00:00:00.000000+00:00"/>
\t\t<string key="lifecycle:transition" value="complete"/>
\t\t<string key="org:resource" value=""/>
\t\t<int key="seq" value="1"/>
\t\t<string key="kind" value="event"/>
\t\t<string key="state" value=""/>
\t</global>
\t<classifier name="Activity" keys="concept:name"/>
\t<classifier name="Activity_and_state" keys="concept:name state"/>
\t<classifier name="Resource" keys="org:resource"/>
\t<string key="lifecycle:model" value="standard"/>
"""
_TAIL = "</log>\n"

_PLAIN = re.compile(r"[\w .:/,+-]*")
"""Most texts, in any script: nothing in them needs to be written otherwise."""

_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 can hold, not even as a reference."""


class XesLog:
    """Traces, written one after another."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        file.write(_HEAD)

    def add(self, log: CaseLog) -> None:
        """Write the trace of a case."""
        write = self._file.write
        write("\t<trace>\n")
        for key, value in {"concept:name": log.id, **of_case(log)}.items():
            write(f"\t\t{_attribute(key, value)}\n")
        for happening in happenings(log):
            attributes = "".join(_attribute(key, value) for key, value in _attributes(happening))
            write(f"\t\t<event>{attributes}</event>\n")
        write("\t</trace>\n")

    def finish(self) -> None:
        """Write what stands at the end."""
        self._file.write(_TAIL)


def _attributes(happening: Happening) -> Iterator[tuple[str, object]]:
    entry = happening.entry
    yield "concept:name", entry.name
    yield "time:timestamp", entry.at
    yield "lifecycle:transition", "complete"
    yield "org:resource", entry.actor.id
    if entry.actor.roles:
        yield "org:role", joined(entry.actor.roles)
    if entry.actor.groups:
        yield "org:group", joined(entry.actor.groups)
    yield from happening.attributes().items()


def _attribute(key: str, value: object) -> str:
    """A typed attribute; a date without a time is a text, since XES knows instants alone."""
    match value:
        case bool():
            kind = "boolean"
        case int():
            kind = "int"
        case Decimal() | float():
            kind = "float"
        case datetime():
            kind = "date"
        case _:
            kind = "string"
    return f"<{kind} key={_quoted(key)} value={_quoted(text_of(value))}/>"


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return quoteattr(_IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", text))
