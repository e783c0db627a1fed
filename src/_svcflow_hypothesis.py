"""
What Hypothesis draws for the types of svcflow: `st.from_type(svcflow.Case)` is a case that can be.

Hypothesis loads this wherever svcflow is installed, so it imports nothing, and waits until svcflow itself is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def register() -> None:
    """Tell Hypothesis of the types, as soon as both packages are there."""
    if "svcflow" in sys.modules:
        _register()
    else:
        sys.meta_path.insert(0, _Awaiting())


class _Awaiting(MetaPathFinder):
    """Finds nothing itself; it is asked for svcflow once, and has the types registered after that import."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's shape
        target: ModuleType | None = None,  # noqa: ARG002 - the same
    ) -> ModuleSpec | None:
        """Where svcflow is, as the others say."""
        if fullname != "svcflow":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Loader", _Telling(spec.loader))
        return spec


class _Telling:
    """The loader of svcflow, which others may use for their modules too; it registers the types when it is done."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        """Import svcflow as it would have been, then register."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _register()


def _register() -> None:
    from hypothesis import strategies as st

    from svcflow.core.calendar import Calendar
    from svcflow.core.case import Case
    from svcflow.core.decision import JournalEntry
    from svcflow.core.event import Actor, Event
    from svcflow.core.machine import Chart
    from svcflow.core.process import Process

    for kind in (Actor, Calendar, Case, Chart, Event, JournalEntry, Process):
        st.register_type_strategy(kind, _drawn)


def _drawn(kind: type[Any]) -> SearchStrategy[Any]:
    from svcflow.testing.strategies.kind import of_kind

    return of_kind(kind)
