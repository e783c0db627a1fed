"""`incidents`: what failed for good, tried again or given up by an operator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.table import Table

from svcflow.cli import output
from svcflow.cli.data import Json, plain
from svcflow.cli.failures import WrongUse
from svcflow.cli.options import ActorOption, FormatOption, StoreOption, TenantOption, actor_of
from svcflow.cli.session import desk, exact_case, find_case
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.stores.base import Incident


def incidents(
    store: StoreOption,
    case: Annotated[str | None, typer.Argument(metavar="CASE", help="Of this case only.", show_default=False)] = None,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="This one only: a timer's name or a call's key.", show_default=False),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Let all that are listed be tried again.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Give the dead calls of CASE up; needs a reason.")] = False,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why; the journal keeps it.", show_default=False)
    ] = None,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    List what failed for good and waits for an operator: parked timers and dead hook calls.

    With --retry a worker tries them again, as if for the first time. A call can be given up with --skip, so that later
    calls of its case go on; the journal says who did so and why. A timer cannot: what it does belongs to its case.

    Examples:
      svcflow incidents --store sqlite:///service.db
      svcflow incidents --retry
      svcflow incidents 01a20000ab12cd34ef56ab78cd90ef12 --skip --reason "ordered by phone"
    """
    if retry and skip:
        raise WrongUse("an incident is tried again or given up, not both", "give `--retry` or `--skip`")
    if skip and (case is None or not (reason or "").strip()):
        raise WrongUse(
            "--skip needs a case and a reason", 'write it like: incidents CASE --skip --reason "paid in cash"'
        )
    who = actor_of(actor, None, None, None) if skip else None
    with desk(store) as engine:
        id_ = None if case is None else (exact_case if retry or skip else find_case)(engine, tenant, case)
        found = [one for one in engine.incidents(tenant=tenant) if id_ in {None, one.case} and name in {None, one.name}]
        hooks = _hooks(engine, found)
        outcomes = [_handled(engine, one, who, reason or "", retry=retry) for one in found]
    told = list(zip(found, outcomes, strict=True))
    if format_ == "json":
        output.write_json([_as_json(one, hooks) | {"outcome": outcome} for one, outcome in told])
    elif told:
        output.show(_table(told, hooks))
    else:
        output.say("no incidents")


def _handled(engine: Engine, one: Incident, skipped_by: Actor | None, reason: str, *, retry: bool) -> str:
    """What became of it: `waits`, `retried`, `skipped`, or `gone` where somebody else was faster."""
    if retry:
        return "retried" if engine.retry(one.case, one.name, tenant=one.tenant) else "gone"
    if skipped_by is None or one.kind == "timer":
        return "waits"
    done = engine.skip(one.case, one.name, reason=reason, actor=skipped_by, tenant=one.tenant)
    return "skipped" if done else "gone"


def _hooks(engine: Engine, found: Iterable[Incident]) -> dict[str, str]:
    """The hooks of dead calls by their keys, which do not tell."""
    dead = dict.fromkeys((one.tenant, one.case) for one in found if one.kind == "hook")
    waiting = [one for tenant, case in dead for one in engine.outbox(case, tenant=tenant)]
    return {one.call.key: one.call.hook for one in waiting}


def _as_json(one: Incident, hooks: dict[str, str]) -> Json:
    return {
        "kind": one.kind,
        "case": one.case,
        "name": one.name,
        "hook": hooks.get(one.name) if one.kind == "hook" else None,
        "since": plain(one.since),
        "attempts": one.attempts,
        "error": one.error,
    }


def _table(told: Iterable[tuple[Incident, str]], hooks: dict[str, str]) -> Table:
    rows = (
        (
            one.case,
            f"hook {hooks.get(one.name, '')}".rstrip() if one.kind == "hook" else "timer",
            one.name,
            f"{one.since:%Y-%m-%d %H:%M}",
            str(one.attempts),
            outcome,
            one.error,
        )
        for one, outcome in told
    )
    return output.table(("CASE", "WHAT", "NAME", "SINCE (UTC)", "TRIES", "NOW", "ERROR"), rows, right=("TRIES",))
