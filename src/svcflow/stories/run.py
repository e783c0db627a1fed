"""Running a story: step by step on a simulated desk, until something is not as the story says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from operator import attrgetter

from attrs import frozen

from svcflow.core.process import Process
from svcflow.errors import FoundRefusal, Refused, SvcflowError
from svcflow.language.times import read_time
from svcflow.stories.desk import Desk, Happening
from svcflow.stories.expected import Miss, Stand, forbidden, missed
from svcflow.stories.moments import later, read_moment, written_moment
from svcflow.stories.names import stands_in
from svcflow.stories.schema import Step
from svcflow.stories.story import Story
from svcflow.stories.values import form_of


@frozen
class Result:
    """
    What became of a story: everything that happened, and what is not as it says up to the first such step, by line.

    `processes` are those that its cases are of, by name. `line` is the line of the step at which it stopped, 0 when it
    came to its end; `steps` is how many it came through.
    """

    file: str
    title: str
    process: Process
    processes: Mapping[str, Process]
    course: tuple[Happening, ...]
    misses: tuple[Miss, ...] = ()
    line: int = 0
    steps: int = 0

    @property
    def passed(self) -> bool:
        """Whether all is as the story says."""
        return not self.misses


def run(story: Story) -> Result:
    """Run a story; nothing outside of it is touched, and it always comes out the same."""
    desk = Desk.on(tuple(story.processes.values()), story.start, drawn=story.form.drawn)
    for number, step in enumerate(story.form.steps):
        misses = tuple(sorted(_run_step(desk, story, number, step), key=attrgetter("line")))
        if misses:
            line = story.line(("steps", number))
            return _result(story, desk, number, misses=misses, line=line)
    return _result(story, desk, len(story.form.steps))


def _result(story: Story, desk: Desk, steps: int, *, misses: tuple[Miss, ...] = (), line: int = 0) -> Result:
    return Result(
        story.file, story.form.story, story.process, story.processes, tuple(desk.course), misses, line, steps
    )  # fmt: skip


def _run_step(desk: Desk, story: Story, number: int, step: Step) -> Iterator[Miss]:
    place = ("steps", number)
    happened, called = len(desk.course), len(desk.calls)
    refusal: FoundRefusal | None = None
    try:
        trouble = _wait(desk, story, step)
        if trouble is not None:
            yield Miss(story.line((*place, trouble.word)), *trouble.told)
            return
        _act(desk, story, step)
    except Refused as refused:
        refusal = refused.refusal
    except SvcflowError as problem:
        yield Miss(story.line(place), "this step", "it can be done", str(problem))
        return
    stand = Stand(desk, story, desk.course[happened:], desk.calls[called:], refusal)
    yield from missed(stand, step, place)
    yield from forbidden(stand)


@frozen
class _Trouble:
    """Why a step cannot begin, and the word of it that says when."""

    word: str
    told: tuple[str, str, str]


def _wait(desk: Desk, story: Story, step: Step) -> _Trouble | None:
    """Let time pass up to a step."""
    if step.until is not None:
        return _wait_until(desk, story, step, step.until)
    until = when(step, story.process, story.zone, desk.now)
    if until < desk.now:
        return _Trouble("at", ("at", step.at or "", f"the step above is at {written_moment(desk.now, story.zone)}"))
    desk.wait(until)
    return None


def when(step: Step, process: Process, zone: tzinfo, now: datetime) -> datetime:
    """
    When a step happens that does not wait for a state.

    Raises:
        CalendarError: If the calendar has no such moment.
    """
    if step.at is not None:
        return read_moment(step.at).instant(zone, now)
    return now if step.after is None else later(process, read_time(step.after), now)


def _wait_until(desk: Desk, story: Story, step: Step, state: str) -> _Trouble | None:
    while True:
        case = desk.case(step.case)
        if stands_in(story.processes[case.process], case, state):
            return None
        if case.ended or not desk.wait_for_next():
            return _Trouble("until", ("until", state, f"{case.state}, and nothing more happens by itself"))


def _act(desk: Desk, story: Story, step: Step) -> None:
    actor = story.people[step.by or "system"]
    if step.open is not None:
        desk.open(story.process.name, form_of(story.process, step.open), actor)
    elif step.send is not None:
        case = desk.case(step.case)
        desk.send(case.id, step.send, form_of(story.processes[case.process], step.form), actor)
