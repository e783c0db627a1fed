"""Findings for the programs that show them beside the code."""

import json

from svcflow.language import check_text, github, sarif
from svcflow.language.findings import Finding, Span

DESK = """process: desk
version: 1
roles: [clerk]
states:
  new: {by: clerk, title: 受理, events: {close: closde}}
  closed: {end: done}
"""


def test_sarif_has_what_the_standard_asks_for_and_points_to_the_character() -> None:
    finding = next(one for one in check_text(DESK, "售后/a b.yaml") if one.fix)
    report = json.loads(json.dumps(sarif([finding], "1.2")))
    assert (report["version"], set(report)) == ("2.1.0", {"$schema", "version", "runs"})
    (run,) = report["runs"]
    assert run["tool"]["driver"] == {"name": "svcflow", "version": "1.2", "rules": [{"id": "SF201"}]}
    assert run["columnKind"] == "unicodeCodePoints"
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("SF201", 0, "error")
    assert result["message"]["text"].startswith("no state")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "%E5%94%AE%E5%90%8E/a%20b.yaml"
    region = place["region"]
    assert region["startLine"] == region["endLine"] == 5
    assert DESK.splitlines()[4][region["startColumn"] - 1 : region["endColumn"] - 1] == "closde"
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "closed"}}]


def test_sarif_without_findings_is_a_run_without_results() -> None:
    assert json.loads(json.dumps(sarif([], "1.2")))["runs"][0]["results"] == []


def test_nothing_in_a_finding_ends_or_begins_a_command_of_github() -> None:
    span = Span("a,b:c%.yaml", 3, 5, 3, 9)
    finding = Finding.at(span, "SF201", "error", "100 %\n::error::x", hint="a: b, c")
    assert github([finding]) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,endLine=3,col=5,endColumn=8,title=SF201::100 %25%0A::error::x (a: b, c)"
    )


def test_a_note_is_a_notice_and_a_place_of_several_lines_has_no_last_column() -> None:
    note = Finding.at(Span("a.yaml", 3, 5, 4, 2), "SF804", "note", "large")
    assert github([note, note]).splitlines() == ["::notice file=a.yaml,line=3,endLine=4,col=5,title=SF804::large"] * 2
