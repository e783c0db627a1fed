"""`versions` and `retire`: which versions there are, what holds for each, and that no new case begins on one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.authors import told
from svcflow.cli.data import Json, plain
from svcflow.cli.options import ActorOption, FormatOption, StoreOption, TenantOption, actor_of
from svcflow.cli.session import desk
from svcflow.errors import DefinitionError, InputError, ProcessNotFound
from svcflow.stores.base import ProcessRecord


def versions(
    store: StoreOption,
    process: Annotated[
        str | None, typer.Argument(metavar="PROCESS", help="Only those of this one.", show_default=False)
    ] = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    List published versions: who issued, reviewed and answers for each, from when to when it is in force, and why not.

    Example:
      svcflow versions service_ticket --store sqlite:///service.db
    """
    with desk(store) as engine:
        found, now = engine.versions(process, tenant=tenant), engine.clock.now()
    if process is not None and not found:
        raise ProcessNotFound(process)
    told = [(one, _standing(one, found, now)) for one in found]
    if format_ == "json":
        output.write_json([_json(one, standing) for one, standing in told])
        return
    names = ("PROCESS", "VERSION", "STANDING", "FROM", "BY", "OWNER", "REVIEWED BY", "NOTE")
    output.show(output.table(names, [_row(one, standing) for one, standing in told]))


def retire(
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="A published process.", show_default=False)],
    version: Annotated[int, typer.Argument(metavar="VERSION", help="The number of a version.", show_default=False)],
    store: StoreOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.", show_default=False)],
    tenant: TenantOption = "",
    actor: ActorOption = None,
) -> None:
    """
    Let no new case begin on a version; those that run on it go on.

    What is retired stays so: new cases begin on the newest version that is still in force, or on one to be published.
    Where that is an earlier one that does not fit what it runs, or what runs it, nothing is retired.

    Example:
      svcflow retire callback 1 --reason "replaced by the callback centre's own" --store sqlite:///service.db
    """
    with desk(store) as engine:
        try:
            done = engine.retire(
                process, version, reason=reason, actor=actor_of(actor, None, None, None), tenant=tenant
            )
        except DefinitionError as problem:
            raise told(problem, ()) from problem
        if not done:
            raise InputError(f"{process} version {version} was retired before")
        left = engine.versions(process, tenant=tenant)
        now = engine.clock.now()
    newest = [one.version for one in left if _standing(one, left, now) == "in force"]
    then = f"new cases open on version {newest[-1]}" if newest else "no new case can be opened"
    output.write(f"retired {process} version {version}; {then}")


def _standing(one: ProcessRecord, known: Sequence[ProcessRecord], now: datetime) -> str:
    """What a version is to a reader: `in force`, or why no case begins on it."""
    if one.standing.retired is not None:
        return "retired"
    if not one.standing.in_force(now):
        return "to come"
    others = (other for other in known if other.name == one.name and other.standing.in_force(now))
    return "in force" if one is max(others, key=lambda other: (other.tenant, other.version)) else "replaced"


def _row(one: ProcessRecord, standing: str) -> tuple[str, ...]:
    note = "; ".join(text for text in (one.standing.note, _end(one)) if text)
    since = one.standing.effective_from or one.published_at
    people = (one.published_by, one.standing.owner, one.standing.reviewed_by)
    return (one.name, str(one.version), standing, f"{since:%Y-%m-%d %H:%M}Z", *people, note)


def _end(one: ProcessRecord) -> str:
    end = one.standing.retired
    return "" if end is None else f"retired {end.at:%Y-%m-%d %H:%M}Z by {end.by}: {end.reason}"


def _json(one: ProcessRecord, standing: str) -> Json:
    end = one.standing.retired
    return {
        "process": one.name,
        "version": one.version,
        "digest": one.digest,
        "standing": standing,
        "published_at": plain(one.published_at),
        "published_by": one.published_by,
        "effective_from": plain(one.standing.effective_from),
        "owner": one.standing.owner,
        "reviewed_by": one.standing.reviewed_by,
        "note": one.standing.note,
        "retired": None if end is None else {"at": plain(end.at), "by": end.by, "reason": end.reason},
    }
