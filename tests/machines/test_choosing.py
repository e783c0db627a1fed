"""An engine with a machine of one's own choice: by name or as an object, and what happens to what it cannot run."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcflow import language
from svcflow.core.event import Actor
from svcflow.core.machine import Chart, Step
from svcflow.core.process import Process
from svcflow.core.statechart import Statechart
from svcflow.engine import Engine
from svcflow.errors import DefinitionError, InputError, UnsupportedChart
from svcflow.language import Finding
from svcflow.machines.transitions import Transitions

HEAD = """roles: [agent]
by: agent
states:
"""
VISIT = f"""process: visit
version: 1
{HEAD}  ready: {{limit: 2d, events: {{go: work}}}}
  work:
    parallel: true
    events: {{done: closed}}
    states:
      site: {{states: {{open: {{limit: 2d, events: {{leave: left}}}}, left: {{end: done}}}}}}
      parts: {{states: {{used: {{limit: 2d, events: {{count: counted}}}}, counted: {{end: done}}}}}}
  closed: {{end: done}}
"""
PLAN = f"""process: plan
version: 1
{HEAD}  visiting: {{run: visit, events: {{closed: done}}}}
  done: {{end: done}}
"""
LI = Actor("li", roles={"agent"})


def visit() -> Process:
    return language.compile_sources({"visit.yaml": VISIT}, "visit.yaml")


def findings(refused: DefinitionError) -> list[tuple[str, str, int, int]]:
    found = [one for one in refused.findings if isinstance(one, Finding)]
    return [(one.code, one.file, one.line, one.column) for one in found]


def test_a_machine_is_chosen_by_its_name_or_given() -> None:
    for chosen in ("transitions", Transitions()):
        engine = Engine(machine=chosen)
        engine.publish(
            language.compile_sources({"p.yaml": f"process: p\nversion: 1\n{HEAD}  a: {{end: done}}"}, "p.yaml")
        )
        assert engine.open("p", actor=LI).status == "done"


def test_an_unknown_machine_is_told_before_a_store_is_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no machine is called 'perpetuum'"):
        Engine(f"sqlite:///{tmp_path}/service.db", machine="perpetuum")
    with pytest.raises(InputError, match="machine=: 5 is no machine"):
        Engine(f"sqlite:///{tmp_path}/service.db", machine=5)  # type: ignore[arg-type]  # what a host may do
    assert not (tmp_path / "service.db").exists()


def test_a_parallel_process_is_refused_at_publishing_with_the_place_of_its_state() -> None:
    engine = Engine(machine="transitions")
    with pytest.raises(DefinitionError) as refused:
        engine.publish(visit())
    line = VISIT.splitlines().index("  work:") + 1
    assert findings(refused.value) == [("SF316", "visit.yaml", line, 3)]
    assert "machine `transitions` cannot run `work`" in str(refused.value)
    assert engine.store.processes("") == ()


def test_a_process_is_refused_for_the_sake_of_one_that_it_runs(tmp_path: Path) -> None:
    for name, text in (("visit", VISIT), ("plan", PLAN)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    engine = Engine(machine="transitions")
    for what in (tmp_path / "plan.yaml", language.load(tmp_path / "plan.yaml")):
        with pytest.raises(DefinitionError) as refused:
            engine.publish(what)
        assert [(code, file) for code, file, *_ in findings(refused.value)] == [("SF316", str(tmp_path / "visit.yaml"))]
    assert engine.store.processes("") == ()


def test_a_group_is_named_for_its_history() -> None:
    class NoHistory(Statechart):
        """Stands for any machine that knows no histories."""

        def start(self, chart: Chart) -> Step:
            histories = [state.id for state in chart.states if state.kind == "history"]
            if histories:
                raise UnsupportedChart("plain", histories, "it remembers nothing")
            return super().start(chart)

    text = f"process: p\nversion: 1\n{HEAD}  g: {{states: {{a: {{events: {{x: b}}}}, b: {{events: {{x: c}}}}}}}}\n"
    text += "  c: {events: {back: g.last, end: e}}\n  e: {end: done}\n"
    with pytest.raises(DefinitionError, match="machine `plain` cannot run `g`: it remembers nothing"):
        Engine(machine=NoHistory("plain")).publish(language.compile_sources({"p.yaml": text}, "p.yaml"))


def test_what_another_engine_published_is_shown_but_not_moved(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/service.db"
    with Engine(url) as other:
        other.publish(visit())
        case = other.open("visit", actor=LI)
    with Engine(url, machine="transitions") as engine:
        assert engine.case(case.id).state == "ready"
        with pytest.raises(UnsupportedChart, match=r"\(work\)"):
            engine.send(case.id, "go", actor=LI)
        with pytest.raises(UnsupportedChart, match=r"\(work\)"):
            engine.open("visit", actor=LI)
        assert engine.case(case.id) == case
