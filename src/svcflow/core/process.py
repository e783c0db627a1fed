"""A process as the engine sees it: complete, every name resolved, nothing left to look up or to default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from attrs import field, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.condition import Expression
from svcflow.core.decision import Recipient
from svcflow.core.event import EMPTY
from svcflow.core.field import Field as Field  # noqa: PLC0414 - a process is made of them: found here as well
from svcflow.core.machine import Chart
from svcflow.core.promise import Agreed, Promise, Table, Time, Window
from svcflow.core.quick import eager
from svcflow.core.rule import (
    FREE_OPENING,
    NO_BARS,
    NOTHING,
    Actions,
    After,
    Alternative,
    Bars,
    Course,
    Escalation,
    EscalationStep,
    Limit,
    Opening,
    People,
    Place,
    Qualified,
    Rule,
    Text,
)
from svcflow.core.share import Share


@frozen
class State:
    """
    One state. `index` is its place in the file and in the chart, `path` its full name, `parent` None at the top.

    `by`, `not_by` and `qualified` are what its inner places inherit; `pause` names the SLA clocks that stand still in
    it, inherited ones included. `run` names the process of a child case. `timed`: a wait, window, limit or timer counts
    here. `timers` are the names of its timers, that of its wait last; `limit_key` is `limit:PATH`.
    """

    index: int
    name: str
    path: str
    parent: int | None
    children: tuple[int, ...] = ()
    parallel: bool = False
    end: Literal["done", "cancelled"] | None = None
    by: People | None = None
    not_by: Bars = NO_BARS
    do: Actions = NOTHING
    wait: Time | Table | Agreed | None = None
    window: Window | Table | None = None
    limit: Limit | None = None
    pause: frozenset[str] = frozenset()
    run: str | None = None
    events: Mapping[str, tuple[Rule, ...]] = EMPTY
    auto: Rule | None = None
    after: tuple[After, ...] = ()
    title: Text = EMPTY
    place: Place = ()
    qualified: Qualified | None = None
    timed: bool = field(init=False, eq=False, repr=False)
    timers: tuple[str, ...] = field(init=False, eq=False, repr=False)
    limit_key: str = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        waits = () if self.wait is None and self.window is None else (f"wait:{self.path}",)
        timers = (*(after.name for after in self.after), *waits)
        object.__setattr__(self, "timers", timers)
        object.__setattr__(self, "timed", bool(timers) or self.limit is not None)
        object.__setattr__(self, "limit_key", f"limit:{self.path}")


@frozen
class ClockRule:
    """
    An SLA clock: the states that start and stop it, the events that renew it, its promise and its escalation.

    `key` is `clock:NAME`.
    """

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
    key: str = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "key", f"clock:{self.name}")


@frozen
class Migration:
    """How cases of an earlier version come over: `finish` leaves them, else old paths to new ones, fields to set."""

    version: int
    finish: bool = False
    states: Mapping[str, str] = EMPTY
    set: tuple[tuple[str, Expression], ...] = ()


@frozen(eq=False, repr=False, slots=False)
@eager
class Process:
    """
    One version of a process, complete.

    `states` are in file order and `states[i]` is state `i` of `chart`; `moves[t]` is the rule and alternative behind
    transition `t` of the chart. `digest` is the SHA-256 over the behaviour as written, merged with its shared files;
    two processes are equal when names, versions, digests and days are. `sources` holds the texts it was read from,
    `folder` where its `file` and the processes it needs lie (empty for texts that are no files). `days` is the digest
    of the holidays behind its calendars where these are others than it was published with. `used_fields` are those of
    its `fields` that it speaks of; the others came along with a shared file. `seen_by` are those who see all that
    fields do not say themselves, notes and erasures; None: nothing is said.
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
    opening: Opening = FREE_OPENING
    clocks: Mapping[str, ClockRule] = EMPTY
    gives: tuple[str, ...] = ()
    migrations: Mapping[int, Migration] = MappingProxyType({})
    languages: tuple[str, ...] = ()
    title: Text = EMPTY
    labels: Mapping[str, Text] = EMPTY
    sources: Mapping[str, str] = EMPTY
    file: str = ""
    folder: str = ""
    days: str = ""
    used_fields: frozenset[str] = frozenset()
    qualifications: frozenset[str] = frozenset()
    seen_by: People | None = None

    @cached_property
    def paths(self) -> Mapping[str, int]:
        """Path -> index."""
        return MappingProxyType({state.path: state.index for state in self.states})

    def known(self, paths: Iterable[str]) -> tuple[int, ...]:
        """The indexes of those paths that are states here: a case that migrates may stand in others."""
        return tuple(self.paths[path] for path in paths if path in self.paths)

    def named(self, indexes: Sequence[int]) -> tuple[str, ...]:
        """The paths of states; mostly it is one."""
        names = self.names
        return (names[indexes[0]],) if len(indexes) == 1 else tuple([names[index] for index in indexes])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Index -> path."""
        return tuple(state.path for state in self.states)

    @cached_property
    def standing(self) -> Mapping[tuple[str, ...], tuple[int, ...]]:
        """Where a case stands in one leaf, as most do: its `states` -> indexes."""
        return MappingProxyType({(state.path,): (state.index,) for state in self.states if not state.children})

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """For each move what is to be done on it."""
        return tuple(Course.of(rule, alternative) for rule, alternative in self.moves)

    @cached_property
    def setting(self) -> frozenset[int]:
        """States whose `do` writes fields."""
        return frozenset(state.index for state in self.states if state.do.set)

    @cached_property
    def greeting(self) -> frozenset[int]:
        """States whose `do` does more than that."""
        return frozenset(state.index for state in self.states if state.do.acts)

    @cached_property
    def lines(self) -> tuple[tuple[int, ...], ...]:
        """For each state the groups around it and itself, outer first."""
        return tuple(_line(self.states, state) for state in self.states)

    @cached_property
    def timers(self) -> Mapping[str, int]:
        """Timer names and their places in the order that breaks ties at one instant."""
        return MappingProxyType({name: place for place, name in enumerate(_timer_names(self))})

    @cached_property
    def afters(self) -> Mapping[str, After]:
        """Every `after` by its timer's name."""
        return MappingProxyType({after.name: after for state in self.states for after in state.after})

    @cached_property
    def private(self) -> frozenset[str]:
        """The names of private fields."""
        return frozenset(name for name, declared in self.fields.items() if declared.private)

    @cached_property
    def limited(self) -> frozenset[str]:
        """The names of fields that not everybody may see."""
        return frozenset(name for name, declared in self.fields.items() if declared.seen_by is not None)

    @cached_property
    def returning(self) -> frozenset[int]:
        """States with an event that goes `back`: entering one remembers where the case was."""
        return frozenset(rule.state for rule in self.rules() if any(one.kind == "back" for one in rule.alternatives))

    @cached_property
    def histories(self) -> Mapping[str, int]:
        """The chart's histories: the path of the group that `X.last` leads into -> number."""
        charted = enumerate(self.chart.states)
        inner = ((number, state.parent) for number, state in charted if state.kind == "history")
        return MappingProxyType({self.states[group].path: number for number, group in inner if group is not None})

    @cached_property
    def remembered(self) -> Mapping[int, str]:
        """The same the other way round."""
        return MappingProxyType({number: path for path, number in self.histories.items()})

    @cached_property
    def audience(self) -> Mapping[str, tuple[Recipient, ...]]:
        """Every role, as somebody to tell."""
        return MappingProxyType({role: (Recipient("role", role),) for role in self.roles})

    @cached_property
    def watched(self) -> frozenset[str]:
        """Paths that some `not_by` looks at, be it to hand down whom it bars to a child."""
        handed_down = (state.not_by.states for state in self.states if state.run is not None)
        return frozenset[str]().union(*(rule.not_by.states for rule in self.rules()), *handed_down)

    @cached_property
    def sent(self) -> Mapping[str, Mapping[int, tuple[Rule, ...]]]:
        """Event that actors send -> leaf -> the rules for it around that leaf, inner ones first."""
        found: dict[str, dict[int, tuple[Rule, ...]]] = {}
        for leaf in (state for state in self.states if not state.children):
            for index in reversed(self.lines[leaf.index]):
                for name, rules in self.states[index].events.items():
                    ours = tuple(rule for rule in rules if rule.sent)
                    if ours:
                        around = found.setdefault(name, {})
                        around[leaf.index] = around.get(leaf.index, ()) + ours
        return MappingProxyType(found)

    @cached_property
    def heard(self) -> frozenset[str]:
        """Every event that some state has: sent by actors, or what a child gives back."""
        return frozenset(name for state in self.states for name in state.events)

    @cached_property
    def escalations(self) -> Mapping[str, Escalation]:
        """The escalation of each clock (`clock:NAME`) and limit (`limit:PATH`)."""
        found = {clock.key: Escalation.of(clock.escalation) for clock in self.clocks.values()}
        limits = ((state.limit_key, state.limit) for state in self.states)
        found.update((key, Escalation.of(limit.escalation)) for key, limit in limits if limit is not None)
        return MappingProxyType(found)

    @cached_property
    def timed_fields(self) -> frozenset[str]:
        """Fields that promised times depend on."""
        return frozenset[str]().union(*(promise.reads for promise in self.promises()))

    @cached_property
    def promised(self) -> Mapping[str, frozenset[str]]:
        """The name of each SLA clock, and `limit:PATH` -> the fields that its promise depends on."""
        limits = {state.limit_key: state.limit.promise.reads for state in self.states if state.limit is not None}
        return MappingProxyType({**limits, **{name: clock.promise.reads for name, clock in self.clocks.items()}})

    @cached_property
    def clocked(self) -> frozenset[int]:
        """States that start or stop an SLA clock."""
        return frozenset[int]().union(*(clock.starts | clock.stops for clock in self.clocks.values()))

    @cached_property
    def renewing(self) -> frozenset[str]:
        """Events that renew an SLA clock."""
        return frozenset[str]().union(*(clock.renew for clock in self.clocks.values()))

    @cached_property
    def drawings(self) -> Mapping[str, tuple[Share, ...]]:
        """The shares of every list of alternatives that has some, by the name of the list, in file order."""
        found: dict[str, dict[Share, None]] = {}
        for _, alternative in self.moves:
            if alternative.share is not None:
                found.setdefault(alternative.share.drawing, {})[alternative.share] = None
        return MappingProxyType({drawing: tuple(shares) for drawing, shares in found.items()})

    @cached_property
    def automatic(self) -> bool:
        """Whether any state moves on by itself."""
        return any(state.auto is not None for state in self.states)

    @cached_property
    def qualifying(self) -> bool:
        """Whether any event is for qualified people alone."""
        return any(rule.qualified is not None for rule in self.rules())

    @cached_property
    def waits(self) -> bool:
        """Whether any state has a wait or a window."""
        return any(state.wait is not None or state.window is not None for state in self.states)

    def __repr__(self) -> str:
        return f"Process({self.name!r}, version={self.version})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Process):
            return NotImplemented
        return (self.name, self.version, self.digest, self.days) == (
            other.name, other.version, other.digest, other.days
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash((self.name, self.version, self.digest, self.days))

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

    def promises(self) -> Iterator[Promise]:
        """Every promised time, as a text or a table."""
        for clock in self.clocks.values():
            yield clock.promise
        for state in self.states:
            yield from (promise for promise in (state.wait, state.window) if promise is not None)
            yield from (after.promise for after in state.after)
            if state.limit is not None:
                yield state.limit.promise


def rules_of(state: State) -> Iterator[Rule]:
    """The rules of one state: sent events, the automatic one, then its timers."""
    for rules in state.events.values():
        yield from rules
    if state.auto is not None:
        yield state.auto
    yield from (after.rule for after in state.after)


def actions_of(state: State) -> Iterator[Actions]:
    """Every `do` that stands in or under one state, its limit's escalation included."""
    yield state.do
    for rule in rules_of(state):
        yield rule.do
        yield from (alternative.do for alternative in rule.alternatives)
    if state.limit is not None:
        yield from (step.do for step in state.limit.escalation)


def _line(states: tuple[State, ...], state: State) -> tuple[int, ...]:
    return (*_line(states, states[state.parent]), state.index) if state.parent is not None else (state.index,)


def _timer_names(process: Process) -> Iterator[str]:
    """Timers in the order that breaks ties: by file, a state's wait before its timers before its limit."""
    for name in process.clocks:
        yield f"clock:{name}"
    for state in process.states:
        if state.wait is not None or state.window is not None:
            yield f"wait:{state.path}"
        yield from (after.name for after in state.after)
        if state.limit is not None:
            yield state.limit_key
