"""`recalendar`: running cases count on holidays that were announced, or put right, since they began."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.bulk import resumable
from svcflow.cli.data import Json, plain
from svcflow.cli.failures import FINDINGS
from svcflow.cli.options import ActorOption, FormatOption, StoreOption, TenantOption, actor_of
from svcflow.cli.session import desk
from svcflow.cli.words import Words
from svcflow.diagram.lengths import length
from svcflow.engine import Engine
from svcflow.recalendar import Moved, Recalendared

_A_DAY = timedelta(days=1)


def recalendar(
    store: StoreOption,
    process: Annotated[
        str | None, typer.Option("--process", metavar="PROCESS", help="Only this one.", show_default=False)
    ] = None,
    calendar: Annotated[
        str | None,
        typer.Option("--calendar", metavar="NAME", help="Only the holidays of this calendar.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which due times would move.")] = False,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Read the public holidays anew, and let running cases count on them from tomorrow on.

    Update the `holidays` package first: that is where they come from. Each case is a transaction of its own. When it
    was interrupted, the same command goes on with the cases that are left. Exit status 1 says that some cases failed;
    they count on as before.

    Examples:
      svcflow recalendar --dry-run
      svcflow recalendar --process service_ticket --calendar office --format json
    """
    who = actor_of(actor, None, None, None)
    found: list[Recalendared] = []

    def tell() -> None:
        if format_ == "text":
            _tell(engine, found, tenant, dry_run=dry_run)

    with desk(store) as engine:
        with resumable(tell), ExitStack() as bar:
            advance: Callable[[int], None] | None = None

            def each(one: Recalendared, of: int) -> None:
                nonlocal advance
                found.append(one)
                if format_ == "json":
                    output.write_json_line(_json(one, dry_run=dry_run))
                advance = advance or bar.enter_context(output.progress("recalendaring", of))
                advance(1)

            engine.recalendar(process, calendar=calendar, dry_run=dry_run, each=each, actor=who, tenant=tenant)
        tell()
    if any(one.error for one in found):
        raise typer.Exit(FINDINGS)


def _json(one: Recalendared, *, dry_run: bool) -> Json:
    return {
        "case": one.case,
        "process": one.process,
        "version": one.version,
        "dry_run": dry_run,
        "moved": [
            {"name": time.name, "before": plain(time.before), "after": plain(time.after), "by_s": plain(time.by)}
            for time in one.moved
        ],
        "error": one.error or None,
    }


def _tell(engine: Engine, found: Sequence[Recalendared], tenant: str, *, dry_run: bool) -> None:
    known: dict[tuple[str, int], Words] = {}
    rows: list[tuple[str, str, str, str, str]] = []
    for one in found:
        if one.error:
            rows.append((one.case, "", "", "", one.error))
            continue
        version = (one.process, one.version)
        if one.moved and version not in known:
            known[version] = Words.of(engine.process(*version, tenant=tenant), None)
        rows += [(one.case, time.name, *_times(time, known[version])) for time in one.moved]
    if rows:
        output.show(output.table(("CASE", "WHAT", "DUE", "DUE THEN", "BY"), rows))
    failed = sum(bool(one.error) for one in found)
    came, move = ("would come", "would move") if dry_run else ("came", "moved")
    moving = sum(len(one.moved) for one in found)
    output.write(f"{len(found) - failed:,} {came} onto other days, {moving:,} due times {move}, {failed:,} cannot")


def _times(time: Moved, words: Words) -> tuple[str, str, str]:
    return _at(time.before, words), _at(time.after, words), "" if time.by is None else _by(time.by)


def _at(moment: datetime | None, words: Words) -> str:
    return "" if moment is None else words.at(moment)


def _by(span: timedelta) -> str:
    """`+1 d 2 h 30 min`: days here are 24 hours, since it is the calendar that changes."""
    days, rest = divmod(abs(span), _A_DAY)
    parts = [f"{days} d"] if days else []
    return f"{'-' if span < timedelta() else '+'}{' '.join([*parts, *([length(rest)] if rest else [])])}"
