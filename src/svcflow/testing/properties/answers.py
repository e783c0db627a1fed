"""How people are answered: as the pure step says, with nothing changed by a refusal, and nothing twice by a key."""

from __future__ import annotations

from svcflow.core.case import Case
from svcflow.errors import (
    CalendarError,
    InputError,
    KeyConflict,
    MachineError,
    NotFound,
    Refused,
    RunawayCases,
    SvcflowError,
)  # fmt: skip
from svcflow.testing.step import Step
from svcflow.testing.trace import CASE, Note, Open, Send
from svcflow.testing.twin import DONE
from svcflow.testing.violations import (
    AnsweredOtherwise,
    BrokeDown,
    RedeliveryChangedCase,
    RefusalChangedCase,
)  # fmt: skip
from svcflow.testing.world import World

Keyed = Open | Send | Note

_FORESEEN = (Refused, NotFound, KeyConflict, InputError, MachineError, CalendarError, RunawayCases)
"""What an engine may raise over a command: everything else says that something is broken."""


class AnswersAgree:
    """An engine answers what the pure step says: done, refused and why, or which error."""

    def __init__(self, world: World) -> None:
        """Nothing need be known beforehand."""

    def after(self, step: Step, world: World) -> None:
        """Compare the two answers."""
        if step.error is not None and not isinstance(step.error, _FORESEEN):
            raise BrokeDown(f"{type(step.error).__name__}: {step.error}") from step.error
        if step.expected is not None and step.answer != step.expected:
            raise AnsweredOtherwise(f"the answer is `{step.answer}`, by the pure step it is `{step.expected}`")

    def end(self, world: World) -> None:
        """Each answer was compared when it was given."""


class RefusalsChangeNothing:
    """What is refused, or ends in an error, leaves every case, journal and timer as it was (R4)."""

    def __init__(self, world: World) -> None:
        """Nothing has been refused yet."""
        self._free: dict[tuple[str | None, str], str] = {}

    def after(self, step: Step, world: World) -> None:
        """Compare the cases before and after."""
        if not isinstance(step.command, Open | Send | Note) or step.crashed:
            return
        place = _place(step.command)
        if step.answer == DONE:
            if place is not None:
                self._free.pop(place, None)
            return
        changed = _changed(step)
        if changed is not None or step.entries:
            raise RefusalChangedCase(f"`{step.answer}` was the answer, and yet something changed", case=changed or "")
        if place is not None and step.answer != KeyConflict.__name__:
            self._free[place] = str(step.answer)

    def end(self, world: World) -> None:
        """The keys of what was refused are still free."""
        for (case, key), answer in self._free.items():
            known = world.engine.store.known("", case, key)
            if known is not None and known.seq not in _bound(world, known.case, key):
                raise RefusalChangedCase(f"the key {key!r} is taken, though the answer was `{answer}`", case=known.case)


class KeysHold:
    """The same key again is answered as before and changes nothing, soon after and at the end (R3)."""

    def __init__(self, world: World) -> None:
        """Nothing was sent under a key yet."""
        self._sent: dict[tuple[str | None, str], Keyed] = {}

    def after(self, step: Step, world: World) -> None:
        """Look at what comes again."""
        if not isinstance(step.command, Open | Send | Note):
            return
        place = _place(step.command)
        if place is None:
            return
        if self._sent.get(place) is None:
            if step.answer == DONE:
                self._sent[place] = step.command
            return
        changed = _changed(step)
        if changed is not None or step.entries:
            raise RedeliveryChangedCase("a key came again, and something changed", case=changed or "")
        if self._sent[place] == step.command and step.answer != DONE:
            raise RedeliveryChangedCase(f"the same came again, and was answered `{step.answer}`", case=place[0] or "")

    def end(self, world: World) -> None:
        """Ask for everything once more."""
        before = world.cases()
        for (case, key), command in self._sent.items():
            try:
                found = _again(world, command)
            except SvcflowError as problem:
                raise RedeliveryChangedCase(f"the key {key!r} once more: {problem}", case=case or "") from problem
            if found != before.get(found.id):
                raise RedeliveryChangedCase(f"the key {key!r} once more is answered by {found!r}", case=found.id)
        if world.cases() != before:
            raise RedeliveryChangedCase("all keys came once more, and something changed")


def _again(world: World, command: Keyed) -> Case:
    engine = world.engine
    match command:
        case Open():
            return engine.open(
                command.process, command.fields, actor=command.actor, id=command.case or CASE, key=command.key
            )  # fmt: skip
        case Send():
            return engine.send(command.case, command.event, command.fields, actor=command.actor, key=command.key)
        case Note():
            return engine.note(command.case, command.text, actor=command.actor, key=command.key)


def _place(command: Keyed) -> tuple[str | None, str] | None:
    """Where a key counts: among openings, or in a case; None without one."""
    if command.key is None:
        return None
    return None if isinstance(command, Open) else command.case, command.key


def _bound(world: World, case: str, key: str) -> list[int]:
    """The entries that were made under a key, by the pure model."""
    return [entry.seq for entry in world.pure.journal.get(case, ()) if entry.key == key]


def _changed(step: Step) -> str | None:
    """A case that is other than before; None if none is."""
    if step.before == step.after:
        return None
    names = step.before.keys() | step.after.keys()
    return min(name for name in names if step.before.get(name) != step.after.get(name))
