"""
What an editor asks about its open files: each answer, without the protocol.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow import language
from svcflow.errors import DefinitionError, InputError
from svcflow.language.edits import apply
from svcflow.language.findings import Fix, Span
from svcflow.lsp.desk import Desk, Edit, _changes

CATALOG = Path(__file__).parents[2] / "src" / "svcflow" / "catalog"
TICKET = str(CATALOG / "service_ticket.yaml")
DESK = """\
process: desk
version: 1
calendar: always
roles: [clerk, boss]
fields: {owner: person, note: text, phone: {type: text, private: true, seen_by: [boss, clerk, owner]}}
open: {ask: phone}
sla: {answer: {from: new, until: done, target: 2d}}
states:
  new: {by: clerk, limit: 4h, events: {accept: {to: repair, ask: [owner, note]}}}
  repair:
    by: [owner, boss]
    not_by: new
    events:
      finish: {to: [{to: done, when: filled(note)}, new], do: {set: {note: 'x'}}}
  done: {end: done}
"""


def made(text: str, edits: Iterable[Edit]) -> str:
    return apply(text, [Fix("", edit.span, edit.text) for edit in edits])


def opened(folder: Path, text: str = DESK) -> tuple[Desk, str]:
    """
    A desk with one file, on the disk and open.
    """
    path = folder / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    desk = Desk()
    desk.put(str(path), text)
    return desk, str(path)


def place(text: str, part: str, inside: str = "") -> tuple[int, int]:
    before = text[: text.index(part) + part.index(inside)]
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def about(folder: Path, part: str, inside: str = "") -> str:
    """
    What is told about a place of the desk.
    """
    desk, path = opened(folder)
    found = desk.hover(path, *place(DESK, part, inside))
    return "" if found is None else found.text


def test_a_state_tells_who_may_act_where_it_leads_and_what_is_surely_filled(tmp_path: Path) -> None:
    assert about(tmp_path, "to: repair", "repair").splitlines() == [
        "**repair** (state of `desk.yaml`)",
        "",
        "* by Boss, Owner; not by whoever acted in New",
        "* reached from `new` (accept)",
        "* leads to `done` (finish), `new` (finish)",
        "* SLA clocks that may run here: `answer`",
        "* surely filled on arrival: `note`, `opened_at`, `owner`, `phone`",
    ]


def test_an_event_tells_its_form_and_its_ways(tmp_path: Path) -> None:
    text = about(tmp_path, "accept: ")
    assert "* in `new` by Clerk, asks `owner`, `note`: leads to Repair" in text


def test_a_clock_tells_its_promise_and_the_limits_on_its_shortest_way(tmp_path: Path) -> None:
    text = about(tmp_path, "answer: ")
    assert "* promised: 2d" in text
    assert "* shortest way: `new` -> `repair` -> `done`" in text
    assert "* limits on it: `new` 4h" in text


def test_a_role_tells_what_it_may_send(tmp_path: Path) -> None:
    assert "* may send `finish` in `repair`" in about(tmp_path, "boss]\nfields", "boss")


def test_a_field_tells_its_type_who_fills_it_and_who_looks_at_it(tmp_path: Path) -> None:
    text = about(tmp_path, "filled(note)", "note")
    assert "**note** (field of `desk.yaml`): `text`" in text
    assert "* given with `accept`" in text
    assert "* set by `finish`" in text
    assert "* looked at by conditions of `finish`" in text
    phone = about(tmp_path, "open: {ask: phone", "phone")
    assert "* private" in phone
    assert "* seen by `boss`, `clerk` and `owner`" in phone or "* seen by `boss`, `clerk`, `owner`" in phone


def test_a_process_tells_how_it_is_opened_and_how_it_ends(tmp_path: Path) -> None:
    desk = Desk()
    text = Path(TICKET).read_text(encoding="utf-8")
    desk.put(TICKET, text)
    found = desk.hover(TICKET, *place(text, "run: callback", "callback"))
    assert found is not None
    assert "* ends as `satisfied`, `dissatisfied`, `unreachable`" in found.text
    assert "* gives back `satisfaction`" in found.text


def test_a_word_of_the_language_tells_what_it_means_and_how_it_is_written(tmp_path: Path) -> None:
    text = about(tmp_path, "not_by: ")
    assert text.startswith("**not_by**: States whose actors, and person fields, may not act here.")
    assert "not_by: repair" in text


def test_nothing_is_told_of_other_yaml_and_of_empty_places(tmp_path: Path) -> None:
    desk, path = opened(tmp_path)
    assert desk.hover(path, 9, 1) is None
    other = str(tmp_path / "compose.yaml")
    desk.put(other, "services: {web: {}}\n")
    assert desk.hover(other, 1, 1) is None
    assert desk.outline(other) == ()
    assert desk.formatted(other) == ()


def test_a_thing_of_the_catalog_tells_its_facts_in_english(tmp_path: Path) -> None:
    desk = Desk()
    text = Path(TICKET).read_text(encoding="utf-8")
    desk.put(TICKET, text)
    found = desk.hover(TICKET, *place(text, "      onsite:", "onsite"))
    assert found is not None
    assert "On-site repair" in found.text
    assert "* SLA clocks that may run here: `resolution`" in found.text


def test_names_stay_known_while_the_text_cannot_be_read(tmp_path: Path) -> None:
    desk, path = opened(tmp_path)
    broken = DESK.replace("by: [owner, boss]", "by: [owner, ")
    desk.put(path, broken)
    offers = desk.offers(path, broken.index("by: [owner, ") + len("by: [owner, "))
    assert [offer.text for offer in offers.offers] == ["clerk", "boss", "system"]
    assert [symbol.name for symbol in desk.outline(path)][:3] == ["desk", "clerk", "boss"]


def test_a_file_that_is_not_on_the_disk_yet_counts(tmp_path: Path) -> None:
    desk, path = opened(tmp_path, DESK.replace("process: desk", "process: desk\nuse: words.yaml"))
    words = str(tmp_path / "words.yaml")
    desk.put(words, "shared: words\nroles: [guest]\n")
    here = place(desk.texts[path], "use: words", "words")
    assert [span.file for span in desk.definition(path, *here)] == [words]
    assert "SF209" not in {finding.code for finding in desk.check(str(tmp_path))().findings[path]}


def test_a_closed_file_counts_as_it_is_on_the_disk(tmp_path: Path) -> None:
    desk, path = opened(tmp_path, DESK.replace("to: repair", "to: repiar"))
    told = desk.check(str(tmp_path))().findings[path]
    assert "SF201" in {finding.code for finding in told}
    desk.close(path)
    assert desk.check(str(tmp_path))().findings == {}


def test_an_empty_file_is_not_scolded(tmp_path: Path) -> None:
    desk = Desk()
    desk.put(str(tmp_path / "new.yaml"), "\n")
    assert desk.check(str(tmp_path))().findings == {}


def test_the_findings_of_a_story_are_its_own(tmp_path: Path) -> None:
    desk, path = opened(tmp_path)
    story = str(tmp_path / "a.story.yaml")
    text = "story: A\nprocess: desk\nstart: 2026-03-09 09:00\nsteps: [{by: li, open: {phone: 1}, state: nwe}]\n"
    desk.put(story, text)
    found = desk.check(str(tmp_path))().findings
    assert [(finding.code, finding.line) for finding in found[story]] == [("SF202", 4), ("SF201", 4)]
    assert desk.offers(story, 3).offers == ()
    desk.put(story, text.replace("by: li", "by: system").replace("nwe", "new"))
    assert desk.check(str(tmp_path))().findings[story] == ()
    Path(path).write_text(DESK.replace("to: repair", "to: repiar"), encoding="utf-8")
    assert desk.check(str(tmp_path))().findings[story] == ()


def test_a_layout_changes_only_the_lines_that_differ(tmp_path: Path) -> None:
    loose = DESK.replace("    by: [owner, boss]", "    by:   [owner,boss]").replace(
        "  done: {end: done}\n", "  done: { end: done }"
    )
    desk, path = opened(tmp_path, loose)
    edits = desk.formatted(path)
    assert made(loose, edits) == language.formatted(loose, path)
    assert [edit.span.line for edit in edits] == [11, 15]
    desk.put(path, loose + "  [")
    assert desk.formatted(path) == ()


LINES = st.lists(st.sampled_from(["a: 前\n", "b: 2\r\n", "c\u2028", "d\n", "\n"]), max_size=8).map("".join)


@given(LINES, LINES)
def test_the_lines_that_differ_make_one_text_the_other(before: str, after: str) -> None:
    assert made(before, _changes("f", before, after)) == after


def _inside(inner: Span, outer: Span) -> bool:
    start, end = (inner.line, inner.column), (inner.end_line, inner.end_column)
    return (outer.line, outer.column) <= start <= end <= (outer.end_line, outer.end_column)


@pytest.mark.parametrize("path", sorted(CATALOG.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_thing_of_an_outline_holds_its_name_and_what_is_inside_it(path: Path) -> None:
    desk = Desk()
    desk.put(str(path), path.read_text(encoding="utf-8"))
    waiting = list(desk.outline(str(path)))
    assert waiting
    for one in waiting:
        assert _inside(one.at, one.whole)
        assert all(_inside(inner.whole, one.whole) for inner in one.inner)
        waiting += one.inner


def test_a_rename_counts_what_is_on_the_screen(tmp_path: Path) -> None:
    text = DESK.replace("boss", "chief")
    desk, path = opened(tmp_path, text)
    edits = desk.rename(path, *place(text, "chief]\nfields", "chief"), "head")
    assert made(text, edits[path]) == text.replace("chief", "head")


def test_what_cannot_be_renamed_is_refused(tmp_path: Path) -> None:
    desk, path = opened(tmp_path)
    with pytest.raises(InputError, match="no state, event, field"):
        desk.rename(path, 2, 3, "x")
    with pytest.raises(InputError, match="is taken"):
        desk.rename(path, *place(DESK, "boss]\nfields", "boss"), "clerk")
    desk.put(path, DESK.replace("when: filled(note)", "when: fliled(note)"))
    with pytest.raises(DefinitionError):
        desk.rename(path, *place(DESK, "boss]\nfields", "boss"), "head")


def test_the_outline_nests_as_the_file_does(tmp_path: Path) -> None:
    desk, path = opened(
        tmp_path, DESK.replace("calendar: always", "calendars: {office: {}}\nhooks: ring\nanywhere: {stop: done}")
    )
    found = desk.outline(path)
    assert [(one.name, one.kind) for one in found] == [
        ("desk", "file"), ("office", "calendar"), ("ring", "hook"), ("stop", "event"), ("clerk", "role"),
        ("boss", "role"), ("owner", "field"), ("note", "field"), ("phone", "field"), ("answer", "clock"),
        ("new", "state"), ("repair", "state"), ("done", "state"),
    ]  # fmt: skip
    repair = next(one for one in found if one.name == "repair")
    assert [(one.name, one.kind) for one in repair.inner] == [("finish", "event")]
    assert (repair.at.line, repair.whole.line) == (repair.at.line, repair.at.line)
    assert next(one.about for one in found if one.name == "done") == "end: done"
