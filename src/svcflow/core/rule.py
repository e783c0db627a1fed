"""What an author says of one event, timer or limit: who, which form, which way, what is done; every name resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from attrs import field, frozen

from svcflow.core.clock import Step
from svcflow.core.condition import Condition, Expression
from svcflow.core.event import EMPTY
from svcflow.core.promise import Promise
from svcflow.core.share import Share

Text: TypeAlias = Mapping[str, str]
"""One text per language; a text that is the same in all of them stands under the empty language."""


Place: TypeAlias = tuple[str | int, ...]
"""Where a thing stands in its YAML: the keys and list positions from the top of its file, for findings and drawings."""


@frozen
class People:
    """Who may act: holders of a role, and whoever stands in a person field."""

    roles: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()


@frozen
class Bars:
    """Who may not act (`not_by`): whoever acted in one of these states, and whoever stands in one of these fields."""

    states: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()

    def __or__(self, other: Bars) -> Bars:
        return Bars(self.states | other.states, tuple(dict.fromkeys(self.fields + other.fields)))


NO_BARS = Bars()


@frozen
class Qualified:
    """
    What whoever acts must be qualified for (`qualified`): names with the least level of each, all of them.

    With `per`, the field's value chooses what is needed; `needs` holds where no row does.
    """

    needs: Mapping[str, int] = EMPTY
    per: str | None = None
    rows: Mapping[str, Mapping[str, int]] = EMPTY


@frozen
class Start:
    """`start: {service_ticket: {fault: advice}}`: open an independent case, `rename` maps its field to ours."""

    process: str
    rename: Mapping[str, str] = EMPTY


@frozen
class Notify:
    """Tell somebody: `to` is a role, a person field or the word `responsible`; `message` names the text to use."""

    to: str
    message: str | None = None


@frozen
class Actions:
    """A `do`: always carried out in the order of these fields. `acts`: there is more in it than `set`."""

    set: tuple[tuple[str, Expression], ...] = ()
    send: tuple[str, ...] = ()
    start: tuple[Start, ...] = ()
    hooks: tuple[str, ...] = ()
    notify: tuple[Notify, ...] = ()
    acts: bool = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "acts", bool(self.send or self.start or self.hooks or self.notify))


NOTHING = Actions()


@frozen
class Alternative:
    """
    One way an event can go.

    `index` is its transition in the chart. `count` names it in the counters behind `max`: state/event/target.
    `limited`: it can be closed though its condition holds.
    """

    index: int
    kind: Literal["go", "here", "back", "last"]
    target: int | None
    count: str
    when: Condition | None = None
    max: int | None = None
    do: Actions = NOTHING
    place: Place = ()
    share: Share | None = None
    limited: bool = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "limited", self.max is not None or self.share is not None)


@frozen
class Rule:
    """
    What one event does in one state: who, which form, which alternatives.

    `trigger` is the event's name in the chart; the engine's own events have dots in it, so nobody can send them.
    `kind` tells the door: `event` and `anywhere` are sent by actors, `auto` is eventless, `done` and `child` are the
    engine's, `after` a timer's; `sent` is true of the first two. `transitions` are those of its alternatives.
    `qualified` is None where no qualification is needed.
    """

    name: str
    kind: Literal["event", "anywhere", "auto", "done", "child", "after"]
    state: int
    trigger: str | None
    alternatives: tuple[Alternative, ...]
    by: People | None = None
    not_by: Bars = NO_BARS
    ask: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    do: Actions = NOTHING
    title: Text = EMPTY
    place: Place = ()
    qualified: Qualified | None = None
    sent: bool = field(init=False, eq=False, repr=False)
    transitions: frozenset[int] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "sent", self.kind in {"event", "anywhere"})
        object.__setattr__(self, "transitions", frozenset(alternative.index for alternative in self.alternatives))


class Course(NamedTuple):
    """What taking a move means beside the change of states: the `do` that write, and those that do more."""

    rule: Rule
    alternative: Alternative
    writes: tuple[Actions, ...]
    acts: tuple[Actions, ...]

    @classmethod
    def of(cls, rule: Rule, alternative: Alternative) -> Course:
        """The event's own `do` comes before that of its alternative."""
        both = (rule.do, alternative.do)
        return cls(rule, alternative, tuple(do for do in both if do.set), tuple(do for do in both if do.acts))


@frozen
class After:
    """A time after which `rule` happens; `every` repeats it. `name` is its timer's name, `after:PATH:4h`."""

    name: str
    promise: Promise
    rule: Rule
    every: bool = False
    place: Place = ()


@frozen
class EscalationStep:
    """One step of an escalation: when, as `Step`, and what is done. `key` is the step as written, `100% + 4h`."""

    key: str
    step: Step
    do: Actions
    place: Place = ()


@frozen
class Escalation:
    """The steps of one clock or limit; `rising` when plainly none comes before the one above it."""

    steps: tuple[EscalationStep, ...] = ()
    rising: bool = True

    @classmethod
    def of(cls, steps: tuple[EscalationStep, ...]) -> Escalation:
        """The steps in file order."""
        shares = [one.step.share for one in steps]
        return cls(steps, all(one.step.plain for one in steps) and shares == sorted(shares))


NO_ESCALATION = Escalation()


@frozen
class Limit:
    """`limit`, or the close of a `window`: measures and tells, and moves nothing."""

    promise: Promise
    escalation: tuple[EscalationStep, ...] = ()
    place: Place = ()


@frozen
class Opening:
    """Who may open a case (None: anyone) and with which form; `free` without an `open`: any declared field."""

    by: People | None = None
    ask: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    free: bool = True


FREE_OPENING = Opening()
