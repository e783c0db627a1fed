"""The runner of chart files: what it prints, how it exits, and what it says about files that are none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from svcflow.core.machine import Chart, Machine, Step
from svcflow.core.statechart import Statechart, statechart
from svcflow.errors import ChartError, InputError, UnsupportedChart
from svcflow.testing import charts
from svcflow.testing.charts import Row, main, read_cases, read_chart

SWITCH: Row = {
    "id": "root",
    "states": [
        {"id": "off", "transitions": [{"event": "press", "target": "on"}]},
        {"id": "on", "transitions": [{"event": ["press"], "target": ["off"]}]},
    ],
}


def case(name: str = "switch", *, chart: Row = SWITCH, first: str = "off", second: str = "on") -> Row:
    return {"name": name, "chart": chart, "initial": [first], "events": [{"event": "press", "next": [second]}]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "charts.json"


def test_all_shared_charts_pass(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(shared / "vectors" / "charts.json")]) == 0
    assert capsys.readouterr().out == "4 passed, 0 failed\n"


def test_it_runs_as_a_module(file: Path) -> None:
    file.write_text(json.dumps([case()]))
    done = subprocess.run(
        [sys.executable, "-m", "svcflow.testing.charts", file], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 passed, 0 failed\n", "")


def test_every_mismatch_is_one_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [case("right"), case("late", second="off"), case("early", first="on")]
    file.write_text(json.dumps(rows))
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "late: after event 1 (press): expected [off], got [on]",
        "early: at the start: expected [on], got [off]",
        "1 passed, 2 failed",
    ]


def test_a_chart_that_contradicts_itself_or_never_rests_fails_alone(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    restless = {"id": "root", "states": [{"id": "a", "transitions": [{"target": ["a"]}]}]}
    twice = {"id": "root", "states": [{"id": "a"}, {"id": "a"}]}
    lost = {"id": "root", "states": [{"id": "a", "transitions": [{"event": ["e"], "target": ["b"]}]}]}
    rows = [case("restless", chart=restless), case("twice", chart=twice), case("lost", chart=lost), case()]
    file.write_text(json.dumps(rows))
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "restless: no rest after 1000 microsteps; it goes round in a",
        "twice: state 'a': every state needs an id of its own",
        "lost: state 'a': there is no state 'b' for 'target'",
        "1 passed, 3 failed",
    ]


@pytest.mark.parametrize(
    ("chart", "why"),
    [
        ({"states": 3}, "states: expected a list"),
        ({"states": [{}]}, "id: expected a text"),
        ({"states": [{"id": "a", "type": 1}]}, "a: type: expected a text"),
        ({"states": [{"id": "a", "transitions": [{"event": [1]}]}]}, "a: event: expected a text"),
        ({"states": [{"id": "a", "transitions": [{"internal": "no"}]}]}, "a: internal: expected true or false"),
        ({"states": [{"id": "a"}, {"id": "h", "type": "history", "deep": 1}]}, "h: deep: expected true or false"),
    ],
)
def test_a_chart_that_cannot_be_read_fails_alone_under_its_name(
    chart: Row, why: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(json.dumps([case("odd", chart=chart), case()]))
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines() == [f"odd: {why}", "1 passed, 1 failed"]


def test_what_a_chart_does_not_have_may_be_null(file: Path) -> None:
    nothing = dict.fromkeys(["states", "transitions", "initial", "onentry_raises", "onexit_raises", "deep", "default"])
    bare = {**nothing, "id": "root", "states": [{**nothing, "id": "off", "type": "atomic"}]}
    file.write_text(json.dumps([{**case(chart=bare), "events": None}]))
    assert main([str(file)]) == 0


def test_charts_a_machine_does_not_support_are_listed_as_skipped(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Flat(Statechart):
        def start(self, chart: Chart) -> Step:
            if len(chart.states) > 2:
                raise UnsupportedChart("flat", ["c"], "too many states")
            return super().start(chart)

    def named(_: str) -> Machine:
        return Flat("flat")

    monkeypatch.setattr(charts, "named", named)
    three = {"id": "root", "states": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
    file.write_text(json.dumps([case(), case("three", chart=three)]))
    assert main([str(file), "--machine", "flat"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "three: skipped, machine 'flat' cannot run this chart: too many states (c)",
        "1 passed, 0 failed, 1 skipped",
    ]


def test_an_unknown_machine_is_wrong_use(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("[]")
    assert main([str(file), "--machine", "perpetuum"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no machine is called 'perpetuum'; there is statechart" in said.err


def test_a_machine_of_an_installed_package_can_be_named(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = tmp_path / "lathe-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: lathe\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[svcflow.machines]\nlathe = svcflow.core.statechart:Statechart\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    file.write_text(json.dumps([case()]))
    assert main([str(file), "--machine", "lathe"]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"


def test_the_default_machine_can_be_named(file: Path) -> None:
    file.write_text(json.dumps([case()]))
    assert main([str(file), "--machine", "statechart"]) == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('[{"name": "\\ud800"}]', "surrogates not allowed"),
        ('{"name": "x"}', "the file: expected a list"),
        ("[1]", "the file: expected a list of objects"),
        ('[{"name": 1}]', "case 1: name: expected a text"),
        ('[{"name": "x"}]', "x: chart: expected an object"),
        ('[{"name": "x", "chart": {}, "events": [{}]}]', "x: event: expected a text"),
        ('[{"name": "x", "chart": {}, "initial": 3}]', "x: initial: expected a text"),
    ],
)
def test_a_file_that_is_no_chart_file_is_one_line_and_wrong_use(
    text: str, why: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text)
    assert main([str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert why in said.err


def test_a_missing_file_and_a_picture_are_wrong_use(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file)]) == 2
    file.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    assert main([str(file)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


# How a tree is read


def leaves(tree: Row) -> set[str]:
    chart = read_chart(tree)
    return {chart.states[leaf].id for leaf in statechart.start(chart).after.leaves}


def test_a_parallel_root_is_a_state_of_its_own() -> None:
    tree: Row = {"id": "root", "type": "parallel", "initial": ["r", "s"], "states": [{"id": "r"}, {"id": "s"}]}
    assert leaves(tree) == {"r", "s"}
    assert read_chart(tree).states[0].id == "root"


def test_a_root_that_raises_is_a_state_of_its_own() -> None:
    chart = read_chart({"id": "root", "type": "compound", "onentry_raises": ["hello"], "states": [{"id": "a"}]})
    assert statechart.start(chart).raised == ("hello",)


def test_transitions_of_the_root_hold_everywhere() -> None:
    tree: Row = {**SWITCH, "transitions": [{"event": ["reset"], "target": ["off"]}]}
    chart = read_chart(tree)
    step = statechart.step(chart, statechart.start(chart).after, "reset", lambda _: True)
    assert step is not None
    assert step.exited == step.entered == (0,)


def test_regions_listed_as_initial_are_all_entered_and_others_are_refused() -> None:
    regions = [{"id": "r", "states": [{"id": "r1"}]}, {"id": "s"}]
    assert leaves({"id": "root", "states": [{"id": "p", "type": "parallel", "initial": ["r"], "states": regions}]}) == {
        "r1",
        "s",
    }
    with pytest.raises(ChartError, match="a parallel state has no initial states"):
        read_chart({"id": "root", "states": [{"id": "p", "type": "parallel", "initial": ["r1"], "states": regions}]})


def test_a_history_is_read_with_its_depth_and_default() -> None:
    inner = [{"id": "a"}, {"id": "b"}, {"id": "h", "type": "history", "deep": True, "default": ["b"]}]
    tree: Row = {"id": "root", "states": [{"id": "c", "type": "compound", "initial": ["h"], "states": inner}]}
    assert leaves(tree) == {"b"}
    assert read_chart(tree).states[3].deep


def test_cases_are_read_with_their_names_and_leaves() -> None:
    (one,) = read_cases(json.dumps([case("one")]))
    assert (one.name, one.initial, one.events) == ("one", frozenset({"off"}), (("press", frozenset({"on"})),))
    with pytest.raises(InputError):
        read_cases("nothing")
