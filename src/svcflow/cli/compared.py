"""Two reports side by side: which cases are on which side, and what differs, as a table for a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from heapq import nlargest
from itertools import groupby
from typing import TypeAlias

from attrs import frozen
from rich.text import Text

from svcflow.cli import output
from svcflow.cli.charts import safe
from svcflow.cli.failures import WrongUse
from svcflow.cli.figures import section
from svcflow.cli.output import Format
from svcflow.cli.report_page import MOST_BARS, document, table
from svcflow.cli.report_words import PLAIN, ReportWords
from svcflow.report import KPIS, Difference, Report, compare, one_group
from svcflow.report.comparing import differences_as_json

Period: TypeAlias = tuple[datetime | None, datetime | None]
WorkOut: TypeAlias = Callable[[Period, Sequence[str]], Report]

_COLOURS = {"better": "green", "worse": "bold red", "other": "bold"}
_SIDES = 2
_NUMBER = re.compile("[0-9]{1,9}")
_HEAD = ("figure", "A", "B", "B - A", "low", "high", "sure", "median A", "median B", "of A", "of B")
_NUMBERS = frozenset(_HEAD) - {"figure", "sure"}


@frozen
class Comparison:
    """What two sides are called, and what differs."""

    names: tuple[str, str]
    apart: tuple[Difference, ...]

    def cases(self, figure: str = "cases") -> tuple[int, int]:
        """How many cases each side has, or how many are open."""
        all_ = next((one for one in self.apart if one.name == figure and not one.by), None)
        a, b = (all_.a, all_.b) if all_ else (None, None)
        return a.count if a else 0, b.count if b else 0


def compared(
    work_out: WorkOut,
    period: Period,
    against: Period,
    versions: str | None,
    process: str | None,
    by: Sequence[str],
    find: Callable[[str, int], object],
    words: ReportWords = PLAIN,
) -> Comparison | None:
    """
    The comparison that the options ask for, None if they ask for none; `find` finds a published version.

    Raises:
        WrongUse: If they do not fit together.
        ProcessNotFound: If a version is not published.
    """
    if versions is not None:
        if against != (None, None):
            raise WrongUse("two things are compared at once", "give `--versions`, or another period")
        return _versions(work_out, period, _numbers(versions, process, by, find), by, words)
    if against == (None, None):
        return None
    earlier = (against[0], against[1] or period[0])
    if _overlap(earlier, period):
        raise WrongUse("the two periods share cases", "let one end before the other begins")
    a, b = work_out(earlier, by), work_out(period, by)
    return Comparison((span(earlier, words), span(period, words)), compare(a.kpis, b.kpis))


def _versions(
    work_out: WorkOut, period: Period, numbers: tuple[str, str], by: Sequence[str], words: ReportWords
) -> Comparison:
    # In one pass, so that what comes again is also found where it came first under the other version.
    made = work_out(period, ["version", *(f"version+{one}" for one in by)])
    a, b = (one_group(made.kpis, "version", one) for one in numbers)
    return Comparison((words.say("version", numbers[0]), words.say("version", numbers[1])), compare(a, b))


def _numbers(
    versions: str, process: str | None, by: Sequence[str], find: Callable[[str, int], object]
) -> tuple[str, str]:
    numbers = [one.strip() for one in versions.split(",")]
    if len(numbers) != _SIDES or not all(_NUMBER.fullmatch(one) for one in numbers):
        raise WrongUse(f"--versions: {versions!r} are not two versions", "write them like 1,2")
    first, second = (int(one) for one in numbers)
    if first == second:
        raise WrongUse("--versions: a version does not differ from itself", "name two")
    if process is None:
        raise WrongUse("--versions: each process has its own", "say which with `--process NAME`")
    if any("version" in one.split("+") for one in by):
        raise WrongUse("--by: the sides are versions already", "leave `version` out of it")
    find(process, first)
    find(process, second)
    return str(first), str(second)


def _overlap(one: Period, other: Period) -> bool:
    """Whether a time lies in both; a period without an end goes on for ever."""
    return _begins_before_end(one, other) and _begins_before_end(other, one)


def _begins_before_end(one: Period, other: Period) -> bool:
    return one[0] is None or other[1] is None or one[0] < other[1]


def span(period: Period, words: ReportWords) -> str:
    """A period in words."""
    parts = [
        words.say(word, f"{one:%Y-%m-%d %H:%M}")
        for word, one in zip(("since", "before"), period, strict=True) if one
    ]  # fmt: skip
    return ", ".join(parts) or words.say("any time")


def deliver(found: Comparison, format_: Format, words: ReportWords) -> None:
    """Tell it to a person, or print it as JSON."""
    sides = _sides(found)
    if format_ == "json":
        a, b = ({"name": name, "cases": cases, "open": still} for name, cases, still in sides)
        output.write_json({"a": a, "b": b, "differences": differences_as_json(found.apart)})
        return
    for line in _told(sides, words):
        output.write(line)
    for perspective, apart in groupby(found.apart, key=lambda one: KPIS[one.name].perspective):
        rows = [[*_row(one, words)] for one in apart]
        head = [words.say(name) for name in _HEAD]
        right = {words.say(name) for name in _NUMBERS}
        section(words.say(perspective), output.table(head, rows, right=right))
    for warning in _warnings(sides, words):
        output.say(warning)


def page(found: Comparison, words: ReportWords) -> str:
    """The same as a page of HTML."""
    sides = _sides(found)
    body = []
    for perspective, apart in groupby(found.apart, key=lambda one: KPIS[one.name].perspective):
        body += [f"<h2>{words.say(perspective)}</h2>"]
        some = list(apart)
        shown = _most_observed(some)
        body += [table(_HEAD, ([str(cell) for cell in _row(one, words)] for one in shown), _NUMBERS, words)]
        body += [f"<p>{words.say('more', f'{len(some) - len(shown):,}')}</p>"] if len(some) > len(shown) else []
    body += [f"<p>{safe(warning)}</p>" for warning in _warnings(sides, words)]
    return document(words.say("compared"), _told(sides, words), body, words)


def _most_observed(apart: Sequence[Difference]) -> list[Difference]:
    """Of the groups of each figure as many as a page has bars: those with most observations."""
    families: dict[tuple[str, tuple[str, ...]], list[Difference]] = {}
    for one in apart:
        families.setdefault((one.name, tuple(one.by)), []).append(one)
    return [one for family in families.values() for one in nlargest(MOST_BARS, family, key=_observed)]


def _observed(one: Difference) -> int:
    return sum(side.count for side in (one.a, one.b) if side is not None)


def _sides(found: Comparison) -> list[tuple[str, int, int]]:
    return list(zip(found.names, found.cases(), found.cases("open_cases"), strict=True))


def _told(sides: Sequence[tuple[str, int, int]], words: ReportWords) -> Iterator[str]:
    for letter, (name, cases, still) in zip("AB", sides, strict=True):
        yield words.say("side", letter, name, words.count(cases), f"{still:,}")


def _warnings(sides: Sequence[tuple[str, int, int]], words: ReportWords) -> Iterator[str]:
    if any(still for _, _, still in sides):
        yield words.say("open")
    yield words.say("chance")


def _row(one: Difference, words: ReportWords) -> Iterator[str | Text]:
    unit, verdict = KPIS[one.name].unit, one.verdict or ""
    sides = (one.a, one.b)
    yield words.named(one.name, one.by)
    yield from (words.worth(unit, side.value if side else None) for side in sides)
    yield from (words.worth(unit, value, sign=True) for value in (one.value, one.low, one.high))
    yield Text(words.say(verdict) if verdict else "", style=_COLOURS.get(verdict, ""))
    yield from (words.worth(unit, side.median if side else None) for side in sides)
    yield from ("" if side is None else str(side.count) for side in sides)
