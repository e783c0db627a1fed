"""`verify`: what keeps a store trustworthy."""

from __future__ import annotations

from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.failures import FINDINGS
from svcflow.cli.options import FormatOption, StoreOption, TenantOption
from svcflow.cli.session import desk, find_case
from svcflow.errors import BrokenJournal
from svcflow.stores.base import Query


def verify(
    store: StoreOption,
    case: Annotated[
        str | None,
        typer.Argument(metavar="CASE", help="One case only: its id, or its beginning.", show_default=False),
    ] = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Check that nothing was tampered with: every journal is a whole chain, and decided again gives the case.

    Prints the first broken link of each case that has one; the exit status is then 1.

    Example:
      svcflow verify --store sqlite:///service.db
    """
    broken: list[BrokenJournal] = []
    entries = 0
    with desk(store) as engine:
        if case is None:
            ids = [one.id for one in engine.store.cases(Query(tenant))]
        else:
            ids = [find_case(engine, tenant, case)]
        for id_ in output.tracked("checking", ids):
            audit = engine.verify(id_, tenant=tenant)
            entries += audit.entries
            broken += audit.broken
    if format_ == "json":
        found = [{"case": one.case_id, "seq": one.seq, "why": one.why} for one in broken]
        output.write_json({"cases": len(ids), "entries": entries, "broken": found})
    else:
        for one in broken:
            output.write(output.clean(f"case {one.case_id}, entry {one.seq}: {one.why}"))
        outcome = f"{len(broken)} broken" if broken else "all whole"
        output.write(
            f"{output.count(len(ids), 'case')}, {output.count(entries, 'journal entry', 'journal entries')}: {outcome}"
        )
    if broken:
        raise typer.Exit(FINDINGS)
