"""A process as the engine sees it: complete, every name resolved, nothing left to look up or to default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrs import field, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.clock import Step
from svcflow.core.condition import Condition, Expression
from svcflow.core.event import EMPTY
from svcflow.core.machine import Chart
from svcflow.core.promise import Promise, Table, Time, Window

Text: TypeAlias = Mapping[str, str]
"""One text per language; a text that is the same in all of them stands under the empty language."""

Place: TypeAlias = tuple[str | int, ...]
"""Where a thing stands in its YAML: the keys and list positions from the top of its file, for findings and drawings."""


@frozen
class Field:
    """A declared field and its type. `choices` holds the words of `a | b | c`; `low` and `high` those of `1..5`."""

    name: str
    kind: Literal["text", "number", "money", "flag", "date", "datetime", "person", "list", "files", "choice", "range"]
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    private: bool = False
    title: Text = EMPTY


@frozen
class People:
    """Who may act: holders of a role, and whoever stands in a person field."""

    roles: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()


@frozen
class Bars:
    """Who may not act (`not_by`): whoever acted in one of these states, and whoever stands in one of these fields."""

    states: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()

    def __or__(self, other: Bars) -> Bars:
        return Bars(self.states | other.states, tuple(dict.fromkeys(self.fields + other.fields)))


@frozen
class Start:
    """`start: {service_ticket: {fault: advice}}`: open an independent case, `rename` maps its field to ours."""

    process: str
    rename: Mapping[str, str] = EMPTY


@frozen
class Notify:
    """Tell somebody: `to` is a role, a person field or the word `responsible`; `message` names the text to use."""

    to: str
    message: str | None = None


@frozen
class Actions:
    """A `do`: always carried out in the order of these fields."""

    set: tuple[tuple[str, Expression], ...] = ()
    send: tuple[str, ...] = ()
    start: tuple[Start, ...] = ()
    hooks: tuple[str, ...] = ()
    notify: tuple[Notify, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.set or self.send or self.start or self.hooks or self.notify)


NOTHING = Actions()


@frozen
class Alternative:
    """
    One way an event can go.

    `index` is its transition in the chart. `count` names it in the counters behind `max`: state/event/target.
    """

    index: int
    kind: Literal["go", "here", "back", "last"]
    target: int | None
    count: str
    when: Condition | None = None
    max: int | None = None
    do: Actions = NOTHING
    place: Place = ()


@frozen
class Rule:
    """
    What one event does in one state: who, which form, which alternatives.

    `trigger` is the event's name in the chart; the engine's own events have dots in it, so nobody can send them.
    `kind` tells the door: `event` and `anywhere` are sent by actors, `auto` is eventless, `done` and `child` are the
    engine's, `after` a timer's.
    """

    name: str
    kind: Literal["event", "anywhere", "auto", "done", "child", "after"]
    state: int
    trigger: str | None
    alternatives: tuple[Alternative, ...]
    by: People | None = None
    not_by: Bars = Bars()
    ask: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    do: Actions = NOTHING
    title: Text = EMPTY
    place: Place = ()


@frozen
class After:
    """A time after which `rule` happens; `every` repeats it. `name` is its timer's name, `after:PATH:N`."""

    name: str
    promise: Promise
    rule: Rule
    every: bool = False
    place: Place = ()


@frozen
class EscalationStep:
    """One step of an escalation: when, as `Step`, and what is done. `key` is the step as written, `100% + 4h`."""

    key: str
    step: Step
    do: Actions
    place: Place = ()


@frozen
class Limit:
    """`limit`, or the close of a `window`: measures and tells, and moves nothing."""

    promise: Promise
    escalation: tuple[EscalationStep, ...] = ()
    place: Place = ()


