"""Who must be qualified: `qualified` that holds for people it was not written for, and that holds for nobody."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.rule import Place, Rule
from svcflow.language.compiled import Compiled
from svcflow.language.findings import Finding
from svcflow.language.portrait import qualified_as
from svcflow.language.rules.flow_words import listed
from svcflow.language.rules.people import outsiders
from svcflow.language.rules.people_words import grouped, texts
from svcflow.language.rules.registry import rule


@rule("SF609", "warning", "people")
def others_held_to_it(compiled: Compiled) -> Iterator[Finding]:
    """
    People must be qualified for what others do.

    `qualified` of a state, a group or the process holds for every event inside that says nothing itself, also where the
    event is for other people than those beside whom it was written: a customer who may cancel while an electrician
    works would have to be an electrician. Say at the event what its people need; `none` is nothing.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [engineer, clerk]
    qualifications: electrician
    states:
      repair: {by: engineer, qualified: electrician, events: {repaired: finished, call_off: {to: finished, by: clerk}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [engineer, clerk]
    qualifications: electrician
    states:
      repair:
        by: engineer
        qualified: electrician
        events: {repaired: finished, call_off: {to: finished, by: clerk, qualified: none}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    outside = outsiders(process)
    held: list[tuple[Rule, str]] = []
    for owner in process.rules():
        place = _saying(compiled, owner) if owner.qualified is not None else None
        if place is None or place == owner.place or owner.by is None:
            continue
        theirs = _people(compiled, place)
        ours = owner.by.roles | outside.intersection(owner.by.fields)
        if theirs and len(ours) == len(owner.by.roles) + len(owner.by.fields) and not theirs & ours:
            held.append((owner, qualified_as(owner.qualified)))
    for told in grouped(process, held):
        who = listed(sorted(_names(told.owner)))
        message = f"{who} must be qualified as well to send `{told.owner.name}`: {told.why}"
        yield compiled.finding("SF609", "warning", told.owner.place, message, key=True,
                               hint="write here what these people need, or `qualified: none`")  # fmt: skip


@rule("SF610", "warning", "people")
def nobody_held_to_it(compiled: Compiled) -> Iterator[Finding]:
    """
    `qualified` holds for nobody.

    Every event inside says for itself what is needed, or is sent by nobody but the engine, which needs no
    qualification. Mostly it stands at the wrong place.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [engineer]
    qualifications: [electrician, welder]
    states:
      repair: {by: engineer, qualified: electrician, events: {repaired: {to: finished, qualified: welder}}}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [engineer]
    qualifications: [electrician, welder]
    states:
      repair: {by: engineer, events: {repaired: {to: finished, qualified: [electrician, welder]}}}
      finished: {end: done}
    ```
    """
    process = compiled.process
    owners = [owner for owner in process.rules() if owner.sent]
    used = {_saying(compiled, owner) for owner in owners if _names(owner) != {"system"}}
    places = ((), *(state.place for state in process.states), *(owner.place for owner in owners))
    for place in dict.fromkeys(places):
        if place not in used and _has(compiled, place, "qualified"):
            yield compiled.finding("SF610", "warning", (*place, "qualified"), "this `qualified` holds for nobody",
                                   key=True, hint="remove it, or write it at the event that it is for")  # fmt: skip


def _saying(compiled: Compiled, owner: Rule) -> Place | None:
    """The place whose `qualified` holds for an event: its own, or the nearest one around it."""
    around = (compiled.process.states[index].place for index in reversed(compiled.process.lines[owner.state]))
    return next((place for place in (owner.place, *around, ()) if _has(compiled, place, "qualified")), None)


def _has(compiled: Compiled, place: Place, word: str) -> bool:
    entry, _ = compiled.document.find((*place, word))
    # Without the word this is the entry of the place itself, and a state may have any name.
    return entry is not None and entry.key.text == word and entry is not compiled.document.find(place)[0]


def _people(compiled: Compiled, place: Place) -> frozenset[str]:
    """Whom `by` names at a place itself."""
    _, node = compiled.document.find((*place, "by"))
    return frozenset(texts(node)) if _has(compiled, place, "by") else frozenset()


def _names(owner: Rule) -> frozenset[str]:
    return frozenset() if owner.by is None else owner.by.roles.union(owner.by.fields)


RULES = (others_held_to_it, nobody_held_to_it)
