"""What a documentation page says of a process: a list of tables in words, whatever they are written as."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from attrs import frozen

from svcflow.core.process import Field, Process, actions_of, rules_of
from svcflow.core.rule import NOTHING, Actions, EscalationStep, Rule
from svcflow.diagram.page_words import headings
from svcflow.diagram.wording import Wording

Row: TypeAlias = tuple[str, ...]


@frozen
class Section:
    """A table under its heading, in plain text."""

    heading: str
    columns: Row
    rows: tuple[Row, ...]


@frozen
class Page:
    """One process in one language; `file` is what its files are called, without suffix."""

    process: Process
    language: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]

    @property
    def file(self) -> str:
        """`service_ticket.en`, or `service_ticket` where the process has no languages."""
        return f"{self.process.name}.{self.language}" if self.process.languages else self.process.name


def page(process: Process, language: str | None = None) -> Page:
    """
    The page in `language` (default: the first language of the process); tables without rows are left out.

    Raises:
        InputError: If the process has languages, and `language` is none of them.
    """
    words = Wording.of(process, language)
    subtitle = f"{process.name}, {words.say('version', process.version)}"
    return Page(process, words.language, words.title(), subtitle, tuple(_Teller(process, words).sections()))


class _Teller:
    """Tells every part of a process in the words of one language."""

    def __init__(self, process: Process, words: Wording) -> None:
        self.process, self.words, self.said = process, words, headings(words.language)

    def sections(self) -> Iterator[Section]:
        """The tables that have rows."""
        for heading, columns, rows in (
            ("who", ("state", "by", "event", "ask", "may", "to", "then"), self.who()),
            ("alone", ("state", "when", "to", "then"), self.alone()),
            ("times", ("state", "time", "paused"), self.times()),
            ("clocks", ("clock", "from", "until", "target", "renew", "again"), self.clocks()),
            ("escalations", ("of", "at", "then"), self.escalations()),
            ("fields", self.known(), map(self.field, self.process.fields.values())),
            ("ends", ("end", "kind", "then"), self.ends()),
            ("children", ("process", "how"), self.children()),
        ):
            found = tuple(dict.fromkeys(rows))
            if found:
                yield Section(self.said[heading], tuple(self.said[column] for column in columns), found)

    def who(self) -> Iterator[Row]:
        """Who may open a case, and every event that people send; one of `anywhere` once for all of its states."""
        opening, words = self.process.opening, self.words
        anyone = words.phrases["anyone"] if opening.by is None else words.people(opening.by)
        may = self.said["free"] if opening.free else self.fields(opening.may)
        yield self.said["opening"], anyone, self.said["opening"], self.fields(opening.ask), may, self.first(), ""
        passing: dict[tuple[str, str, str], list[Rule]] = {}
        for rule in self.process.rules():
            if rule.kind == "event":
                yield words.state(rule.state), *self.sent(rule)
            elif rule.kind == "anywhere":
                passing.setdefault((rule.name, self.people(rule), words.alternatives(rule.alternatives)), []).append(
                    rule
                )
        for rules in passing.values():
            yield words.several(words.state(rule.state) for rule in rules), *self.sent(rules[0])

    def first(self) -> str:
        return self.words.several(map(self.words.state, self.process.chart.opening.leaves))

    def sent(self, rule: Rule) -> Row:
        words = self.words
        form = (self.fields(rule.ask), self.fields(rule.may))
        return self.people(rule), words.event(rule), *form, words.alternatives(rule.alternatives), self.effects(rule)

    def people(self, rule: Rule) -> str:
        who = "" if rule.by is None else self.words.people(rule.by)
        return self.words.phrases["several"].join(
            filter(None, (who, self.words.bars(rule.not_by), self.words.qualified(rule.qualified)))
        )

    def alone(self) -> Iterator[Row]:
        """What nobody sends: actions on arrival, moves at once, after a time, and when something inside is over."""
        for state in self.process.states:
            here = self.words.state(state.index)
            if state.do != NOTHING:
                yield here, self.said["arrival"], "", self.actions(state.do)
            timers = {after.rule.trigger: self.words.timer(after) for after in state.after}
            for rule in (rule for rule in rules_of(state) if not rule.sent):
                when = timers[rule.trigger] if rule.kind == "after" else self.words.event(rule)
                yield here, when, self.words.alternatives(rule.alternatives), self.effects(rule)

    def times(self) -> Iterator[Row]:
        """How long a state waits and may take, and which clocks stand still in it."""
        words = self.words
        for state in self.process.states:
            said = [words.say("wait", words.promise(state.wait))] if state.wait is not None else []
            if state.window is not None:
                said.append(words.say("window", words.promise(state.window)))
            elif state.limit is not None:
                said.append(words.say("limit", words.promise(state.limit.promise)))
            paused = words.several(self.clock(name) for name in self.process.clocks if name in state.pause)
            if said or paused:
                yield words.state(state.index), words.several(said), paused

    def clock(self, name: str) -> str:
        return self.words.name(name, self.process.clocks[name].title)

    def clocks(self) -> Iterator[Row]:
        """Every SLA clock."""
        words = self.words
        for name, clock in self.process.clocks.items():
            spans = (words.several(map(words.state, sorted(states))) for states in (clock.starts, clock.stops))
            renew = words.several(map(words.name, sorted(clock.renew)))
            yield self.clock(name), *spans, words.promise(clock.promise), renew, self.said[clock.again]

    def escalations(self) -> Iterator[Row]:
        """Who hears when of what runs down; what has the same steps is told together."""
        found: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for name, clock in self.process.clocks.items():
            found.setdefault(self.steps(clock.escalation), []).append(self.clock(name))
        for state in self.process.states:
            if state.limit is not None:
                found.setdefault(self.steps(state.limit.escalation), []).append(self.words.state(state.index))
        for steps, names in found.items():
            yield from ((self.words.several(names), at, then) for at, then in steps)

    def steps(self, steps: Iterable[EscalationStep]) -> tuple[tuple[str, str], ...]:
        return tuple((step.key, self.actions(step.do)) for step in steps)

    def known(self) -> Row:
        """What is said of fields; who sees them only where that is not everybody."""
        return ("field", "name", "kind", "private", *(("seen_by",) if self.process.limited else ()))

    def field(self, field: Field) -> Row:
        kind = self.said.get(field.kind, "")
        if field.kind == "duration":
            kind = self.words.span(field)
        if field.kind == "choice":
            kind = self.words.several(map(self.words.name, field.choices))
        private = self.said["yes"] if field.private else ""
        told = (self.words.field(field.name), field.name, kind.format(field.low, field.high), private)
        if not self.process.limited:
            return told
        return (*told, self.said["everybody"] if field.seen_by is None else self.words.people(field.seen_by))

    def fields(self, names: Iterable[str]) -> str:
        return self.words.several(map(self.words.field, names))

    def ends(self) -> Iterator[Row]:
        """How a case can end, and what it gives back to the case that waits for it."""
        gives = self.said["gives"].format(self.fields(self.process.gives)) if self.process.gives else ""
        for state in self.process.states:
            if state.end is not None and state.parent is None:
                yield self.words.state(state.index), self.words.phrases[state.end], gives

    def children(self) -> Iterator[Row]:
        """The processes that are run in states or opened beside this one."""
        for state in self.process.states:
            here = self.words.state(state.index)
            if state.run is not None:
                yield self.words.name(state.run), self.said["run"].format(here)
            for do in actions_of(state):
                for start in do.start:
                    yield self.words.name(start.process), self.said["started"].format(here)
        for clock in self.process.clocks.values():
            for step in clock.escalation:
                yield from ((self.words.name(one.process), self.said["escalated"]) for one in step.do.start)

    def effects(self, rule: Rule) -> str:
        """What an event does beside moving the case; what only one of its ways does is told with its target."""
        said = [self.actions(rule.do)]
        for one in rule.alternatives:
            if one.do != NOTHING:
                does = self.actions(one.do)
                said.append(f"{self.words.target(one)}: {does}" if len(rule.alternatives) > 1 else does)
        return self.words.phrases["several"].join(filter(None, said))

    def actions(self, do: Actions) -> str:
        words = self.words
        said: Mapping[str, Sequence[str]] = {
            "set": [words.field(name) for name, _ in do.set],
            "send": [words.name(name) for name in do.send],
            "start": [words.name(start.process) for start in do.start],
            "hook": [words.name(name) for name in do.hooks],
            "notify": [self.told(one.to, one.message) for one in do.notify],
        }
        parts = (self.said[what].format(words.several(names)) for what, names in said.items() if names)
        return words.phrases["several"].join(parts)

    def told(self, to: str, message: str | None) -> str:
        words = self.words
        known = words.field(to) if to in self.process.fields else words.role(to)
        who = self.said["responsible"] if to == "responsible" else known
        return who if message is None else self.said["message"].format(who, words.name(message))


def pages(process: Process) -> tuple[Page, ...]:
    """A page for each language of a process, or one in English."""
    return tuple(page(process, language) for language in process.languages or (None,))
