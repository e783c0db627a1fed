"""Several at once, each in a thread of its own, as the suites and the kit of random runs let them act."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from threading import Thread


def at_once(acts: Iterable[Callable[[], object]]) -> None:
    """
    Let all of them act at once, and wait for their ends.

    Raises:
        BaseException: What one of them raised, the first to do so.
    """
    raised: list[BaseException] = []
    threads = [Thread(target=partial(_guarded, act, raised), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def _guarded(act: Callable[[], object], raised: list[BaseException]) -> None:
    try:
        act()
    except BaseException as problem:  # noqa: BLE001 - it is raised again where the threads are awaited
        raised.append(problem)
