"""
What there is to say of a process's behaviour, thing by thing and in words, so that two versions can be compared.

Titles, labels and places are left out, as they are of `behaviour`. Whatever changes the digest changes something here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from attrs import evolve, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.condition import Condition, Expression
from svcflow.core.hours import Shift
from svcflow.core.process import ClockRule, Field, Migration, Process, State
from svcflow.core.promise import Agreed, Promise, Table, Time
from svcflow.core.rule import Actions, After, Alternative, Bars, EscalationStep, People, Place, Qualified, Rule

About: TypeAlias = Literal["states", "people", "flow", "forms", "actions", "times", "fields", "migrations"]
Rename: TypeAlias = Callable[[str], str]
"""What a path is called in the version that is compared with."""

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@frozen
class Trait:
    """
    One thing said: `exact` is what holds, `own` what is said of it here and not around it, if that is less.

    It is another one only where both are: what is inherited changed elsewhere.
    """

    about: About
    exact: str
    own: str

    def differs(self, other: Trait) -> bool:
        """Whether this is a change, and one of its own."""
        return self.exact != other.exact and self.own != other.own


@frozen
class Thing:
    """A state, event, clock ... with its traits; `key` finds it in the other version, `owner` is the key around it."""

    key: tuple[str, ...]
    called: str
    about: About
    traits: Mapping[str, Trait]
    place: Place
    owner: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


def things(process: Process, rename: Rename = str) -> Iterator[Thing]:
    """All there is to say, in file order."""
    return _Portrait(process, rename).things()


def said(promise: Promise | None, calendar: str | None = None) -> str:
    """A promised time as it is written, of a table its rows; the calendar is left out where it is `calendar`."""
    match promise:
        case None:
            return ""
        case Table():
            rows = (*promise.rows, *(() if promise.default is None else ("default",)))
            return f"by {promise.by} ({', '.join(rows)})"
        case Agreed():
            other = promise.default
            # What it counts from and on is said once, at the end.
            other = evolve(other, since=None) if isinstance(other, Time | Agreed) else other
            text = promise.by if other is None else f"{promise.by} else {said(other, promise.calendar)}"
        case Time():
            text = f"{promise.amount}{promise.unit}"
        case _:
            text = (
                f"{promise.first}d..{promise.last}d" + " count working" * promise.working + " roll next" * promise.roll
            )
    text += "" if promise.calendar == calendar else f" on {promise.calendar}"
    return text if promise.since is None else f"{text} since {promise.since}"


class _Portrait:
    """Tells the things of one process."""

    def __init__(self, process: Process, rename: Rename) -> None:
        self.process, self.rename = process, rename

    def things(self) -> Iterator[Thing]:
        process = self.process
        yield from self.whole()
        for state in process.states:
            yield from self.state(state)
        for clock in process.clocks.values():
            yield self.clock(clock)
        for name in (name for name in process.fields if name in process.used_fields):
            yield Thing(
                ("field", name), f"field `{name}`", "fields", self.field(process.fields[name]), ("fields", name)
            )
        for name, calendar in process.calendars.items():
            yield Thing(("calendar", name), f"calendar `{name}`", "times", _calendar(calendar), ("calendars", name))
        for migration in process.migrations.values():
            number = str(migration.version)
            yield Thing(("migration", number), f"migration of version {number}", "migrations",
                        {"states": _same("migrations", _migration(migration))}, ("migrate", number))  # fmt: skip

    def whole(self) -> Iterator[Thing]:
        process, opening = self.process, self.process.opening
        traits = {"calendar": _same("times", process.calendar), "gives": _same("forms", ", ".join(process.gives)),
                  "seen_by": _same("people", _people(process.seen_by))}  # fmt: skip
        steps = (*self.paths(process.names), *process.clocks, *map(str, process.migrations))
        yield Thing(("process",), "the process", "flow", traits, ("process",), order=steps)
        form = {"by": _same("people", _people(opening.by) or "anyone"), "ask": _same("forms", ", ".join(opening.ask)),
                "may": _same("forms", "any field" if opening.free else ", ".join(opening.may))}  # fmt: skip
        yield Thing(("open",), "`open`", "people", form, ("open",))

    def paths(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self.rename, names))

    def state(self, state: State) -> Iterator[Thing]:
        path = self.rename(state.path)
        outer = None if state.parent is None else self.process.states[state.parent]
        steps = () if state.limit is None else state.limit.escalation
        order = (*state.events, *self.after_keys(state), *(step.key for step in steps))
        traits = {
            "end": _same("flow", state.end or ""),
            "parallel": _same("flow", "true" if state.parallel else ""),
            "run": _same("flow", state.run or ""),
            "by": self.by(state.by, None if outer is None else outer.by),
            "not_by": self.barred(state.not_by, Bars() if outer is None else outer.not_by),
            "qualified": self.qualified(state.qualified, None if outer is None else outer.qualified),
            "do": _same("actions", self.actions(state.do)),
            **self.times("wait", state.wait),
            **self.times("window", state.window),
            **self.times("limit", None if state.window is not None or state.limit is None else state.limit.promise),
            "pause": _added("times", state.pause, frozenset() if outer is None else outer.pause),
        }
        traits |= self.escalation(steps)
        key = ("state", path)
        around = () if outer is None else ("state", self.rename(outer.path))
        yield Thing(key, f"state `{path}`", "states", traits, state.place, around, order)
        for name, rules in state.events.items():
            for number, rule in enumerate(rules):
                yield Thing(("event", path, name, str(number)), f"event `{name}` in `{path}`", "flow",
                            self.rule(rule, state), rule.place, key)  # fmt: skip
        if state.auto is not None:
            yield Thing(("auto", path), f"`auto` in `{path}`", "flow", self.rule(state.auto, state),
                        state.auto.place, key)  # fmt: skip
        for after, name in zip(state.after, self.after_keys(state), strict=True):
            traits = {**self.times("time", after.promise), **self.rule(after.rule, state)}
            yield Thing(("after", path, name), f"timer `{name}` in `{path}`", "times", traits, after.place, key)

    def after_keys(self, state: State) -> tuple[str, ...]:
        """The timers as written: `every 2d`."""
        return tuple(_written(after) for after in state.after)

    def rule(self, rule: Rule, state: State) -> dict[str, Trait]:
        return {
            "kind": _same("flow", rule.kind),
            "to": _same("flow", ", else ".join(map(self.way, rule.alternatives))),
            "by": self.by(rule.by, state.by),
            "not_by": self.barred(rule.not_by, state.not_by),
            "qualified": self.qualified(rule.qualified, state.qualified),
            "ask": _same("forms", ", ".join(rule.ask)),
            "may": _same("forms", ", ".join(rule.may)),
            "do": _same("actions", self.doing(rule)),
        }

    def way(self, alternative: Alternative) -> str:
        target = alternative.target
        path = "" if target is None else self.rename(self.process.names[target])
        text = {"go": path, "last": f"{path}.last"}.get(alternative.kind, alternative.kind)
        text += "" if alternative.when is None else f" when {_words(alternative.when)}"
        text += "" if alternative.share is None else f" for {alternative.share.text} of the cases"
        return text if alternative.max is None else f"{text} at most {alternative.max}x"

    def doing(self, rule: Rule) -> str:
        ways = ((self.way(one), self.actions(one.do)) for one in rule.alternatives)
        return "; ".join((*filter(None, (self.actions(rule.do),)), *(f"{to}: {do}" for to, do in ways if do)))

    def actions(self, do: Actions) -> str:
        parts = [f"set {name}: {_words(value)}" for name, value in do.set]
        parts += [f"send {name}" for name in do.send]
        for start in do.start:
            renamed = ", ".join(f"{theirs}: {ours}" for theirs, ours in start.rename.items())
            parts.append(f"start {start.process} ({renamed})" if renamed else f"start {start.process}")
        parts += [f"hook {name}" for name in do.hooks]
        parts += [f"notify {one.to}" + (f" ({one.message})" if one.message is not None else "") for one in do.notify]
        return ", ".join(parts)

    def clock(self, clock: ClockRule) -> Thing:
        names = self.process.names
        traits = {
            "from": _same("times", ", ".join(self.paths(names[one] for one in sorted(clock.starts)))),
            "until": _same("times", ", ".join(self.paths(names[one] for one in sorted(clock.stops)))),
            **self.times("target", clock.promise),
            "calendar": Trait(
                "times", clock.calendar, "" if clock.calendar == self.process.calendar else clock.calendar
            ),
            "renew": _same("times", ", ".join(sorted(clock.renew))),
            "again": _same("times", clock.again),
            **self.escalation(clock.escalation),
        }
        order = tuple(step.key for step in clock.escalation)
        return Thing(("clock", clock.name), f"clock `{clock.name}`", "times", traits, clock.place, order=order)

    def escalation(self, steps: Iterable[EscalationStep]) -> dict[str, Trait]:
        return {f"escalation at {step.key}": _same("actions", self.actions(step.do) or "nothing") for step in steps}

    def times(self, what: str, promise: Promise | None) -> dict[str, Trait]:
        """A promised time; of a table each of its cells, so that only those are told that changed."""
        found = {what: Trait("times", said(promise), said(promise, self.process.calendar))}
        if isinstance(promise, Table):
            for key, row in (*promise.rows.items(), ("default", promise.default)):
                found |= self.times(f"{what} for {key}", row) if row is not None else {}
        if isinstance(promise, Agreed) and isinstance(promise.default, Table):
            found |= self.times(f"{what} else", promise.default)
        return found

    def by(self, people: People | None, around: People | None) -> Trait:
        exact = _people(people)
        return Trait("people", exact, "" if people == around and around is not None else exact)

    def barred(self, bars: Bars, around: Bars) -> Trait:
        ours, theirs = self.bars(bars), self.bars(around)
        return _added("people", ours, theirs)

    def qualified(self, ours: Qualified | None, around: Qualified | None) -> Trait:
        exact = qualified_as(ours) or ("" if around is None else "none")
        return Trait("people", exact, "" if ours == around else exact)

    def field(self, field: Field) -> dict[str, Trait]:
        ours, around = field.seen_by, self.process.seen_by
        return {
            "type": _same("fields", type_of(field)),
            "calendars": _same("fields", ", ".join(field.calendars)),
            "private": _same("fields", "true" if field.private else ""),
            "seen_by": Trait("people", _people(ours), "" if ours == around else _people(ours)),
        }

    def bars(self, bars: Bars) -> frozenset[str]:
        """Of a group and its inner states only the group is named."""
        paths = (path for path in bars.states if path.rpartition(".")[0] not in bars.states)
        return frozenset((*self.paths(paths), *bars.fields))


def _same(about: About, text: str) -> Trait:
    return Trait(about, text, text)


def _added(about: About, ours: frozenset[str], around: frozenset[str]) -> Trait:
    return Trait(about, ", ".join(sorted(ours)), ", ".join(sorted(ours - around)))


def _people(people: People | None) -> str:
    return "" if people is None else ", ".join((*sorted(people.roles), *people.fields))


def qualified_as(qualified: Qualified | None) -> str:
    """What is needed, as it is written; nothing where nothing is."""
    if qualified is None:
        return ""
    if qualified.per is None:
        return _needs(qualified.needs)
    rows = (*qualified.rows.items(), ("default", qualified.needs))
    return f"by {qualified.per} ({'; '.join(f'{row}: {_needs(needs)}' for row, needs in rows)})"


def _needs(needs: Mapping[str, int]) -> str:
    return ", ".join(name if level == 1 else f"{name} {level}" for name, level in needs.items()) or "none"


def _words(text: Condition | Expression) -> str:
    return " ".join(text.text.split())


def _written(after: After) -> str:
    return after.name.split(":", 2)[2]


def type_of(field: Field) -> str:
    """The type of a field as it is written."""
    ends = {"range": f"{field.low}..{field.high}", "duration": "{}..{}".format(*field.ends)}
    return {"choice": " | ".join(field.choices), **ends}.get(field.kind, field.kind)


def _calendar(calendar: Calendar) -> dict[str, Trait]:
    hours = ", ".join(f"{_WEEK[day]} {_hours(shifts)}" for day, shifts in enumerate(calendar.weekly) if shifts)
    traits = {
        "timezone": str(calendar.zone),
        "hours": hours,
        "days": ", ".join(_WEEK[day] for day in sorted(calendar.workdays)),
        "makeup": _hours(calendar.makeup),
        "except": ", ".join(f"{day.isoformat()} {_hours(shifts) or 'closed'}" for day, shifts in calendar.exceptions),
        "holidays": "" if calendar.holidays is None else calendar.holidays.name,
    }
    return {what: _same("times", text) for what, text in traits.items()}


def _hours(shifts: Iterable[Shift]) -> str:
    return " ".join(f"{_wall(shift.start)}-{_wall(shift.end)}" for shift in shifts)


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _migration(migration: Migration) -> str:
    if migration.finish:
        return "finish"
    moved = [f"{old} to {new}" for old, new in migration.states.items()]
    return ", ".join((*moved, *(f"set {name}: {_words(value)}" for name, value in migration.set))) or "as they are"
