"""Values in words for people: times in the zone of the desk, lengths, titles in a language, what a `do` does."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

from attrs import frozen

from svcflow.cli.screen_words import said
from svcflow.core.event import Actor, FileRef
from svcflow.core.process import Process
from svcflow.core.rule import Actions, Alternative
from svcflow.diagram.wording import Wording

MASK = "***"


@frozen
class Words:
    """
    How the things of one process are called: by their names, or with `wording` by their titles in a language.

    Names are what a command line takes, so they are what it shows unless a language is asked for.
    """

    process: Process
    wording: Wording | None = None

    @classmethod
    def of(cls, process: Process, language: str | None) -> Words:
        """
        The words of a process.

        Raises:
            InputError: If the process has languages, and this is none of them.
        """
        return cls(process, None if language is None else Wording(process, language))

    @property
    def zone(self) -> tzinfo:
        """The zone of the process's calendar."""
        return self.process.calendars[self.process.calendar].zone

    def state(self, path: str) -> str:
        """A state by its path: `repair.onsite`, or the titles from the outer group to the state."""
        index = self.process.paths.get(path)
        return path if self.wording is None or index is None else self.wording.state(index)

    def states(self, paths: tuple[str, ...]) -> str:
        """Several active states."""
        return ", ".join(self.state(path) for path in paths)

    def name(self, name: str) -> str:
        """An event, clock or choice by its name, or by its label."""
        return name if self.wording is None else self.wording.name(name)

    def field(self, name: str) -> str:
        """A field by its name, or by its title."""
        return name if self.wording is None else self.wording.field(name)

    def say(self, text: str, *parts: object) -> str:
        """A heading or another fixed text, as it is in English, in the language asked for."""
        return said(text, None if self.wording is None else self.wording.language).format(*parts)

    def heads(self, *names: str) -> tuple[str, ...]:
        """The heads of a table."""
        return tuple(self.say(name) for name in names)

    def title(self) -> str:
        """The process itself."""
        return self.process.name if self.wording is None else self.wording.title()

    def at(self, moment: datetime) -> str:
        """An instant in the zone of the process."""
        return moment_in(moment, self.zone)

    def clock_time(self, moment: datetime) -> str:
        """The same for a column that names the zone in its head."""
        return self.at(moment).rpartition(" ")[0]

    def value(self, name: str, value: object) -> str:
        """A field's value; choice words have labels."""
        declared = self.process.fields.get(name)
        if declared is not None and declared.kind == "choice":
            return self.name(str(value))
        return shown(value, self.zone)


def beside(name: str, title: str) -> str:
    """A name that is to be typed, and what it is called, unless that says the same: `accept (受理)`, `accept`."""
    return name if title.casefold().replace(" ", "_") == name.casefold() else f"{name} ({title})"


def moment_in(moment: datetime, zone: tzinfo = UTC) -> str:
    """`Mon 2026-03-09 08:00 +08:00`: with its weekday, since working time depends on it."""
    local = moment.astimezone(zone)
    offset = f"{local:%z}"
    return f"{local:%a %Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def shown(value: object, zone: tzinfo = UTC) -> str:
    """A value of any field."""
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return moment_in(value, zone)
        case date():
            return value.isoformat()
        case FileRef():
            return f"{value.name} ({value.size:,} bytes)"
        case tuple() | list():
            return ", ".join(shown(item, zone) for item in value)
        case _:
            return str(value)


def called(actor: Actor) -> str:
    """`li (agent)`, and for whom."""
    roles = f" ({', '.join(sorted(actor.roles))})" if actor.roles and actor.roles != {actor.id} else ""
    return f"{actor.id}{roles}" if actor.on_behalf_of is None else f"{actor.id}{roles} for {actor.on_behalf_of}"


def actions(do: Actions) -> list[str]:
    """What a `do` does, in the order in which it happens."""
    told = [
        f"notify {notify.to}" if notify.message is None else f"notify {notify.to} ({notify.message})"
        for notify in do.notify
    ]
    return [
        *(f"set {name}" for name, _ in do.set),
        *(f"send {event}" for event in do.send),
        *(f"start {start.process}" for start in do.start),
        *(f"call {hook}" for hook in do.hooks),
        *told,
    ]


def way(words: Words, alternative: Alternative) -> str:
    """Where an alternative goes, on which condition and for which share."""
    if alternative.kind == "back":
        target = "back"
    elif alternative.target is None:
        target = "stay"
    else:
        target = words.state(words.process.states[alternative.target].path)
    share = "" if alternative.share is None else f" for {alternative.share.text} of the cases"
    return target + ("" if alternative.when is None else f" if {alternative.when.text}") + share
