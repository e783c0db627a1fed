"""Findings for the programs that show them beside the code: SARIF 2.1.0, and the workflow commands of GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from types import MappingProxyType
from urllib.parse import quote

from svcflow.language.findings import Finding, Fix, Secondary, Severity, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_COMMANDS: Mapping[Severity, str] = MappingProxyType({"error": "error", "warning": "warning", "note": "notice"})


def sarif(findings: Sequence[Finding], version: str) -> dict[str, object]:
    """
    Findings as one run in SARIF 2.1.0 (OASIS, 2020), as plain values for JSON.

    Lines and columns count from 1, columns in characters; an end is the place just behind. `version` is the program's.
    """
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "svcflow", "version": version, "rules": [{"id": code} for code in codes]}
    results = [_result(finding, codes.index(finding.code)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, rule: int) -> dict[str, object]:
    text = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    made: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": text},
        "locations": [_location(finding.span)],
    }
    if finding.notes:
        made["relatedLocations"] = [
            _location(_span(note)) | {"message": {"text": note.message}} for note in finding.notes
        ]
    if finding.fix is not None:
        made["fixes"] = [_fix(finding.fix)]
    return made


def _span(note: Secondary) -> Span:
    return Span(note.file, note.line, note.column, note.line, note.end_column)


def _location(span: Span) -> dict[str, object]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file)}, "region": _region(span)}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(fix: Fix) -> dict[str, object]:
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.text}}
    change = {"artifactLocation": {"uri": _uri(fix.span.file)}, "replacements": [replacement]}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _uri(file: str) -> str:
    """A file from here as a relative reference, any other as a whole URI."""
    path = PurePath(file)
    return Path(file).as_uri() if path.is_absolute() else quote(path.as_posix())


def github(findings: Iterable[Finding]) -> str:
    """Findings as GitHub's workflow commands, a line each: the site shows them beside the lines of a change."""
    return "\n".join(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    place = {"file": finding.file, "line": finding.line, "endLine": finding.end_line, "col": finding.column}
    if finding.line == finding.end_line:
        # Here an end is the last character.
        place["endColumn"] = max(finding.column, finding.end_column - 1)
    place["title"] = finding.code
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    text = f"{finding.message} ({finding.help})" if finding.help else finding.message
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(text)}"


def _data(text: str) -> str:
    """What GitHub would read as the end of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
