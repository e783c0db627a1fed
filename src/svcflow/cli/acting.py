"""`publish`, `open` and `send`: what changes a store, through the same door as an application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Annotated

import typer

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import FilesArgument, foresee, there, told
from svcflow.cli.data import case_json, refusal_json
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.form import FieldsArgument, FormOption, form_of
from svcflow.cli.lock import LockOption, Locks
from svcflow.cli.options import (
    ActorOption,
    FormatOption,
    ForOption,
    GroupOption,
    MachineOption,
    QualifiedOption,
    RoleOption,
    StoreOption,
    TenantOption,
    actor_of,
    instant_of,
)
from svcflow.cli.refusals import instead, reason
from svcflow.cli.session import desk, exact_case
from svcflow.core.case import Case
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import DefinitionError, Refused
from svcflow.machines import named

KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", show_default=False,
                 help="A name for this very event: sent again under the same key, it changes nothing."),
]  # fmt: skip


def publish(
    files: FilesArgument,
    store: StoreOption,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    machine: MachineOption = None,
    lock: LockOption = None,
    no_lock: Annotated[bool, typer.Option("--no-lock", help="Neither look into a lock nor write one.")] = False,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            show_default=False,
            help="From when what is new is in force, such as 2026-04-01T00:00+08:00; by default at once.",
        ),
    ] = None,
    owner: Annotated[str, typer.Option("--owner", metavar="WHO", show_default=False, help="Who answers for it.")] = "",
    reviewed_by: Annotated[
        str, typer.Option("--reviewed-by", metavar="WHO", show_default=False, help="Who has looked it over.")
    ] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", show_default=False, help="What is new in it.")] = "",
    format_: FormatOption = "text",
) -> None:
    """
    Keep versions of processes in a store, with all that they run or start.

    The store is made if it is not there. The same version again changes nothing; a changed file needs a higher
    `version:`. With `--machine`, nothing is kept that the application's machine could not run. What was published is
    noted in a lock beside the files, so that `check` tells when it changes.

    Examples:
      svcflow publish service_ticket.yaml --store sqlite:///service.db
      svcflow publish callback.yaml --from 2026-04-01T00:00+08:00 --owner hotline --note "calls sooner"
    """
    there(files)
    if no_lock and lock is not None:
        raise WrongUse("`--lock` and `--no-lock` contradict each other", "give one of them")
    who, begins = actor_of(actor, None, None, None), instant_of("--from", from_)
    chosen = None if machine is None else named(machine)
    try:
        # Read first: a file with errors must not leave an empty store behind.
        locks = None if no_lock else Locks.of(files, lock)
        families = []
        for file in files:
            against = language.Lock() if locks is None else locks.of_folder(file.parent)
            families.append(language.project(file, machine=chosen, against=against))
        with desk(store, make=True) as engine:
            published = engine.publish(
                *families,
                effective_from=begins,
                owner=owner,
                reviewed_by=reviewed_by,
                note=note,
                tenant=tenant,
                actor=who,
            )
            foresee(published, engine.clock.now())
            dates = {} if begins is None else _dates(engine, tenant)
    except DefinitionError as problem:
        raise told(problem, files) from problem
    if locks is not None:
        _lock(locks, dict.fromkeys(chain.from_iterable(families)), wanted=lock is not None)
    if format_ == "json":
        output.write_json([{"process": one.name, "version": one.version, "digest": one.digest} for one in published])
        return
    for process in published:
        date = dates.get((process.name, process.version))
        since = "" if date is None else f", in force from {date:%Y-%m-%d %H:%M}Z"
        output.write(f"published {process.name} version {process.version}{since}")


def _dates(engine: Engine, tenant: str) -> Mapping[tuple[str, int], datetime | None]:
    """From when each version is in force, where that was said."""
    return {(one.name, one.version): one.standing.effective_from for one in engine.versions(tenant=tenant)}


def _lock(locks: Locks, processes: Iterable[Process], *, wanted: bool) -> None:
    """Where nobody asked for a lock, a folder that cannot be written to does not make a failure of what is done."""
    try:
        locks.write(processes)
    except OSError as problem:
        if wanted:
            raise
        output.say(f"note: no lock was written: {problem.strerror or problem}; `svcflow lock FILE` writes one")


def open_(
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="A published process.", show_default=False)],
    store: StoreOption,
    fields: FieldsArgument = None,
    form: FormOption = None,
    key: KeyOption = None,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    role: RoleOption = None,
    group: GroupOption = None,
    for_: ForOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Open a case of the newest version of a process.

    Example:
      export SVCFLOW_STORE=sqlite:///service.db
      svcflow open service_ticket customer=acme phone=555-0100 "fault=no picture" --actor li --role agent
    """
    values, who = form_of(fields, form), actor_of(actor, role, group, for_)
    with desk(store) as engine:

        def act() -> Case:
            return engine.open(process, values, actor=who, key=key, tenant=tenant)

        case = _accepted(act, format_)
        _tell(engine, case, format_, f"opened {case.id}: {case.state}")


def send(
    case: Annotated[str, typer.Argument(metavar="CASE", help="The whole id of a case.", show_default=False)],
    event: Annotated[str, typer.Argument(metavar="EVENT", help="What happens.", show_default=False)],
    store: StoreOption,
    fields: FieldsArgument = None,
    form: FormOption = None,
    key: KeyOption = None,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    role: RoleOption = None,
    group: GroupOption = None,
    for_: ForOption = None,
    qualified: QualifiedOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Send an event to a case, with its form.

    A refusal changes nothing: it says why, and what is possible instead, and the exit status is 1. `svcflow show CASE
    --actor ID --role ROLE` lists the events and their forms.

    Example:
      export SVCFLOW_STORE=sqlite:///service.db
      svcflow send 01a20000ab12cd34ef56ab78cd90ef12 refuse "reason=not ours" --actor li --role agent
    """
    values, who = form_of(fields, form), actor_of(actor, role, group, for_, qualified)
    with desk(store) as engine:
        id_ = exact_case(engine, tenant, case)
        before = engine.case(id_, tenant=tenant)

        def act() -> Case:
            return engine.send(id_, event, values, actor=who, key=key, tenant=tenant)

        after = _accepted(act, format_)
        moved = after.state if after.states == before.states else f"{before.state} -> {after.state}"
        _tell(engine, after, format_, f"{id_}: {moved}")


def _accepted(act: Callable[[], Case], format_: output.Format) -> Case:
    """The case, or the refusal told to people on stderr and to programs on stdout."""
    try:
        return act()
    except Refused as refused:
        if format_ == "text":
            raise
        output.write_json({"refusal": refusal_json(refused.refusal)})
        output.say(f"error: {reason(refused.refusal)}")
        if hint := instead(refused.refusal):
            output.say(f"hint: {hint}")
        raise typer.Exit(FINDINGS) from refused


def _tell(engine: Engine, case: Case, format_: output.Format, line: str) -> None:
    if format_ == "json":
        process = engine.process(case.process, case.version, tenant=case.tenant)
        output.write_json(case_json(case, process.private))
    else:
        output.write(line)
