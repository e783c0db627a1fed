"""
Slips that change what a process does and leave it a process: which ones a file offers, as edits of its tree.

Only what decides something is touched, never a title. A file is walked as the language is built, so that a state may be
called like a word of the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from svcflow.core.rule import Place
from svcflow.testing.definition import Branch, Tree


@frozen
class Slip:
    """
    One edit: `value` instead of what stands at `place`, or nothing where it is None.

    With `key`, the value stays and is called so instead. `kind` says what that means, `name` whom it concerns.
    """

    kind: str
    place: Place
    value: Branch | None = None
    key: str = ""
    name: str = ""

    def __str__(self) -> str:
        new = self.key or (self.value if isinstance(self.value, str) else "")
        where = ".".join(map(str, self.place))
        return f"{self.kind}: {where}{f' -> {new}' if new else ''}{f', {self.name}' if self.name else ''}"


_SIGNS: Final = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "==": "!=", "!=": "==", "and": "or", "or": "and"}
_SIGN: Final = re.compile(r">=|<=|==|!=|>|<|\band\b|\bor\b")
_NUMBER: Final = re.compile(r"\d+")
_AGAIN: Final = {"restart": "continue", "continue": "ignore", "ignore": "restart"}
_DEEDS: Final = ("set", "send", "start", "hook", "notify")


def slips(tree: Tree) -> Iterator[Slip]:
    """Every slip in one file, from top to bottom as far as the order of words goes."""
    yield from _dropped("bar dropped", tree, (), "not_by")
    yield from _qualified(tree, ())
    yield from _dropped("pause dropped", tree, (), "pause")
    opening = _mapping(tree.get("open"))
    yield from _form(opening, ("open",))
    targets = list(dict.fromkeys(_targets(tree)))
    for name, clock in _mapping(tree.get("sla")).items():
        yield from _clock(_mapping(clock), ("sla", name))
    for name, event in _mapping(tree.get("anywhere")).items():
        yield from _event(event, ("anywhere", name), targets)
    for name, state in _mapping(tree.get("states")).items():
        yield from _state(_mapping(state), ("states", name), targets)
    for name, steps in _mapping(tree.get("escalations")).items():
        yield from _escalation(_mapping(steps), ("escalations", name))
    for name, table in _mapping(tree.get("targets")).items():
        yield from _time(table, ("targets", name))
    for name, calendar in _mapping(tree.get("calendars")).items():
        yield from _calendar(_mapping(calendar), ("calendars", name))


def _state(state: Tree, place: Place, targets: Sequence[str]) -> Iterator[Slip]:
    yield from _dropped("people dropped", state, place, "by")
    yield from _dropped("bar dropped", state, place, "not_by")
    yield from _qualified(state, place)
    yield from _dropped("pause dropped", state, place, "pause")
    yield from _do(state, place)
    for word in ("wait", "window", "limit"):
        if word in state:
            yield Slip(f"{word} dropped", (*place, word))
            yield from _time(state[word], (*place, word))
    for time, event in _mapping(state.get("after")).items():
        yield Slip("timer dropped", (*place, "after", time))
        yield from (Slip("time changed", (*place, "after", time), key=other) for other in _other_times(time))
        yield from _event(event, (*place, "after", time), targets)
    if "auto" in state:
        yield from _event(state["auto"], (*place, "auto"), targets)
    for name, event in _mapping(state.get("events")).items():
        yield Slip("event dropped", (*place, "events", name))
        yield from _event(event, (*place, "events", name), targets)
    for name, inner in _mapping(state.get("states")).items():
        yield from _state(_mapping(inner), (*place, "states", name), targets)


def _event(event: Branch, place: Place, targets: Sequence[str]) -> Iterator[Slip]:
    if isinstance(event, str):
        yield from _target(event, place, targets)
        return
    form = _mapping(event)
    yield from _dropped("bar dropped", form, place, "not_by")
    yield from _qualified(form, place)
    yield from _dropped("people dropped", form, place, "by")
    yield from _form(form, place)
    yield from _alternative(form, place, targets)
    ways = form.get("to")
    if isinstance(ways, list):
        if len(ways) > 1:
            yield Slip("alternatives swapped", (*place, "to"), [ways[1], ways[0], *ways[2:]])
        for number, way in enumerate(ways):
            yield Slip("alternative dropped", (*place, "to", number))
            if isinstance(way, str):
                yield from _target(way, (*place, "to", number), targets)
            else:
                yield from _alternative(_mapping(way), (*place, "to", number), targets)


def _alternative(way: Tree, place: Place, targets: Sequence[str]) -> Iterator[Slip]:
    """What an event with one target and an alternative have in common."""
    to, when, most, share = way.get("to"), way.get("when"), way.get("max"), way.get("share")
    if isinstance(to, str):
        yield from _target(to, (*place, "to"), targets)
    if isinstance(when, str):
        yield Slip("guard dropped", (*place, "when"))
        yield Slip("guard turned round", (*place, "when"), f"not ({when})")
        for found in _SIGN.finditer(when):
            other = when[: found.start()] + _SIGNS[found[0]] + when[found.end() :]
            yield Slip("guard changed", (*place, "when"), other)
    if isinstance(most, str) and most.isdecimal():
        yield Slip("max dropped", (*place, "max"))
        yield Slip("max changed", (*place, "max"), str(int(most) + 1))
    if isinstance(share, str):
        yield Slip("share dropped", (*place, "share"))
        yield Slip("share changed", (*place, "share"), "100%" if share != "100%" else "50%")
    yield from _do(way, place)


def _target(to: str, place: Place, targets: Sequence[str]) -> Iterator[Slip]:
    """Another target than this one: the next that the file speaks of."""
    if len(targets) > 1 and to in targets:
        yield Slip("target changed", place, targets[(targets.index(to) + 1) % len(targets)])


def _form(form: Tree, place: Place) -> Iterator[Slip]:
    asked, may = _names(form.get("ask")), _names(form.get("may"))
    for name in asked:
        rest: dict[str, Branch] = {"ask": [one for one in asked if one != name], "may": [*may, name]}
        kept = {word: value for word, value in form.items() if word not in rest}
        changed = {**kept, **{word: value for word, value in rest.items() if value}}
        yield Slip("field not asked for", place, changed, name=name)


def _qualified(holder: Tree, place: Place) -> Iterator[Slip]:
    """Less is needed: nothing, one thing less, or a level less."""
    written = holder.get("qualified")
    yield from _dropped("qualification dropped", holder, place, "qualified")
    for name, level in _mapping(written).items():
        if isinstance(level, str) and level.isdecimal() and level != "1":
            yield Slip("level lowered", (*place, "qualified", name), str(int(level) - 1))


def _do(holder: Tree, place: Place) -> Iterator[Slip]:
    do = _mapping(holder.get("do"))
    for word in _DEEDS:
        inner = do.get(word)
        if isinstance(inner, Mapping) and len(inner) > 1:
            yield from (Slip(f"{word} dropped", (*place, "do", word, name)) for name in inner)
        elif word in do:
            yield from _dropped(f"{word} dropped", do, (*place, "do"), word)


def _clock(clock: Tree, place: Place) -> Iterator[Slip]:
    yield Slip("clock dropped", place)
    for word in ("from", "until", "renew"):
        yield from _dropped(f"{word} dropped", clock, place, word)
    yield from _time(clock.get("target", ""), (*place, "target"))
    again = clock.get("again", "restart")
    if isinstance(again, str) and again in _AGAIN:
        yield Slip("again changed", (*place, "again"), _AGAIN[again])


def _escalation(steps: Tree, place: Place) -> Iterator[Slip]:
    for step, do in steps.items():
        yield Slip("escalation step dropped", (*place, step))
        yield from (Slip("escalation step moved", (*place, step), key=other) for other in _other_times(step))
        if len(_mapping(do)) > 1:
            yield from (Slip(f"{word} dropped", (*place, step, word)) for word in _mapping(do))


def _calendar(calendar: Tree, place: Place) -> Iterator[Slip]:
    for word in ("holidays", "makeup", "days"):
        if word in calendar:
            yield Slip(f"{word} dropped", (*place, word))
    for day in _mapping(calendar.get("except")):
        yield Slip("exception dropped", (*place, "except", day))


def _time(written: Branch, place: Place) -> Iterator[Slip]:
    """Every number of a time, a window or a table of them is one more."""
    if isinstance(written, str):
        yield from (Slip("time changed", place, other) for other in _other_times(written))
    elif isinstance(written, Mapping):
        for word, inner in written.items():
            if word not in {"per", "since", "calendar", "count", "roll"}:
                yield from _time(inner, (*place, word))


def _other_times(written: str) -> Iterator[str]:
    for found in _NUMBER.finditer(written.partition(" on ")[0].partition(" since ")[0]):
        yield written[: found.start()] + str(int(found[0]) + 1) + written[found.end() :]


def _dropped(kind: str, holder: Tree, place: Place, word: str) -> Iterator[Slip]:
    """A word is gone, or one of the several names that it has."""
    value = holder.get(word)
    if isinstance(value, list) and len(value) > 1:
        yield from (Slip(kind, (*place, word, number)) for number in range(len(value)))
    elif value is not None:
        yield Slip(kind, (*place, word))


def _targets(tree: Tree) -> Iterator[str]:
    """The targets that a file speaks of, in its order."""
    for word, value in tree.items():
        if word == "to":
            yield from (one for one in _names(value) if one not in {"here", "back"})
        for inner in value if isinstance(value, list) else (value,):
            if isinstance(inner, Mapping):
                yield from _targets(inner)
        if word == "events" and isinstance(value, Mapping):
            yield from (one for one in value.values() if isinstance(one, str) and one not in {"here", "back"})


def _mapping(value: Branch | None) -> Tree:
    return value if isinstance(value, Mapping) else {}


def _names(value: Branch | None) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def made(tree: Tree, slip: Slip) -> Tree:
    """The tree with the slip in it; what has nothing left in it goes as well."""
    changed = _changed(tree, slip.place, slip)
    return changed if isinstance(changed, Mapping) else {}


def _changed(branch: Branch, place: Place, slip: Slip) -> Branch | None:
    if not place:
        return slip.value
    step, rest = place[0], place[1:]
    if isinstance(branch, list) and isinstance(step, int):
        inner = _changed(branch[step], rest, slip)
        return [*branch[:step], *([] if inner is None else [inner]), *branch[step + 1 :]] or None
    if not isinstance(branch, Mapping):
        return branch
    if not rest and slip.key:
        return {slip.key if key == step else key: value for key, value in branch.items()}
    inner = _changed(branch.get(str(step), ""), rest, slip)
    kept = {key: value for key, value in branch.items() if key != step}
    if inner is None:
        return kept or None
    return {**{key: inner if key == step else value for key, value in branch.items()}, str(step): inner}
