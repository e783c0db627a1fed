"""
One entry of a journal, told again from the definition: what had to be taken, left, entered and done, against what was.

The order within an entry is that of LANGUAGE 3: the first way, then automatic moves one after another, each seeing what
the ones before set, then what was sent or came to an end.
"""

from __future__ import annotations

from collections import deque
from typing import NoReturn

from svcflow.core.decision import JournalEntry, Move
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import State
from svcflow.core.rule import Rule
from svcflow.testing.reading import door
from svcflow.testing.reading.case import Told
from svcflow.testing.reading.deeds import Begun, Deeds
from svcflow.testing.reading.people import kept_out, may
from svcflow.testing.reading.selection import Allows, Way, remembered, selected
from svcflow.testing.violations import AuthorisationBypassed, EffectWithoutCause, MissingEffect, WrongMove


class Telling:
    """
    Goes through one entry, carrying the told case along.

    Raises (all methods):
        Violation: The journal tells something else than the definition.
    """

    def __init__(self, told: Told, entry: JournalEntry) -> None:
        self.told, self.entry, self.deeds = told, entry, Deeds(entry)
        self._moves = deque(entry.moves)
        self._raised: deque[tuple[str, bool]] = deque()

    def tell(self) -> Deeds:
        """Go through the entry; what it had to bring about."""
        kind = self.entry.kind
        if kind == "opened":
            self._opened()
        elif kind == "event":
            self._sent()
        elif kind == "child":
            self._child()
        elif kind == "timer":
            self._timer()
        elif kind == "cancelled":
            self._leave(self.told.tree.active(self.told.leaves))
            self.told.status = "cancelled"
        elif kind == "erased":
            self.told.write(dict.fromkeys(self.entry.detail["fields"]))
        if self._moves:
            self._wrong(f"{_shown(self._moves[0])}, and nothing in the definition moves the case there")
        self._compare_changes()
        return self.deeds

    # ── inputs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _opened(self) -> None:
        told, tree = self.told, self.told.tree
        told.write({**self.entry.fields, "opened_at": self.entry.at})
        first = next(state.index for state in tree.states if state.parent is None)
        self._take([], None, self.entry.actor, frozenset(tree.entered({first}, None)))
        self._settle()

    def _sent(self) -> None:
        """An event of somebody: it had to be his to send, with a right form."""
        told, entry = self.told, self.entry
        codes, free = door.answers(told, entry.name, entry.actor, entry.at)
        if "in" not in codes:
            self._not_allowed(f"was taken, but is {' or '.join(sorted(codes))}")
        if door.form(told, free, entry.fields) is False:
            self._not_allowed(f"was taken with a wrong form, {sorted(entry.fields)}")
        told.write(entry.fields)
        filled = door.reacting(free, entry.fields)
        if not self._react(entry.name, lambda rule: any(rule is one for one in filled), entry.actor):
            self._wrong(f"{entry.name} was taken, but no way it could go is possible")
        self._settle()

    def _child(self) -> None:
        """A child has acted, which moves nothing, or has ended."""
        detail = self.entry.detail
        if "persons" in detail:
            return
        state = detail["state"]
        if self.told.children.pop(state, None) != detail["child"]:
            self._unasked(f"{detail['child']} ended in {state}, which does not wait for it")
        self.told.write(self.entry.fields)
        self._react(f"+child/{state.replace('.', '/')}/{self.entry.name}", _always, self.entry.actor)
        self._settle()

    def _timer(self) -> None:
        told, entry = self.told, self.entry
        kind, _, name = entry.name.partition(":")
        if kind == "wait":
            told.waiting.pop(name, None)
        elif kind == "after":
            found = [after.rule for state in told.tree.states for after in state.after if after.name == entry.name]
            if not any(rule.state in told.tree.active(told.leaves) for rule in found):
                self._wrong(f"the timer {entry.name} fired where the case is not")
            self._react(found[0].trigger, _always, self.entry.actor)
        elif "step" in entry.detail:
            self._escalated(name, entry.detail["step"])
        else:
            return
        self._settle()

    def _escalated(self, name: str, key: str) -> None:
        step = next(one for one in self.told.process.escalations[self.entry.name].steps if one.key == key)
        self.deeds.write(self.told, step.do, SYSTEM)
        self.deeds.carry_out(self.told, step.do, name, self.told.leaves, key)
        self._queue()

    # ── to the end of the macrostep ────────────────────────────────────────────────────────────────────────────

    def _settle(self) -> None:
        while self.told.status == "open":
            if self._react(None, self._automatic, self.entry.actor):
                continue
            if not self._raised:
                return
            trigger, sent = self._raised.popleft()
            if sent:
                self._react(trigger, self._sendable, SYSTEM)
            else:
                self._react(trigger, _always, self.entry.actor)

    def _automatic(self, rule: Rule) -> bool:
        return not self._waits(rule)

    def _sendable(self, rule: Rule) -> bool:
        """`send` opens no door that `by` keeps shut, and fills in no form."""
        if rule.ask or not may(rule.by, SYSTEM, self.told):
            return False
        return rule.kind == "anywhere" or not self._waits(rule)

    def _waits(self, rule: Rule) -> bool:
        """Whether a state waits; where only a clock could tell, the journal is believed."""
        known = self.told.waits(rule.state)
        if known is not None:
            return known
        taken = self._moves[0].taken if self._moves else ()
        return not any(alternative.count in taken for alternative in rule.alternatives)

    def _react(self, trigger: str | None, allows: Allows, actor: Actor) -> bool:
        ways = selected(self.told, trigger, allows)
        if ways:
            self._take(ways, trigger, actor)
        return bool(ways)

    def _take(self, ways: list[Way], trigger: str | None, actor: Actor, first: frozenset[int] = frozenset()) -> None:
        """One microstep: set, move, do. Without ways it is the first, into the states where a case begins."""
        told, was = self.told, self.told.leaves
        back = next((way.rule.state for way in ways if way.alternative.kind == "back"), None)
        left, entered = _change(told, ways, back)
        entered |= first
        self._compare_move(trigger, ways, left, entered)
        greeted = sorted(entered) if back is None else []
        dos = [do for way in ways for do in (way.rule.do, way.alternative.do)]
        greetings = [told.tree.states[state].do for state in greeted]
        for way in ways:
            self._count(way, actor)
        for do in (*dos, *greetings):
            self.deeds.write(told, do, actor)
        self._leave(left)
        self._enter(left, entered, by_back=back is not None)
        for way in ways:
            for do in (way.rule.do, way.alternative.do):
                self.deeds.carry_out(told, do, way.rule.name, was)
        for do in greetings:
            self.deeds.carry_out(told, do, ways[0].rule.name if ways else "open", was)
        self._queue()
        self._come_to_ends(told.tree.active(was) - left, greeted)

    def _queue(self) -> None:
        self._raised.extend(self.deeds.raised)
        self.deeds.raised.clear()

    def _count(self, way: Way, actor: Actor) -> None:
        """Count what `max` limits, and who acted where."""
        told, state = self.told, way.rule.state
        if way.alternative.max is not None:
            told.counts[way.alternative.count] += 1
        if way.rule.sent and actor != SYSTEM:
            persons = {actor.id} if actor.on_behalf_of is None else {actor.id, actor.on_behalf_of}
            for leaf in told.leaves:
                if state in told.tree.lines[leaf]:
                    told.acted.setdefault(told.tree.states[leaf].path, set()).update(persons)

    def _leave(self, left: set[int]) -> None:
        """What is left is remembered for `X.last`; a child that a state there waits for is waited for no more."""
        told = self.told
        told.memory |= remembered(told, left)
        for path in told.tree.paths(left):
            told.children.pop(path, None)
            told.waiting.pop(path, None)

    def _enter(self, left: set[int], entered: set[int], *, by_back: bool) -> None:
        told, tree, was = self.told, self.told.tree, self.told.leaves
        before = tree.active(was)
        told.leaves = tree.leaves((before - left) | entered)
        for state in map(tree.states.__getitem__, sorted(entered)):
            told.waiting.pop(state.path, None)  # Only a clock can tell whether it waits.
            if not by_back and was and state.index not in before and _leads_back(state):
                told.returns[state.index] = was
            if state.run is not None:
                told.children[state.path] = f"{told.id}-{self.entry.seq}-{len(self.deeds.starts)}"
                barred = kept_out(state.not_by, told)
                self.deeds.starts.append(Begun(state.run, dict(told.fields), state=state.path, barred=barred))
            if state.end is not None and state.parent is None:
                told.status = state.end

    def _come_to_ends(self, active: set[int], entered: list[int]) -> None:
        """`done` happens in a group whose inner end is reached, in a parallel state when each region has its own."""
        tree = self.told.tree
        for state in entered:
            active.add(state)
            group = tree.states[state].parent
            if tree.states[state].end is None or group is None:
                continue
            outer = tree.states[group].parent
            done = [group, *([outer] if outer is not None and tree.states[outer].parallel else [])]
            self._raised.extend((f"+done/{tree.states[one].path.replace('.', '/')}", False) for one in done
                                if one == group or tree.finished(one, active))  # fmt: skip

    # ── against what was written down ──────────────────────────────────────────────────────────────────────────

    def _compare_move(self, trigger: str | None, ways: list[Way], left: set[int], entered: set[int]) -> None:
        paths = self.told.tree.paths
        counts = tuple(way.alternative.count for way in ways)
        wanted = Move(trigger, counts, paths(sorted(left, reverse=True)), paths(sorted(entered)))
        if not self._moves:
            self._wrong(f"nothing more happened, but there is still {_shown(wanted)}")
        found = self._moves.popleft()
        if found != wanted:
            self._wrong(f"{_shown(found)}; by the definition it is {_shown(wanted)}")

    def _compare_changes(self) -> None:
        wanted, found = self.deeds.changes, dict(self.entry.changes)
        missing = [name for name in wanted if name not in found]
        if missing:
            raise MissingEffect(f"{self._here()}: `set` does not write {', '.join(missing)}", case=self.told.id)
        wrong = [name for name in found if name not in wanted or found[name] != wanted[name]]
        if wrong:
            self._unasked(f"{', '.join(wrong)} written otherwise than `set` says")

    def _here(self) -> str:
        return f"entry {self.entry.seq} ({self.entry.kind} {self.entry.name})"

    def _wrong(self, why: str) -> NoReturn:
        raise WrongMove(f"{self._here()}: {why}", case=self.told.id)

    def _unasked(self, why: str) -> NoReturn:
        raise EffectWithoutCause(f"{self._here()}: {why}", case=self.told.id)

    def _not_allowed(self, why: str) -> NoReturn:
        who = f"{self.entry.name} by {self.entry.actor.id}"
        raise AuthorisationBypassed(f"{self._here()}: {who} {why}", case=self.told.id)


def _change(told: Told, ways: list[Way], back: int | None) -> tuple[set[int], set[int]]:
    """What is left and entered: all that the ways say, or what leads to where the case was."""
    if back is None:
        return set().union(*(way.left for way in ways)), set().union(*(way.entered for way in ways))
    now, then = told.tree.active(told.leaves), told.tree.active(told.returns[back])
    return now - then, then - now


def _leads_back(state: State) -> bool:
    rules = [rule for rules in state.events.values() for rule in rules] + [after.rule for after in state.after]
    rules += [] if state.auto is None else [state.auto]
    return any(one.kind == "back" for rule in rules for one in rule.alternatives)


def _always(_rule: Rule) -> bool:
    return True


def _shown(move: Move) -> str:
    how = ", ".join(move.taken) or "no way"
    return (
        f"{move.trigger or 'by itself'}: {how}, from {', '.join(move.left) or '-'} to {', '.join(move.entered) or '-'}"
    )
