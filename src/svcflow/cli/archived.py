"""`archived`: where archived cases are, and what stands in an archive file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from attrs import asdict

from svcflow import archive
from svcflow.archive.writing import private_of
from svcflow.archiving import trace
from svcflow.casebook import missing
from svcflow.cli import output
from svcflow.cli.data import case_json, entry_json, plain
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.journal import journal_table
from svcflow.cli.options import FormatOption, LanguageOption, TenantOption, instant_of
from svcflow.cli.session import desk
from svcflow.cli.showing import Sheet
from svcflow.cli.words import Words, moment_in
from svcflow.errors import CaseNotFound
from svcflow.published import Published
from svcflow.stores.archived import Archived
from svcflow.stores.memory import MemoryStore

PAGE = 100


def archived(
    case: Annotated[
        str | None, typer.Argument(metavar="CASE", help="The whole id of a case.", show_default=False)
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="URL", envvar="SVCFLOW_STORE", show_default=False, help="The database; not with --file."
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Look into this archive file.", show_default=False)
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check the file: all digests, all chains.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Take the case's private values out of the file beside the archive.")
    ] = False,
    private: Annotated[bool, typer.Option("--private", help="Show private values too.")] = False,
    process: Annotated[str | None, typer.Option(metavar="NAME", help="Of this process.", show_default=False)] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="ID", help="For which this person was responsible.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Opened at this time or later.", show_default=False)
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Opened before this time.", show_default=False)
    ] = None,
    order: Annotated[Literal["opened", "process", "owner"], typer.Option(help="What they are sorted by.")] = "opened",
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="At most so many; 0 is all.")] = PAGE,
    after: Annotated[
        str | None, typer.Option(metavar="CASE", help="Go on behind this case, the last one shown.", show_default=False)
    ] = None,
    language: LanguageOption = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Find archived cases: which file each is in. With --file, look into one, or check it; that needs no database.

    Examples:
      svcflow archived --owner kim --since 2025-01-01T00:00+08:00
      svcflow archived CASE --file archives/svcflow-20270406T090000Z-1.jsonl.gz
      svcflow archived --verify --file archives/svcflow-20270406T090000Z-1.jsonl.gz
    """
    if file is not None:
        _look_into(file, case, language, format_, verify=verify, forget=forget, private=private)
        return
    if verify or forget or private:
        raise WrongUse("which archive file?", "give `--file FILE`")
    if store is None:
        raise WrongUse("archived cases are found in a database, or in a file", "give `--store URL` or `--file FILE`")
    with desk(store) as engine:
        if case is None:
            found = engine.archived(
                process=process, owner=owner, since=instant_of("--since", since), before=instant_of("--before", before),
                order=order, after=after, limit=limit + 1 if limit else None, tenant=tenant,
            )  # fmt: skip
        else:
            gone = engine.store.removed(tenant, case)
            if gone is None:
                raise missing(engine.store, tenant, case)
            found = (gone,)
    _list(found[:limit] if limit else found, format_)
    if limit and len(found) > limit:
        output.say(f"there are more: `--after {found[limit - 1].id}` goes on, `--limit 0` shows all")


def _list(found: Sequence[Archived], format_: output.Format) -> None:
    if format_ == "json":
        output.write_json([plain(asdict(one)) for one in found])
        return
    if not found:
        output.say("no such case")
        return
    rows = ((one.id, one.process, moment_in(one.opened_at), one.owner, one.bundle) for one in found)
    output.show(output.table(("CASE", "PROCESS", "OPENED", "OWNER", "FILE"), rows))


# ── a file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _look_into(
    file: Path,
    case: str | None,
    language: str | None,
    format_: output.Format,
    *,
    verify: bool,
    forget: bool,
    private: bool,
) -> None:
    beside = private_of(file)
    if verify:
        _check(file, beside if beside.exists() else None, format_)
    elif case is None:
        if forget:
            raise WrongUse("whose private values?", "name the case: `svcflow archived CASE --file FILE --forget`")
        _list([trace(one, file.name) for one in archive.read(file)], format_)
    elif forget:
        gone = archive.forget(beside, [case])
        if format_ == "json":
            output.write_json({"case": case, "forgotten": bool(gone)})
        else:
            output.write("forgotten" if gone else "nothing is left to forget")
    else:
        there = archive.read(file, private=beside if private else None)
        found = next((one for one in there if one.case.id == case), None)
        if found is None:
            raise CaseNotFound(case)
        _show(found, language, format_)


def _check(file: Path, beside: Path | None, format_: output.Format) -> None:
    checked = archive.verify(file, private=beside)
    broken = checked.broken
    if broken is not None and format_ == "text":
        raise broken
    if format_ == "json":
        told = None if broken is None else {"file": broken.file, "line": broken.line, "why": broken.why}
        found = {"cases": checked.cases, "entries": checked.entries, "sha256": checked.sha256 or None, "broken": told}
        output.write_json(found)
    else:
        output.write(f"{checked.cases:,} cases, {checked.entries:,} journal entries: all whole")
        output.write(f"sha256 {checked.sha256}")
    if broken is not None:
        raise typer.Exit(FINDINGS)


def _show(one: archive.ArchivedCase, language: str | None, format_: output.Format) -> None:
    if format_ == "json":
        links = [{"from": origin, "to": to, "kind": kind} for origin, to, kind in one.links]
        filed = {"owner": one.owner, "archived_at": plain(one.archived_at), "digest": one.digest}
        journal = [entry_json(entry) for entry in one.journal]
        output.write_json(case_json(one.case, ()) | {"links": links} | filed | {"journal": journal})
        return
    words = Words.of(Published(MemoryStore()).compiled(one.processes[-1]), language)
    output.show(Sheet(one.case, words, (), (), None, (), one.links, frozenset()).text())
    output.write("")
    output.show(journal_table(one.journal, words))
