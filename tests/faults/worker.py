"""
Fires timers and delivers calls beside the driver, until it is killed: `python -m faults.worker FOLDER`.

Its one hook is a host's: it writes the call's key into a file of its own, and now and then it fails before that.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from faults.driver import Notebook, SharedClock, url
from faults.scene import publish
from svcflow import Engine, HookCall, Worker

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


def main(folder: Path, *, strict: bool) -> None:
    """Make rounds without end, on the driver's time."""
    with Engine(url(folder, strict=strict), clock=SharedClock(folder / "clock")) as engine:
        publish(engine)
        register(engine, Notebook(folder / "delivered", strict=strict))
        print("ready", flush=True)
        Worker(engine, poll=timedelta(milliseconds=20)).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), strict=sys.argv[2:] == ["strict"])
