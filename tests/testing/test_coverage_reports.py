"""
A report of coverage as a file of every kind says the same as its values do.
"""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from svcflow import catalog
from svcflow.core.process import Process
from svcflow.diagram import svg
from svcflow.diagram.paint import Paint
from svcflow.errors import InputError
from svcflow.testing.coverage.page import paint
from svcflow.testing.coverage.report import Item, Part, Report
from svcflow.testing.coverage.written import SUFFIXES, write

PROCESS: Process = catalog.callback


def _report() -> Report:
    states = [state.path for state in PROCESS.states]
    first, second, third, *rest = states
    return Report(
        7,
        (
            Part(
                PROCESS,
                (
                    Item("states", first, "covered", 3),
                    Item("states", second, "unreachable", 0),
                    Item("states", third, "unknown", 0),
                    *(Item("states", path, "uncovered", 0) for path in rest),
                    Item("roles", "<b>", "uncovered", 0),
                ),
            ),
        ),
    )


def _written(folder: Path, suffix: str, language: str | None = None) -> str:
    file = folder / "reports" / f"coverage{suffix}"
    write(_report(), file, wanted={"states": 50}, language=language)
    return file.read_text(encoding="utf-8")


def test_json_holds_every_item_with_its_status(tmp_path: Path) -> None:
    data = json.loads(_written(tmp_path, ".json"))
    (process,) = data["processes"]
    assert data["runs"] == 7
    assert process["process"] == "callback"
    assert process["items"][0] == {"kind": "states", "name": PROCESS.states[0].path, "status": "covered", "count": 3}
    states = next(kind for kind in process["kinds"] if kind["kind"] == "states")
    assert states["share"] == 100 * 2 // len(PROCESS.states)


def test_junit_fails_where_a_threshold_is_not_reached(tmp_path: Path) -> None:
    suite = ET.fromstring(_written(tmp_path, ".xml"))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed = [case.get("name", "") for case in suite if case.find("failure") is not None]
    assert [name.partition(":")[0] for name in failed] == ["states"]
    assert "<b> (uncovered)" in [out.text for out in suite.iter("system-out")]


@pytest.mark.parametrize(("language", "word"), [("en", "not covered"), ("zh", "未覆盖")])
def test_html_is_one_file_in_the_language_asked_for(tmp_path: Path, language: str, word: str) -> None:
    text = _written(tmp_path, ".html", language)
    assert f'<html lang="{language}">' in text
    assert word in text
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in text
    assert "@media print" in text


def test_the_picture_paints_states_and_moves(tmp_path: Path) -> None:
    ET.fromstring(_written(tmp_path, ".svg"))
    painted = paint(_report().parts[0])
    assert [painted.states[index] for index in range(4)] == ["covered", "unreachable", "uncovered", "uncovered"]
    move = next(one.index for _, one in PROCESS.moves if one.target is not None)
    drawn = svg(PROCESS, paint=Paint({0: "covered"}, {move: "uncovered"}))
    assert ' covered" x=' in drawn
    assert '<path class="uncovered" d=' in drawn
    assert '<path class="tip uncovered" d=' in drawn


def test_a_picture_without_paint_is_as_it_was() -> None:
    assert "covered" not in svg(PROCESS)


def test_an_arrow_of_several_moves_is_partly_covered() -> None:
    shades = Paint(moves={1: "covered", 2: "uncovered", 3: "unreachable"})
    assert shades.of([1, 3]) == "covered"
    assert shades.of([1, 2, 3]) == "partly"
    assert shades.of([3]) == "unreachable"
    assert shades.of([9]) == ""


def test_text_is_what_the_report_says(tmp_path: Path) -> None:
    assert _written(tmp_path, ".txt").startswith("Coverage of callback, 7 runs\n")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=SUFFIXES[0]):
        _written(tmp_path, ".pdf")
    assert list(tmp_path.iterdir()) == []
