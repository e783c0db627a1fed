"""
From one event to rest: microstep after microstep, each condition seeing the fields and counts that earlier ones left.

The machine says which states are left and entered; here a case's fields, counters, times and effects go along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

from svcflow.core import effects, sla, timing
from svcflow.core.case import Return
from svcflow.core.chart import entry_events
from svcflow.core.chart_tree import Memory, mask_of
from svcflow.core.decision import Decision, JournalEntry, Message, Move
from svcflow.core.draft import Draft
from svcflow.core.event import EMPTY, SYSTEM, Cancel, ChildEnded, extended, is_system
from svcflow.core.machine import MICROSTEPS, Step
from svcflow.core.people import may_act
from svcflow.core.process import State
from svcflow.core.quick import quick
from svcflow.core.rule import Course, Rule
from svcflow.errors import MicrostepLimit

_move, _entry, _decision, _return = quick(Move), quick(JournalEntry), quick(Decision), quick(Return)
_NOWHERE = frozenset[str]()


def start(draft: Draft) -> None:
    """Enter the first state and run until the case rests."""
    step = draft.machine.start(draft.process.chart)
    _take(draft, step, None)
    settle(draft)


def run(draft: Draft, trigger: str, allows: Callable[[int], bool]) -> bool:
    """Take what `trigger` enables and run until the case rests; False, and nothing changed, if nothing reacts."""
    step = _step(draft, trigger, allows)
    if step is None:
        return False
    _take(draft, step, trigger)
    settle(draft)
    return True


def settle(draft: Draft) -> None:
    """Take automatic moves, then what was raised, until nothing moves: the rest of the macrostep."""
    for _ in range(MICROSTEPS):
        if draft.status != "open":
            break
        if draft.written or draft.anew:
            timing.rearm(draft)
        step = _step(draft, None, partial(_automatic, draft)) if draft.process.automatic else None
        if step is not None:
            _take(draft, step, None)
        elif draft.queue:
            trigger, sent = draft.queue.popleft()
            _react(draft, trigger, sent=sent)
        else:
            break
    else:
        raise MicrostepLimit(MICROSTEPS, [draft.process.states[leaf].path for leaf in draft.leaves])
    if draft.queue:
        draft.remarks += [f"{name} was sent, but the case has ended" for name, sent in draft.queue if sent]
        draft.queue.clear()


def _step(draft: Draft, trigger: str | None, allows: Callable[[int], bool]) -> Step | None:
    return draft.machine.step(draft.process.chart, draft.configuration(), trigger, allows)


def _react(draft: Draft, trigger: str, *, sent: bool) -> None:
    """Deliver a raised event: one of the engine's own, or one that a `do` sent as `system`."""
    step = _step(draft, trigger, partial(_sendable, draft) if sent else draft.open)
    if step is None:
        if sent:
            draft.remarks.append(f"{trigger} was sent, but is not possible here")
        return
    actor = draft.actor
    if sent:
        draft.actor = SYSTEM
    _take(draft, step, trigger)
    draft.actor = actor


def _automatic(draft: Draft, index: int) -> bool:
    return not timing.waiting(draft, draft.process.moves[index][0].state) and draft.open(index)


def _sendable(draft: Draft, index: int) -> bool:
    """Whether `system` may send this now, without a form: `send:` opens no door that `by` keeps shut."""
    rule = draft.process.moves[index][0]
    if rule.ask or not may_act(rule.by, SYSTEM, draft.fields):
        return False
    if rule.kind != "anywhere" and timing.waiting(draft, rule.state):
        return False
    return draft.open(index)


