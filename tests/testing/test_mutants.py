from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from svcflow import catalog
from svcflow.core.process import Process
from svcflow.language import changes, compile_sources
from svcflow.testing import Definition, Mutant, definitions, mutant_of, mutants

PLAN = """\
process: plan
version: 1
roles: [clerk, boss]
fields: {ready: flag, score: 1..5, owner: person}
escalations: {loud: {50%: {notify: clerk}, 100%: {notify: boss, set: {ready: true}}}}
escalation: loud
by: clerk
sla: {whole: {from: limit, until: [closed, gone], target: {per: score, table: {1: 4h, default: 2d}}}}
states:
  limit:
    not_by: owner
    limit: 4h
    events:
      when: {to: [{to: closed, when: ready and score >= 4, max: 2}, gone], ask: [ready, score], do: {set: {owner: me}}}
  gone: {end: cancelled}
  closed: {end: done}
"""


@pytest.fixture(scope="module")
def made() -> Mapping[str, Mutant]:
    return {mutant.what: mutant for mutant in mutants(Definition({"plan.yaml": PLAN}, "plan.yaml").process)}


def test_the_mutants_of_a_process_are_all_its_single_slips(made: Mapping[str, Mutant]) -> None:
    way = "states.limit.events.when.to.0"
    assert list(made) == [
        "clock dropped: sla.whole",
        "until dropped: sla.whole.until.0",
        "until dropped: sla.whole.until.1",
        "time changed: sla.whole.target.table.1 -> 5h",
        "time changed: sla.whole.target.table.default -> 3d",
        "again changed: sla.whole.again -> continue",
        "bar dropped: states.limit.not_by",
        "limit dropped: states.limit.limit",
        "time changed: states.limit.limit -> 5h",
        "event dropped: states.limit.events.when",
        "field not asked for: states.limit.events.when, ready",
        "field not asked for: states.limit.events.when, score",
        "set dropped: states.limit.events.when.do.set",
        "alternatives swapped: states.limit.events.when.to",
        "alternative dropped: states.limit.events.when.to.0",
        f"target changed: {way}.to -> gone",
        f"guard dropped: {way}.when",
        f"guard turned round: {way}.when -> not (ready and score >= 4)",
        f"guard changed: {way}.when -> ready or score >= 4",
        f"guard changed: {way}.when -> ready and score > 4",
        f"max dropped: {way}.max",
        f"max changed: {way}.max -> 3",
        "alternative dropped: states.limit.events.when.to.1",
        "target changed: states.limit.events.when.to.1 -> closed",
        "escalation step dropped: escalations.loud.50%",
        "escalation step moved: escalations.loud.50% -> 51%",
        "escalation step dropped: escalations.loud.100%",
        "escalation step moved: escalations.loud.100% -> 101%",
        "notify dropped: escalations.loud.100%.notify",
        "set dropped: escalations.loud.100%.set",
    ]


def test_a_mutant_says_where_its_original_stands(made: Mapping[str, Mutant]) -> None:
    for mutant in made.values():
        key = mutant.what.partition(",")[0].partition(" -> ")[0].rpartition(".")[2]
        assert key in PLAN.splitlines()[mutant.line - 1] or key.isdecimal() or key == "again"
    assert str(made["bar dropped: states.limit.not_by"]) == "plan.yaml:11: bar dropped: states.limit.not_by"


def test_no_two_mutants_do_the_same_and_each_says_what_became_of_it(made: Mapping[str, Mutant]) -> None:
    assert len({mutant.process.digest for mutant in made.values()}) == len(made)
    again = {what: compile_sources(one.process.sources, "plan.yaml").digest for what, one in made.items()}
    assert again == {what: mutant.process.digest for what, mutant in made.items()}


@settings(max_examples=15)
@given(mutant_of(catalog.callback))
def test_the_difference_between_a_mutant_and_its_original_can_be_told(mutant: Mutant) -> None:
    assert list(changes(catalog.callback, mutant.process))
    assert mutant.process.name == "callback"


@settings(max_examples=5)
@given(definitions(children=False, most_states=2))
def test_every_mutant_of_every_process_does_something_else(definition: Definition) -> None:
    process: Process = definition.process
    assert all(mutant.process != process for mutant in mutants(process))
