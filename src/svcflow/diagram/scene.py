"""What a picture of a process shows: the text in each box, the boxes in groups, and the lines with their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.core.process import Process, State
from svcflow.core.rule import Alternative, Rule
from svcflow.diagram.outline import conditions
from svcflow.diagram.traffic import Told, Traffic
from svcflow.diagram.wording import Wording

Kind: TypeAlias = Literal["start", "anywhere", "state", "group", "region", "done", "cancelled"]


@frozen
class Figure:
    """
    A box: a state, the dot where a process or a group begins, or the states that an event of `anywhere` leaves.

    `late`: a case is late in it.
    """

    id: str
    kind: Kind
    title: str = ""
    lines: tuple[str, ...] = ()
    inner: tuple[Figure, ...] = ()
    late: bool = False


@frozen
class Arrow:
    """
    A move between two figures; what has the same ends is one arrow with several labels.

    `moves` are those behind each label, by index in `process.moves`. Where it was counted, `times` says in words how
    often it was taken, and `wide` how wide it is for that: 0 for never.
    """

    source: str
    target: str
    labels: tuple[str, ...] = ()
    moves: tuple[frozenset[int], ...] = ()
    times: str = ""
    wide: int | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All that stands at it."""
        return (*self.labels, self.times) if self.times else self.labels


@frozen
class Scene:
    """A whole picture; `remarks` are what holds for all of it: who opens cases, clocks, what can be done in passing."""

    title: str
    subtitle: str
    remarks: tuple[str, ...]
    figures: tuple[Figure, ...]
    arrows: tuple[Arrow, ...]


def scene(process: Process, language: str | None = None, traffic: Traffic | None = None) -> Scene:
    """
    What a picture shows, with titles in `language` (default: the first language of the process), and what went through.

    Raises:
        InputError: If the process has languages, and `language` is none of them.
    """
    return _Stage(process, Wording.of(process, language), traffic).scene()


