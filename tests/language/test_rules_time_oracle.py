"""
What the rules about time are certain of, tried out: the core itself decides cases opened at many hours of the week.
"""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import frozen
from hypothesis import example, given, settings
from hypothesis import strategies as st

from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.decide import decide, open_case
from svcflow.core.decision import Decision
from svcflow.core.event import Actor, Event, Input, Tick
from svcflow.core.process import Process
from svcflow.language.checks import Project
from svcflow.language.files import Texts
from svcflow.language.rules.catalogue import RULES

HEAD = """process: desk
version: 1
calendar: office
escalation: house
escalations: {house: {100%: {notify: clerk}}}
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: [09:00-12:00, 13:00-17:00], sat: [09:00-12:00]}, days: mon-fri}
roles: [clerk]
by: clerk
"""
CLERK = Actor("ann", roles={"clerk"})
SUNDAY = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
HOURS_OF_A_WEEK = 7 * 24
MOST_STEPS = 50

times = st.sampled_from(["2h", "8h", "1d", "2d", "3d", "20h on always", "2d on always"])


@frozen
class Run:
    """
    A case as the core decided it, and everything that happened to it.
    """

    process: Process
    case: Case
    happened: tuple[str, ...] = ()

    def then(self, event: Input, now: datetime) -> "Run | None":
        answer = decide(self.process, self.case, event, now)
        if not isinstance(answer, Decision):
            return None
        moves = tuple(move.trigger or "" for entry in answer.journal for move in entry.moves)
        return Run(self.process, answer.case, self.happened + moves)


def _opened(text: str) -> tuple[set[str], list[Run]]:
    """
    The codes that the rules find, and a case of the process opened at every other hour of a week.
    """
    project = Project(Texts({"desk.yaml": text}), RULES)
    process = project.compiled("desk.yaml").compiled
    assert process is not None
    codes = {finding.code for finding in project.check("desk.yaml").findings}
    runs = []
    for hour in range(0, HOURS_OF_A_WEEK, 2):
        opened = open_case(process.process, {}, CLERK, SUNDAY + timedelta(hours=hour), id="1")
        assert isinstance(opened, Decision)
        runs.append(Run(process.process, opened.case))
    return codes, runs


def _hurried(run: Run) -> Run:
    """
    Send `go` as soon as it is possible, until the case is over.
    """
    now = run.case.moved_at
    for _ in range(MOST_STEPS):
        if run.case.status != "open":
            return run
        gone = run.then(Event("go", actor=CLERK), now)
        if gone is None:
            now = min(timer.due for name, timer in run.case.timers.items() if name[:5] == "wait:" and timer.due)
            gone = run.then(Tick(), now)
        assert gone is not None
        run = gone
    return run


def _forgotten(run: Run) -> Run:
    """
    Let only time pass, until nothing is due any more.
    """
    for _ in range(MOST_STEPS):
        dues = [timer.due for timer in run.case.timers.values() if timer.due is not None]
        if not dues:
            return run
        ticked = run.then(Tick(), min(dues) + timedelta(microseconds=1))
        assert ticked is not None
        run = ticked
    return run


@pytest.mark.requirement("R024")
@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | times, min_size=1, max_size=3), times)
@example([None, "2d"], "1d")
@example(["8h", "1d"], "8h")
def test_a_promise_that_no_way_can_keep_is_kept_by_nobody(waits: list[str | None], target: str) -> None:
    states = [
        f"  s{place}: {{{'' if wait is None else f'wait: {wait}, '}events: {{go: s{place + 1}}}}}\n"
        for place, wait in enumerate(waits)
    ]
    end = f"s{len(waits)}"
    sla = f"sla: {{answer: {{from: s0, until: {end}, target: {target}}}}}\n"
    codes, runs = _opened(f"{HEAD}{sla}states:\n{''.join(states)}  {end}: {{end: done}}\n")
    cases = [_hurried(run) for run in runs]
    met = [
        stopwatch.met(run.case.clocks["clock:answer"], run.process.calendars, run.case.moved_at) is True
        for run in cases
    ]
    assert ("SF504" in codes) <= (not any(met))


@settings(max_examples=25, deadline=None)
@given(times, times, st.booleans())
@example(first="1d", second="3d", inside=False)
@example(first="8h", second="2d", inside=True)
def test_a_timer_that_never_fires_fires_never(first: str, second: str, inside: bool) -> None:  # noqa: FBT001
    one = f"after: {{{first}: left, every {second}: {{do: {{notify: clerk}}}}}}"
    if inside:
        one = f"after: {{{first}: left}}, states: {{inner: {{after: {{{second}: late}}}}}}"
    text = f"{HEAD}states:\n  asked: {{events: {{go: late}}, {one}}}\n  late: {{end: done}}\n  left: {{end: done}}\n"
    codes, runs = _opened(text)
    late = "+after/asked/inner/0" if inside else "+after/asked/1"
    fired = [late in _forgotten(run).happened for run in runs]
    assert ("SF501" in codes) <= (not any(fired))


@settings(max_examples=25, deadline=None)
@given(times, times)
@example("2d", "2h")
def test_a_limit_that_a_wait_uses_up_is_over_when_people_may_act(wait: str, limit: str) -> None:
    codes, runs = _opened(
        f"{HEAD}states:\n  s0: {{wait: {wait}, limit: {limit}, events: {{go: s1}}}}\n  s1: {{end: done}}\n"
    )
    for run in runs:
        opens = run.case.timers["wait:s0"].due
        due = stopwatch.due(run.case.clocks["limit:s0"], run.process.calendars)
        assert opens is not None
        assert due is not None
        assert ("SF510" in codes) <= (due <= opens)
