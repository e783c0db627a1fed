"""What a worker says of itself every so often: one line, and a file that a probe can look at."""

from __future__ import annotations

import json
import logging
import threading
from datetime import timedelta
from pathlib import Path

from attrs import asdict

from svcflow.cli import output
from svcflow.errors import StoreError
from svcflow.inquiry import Lags
from svcflow.rounds import Tally
from svcflow.worker import Worker

LOG = logging.getLogger("svcflow")


class Health:
    """
    Says what a worker has done since the last time, and how far behind all workers are; `process` is which one it is.

    The file is touched only if the worker looked for calls meanwhile, so that its age shows one that hangs.
    """

    def __init__(self, worker: Worker, process: int | None, format_: output.Format, file: Path | None) -> None:
        self._worker, self._process, self._format, self._file = worker, process, format_, file
        self._told, self._turns = worker.progress.tally, -1

    def watch(self, every: timedelta, stop: threading.Event, *, lines: bool) -> None:
        """Go on until the worker stops; without `lines` for the file alone."""
        self._touch()
        while not stop.wait(every.total_seconds()):
            self._touch()
            if lines:
                try:
                    output.write(self.line())
                except (output.OutputGone, OSError) as gone:
                    LOG.warning("nobody reads the health lines any more: %s", gone)
                    lines = False

    def _touch(self) -> None:
        turns, self._turns = self._turns, self._worker.progress.turns
        if self._file is not None and turns != self._turns:
            try:
                self._file.touch()
            except OSError as problem:
                LOG.warning("the health file cannot be touched: %s", problem)

    def line(self) -> str:
        """What was done since the last line, and how far behind all workers are now."""
        done = self._worker.progress.tally
        since, self._told = done - self._told, done
        try:
            lags = self._worker.engine.lags()
        except StoreError:
            lags = None
        now, hanging = self._worker.engine.clock.now(), self._worker.progress.hanging
        if self._format == "json":
            said = {"at": now.isoformat(), "process": self._process, **asdict(since), "hanging": hanging}
            return json.dumps({**said, "timer_lag": _seconds(lags, "timer"), "call_lag": _seconds(lags, "call")})
        which = "" if self._process is None else f" process {self._process}:"
        return f"{now:%Y-%m-%dT%H:%M:%SZ}{which} {told(since)}, {hanging} hanging; {_behind(lags)}"


def told(tally: Tally) -> str:
    """A tally in words."""
    return (
        f"{output.count(tally.fired, 'timer')} fired, {output.count(tally.delivered, 'call')} delivered, "
        f"{tally.failed} to be tried again, {tally.parked} parked"
    )


def _seconds(lags: Lags | None, name: str) -> float | None:
    return None if lags is None else getattr(lags, name).total_seconds()


def _behind(lags: Lags | None) -> str:
    if lags is None:
        return "the store cannot be used"
    return f"timers {lags.timer.total_seconds():.1f} s late, calls {lags.call.total_seconds():.1f} s late"
