"""The head of a drawn file: everything that was spoken of in its states, declared, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcflow.testing.definition import Branch, Tree
from svcflow.testing.strategies.author import FIELDS, PERSONS, Author
from svcflow.testing.strategies.outline import Plot
from svcflow.testing.strategies.times import calendar, clocks, escalation


def rules(author: Author, plots: tuple[Plot, ...], ends: Sequence[str]) -> dict[str, Branch]:
    """What holds for the whole process: who acts by default, clocks, escalation, the version."""
    made: dict[str, Branch] = {"by": author.role()}
    if author.chance(6):
        made["not_by"] = author.field(author.pick(PERSONS))
    if author.shape.versions and author.chance(4):
        made["migrate"] = {"1": author.pick(("finish", {"states": {"earlier": plots[0].path}}))}
    if author.shape.timed:
        made |= _timed(author, plots, ends)
    return made


def _timed(author: Author, plots: tuple[Plot, ...], ends: Sequence[str]) -> dict[str, Branch]:
    made: dict[str, Branch] = {}
    starts = [plot.path for plot in plots]
    sla = clocks(author, starts, ends)
    if author.calendars or not author.chance(4):
        made["calendar"] = author.calendar()
    if sla:
        made["sla"] = sla
    if author.chance(2):
        made |= {"escalation": "standard", "escalations": {"standard": escalation(author)}}
    if author.targets:
        made["targets"] = author.targets
    if author.calendars:
        made["calendars"] = {name: calendar(author) for name in author.calendars}
    return made


def declared(author: Author) -> dict[str, Branch]:
    """Roles, fields and hooks that were spoken of."""
    made: dict[str, Branch] = {"roles": list[Branch](author.roles)}
    if author.fields:
        made["fields"] = fields = {name: _field(author, name) for name in author.fields}
        if author.chance(6):
            made["seen_by"] = _sights(author, fields)
    if author.skills:
        made["qualifications"] = list[Branch](author.skills)
    if author.hooks:
        made["hooks"] = list[Branch](author.hooks)
    return made


def _field(author: Author, name: str) -> Branch:
    """A field as it is known, once in a while for some people alone."""
    known = FIELDS[name]
    if not author.chance(12):
        return known
    form = known if isinstance(known, Mapping) else {"type": known}
    return {**form, "seen_by": author.some((*author.roles, *_persons(author)), least=1)}


def _sights(author: Author, fields: Mapping[str, Branch]) -> Branch:
    """Who sees fields that say nothing themselves: all of them, or some."""
    people = author.some((*author.roles, *_persons(author)), least=1)
    if not author.chance(2):
        return list[Branch](people)
    silent = [name for name, known in fields.items() if not (isinstance(known, Mapping) and "seen_by" in known)]
    return {name: list[Branch](author.some(silent)) or "all" for name in people}


def _persons(author: Author) -> tuple[str, ...]:
    return tuple(name for name in PERSONS if name in author.fields)


def shared(file: str, tree: Tree) -> dict[str, Tree]:
    """The words of a file taken out into one beside it, which it uses."""
    words = {word: value for word, value in tree.items() if word in _WORDS}
    rest: dict[str, Branch] = {word: value for word, value in tree.items() if word not in _WORDS}
    beside = f"words_{file}"
    return {file: {**rest, "use": [beside]}, beside: {"shared": "words", **words}}


_WORDS = frozenset({"roles", "qualifications", "fields", "hooks", "calendars", "escalations", "targets"})
