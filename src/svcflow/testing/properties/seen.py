"""
Whoever looks sees what `seen_by` says, no more and no less: in cases, clocks, worklists, menus, journals, refusals.

Asked for those who did something of late, and for a stranger; who may see what is read a second time from the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve

from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.core.sight import UNSEEN
from svcflow.testing.reading.sight import Names, hidden, seen_by
from svcflow.testing.step import Step
from svcflow.testing.trace import Note, Open, Send
from svcflow.testing.violations import SeenOtherwise
from svcflow.testing.world import World

STRANGER = Actor("somebody-else")
LATELY = 2
"""How many of those who did something are asked for, beside the stranger."""
NOTHING = (None, None, ())
"""What a clock promises, promised as a date, and promised before."""


class SeenAsSaid:
    """Raises SeenOtherwise."""

    def __init__(self, world: World) -> None:
        """Nobody has done anything yet."""
        del world
        self._people: dict[Actor, None] = {}
        self._said: dict[Process, Mapping[str, Names]] = {}

    def after(self, step: Step, world: World) -> None:
        """Look at what this step touched."""
        command = step.command
        if isinstance(command, Open | Send | Note) and step.error is None:
            self._people.pop(command.actor, None)
            self._people[command.actor] = None
        touched = dict.fromkeys(entry.case for entry in step.entries)
        if step.refusal is not None:
            touched[step.refusal.case] = None
        for case in touched:
            process = world.process(step.after[case]) if case in step.after else None
            if process is not None and process.limited:
                if process not in self._said:
                    self._said[process] = seen_by(process)
                said = self._said[process]
                for actor in (*list(self._people)[-LATELY:], STRANGER):
                    _look(world, process, case, actor, said)
                if isinstance(command, Send):
                    _judge(step, world, process, command, said)

    def end(self, world: World) -> None:
        """What was shown on the way is all there is."""


def _look(world: World, process: Process, case: str, actor: Actor, said: Mapping[str, Names]) -> None:
    engine = world.engine
    whole = engine.case(case)
    secret = hidden(said, actor, whole.fields)
    _compare(case, actor, "the case", secret, [(whole.fields, engine.case(case, viewer=actor).fields)])
    lists = (one for one in engine.worklist(actor, process=process.name) if one.id == case)
    _compare(case, actor, "a worklist", secret, ((engine.case(case).fields, one.fields) for one in lists))
    for offer in engine.menu(case, actor=actor):
        if secret & offer.present.keys():
            raise SeenOtherwise(f"the menu of {actor.id} proposes {_listed(secret & offer.present.keys())}", case=case)
    entries = {entry.seq: entry for entry in engine.journal(case)}
    if any(entry.kind == "migrated" for entry in entries.values()):
        return  # Of fields that only an earlier version had, that version says who sees them.
    _look_at_clocks(world, process, case, actor, secret)
    shown = [(entries[entry.seq], entry) for entry in engine.journal(case, viewer=actor)]
    _compare(case, actor, "the journal", secret, ((one.fields, seen.fields) for one, seen in shown))
    _compare(case, actor, "the journal", secret, ((one.changes, seen.changes) for one, seen in shown))


def _look_at_clocks(world: World, process: Process, case: str, actor: Actor, secret: frozenset[str]) -> None:
    """What a clock promises by a field that is not for this actor is left out; all else is told of every clock."""
    engine = world.engine
    for view, shown in zip(engine.clocks(case), engine.clocks(case, viewer=actor), strict=True):
        limit = process.states[process.paths[view.name]].limit if view.kind == "limit" else None
        promise = process.clocks[view.name].promise if limit is None else limit.promise
        kept_back = evolve(view, target=None, remaining=None, unseen=True) if promise.reads & secret else view
        if shown != kept_back:
            raise SeenOtherwise(f"{actor.id} sees {view.name} as {shown}, not as {kept_back}", case=case)
    told = engine.case(case, viewer=actor)
    for clock in (*told.cycles, *told.clocks.values()):
        rule = process.clocks.get(clock.name)
        if rule is not None and rule.promise.reads & secret and (clock.target, clock.fixed, clock.earlier) != NOTHING:
            raise SeenOtherwise(f"{actor.id} sees in the case what {clock.name} promises", case=case)


Pairs = Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]


def _compare(case: str, actor: Actor, where: str, secret: frozenset[str], pairs: Pairs) -> None:
    """Each value as it is, and as it is shown."""
    for whole, shown in pairs:
        wanted = {name: UNSEEN if name in secret else value for name, value in whole.items()}
        if wanted != shown:
            wrong = [name for name in wanted if name not in shown or wanted[name] != shown[name]]
            told = "sees" if secret.intersection(wrong) else "is not shown"
            raise SeenOtherwise(f"{actor.id} {told} {_listed(wrong)} in {where}", case=case)


def _judge(step: Step, world: World, process: Process, command: Send, said: Mapping[str, Names]) -> None:
    """A refusal prints no condition over fields that its actor may not see."""
    if step.refusal is None or step.refusal.code != "no_alternative":
        return
    secret = hidden(said, command.actor, world.engine.case(command.case).fields)
    told = step.refusal.parameters["alternatives"]
    for name, read in _reads(process):
        if secret & read and str(told.get(name, "")).startswith("needs "):
            raise SeenOtherwise(
                f"{command.actor.id} is told of {_listed(secret & read)}: {told[name]}", case=command.case
            )


def _reads(process: Process) -> Iterator[tuple[str, frozenset[str]]]:
    for _, alternative in process.moves:
        if alternative.when is not None:
            yield alternative.count, alternative.when.reads


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
