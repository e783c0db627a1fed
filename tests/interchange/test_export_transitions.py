"""
A process as a `transitions` machine: the library takes it, and what comes back is the same chart.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from transitions import Machine
from transitions.extensions import HierarchicalMachine
from transitions.extensions.nesting import NestedState

import svcflow
from interchange.machines import LibraryFails, Walk, chart_of, flat_machines, load_text, nested_machines
from svcflow import catalog
from svcflow.core.process import Process
from svcflow.errors import InputError
from svcflow.interchange import export, read_machine

SHARED = Path(__file__).parents[2].parent / "shared" / "definitions"


class Dotted(NestedState):
    separator = "."


class DottedMachine(HierarchicalMachine):
    state_cls = Dotted


def build(arguments: dict[str, Any]) -> Machine:
    """
    The machine as a reader of the documentation builds it.
    """
    nested = arguments.pop("separator", None) is not None
    return DottedMachine(**arguments) if nested else Machine(**arguments)


PROCESSES: list[Process] = [getattr(catalog, name) for name in catalog.NAMES]


def shape(process: Process) -> tuple[Any, Any]:
    """
    The states of a process, and per state and event where it leads, in the order in which that is tried.
    """
    ways: dict[tuple[int, tuple[str, ...]], list[tuple[tuple[int, ...], bool]]] = {}
    for one in process.chart.transitions:
        ways.setdefault((one.source, one.events), []).append((one.targets, one.internal))
    return process.chart.states, ways


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_the_library_takes_every_process_of_the_catalog(process: Process) -> None:
    machine = build(json.loads(export(process, to="transitions").text))
    paths = {state.path for state in process.states}
    names = machine.get_nested_state_names() if isinstance(machine, HierarchicalMachine) else list(machine.states)
    assert set(names) == paths
    for rule, alternative in process.moves:
        if rule.kind in {"event", "anywhere", "child"} and alternative.kind in {"go", "here"}:
            goal = None if alternative.target is None else process.states[alternative.target].path
            found = machine.events[rule.name].transitions[process.states[rule.state].path]
            assert goal in {one.dest for one in found}


@pytest.mark.parametrize("name", ["callback", "complaint", "maintenance", "maintenance_plan", "service_ticket"])
def test_the_shared_definitions_come_back_as_processes(name: str) -> None:
    file = SHARED / f"{name}.yaml"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    process = svcflow.load(file)
    back = load_text(read_machine(json.loads(export(process, to="transitions").text), process=name).text, name)
    assert list(back.paths) == list(process.paths)
    ends = [state.path for state in process.states if state.end is not None and state.parent is None]
    assert [state.path for state in back.states if state.end is not None and state.parent is None] == ends


@settings(max_examples=40, deadline=None)
@given(flat_machines())
def test_a_flat_machine_comes_back_as_the_same_chart(machine: dict[str, Any]) -> None:
    _there_and_back(machine)


@settings(max_examples=40, deadline=None)
@given(nested_machines())
def test_a_nested_machine_comes_back_as_the_same_chart(machine: dict[str, Any]) -> None:
    try:
        _there_and_back(machine)
    except (InputError, LibraryFails):
        return


def _there_and_back(machine: dict[str, Any]) -> None:
    process = Walk(machine).process
    arguments = json.loads(export(process, to="transitions").text)
    back = load_text(read_machine(arguments).text)
    assert shape(back) == shape(process)
    assert back.fields.keys() == process.fields.keys()


def test_hooks_and_flags_come_back_where_they_were() -> None:
    given = {
        "states": ["new", {"name": "open", "on_enter": "greet"}, "shut"],
        "initial": "new",
        "transitions": [
            {
                "trigger": "go",
                "source": "new",
                "dest": "open",
                "conditions": "ready",
                "unless": "late",
                "after": "tell",
            },
            ["end", "open", "shut"],
        ],
    }
    text = svcflow.import_machine(given)
    arguments = json.loads(export(load_text(text), to="transitions").text)
    assert svcflow.import_machine(arguments) == text


def test_what_is_lost_is_said_of_this_very_process() -> None:
    process = load_text(
        "process: machine\nversion: 1\nroles: [clerk]\nby: clerk\ncalendar: always\nstates:\n"
        "  new: {limit: 2h, events: {go: {to: over, max: 3}, stay: here}, after: {1d: over}}\n"
        "  over: {end: done}\n"
    )
    lost = export(process, to="transitions").losses
    assert [(one.kind, one.about, one.text) for one in lost] == [
        ("roles", "state new", "by clerk"),
        ("limits", "state new", "limit 2h"),
        ("max", "event go of new", "to over at most 3 times"),
        ("timers", "timer 1d of new", "after 1d"),
        ("roles", "state over", "by clerk"),
    ]
    assert "after_1d" in export(process, to="transitions").text


def test_of_a_process_with_nothing_special_nothing_is_lost() -> None:
    process = chart_of("process: machine\nversion: 1\nstates:\n  new: {events: {go: over}}\n  over: {end: done}\n")
    assert export(process, to="transitions").losses == ()
