"""A running case moves to another version of its process, as that version's `migrate:` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import frozen

from svcflow.core import clock as stopwatch
from svcflow.core import effects, macrostep, timing
from svcflow.core.calendar import Calendar
from svcflow.core.case import Case, Return
from svcflow.core.chart_tree import ROOT, bits, mask_of
from svcflow.core.decision import Decision, Refusal
from svcflow.core.draft import Draft
from svcflow.core.form import Unfit, read_value
from svcflow.core.process import Migration, Process
from svcflow.core.rule import Actions


@frozen
class Way:
    """How the states of one version are found in another."""

    process: Process
    plan: Migration

    def now(self, path: str) -> str:
        """What a path is called now; inside a group that moved it keeps its place, if there still is one."""
        outer, inner = path, ""
        while outer:
            goal = self.plan.states.get(outer)
            if goal is not None:
                return goal + inner if goal + inner in self.process.paths else goal
            outer, dot, name = outer.rpartition(".")
            inner = f"{dot}{name}{inner}"
        return path

    def known_as(self, path: str) -> str:
        """The name under which the past of a state counts now: its own, unless there is no such state any more."""
        group, last = path.removesuffix(".last"), path.endswith(".last")
        return path if group in self.process.paths else f"{self.now(group)}{'.last' if last else ''}"

    def missing(self, paths: Iterable[str]) -> list[str]:
        """Those of these paths that lead nowhere."""
        return [path for path in dict.fromkeys(paths) if self.now(path) not in self.process.paths]

    def leaves(self, paths: Iterable[str]) -> tuple[int, ...]:
        """
        Where a case stands that stood in these leaves: regions that are new are entered too.

        Empty if it would stand in two states that are never active together.
        """
        tree = self.process.chart.tree
        active = tree.entry(mask_of(self.process.paths[self.now(path)] for path in paths), ROOT, {})
        for state in (ROOT, *bits(active)):
            if tree.kinds[state] == "compound" and (active & tree.children[state]).bit_count() != 1:
                return ()
        return tuple(bits(active & tree.leaves))


def migrate(draft: Draft, process: Process, calendars: Mapping[str, Calendar]) -> Decision | Refusal:
    """
    Carry the case of `draft` over into `process`, the version to come; `calendars` are those of the one it leaves.

    Paths that `migrate` does not name stay. Clocks are kept by name and take their promise anew, limits and timers go
    on in kept states and begin anew in mapped ones, counters stay, no `do` is carried out.
    """
    case = draft.before
    plan = process.migrations.get(case.version)
    problem = _obstacle(draft, process, plan)
    if problem is not None or plan is None:
        why = problem or f"version {process.version} does not say what happens to cases of version {case.version}"
        return Refusal(case.id, "migrate", "migration", MappingProxyType({"why": why}))
    stayed = _move(draft, Way(process, plan))
    effects.write(draft, Actions(set=plan.set))
    draft.anew = True
    _arrive(draft, stayed)
    if draft.status == "open":
        macrostep.settle(draft)
    else:
        macrostep.end(draft)
    _write_down(draft, calendars)
    detail = {"from": case.version, "to": process.version, "digest": process.digest}
    if process.days:
        detail["days"] = process.days
    return macrostep.decision(draft, "migrated", f"version {process.version}", detail=MappingProxyType(detail))


def _obstacle(draft: Draft, process: Process, plan: Migration | None) -> str | None:
    """Why this case cannot come over; None when it can."""
    case = draft.before
    if case.ended:
        return "the case has ended"
    if plan is None:
        return None
    if plan.finish:
        return f"cases of version {case.version} finish under it"
    problem = _astray(case, Way(process, plan))
    if problem is not None:
        return problem
    written = {name for name, _ in plan.set}
    unfit = [
        name
        for name, value in case.fields.items()
        if name in process.fields and name not in written and isinstance(read_value(process.fields[name], value), Unfit)
    ]
    return f"the values of {', '.join(unfit)} do not fit their new types" if unfit else None


def _astray(case: Case, way: Way) -> str | None:
    """Why the states of the case, and those it can come back to, are not to be found in the version to come."""
    process, places = way.process, [place.states for place in case.returns.values()]
    lost = way.missing(path for states in (case.states, *places) for path in states)
    if lost:
        return f"version {process.version} has no state {', '.join(lost)}, and `migrate` does not say where to go"
    apart = next((states for states in (case.states, *places) if not way.leaves(states)), None)
    if apart is not None:
        return f"version {process.version} has no place for a case in {', '.join(apart)}"
    if any(way.now(path) != path or process.states[process.paths[path]].run is None for path in case.children):
        return "it waits for a child case in a state that moves"
    gone = sorted(_calendars(case) - process.calendars.keys())
    return f"its clocks count on the calendar {', '.join(gone)}, which nothing here uses any more" if gone else None


def _calendars(case: Case) -> set[str]:
    """The calendars on which the clocks of a case count, or counted."""
    return {key for clock in (*case.clocks.values(), *case.cycles) for key in clock.calendars}


def _move(draft: Draft, way: Way) -> frozenset[str]:
    """Put the case into the states of the new version; answers the paths in which it stays."""
    case, process = draft.before, way.process
    draft.leaves = way.leaves(case.states)
    active = {process.states[index].path for index in draft.active()}
    kept = {path for path in case.arrivals if way.now(path) == path and path in active}
    read = {name: _read(process, name, value) for name, value in case.fields.items() if name in process.fields}
    draft.fields = {name: value for name, value in read.items() if value is not None}
    draft.arrivals = {path: at for path, at in draft.arrivals.items() if path in kept}
    _carry_past(draft, way)
    known = {*process.timers, *(f"clock:{name}" for name in process.clocks)}
    for key in [key for key in draft.clocks if key not in known]:
        timing.retire(draft, key)
    timing.forget(draft, (macrostep.away(draft) | kept) - (case.arrivals.keys() - kept))
    draft.timers = {name: timer for name, timer in draft.timers.items() if name in known}
    return frozenset(kept)


def _carry_past(draft: Draft, way: Way) -> None:
    """What was counted and who acted in a state that is called otherwise now, and the ways back, count there."""
    process = way.process
    memory = {
        way.known_as(path): tuple(way.now(leaf) for leaf in leaves)
        for path, leaves in draft.memory.items()
        if way.known_as(path) in process.histories and not way.missing(leaves)
    }
    returns = {
        way.now(path): Return(process.named(way.leaves(place.states)), place.at)
        for path, place in draft.returns.items()
        if way.now(path) in process.paths
    }
    draft.memory, draft.returns = MappingProxyType(memory), MappingProxyType(returns)
    counts: dict[str, int] = {}
    for name, count in draft.counts.items():
        state, event, target = name.split("/")
        now = f"{way.known_as(state)}/{event}/{way.known_as(target)}"
        counts[now] = counts.get(now, 0) + count
    acted: dict[str, frozenset[str]] = {}
    for path, persons in draft.acted.items():
        acted[way.known_as(path)] = acted.get(way.known_as(path), frozenset()) | persons
    draft.counts, draft.acted = MappingProxyType(counts), MappingProxyType(acted)


def _arrive(draft: Draft, stayed: frozenset[str]) -> None:
    """Let begin what begins in states that are new to the case, or that have become what they were not."""
    states = [draft.process.states[index] for index in draft.active()]
    for state in states:
        if state.path not in stayed:
            macrostep.enter(draft, state, resumed=False)
        elif state.path not in draft.children:
            macrostep.take_up(draft, state)
    kept = [state.index for state in states if state.path in stayed]
    macrostep.come_to_end(draft, kept, {state.index for state in states} - set(kept))


def _write_down(draft: Draft, calendars: Mapping[str, Calendar]) -> None:
    """Keep time used and verdicts where a calendar of the same name means something else in the version to come."""
    changed = {key for key, calendar in calendars.items() if draft.process.calendars.get(key) != calendar}
    draft.clocks = {
        key: stopwatch.written_down(clock, calendars, changed, draft.at) for key, clock in draft.clocks.items()
    }
    draft.cycles = tuple(stopwatch.written_down(clock, calendars, changed, draft.at) for clock in draft.cycles)


def _read(process: Process, name: str, value: object) -> object:
    read = read_value(process.fields[name], value)
    return None if isinstance(read, Unfit) else read
