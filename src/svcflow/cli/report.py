"""`report`: key figures of the cases in a store, where their time goes, and which ways they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from svcflow import eventlog
from svcflow.cli import compared, output
from svcflow.cli.compared import Period
from svcflow.cli.delivery import writable
from svcflow.cli.failures import WrongUse
from svcflow.cli.figures import named, section
from svcflow.cli.files import write_whole
from svcflow.cli.options import FormatOption, StoreOption, TenantOption, instant_of
from svcflow.cli.report_page import page
from svcflow.cli.seldom import collecting_seldom
from svcflow.cli.session import desk
from svcflow.engine import Engine
from svcflow.report import KPIS, Kpi, Measures, Report, read_measures
from svcflow.report import report as work_out
from svcflow.report.reporting import as_json
from svcflow.report.telling import seconds, worth


def report(
    store: StoreOption,
    process: Annotated[str | None, typer.Option(metavar="NAME", help="Of this process.", show_default=False)] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Cases opened from this time on.", show_default=False)
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Cases opened before this time.", show_default=False)
    ] = None,
    against_since: Annotated[
        str | None,
        typer.Option(
            "--against-since", metavar="TIME", show_default=False, help="Compare with cases opened from this time on."
        ),
    ] = None,
    against_before: Annotated[
        str | None,
        typer.Option(
            "--against-before",
            metavar="TIME",
            show_default=False,
            help="Compare with cases opened before this time; if it is not given, before `--since`.",
        ),
    ] = None,
    versions: Annotated[
        str | None,
        typer.Option("--versions", metavar="A,B", show_default=False, help="Compare two versions of the process."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Also for each product, contract, person ...; `a+b` for pairs."),
    ] = None,
    measures: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the figures mean in your processes.", show_default=False),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE.html", show_default=False, help="Write a page with charts to this file."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many rows of ways and passages.")] = 10,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Measure what is still open up to this time instead of now; what happened later counts too.",
            show_default=False,
        ),
    ] = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Work out the key figures of the cases in a store, where their time goes, and which ways they take.

    Cases count in the period in which they were opened; archived ones are not read. Exits with 1 when a figure is
    beyond the limit that the measures set for it. Two periods, or two versions, are compared figure by figure, with
    intervals of 95 %; limits are not looked at then.

    Examples:
      svcflow report --store sqlite:///service.db
      svcflow report --since 2026-03-01T00:00+08:00 --before 2026-04-01T00:00+08:00 --by product
      svcflow report --by person --by contract+priority --measures measures.yaml --format json
      svcflow report --since 2026-04-01T00:00Z --before 2026-05-01T00:00Z --against-since 2026-03-01T00:00Z
      svcflow report --process repair --versions 1,2
      svcflow report --by product --by month --to report.html
    """  # fmt: skip
    told = Measures() if measures is None else read_measures(measures.read_bytes(), str(measures))
    period = (instant_of("--since", since), instant_of("--before", before))
    against = (instant_of("--against-since", against_since), instant_of("--against-before", against_before))
    _check_page(to, [measures] if measures else [], compared=versions is not None or against != (None, None))
    with collecting_seldom(), desk(store, at=instant_of("--at", at)) as engine:
        find = partial(engine.process, tenant=tenant)
        if process is not None:
            find(process)
        figures = partial(_worked_out, engine, told, tenant, process)
        apart = compared.compared(figures, period, against, versions, process, by or (), find)
        if apart is not None:
            if told.limits:
                output.say("a comparison does not look at limits")
            compared.deliver(apart, format_)
            return
        made, now = figures(period, by or ()), engine.clock.now()
    if to is not None:
        about = (process or "all processes", f"cases opened {compared.span(period)}", f"as of {now:%Y-%m-%d %H:%M} UTC")
        write_whole(to, page(made, f"{output.count(made.cases, 'case')}: {', '.join(about)}", top))
    if format_ == "json":
        output.write_json(as_json(made))
    else:
        if to is None:
            tell(made, top)
        _warn(made, one_process=process is not None)
    if made.breaches:
        raise typer.Exit(1)


def _check_page(file: Path | None, inputs: Sequence[Path], *, compared: bool) -> None:
    if file is None:
        return
    if compared:
        raise WrongUse("--to: a comparison has no page", "leave `--to` out, or take `--format json`")
    if file.suffix not in {".html", ".htm"}:
        raise WrongUse(f"--to: {file} is no page", "name it report.html")
    writable(file, inputs)


def _worked_out(
    engine: Engine, measures: Measures, tenant: str, process: str | None, period: Period, by: Sequence[str]
) -> Report:
    since, before = period
    earlier = None if since is None else measures.needed_since(since)
    logs = eventlog.read(engine, tenant=tenant, process=process, since=earlier, before=before)
    return work_out(
        output.tracked("Reading cases", logs), measures, by=by, since=since, one_process=process is not None
    )


def tell(made: Report, top: int) -> None:
    """Print the figures, and how cases flow."""
    output.write(f"{output.count(made.cases, 'case')}")
    for perspective, kpis in groupby(made.kpis, key=lambda kpi: kpi.perspective):
        section(f"For the {perspective}", _figures(list(kpis)))
    if made.steps:
        steps = [
            (one.process, one.state, f"{one.share:.1%}", str(one.visits), seconds(one.median), seconds(one.p90))
            for one in made.steps
        ]
        section("Where the time goes", _rows(("process", "state", "share", "stays", "median", "90 %"), steps, 2))
    if made.passages:
        passages = [
            (one.process, one.left, one.entered, str(one.count), seconds(one.mean)) for one in made.passages[:top]
        ]
        section("From state to state", _rows(("process", "from", "to", "times", "mean"), passages, 3))
    if made.variants:
        variants = [
            (one.process, str(one.cases), f"{one.share:.1%}", seconds(one.mean), ", ".join(one.way))
            for one in made.variants[:top]
        ]
        section("The usual ways", _rows(("process", "cases", "share", "mean", "way"), variants, 1, 4))
    if made.deviations:
        deviations = [
            (one.process, one.event, one.kind, str(one.cases), f"{one.share:.1%}") for one in made.deviations[:top]
        ]
        section("Against the most usual way", _rows(("process", "event", "is", "cases", "share"), deviations, 3))


def _warn(made: Report, *, one_process: bool) -> None:
    for kpi in made.breaches:
        value, limit = worth(kpi.unit, kpi.value), worth(kpi.unit, kpi.limit)
        output.say(f"{named(kpi.name, kpi.by)} is {value}, beyond its limit of {limit}")
    for name in made.unwatched:
        why = "it needs all processes" if name == "complaint_rate" and one_process else "nothing was observed"
        output.say(f"the limit of {name} is not looked at: {why}")


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]], first: int, last: int | None = None) -> Table:
    return output.table(head, rows, right=head[first:last])


def _figures(kpis: Sequence[Kpi]) -> Table:
    rows = [
        (
            Text(named(kpi.name, kpi.by), style="bold red" if kpi.breached else ""), worth(kpi.unit, kpi.value),
            worth(kpi.unit, kpi.median), worth(kpi.unit, kpi.p90), str(kpi.count),
            KPIS[kpi.name].about if not kpi.by else "",
        )
        for kpi in kpis
    ]  # fmt: skip
    return output.table(("figure", "value", "median", "90 %", "of", ""), rows, right=("value", "median", "90 %", "of"))
