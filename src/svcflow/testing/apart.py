"""Several processes of the operating system that act at once on one database, each with an engine of its own."""

from __future__ import annotations

import multiprocessing
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from time import perf_counter_ns
from typing import Any, TypeAlias

from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.stores.open import open_store
from svcflow.testing.linear import Act
from svcflow.testing.stage import Stage
from svcflow.testing.together import Call, Program, asked_of, table_of
from svcflow.testing.trace import Trace, Work

Acted: TypeAlias = tuple[int, int, str]
"""When an act began and ended, by a clock that all processes of this machine share, and how it was answered."""

PATIENCE = 300
"""Seconds that processes wait for each other to begin: one of them may have died."""


def play_apart(stage: Stage, program: Program, url: str) -> None:
    """
    Run a program in processes of their own on the empty database of a URL: a file of SQLite, or PostgreSQL.

    The processes import the main module anew, as `multiprocessing` does with `spawn`; guard it with `__name__`.

    Raises:
        Violation: It does not come out as if all was done one after another.
        EOFError: One of the processes ended before it had done its part; it has said why.
    """
    context = multiprocessing.get_context("spawn")
    with table_of(stage, program, lambda: open_store(url)) as table:
        ready = context.Barrier(len(program.parties), timeout=PATIENCE)
        parties = program.to_json()["parties"]
        ends: dict[str, Connection] = {}
        for name in program.parties:
            ends[name], theirs = context.Pipe(duplex=False)
            with theirs:
                context.Process(
                    target=_party, args=(url, table.world.now, parties[name], ready, theirs), daemon=True
                ).start()  # fmt: skip
        for name, end in ends.items():
            with end:
                acted, calls = end.recv()
            asked = [command for command in program.parties[name] if not isinstance(command, Work)]
            table.acts += [Act(name, what, *one) for what, one in zip(asked, acted, strict=True)]
            table.made += calls
        table.judge()


def _party(url: str, now: datetime, commands: list[Any], ready: Barrier, parent: Connection) -> None:
    """Do what one process does, and send its acts in their order, and the calls that its host took."""
    acted: list[Acted] = []
    calls: list[Call] = []
    program = Program.from_json({"before": Trace("", now).to_json(), "parties": {"": commands}})
    with Engine(url, clock=ManualClock(now)) as engine:
        engine.hook("*")(lambda call: calls.append((call.case, call.key)))
        ready.wait()
        for command in program.parties[""]:
            if isinstance(command, Work):
                engine.tick()
            else:
                began = perf_counter_ns()
                answer, _ = asked_of(engine, command)
                acted.append((began, perf_counter_ns(), answer))
    parent.send((acted, calls))
