"""Every machine goes the same way: what was decided with one is decided again with each of the others."""

from __future__ import annotations

from svcflow.core.decision import Refusal
from svcflow.core.event import Event
from svcflow.core.family import settle
from svcflow.core.history import rebuild
from svcflow.testing.step import Step
from svcflow.testing.trace import Send
from svcflow.testing.violations import MachinesDisagree
from svcflow.testing.world import World

_ABOUT_STATES = frozenset({"not_here", "no_alternative", "waiting", "unknown_event", "ended"})
"""The codes of refusals in which a machine has a say, or comes before it."""


class MachinesAgree:
    """Whatever happened would have happened with every machine that can run the process, and been refused, too."""

    def __init__(self, world: World) -> None:
        """Find the others, as far as they run what is played."""
        self._others = world.stage.others

    def after(self, step: Step, world: World) -> None:
        """What one refused for where a case stands, the others refuse."""
        command = step.command
        if step.answer not in _ABOUT_STATES or not isinstance(command, Send) or step.answer != step.expected:
            return
        pure = world.pure
        family = pure.family(command.case)
        now = max(pure.now, *(case.moved_at for case in family.values()))
        event = Event(command.event, command.fields, command.actor)
        for machine in self._others:
            answer = settle(family, pure.processes, command.case, event, now, machine=machine)
            code = answer.code if isinstance(answer, Refusal) else "done"
            if code != step.answer:
                raise MachinesDisagree(f"`{step.answer}` is `{code}` with {machine.name}", case=command.case)

    def end(self, world: World) -> None:
        """Decide every journal again with each of the others."""
        for case in world.cases().values():
            entries = world.journal(case.id)
            if any(entry.kind == "erased" for entry in entries):
                continue  # What was forgotten cannot be decided again.
            for machine in self._others:
                try:
                    again = rebuild(world.pure.processes, entries, machine=machine)
                except Exception as broken:  # Whoever goes astray comes to where anything may be missing.
                    why = f"{machine.name}: {type(broken).__name__}: {broken}"
                    raise MachinesDisagree(why, case=case.id) from broken
                if again != case:
                    raise MachinesDisagree(f"{machine.name} comes to {again!r}, not to {case!r}", case=case.id)
