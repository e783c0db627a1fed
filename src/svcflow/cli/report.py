"""`report`: key figures of the cases in a store, where their time goes, and which ways they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from attrs import asdict

from svcflow import eventlog
from svcflow.cli import compared, output
from svcflow.cli.compared import Period
from svcflow.cli.files import write_whole
from svcflow.cli.options import FormatOption, LanguageOption, StoreOption, TenantOption, instant_of
from svcflow.cli.report_file import Drawings, check_file, file_of
from svcflow.cli.report_titles import titled
from svcflow.cli.report_words import ReportWords
from svcflow.cli.reported import tell, warn
from svcflow.cli.seldom import collecting_seldom
from svcflow.cli.session import desk
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.eventlog import CaseLog
from svcflow.report import Measures, Report, read_measures
from svcflow.report import report as work_out
from svcflow.report.measure_file import Places, places
from svcflow.report.reporting import as_json
from svcflow.report.roads import Edition, Roads
from svcflow.report.strangers import strangers


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
        typer.Option(
            "--to",
            metavar="FILE",
            show_default=False,
            help="Write a page with charts and drawings (.html), or the drawing with numbers of `--process` "
            "(.svg, .mmd, .dot), to this file.",
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            "--version",
            metavar="N",
            show_default=False,
            help="Draw this version; by default the newest of which there are cases.",
        ),
    ] = None,
    language: LanguageOption = None,
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
      svcflow report --by product --by month --to report.html --language zh
      svcflow report --process repair --to repair.svg
    """  # fmt: skip
    told, where = _meant(measures)
    period = (instant_of("--since", since), instant_of("--before", before))
    against = (instant_of("--against-since", against_since), instant_of("--against-before", against_before))
    words = ReportWords(language or "en")
    two = versions is not None or against != (None, None)
    check_file(to, [measures] if measures else [], process, version, two=two)
    with collecting_seldom(), desk(store, at=instant_of("--at", at)) as engine:
        find = partial(engine.process, tenant=tenant)
        if process is not None:
            find(process)
        figures = partial(_worked_out, engine, told, tenant, process)
        apart = compared.compared(figures, period, against, versions, process, by or (), find, words)
        if apart is not None:
            if told.limits:
                output.say("a comparison does not look at limits")
            if to is not None:
                write_whole(to, compared.page(apart, words))
            if to is None or format_ == "json":
                compared.deliver(apart, format_, words)
            return
        roads = None if to is None else Roads(since=period[0])
        known: dict[Edition, Process] = {}
        made, now = figures(period, by or (), roads, known), engine.clock.now()
        shown = titled(made, [known[one] for one in sorted(known)], words.language) if to or language else made
        if to is not None and roads is not None:
            about = words.say("which", words.count(made.cases), process or words.say("all"),
                              compared.span(period, words), f"{now:%Y-%m-%d %H:%M}")  # fmt: skip
            drawings = Drawings(roads.traffic(), find, language)
            write_whole(to, file_of(to, shown, about, top, words, drawings, process, version))
    if format_ == "json":
        output.write_json({**as_json(made), "unknown": _unknown(told, known, where)})
    else:
        _warn_of_names(_unknown(told, known, where))
        _deliver(None if to else shown, made, top, words, one_process=process is not None)
    if made.breaches:
        raise typer.Exit(1)


def _meant(measures: Path | None) -> tuple[Measures, Places]:
    """What the figures mean, and where a file says so."""
    if measures is None:
        return Measures(), {}
    raw = measures.read_bytes()
    return read_measures(raw, str(measures)), places(raw, str(measures))


def _unknown(measures: Measures, known: Mapping[Edition, Process], where: Places) -> list[dict[str, str | int]]:
    """The names of measures that no process of the report has, with their places."""
    spans = ((one, where[one.word, one.name]) for one in strangers(measures, tuple(known.values())))
    return [{**asdict(one), "file": at.file, "line": at.line, "column": at.column} for one, at in spans]


def _warn_of_names(unknown: Iterable[Mapping[str, str | int]]) -> None:
    for one in unknown:
        output.say(f"{one['file']}:{one['line']}:{one['column']}: `{one['word']}`: {one['message']}")


def _deliver(shown: Report | None, made: Report, top: int, words: ReportWords, *, one_process: bool) -> None:
    """Tell it with its titles, where it is not in a file, and warn by the names that measures use."""
    if shown is not None:
        tell(shown, top, words)
    warn(made, one_process=one_process)


def _worked_out(
    engine: Engine,
    measures: Measures,
    tenant: str,
    process: str | None,
    period: Period,
    by: Sequence[str],
    roads: Roads | None = None,
    known: dict[Edition, Process] | None = None,
) -> Report:
    since, before = period
    earlier = None if since is None else measures.needed_since(since)
    logs = eventlog.read(engine, tenant=tenant, process=process, since=earlier, before=before)
    watched = output.tracked("Reading cases", logs)
    seen = watched if roads is None else roads.watched(watched)
    noted = seen if known is None else _noted(seen, known)
    return work_out(noted, measures, by=by, since=since, one_process=process is not None)


def _noted(logs: Iterable[CaseLog], known: dict[Edition, Process]) -> Iterator[CaseLog]:
    """The same logs; the versions of processes by which they live are noted."""
    for log in logs:
        if log.definition is not None:
            known.setdefault((log.process, log.version), log.definition)
        yield log
