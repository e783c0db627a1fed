"""
Planted bugs about qualifications: who counts as qualified, for what, and until when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from svcflow.core import people
from svcflow.core.event import Actor, Qualification
from svcflow.core.rule import Qualified
from svcflow.language import compile_qualified
from svcflow.testing.violations import AuthorisationBypassed
from zoo.processes import SKILLED
from zoo.zoo import Bug, bug, replaced

_INSTANT = timedelta(microseconds=1)


def _holding(actor: Actor, **changes: Any) -> Actor:
    """
    The actor with every qualification changed.
    """
    held: Mapping[str, Qualification] = actor.qualifications or {}
    return evolve(actor, qualifications={name: evolve(one, **changes) for name, one in held.items()})


@bug("core/people", AuthorisationBypassed, (SKILLED,))
def expiry_off_by_one() -> Iterator[None]:
    """A qualification that ends at this very instant counts as over."""
    right = people.lacking
    with replaced(people, "lacking", lambda needs, actor, at: right(needs, actor, at + _INSTANT)):
        yield


@bug("core/people", AuthorisationBypassed, (SKILLED,))
def expiry_ignored() -> Iterator[None]:
    """A qualification that is over counts for ever."""
    right = people.lacking
    with replaced(people, "lacking", lambda needs, actor, at: right(needs, _holding(actor, until=None), at)):
        yield


@bug("core/people", AuthorisationBypassed, (SKILLED,))
def level_ignored() -> Iterator[None]:
    """Any level of a qualification will do."""
    right = people.lacking
    with replaced(people, "lacking", lambda needs, actor, at: right(dict.fromkeys(needs, 0), actor, at)):
        yield


@bug("core/people", AuthorisationBypassed, (SKILLED,))
def one_is_enough() -> Iterator[None]:
    """Of several qualifications one will do."""
    right = people.lacking

    def broken(needs: Mapping[str, int], actor: Actor, at: datetime) -> dict[str, Any]:
        each = [right({name: level}, actor, at) for name, level in needs.items()]
        return next(iter(each), {}) if all(each) else {}

    with replaced(people, "lacking", broken):
        yield


@bug("core/people", AuthorisationBypassed, (SKILLED,), weights={"stray": 20})
def table_ignored() -> Iterator[None]:
    """Of a table only `default` is looked at."""
    with replaced(people, "needed", lambda qualified, _fields: qualified.needs):
        yield


@bug("language/compile", AuthorisationBypassed, (SKILLED,), length=1)
def inner_qualifications_add_up() -> Iterator[None]:
    """`qualified` of an event adds to that of its state instead of replacing it."""
    right = compile_qualified.qualified

    def broken(scope: Any, form: Any, place: Any, outer: Qualified | None) -> Qualified | None:
        inner = right(scope, form, place, outer)
        if inner is None or outer is None or inner is outer:
            return inner
        return evolve(inner, needs={**outer.needs, **inner.needs})

    with replaced(compile_qualified, "qualified", broken):
        yield


BUGS: tuple[Bug, ...] = (
    expiry_off_by_one, expiry_ignored, level_ignored, one_is_enough, table_ignored, inner_qualifications_add_up,
)  # fmt: skip
