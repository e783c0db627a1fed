"""
A process as the arguments of a `transitions` machine: states, events and where they lead, conditions and hooks by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from svcflow.core.condition import Condition
from svcflow.core.process import Process, State
from svcflow.core.rule import Alternative, Rule
from svcflow.core.tree import And, Not, Read, Tree
from svcflow.interchange.losses import Feature
from svcflow.interchange.naming import identifier

HELD: frozenset[Feature] = frozenset(("hooks", "regions", "done", "stays", "offered"))
SEPARATOR = "."


def transitions(process: Process) -> str:
    """
    The JSON of a mapping for `Machine(**arguments)`; with nested states for a `HierarchicalMachine`.

    Then `separator` stands beside the arguments: its states are named `repair.onsite`.
    """
    return json.dumps(as_arguments(process), ensure_ascii=False, indent=2) + "\n"


def as_arguments(process: Process) -> dict[str, Any]:
    """The arguments themselves."""
    top = [state for state in process.states if state.parent is None]
    nested = any(state.children for state in process.states)
    start = SEPARATOR.join(_names(process, process.states[0]))
    arguments: dict[str, Any] = {"name": process.name} | ({"separator": SEPARATOR} if nested else {})
    return arguments | {
        "states": [_state(process, state) for state in top],
        "initial": start,
        "transitions": list(_Moves(process).every()),
        "auto_transitions": False,
    }


def _names(process: Process, state: State) -> tuple[str, ...]:
    outer = () if state.parent is None else _names(process, process.states[state.parent])
    return (*outer, state.name)


def _state(process: Process, state: State) -> str | dict[str, Any]:
    made: dict[str, Any] = {"name": state.name}
    if state.do.hooks:
        made["on_enter"] = list(state.do.hooks)
    if state.end is not None:
        made["final"] = True
    inner = [process.states[child] for child in state.children]
    if inner and not state.parallel:
        made["initial"] = inner[0].name
    if inner:
        made["parallel" if state.parallel else "children"] = [_state(process, child) for child in inner]
    return made if len(made) > 1 else state.name


@frozen(eq=False)
class _Moves:
    """The transitions; the same move out of several states, as `anywhere` has it, is one with several sources."""

    process: Process
    made: dict[tuple[Any, ...], dict[str, Any]] = field(factory=dict)

    def every(self) -> Iterator[dict[str, Any]]:
        for rule, alternative in self.process.moves:
            if alternative.kind == "back" or (rule.kind == "after" and alternative.kind == "here"):
                continue
            self.add(rule, alternative)
        for move in self.made.values():
            sources = move["source"]
            yield move | {"source": sources[0] if len(sources) == 1 else sources}

    def add(self, rule: Rule, alternative: Alternative) -> None:
        move = self.move(rule, alternative)
        source = self.path(rule.state)
        # A state with more of the same name tries them in its own order, so its moves may not join an earlier one.
        alone = len(self.process.states[rule.state].events.get(rule.name, ())) == 1
        key = alternative.place if rule.kind == "anywhere" and alone else (alternative.index,)
        if key in self.made:
            self.made[key]["source"].append(source)
        else:
            self.made[key] = {"trigger": move.pop("trigger"), "source": [source], **move}

    def move(self, rule: Rule, alternative: Alternative) -> dict[str, Any]:
        target = alternative.target
        hooks = list(dict.fromkeys((*rule.do.hooks, *alternative.do.hooks)))
        asked = list(_asked(rule, alternative))
        words = {
            "conditions": [name for name, wanted in asked if wanted],
            "unless": [name for name, wanted in asked if not wanted],
            "after": hooks,
        }
        made: dict[str, Any] = {"trigger": trigger(rule), "dest": None if target is None else self.path(target)}
        return made | {word: names for word, names in words.items() if names}

    def path(self, index: int) -> str:
        return SEPARATOR.join(_names(self.process, self.process.states[index]))


def trigger(rule: Rule) -> str:
    """What an event is called where only names stand; a timer and an automatic move need somebody to trigger them."""
    if rule.kind == "after":
        return identifier(f"after_{rule.name}")
    return rule.name


def _asked(rule: Rule, alternative: Alternative) -> Iterator[tuple[str, bool]]:
    """The questions before a move: a flag by its name, everything else by a name that says where it is asked."""
    number = rule.alternatives.index(alternative)
    if alternative.when is not None:
        flags = _flags(alternative.when)
        yield from flags or [(identifier(f"{trigger(rule)}_when_{number + 1}"), True)]
    if alternative.share is not None:
        yield identifier(f"{trigger(rule)}_share_{number + 1}"), True
    if alternative.max is not None:
        yield f"{trigger(rule)}_at_most_{alternative.max}", True


def _flags(condition: Condition) -> list[tuple[str, bool]]:
    """A condition that is nothing but flags, each wanted or not; else empty."""
    parts = condition.tree.of if isinstance(condition.tree, And) else (condition.tree,)
    found = [_flag(part) for part in parts]
    return [one for one in found if one is not None] if None not in found else []


def _flag(tree: Tree) -> tuple[str, bool] | None:
    match tree:
        case Read(kind="flag"):
            return tree.name, True
        case Not(of=Read(kind="flag") as read):
            return read.name, False
        case _:
            return None
