"""
A process as SCXML is the same chart, read by a reader of this test and by python-statemachine.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from interchange.charts import CATALOG, EVERYTHING, follow, processes, sent, walks
from interchange.machines import chart_of, load_text
from svcflow.core.condition import Condition, condition
from svcflow.core.process import Field, Process
from svcflow.interchange import export
from svcflow.interchange.ecmascript import expression
from svcflow.testing.charts import read_chart

SPACE = "{http://www.w3.org/2005/07/scxml}"
KINDS = {"state": "atomic", "parallel": "parallel", "final": "final", "history": "history"}


def root_of(process: Process, language: str | None = None) -> ET.Element:
    return ET.fromstring(export(process, to="scxml", language=language).text)


def tree(element: ET.Element) -> dict[str, Any]:
    """
    One state of the document as the suite of charts writes states.
    """
    inner = [child for child in element if child.tag.removeprefix(SPACE) in KINDS]
    ways = [child for child in element if child.tag == f"{SPACE}transition"]
    kind = KINDS.get(element.tag.removeprefix(SPACE), "compound")
    made: dict[str, Any] = {"id": element.get("id", "root"), "type": "compound" if kind == "atomic" and inner else kind}
    if kind == "history":
        return made | {"deep": element.get("type") == "deep", "default": [ways[0].attrib["target"]]}
    made["transitions"] = [
        {"event": way.get("event"), "target": way.get("target"), "internal": way.get("type") == "internal"}
        for way in ways
    ]
    return made | ({"states": [tree(child) for child in inner]} if inner else {})


@pytest.mark.parametrize("process", processes(), ids=lambda process: process.name)
def test_the_document_is_the_chart_of_the_process(process: Process) -> None:
    got = read_chart(tree(root_of(process)))
    wanted = process.chart
    ids = {state.id.replace("/", "-").replace("+", "") for state in wanted.states}
    assert {state.id for state in got.states} == ids
    names = {state.id.replace("/", "-").replace("+", ""): number for number, state in enumerate(wanted.states)}
    numbers = [names[state.id] for state in got.states]
    ways = [
        (numbers[one.source], tuple(numbers[goal] for goal in one.targets), one.internal) for one in got.transitions
    ]
    expected = [(one.source, one.targets, one.internal) for one in wanted.transitions if not one.back]
    assert ways == expected


@pytest.mark.slow
def test_python_statemachine_goes_where_the_process_goes() -> None:
    processor = pytest.importorskip("statemachine.io.scxml.processor")
    checked = 0
    for process in processes():
        plain = all(one.when is None and one.max is None for _, one in process.moves)
        if not plain or any(state.end for state in process.states if state.parent is not None):
            continue
        for events in walks(process):
            reader = processor.SCXMLProcessor()
            reader.parse_scxml(process.name, export(process, to="scxml").text)
            machine = reader.start()
            seen = [sorted(_leaves(machine))]
            for event in events:
                machine.send(event)
                seen.append(sorted(_leaves(machine)))
            assert [[path.replace(".", "-") for path in row] for row in follow(process, events)] == seen
            checked += 1
    assert checked > 20


def _leaves(machine: Any) -> list[str]:  # noqa: ANN401 - another library's machine
    return [str(state.id) for state in machine.configuration if not state.states]


def test_titles_stand_in_the_language_asked_for() -> None:
    (service_ticket,) = (one for one in CATALOG if one.name == "service_ticket")
    root = root_of(service_ticket, "zh")
    assert root.get("{urn:svcflow:titles}title") == "售后服务工单"
    assert root.find(f"{SPACE}state[@id='repair']/{SPACE}state").get("{urn:svcflow:titles}title") == "远程处理"  # type: ignore[union-attr]  # None fails the test


def test_how_often_a_way_was_taken_is_counted_in_the_document() -> None:
    root = root_of(load_text(EVERYTHING, "everything"))
    (way,) = (one for one in root.iter(f"{SPACE}transition") if "taken" in one.get("cond", ""))
    (counter,) = re.findall(r"taken_\d+", way.attrib["cond"])
    assert way.attrib["cond"] == f"(!ready) && ({counter} < 2)"
    assert way.find(f"{SPACE}assign").attrib == {"location": counter, "expr": f"{counter} + 1"}  # type: ignore[union-attr]  # None fails the test
    assert {"id": counter, "expr": "0"} in [one.attrib for one in root.iter(f"{SPACE}data")]


@pytest.mark.slow
def test_conditions_mean_the_same_in_ecmascript(node: Callable[[str, Any], Any]) -> None:
    fields = {
        "price": Field("price", "money"), "ready": Field("ready", "flag"), "note": Field("note", "text"),
        "grade": Field("grade", "choice", choices=("gold", "silver")),
    }  # fmt: skip
    texts = [
        "ready", "not ready", "ready == false", "price > 3", "price <= 3", "not price > 3", "price + 1 == 4",
        "-price < -2 or ready", "- -price == 3", "ready and not (price >= 3 or grade == gold)", "grade != gold",
        "filled(note)", "not filled(price) and ready", "note == 'a \"b\"'", "price / 2 > 1 and filled(grade)",
    ]  # fmt: skip
    rows = [
        {"price": price, "ready": ready, "note": note, "grade": grade}
        for price in (None, 0, 3, 4)
        for ready in (None, False, True)
        for note in (None, "", 'a "b"')
        for grade in (None, "gold", "silver")
    ]
    read = [found for text in texts if isinstance(found := condition(text, fields), Condition)]
    assert len(read) == len(texts)
    script = """
answer(question.rows.map((row) => question.conditions.map((text) =>
  Boolean(new Function(...Object.keys(row), `return ${text}`)(...Object.values(row))))));
"""
    got = node(script, {"rows": rows, "conditions": [expression(one.tree) for one in read]})
    for row, answers in zip(rows, got, strict=True):
        values = {name: Decimal(one) if type(one) is int else one for name, one in row.items()}
        assert answers == [one.holds(values) for one in read], row


def test_what_stands_in_the_comment_cannot_end_it() -> None:
    text = (
        "process: machine\nversion: 1\nfields: {a: number}\ncalendar: always\nstates:\n"
        "  new: {events: {go: {to: over, do: {set: {a: 1 --> 2}}}}}\n  over: {end: done}\n"
    ).replace("1 --> 2", "1 - -2")
    made = export(chart_of(text), to="scxml").text
    assert ET.fromstring(made) is not None
    assert "sets a: 1 - -2" in made


def test_every_event_that_somebody_sends_is_named() -> None:
    for process in CATALOG:
        named = {one.get("event") for one in root_of(process).iter(f"{SPACE}transition")}
        only_back = {rule.name for rule, one in process.moves if one.kind == "back"}
        assert set(sent(process)) - only_back <= named
