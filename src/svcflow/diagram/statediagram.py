"""
A process as a Mermaid state diagram (`stateDiagram-v2`), for documents and pages that draw it.

Every state gets a plain ASCII id, its title is a quoted text, and whatever Mermaid could take for syntax is written as
a character entity, so names and titles in any script are safe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from svcflow.core.process import Process, State
from svcflow.core.rule import Alternative, Rule
from svcflow.diagram.traffic import Told, Traffic
from svcflow.diagram.wording import Wording

_UNSAFE = re.compile(r"""[#;:"<>{}%\\`]""")
_DIRECTION = re.compile(r"(direction) (?=TB|BT|RL|LR)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_.]+(?<!_start)(?<!_end)")


def mermaid(process: Process, language: str | None = None, *, traffic: Traffic | None = None) -> str:
    """
    The diagram with titles in `language` (default: the first language of the process).

    Regions of a parallel state are parted by `--`. Moves with the same ends are one arrow. An event that stays is an
    arrow from a state to itself; where a state goes `back` to, and what a group does within itself, is noted beside it.
    With `traffic` it says what went through.

    Raises:
        InputError: If the process has languages, and `language` is none of them.
    """
    drawing = _Drawing(process, Wording.of(process, language), traffic)
    return "\n".join(drawing.lines()) + "\n"


class _Drawing:
    """Ids and arrows of one diagram; an arrow stands in the innermost group that holds both of its ends."""

    def __init__(self, process: Process, words: Wording, traffic: Traffic | None) -> None:
        self.process = process
        self.told = Told(words, traffic)
        self.words = words
        self.ids = _ids(process)
        self.arrows: dict[tuple[int, int], list[str]] = {}
        self.counts: dict[tuple[int, int], set[str]] = {}
        self.notes: dict[int, list[str]] = {}
        for rule, alternative in process.moves:
            self.add(rule, alternative)
        for state in process.states:
            for line in self.told.state(state):
                self.note(state.index, line)

    def add(self, rule: Rule, alternative: Alternative) -> None:
        guard = self.words.guard(alternative)
        label = self.name(rule) + (f" [{guard}]" if guard else "")
        group = bool(self.process.states[rule.state].children)
        if alternative.kind == "back":
            self.note(rule.state, f"{label}: {self.words.phrases['back']}")
        elif alternative.target is None:
            # An event of `anywhere` that stays is the same small loop at many states: the outline has them.
            if rule.kind != "anywhere" and group:
                self.note(rule.state, f"{label}: {self.words.phrases['here']}")
            elif rule.kind != "anywhere":
                self.arrow(rule.state, rule.state, label, alternative.count)
        elif rule.state in self.words.line(alternative.target) and group:
            # Mermaid cannot lay out an arrow between a group and its own inside.
            self.note(rule.state, f"{label}: {self.words.target(alternative)}")
        else:
            label = f"{label} ({self.words.target(alternative)})" if alternative.kind == "last" else label
            self.arrow(rule.state, self.entered(rule.state, alternative.target), label, alternative.count)

    def entered(self, source: int, target: int) -> int:
        """The target; for a way from the inside of a group to the group the state in which it begins anew."""
        while target != source and target in self.words.line(source):
            target = self.process.states[target].children[0]
        return target

    def arrow(self, source: int, target: int, label: str, count: str) -> None:
        self.counts.setdefault((source, target), set()).add(count)
        labels = self.arrows.setdefault((source, target), [])
        if label not in labels:
            labels.append(label)

    def note(self, state: int, text: str) -> None:
        self.notes.setdefault(state, []).append(text)

    def name(self, rule: Rule) -> str:
        if rule.kind != "after":
            return self.words.event(rule)
        afters = self.process.states[rule.state].after
        return self.words.timer(next(one for one in afters if one.rule.trigger == rule.trigger))

    def lines(self) -> Iterator[str]:
        yield "---"
        yield f"title: {json.dumps(self.words.title(), ensure_ascii=False)}"
        yield "---"
        yield "stateDiagram-v2"
        top = [state for state in self.process.states if state.parent is None]
        yield from (f"    {line}" for line in self.block(None, top))

    def block(self, group: int | None, inner: list[State]) -> Iterator[str]:
        """What stands inside a group, or at the top: states, arrows between them, starts and ends, notes."""
        parallel = group is not None and self.process.states[group].parallel
        if not parallel:
            yield f"[*] --> {self.ids[inner[0].index]}"
        for place, state in enumerate(inner):
            if parallel and place:
                yield "--"
            yield from self.state(state)
        for (source, target), labels in self.arrows.items():
            if self.around(source, target) == group:
                times, _ = self.told.arrow(frozenset(self.counts[source, target]))
                said = " / ".join((*labels, times) if times else labels)
                yield f"{self.ids[source]} --> {self.ids[target]}: {_safe(said)}"
        for state in inner:
            if state.end is not None:
                yield f"{self.ids[state.index]} --> [*]"
            if state.index in self.notes:
                yield f"note right of {self.ids[state.index]}: {_safe(', '.join(self.notes[state.index]))}"

    def state(self, state: State) -> Iterator[str]:
        title = self.words.name(state.name, state.title)
        if state.run is not None:
            title = f"{title} ({self.words.say('run', self.words.name(state.run))})"
        opening = f'state "{_safe(title)}" as {self.ids[state.index]}'
        if not state.children:
            yield opening
            return
        yield opening + " {"
        inner = [self.process.states[child] for child in state.children]
        yield from (f"    {line}" for line in self.block(state.index, inner))
        yield "}"

    def around(self, one: int, other: int) -> int | None:
        """The innermost group with two states inside it; a parallel state has no arrows of its own."""
        lines = (self.words.line(one)[:-1], self.words.line(other)[:-1])
        shared = [a for a, b in zip(*lines, strict=False) if a == b]
        groups = [group for group in shared if not self.process.states[group].parallel]
        return groups[-1] if groups else None


def _ids(process: Process) -> dict[int, str]:
    """
    Readable where the path is plain, else numbered; never a word of Mermaid's, never the same twice.

    Mermaid itself calls the start and end of a group `ID_start` and `ID_end`.
    """
    ids: dict[int, str] = {}
    for state in process.states:
        plain = f"s_{state.path.replace('.', '__')}"
        taken = plain in ids.values() or _PLAIN.fullmatch(state.path) is None
        ids[state.index] = f"s{state.index}" if taken else plain
    return ids


def _safe(text: str) -> str:
    """A text in one line, with everything that could be syntax as `#NUMBER;`."""
    safe = _UNSAFE.sub(lambda found: f"#{ord(found.group())};", " ".join(text.split()))
    # Mermaid takes any line with these two words for a statement.
    return _DIRECTION.sub(r"\1#32;", safe)
