"""
Mistakes that can be planted in any process, each with the code that the check must report and the place where.

A mistake brings all that it needs along, so that it fits everywhere: states, fields and events of its own, called odd.
`<first>` stands for the first state of the process, one that cases rest in, and `<end>` for its first end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from svcflow.core.rule import Place
from svcflow.testing.definition import Branch, Tree

_NONE: Final[Mapping[str, Tree]] = {}


@frozen
class Mistake:
    """
    What is added to a file, so that a check reports `code` at `place` (at its key, where that stands on another line).

    `without` are words that are taken out before; `beside` are files put next to it. What is empty on every way is told
    only where `regions` do not go side by side: one might fill what the other needs.
    """

    code: str
    adds: Tree
    place: Place
    without: tuple[str, ...] = ()
    beside: Mapping[str, Tree] = field(default=_NONE)
    regions: bool = True


def _stray(**words: Branch) -> Tree:
    """An event that can be sent in the first state."""
    return {"anywhere": {"stray": {"in": ["<first>"], **words}}}


def _odd(**words: Branch) -> Tree:
    """A state that the event `stray` leads to."""
    return {**_stray(to="odd"), "states": {"odd": words}}


def _asked(kind: Branch, when: str) -> Tree:
    """A condition over a field that is asked for."""
    fields: Tree = {"fields": {"odd_field": kind}}
    ways: list[Branch] = [{"to": "<end>", "when": when}, "here"]
    return {**fields, **_stray(ask="odd_field", to=ways)}


_LEAVE: Final[Tree] = {"leave": "<end>"}
_STRAY: Final[Place] = ("anywhere", "stray")
_WAY: Final[Place] = (*_STRAY, "to", 0, "when")
_ODD: Final[Place] = ("states", "odd")

_CHILD: Final[Tree] = {
    "process": "odd_child", "version": "1", "by": "system",
    "states": {"start_here": {"events": {"well": "fine", "badly": "poor"}}, "fine": {"end": "done"},
               "poor": {"end": "done"}},
}  # fmt: skip
_ASKING: Final[Tree] = {**_CHILD, "fields": {"odd_field": "number"}, "open": {"ask": "odd_field"}}
_RUN: Final[Tree] = {"run": "odd_child", "limit": "9d on always"}
_OPEN: Final[Tree] = {"fields": {"odd_field": "1..5"}, "open": {"may": ["odd_field"]}}

SHAPE: Final = (
    Mistake("SF101", {"colour": "red"}, ("colour",)),
    Mistake("SF102", {"sla": {"odd": {"from": "<first>", "target": "4h"}}}, ("sla", "odd")),
    Mistake("SF103", _odd(limit="4 hours", events=_LEAVE), (*_ODD, "limit")),
    Mistake("SF104", {"fields": {"odd_field": "txet"}}, ("fields", "odd_field")),
    Mistake("SF105", {"version": "twice"}, ("version",)),
    Mistake("SF106", {"title": ["not", "a", "text"]}, ("title",)),
    Mistake("SF107", {"states": {"two words": {"events": _LEAVE}}}, ("states", "two words")),
    Mistake("SF108", {"states": {"<end>": {"end": "finished"}}}, ("states", "<end>", "end")),
    Mistake("SF109", _stray(to="here", ask=["odd_field", "odd_field"]), (*_STRAY, "ask")),
    Mistake("SF311", {"states": {"odd": {"end": "done", "events": _LEAVE}}}, (*_ODD, "events")),
    Mistake("SF508", {"calendars": {"odd": {"timezone": "UTC", "hours": {"mon": ["08:00-25:00"]}}}},
            ("calendars", "odd", "hours", "mon")),
)  # fmt: skip

NAMES: Final = (
    Mistake("SF201", _stray(to="no_such_state"), (*_STRAY, "to")),
    Mistake("SF202", _stray(to="here", by="no_such_role"), (*_STRAY, "by")),
    Mistake("SF203", _stray(to="here", ask="no_such_field"), (*_STRAY, "ask")),
    Mistake("SF204", {"calendar": "no_such_calendar"}, ("calendar",)),
    Mistake("SF205", {"escalation": "no_such_escalation"}, ("escalation",)),
    Mistake("SF206", _stray(to="here", do={"hook": "no_such_hook"}), (*_STRAY, "do", "hook")),
    Mistake("SF207", _stray(to="here", do={"start": "no_such_process"}), (*_STRAY, "do", "start")),
    Mistake("SF208", _odd(pause="no_such_clock", limit="4h", events=_LEAVE), (*_ODD, "pause")),
    Mistake("SF209", {"use": ["nowhere.yaml"]}, ("use", 0)),
    Mistake("SF212", {"fields": {"odd_field": "odd_word | even_word", "odd_word": "text"}}, ("fields", "odd_field")),
    Mistake("SF214", {"roles": ["odd_one"], "fields": {"odd_one": "person"}}, ("fields", "odd_one")),
    Mistake("SF215", _stray(to="here", do={"send": "no_such_event"}), (*_STRAY, "do", "send")),
    Mistake("SF401", _asked("flag", "odd_field && odd_field"), _WAY),
    Mistake("SF402", _asked("flag", "no_such_field > 1"), _WAY),
    Mistake("SF403", _asked("1..5", "odd_field == 'four'"), _WAY),
    Mistake("SF404", _asked("red | green", "odd_field == blue"), _WAY),
    Mistake("SF705", {"migrate": {"9": "finish"}}, ("migrate", "9")),
    Mistake("SF803", {"languages": ["en"], "title": {"en": "One", "xx": "Two"}}, ("title", "xx")),
)

FLOW: Final = (
    Mistake("SF301", {"states": {"odd": {"limit": "4h", "events": _LEAVE}}}, _ODD),
    Mistake("SF302", {**_stray(to="odd"), "states": {"odd": {"events": {"swing": "even"}}, "even": {"events": {
        "swing": "odd"}}}}, _ODD),
    Mistake("SF303", _odd(limit="4h"), _ODD),
    Mistake("SF304", _stray(to=["<end>", "here"]), (*_STRAY, "to", 1)),
    Mistake("SF305", {"fields": {"odd_field": "1..5"}, **_odd(limit="4h", events={"leave": {"ask": "odd_field", "to": [
        {"to": "<end>", "when": "odd_field > 3"}, {"to": "<first>", "when": "odd_field < 3"}]}})},
        (*_ODD, "events", "leave")),
    Mistake("SF307", {**_stray(to="odd"), "states": {"odd": {"auto": "even"}, "even": {"auto": "odd"}}},
            ("states", "even", "auto")),
    Mistake("SF308", {**_stray(to="odd"), "states": {"odd": {"events": {"swing": "even"}}, "even": {"events": {
        "swing": "odd", **_LEAVE}}}}, ("states", "even", "events", "swing")),
    Mistake("SF309", _stray(to="back"), (*_STRAY, "to")),
    Mistake("SF312", _odd(**_RUN, events={"fine": "<end>"}), (*_ODD, "run"), beside={"odd_child.yaml": _CHILD}),
    Mistake("SF313", _odd(**_RUN, events={"fine": "<end>", "poor": "<end>", "worse": "<end>"}),
            (*_ODD, "events", "worse"), beside={"odd_child.yaml": _CHILD}),
    Mistake("SF405", _asked("1..5", "odd_field > 5"), _WAY),
    Mistake("SF410", {**_OPEN, **_stray(to=[{"to": "<end>", "when": "odd_field > 3"}, "here"])}, _WAY, regions=False),
    Mistake("SF411", {"fields": {"odd_field": "number"}, "open": {"may": ["odd_field"]},
                      **_odd(**_RUN, events={"fine": "<end>", "poor": "<end>"})}, (*_ODD, "run"),
            beside={"odd_child.yaml": _ASKING}, regions=False),
    Mistake("SF415", {"fields": {"odd_field": "date"}, "open": {"by": "system"},
                      **_odd(limit="2d since odd_field", events=_LEAVE)},
            (*_ODD, "limit"), regions=False),
    Mistake("SF416", _stray(to="here", do={"start": "odd_child"}), (*_STRAY, "do", "start"),
            beside={"odd_child.yaml": _ASKING}),
    Mistake("SF417", {"fields": {"odd_field": "text", "odd_secret": {"type": "text", "private": "true"}},
                      **_stray(to="here", ask="odd_secret", do={"set": {"odd_field": "odd_secret"}})},
            (*_STRAY, "do", "set", "odd_field")),
)  # fmt: skip

TIMES: Final = (
    Mistake("SF501", _odd(after={"4h on always": "<end>", "8h on always": "<end>"}), (*_ODD, "after", "8h on always")),
    Mistake("SF502", _odd(limit="2d on always", after={"4h on always": "<end>"}), (*_ODD, "limit")),
    Mistake("SF504", {**_odd(after={"2d on always": "<end>"}),
                      "sla": {"odd": {"from": "odd", "until": "<end>", "target": "1h on always"}}}, ("sla", "odd")),
    Mistake("SF506", {"fields": {"odd_field": "red | green"},
                      **_odd(limit={"per": "odd_field", "table": {"red": "4h"}}, events=_LEAVE)}, (*_ODD, "limit")),
    Mistake("SF510", _odd(wait="2d on always", limit="2h on always", events=_LEAVE), (*_ODD, "wait")),
    Mistake("SF512", {**_odd(limit="4h", events=_LEAVE), "sla": {"odd": {
        "from": "odd", "until": "<first>", "target": "400d"}}}, ("sla", "odd")),
    Mistake("SF515", {**_odd(limit="4h", events=_LEAVE), "escalation": "odd",
                      "escalations": {"odd": {"50%": {"notify": "responsible"}}}},
            ("escalations", "odd"), without=("escalation",)),
    Mistake("SF517", {"calendars": {"odd": {"timezone": "UTC", "hours": {"mon": ["08:00-12:00"]}, "holidays": "DE",
                                            "makeup": ["08:00-12:00"]}}}, ("calendars", "odd", "makeup")),
)  # fmt: skip

PEOPLE: Final = (
    Mistake("SF601", _odd(limit="4h", events=_LEAVE), _ODD, without=("by",)),
    Mistake("SF602", {"fields": {"odd_one": "person"},
                      **_odd(limit="4h", by="odd_one", not_by="odd_one", events=_LEAVE)}, _ODD),
    Mistake("SF218", _stray(to="<end>", qualified="no_such_skill"), (*_STRAY, "qualified")),
    Mistake("SF606", {"roles": ["odd_one"]}, ("roles",)),
    Mistake("SF608", {"fields": {"odd_one": "person"}, "open": {"by": "system"},
                      **_odd(limit="4h", by="odd_one", events=_LEAVE)},
            (*_ODD, "by"), regions=False),
    Mistake("SF703", {"version": "2", "migrate": {"1": {"states": {"old": "no_such_state"}}}},
            ("migrate", "1", "states", "old"), without=("migrate",)),
    Mistake("SF802", {"languages": ["en"], "labels": {"en": {"no_such_thing": "Nothing"}}},
            ("labels", "en", "no_such_thing")),
    Mistake("SF804", _odd(limit="4h", events={f"way{number}": "<end>" for number in range(13)}), _ODD),
)  # fmt: skip

MISTAKES: Final = (*SHAPE, *NAMES, *FLOW, *TIMES, *PEOPLE)

LINES: Final[Mapping[str, str]] = {
    "SF001": "title: one: two",
    "SF002": "version: 1",
    "SF003": "title:",
    "SF004": "title： two",
    "SF005": "\ttitle: two",
    "SF006": "title: &two two",
    "SF008": "title: two  # svcflow: ignore SF308",
    "SF009": "title: two  # svcflow: ignore SF308 because",
}
"""Lines that are wrong by themselves; each is put below the one that says the version."""


def planted(tree: Tree, mistake: Mistake) -> Tree:
    """The file with the mistake in it."""
    path, first = _states(tree)[0]
    if isinstance(first, Mapping) and {"auto", "run", "states"} & first.keys():
        # Nobody may ever send anything there: a state before it, in which cases surely rest.
        path, tree = "desk", {**tree, "states": {"desk": {"events": {"begin": path}}, **dict(_states(tree))}}
    names = {"<first>": path, "<end>": _end(tree)}
    kept = {word: value for word, value in tree.items() if word not in mistake.without}
    merged = _merged(kept, _named(mistake.adds, names))
    return merged if isinstance(merged, Mapping) else kept


def where(tree: Tree, mistake: Mistake) -> Place:
    """The place of the mistake in a file that it was planted in."""
    return tuple(_end(tree) if step == "<end>" else step for step in mistake.place)


def _states(tree: Tree) -> list[tuple[str, Branch]]:
    states = tree["states"]
    return list(states.items()) if isinstance(states, Mapping) else []


def _end(tree: Tree) -> str:
    return next(path for path, state in _states(tree) if isinstance(state, Mapping) and "end" in state)


def _named(branch: Branch, names: Mapping[str, str]) -> Branch:
    if isinstance(branch, str):
        return names.get(branch, branch)
    if isinstance(branch, list):
        return [_named(inner, names) for inner in branch]
    return {names.get(key, key): _named(inner, names) for key, inner in branch.items()}


def _merged(old: Branch, new: Branch) -> Branch:
    """Both: mappings and lists together, anything else as in the new one."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: _merged(old[key], inner) if key in old else inner for key, inner in new.items()}}
    return [*old, *new] if isinstance(old, list) and isinstance(new, list) else new
