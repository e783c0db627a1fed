"""
What names mean, against the rename of the command line: both must find the same places, by ways of their own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcflow.language import rename
from svcflow.language.edits import apply
from svcflow.language.files import Folder, Texts
from svcflow.language.findings import Fix
from svcflow.language.nodes import plain
from svcflow.language.reader import read
from svcflow.language.rename import Renamed
from svcflow.lsp.things import Mention, Thing, declarations, mention_at, mentions, spoken_of
from svcflow.lsp.view import View

CATALOG = Path(__file__).parents[2] / "src" / "svcflow" / "catalog"
NEW = "zzz_新"
WORDS = (
    "shared: words\nroles: [clerk]\nfields: {owner: person, 备注: text, seen: date}\nhooks: [ring]\n"
    "calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}\ntargets: {soon: 1d}\n"
    "escalations: {house: {100%: {notify: [clerk, owner], hook: ring}}}\n"
)
DESK = """\
process: desk
version: 1
use: words.yaml
calendar: office
escalation: house
sla: {answer: {from: 新, until: group.inner, target: soon, renew: again}}
states:
  新:
    by: [clerk, owner]
    limit: 2d on office since seen
    events:
      again: here
      go: {to: group.inner, ask: 备注, when: "filled(备注) and 备注 != 'owner'", do: {set: {owner: me}}}
  group:
    states:
      inner:
        by: owner
        not_by: 新
        pause: answer
        events: {again: outer, back_again: {to: group.last, do: {start: {child: {note: 备注}}}}}
      outer: {run: child, events: {完成: inner, lost: gone}}
  gone: {end: cancelled}
"""
CHILD = (
    "process: child\nversion: 1\nfields: {note: text}\n"
    "states: {a: {events: {x: 完成, y: lost}}, 完成: {end: done}, lost: {end: cancelled}}\n"
)
FILES = MappingProxyType({"words.yaml": WORDS, "desk.yaml": DESK, "child.yaml": CHILD})


@cache
def catalog() -> View:
    return View(Folder(str(CATALOG)))


@cache
def desk() -> View:
    return View(Texts(FILES))


def at(part: str, inside: str = "") -> Mention | None:
    """
    What the desk's text means where a part of it begins, or something inside it.
    """
    before = DESK[: DESK.index(part) + part.index(inside)]
    return mention_at(desk(), "desk.yaml", before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)


@pytest.mark.parametrize(
    ("part", "inside", "thing"),
    [
        ("use: words", "words", Thing("file", "words.yaml", "words.yaml")),
        ("calendar: office", "office", Thing("calendar", "office", "words.yaml")),
        ("escalation: house", "house", Thing("escalation", "house", "words.yaml")),
        ("target: soon", "soon", Thing("table", "soon", "words.yaml")),
        ("renew: again", "again", Thing("event", "again", "desk.yaml")),
        ("until: group.inner", "group", Thing("state", "group", "desk.yaml")),
        ("until: group.inner", "inner", Thing("state", "group.inner", "desk.yaml")),
        ("[clerk, owner]", "clerk", Thing("role", "clerk", "words.yaml")),
        ("[clerk, owner]", "owner", Thing("field", "owner", "words.yaml")),
        ("on office since", "office", Thing("calendar", "office", "words.yaml")),
        ("since seen", "seen", Thing("field", "seen", "words.yaml")),
        ("filled(备注)", "备注", Thing("field", "备注", "words.yaml")),
        ("and 备注 !=", "备注", Thing("field", "备注", "words.yaml")),
        ("not_by: 新", "新", Thing("state", "新", "desk.yaml")),
        ("pause: answer", "answer", Thing("clock", "answer", "desk.yaml")),
        ("again: outer", "outer", Thing("state", "group.outer", "desk.yaml")),
        ("group.last", "group", Thing("state", "group", "desk.yaml")),
        ("{child: {note", "child", Thing("process", "child", "child.yaml")),
        ("{note: 备注}", "note", Thing("field", "note", "child.yaml")),
        ("{note: 备注}", "备注", Thing("field", "备注", "words.yaml")),
        ("run: child", "child", Thing("process", "child", "child.yaml")),
        ("完成: inner", "完成", Thing("state", "完成", "child.yaml")),
    ],
)
def test_a_name_means_what_stands_nearest(part: str, inside: str, thing: Thing) -> None:
    found = at(part, inside)
    assert found is not None
    assert found.thing == thing


@pytest.mark.parametrize(("part", "inside"), [("again: here", "here"), ("'owner'", "owner"), ("version: 1", "1")])
def test_a_word_of_the_language_or_a_text_means_no_thing(part: str, inside: str) -> None:
    assert at(part, inside) is None


def test_an_event_is_declared_by_each_state_that_has_it() -> None:
    found = declarations(desk(), Thing("event", "again", "desk.yaml"))
    assert [one.span.line for one in found] == [12, 20]


def _places(view: View) -> list[Thing]:
    """
    The things of all files that the command line can rename.
    """
    found = [one.thing for name in view.files.names() for one in mentions(view, name) if one.declares]
    return [thing for thing in dict.fromkeys(found) if thing.kind in get_args(Renamed)]


def _unlabelled(texts: dict[str, str]) -> dict[str, object]:
    """
    The files without their labels: a label is no mention, and a rename may double it.
    """
    found: dict[str, object] = {}
    for name, text in texts.items():
        root = read(text, name).root
        content = plain(root) if root is not None else None
        assert isinstance(content, dict)
        found[Path(name).name] = {key: value for key, value in content.items() if key != "labels"}
    return found


def _agree(view: View, thing: Thing, folder: Path) -> None:
    edits: dict[str, list[Fix]] = {}
    for one in spoken_of(view, thing):
        edits.setdefault(one.span.file, []).append(Fix("", one.span, NEW))
    ours = {file: apply(view.document(Path(file).name).text, found) for file, found in edits.items()}
    renamed = rename(thing.kind, thing.name, NEW, folder / thing.file, files=lambda _: view.files)  # type: ignore[arg-type] # one of them
    assert _unlabelled(ours) == _unlabelled(dict(renamed.after))


@pytest.mark.parametrize("thing", _places(desk()), ids=str)
def test_all_places_that_speak_of_a_thing_are_those_that_a_rename_changes(thing: Thing, tmp_path: Path) -> None:
    _agree(desk(), thing, tmp_path)


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_so_it_is_in_the_catalog(data: st.DataObject) -> None:
    _agree(catalog(), data.draw(st.sampled_from(_places(catalog()))), CATALOG)
