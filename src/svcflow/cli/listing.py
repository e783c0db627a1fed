"""`cases`: which cases there are, and which of them are late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal

import typer
from attrs import frozen
from rich.table import Table
from rich.text import Text

from svcflow.casebook import earliest_due
from svcflow.cli import output
from svcflow.cli.data import Json, case_json, plain
from svcflow.cli.failures import WrongUse
from svcflow.cli.options import AtOption, FormatOption, LanguageOption, StoreOption, TenantOption, instant_of
from svcflow.cli.session import desk
from svcflow.cli.words import Words
from svcflow.core.case import Case
from svcflow.core.event import Actor
from svcflow.engine import Engine

PAGE = 100


def cases(
    store: StoreOption,
    process: Annotated[str | None, typer.Option(metavar="NAME", help="Of this process.", show_default=False)] = None,
    state: Annotated[
        str | None, typer.Option(metavar="PATH", help="In this state, or inside it.", show_default=False)
    ] = None,
    status: Annotated[
        Literal["open", "done", "cancelled"] | None, typer.Option(help="Running or ended.", show_default=False)
    ] = None,
    late: Annotated[
        bool, typer.Option("--late", help="With a clock or limit that runs on after its due time.")
    ] = False,
    waiting_for: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="In which this role or person can act now.", show_default=False),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="In which nothing happened after this time.", show_default=False)
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="With this value; nothing behind `=` asks for an empty field."),
    ] = None,
    order: Annotated[Literal["opened", "moved", "due"], typer.Option(help="What comes first.")] = "opened",
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="At most so many; 0 is all.")] = PAGE,
    after: Annotated[
        str | None, typer.Option(metavar="CASE", help="Go on behind this case, the last one shown.", show_default=False)
    ] = None,
    at: AtOption = None,
    language: LanguageOption = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    List cases, as they were last written.

    Examples:
      svcflow cases --store sqlite:///service.db --late --order due
      svcflow cases --store sqlite:///service.db --process complaint --state negotiate
      svcflow cases --store sqlite:///service.db --waiting-for engineer --since 2026-03-02T08:00+08:00
      svcflow cases --store sqlite:///service.db --where owner=kim --where priority=P1
    """
    asked = dict(_condition(text) for text in where or ())
    latest = instant_of("--since", since)
    with desk(store, at=instant_of("--at", at)) as engine:
        if after is not None and engine.store.load(tenant, after) is None:
            raise WrongUse(f"--after: no case with id {after!r}")
        found = engine.cases(
            process=process, state=state, status=status, late=late, idle_since=latest,
            waiting_for=None if waiting_for is None else _anybody(waiting_for), where=asked, order=order, after=after,
            limit=limit + 1 if limit else None, tenant=tenant,
        )  # fmt: skip
        rows = _rows(engine, found[:limit] if limit else found, language)
    if format_ == "json":
        output.write_json([row.json() for row in rows])
    elif rows:
        output.show(_table(rows))
    else:
        output.say("no such case")
    if limit and len(found) > limit:
        output.say(f"there are more: `--after {rows[-1].case.id}` goes on, `--limit 0` shows all")


@frozen
class Row:
    """A case in the list: when its next clock or limit is used up, seen at the time `now`."""

    case: Case
    words: Words
    due: datetime | None
    now: datetime

    @property
    def late(self) -> bool:
        """Whether that time is over."""
        return self.due is not None and self.due < self.now

    def json(self) -> Json:
        """As data."""
        return case_json(self.case, self.words.process.private) | {"due": plain(self.due), "late": self.late}

    def cells(self, told: Callable[[Words, datetime], str]) -> tuple[str | Text, ...]:
        """As a line of the table; `told` says how a time is written there."""
        words, case = self.words, self.case
        due = "" if self.due is None else told(words, self.due)
        shown = Text(words.say("{0} late", due), style="red") if self.late else due
        return case.id, words.title(), words.states(case.states), shown, told(words, case.moved_at)


def _table(rows: Sequence[Row]) -> Table:
    """The cases below each other; where all are of one time zone its head names it, once."""
    zones = {str(row.words.zone) for row in rows}
    told, where = (Words.clock_time, f" ({zones.pop()})") if len(zones) == 1 else (Words.at, "")
    *first, due, moved = rows[0].words.heads("CASE", "PROCESS", "STATE", "DUE", "LAST MOVE")
    return output.table((*first, f"{due}{where}", f"{moved}{where}"), (row.cells(told) for row in rows))


def _anybody(name: str) -> Actor:
    """Whoever is called so: a person, a group, or somebody with this role."""
    return Actor(name, frozenset((name,)), frozenset((name,)))


def _condition(text: str) -> tuple[str, str | None]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise WrongUse(f"--where: {text!r} is no FIELD=VALUE", "write it like --where owner=kim")
    return name, value or None


def _rows(engine: Engine, found: Iterable[Case], language: str | None) -> list[Row]:
    now = engine.clock.now()
    known: dict[tuple[str, int], Words] = {}
    rows = []
    for case in found:
        version = (case.process, case.version)
        if version not in known:
            known[version] = Words.of(engine.process(*version, tenant=case.tenant), language)
        rows.append(Row(case, known[version], earliest_due(known[version].process, case), now))
    return rows
