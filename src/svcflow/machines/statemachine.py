"""
Charts on python-statemachine 3: that library selects the transitions, leaves and enters states and raises events.

A step is pure although the library is not: a chart becomes one class of the library, an object of it is put where the
case stands, runs one event to completion, and tells what it does. Guards are open until transitions are selected and
closed from then on, so only the first microstep is one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import quote
from weakref import WeakKeyDictionary

from attrs import define, field, frozen

from svcflow.core.chart import Chart, Configuration
from svcflow.core.chart_tree import ROOT, ChartTransition, Memory, Tree, bits, mask_of
from svcflow.core.machine import Step
from svcflow.errors import UnsupportedChart

try:
    from statemachine import State, StateChart
    from statemachine.event_data import EventData, TriggerData
    from statemachine.io import create_machine_class_from_definition
    from statemachine.orderedset import OrderedSet
    from statemachine.transition import Transition
except ImportError as error:
    raise ImportError("python-statemachine is missing: pip install 'svcflow[statemachine]'") from error

SPARE = 8
"""How many of the library's objects are kept per chart, each of 20 kB per state; further threads build their own."""

AWAY, AWAY_ID = -2, "away"
"""A state beside the top ones: for the library, a way `back` leads there, so that it counts as leaving everything."""

ROOT_ID = "root"

SETTINGS = {
    "catch_errors_as_events": False,  # What `allows` raises passes through.
    "validate_disconnected_states": False,  # Whether a process makes sense is judged elsewhere.
    "validate_trap_states": False,
    "validate_final_reachability": False,
}

NOTHING = "nothing"
"""An event to which no transition listens, sent to have eventless transitions looked for."""

RAISED, DONE = "raised", "done.state."
"""What the library's own events are called, or begin with: those of `raises`, and those at the end of a group."""

Row: TypeAlias = dict[str, Any]


@frozen(eq=False)
class Statemachine:
    """Everything a chart has, except that nothing leads from inside a state to the history of that state."""

    name: str = "statemachine"
    _drivers: WeakKeyDictionary[Chart, _Driver] = field(init=False, repr=False, factory=WeakKeyDictionary)

    def start(self, chart: Chart) -> Step:
        """
        Enter the initial states, outer first.

        Raises:
            UnsupportedChart: If a transition leads from inside a state to that state's history.
        """
        return self._driver(chart).first

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        """Take what `event` enables, one microstep; None if nothing reacts."""
        tree = chart.tree
        if tree.finals >> at.leaves[0] & 1 and len(tree.paths[at.leaves[0]]) == 1:
            return None
        driver = self._driver(chart)
        story = _Story(chart, _event(event), allows)
        with driver.placed(at, story) as machine:
            machine.send(story.event or NOTHING)
            return story.step(at, machine) if story.taken else None

    def _driver(self, chart: Chart) -> _Driver:
        driver = self._drivers.get(chart)
        if driver is None:
            driver = self._drivers.setdefault(chart, _Driver.build(chart))
        return driver


