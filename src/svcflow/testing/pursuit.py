"""
On the way to a transition: a trace begins by going there, so that deep states are reached, and not by luck alone.

Each step is drawn like any other, but for where it leads: along a shortest path of the process, past what was tried in
vain, into children where a case waits for one, through time where only time leads on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import takewhile

from svcflow.core.case import Case
from svcflow.core.graph import Edge
from svcflow.core.rule import Alternative, Rule
from svcflow.testing.scene import Scene

AGAIN = 4
"""How often one alternative is tried before another way is looked for: `max: 3` is common."""

DETOUR = 4
"""Once in so many steps the next one is another than the shortest way begins with."""

ASIDE = 3
"""Once in so many steps a form is filled in wherever it may lead."""

MOST = 8
"""How often what is to be taken is tried itself: another alternative may come first a few times."""


class Pursuit:
    """One transition, by its index, that the first case of a scene shall come to take."""

    def __init__(self, scene: Scene, goal: int) -> None:
        self.scene = scene
        self.rule, self.alternative = scene.stage.process.moves[goal]
        self.tried: Counter[tuple[str, int]] = Counter()
        self.aimed = 0

    def go(self, most: int) -> None:
        """Go there, with so many commands altogether at most."""
        while len(self.scene.commands) < most and self.aimed < MOST and not self._over():
            if not self.scene.choose.whole(self._on):
                break

    def _over(self) -> bool:
        pure = self.scene.pure
        case = pure.cases.get(self.scene.case)
        taken = [name for entry in pure.journal.get(self.scene.case, ()) for move in entry.moves for name in move.taken]
        return case is None or case.ended or self.alternative.count in taken

    def _on(self) -> bool:
        """One command on the way; False when there is none."""
        case = self.scene.pure.cases[self.scene.case]
        ground = self.scene.ground(case)
        if self.rule.state not in ground.active(case):
            then = (self.alternative.count,) if self.rule.kind == "auto" else ()
            return self._towards(case, ground.graph.leaves(self.rule.state), then)
        self.aimed += self.rule.kind not in {"child", "done"}  # These take many commands.
        return self._cause(case, self.rule, (self.alternative.count,))

    def _towards(self, case: Case, goals: Collection[int], then: Sequence[str] = ()) -> bool:
        """One command on the way to one of some leaves, and at the last step, if it can be, by some alternatives."""
        ground = self.scene.ground(case)

        # In several regions each goes its own way: whichever has one.
        for leaf in ground.process.known(case.states):
            path = () if leaf in goals else self._path(case, leaf, goals)
            if path:
                self.tried[case.process, path[0].alternative.index] += 1
                at_once = (path[0], *takewhile(lambda edge: edge.rule.kind == "auto", path[1:]))
                hoped = [edge.alternative.count for edge in at_once] + [*then] * (len(at_once) == len(path))
                # What a form decides may matter later, so it need not always lead on.
                return self._cause(case, path[0].rule, () if self.scene.choose.seldom(ASIDE) else hoped)
        return False

    def _path(self, case: Case, leaf: int, goals: Collection[int]) -> tuple[Edge, ...]:
        """A shortest way past what was tried in vain; now and then one that begins with another step."""
        graph = self.scene.ground(case).graph

        def follow(edge: Edge) -> bool:
            return self.tried[case.process, edge.alternative.index] < AGAIN

        def open_now(edge: Edge) -> bool:
            return follow(edge) and not _shut(edge, case)

        def direct(edge: Edge) -> bool:
            return edge.rule.kind != "child" and open_now(edge)  # A child takes many commands.

        ways = (graph.path((leaf,), goals, kind) for kind in (direct, open_now, follow))
        path = next((way for way in ways if way), ())
        if path and self.scene.choose.seldom(DETOUR):
            first = path[0].alternative
            return graph.path((leaf,), goals, lambda edge: edge.alternative is not first and open_now(edge)) or path
        return path

    def _cause(self, case: Case, rule: Rule, hoped: Sequence[str]) -> bool:
        """One command that lets a rule react which is around where the case stands, by some alternatives if it can."""
        process = self.scene.ground(case).process
        state = process.states[rule.state]
        waits = [timer.due for name, timer in case.timers.items() if name.startswith("wait:") and timer.due is not None]
        match rule.kind:
            case "event" | "auto" if waits:
                return self.scene.wait(max(waits))
            case "event" | "anywhere":
                self.scene.send(case, rule, hoped)
                return True
            case "after":
                timer = next(case.timers.get(after.name) for after in state.after if after.rule is rule)
                return timer is not None and timer.due is not None and self.scene.wait(timer.due)
            case "done":
                edges = self.scene.ground(case).graph.edges
                return self._towards(case, {edge.source for edge in edges if edge.rule is rule})
            case "child" if state.path in case.children:
                return self._finish(self.scene.pure.cases[case.children[state.path]], rule.name)
            case _:
                return False

    def _finish(self, child: Case, end: str) -> bool:
        """One command that leads a child to an end."""
        states = self.scene.ground(child).process.states
        return self._towards(child, {one.index for one in states if one.end and one.parent is None and one.name == end})


def _shut(edge: Edge, case: Case) -> bool:
    """Whether an alternative cannot be taken now: it is used up, for others, or comes after one that always fits."""

    def closed(one: Alternative) -> bool:
        used_up = one.max is not None and case.counts.get(one.count, 0) >= one.max
        return used_up or (one.share is not None and not one.share.takes(case.id))

    before = takewhile(lambda one: one is not edge.alternative, edge.rule.alternatives)
    return closed(edge.alternative) or any(one.when is None and not closed(one) for one in before)
