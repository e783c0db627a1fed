"""Values as rows and back: what stands in the columns of every database, written once for all stores."""

from __future__ import annotations

from types import MappingProxyType

from attrs import evolve

from svcflow.core.decision import HookCall


def public_call(call: HookCall, private: frozenset[str]) -> HookCall:
    """The call as it may be kept: without private values, which stand in one table only."""
    if private.isdisjoint(call.fields):
        return call
    fields = {name: value for name, value in call.fields.items() if name not in private}
    return evolve(call, fields=MappingProxyType(fields))
