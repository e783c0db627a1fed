"""`show`: one case with all that a person asks about it: where, what, how late, what comes next, who may do what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from attrs import frozen
from rich.console import Group, RenderableType
from rich.text import Text

from svcflow.cli import output
from svcflow.cli.ahead import Ahead, ahead
from svcflow.cli.data import Json, call_json, case_json, clock_json, offer_json, plain
from svcflow.cli.options import (
    ActorOption,
    AtOption,
    FormatOption,
    ForOption,
    GroupOption,
    LanguageOption,
    QualifiedOption,
    RoleOption,
    StoreOption,
    TenantOption,
    actor_of,
    instant_of,
)
from svcflow.cli.refusals import listed, reason
from svcflow.cli.session import desk, find_case
from svcflow.cli.words import MASK, Words, called
from svcflow.core.case import Case
from svcflow.core.decision import Offer
from svcflow.core.event import Actor
from svcflow.core.sight import UNSEEN
from svcflow.diagram.lengths import length
from svcflow.engine import Engine
from svcflow.inquiry import ClockView
from svcflow.stores.base import Delivery

STANDS = {"waiting": "waits", "claimed": "under way", "dead": "failed for good"}
"""Of a hook call, what its states are called."""
NOBODY = Actor("nobody")
"""Someone who may do nothing: the refusals then say who may."""


def show(
    case: Annotated[str, typer.Argument(metavar="CASE", help="An id, or its beginning.", show_default=False)],
    store: StoreOption,
    actor: ActorOption = None,
    role: RoleOption = None,
    group: GroupOption = None,
    for_: ForOption = None,
    qualified: QualifiedOption = None,
    private: Annotated[bool, typer.Option("--private", help="Show private values too.")] = False,
    at: AtOption = None,
    language: LanguageOption = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Show one case as of now: states, fields, clocks, what happens next by itself, and what can be done.

    With an actor it is what that actor sees and can do; without one it says who may do what.

    Examples:
      svcflow show 01a20000ab --store sqlite:///service.db
      svcflow show 01a20000ab --actor li --role agent --store sqlite:///service.db
    """
    named = bool(actor or role or group or for_ or qualified)
    who = actor_of(actor, role, group, for_, qualified) if named else None
    with desk(store, at=instant_of("--at", at)) as engine:
        sheet = sheet_of(engine, tenant, find_case(engine, tenant, case), who, language, private=private)
    if format_ == "json":
        output.write_json(sheet.json())
    else:
        output.show(sheet.text())


@frozen
class Sheet:
    """Everything about one case; `hidden` are the names of private fields that are not to be seen."""

    case: Case
    words: Words
    clocks: tuple[ClockView, ...]
    ahead: tuple[Ahead, ...]
    who: Actor | None
    menu: tuple[Offer, ...]
    links: tuple[tuple[str, str, str], ...]
    hidden: frozenset[str]
    calls: tuple[Delivery, ...] = ()

    def json(self) -> Json:
        """As data."""
        return case_json(self.case, self.hidden) | {
            "clocks": [clock_json(clock) for clock in self.clocks],
            "next": [{"at": plain(one.at), "timer": one.timer, "does": one.does} for one in self.ahead],
            "menu": [offer_json(offer, self.hidden) for offer in self.menu],
            "links": [{"from": origin, "to": to, "kind": kind} for origin, to, kind in self.links],
            "calls": [call_json(call) for call in self.calls],
        }

    def text(self) -> RenderableType:
        """For a person."""
        parts: list[RenderableType] = [Text(f"{self.words.title()} {output.clean(self.case.id)}", style="bold")]
        parts += [output.inset(pairs(self._head()))]
        if self.case.fields:
            parts += [heading(self.words.say("Fields")), self.fields()]
        parts += self.coming()
        if self.calls:
            parts += [heading(self.words.say("Calls not delivered yet")), output.inset(self._calls())]
        if self.menu:
            parts += [self.acting(), output.inset(pairs(self._offers()))]
        return Group(*parts)

    def acting(self) -> Text:
        """The heading above what can be done."""
        say = self.words.say
        return heading(say("Who can do what") if self.who is None else say("What {0} can do", called(self.who)))

    def fields(self) -> RenderableType:
        """What stands in the fields."""
        return output.inset(pairs(self._fields()))

    def coming(self) -> list[RenderableType]:
        """How the clocks stand, and what happens next if nobody does anything."""
        parts: list[RenderableType] = []
        if self.clocks:
            parts += [heading(self.words.say("Clocks")), output.inset(self._clocks())]
        if self.ahead:
            happens = ((self.words.at(one.at), one.does) for one in self.ahead)
            parts += [heading(self.words.say("Next, if nobody does anything")), output.inset(pairs(happens))]
        return parts

    def _head(self) -> Iterator[tuple[str, str]]:
        case, words = self.case, self.words
        yield words.say("process"), words.say("{0} version {1}", case.process, case.version)
        yield words.say("state"), standing(case, words)
        yield words.say("opened"), words.at(case.opened_at)
        yield words.say("last move"), words.at(case.moved_at)
        for origin, to, kind in self.links:
            if to == case.id:
                yield words.say("runs in" if kind == "run" else "started by"), origin
            elif kind == "run":
                yield words.say("runs" if to in case.children.values() else "ran"), to
            else:
                yield words.say("started"), to

    def _fields(self) -> Iterator[tuple[str, str]]:
        for name, value in self.case.fields.items():
            if name != "opened_at":
                yield self.words.field(name), MASK if name in self.hidden else self.words.value(name, value)

    def _clocks(self) -> RenderableType:
        head = self.words.heads("CLOCK", "STANDS", "USED", "OF", "LEFT", "DUE")
        return output.table(head, (_clock_row(clock, self.words) for clock in self.clocks), right=head[2:5])

    def _calls(self) -> RenderableType:
        words = self.words
        rows = (
            (one.call.hook, words.say(STANDS[one.state]), str(one.attempts), words.at(one.next_at), one.error or "")
            for one in self.calls
        )
        head = words.heads("HOOK", "STANDS", "TRIED", "NEXT TRY", "WHAT IT SAID")
        return output.table(head, rows, right=head[2:3])

    def _offers(self) -> Iterator[tuple[str, str]]:
        for offer in self.menu:
            name, refused = self.words.name(offer.event), offer.refusal
            name = name if name == offer.event else f"{offer.event} ({name})"
            if refused is None:
                yield name, _form(offer)
            elif self.who is None and refused.code == "forbidden":
                yield name, f"{listed(refused.parameters['by'])}"
            else:
                yield name, f"no: {reason(refused)}"


