"""`watch`: which figures are beyond their limits month by month, and the cases that are opened for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from svcflow import eventlog
from svcflow.cli import output
from svcflow.cli.data import Json
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.options import FormatOption, StoreOption, TenantOption, instant_of
from svcflow.cli.report_words import PLAIN
from svcflow.cli.session import desk
from svcflow.report import Alarm, alarms, open_cases, read_measures
from svcflow.report.telling import worth
from svcflow.report.watching import first_month, published


def watch(
    store: StoreOption,
    measures: Annotated[
        Path, typer.Option(metavar="FILE", help="Measures with limits, and what is watched.", show_default=False)
    ],
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="From the month of this time on; by default the last one.", show_default=False
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the cases instead of only listing them.")] = False,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    List the figures that are beyond their limits, month by month, and with `--open` open a case for each.

    What is watched, and which process is opened, stands under `watch` in the measures. One figure, group and month has
    one case, however often the command is run: let a timer run it every hour. Exits with 1 when a case is still to be
    opened, or a process refused it.

    Examples:
      svcflow watch --measures measures.yaml
      svcflow watch --measures measures.yaml --open --store sqlite:///service.db
    """
    told = read_measures(measures.read_bytes(), str(measures))
    if not told.watch:
        raise WrongUse(f"{measures} watches nothing", "add `watch: {complaint_rate: {by: product, open: corrective}}`")
    with desk(store) as engine:
        published(engine, told, tenant=tenant)
        first = first_month(instant_of("--since", since), engine.clock.now())
        logs = eventlog.read(engine, tenant=tenant, since=told.needed_since(first))
        found = alarms(output.tracked("Reading cases", logs), told, since=first)
        found = open_cases(engine, found, dry_run=not open_, tenant=tenant)
    if format_ == "json":
        output.write_json([_json(one) for one in found])
    else:
        _tell(found)
    if any(one.case is None for one in found):
        raise typer.Exit(FINDINGS)


def _tell(found: Sequence[Alarm]) -> None:
    rows = [
        (PLAIN.named(one.kpi.name, one.kpi.by), worth(one.kpi.unit, one.kpi.value), worth(one.kpi.unit, one.kpi.limit),
         str(one.kpi.count), _became(one))
        for one in found
    ]  # fmt: skip
    if rows:
        output.show(output.table(("figure", "value", "limit", "of", "case"), rows, right=("value", "limit", "of")))
    else:
        output.write("nothing is beyond its limit")


def _became(alarm: Alarm) -> str:
    if alarm.case is not None:
        return f"{alarm.case}{', new' if alarm.new else ''}"
    return f"refused: {alarm.refused}" if alarm.refused else f"to be opened: {alarm.process}"


def _json(alarm: Alarm) -> Json:
    kpi = alarm.kpi
    return {
        "figure": kpi.name, "by": dict(kpi.by), "value": kpi.value, "limit": kpi.limit, "count": kpi.count,
        "process": alarm.process, "fields": dict(alarm.fields), "key": alarm.key, "case": alarm.case,
        "new": alarm.new, "refused": alarm.refused,
    }  # fmt: skip
