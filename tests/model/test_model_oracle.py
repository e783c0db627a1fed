"""
The model checker against plain search: what is proved never happens, and no way is shorter than the one it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from core.desk import Desk
from core.walk import Run, begin, commands, walk
from model.floor import process
from svcflow.core.case import Case
from svcflow.core.decide import decide, open_case
from svcflow.core.decision import Decision
from svcflow.core.event import Actor, Event
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.model.explore import BEGIN, explore
from svcflow.model.loose import Watch
from svcflow.model.walks import again

NAMES = ("one", "two", "three", "four")
CONDITIONS = (
    "turns > 1", "turns == 2", "turns >= 1 and ready", "level == b", "level != c", "not ready", "filled(note)",
    "score > 3", "score <= 3 or level == a", "filled(level) and not filled(note)", "turns < score",
)  # fmt: skip
SETS = (
    "turns: turns + 1", "turns: '0'", "turns: '2'", "level: b", "ready: 'true'", "ready: turns > 0", "note: 'called'",
    "score: '5'", "turns: score",
)  # fmt: skip
FORMS = ("", "ask: level, ", "ask: ready, ", "may: score, ", "ask: [note, score], ", "may: [level, ready], ")
TIMES = ("", "after: {2h: TARGET}, ", "wait: 1h, ", "after: {every 2d: {do: {set: {turns: turns + 1}}}}, ")
FIELDS = "fields: {turns: number, level: a | b | c, ready: flag, note: text, score: 1..5}\n"


@st.composite
def alternatives(draw: st.DrawFn) -> str:
    """One place an event may lead to, with what it needs and what it writes."""
    target = draw(st.sampled_from((*NAMES, "over", "here")))
    when = draw(st.sampled_from(("", *(f", when: {one}" for one in CONDITIONS))))
    most = draw(st.sampled_from(("", "", ", max: 2")))
    write = draw(st.sampled_from(("", *(f", do: {{set: {{{one}}}}}" for one in SETS))))
    return f"{{to: {target}{when}{most}{write}}}"


@st.composite
def texts(draw: st.DrawFn, *, times: bool = False) -> str:
    """A small process whose ways hang on a counter, a choice, a flag and what is filled."""
    lines = []
    for name in NAMES:
        events = []
        for event in draw(st.lists(st.sampled_from(("go", "turn", "stop")), unique=True, min_size=1, max_size=2)):
            ways = ", ".join(draw(st.lists(alternatives(), min_size=1, max_size=2)))
            events.append(f"{event}: {{{draw(st.sampled_from(FORMS))}to: [{ways}]}}")
        time = draw(st.sampled_from(TIMES)).replace("TARGET", draw(st.sampled_from(NAMES))) if times else ""
        write = draw(st.sampled_from(("", *(f"do: {{set: {{{one}}}}}, " for one in SETS))))
        lines.append(f"  {name}: {{{time}{write}events: {{{', '.join(events)}}}}}")
    return FIELDS + "states:\n" + "\n".join(lines) + "\n  over: {end: done}\n"


VALUES: dict[str, tuple[object, ...]] = {
    "level": ("a", "b", "c"),
    "ready": (True, False),
    "note": ("x",),
    "score": (1, 2, 3, 4, 5),
}
CLERK = Actor("li", roles={"clerk"})


def sendable(one: Process, case: Case) -> Iterator[Event]:
    """Every event with every value, by a clerk."""
    for state in case.states:
        for name, (rule, *_) in one.states[one.paths[state]].events.items():
            choices: list[list[tuple[str, object]]] = [
                [(field, value) for value in VALUES[field]] for field in rule.ask
            ]
            choices += [[(field, value) for value in ("", None, *VALUES[field])] for field in rule.may]
            for form in product(*choices):
                yield Event(name, {field: value for field, value in form if value != ""}, CLERK)


def nearest(one: Process, depth: int, machine: Watch) -> dict[int, int]:
    """After how many events at least each move is taken, by trying everything, each case by itself."""
    found: dict[int, int] = {}
    opened = open_case(one, {}, CLERK, BEGIN, id="case", machine=machine)
    assert isinstance(opened, Decision)
    cases = {repr((opened.case.states, opened.case.fields, opened.case.counts)): opened.case}
    found.update(dict.fromkeys(machine.taken, 0))
    for number in range(1, depth + 1):
        after: dict[str, Case] = {}
        for case in cases.values():
            for event in sendable(one, case):
                machine.forget()
                answer = decide(one, case, event, BEGIN, machine=machine)
                if isinstance(answer, Decision):
                    for index in machine.taken:
                        found.setdefault(index, number)
                    after[repr((answer.case.states, dict(answer.case.fields), dict(answer.case.counts)))] = answer.case
        cases = after
    return found


@settings(max_examples=20)
@given(texts())
def test_no_way_is_shorter_than_the_one_found_and_none_goes_where_it_is_proved_that_none_does(text: str) -> None:
    one = process(text)
    model = explore(one, most=300)
    found = nearest(one, 4, Watch(statechart))
    assert not found.keys() & model.never
    shown = {index: len(way) - 1 for index, way in model.ways.items() if len(way) <= 5}
    if not model.cut:
        assert shown == found


@settings(max_examples=20)
@given(texts(times=True), st.lists(commands, min_size=1, max_size=2))
def test_no_case_does_at_any_time_what_is_proved_never_to_happen(text: str, runs: list[Run]) -> None:
    one = process(text)
    model = explore(one, most=300)
    for number, run in enumerate(runs):
        watch = Watch(statechart)
        walk(begin(one, seed=number, machine=watch), run)
        assert not model.never.intersection(watch.taken)
        assert not model.unreached.intersection(watch.entered)


@settings(max_examples=20)
@given(texts(times=True), commands)
def test_ways_are_those_of_the_engine_and_whoever_is_caught_never_ends(text: str, run: Run) -> None:
    one = process(text)
    model = explore(one, most=300)
    for way in (*model.ways.values(), *(trap.way for trap in model.traps)):
        assert again(one, way) == way[-1].case
    for way in (trap.way for trap in model.traps):
        desk = Desk(one, now=way[-1].at)
        desk.cases["case"] = way[-1].case
        desk.journal["case"] = []
        walk(desk, run)
        assert not desk.cases["case"].ended
