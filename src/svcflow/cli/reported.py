"""Key figures on a screen, and what must be said of limits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from svcflow.cli import output
from svcflow.cli.figures import section
from svcflow.cli.report_page import flow_rows
from svcflow.cli.report_words import PLAIN, ReportWords
from svcflow.report import Kpi, Report

_FIGURES = ("figure", "value", "median", "90 %", "of", "about")
_STEPS = ("process", "state", "share", "stays", "median", "90 %")


def tell(made: Report, top: int, words: ReportWords) -> None:
    """All figures, and the first `top` rows of each table of how cases flow."""
    output.write(words.count(made.cases))
    for perspective, kpis in groupby(made.kpis, key=lambda kpi: kpi.perspective):
        section(words.say(perspective), _figures(list(kpis), words))
    if made.steps:
        steps = [
            (one.process, one.state, f"{one.share:.1%}", str(one.visits), words.seconds(one.median),
             words.seconds(one.p90))
            for one in made.steps
        ]  # fmt: skip
        section(words.say("time"), _table(_STEPS, steps, _STEPS[2:], words))
    for name, (head, numbers, rows) in flow_rows(made, top, words).items():
        if rows:
            section(words.say(name), _table(head, rows, [one for one in head if one in numbers], words))


def warn(made: Report, *, one_process: bool) -> None:
    """What is beyond its limit, and which limits nobody could look at."""
    for kpi in made.breaches:
        value, limit = PLAIN.worth(kpi.unit, kpi.value), PLAIN.worth(kpi.unit, kpi.limit)
        output.say(f"{PLAIN.named(kpi.name, kpi.by)} is {value}, beyond its limit of {limit}")
    for name in made.unwatched:
        why = "it needs all processes" if name == "complaint_rate" and one_process else "nothing was observed"
        output.say(f"the limit of {name} is not looked at: {why}")


def _figures(kpis: Sequence[Kpi], words: ReportWords) -> Table:
    rows: list[tuple[str | Text, ...]] = [
        (
            Text(words.named(kpi.name, kpi.by), style="bold red" if kpi.breached else ""),
            *(words.worth(kpi.unit, one) for one in (kpi.value, kpi.median, kpi.p90)), str(kpi.count),
            words.about(kpi.name) if not kpi.by else "",
        )
        for kpi in kpis
    ]  # fmt: skip
    return _table(_FIGURES, rows, _FIGURES[1:5], words)


def _table(
    head: Sequence[str], rows: Sequence[Sequence[str | Text]], numbers: Sequence[str], words: ReportWords
) -> Table:
    return output.table([words.say(one) for one in head], rows, right=[words.say(one) for one in numbers])
