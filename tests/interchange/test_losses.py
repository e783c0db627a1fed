"""
What is lost is said of the very process: everything it uses and the format has no word for, and nothing else.
"""

import re

import pytest

from interchange.charts import CATALOG
from interchange.machines import chart_of
from svcflow.core.process import Process, actions_of
from svcflow.errors import InputError
from svcflow.interchange import FORMATS, export

HEAD = (
    "process: machine\nversion: 1\nroles: [clerk, boss]\nhooks: [bell]\nqualifications: [skill]\n"
    "fields: {a: number, b: flag}\n"
)
END = "  over: {end: done}\n"
EACH = pytest.mark.parametrize("process", CATALOG, ids=lambda process: process.name)


def kinds(states: str, to: str) -> set[str]:
    process = chart_of(f"{HEAD}calendar: always\nstates:\n{states}{END}")
    return {loss.kind for loss in export(process, to=to).losses} - {"fields"}


@pytest.mark.parametrize("to", FORMATS)
def test_of_a_process_that_is_a_chart_only_nothing_is_lost(to: str) -> None:
    process = chart_of("process: machine\nversion: 1\nstates:\n  new: {events: {go: over}}\n  over: {end: done}\n")
    assert export(process, to=to).losses == ()


@pytest.mark.parametrize(
    ("states", "kind", "holding"),
    [
        ("  new: {by: clerk, events: {go: over}}\n", "roles", set()),
        ("  new: {by: clerk, qualified: skill, events: {go: over}}\n", "qualified", set()),
        ("  new: {by: clerk, events: {go: {to: over, qualified: skill}}}\n", "qualified", set()),
        ("  new: {events: {go: {to: over, ask: a}}}\n", "forms", set()),
        ("  new: {limit: 2h, events: {go: over}}\n", "limits", set()),
        ("  new: {wait: 2h, events: {go: over}}\n", "waits", set()),
        ("  new: {events: {go: over}, after: {2h: over}}\n", "timers", {"mermaid", "bpmn"}),
        ("  new: {events: {go: over}, after: {every 2h: {do: {hook: bell}}}}\n", "reminders", {"mermaid"}),
        ("  new: {events: {go: {to: [{to: over, when: b}, over]}}}\n", "when", {"scxml", "xstate", "mermaid", "bpmn"}),
        ("  new: {events: {go: {to: [{to: over, share: 5%}, over]}}}\n", "share", {"xstate", "mermaid", "bpmn"}),
        ("  new: {events: {go: {to: [{to: over, max: 2}, over]}}}\n", "max", {"scxml", "xstate", "mermaid", "bpmn"}),
        ("  new: {events: {go: {to: over, do: {set: {b: true}}}}}\n", "set", {"xstate"}),
        ("  new: {events: {go: {to: x, do: {send: on}}}}\n  x: {events: {on: over}}\n", "send", {"scxml"}),
        ("  new: {events: {go: {to: over, do: {hook: bell}}}}\n", "hooks", {"xstate", "transitions"}),
        ("  new: {events: {go: {to: over, do: {notify: boss}}}}\n", "notify", {"xstate"}),
        ("  new: {auto: over}\n", "auto", {"scxml", "xstate", "mermaid", "bpmn"}),
        ("  new: {events: {go: held}}\n  held: {events: {on: back, off: over}}\n", "back", {"mermaid"}),
        ("  new: {events: {go: over, stay: here}}\n", "stays", {"scxml", "xstate", "transitions", "mermaid"}),
        ("  new: {events: {go: p}}\n  p: {parallel: true, states: {q: {}, r: {}}, events: {go: over}}\n", "regions",
         {"scxml", "xstate", "transitions", "mermaid"}),
    ],
)  # fmt: skip
def test_each_feature_is_lost_where_the_format_has_no_word_for_it(states: str, kind: str, holding: set[str]) -> None:
    assert {to for to in FORMATS if kind not in kinds(states, to)} == holding


@EACH
@pytest.mark.parametrize("to", FORMATS)
def test_the_list_is_complete_for_the_catalog(process: Process, to: str) -> None:
    lost = export(process, to=to).losses
    assert len(lost) == len(set(lost))
    found = [loss.kind for loss in lost]
    assert found.count("limits") == sum(state.limit is not None for state in process.states)
    assert found.count("private") == len(process.private)
    if "hooks" in found:
        told = [step.do for state in process.states if state.limit is not None for step in state.limit.escalation]
        done = [do for state in process.states for do in actions_of(state) if do not in told]
        named = {hook for do in done for hook in do.hooks}
        assert {loss.text.removeprefix("hook ") for loss in lost if loss.kind == "hooks"} == named
    for clock in process.clocks:
        assert any(loss.about == f"sla {clock}" for loss in lost)


@EACH
@pytest.mark.parametrize("to", ["scxml", "mermaid", "bpmn"])
def test_a_format_with_comments_carries_its_list(process: Process, to: str) -> None:
    made = export(process, to=to)
    assert made.losses
    assert [loss for loss in made.losses if str(loss).replace("--", "- -") not in made.text] == []


@pytest.mark.requirement("R230")
@EACH
@pytest.mark.parametrize("to", FORMATS)
def test_no_private_value_and_no_other_language_is_written(process: Process, to: str) -> None:
    made = export(process, to=to, language="en")
    assert re.search("[一-鿿]", made.text) is None


@pytest.mark.parametrize("to", FORMATS)
def test_a_language_that_the_process_has_not_is_refused(to: str) -> None:
    with pytest.raises(InputError, match="'de' is not one of the languages zh, en"):
        export(CATALOG[0], to=to, language="de")
