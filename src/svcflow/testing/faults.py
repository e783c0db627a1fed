"""A store that tells of each of its calls, so that a test can let any of them fail, or the whole program end there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, TypeAlias, cast

from svcflow.errors import StoreError
from svcflow.stores.base import Change, Inside, Store

Tell: TypeAlias = Callable[[str], None]


def watched(store: Store, tell: Tell, *, within: bool = False) -> Store:
    """
    The store, with `tell` called at `before NAME` and `after NAME` of each call; what it raises, the call raises.

    With `within` also at `within apply`: in the transaction, when all is written and nothing is committed.
    """
    return cast("Store", _Watched(store, tell, within=within))


class Fault:
    """
    Lets one moment of a watched store fail with a `StoreError`: `watched(store, Fault(7))` the seventh.

    It strikes once. `struck` names the moment where it did.
    """

    def __init__(self, moment: int) -> None:
        self._left = moment
        self.struck: str | None = None

    def __call__(self, moment: str) -> None:
        """
        Count this moment.

        Raises:
            StoreError: It is the one.
        """
        self._left -= 1
        if self._left == 0:
            self.struck = moment
            raise StoreError(f"a test lets the store fail {moment}")


class _Watched:
    def __init__(self, store: Store, tell: Tell, *, within: bool) -> None:
        self._store, self._tell, self._within = store, tell, within

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        return partial(self._call, name, found) if callable(found) else found

    def close(self) -> None:
        self._store.close()

    def apply(
        self, changes: Sequence[Change], *, inside: Inside | None = None, connection: object | None = None
    ) -> None:
        def both(drivers: object | None) -> None:
            if inside is not None:
                inside(drivers)
            self._tell("within apply")

        within = both if self._within else inside
        self._call("apply", self._store.apply, changes, inside=within, connection=connection)

    def _call(self, name: str, call: Callable[..., Any], *given: object, **named: object) -> object:
        self._tell(f"before {name}")
        answer = call(*given, **named)
        if isinstance(answer, AbstractContextManager):
            return self._lasting(name, answer)
        self._tell(f"after {name}")
        return answer

    @contextmanager
    def _lasting(self, name: str, call: AbstractContextManager[object]) -> Iterator[object]:
        with call as answer:
            yield answer
        self._tell(f"after {name}")
