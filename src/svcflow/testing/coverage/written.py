"""Coverage as a file: HTML for people, SVG for pages of others, JUnit and JSON for programs, text for everywhere."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

from svcflow.errors import InputError
from svcflow.testing.coverage.items import Kind
from svcflow.testing.coverage.page import page, painted
from svcflow.testing.coverage.report import Report

SUFFIXES = (".html", ".svg", ".xml", ".json", ".txt")


def write(report: Report, file: Path, *, wanted: Mapping[Kind, int], language: str | None = None) -> None:
    """
    Write a report as the suffix of the file says: `.html`, `.svg` (the first process), `.xml` (JUnit), `.json`, `.txt`.

    Raises:
        InputError: Another suffix, or a language that a process does not have.
        OSError: It cannot be written.
    """
    match file.suffix:
        case ".html":
            text = page(report, language)
        case ".svg" if report.parts:
            text = painted(report.parts[0], language)
        case ".xml":
            text = junit(report, wanted)
        case ".json":
            text = json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n"
        case ".txt":
            text = report.text() + "\n"
        case _:
            raise InputError(f"{file}: a report of coverage is a file {', '.join(f'NAME{one}' for one in SUFFIXES)}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def junit(report: Report, wanted: Mapping[Kind, int]) -> str:
    """The report as JUnit XML: each kind is a test, which fails below its threshold; what is missing is its output."""
    short = {(one.process, one.kind): str(one) for one in report.shortfalls(wanted)}
    suites = ET.Element("testsuites")
    for part in report.parts:
        rows, name = part.rows(), part.process.name
        failures = sum((name, row.kind) in short for row in rows)
        counts = {"tests": str(len(rows)), "failures": str(failures), "errors": "0"}
        suite = ET.SubElement(suites, "testsuite", {"name": f"coverage of {name}", **counts})
        for row in rows:
            case = ET.SubElement(suite, "testcase", {"classname": name, "name": f"{row.kind}: {row.share} %"})
            if (name, row.kind) in short:
                ET.SubElement(case, "failure", {"message": short[name, row.kind]})
            missing = "\n".join(f"{one.name} ({one.status})" for one in part.open(row.kind))
            if missing:
                ET.SubElement(case, "system-out").text = missing
    return ET.tostring(suites, encoding="unicode") + "\n"
