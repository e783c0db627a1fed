"""`journal`: what happened to a case, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from svcflow.cli import output
from svcflow.cli.data import entry_json
from svcflow.cli.options import (
    FormatOption,
    GroupOption,
    LanguageOption,
    RoleOption,
    StoreOption,
    TenantOption,
    actor_of,
)
from svcflow.cli.session import desk, find_case
from svcflow.cli.words import Words, called
from svcflow.core.decision import JournalEntry
from svcflow.core.event import EMPTY


def journal(
    case: Annotated[str, typer.Argument(metavar="CASE", help="An id, or its beginning.", show_default=False)],
    store: StoreOption,
    viewer: Annotated[
        str | None, typer.Option(metavar="ID", help="Show what this person sees.", show_default=False)
    ] = None,
    role: RoleOption = None,
    group: GroupOption = None,
    language: LanguageOption = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Print what happened to a case, oldest first; private values are never in it.

    With a viewer, and the roles and groups of that person, it is what that person sees.

    A timer's entry is dated to when it was due, however late the worker was.

    Examples:
      svcflow journal 01a20000ab --store sqlite:///service.db
      svcflow journal 01a20000ab --viewer acme --store sqlite:///service.db
    """
    named = viewer or role or group
    who = actor_of(viewer or "nobody", role, group, None) if named else None
    with desk(store) as engine:
        id_ = find_case(engine, tenant, case)
        entries = engine.journal(id_, viewer=who, tenant=tenant)
        standing = engine.case(id_, tenant=tenant)
        words = Words.of(engine.process(standing.process, standing.version, tenant=tenant), language)
    if format_ == "json":
        output.write_json([entry_json(entry) for entry in entries])
        return
    output.show(journal_table(entries, words))


def journal_table(entries: Iterable[JournalEntry], words: Words) -> Table:
    """Entry below entry, the times in the zone of the process."""
    rows = (
        (str(one.seq), words.clock_time(one.at), _what(one, words), called(one.actor), _more(one, words))
        for one in entries
    )
    when, *others = words.heads("WHEN", "WHAT", "WHO", "DETAILS")
    return output.table(("#", f"{when} ({words.zone})", *others), rows, right=("#",))


def _what(entry: JournalEntry, words: Words) -> str:
    """The event, the timer or the remark, and where it led."""
    entered = [path for move in entry.moves for path in move.entered]
    return f"{what(entry, words)}{f' -> {words.state(entered[-1])}' if entered else ''}"


def what(entry: JournalEntry, words: Words) -> str:
    """The event, the timer or the remark."""
    if entry.kind == "opened":
        return words.say("opened")
    if entry.kind == "recalendared":
        return "counts on other days"
    if entry.kind != "timer":
        return words.name(entry.name)
    kind, _, rest = entry.name.partition(":")
    if kind == "after":
        return f"time in {words.state(rest.rpartition(':')[0])}"
    called_so = words.name(rest) if kind == "clock" else f"{kind} of {words.state(rest)}"
    step = entry.detail.get("step")
    return f"{called_so}{'' if step is None else f' at {step}'}"


def _more(entry: JournalEntry, words: Words) -> str:
    return "; ".join(_details(entry, words))


def _details(entry: JournalEntry, words: Words) -> Iterator[str]:
    if entry.kind == "note":
        yield str(entry.detail.get("text", ""))
    if entry.kind == "erased":
        yield f"{', '.join(words.field(name) for name in entry.detail['fields'])}: {entry.detail['reason']}"
    for name, (before, after) in entry.detail.get("moved", EMPTY).items():
        yield f"{name} due {_due(after, words)} instead of {_due(before, words)}"
    filled = [
        f"{words.field(name)}={words.value(name, value)}" for name, value in entry.fields.items() if value is not None
    ]
    if filled:
        yield ", ".join(filled)
    if entry.starts:
        yield f"opened {', '.join(entry.starts)}"
    yield from entry.remarks


def _due(moment: datetime | None, words: Words) -> str:
    return "never" if moment is None else words.clock_time(moment)
