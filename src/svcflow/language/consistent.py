"""Words that fit the schema one by one but contradict each other: an end with events, a region that is an end."""

from __future__ import annotations

from collections.abc import Iterator

from svcflow.core.rule import Place
from svcflow.core.share import WHOLE
from svcflow.language import schema
from svcflow.language.compile_rules import completes
from svcflow.language.compiled import Sources
from svcflow.language.findings import Finding
from svcflow.language.forms import read_share
from svcflow.language.nodes import MappingNode, SequenceNode
from svcflow.language.statetree import Spot, StateTree

_NOT_IN_AN_END = (
    "events",
    "auto",
    "after",
    "states",
    "parallel",
    "run",
    "wait",
    "window",
    "limit",
    "pause",
    "by",
    "not_by",
    "qualified",
)
MOST_STATES = 300
"""States of one process."""

MOST_MOVES = 2_000
"""Alternatives of all events of one process, those of `anywhere` once for each state they are offered in."""

_NOT_WITH_RUN = ("states", "parallel", "wait", "window")
_NOT_SENT = ("by", "not_by", "qualified", "ask", "may")


def contradictions(sources: Sources, form: schema.ProcessFile) -> Iterator[Finding]:
    """SF311, SF102 and SF106 over one process file."""
    tree = StateTree.of(form.states)
    if not tree.spots:
        yield _error(sources, "SF102", ("states",), "there is no state", "write the first state: `new: {}`")
    yield from _too_large(sources, tree, form)
    for spot in tree.spots:
        yield from _state(sources, tree, spot)
        for place, event in _moves(spot):
            yield from _event(sources, place, event)
    for name, event in form.anywhere.items():
        yield from _event(sources, ("anywhere", name), event)


def _too_large(sources: Sources, tree: StateTree, form: schema.ProcessFile) -> Iterator[Finding]:
    """SF010: nobody could read it, and checks would take longer than anybody waits."""
    moves = sum(max(1, len(event.to)) for spot in tree.spots for _, event in _moves(spot))
    top = len(tree.inner.get(None, ()))
    moves += sum(len(event.places or ()) or top for event in form.anywhere.values())
    for count, most, what in ((len(tree.spots), MOST_STATES, "states"), (moves, MOST_MOVES, "moves")):
        if count > most:
            message = f"a process of {count:,} {what}: more than {most:,} are not read"
            yield _error(sources, "SF010", ("states",), message,
                         "move a part of it to a process of its own, and `run:` that")  # fmt: skip


def _error(sources: Sources, code: str, place: Place, message: str, hint: str) -> Finding:
    return Finding.at(sources.span(place, key=True), code, "error", message, hint=hint)


def _written(sources: Sources, place: Place) -> tuple[str, ...]:
    _, node = sources.find(place)
    return tuple(node.entries) if isinstance(node, MappingNode) else ()


def _state(sources: Sources, tree: StateTree, spot: Spot) -> Iterator[Finding]:
    words = _written(sources, spot.place)
    if spot.form.end is not None:
        for word in (word for word in _NOT_IN_AN_END if word in words):
            message = f"`{spot.name}` is an end and cannot also have `{word}`"
            yield _error(sources, "SF311", (*spot.place, word), message,
                         "nothing happens any more in an end: remove one of the two")  # fmt: skip
    if spot.form.run is not None:
        for word in (word for word in _NOT_WITH_RUN if word in words):
            yield _error(sources, "SF106", (*spot.place, word),
                         f"`{spot.name}` runs `{spot.form.run}` and cannot also have `{word}`",
                         "put the child into a state of its own")  # fmt: skip
    if spot.form.parallel and not spot.form.states:
        yield _error(sources, "SF102", (*spot.place, "parallel"), f"`{spot.name}` is parallel and has no inner states",
                     "write its regions under `states:`")  # fmt: skip
    outer = None if spot.parent is None else tree.spots[spot.parent]
    if spot.form.end is not None and outer is not None and outer.form.parallel:
        message = f"`{spot.name}` is a region of `{outer.name}` and cannot end"
        yield _error(sources, "SF106", (*spot.place, "end"), message,
                     "put the end inside a region")  # fmt: skip
    for word in ("wait", "limit"):
        if "window" in words and word in words:
            yield _error(sources, "SF106", (*spot.place, word), f"a window is its own {word}",
                         f"remove `{word}`, or the window")  # fmt: skip
    yield from _engines(sources, tree, spot)


def _engines(sources: Sources, tree: StateTree, spot: Spot) -> Iterator[Finding]:
    """Nobody sends the ends of a child, nor `done` of a group with an inner end."""
    for name in spot.form.events:
        if spot.form.run is None and not (name == "done" and completes(tree, spot)):
            continue
        place = (*spot.place, "events", name)
        for word in (word for word in _NOT_SENT if word in _written(sources, place)):
            yield _error(sources, "SF106", (*place, word), f"nobody sends `{name}` here, so it has no `{word}`",
                         "it happens by itself: remove the word")  # fmt: skip


def _moves(spot: Spot) -> Iterator[tuple[Place, schema.Auto]]:
    for name, event in spot.form.events.items():
        yield (*spot.place, "events", name), event
    for key, after in spot.form.after.items():
        yield (*spot.place, "after", key), after
    if spot.form.auto is not None:
        yield (*spot.place, "auto"), spot.form.auto


def _event(sources: Sources, place: Place, event: schema.Auto) -> Iterator[Finding]:
    """`when` and the like beside a list could mean each alternative or all of them; shares are parts of a whole."""
    _, node = sources.find((*place, "to"))
    if not isinstance(node, SequenceNode):
        return
    if not node.items:
        yield _error(sources, "SF106", (*place, "to"), "this list of alternatives is empty", "name a state")
    shares = sum(read_share(one.share) for one in event.to if one.share is not None)
    if shares > WHOLE:
        yield _error(sources, "SF106", (*place, "to"), "the shares of this list come to more than 100%",
                     "each case is in one of them, or in none: take some away")  # fmt: skip
    for word in ("when", "max", "share"):
        if getattr(event, word) is not None:
            yield _error(sources, "SF106", (*place, word), f"`{word}` beside a list of alternatives",
                         f"write it at the alternative: `{{to: ..., {word}: ...}}`")  # fmt: skip
