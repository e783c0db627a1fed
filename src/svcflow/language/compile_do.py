"""Who may act and what is done: `by`, `not_by`, forms, `do` and the steps of an escalation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType

from attrs import field, frozen

from svcflow.core.clock import Step
from svcflow.core.rule import NOTHING, Actions, Bars, EscalationStep, Notify, People, Place, Start
from svcflow.language import schema
from svcflow.language.gather import Gathered
from svcflow.language.scope import Scope
from svcflow.language.spaces import ACTED, EVENT, FIELD, HOOK, PROCESS, TOLD, WHO
from svcflow.language.statetree import Spot, StateTree
from svcflow.language.times import WrittenStep, read_step


@frozen
class Need:
    """Another process that this one runs or starts, where it says so, and which of our fields it gets as which."""

    process: str
    place: Place
    key: bool
    run: bool = False
    rename: Mapping[str, str] = field(factory=dict)


@frozen(eq=False)
class Doing:
    """Compiles people and actions; `needs` collects the processes spoken of, `messages` the texts for notices."""

    scope: Scope
    tree: StateTree
    needs: list[Need] = field(factory=list)
    messages: list[tuple[str, Place]] = field(factory=list)

    def people(self, names: Iterable[str] | None, place: Place) -> People | None:
        """`by`: roles and person fields; None where nothing is said."""
        if names is None:
            return None
        return self.called(name for number, name in enumerate(names) if self.scope.refer(WHO, name, (*place, number)))

    def called(self, names: Iterable[str]) -> People:
        """The people of these names, which are known: roles, and person fields."""
        roles: set[str] = set()
        fields: list[str] = []
        for name in names:
            if name in self.scope.names("person"):
                fields.append(name)
                self.scope.used.add(("field", name))
            else:
                roles.add(name)
        return People(frozenset(roles), tuple(fields))

    def bars(self, names: Iterable[str], place: Place, at: Spot | None) -> Bars:
        """`not_by`: states with everything inside, and person fields."""
        states: set[str] = set()
        fields: list[str] = []
        for number, name in enumerate(names):
            person = name in self.scope.names("person")
            if person:
                fields.append(name)
                self.scope.used.update({("field", name), ("person", name)})
            spot = self.tree.find(name, at)
            if spot is None and not person:
                self.scope.miss(ACTED, name, self.scope.sources.span((*place, number)))
            elif spot is not None:
                self.scope.used.add(("state", spot.path))
                states.update(inner.path for inner in self.tree.inside(spot))
        return Bars(frozenset(states), tuple(fields))

    def form(self, names: Iterable[str], place: Place) -> tuple[str, ...]:
        """`ask`, `may`, `gives`: fields that exist."""
        return tuple(name for number, name in enumerate(names) if self.scope.refer(FIELD, name, (*place, number)))

    def actions(self, do: schema.Do | None, place: Place) -> Actions:
        """One `do`."""
        if do is None:
            return NOTHING
        values = []
        for name, written in do.set.items():
            if self.scope.refer(FIELD, name, (*place, "set", name), key=True):
                value = self.scope.expression(written, name, (*place, "set", name))
                values += [] if value is None else [(name, value)]
        for number, event in enumerate(do.send):
            self.scope.refer(EVENT, event, (*place, "send", number))
        for number, hook in enumerate(do.hook):
            self.scope.refer(HOOK, hook, (*place, "hook", number))
        return Actions(tuple(values), do.send, self._starts(do, (*place, "start")), do.hook, self._notices(do, place))

    def _starts(self, do: schema.Do, place: Place) -> tuple[Start, ...]:
        starts = []
        for process, rename in do.start.items():
            for theirs, ours in rename.items():
                self.scope.refer(FIELD, ours, (*place, process, theirs))
            self.need(Need(process, (*place, process), key=True, rename=rename))
            starts.append(Start(process, MappingProxyType(dict(rename))))
        return tuple(starts)

    def need(self, need: Need) -> None:
        """Remember another process; whether it exists is known only where its file could be."""
        self.needs.append(need)

    def _notices(self, do: schema.Do, place: Place) -> tuple[Notify, ...]:
        notices = []
        for to, message in do.notify.items():
            if self.scope.refer(TOLD, to, (*place, "notify", to), key=message is not None):
                if to in self.scope.names("person"):
                    self.scope.used.add(("field", to))
                notices.append(Notify(to, message))
            if message is not None:
                self.messages.append((message, (*place, "notify", to)))
        return tuple(notices)

    def escalations(self, gathered: Gathered) -> Mapping[str, tuple[EscalationStep, ...]]:
        """Every escalation of the process and its shared files."""
        found: dict[str, tuple[EscalationStep, ...]] = {}
        for file, form in gathered.forms.items():
            for name, steps in form.escalations.items():
                place = (*gathered.prefix(file), "escalations", name)
                found.setdefault(name, tuple(self._step(key, do, (*place, key)) for key, do in steps.items()))
        return found

    def _step(self, key: str, do: schema.Do, place: Place) -> EscalationStep:
        return EscalationStep(key, _step(read_step(key)), self.actions(do, place), place)


def unknown_process(scope: Scope, need: Need) -> None:
    """SF207: nothing beside this file has that name."""
    scope.refer(PROCESS, need.process, need.place, key=need.key)


def _step(written: WrittenStep) -> Step:
    length = written.length
    if length is None:
        return Step(written.percent)
    amount = -length.amount if written.before else length.amount
    match length.unit:
        case "min":
            return Step(written.percent, timedelta(minutes=amount))
        case "h":
            return Step(written.percent, timedelta(hours=amount))
        case "d":
            return Step(written.percent, days=amount)
        case "w":
            return Step(written.percent, weeks=amount)
        case "mo" | "y":
            return Step(written.percent, months=amount * (12 if length.unit == "y" else 1))
