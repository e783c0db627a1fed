"""What drawing a trace wants to know of a process again and again: its forms, its moves as a graph, who knows what."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from attrs import field, frozen

from svcflow.core.case import Case
from svcflow.core.graph import Graph
from svcflow.core.process import Process
from svcflow.core.rule import Rule
from svcflow.model.lots import ids
from svcflow.testing.forms import Forms
from svcflow.testing.stage import Stage


@frozen(eq=False, slots=False)
class Ground:
    """One process, looked at from the side of somebody who wanders through it."""

    process: Process
    forms: Forms = field(init=False)
    _events: dict[tuple[str, ...], tuple[Rule, ...]] = field(init=False, factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "forms", Forms(self.process))

    @cached_property
    def graph(self) -> Graph:
        """The moves between its leaves."""
        return Graph.of(self.process)

    @cached_property
    def goals(self) -> tuple[int, ...]:
        """The moves that a case may ever take, as far as the graph knows, those near the opening first."""
        graph = self.graph
        order = {leaf: place for place, leaf in enumerate((*sorted(graph.start), *_order(graph)))}
        found = {
            index: min((order[leaf] for leaf in graph.leaves(rule.state) if leaf in order), default=None)
            for index, (rule, _) in enumerate(self.process.moves)
        }
        near = {index: place for index, place in found.items() if place is not None}
        return tuple(sorted(near, key=lambda index: (near[index], index)))

    @cached_property
    def sent(self) -> tuple[Rule, ...]:
        """Everything that anybody may ever send."""
        return tuple(rule for rule in self.process.rules() if rule.sent)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of cases that fall differently where it shares its cases out; one where it does not."""
        return ids(self.process)[0]

    def ids_for(self, goal: int | None) -> tuple[str, ...]:
        """Those of them for which a move can be."""
        share = None if goal is None else self.process.moves[goal][1].share
        return tuple(one for one in self.ids if share is None or share.takes(one)) or self.ids

    def ends(self, rule: Rule) -> bool:
        """Whether a rule leads to an end of the case, and nowhere else."""
        states, targets = self.process.states, [one.target for one in rule.alternatives]
        return all(target is not None and states[target].end and states[target].parent is None for target in targets)

    def active(self, case: Case) -> frozenset[int]:
        """The states a case is in, groups included."""
        lines = self.process.lines
        return frozenset(state for leaf in self.process.known(case.states) for state in lines[leaf])

    def events(self, case: Case) -> tuple[Rule, ...]:
        """What somebody may send to a case where it stands, permissions and conditions aside."""
        found = self._events.get(case.states)
        if found is None:
            states = [self.process.states[index] for index in sorted(self.active(case))]
            sent = (rule for state in states for rules in state.events.values() for rule in rules if rule.sent)
            found = self._events[case.states] = tuple(sent)
        return found


def grounds(stage: Stage) -> Mapping[str, Ground]:
    """The processes of a stage by name."""
    return {name: Ground(process) for name, process in stage.processes.items()}


def _order(graph: Graph) -> tuple[int, ...]:
    return tuple(edge.target for edge in graph.nearest(graph.start))
