"""Who must be qualified: `qualified` that holds for people it was not written for, for nobody, or tells a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
    event is for other people than those for whom it was written: a customer who may cancel while an electrician works
    would have to be an electrician. It was written for those of the `by` beside it, or of the next one further out;
    where nothing inside is for the latter, for everybody inside but those the case is opened for. Say at the event what
    its people need; `none` is nothing.

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
    found: list[tuple[Rule, str]] = []
    for place, held in _held(compiled).items() if process.qualifying else ():
        theirs = _written_for(compiled, place, held, outside)
        for owner in held:
            # Whoever stands in a field may have been chosen for the work; those the case is opened for were not.
            known = owner.by is not None and outside.issuperset(owner.by.fields)
            if place != owner.place and owner.qualified is not None and known and theirs and not theirs & _names(owner):
                found.append((owner, qualified_as(owner.qualified)))
    for told in grouped(process, found):
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
    used = _held(compiled)
    owners = (owner.place for owner in process.rules() if owner.sent)
    for place in dict.fromkeys(((), *(state.place for state in process.states), *owners)):
        if place not in used and _has(compiled, place, "qualified"):
            yield compiled.finding("SF610", "warning", (*place, "qualified"), "this `qualified` holds for nobody",
                                   key=True, hint="remove it, or write it at the event that it is for")  # fmt: skip


@rule("SF611", "warning", "people")
def private_field_chooses(compiled: Compiled) -> Iterator[Finding]:
    """
    What people must be qualified for is chosen by a private field.

    Which row of the table holds is no secret: refusals and menus say what is needed, and the journal keeps the
    qualifications that an event asked for. So they tell something about the private value, and it is never erased.
    Choose by a field that is not private.

    Bad:
    ```yaml
    process: repair
    version: 1
    roles: [engineer]
    qualifications: [electrician, high_voltage]
    fields: {site: {type: home | plant, private: true}}
    open: {ask: site}
    states:
      repair:
        by: engineer
        qualified: {per: site, table: {plant: [electrician, high_voltage], default: electrician}}
        events: {repaired: finished}
      finished: {end: done}
    ```

    Good:
    ```yaml
    process: repair
    version: 1
    roles: [engineer]
    qualifications: [electrician, high_voltage]
    fields: {voltage: low | high, site: {type: text, private: true}}
    open: {ask: [voltage, site]}
    states:
      repair:
        by: engineer
        qualified: {per: voltage, table: {high: [electrician, high_voltage], default: electrician}}
        events: {repaired: finished}
      finished: {end: done}
    ```
    """
    process = compiled.process
    for place, (owner, *_) in _held(compiled).items() if process.private and process.qualifying else ():
        needs = owner.qualified
        if needs is not None and needs.per in process.private:
            message = f"what people must be qualified for tells something about the private field `{needs.per}`"
            yield compiled.finding("SF611", "warning", (*place, "qualified", "per"), message,
                                   hint="choose by a field that is not private")  # fmt: skip


def _held(compiled: Compiled) -> Mapping[Place, list[Rule]]:
    """By the place whose `qualified` holds for them: the events that others than the engine send."""
    found: dict[Place, list[Rule]] = {}
    for owner in compiled.process.rules():
        place = _saying(compiled, owner, "qualified") if owner.sent and (owner.by is None or _names(owner)) else None
        if place is not None:
            found.setdefault(place, []).append(owner)
    return found


def _written_for(compiled: Compiled, place: Place, held: Sequence[Rule], outside: frozenset[str]) -> frozenset[str]:
    """
    For whom `qualified` was written, as far as one can tell: those of the `by` beside it, or of the next one outside.

    Where nothing inside is for those outside, it is for everybody inside but those the case is opened for.
    """
    near = _saying(compiled, held[0], "by", place)
    named = frozenset[str]() if near is None else frozenset(texts(compiled.document.find((*near, "by"))[1]))
    everybody = frozenset[str]().union(*map(_names, held))
    return named if near == place or named & everybody else everybody - outside


def _saying(compiled: Compiled, owner: Rule, word: str, start: Place | None = None) -> Place | None:
    """The place whose word holds for an event: its own, or the nearest one around it; none nearer than `start`."""
    around = (compiled.process.states[index].place for index in reversed(compiled.process.lines[owner.state]))
    places = (owner.place, *around, ())
    first = 0 if start is None else places.index(start)
    return next((place for place in places[first:] if _has(compiled, place, word)), None)


def _has(compiled: Compiled, place: Place, word: str) -> bool:
    entry, _ = compiled.document.find((*place, word))
    # Without the word this is the entry of the place itself, and a state may have any name.
    return entry is not None and entry.key.text == word and entry is not compiled.document.find(place)[0]


def _names(owner: Rule) -> frozenset[str]:
    """Who may send an event, but for the engine, which needs no qualification."""
    return frozenset() if owner.by is None else owner.by.roles.union(owner.by.fields) - {"system"}


RULES = (others_held_to_it, nobody_held_to_it, private_field_chooses)
