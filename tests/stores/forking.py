"""Two processes that write to one case, the second one forked from the first with its store open."""

from __future__ import annotations

import subprocess
import sys

from svcflow.core import chain
from svcflow.stores.base import Store

TIMES = 25

PROGRAM = f"""
import os, signal, sys
from svcflow.errors import ConflictError
from svcflow.stores.open import open_store
from svcflow.testing.store_samples import event, write
store = open_store(sys.argv[1])
def work(who):
    signal.alarm(60)  # Each of the two by itself: who waits for a lock that nobody frees would wait for ever.
    for number in range({TIMES}):
        while True:
            try:
                write(store, event(store.load("", "c1"), key=f"{{who}}-{{number}}"))
                break
            except ConflictError:
                pass
store.load("", "c1")
work("before")
child = os.fork()
work("child" if child == 0 else "parent")
store.close()
if child == 0:
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""


def check_forks(store: Store, url: str) -> None:
    """Run both on the database of `url`, where `store` holds the case c1: every write is there, once."""
    # Since Python 3.12 a fork is warned of while other threads live, as a driver's may.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, url]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    entries = store.journal("", "c1")
    assert chain.verify(entries) is None
    wanted = [f"{who}-{n}" for who in ("before", "child", "parent") for n in range(TIMES)]
    assert sorted(str(one.entry.key) for one in entries[1:]) == sorted(wanted)
