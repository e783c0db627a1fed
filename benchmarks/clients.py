"""Many clients of the engine: threads in two processes, as a web server has them on a machine with two processors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeAlias

from benchmarks.desk import Desk, Ends

PROCESSES = 2
"""Of many clients, as pgbench is told to have two threads for them; a single client is one process."""

Ids: TypeAlias = Sequence[Sequence[str]]
"""The cases of each client."""


class Clients:
    """So many clients, each a thread of one of a few processes that have an engine each."""

    def __init__(self, url: str, count: int) -> None:
        self._count = count
        self._threads = count // min(count, PROCESSES)
        spawn = get_context("spawn")
        pipes = [spawn.Pipe() for _ in range(0, count, self._threads)]
        self._processes = [spawn.Process(target=_serve, args=(url, self._threads, there)) for _, there in pipes]
        self._pipes = [here for here, _ in pipes]
        for process in self._processes:
            process.start()

    def close(self) -> None:
        """End the processes."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.send(None)
            process.join()

    def race(self, first: int, cases: int, apart: int) -> Ends:
        """Let each open so many cases, and when all have, take them on their way; when each case was done."""
        ids = [[str(first + client * apart + case) for case in range(1, cases + 1)] for client in range(self._count)]
        for pipe, own in zip(self._pipes, self._shares(ids), strict=True):
            pipe.send(own)
        for pipe in self._pipes:
            assert pipe.recv(), "a process could not open its cases"
        for pipe in self._pipes:
            pipe.send("go")
        return [ends for pipe in self._pipes for ends in pipe.recv()]

    def _shares(self, ids: Ids) -> Iterator[Ids]:
        for place in range(0, self._count, self._threads):
            yield ids[place : place + self._threads]


def _serve(url: str, threads: int, pipe: Connection) -> None:
    """One process: opens what it is told, then waits for the word, until it is told None."""
    with closing(Desk(f"{url}&pool={threads}")) as desk, ThreadPoolExecutor(threads) as clients:
        while (ids := pipe.recv()) is not None:
            list(clients.map(desk.open_all, ids))
            pipe.send(True)  # noqa: FBT003 - it is the whole message
            pipe.recv()
            pipe.send(list(clients.map(desk.ends, ids)))
