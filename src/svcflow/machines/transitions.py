"""
Charts on the library `transitions`: it decides what fires and what is left and entered; svcflow adds what it lacks.

A step is pure although the library is not: its machine is built once per chart, knows no models, and moves an object
that lives for that one step and writes down what the callbacks tell it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from weakref import WeakKeyDictionary

from attrs import define, field, frozen
from transitions import Machine
from transitions.extensions import HierarchicalMachine

from svcflow.core.chart import Chart, Configuration, entry_events
from svcflow.core.chart_tree import ROOT, Memory, Tree, bits, mask_of
from svcflow.core.machine import Step
from svcflow.errors import UnsupportedChart

SPARE = 16
"""How many of the library's machines are kept per chart; more than this many threads in one chart build their own."""

DOOR = "door"
"""
A state beside the inner states of every group and beside the top ones, where a move rests between leaving and entering.

The library works out what a move leaves from where it stands and where it goes, whatever the source. By way of a door,
everything inside a group can be left, and anything inside it be entered.
"""


@frozen(eq=False)
class Transitions:
    """
    Flat and nested charts, with everything in them but parallel states.

    The library's machine keeps the scope it is looking at on itself, so two steps never share one: each takes a spare
    one or builds its own. After an exception it is not used again.
    """

    name: str = "transitions"
    _spare: WeakKeyDictionary[Chart, deque[_Driver]] = field(init=False, repr=False, factory=WeakKeyDictionary)

    def start(self, chart: Chart) -> Step:
        """
        Enter the initial states, outer first.

        Raises:
            UnsupportedChart: If there are parallel states, where the library does not do what a chart says.
        """
        tree = chart.tree
        traveller = _Traveller(DOOR, lambda _: True)
        with self._driver(chart) as driver:
            driver.enter(_leaf(tree, tree.initial[ROOT][0], ()), traveller)
        entered = tuple(traveller.entered)
        return Step((), (), entered, traveller.place(()), tuple(entry_events(chart.states, tree, 0, entered)))

    def step(self, chart: Chart, at: Configuration, event: str | None, allows: Callable[[int], bool]) -> Step | None:
        """Take what `event` enables, one microstep; None if nothing reacts."""
        with self._driver(chart) as driver:
            (leaf,) = at.leaves
            if leaf not in chart.offered(event):
                return None
            traveller = _Traveller(_path(chart.tree, leaf), allows)
            driver.fire(_trigger(chart, event), traveller)
            if traveller.taken is None:
                return None
            if traveller.taken in driver.resolved:
                _travel(chart, at, driver, traveller, traveller.taken)
        return _told(chart, at, traveller, traveller.taken)

    @contextmanager
    def _driver(self, chart: Chart) -> Iterator[_Driver]:
        spare = self._spare.get(chart)
        if spare is None:
            spare = self._spare.setdefault(chart, deque(maxlen=SPARE))
        try:
            driver = spare.pop()
        except IndexError:
            driver = _Driver.build(chart)
        yield driver
        spare.append(driver)


@define(eq=False)
class _Traveller:
    """What the library calls a model: `state` is where it stands, the rest is what the callbacks say, as numbers."""

    state: str
    allows: Callable[[int], bool]
    taken: int | None = None
    exited: list[int] = field(factory=list)
    entered: list[int] = field(factory=list)

    def place(self, memory: Memory) -> Configuration:
        return Configuration((int(self.state.rpartition("_")[2]),), memory)


@frozen(eq=False)
class _Driver:
    """One of the library's machines for one chart; `resolved` are the transitions whose way is svcflow's to find."""

    fire: Callable[[str, _Traveller], object]
    resolved: frozenset[int]

    @classmethod
    def build(cls, chart: Chart) -> _Driver:
        parallel = [state.id for state in chart.states if state.kind == "parallel"]
        if parallel:
            raise UnsupportedChart("transitions", parallel, "the library takes one event twice in parallel states")
        nested = any(state.kind == "compound" for state in chart.states)
        machine = (HierarchicalMachine if nested else Machine)(
            model=None, initial=None, states=_states(chart, ROOT), auto_transitions=False
        )
        resolved = frozenset(number for number in range(len(chart.transitions)) if _is_resolved(chart, number))
        for event in chart.offers:
            _add_event(machine, chart, event, resolved)
        _add_doors(machine, chart.tree)
        if isinstance(machine, HierarchicalMachine):
            return cls(partial(_fire_nested, machine), resolved)
        return cls(partial(_fire_flat, machine), resolved)

    def leave(self, group: int, traveller: _Traveller) -> None:
        """Leave everything inside a group."""
        self.fire(f"leave:{group}", traveller)

    def enter(self, leaf: int, traveller: _Traveller) -> None:
        """From the door of a group into a leaf anywhere inside it."""
        self.fire(f"enter:{leaf}", traveller)


def _fire_nested(machine: HierarchicalMachine, trigger: str, traveller: _Traveller) -> object:
    return machine.trigger_event(traveller, trigger, traveller)


def _fire_flat(machine: Machine, trigger: str, traveller: _Traveller) -> object:
    return machine.events[trigger].trigger(traveller, traveller)


# ── what the library is told of a chart ────────────────────────────────────────────────────────────────────────────


def _states(chart: Chart, group: int) -> list[dict[str, object]]:
    """The inner states of a group as the library wants them, its door first."""
    tree = chart.tree
    rows: list[dict[str, object]] = [{"name": DOOR}]
    for number in bits(tree.children[group]):
        row: dict[str, object] = {
            "name": str(number),
            "on_enter": [partial(_note_entry, number)],
            "on_exit": [partial(_note_exit, number)],
        }
        if tree.kinds[number] == "compound":
            row["children"] = _states(chart, number)
            if _starts_inside(tree, number):
                row["initial"] = str(tree.initial[number][0])
        rows.append(row)
    return rows


