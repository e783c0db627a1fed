"""What measures name and no process of a report has: else a misspelt name would be a figure that nothing enters."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from attrs import frozen

from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.report.measures import Measures, way_of

_EVENTS = ("response", "rework", "reopen")
_FIELDS = ("satisfaction", "recommend", "working", "owner", "received", "cost", "thing")


@frozen
class Stranger:
    """A name that nothing has: the word of the measures above it, and what is wrong."""

    word: str
    name: str
    message: str


def strangers(measures: Measures, processes: Collection[Process]) -> Iterator[Stranger]:
    """Each name in which `measures` differ from the defaults, and that none of these processes has."""
    if not processes:
        return
    states = frozenset(path for one in processes for path in one.paths)
    events = frozenset(name for one in processes for name in one.heard)
    known = {
        **dict.fromkeys(_EVENTS, ("event", events)),
        "resolution": ("clock", frozenset(name for one in processes for name in one.clocks)),
        "unsolved": ("state", states),
        **dict.fromkeys(_FIELDS, ("field", frozenset(name for one in processes for name in one.fields))),
    }
    plain = Measures()
    for word, (kind, names) in known.items():
        given: tuple[str, ...] = getattr(measures, word)
        for name in given if given != getattr(plain, word) else ():
            way = way_of(name) if kind == "event" else None
            if way is not None:
                if not any(one.paths.keys() >= {*way} for one in processes):
                    yield Stranger(word, name, f"no process of this report has both states of `{name}`")
            elif name not in names:
                told = f"no process of this report has the {kind} `{name}`{_hint(name, kind, names, states)}"
                yield Stranger(word, name, told)


def _hint(name: str, kind: str, names: Collection[str], states: Collection[str]) -> str:
    if kind == "event" and name in states:
        return f", it is a state: say a way, such as `{name} -> another`"
    meant = nearest(name, names)
    return f": did you mean `{meant}`?" if meant else ""
