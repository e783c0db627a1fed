"""The map of a log as a file: YAML, read as strictly as a process, with everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from svcflow.core.event import EMPTY, Qualification
from svcflow.errors import InputError
from svcflow.language import reader
from svcflow.language.forms import read_held
from svcflow.language.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode
from svcflow.language.times import Misread
from svcflow.replay.mapping import Column, LogMap, Moments, Senders, Words, meant

T = TypeVar("T")

NOTHING = frozenset({"null", "~"})
"""How YAML writes nothing, without quotes."""

_WORDS = MappingProxyType({
    "the map": ("case", "time", "opened", "actor", "event", "fields"),
    "time": ("column", "zone", "format"),
    "actor": ("column", "roles", "qualifications"),
    "roles": ("column",),
    "event": ("column", "values"),
    "field": ("column", "values"),
})  # fmt: skip
_PROBE = datetime(2001, 11, 22, 13, 14, tzinfo=UTC)


def read_map(raw: bytes, file: str) -> LogMap:
    """
    Read a map; `file` is what messages call it.

    Raises:
        InputError: If it is none; the text has one line for each thing that is wrong.
    """
    root = reader.mapping(raw, file, "a map is a mapping with `case`, `time` and `event`")
    return _Reading(file).map(root)


class _Reading:
    """Reads nodes and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[str] = []

    def map(self, root: MappingNode) -> LogMap:
        top = self.parts(root, "the map", "the map", needs=("case", "time", "event"))
        case = self.column(top.get("case"), "case")
        time = self.time(top.get("time"))
        event = self.words(top.get("event"), "event", "event")
        opened = self.column(top.get("opened"), "opened")
        actor = self.actor(top.get("actor"))
        table = self.table(top.get("fields"), "fields")
        fields = {name: self.words(entry.value, "field", name) for name, entry in table.items()}
        if self.problems or case is None or time is None or event is None:
            raise InputError("\n".join(self.problems))
        known = {name: words for name, words in fields.items() if words is not None}
        places = {name: self.where(entry.key) for name, entry in table.items()}
        return LogMap(case, time, event, opened, actor, MappingProxyType(known), MappingProxyType(places))

    # ── what stands in a map ───────────────────────────────────────────────────────────────────────────────────

    def time(self, node: Node | None) -> Moments | None:
        parts = self.long_form(node, "time", "time")
        column = self.column(parts.get("column"), "time")
        zone = self.zone(parts.get("zone"))
        form = self.text(parts.get("format"), "format")
        if form is not None and not _tells_time(form):
            example = "`%d/%m/%Y %H:%M`, for example, does"
            self.tell(parts["format"], f"`{form}` does not say how a time is written; {example}")
        return None if column is None else Moments(column, zone, form)

    def actor(self, node: Node | None) -> Senders | None:
        if node is None:
            return None
        parts = self.long_form(node, "actor", "actor", needs=())
        column, trained = self.column(parts.get("column"), "actor"), self.qualifications(parts.get("qualifications"))
        roles = parts.get("roles")
        if isinstance(roles, MappingNode):
            held = self.parts(roles, "roles", "`roles`", needs=("column",))
            return Senders(column, held=self.column(held.get("column"), "roles"), qualifications=trained)
        places = {name: self.where(item) for name, item in self.named(roles, "a role").items()}
        return Senders(column, frozenset(places), MappingProxyType(places), qualifications=trained)

    def qualifications(self, node: Node | None) -> dict[str, Qualification] | None:
        """What everybody is qualified for, as `electrician:2`."""
        found: dict[str, Qualification] = {}
        for text, item in self.named(node, "a qualification").items():
            try:
                name, level = read_held(text)
            except Misread as misread:
                self.tell(item, f"{misread.message}; {misread.hint}")
            else:
                found[name] = Qualification(level)
        return found or None

    def named(self, node: Node | None, what: str) -> dict[str, Node]:
        """A name or a list of names."""
        items = node.items if isinstance(node, SequenceNode) else () if node is None else (node,)
        return {name: item for item in items if (name := self.text(item, what)) is not None}

    def words(self, node: Node | None, kind: str, name: str) -> Words | None:
        parts = self.long_form(node, kind, name)
        column = self.column(parts.get("column"), name)
        table = self.table(parts.get("values"), "values")
        values = {cell: self.meaning(entry.value, cell) for cell, entry in table.items()}
        places = {word: self.where(table[cell].value) for cell, word in values.items() if word is not None}
        if column is None:
            return None
        return Words(column, MappingProxyType(values) if "values" in parts else None, MappingProxyType(places))

    def meaning(self, node: Node, cell: str) -> str | None:
        nothing = isinstance(node, ScalarNode) and node.plain and node.text in NOTHING
        return None if nothing else self.text(node, f"the meaning of `{cell}`")

    def column(self, node: Node | None, name: str) -> Column | None:
        text = self.text(node, f"the column of `{name}`")
        return None if text is None or node is None else Column(text, self.where(node))

    def zone(self, node: Node | None) -> tzinfo | None:
        name = self.text(node, "zone")
        if name is None or node is None:
            return None
        try:
            return UTC if name == "UTC" else ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            hint = meant(name, sorted(available_timezones())) or "; one is called `Asia/Shanghai`"
            self.tell(node, f"no time zone is called `{name}`{hint}")
            return None

    # ── nodes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def long_form(
        self, node: Node | None, kind: str, name: str, *, needs: tuple[str, ...] = ("column",)
    ) -> Mapping[str, Node]:
        """The parts of `{column: C, ...}`, or of its short form `C`."""
        match node:
            case None:
                return EMPTY
            case ScalarNode():
                return {"column": node}
            case MappingNode():
                return self.parts(node, kind, f"`{name}`", needs=needs)
            case SequenceNode():
                self.tell(node, f"`{name}` is the name of a column, or a mapping with `column`")
                return EMPTY

    def parts(self, node: MappingNode, kind: str, name: str, *, needs: tuple[str, ...]) -> Mapping[str, Node]:
        allowed = _WORDS[kind]
        for key, entry in node.entries.items():
            if key not in allowed:
                hint = meant(key, allowed) or f"; its words are {', '.join(allowed)}"
                self.tell(entry.key, f"{name} has no `{key}`{hint}")
        for key in needs:
            if key not in node.entries:
                self.tell(node, f"{name} lacks `{key}`")
        return {key: entry.value for key, entry in node.entries.items() if key in allowed}

    def table(self, node: Node | None, name: str) -> Mapping[str, Entry]:
        if node is None or isinstance(node, MappingNode):
            return EMPTY if node is None else node.entries
        self.tell(node, f"`{name}` is a mapping")
        return EMPTY

    def text(self, node: Node | None, what: str) -> str | None:
        if node is None:
            return None
        if isinstance(node, ScalarNode) and node.text.strip():
            return node.text
        self.tell(node, f"{what} is a text that is not empty")
        return None

    def where(self, node: Node) -> str:
        return f"{self.file}:{node.span.line}:{node.span.column}"

    def tell(self, node: Node, what: str) -> None:
        self.problems.append(f"{self.where(node)}: {what}")


def _tells_time(form: str) -> bool:
    """Whether a format reads back the date that it writes; a log may well know no more than dates."""
    try:
        return datetime.strptime(_PROBE.strftime(form), form).date() == _PROBE.date()  # noqa: DTZ007 - only its date
    except ValueError:
        return False
