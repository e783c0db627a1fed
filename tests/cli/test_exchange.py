"""
`import` and `export`: machines of other libraries in, processes out, and every loss told.
"""

import json
from pathlib import Path

import pytest

from cli.shop import Command, told
from svcflow.cli.failures import FINDINGS, WRONG_USE

ORDER = {
    "states": ["new", "in progress", "shipped"],
    "initial": "new",
    "transitions": [["pack", "new", "in progress"], ["ship", "in progress", "shipped"]],
}
FLOW = """
initial: new
states: [new, {name: open, initial: x, children: [x, y]}, shut]
transitions:
  - [go, new, open]
  - {trigger: swap, source: open_x, dest: open_y, conditions: ready}
  - {trigger: end, source: open, dest: shut}
  - {trigger: look, source: new, dest: null}
"""
MODULE = """
from transitions import Machine

class Desk:
    machine = Machine(states=["new", "over"], initial="new", transitions=[["close", "new", "over"]])

number = 7
"""


@pytest.fixture
def order(folder: Path) -> Path:
    (folder / "order.json").write_text(json.dumps(ORDER), encoding="utf-8")
    (folder / "flow.yaml").write_text(FLOW, encoding="utf-8")
    return folder


def test_a_machine_from_json_becomes_a_process_that_checks_clean(cli: Command, order: Path) -> None:
    done = cli("import", "order.json", "--output", "order.yaml")
    assert done.status == 0
    assert done.out == ""
    assert "note: state 'in progress': is called in_progress in the process\n" in done.err
    assert cli("check", "order.yaml").out == "1 file checked: nothing wrong\n"
    assert sorted(path.name for path in order.iterdir()) == ["flow.yaml", "order.json", "order.yaml", "shop.yaml"]


def test_a_machine_from_yaml_is_printed(cli: Command, order: Path) -> None:
    done = cli("import", "flow.yaml", "--process", "desk", "--role", "agent")
    assert done.out.startswith("# Imported from a state machine.\nprocess: desk\n")
    assert "by: agent\n" in done.out
    assert "swap: {to: y, when: ready, ask: ready}" in done.out
    assert "look: here" in done.out


def test_a_machine_of_a_module_is_found(cli: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "exchange_desk.py").write_text(MODULE, encoding="utf-8")
    done = cli("import", "exchange_desk:Desk.machine", "--format", "json")
    assert done.status == 0
    assert done.data["states"] == {"new": "new", "over": "over"}
    assert {"about", "text"} <= done.data["notes"][0].keys()
    assert "  over: {end: done}" in done.data["text"]
    assert done.err == ""