def sheet_of(engine: Engine, tenant: str, id_: str, who: Actor | None, language: str | None, *, private: bool) -> Sheet:
    """
    A case as of now.

    Raises:
        CaseNotFound: If there is none.
        InputError: If its process has languages, and this is none of them.
    """
    case = engine.case(id_, viewer=who, tenant=tenant)
    words = Words.of(engine.process(case.process, case.version, tenant=tenant), language)
    return Sheet(
        case,
        words,
        engine.clocks(id_, viewer=who, tenant=tenant),
        ahead(engine.case(id_, tenant=tenant), words),
        who,
        engine.menu(id_, actor=NOBODY if who is None else who, tenant=tenant),
        engine.store.links(tenant, id_),
        frozenset() if private else words.process.private,
        engine.outbox(id_, tenant=tenant) if who is None else (),  # What a hook said may quote what not all see.
    )


def _clock_row(clock: ClockView, words: Words) -> tuple[str | Text, ...]:
    name = words.name(clock.name) if clock.kind == "clock" else words.say("limit of {0}", words.state(clock.name))
    stands: str | Text = words.say("met" if clock.met else clock.state)
    if clock.late:
        late = words.say("late") if clock.state == "stopped" else words.say("{0}, late", stands)
        stands = Text(late, style="red")
    left = ""
    if clock.remaining is not None and clock.state != "stopped":
        left = f"{'-' if clock.remaining.days < 0 else ''}{length(clock.remaining)}"
    promised = str(UNSEEN) if clock.unseen else ""
    return (
        name if clock.cycle == 1 else f"{name} ({clock.cycle})",
        stands,
        length(clock.elapsed),
        promised if clock.target is None else length(clock.target),
        left,
        "" if clock.due is None else words.at(clock.due),
    )


def _form(offer: Offer) -> str:
    ask = f"asks for {listed(offer.ask, 'and')}" if offer.ask else ""
    may = f"takes {listed(offer.may, 'and')} too" if offer.may else ""
    return "; ".join(part for part in (ask, may) if part)


def standing(case: Case, words: Words) -> str:
    """The states of a case, and how it ended."""
    states = words.states(case.states)
    return states if case.status == "open" else words.say(f"{{0}} ({case.status})", states)


def heading(text: str) -> Text:
    """The heading of a part."""
    return Text(f"\n{text}", style="bold")


def pairs(rows: Iterable[tuple[str, Any]]) -> RenderableType:
    """Names, and what is said of each beside them."""
    made = output.table(("", ""), rows)
    made.show_header = False
    return made
