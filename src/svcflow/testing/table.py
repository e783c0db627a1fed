"""A run as a table for people: when, who, what, where each case then stood and how its clocks did; and what broke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from svcflow.core import clock as stopwatch
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.language.render import width
from svcflow.testing import trace as trace_
from svcflow.testing.step import Course, Step
from svcflow.testing.trace import Command
from svcflow.testing.violations import BrokeDown, Violation

_GAP = 2
_MINUTE = timedelta(minutes=1)
_LONGEST = 120
"""Letters of a value, and of all that is said of a command, beyond which it is cut."""


def violation_rows(violation: Violation) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """
    The head and the lines of the run that led to a violation, none if it has no course.

    The command in which everything broke down stands last.
    """
    course = violation.course
    if course is None:
        return (), []
    head, rows = course_rows(course)
    done = len(course.steps)
    if isinstance(violation, BrokeDown) and done < len(course.trace):
        who, what = words(course.trace.commands[done])
        rows.append((*[""] * (len(head) - 4), who, f"{what} -> broke down", "", ""))
    return head, rows


def course_rows(course: Course) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """
    The head and the lines of a run: one for each command, above it one for each thing that time did meanwhile.

    Times are in the zone of the process.
    """
    zone = _zone(course)
    several = len({case for step in course.steps for case in step.after}) > 1
    rows: list[tuple[str, ...]] = []
    subject = trace_.CASE
    for step in course.steps:
        subject = _subject(step.command, subject)
        rows += [
            (when(entry.at, zone), *[entry.case] * several, "", _fired(entry), "", "")
            for entry in step.entries
            if entry.kind == "timer"
        ]
        rows.append((when(step.at, zone), *[_named(step.command)] * several, *_row(step, subject, course)))
    return (f"WHEN ({zone})", *["CASE"] * several, "WHO", "WHAT", "STATE", "CLOCKS"), rows


def told(violation: Violation) -> str:
    """What broke and how, as a table of plain text, for the output of tests."""
    head, rows = violation_rows(violation)
    table = ["", *plain_table(head, rows)] if rows else []
    return "\n".join((f"{type(violation).__name__}: {violation.why}", *table))


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns under their heads, wide letters counted as two."""
    wide = [max(width(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        cells = (f"{cell}{' ' * (wide[column] - width(cell))}" for column, cell in enumerate(row))
        yield f"  {(' ' * _GAP).join(cells)}".rstrip()


def when(moment: datetime, zone: tzinfo) -> str:
    """An instant with its weekday, as exactly as it has to be."""
    local = moment.astimezone(zone)
    seconds = f":{local:%S}.{local:%f}" if local.microsecond else f":{local:%S}" if local.second else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds}"


def _zone(course: Course) -> tzinfo:
    for process in course.processes.values():
        if process.name == course.trace.process:
            return process.calendars[process.calendar].zone
    return UTC


def _subject(command: Command, before: str) -> str:
    """The case that a command is about, or the one before it was about."""
    return _named(command) or before


def _named(command: Command) -> str:
    match command:
        case trace_.Open() | trace_.Send() | trace_.Note() | trace_.Erase():
            return command.case
        case _:
            return ""


def _row(step: Step, subject: str, course: Course) -> tuple[str, str, str, str]:
    who, what = words(step.command)
    answer = _answer(step)
    case = step.after.get(subject)
    if case is None:
        return who, f"{what}{answer}", "", ""
    process = course.processes.get((case.process, case.version))
    clocks = "" if process is None else ", ".join(_clocks(case, process, step.at))
    return who, f"{what}{answer}", ", ".join(case.states), clocks


def _answer(step: Step) -> str:
    if step.refusal is not None:
        return f" -> refused ({step.refusal.code})"
    if step.error is not None:
        return f" -> {type(step.error).__name__}"
    return " -> the process died, and it was asked again" if step.crashed else ""


def _clocks(case: Case, process: Process, now: datetime) -> Iterator[str]:
    for clock in case.clocks.values():
        used = stopwatch.elapsed(clock, process.calendars, max(now, clock.started_at))
        late = " late" if stopwatch.late(clock, process.calendars, now) else ""
        promised = "" if clock.target is None else f" of {_length(clock.target)}"
        yield f"{clock.name} {clock.state} {_length(used)}{promised}{late}"


def _length(span: timedelta) -> str:
    minutes, rest = divmod(span, _MINUTE)
    hours, minutes = divmod(minutes, 60)
    more = f":{rest.total_seconds():09.6f}".rstrip("0").rstrip(".") if rest else ""
    return f"{hours}:{minutes:02}{more}"


def _fired(entry: JournalEntry) -> str:
    step = entry.detail.get("step")
    entered = [path for move in entry.moves for path in move.entered]
    return f"{entry.name}{f' at {step}' if step else ''}{f' -> {entered[-1]}' if entered else ''}"


def words(command: Command) -> tuple[str, str]:
    """Who does it, and what."""
    match command:
        case trace_.Open():
            return _called(command.actor), _cut(f"opens {command.process}{_form(command.fields, command.key)}")
        case trace_.Send():
            return _called(command.actor), _cut(f"{command.event}{_form(command.fields, command.key)}")
        case trace_.Note():
            return _called(command.actor), _cut(f"notes {_clean(command.text)!r}")
        case trace_.Erase():
            return _called(command.actor), f"has {', '.join(command.fields) or 'everything private'} erased"
        case trace_.Wait():
            return "", "time passes" if command.prompt else "time passes, no worker is awake"
        case trace_.Work():
            return "", f"worker {command.worker} works"
        case _:
            return "", _world(command)


def _world(
    command: trace_.Skew | trace_.Hook | trace_.Crash | trace_.Restart | trace_.Recalendar | trace_.Migrate,
) -> str:
    match command:
        case trace_.Skew(by):
            return f"the clock is set {'back' if by < timedelta() else 'forth'} by {abs(by)}"
        case trace_.Hook(how, hook):
            return f"the next call of {'any hook' if hook == '*' else hook}: {how}"
        case trace_.Crash(moment):
            return f"the process will die at moment {moment} of the next command"
        case trace_.Restart():
            return "the process ends, a new one begins"
        case trace_.Recalendar(dates):
            return f"holidays are turned: {', '.join(map(str, dates))}"
        case trace_.Migrate():
            return "the next version is published, cases are migrated"


def _called(actor: Actor) -> str:
    roles = f" ({', '.join(sorted(actor.roles))})" if actor.roles and actor.roles != {actor.id} else ""
    return _clean(f"{actor.id}{roles}" + (f" for {actor.on_behalf_of}" if actor.on_behalf_of else ""))


def _form(fields: Mapping[str, object], key: str | None) -> str:
    filled = [f"{name}={_cut(_clean(str(value)))}" for name, value in fields.items()]
    return f"{': ' if filled else ''}{', '.join(filled)}{f' [{_clean(key)}]' if key is not None else ''}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _clean(text: str) -> str:
    """On one line, and without what would steer a terminal."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
