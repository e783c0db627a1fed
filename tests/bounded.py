"""
A guard against work without bound: so much processor time that only something that never ends reaches it.

It measures no speed, that is the benchmarks' business, and does not count the time a busy machine makes it wait.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

FAR_TOO_LONG = 60.0


@contextmanager
def bounded() -> Iterator[None]:
    """
    Fail if what is done inside goes on and on.
    """
    began = time.process_time()
    yield
    assert time.process_time() - began < FAR_TOO_LONG
