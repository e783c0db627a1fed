"""What is wrong with a scenario, told at its place, with what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from attrs import field, frozen

from svcflow.core.calendar import Calendar
from svcflow.core.process import Process
from svcflow.core.rule import Place as Where
from svcflow.language.findings import Finding, Fix
from svcflow.language.nodes import Document
from svcflow.language.times import Misread
from svcflow.simulate.spread import Spread, read_spread
from svcflow.stories.names import meant

ALWAYS = "always"


@frozen(eq=False)
class Telling:
    """A scenario and the processes that it may speak of; `found` is what is wrong with it."""

    document: Document
    library: Sequence[Process]
    found: list[Finding] = field(init=False, factory=list)

    @property
    def process(self) -> Process:
        """The process whose cases come in."""
        return self.library[0]

    @property
    def office(self) -> Calendar:
        """Its calendar."""
        return self.process.calendars[self.process.calendar]

    def calendars(self) -> Mapping[str, Calendar]:
        """Every calendar that a name can mean."""
        found = {name: one for process in reversed(self.library) for name, one in process.calendars.items()}
        return MappingProxyType({**found, ALWAYS: Calendar.always(self.office.zone)})

    def spread(self, text: str | None, place: Where) -> Spread | None:
        """A distribution whose calendar, if it names one, is known."""
        if text is None:
            return None
        spread = read_spread(text)
        if spread.calendar is not None:
            self.named("calendar", "SF204", spread.calendar, self.calendars(), place)
        return spread

    def named(
        self, what: str, code: str, name: str, known: Iterable[str], place: Where, *, key: bool = False, hint: str = ""
    ) -> bool:
        """Whether there is something of this name; if not, that is told with what was probably meant."""
        names = sorted(known)
        if name in names:
            return True
        near, help_ = meant(name, names)
        span = self.document.span(place, key=key)
        fix = None if near is None else Fix.word(span, near, name, names)
        help_ = help_ if near else "; ".join(one for one in (help_, hint) if one)
        finding = Finding.at(span, code, "error", f"no {what} is called `{name}`", hint=help_, fix=fix)
        if finding not in self.found:  # What is said for all processes is read for each of them.
            self.found.append(finding)
        return False

    def wrong(self, place: Where, code: str, message: str, hint: str, *, key: bool = False) -> None:
        """Tell what is wrong at a place."""
        self.found.append(Finding.at(self.document.span(place, key=key), code, "error", message, hint=hint))

    def misread(self, place: Where, misread: Misread) -> None:
        """Tell what cannot be read at a place."""
        self.wrong(place, misread.code, misread.message, misread.hint)
