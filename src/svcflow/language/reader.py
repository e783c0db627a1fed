"""
Reading YAML strictly: whatever could mislead a reader is refused, with its place.

Duplicate keys win silently, aliases hide repetition and blow up, tags make objects. So this builder stands on the
parser's event stream (libyaml where present). Size, depth and number of nodes are bounded while reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from svcflow.errors import InputError
from svcflow.language import yaml_errors
from svcflow.language.findings import Finding, Fix, Secondary, Span
from svcflow.language.nodes import LINE_BREAK, Document, Entry, MappingNode, Node, ScalarNode, SequenceNode

LARGEST = 1_000_000
"""Bytes of a file; nobody writes a larger one by hand."""

DEEPEST = 60
"""Levels of nesting."""

MOST_NODES = 20_000
"""Keys and values in one file; a long process has two thousand."""

MOST_FINDINGS = 200
"""Findings told about one file: who has more begins with these."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def decode(raw: bytes, file: str, largest: int = LARGEST) -> str | Finding:
    """The text of a file of so many bytes, or the one finding that says why it has none."""
    if len(raw) > largest:
        return _at_start(file, "SF010", f"this file is too large: more than {largest:,} bytes are not read",
                         "split it into a process and shared files")  # fmt: skip
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        span = Span(file, line, 1, line, 2)
        what, hint = yaml_errors.other_encoding(raw)
        what = what or f"this file is not UTF-8 (byte {error.start} is {raw[error.start]:#04x})"
        return Finding.at(span, "SF001", "error", f"not valid YAML: {what}", hint=hint)


def read(text: str, file: str) -> Document:
    """The nodes of a text, with every finding about its YAML; a text that cannot be read at all has no root."""
    text = text.removeprefix("\ufeff")
    if len(text) > LARGEST:
        message = f"this file is too large: more than {LARGEST:,} characters are not read"
        hint = "split it into a process and shared files"
        return Document(file, "", None, (_at_start(file, "SF010", message, hint),))
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        return Document(file, text, None, (_unprintable(file, text, unprintable.start()),))
    builder = _Builder(file, text)
    root = builder.document()
    # Who pasted one line with blanks that are no spaces pasted more of them, and nothing else can be read there.
    odd = [finding for finding in builder.found if finding.code == "SF005"]
    findings = sorted(odd[:1] or builder.found, key=lambda finding: (finding.line, finding.column))
    return Document(file, text, root, tuple(findings))


def mapping(raw: bytes, file: str, otherwise: str) -> MappingNode:
    """
    Read a file that is no process but a mapping all the same; `otherwise` says what it must be.

    Raises:
        InputError: If it is none; the text has one line for each thing that is wrong.
    """
    text = decode(raw, file)
    if not isinstance(text, str):
        raise InputError(str(text))
    document = read(text, file)
    if document.findings:
        raise InputError("\n".join(str(finding) for finding in document.findings))
    if not isinstance(document.root, MappingNode):
        raise InputError(f"{file}:1:1: {otherwise}")
    return document.root


def _at_start(file: str, code: str, message: str, hint: str) -> Finding:
    return Finding.at(Span(file, 1, 1, 1, 1), code, "error", message, hint=hint)


def _unprintable(file: str, text: str, at: int) -> Finding:
    before = LINE_BREAK.split(text[:at])
    span = Span(file, len(before), len(before[-1]) + 1, len(before), len(before[-1]) + 2)
    message = f"not valid YAML: the character U+{ord(text[at]):04X} may not stand in a file"
    return Finding.at(span, "SF001", "error", message, hint="remove it; it is invisible in most editors")


class _Stop(Exception):
    """Nothing after this point is worth reading; the finding that says why is noted already."""


