"""Reading a machine of the `transitions` library: what its states and events are, whichever way they were given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from attrs import field, frozen
from transitions import Event, Machine, State, Transition
from transitions.core import listify

from svcflow.core.spelling import nearest
from svcflow.errors import InputError
from svcflow.interchange.callbacks import guards, names
from svcflow.interchange.sketch import Arrow, Node, Path, Sketch, Timeout, inside, said
from svcflow.language.consistent import MOST_MOVES, MOST_STATES

DEEPEST = 20
"""Levels of states; a process file nests twice as deep."""

_MINUTE = 60
_EVERYWHERE = ("before_state_change", "after_state_change", "prepare_event", "finalize_event", "on_exception",
               "on_final")  # fmt: skip


def read_object(machine: Machine, *, jumps: bool) -> Sketch:
    """
    Read a machine object. `jumps` keeps the triggers `to_STATE` that the library makes by itself.

    Raises:
        InputError: If it has no initial state, or leads to states that it does not have.
    """
    return _Reading(machine, jumps).sketch()


@frozen(eq=False)
class _Scope:
    """Where events are declared: at the machine (`path` is empty), or at a state for what is inside it."""

    path: Path
    events: Mapping[str, Event]


@frozen(eq=False)
class _Reading:
    machine: Machine
    jumps: bool
    nodes: dict[Path, Node] = field(factory=dict)
    scopes: list[_Scope] = field(factory=list)

    @property
    def separator(self) -> str | None:
        """What parts the names in a path; a flat machine has none, and takes any name as it is."""
        return getattr(self.machine.state_cls, "separator", None)

    def sketch(self) -> Sketch:
        self.walk(self.machine.states, ())
        self.scopes.append(_Scope((), self.machine.events))
        arrows: list[Arrow] = []
        left_out = 0
        for scope in self.scopes:
            for event in scope.events.values():
                if not self.jumps and self.is_jump(scope, event):
                    left_out += 1
                else:
                    arrows += self.arrows(scope, event)
        if len(arrows) > MOST_MOVES:
            raise InputError(f"the machine has {len(arrows):,} transitions; more than {MOST_MOVES:,} are not read")
        self.check_scopes()
        return Sketch(self.nodes, self.initial(), tuple(arrows), tuple(self.remarks()), left_out)

    # ── states ────────────────────────────────────────────────────────────────────────────────────────────────────

    def walk(self, states: Mapping[str, State], around: Path) -> None:
        if len(around) > DEEPEST:
            raise InputError(
                f"state {said(around)!r}: states nest more than {DEEPEST} levels deep, or contain themselves"
            )
        for name, state in states.items():
            path = (*around, str(name))
            if len(self.nodes) >= MOST_STATES:
                raise InputError(f"the machine has more than {MOST_STATES:,} states; more are not read")
            inner: Mapping[str, State] = getattr(state, "states", {})
            self.nodes[path] = self.node(path, state, tuple((*path, str(child)) for child in inner))
            self.walk(inner, path)
            events = getattr(state, "events", None)
            if events:
                self.scopes.append(_Scope(path, events))
        # Inner scopes are asked before outer ones, as the library does.
        self.scopes.sort(key=lambda scope: -len(scope.path))

    def node(self, path: Path, state: Any, children: tuple[Path, ...]) -> Node:  # noqa: ANN401 - extensions add attributes
        initial = tuple((*path, _named(one)) for one in listify(getattr(state, "initial", None)) or ())
        for one in initial:
            if one not in children:
                raise InputError(f"state {said(path)!r}: its initial state {one[-1]!r} is not directly inside it")
        parallel = len(initial) > 1
        if parallel and set(initial) != set(children):
            missing = next(child for child in children if child not in initial)
            raise InputError(
                f"state {said(path)!r} enters several inner states at once, but not {missing[-1]!r}: "
                "the regions of a parallel state are always entered together"
            )
        timeout, remarks = _timeout(state)
        tags = getattr(state, "tags", None)
        return Node(
            path, children, initial, parallel,
            final=bool(getattr(state, "final", False)),
            enter=names(state.on_enter, f"on_enter_{path[-1]}"),
            leave=names(state.on_exit, f"on_exit_{path[-1]}"),
            over=names(getattr(state, "on_final", ()) or (), f"on_final_{path[-1]}"),
            timeout=timeout,
            remarks=(*([f"tags: {', '.join(map(str, listify(tags)))}"] if tags else []), *remarks),
        )  # fmt: skip

    def initial(self) -> Path:
        """The state the machine starts in; a list of states is the parallel state around them."""
        given = listify(self.machine.initial) or []
        starts = [self.find((), self.split(one), "the machine's initial state") for one in given]
        if not starts:
            raise InputError("the machine has no initial state; give it one: initial='NAME'")
        if len(starts) == 1:
            return starts[0]
        around = starts[0][:-1]
        regions = self.nodes[around].children if around else ()
        if set(starts) != set(regions):
            raise InputError(
                f"the machine starts in {len(starts)} states at once ({', '.join(map(said, starts))}): "
                "put them into one parallel state"
            )
        return around

    def split(self, name: object) -> Path:
        """The path that a name means in the machine's own way of writing."""
        text = _named(name)
        return (text,) if self.separator is None else tuple(text.split(self.separator))

    # ── events ────────────────────────────────────────────────────────────────────────────────────────────────────

    def is_jump(self, scope: _Scope, event: Event) -> bool:
        """Whether the library made this event itself: `to_STATE`, from everywhere, whatever the state is."""
        every = [one for found in event.transitions.values() for one in found]
        prefixes = ("to_", f"to_{self.machine.model_attribute}_")
        return (
            bool(self.machine.auto_transitions and not scope.path)
            and set(event.transitions) >= set(self.machine.states)
            and all(event.name in {f"{prefix}{one.dest}" for prefix in prefixes} for one in every)
            and not any(one.conditions for one in every)
        )

    def arrows(self, scope: _Scope, event: Event) -> Iterator[Arrow]:
        for source, found in event.transitions.items():
            for transition in found:
                place = f"transition {event.name!r} from {source!r}"
                start = self.find(scope.path, self.split(source), place)
                goal = None if transition.dest is None else self.find(scope.path, self.split(transition.dest), place)
                yield self.arrow(event.name, start, goal, transition)

    def arrow(self, event: str, start: Path, goal: Path | None, transition: Transition) -> Arrow:
        prepare = names(transition.prepare, f"prepare_{event}")
        return Arrow(
            str(event), start, goal,
            guards(transition.conditions, f"{event}_allowed"),
            names(transition.before, f"before_{event}"),
            names(transition.after, f"after_{event}"),
            tuple(f"prepare: {name}, called before the conditions are asked" for name in prepare),
        )  # fmt: skip

    def find(self, scope: Path, name: Path, place: str) -> Path:
        path = (*scope, *name)
        if path not in self.nodes:
            known = {said(one[len(scope) :]): one for one in self.nodes if inside(one, scope)}
            close = nearest(said(name), known)
            within = f" inside {said(scope)!r}" if scope else ""
            hint = "" if close is None else f"; did you mean {close!r}?"
            raise InputError(f"{place}: there is no state {said(name)!r}{within}{hint}")
        return path

    def check_scopes(self) -> None:
        """
        Refuse events whose order of trial has no counterpart here, where the inner state is always asked first.

        Raises:
            InputError: Naming the state.
        """
        declared = [(scope.path, self.find(scope.path, self.split(source), event.name), event.name)
                    for scope in self.scopes for event in scope.events.values()
                    for source in event.transitions]  # fmt: skip
        by_event: dict[str, list[tuple[Path, Path]]] = {}
        for scope, source, name in declared:
            by_event.setdefault(name, []).append((scope, source))
            if scope and self.nodes[scope].parallel:
                raise InputError(
                    f"state {said(scope)!r} is parallel and declares {name!r} itself, so the library triggers it once "
                    "per region: declare it at the machine"
                )
        parallels = [node.path for node in self.nodes.values() if node.parallel]
        for name, places in by_event.items():
            inner = [(scope, source) for scope, source in places if scope]
            for scope, source in inner:
                for other, deeper in places:
                    mixed = any(inside(scope, one) and not inside(other, one) and inside(deeper, one)
                                for one in parallels)  # fmt: skip
                    if len(other) < len(scope) and (inside(deeper, source) or mixed):
                        raise InputError(
                            f"state {said(deeper)!r}: {name!r} is declared at the machine, and inside "
                            f"{said(scope)!r} again, which is asked first: declare it in one place"
                        )

    def remarks(self) -> Iterator[str]:
        """What the machine does around every event, and what it is set to."""
        for kind in _EVERYWHERE:
            occasion = "was called at every end" if kind == "on_final" else "was called on every event"
            found = names(getattr(self.machine, kind, ()) or (), kind)
            if found:
                yield f"{kind}: {', '.join(found)} {occasion}; hooks are named where they are needed"
        if self.machine.ignore_invalid_triggers:
            yield "ignore_invalid_triggers: an event that is not possible is refused here, and changes nothing"


def _named(state: object) -> str:
    return state.name if isinstance(state, Enum | State) else str(state)


def _timeout(state: Any) -> tuple[Timeout | None, tuple[str, ...]]:  # noqa: ANN401 - the extension adds attributes
    seconds = getattr(state, "timeout", 0)
    if not seconds:
        return None, ()
    hooks = names(state.on_timeout, f"on_timeout_{state.name}")
    if seconds % _MINUTE or not hooks:
        return None, (f"timeout: {seconds:g} s, then {', '.join(hooks) or 'nothing'}; times here are whole minutes",)
    return Timeout(int(seconds // _MINUTE), hooks), ()
