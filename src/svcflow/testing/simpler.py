"""
What is simpler than a command: fewer fields, smaller values, fewer rights, earlier waits.

Each answer is strictly simpler than what it was made from, so that nobody who follows them goes round for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve

from svcflow.core.event import EMPTY, SYSTEM, Actor
from svcflow.testing.trace import Command, Crash, Erase, Hook, Note, Open, Recalendar, Send, Skew, Wait, Work

_MOST_INSTANTS = 12
_UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))


def simpler(command: Command, before: datetime, instants: Sequence[datetime]) -> Iterator[Command]:
    """
    What could stand in a command's place, the simplest first.

    `before` is until when was waited before it, `instants` (rising) are those at which something falls due.
    """
    match command:
        case Open() | Send():
            yield from (evolve(command, fields=fields) for fields in _forms(command.fields))
            yield from _signed(command)
        case Note():
            yield from (evolve(command, text=text) for text in _values(command.text))
            yield from _signed(command)
        case Erase():
            yield from (evolve(command, fields=names) for names in _fewer(command.fields) if names)
            yield from (evolve(command, actor=actor) for actor in _actors(command.actor))
        case Wait():
            if not command.prompt:
                yield evolve(command, prompt=True)
            yield from (evolve(command, until=at) for at in _earlier(command.until, before, instants))
        case Skew():
            yield from (Skew(by) for by in _lengths(command.by) if by)
        case Work() if command.worker:
            yield Work()
        case Hook() if command.how == "timeout":
            yield evolve(command, how="raises")
        case Crash():
            yield from (Crash(moment) for moment in _numbers(command.moment))
        case Recalendar():
            yield from (Recalendar(dates) for dates in _fewer(command.dates) if dates)


def _signed(command: Open | Send | Note) -> Iterator[Command]:
    if command.key is not None:
        yield evolve(command, key=None)
    yield from (evolve(command, actor=actor) for actor in _actors(command.actor))


def _actors(actor: Actor) -> Iterator[Actor]:
    if actor == SYSTEM:
        return
    if actor.on_behalf_of is not None:
        yield evolve(actor, on_behalf_of=None)
    for held in _fewer(tuple(actor.qualifications or ())):
        yield actor.showing(held)
    for names in _fewer(tuple(sorted(actor.groups))):
        yield evolve(actor, groups=frozenset(names))
    for names in _fewer(tuple(sorted(actor.roles))):
        yield evolve(actor, roles=frozenset(names))


def _forms(fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if len(fields) > 1:
        yield EMPTY
    for name in fields:
        yield {other: value for other, value in fields.items() if other != name}
    for name, value in fields.items():
        yield from ({**fields, name: other} for other in _values(value))


def _values(value: object) -> Iterator[Any]:
    match value:
        case bool():
            if value:
                yield False
        case int():
            yield from _numbers(value)
        case Decimal() if value.is_finite():
            yield from (Decimal(one) for one in _numbers(int(value)))
            if value != int(value):
                yield Decimal(int(value))
        case str():
            yield from (text for text in ("x", value[: len(value) // 2]) if 0 < len(text) < len(value))
        case tuple():
            yield from _fewer(value)
        case timedelta():
            yield from _lengths(value)


def _numbers(number: int) -> Iterator[int]:
    """Those nearer to nought: nought itself, one, half of it, one less."""
    size, sign = abs(number), -1 if number < 0 else 1
    return (sign * one for one in dict.fromkeys((0, 1, size // 2, size - 1)) if 0 <= one < size)


def _lengths(length: timedelta) -> Iterator[timedelta]:
    """Shorter ones in the same direction: half, and cut to whole days, hours, minutes, seconds."""
    size, sign = abs(length), -1 if length < timedelta() else 1
    cut = (size // unit * unit for unit in _UNITS)
    return (sign * one for one in dict.fromkeys((timedelta(), size // 2, *cut)) if one < size)


def _fewer(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """None of them, then without each."""
    if len(items) > 1:
        yield ()
    yield from (items[:place] + items[place + 1 :] for place in range(len(items)))


def _earlier(until: datetime, before: datetime, instants: Sequence[datetime]) -> Iterator[datetime]:
    """Where a wait could end before: when something falls due, the soonest first, or at a round time."""
    between = [at for at in instants if before < at < until]
    half = _MOST_INSTANTS // 2
    yield from between if len(between) <= _MOST_INSTANTS else (*between[:half], *between[-half:])
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
    round_times = (midnight + (until - midnight) // unit * unit for unit in _UNITS)
    yield from (at for at in dict.fromkeys(round_times) if before < at < until)