def _starts_inside(tree: Tree, group: int) -> bool:
    """Whether a group begins in one of its own inner states, not deeper or in a history: all that the library knows."""
    return bool(tree.children[group] >> tree.initial[group][0] & 1)


def _is_resolved(chart: Chart, number: int) -> bool:
    """
    Whether the library would go another way than the chart says, or knows none.

    It leaves as little as it can: for a move from a group to a state inside it, not the group and not what both have
    in common. It knows no history, and no initial state further inside than one level.
    """
    tree, arrow = chart.tree, chart.transitions[number]
    if not arrow.targets:
        return False
    target = arrow.targets[0]
    if tree.inside[arrow.source] >> target & 1 or tree.kinds[target] == "history":
        return True
    while tree.kinds[target] == "compound":
        if not _starts_inside(tree, target):
            return True
        target = tree.initial[target][0]
    return False


def _add_event(machine: Machine, chart: Chart, event: str | None, resolved: frozenset[int]) -> None:
    """Add the transitions that may answer an event: those of a state in file order, those of the chart last of all."""
    numbers = {number for row in chart.offers[event].values() for number in row}
    for number in sorted(numbers, key=lambda number: (chart.transitions[number].source == ROOT, number)):
        arrow = chart.transitions[number]
        stays = not arrow.targets or number in resolved
        target = None if stays else _path(chart.tree, arrow.targets[0])
        may, take = partial(_may, number), partial(_take, number)
        for source in _sources(chart.tree, arrow.source):
            machine.add_transition(_trigger(chart, event), source, target, conditions=may, before=take)


def _add_doors(machine: Machine, tree: Tree) -> None:
    """Add the ways from each group to its door, and from the doors to the leaves inside."""
    for number, kind in enumerate(tree.kinds):
        group = ROOT if number == len(tree.kinds) - 1 else number
        if kind == "compound":
            for source in _sources(tree, group):
                machine.add_transition(f"leave:{group}", source, _path(tree, group, DOOR))
        elif kind != "history":
            for outer in (*tree.paths[number][1:], ROOT):
                machine.add_transition(f"enter:{number}", _path(tree, outer, DOOR), _path(tree, number))


def _sources(tree: Tree, source: int) -> list[str]:
    """The states to which the library ties a transition: one of the chart belongs to all that are at the top."""
    return [_path(tree, number) for number in (bits(tree.children[ROOT]) if source == ROOT else (source,))]


def _path(tree: Tree, state: int, *inner: str) -> str:
    """The library's name of a state: the numbers on the way to it."""
    return "_".join((*map(str, reversed(tree.paths[state])), *inner))


def _trigger(chart: Chart, event: str | None) -> str:
    """The library's name of an event: it knows no beginnings and no star, so the one under which the chart knows it."""
    if event is None:
        return "auto"
    known = event
    while known not in chart.offers and "." in known:
        known = known.rpartition(".")[0]
    return f"event:{known if known in chart.offers else '*'}"


# ── what the library calls back ────────────────────────────────────────────────────────────────────────────────────


def _may(number: int, traveller: _Traveller) -> bool:
    return bool(traveller.allows(number))


def _take(number: int, traveller: _Traveller) -> None:
    traveller.taken = number


def _note_exit(number: int, traveller: _Traveller) -> None:
    traveller.exited.append(number)


def _note_entry(number: int, traveller: _Traveller) -> None:
    traveller.entered.append(number)


# ── what svcflow does itself ───────────────────────────────────────────────────────────────────────────────────────


def _travel(chart: Chart, at: Configuration, driver: _Driver, traveller: _Traveller, taken: int) -> None:
    """Go where a transition leads by way of the door of its domain; a history remembers what is left on the way."""
    tree, arrow = chart.tree, chart.transitions[taken]
    targets = tree.effective(arrow.targets, dict(at.memory))
    driver.leave(tree.domain(arrow.source, targets, internal=arrow.internal), traveller)
    driver.enter(_leaf(tree, arrow.targets[0], _memory(chart, at, traveller)), traveller)


def _leaf(tree: Tree, state: int, memory: Memory) -> int:
    """The leaf that is entered with a state."""
    remembered = dict(memory)
    while tree.kinds[state] in {"compound", "history"}:
        state = (remembered.get(state) or tree.defaults[state] or tree.initial[state])[0]
    return state


def _memory(chart: Chart, at: Configuration, traveller: _Traveller) -> Memory:
    """What histories know once the states that the traveller left are left."""
    exits = mask_of(traveller.exited)
    return chart.tree.remember(at.memory, chart.tree.lines[at.leaves[0]], exits) if exits & chart.watched else at.memory


def _told(chart: Chart, at: Configuration, traveller: _Traveller, taken: int) -> Step:
    """The step that the callbacks told of, with the events that it raises."""
    exited, entered = tuple(traveller.exited), tuple(traveller.entered)
    raised = [event for state in exited for event in chart.states[state].exit_raises]
    raised += chart.transitions[taken].raises
    kept = chart.tree.lines[at.leaves[0]] & ~mask_of(exited)
    raised += entry_events(chart.states, chart.tree, kept, entered)
    return Step((taken,), exited, entered, traveller.place(_memory(chart, at, traveller)), tuple(raised))