@frozen(eq=False)
class _Driver:
    """The library's class for one chart, objects of it that nobody uses just now, and how a case begins."""

    made: type[StateChart[_Model]]
    numbers: Mapping[Transition, int]
    first: Step
    spare: deque[StateChart[_Model]]

    @classmethod
    def build(cls, chart: Chart) -> _Driver:
        _refuse(chart)
        states: Row = {ROOT_ID: _root(chart)}
        made = create_machine_class_from_definition("Chart", states, **SETTINGS)
        for value, state in made.states_map.items():
            # The library leaves and enters by this order, and gives one place to a state's first inner state and to
            # the next state beside it.
            state.document_order = value - AWAY
        own = {
            value: (arrow for arrow in state.transitions if not arrow.initial)
            for value, state in made.states_map.items()
        }
        numbers = {next(own[arrow.source]): number for number, arrow in enumerate(chart.transitions)}
        story = _Story(chart, None, bool, open=False)
        machine = made(model=_Model(numbers, story))
        del machine.model.story
        first = Step((), (), tuple(story.entered), _place(chart.tree, machine, ()), tuple(story.raised))
        return cls(made, numbers, first, deque([machine], maxlen=SPARE))

    @contextmanager
    def placed(self, at: Configuration, story: _Story) -> Iterator[StateChart[_Model]]:
        """An object that stands where the case does; after an exception it is not used again."""
        tree, active = story.chart.tree, 0
        for leaf in at.leaves:
            active |= tree.lines[leaf]
        where = OrderedSet((ROOT, *bits(active)))
        try:
            machine = self.spare.pop()
        except IndexError:
            machine = self.made(model=_Model(self.numbers, story, where))
        machine.model.story = story
        machine.current_state_value = where
        states = self.made.states_map
        machine.history_values = {_id(number): [states[state] for state in kept] for number, kept in at.memory if kept}
        yield machine
        del machine.model.story
        self.spare.append(machine)


@define(eq=False)
class _Story:
    """
    What happens in one step, told in the chart's numbers.

    `event` is called as the library knows it; `open` holds until transitions are selected. `said` are the transitions
    whose `raises` are under way, `heard` is the event that was last noted.
    """

    chart: Chart
    event: str | None
    allows: Callable[[int], bool]
    open: bool = True
    answers: dict[int, bool] = field(factory=dict)
    taken: list[int] = field(factory=list)
    exited: list[int] = field(factory=list)
    entered: list[int] = field(factory=list)
    raised: list[str] = field(factory=list)
    said: set[int] = field(factory=set)
    heard: TriggerData | None = None

    @property
    def back(self) -> bool:
        return any(self.chart.transitions[number].back for number in self.taken)

    def step(self, at: Configuration, machine: StateChart[_Model]) -> Step:
        taken, raised = tuple(self.taken), tuple(self.raised)
        if self.back:
            return Step(taken, (), (), at, raised)
        after = _place(self.chart.tree, machine, at.memory)
        return Step(taken, tuple(self.exited), tuple(self.entered), after, raised)


@define(eq=False)
class _Model:
    """What the library calls back by the names of these methods, and where it keeps its state; no story, no step."""

    numbers: Mapping[Transition, int]
    story: _Story
    state: OrderedSet[int] | None = None

    def permitted(self, transition: Transition, event: str | None) -> bool:
        story = self.story
        if not story.open or event != story.event:
            return False
        number = self.numbers[transition]
        if number not in story.answers:
            story.answers[number] = bool(story.allows(number))
        return story.answers[number]

    def before_transition(self, transition: Transition) -> None:
        self.story.open = False
        self.story.taken.append(self.numbers[transition])

    def on_exit_state(self, state: State, machine: StateChart[_Model]) -> None:
        self.story.exited.append(state.value)
        if not self.story.back:
            _raise(machine, self.story.chart.states[state.value].exit_raises)

    def content(self, transition: Transition, machine: StateChart[_Model]) -> None:
        """Raise what a transition raises: once, though the library comes again for each history on the way in."""
        number = self.numbers[transition]
        if number not in self.story.said:
            self.story.said.add(number)
            _raise(machine, self.story.chart.transitions[number].raises)

    def on_enter_state(self, state: State, machine: StateChart[_Model]) -> None:
        if state.value >= 0:
            self.story.entered.append(state.value)
            _raise(machine, self.story.chart.states[state.value].entry_raises)

    def overhears(self, event_data: EventData, name: str = "") -> bool:
        """Note an event that the library takes from its internal queue; it asks once per region, and takes nothing."""
        trigger, story = event_data.trigger_data, self.story
        event = trigger.event or ""
        if trigger is not story.heard:
            story.heard = trigger
            if event == RAISED:
                story.raised.append(name)
            elif event.startswith(DONE) and event != DONE + ROOT_ID:
                story.raised.append(DONE + story.chart.states[_number(event.removeprefix(DONE))].id)
        return False


