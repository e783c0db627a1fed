"""A running case moves to another version of its process, as that version's `migrate:` says."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from svcflow.core import effects, macrostep, timing
from svcflow.core.case import Return
from svcflow.core.decision import Decision, Refusal
from svcflow.core.draft import Draft
from svcflow.core.form import Unfit, read_value
from svcflow.core.process import Migration, Process
from svcflow.core.rule import Actions


def migrate(draft: Draft, process: Process) -> Decision | Refusal:
    """
    Carry the case of `draft` over into `process`, the version to come.

    Paths that `migrate` does not name stay. Clocks are kept by name and take their promise anew, limits and timers go
    on in kept states and begin anew in mapped ones, counters stay, no `do` is carried out.
    """
    case = draft.before
    plan = process.migrations.get(case.version)
    problem = _obstacle(draft, process, plan)
    if problem is not None or plan is None:
        why = problem or f"version {process.version} does not say what happens to cases of version {case.version}"
        return Refusal(case.id, "migrate", "migration", MappingProxyType({"why": why}))
    stayed = _move(draft, process, plan)
    effects.write(draft, Actions(set=plan.set))
    draft.anew = True
    for index in draft.active():
        if process.states[index].path not in stayed:
            macrostep.enter(draft, process.states[index], resumed=False)
    if draft.status == "open":
        macrostep.settle(draft)
    else:
        macrostep.end(draft)
    detail = {"from": case.version, "to": process.version, "digest": process.digest}
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
    lost = [path for path in case.states if plan.states.get(path, path) not in process.paths]
    if lost:
        return f"version {process.version} has no state {', '.join(lost)}, and `migrate` does not say where to go"
    if case.children and set(case.children) != {plan.states.get(path, path) for path in case.children}:
        return "it waits for a child case in a state that moves"
    written = {name for name, _ in plan.set}
    unfit = [
        name
        for name, value in case.fields.items()
        if name in process.fields and name not in written and isinstance(read_value(process.fields[name], value), Unfit)
    ]
    return f"the values of {', '.join(unfit)} do not fit their new types" if unfit else None


def _move(draft: Draft, process: Process, plan: Migration) -> frozenset[str]:
    """Put the case into the states of the new version; answers the paths in which it stays."""
    case = draft.before

    def now(path: str) -> str:
        return plan.states.get(path, path)

    draft.leaves = tuple(sorted({leaf for path in case.states for leaf in _leaves(process, process.paths[now(path)])}))
    active = {process.states[index].path for index in draft.active()}
    kept = {path for path in case.arrivals if now(path) == path and path in active}
    draft.fields = {name: _read(process, name, value) for name, value in case.fields.items() if name in process.fields}
    draft.arrivals = {path: at for path, at in draft.arrivals.items() if path in kept}
    draft.memory = {
        path: tuple(now(leaf) for leaf in leaves)
        for path, leaves in draft.memory.items()
        if path in process.histories and all(now(leaf) in process.paths for leaf in leaves)
    }
    draft.returns = {
        path: Return(tuple(now(leaf) for leaf in place.states), place.at)
        for path, place in draft.returns.items()
        if path in kept and all(now(leaf) in process.paths for leaf in place.states)
    }
    known = {*process.timers, *(f"clock:{name}" for name in process.clocks)}
    for key in [key for key in draft.clocks if key not in known]:
        timing.retire(draft, key)
    timing.forget(draft, {leaf for place in draft.returns.values() for leaf in place.states} | kept)
    draft.timers = {name: timer for name, timer in draft.timers.items() if name in known}
    return frozenset(kept)


def _leaves(process: Process, index: int) -> tuple[int, ...]:
    """Where entering a state leads: into the first inner state of a group, into every region of a parallel one."""
    state = process.states[index]
    inner = state.children if state.parallel else state.children[:1]
    return tuple(leaf for child in inner for leaf in _leaves(process, child)) or (index,)


def _read(process: Process, name: str, value: object) -> Any:  # noqa: ANN401 - a field's value
    read = read_value(process.fields[name], value)
    return None if isinstance(read, Unfit) else read
