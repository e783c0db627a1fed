"""Long work on many cases, one transaction each: after Ctrl-C it is told what was done, and how to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from svcflow.cli import output

GO_ON = "the same command goes on with the cases that are left"


@contextmanager
def resumable(tell: Callable[[], None]) -> Iterator[None]:
    """Tell what was done so far before an interruption ends the work."""
    try:
        yield
    except KeyboardInterrupt:
        tell()
        output.say(GO_ON)
        raise
