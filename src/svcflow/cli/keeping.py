"""`verify` and `worker`: what keeps a store trustworthy, and its cases moving."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.authors import foresee
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.modules import module_of
from svcflow.cli.options import FormatOption, StoreOption, TenantOption
from svcflow.cli.session import desk, find_case
from svcflow.engine import Engine
from svcflow.errors import BrokenJournal
from svcflow.rounds import Tally
from svcflow.stores.base import Query
from svcflow.worker import Worker, stopped_by_signals


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
        output.write(f"{_count(len(ids), 'case')}, {_count(entries, 'journal entry', 'journal entries')}: {outcome}")
    if broken:
        raise typer.Exit(FINDINGS)


def worker(
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="URL",
            envvar="SVCFLOW_STORE",
            show_default=False,
            help="The database; not needed with --app.",
        ),
    ] = None,
    app: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:NAME",
            show_default=False,
            help="The engine of an application with its hooks, such as shop.service:engine.",
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Make one round and leave, for a scheduler.")] = False,
    format_: FormatOption = "text",
) -> None:
    """
    Fire due timers and deliver hook calls until stopped by SIGTERM or Ctrl-C.

    A round that has begun is finished before it stops. Hooks are functions of your application: with --app they are
    called, without it their calls wait.

    Examples:
      svcflow worker --app shop.service:engine
      svcflow worker --store sqlite:///service.db --once
    """  # fmt: skip
    if app is not None:
        engine = _engine_of(app)
        _work(engine, format_, once=once)
    elif store is not None:
        with desk(store) as engine:
            _work(engine, format_, once=once)
    else:
        raise WrongUse("a worker needs a store or an application", "give `--store URL` or `--app MODULE:NAME`")


def _work(engine: Engine, format_: output.Format, *, once: bool) -> None:
    unheard = engine.unheard()
    if unheard:
        output.say(f"note: calls of {', '.join(unheard)} wait: nobody registered these hooks here")
    newest = {record.name for record in engine.store.processes("")}
    foresee([engine.process(name) for name in sorted(newest)], engine.clock.now())
    if once:
        _tell(engine.tick(), format_)
        return
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    with stopped_by_signals() as stop:
        output.say("working; Ctrl-C stops after the round that has begun")
        Worker(engine).run(stop)
    output.say("stopped")


def _tell(tally: Tally, format_: output.Format) -> None:
    if format_ == "json":
        output.write_json(
            {"fired": tally.fired, "delivered": tally.delivered, "failed": tally.failed, "parked": tally.parked}
        )
    else:
        output.write(
            f"{_count(tally.fired, 'timer')} fired, {_count(tally.delivered, 'call')} delivered, "
            f"{tally.failed} to be tried again, {tally.parked} parked"
        )


def _engine_of(name: str) -> Engine:
    """The engine that an application made: `module:name`, found from the current folder as Python would find it."""
    module_name, sign, attribute = name.partition(":")
    if not (module_name and sign and attribute):
        raise WrongUse(f"--app: {name!r} is no MODULE:NAME", "write it like --app shop.service:engine")
    module = module_of(module_name, "--app: ")
    engine = getattr(module, attribute, None)
    if not isinstance(engine, Engine):
        what = "nothing" if engine is None else f"a {type(engine).__name__}"
        raise WrongUse(f"--app: {attribute!r} in {module_name} is {what}, not an svcflow.Engine")
    return engine


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
