"""Forms filled in by chance: values of the declared types, those that conditions tell apart above all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from attrs import frozen

from svcflow.core.event import FileRef
from svcflow.core.process import Field, Process
from svcflow.model.domains import Domains, every, few
from svcflow.testing.choose import Choose

PERSONS = ("ann", "bo", "cy")
"""Who there is: few enough that the same person comes back in another role."""

GROUPS = ("outlet", "works")
"""Whole groups of people, which may stand in a person field, too."""

AHEAD = (
    timedelta(days=3), timedelta(), timedelta(hours=1), timedelta(days=30), timedelta(days=-1), timedelta(days=800),
)  # fmt: skip
"""How far from now dates lie that people fill in."""

WRONG = ("no such value", -1, True, "")
"""Values that some field of nearly every form does not take."""


@frozen(eq=False, slots=False)
class Forms:
    """The forms of one process."""

    process: Process

    @cached_property
    def domains(self) -> Domains:
        """What its conditions tell apart."""
        return Domains(self.process)

    def filled(
        self, choose: Choose, ask: Sequence[str], may: Sequence[str], now: datetime, present: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A form as it should be; what may be empty mostly is, and a value that is there may be taken away."""
        form = {name: self.value(choose, name, now) for name in ask}
        for name in may:
            if choose.seldom(3):
                empty = present.get(name) is not None and choose.seldom(4)
                form[name] = None if empty else self.value(choose, name, now)
        return form

    def wrong(self, choose: Choose, form: Mapping[str, Any]) -> dict[str, Any]:
        """The form with a mistake: something is missing, unknown, or of another type."""
        found = dict(form)
        name = choose.one(tuple(found)) if found else "unknown"
        match choose.integer(2):
            case 0 if found:
                del found[name]
            case 1:
                found[name] = choose.one(self._wrong(name))
            case _:
                found[choose.one(("unknown", *self.process.fields))] = "more"
        return found

    def _wrong(self, name: str) -> Sequence[Any]:
        """What a field does not take; of one of times, what is just not agreed."""
        known = self.process.fields.get(name)
        if known is None or known.kind != "duration":
            return WRONG
        shortest, longest = known.ends
        return f"{longest.amount + 1}{longest.unit}", f"{shortest} on nowhere", f"0{shortest.unit}", "soon"

    def value(self, choose: Choose, name: str, now: datetime) -> Any:  # noqa: ANN401 - of the type its process declares
        """A value of a field."""
        return choose.one(self.values(name, now))

    def values(self, name: str, now: datetime) -> Sequence[Any]:
        """Values of a field that are worth trying, the simplest first."""
        known = self.process.fields[name]
        if known.kind == "person":
            return (*PERSONS, *GROUPS)
        if few(known):
            return every(known)
        if known.kind == "duration":
            return known.extremes
        telling = self.domains.values(name, now) if name in self.domains.matter else ()
        return tuple(dict.fromkeys((*_usual(known, now), *telling)))


def _usual(known: Field, now: datetime) -> Sequence[Any]:
    match known.kind:
        case "range":
            return (known.low, (known.low + known.high) // 2, known.high)
        case "number" | "money":
            return (Decimal(1), Decimal(0), Decimal("99.5"), Decimal(100_000))
        case "date":
            return tuple((now + ahead).date() for ahead in AHEAD)
        case "datetime":
            return tuple(now + ahead for ahead in AHEAD)
        case "list":
            return ((known.name,), (known.name, "more"))
        case "files":
            return ((FileRef("1", known.name, 1, "0" * 64),),)
        case _ if known.private:
            # Easy to recognise wherever it should not be.
            return (f"secret-{known.name}-1", f"secret-{known.name}-2")
        case _:
            return (known.name, f"other {known.name}")
