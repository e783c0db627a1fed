"""`worker`: keeps cases moving, in one process or in several."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from attrs import asdict

from svcflow.cli import output
from svcflow.cli.failures import WrongUse
from svcflow.cli.health import told
from svcflow.cli.options import FormatOption
from svcflow.cli.processes import work_together
from svcflow.cli.working import Orders, engine_for, log, remark, work
from svcflow.worker import stopped_by_signals

LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(s|min|h)?")
UNITS = {None: "seconds", "s": "seconds", "min": "minutes", "h": "hours"}


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
    threads: Annotated[int, typer.Option(min=1, help="How many plain hooks a process calls at once.")] = 4,
    processes: Annotated[int, typer.Option(min=1, help="How many processes, each with an engine of its own.")] = 1,
    grace: Annotated[
        str, typer.Option(metavar="LENGTH", help="How long to wait, when stopped, for calls that have begun.")
    ] = "30s",
    health: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", show_default=False, help="Print a line about its health this often, as 60s."),
    ] = None,
    health_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", show_default=False, help="Touch this file as long as it is well, for a probe."),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Make one round and leave, for a scheduler.")] = False,
    format_: FormatOption = "text",
) -> None:
    """
    Fire due timers and deliver hook calls until stopped by SIGTERM or Ctrl-C.

    What has begun is finished before it stops; a second signal ends it at once. Hooks are functions of your
    application: with --app they are called, without it their calls wait.

    Examples:
      svcflow worker --app shop.service:engine
      svcflow worker --app shop.service:engine --processes 2 --health 60s
      svcflow worker --store sqlite:///service.db --once
    """  # fmt: skip
    every = None if health is None else _length("--health", health)
    if every is not None and not every:
        raise WrongUse("--health: 0 is no time between two lines", "write it like --health 60s")
    if health_file is not None and not health_file.parent.is_dir():
        raise WrongUse(f"--health-file: there is no folder {health_file.parent}", "make it first")
    orders = Orders(store, app, threads, _length("--grace", grace), every, health_file, format_)
    if once:
        _once(orders)
    elif processes > 1:
        status = work_together(orders, processes)
        if status:
            raise typer.Exit(status)
        output.say("stopped")
    else:
        with stopped_by_signals() as stop:
            work(orders, stop, lambda: output.say("working; Ctrl-C stops after what has begun"))
        output.say("stopped")


def _once(orders: Orders) -> None:
    log(logging.WARNING)
    with engine_for(orders) as engine:
        remark(engine)
        tally = engine.tick()
    if orders.format == "json":
        output.write_json(asdict(tally))
    else:
        output.write(told(tally))


def _length(option: str, text: str) -> timedelta:
    """
    The length of time that an option's text means.

    Raises:
        WrongUse: If it is none.
    """
    found = LENGTH.fullmatch(text)
    if found is None:
        raise WrongUse(f"{option}: {text!r} is not a length of time", f"write it like {option} 30s, 2min or 1h")
    return timedelta(**{UNITS[found[2]]: float(found[1])})
