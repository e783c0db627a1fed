"""
Stories say what their people see of a case: these fields, and no others.
"""

from pathlib import Path

import pytest

from svcflow import stories
from svcflow.errors import DefinitionError
from svcflow.stories.rename import rename

OFFER = """
process: offer
version: 1
roles: [clerk, boss]
seen_by: [clerk, boss]
fields:
  customer: {type: person, seen_by: [clerk, boss, customer]}
  cost: {type: money, seen_by: boss}
  note: text
open: {by: boss, ask: customer, may: [cost, note]}
states: {new: {by: [clerk, boss], limit: 1d, events: {say: {to: here, ask: note}, go: gone}}, gone: {end: done}}
"""
STORY = """
story: who sees what of an offer
process: offer
start: 2026-03-09 09:00
people: {bo: boss, li: clerk, mei: {groups: acme}, eve: {}}
steps:
- by: bo
  open: {customer: acme, cost: 70}
  sees: {bo: [customer, cost], li: customer, mei: [customer], eve: []}
- {by: li, send: say, with: {note: mild}, sees: {li: [note, customer], mei: customer}}
"""


def saved(folder: Path, text: str = STORY) -> Path:
    (folder / "offer.yaml").write_text(OFFER, encoding="utf-8")
    path = folder / "offer.story.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.requirement("R102", "R233")
def test_a_story_tells_who_sees_what(tmp_path: Path) -> None:
    assert stories.run(stories.read(saved(tmp_path))).misses == ()


@pytest.mark.parametrize(
    ("right", "wrong", "miss"),
    [
        ("li: customer,", "li: [customer, cost],", ("what li sees", "cost, customer", "customer")),
        ("eve: []", "eve: note", ("what eve sees", "note", "nothing")),
        ("bo: [customer, cost]", "bo: []", ("what bo sees", "nothing", "cost, customer")),
    ],
)
def test_somebody_who_sees_more_or_less_is_a_miss(
    tmp_path: Path, right: str, wrong: str, miss: tuple[str, str, str]
) -> None:
    (found,) = stories.run(stories.read(saved(tmp_path, STORY.replace(right, wrong)))).misses
    assert (found.line, found.what, found.expected, found.actual) == (9, *miss)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("eve: []", "eva: []", "SF202: no person of this story is called `eva`"),
        ("li: customer,", "li: custmer,", "SF203: no field is called `custmer`"),
    ],
)
def test_a_slip_in_what_somebody_sees_is_told(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    with pytest.raises(DefinitionError, match=told):
        stories.read(saved(tmp_path, STORY.replace(right, wrong)))


def test_a_field_that_is_renamed_is_seen_by_its_new_name(tmp_path: Path) -> None:
    saved(tmp_path)
    done = rename("field", "note", "remark", tmp_path / "offer.yaml")
    (text,) = done.after.values()
    assert "li: [remark, customer]" in text
