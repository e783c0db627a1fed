"""
Whether an event is somebody's to send: LANGUAGE 3 (Event), read a second time.

Permission, then form, then the ways that are possible with the form filled in; what a state waits for is before all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve

from svcflow.core.event import Actor
from svcflow.core.rule import Rule
from svcflow.testing.reading.case import Told
from svcflow.testing.reading.forms import blank, right
from svcflow.testing.reading.people import barred, may, trained


def known(told: Told, event: str) -> list[Rule]:
    """The rules for a sent event around the active leaves, each once, inner ones first."""
    found = [rule for leaf in told.leaves for rule in told.tree.around(leaf, event) if rule.sent]
    return list({id(rule): rule for rule in found}.values())


def answers(told: Told, event: str, actor: Actor, at: datetime) -> tuple[set[str], list[Rule]]:
    """
    How the door may answer before it looks at the form, and the rules that let the actor in.

    One code, or several where it is not known whether a state still waits; `in` lets the event in.
    """
    if told.status != "open":
        return {"ended"}, []
    rules = known(told, event)
    if not rules:
        return {"not_here", "unknown_event"}, []
    waits = {id(rule): rule.kind != "anywhere" and told.waits(rule.state) for rule in rules}
    found: set[str] = set()
    for ready in (
        [rule for rule in rules if waits[id(rule)] is False],
        [rule for rule in rules if waits[id(rule)] is not True],
    ):
        permitted = [rule for rule in ready if may(rule.by, actor, told)]
        welcome = [rule for rule in permitted if not barred(rule.not_by, actor, told)]
        free = [rule for rule in welcome if trained(rule.qualified, actor, told, at)]
        codes = (("in", free), ("unqualified", welcome), ("barred", permitted), ("forbidden", ready))
        found.add(next((code for code, some in codes if some), "waiting"))
    return found, free


def reacting(free: list[Rule], values: Mapping[str, Any]) -> list[Rule]:
    """Those of the rules whose form is filled."""
    return [rule for rule in free if not any(blank(values.get(name)) for name in rule.ask)]


def form(told: Told, free: list[Rule], values: Mapping[str, Any]) -> bool | None:
    """
    Whether the values are a right form for these rules; None where it is not plain.

    The form is the union over regions, and of each the innermost that can react: so it is plain where one rule is.
    """
    names = {name for rule in free for name in (*rule.ask, *rule.may)}
    fewest = set[str].intersection(*({*rule.ask} for rule in free))
    least = right(told.process.fields, values, names, fewest)
    if least is not True or len(free) == 1:
        return least
    every = {name for rule in free for name in rule.ask}
    common = set[str].intersection(*({*rule.ask, *rule.may} for rule in free))
    return right(told.process.fields, values, common, every) or None


def led(told: Told, free: list[Rule], values: Mapping[str, Any]) -> bool:
    """Whether any way is possible with these values filled in."""
    filled = evolve(told)
    filled.write({name: None if blank(value) else value for name, value in values.items()})
    return any(filled.possible(rule, one) for rule in reacting(free, values) for one in rule.alternatives)
