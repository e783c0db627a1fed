"""Several worker processes under one parent, which starts each anew when it dies and lets all end together."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from attrs import define

from svcflow.cli import output
from svcflow.cli.failures import FINDINGS, INTERRUPTED, tell
from svcflow.cli.working import Orders, work
from svcflow.worker import stopped_by_signals

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
SPAWN = multiprocessing.get_context("spawn")  # A fork would share connections and locks that other threads hold.
LATE = timedelta(seconds=10)
"""How much longer than its grace a process may take to end."""


class CannotStart(Exception):
    """A process ended before it had ever worked: it would not fare better the next time. `status` is how it ended."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@define
class Post:
    """One of the places for a process, with the one that is there; without one, `due` is when to start the next."""

    number: int
    process: SpawnProcess | None = None
    line: Connection | None = None
    worked: bool = False
    began: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE

    def start(self, orders: Orders) -> None:
        """Start a process that ends when we do: the line breaks then, however we end."""
        self.line, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_work, args=(orders, self.number, theirs), name=f"worker-{self.number}")
        self.process.start()
        theirs.close()
        self.began = time.monotonic()

    def look(self) -> None:
        """
        See whether the process has begun to work, and whether it still does.

        Raises:
            CannotStart: It has ended before it ever began.
        """
        if self.process is None or self.line is None:
            return
        with suppress(EOFError, OSError):
            self.worked = self.worked or (self.line.poll() and self.line.recv() == self.number)
        if self.process.exitcode is None:
            return
        if not self.worked:
            raise CannotStart(self.process.exitcode)
        self._ended(self.process.exitcode)

    def _ended(self, status: int) -> None:
        if time.monotonic() - self.began > LONGEST_PAUSE:
            self.pause = FIRST_PAUSE
        output.say(f"process {self.number} has ended with status {status}; it is started again in {self.pause:.0f} s")
        self.hang_up()
        self.process, self.due = None, time.monotonic() + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)

    def hang_up(self) -> None:
        """Tell the process to stop."""
        if self.line is not None:
            self.line.close()
            self.line = None


def work_together(orders: Orders, number: int) -> int:
    """Keep so many processes at work until a signal comes, and answer the exit status; a second signal kills them."""
    posts = [Post(one) for one in range(1, number + 1)]
    with _kindly_interrupted(), stopped_by_signals() as stop:
        try:
            _keep(posts, orders, stop)
            return _dismissed(posts, orders.grace + LATE)
        except CannotStart as problem:
            _dismissed(posts, orders.grace + LATE)
            return problem.status if problem.status > 0 else FINDINGS
        finally:
            for post in posts:
                if post.process is not None:
                    post.process.kill()
                    post.process.join()


def _keep(posts: list[Post], orders: Orders, stop: threading.Event) -> None:
    said = False
    with _bell(stop) as bell:
        while not stop.is_set():
            now = time.monotonic()
            for post in posts:
                if post.process is None and post.due <= now:
                    post.start(orders)
            watched: list[Connection | int] = [bell]
            watched += [post.process.sentinel for post in posts if post.process is not None]
            watched += [post.line for post in posts if post.line is not None and not post.worked]
            restarts = [post.due - now for post in posts if post.process is None]
            wait(watched, timeout=min(restarts, default=None))
            for post in posts:
                post.look()
            if not said and all(post.worked for post in posts):
                output.say(f"working with {len(posts)} processes; Ctrl-C stops after what has begun")
                said = True


def _dismissed(posts: list[Post], patience: timedelta) -> int:
    """Let all processes end; the exit status tells whether they all did so by themselves and well."""
    for post in posts:
        post.hang_up()
    until = time.monotonic() + patience.total_seconds()
    status = 0
    for post in posts:
        if post.process is not None:
            post.process.join(max(0.0, until - time.monotonic()))
            if post.process.exitcode != 0:
                status = FINDINGS
    return status


@contextmanager
def _bell(stop: threading.Event) -> Iterator[Connection]:
    """Something to wait for among processes, that is ready when the event is set."""
    bell, clapper = SPAWN.Pipe(duplex=False)

    def ring() -> None:
        stop.wait()
        clapper.close()

    threading.Thread(target=ring, name="svcflow-bell", daemon=True).start()
    with bell:
        yield bell


@contextmanager
def _kindly_interrupted() -> Iterator[None]:
    """SIGTERM as usual would end this process alone, and leave the others to their grace."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _work(orders: Orders, number: int, line: Connection) -> None:
    """The whole of a process."""
    status = 0
    with stopped_by_signals() as stop:

        def listen() -> None:
            with suppress(EOFError, OSError):
                line.recv()  # Nothing ever comes: the line breaks.
            stop.set()

        threading.Thread(target=listen, name="svcflow-line", daemon=True).start()
        try:
            work(orders, stop, lambda: line.send(number), number)
        except Exception as problem:  # noqa: BLE001 - the last frame of this process: whatever it is becomes one line
            status = tell(problem)
        except KeyboardInterrupt:
            status = INTERRUPTED
    sys.exit(status)
