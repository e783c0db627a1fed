"""Events, automatic moves and timers of the states as rules, and their alternatives as transitions of the chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import evolve, field, frozen

from svcflow.core.chart_tree import ChartTransition
from svcflow.core.event import EMPTY
from svcflow.core.rule import After, Alternative, Bars, People, Place, Qualified, Rule, Text
from svcflow.core.share import Share
from svcflow.language import schema
from svcflow.language.compile_do import Doing
from svcflow.language.compile_qualified import qualified
from svcflow.language.compile_times import Times
from svcflow.language.compile_words import text
from svcflow.language.forms import read_share
from svcflow.language.scope import Scope
from svcflow.language.spaces import STATE
from svcflow.language.statetree import Spot, StateTree

Door: TypeAlias = Literal["event", "anywhere", "auto", "done", "child", "after"]


@frozen
class Standing:
    """What a state hands down to its events: who may act in it, who not, and what for they must be qualified."""

    by: People | None
    not_by: Bars
    qualified: Qualified | None


@frozen
class _Target:
    """Where an alternative goes: the chart's targets, the state meant, and how it is counted."""

    kind: Literal["go", "here", "back", "last"]
    state: int | None
    count: str
    targets: tuple[int, ...] = ()


@frozen(eq=False)
class Rules:
    """
    Makes rules state by state, in file order.

    `transitions` and `moves` grow side by side. `histories` numbers the groups that something returns to with
    `X.last`; their histories stand in the chart behind all states.
    """

    scope: Scope
    tree: StateTree
    times: Times
    doing: Doing
    labels: Mapping[str, Text]
    calendar: str
    transitions: list[ChartTransition] = field(factory=list)
    moves: list[tuple[Rule, Alternative]] = field(factory=list)
    histories: dict[int, int] = field(factory=dict)

    def events(
        self, spot: Spot, standing: Standing, offered: Mapping[str, schema.AnywhereEvent]
    ) -> dict[str, tuple[Rule, ...]]:
        """A state's own events, and those that `anywhere` offers in it, after its own of the same name."""
        found: dict[str, tuple[Rule, ...]] = {}
        for name, form in spot.form.events.items():
            found[name] = (self._sent(spot, spot, name, form, standing),)
        for name, form in offered.items():
            found[name] = (*found.get(name, ()), self._sent(spot, None, name, form, standing))
        return found

    def _sent(self, spot: Spot, at: Spot | None, name: str, form: schema.Event, standing: Standing) -> Rule:
        """An event of a state, or with `at` None of `anywhere`: there names mean the same wherever it is offered."""
        place: Place = ("anywhere", name) if at is None else (*spot.place, "events", name)
        kind, trigger = self._door(at, name)
        by = self.doing.people(form.by, (*place, "by"))
        bars = self.doing.bars(form.not_by, (*place, "not_by"), at)
        needs = qualified(self.scope, form.qualified, (*place, "qualified"), standing.qualified)
        rule = self._rule(spot, at, Rule(name, kind, spot.index, trigger, (), place=place), form)
        if kind in {"child", "done"}:
            return self._note(rule)
        return self._note(
            evolve(
                rule,
                by=by or standing.by,
                not_by=standing.not_by | bars,
                qualified=needs,
                ask=self.doing.form(form.ask, (*place, "ask")),
                may=self.doing.form(form.may, (*place, "may")),
            )
        )

    def _door(self, spot: Spot | None, name: str) -> tuple[Door, str]:
        """By which door an event comes in, and its name in the chart: nobody can send one with a sign in it."""
        if spot is None:
            return "anywhere", name
        path = spot.path.replace(".", "/")
        if spot.form.run is not None:
            return "child", f"+child/{path}/{name}"
        if name == "done" and completes(self.tree, spot):
            return "done", f"+done/{path}"
        return "event", name

    def auto(self, spot: Spot) -> Rule | None:
        """The move that is taken at once."""
        form = spot.form.auto
        if form is None:
            return None
        place = (*spot.place, "auto")
        return self._note(self._rule(spot, spot, Rule("auto", "auto", spot.index, None, (), place=place), form))

    def after(self, spot: Spot) -> tuple[After, ...]:
        """The timers of a state."""
        found = []
        for number, (key, form) in enumerate(spot.form.after.items()):
            place = (*spot.place, "after", key)
            promise, every = self.times.after(key, place, self.calendar)
            trigger = f"+after/{spot.path.replace('.', '/')}/{number}"
            blank = Rule(key, "after", spot.index, trigger, (), place=place)
            rule = self._note(self._rule(spot, spot, blank, form))
            if promise is not None:
                found.append(After(f"after:{spot.path}:{key}", promise, rule, every, place))
        return tuple(found)

    def _rule(self, spot: Spot, at: Spot | None, blank: Rule, form: schema.Auto) -> Rule:
        """Fill in alternatives, actions and title."""
        place = blank.place
        written = form.to or (schema.Alternative(),)
        # What `anywhere` offers is drawn once, so that nobody can choose by where it is sent.
        drawing = f"{'' if at is None else at.path}/{'+auto' if blank.kind == 'auto' else blank.name}"
        shares = _shares(drawing, [one.share or form.share for one in written])
        alternatives = tuple(
            evolve(self._alternative(spot, at, blank, form, alternative, number), share=share)
            for number, (alternative, share) in enumerate(zip(written, shares, strict=True))
        )
        return evolve(
            blank,
            alternatives=alternatives,
            do=self.doing.actions(form.do, (*place, "do")),
            title=text(self.scope, form.title, (*place, "title")) or self.labels.get(blank.name, EMPTY),
        )

    def _note(self, rule: Rule) -> Rule:
        self.moves.extend((rule, alternative) for alternative in rule.alternatives)
        return rule

    def _alternative(
        self, spot: Spot, at: Spot | None, rule: Rule, form: schema.Auto, written: schema.Alternative, number: int
    ) -> Alternative:
        place = (*rule.place, "to", number)
        # With a single target, its condition and its `max` may stand beside it, at the event.
        when_place = (*place, "when") if written.when is not None else (*rule.place, "when")
        target = self._target(written.to, at, (*place, "to"))
        index = len(self.transitions)
        self.transitions.append(self._transition(spot, rule, target))
        return Alternative(
            index=index,
            kind=target.kind,
            target=target.state,
            count=f"{spot.path}/{rule.name}/{target.count}",
            when=self.scope.condition(written.when if written.when is not None else form.when, when_place),
            max=written.max if written.max is not None else form.max,
            do=self.doing.actions(written.do, (*place, "do")),
            place=place,
        )

    def _target(self, name: str | None, at: Spot | None, place: Place) -> _Target:
        if name is None or name == "here":
            return _Target("here", None, "here")
        if name == "back":
            return _Target("back", None, "back")
        if name.endswith(".last"):
            return self._last(name, at, place)
        spot = self.tree.resolve(self.scope, name, at, place)
        if spot is None:
            return _Target("here", None, name)
        return _Target("go", spot.index, spot.path, (spot.index,))

    def _last(self, name: str, at: Spot | None, place: Place) -> _Target:
        group = self.tree.resolve(self.scope, name.removesuffix(".last"), at, place, STATE)
        if group is None:
            return _Target("here", None, name)
        if not group.form.states:
            self.scope.error("SF201", place, f"`{group.path}` has no inner states to return to",
                             hint=f"write `to: {group.path}`")  # fmt: skip
        history = self.histories.setdefault(group.index, len(self.tree.spots) + len(self.histories))
        return _Target("last", group.index, f"{group.path}.last", (history,))

    def _transition(self, spot: Spot, rule: Rule, target: _Target) -> ChartTransition:
        inside = target.state is not None and self._is_inside(target, spot)
        return ChartTransition(
            spot.index,
            () if rule.trigger is None else (rule.trigger,),
            target.targets,
            # An event of a group to a state inside it does not leave the group.
            internal=inside and bool(spot.form.states) and not spot.form.parallel,
            back=target.kind == "back",
        )

    def _is_inside(self, target: _Target, spot: Spot) -> bool:
        goal = self.tree.spots[target.state] if target.state is not None else spot
        around = list(self.tree.around(goal))
        return spot in (around if target.kind == "last" else around[1:])


def _shares(drawing: str, written: Sequence[str | None]) -> Iterator[Share | None]:
    """The shares of one list lie side by side: no case is in two of them."""
    low = 0
    for text_ in written:
        high = low + (0 if text_ is None else read_share(text_))
        yield None if text_ is None else Share(drawing, low, high)
        low = high


def completes(tree: StateTree, spot: Spot) -> bool:
    """Whether `done` happens here by itself: an inner end is reached, in a parallel state one in each region."""
    inner = tree.inner.get(spot.index, ())
    if spot.form.parallel:
        return bool(inner) and all(completes(tree, region) for region in inner)
    return any(state.form.end is not None for state in inner)