def test_the_process_is_called_as_its_machine_or_its_file(cli: Command, order: Path) -> None:
    assert "process: order\n" in cli("import", "order.json").out
    (order / "named.json").write_text(json.dumps({**ORDER, "name": "web order"}), encoding="utf-8")
    assert "process: web_order\n" in cli("import", "named.json").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ordre.json",), "there is no file ordre.json"),
        (("nowhere_to_be_found:machine",), "nowhere_to_be_found cannot be imported: ModuleNotFoundError"),
        (("json:decoder.machine",), "there is no 'decoder.machine' in json"),
        (("json:dumps",), "a function is no machine of the library `transitions`"),
        (("bad.json",), "bad.json:1:2: not valid JSON"),
        (("twice.json",), "twice.json: not valid JSON: 'states' stands twice"),
        (("list.json",), "list.json: expected a mapping"),
        (("alias.yaml",), "SF006: YAML anchors and aliases"),
        (("deep.json",), "deep.json: not valid JSON: nested too deep"),
        (("large.json",), "large.json:1:1: error SF010: this file is too large"),
        (("order.json", "--process", "my order"), "process: 'my order' is not a name"),
        (("order.json", "--output", "order.json"), "--output: order.json is read by this very command"),
        (("order.json", "--output", "nowhere/x.yaml"), "--output: nowhere/x.yaml cannot be written"),
        (("order.json", "--output", "."), "--output: . cannot be written"),
    ],
)
def test_a_wrong_import_is_one_error_and_writes_nothing(
    cli: Command, order: Path, arguments: tuple[str, ...], message: str
) -> None:
    (order / "bad.json").write_text("{states", encoding="utf-8")
    (order / "twice.json").write_text('{"states": [], "states": []}', encoding="utf-8")
    (order / "list.json").write_text("[]", encoding="utf-8")
    (order / "alias.yaml").write_text("states: &a [x]\ninitial: *a\n", encoding="utf-8")
    (order / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (order / "large.json").write_bytes(b" " * 10_000_000)
    before = sorted(path.name for path in order.iterdir())
    done = cli("import", *arguments)
    assert done.status == WRONG_USE
    assert told(done)[0].startswith(message) or message in told(done)[0]
    assert sorted(path.name for path in order.iterdir()) == before


def test_a_process_goes_to_a_machine_and_comes_back(cli: Command, order: Path) -> None:
    assert cli("export", "shop.yaml", "--to", "transitions", "--output", "shop.json").status == 0
    back = cli("import", "shop.json")
    assert "  returned: {end: done}\n" in back.out
    assert "hand_over: repairing" in back.out


def test_what_is_lost_is_told_to_people_and_as_data(cli: Command) -> None:
    done = cli("export", "shop.yaml", "--to", "transitions")
    assert json.loads(done.out)["initial"] == "received"
    assert "not in transitions: clocks (sla solved: 8h, from received until returned" in done.err
    data = cli("export", "shop.yaml", "--to", "transitions", "--format", "json").data
    assert {"about": "state received", "text": "limit 2h", "kind": "limits"} in data["losses"]
    assert json.loads(data["text"]) == json.loads(done.out)


def test_a_drawing_says_below_what_it_does_not_show(cli: Command) -> None:
    done = cli("export", "shop.yaml", "--to", "mermaid", "--language", "zh")
    assert "已受理" in done.out
    assert "%% not drawn: state received: limit 2h" in done.out


def test_an_unknown_format_is_wrong_use_with_a_hint(cli: Command) -> None:
    done = cli("export", "shop.yaml", "--to", "mermiad")
    assert done.status == WRONG_USE
    assert "did you mean 'mermaid'?" in told(done)[0]


def test_an_unknown_language_is_wrong_use(cli: Command) -> None:
    assert cli("export", "shop.yaml", "--to", "mermaid", "--language", "de").status == WRONG_USE


def test_a_process_with_errors_is_not_exported(cli: Command, folder: Path) -> None:
    (folder / "wrong.yaml").write_text("process: wrong\nversion: 1\nstates: {a: {events: {go: b}}}\n", encoding="utf-8")
    done = cli("export", "wrong.yaml", "--to", "mermaid", "--output", "wrong.mmd")
    assert done.status == FINDINGS
    assert not (folder / "wrong.mmd").exists()


def test_a_folder_that_takes_no_files_leaves_the_old_file_whole(
    cli: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "shop.mmd").write_text("what was there", encoding="utf-8")

    def full(path: Path, *_arguments: object, **_words: object) -> int:
        path.open("w", encoding="utf-8").close()
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", full)
    done = cli("export", "shop.yaml", "--to", "mermaid", "--output", "shop.mmd")
    assert done.status == WRONG_USE
    assert told(done)[0] == "shop.mmd: No space left on device"
    assert (folder / "shop.mmd").read_text(encoding="utf-8") == "what was there"
    assert sorted(path.name for path in folder.iterdir()) == ["shop.mmd", "shop.yaml"]


def test_output_goes_to_a_device_as_it_is(cli: Command) -> None:
    assert cli("export", "shop.yaml", "--to", "mermaid", "--output", "/dev/null").status == 0
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("command", ["import", "export"])
def test_the_help_shows_how(cli: Command, command: str) -> None:
    done = cli(command, "--help")
    assert done.status == 0
    assert f"svcflow {command} " in done.out
    assert "Example" in done.out
