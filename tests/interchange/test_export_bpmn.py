"""
A process as BPMN: a sound model, valid by its schema, drawn so that it can be read.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from interchange.charts import CATALOG, EVERYTHING, processes
from interchange.machines import load_text
from svcflow.core.process import Process
from svcflow.diagram.wording import Wording
from svcflow.interchange import export
from svcflow.interchange.bpmn_graph import Graph, graph
from svcflow.interchange.bpmn_layout import Box, draw

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
FOUND = processes()
EACH = pytest.mark.parametrize("process", FOUND, ids=lambda process: process.name)


def parts_of(process: Process) -> Graph:
    return graph(Wording.of(process, None))


def graphs(top: Graph) -> Iterator[Graph]:
    """
    A graph and those of its sub-processes.
    """
    yield top
    for shape in top.shapes:
        if shape.inner is not None:
            yield from graphs(shape.inner)


@EACH
def test_every_node_is_drawn_once_and_every_flow_from_one_to_another(process: Process) -> None:
    root = ET.fromstring(export(process, to="bpmn").text)
    nodes = [one for one in root.iter() if one.tag.startswith(MODEL) and one.find(f"{MODEL}incoming") is not None]
    flows = list(root.iter(f"{MODEL}sequenceFlow"))
    drawn = [one.attrib["bpmnElement"] for kind in ("Shape", "Edge") for one in root.iter(f"{DI}BPMN{kind}")]
    assert len(drawn) == len(set(drawn))
    assert {one.attrib["id"] for one in (*nodes, *flows)} <= set(drawn)
    known = {one.get("id") for one in root.iter()}
    assert {flow.attrib[end] for flow in flows for end in ("sourceRef", "targetRef")} <= known


@EACH
def test_only_a_gateway_has_several_ways_on(process: Process) -> None:
    for one in graphs(parts_of(process)):
        kinds = {shape.id: shape.kind for shape in one.shapes}
        ways = [flow.source for flow in one.flows]
        assert {kinds[source] for source in ways if ways.count(source) > 1} <= {"exclusiveGateway", "parallelGateway"}
        assert not {flow.source for flow in one.flows if kinds[flow.source] == "endEvent"}


@EACH
def test_nodes_do_not_lie_on_each_other_and_no_flow_runs_through_one(process: Process) -> None:
    for one in graphs(parts_of(process)):
        drawing = draw(one)
        nodes = [shape for shape in one.shapes if not shape.host]
        boxes = {shape.id: drawing.boxes[shape.id] for shape in nodes}
        assert not [pair for pair in combinations(boxes.values(), 2) if _touch(*pair)]
        hosts = {shape.id: shape.host for shape in one.shapes}
        for flow in one.flows:
            ends = {hosts.get(flow.source) or flow.source, flow.target}
            others = [box for name, box in boxes.items() if name not in ends]
            points = drawing.routes[flow.id]
            assert not [box for line in pairwise(points) for box in others if _through(*line, box)], flow
            assert _on_border(points[0], drawing.boxes[flow.source])
            assert _on_border(points[-1], drawing.boxes[flow.target])
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height
                   for points in drawing.routes.values() for x, y in points)  # fmt: skip


@EACH
def test_no_two_flows_share_a_line(process: Process) -> None:
    for one in graphs(parts_of(process)):
        drawing = draw(one)
        upright = [
            (flow.id, a[0], min(a[1], b[1]), max(a[1], b[1]))
            for flow in one.flows
            for a, b in pairwise(drawing.routes[flow.id])
            if a[0] == b[0]
        ]
        for (here, x, high, low), (there, other_x, other_high, other_low) in combinations(upright, 2):
            assert here == there or x != other_x or max(high, other_high) >= min(low, other_low), (here, there)


def _touch(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def _through(a: tuple[int, int], b: tuple[int, int], box: Box) -> bool:
    (left, right), (high, low) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    return left < box.x + box.width and right > box.x and high < box.y + box.height and low > box.y


def _on_border(point: tuple[int, int], box: Box) -> bool:
    x, y = point
    on_side = x in {box.x, box.x + box.width} and box.y <= y <= box.y + box.height
    on_edge = y in {box.y, box.y + box.height} and box.x <= x <= box.x + box.width
    return on_side or on_edge


@pytest.mark.slow
def test_the_documents_are_valid_by_the_schema_of_bpmn(node_folder: Path) -> None:
    xmlschema = pytest.importorskip("xmlschema")
    schema = xmlschema.XMLSchema(node_folder / "node_modules/bpmn-moddle/resources/bpmn/xsd/BPMN20.xsd")
    for process in FOUND:
        schema.validate(export(process, to="bpmn").text)


@pytest.mark.slow
def test_the_reader_of_bpmn_js_has_nothing_to_complain_of(node: Callable[[str, Any], Any]) -> None:
    script = """
import { BpmnModdle } from 'bpmn-moddle';
const told = [];
for (const text of question) told.push((await new BpmnModdle().fromXML(text)).warnings.map((one) => one.message));
answer(told);
"""
    assert node(script, [export(one, to="bpmn").text for one in FOUND]) == [[] for _ in FOUND]


def test_a_parallel_state_is_a_sub_process_that_begins_in_all_regions() -> None:
    parts = parts_of(load_text(EVERYTHING, "everything"))
    (work,) = (shape for shape in parts.shapes if shape.kind == "subProcess")
    assert work.inner is not None
    (fork,) = (shape for shape in work.inner.shapes if shape.kind == "parallelGateway")
    begun = {shape.id: shape.name for shape in work.inner.shapes}
    assert [begun[flow.target] for flow in work.inner.flows if flow.source == fork.id] == [
        "Work / Left / A", "Work / Right / C",
    ]  # fmt: skip


def test_an_end_that_many_lead_to_stands_beside_each_of_them() -> None:
    (service_ticket,) = (one for one in CATALOG if one.name == "service_ticket")
    parts = parts_of(service_ticket)
    ends = [shape.id for shape in parts.shapes if shape.name == "已取消"]
    assert len(ends) > 8
    assert all(len({flow.source for flow in parts.flows if flow.target == end}) == 1 for end in ends)


def test_times_sit_on_their_tasks_and_children_are_called() -> None:
    (service_ticket,) = (one for one in CATALOG if one.name == "service_ticket")
    text = export(service_ticket, to="bpmn", language="zh").text
    root = ET.fromstring(text)
    tasks = {one.attrib["id"]: one.attrib["name"] for one in root.iter(f"{MODEL}userTask")}
    timers = [one for one in root.iter(f"{MODEL}boundaryEvent") if tasks[one.attrib["attachedToRef"]] == "待网点接单"]
    assert [one.findtext(f".//{MODEL}timeDuration") for one in timers] == ["PT4H"]
    (call,) = root.iter(f"{MODEL}callActivity")
    assert call.attrib["calledElement"] == "process_callback"
    assert "<!-- Not in this file" in text