@frozen
class State:
    """
    One state. `index` is its place in the file and in the chart, `path` its full name, `parent` None at the top.

    `by` and `not_by` are what its inner places inherit; `pause` names the SLA clocks that stand still in it, inherited
    ones included. `run` names the process of a child case. `timed`: a wait, window, limit or timer counts here.
    """

    index: int
    name: str
    path: str
    parent: int | None
    children: tuple[int, ...] = ()
    parallel: bool = False
    end: Literal["done", "cancelled"] | None = None
    by: People | None = None
    not_by: Bars = Bars()
    do: Actions = NOTHING
    wait: Time | Table | None = None
    window: Window | Table | None = None
    limit: Limit | None = None
    pause: frozenset[str] = frozenset()
    run: str | None = None
    events: Mapping[str, tuple[Rule, ...]] = EMPTY
    auto: Rule | None = None
    after: tuple[After, ...] = ()
    title: Text = EMPTY
    place: Place = ()
    timed: bool = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        timed = bool(self.after) or not (self.wait is None and self.window is None and self.limit is None)
        object.__setattr__(self, "timed", timed)


@frozen
class ClockRule:
    """An SLA clock: the states that start and stop it, the events that renew it, its promise and its escalation."""

    name: str
    starts: frozenset[int]
    stops: frozenset[int]
    promise: Promise
    calendar: str
    renew: frozenset[str] = frozenset()
    again: Literal["restart", "continue", "ignore"] = "restart"
    escalation: tuple[EscalationStep, ...] = ()
    title: Text = EMPTY
    place: Place = ()


@frozen
class Opening:
    """Who may open a case (None: anyone) and with which form; `free` without an `open`: any declared field."""

    by: People | None = None
    ask: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    free: bool = True


@frozen
class Migration:
    """How cases of an earlier version come over: `finish` leaves them, else old paths to new ones, fields to set."""

    version: int
    finish: bool = False
    states: Mapping[str, str] = EMPTY
    set: tuple[tuple[str, Expression], ...] = ()