class _Builder:
    """Events in, nodes out; `found` collects what is wrong, `block_lines` the lines on which block nodes start."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines = LINE_BREAK.split(text)
        self.found: list[Finding] = []
        self.block_lines: list[int] = []
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self.nodes = 0
        self.reached = 0
        self.aliased = False
        self.last: ScalarNode | None = None

    def document(self) -> Node | None:
        """The only document of the text; None when there is none, or when reading had to stop."""
        tabs = yaml_errors.tabs(self.file, self.text)
        try:
            root = self.only_document()
        except _Stop:
            return None
        except yaml.YAMLError as error:
            last = None if self.last is None else self.last.span
            seen = yaml_errors.Seen(self.file, self.text, tuple(self.block_lines), self.reached, last)
            told = tabs or yaml_errors.blanks(self.file, self.text) or (yaml_errors.explain(error, seen),)
            lines = {finding.line for finding in self.found}
            self.found += [finding for finding in told if finding.line not in lines]
            return None
        self.found += tabs
        return root

    def only_document(self) -> Node | None:
        root: Node | None = None
        for event in self.events:
            match event:
                case yaml.DocumentStartEvent() if root is not None:
                    self.refuse(event, "SF006", "a second document begins here; a file holds one process",
                                "move it to a file of its own")  # fmt: skip
                    raise _Stop
                case yaml.DocumentStartEvent() if event.version or event.tags:
                    self.refuse(event, "SF006", "YAML directives are not part of this language", "leave the line out")
                case yaml.NodeEvent():
                    root = self.node(event, 1, flow=False)
        return root

    def span(self, start: yaml.Event, end: yaml.Event | None = None) -> Span:
        first, last = start.start_mark, (end or start).end_mark
        if first is None or last is None:
            return Span(self.file, 1, 1, 1, 1)
        return Span(self.file, first.line + 1, first.column + 1, last.line + 1, last.column + 1)

    def closed(self, start: yaml.CollectionStartEvent, end: yaml.Event) -> Span:
        """The span of a list or mapping; one in brackets ends where it is closed."""
        span = self.span(start, end)
        if start.flow_style:
            self.reached = span.end_line
        return span

    def refuse(self, event: yaml.Event, code: str, message: str, hint: str) -> None:
        self.found.append(Finding.at(self.span(event), code, "error", message, hint=hint))

    def node(self, event: yaml.NodeEvent, depth: int, *, flow: bool) -> Node:
        self.bound(event, depth)
        if not flow:
            self.block_lines.append(self.span(event).line)
        if event.anchor is not None:
            self.alias(event)
        if getattr(event, "tag", None) is not None:
            self.refuse(event, "SF006", "YAML tags are not part of this language", "leave it out: fields have types")
        match event:
            case yaml.ScalarEvent():
                node = ScalarNode(event.value, self.span(event), plain=not event.style)
                self.last = node
                # A plain text may have swallowed the very line whose indentation is wrong.
                self.reached = node.span.line if node.plain else node.span.end_line
                return self.checked(node)
            case yaml.SequenceStartEvent():
                return self.sequence(event, depth)
            case yaml.MappingStartEvent():
                return self.mapping(event, depth)
        return ScalarNode("", self.span(event), plain=False)

    def bound(self, event: yaml.NodeEvent, depth: int) -> None:
        self.nodes += 1
        if depth > DEEPEST:
            self.refuse(event, "SF001", f"not valid here: nested deeper than {DEEPEST} levels", "close some brackets")
            raise _Stop
        if len(self.found) >= MOST_FINDINGS:
            raise _Stop
        if self.nodes > MOST_NODES:
            self.refuse(event, "SF010", f"this file has more than {MOST_NODES:,} keys and values", "split it")
            raise _Stop

    def alias(self, event: yaml.NodeEvent) -> None:
        """Say it once: a file full of aliases has one problem."""
        if not self.aliased:
            self.refuse(event, "SF006", "YAML anchors and aliases are not part of this language",
                        "write it out, or give it a name in a shared file")  # fmt: skip
        self.aliased = True

    def checked(self, node: ScalarNode) -> ScalarNode:
        """A plain text over several lines that swallowed a list item: the indentation is wrong, and YAML is silent."""
        span = node.span
        if node.plain and span.end_line > span.line:
            for number in range(span.line + 1, span.end_line + 1):
                line = self.lines[number - 1]
                if line.lstrip().startswith("- "):
                    self.found.append(yaml_errors.swallowed(self.file, number, line, span))
        return node

    def sequence(self, start: yaml.SequenceStartEvent, depth: int) -> SequenceNode:
        items: list[Node] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                return SequenceNode(tuple(items), self.closed(start, event))
            if isinstance(event, yaml.NodeEvent):
                item = self.node(event, depth + 1, flow=bool(start.flow_style))
                if isinstance(item, ScalarNode) and not item.text and item.plain:
                    self.refuse(event, "SF003", "this list item is empty", "write a value, or remove the item")
                items.append(item)
        raise _Stop

    def mapping(self, start: yaml.MappingStartEvent, depth: int) -> MappingNode:
        entries: dict[str, Entry] = {}
        flow = bool(start.flow_style)
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                return MappingNode(entries, self.closed(start, event))
            if isinstance(event, yaml.NodeEvent):
                key = self.node(event, depth + 1, flow=flow)
                value_event = next(self.events)
                if not isinstance(value_event, yaml.NodeEvent):
                    raise _Stop
                entry = self.entry(key, self.node(value_event, depth + 1, flow=flow))
                if entry is not None and self.is_new(entry, entries):
                    entries[entry.key.text] = entry
        raise _Stop

    def entry(self, key: Node, value: Node) -> Entry | None:
        """A key that is a name, with a value; anything else is noted and None."""
        if not isinstance(key, ScalarNode):
            self.found.append(Finding.at(key.span, "SF006", "error", "a key is a single name, not a list or mapping",
                                         hint="quote a text that begins with a bracket"))  # fmt: skip
            return None
        if key.text == "<<" and key.plain:
            self.found.append(Finding.at(key.span, "SF006", "error", "YAML merge keys are not part of this language",
                                         hint="write it out"))  # fmt: skip
            return None
        if key.plain and (blank := yaml_errors.BLANK.search(key.text)):
            self.found.append(yaml_errors.odd_blank(self.file, self.text, key.span.line, key.span.column, blank))
            raise _Stop
        if key.plain and "：" in key.text:
            self.found.append(yaml_errors.full_width_colon(key.span, key.text))
            return None
        if isinstance(value, ScalarNode) and not value.text and value.plain:
            if not any(finding.code == "SF004" and finding.line == key.span.line for finding in self.found):
                self.found.append(_no_value(key))
            return None
        if isinstance(value, ScalarNode) and value.plain and (wide := yaml_errors.open_bracket(value.span, value.text)):
            self.found.append(wide)
            return None
        if key.text == "when" and isinstance(value, ScalarNode) and value.plain:
            self.found += yaml_errors.cut_off(value.span, self.lines[value.span.end_line - 1])
        return Entry(key, value)

    def is_new(self, entry: Entry, entries: dict[str, Entry]) -> bool:
        first = entries.get(entry.key.text)
        if first is None:
            return True
        message = f"`{entry.key.text}` is written twice here; the second would silently win"
        notes = (Secondary.at(first.key.span, "first written here"),)
        hint = "remove or rename one of them"
        self.found.append(Finding.at(entry.key.span, "SF002", "error", message, hint=hint, notes=notes))
        return False


def _no_value(key: ScalarNode) -> Finding:
    """`refuse:` or `{refuse}`; `{to:closed}` lacks only a space."""
    name, colon, rest = key.text.partition(":")
    if colon and name and rest and key.plain:
        written = f"{name}: {rest}"
        fix = Fix("add the space", key.span, written)
        message = f"`{key.text}` has no value: YAML needs a space after `:`"
        return Finding.at(key.span, "SF003", "error", message, hint=f"write `{written}`", fix=fix)
    shown = f"`{key.text}` has no value" if key.text else "a value without a key"
    hint = "write a value after `:`, or remove the key; an empty mapping is written `{}`"
    return Finding.at(key.span, "SF003", "error", shown, hint=hint)
