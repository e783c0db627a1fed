"""A scenario learned from what has happened: how often, who, which choices, how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from attrs import define, field

from svcflow.core.decision import JournalEntry
from svcflow.core.event import SYSTEM
from svcflow.core.form import Unfit
from svcflow.core.process import Process
from svcflow.errors import CalendarError, InputError
from svcflow.eventlog import CaseLog, Visit
from svcflow.simulate.deeds import Deed, Deeds, Sample
from svcflow.simulate.schema import NOTHING
from svcflow.simulate.spread import LONGEST, Spread, written
from svcflow.stories.values import value_of
from svcflow.stories.writing import flow, row, scalar

COUNTED = frozenset({"choice", "flag", "range", "duration"})
"""Types of fields of whose values it is counted how often they come."""

MOST_VALUES = 100
"""A field of numbers or times that had more values than these is left to chance."""

_SECOND = timedelta(seconds=1)
_LONGEST_NAME = 60


@define
class Seen:
    """
    What was seen of the cases of one process.

    `choices` counts by state which events ended a stay, or happened in it; `took` holds, by event, how long staff
    worked on it, `reacted` how long others took, in seconds; `values` counts values of fields.
    """

    process: Process
    choices: dict[str, Counter[str]] = field(factory=dict)
    took: dict[str, Sample] = field(factory=dict)
    reacted: dict[str, Sample] = field(factory=dict)
    values: dict[str, Counter[str]] = field(factory=dict)

    def count(self, name: str, text: str) -> None:
        """Count a value of a field, one more than are written of them: it tells that there were too many."""
        counts = self.values.setdefault(name, Counter())
        if text in counts or len(counts) <= self._most(name):
            counts[text] += 1

    @property
    def crowded(self) -> frozenset[str]:
        """Fields that had too many values."""
        return frozenset(name for name, counts in self.values.items() if len(counts) > self._most(name))

    def _most(self, name: str) -> int:
        return max(MOST_VALUES, len(self.process.fields[name].choices))


class Learner:
    """
    Takes in the logs of cases by the time of their opening, and writes the scenario that they make.

    It keeps counts, and samples of at `most` so many times of each event, no cases; of those that are open at a time
    it knows what was done since.
    """

    def __init__(self, library: Sequence[Process], *, most: int = 5_000) -> None:
        self.library = library
        self._most = most
        self.seen = {process.name: Seen(process) for process in library}
        self.staff: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._zone = library[0].calendars[library[0].calendar].zone
        self._opened: Counter[tuple[int, int]] = Counter()  # By weekday and hour.
        self._first: date | None = None
        self._last: date | None = None
        self._deeds = Deeds(self._took)

    def take(self, log: CaseLog) -> None:
        """Take in one case; what the processes do not know, as they are now, is passed over."""
        seen = self.seen.get(log.process)
        if seen is None:
            return
        self._deeds.pass_to(log.opened_at)
        if log.process == self.library[0].name:
            self._arrived(log.opened_at.astimezone(self._zone))
        limited = seen.process.limited if log.definition is None else seen.process.limited | log.definition.limited
        for name, value in log.fields.items():
            declared = seen.process.fields.get(name)
            if declared is None or declared.kind not in COUNTED:
                continue
            if not declared.private and name not in limited:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                if not isinstance(value_of(seen.process, name, text), Unfit):
                    seen.count(name, text)
        visits = [visit for visit in log.visits if visit.leaf]
        for entry in log.entries:
            if entry.kind == "event":
                self._event(seen, log, entry, visits)
        for visit in visits:
            if visit.went is not None and visit.went.kind != "event":
                self._choice(seen, visit.path, NOTHING)

    def _arrived(self, at: datetime) -> None:
        self._opened[at.weekday(), at.hour] += 1
        self._first = min(self._first or at.date(), at.date())
        self._last = max(self._last or at.date(), at.date())

    def _event(self, seen: Seen, log: CaseLog, entry: JournalEntry, visits: Iterable[Visit]) -> None:
        visit = next(
            (one for one in visits if _during(one, entry) and _knows(seen.process, one.path, entry.name)), None
        )
        if visit is None:
            return
        self._choice(seen, visit.path, entry.name)
        actor = entry.actor
        roles, name = actor.roles - SYSTEM.roles, f"{log.id}/{entry.seq}"
        if roles:
            self.staff[actor.id] = (roles, actor.groups)
            self._deeds.add(Deed(actor.id, visit.since, entry.at, log.process, entry.name, name))
        else:
            seen.reacted.setdefault(entry.name, Sample(self._most)).add(name, (entry.at - visit.since) // _SECOND)

    def _took(self, deed: Deed) -> None:
        """How long staff worked on an event: from the case's arrival, or from what the same person did before."""
        seen = self.seen[deed.process]
        calendar = seen.process.calendars[seen.process.calendar]
        with suppress(CalendarError):
            worked = calendar.elapsed(deed.begin, deed.at) // _SECOND
            seen.took.setdefault(deed.event, Sample(self._most)).add(deed.name, worked)

    def _choice(self, seen: Seen, path: str, event: str) -> None:
        if any(_knows(seen.process, path, name) for name in seen.process.sent):
            seen.choices.setdefault(path, Counter())[event] += 1

    # ── what is written ────────────────────────────────────────────────────────────────────────────────────────

    def scenario(self, title: str) -> str:
        """
        The scenario, as the text of its file.

        Raises:
            InputError: If no case of the process was taken in.
        """
        if self._first is None or self._last is None:
            raise InputError(f"there is no case of {self.library[0].name} to learn from")
        self._deeds.pass_to(None)
        lines = [
            f"# Learned from {self._opened.total():,} cases of {self.library[0].name}.",
            "# Work is told from one deed to the next of the same person, or from when the case came: at most so long.",
            *(
                f"# {name} of {seen.process.name} had more than {MOST_VALUES} values: it is left to chance."
                for seen in self.seen.values()
                for name in sorted(seen.crowded)
            ),
            f"scenario: {scalar(title)}",
            f"start: {self._last:%Y-%m-%d} 00:00",
            "length: 4w",
            "drain: 8w",
            "arrivals:",
            *self._arrivals(self._first, self._last),
            *self._staff(),
            *self._habits(self.seen[self.library[0].name], ""),
        ]
        others = [seen for seen in list(self.seen.values())[1:] if seen.choices or seen.values.keys() - seen.crowded]
        if others:
            lines.append("processes:")
        for seen in others:
            inner = list(self._habits(seen, "    "))
            lines += [f"  {seen.process.name}:", *inner] if inner else []
        return "\n".join(lines) + "\n"

    def _arrivals(self, first: date, last: date) -> Iterator[str]:
        """How many in each hour of the week, over the days from the first case to the last."""
        often = Counter((first + timedelta(days=number)).weekday() for number in range((last - first).days + 1))
        yield "  week:"
        for number, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
            rates = [self._opened[number, hour] / often[number] if often[number] else 0 for hour in range(24)]
            if any(rates):
                yield f"    {day}: [{', '.join(f'{rate:.4f}'.rstrip('0').rstrip('.') for rate in rates)}]"

    def _staff(self) -> Iterator[str]:
        """Everybody seen at work, without their names: so many of each kind."""
        roles = frozenset[str]().union(*(process.roles for process in self.library))
        kinds = Counter(
            (tuple(sorted(held & roles)), tuple(sorted(groups)))
            for held, groups in self.staff.values()
            if held & roles
        )  # fmt: skip
        names = Counter[str]()
        if kinds:
            yield "staff:"
        for (known, groups), number in sorted(kinds.items()):
            if len(known) == 1 and not groups:
                yield f"  {known[0]}: {number}"
                continue
            name = "_".join((*known, *filter(str.isidentifier, groups)))[:_LONGEST_NAME]
            names[name] += 1
            if names[name] > 1 or name in roles:
                name = f"{name} ({names[name]})"
            said = {"number": str(number), "roles": row(known), **({"groups": row(groups)} if groups else {})}
            yield f"  {scalar(name)}: {flow(said.items())}"

    def _habits(self, seen: Seen, indent: str) -> Iterator[str]:
        events = {name: [f"takes: {fitted(took.numbers)}"] for name, took in sorted(seen.took.items())}
        for name, reacted in sorted(seen.reacted.items()):
            events.setdefault(name, []).append(f"after: {fitted(reacted.numbers)}")
        if events:
            yield f"{indent}events:"
            yield from (f"{indent}  {name}: {{{', '.join(said)}}}" for name, said in sorted(events.items()))
        if seen.choices:
            yield f"{indent}states:"
            for path, counts in sorted(seen.choices.items()):
                yield f"{indent}  {path}: {_weights(counts)}"
        if kept := sorted(seen.values.keys() - seen.crowded):
            yield f"{indent}fields:"
            yield from (f"{indent}  {name}: {_weights(seen.values[name])}" for name in kept)


