"""What is different between two versions of a process, in an author's words: for the lock and for `svcflow diff`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrs import evolve, frozen

from svcflow.core.migration import Way
from svcflow.core.process import Process
from svcflow.core.rule import Place
from svcflow.language.portrait import About, Thing, Trait, things

Kind: TypeAlias = Literal["came", "went", "renamed", "changed", "moved"]
Key: TypeAlias = tuple[str, ...]

_SAYING: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "state": ("by", "run", "wait", "window", "limit", "end"), "auto": ("to",),
    "event": ("to", "by", "not_by", "qualified"),
    "after": ("to", "do"), "clock": ("target",), "field": ("type",), "calendar": ("hours",), "migration": ("states",),
})  # fmt: skip
"""What says the most about a thing of each kind."""


@frozen
class Change:
    """
    One difference. `things` are what it is about, several where the same happened to them: ``state `quoted` ``.

    `what` is the word that changed, with its text `before` and `after`, empty for none; of a thing that came, `after`
    says the most about it. `place` is where it stands in the new version, None for what went.
    """

    kind: Kind
    about: About
    things: tuple[str, ...]
    what: str = ""
    before: str = ""
    after: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        which = _several(self.things)
        match self.kind:
            case "came":
                return f"{which} came" + (f": {self.after}" if self.after else "")
            case "went":
                return f"{which} went" + (f": {self.after}" if self.after else "")
            case "renamed":
                return f"{which} is called `{self.after}` now"
            case "moved":
                return f"{which}: another order: {self.after}"
        if not self.before:
            return f"{which}: `{self.what}` is new: {self.after}"
        if not self.after:
            return f"{which}: `{self.what}` is gone: {self.before}"
        return f"{which}: `{self.what}` was {self.before}, is {self.after}"


def changes(old: Process, new: Process) -> tuple[Change, ...]:
    """
    All differences in behaviour, in the order of the new file; what went comes last.

    Empty exactly if they behave alike, the number of the version aside. A state that the `migrate:` of the new version
    gives another name is the same state.
    """
    names = _renamed(old, new)
    before = {thing.key: thing for thing in things(old, lambda path: names.get(path, path))}
    after = {thing.key: thing for thing in things(new)}
    _pair_timers(before, after)
    found = [
        Change("renamed", "states", (f"state `{old_}`",), after=now, place=new.states[new.paths[now]].place)
        for old_, now in names.items()
        if old_.rpartition(".")[0] not in names or old_.rpartition(".")[2] != now.rpartition(".")[2]
    ]
    for key, thing in after.items():
        if key in before:
            found += _different(before[key], thing)
        elif thing.owner not in after or thing.owner in before:
            found.append(Change("came", thing.about, (thing.called,), after=_summary(thing), place=thing.place))
    goal = _goal(old, new)
    for key, thing in before.items():
        if key not in after and (thing.owner not in before or thing.owner in after):
            after_text = goal(key[1]) if key[0] == "state" else ""
            found.append(Change("went", thing.about, (thing.called,), before=_summary(thing), after=after_text))
    return _together(found)


def _renamed(old: Process, new: Process) -> dict[str, str]:
    """Old path -> new path of the states that are others by name only, as `migrate:` says."""
    plan = new.migrations.get(old.version)
    if plan is None or plan.finish:
        return {}
    way = Way(new, plan)
    goals = [way.now(path) for path in old.names]
    return {
        path: goal
        for path, goal in zip(old.names, goals, strict=True)
        if goal != path and path not in new.paths and goal in new.paths and goal not in old.paths
        and goals.count(goal) == 1
    }  # fmt: skip


def _goal(old: Process, new: Process) -> Callable[[str], str]:
    """Says of a state that went where its cases go."""
    plan = new.migrations.get(old.version)

    def say(path: str) -> str:
        if plan is None or path not in old.paths:
            return ""
        now = Way(new, plan).now(path)
        return f"its cases go to `{now}`" if now in new.paths else ""

    return say


def _pair_timers(before: dict[Key, Thing], after: dict[Key, Thing]) -> None:
    """A timer is known by its time as written: one that went and one that came in its state are the same, changed."""
    for owner in dict.fromkeys(thing.owner for thing in after.values()):
        went, came = (
            [key for key, thing in mine.items() if key[0] == "after" and thing.owner == owner and key not in other]
            for mine, other in ((before, after), (after, before))
        )
        for old, new in zip(went, came, strict=False):
            thing = before.pop(old)
            written = evolve(thing.traits["time"], exact=old[2], own=old[2])
            before[new] = evolve(thing, key=new, traits={**thing.traits, "time": written})
            goal = after[new]
            written = evolve(goal.traits["time"], exact=new[2], own=new[2])
            after[new] = evolve(goal, traits={**goal.traits, "time": written})


def _different(old: Thing, new: Thing) -> Iterator[Change]:
    for what in dict.fromkeys((*new.traits, *old.traits)):
        before, after = old.traits.get(what), new.traits.get(what)
        about = (after or before or next(iter(new.traits.values()))).about
        if before is None or after is None or before.differs(after):
            texts = _texts(before, after)
            if texts[0] != texts[1]:
                yield Change("changed", about, (new.called,), what, *texts, new.place)
    common = frozenset(old.order) & frozenset(new.order)
    ours = [name for name in new.order if name in common]
    if ours != [name for name in old.order if name in common]:
        yield Change("moved", "flow", (new.called,), after=", ".join(ours), place=new.place)


def _texts(before: Trait | None, after: Trait | None) -> tuple[str, str]:
    """What to show: what is said of the thing itself where that says something in both."""
    if before is None or after is None:
        return "" if before is None else before.exact, "" if after is None else after.exact
    return (before.own, after.own) if before.own and after.own else (before.exact, after.exact)


def _summary(thing: Thing) -> str:
    """What says the most about a thing: where an event leads, and who may."""
    told = ((what, thing.traits[what].exact) for what in _SAYING.get(thing.key[0], ()))
    return ", ".join(f"{what} {text}" for what, text in told if text)


def _together(found: Iterable[Change]) -> tuple[Change, ...]:
    """The same that happened to several things of one kind is told once."""
    groups: dict[object, Change] = {}
    for number, change in enumerate(found):
        alike = change.kind == "changed" and (change.about, change.what, change.before, change.after)
        key = alike or number
        known = groups.get(key)
        groups[key] = change if known is None else evolve(known, things=(*known.things, *change.things))
    return tuple(groups.values())


def _several(names: tuple[str, ...]) -> str:
    shown = 3
    if len(names) <= shown:
        return ", ".join(names)
    return f"{', '.join(names[:shown])} and {len(names) - shown} more"
