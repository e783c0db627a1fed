"""
What happens is what the definition says: every journal is told again by a second reading of the language.

Who may send what, with which form; which way it goes and what is entered; what is set, sent, started, called and told.
The rules are those of LANGUAGE 3 (People, Event, `do`, States, `run`, Private fields); `svcflow.testing.reading` reads
them. A case that was migrated is no longer watched, nor are the cases around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry, Refusal
from svcflow.core.event import SYSTEM
from svcflow.core.process import Process
from svcflow.testing import trace
from svcflow.testing.properties.calls import Calls
from svcflow.testing.reading import door
from svcflow.testing.reading.case import Told
from svcflow.testing.reading.deeds import Begun, Deeds
from svcflow.testing.reading.handover import given, handed_over
from svcflow.testing.reading.opening import opens, refused_rightly
from svcflow.testing.reading.telling import Telling
from svcflow.testing.reading.tree import Tree
from svcflow.testing.step import Step
from svcflow.testing.violations import (
    AuthorisationBypassed,
    EffectWithoutCause,
    MissingEffect,
    StoreRoundTrip,
    Violation,
)
from svcflow.testing.world import World


class AsDefined:
    """Raises AuthorisationBypassed, WrongMove, EffectWithoutCause or MissingEffect."""

    def __init__(self, world: World) -> None:
        """Nothing has happened yet."""
        self.world = world
        self.told: dict[str, Told] = {}
        self.unwatched: set[str] = set()
        self.calls = Calls(world)
        self._begun: dict[str, tuple[Told, Begun]] = {}
        self._trees: dict[tuple[str, int], Tree] = {}

    def after(self, step: Step, world: World) -> None:
        """Tell the new entries again, and judge a refusal."""
        news: dict[str, list[JournalEntry]] = {}
        for entry in step.entries:
            news.setdefault(entry.case, []).append(entry)
        self._know_waits(step, news)
        if step.refusal is not None:
            self._judge(step, step.refusal)
        heard: list[tuple[Told, JournalEntry]] = []
        for case in self._in_order(step, news):
            heard += self._tell(step, case, news[case])
        for told, entry in heard:
            self._heard(told, entry)
        if news:
            self._compare(step, news)
        self.calls.made(step, self.unwatched)

    def end(self, world: World) -> None:
        """No call is lost."""
        self.calls.end(world, self.unwatched)

    # ── journals ───────────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, step: Step, case: str, entries: list[JournalEntry]) -> Iterator[tuple[Told, JournalEntry]]:
        for entry in entries:
            if entry.kind == "migrated":
                self._forget(step, case)
            if entry.kind == "opened":
                self._begin(step, step.after[case], entry)
            if case in self.unwatched:
                return
            told = self.told[case]
            deeds = Telling(told, entry).tell()
            self._note_starts(told, deeds)
            self.calls.note(deeds)
            if entry.kind == "event" and entry.actor != SYSTEM:
                self._note_actors(told, entry)
            if entry.kind == "child" and "persons" not in entry.detail:
                yield told, entry

    def _begin(self, step: Step, case: Case, entry: JournalEntry) -> None:
        """A case opens: because a definition says so, or because somebody may."""
        origin = entry.detail.get("origin")
        if origin in self.unwatched:
            self.unwatched.add(case.id)
            self._begun.pop(case.id, None)  # Started by what overdue timers did before the migration.
            return
        process = self.world.process(case)
        parent = None if case.parent is None else (case.parent.case, case.parent.state)
        told = self.told[case.id] = Told(case.id, process, self._tree(process), parent=parent)
        if origin is None:
            command = step.command
            if not (isinstance(command, trace.Open) and command.process == process.name):
                raise EffectWithoutCause("a case opened that nobody asked for", case=case.id)
            why = opens(process, entry.actor, entry.fields)
            if why:
                raise AuthorisationBypassed(f"{entry.actor.id} opened a case, but is {why}", case=case.id)
            return
        if case.id not in self._begun:
            raise EffectWithoutCause(f"a case opened that nothing in {origin} starts", case=case.id)
        begun = self._begun.pop(case.id)
        told.barred = begun[1].barred
        _compare_handover(begun, told, entry)

    def _note_starts(self, told: Told, deeds: Deeds) -> None:
        """The cases that an entry starts are those that the definition asks for; `open` may keep the engine out."""
        entry = deeds.entry
        begun = {f"{told.id}-{entry.seq}-{number}": one for number, one in enumerate(deeds.starts)}
        wanted = {}
        for case, one in begun.items():
            target = self.world.pure.processes.newest("", one.process)
            if one.state is not None or not opens(target, SYSTEM, {}, form=False):
                wanted[case] = one
        missing = wanted.keys() - set(entry.starts)
        if missing:
            raise MissingEffect(
                f"entry {entry.seq} ({entry.name}) does not start {wanted[min(missing)].process}", case=told.id
            )
        if len(entry.starts) != len(wanted):
            raise EffectWithoutCause(f"entry {entry.seq} ({entry.name}) starts more than it should", case=told.id)
        self._begun.update((case, (told, one)) for case, one in wanted.items())

    def _note_actors(self, told: Told, entry: JournalEntry) -> None:
        """Who acts in a child has acted in the state that waits for it."""
        persons = {entry.actor.id, entry.actor.on_behalf_of} - {None}
        while told.parent is not None and told.parent[0] in self.told:
            case, state = told.parent
            told = self.told[case]
            told.acted.setdefault(state, set()).update(str(person) for person in persons)

    def _heard(self, told: Told, entry: JournalEntry) -> None:
        """What a child gives back, and the end it has come to, are what its parent hears."""
        child = self.told.get(entry.detail["child"])
        if child is None:
            return
        ends = [child.tree.states[leaf].name for leaf in child.leaves]
        if ends != [entry.name] or child.status == "open":
            raise EffectWithoutCause(f"told that {child.id} ended as {entry.name}; it is in {ends}", case=told.id)
        wanted = given(child, told)
        if dict(entry.fields) != wanted:
            raise _differing(told, "gets back", entry.fields, wanted)

    # ── what is known ──────────────────────────────────────────────────────────────────────────────────────────

    def _tree(self, process: Process) -> Tree:
        key = (process.name, process.version)
        if key not in self._trees:
            self._trees[key] = Tree(process)
            for place in self.world.stage.misread:
                raise AuthorisationBypassed(f"{place}: who may act there is not what the file says")
        return self._trees[key]

    def _know_waits(self, step: Step, news: Mapping[str, object]) -> None:
        """Which waits run, by the timers of the cases, where the step changes nothing about them."""
        for case, told in self.told.items():
            before, after = _waits(step.before.get(case)), _waits(step.after.get(case))
            if not told.process.waits:
                continue
            paths = [state.path for state in told.tree.states]
            certain = case not in news or before == after
            told.waiting = {path: path in before for path in paths if certain or path not in before ^ after}

    def _in_order(self, step: Step, news: Mapping[str, list[JournalEntry]]) -> Iterator[str]:
        """Children before the parents that hear of them, then new cases, each after the one that starts it."""
        yield from sorted((case for case in news if case in self.told), key=lambda case: -_depth(step.after, case))
        fresh = [case for case in news if case not in self.told and case not in self.unwatched]
        while fresh:
            origins = {case: news[case][0].detail.get("origin") for case in fresh}
            ready = [case for case in fresh if origins[case] not in fresh] or fresh
            yield from ready
            fresh = [case for case in fresh if case not in ready]

    def _forget(self, step: Step, case: str | None) -> None:
        """Watch a case no longer, nor those that wait for it."""
        while case is not None:
            self.unwatched.add(case)
            self.told.pop(case, None)
            parent = step.after[case].parent
            case = None if parent is None else parent.case

    # ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _compare(self, step: Step, news: Mapping[str, list[JournalEntry]]) -> None:
        for begun, (told, one) in self._begun.items():
            raise MissingEffect(f"{begun} of {one.process} was started and is not there", case=told.id)
        for case in news.keys() & self.told.keys():
            _same(self.told[case], step.after[case])
        for told in self.told.values():
            if told.parent is not None and told.parent[0] in self.told:
                cancelled = any(entry.kind == "cancelled" for entry in news.get(told.id, ()))
                _in_family(told, self.told[told.parent[0]], told.parent[1], cancelled=cancelled)

    def _judge(self, step: Step, refusal: Refusal) -> None:
        """Whether a refusal is right, where nothing was overdue that could have changed the answer."""
        command = step.command
        if isinstance(command, trace.Open):
            process = self.world.pure.processes.newest("", command.process)
            if not refused_rightly(process, command.actor, command.fields, refusal.code):
                raise AuthorisationBypassed(f"{command.actor.id} may not open it: {refusal}")
        if not isinstance(command, trace.Send) or command.case not in self.told or _overdue(step, command.case):
            return
        told = self.told[command.case]
        at = max(step.at, *(one.moved_at for one in _family(step, command.case)))
        codes, free = door.answers(told, command.event, command.actor, at)
        right = refusal.code in codes
        if "in" in codes and refusal.code in {"form", "no_alternative"}:
            fits = door.form(told, free, command.fields)
            right = fits is not True if refusal.code == "form" else not fits or not door.led(told, free, command.fields)
        if not right and refusal.code not in {"earlier", "migration", "hook"}:
            why = f"was refused ({refusal.code}), but is {' or '.join(sorted(codes))}"
            raise AuthorisationBypassed(f"{command.event} of {command.actor.id} {why}", case=told.id)


def _waits(case: Case | None) -> set[str]:
    timers = () if case is None else case.timers.values()
    return {timer.name.removeprefix("wait:") for timer in timers if timer.due and timer.name.startswith("wait:")}


def _depth(cases: Mapping[str, Case], case: str) -> int:
    parent = cases[case].parent
    return 0 if parent is None else 1 + _depth(cases, parent.case)


def _overdue(step: Step, case: str) -> bool:
    family = _family(step, case)
    now = max(step.at, *(one.moved_at for one in family))
    return any(timer.due and timer.due <= now for one in family for timer in one.timers.values())


def _family(step: Step, case: str) -> list[Case]:
    root = step.before[case].root
    return [one for one in step.before.values() if one.root == root]


def _compare_handover(begun: tuple[Told, Begun], told: Told, entry: JournalEntry) -> None:
    wanted = handed_over(begun[0].process, begun[1], told.process)
    if dict(entry.fields) != wanted:
        raise _differing(told, "takes over", entry.fields, wanted)


def _differing(told: Told, verb: str, found: Mapping[str, object], wanted: Mapping[str, object]) -> Violation:
    """Something too little, or too much or other."""
    missing = wanted.keys() - found.keys()
    if missing:
        return MissingEffect(f"{verb} no {', '.join(sorted(missing))}", case=told.id)
    wrong = sorted(name for name in found if name not in wanted or found[name] != wanted[name])
    return EffectWithoutCause(f"{verb} {', '.join(wrong)}, which it should not", case=told.id)


def _same(told: Told, case: Case) -> None:
    """The case is what its journal tells."""
    wanted = (told.tree.paths(told.leaves), told.status, told.fields, told.children)
    found = (case.states, case.status, dict(case.fields), dict(case.children))
    if found != wanted:
        raise StoreRoundTrip(f"the case has {found}, its journal tells {wanted}", case=case.id)


def _in_family(child: Told, parent: Told, state: str, *, cancelled: bool) -> None:
    """A child goes on as long as its parent waits for it, and its parent waits as long as it goes on."""
    awaited = parent.status == "open" and parent.children.get(state) == child.id
    if child.status == "open" and not awaited:
        raise MissingEffect(f"goes on although {parent.id} has left {state}", case=child.id)
    if child.status != "open" and awaited:
        if cancelled:
            raise EffectWithoutCause(f"was cancelled although {parent.id} waits for it", case=child.id)
        raise MissingEffect(f"waits in {state} for {child.id}, which has ended", case=parent.id)
