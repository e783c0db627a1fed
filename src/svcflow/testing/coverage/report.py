"""What is covered of processes and what is not, as values; tables for people, thresholds for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from attrs import frozen

from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.errors import InputError
from svcflow.testing.coverage.items import KINDS, Kind

Status: TypeAlias = Literal["covered", "uncovered", "unreachable", "unknown"]

STATUSES: tuple[Status, ...] = ("covered", "uncovered", "unreachable", "unknown")
MOST_MISSING = 12
"""So many open items of one kind stand in the text, unless it is asked for others; the rest is counted."""


@frozen
class Item:
    """
    Something to cover, how often it was met, and what that means.

    `uncovered` can happen and did not, `unreachable` is proved never to happen; of `unknown` nothing is proved.
    """

    kind: Kind
    name: str
    status: Status
    count: int


@frozen
class Row:
    """One kind of items in numbers; `share` is what is covered or proved unreachable, in percent, rounded down."""

    kind: Kind
    total: int
    statuses: Mapping[Status, int]

    @property
    def share(self) -> int:
        """100 where there is nothing to cover."""
        return 100 * (self.statuses["covered"] + self.statuses["unreachable"]) // self.total if self.total else 100


@frozen
class Part:
    """One process, item by item in the order of its file."""

    process: Process
    items: tuple[Item, ...]

    def rows(self) -> tuple[Row, ...]:
        """The kinds of which there is something to cover."""
        found = []
        for kind in KINDS:
            statuses = Counter(item.status for item in self.items if item.kind == kind)
            if statuses:
                found.append(Row(kind, statuses.total(), {status: statuses[status] for status in STATUSES}))
        return tuple(found)

    def open(self, kind: Kind) -> tuple[Item, ...]:
        """What is neither covered nor proved unreachable, what surely can happen first."""
        found = [item for item in self.items if item.kind == kind and item.status in {"uncovered", "unknown"}]
        return tuple(sorted(found, key=lambda item: item.status != "uncovered"))


@frozen
class Shortfall:
    """A threshold that is not reached."""

    process: str
    kind: Kind
    wanted: int
    share: int
    open: tuple[str, ...]

    def __str__(self) -> str:
        missing = ", ".join(f"`{name}`" for name in self.open[:3])
        more = f" and {len(self.open) - 3} more" if len(self.open) > 3 else ""  # noqa: PLR2004 - as many as are named
        return f"{self.process}: {self.share} % of {self.kind}, wanted are {self.wanted} %; missing: {missing}{more}"


@frozen
class Report:
    """What so many runs covered."""

    runs: int
    parts: tuple[Part, ...]

    def shortfalls(self, wanted: Mapping[Kind, int]) -> tuple[Shortfall, ...]:
        """The thresholds, in percent by kind, that are not reached; what is proved unreachable counts as done."""
        found = []
        for part in self.parts:
            for row in part.rows():
                if row.share < wanted.get(row.kind, 0):
                    names = tuple(item.name for item in part.open(row.kind))
                    found.append(Shortfall(part.process.name, row.kind, wanted[row.kind], row.share, names))
        return tuple(found)

    def text(self, *, most: int = MOST_MISSING) -> str:
        """The numbers as plain tables, and what is missing: so many items of each kind."""
        return "\n".join(line.rstrip() for part in self.parts for line in _lines(part, self.runs, most))

    def to_json(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "runs": self.runs,
            "processes": [
                {
                    "process": part.process.name,
                    "version": part.process.version,
                    "kinds": [{"kind": row.kind, "share": row.share, **row.statuses} for row in part.rows()],
                    "items": [{"kind": one.kind, "name": one.name, "status": one.status, "count": one.count}
                              for one in part.items],
                }
                for part in self.parts
            ],
        }  # fmt: skip


def _lines(part: Part, runs: int, most: int) -> Iterator[str]:
    yield f"Coverage of {part.process.name}, {runs:,} {'run' if runs == 1 else 'runs'}"
    yield ""
    yield f"  {'':<12}{'share':>6}" + "".join(f"{status:>13}" for status in STATUSES)
    for row in part.rows():
        yield f"  {row.kind:<12}{row.share:>4} %" + "".join(f"{row.statuses[status]:>13,}" for status in STATUSES)
    for row in part.rows():
        missing = part.open(row.kind)
        if missing and row.kind != "pairs":
            yield from ("", f"  {row.kind} that are missing:")
            yield from (
                f"    {one.name}{' (may be impossible)' if one.status == 'unknown' else ''}" for one in missing[:most]
            )
            if len(missing) > most:
                yield f"    and {len(missing) - most:,} more"
    yield ""


def thresholds(text: str) -> Mapping[Kind, int]:
    """
    Read `transitions=100, states=90`; one number alone is for states and transitions.

    Raises:
        InputError: A kind that there is not, or no number from 0 to 100.
    """
    found: dict[Kind, int] = {}
    for part in filter(None, (one.strip() for one in text.replace("\n", ",").split(","))):
        name, equals, number = (one.strip() for one in part.rpartition("="))
        if not number.isdecimal() or int(number) > 100:  # noqa: PLR2004 - percent
            raise InputError(f"a threshold is a kind and a number up to 100, such as transitions=100, not {part!r}")
        wanted: tuple[str, ...] = (name,) if equals else ("states", "transitions")
        kinds = [kind for kind in KINDS if kind in wanted]
        if not kinds:
            close = nearest(name, KINDS)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(KINDS)}"
            raise InputError(f"there is no coverage of {name!r}; {hint}")
        found.update(dict.fromkeys(kinds, int(number)))
    return found
