"""Key figures as one HTML file that loads nothing: to read on a screen in any light, to print, to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from svcflow.cli.charts import STYLE as BARS
from svcflow.cli.charts import Bar, bars, safe
from svcflow.cli.figures import named
from svcflow.diagram.booklet import STYLE
from svcflow.report import KPIS, Kpi, Report
from svcflow.report.telling import seconds, worth

MOST_BARS = 20

_LEGEND = "Bars of shares fill the whole: the red part is the one that should be smaller."

_STYLE = f"""{STYLE}
{BARS}
td.number,th.number{{text-align:right;white-space:nowrap}}
td{{overflow-wrap:anywhere}}
@media print{{h3{{break-after:avoid}}}}"""


def page(made: Report, about: str, top: int) -> str:
    """The page; `about` says of which cases it is, `top` is how many rows of ways and passages there are."""
    head = ["<h1>Key figures</h1>", f"<p>{safe(about)}</p>", f"<p>{_LEGEND}</p>"]
    body = [*head, *_beyond(made), *_views(made.kpis), *_flow(made, top)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>Key figures</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def _beyond(made: Report) -> Iterator[str]:
    if made.breaches:
        yield "<h2>Beyond their limits</h2>"
        rows = (
            (named(kpi.name, kpi.by), worth(kpi.unit, kpi.value), worth(kpi.unit, kpi.limit)) for kpi in made.breaches
        )
        yield _table(("figure", "value", "limit"), rows, {"value", "limit"})


def _views(kpis: Sequence[Kpi]) -> Iterator[str]:
    for perspective, some in groupby(kpis, key=lambda kpi: kpi.perspective):
        view = list(some)
        yield f"<h2>For the {perspective}</h2>"
        rows = (
            (kpi.name, worth(kpi.unit, kpi.value), worth(kpi.unit, kpi.median), worth(kpi.unit, kpi.p90),
             f"{kpi.count:,}", KPIS[kpi.name].about)
            for kpi in view if not kpi.by
        )  # fmt: skip
        yield _table(("figure", "value", "median", "90 %", "of", ""), rows, {"value", "median", "90 %", "of"})
        families: dict[tuple[str, tuple[str, ...]], list[Kpi]] = {}
        for kpi in view:
            families.setdefault((kpi.name, tuple(kpi.by)), []).append(kpi)
        for (name, dimensions), family in families.items():
            if dimensions and (len(dimensions) == 1 or KPIS[name].own not in dimensions):
                yield from _family(name, dimensions, family)


def _family(name: str, dimensions: Sequence[str], kpis: Sequence[Kpi]) -> Iterator[str]:
    """One figure, group by group: months in their order, others with those of most observations first."""
    title = f"{name} by {', '.join(dimensions)}"
    ordered = kpis if "month" in dimensions else sorted(kpis, key=lambda kpi: -kpi.count)
    shown = ordered[-MOST_BARS:] if "month" in dimensions else ordered[:MOST_BARS]
    yield f"<h3>{safe(title)}</h3>"
    yield bars(title, [_bar(kpi) for kpi in shown])
    if len(kpis) > len(shown):
        yield f"<p>and {len(kpis) - len(shown):,} more, which JSON lists</p>"


def _bar(kpi: Kpi) -> Bar:
    label = ", ".join(value or "-" for value in kpi.by.values())
    size = kpi.value or 0.0
    told = worth(kpi.unit, kpi.value) + ("" if kpi.unit == "cases" else f", of {kpi.count:,}")
    if kpi.unit != "share":
        return Bar(label, size, told)
    return Bar(label, size, told, 1 - size, bad=KPIS[kpi.name].better == "less")


def _flow(made: Report, top: int) -> Iterator[str]:
    if made.steps:
        yield "<h2>Where the time goes</h2>"
        for process, some in groupby(made.steps, key=lambda one: one.process):
            steps = [Bar(one.state, one.share, f"{one.share:.1%}, {seconds(one.mean)}") for one in some]
            yield f"<h3>{safe(process)}</h3>"
            yield bars(f"{process}: share of all time on critical paths, and mean of a stay", steps[:MOST_BARS])
    if made.passages:
        yield "<h2>From state to state</h2>"
        passages = (
            (one.process, one.left, one.entered, f"{one.count:,}", seconds(one.mean)) for one in made.passages[:top]
        )
        yield _table(("process", "from", "to", "times", "mean"), passages, {"times", "mean"})
    if made.variants:
        yield "<h2>The usual ways</h2>"
        variants = (
            (one.process, f"{one.cases:,}", f"{one.share:.1%}", seconds(one.mean), ", ".join(one.way))
            for one in made.variants[:top]
        )
        yield _table(("process", "cases", "share", "mean", "way"), variants, {"cases", "share", "mean"})
    if made.deviations:
        yield "<h2>Against the most usual way</h2>"
        deviations = (
            (one.process, one.event, one.kind, f"{one.cases:,}", f"{one.share:.1%}") for one in made.deviations[:top]
        )
        yield _table(("process", "event", "is", "cases", "share"), deviations, {"cases", "share"})


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: set[str]) -> str:
    kinds = [' class="number"' if name in numbers else "" for name in head]
    columns = "".join(f'<th scope="col"{kind}>{name}</th>' for kind, name in zip(kinds, head, strict=True))
    lines = (
        "<tr>" + "".join(f"<td{kind}>{safe(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>"
