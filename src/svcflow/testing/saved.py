"""
Failures as files: kept where they were found, run first next time, until they no longer fail.

A file is JSON and holds all that is needed to run it again: the trace, what it broke, and what it was found with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import frozen

from svcflow.core.process import Process
from svcflow.errors import InputError
from svcflow.testing.trace import FORMAT, Trace
from svcflow.testing.violations import Violation

FAILURES = Path(".svcflow", "failures")
"""Where failures are kept, from where the tests are run."""

LARGEST = 10_000_000
"""Bytes of a file beyond which nobody reads it."""


@frozen
class Failure:
    """
    A trace that broke a promise: `broken` is the name of the violation, `why` and `case` what it said.

    `digest` is that of the process it was found with, `written_by` the version of svcflow; both for people, who may
    wonder why it does not fail any more.
    """

    trace: Trace
    broken: str
    why: str
    case: str = ""
    digest: str = ""
    written_by: str = ""

    @classmethod
    def of(cls, violation: Violation, trace: Trace, process: Process) -> Failure:
        """What a run has shown."""
        name = type(violation).__name__
        return cls(trace, name, violation.why, violation.case, process.digest, version("svcflow"))

    def to_json(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "svcflow": "failure",
            "format": FORMAT,
            "broken": self.broken,
            "why": self.why,
            "case": self.case,
            "digest": self.digest,
            "written_by": self.written_by,
            "trace": self.trace.to_json(),
        }

    @classmethod
    def from_json(cls, data: object) -> Failure:
        """
        Read what `to_json` wrote.

        Raises:
            InputError: It is something else.
        """
        if not isinstance(data, Mapping) or data.get("svcflow") != "failure":
            raise InputError("this is no failure: it lacks `svcflow: failure`")
        if data.get("format") != FORMAT:
            raise InputError(f"this failure is of format {data.get('format')!r}; this version reads format {FORMAT}")
        texts = {name: data.get(name, "") for name in ("broken", "why", "case", "digest", "written_by")}
        wrong = [name for name, text in texts.items() if not isinstance(text, str)]
        if wrong:
            raise InputError(f"`{wrong[0]}` must be a text")
        return cls(Trace.from_json(data.get("trace")), **texts)


def save(failure: Failure, folder: Path = FAILURES) -> Path:
    """
    Keep a failure; the same one again is the same file.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{_prefix(failure.trace.process)}{failure.broken}-{_mark(failure.trace)}.json"
    file.write_text(json.dumps(failure.to_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return file


def saved(process: str, folder: Path = FAILURES) -> Iterator[tuple[Path, Failure]]:
    """
    The failures that are kept of a process, by the names of their files.

    Raises:
        InputError: A file is something else; the text names it.
        OSError: It cannot be read.
    """
    for file in sorted(folder.glob(f"{_prefix(process)}*.json")):
        failure = read(file)
        if isinstance(failure, Failure) and failure.trace.process == process:
            yield file, failure


def read(file: Path) -> Failure | Trace:
    """
    What stands in a file: a failure, or a trace.

    Raises:
        InputError: It is neither; the text names the file.
        OSError: It cannot be read.
    """
    if file.stat().st_size > LARGEST:
        raise InputError(f"{file}: too large to be a trace, over {LARGEST:,} bytes")
    try:
        data = json.loads(file.read_bytes())
        if isinstance(data, Mapping) and data.get("svcflow") == "trace":
            return Trace.from_json(data)
        return Failure.from_json(data)
    except (InputError, ValueError, RecursionError) as problem:
        raise InputError(f"{file}: {problem}; delete it if it is of no more use") from problem


def _prefix(process: str) -> str:
    """A process's name as it may stand in the name of any file; others may begin alike."""
    return f"{re.sub(r'[^A-Za-z0-9_]', '_', process)[:60]}-"


def _mark(trace: Trace) -> str:
    return sha256(json.dumps(trace.to_json(), sort_keys=True).encode()).hexdigest()[:10]
