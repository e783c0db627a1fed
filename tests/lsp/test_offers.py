"""
What is offered at the cursor, in files as they are while somebody writes them.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcflow.language.files import Folder, Texts
from svcflow.language.spots import Spot, spots
from svcflow.lsp.offers import offers
from svcflow.lsp.positions import Positions
from svcflow.lsp.view import View

CATALOG = Path(__file__).parents[2] / "src" / "svcflow" / "catalog"
NAMES = sorted(path.name for path in CATALOG.glob("*.yaml"))
VIEW = View(Folder(str(CATALOG)))
WAYS = ("repair.last", "here", "back")
WORDS = "shared: words\nroles: [clerk, boss]\ncalendars: {office: {}}\nfields: {owner: person, seen: date, vip: flag}\n"
OTHER = "process: other\nversion: 1\nfields: {theirs: text}\nstates: {a: {end: done}}\n"
DESK = """\
process: desk
version: 1
use: [words.yaml]
fields: {rank: gold | none, 备注: text}
sla: {answer: {from: 新, until: done, target: 1d}}
states:
  新:
    by: clerk
    events:
      accept: {to: repair, ask: rank}
  repair:
    states:
      remote: {events: {finish: done, visit: onsite}}
      onsite: {events: {finish: done}}
  child: {run: desk}
  done: {end: done}
"""
FILES = MappingProxyType({"desk.yaml": DESK, "words.yaml": WORDS, "other.yaml": OTHER})


def offered(old: str, new: str) -> list[str]:
    """
    What is offered at the sign ‸, where a part of the process is written anew; names are those of the old text.
    """
    assert old in DESK
    text = DESK.replace(old, new, 1)
    offset = text.index("‸")
    view = View(Texts(FILES))
    found = offers(view, "desk.yaml", text.replace("‸", ""), offset)
    return [offer.text for offer in found.offers]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("by: clerk", "by: ‸", ["clerk", "boss", "owner", "system"]),
        ("by: clerk", "by: [clerk, ‸", ["boss", "owner", "system"]),
        ("by: clerk", "by: [clerk, b‸]", ["boss", "owner", "system"]),
        ("ask: rank", "ask: [‸]", ["rank", "备注", "owner", "seen", "vip"]),
        ("{run: desk}", "{run: other, events: {‸}}", ["a: "]),
        ("run: desk", "run: ‸", ["desk", "other"]),
        ("end: done", "end: ‸", ["done", "cancelled"]),
        ("to: repair", "to: ‸", ["新", "repair", "repair.remote", "repair.onsite", "child", "done", *WAYS]),
        ("visit: onsite", "visit: ‸", ["新", "repair", "remote", "onsite", "child", "done", *WAYS]),
        ("target: 1d", "target: 1d on ‸", ["office", "always"]),
        ("target: 1d", "target: 1d since ‸", ["seen"]),
        ("target: 1d", "target: 1d ‸", ["on", "since"]),
        ("target: 1d", "target: {per: rank, table: {gold: 1h, ‸}}", ["none: ", "default: "]),
        ("    by: clerk", "    pause: ‸", ["answer", "all"]),
        ("    by: clerk", "    parallel: ‸", ["true", "false"]),
        ("use: [words.yaml]", "use: ‸", ["other.yaml", "words.yaml"]),
        ("ask: rank", "when: rank == ‸", ["gold", "none", "rank", "备注", "owner", "seen", "vip"]),
        ("ask: rank", "do: {set: {vip: ‸}}", ["true", "false", "me", "now"]),
        ("ask: rank", "do: {set: {‸}}", ["rank: ", "备注: ", "owner: ", "seen: ", "vip: "]),
        ("ask: rank", "do: {notify: ‸}", ["clerk", "boss", "owner", "responsible"]),
        ("accept: {to: repair, ask: rank}", "accept: {to: repair, ‸}",
         ["when: ", "share: ", "max: ", "do: ", "title: ", "ask: ", "may: ", "by: ", "not_by: "]),
        ("accept: {to: repair, ask: rank}", "accept: {to: repair, wh‸: rank}",
         ["when", "share", "max", "do", "title", "ask", "may", "by", "not_by"]),
        ("ask: rank", "do: {start: {other: {‸", ["theirs: "]),
        ("ask: rank", "do: {start: {other: {theirs: ‸", ["rank", "备注", "owner", "seen", "vip"]),
        ("accept: {to: repair, ask: rank}", "accept: {do: {‸", ["set: ", "send: ", "start: ", "hook: ", "notify: "]),
    ],
)  # fmt: skip
def test_what_can_stand_there_is_offered(old: str, new: str, wanted: list[str]) -> None:
    assert offered(old, new)[: len(wanted)] == wanted


def test_words_are_offered_on_a_line_of_their_own_but_for_those_that_are_there() -> None:
    found = offered("    by: clerk\n", "    by: clerk\n    ‸\n")
    assert {"limit: ", "not_by: ", "title: "} <= set(found)
    assert "by: " not in found
    assert "events: " not in found


def test_both_kinds_of_files_can_begin() -> None:
    view = View(Texts(MappingProxyType({"new.yaml": ""})))
    assert {"process: ", "shared: "} <= {offer.text for offer in offers(view, "new.yaml", "", 0).offers}


def test_what_is_broken_elsewhere_keeps_nothing_from_being_offered() -> None:
    broken = "roles: [a, b\nfields: {x: }\nstates:\n  新:\n    by: "
    view = View(Texts(FILES))
    found = offers(view, "desk.yaml", broken + "\n  other: {\n", len(broken))
    assert [offer.text for offer in found.offers] == ["clerk", "boss", "owner", "system"]


def test_the_whole_word_under_the_cursor_is_replaced() -> None:
    view = View(Texts(FILES))
    found = offers(view, "desk.yaml", DESK, DESK.index("remote: {") + 3)
    assert DESK[found.start : found.end] == "remote"


def _named(name: str) -> list[Spot]:
    """
    The spots of a file whose text is nothing but the name of something that is there.
    """
    return [spot for spot in VIEW.spots(name) if spot.spaces and not spot.key and spot.place[:1] != ("labels",)]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_name_of_the_catalog_is_offered_where_it_stands(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in NAMES if _named(name)]))
    spot = data.draw(st.sampled_from(_named(name)))
    text = VIEW.document(name).text
    start = Positions(text).offset(Positions(text).range(spot.node.span).start)
    without = text[:start] + text[start + len(spot.node.text) :]
    assert spot.node.text in {offer.text for offer in offers(VIEW, name, without, start).offers}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_text_that_ends_anywhere_does_no_harm(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    text = VIEW.document(name).text
    end = data.draw(st.integers(0, len(text)))
    found = offers(VIEW, name, text[:end], end)
    assert found.start <= end <= found.end


def test_what_the_schema_knows_nothing_of_has_nothing_to_offer() -> None:
    assert offered("by: clerk", "title: ‸") == []
    assert [spot for spot in spots(VIEW.document(NAMES[0])) if not spot.forms and not spot.models] == []
