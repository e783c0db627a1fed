"""
Planted bugs about who sees what: in cases, clocks, lists, menus, journals and refusals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from svcflow import inquiry
from svcflow.core import admission, sight
from svcflow.core.rule import People
from svcflow.language import compile_seen
from svcflow.testing.violations import SeenOtherwise
from zoo.processes import VEILED
from zoo.zoo import Bug, bug, replaced


@bug("core/admission", SeenOtherwise, (VEILED,), length=1)
def menu_proposes_everything() -> Iterator[None]:
    """A menu proposes values that its actor may not see."""
    right = admission._offer
    with replaced(admission, "_offer", lambda draft, name, actor, _hidden: right(draft, name, actor, frozenset())):
        yield


@bug("core/admission", SeenOtherwise, (VEILED,))
def refusal_prints_conditions() -> Iterator[None]:
    """A refusal prints the condition over a field that its actor may not see."""
    right = admission._why_not
    with replaced(admission, "_why_not", lambda draft, alternative, _hidden: right(draft, alternative, frozenset())):
        yield


@bug("core/sight", SeenOtherwise, (VEILED,))
def persons_see_nothing() -> Iterator[None]:
    """Whoever stands in a person field does not see what is for that person."""
    right = sight.sees
    with replaced(sight, "sees", lambda people, actor, _fields: right(people, actor, {})):
        yield


@bug("core/sight", SeenOtherwise, (VEILED,))
def journal_shows_what_was_set() -> Iterator[None]:
    """A journal hides what was sent, and shows what `set` wrote."""
    right = sight.shown_entry
    with replaced(sight, "shown_entry", lambda entry, hidden: evolve(right(entry, hidden), changes=entry.changes)):
        yield


@bug("inquiry", SeenOtherwise, (VEILED,), length=1)
def cases_as_they_are() -> Iterator[None]:
    """A worklist holds cases as they are, not as its actor sees them."""
    with replaced(inquiry, "_seen", lambda case, _process, _viewer: case):
        yield


@bug("inquiry", SeenOtherwise, (VEILED,), length=1)
def clocks_as_they_are() -> Iterator[None]:
    """A viewer is told what a clock promises by a field that is not for them."""
    right = inquiry._view
    with replaced(inquiry, "_view", lambda clock, process, now, _hidden: right(clock, process, now, frozenset())):
        yield


@bug("core/sight", SeenOtherwise, (VEILED,), length=1)
def case_tells_promises() -> Iterator[None]:
    """The clocks in a case as somebody sees it promise what hangs on a field that is not for them."""
    with replaced(sight, "_shown_clock", lambda clock, _process, _hidden: clock):
        yield


@bug("language/compile", SeenOtherwise, (VEILED,), length=1)
def own_lists_add_up() -> Iterator[None]:
    """`seen_by` of a field adds to that of the process instead of replacing it."""
    right = compile_seen.say_who_sees

    def broken(doing: Any, gathered: Any, form: Any) -> People | None:
        everything = right(doing, gathered, form)
        fields = doing.scope.fields
        for name, known in fields.items():
            if everything is not None and known.seen_by is not None:
                added = People(known.seen_by.roles | everything.roles | {"agent"}, known.seen_by.fields)
                fields[name] = evolve(known, seen_by=added)
        return everything

    with replaced(compile_seen, "say_who_sees", broken):
        yield


BUGS: tuple[Bug, ...] = (
    menu_proposes_everything, refusal_prints_conditions, persons_see_nothing, journal_shows_what_was_set,
    cases_as_they_are, clocks_as_they_are, case_tells_promises, own_lists_add_up,
)  # fmt: skip
