"""
Hook calls: each that the definition asks for, and no other; in order per case, at least once, under a key that stays.

The rules are those of LANGUAGE 3 (`do`, Private fields) and DESIGN R6. A call that keeps failing holds the later ones
of its case back.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from svcflow.core.decision import HookCall
from svcflow.testing.reading.deeds import Asked, Deeds
from svcflow.testing.step import Called, Step
from svcflow.testing.trace import Crash
from svcflow.testing.violations import EffectWithoutCause, MissingEffect
from svcflow.testing.world import World


class Calls:
    """
    The calls that are asked for, by key, in order per case, and which of them have been made.

    Raises (all methods):
        Violation: A call is missing, or is other than it should be.
    """

    def __init__(self, world: World) -> None:
        self.host, self.seen = world.host, len(world.host.calls)
        self.asked: dict[str, dict[str, Asked]] = {}
        self.done: set[str] = set()
        self.crashed = False

    def note(self, deeds: Deeds) -> None:
        """What an entry asks for, against the keys that it names."""
        entry = deeds.entry
        wanted = {f"{entry.case}:{entry.seq}:{number}": call for number, call in enumerate(deeds.calls)}
        here = f"entry {entry.seq} ({entry.kind} {entry.name})"
        if len(entry.calls) < len(wanted):
            raise MissingEffect(f"{here} makes {len(entry.calls)} calls, asked are {_names(wanted)}", case=entry.case)
        if entry.calls != tuple(wanted):
            raise EffectWithoutCause(
                f"{here} makes the calls {entry.calls}, asked are {_names(wanted)}", case=entry.case
            )
        for name in deeds.remarks:
            if not any(name in remark for remark in entry.remarks):
                raise MissingEffect(f"{here} does not say that {name} is empty", case=entry.case)
        self.asked.setdefault(entry.case, {}).update(wanted)

    def made(self, step: Step, unwatched: AbstractSet[str]) -> None:
        """What the host was called with."""
        self.crashed = self.crashed or step.crashed or isinstance(step.command, Crash)
        self._look(unwatched)

    def _look(self, unwatched: AbstractSet[str]) -> None:
        for called in self.host.calls[self.seen :]:
            if called.call.case not in unwatched:
                self._made(called)
        self.seen = len(self.host.calls)

    def _made(self, called: Called) -> None:
        call = called.call
        self._compare(call)
        if call.key in self.done and not self.crashed:
            raise EffectWithoutCause(f"{call.hook} ({call.key}) was called again, though it went well", case=call.case)
        for key, asked in self.asked[call.case].items():
            if key == call.key:
                break
            if key not in self.done:
                raise EffectWithoutCause(f"{call.key} was called before {asked.hook} ({key}) went well", case=call.case)
        if called.how == "ok":
            self.done.add(call.key)

    def _compare(self, call: HookCall) -> None:
        asked = self.asked.get(call.case, {}).get(call.key)
        if asked is None:
            raise EffectWithoutCause(f"{call.hook} was called under {call.key}, which no entry names", case=call.case)
        found = Asked(call.hook, call.cause, call.at, dict(call.fields), frozenset(call.to), call.message, call.step)
        if found != asked:
            raise EffectWithoutCause(f"{call.key} is {found}, asked was {asked}", case=call.case)

    def end(self, world: World, unwatched: AbstractSet[str]) -> None:
        """What was not made yet, be it after the last command, is still to be made."""
        self._look(unwatched)
        ahead = [delivery.call for delivery in world.engine.store.deliveries("")]
        for call in ahead:
            if call.case not in unwatched:
                self._compare(call)
        keys = {call.key for call in ahead}
        for case, calls in self.asked.items():
            for key, asked in calls.items():
                if key not in self.done | keys and case not in unwatched:
                    raise MissingEffect(f"{asked.hook} ({key}) was never called, and is forgotten", case=case)


def _names(wanted: dict[str, Asked]) -> str:
    return ", ".join(call.hook for call in wanted.values()) or "none"
