"""`incidents`: what failed for good, tried again or given up by an operator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeAlias

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

Calls: TypeAlias = dict[str, tuple[str, int]]
NO_CALL = (None, None)


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

    BEHIND is how many later calls of its case wait for a dead one. With --retry a worker tries them again, as if for
    the first time. A call can be given up with --skip, so that later calls of its case go on; the journal says who did
    so and why. A timer cannot: what it does belongs to its case.

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
        calls = _calls(engine, found)
        outcomes = [_handled(engine, one, who, reason or "", retry=retry) for one in found]
    told = list(zip(found, outcomes, strict=True))
    if format_ == "json":
        output.write_json([_as_json(one, calls) | {"outcome": outcome} for one, outcome in told])
    elif told:
        output.show(_table(told, calls))
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


def _calls(engine: Engine, found: Iterable[Incident]) -> Calls:
    """By the key of a dead call, its hook, and how many later calls of its case wait for it."""
    dead = dict.fromkeys((one.tenant, one.case) for one in found if one.kind == "hook")
    queues = [engine.outbox(case, tenant=tenant) for tenant, case in dead]
    return {one.call.key: (one.call.hook, behind) for queue in queues for behind, one in enumerate(reversed(queue))}


def _as_json(one: Incident, calls: Calls) -> Json:
    hook, behind = calls.get(one.name, NO_CALL) if one.kind == "hook" else NO_CALL
    return {
        "kind": one.kind,
        "case": one.case,
        "name": one.name,
        "hook": hook,
        "behind": behind,
        "since": plain(one.since),
        "attempts": one.attempts,
        "error": one.error,
    }


def _table(told: Iterable[tuple[Incident, str]], calls: Calls) -> Table:
    rows = []
    for one, outcome in told:
        hook, behind = calls.get(one.name, NO_CALL)
        rows.append((
            one.case,
            "timer" if one.kind == "timer" else f"hook {hook or ''}".rstrip(),
            one.name,
            f"{one.since:%Y-%m-%d %H:%M}",
            str(one.attempts),
            "" if behind is None else str(behind),
            outcome,
            one.error,
        ))  # fmt: skip
    names = ("CASE", "WHAT", "NAME", "SINCE (UTC)", "TRIES", "BEHIND", "NOW", "ERROR")
    return output.table(names, rows, right=("TRIES", "BEHIND"))