@frozen(eq=False, repr=False)
class Process:
    """
    One version of a process, complete.

    `states` are in file order and `states[i]` is state `i` of `chart`; `moves[t]` is the rule and alternative behind
    transition `t` of the chart. `digest` is the SHA-256 over the behaviour as written, merged with its shared files;
    two processes are equal when their names, versions and digests are. `sources` holds the texts it was read from,
    `folder` where its `file` and the processes it needs lie (empty for texts that are no files).

    Worked out from these: `paths` (path -> index), `lines` (a state and the groups around it, outer first), `timers`
    (name -> place in the order that breaks ties), `afters` by timer name, names of `private` fields, `returning` states
    (with an event that goes `back`), the chart's `histories` (group's path -> number) with their reverse, and the paths
    `watched` by some `not_by`, the `timed_fields` that promised times depend on, whether any state
    `waits` or has `automatic` moves, the states that start or stop SLA clocks (`clocked`) and the events that renew them (`renewing`).
    """

    name: str
    version: int
    digest: str
    states: tuple[State, ...]
    chart: Chart
    moves: tuple[tuple[Rule, Alternative], ...]
    fields: Mapping[str, Field]
    calendars: Mapping[str, Calendar]
    calendar: str
    roles: frozenset[str] = frozenset()
    hooks: frozenset[str] = frozenset()
    opening: Opening = Opening()
    clocks: Mapping[str, ClockRule] = EMPTY
    gives: tuple[str, ...] = ()
    migrations: Mapping[int, Migration] = MappingProxyType({})
    languages: tuple[str, ...] = ()
    title: Text = EMPTY
    labels: Mapping[str, Text] = EMPTY
    sources: Mapping[str, str] = EMPTY
    file: str = ""
    folder: str = ""
    paths: Mapping[str, int] = field(init=False, repr=False)
    lines: tuple[tuple[int, ...], ...] = field(init=False, repr=False)
    timers: Mapping[str, int] = field(init=False, repr=False)
    afters: Mapping[str, After] = field(init=False, repr=False)
    private: frozenset[str] = field(init=False, repr=False)
    returning: frozenset[int] = field(init=False, repr=False)
    histories: Mapping[str, int] = field(init=False, repr=False)
    remembered: Mapping[int, str] = field(init=False, repr=False)
    watched: frozenset[str] = field(init=False, repr=False)
    timed_fields: frozenset[str] = field(init=False, repr=False)
    waits: bool = field(init=False, repr=False)
    automatic: bool = field(init=False, repr=False)
    clocked: frozenset[int] = field(init=False, repr=False)
    renewing: frozenset[str] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Work out what the hot path looks up: all of it follows from the fields above."""
        states = self.states
        histories = {
            states[state.parent].path: number
            for number, state in enumerate(self.chart.states)
            if state.kind == "history" and state.parent is not None
        }
        tables: dict[str, object] = {
            "paths": MappingProxyType({state.path: state.index for state in states}),
            "lines": tuple(_line(states, state) for state in states),
            "timers": MappingProxyType({name: n for n, name in enumerate(_timer_names(self))}),
            "afters": MappingProxyType({after.name: after for state in states for after in state.after}),
            "private": frozenset(name for name, declared in self.fields.items() if declared.private),
            "returning": frozenset(
                rule.state for rule in self.rules() if any(one.kind == "back" for one in rule.alternatives)
            ),
            "histories": MappingProxyType(histories),
            "timed_fields": frozenset[str]().union(*(promise.reads for promise in _promises(self))),
            "clocked": frozenset[int]().union(*(clock.starts | clock.stops for clock in self.clocks.values())),
            "renewing": frozenset[str]().union(*(clock.renew for clock in self.clocks.values())),
            "automatic": any(state.auto is not None for state in states),
            "waits": any(state.wait is not None or state.window is not None for state in states),
            "watched": frozenset[str]().union(*(rule.not_by.states for rule in self.rules())),
            "remembered": MappingProxyType({number: path for path, number in histories.items()}),
        }
        for name, table in tables.items():
            object.__setattr__(self, name, table)

    def __repr__(self) -> str:
        return f"Process({self.name!r}, version={self.version})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Process):
            return NotImplemented
        return (self.name, self.version, self.digest) == (other.name, other.version, other.digest)

    def __hash__(self) -> int:
        return hash((self.name, self.version, self.digest))

    @property
    def needs(self) -> tuple[str, ...]:
        """The processes this one runs or starts, in file order, each once."""
        found: dict[str, None] = {}
        for state in self.states:
            if state.run is not None:
                found[state.run] = None
            for do in actions_of(state):
                found.update((start.process, None) for start in do.start)
        for clock in self.clocks.values():
            for step in clock.escalation:
                found.update((start.process, None) for start in step.do.start)
        return tuple(found)

    def rules(self) -> Iterator[Rule]:
        """Every rule of every state, in file order."""
        for state in self.states:
            yield from rules_of(state)


def rules_of(state: State) -> Iterator[Rule]:
    """The rules of one state: sent events, the automatic one, then its timers."""
    for rules in state.events.values():
        yield from rules
    if state.auto is not None:
        yield state.auto
    for after in state.after:
        yield after.rule


def actions_of(state: State) -> Iterator[Actions]:
    """Every `do` that stands in or under one state, its limit's escalation included."""
    yield state.do
    for rule in rules_of(state):
        yield rule.do
        for alternative in rule.alternatives:
            yield alternative.do
    if state.limit is not None:
        for step in state.limit.escalation:
            yield step.do


def _promises(process: Process) -> Iterator[Promise]:
    """Every promised time of a process."""
    for clock in process.clocks.values():
        yield clock.promise
    for state in process.states:
        yield from (promise for promise in (state.wait, state.window) if promise is not None)
        yield from (after.promise for after in state.after)
        if state.limit is not None:
            yield state.limit.promise


def _line(states: tuple[State, ...], state: State) -> tuple[int, ...]:
    return (*_line(states, states[state.parent]), state.index) if state.parent is not None else (state.index,)


def _timer_names(process: Process) -> Iterator[str]:
    """Timers in the order that breaks ties: by file, a state's wait before its timers before its limit."""
    for name in process.clocks:
        yield f"clock:{name}"
    for state in process.states:
        if state.wait is not None or state.window is not None:
            yield f"wait:{state.path}"
        for after in state.after:
            yield after.name
        if state.limit is not None:
            yield f"limit:{state.path}"
