"""Stages, comments that take findings back, shared files, and processes that stand beside each other."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from language.rulebook import findings
from svcflow.language import check

HEAD = "process: desk\nversion: 1\nroles: [clerk]\n"
STATES = "states:\n  new: {by: clerk, events: {close: closed}}\n  closed: {end: done}\n"
WORDS = "shared: words\nroles: [clerk]\nescalations: {house: {100%: {notify: clerk}}}\nfields: {note: text}\n"


def told(texts: str | Mapping[str, str], file: str = "desk.yaml") -> list[str]:
    files = {"desk.yaml": texts} if isinstance(texts, str) else texts
    found = findings(files, file)
    places = sorted((one.file, one.line, one.column, one.code) for one in found)
    return [f"{code} {line}:{column}" + ("" if name == file else f" {name}") for name, line, column, code in places]


def test_a_stage_with_errors_stops_the_later_ones_and_tells_all_of_its_own() -> None:
    unread = HEAD + "states:\n  new: {by: clrek, events: {close: clsoed, x}}\n  new: {byy: clerk}\n"
    assert told(unread) == ["SF003 5:44", "SF002 6:3"]
    shape = HEAD + "states:\n  new: {by: clrek, evnts: {close: clsoed}, limit: 2x}\n"
    assert told(shape) == ["SF101 5:20", "SF103 5:51"]
    names = HEAD + "states:\n  new: {by: clrek, limit: 2d on ofice, events: {close: over}}\n  dead: {}\n"
    assert told(names) == ["SF202 5:13", "SF204 5:33", "SF201 5:56"]


def test_warnings_do_not_stop_a_stage() -> None:
    text = (
        HEAD
        + "hooks: [bell]\nstates:\n  new: {by: clerk, events: {again: new, close: closed}}\n  closed: {end: done}\n"
    )
    assert sorted(line[:5] for line in told(text)) == ["SF211", "SF308"]


@pytest.mark.parametrize(
    ("head", "help_"),
    [
        ("", "no hook is defined under `hooks:` yet"),
        ("hooks: [horn]\n", "there is `horn`"),
        (
            f"hooks: [{', '.join(f'horn_{n}' for n in range(11))}]\n",
            "define it under `hooks:`, or use one of `horn_0`, ",
        ),
    ],
)
def test_a_hook_that_nothing_is_like_is_told_where_hooks_are_defined(head: str, help_: str) -> None:
    text = HEAD + head + STATES.replace("close: closed", "close: {to: closed, do: {hook: bell}}")
    (found,) = (one for one in findings({"desk.yaml": text}, "desk.yaml") if one.code == "SF206")
    assert (found.help or "").startswith(help_)


def test_a_comment_takes_a_finding_back() -> None:
    text = HEAD + textwrap.dedent("""
        states:
          new:
            by: clerk
            events:
              again: new  # svcflow: ignore SF308 the clerk may look as often as needed
              close: closed
          closed: {end: done}
    """)
    assert told(text) == []
    assert [line[:5] for line in told(text.replace("SF308 the", "SF306 the"))] == ["SF308", "SF009"]


def test_one_comment_takes_several_findings_of_its_line_back() -> None:
    text = HEAD + STATES + "  lonely: {by: clerk}"
    assert told(text) == ["SF301 7:3", "SF303 7:3"]
    assert told(text + "  # svcflow: ignore SF301, SF303 it comes with the next version") == []
    assert told(text + "  # svcflow: ignore SF301,SF308 it comes later") == ["SF303 7:3"]


def test_an_error_without_which_there_is_no_process_cannot_be_taken_back() -> None:
    text = HEAD + STATES.replace("closed}}", "clsoed}}  # svcflow: ignore SF201 it will come")
    assert [line[:5] for line in told(text)] == ["SF201"]


def test_a_sign_inside_a_text_is_no_comment() -> None:
    text = HEAD + "title: 'see # svcflow: ignore SF308 this'\n" + STATES
    assert told(text) == []


def test_a_shared_file_is_checked_with_the_processes_that_use_it() -> None:
    desk = "process: desk\nversion: 1\nuse: [words.yaml]\nescalation: house\n" + STATES
    wrong = WORDS.replace("house:", "huose:")
    assert told({"words.yaml": WORDS, "desk.yaml": desk}, "words.yaml") == []
    assert told({"words.yaml": wrong, "desk.yaml": desk}, "words.yaml") == ["SF205 3:15"]
    assert told({"words.yaml": wrong}, "words.yaml") == []
    assert told({"words.yaml": wrong, "desk.yaml": desk}) == ["SF205 4:13"]


def test_a_shared_name_that_only_one_of_several_processes_misspells_is_no_mistake_of_the_shared_file() -> None:
    desk = "process: desk\nversion: 1\nuse: [words.yaml]\nescalation: house\n" + STATES
    other = desk.replace("desk", "other").replace("house", "huose")
    texts = {"words.yaml": WORDS, "desk.yaml": desk, "other.yaml": other}
    assert told(texts, "words.yaml") == []
    assert told(texts, "other.yaml") == ["SF205 4:13"]


def test_a_shared_file_may_speak_of_what_every_process_brings_along() -> None:
    words = WORDS.replace("{notify: clerk}", "{notify: owner}")
    desk = "process: desk\nversion: 1\nuse: [words.yaml]\nfields: {owner: person}\nescalation: house\n"
    desk += STATES.replace("close: closed", "close: {to: closed, ask: owner}")
    assert told({"words.yaml": words, "desk.yaml": desk}, "words.yaml") == []
    assert told({"words.yaml": words}, "words.yaml") == ["SF202 3:38"]


def test_a_shared_file_may_use_another() -> None:
    texts = {
        "desk.yaml": "process: desk\nversion: 1\nuse: words.yaml\n" + STATES,
        "words.yaml": "shared: words\nuse: people.yaml\n",
        "people.yaml": "shared: people\nroles: [clerk]\n",
    }
    assert told(texts) == []


def test_findings_in_a_shared_file_name_that_file() -> None:
    texts = {
        "desk.yaml": "process: desk\nversion: 1\nuse: words.yaml\n" + STATES,
        "words.yaml": WORDS.replace("note: text", "note: txet"),
    }
    assert told(texts) == ["SF104 4:16 words.yaml"]


def test_another_process_is_found_by_its_name_in_any_file() -> None:
    child = "process: call\nversion: 1\n" + "roles: [clerk]\n" + STATES
    desk = HEAD + "by: clerk\nstates:\n  new: {run: call, events: {closed: closed}}\n  closed: {end: done}\n"
    assert told({"desk.yaml": desk, "call.yaml": child}) == []
    assert told({"desk.yaml": desk, "calls_of_2026.yaml": child}) == []
    assert told({"desk.yaml": desk, "calls.yaml": child.replace("call", "calls")}) == ["SF207 6:14"]


def test_fields_are_handed_over_under_names_that_the_other_process_takes() -> None:
    child = "process: call\nversion: 1\nroles: [clerk]\nfields: {what: text}\n"
    child += "open: {ask: what}\n" + STATES
    desk = HEAD + "fields: {note: text}\nstates:\n  new:\n    by: clerk\n    events:\n"
    desk += "      close: {to: closed, ask: note, do: {start: {call: {what: note}}}}\n  closed: {end: done}\n"
    assert told({"desk.yaml": desk, "call.yaml": child}) == []
    assert told({"desk.yaml": desk.replace("what:", "waht:"), "call.yaml": child}) == ["SF203 9:58"]


def test_a_broken_child_is_no_mistake_of_its_parent() -> None:
    desk = HEAD + "by: clerk\nstates:\n  new: {run: call, events: {closed: closed}}\n  closed: {end: done}\n"
    assert told({"desk.yaml": desk, "call.yaml": "process: call\nversion: 1\nstates: {new: 2}\n"}) == []


def test_a_process_in_a_file_of_nearly_its_name_is_told() -> None:
    assert told({"callback.yaml": (HEAD + STATES).replace("desk", "callbcak")}, "callback.yaml") == ["SF217 1:10"]
    assert told({"my_desk_2.yaml": HEAD + STATES}, "my_desk_2.yaml") == []


def test_a_name_that_many_places_misspell_is_told_at_each_of_the_first_ones() -> None:
    events = ", ".join(f"e{number}: {{to: closed, ask: nto}}" for number in range(15))
    head = HEAD + "fields: {note: text}\nstates:\n"
    text = f"{head}  new: {{by: clerk, events: {{e: {{ask: note}}, {events}}}}}\n  closed: {{end: done}}\n"
    found = findings({"desk.yaml": text}, "desk.yaml")
    assert len(found) == 10
    assert found[-1].message.endswith("here and at 5 more places")


def test_labels_are_only_missed_in_a_language_that_has_most_of_them() -> None:
    head = "process: desk\nversion: 1\nlanguages: [en, zh]\nroles: [clerk]\n"
    states = "states:\n  a: {by: clerk, events: {one: b, two: b, three: b, four: b}}\n  b: {end: done}\n"
    most = head + "labels: {zh: {clerk: 客服, one: 一, two: 二, three: 三}, en: {clerk: Clerk}}\n" + states
    assert told(most) == ["SF801 7:53"]
    assert told(most.replace("three: 三", "three: 三, four: 四")) == []
    assert told(most.replace("four: b", "第四: b").replace("clerk: Clerk", "clerk: Clerk, 第四: Fourth")) == []


@pytest.mark.parametrize("good", ["agree: agreed_on, agreed: b", "step_12: b, step_21: b"])
def test_names_that_are_alike_by_nature_are_no_slip(good: str) -> None:
    states = f"states:\n  a: {{by: clerk, events: {{{good}}}}}\n  agreed_on: {{by: clerk, events: {{x: b}}}}\n"
    text = HEAD + states + "  b: {end: done}\n"
    assert [line for line in told(text) if line.startswith("SF2")] == []


def test_the_same_finding_of_several_files_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text(WORDS.replace("note: text", "note: txet"), encoding="utf-8")
    for name in ("one", "two"):
        text = f"process: {name}\nversion: 1\nuse: [words.yaml]\n{STATES}"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    found = check(sorted(tmp_path.glob("*.yaml"))).findings
    assert [(finding.code, Path(finding.file).name) for finding in found] == [("SF104", "words.yaml")]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("title: 维修工单\n".encode("gbk"), "this file looks like GBK, not UTF-8"),
        ("title: desk\n".encode("utf-16"), "this file is UTF-16, not UTF-8"),
        (b"PK\x03\x04\x80", "this file is a document, not a text"),
        (b"title: \x80\n", r"this file is not UTF-8 (byte 7 is 0x80)"),
    ],
)
def test_a_file_that_is_no_text_in_utf_8_is_told_what_it_is(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_bytes(raw)
    (finding,) = check([path]).findings
    assert (finding.code, finding.message) == ("SF001", f"not valid YAML: {said}")
    assert finding.help


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("  mid:", "mid:", "SF001 13:3", "this line is indented by 2 spaces, and the others under `mid` by 4"),
        ("    by: first", "      by: first", "SF001 7:5", "by 4 spaces, and the others under `new` by 6"),
        ("    events:\n      pass", "      events:\n        pass", "SF001 7:7", "indented further than the one above"),
    ],
)
def test_a_line_in_a_wrong_column_is_told_with_the_part_that_it_seems_to_belong_to(
    old: str, new: str, place: str, said: str
) -> None:
    text = textwrap.dedent("""\
        process: desk
        version: 1
        roles: [first, second]
        states:
          new:
            by: first
            events:
              pass_on: mid
          mid:
            by: second
            events:
              close: closed
          closed: {end: done}
    """)
    (found,) = findings({"desk.yaml": text.replace(old, new)}, "desk.yaml")
    assert f"{found.code} {found.line}:{found.column}" == place
    assert said in found.message
    assert "indent it like" in (found.help or "")
