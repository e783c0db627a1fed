"""
What a `do` asks for: fields set, cases started, hooks called, people told; LANGUAGE 3 (`do`), read a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from svcflow.core.decision import JournalEntry, Recipient
from svcflow.core.event import Actor
from svcflow.core.rule import Actions, Notify, People
from svcflow.testing.reading.case import Told
from svcflow.testing.reading.conditions import value


@frozen
class Asked:
    """A hook call that the definition asks for."""

    hook: str
    cause: str
    at: datetime
    fields: Mapping[str, Any]
    to: frozenset[Recipient] = frozenset()
    message: str | None = None
    step: str | None = None


@frozen
class Begun:
    """A case that the definition asks for, with the fields of the case that starts it; `state` is what runs it."""

    process: str
    fields: Mapping[str, Any]
    rename: Mapping[str, str] = field(factory=dict)
    state: str | None = None
    barred: frozenset[str] = frozenset()


@define
class Deeds:
    """What one entry of a journal is to bring about."""

    entry: JournalEntry
    changes: dict[str, Any] = field(factory=dict)
    calls: list[Asked] = field(factory=list)
    starts: list[Begun] = field(factory=list)
    raised: list[tuple[str, bool]] = field(factory=list)
    remarks: list[str] = field(factory=list)

    def write(self, told: Told, do: Actions, actor: Actor) -> None:
        """`set`, one after another."""
        now = self.entry.at.astimezone(told.process.calendars[told.process.calendar].zone)
        for name, expression in do.set:
            written = value(expression, told.fields, actor.id, now)
            told.write({name: written})
            self.changes[name] = written

    def carry_out(self, told: Told, do: Actions, cause: str, was: tuple[int, ...], step: str | None = None) -> None:
        """The rest, in its order: `send`, `start`, `hook`, `notify`."""
        self.raised += [(event, True) for event in do.send]
        self.starts += [Begun(start.process, dict(told.fields), start.rename) for start in do.start]
        at, public = self.entry.at, told.public()
        calls = [Asked(hook, cause, at, public, step=step) for hook in do.hooks]
        for notify in do.notify:
            to = self._recipients(told, notify, was)
            call = Asked("notify", cause, at, public, to, notify.message, step)
            calls += [] if call in calls else [call]  # The same people are told the same thing once.
        self.calls += calls

    def _recipients(self, told: Told, notify: Notify, was: tuple[int, ...]) -> frozenset[Recipient]:
        if notify.to in told.process.roles:
            return frozenset((Recipient("role", notify.to),))
        if notify.to != "responsible":
            if notify.to in told.fields:
                return _named(told, People(fields=(notify.to,)))
            self.remarks.append(notify.to)
        return _responsible(told, told.leaves) or _responsible(told, was)


def _responsible(told: Told, leaves: tuple[int, ...]) -> frozenset[Recipient]:
    """Whoever may act in these states: their own people, and those of the events offered in and around them."""
    found: frozenset[Recipient] = frozenset()
    for leaf in leaves:
        found |= _named(told, told.tree.states[leaf].by)
        for state in told.tree.lines[leaf]:
            for rules in told.tree.states[state].events.values():
                found = found.union(*(_named(told, rule.by) for rule in rules if rule.kind == "event"))
    return found


def _named(told: Told, people: People | None) -> frozenset[Recipient]:
    if people is None:
        return frozenset()
    roles = (Recipient("role", role) for role in people.roles if role != "system")
    fields = (name for name in people.fields if name in told.fields)
    persons = (
        Recipient("field", name) if told.process.fields[name].private else Recipient("person", told.fields[name])
        for name in fields
    )
    return frozenset((*roles, *persons))
