"""A process as BPMN 2.0 (OMG, 2011) with its diagram, for modellers and for people who read that notation."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from svcflow.diagram.wording import Wording
from svcflow.interchange.bpmn_graph import Flow, Graph, Shape, graph
from svcflow.interchange.bpmn_layout import Drawing, draw
from svcflow.interchange.losses import Feature
from svcflow.interchange.notes import Note
from svcflow.interchange.to_scxml import comment, plain_text

HELD: frozenset[Feature] = frozenset(("when", "share", "max", "run", "auto", "timers", "done", "cancelled"))

_SPACES = {
    "xmlns:bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xmlns:bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "xmlns:dc": "http://www.omg.org/spec/DD/20100524/DC",
    "xmlns:di": "http://www.omg.org/spec/DD/20100524/DI",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def bpmn(words: Wording, lost: Iterable[Note]) -> str:
    """The document: one process, one diagram; what BPMN has no place for stands in a comment at the top."""
    parts = graph(words)
    root = ET.Element("bpmn:definitions", {
        **_SPACES, "id": "definitions", "targetNamespace": "urn:svcflow:processes", "exporter": "svcflow",
    })  # fmt: skip
    process = ET.SubElement(root, "bpmn:process", {
        "id": f"process_{words.process.name}", "name": plain_text(words.title()), "isExecutable": "false",
    })  # fmt: skip
    _flow_elements(process, parts)
    diagram = ET.SubElement(root, "bpmndi:BPMNDiagram", {"id": "diagram"})
    plane = ET.SubElement(diagram, "bpmndi:BPMNPlane", {"id": "plane", "bpmnElement": process.attrib["id"]})
    _drawn(plane, parts, draw(parts))
    ET.indent(root, "  ")
    missing = "".join(f"\n  {comment(str(note))}" for note in lost)
    head = f"<!-- Not in this file, because BPMN has no place for it:{missing}\n-->\n" if missing else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{ET.tostring(root, encoding="unicode")}\n'


def _flow_elements(around: ET.Element, parts: Graph) -> None:
    for shape in parts.shapes:
        _node(around, shape, parts.flows)
    for flow in parts.flows:
        made = ET.SubElement(around, "bpmn:sequenceFlow", {
            "id": flow.id, "sourceRef": flow.source, "targetRef": flow.target,
        })  # fmt: skip
        if flow.name:
            made.set("name", plain_text(flow.name))
        if flow.condition:
            condition = ET.SubElement(made, "bpmn:conditionExpression", {"xsi:type": "bpmn:tFormalExpression"})
            condition.text = plain_text(flow.condition)


def _node(around: ET.Element, shape: Shape, flows: Iterable[Flow]) -> None:
    made = ET.SubElement(around, f"bpmn:{shape.kind}", {"id": shape.id})
    if shape.name:
        made.set("name", plain_text(shape.name))
    if shape.calls:
        made.set("calledElement", f"process_{shape.calls}")
    if shape.host:
        made.set("attachedToRef", shape.host)
    for word, end in (("incoming", "target"), ("outgoing", "source")):
        for flow in flows:
            if getattr(flow, end) == shape.id:
                ET.SubElement(made, f"bpmn:{word}").text = flow.id
    if shape.inner is not None:
        _flow_elements(made, shape.inner)
    if shape.terminates:
        ET.SubElement(made, "bpmn:terminateEventDefinition", {"id": f"terminate_{shape.id}"})
    if shape.kind == "boundaryEvent":
        timer = ET.SubElement(made, "bpmn:timerEventDefinition", {"id": f"definition_{shape.id}"})
        if shape.wait:
            wait = ET.SubElement(timer, "bpmn:timeDuration", {"xsi:type": "bpmn:tFormalExpression"})
            wait.text = shape.wait


def _drawn(plane: ET.Element, parts: Graph, drawing: Drawing) -> None:
    for shape in parts.shapes:
        box = drawing.boxes[shape.id]
        made = ET.SubElement(plane, "bpmndi:BPMNShape", {"id": f"shape_{shape.id}", "bpmnElement": shape.id})
        if shape.inner is not None:
            made.set("isExpanded", "true")
        place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
        ET.SubElement(made, "dc:Bounds", {name: str(value) for name, value in place.items()})
    for flow in parts.flows:
        made = ET.SubElement(plane, "bpmndi:BPMNEdge", {"id": f"edge_{flow.id}", "bpmnElement": flow.id})
        for x, y in drawing.routes[flow.id]:
            ET.SubElement(made, "di:waypoint", {"x": str(x), "y": str(y)})
    for shape in parts.shapes:
        if shape.inner is not None:
            _drawn(plane, shape.inner, drawing)
