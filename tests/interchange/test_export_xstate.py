"""
A process as an XState machine goes where the process goes, on XState itself.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from interchange.charts import CATALOG, follow, processes, walks
from interchange.machines import chart_of
from svcflow.core.process import Process
from svcflow.interchange import export

WALK = """
import { createMachine, initialTransition, transition } from 'xstate';
const quiet = Object.fromEntries(['set', 'start', 'hook', 'notify', 'count'].map((name) => [name, () => {}]));
const delays = Object.fromEntries(question.delays.map((name) => [name, 1000]));
const setup = { guards: { open: () => true }, actions: quiet, delays };
answer(question.cases.map(({ config, walks }) => {
  const machine = createMachine(config).provide(setup);
  return walks.map((events) => {
    let [snapshot] = initialTransition(machine);
    const seen = [snapshot.value];
    for (const type of events) {
      if (snapshot.status === 'active') [snapshot] = transition(machine, snapshot, { type });
      seen.push(snapshot.value);
    }
    return seen;
  });
}));
"""


def leaves(value: Any, around: str = "") -> list[str]:  # noqa: ANN401 - JSON data have no narrower type
    """
    The active leaves as sorted paths.
    """
    if isinstance(value, str):
        return [around + value]
    return sorted(
        leaf for name, inner in value.items() for leaf in leaves(inner, f"{around}{name}.") or [around + name]
    )


def delays(found: list[Process]) -> list[str]:
    return sorted({after.rule.name for process in found for state in process.states for after in state.after})


@pytest.mark.slow
def test_xstate_goes_where_the_process_goes(node: Callable[[str, Any], Any]) -> None:
    found = processes()
    cases = [{"config": json.loads(export(one, to="xstate").text), "walks": walks(one)} for one in found]
    answers = node(WALK, {"cases": cases, "delays": delays(found)})
    assert sum(len(case["walks"]) for case in cases) > 100
    for process, case, seen in zip(found, cases, answers, strict=True):
        for events, values in zip(case["walks"], seen, strict=True):
            assert [leaves(value) for value in values] == follow(process, events), f"{process.name}: {events}"


def test_every_state_of_a_process_is_there_with_its_title() -> None:
    for process in CATALOG:
        machine = json.loads(export(process, to="xstate", language="zh").text)
        for state in process.states:
            found = machine
            for name in state.path.split("."):
                found = found["states"][name]
            assert found["description"] == state.title["zh"]


def test_what_is_done_is_named_with_its_parameters() -> None:
    process = chart_of(
        "process: machine\nversion: 1\nroles: [clerk]\nby: clerk\nhooks: [bell]\nfields: {ready: flag, price: money}\n"
        "states:\n  new:\n    do: {hook: bell}\n    events:\n"
        "      go: {to: [{to: over, max: 3, when: price > 3}, new], do: {set: {ready: true}, notify: {clerk: done}}}\n"
        "  over: {end: cancelled}\n"
    )
    machine = json.loads(export(process, to="xstate").text)
    new = machine["states"]["new"]
    assert new["entry"] == [{"type": "hook", "params": {"name": "bell"}}]
    first, second = new["on"]["go"]
    assert first["guard"] == {"type": "open", "params": {"when": "price > 3", "max": 3, "count": "new/go/over"}}
    assert [one["type"] for one in first["actions"]] == ["count", "set", "notify"]
    assert first["actions"][2]["params"] == {"to": "clerk", "message": "done"}
    assert second["reenter"] is True
    assert machine["states"]["over"] == {"description": "Over", "type": "final", "tags": ["cancelled"]}
