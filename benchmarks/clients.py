"""Many clients of the engine: threads of one process, as the requests of a web server are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from benchmarks.desk import Desk, Ends

T = TypeVar("T")


class Clients:
    """So many threads with one engine; each has a connection when it needs one."""

    def __init__(self, url: str, count: int) -> None:
        self._desk, self._count = Desk(f"{url}&pool={count}"), count

    def close(self) -> None:
        """Release the store."""
        self._desk.close()

    def race(self, first: int, cases: int, apart: int) -> Ends:
        """Let each open so many cases, and when all have, take them on their way; when each case was done."""
        ids = [[str(first + client * apart + case) for case in range(1, cases + 1)] for client in range(self._count)]
        self._each(self._desk.open_all, ids)
        return self._each(self._desk.ends, ids)

    def _each(self, act: Callable[[Sequence[str]], T], ids: Sequence[Sequence[str]]) -> list[T]:
        with ThreadPoolExecutor(self._count) as threads:
            return list(threads.map(act, ids))
