"""
How long a check takes: each shipped file by itself, a very long process, and many files in one run.

All of it in one process, as editors and tests do it, by processor time; everything but the text is worked out anew.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from attrs import frozen
from rich.console import Console
from rich.table import Table

from benchmarks.budget import Budget
from benchmarks.race import Effort, processor_time
from svcflow import catalog
from svcflow.language import check

MOST_ROUNDS = 5
GROUPS, QUICK_GROUPS = 60, 4
MANY, QUICK_MANY = (25, 200), (2, 4)
QUICK_FILES = 3
FILE_SECONDS, LONG_SECONDS, GROWTH = 0.5, 2.0, 1.25


@frozen
class Checks:
    """
    Seconds: of each file of the catalog, of a process of so many `lines`, and for each file of a run over so many.
    """

    files: Mapping[str, float]
    lines: int
    long: float
    runs: Mapping[int, float]


def checks(effort: Effort, *, quick: bool) -> Checks:
    """Check, over and over."""
    rounds = min(effort.rounds, MOST_ROUNDS)
    shipped = [catalog.path(f"{name}.yaml") for name in catalog.NAMES[: QUICK_FILES if quick else None]]
    files = {file.name: _seconds(rounds, [file]) for file in shipped}
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.yaml"
        long.write_text(long_process(QUICK_GROUPS if quick else GROUPS), encoding="utf-8")
        lines = len(long.read_text(encoding="utf-8").splitlines())
        took = _seconds(rounds, [long])
        several = QUICK_MANY if quick else MANY
        copies = _copies(Path(folder), max(several))
        # A run over many files is its own average.
        runs = {count: _seconds(1, copies[:count]) / count for count in several}
    return Checks(files, lines, took, runs)


def _seconds(rounds: int, files: list[Path]) -> float:
    return median(processor_time(lambda: check(files)) for _ in range(rounds))


def _copies(folder: Path, count: int) -> list[Path]:
    """So many processes in one folder: complaints under other names, with the words they share."""
    shutil.copy(catalog.path("common.yaml"), folder)
    for name in catalog.NAMES:
        shutil.copy(catalog.path(f"{name}.yaml"), folder)
    text = catalog.path("complaint.yaml").read_text(encoding="utf-8")
    copies = [folder / f"complaint_{number}.yaml" for number in range(count)]
    for copy in copies:
        copy.write_text(text.replace("process: complaint", f"process: {copy.stem}"), encoding="utf-8")
    return copies


HEAD = """process: long
version: 1
title: {{en: Long, zh: 很长}}
languages: [en, zh]
roles: [clerk, engineer, boss]
calendar: office
calendars: {{office: {{timezone: Asia/Shanghai, hours: {{mon-fri: [09:00-12:00, 13:00-18:00]}}, holidays: CN}}}}
escalation: house
escalations: {{house: {{50%: {{notify: responsible}}, 100%: {{notify: boss}}}}}}
fields: {{customer: person, owner: person, level: gold | silver, score: 1..5, price: money, visit: datetime,
  note: text}}
open: {{by: [clerk, customer], ask: [customer, level]}}
sla:
  solve: {{from: g0.a, until: over, target: {{per: level, table: {{gold: 400d, silver: 500d}}}}}}
anywhere:
  hold: {{to: held, by: boss, ask: note, in: [{groups}]}}
  drop: {{to: dropped, by: [clerk, boss], ask: note}}
states:
"""
GROUP = """  g{here}:
    title: {{en: Group {here}, zh: 环节 {here}}}
    limit: 9d
    states:
      a:
        title: {{en: Begin {here}, zh: 开始 {here}}}
        by: clerk
        limit:
          per: level
          table: {{gold: 4h, silver: 2d}}
        events:
          plan: {{to: b, ask: [visit, owner]}}
          skip: {{to: c, may: price}}
      b:
        title: {{en: Visit {here}, zh: 上门 {here}}}
        by: owner
        pause: solve
        after:
          2d since visit: c
          1d: {{do: {{notify: boss}}}}
        events:
          worked: {{to: c, ask: [price, note]}}
          again: {{to: [{{to: a, max: 2}}, c]}}
      c:
        title: {{en: Check {here}, zh: 检验 {here}}}
        by: [engineer, boss]
        not_by: g{here}.a
        events:
          good:
            to:
              - {{to: {after}, when: filled(price) and price > {here}}}
              - {{to: {after}, when: level == gold, max: 3}}
              - {after}
            ask: score
          bad: {{to: g{before}, max: 2}}
"""
ENDS = """  held: {title: {en: Held, zh: 挂起}, by: boss, limit: 5d, events: {resume: back}}
  over: {end: done, title: {en: Over, zh: 完成}}
  dropped: {end: cancelled, title: {en: Dropped, zh: 取消}}
"""


def long_process(groups: int) -> str:
    """A process of so many groups, one after another and back again, with times, people, forms and conditions."""
    named = [f"g{number}" for number in range(groups)]
    following = [*named[1:], "over"]
    parts = [GROUP.format(here=n, after=following[n], before=max(0, n - 2)) for n in range(groups)]
    return HEAD.format(groups=", ".join(named)) + "".join(parts) + ENDS


def check_budgets(found: Checks) -> Iterator[Budget]:
    """The promises to whoever writes processes: no waiting, whatever the size."""
    yield Budget("check: the slowest file of the catalog, seconds", max(found.files.values()), at_most=FILE_SECONDS)
    yield Budget(f"check: a process of {found.lines:,} lines, seconds", found.long, at_most=LONG_SECONDS)
    few, many = min(found.runs), max(found.runs)
    name = f"check: a file among {many}, times one among {few}"
    yield Budget(name, found.runs[many] / found.runs[few], at_most=GROWTH)


def show_checks(found: Checks, console: Console) -> None:
    """Print the table of the checks."""
    table = Table("checked", title="A check, ms of processor time (median)", title_justify="left")
    table.add_column("a file", justify="right")
    rows = [*found.files.items(), (f"a process of {found.lines:,} lines", found.long)]
    rows += [(f"each of {count} files", seconds) for count, seconds in found.runs.items()]
    for name, seconds in rows:
        table.add_row(name, f"{seconds * 1e3:,.0f}")
    console.print(table)
