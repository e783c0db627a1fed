"""What is decided is what is kept: the store against the pure model, case by case, and at the end all of it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from svcflow.core.decision import HookCall
from svcflow.rounds import DEFAULT_TERMS
from svcflow.testing.step import Step
from svcflow.testing.violations import MissingEffect, StoreRoundTrip
from svcflow.testing.world import World


class StoreKeeps:
    """
    Every case, as of now, is the one of the pure model.

    At the end the journals are, too, and what is armed, linked and waits to be delivered: every call that was decided
    has been made, or waits.
    """

    def __init__(self, world: World) -> None:
        """Nothing need be known beforehand."""

    def after(self, step: Step, world: World) -> None:
        """Compare the cases that are there, and when the next of them wants to be woken up."""
        ours = world.pure.cases
        for case in step.after.values():
            earlier = step.before.get(case.id)
            if case.ended and earlier is not None and earlier.seq == case.seq:
                continue
            present, wanted = world.engine.case(case.id), ours.get(case.id)
            if present != wanted:
                raise StoreRoundTrip(f"the store has {present!r}, decided was {wanted!r}", case=case.id)
        dues = [timer.due for case in step.after.values() for timer in case.timers.values() if timer.due is not None]
        due, wanted_due = world.engine.store.next_dues()[0], min(dues, default=None)
        if due != wanted_due and not world.pure.stuck:
            raise StoreRoundTrip(f"the next timer is due at {due}, the cases say {wanted_due}")

    def end(self, world: World) -> None:
        """Let a worker catch up, and compare everything."""
        while world.engine.tick():
            pass
        written, ours = world.cases(), world.pure
        if missing := ours.cases.keys() - written.keys():
            raise StoreRoundTrip("the store has lost it, or never had it", case=min(missing))
        for case, entries in ours.journal.items():
            if list(world.journal(case)) != entries and not ours.stuck:
                raise StoreRoundTrip("the journal is not what was decided", case=case)
            links, wanted = set(world.engine.store.links("", case)), set(_links(world, case))
            if links != wanted:
                raise StoreRoundTrip(f"it is linked by {links}, decided was {wanted}", case=case)
        _delivered(world)
        _in_time(world)


def _links(world: World, case: str) -> Iterator[tuple[str, str, str]]:
    """(from, to, kind) for each case that this one started, or that started it."""
    for origin, entries in world.pure.journal.items():
        for started in (started for entry in entries for started in entry.starts):
            if case in {origin, started}:
                yield origin, started, "start" if world.pure.cases[started].parent is None else "run"


def _delivered(world: World) -> None:
    """Every call that was decided was made, or waits in the outbox as it was decided; and no other does."""
    decided = {call.key: _public(call, world) for call in world.pure.calls}
    waiting = {one.call.key: one.call for one in world.engine.outbox()}
    made = {one.call.key: one.call for one in world.host.calls}
    well = {one.call.key for one in world.host.calls if one.how == "ok"}
    for key, call in (*waiting.items(), *made.items()):
        if key not in decided or evolve(call, attempt=1) != decided[key]:
            raise StoreRoundTrip(f"the call {call!r} is not what was decided: {decided.get(key)!r}", case=call.case)
    for key, call in decided.items():
        if key not in waiting and key not in well:
            raise MissingEffect(f"the call {key} of {call.hook} was never made, and does not wait", case=call.case)


def _in_time(world: World) -> None:
    """Whatever waits is tried again within the longest pause of a worker, also where a dead one holds it."""
    latest = max([world.start, *(step.at for step in world.steps)])
    for one in world.engine.outbox():
        if one.state != "dead" and one.next_at > max(latest, one.call.at) + DEFAULT_TERMS.longest:
            raise MissingEffect(f"the call {one.call.key} waits until {one.next_at}", case=one.call.case)


def _public(call: HookCall, world: World) -> HookCall:
    private = world.pure.private(call.case)
    return evolve(call, fields={name: value for name, value in call.fields.items() if name not in private})
