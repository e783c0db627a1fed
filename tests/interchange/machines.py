"""
Random machines of the `transitions` library, and how one is walked beside the process that it was imported as.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from transitions import Machine, MachineError
from transitions.extensions import HierarchicalMachine
from transitions.extensions.nesting import NestedState

import svcflow
from svcflow.interchange import Imported, read_machine
from svcflow.language import compile_sources

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACTOR = svcflow.Actor("li", roles={"staff"})
EVENTS = ("go", "stop", "done", "turn", "note it")
FLAGS = ("ready", "paid", "or")
NAMES = ("a", "b", "c", "in progress", "done", "1")


class SlashState(NestedState):
    """
    Names of nested states are parted by a slash, so that an underscore may stand in a name.
    """

    separator = "/"


class SlashMachine(HierarchicalMachine):
    state_cls = SlashState


class Model:
    """
    What a machine asks: its flags are set before each event.
    """

    state: Any


@st.composite
def state_trees(draw: st.DrawFn, depth: int = 2, *, parallel: bool = True) -> list[Any]:
    """
    States with names of their own among their neighbours; groups with and without an initial state, parallel states.
    """
    found: list[Any] = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
        kind = draw(st.sampled_from(["leaf", "leaf", "group", "group", "parallel"] if depth else ["leaf", "final"]))
        if kind in {"leaf", "final"}:
            found.append({"name": name, "final": kind == "final"} if draw(st.booleans()) else name)
            continue
        inner = draw(state_trees(depth - 1, parallel=parallel))
        if parallel and kind == "parallel" and len(inner) > 1:
            found.append({"name": name, "parallel": inner})
            continue
        group: dict[str, Any] = {"name": name, "children": inner}
        if draw(st.booleans()):
            group["initial"] = draw(st.sampled_from([path for path, _ in paths(inner) if "/" not in path]))
        if draw(st.booleans()):
            group["transitions"] = draw(transitions([path for path, _ in paths(inner)], most=2))
        found.append(group)
    return found


def paths(states: list[Any], around: str = "") -> Iterator[tuple[str, Any]]:
    """
    Every state with its whole name.
    """
    for state in states:
        name = state["name"] if isinstance(state, dict) else state
        yield around + name, state
        if isinstance(state, dict):
            for word in ("children", "parallel"):
                yield from paths(state.get(word, []), f"{around}{name}/")


@st.composite
def transitions(draw: st.DrawFn, names: list[str], most: int = 8) -> list[dict[str, Any]]:
    def one() -> dict[str, Any]:
        several = st.lists(st.sampled_from(names), min_size=1)
        made: dict[str, Any] = {
            "trigger": draw(st.sampled_from(EVENTS)),
            "source": draw(several) if draw(st.booleans()) else draw(st.sampled_from([*names, "*"])),
            "dest": draw(st.sampled_from([*names, None, "="])),
        }
        for word in ("conditions", "unless"):
            asked = draw(st.lists(st.sampled_from(FLAGS), max_size=2))
            if draw(st.booleans()) and asked:
                made[word] = asked
        return made

    return [one() for _ in range(draw(st.integers(1, most)))]


@st.composite
def nested_machines(draw: st.DrawFn, *, parallel: bool = True) -> dict[str, Any]:
    states = draw(state_trees(parallel=parallel))
    names = [name for name, _ in paths(states)]
    return {"states": states, "initial": draw(st.sampled_from(names)), "transitions": draw(transitions(names))}


@st.composite
def flat_machines(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from([*NAMES, "back", "待受理"]), min_size=1, max_size=5, unique=True))
    made: dict[str, Any] = {"states": names, "initial": names[-1], "transitions": draw(transitions(names))}
    if len(names) > 1 and draw(st.booleans()):
        made["ordered_transitions"] = True
    return made


def load_text(text: str, name: str = "machine") -> svcflow.Process:
    """
    The process of a text, read from a file as a user would.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        return svcflow.load(file)


def chart_of(text: str) -> svcflow.Process:
    """
    The process of a text without the rules over processes: a mere chart, in which nobody is named who may act.
    """
    return compile_sources({"machine.yaml": text}, "machine.yaml")


class LibraryFails(Exception):
    """
    The library itself breaks down on a machine: parallel states inside parallel states do that.
    """


class Walk:
    """
    A machine and its process side by side.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        nested = any(isinstance(state, dict) for state in given["states"])
        kind = SlashMachine if nested else Machine
        self.separator = "/" if nested else None
        self.model = Model()
        self.machine = kind(self.model, **given, auto_transitions=False)
        self.imported: Imported = read_machine(given, separator=self.separator)
        self.process = load_text(self.imported.text)
        opened = svcflow.open_case(self.process, {}, ACTOR, NOW, id="c")
        assert isinstance(opened, svcflow.Decision)
        self.case = opened.case

    def expected(self) -> set[str]:
        """
        Where the machine is, by the names of the process.
        """
        found = set(_flat(self.model.state))
        try:
            for one in found:
                self.machine.get_state(one)
        except (ValueError, KeyError) as problem:
            raise LibraryFails from problem
        return {self.imported.states[one.replace("/", ".") if self.separator else one] for one in found}

    def got(self) -> set[str]:
        return set(self.case.states)

    def trigger(self, event: str, flags: Mapping[str, bool]) -> tuple[bool, bool]:
        """
        Send one event to both; answers whether the machine and the process took it.
        """
        for flag, value in flags.items():
            setattr(self.model, flag, value)
        try:
            took = bool(getattr(self.model, "trigger")(event))  # noqa: B009 - the library puts it there
        except (MachineError, AttributeError):
            took = False
        except (ValueError, KeyError, TypeError) as problem:
            raise LibraryFails from problem
        return took, self.send(self.imported.events.get(event, "unheard_of"), flags)

    def send(self, event: str, flags: Mapping[str, bool]) -> bool:
        offers = {offer.event: offer for offer in svcflow.menu(self.process, self.case, ACTOR, NOW)}
        asked = offers[event].ask if event in offers else ()
        names = {self._flag(flag): value for flag, value in flags.items()}
        form = {name: names[name] for name in asked}
        made = svcflow.decide(self.process, self.case, svcflow.Event(event, form, ACTOR), NOW)
        if isinstance(made, svcflow.Decision):
            self.case = made.case
        return isinstance(made, svcflow.Decision)

    @staticmethod
    def _flag(name: str) -> str:
        return "or_2" if name == "or" else name


def _flat(state: Any) -> Iterator[Any]:  # noqa: ANN401 - a name, a member of an enumeration, or lists of them
    if isinstance(state, list):
        for one in state:
            yield from _flat(one)
    else:
        yield state
