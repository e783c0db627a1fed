"""
Fires timers and delivers calls beside the driver, until it is killed: `-m faults.worker FOLDER LEASE [POINT N]`.

The lease of a call is in minutes of the script, whose clock leaps. Its one hook is a host's: it writes the call's key
into a file of its own, and now and then it fails before that.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from faults.driver import Notebook, SharedClock, engine_on
from svcflow import Engine, HookCall, Terms, Worker

FAILS = 17
"""One call in so many fails the first time."""


def register(engine: Engine, delivered: Notebook) -> None:
    """The hook for everything."""

    @engine.hook("*")
    def deliver(call: HookCall) -> None:
        seq, index = map(int, call.key.split(":")[1:])
        if call.attempt == 1 and (seq + index) % FAILS == 0:
            raise ConnectionError("the host's other system is away")
        delivered.note(f"{call.case} {seq} {index}")


def main(folder: Path, lease: timedelta, dies: Sequence[str]) -> None:
    """Make rounds without end, on the driver's time."""
    with engine_on(folder, SharedClock(folder / "clock"), dies) as engine:
        register(engine, Notebook(folder / "delivered"))
        print("ready", flush=True)
        # Batches so small that several are under way when it dies.
        Worker(engine, terms=Terms(lease=lease, batch=3), poll=timedelta(milliseconds=20)).run()


if __name__ == "__main__":
    logging.disable()  # Hooks fail on purpose, and servers are away.
    main(Path(sys.argv[1]), timedelta(minutes=int(sys.argv[2])), sys.argv[3:])
