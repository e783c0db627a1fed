"""
Charts after the tests of the W3C for SCXML 1.0, in our own words, on every machine by way of the runner of chart files.

A case is named by the number of the W3C test of the same requirement, or else by the section of the standard; what it
expects was worked out from the standard's text by hand. Left out is what needs more than structure: data, `In()`,
`send` and `invoke`, errors in content, and content of initial and history transitions.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from machines.oracle import Oracle
from svcflow.testing.charts import Case, main, mismatch, read_cases

FILE = Path(__file__).with_name("w3c_structure.json")
CASES = read_cases(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_pseudo_code_of_the_standard_agrees(case: Case) -> None:
    assert mismatch(Oracle(), case) is None


def test_each_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 46


@pytest.mark.parametrize(("machine", "skipped"), [("statechart", 0), ("stepcache", 0), ("transitions", 22)])
def test_a_machine_passes_all_that_it_does_not_refuse(
    machine: str, skipped: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(FILE), "--machine", machine]) == 0
    *refused, count = capsys.readouterr().out.splitlines()
    assert len(refused) == skipped
    assert count.startswith(f"{len(CASES) - skipped} passed, 0 failed")


@pytest.mark.skipif(find_spec("statemachine") is None, reason="python-statemachine is an optional extra")
def test_python_statemachine_passes_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(FILE), "--machine", "statemachine"]) == 0
    assert capsys.readouterr().out == f"{len(CASES)} passed, 0 failed\n"