def _raise(machine: StateChart[_Model], names: tuple[str, ...]) -> None:
    for name in names:
        machine.raise_(RAISED, name=name)


def _place(tree: Tree, machine: StateChart[_Model], memory: Memory) -> Configuration:
    """Where the library's object stands now, and what its histories know beside what they knew before."""
    leaves = sorted(value for value in machine.configuration_values if value >= 0 and tree.leaves >> value & 1)
    known = dict(memory)
    for history, kept in machine.history_values.items():
        number = _number(history)
        deep = tree.deep >> number & 1
        known[number] = tuple(sorted(state.value for state in kept if state.is_atomic or not deep))
    return Configuration(tuple(leaves), tuple(sorted(known.items())))


# ── what the library is told of a chart ────────────────────────────────────────────────────────────────────────────


def _refuse(chart: Chart) -> None:
    """
    Refuse transitions that lead from inside a state to the history of that state.

    The library works out what to enter up to the history's state, though a state inside may never have been left.
    """
    tree = chart.tree
    histories = {
        chart.states[target].id: None
        for arrow in chart.transitions
        for target in arrow.targets
        if tree.kinds[target] == "history" and (*tree.paths[target], ROOT)[1] in (*tree.paths[arrow.source], ROOT)[1:]
    }
    if histories:
        raise UnsupportedChart(
            "statemachine", list(histories), "a transition leads to the history of a state around it"
        )


def _root(chart: Chart) -> Row:
    """
    The whole chart as one state around all others, since the library knows no transitions of the chart itself.

    Its last transition is never taken: its guard overhears the events that the library raises.
    """
    root = _row(chart, ROOT, ROOT_ID)
    rows = [*(_row(chart, number, _id(number)) for number in range(len(chart.states))), root]
    for number, state in enumerate(chart.states):
        outer = rows[ROOT if state.parent is None else state.parent]
        outer["history" if state.kind == "history" else "states"][_id(number)] = rows[number]
    if any(arrow.back for arrow in chart.transitions):
        root["states"][AWAY_ID] = {"name": AWAY_ID, "value": AWAY}
    for arrow in chart.transitions:
        rows[arrow.source]["transitions"].append(_transition(chart.tree, arrow))
    root["transitions"].append({"target": None, "event": "*", "cond": "overhears"})
    return root


def _row(chart: Chart, number: int, name: str) -> Row:
    tree, kind = chart.tree, chart.tree.kinds[number]
    row: Row = {"name": name, "value": number, "transitions": []}
    if kind == "history":
        row["type"] = "deep" if tree.deep >> number & 1 else "shallow"
        row["transitions"] += [{"target": _id(target)} for target in tree.defaults[number]]
        return row
    if kind == "compound":
        row["transitions"].append({"target": _ids(tree.initial[number]), "initial": True})
    return row | {"final": kind == "final", "parallel": kind == "parallel", "states": {}, "history": {}}


def _transition(tree: Tree, arrow: ChartTransition) -> Row:
    target = AWAY_ID if arrow.back else _ids(arrow.targets)
    inside = tree.kinds[arrow.source] == "compound" and not mask_of(arrow.targets) & ~tree.inside[arrow.source]
    internal = arrow.source == ROOT or (arrow.internal and inside and not arrow.back)
    return {
        "target": target or None,
        "event": ["*" if event == "*" else _event(event) for event in arrow.events] or None,
        "internal": bool(target) and internal,
        "cond": "permitted",
        "on": "content" if arrow.raises else None,
    }


def _event(event: str | None) -> str | None:
    """An event as the library knows it: no method of the library's is called so, and spaces do not part it."""
    return None if event is None else "e." + quote(event, safe="*", errors="surrogatepass")


def _id(number: int) -> str:
    return f"s{number}"


def _ids(numbers: tuple[int, ...]) -> str:
    return " ".join(map(_id, numbers))


def _number(name: str) -> int:
    return int(name.removeprefix("s"))
