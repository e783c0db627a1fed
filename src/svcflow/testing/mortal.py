"""A process that dies: at a moment which a trace names, its store does nothing more for it."""

from __future__ import annotations

from svcflow.stores.base import Store
from svcflow.testing.faults import watched


class Killed(BaseException):
    """The process is dead: no handler of its own is to hear of it, as with `kill -9`."""


class Death:
    """Comes at the so-and-so-many-th moment that it is told of, and then at each; `moment` says where it came."""

    def __init__(self, moment: int) -> None:
        self._left: int | None = moment
        self.moment: str | None = None

    def __call__(self, moment: str) -> None:
        """
        Count this moment.

        Raises:
            Killed: It is the one, or comes after it.
        """
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self.moment = self.moment or moment
            raise Killed(self.moment)

    def averted(self) -> None:
        """The process has done what it was to die over."""
        self._left = None


def doomed(store: Store, death: Death) -> Store:
    """The store of a process that is to die in one of its calls, before it, within, or after it."""
    return watched(store, death, within=True)
