"""A process as SCXML (W3C, 2015): its chart with conditions and counters, in the datamodel of ECMAScript."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from attrs import frozen

from svcflow.core.process import Process, State, rules_of
from svcflow.core.rule import Alternative, Rule
from svcflow.diagram.wording import Wording
from svcflow.interchange.ecmascript import expression
from svcflow.interchange.losses import Feature
from svcflow.interchange.notes import Note
from svcflow.interchange.to_transitions import trigger

HELD: frozenset[Feature] = frozenset(("when", "max", "send", "auto", "last", "done", "regions", "stays", "offered"))

_SCXML = "http://www.w3.org/2005/07/scxml"
_OURS = "urn:svcflow:titles"
_UNSAID = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_ID = re.compile("[ªµº]")
"""Letters for Python, but not for XML, which ids of XML are made of."""


def scxml(words: Wording, lost: Iterable[Note]) -> str:
    """The document; titles stand in attributes of a namespace of ours, what it cannot hold in a comment at the top."""
    document = _Document(words.process, words)
    root = document.root()
    ET.indent(root, "  ")
    missing = "".join(f"\n  {comment(str(note))}" for note in lost)
    head = f"<!-- Not in this file, because SCXML has no words for it:{missing}\n-->\n" if missing else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{ET.tostring(root, encoding="unicode")}\n'


def state_id(path: str) -> str:
    """
    The id of a state: its path with `-`, which no name of ours has, and without dots.

    Events match by their dotted beginnings, so an id `a.b` would let `done.state.a` also mean `done.state.a.b`.
    """
    return _NO_ID.sub("_", path.replace(".", "-"))


@frozen(eq=False)
class _Document:
    process: Process
    words: Wording

    def root(self) -> ET.Element:
        process = self.process
        root = ET.Element("scxml", {
            "xmlns": _SCXML, "xmlns:svcflow": _OURS, "version": "1.0", "datamodel": "ecmascript", "name": process.name,
            "initial": state_id(process.states[0].path), "svcflow:title": plain_text(self.words.title()),
        })  # fmt: skip
        data = ET.SubElement(root, "datamodel")
        read = {name for _, one in process.moves if one.when is not None for name in one.when.reads}
        for name in process.fields:
            if name in read:
                ET.SubElement(data, "data", {"id": name, "expr": "null"})
        for counter in dict.fromkeys(self.counter(one) for _, one in process.moves if one.max is not None):
            ET.SubElement(data, "data", {"id": counter, "expr": "0"})
        for state in process.states:
            if state.parent is None:
                self.state(root, state)
        return root

    def state(self, around: ET.Element, state: State) -> None:
        kind = "final" if state.end is not None else "parallel" if state.parallel else "state"
        made = ET.SubElement(around, kind, {
            "id": state_id(state.path), "svcflow:title": plain_text(self.words.name(state.name, state.title)),
        })  # fmt: skip
        if state.children and not state.parallel:
            made.set("initial", state_id(self.process.states[state.children[0]].path))
        if state.do.send:
            self.raises(ET.SubElement(made, "onentry"), state.do.send)
        for rule in rules_of(state):
            for alternative in rule.alternatives:
                if alternative.kind != "back":
                    self.transition(made, rule, alternative)
        if state.path in self.process.histories:
            self.history(made, state)
        for child in state.children:
            self.state(made, self.process.states[child])

    def transition(self, around: ET.Element, rule: Rule, alternative: Alternative) -> None:
        made = ET.SubElement(around, "transition")
        if rule.kind == "done":
            made.set("event", f"done.state.{state_id(self.process.states[rule.state].path)}")
        elif rule.kind != "auto":
            made.set("event", trigger(rule))
        conditions = [] if alternative.when is None else [expression(alternative.when.tree)]
        if alternative.max is not None:
            conditions.append(f"{self.counter(alternative)} < {alternative.max}")
        if conditions:
            made.set("cond", conditions[0] if len(conditions) == 1 else " && ".join(f"({one})" for one in conditions))
        if alternative.target is not None:
            path = self.process.states[alternative.target].path
            made.set("target", state_id(path) + ("-last" if alternative.kind == "last" else ""))
        if self.process.chart.transitions[alternative.index].internal:
            made.set("type", "internal")
        if alternative.max is not None:
            counter = self.counter(alternative)
            ET.SubElement(made, "assign", {"location": counter, "expr": f"{counter} + 1"})
        self.raises(made, (*rule.do.send, *alternative.do.send))

    def history(self, around: ET.Element, state: State) -> None:
        made = ET.SubElement(around, "history", {"id": f"{state_id(state.path)}-last", "type": "deep"})
        first = self.process.states[state.children[0]]
        ET.SubElement(made, "transition", {"target": state_id(first.path)})

    def raises(self, around: ET.Element, events: Iterable[str]) -> None:
        for event in events:
            ET.SubElement(around, "raise", {"event": event})

    def counter(self, alternative: Alternative) -> str:
        """The variable that counts how often an alternative was taken; those that are counted together share one."""
        same = [one.index for _, one in self.process.moves if one.count == alternative.count]
        return f"taken_{same[0]}"


def plain_text(text: str) -> str:
    """A text that may stand in XML: without the few characters that may not stand there at all."""
    return _UNSAID.sub("\N{REPLACEMENT CHARACTER}", text)


def comment(text: str) -> str:
    """A text that may stand in a comment of XML: on one line and without its closing sign."""
    return plain_text(" ".join(text.split())).replace("--", "- -").removesuffix("-")