def _take(draft: Draft, step: Step, trigger: str | None) -> None:
    """Write, move, and carry out: the order of one microstep (LANGUAGE: event, then states, then effects)."""
    process, was = draft.process, draft.leaves
    taken, counts = [], []
    for index in step.taken:
        course = process.courses[index]
        taken.append(course)
        counts.append(course.alternative.count)
        _count(draft, course)
        for do in course.writes:
            effects.write(draft, do)
    if not process.setting.isdisjoint(step.entered):
        for index in step.entered:
            effects.write(draft, process.states[index].do)
    if draft.written:
        sla.retarget(draft)
        timing.revive(draft)
    exited, entered, resumed = _change(draft, step, taken)
    sla.turn_clocks(draft, taken, entered)
    if draft.status != "open":
        end(draft)
    draft.moves.append(_move(trigger, tuple(counts), process.named(exited), process.named(entered)))
    for course in taken:
        for do in course.acts:
            effects.carry_out(draft, do, course.rule.name, was)
    if not (resumed or process.greeting.isdisjoint(entered)):
        _greet(draft, entered, taken[0].rule.name if taken else "open", was)
    if step.raised:
        draft.queue.extend([(_trigger(name), False) for name in step.raised])


def _greet(draft: Draft, entered: tuple[int, ...], cause: str, was: tuple[int, ...]) -> None:
    """Carry out the `do` of the states entered, outer first; what it sets was written before."""
    for index in entered:
        effects.carry_out(draft, draft.process.states[index].do, cause, was)


def _count(draft: Draft, course: Course) -> None:
    """Count what `max` limits, and remember who acted where."""
    rule, alternative = course.rule, course.alternative
    if alternative.max is not None:
        draft.counts = extended(draft.counts, {alternative.count: draft.counts.get(alternative.count, 0) + 1})
    if rule.sent and not is_system(draft.actor):
        persons = draft.actor.persons
        for leaf in draft.leaves:
            if rule.state in draft.process.lines[leaf]:
                draft.note_actors(draft.process.names[leaf], persons)


def _change(draft: Draft, step: Step, taken: list[Course]) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """Leave and enter states; answers what was left and entered, and whether that was by `back`."""
    states, was, ways = draft.process.states, draft.leaves, draft.returns
    back: Rule | None = None
    for course in taken:
        if course.alternative.kind == "back" and back is None:
            back = course.rule
    if back is None:
        exited, entered = step.exited, step.entered
        draft.leaves = step.after.leaves
        if step.after.memory:
            _remember(draft, step.after.memory)
    else:
        exited, entered = _restore(draft, draft.returns[states[back.state].path])
        _remember_left(draft, was, exited)
    if not exited and not entered:
        return exited, entered, False
    if back is None and not draft.process.returning.isdisjoint(entered):
        _note_return(draft, was, entered)
    kept = away(draft) if draft.returns else _NOWHERE
    for index in exited:
        _leave(draft, states[index], kept=states[index].path in kept)
    if ways and not ways.items() <= draft.returns.items():  # A way back is lost.
        timing.forget(draft, kept)
    for index in entered:
        enter(draft, states[index], resumed=back is not None)
    return exited, entered, back is not None


def _note_return(draft: Draft, was: tuple[int, ...], entered: tuple[int, ...]) -> None:
    """Remember where the case was before it came into a state that leads `back`; who holds it twice is there still."""
    process = draft.process
    fresh = process.returning.intersection(entered).difference(*[process.lines[leaf] for leaf in was])
    if was:
        place = _return(process.named(was), draft.at)
        draft.returns = extended(draft.returns, dict.fromkeys(process.named(sorted(fresh)), place))


