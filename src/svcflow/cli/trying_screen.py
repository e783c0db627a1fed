"""What stands on the screen while a case is walked by hand: what happened, where it stands, who can do what."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen
from rich.console import Group, RenderableType
from rich.text import Text

from svcflow.cli import output
from svcflow.cli.journal import what
from svcflow.cli.refusals import listed, reason
from svcflow.cli.showing import Sheet, heading, pairs, sheet_of, standing
from svcflow.cli.stories import course_table
from svcflow.cli.words import Words, beside
from svcflow.core.decision import HookCall, Offer, Refusal
from svcflow.core.event import Actor
from svcflow.core.step import opening_fields
from svcflow.stories.names import NOTIFY
from svcflow.stories.walk import Outcome, Walk


@frozen
class Screen:
    """A walk as one actor sees it, in one of its cases."""

    walk: Walk
    language: str | None
    actor: Actor
    case: str | None

    @property
    def words(self) -> Words:
        """The words of the process that the case is of."""
        return Words.of(self.walk.of(self.case), self.language)

    def beginning(self) -> RenderableType:
        """Before the case is open."""
        process = self.walk.process
        by = process.opening.by
        who = "anyone" if by is None else listed(map(self.words.name, (*sorted(by.roles), *by.fields)))
        form = ((name, _form(self.words, offer)) for name, offer in (("1  open", offer) for offer in self.offers()))
        return Group(
            _title(f"{self.words.title()}, at {self.words.at(self.walk.desk.now)}"),
            output.inset(pairs([(self.words.say("opened by"), who), *form])),
        )

    def standing(self) -> RenderableType:
        """Where the case stands, its clocks, what comes next, and what the actor can do."""
        sheet = self._sheet()
        case, words = sheet.case, sheet.words
        line = f"{words.at(self.walk.desk.now)}  {words.title()}: {standing(case, words)}"
        others = list(self._others(sheet))
        elsewhere: list[RenderableType] = []
        if others:
            elsewhere += [heading(words.say("Other cases")), output.inset(pairs(others))]
        return Group(_title(line), *sheet.coming(), *self._menu(sheet), *elsewhere)

    def menu(self) -> RenderableType:
        """What the actor can do."""
        return Group(*self._menu(self._sheet()))

    def fields(self) -> RenderableType:
        """What stands in the fields."""
        return self._sheet().fields()

    def course(self) -> RenderableType:
        """Everything that happened so far."""

        def words_of(name: str) -> Words:
            return Words.of(self.walk.of(name), self.language)

        return output.inset(course_table(self.walk.desk.course, words_of))

    def offers(self) -> tuple[Offer, ...]:
        """What can be done here, those that are refused included."""
        process = self.walk.process
        if self.walk.desk.course:
            return self._sheet().menu
        known = opening_fields(process)
        ask = process.opening.ask
        return (Offer("open", ask, tuple(name for name in known if name not in ask)),)

    def _sheet(self) -> Sheet:
        desk = self.walk.desk
        return sheet_of(desk.engine, "", desk.case(self.case).id, self.actor, self.language, private=True)

    def _menu(self, sheet: Sheet) -> list[RenderableType]:
        if not sheet.menu:
            return []
        return [sheet.acting(), output.inset(pairs(self._offers(sheet)))]

    def _offers(self, sheet: Sheet) -> Iterator[tuple[str, str]]:
        for number, offer in enumerate(sheet.menu, start=1):
            name = f"{number:>2}  {beside(offer.event, sheet.words.name(offer.event))}"
            yield name, _form(sheet.words, offer) if offer.refusal is None else _why_not(sheet.words, offer.refusal)

    def _others(self, sheet: Sheet) -> Iterator[tuple[str, str]]:
        for case in self.walk.desk.cases():
            if case.id != sheet.case.id and not case.ended:
                words = Words.of(self.walk.of(case.process), self.language)
                own = case.process == self.walk.process.name
                yield words.states(case.states), f"{words.title()}: `in{'' if own else f' {case.process}'}`"


def happened(outcome: Outcome, walk: Walk, language: str | None) -> RenderableType:
    """What a deed did: entries of journals, and what their hooks were called with."""
    rows: list[tuple[str, str]] = []
    words = Words.of(walk.process, language)
    if not outcome.happened:
        rows.append((words.at(outcome.at), "nothing happened meanwhile"))
    for happening in outcome.happened:
        own = Words.of(walk.of(happening.process), language)
        states = own.states(happening.states) if happening.entry.moves else "stays"
        where = "" if happening.process == walk.process.name else f"{own.title()}: "
        rows.append((words.at(happening.entry.at), f"{where}{what(happening.entry, own)} -> {states}"))
        rows += [("", _call(call, own)) for call in outcome.calls if call.key in happening.entry.calls]
    return output.inset(pairs(rows))


def _call(call: HookCall, words: Words) -> str:
    if call.hook != NOTIFY:
        return f"calls {call.hook}"
    names = (one.name if one.kind == "person" else words.name(one.name) for one in call.to)
    told = listed(names, "and")
    return f"tells {told}{'' if call.message is None else f': {call.message}'}"


def _form(words: Words, offer: Offer) -> str:
    ask = f"asks for {listed(map(words.field, offer.ask), 'and')}" if offer.ask else ""
    may = f"takes {listed(map(words.field, offer.may), 'and')} too" if offer.may else ""
    return "; ".join(part for part in (ask, may) if part)


def _why_not(words: Words, refusal: Refusal) -> str:
    if refusal.code == "forbidden":
        return f"for {listed(map(words.name, refusal.parameters['by']))}"
    return f"no: {reason(refusal)}"


def _title(text: str) -> Text:
    return Text(f"\n{output.clean(text)}", style="bold reverse")
