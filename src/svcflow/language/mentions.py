"""Every place of a file where a name can stand, by what it can mean there: what a rename looks through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrs import field, frozen

from svcflow.language.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

Slot: TypeAlias = Literal[
    "state", "target", "barred", "role", "who", "field", "condition", "value", "time", "theirs", "hook", "event",
    "clock", "qualification", "label", "old state", "message",
]  # fmt: skip
"""`theirs` is a field of the process under `start`; `value` one of `set`; `old state` one of an earlier version."""


@frozen(eq=False)
class Mention:
    """A text where a name can stand; `at` is the path of the state around it, `inside` the words or names around it."""

    slot: Slot
    node: ScalarNode
    at: tuple[str, ...] = ()
    inside: Mapping[str, Entry] = field(factory=dict)
    process: str = ""
    declares: bool = False


def mentions(root: Node | None) -> Iterator[Mention]:
    """All mentions of a process or shared file that fits the schema, in no order."""
    return _below(root, _FILE, ())


_EVENT: Mapping[str, Slot] = MappingProxyType({
    "when": "condition", "ask": "field", "may": "field", "by": "who", "not_by": "barred", "in": "state",
})  # fmt: skip
_STATE: Mapping[str, Slot] = MappingProxyType({
    "by": "who", "not_by": "barred", "pause": "clock",
})  # fmt: skip
_FILE: Mapping[str, Slot] = MappingProxyType({
    **_STATE, "gives": "field", "roles": "role", "hooks": "hook", "qualifications": "qualification",
})  # fmt: skip
_CLOCK: Mapping[str, Slot] = MappingProxyType({"from": "state", "until": "state", "renew": "event"})
_OPEN: Mapping[str, Slot] = MappingProxyType({"by": "who", "ask": "field", "may": "field"})
_KEYS: Mapping[str, Slot] = MappingProxyType({
    "fields": "field", "events": "event", "anywhere": "event", "states": "state", "sla": "clock", "after": "time",
})  # fmt: skip


def _below(node: Node | None, words: Mapping[str, Slot], at: tuple[str, ...]) -> Iterator[Mention]:
    """The words of one thing: those that hold names, and the things inside it."""
    for word, entry in _entries(node).items():
        if word == "qualified":
            yield from _qualified(entry.value, at)
        elif word == "seen_by":
            yield from _names(entry.value, "who", at)
            for fields in _entries(entry.value).values():
                yield from _names(fields.value, "field", at)
        elif word in words:
            yield from _names(entry.value, words[word], at, declares=word in {"roles", "hooks", "qualifications"})
        elif word == "to":
            yield from _targets(entry.value, at)
        elif word == "do":
            yield from _do(entry.value)
        elif word in {"wait", "limit", "window", "target"}:
            yield from _promise(entry.value)
        elif word == "auto":
            yield from _event(entry.value, at)
        elif word == "open":
            yield from _below(entry.value, _OPEN, at)
        elif word in _KEYS:
            yield from _keys(word, entry.value, at)
        else:
            yield from _of_a_file(word, entry.value)


def _keys(word: str, node: Node, at: tuple[str, ...]) -> Iterator[Mention]:
    """Things by name: the name itself, and what stands in each."""
    things = _entries(node)
    for name, entry in things.items():
        yield Mention(_KEYS[word], entry.key, at, things, declares=word != "after")
        if word in {"events", "anywhere", "after"}:
            yield from _event(entry.value, at)
        elif word == "states":
            yield from _below(entry.value, _STATE, (*at, name))
        elif word == "sla":
            yield from _below(entry.value, _CLOCK, at)
        elif word == "fields":
            yield from _below(entry.value, {}, at)


def _of_a_file(word: str, node: Node) -> Iterator[Mention]:
    for name, entry in _entries(node).items():
        if word == "targets":
            yield from _promise(entry.value)
        elif word == "escalations":
            for step in _entries(entry.value).values():
                yield from _do(step.value)
        elif word == "labels":
            labels = _entries(entry.value)
            yield from (Mention("label", label.key, inside=labels) for label in labels.values())
        elif word == "migrate":
            migration = _entries(entry.value)
            if "states" in migration:
                states = _entries(migration["states"].value)
                yield from (Mention("old state", state.key, inside=states) for state in states.values())
                yield from (mention for state in states.values() for mention in _names(state.value, "state", ()))
            if name and "set" in migration:
                yield from _set(migration["set"].value)


def _event(node: Node, at: tuple[str, ...]) -> Iterator[Mention]:
    if isinstance(node, ScalarNode):
        yield Mention("target", node, at)
    else:
        yield from _below(node, _EVENT, at)


def _targets(node: Node, at: tuple[str, ...]) -> Iterator[Mention]:
    for target in node.items if isinstance(node, SequenceNode) else (node,):
        yield from _event(target, at)


def _do(node: Node) -> Iterator[Mention]:
    words = _entries(node)
    for word, slot in _DO.items():
        if word in words:
            yield from _names(words[word].value, slot, ())
    for told in _entries(words["notify"].value if "notify" in words else None).values():
        yield from _names(told.value, "message", (), declares=True)
    if "set" in words:
        yield from _set(words["set"].value)
    for process, entry in _entries(words["start"].value if "start" in words else None).items():
        fields = _entries(entry.value)
        for handed in fields.values():
            yield Mention("theirs", handed.key, inside=fields, process=process)
            yield from _names(handed.value, "field", ())


_DO: Mapping[str, Slot] = MappingProxyType({"send": "event", "hook": "hook", "notify": "who"})


def _set(node: Node) -> Iterator[Mention]:
    fields = _entries(node)
    for entry in fields.values():
        yield Mention("field", entry.key, inside=fields)
        yield from _names(entry.value, "value", ())


def _promise(node: Node) -> Iterator[Mention]:
    """A time, a window or a table of them, whose rows are values and no names."""
    if isinstance(node, ScalarNode):
        yield Mention("time", node)
        return
    for word, entry in _entries(node).items():
        if word in {"per", "since"}:
            yield from _names(entry.value, "field", ())
        else:
            yield from _promise(entry.value)


def _qualified(node: Node, at: tuple[str, ...]) -> Iterator[Mention]:
    """Names with their levels, or a table of them, whose rows are values."""
    table = _entries(node)
    if "table" not in table:
        yield from _names(node, "qualification", at)
        return
    if "per" in table:
        yield from _names(table["per"].value, "field", at)
    for row in _entries(table["table"].value).values():
        yield from _names(row.value, "qualification", at)


def _names(node: Node, slot: Slot, at: tuple[str, ...], *, declares: bool = False) -> Iterator[Mention]:
    """A name, a list of names, or names with something each."""
    match node:
        case ScalarNode():
            yield Mention(slot, node, at, declares=declares)
        case SequenceNode():
            for item in node.items:
                yield from _names(item, slot, at, declares=declares)
        case MappingNode():
            for entry in node.entries.values():
                yield Mention(slot, entry.key, at, node.entries)


def _entries(node: Node | None) -> Mapping[str, Entry]:
    return node.entries if isinstance(node, MappingNode) else {}
