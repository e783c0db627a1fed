"""
The model checker against random walks through processes of every shape: groups, regions, `back`, `auto`, `send`, bars.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.desk import Desk
from core.walk import Run, begin, commands, walk
from model.floor import process
from svcflow.core.statechart import statechart
from svcflow.model.explore import explore
from svcflow.model.loose import Watch
from svcflow.model.walks import again

FIELDS = """
fields: {turns: number, ready: flag, level: a | b, owner: person, helper: person, day: date}
escalations: {loud: {100%: {send: push}, 150%: {set: {ready: true}}}}
"""
TARGETS = (
    "first", "group", "group.left", "group.right", "group.over", "sides", "sides.north.there", "sides.south.gone",
    "aside", "group.last", "here", "closed",
)  # fmt: skip
WHENS = (
    "",
    "",
    ", when: ready",
    ", when: not ready",
    ", when: turns > 1",
    ", when: level == a",
    ", when: filled(owner)",
)
DOS = (
    "", "", ", do: {set: {turns: turns + 1}}", ", do: {set: {turns: '1'}}", ", do: {set: {ready: 'true'}}",
    ", do: {set: {owner: me}}", ", do: {send: push}", ", do: {set: {helper: owner}}",
)  # fmt: skip
PEOPLE = ("", "", "by: boss, ", "by: owner, ", "by: [owner, boss], not_by: helper, ", "not_by: group, ", "by: system, ")
FORMS = ("", "", "ask: owner, ", "may: [ready, level], ", "ask: level, ", "may: day, ", "ask: helper, ")
TIMES = (
    "", "", "after: {3h: %s}, ", "wait: 2h, ", "after: {1d since day: %s}, ", "limit: 2h, ",
    "window: 1d..2d since day, ",
)  # fmt: skip
AUTOS = (
    "",
    "",
    "",
    "auto: {to: [{to: %s, when: ready and turns > 0}]}, ",
    "auto: {to: [{to: %s, when: level == b}]}, ",
)


@st.composite
def alternative(draw: st.DrawFn) -> str:
    """One place that an event may lead to."""
    most = draw(st.sampled_from(("", "", ", max: 1")))
    target = draw(st.sampled_from(TARGETS))
    return f"{{to: {target}{draw(st.sampled_from(WHENS))}{most}{draw(st.sampled_from(DOS))}}}"


@st.composite
def inner(draw: st.DrawFn) -> str:
    """What stands in one state."""
    events = []
    for event in draw(st.lists(st.sampled_from(("go", "push", "turn")), unique=True, max_size=2)):
        ways = ", ".join(draw(st.lists(alternative(), min_size=1, max_size=2)))
        events.append(f"{event}: {{{draw(st.sampled_from(PEOPLE))}{draw(st.sampled_from(FORMS))}to: [{ways}]}}")
    extra = "".join(
        draw(st.sampled_from(one)).replace("%s", draw(st.sampled_from(("aside", "first", "group"))))
        for one in (TIMES, AUTOS)
    )
    return f"{{{extra}events: {{{', '.join(events)}}}}}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A process with a group, two regions and a state to come back from."""
    some = [draw(alternative()), *(draw(inner()) for _ in range(6))]
    return f"""{FIELDS}
escalation: loud
anywhere:
  halt: {{to: aside, in: [first, group], by: boss}}
  push: {{to: here, in: [sides], do: {{set: {{turns: turns + 1}}}}}}
states:
  first: {{events: {{go: group, turn: sides, push: {{to: [{some[0]}]}}}}}}
  group:
    states:
      left: {some[1]}
      right: {some[2]}
      over: {{end: done}}
    events: {{done: {{to: [{{to: sides, when: ready}}, first]}}}}
  sides:
    parallel: true
    states:
      north: {{states: {{here_now: {some[3]}, there: {some[4]}, fine: {{end: done}}}}}}
      south: {{states: {{near: {some[5]}, gone: {some[6]}, well: {{end: done}}}}}}
    events: {{done: closed}}
  aside: {{events: {{resume: back, push: {{to: closed, max: 1}}}}}}
  closed: {{end: done}}
"""


@settings(max_examples=15)
@given(texts(), st.lists(commands, min_size=1, max_size=3))
def test_no_walk_does_what_is_proved_never_to_happen(text: str, runs: list[Run]) -> None:
    one = process(text, opening="{by: clerk, may: [ready, level, owner]}")
    model = explore(one, most=200)
    for number, run in enumerate(runs):
        watch = Watch(statechart)
        walk(begin(one, seed=number, machine=watch), run)
        assert not model.never.intersection(watch.taken)
        assert not model.unreached.intersection(watch.entered)


@settings(max_examples=15)
@given(texts(), commands)
def test_whoever_is_caught_in_any_shape_never_ends(text: str, run: Run) -> None:
    one = process(text, opening="{by: clerk, may: [ready, level, owner]}")
    model = explore(one, most=200)
    for way in model.ways.values():
        assert again(one, way) == way[-1].case
    for trap in model.traps:
        desk = Desk(one, now=trap.way[-1].at)
        desk.cases["case"] = trap.way[-1].case
        desk.journal["case"] = []
        walk(desk, run)
        assert not desk.cases["case"].ended
