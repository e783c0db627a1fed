"""Hooks inside: called in the very transaction that writes what caused them, which they can refuse."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import MappingProxyType
from typing import TypeAlias

from attrs import evolve, field, fields, frozen

from svcflow.core.decision import HookCall, Refusal
from svcflow.errors import ConflictError, InputError, Refused, StoreError
from svcflow.hooks import Hook, Hooks, InsideCall
from svcflow.masking import masked, said
from svcflow.stores.base import Change, Inside

_CALL = tuple(one.name for one in fields(HookCall))


@frozen
class Planned:
    """A call to make inside, as its function may see it; `private` are the private values of its case."""

    hook: Hook
    call: HookCall
    private: tuple[object, ...] = field(repr=False)


Plan: TypeAlias = Sequence[Planned]


class Insiders:
    """The hooks inside of one engine, and which threads are within one."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._thread = threading.local()

    def check(self, connection: object | None) -> None:
        """
        Make sure that a hook inside writes in its transaction: beside it, it would wait for itself.

        Raises:
            InputError: It does not.
        """
        if connection is None and self._within:
            raise InputError(
                "a hook inside can write to cases only in its transaction: pass `connection=call.connection`"
                " (a store in memory has none)"
            )

    @property
    def _within(self) -> bool:
        return getattr(self._thread, "within", False)

    def taken_out(self, changes: Sequence[Change]) -> tuple[Sequence[Change], Plan]:
        """The changes without the calls of hooks inside, which no outbox sees; and these calls, in order."""
        if not self._hooks.any_inside:
            return changes, ()
        plan: list[Planned] = []
        left = []
        for change in changes:
            decision, calls = change.decision, []
            for call in decision.calls:
                hook = self._hooks.inside(call.hook)
                if hook is None:
                    calls.append(call)
                else:
                    values = decision.case.fields
                    private = tuple(values[name] for name in change.private if name in values)
                    plan.append(Planned(hook, hook.shown(call, values), private))
            whole = len(calls) == len(decision.calls)
            left.append(change if whole else evolve(change, decision=evolve(decision, calls=tuple(calls))))
        return left, plan

    def calling(self, plan: Plan, connection: object | None) -> Inside | None:
        """What a store does within its transaction; `connection` is the host's own, where it gave one."""
        if not plan:
            return None

        def call_all(drivers: object | None) -> None:
            for one in plan:
                self._call(one, drivers if connection is None else connection)

        return call_all

    def _call(self, planned: Planned, connection: object | None) -> None:
        call, before = planned.call, self._within
        self._thread.within = True
        try:
            planned.hook.function(InsideCall(**{name: getattr(call, name) for name in _CALL}, connection=connection))
        except StoreError:
            raise
        except Exception as problem:
            if _in_the_way(problem):
                raise ConflictError(f"hook {call.hook!r} came in the way of another transaction") from problem
            raise Refused(_refusal(planned, problem)) from problem
        finally:
            self._thread.within = before


def _refusal(planned: Planned, problem: Exception) -> Refusal:
    reason = masked(said(problem) or type(problem).__name__, planned.private)
    call = planned.call
    return Refusal(call.case, call.cause, "hook", MappingProxyType({"hook": call.hook, "reason": reason}))


def _in_the_way(problem: BaseException | None) -> bool:
    """Whether another transaction is the reason, by the SQLSTATE of the driver's error, which libraries wrap."""
    while problem is not None:
        if isinstance(problem, ConflictError) or str(getattr(problem, "sqlstate", None)).startswith("40"):
            return True
        problem = problem.__cause__
    return False
