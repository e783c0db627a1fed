"""The kinds of commands that a trace is drawn from, each with how often it comes: what people do, time, and faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TypeAlias

from attrs import evolve

from svcflow.core.case import Case
from svcflow.core.event import Actor
from svcflow.core.people import needed
from svcflow.testing import senders, trace, waits
from svcflow.testing.forms import PERSONS
from svcflow.testing.scene import INSTANT, Scene
from svcflow.testing.trace_values import How

CASES = 6
"""Open cases among which somebody chooses one, the oldest ones."""

OUTCOMES: tuple[How, ...] = ("raises", "timeout")
SKEWS = tuple(sign * length for length in (INSTANT, timedelta(hours=1), timedelta(days=3)) for sign in (1, -1))
WORKERS = 2

MOMENTS = 12
"""Moments with the store that one command mostly has."""

TURNED = 14
"""Days ahead in which holidays become working days, and the other way round."""


# ── people and time ────────────────────────────────────────────────────────────────────────────────────────────


def _send(scene: Scene) -> None:
    """An event that the case knows, by somebody who may, if there is anybody; where it knows none, time passes."""
    cases = [case for case in scene.pure.opened() if scene.ground(case).events(case)][:CASES]
    if cases:
        case = scene.choose.one(cases)
        ground = scene.ground(case)
        rules = ground.events(case)
        rule = scene.choose.one(rules)
        if ground.ends(rule):  # Think twice: there is more to be seen before.
            rule = scene.choose.one(rules)
        scene.send(case, rule)
    else:
        _wait(scene)


def _wait(scene: Scene) -> None:
    scene.wait(waits.until(scene))


def _late(scene: Scene) -> None:
    """Time passes, and no worker is there."""
    scene.wait(waits.until(scene), prompt=False)


def _stray(scene: Scene) -> None:
    """What is mostly refused: the wrong event, person, form or case."""
    choose = scene.choose
    case = choose.one(tuple(scene.pure.cases.values()) or (None,))
    if case is None or choose.seldom(12):
        scene.do(trace.Send("nothing", actor=_somebody(scene), case="nobody" if case is None else case.id))
        return
    ground = scene.ground(case)
    mistake = choose.integer(2)
    rules = (() if mistake == 1 else ground.events(case)) or ground.sent
    if not rules:
        _note(scene)
        return
    rule = choose.one(rules)
    form = ground.forms.filled(choose, rule.ask, rule.may, scene.pure.now, case.fields)
    able = senders.able(choose, (rule.by,), case.fields)
    actor = able if mistake else senders.anybody(choose, ground.process)
    needs = {} if rule.qualified is None else needed(rule.qualified, case.fields)
    lacking = needs and (not mistake or choose.integer(1))
    actor = (senders.unqualified if lacking else senders.qualified)(choose, actor, needs, scene.pure.now)
    if mistake == 2:  # noqa: PLR2004 - one of three
        form = ground.forms.wrong(choose, form)
    scene.do(trace.Send(rule.name, form, actor, case.id, scene.key()))


def _again(scene: Scene) -> None:
    """The same key once more: mostly with the same content, as after an answer that was lost."""
    if not scene.kept:
        _send(scene)
        return
    command = scene.choose.one(tuple(reversed(scene.kept)))
    if not scene.choose.seldom(4):
        scene.do(command)
    elif isinstance(command, trace.Note):
        scene.do(evolve(command, text=f"{command.text}, too"))
    else:
        scene.do(evolve(command, actor=evolve(command.actor, id=f"{command.actor.id}-too")))


def _note(scene: Scene) -> None:
    case = _any(scene)
    if case is not None:
        scene.do(trace.Note("a remark", _somebody(scene), case.id, scene.key()))


def _erase(scene: Scene) -> None:
    """Private values are forgotten: all of them, or one."""
    case = _any(scene)
    private = () if case is None else tuple(sorted(scene.ground(case).process.private))
    if case is not None and private:
        fields = scene.choose.one(((), *((name,) for name in private)))
        scene.do(trace.Erase("asked for", _somebody(scene), case.id, fields))


def _another(scene: Scene) -> None:
    """One more case, of this or another process; now and then by somebody who may not, or with a mistake."""
    choose = scene.choose
    ground = scene.grounds[choose.one(tuple(scene.stage.processes))]
    actor, form = scene.wrong_opening(ground) if choose.seldom(3) else scene.opening(ground)
    scene.do(trace.Open(ground.process.name, form, actor, f"case-{len(scene.commands) + 1}", scene.key()))


def _any(scene: Scene) -> Case | None:
    return scene.choose.one(tuple(scene.pure.cases.values())[:CASES] or (None,))


def _somebody(scene: Scene) -> Actor:
    return Actor(scene.choose.one(PERSONS))


# ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _work(scene: Scene) -> None:
    """A worker looks what there is to do: the first one, or one in another process."""
    scene.do(trace.Work(scene.choose.integer(WORKERS - 1)))


def _hook(scene: Scene) -> None:
    """A host is out of order, for one call."""
    hooks = sorted(scene.stage.process.hooks)
    scene.do(trace.Hook(scene.choose.one(OUTCOMES), scene.choose.one(("*", "notify", *hooks))))


def _crash(scene: Scene) -> None:
    scene.do(trace.Crash(1 + scene.choose.integer(MOMENTS - 1)))


def _restart(scene: Scene) -> None:
    scene.do(trace.Restart())


def _skew(scene: Scene) -> None:
    scene.do(trace.Skew(scene.choose.one(SKEWS)))


def _recalendar(scene: Scene) -> None:
    """Some of the next dates are turned, up to three."""
    choose = scene.choose
    tomorrow = max(calendar.local_date(scene.pure.now) for calendar in scene.calendars) + timedelta(days=1)
    turned = {tomorrow + timedelta(days=choose.integer(TURNED)) for _ in range(1 + choose.integer(2))}
    scene.do(trace.Recalendar(tuple(sorted(turned))))


def _migrate(scene: Scene) -> None:
    scene.do(trace.Migrate())


Deed: TypeAlias = Callable[[Scene], None]

DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "send": _send,
        "wait": _wait,
        "late": _late,
        "stray": _stray,
        "again": _again,
        "note": _note,
        "erase": _erase,
        "open": _another,
        "work": _work,
        "hook": _hook,
        "crash": _crash,
        "restart": _restart,
        "skew": _skew,
        "recalendar": _recalendar,
        "migrate": _migrate,
    }
)
"""What is done, by the word for it in `weights`."""

PEOPLE: Mapping[str, int] = MappingProxyType(
    {"send": 40, "wait": 20, "late": 4, "stray": 7, "again": 4, "note": 2, "erase": 1, "open": 1}
)
"""How often what people and time do comes."""

FAULTS: Mapping[str, int] = MappingProxyType(
    {"work": 4, "hook": 4, "crash": 3, "restart": 1, "skew": 1, "recalendar": 1, "migrate": 1}
)
"""How often what else happens to a service comes."""
