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
def connection():
    return store._writing(lambda cursor: cursor.connection)
store.load("", "c1")
work("before")
opened = connection()
# To use a connection of the parent's does harm only now and then, and may wait for ever: it is asked for first.
child = os.fork()
if child == 0:
    os._exit(connection() is opened)
if os.waitpid(child, 0)[1]:
    sys.exit("the connection was carried through the fork")
child = os.fork()
if child == 0:
    work("child")
    store.close()
    os._exit(0)
work("parent")
store.close()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
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
