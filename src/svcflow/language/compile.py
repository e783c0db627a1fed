"""From the forms of a file and its shared files to a `Process`: every name resolved, nothing left to look up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType

from attrs import evolve, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.chart import Chart
from svcflow.core.chart_tree import ChartState, Kind
from svcflow.core.event import EMPTY
from svcflow.core.process import ClockRule, Migration, Process, State
from svcflow.core.promise import Table, Window
from svcflow.core.rule import Bars, EscalationStep, Limit, Opening, People, Place
from svcflow.errors import ChartError
from svcflow.language import schema
from svcflow.language.behaviour import digest
from svcflow.language.compile_do import Doing, Need
from svcflow.language.compile_qualified import qualified
from svcflow.language.compile_rules import Rules, Standing
from svcflow.language.compile_seen import say_who_sees
from svcflow.language.compile_times import Times
from svcflow.language.compile_words import HolidaySource, calendars, declare_words, merged_labels, text
from svcflow.language.gather import Gathered
from svcflow.language.scope import Scope
from svcflow.language.spaces import CALENDAR, CLOCK, ESCALATION, EVENT, MIGRATED
from svcflow.language.statetree import Spot, StateTree


@frozen(eq=False)
class Outcome:
    """What compiling came to: the process if nothing is missing, the names, and the other processes it needs."""

    process: Process | None
    scope: Scope
    tree: StateTree
    needs: tuple[Need, ...] = ()
    messages: tuple[tuple[str, Place], ...] = ()
    calendars: Mapping[str, Calendar] = EMPTY


def compile_process(gathered: Gathered, form: schema.ProcessFile, holidays: HolidaySource) -> Outcome:
    """Compile a process whose files all fit the schema."""
    return _Compilation(gathered, form, holidays).outcome()


def compile_shared(gathered: Gathered, holidays: HolidaySource) -> Outcome:
    """Look through a file of shared words by itself; there is no process, and events of processes are unknown."""
    scope, tree = Scope(gathered.sources), StateTree(())
    declare_words(scope, gathered)
    Times.of(scope, gathered)
    doing = Doing(scope, tree)
    doing.escalations(gathered)
    working = calendars(scope, gathered, holidays, spared=False)
    return Outcome(None, scope, tree, tuple(doing.needs), tuple(doing.messages), working)


class _Compilation:
    """One run over the file, top to bottom; what is compiled first is what others speak of."""

    def __init__(self, gathered: Gathered, form: schema.ProcessFile, holidays: HolidaySource) -> None:
        self.gathered = gathered
        self.form = form
        self.scope = Scope(gathered.sources)
        self.tree = StateTree.of(form.states)
        self.doing = Doing(self.scope, self.tree)
        self.labels = merged_labels(gathered)
        declare_words(self.scope, gathered)
        self._declare_own()
        self.seen_by = say_who_sees(self.doing, gathered, form)
        self.holidays = holidays
        self.calendar = form.calendar or "always"
        if form.calendar is not None:
            self.scope.refer(CALENDAR, form.calendar, ("calendar",))
        self.times = Times.of(self.scope, gathered)
        self.escalations = self.doing.escalations(gathered)
        self.steps = self._escalation(form.escalation, ("escalation",))

    def _declare_own(self) -> None:
        """States, clocks and events, so that all of the file can speak of them."""
        for spot in self.tree.spots:
            self.scope.declare("state", spot.path, spot.place)
            for name in spot.form.events:
                self.scope.declared.setdefault("event", {}).setdefault(name, (*spot.place, "events", name))
        for name in self.form.anywhere:
            self.scope.declared.setdefault("event", {}).setdefault(name, ("anywhere", name))
        for name in self.form.sla:
            self.scope.declare("clock", name, ("sla", name))

    def _escalation(self, name: str | None, place: Place) -> tuple[EscalationStep, ...]:
        if name is None or not self.scope.refer(ESCALATION, name, place):
            return ()
        return self.escalations.get(name, ())

    def outcome(self) -> Outcome:
        opening = self._opening()
        clocks = {name: clock for name, form in self.form.sla.items() if (clock := self._clock(name, form)) is not None}
        rules = Rules(self.scope, self.tree, self.times, self.doing, self.labels, self.calendar)
        states = self._states(rules)
        gives = self.doing.form(self.form.gives, ("gives",))
        migrations = {version: self._migration(version, form) for version, form in self.form.migrate.items()}
        title = text(self.scope, self.form.title, ("title",))
        working = calendars(self.scope, self.gathered, self.holidays)
        process = None
        chart = None if self.scope.failed else self._chart(rules)
        if chart is not None:
            gathered, form = self.gathered, self.form
            texts = {file: document.text for file, document in gathered.sources.documents.items()}
            process = Process(
                name=form.process, version=form.version, digest="", states=states, chart=chart,
                moves=tuple(rules.moves), fields=MappingProxyType(self.scope.fields),
                calendars=self._with_always(working), calendar=self.calendar, roles=frozenset(self.scope.names("role")),
                hooks=frozenset(self.scope.names("hook")), opening=opening, clocks=MappingProxyType(clocks),
                gives=gives, migrations=MappingProxyType(migrations), languages=self.scope.languages, title=title,
                labels=MappingProxyType(dict(self.labels)), sources=MappingProxyType(texts), file=gathered.file,
                used_fields=self._used_fields(), qualifications=frozenset(self.scope.names("qualification")),
                seen_by=self.seen_by,
            )  # fmt: skip
            process = evolve(process, digest=digest(process))
        return Outcome(process, self.scope, self.tree, tuple(self.doing.needs), tuple(self.doing.messages), working)

    def _with_always(self, working: Mapping[str, Calendar]) -> Mapping[str, Calendar]:
        zone = working[self.calendar].zone if self.calendar in working else UTC
        used = {name: calendar for name, calendar in working.items() if ("calendar", name) in self.scope.used}
        return MappingProxyType({"always": Calendar.always(zone), **used})

    def _used_fields(self) -> frozenset[str]:
        if self.form.open is None:
            return frozenset(self.scope.fields)
        return frozenset(name for kind, name in self.scope.used if kind in {"field", "moment", "person"})

    def _opening(self) -> Opening:
        form = self.form.open
        if form is None:
            return Opening()
        doing = self.doing
        by, ask, may = doing.people(form.by, ("open", "by")), form.ask, form.may
        return Opening(by, doing.form(ask, ("open", "ask")), doing.form(may, ("open", "may")), free=False)

    def _clock(self, name: str, form: schema.Clock) -> ClockRule | None:
        place = ("sla", name)
        starts, stops = (
            frozenset(
                spot.index
                for number, state in enumerate(names)
                if (spot := self.tree.resolve(self.scope, state, None, (*place, word, number))) is not None
            )
            for word, names in (("from", form.starts), ("until", form.stops))
        )
        for number, event in enumerate(form.renew):
            self.scope.refer(EVENT, event, (*place, "renew", number))
        calendar = form.calendar or self.calendar
        if form.calendar is not None:
            self.scope.refer(CALENDAR, form.calendar, (*place, "calendar"))
        promise = self.times.time(form.target, (*place, "target"), calendar)
        steps = self.steps if form.escalation is None else self._escalation(form.escalation, (*place, "escalation"))
        title = text(self.scope, form.title, (*place, "title")) or self.labels.get(name, EMPTY)
        if promise is None:
            return None
        return ClockRule(
            name, starts, stops, promise, calendar, frozenset(form.renew), form.again or "restart", steps, title, place
        )

    def _states(self, rules: Rules) -> tuple[State, ...]:
        top = State(-1, "", "", None, by=self.doing.people(self.form.by, ("by",)),
                    not_by=self.doing.bars(self.form.not_by, ("not_by",), None),
                    qualified=qualified(self.scope, self.form.qualified, ("qualified",), None),
                    pause=self._paused(self.form.pause, ("pause",)))  # fmt: skip
        offered = self._offered()
        states: list[State] = []
        for spot in self.tree.spots:
            outer = top if spot.parent is None else states[spot.parent]
            states.append(self._state(spot, outer, rules, offered[spot.index]))
        return tuple(states)

    def _offered(self) -> list[dict[str, schema.AnywhereEvent]]:
        """Which events of `anywhere` are offered in which states."""
        offered: list[dict[str, schema.AnywhereEvent]] = [{} for _ in self.tree.spots]
        for name, form in self.form.anywhere.items():
            spots: list[Spot | None]
            if form.places is None:
                spots = [spot for spot in self.tree.inner.get(None, ()) if spot.form.end is None]
            else:
                spots = [
                    self.tree.resolve(self.scope, state, None, ("anywhere", name, "in", number))
                    for number, state in enumerate(form.places)
                ]
            for spot in spots:
                if spot is not None:
                    offered[spot.index][name] = form
        return offered

    def _paused(self, names: tuple[str, ...], place: Place) -> frozenset[str]:
        for number, name in enumerate(names):
            self.scope.refer(CLOCK, name, (*place, number))
        return frozenset(self.form.sla) if "all" in names else frozenset(names)

    def _state(self, spot: Spot, outer: State, rules: Rules, offered: dict[str, schema.AnywhereEvent]) -> State:
        form, place, doing, times = spot.form, spot.place, self.doing, self.times
        by: People | None = doing.people(form.by, (*place, "by")) or outer.by
        not_by: Bars = outer.not_by | doing.bars(form.not_by, (*place, "not_by"), spot)
        window = None if form.window is None else times.window(form.window, (*place, "window"), self.calendar)
        if form.run is not None:
            doing.need(Need(form.run, (*place, "run"), key=False, run=True))
        needs = qualified(self.scope, form.qualified, (*place, "qualified"), outer.qualified)
        standing = Standing(by, not_by, needs)
        return State(
            index=spot.index, name=spot.name, path=spot.path, parent=spot.parent,
            children=tuple(inner.index for inner in self.tree.inner.get(spot.index, ())),
            parallel=form.parallel, end=form.end, by=by, not_by=not_by,
            do=doing.actions(form.do, (*place, "do")),
            wait=times.time(form.wait, (*place, "wait"), self.calendar), window=window,
            limit=self._limit(spot, window),
            pause=outer.pause | self._paused(form.pause, (*place, "pause")), run=form.run,
            events=MappingProxyType(rules.events(spot, standing, offered)),
            auto=rules.auto(spot), after=rules.after(spot),
            title=text(self.scope, form.title, (*place, "title")) or self.labels.get(spot.name, EMPTY),
            place=place, qualified=needs,
        )  # fmt: skip

    def _limit(self, spot: Spot, window: Window | Table | None) -> Limit | None:
        """`limit`, else the close of the window."""
        place: Place = (*spot.place, "limit" if spot.form.window is None else "window")
        promise = window or self.times.time(spot.form.limit, place, self.calendar)
        return None if promise is None else Limit(promise, self.steps, place)

    def _migration(self, version: int, form: schema.Migration | str) -> Migration:
        place = ("migrate", str(version))
        if version >= self.form.version:
            message = f"`migrate:` speaks of version {version}; this is version {self.form.version}"
            self.scope.error(
                "SF705", place, message, hint="name an earlier version here, or count `version:` up", key=True
            )
        if isinstance(form, str):
            return Migration(version, finish=True)
        states: dict[str, str] = {}
        for old, new in form.states.items():
            spot = self.tree.resolve(self.scope, new, None, (*place, "states", old), MIGRATED)
            if spot is not None:
                states[old] = spot.path
        do = self.doing.actions(schema.Do(set=form.set), place)
        return Migration(version, finish=False, states=MappingProxyType(states), set=do.set)

    def _chart(self, rules: Rules) -> Chart | None:
        states = [ChartState(spot.path.replace(".", "/"), spot.parent, _kind(spot)) for spot in self.tree.spots]
        for group in rules.histories:
            states.append(ChartState(f"{states[group].id}/+last", group, "history", deep=True))
        try:
            return Chart.build(states, rules.transitions)
        except ChartError as error:
            self.scope.error("SF106", ("states",), f"these states contradict each other: {error}", key=True,
                             hint="look at groups, parallel states and ends")  # fmt: skip
            return None


def _kind(spot: Spot) -> Kind:
    if spot.form.parallel:
        return "parallel"
    if spot.form.states:
        return "compound"
    return "atomic" if spot.form.end is None else "final"
