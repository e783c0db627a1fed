"""Key figures as one HTML file that loads nothing: to read on a screen in any light, to print, to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from typing import TypeAlias

from svcflow.cli.charts import STYLE as BARS
from svcflow.cli.charts import Bar, bars, safe
from svcflow.cli.report_words import PLAIN, ReportWords
from svcflow.diagram.booklet import STYLE
from svcflow.report import KPIS, Kpi, Report

MOST_BARS = 20

_STYLE = f"""{STYLE}
{BARS}
td.number,th.number{{text-align:right;white-space:nowrap}}
td{{overflow-wrap:anywhere}}
td.better{{color:#1a7f37}}td.worse{{color:#b3261e;font-weight:600}}
@media (prefers-color-scheme:dark){{td.better{{color:#4ac26b}}td.worse{{color:#ff8a80}}}}
@media print{{h3{{break-after:avoid}}svg.svcflow-picture{{max-height:none;break-inside:auto}}\
td.better{{color:#1a7f37}}td.worse{{color:#b3261e}}}}"""


def page(
    made: Report,
    about: str,
    top: int,
    *,
    words: ReportWords = PLAIN,
    pictures: Mapping[str, str] | None = None,
    undrawn: int = 0,
) -> str:
    """
    The page; `about` says of which cases it is, `top` is how many rows of ways and passages there are.

    `pictures` are drawings as SVG, by their titles; so many others are left out.
    """
    body = [*_beyond(made, words), *_views(made.kpis, words), *_flow(made, top, words)]
    if pictures:
        body += [f"<h2>{words.say('drawings')}</h2>", f"<p>{words.say('drawn')}</p>"]
        body += [line for title, picture in pictures.items() for line in (f"<h3>{safe(title)}</h3>", picture)]
        body += [f"<p>{words.say('more drawings', undrawn)}</p>"] if undrawn else []
    return document(words.say("title"), [about, words.say("legend")], body, words)


def document(title: str, remarks: Iterable[str], body: Iterable[str], words: ReportWords) -> str:
    """A page that needs no other."""
    head = [f"<h1>{safe(title)}</h1>", *(f"<p>{safe(remark)}</p>" for remark in remarks)]
    return (
        f'<!doctype html>\n<html lang="{"zh" if words.chinese else "en"}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>{safe(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join([*head, *body]) + "\n</body>\n</html>\n"
    )


def _beyond(made: Report, words: ReportWords) -> Iterator[str]:
    if made.breaches:
        yield f"<h2>{words.say('beyond')}</h2>"
        rows = (
            (words.named(kpi.name, kpi.by), words.worth(kpi.unit, kpi.value), words.worth(kpi.unit, kpi.limit))
            for kpi in made.breaches
        )
        yield table(("figure", "value", "limit"), rows, {"value", "limit"}, words)


def _views(kpis: Sequence[Kpi], words: ReportWords) -> Iterator[str]:
    for perspective, some in groupby(kpis, key=lambda kpi: kpi.perspective):
        view = list(some)
        yield f"<h2>{words.say(perspective)}</h2>"
        rows = (
            (words.figure(kpi.name), *(words.worth(kpi.unit, one) for one in (kpi.value, kpi.median, kpi.p90)),
             f"{kpi.count:,}", words.about(kpi.name))
            for kpi in view if not kpi.by
        )  # fmt: skip
        numbers = ("value", "median", "90 %", "of")
        yield table(("figure", *numbers, "about"), rows, {*numbers}, words)
        families: dict[tuple[str, tuple[str, ...]], list[Kpi]] = {}
        for kpi in view:
            families.setdefault((kpi.name, tuple(kpi.by)), []).append(kpi)
        for (name, dimensions), family in families.items():
            if dimensions and (len(dimensions) == 1 or KPIS[name].own not in dimensions):
                yield from _family(name, dimensions, family, words)


def _family(name: str, dimensions: Sequence[str], kpis: Sequence[Kpi], words: ReportWords) -> Iterator[str]:
    """One figure, group by group: months in their order, others with those of most observations first."""
    title = words.say("by", words.figure(name), ", ".join(map(words.dimension, dimensions)))
    ordered = kpis if "month" in dimensions else sorted(kpis, key=lambda kpi: -kpi.count)
    shown = ordered[-MOST_BARS:] if "month" in dimensions else ordered[:MOST_BARS]
    yield f"<h3>{safe(title)}</h3>"
    yield bars(title, [_bar(kpi, words) for kpi in shown])
    if len(kpis) > len(shown):
        yield f"<p>{words.say('more', f'{len(kpis) - len(shown):,}')}</p>"


def _bar(kpi: Kpi, words: ReportWords) -> Bar:
    label = ", ".join(value or "-" for value in kpi.by.values())
    size, told = kpi.value or 0.0, words.worth(kpi.unit, kpi.value)
    if kpi.unit != "cases":
        told = words.say("count", told, f"{kpi.count:,}")
    if kpi.unit != "share":
        return Bar(label, size, told)
    return Bar(label, size, told, 1 - size, bad=KPIS[kpi.name].better == "less")


def _flow(made: Report, top: int, words: ReportWords) -> Iterator[str]:
    if made.steps:
        yield f"<h2>{words.say('time')}</h2>"
        for process, some in groupby(made.steps, key=lambda one: one.process):
            steps = [Bar(one.state, one.share, f"{one.share:.1%}, {words.seconds(one.mean)}") for one in some]
            yield f"<h3>{safe(process)}</h3>"
            yield bars(words.say("critical", process), steps[:MOST_BARS])
    for name, (head, numbers, rows) in flow_rows(made, top, words).items():
        if rows:
            yield f"<h2>{words.say(name)}</h2>"
            yield table(head, rows, numbers, words)


Rows: TypeAlias = tuple[tuple[str, ...], frozenset[str], Sequence[Sequence[str]]]


def flow_rows(made: Report, top: int, words: ReportWords) -> Mapping[str, Rows]:
    """How cases flow as tables: by their names the heads, which of these are numbers, and the rows."""
    passages = [
        (one.process, one.left, one.entered, f"{one.count:,}", words.seconds(one.mean)) for one in made.passages[:top]
    ]
    variants = [
        (one.process, f"{one.cases:,}", f"{one.share:.1%}", words.seconds(one.mean), ", ".join(one.way), one.end)
        for one in made.variants[:top]
    ]
    deviations = [
        (one.process, one.event, words.say(one.kind), f"{one.cases:,}", f"{one.share:.1%}")
        for one in made.deviations[:top]
    ]
    return {
        "passages": (("process", "from", "to", "times", "mean"), frozenset({"times", "mean"}), passages),
        "ways": (("process", "cases", "share", "mean", "way", "end"), frozenset({"cases", "share", "mean"}), variants),
        "deviations": (("process", "event", "is", "cases", "share"), frozenset({"cases", "share"}), deviations),
    }  # fmt: skip


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: AbstractSet[str], words: ReportWords) -> str:
    """A table; what is better or worse stands in colour, too."""
    columns = "".join(f'<th scope="col"{_kind(name, numbers)}>{words.say(name)}</th>' for name in head)
    marked = {words.say(one): f' class="{one}"' for one in ("better", "worse")}
    lines = (
        "<tr>"
        + "".join(
            f"<td{marked.get(cell, '') if name == 'sure' else _kind(name, numbers)}>{safe(cell)}</td>"
            for name, cell in zip(head, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>"


def _kind(name: str, numbers: AbstractSet[str]) -> str:
    return ' class="number"' if name in numbers else ""