def _restore(draft: Draft, to: Return) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Put a remembered configuration back: what both have in common is neither left nor entered."""
    now = draft.active()
    draft.leaves = tuple(draft.process.paths[path] for path in to.states)
    then = draft.active()
    exited = tuple(sorted((index for index in now if index not in then), reverse=True))
    return exited, tuple(index for index in then if index not in now)


def away(draft: Draft) -> frozenset[str]:
    """
    Paths that some active state can still lead `back` to: their times are suspended, not dropped.

    Ways back that no longer start anywhere are forgotten.
    """
    active = set(draft.process.named(draft.active()))
    kept: set[str] = set()
    ahead = list(active)
    while ahead:
        place = draft.returns.get(ahead.pop())
        for leaf in () if place is None else place.states:
            line = set(draft.process.named(draft.process.lines[draft.process.paths[leaf]]))
            ahead += line - kept
            kept |= line
    ways = {path: place for path, place in draft.returns.items() if path in active or path in kept}
    draft.returns = MappingProxyType(ways)
    return frozenset(kept - active)


def _leave(draft: Draft, state: State, *, kept: bool) -> None:
    if state.timed:
        timing.leave(draft, state, kept=kept)
    draft.arrivals.pop(state.path, None)
    child = draft.children.get(state.path) if draft.children else None
    if child is not None:
        draft.forget_child(state.path)
        draft.messages.append(Message(child, Cancel(draft.before.id)))


def enter(draft: Draft, state: State, *, resumed: bool) -> None:
    """Let everything begin that counts from entering a state, but not its `do`."""
    draft.arrivals[state.path] = draft.at
    draft.settled.add(state.index)
    if state.timed:
        timing.arrive(draft, state, resumed=resumed)
    take_up(draft, state)


def take_up(draft: Draft, state: State) -> None:
    """Start the child that a `run` state waits for, or end the case in a top-level end."""
    if state.run is not None:
        draft.children = extended(draft.children, {state.path: effects.run_child(draft, state)})
    if state.end is not None and state.parent is None:
        draft.status = state.end


def come_to_end(draft: Draft, kept: Iterable[int], entered: Iterable[int]) -> None:
    """Queue `done` for the groups that come to an end by entering these states beside those that are kept."""
    chart = draft.process.chart
    raised = entry_events(chart.states, chart.tree, mask_of(kept), sorted(entered))
    draft.queue.extend((_trigger(name), False) for name in raised)


def end(draft: Draft) -> None:
    """Close all times and tell a waiting parent; clocks that this end stops by name have stopped before."""
    timing.close(draft, cancelled=draft.status == "cancelled")
    draft.returns = EMPTY
    parent = draft.before.parent
    if parent is not None:
        given = {name: draft.fields[name] for name in draft.process.gives if draft.fields.get(name) is not None}
        kinds = {name: draft.process.fields[name].kind for name in given}
        name = draft.process.states[draft.leaves[0]].name
        ended = ChildEnded(draft.before.id, parent.state, name, given, kinds, draft.process.private.intersection(given))
        draft.messages.append(Message(parent.case, ended))


def cancel(draft: Draft) -> None:
    """End the case from outside, where it stands: its parent waits for it no longer."""
    for index in reversed(draft.active()):
        _leave(draft, draft.process.states[index], kept=False)
    draft.status = "cancelled"
    timing.close(draft, cancelled=True)
    draft.returns = EMPTY


def _remember(draft: Draft, memory: Memory) -> None:
    """Keep what the machine remembers of groups that `X.last` leads to."""
    named, groups = draft.process.named, draft.process.remembered
    draft.memory = MappingProxyType({groups[history]: named(leaves) for history, leaves in memory})


def _remember_left(draft: Draft, was: tuple[int, ...], exited: tuple[int, ...]) -> None:
    """The same for groups left by `back`, of which the machine knows nothing."""
    if draft.process.histories:
        memory = draft.configuration().memory
        _remember(draft, draft.process.chart.tree.remember(memory, mask_of(was), mask_of(exited)))


def decision(
    draft: Draft,
    kind: Literal["opened", "event", "timer", "child", "cancelled", "note", "migrated", "erased", "recalendared"],
    name: str,
    *,
    key: str | None = None,
    fields: Mapping[str, Any] = EMPTY,
    detail: Mapping[str, Any] = EMPTY,
) -> Decision:
    """Close the entry: times are brought up to date, and everything becomes a value."""
    timing.finish(draft)
    calls, starts, messages = tuple(draft.calls), tuple(draft.starts), tuple(draft.messages)
    entry = _entry(
        draft.before.id, draft.seq, draft.at, kind, name, draft.actor, key, fields, MappingProxyType(draft.changes),
        tuple(draft.moves), tuple([call.key for call in calls]) if calls else (),
        tuple([start.id for start in starts]) if starts else (), tuple(draft.remarks), detail,
    )  # fmt: skip
    before = None if draft.before.seq == 0 else draft.before
    return _decision(before, draft.case(), (entry,), calls, starts, messages)


def _trigger(raised: str) -> str:
    """The chart event behind what the machine raised: its `done.state.ID` is our `+done/ID`."""
    return f"+done/{raised.removeprefix('done.state.')}"