def learn(library: Sequence[Process], logs: Iterable[CaseLog], title: str = "as it was") -> str:
    """
    The text of a scenario, learned from the logs of cases; `library` is the process, then those it runs or starts.

    `logs` come by the time of their opening, as `svcflow.eventlog.read` gives them; none is kept.

    Raises:
        InputError: If there is no case of the process among them.
    """
    learner = Learner(library)
    for log in logs:
        learner.take(log)
    return learner.scenario(title)


def fitted(seconds: Sequence[int]) -> str:
    """A distribution with the median and the ninth decile of what was seen."""
    ranked = sorted(min(max(1, one), LONGEST) for one in seconds)
    median, p90 = ranked[(len(ranked) - 1) // 2], ranked[max(0, -(-len(ranked) * 9 // 10) - 1)]
    return written(Spread("fixed", (median,)) if p90 <= median else Spread("lognormal", (median, p90)))


def _during(visit: Visit, entry: JournalEntry) -> bool:
    """Whether an entry happened in a stay: after what led into it, up to what led out."""
    return visit.came.seq < entry.seq and (visit.went is None or entry.seq <= visit.went.seq)


def _knows(process: Process, path: str, event: str) -> bool:
    index = process.paths.get(path)
    return index is not None and index in process.sent.get(event, {})


def _weights(counts: Mapping[str, int]) -> str:
    return flow((name, str(count)) for name, count in sorted(counts.items()))