class _Stage:
    """Collects boxes and arrows. What stays where it is, or goes back, is a line in its box and no arrow."""

    def __init__(self, process: Process, words: Wording, traffic: Traffic | None) -> None:
        self.process, self.words = process, words
        self.told = Told(words, traffic)
        self.arrows: dict[tuple[str, str], dict[str, set[int]]] = {}
        self.notes: dict[int, list[str]] = {}
        self.passing: dict[str, list[Rule]] = {}
        self.leaving: dict[tuple[tuple[int, ...], str], dict[str, set[int]]] = {}
        for rule in process.rules():
            if rule.kind == "anywhere":
                self.passing.setdefault(rule.name, []).append(rule)
            else:
                for alternative in rule.alternatives:
                    self.add(rule, alternative)
        self.remarks = [self.anywhere(rules) for rules in self.passing.values()]

    def scene(self) -> Scene:
        words, process = self.words, self.process
        opening = process.opening
        who = words.phrases["anyone"] if opening.by is None else words.people(opening.by)
        remarks = [
            *self.told.whole(),
            words.say("open", who),
            *map(self.clock, process.clocks),
            *filter(None, self.remarks),
        ]
        figures = [*self.sources(), *self.inside(None)]
        arrows = tuple(self.counted(*ends, labels) for ends, labels in self.arrows.items())
        return Scene(
            words.title(), f"{process.name}, {words.say('version', process.version)}", tuple(remarks), tuple(figures),
            arrows,
        )  # fmt: skip

    def counted(self, source: str, target: str, labels: Mapping[str, set[int]]) -> Arrow:
        """An arrow with how often its moves were taken, each of them counted once."""
        moves = tuple(map(frozenset, labels.values()))
        counts = frozenset(self.process.moves[move][1].count for some in moves for move in some)
        return Arrow(source, target, tuple(labels), moves, *self.told.arrow(counts))

    def add(self, rule: Rule, alternative: Alternative) -> None:
        """An alternative as an arrow, or as a line in its box."""
        label = self.label(rule, alternative)
        if alternative.target is None:
            self.note(rule.state, f"{label}: {self.words.phrases[alternative.kind]}")
            return
        target = self.entered(rule.state, alternative.target)
        if target == rule.state:
            self.note(rule.state, f"{label}: {self.words.target(alternative)}")
        else:
            label = f"{label} ({self.words.target(alternative)})" if alternative.kind == "last" else label
            self.arrow(_id(rule.state), _id(target), label, alternative.index)

    def anywhere(self, rules: Sequence[Rule]) -> str:
        """An event of `anywhere`: arrows from a box of their own that names the states, else a remark."""
        words = self.words
        first, states = rules[0], tuple(rule.state for rule in rules)
        who = "" if first.by is None else words.phrases["several"] + words.say("by", words.people(first.by))
        said = f"{words.name(first.name, first.title)}{who}"
        staying = True
        for number, alternative in enumerate(first.alternatives):
            guard = words.guard(alternative)
            label = f"{said} [{guard}]" if guard else said
            if alternative.target is not None:
                staying = False
                labels = self.leaving.setdefault((states, _id(alternative.target)), {})
                labels.setdefault(label, set()).update(rule.alternatives[number].index for rule in rules)
        if not staying:
            return ""
        where = words.say("anywhere", words.several(map(words.state, states)))
        return f"{said}: {words.alternatives(first.alternatives)}{words.phrases['several']}{where}"

    def sources(self) -> Iterator[Figure]:
        """The boxes that events of `anywhere` come from, one for each target."""
        for number, ((states, target), labels) in enumerate(self.leaving.items()):
            self.arrows[f"any{number}", target] = labels
            where = self.words.say("anywhere", self.words.several(map(self.words.state, states)))
            yield Figure(f"any{number}", "anywhere", "", (where,))

    def entered(self, source: int, target: int) -> int:
        """The target; for a way from the inside of a group to the group the state in which it begins anew."""
        while target != source and target in self.words.line(source):
            target = self.process.states[target].children[0]
        return target

    def label(self, rule: Rule, alternative: Alternative) -> str:
        words, state = self.words, self.process.states[rule.state]
        guard = words.guard(alternative)
        said = self.name(rule) + (f" [{guard}]" if guard else "")
        if not rule.sent or rule.by is None or rule.by == state.by:
            return said
        return said + words.phrases["several"] + words.say("by", words.people(rule.by))

    def name(self, rule: Rule) -> str:
        if rule.kind != "after":
            return self.words.event(rule)
        afters = self.process.states[rule.state].after
        return self.words.timer(next(one for one in afters if one.rule.trigger == rule.trigger))

    def arrow(self, source: str, target: str, label: str, move: int) -> None:
        self.arrows.setdefault((source, target), {}).setdefault(label, set()).add(move)

    def note(self, state: int, text: str) -> None:
        notes = self.notes.setdefault(state, [])
        if text not in notes:
            notes.append(text)

    def clock(self, name: str) -> str:
        """An SLA clock in one line."""
        words, clock = self.words, self.process.clocks[name]
        spans = (words.several(map(words.state, sorted(states))) for states in (clock.starts, clock.stops))
        span = words.say("from", *spans) + words.phrases["several"] + words.promise(clock.promise)
        return words.say("clock", words.name(clock.name, clock.title), span + self.told.clock(name))

    def inside(self, group: State | None) -> Iterator[Figure]:
        """What stands in a group, or at the top: the dot where it begins, then its states."""
        states = self.process.states
        inner = [state for state in states if state.parent == (None if group is None else group.index)]
        if group is None or not group.parallel:
            dot = "start" if group is None else f"start{group.index}"
            self.arrows = {(dot, _id(inner[0].index)): {}, **self.arrows}
            yield Figure(dot, "start")
        for state in inner:
            yield self.figure(state)

    def figure(self, state: State) -> Figure:
        around = None if state.parent is None else self.process.states[state.parent]
        kind: Kind = state.end or ("group" if state.children else "state")
        if around is not None and around.parallel and state.children:
            kind = "region"
        inner = tuple(self.inside(state)) if state.children else ()
        title = self.words.name(state.name, state.title)
        special = self.words.kind(state)
        lines = (*([special] if special else []), *conditions(self.words, state), *self.notes.get(state.index, ()))
        lines = (*lines, *self.told.state(state))
        return Figure(_id(state.index), kind, title, lines, inner, self.told.late(state))


def _id(state: int) -> str:
    return f"s{state}"
