"""
Clients of the engine: threads in two processes at most, as pgbench has its clients.

A process for each client would be measured too, and for the worse: on a machine with two processors sixteen
interpreters push each other out of the caches, which nobody who runs a service does to them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection

from attrs import frozen

from benchmarks.desk import Desk, Ends

JOBS = 2
"""Processes, as many as pgbench has threads (`-j 2`)."""


@frozen
class Clients:
    """Processes that wait for their turn, each with as many clients as `shares` says."""

    pipes: Sequence[Connection]
    shares: Sequence[int]

    def race(self, first: int, cases: int, apart: int) -> Ends:
        """Let each client open so many cases, and when all have, take them on their way; when each case was done."""
        for number, pipe in enumerate(self.pipes):
            clients = range(number, sum(self.shares), len(self.pipes))
            pipe.send([[str(first + client * apart + case) for case in range(1, cases + 1)] for client in clients])
        for pipe in self.pipes:
            pipe.recv()
        for pipe in self.pipes:
            pipe.send(None)
        return [ends for pipe in self.pipes for ends in pipe.recv()]


@contextmanager
def clients(url: str, count: int, jobs: int = JOBS) -> Iterator[Clients]:
    """So many clients, ended at the end."""
    context = multiprocessing.get_context("spawn")
    shares = [len(range(number, count, jobs)) for number in range(min(count, jobs))]
    pairs = [context.Pipe() for _ in shares]
    processes = [
        context.Process(target=_clients, args=(url, share, there))
        for share, (_, there) in zip(shares, pairs, strict=True)
    ]
    for process in processes:
        process.start()
    for _, there in pairs:
        there.close()
    try:
        yield Clients([here for here, _ in pairs], shares)
    finally:
        for here, _ in pairs:
            here.close()
        for process in processes:
            process.join()


def _clients(url: str, count: int, pipe: Connection) -> None:
    """Open cases and take them on their way as often as told, until nobody tells any more."""
    with closing(Desk(f"{url}&pool={count}")) as desk, ThreadPoolExecutor(count) as threads:
        while True:
            try:
                everybody = pipe.recv()
            except EOFError:
                return
            opened = threads.map(lambda ids: list(map(desk.open, ids)), everybody)
            pipe.send(len(list(opened)))
            pipe.recv()
            pipe.send(list(threads.map(desk.ends, everybody)))
