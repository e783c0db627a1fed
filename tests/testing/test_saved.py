"""
A failure survives as a file, and a file that is something else is told as that.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from svcflow import catalog
from svcflow.core.event import Actor, Qualification
from svcflow.errors import InputError
from svcflow.testing.saved import Failure, read, save, saved
from svcflow.testing.trace import Open, Send, Trace
from svcflow.testing.violations import SlaClockDrift

START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LI = Actor("li", qualifications={"electrician": Qualification(2, START), "welder": Qualification()})
TRACE = Trace("service_ticket", START, (Open("service_ticket", {"customer": "张"}, LI), Send("accept")))


def failure(trace: Trace = TRACE) -> Failure:
    return Failure.of(SlaClockDrift("it counts 张 wrong", case="case"), trace, catalog.service_ticket)


def test_a_failure_is_the_same_after_a_file_and_twice_the_same_file(tmp_path: Path) -> None:
    folder = tmp_path / ".svcflow" / "failures"
    file = save(failure(), folder)
    assert save(failure(), folder) == file
    assert read(file) == failure()
    assert list(saved("service_ticket", folder)) == [(file, failure())]
    assert file.name.startswith("service_ticket-SlaClockDrift-")


def test_only_those_of_the_process_are_found(tmp_path: Path) -> None:
    save(failure(), tmp_path)
    save(failure(Trace("service", START)), tmp_path)
    assert [kept.trace.process for _file, kept in saved("service", tmp_path)] == ["service"]
    assert list(saved("other", tmp_path)) == []
    assert list(saved("service", tmp_path / "gone")) == []


def test_a_name_that_no_file_may_bear_stays_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    strange = Trace("../../售后", START)
    file = save(failure(strange), folder)
    assert file.parent == folder
    assert [kept.trace for _file, kept in saved("../../售后", folder)] == [strange]


def test_a_trace_alone_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text(str(TRACE.to_json()).replace("'", '"'), encoding="utf-8")
    assert read(file) == TRACE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[" * 100_000, "recursion"),
        ("[]", "this is no failure"),
        ('{"svcflow": "failure", "format": 99}', "of format 99; this version reads format 1"),
        ('{"svcflow": "failure", "format": 1, "why": 3}', "`why` must be a text"),
        ('{"svcflow": "failure", "format": 1}', "this is no trace"),
        ('{"svcflow": "trace", "format": 1, "process": "p", "start": "soon", "commands": []}', "soon"),
        ('{"svcflow": "trace", "format": 1, "process": "p", "start": "2026-03-09T01:00Z", "commands": [{"do": "x"}]}',
         "command 1 cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_is_something_else_is_named_with_what_to_do(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "service_ticket-x.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as problem:
        read(file)
    assert str(problem.value).startswith(f"{file}: ")
    assert str(problem.value).endswith("; delete it if it is of no more use")
    assert why in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_file_that_is_no_text_or_too_large_is_told_too(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(InputError, match=r"x\.json"):
        read(file)
    with file.open("wb") as large:
        large.truncate(20_000_000)
    with pytest.raises(InputError, match="too large to be a trace"):
        read(file)
