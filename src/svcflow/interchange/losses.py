"""What another format cannot hold of one process: all that this very process uses and the format has no word for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from attrs import field, frozen

from svcflow.core.process import Process, State, rules_of
from svcflow.core.promise import Agreed, Promise, Table, Time
from svcflow.core.rule import Actions, After, Alternative, Bars, EscalationStep, People, Rule
from svcflow.interchange.notes import Note
from svcflow.language.portrait import qualified_as

Feature: TypeAlias = Literal[
    "roles", "not_by", "qualified", "forms", "fields", "private", "seen_by", "clocks", "calendars", "limits", "waits",
    "timers", "reminders", "pause", "when", "share", "max", "set", "send", "start", "hooks", "notify", "run", "auto",
    "back", "last", "done", "regions", "cancelled", "titles", "migrate", "stays", "offered", "escalations",
]  # fmt: skip


def losses(process: Process, held: frozenset[Feature]) -> tuple[Note, ...]:
    """What of a process a format loses that holds the features `held`, in file order, what concerns all of it first."""
    return tuple(dict.fromkeys(note for feature, note in _Features(process).every() if feature not in held))


@frozen
class _Features:
    """Every feature that a process uses, place by place."""

    process: Process
    found: list[tuple[Feature, Note]] = field(init=False, factory=list, repr=False)

    def every(self) -> list[tuple[Feature, Note]]:
        self.of_process()
        for state in self.process.states:
            self.of_state(state)
            for rule in rules_of(state):
                self.of_rule(state, rule)
        return self.found

    def add(self, feature: Feature, about: str, text: str) -> None:
        self.found.append((feature, Note(about, text, feature)))

    def of_process(self) -> None:
        process, opening = self.process, self.process.opening
        if opening.by is not None:
            self.add("roles", "open", f"by {_people(opening.by)}")
        if opening.ask or opening.may:
            self.add("forms", "open", _form(opening.ask, opening.may))
        for one in process.fields.values():
            if one.name != "opened_at":
                self.add("fields", f"field {one.name}", f"type {one.kind}")
            if one.private:
                self.add("private", f"field {one.name}", "private")
            if one.seen_by is not None:
                self.add("seen_by", f"field {one.name}", f"seen by {_people(one.seen_by)}")
        for clock in process.clocks.values():
            spans = (_several(process.states[one].path for one in sorted(ends)) for ends in (clock.starts, clock.stops))
            self.add("clocks", f"sla {clock.name}", f"{said_time(clock.promise)}, from {' until '.join(spans)}")
            self.escalation(f"sla {clock.name}", clock.escalation)
        for name in process.calendars:
            if name != "always":
                self.add("calendars", f"calendar {name}", "working hours and holidays; times are working time")
        if len(process.languages) > 1:
            self.add("titles", "languages", f"only one of {_several(process.languages)} is written")
        for version in process.migrations:
            self.add("migrate", "migrate", f"how cases of version {version} come over")

    def of_state(self, state: State) -> None:
        about = f"state {state.path}"
        outer = None if state.parent is None else self.process.states[state.parent].by
        if state.by is not None and state.by != outer:
            self.add("roles", about, f"by {_people(state.by)}")
        self.barred(about, state.not_by)
        if state.qualified is not None:
            self.add("qualified", about, f"qualified: {qualified_as(state.qualified)}")
        if state.limit is not None:
            self.add("limits", about, f"limit {said_time(state.limit.promise)}")
            self.escalation(about, state.limit.escalation)
        for word, promise in (("wait", state.wait), ("window", state.window)):
            if promise is not None:
                self.add("waits", about, f"{word} {said_time(promise)}")
        if state.pause:
            self.add("pause", about, f"pauses {_several(sorted(state.pause))}")
        if state.run is not None:
            self.add("run", about, f"runs the process {state.run}; its ends are ordinary events there")
        if state.end == "cancelled":
            self.add("cancelled", about, "a cancelled end is an end like any other there")
        if state.parallel:
            self.add("regions", about, "inner states that are active side by side")
        self.done_by(about, state.do)

    def of_rule(self, state: State, rule: Rule) -> None:
        about = f"event {rule.name} of {state.path}"
        if rule.kind == "after":
            about = f"timer {rule.name} of {state.path}"
            after = next(one for one in state.after if one.rule.trigger == rule.trigger)
            self.timer(about, after)
        elif rule.kind == "anywhere":
            about = f"event {rule.name}, anywhere"
        elif rule.kind == "auto":
            about = f"auto of {state.path}"
            self.add("auto", about, "moves on at once, by itself")
        elif rule.kind == "done":
            self.add("done", about, "happens by itself when the inner states are over")
        if rule.by is not None and rule.by != state.by:
            self.add("roles", about, f"by {_people(rule.by)}")
        if rule.not_by != state.not_by:
            self.barred(about, rule.not_by)
        if rule.sent and rule.qualified != state.qualified:
            self.add("qualified", about, f"qualified: {qualified_as(rule.qualified) or 'none'}")
        if rule.ask or rule.may:
            self.add("forms", about, _form(rule.ask, rule.may))
        if rule.kind in {"event", "anywhere"} and any(one.kind == "here" for one in rule.alternatives):
            self.add("offered" if rule.kind == "anywhere" else "stays", about, "an event that leaves nothing")
        self.done_by(about, rule.do)
        for alternative in rule.alternatives:
            self.of_alternative(about, alternative)

    def of_alternative(self, about: str, alternative: Alternative) -> None:
        goal = "stays" if alternative.target is None else f"to {self.process.states[alternative.target].path}"
        if alternative.when is not None:
            self.add("when", about, f"{goal} when {alternative.when.text}")
        if alternative.share is not None:
            self.add("share", about, f"{goal} for {alternative.share.text} of the cases")
        if alternative.max is not None:
            self.add("max", about, f"{goal} at most {alternative.max} times")
        if alternative.kind == "back":
            self.add("back", about, "goes back to where the case came from")
        if alternative.kind == "last":
            self.add("last", about, f"{goal}, where the case last was inside it")
        self.done_by(about, alternative.do)

    def escalation(self, about: str, steps: tuple[EscalationStep, ...]) -> None:
        if steps:
            self.add("escalations", about, f"tells people at {_several(one.key for one in steps)}")

    def timer(self, about: str, after: After) -> None:
        acts = all(one.kind == "here" for one in after.rule.alternatives)
        every = "every " if after.every else "after "
        self.add("reminders" if acts or after.every else "timers", about, f"{every}{said_time(after.promise)}")

    def barred(self, about: str, bars: Bars) -> None:
        names = (*sorted(bars.states), *bars.fields)
        if names:
            self.add("not_by", about, f"not by {_several(names)}")

    def done_by(self, about: str, do: Actions) -> None:
        for name, value in do.set:
            self.add("set", about, f"sets {name}: {value.text}")
        for event in do.send:
            self.add("send", about, f"sends {event}")
        for start in do.start:
            self.add("start", about, f"starts {start.process}")
        for hook in do.hooks:
            self.add("hooks", about, f"hook {hook}")
        for notice in do.notify:
            self.add("notify", about, f"notifies {notice.to}" + (f" ({notice.message})" if notice.message else ""))


def said_time(promise: Promise) -> str:
    """A time as it is written in a process; of a table only what it goes by."""
    if isinstance(promise, Table):
        return f"by {promise.by}"
    if isinstance(promise, Agreed):
        return promise.by if promise.default is None else f"{promise.by} else {said_time(promise.default)}"
    length = f"{promise.amount}{promise.unit}" if isinstance(promise, Time) else f"{promise.first}d..{promise.last}d"
    return length if promise.since is None else f"{length} since {promise.since}"


def _people(people: People) -> str:
    return _several((*sorted(people.roles), *people.fields))


def _form(ask: Iterable[str], may: Iterable[str]) -> str:
    parts = (("asks for", ask), ("takes", may))
    return "; ".join(f"{word} {_several(names)}" for word, names in parts if names)


def _several(names: Iterable[str] | Iterator[str]) -> str:
    return ", ".join(names)
