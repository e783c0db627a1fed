"""
The tree of a chart's states as numbers, worked out once, so that a step looks things up instead of searching.

States are numbered in document order (a state before its inner states). So a set of states is one whole number with
a bit per state, ascending bits are entry order and descending bits are exit order (W3C SCXML, appendix D).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.errors import ChartError

ROOT = -1
"""The chart itself as a state: never active, entered or left. Every table holds its row last, where -1 finds it."""

Kind: TypeAlias = Literal["atomic", "compound", "parallel", "final", "history"]
Memory: TypeAlias = tuple[tuple[int, tuple[int, ...]], ...]


@frozen
class ChartState:
    """
    One state of a chart; `parent` is its number in the sequence, None at the top.

    `initial` (compound only) are the states entered by default, anywhere inside; empty means the first inner state.
    `deep` and `default` belong to `history`: a deep one remembers active leaves, a shallow one the active inner states
    of its parent; `default`, anywhere inside the parent, holds as long as nothing is remembered, and empty means what
    the parent enters by default. `entry_raises` and `exit_raises` are internal events raised on entry and on exit.

    Reaching a `final` raises `done.state.ID`, ID being its parent's id. Events match by their dotted beginnings, so
    an id `a.b` would let a transition on `done.state.a` also take `done.state.a.b`: keep dots out of ids.
    """

    id: str
    parent: int | None
    kind: Kind
    initial: tuple[int, ...] = ()
    deep: bool = False
    default: tuple[int, ...] = ()
    entry_raises: tuple[str, ...] = ()
    exit_raises: tuple[str, ...] = ()


@frozen
class ChartTransition:
    """
    One transition; its number is its place in the sequence, which is document order within each source.

    `source` is a state's number, or `ROOT` for a transition that holds wherever the chart stands (but not once it has
    ended). `events` are exact names or dotted beginnings (`a` and `a.*` match `a` and `a.b`), `*` matches all; empty
    means eventless. Without `targets` nothing is left. `internal` keeps a compound source active when all targets
    lie inside it. `raises` are internal events.

    `back` marks a transition whose target the caller resolves, because it restores a configuration that only the
    caller remembers. While transitions are selected it counts as leaving everything, so it preempts and is preempted
    by the ordinary rule. Once taken, the machine only reports it: it stands in `Step.taken`, its `raises` in
    `Step.raised`, and it exits and enters nothing; the caller replaces the configuration.
    """

    source: int
    events: tuple[str, ...] = ()
    targets: tuple[int, ...] = ()
    internal: bool = False
    raises: tuple[str, ...] = ()
    back: bool = False


@frozen
class Tree:
    """
    Tables over the states of a chart, one row per state, the root's row last.

    `paths` lead from a state outwards to the top, itself first; the root's is empty. `lines` are the same as masks.
    `inside` are the masks of all states inside, `children` of the inner states one level down, histories left out.
    `deep`, `leaves` and `finals` are masks of the states of that kind.
    """

    kinds: tuple[Kind, ...]
    paths: tuple[tuple[int, ...], ...]
    lines: tuple[int, ...]
    inside: tuple[int, ...]
    children: tuple[int, ...]
    initial: tuple[tuple[int, ...], ...]
    histories: tuple[tuple[int, ...], ...]
    defaults: tuple[tuple[int, ...], ...]
    deep: int
    leaves: int
    finals: int

    @classmethod
    def build(cls, states: Sequence[ChartState], initial: tuple[int, ...]) -> Tree:
        """
        Number the tree; `states` must have been through `chart_rules.check_states`.

        Raises:
            ChartError: If the defaults of histories lead round in a circle.
        """
        kinds: tuple[Kind, ...] = (*(state.kind for state in states), "compound")
        paths: list[tuple[int, ...]] = []
        inside, children = [0] * len(kinds), [0] * len(kinds)
        histories: list[tuple[int, ...]] = [()] * len(kinds)
        for number, state in enumerate(states):
            outer = () if state.parent is None else paths[state.parent]
            paths.append((number, *outer))
            for around in (*outer, ROOT):
                inside[around] |= 1 << number
            parent = outer[0] if outer else ROOT
            if state.kind == "history":
                histories[parent] += (number,)
            else:
                children[parent] |= 1 << number
        starts = _starts(kinds, [*(state.initial for state in states), initial], children)
        tree = cls(
            kinds=kinds,
            paths=(*paths, ()),
            lines=(*map(mask_of, paths), 0),
            inside=tuple(inside),
            children=tuple(children),
            initial=starts,
            histories=tuple(histories),
            defaults=_defaults(states, starts, children),
            deep=mask_of(number for number, state in enumerate(states) if state.deep),
            leaves=mask_of(number for number, kind in enumerate(kinds) if kind in {"atomic", "final"}),
            finals=mask_of(number for number, kind in enumerate(kinds) if kind == "final"),
        )
        for number, state in enumerate(states):
            if tree.leads_back(number):
                raise ChartError(state.id, "its default leads back to itself")
        return tree

    def leads_back(self, history: int) -> bool:
        """Whether the default of `history` is, by way of other histories or at once, that history again."""
        seen, pending = 0, list(self.defaults[history])
        while pending:
            target = pending.pop()
            if target == history:
                return True
            if not seen >> target & 1:
                seen |= 1 << target
                pending += self.defaults[target]
        return False

    def effective(self, targets: Sequence[int], memory: Mapping[int, tuple[int, ...]]) -> int:
        """The mask of `targets`, every history replaced by what it remembers or else by its default."""
        mask, pending = 0, list(targets)
        while pending:
            target = pending.pop()
            if self.kinds[target] == "history":
                pending += memory.get(target) or self.defaults[target]
            else:
                mask |= 1 << target
        return mask

    def domain(self, source: int, targets: int, *, internal: bool) -> int:
        """
        The state that a transition stays in while everything inside is left (`getTransitionDomain`).

        `targets` is a mask of effective targets. It is the innermost compound state around source and targets; for an
        internal transition of a compound state to inside that state, the state itself.
        """
        path = self.paths[source]
        for outer in path if internal else path[1:]:
            if self.kinds[outer] == "compound" and not targets & ~self.inside[outer]:
                return outer
        return ROOT

    def entry(self, targets: int, domain: int, memory: Mapping[int, tuple[int, ...]]) -> int:
        """
        The mask of all states entered to be in `targets` below `domain` (`computeEntrySet`).

        One pass outside in does what the standard's two mutually recursive procedures do: a compound state without an
        entered inner state gets its initial ones, a parallel state gets each region that is still missing.
        """
        entered = self._with_outer(targets, domain)
        pending = entered
        while pending:
            state = (pending & -pending).bit_length() - 1
            pending ^= 1 << state
            added = 0
            if self.kinds[state] == "parallel":
                added = self.children[state]
            elif self.kinds[state] == "compound" and not entered & self.children[state]:
                added = self._with_outer(self.effective(self.initial[state], memory), state)
            entered |= added
            pending |= added
        return entered

    def _with_outer(self, targets: int, domain: int) -> int:
        mask = 0
        for target in bits(targets):
            mask |= self.lines[target]
        return mask & self.inside[domain]

    def remember(self, memory: Memory, active: int, exits: int) -> Memory:
        """What histories know after the states in the mask `exits` are left; `active` is the mask before that."""
        known = dict(memory)
        for state in bits(exits):
            for history in self.histories[state]:
                among = self.inside[state] & self.leaves if self.deep >> history & 1 else self.children[state]
                known[history] = tuple(bits(active & among))
        return tuple(sorted(known.items()))

    def in_final(self, state: int, active: int) -> bool:
        """Whether `state` has come to an inner end (`isInFinalState`), the mask `active` being active."""
        if self.kinds[state] == "parallel":
            return all(self.in_final(region, active) for region in bits(self.children[state]))
        return bool(active & self.children[state] & self.finals)


def mask_of(numbers: Iterable[int]) -> int:
    """The set of `numbers` as one whole number, a bit each."""
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def bits(mask: int) -> list[int]:
    """The numbers in a mask, ascending: document order, which is also entry order."""
    numbers = []
    while mask:
        low = mask & -mask
        numbers.append(low.bit_length() - 1)
        mask ^= low
    return numbers


def _starts(
    kinds: Sequence[Kind], initial: Sequence[tuple[int, ...]], children: Sequence[int]
) -> tuple[tuple[int, ...], ...]:
    """What each compound state enters by default: what it says, or else its first inner state."""
    return tuple(
        said or ((bits(inner)[0],) if kind == "compound" else ())
        for kind, said, inner in zip(kinds, initial, children, strict=True)
    )


def _defaults(
    states: Sequence[ChartState], starts: Sequence[tuple[int, ...]], children: Sequence[int]
) -> tuple[tuple[int, ...], ...]:
    """What each history leads to while it remembers nothing; a parallel parent without a word enters all regions."""
    rows: list[tuple[int, ...]] = []
    for state in states:
        parent = ROOT if state.parent is None else state.parent
        unsaid = starts[parent] or tuple(bits(children[parent]))
        rows.append(state.default or unsaid if state.kind == "history" else ())
    return (*rows, ())
