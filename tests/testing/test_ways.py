"""
Ways take every transition that can be taken, and are the same ones every time.
"""

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
