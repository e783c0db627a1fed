"""
Ways take every transition that can be taken, and are the same ones every time.
"""

from pathlib import Path

from svcflow import catalog
from svcflow.testing.running import run
from svcflow.testing.stage import Stage
from svcflow.testing.ways import ways


def test_the_ways_of_a_process_take_all_its_transitions() -> None:
    stage = Stage.of(catalog.callback)
    traces = list(ways(stage))
    entries = [entry for trace in traces for step in run(stage, trace, properties=()).steps for entry in step.entries]
    taken = {name for entry in entries if entry.case == "case" for move in entry.moves for name in move.taken}
    assert taken == {one.count for _rule, one in stage.process.moves}
    assert list(ways(stage)) == traces


SAMPLED = """
process: sampled
version: 1
roles: [agent, boss]
by: agent
states:
  work: {events: {done: {to: [{to: checked, share: 2%}, {to: closed, share: 90%}, asked]}}}
  checked: {by: boss, events: {passed: closed, failed: {to: [{to: work, share: 5%}, closed]}}}
  asked: {events: {answered: closed}}
  closed: {end: done}
"""


def test_ways_find_cases_for_every_share(tmp_path: Path) -> None:
    (tmp_path / "sampled.yaml").write_text(SAMPLED, encoding="utf-8")
    stage = Stage.of(tmp_path / "sampled.yaml")
    entries = [entry for trace in ways(stage) for step in run(stage, trace).steps for entry in step.entries]
    taken = {name for entry in entries for move in entry.moves for name in move.taken}
    assert taken == {one.count for _rule, one in stage.process.moves}
