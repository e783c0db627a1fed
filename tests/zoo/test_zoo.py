"""
The kit's own test: bugs of the kind that programmers really make are planted, and each must be found.
"""

from __future__ import annotations

from contextlib import nullcontext
from itertools import islice
from pathlib import Path

import pytest
from attrs import evolve

from svcflow.testing.drawing import random_traces
from svcflow.testing.running import run
from zoo.keeper import ALL
from zoo.zoo import Bug, drawing, hunted, staged, table

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "zoo.md"

each = pytest.mark.parametrize("one", ALL, ids=lambda one: one.name.replace(" ", "-"))
seeds = pytest.mark.parametrize("seed", range(3))

healthy = {(one.process, one.faults): evolve(one, planted=nullcontext) for one in ALL if one.breaks != "a process"}


@each
def test_it_is_found(one: Bug) -> None:
    with staged(one) as stage:
        for trace in islice(random_traces(drawing(one, stage), 0), one.examples):
            try:
                run(stage, trace, properties=one.properties)
            except one.finds:
                return
    pytest.fail(f"{one.what}: not found in {one.examples} runs")


@pytest.mark.zoo
@seeds
@each
def test_it_is_found_in_every_seed_and_reduced_to_little(one: Bug, seed: int) -> None:
    outcome = hunted(one, seed)
    assert outcome.found, f"{one.what}: not found in {outcome.runs} runs"
    assert isinstance(outcome.found[0].violation, one.finds), repr(outcome.found[0].violation)
    assert len(outcome.found[0].trace) <= one.length, outcome.found[0].trace


@pytest.mark.zoo
@seeds
@pytest.mark.parametrize("one", healthy.values(), ids=lambda one: one.name.replace(" ", "-"))
def test_nothing_is_found_where_no_bug_is_planted(one: Bug, seed: int) -> None:
    outcome = hunted(one, seed)
    assert not outcome.found, outcome.found[0].violation


def test_the_table_in_the_docs_is_that_of_the_zoo() -> None:
    assert table(ALL) in DOCS.read_text("utf-8"), f"the table is\n\n{table(ALL)}"


def test_there_are_enough_bugs_and_each_has_a_name_of_its_own() -> None:
    assert len(ALL) >= 30
    assert len({one.name for one in ALL}) == len(ALL)
    assert all(one.what for one in ALL)
