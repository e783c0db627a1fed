"""What the rules about flow say in the same words: lists of names, what ends a case, what lasts, where a move leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from svcflow.core.graph import Edge
from svcflow.core.process import Process, State
from svcflow.core.rule import Alternative, Place, Rule
from svcflow.core.share import WHOLE

MOST_NAMES = 6
"""Names in one sentence; of more the rest is counted."""


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: `a`, `b` and `c`."""
    shown = [f"`{name}`" for name in names]
    if len(shown) > MOST_NAMES:
        shown = [*shown[: MOST_NAMES - 1], f"{len(shown) - MOST_NAMES + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def written(process: Process) -> Iterator[Rule]:
    """Every rule as it stands in the file, once: an event of `anywhere` is a rule of several states."""
    seen: set[Place] = set()
    for owner in process.rules():
        if owner.place not in seen:
            seen.add(owner.place)
            yield owner


def ends_case(state: State) -> bool:
    """Whether a state ends the whole case: an end at the top level."""
    return state.end is not None and state.parent is None


def lasting(alternatives: Iterable[Alternative]) -> bool:
    """Whether every case has one that is never used up: one for all, or shares of one list that come to all."""
    parts: Counter[str] = Counter()
    for share in {one.share for one in alternatives if one.max is None}:
        if share is None:
            return True
        parts[share.drawing] += share.high - share.low
    return WHOLE in parts.values()


def route(process: Process, path: Sequence[Edge]) -> str:
    """A way through the states: `a -> b -> a`."""
    return " -> ".join(process.states[leaf].path for leaf in (path[0].source, *(edge.target for edge in path)))


def target_of(process: Process, alternative: Alternative) -> str:
    """Where an alternative leads, as an author would write it."""
    if alternative.target is None:
        return alternative.kind
    path = process.states[alternative.target].path
    return f"{path}.last" if alternative.kind == "last" else path
