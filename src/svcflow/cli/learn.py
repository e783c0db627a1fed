"""`learn`: the scenario of a simulation, from what has happened in a store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.delivery import OutputOption, deliver, writable
from svcflow.cli.options import StoreOption, TenantOption, instant_of
from svcflow.cli.seldom import collecting_seldom
from svcflow.cli.session import desk
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import ProcessNotFound
from svcflow.eventlog import CaseLog, read
from svcflow.simulate import learn as learned


def learn(
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="The name of a published process.")],
    store: StoreOption,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Cases opened from this time on.", show_default=False)
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="TIME", help="Cases opened before this time.", show_default=False)
    ] = None,
    out: OutputOption = None,
    tenant: TenantOption = "",
) -> None:
    """
    Write a scenario for `simulate` from the cases of a store: how many come in, who works, what is chosen, how long.

    Private values and the names of people do not get into it.

    Example:
      svcflow learn service_ticket --store sqlite:///service.db -o as_it_was.scenario.yaml
    """
    writable(out, [])
    times = instant_of("--since", since), instant_of("--before", before)
    with collecting_seldom(), desk(store) as engine, output.progress("reading cases", None) as advance:
        library = _family(engine, process, tenant)
        text = learned(library, _counted(_logs(engine, library, tenant, times), advance), f"{process} as it was")
    deliver(text, out, None)


def _family(engine: Engine, name: str, tenant: str) -> list[Process]:
    """The newest version of a process, then of those it runs or starts, as far as they are published."""
    found = [engine.process(name, tenant=tenant)]
    for one in found:
        for needed in one.needs:
            if needed not in {known.name for known in found}:
                try:
                    found.append(engine.process(needed, tenant=tenant))
                except ProcessNotFound:
                    continue
    return found


def _logs(
    engine: Engine, library: list[Process], tenant: str, times: tuple[datetime | None, datetime | None]
) -> Iterator[CaseLog]:
    since, before = times
    # One stream, in the order of time: what is learned of one process hangs on what the same people did in others.
    name = library[0].name if len(library) == 1 else None
    return read(engine, tenant=tenant, process=name, since=since, before=before)


def _counted(logs: Iterator[CaseLog], advance: output.Advance) -> Iterator[CaseLog]:
    for log in logs:
        advance(1)
        yield log
