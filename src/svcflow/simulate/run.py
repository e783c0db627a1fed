"""The loop of a simulation: what comes next happens, in the order of time, until the end is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Literal, TypeAlias

from svcflow.casebook import earliest_due
from svcflow.core.case import Case
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import Actor, Event
from svcflow.core.people import barred_by
from svcflow.errors import CalendarError, InputError
from svcflow.replay.run import Library
from svcflow.simulate.desk import Desk, Item, Worker, next_open, urgency
from svcflow.simulate.intent import Dossier, Mind
from svcflow.simulate.scenario import Scenario
from svcflow.simulate.spread import Chance, Spread
from svcflow.simulate.tally import Slots, Tally
from svcflow.simulate.world import World

MOST_STEPS = 20_000_000
"""Entries of all journals together: what goes round in circles must come to an end, too."""

HOUR = timedelta(hours=1)

Kind: TypeAlias = Literal["time", "done", "ahead", "wake", "arrival"]
_ORDER: dict[Kind, int] = {"time": 0, "done": 1, "ahead": 2, "wake": 3, "arrival": 4}


class Simulation:
    """
    One run of a scenario: `run` it, then read its `tally`, its `desk` and where its `world` stands.

    Whoever is in `heard` is told every decision. `now` is how far it has come, `interrupted` whether by then somebody
    had had enough.
    """

    def __init__(
        self, scenario: Scenario, seed: str | None = None, heard: Iterable[Callable[[Decision], None]] = ()
    ) -> None:
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        self.chance = Chance(self.seed)
        self.now = scenario.start
        self.interrupted = False
        self.desk = Desk(scenario.people, scenario.start, self._fits)
        self.mind = Mind(scenario, self.chance, self.desk)
        self.world = World(Library(scenario.library), self._hear)
        slots = Slots.over(scenario.start, scenario.end)
        self.tally = Tally({process.name: process for process in scenario.library}, slots)
        self._listeners = (self.tally.hear, *heard)
        self._heap: list[tuple[datetime, int, int, Kind, Item | Worker | str | int]] = []
        self._number = 0
        self._dossiers: dict[str, Dossier] = {}
        self._ended: list[str] = []
        self._timers: dict[str, datetime] = {}
        self._free: list[Worker] = []
        self._arrivals = enumerate(scenario.arrivals.moments(scenario.start, scenario.close, self.chance), start=1)

    def run(self, progress: Callable[[int], None] = lambda _hours: None) -> Simulation:
        """
        Let the time of the scenario pass; `progress` is called with the hours as they go by.

        Raises:
            InputError: If more happens than a run can hold.
        """
        told = 0
        try:
            self._arrival()
            while self._heap and self._heap[0][0] <= self.scenario.end:
                at, _, _, kind, what = heappop(self._heap)
                self.now = max(self.now, at)
                self._happen(kind, what)
                hours = (self.now - self.scenario.start) // HOUR
                if hours > told:
                    progress(hours - told)
                    told = hours
                if self.world.steps > MOST_STEPS:
                    raise InputError(f"more than {MOST_STEPS:,} steps: write a shorter `length`, or fewer cases")
        except KeyboardInterrupt:
            self.interrupted = True
        self._close()
        progress((self.scenario.end - self.scenario.start) // HOUR - told)
        return self

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────

    def _happen(self, kind: Kind, what: Item | Worker | str | int) -> None:
        match what:
            case Item() if kind == "done" and what.stage == "working":
                self._done(what)
            case Item() if kind == "ahead" and what.stage == "ahead":
                if what.outsider is not None:
                    self._send(what, what.outsider)
                else:
                    self._follow((), [self._queue(what)])
            case Worker():
                what.woken = None
                self._look(what)
            case str() if self._timers.get(what) == self.now and what in self.world.families:
                del self._timers[what]
                self._follow(self.world.pass_time(what, self.now))
            case int():
                self._open(what)
            case _:
                pass  # The case has moved on meanwhile, or its timer has.

    def _arrival(self) -> None:
        found = next(self._arrivals, None)
        if found is not None:
            number, at = found
            self._push(at, "arrival", number)

    def _open(self, number: int) -> None:
        fields, actor = self.mind.opening(number, self.now)
        case = f"case-{number}"
        self._dossiers[case] = Dossier(str(number))
        answer = self.world.open(self.scenario.process, fields, actor, self.now, case)
        if isinstance(answer, Refusal):
            del self._dossiers[case]
            self.tally.refused[self.scenario.process.name, "open", answer.code] += 1
        else:
            self._follow(answer)
        self._arrival()

    def _done(self, item: Item) -> None:
        """Somebody has finished their work on something."""
        worker = item.worker
        if worker is not None:
            worker.done += 1
            self._release(worker, item)
            self._send(item, worker.person.actor)

    def _send(self, item: Item, actor: Actor) -> None:
        """Send the event that was meant; if it is refused, something else will be."""
        case = self.world.families[item.root][item.case]
        dossier, option = self._dossiers[item.case], item.option
        item.stage = "gone"
        del dossier.items[item.leaf]
        if option is None:
            return
        custom = self.scenario.customs[case.process]
        form = self.mind.form(custom, case, option, actor, dossier, self.now)
        answer = self.world.send(item.root, item.case, Event(option.event, form, actor), self.now)
        if isinstance(answer, Refusal):
            self.tally.refused[case.process, option.event, answer.code] += 1
            dossier.vain.setdefault(item.leaf, Counter())[option.event] += 1
            self._follow((item.root,))
        else:
            dossier.vain.clear()
            self._follow(answer)

    # ── what follows ───────────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, decision: Decision) -> None:
        case = decision.case
        if case.id not in self._dossiers:
            origin = self._dossiers[decision.journal[0].detail["origin"]]
            self._dossiers[case.id] = Dossier(origin.next(case.process))
        if case.ended:
            self._ended.append(case.id)
        for listener in self._listeners:
            listener(decision)

    def _follow(self, roots: tuple[str, ...], fresh: list[Item] | None = None) -> None:
        """Plan anew where cases have moved, arm their timers, and give new work to whoever is free."""
        fresh = [] if fresh is None else fresh
        for over in (*self._ended, *self.world.lost):
            for item in self._dossiers.pop(over).items.values():
                self._drop(item)
        self._ended.clear()
        self.world.lost.clear()
        for root in roots:
            for case in self.world.families.get(root, {}).values():
                fresh += self._plan(case)
            due = self.world.next_due(root)
            if due is None:
                self._timers.pop(root, None)
            elif self._timers.get(root) != due:
                self._timers[root] = due
                self._push(due, "time", root)
        while self._free:
            self._look(self._free.pop(0))
        for item in fresh:
            if item.stage == "queued":
                self._offer(item)

    def _plan(self, case: Case) -> Iterable[Item]:
        """Drop what was meant for states that were left, mean something in those entered; what is to be offered."""
        dossier = self._dossiers[case.id]
        for leaf, item in list(dossier.items.items()):
            if leaf not in case.states or case.arrivals.get(leaf) != item.arrived:
                del dossier.items[leaf]
                dossier.vain.pop(leaf, None)
                self._drop(item)
            elif item.stage == "queued" and self.desk.queue(item, case.fields):
                yield item  # Others may have the skills for it now.
        for leaf in dossier.vain.keys() - set(case.states):
            del dossier.vain[leaf]
        for leaf in case.states:
            if leaf not in dossier.items and not _waits(case, leaf):
                meant = self._intend(case, leaf, dossier)
                if meant is not None:
                    yield meant

    def _intend(self, case: Case, leaf: str, dossier: Dossier) -> Item | None:
        custom = self.scenario.customs[case.process]
        options = self.mind.open(custom, case, leaf, dossier, self.now)
        if not options:
            return None  # Asked again when the family has moved.
        option = self.mind.option(custom.places[leaf], options, dossier.next(f"choice/{leaf}"))
        item = Item(case.id, case.root, case.process, leaf, case.arrivals.get(leaf), option)
        dossier.items[leaf] = item
        if option is None:
            item.stage = "gone"
            return None
        item.keys, item.outsider = self.mind.who(option, case)
        if not item.keys and item.outsider is None:
            self.tally.nobody[case.process, leaf, option.event, option.who] += 1
            return None
        ahead = option.after or (None if item.outsider is None else option.reaction)
        if ahead is None:
            return self._queue(item)
        at = self._later(ahead, dossier.next(f"after/{option.event}"))
        if at is not None:
            self._push(at, "ahead", item)
        return None

    def _later(self, spread: Spread, what: str) -> datetime | None:
        """When a length that is drawn is over; None if that never comes."""
        length = spread.draw(self.chance.of(what))
        try:
            return self.now + length if spread.calendar is None else self.scenario.calendars[spread.calendar].due(
                self.now, length
            )  # fmt: skip
        except (CalendarError, OverflowError):
            return None

    # ── staff ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _fits(self, item: Item, worker: Worker) -> bool:
        """Whether a worker may and can take something."""
        case, option = self.world.families[item.root][item.case], item.option
        if option is None:
            return False
        if barred_by(option.rule.not_by, worker.person.actor, case, case.fields):
            return False
        skills = worker.person.skills
        return not skills or all(case.fields.get(name) in known for name, known in skills.items())

    def _queue(self, item: Item) -> Item:
        self._number += 1
        case = self.world.families[item.root][item.case]
        due = earliest_due(self.scenario.customs[case.process].process, case)
        item.rank = urgency(due, case, self._number)
        item.stage, item.since = "queued", self.now
        self.desk.queue(item, case.fields)
        if item.option is not None:
            self.tally.queued(item.option.who, self.now)
        return item

    def _offer(self, item: Item) -> None:
        worker, later = self.desk.taker(item, self.now)
        if worker is not None:
            self._start(worker, item)
        for opens, one in later:
            self._wake(one, opens)

    def _look(self, worker: Worker) -> None:
        """Let a worker who is free take what waits, now or when their hours begin."""
        if worker.item is not None or not self.desk.waits_for(worker):
            return
        opens = next_open(worker, self.now)
        if opens > self.now:
            self._wake(worker, opens)
            return
        item = self.desk.next_item(worker)
        if item is not None:
            self._start(worker, item)

    def _wake(self, worker: Worker, at: datetime) -> None:
        if worker.woken is None or at < worker.woken:
            worker.woken = at
            self._push(at, "wake", worker)

    def _start(self, worker: Worker, item: Item) -> None:
        option = item.option
        if option is None:
            return
        case = self.world.families[item.root][item.case]
        self.tally.taken(option.who, case.process, item.leaf, item.since, self.now, dropped=False)
        item.stage, item.worker, item.since, worker.item = "working", worker, self.now, item
        length = option.takes.draw(self.chance.of(self._dossiers[item.case].next(f"takes/{option.event}")))
        named = option.takes.calendar
        calendar = worker.person.calendar if named is None else self.scenario.calendars[named]
        with suppress(CalendarError):  # The hours of this person may end before the work does.
            self._push(calendar.due(self.now, length), "done", item)

    def _release(self, worker: Worker, item: Item) -> None:
        """Free a worker, with the work done so far counted."""
        worked = self.tally.work(worker.person.actor.id, worker.person.calendar, item.since, self.now)
        self.tally.worked_on(item.process, item.leaf, worked)
        worker.worked += worked
        worker.item, worker.idle_since = None, self.now
        self._free.append(worker)

    def _drop(self, item: Item) -> None:
        """The case has moved on, so that nothing comes of this."""
        if item.stage == "queued" and item.option is not None:
            self.tally.taken(item.option.who, item.process, item.leaf, item.since, self.now, dropped=True)
        if item.stage == "working" and item.worker is not None:
            self._release(item.worker, item)
        item.stage = "gone"

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────────

    def _push(self, at: datetime, kind: Kind, what: Item | Worker | str | int) -> None:
        self._number += 1
        heappush(self._heap, (at, _ORDER[kind], self._number, kind, what))

    def _close(self) -> None:
        """Count what is open as it stands at the end: when cases stop coming in, or later when the last one ends."""
        if not self.interrupted and self.world.families:
            self.now = self.scenario.end
        self.now = max(self.now, self.scenario.close) if not self.interrupted else self.now
        for worker in self.desk.workers:
            if worker.item is not None:
                self._release(worker, worker.item)
        for root in self.world.families:
            self.tally.stuck.update(self._stuck(root))
        self.tally.close(self.world.cases(), self.now)

    def _stuck(self, root: str) -> Iterable[tuple[str, str]]:
        """The states of a family in which nothing is left to try, if nobody means anything and no timer runs."""
        family = self.world.families[root].values()
        meant = any(item.stage != "gone" for case in family for item in self._dossiers[case.id].items.values())
        if not meant and self.world.next_due(root) is None:
            for case in family:
                places = self.scenario.customs[case.process].places
                for leaf in case.states:
                    if leaf in places and places[leaf].options and leaf not in self._dossiers[case.id].items:
                        yield case.process, leaf


def _waits(case: Case, leaf: str) -> bool:
    """Whether a state is on nobody's list: it lies in a `wait`, or before its window opens."""
    for name, timer in case.timers.items():
        if name.startswith("wait:") and timer.due is not None:
            path = name.removeprefix("wait:")
            if leaf == path or leaf.startswith(f"{path}."):
                return True
    return False
