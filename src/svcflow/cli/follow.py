"""`follow`: what happens, as JSON lines for other programs."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from contextlib import closing, nullcontext
from datetime import timedelta
from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.data import entry_json
from svcflow.cli.failures import WrongUse
from svcflow.cli.options import StoreOption, TenantOption, instant_of
from svcflow.cli.session import desk
from svcflow.following import Since
from svcflow.stores.followed import Followed
from svcflow.worker import stopped_by_signals

POLL = timedelta(seconds=1)


def follow(
    store: StoreOption,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Who follows: under it is kept what was printed.", show_default=False)
    ],
    process: Annotated[
        str | None, typer.Option(metavar="PROCESS", help="Cases of this process only.", show_default=False)
    ] = None,
    since: Annotated[
        str,
        typer.Option(metavar="WHEN", help="Where a new name begins: `beginning`, `now` or a time with its zone."),
    ] = "beginning",
    once: Annotated[bool, typer.Option("--once", help="Print what is there and leave.")] = False,
    tenant: TenantOption = "",
) -> None:
    """
    Print what happens to cases, one JSON object on each line, until stopped by SIGTERM or Ctrl-C.

    Started again under its name it goes on behind the last line that was written. Lines may come twice, none is left
    out: `case` and `seq` tell them apart. Private values are never in them. Of several with one name one prints.

    Examples:
      svcflow follow --name crm --store sqlite:///service.db
      svcflow follow --name audit --since now --once --store sqlite:///service.db
    """
    begin = _begin(since)
    if not once:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    with desk(store) as engine, nullcontext(threading.Event()) if once else stopped_by_signals() as stop:
        poll = None if once else POLL
        batches = engine.follow(name, process=process, since=begin, poll=poll, stop=stop, tenant=tenant)
        with closing(batches):
            for batch in batches:
                for one in batch:
                    output.write_json_line(_line(one))


def _begin(text: str) -> Since:
    known: Mapping[str, Since] = {"beginning": "beginning", "now": "now"}
    try:
        return known.get(text) or instant_of("--since", text) or "beginning"
    except WrongUse as problem:
        raise WrongUse(str(problem), "write `beginning`, `now` or a time like 2026-03-09T08:00+08:00") from problem


def _line(one: Followed) -> dict[str, object]:
    about = {"tenant": one.tenant, "process": one.process, "version": one.version, "position": one.position}
    return {**about, **entry_json(one.entry)}
