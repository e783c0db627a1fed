"""The map of a log as values: which column is what, and what its cells mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo

from attrs import field, frozen

from svcflow.core import dates
from svcflow.core.admission import sent_names
from svcflow.core.event import EMPTY, Qualification
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.errors import CalendarError

LONGEST_SHOWN = 60
"""Characters of a cell that stand in a message: enough to find it, never a megabyte of it."""


class Unreadable(ValueError):
    """A cell does not hold what its column should; the text says why."""


@frozen
class Column:
    """A column of the log, and the place in the map that names it, as `FILE:LINE:COLUMN`."""

    name: str
    where: str = field(eq=False)


@frozen
class Words:
    """
    A column whose cells are looked up in a table; None stands for nothing. Without a table a cell means itself.

    An empty cell means nothing, unless the table says otherwise. `places` says where in the map each meaning stands.
    """

    column: Column
    values: Mapping[str, str | None] | None = None
    places: Mapping[str, str] = field(default=EMPTY, eq=False)

    def read(self, cell: str) -> str | None:
        """
        What a cell means.

        Raises:
            Unreadable: If there is a table, and the cell is not in it.
        """
        if self.values is None or (not cell and cell not in self.values):
            return cell or None
        if cell not in self.values:
            raise Unreadable(f"{shown(cell)} is not among the values that the map has for `{self.column.name}`")
        return self.values[cell]


@frozen
class Moments:
    """A column of times: `zone` is for those that name none, `form` is how they are written if not as ISO 8601."""

    column: Column
    zone: tzinfo | None = None
    form: str | None = None

    def read(self, cell: str) -> datetime:
        """
        The instant in a cell, in UTC. A wall time that does not exist is the next that does; of two it is the first.

        Raises:
            Unreadable: If it is none.
        """
        moment = self._parsed(cell)
        if moment.tzinfo is None and self.zone is None:
            raise Unreadable(f"{shown(cell)} is in no time zone; name it in the map, as in `zone: UTC`")
        try:
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
            if self.zone is UTC:
                return moment.replace(tzinfo=UTC)
            return dates.moment(dates.instant(self.zone or UTC, moment))
        except (CalendarError, OverflowError):
            raise Unreadable(f"{shown(cell)} lies outside the years 1 to 9999") from None

    def day(self, cell: str) -> date:
        """
        The date in a cell, as written.

        Raises:
            Unreadable: If it is none.
        """
        return self._parsed(cell).date()

    def _parsed(self, cell: str) -> datetime:
        try:
            if self.form is None:
                return datetime.fromisoformat(cell)
            return datetime.strptime(cell, self.form)  # noqa: DTZ007 - the map's zone is given to naive times
        except ValueError:
            how = "such as 2026-03-31T14:00:00; the map's `format` says how else they are written"
            how = how if self.form is None else f"written as {self.form}"
            raise Unreadable(f"{shown(cell)} is no time {how}") from None


@frozen
class Senders:
    """
    Who sends the events: the person in a column (None: nobody is named), all of them with the same roles.

    `held` is the column of the roles where the log itself says them, with commas between several. What people were
    qualified for is in no log: all are qualified alike, for good.
    """

    column: Column | None
    roles: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default=EMPTY, eq=False)
    held: Column | None = None
    qualifications: Mapping[str, Qualification] | None = None


@frozen
class LogMap:
    """Which column of a log is what. `actor` None: the log names nobody, and the events are the system's."""

    case: Column
    time: Moments
    event: Words
    opened: Column | None = None
    actor: Senders | None = None
    fields: Mapping[str, Words] = EMPTY
    places: Mapping[str, str] = field(default=EMPTY, eq=False)

    def columns(self) -> Iterator[Column]:
        """Every column that the map names."""
        yield from (self.case, self.time.column, self.event.column)
        persons = () if self.actor is None else (self.actor.column, self.actor.held)
        yield from (column for column in (self.opened, *persons) if column is not None)
        yield from (words.column for words in self.fields.values())

    def strangers(self, process: Process) -> tuple[str, ...]:
        """
        What the map speaks of and the process does not know: perhaps misspelt, perhaps of another version.

        No error: rows with an unknown event are refused, and an unknown field is in no form.
        """
        events = [name for name in dict.fromkeys((self.event.values or EMPTY).values()) if name is not None]
        roles, places = ((), EMPTY) if self.actor is None else (sorted(self.actor.roles), self.actor.places)
        return (
            *_unknown("event", events, sent_names(process), process, self.event.places),
            *_unknown("field", self.fields, process.fields, process, self.places),
            *_unknown("role", roles, process.roles | {"system"}, process, places),
        )


def _unknown(
    kind: str, named: Iterable[str], known: Iterable[str], process: Process, places: Mapping[str, str]
) -> Iterator[str]:
    names = sorted(known)
    for name in named:
        if name not in names:
            yield f"{places[name]}: {process.name} has no {kind} `{name}`{meant(name, names)}"


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing."""
    near = nearest(name, known)
    return "" if near is None else f"; did you mean `{near}`?"


def shown(cell: str) -> str:
    """A cell as it stands in a message."""
    return repr(cell if len(cell) <= LONGEST_SHOWN else f"{cell[:LONGEST_SHOWN]}…")
