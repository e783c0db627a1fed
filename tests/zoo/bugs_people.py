"""
Planted bugs about people: who may, who is barred, which form, who is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve

from svcflow.core import admission, form, people, step, timing
from svcflow.core.decision import Decision, Refusal
from svcflow.core.draft import Draft
from svcflow.core.event import Actor, extended
from svcflow.core.process import Process
from svcflow.core.rule import NO_BARS, Bars, People, Rule
from svcflow.language import compile_rules
from svcflow.testing.violations import AuthorisationBypassed
from zoo.processes import CHILD, DESK, FAMILY
from zoo.zoo import Bug, bug, replaced


@bug("core/people", AuthorisationBypassed, (DESK,), length=2)
def groups_forgotten() -> Iterator[None]:
    """Whoever's group stands in a person field is kept out."""
    with replaced(people, "stands_in", lambda value, actor: value == actor.id):
        yield


@bug("core/people", AuthorisationBypassed, (DESK,), length=2)
def fields_before_roles() -> Iterator[None]:
    """Where `by` names a filled person field, its roles no longer count."""

    def broken(who: People | None, actor: Actor, fields: Mapping[str, Any]) -> bool:
        named = [name for name in (who.fields if who else ()) if fields.get(name)]
        if who is None or not named:
            return who is not None and bool(who.roles & actor.roles)
        return any(people.stands_in(fields[name], actor) for name in named)

    with replaced(people, "may_act", broken):
        yield


@bug("core/admission", AuthorisationBypassed, (DESK,))
def anywhere_for_everybody() -> Iterator[None]:
    """`by` of an event under `anywhere` is not looked at."""
    right = admission._rules

    def broken(draft: Draft, name: str) -> Sequence[Rule]:
        everybody = People(draft.process.roles)
        return [evolve(rule, by=everybody) if rule.kind == "anywhere" else rule for rule in right(draft, name)]

    with replaced(admission, "_rules", broken):
        yield


@bug("core/people", AuthorisationBypassed, (DESK,), length=7)
def only_the_last_acted() -> Iterator[None]:
    """`not_by` remembers only who acted last in a state."""

    def broken(draft: Draft, path: str, persons: frozenset[str]) -> None:
        draft.acted = extended(draft.acted, {path: persons})

    with replaced(Draft, "note_actors", broken):
        yield


@bug("core/draft", AuthorisationBypassed, (FAMILY, CHILD))
def children_forgotten() -> Iterator[None]:
    """A parent does not hear who acted in its child."""

    def broken(draft: Draft, path: str, persons: frozenset[str]) -> None:
        known = draft.acted.get(path, frozenset())
        draft.acted = extended(draft.acted, {path: known | persons})

    with replaced(Draft, "note_actors", broken):
        yield


@bug("core/event", AuthorisationBypassed, (DESK,), length=7)
def stand_ins_free() -> Iterator[None]:
    """Who acts on behalf of somebody is not barred where that somebody is."""
    with replaced(Actor, "persons", property(lambda actor: frozenset((actor.id,)))):
        yield


@bug("core/people", AuthorisationBypassed, (DESK,))
def barred_groups_free() -> Iterator[None]:
    """A group in a barred person field bars nobody of it."""
    right = people.barred_by

    def broken(bars: Bars, actor: Actor, case: Any, fields: Mapping[str, Any]) -> tuple[str, ...]:
        return right(bars, evolve(actor, groups=frozenset()), case, fields)

    with replaced(people, "barred_by", broken):
        yield


@bug("core/people", AuthorisationBypassed, (FAMILY, CHILD))
def bars_not_handed_down() -> Iterator[None]:
    """Whom a `run` state keeps out may act in its child."""
    with replaced(people, "barred_persons", lambda _process, _bars, case, _acted, _fields: case.barred):
        yield


@bug("core/form", AuthorisationBypassed, (DESK,), weights={"stray": 40}, length=2)
def any_field_taken() -> Iterator[None]:
    """A form takes every field of the process, not only those under `ask` and `may`."""
    right = form.read_form
    with replaced(form, "read_form", lambda fields, ask, _may, sent: right(fields, ask, tuple(fields), sent)):
        yield


@bug("core/form", AuthorisationBypassed, (DESK,), weights={"stray": 40})
def nothing_asked() -> Iterator[None]:
    """What a form asks for may be left empty."""
    right = form.read_form
    with replaced(form, "read_form", lambda fields, ask, may, sent: right(fields, (), (*ask, *may), sent)):
        yield


@bug("core/step", AuthorisationBypassed, (DESK,), length=1)
def anybody_opens() -> Iterator[None]:
    """Whoever asks for a case gets one."""
    right = step.open_with

    def broken(process: Process, *given: Any, **named: Any) -> Decision | Refusal:
        return right(evolve(process, opening=evolve(process.opening, by=None)), *given, **named)

    with replaced(step, "open_with", broken):
        yield


@bug("core/timing", AuthorisationBypassed, (DESK,))
def wait_open() -> Iterator[None]:
    """Events are taken in a state that still waits."""
    with replaced(timing, "waiting", lambda _draft, _index: False):
        yield


@bug("language/compile", AuthorisationBypassed, (DESK,), length=1)
def bars_end_at_the_state() -> Iterator[None]:
    """`not_by` of a state or of the process is not inherited by its events."""
    right = compile_rules.Standing
    with replaced(compile_rules, "Standing", lambda by, _not_by, needs: right(by, NO_BARS, needs)):
        yield


@bug("language/compile", AuthorisationBypassed, (DESK,), length=1)
def inner_people_add_up() -> Iterator[None]:
    """`by` of an event adds to that of its state instead of replacing it."""
    right = compile_rules.Rules._sent

    def broken(rules: Any, spot: Any, at: Any, name: str, written: Any, standing: compile_rules.Standing) -> Rule:
        rule, outer = right(rules, spot, at, name, written, standing), standing.by or People()
        if rule.by is None:
            return rule
        return evolve(rule, by=People(rule.by.roles | outer.roles, rule.by.fields + outer.fields))

    with replaced(compile_rules.Rules, "_sent", broken):
        yield


BUGS: tuple[Bug, ...] = (
    groups_forgotten, fields_before_roles, anywhere_for_everybody, only_the_last_acted, children_forgotten,
    stand_ins_free, barred_groups_free, bars_not_handed_down, any_field_taken, nothing_asked, anybody_opens, wait_open,
    bars_end_at_the_state, inner_people_add_up,
)  # fmt: skip
