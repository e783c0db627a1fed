"""
A process as the configuration of an XState 5 machine, in JSON; what it does is named there, for `provide` or `setup`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from attrs import frozen

from svcflow.core.process import Process, State, rules_of
from svcflow.core.rule import Actions, Alternative, Rule
from svcflow.diagram.wording import Wording
from svcflow.interchange.losses import Feature

HELD: frozenset[Feature] = frozenset(
    (
        "when",
        "share",
        "max",
        "set",
        "hooks",
        "notify",
        "start",
        "auto",
        "last",
        "done",
        "regions",
        "cancelled",
        "stays",
        "offered",
    )
)
Json: TypeAlias = dict[str, Any]


def xstate(words: Wording) -> str:
    """
    The argument of `createMachine`.

    Guards are `{type: "open", params: {when, share, max, count}}`. Actions are `set`, `start`, `hook` and `notify`
    with their `params`. Delays are named as the times are written.
    """
    process = words.process
    machine = {"id": process.name, "description": words.title(), **_inside(words, None)}
    return json.dumps(machine, ensure_ascii=False, indent=2) + "\n"


def _inside(words: Wording, around: State | None) -> Json:
    """The states of a group, or of the machine."""
    states = words.process.states
    inner = [state for state in states if state.parent == (None if around is None else around.index)]
    if not inner:
        return {}
    made = {state.name: _state(words, state) for state in inner}
    if around is not None and around.path in words.process.histories:
        made["last"] = {"type": "history", "history": "deep"}
    first = {"type": "parallel"} if around is not None and around.parallel else {"initial": inner[0].name}
    return {**first, "states": made}


def _state(words: Wording, state: State) -> Json:
    made: Json = {"description": words.name(state.name, state.title)}
    if state.end is not None:
        made["type"] = "final"
    if state.end == "cancelled":
        made["tags"] = ["cancelled"]
    entry = list(_actions(state.do))
    if entry:
        made["entry"] = entry
    moves = _Moves(words.process, state)
    for word, found in (("on", moves.sent()), ("after", moves.timed())):
        if found:
            made[word] = found
    for word, kind in (("always", "auto"), ("onDone", "done")):
        ways = [way for rule in rules_of(state) if rule.kind == kind for way in moves.ways(rule)]
        if ways:
            made[word] = ways
    return made | _inside(words, state)


@frozen
class _Moves:
    """The ways out of one state."""

    process: Process
    state: State

    def sent(self) -> Json:
        """What somebody sends, and the ends of a child; rules of one name in the order in which they are tried."""
        found: dict[str, list[Json]] = {}
        for rule in rules_of(self.state):
            if rule.kind in {"event", "anywhere", "child"}:
                found.setdefault(rule.name, []).extend(self.ways(rule))
        return {name: ways for name, ways in found.items() if ways}

    def timed(self) -> Json:
        """What happens once after a time; what repeats has no counterpart."""
        found = {after.rule.name: list(self.ways(after.rule)) for after in self.state.after if not after.every}
        return {name: ways for name, ways in found.items() if ways}

    def ways(self, rule: Rule) -> Iterator[Json]:
        for alternative in rule.alternatives:
            if alternative.kind != "back":
                yield self.way(rule, alternative)

    def way(self, rule: Rule, alternative: Alternative) -> Json:
        made: Json = {}
        if alternative.target is not None:
            path = self.process.states[alternative.target].path
            made["target"] = f"#{self.process.name}.{path}" + (".last" if alternative.kind == "last" else "")
            made |= {"reenter": True} if self.reenters(alternative) else {}
        if alternative.when is not None or alternative.limited:
            asked = {"when": None if alternative.when is None else alternative.when.text,
                     "share": None if alternative.share is None else alternative.share.text, "max": alternative.max,
                     "count": None if alternative.max is None else alternative.count}  # fmt: skip
            made["guard"] = {"type": "open", "params": {name: one for name, one in asked.items() if one is not None}}
        actions = [*_actions(rule.do), *_actions(alternative.do)]
        if alternative.max is not None:
            actions.insert(0, {"type": "count", "params": {"count": alternative.count}})
        return made | ({"actions": actions} if actions else {})

    def reenters(self, alternative: Alternative) -> bool:
        """Whether a move to the state itself or into it leaves and enters it anew, which XState does only when told."""
        internal = self.process.chart.transitions[alternative.index].internal
        target = alternative.target
        return not internal and target is not None and self.state.index in self.process.lines[target]


def _actions(do: Actions) -> Iterator[Json]:
    for name, value in do.set:
        yield {"type": "set", "params": {"field": name, "to": value.text}}
    for start in do.start:
        fields = {"fields": dict(start.rename)} if start.rename else {}
        yield {"type": "start", "params": {"process": start.process, **fields}}
    for hook in do.hooks:
        yield {"type": "hook", "params": {"name": hook}}
    for notice in do.notify:
        message = {} if notice.message is None else {"message": notice.message}
        yield {"type": "notify", "params": {"to": notice.to, **message}}
