"""`erase`: a case forgets what it knows of somebody."""

from __future__ import annotations

from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.options import ActorOption, FormatOption, StoreOption, TenantOption, actor_of
from svcflow.cli.session import desk, exact_case


def erase(
    case: Annotated[str, typer.Argument(metavar="CASE", help="The whole id of a case.", show_default=False)],
    store: StoreOption,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; the journal keeps it.", show_default=False)],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="FIELD", help="This private field; again for more. By default all."),
    ] = None,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Forget private values of a case, present and earlier ones; its journal says so and stays whole.

    This cannot be taken back. Cases that this one ran or started have copies of their own, which are named. The free
    space of the database file may hold old bytes until it is rebuilt, and backups hold what they held.

    Example:
      svcflow erase 01a20000ab12cd34ef56ab78cd90ef12 --field phone --reason "asked for by letter of 3 May"
    """
    who = actor_of(actor, None, None, None)
    with desk(store) as engine:
        id_ = exact_case(engine, tenant, case)
        erased = engine.erase(id_, field, reason=reason, actor=who, tenant=tenant)
        linked = [target for origin, target, _ in engine.store.links(tenant, id_) if origin == id_]
        copies = [one for one in linked if engine.store.kept(tenant, one)]
    if format_ == "json":
        found = {"fields": list(erased.fields), "legible": list(erased.legible), "copies": copies}
        output.write_json({"case": id_, **found})
        return
    output.write(f"erased {', '.join(erased.fields)}" if erased.fields else "nothing is left to erase")
    if erased.legible:
        output.say(f"note: the journal holds {', '.join(erased.legible)} from before it was private; that stays")
    for one in copies:
        output.say(f"note: case {one}, run or started by this one, holds private values of its own")
