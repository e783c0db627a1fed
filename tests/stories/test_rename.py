"""
What is renamed in a process is renamed in its stories, and they are as true as before.
"""

import shutil
from pathlib import Path
from typing import get_args

import pytest

from stories.workshop import HEAD, write_workshop
from svcflow import catalog, language, stories
from svcflow.language.rename import Renamed

THINGS: tuple[tuple[Renamed, str, str], ...] = (
    ("state", "received", "workshop.yaml"), ("state", "work", "workshop.yaml"),
    ("state", "work.bench", "workshop.yaml"), ("state", "calling", "survey.yaml"),
    ("event", "hand_over", "workshop.yaml"), ("event", "praise", "survey.yaml"),
    ("field", "owner", "workshop.yaml"), ("field", "parts", "workshop.yaml"), ("role", "agent", "workshop.yaml"),
    ("qualification", "electrician", "lift.yaml"),
    ("role", "caller", "survey.yaml"), ("hook", "order", "workshop.yaml"), ("clock", "solved", "workshop.yaml"),
)  # fmt: skip
STORY = f"""{HEAD}steps:
- {{by: li, open: {{customer: acme}}, state: received, clocks: {{received: running, solved: running}}}}
- {{by: li, send: hand_over, refused: {{form: owner}}}}
- by: li
  send: hand_over
  with: {{"owner": wang, parts: [a, b]}}
  state: [work, bench, work.bench]
  fields: {{owner: wang}}
  does: {{notify: {{owner: yours}}}}
- {{by: wang, send: order, with: {{parts: fan}}, state: parts, does: {{hook: {{order: {{parts: fan, owner: wang}}}}}}}}
- {{until: work.bench}}
- {{by: wang, send: done, does: {{start: survey}}, cases: {{survey: calling}}}}
- {{in: survey, by: cai, send: praise, state: good}}
- {{state: returned, clocks: {{solved: late, received: met}}}}
never: {{state: refused, late: received, hook: [], notify: agent}}
""".replace(", hook: []", "")


LIFT = """process: lift
version: 1
roles: [engineer]
qualifications: [electrician, welder]
states:
  repair: {by: engineer, qualified: {electrician: 2}, events: {repaired: finished}}
  finished: {end: done}
"""
LIFT_STORY = """story: only those who hold it
process: lift
start: 2026-03-09 09:00
people:
  li: {roles: engineer, qualifications: {"electrician": {level: 2, until: 2026-03-10 12:00}}}
  wu: {roles: engineer, qualifications: [electrician, welder]}
  he: {roles: engineer, qualifications: electrician}
steps:
- {by: wu, open: {}}
- {by: wu, send: repaired, refused: qualified}
- {by: he, send: repaired, refused: qualified}
- {by: li, send: repaired, state: finished}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The workshop, and a story of it in a folder below."""
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "a.story.yaml").write_text(STORY, encoding="utf-8")
    (tmp_path / "stories" / "lift.story.yaml").write_text(LIFT_STORY, encoding="utf-8")
    (tmp_path / "lift.yaml").write_text(LIFT, encoding="utf-8")
    return write_workshop(tmp_path)


@pytest.mark.parametrize(("kind", "old", "file"), THINGS)
def test_after_a_rename_the_stories_are_still_true(project: Path, kind: Renamed, old: str, file: str) -> None:
    path = project / file
    told = stories.rename(kind, old, "x_new", path)
    renamed = language.rename(kind, old, "x_new", path)
    assert told.places >= len(told.after) > 0
    library = stories.Library()
    for name, text in {**renamed.after, **told.after}.items():
        Path(name).write_text(text, encoding="utf-8")
    for name in told.after:
        assert stories.run(stories.read(name, library)).misses == ()


def test_every_kind_of_thing_is_tried() -> None:
    assert {kind for kind, _, _ in THINGS} == set(get_args(Renamed))


def test_stories_of_other_processes_and_broken_ones_stay_as_they_are(project: Path) -> None:
    (project / "broken.story.yaml").write_text("story: x\nprocess: workshop\n", encoding="utf-8")
    (project / "other.story.yaml").write_text(
        "story: x\nprocess: note\nstart: 2026-03-09 09:00\nsteps: [{by: system, open: {customer: agent}}]\n",
        encoding="utf-8",
    )
    told = stories.rename("event", "hand_over", "x_new", project / "workshop.yaml")
    assert list(told.after) == [str(project / "stories" / "a.story.yaml")]
    assert told.places == 2
    assert stories.rename("event", "hand_over", "x_new", project / "stories" / "workshop.yaml").after == {}


def test_the_shipped_stories_follow_a_shared_role(tmp_path: Path) -> None:
    for file in catalog.FOLDER.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    shutil.copy(catalog.FOLDER / "stories" / "service_ticket-outlet-does-not-answer.story.yaml", tmp_path)
    told = stories.rename("role", "dispatcher", "router", tmp_path / "common.yaml")
    assert told.places == 2
    (text,) = told.after.values()
    assert "  调度: router\n" in text
    assert "does: {notify: router}" in text
