"""
A chart: states and transitions by number, with everything worked out that does not depend on where a case stands.

Structure only. It knows no conditions, fields or times; whoever steps a chart answers "may this transition be taken?".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from attrs import field, frozen

from svcflow.core.chart_rules import check_states, check_transitions
from svcflow.core.chart_tree import ROOT, ChartState, ChartTransition, Memory, Tree, bits, mask_of

Offer: TypeAlias = Mapping[int, tuple[int, ...]]
NO_OFFER: Offer = MappingProxyType({})


@frozen
class Configuration:
    """
    Where a chart stands: the active leaves in document order, and what its histories remember.

    `memory` holds pairs of a history's number and the states it restores, both in document order.
    """

    leaves: tuple[int, ...]
    memory: Memory = ()


@frozen
class Move:
    """
    What taking one transition means, as far as that is known before stepping.

    `stays` leaves nothing. `domain` is the state whose inside is left, None if nothing is or if a history decides it;
    `depth` is how many states lie from it to the top. `entry`, a mask, is None if a history decides it; `entered` and
    `leaves` are the same in entry order. `raised` are the events of the transition and of the states entered, None if
    `entry` is. `joins`: it enters the end of a region, so with regions that stay active more may be done, which only a
    step can tell. `after` is where the chart stands then, if nothing is remembered and no region stays active.
    """

    raises: tuple[str, ...]
    stays: bool = False
    domain: int | None = None
    depth: int = 0
    entry: int | None = None
    entered: tuple[int, ...] = ()
    leaves: tuple[int, ...] = ()
    raised: tuple[str, ...] | None = None
    joins: bool = False
    after: Configuration = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "after", Configuration(self.leaves))


@frozen(cache_hash=True)
class Chart:
    """
    The structure of one process; build it once with `Chart.build`, step it as often as needed.

    Charts are equal when their definitions are. `tree`, `moves` (one per transition), `offers` (per event, None for
    eventless, and per leaf the transitions in the order they are tried) and `opening` (entering the initial states)
    are derived. `watched` are the states whose exit raises or is remembered.
    """

    states: tuple[ChartState, ...]
    transitions: tuple[ChartTransition, ...]
    initial: tuple[int, ...]
    tree: Tree = field(eq=False, repr=False)
    moves: tuple[Move, ...] = field(eq=False, repr=False)
    opening: Move = field(eq=False, repr=False)
    offers: Mapping[str | None, Offer] = field(eq=False, repr=False)
    watched: int = field(eq=False, repr=False)

    @classmethod
    def build(
        cls,
        states: Sequence[ChartState],
        transitions: Sequence[ChartTransition],
        initial: tuple[int, ...] = (),
    ) -> Chart:
        """
        Check a chart and work out its tables.

        `states` stand in document order, each right after its outer states; the root around them is not among them.
        `initial` are the states that the chart starts in, anywhere in the tree; empty means the first state.

        Raises:
            ChartError: If the structure contradicts itself; it names the state.
        """
        check_states(states, initial)
        tree = Tree.build(states, initial)
        check_transitions(states, transitions, tree.paths)
        opening = ChartTransition(ROOT, targets=tree.initial[ROOT])
        return cls(
            states=tuple(states),
            transitions=tuple(transitions),
            initial=initial,
            tree=tree,
            moves=tuple(_move(states, tree, transition) for transition in transitions),
            opening=_move(states, tree, opening),
            offers=_offers(tree, transitions),
            watched=mask_of(
                number for number, state in enumerate(states) if state.exit_raises or tree.histories[number]
            ),
        )

    def offered(self, event: str | None) -> Offer:
        """
        Per leaf, the transitions that `event` may take, in the order they are tried: inner first, then file order.

        An event nobody names exactly is matched by its longest beginning that somebody names, which by itself matches
        all shorter ones, and else by `*` alone.
        """
        known = (self.offers.get(name) for name in _matching(event))
        return next((offer for offer in known if offer is not None), NO_OFFER)


def entry_events(states: Sequence[ChartState], tree: Tree, active: int, entered: Sequence[int]) -> list[str]:
    """
    The events raised by entering `entered` one by one, into a chart whose mask `active` is what is kept.

    A parallel state is done at the moment its last region comes to an end, and not again for finals entered before.
    """
    raised: list[str] = []
    for number in entered:
        active |= 1 << number
        raised += states[number].entry_raises
        if not tree.finals >> number & 1 or len(tree.paths[number]) == 1:
            continue
        parent, *outer = tree.paths[number][1:]
        raised.append(f"done.state.{states[parent].id}")
        if outer and tree.kinds[outer[0]] == "parallel" and tree.in_final(outer[0], active):
            raised.append(f"done.state.{states[outer[0]].id}")
    return raised


def _move(states: Sequence[ChartState], tree: Tree, transition: ChartTransition) -> Move:
    """Work out a transition as far as no history and no other region has a say in it."""
    raises, targets = transition.raises, transition.targets
    if transition.back:
        return Move(raises, stays=True, domain=ROOT)
    if not targets:
        return Move(raises, stays=True)
    if any(tree.kinds[target] == "history" for target in targets):
        return Move(raises)
    wanted = mask_of(targets)
    domain = tree.domain(transition.source, wanted, internal=transition.internal)
    depth = len(tree.paths[domain])
    entry = tree.entry(wanted, domain, {})
    entered = tuple(bits(entry))
    starts = (target for number in entered for target in tree.initial[number])
    if any(tree.kinds[target] == "history" for target in starts):
        return Move(raises, domain=domain, depth=depth)
    raised = (*raises, *entry_events(states, tree, 0, entered))
    leaves = tuple(bits(entry & tree.leaves))
    regions = (tree.paths[end][2:3] for end in bits(entry & tree.finals))
    joins = any(tree.kinds[outer] == "parallel" for around in regions for outer in around)
    return Move(
        raises, domain=domain, depth=depth, entry=entry, entered=entered, leaves=leaves, raised=raised, joins=joins
    )


def _offers(tree: Tree, transitions: Sequence[ChartTransition]) -> Mapping[str | None, Offer]:
    """Gather, for each event named in the chart and each leaf, the transitions that may answer it."""
    named: dict[str | None, list[int]] = {None: []}
    for number, transition in enumerate(transitions):
        for event in transition.events or (None,):
            named.setdefault(_plain(event), []).append(number)
    return MappingProxyType(
        {
            event: _offer(tree, transitions, {number for name in _matching(event) for number in named.get(name, ())})
            for event in named
        }
    )


def _plain(event: str | None) -> str | None:
    """`a.*` and `a.` say the same as `a` (W3C SCXML 3.12.1)."""
    if event is None or event == "*":
        return event
    return event.removesuffix("*").removesuffix(".") if event.endswith((".*", ".")) else event


def _matching(event: str | None) -> Iterator[str | None]:
    """The names under which a transition may answer `event`: itself, its dotted beginnings, longest first, and `*`."""
    yield event
    if event is not None:
        beginning = event
        while "." in beginning:
            beginning = beginning.rpartition(".")[0]
            yield beginning
        yield "*"


def _offer(tree: Tree, transitions: Sequence[ChartTransition], wanted: set[int]) -> Offer:
    by_source: dict[int, list[int]] = {}
    for number in sorted(wanted):
        by_source.setdefault(transitions[number].source, []).append(number)
    reached = 0
    for source in by_source:
        reached |= tree.inside[source] | (0 if source == ROOT else 1 << source)
    offer = {}
    for leaf in bits(reached & tree.leaves):
        path = tree.paths[leaf]
        ended = len(path) == 1 and bool(tree.finals >> leaf & 1)
        around = path if ended else (*path, ROOT)
        offer[leaf] = tuple(number for state in around for number in by_source.get(state, ()))
    return MappingProxyType({leaf: numbers for leaf, numbers in offer.items() if numbers})
