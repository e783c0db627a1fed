"""
The stories that come with the catalog are true, and would not be if the processes were others.
"""

import re
from pathlib import Path

import pytest
from attrs import evolve

import shelf
from svcflow import catalog, stories

STORIES = sorted((catalog.FOLDER / "stories").iterdir())


def test_there_are_stories_of_every_process_in_both_languages() -> None:
    told = [stories.read(path, shelf.LIBRARY) for path in STORIES]
    assert len(told) >= 12
    assert {story.process.name for story in told} == set(catalog.NAMES)
    chinese = [story for story in told if re.search("[一-鿿]", story.form.story)]
    assert 5 <= len(chinese) < len(told) - 5


@pytest.mark.parametrize("name", catalog.NAMES)
def test_the_stories_of_a_process_are_those_that_begin_with_its_name(name: str) -> None:
    assert {stories.read(path, shelf.LIBRARY).process.name for path in catalog.stories(name)} == {name}


@pytest.mark.parametrize("name", catalog.NAMES)
def test_some_story_of_a_process_is_told_to_its_end(name: str) -> None:
    told = [stories.read(path, shelf.LIBRARY) for path in catalog.stories(name)]
    assert told
    ends = {state.path for state in getattr(catalog, name).states if state.end is not None}
    steps = [step for story in told for step in story.form.steps if step.case is None]
    assert any(set(step.state) & ends or step.until in ends for step in steps)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.name)
def test_a_story_of_the_catalog_is_true(path: Path) -> None:
    result = stories.run(stories.read(path, shelf.LIBRARY))
    assert result.misses == ()
    assert result.steps == len(stories.read(path, shelf.LIBRARY).form.steps)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.name)
def test_a_story_fails_at_the_very_step_that_says_another_state(path: Path) -> None:
    story = stories.read(path, shelf.LIBRARY)
    steps = story.form.steps
    saying = [number for number, step in enumerate(steps) if step.state]
    number = saying[len(saying) // 2]
    process = story.processes[steps[number].case or story.process.name]
    wrong = next(name for name in reversed(process.names) if name not in steps[number].state)
    false = steps[number].model_copy(update={"state": (wrong,)})
    form = story.form.model_copy(update={"steps": (*steps[:number], false, *steps[number + 1 :])})
    result = stories.run(evolve(story, form=form))
    assert [(miss.line, miss.expected) for miss in result.misses] == [(story.line(("steps", number, "state")), wrong)]
    assert result.steps == number
