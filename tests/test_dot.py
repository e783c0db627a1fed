"""
DOT for Graphviz: every line is grammatical, and what is used is declared.
"""

import re

import pytest

from svcflow.core.process import Process
from svcflow.diagram import dot
from svcflow.diagram.scene import Figure, scene
from test_diagram import DESK
from test_svg import SHIPPED, process, random_process

STRING = r'"(?:[^"\\\n]|\\["\\n])*"'
ATTRIBUTE = rf"[a-z]+=(?:{STRING}|[a-zA-Z0-9_.]+)"
LINES = [
    rf"digraph {STRING} {{",
    r"subgraph cluster_\w+ {",
    r"}",
    rf"(?:{ATTRIBUTE}; ?)+",
    rf"\w+ \[{ATTRIBUTE}(?:, {ATTRIBUTE})*\];",
    r"node \[.*\]; edge \[.*\];",
    rf"\w+ -> \w+ \[(?:{ATTRIBUTE}(?:, {ATTRIBUTE})*)?\];",
]


def grammatical(drawn: str) -> None:
    lines = [line.strip() for line in drawn.splitlines()]
    assert [line for line in lines if not any(re.fullmatch(known, line) for known in LINES)] == []
    assert sum(line.endswith("{") for line in lines) == lines.count("}")
    text = "\n".join(lines)
    declared = set(re.findall(r"^(\w+) \[", text, re.MULTILINE))
    assert {end for ends in re.findall(r"^(\w+) -> (\w+)", text, re.MULTILINE) for end in ends} <= declared
    clusters = set(re.findall(r"^subgraph (\w+)", text, re.MULTILINE))
    assert set(re.findall(r"l(?:head|tail)=(\w+)", text)) <= clusters


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("drawn", [*SHIPPED, DESK], ids=lambda one: one.name)
def test_processes_are_graphs_in_both_languages(drawn: Process, language: str) -> None:
    grammatical(dot(drawn, language))


@pytest.mark.parametrize("seed", range(4))
def test_any_tangle_is_a_graph(seed: int) -> None:
    grammatical(dot(random_process(seed, 20, 3)))


def test_every_figure_and_every_arrow_is_in_the_graph() -> None:
    drawn, shown = dot(DESK), scene(DESK)
    waiting = list[Figure](shown.figures)
    while waiting:
        figure = waiting.pop()
        assert f"subgraph cluster_{figure.id} " in drawn if figure.inner else f" {figure.id} [" in drawn
        waiting += figure.inner
    assert drawn.count(" -> ") == len(shown.arrows)


def test_an_arrow_of_a_group_ends_at_its_border() -> None:
    assert "ltail=cluster_s1" in dot(DESK)


def test_titles_full_of_syntax_stay_texts() -> None:
    title = r"""'a "quoted" \N {x} -> [y]; z'"""
    drawn = dot(process(f"title: {title}\nstates: {{new: {{by: clerk, events: {{go: over}}}}, over: {{end: done}}}}"))
    grammatical(drawn)
    assert r"a \"quoted\" \\N {x} -> [y]; z" in drawn
