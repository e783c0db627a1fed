"""The host of a run: it takes every hook call, keeps it, and does with it what the trace says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field

from svcflow.core.decision import HookCall
from svcflow.core.event import EMPTY
from svcflow.engine import Engine
from svcflow.hooks import ANY
from svcflow.testing.step import Called
from svcflow.testing.trace_values import How

HostFunction = Callable[[HookCall], object]


class HostTrouble(Exception):
    """What a fake host raises when a trace tells it to: the other system is out of order."""


@define(init=False)
class FakeHooks:
    """
    A host of one's own for every hook of a process.

    `plans` says per hook what is done with its calls, one after another, and then again from the first:
    `FakeHooks(notify=["ok", "timeout", "raises"])`; `functions` are called where nothing is to go wrong. `calls` are
    all calls so far, with what was done.
    """

    plans: Mapping[str, tuple[How, ...]] = EMPTY
    functions: Mapping[str, HostFunction] = EMPTY
    calls: list[Called] = field(factory=list)
    _next: dict[str, list[How]] = field(factory=dict)
    _count: dict[str, int] = field(factory=dict)

    def __init__(self, functions: Mapping[str, HostFunction] = EMPTY, **plans: list[How]) -> None:
        self.__attrs_init__({name: tuple(plan) for name, plan in plans.items()}, functions)

    def fresh(self) -> FakeHooks:
        """The same plans and functions, before any call."""
        return FakeHooks(self.functions, **{name: list(plan) for name, plan in self.plans.items()})

    def serve(self, engine: Engine) -> None:
        """Take the calls of an engine's hooks."""
        engine.hook(ANY)(self.take)

    def plan(self, hook: str, how: How) -> None:
        """Do this with the next call of a hook (`*`: of any)."""
        self._next.setdefault(hook, []).append(how)

    def take(self, call: HookCall) -> None:
        """
        A call.

        Raises:
            HostTrouble, TimeoutError: As planned.
        """
        how = self._planned(call.hook)
        self.calls.append(Called(call, how))
        if how == "raises":
            raise HostTrouble(f"{call.hook} is out of order")
        if how == "timeout":
            raise TimeoutError(f"{call.hook} does not answer")
        function = self.functions.get(call.hook)
        if function is not None:
            function(call)

    def _planned(self, hook: str) -> How:
        for name in (hook, ANY):
            if self._next.get(name):
                return self._next[name].pop(0)
        plan = self.plans.get(hook)
        if not plan:
            return "ok"
        number = self._count.get(hook, 0)
        self._count[hook] = number + 1
        return plan[number % len(plan)]
