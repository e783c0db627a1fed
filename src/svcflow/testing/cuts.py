"""
Shorter runs: what could stand for a list of commands, each answer with fewer of them.

Commands are left out, one takes the place of several, and what was done to a case that another one had started is done
to a case of its own. Where a command goes, those that come after it change their meaning: a case that is started is
called after the entry of the journal that started it, so it has another name then.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import TypeAlias

from attrs import evolve

from svcflow.testing.trace import Command, Erase, Note, Open, Send

Commands: TypeAlias = tuple[Command, ...]

FEW = 10
"""Up to so many commands, three that stand apart are left out together, and one is tried for several."""

SOME = 16
"""The same of two that stand apart, and of all that stand together."""

MANY = 32
"""Up to so many commands, what one fills in, or who acts in it, is tried with each before it."""

_AT_ONCE = 4
"""So many that stand together, at most, are exchanged for one."""

_STARTED = re.compile(r"(.+)-([0-9]{1,9})-([0-9]{1,9})")
"""The id of a case that was started: by which case, in which entry, as the how manieth."""


def case_of(command: Command) -> str:
    """The case that a command is about; "" for none."""
    return command.case if isinstance(command, Open | Send | Note | Erase) else ""


def without(commands: Commands, gone: Collection[int]) -> Iterator[Commands]:
    """The others; and again with the names that cases may have then which were started after some that are gone."""
    rest = tuple(command for place, command in enumerate(commands) if place not in gone)
    yield rest
    # What goes made one entry each in the journal of a case: what was sent to it, or all, such as the end of a child.
    started = {
        case: place for place, one in reversed([*enumerate(commands)]) if _STARTED.fullmatch(case := case_of(one))
    }
    before = {case: [case_of(commands[one]) for one in gone if one < place] for case, place in started.items()}
    sent = {case: _earlier(case, Counter(gone)) for case, gone in before.items()}
    every = {case: _earlier(case, Counter(dict.fromkeys(_parents(case), len(gone)))) for case, gone in before.items()}
    for names in [sent, every] if sent != every else [sent]:
        if any(case != name for case, name in names.items()):
            yield tuple(_renamed(command, names) for command in rest)


def _parents(case: str) -> Iterator[str]:
    """The case that started a case, and that which started this one, and so on."""
    while started := _STARTED.fullmatch(case):
        case = started[1]
        yield case


def _earlier(case: str, gone: Mapping[str, int]) -> str:
    """The name of a case when so many entries of the cases before it are gone."""
    started = _STARTED.fullmatch(case)
    if started is None:
        return case
    parent, entry, number = started.groups()
    return f"{_earlier(parent, gone)}-{int(entry) - gone.get(parent, 0)}-{number}"


def _renamed(command: Command, names: Mapping[str, str]) -> Command:
    if isinstance(command, Open | Send | Note | Erase) and command.case in names:
        return evolve(command, case=names[command.case])
    return command


def together(commands: Commands) -> Iterator[Commands]:
    """Without some that stand together: a way that leads back to where it began."""
    if len(commands) <= SOME:
        for size in range(len(commands) - 1, 1, -1):
            for start in range(len(commands) - size + 1):
                yield from without(commands, range(start, start + size))


def apart(commands: Commands) -> Iterator[Commands]:
    """Without two or three that only make sense together, such as a pause and its end."""
    for size in (2, 3):
        if len(commands) <= (SOME if size == 2 else FEW):  # noqa: PLR2004 - as above
            for gone in combinations(range(len(commands)), size):
                yield from without(commands, gone)


def on_its_own(commands: Commands) -> Iterator[Commands]:
    """Without the case that started another one: that is opened instead."""
    for case in sorted({case for one in commands if _STARTED.fullmatch(case := case_of(one))}):
        parent = case.rsplit("-", 2)[0]
        kept = [one for one in commands if isinstance(one, Open) or case_of(one) != parent]
        if len(kept) < len(commands):
            yield tuple(_renamed(one, {case: parent}) for one in kept)


def handed_over(commands: Commands) -> Iterator[Commands]:
    """One or two go, and what one of them fills in is filled in before, or its actor does something before."""
    places = range(len(commands) if len(commands) <= MANY else 0)
    for late, early, size in product(places, places, (1, 2)):
        sent, before = commands[late], commands[early]
        if early < late <= len(commands) - size and isinstance(sent, Send) and isinstance(before, Open | Send):
            actor = evolve(before.actor, id=sent.actor.id, roles=before.actor.roles | sent.actor.roles)
            fields = {**before.fields, **sent.fields}
            for more in (evolve(before, fields=fields), evolve(before, actor=actor)):
                if more != before:
                    changed = (*commands[:early], more, *commands[early + 1 :])
                    yield from without(changed, range(late, late + size))


def repeated_before(commands: Commands) -> Iterator[Commands]:
    """What comes again with its key does so with something done before; the way between goes."""
    for (first, one), (again, other) in combinations(enumerate(commands), 2):
        if isinstance(one, Send) and isinstance(other, Send) and one.key is not None and one.key == other.key:
            for place, before in enumerate(commands[:first]):
                if isinstance(before, Send):
                    keyed = evolve(before, key=one.key)
                    for actor in (keyed.actor, other.actor):
                        repeated = evolve(keyed, actor=actor)
                        yield (*commands[:place], keyed, *commands[first + 1 : again], repeated, *commands[again + 1 :])


def exchanged(commands: Commands, spare: Sequence[Command]) -> Iterator[Commands]:
    """One command for several that stand together."""
    if len(commands) <= FEW:
        for size in range(min(_AT_ONCE, len(commands)), 1, -1):
            for start in range(len(commands) - size + 1):
                for one in spare:
                    changed = (*commands[:start], one, *commands[start + 1 :])
                    yield from without(changed, range(start + 1, start + size))
