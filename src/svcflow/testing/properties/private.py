"""
What is private stays private (R8): no journal as it is shown, no refusal, error, call, incident or log holds it.

Judged by the texts that were sent in private fields, as far as they are such as nobody writes by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from svcflow.core.event import FileRef
from svcflow.core.process import Process
from svcflow.testing.step import Step
from svcflow.testing.trace import CASE, Erase, Note, Open, Send
from svcflow.testing.violations import PrivateDataLeaked
from svcflow.testing.world import World

SHORTEST = 6
"""Characters that a text needs to be looked for: shorter ones stand anywhere by chance."""


class PrivateStaysPrivate:
    """Nothing that was sent for a private field is said anywhere else."""

    def __init__(self, world: World) -> None:
        """Nobody has said anything yet."""
        self._secrets: set[str] = set()
        self._open: list[str] = [text for one in world.stage.processes.values() for text in one.sources.values()]
        self._shown: dict[str, int] = {}
        self._logged = len(world.log)

    def after(self, step: Step, world: World) -> None:
        """Look at whatever was said over this step."""
        self._learn(step, world)
        if not self._secrets:
            return
        said = [str(step.refusal), repr(step.refusal), str(step.error), *map(repr, step.calls), *self._new(step, world)]
        self._look(step, said)

    def end(self, world: World) -> None:
        """Look at what operators are told."""
        if self._secrets:
            engine = world.engine
            self._look(None, [repr(engine.incidents()), repr(engine.outbox()), *world.log[self._logged :]])

    def _look(self, step: Step | None, said: Iterable[str]) -> None:
        for text in said:
            for secret in self._secrets:
                if secret in text:
                    case = "" if step is None else getattr(step.command, "case", "")
                    raise PrivateDataLeaked(f"{secret!r} is private, and stands in: {text[:2_000]}", case=case)

    def _new(self, step: Step, world: World) -> Iterator[str]:
        """Entries as they are shown, and what was logged."""
        for case in dict.fromkeys(entry.case for entry in step.entries):
            entries = world.engine.journal(case)
            yield from map(repr, entries[self._shown.get(case, 0) :])
            self._shown[case] = len(entries)
        yield from world.log[self._logged :]
        self._logged = len(world.log)

    def _learn(self, step: Step, world: World) -> None:
        """What is said in private from now on, unless it is said openly too."""
        command = step.command
        if isinstance(command, Note):
            self._open.append(command.text)
        elif isinstance(command, Erase):
            self._open.append(command.reason)
        elif isinstance(command, Open | Send):
            process = _process(command, world)
            private = frozenset() if process is None else process.private
            given = _texts(value for name, value in command.fields.items() if name in private)
            self._open += _texts(value for name, value in command.fields.items() if name not in private)
            self._open += [command.actor.id, *command.actor.groups, str(command.actor.on_behalf_of), command.key or ""]
            self._secrets.update(text for text in given if len(text) >= SHORTEST)
        else:
            return
        self._secrets = {secret for secret in self._secrets if not any(secret in text for text in self._open)}


def _process(command: Open | Send, world: World) -> Process | None:
    if isinstance(command, Open):
        return world.stage.processes.get(command.process)
    case = world.pure.cases.get(command.case or CASE)
    return None if case is None else world.process(case)


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """The texts in values that people send."""
    for value in values:
        if isinstance(value, FileRef):
            yield from (value.id, value.name)
        elif isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            yield from _texts(value)
        elif value is not None and not isinstance(value, bool):
            yield str(value)
