"""
Stories say what their people are qualified for; time passes, and a qualification with it.
"""

from pathlib import Path

import pytest

from svcflow import stories
from svcflow.core.event import Actor, Qualification
from svcflow.errors import DefinitionError
from svcflow.stories.story import Library
from svcflow.stories.walk import Deed, Walk
from svcflow.stories.writing import written

LIFT = """
process: lift
version: 1
roles: [engineer]
qualifications: [electrician, welder]
calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
states:
  repair: {by: engineer, qualified: {electrician: 2}, events: {look: here, repaired: finished}}
  finished: {end: done}
"""
STORY = """
story: the certificate of li ends on Tuesday noon
process: lift
start: 2026-03-09 09:00
people:
  li: {roles: engineer, qualifications: {electrician: {level: 2, until: 2026-03-10 12:00}}}
  wu: {roles: engineer, qualifications: electrician}
  chen: {roles: engineer, qualifications: {welder: 1, electrician: 3}}
steps:
- {by: wu, open: {}}
- {by: wu, send: look, refused: qualified}
- {at: 2026-03-10 12:00, by: li, send: look}
- {at: 2026-03-10 12:01, by: li, send: look, refused: unqualified}
- {by: chen, send: repaired, state: finished}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lift.yaml").write_text(LIFT, encoding="utf-8")
    return tmp_path


@pytest.mark.requirement("R007")
def test_a_story_tells_who_is_qualified_and_until_when(folder: Path) -> None:
    path = folder / "lift.story.yaml"
    path.write_text(STORY, encoding="utf-8")
    assert stories.run(stories.read(path)).misses == ()


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("electrician: 3", "electrican: 3", "SF218"),
        ("electrician: 3", "electrician: high", "SF105"),
        ("2026-03-10 12:00}}", "0001-01-01 00:00}}", "SF103"),
    ],
)
def test_a_slip_in_a_qualification_is_told(folder: Path, right: str, wrong: str, told: str) -> None:
    path = folder / "lift.story.yaml"
    path.write_text(STORY.replace(right, wrong), encoding="utf-8")
    with pytest.raises(DefinitionError, match=told):
        stories.read(path)


def test_a_walk_writes_down_what_its_people_are_qualified_for(folder: Path) -> None:
    until = stories.read(_saved(folder, STORY)).people["li"].qualifications
    assert until is not None
    story = stories.read(_saved(folder, STORY))
    li = Actor("li", {"engineer"}, qualifications=until)
    wu = Actor("wu", {"engineer"}, qualifications={"electrician": Qualification()})
    walk = Walk(Library().family("lift", folder), story.start)
    for deed in (Deed(li, None, {}, None), Deed(wu, "look", {}, None), Deed(li, "repaired", {}, None)):
        walk.do(deed)
    text = written(walk, "by hand")
    assert "qualifications: {electrician: {level: 2, until: 2026-03-10 12:00}}" in text
    assert "refused: qualified" in text
    assert stories.run(stories.read(_saved(folder, text))).misses == ()


def _saved(folder: Path, text: str) -> Path:
    path = folder / "lift.story.yaml"
    path.write_text(text, encoding="utf-8")
    return path
