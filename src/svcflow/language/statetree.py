"""The states of a file in one row, and what a state's name means at a place: neighbours first, then from the top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from svcflow.core.rule import Place
from svcflow.language import schema
from svcflow.language.scope import Scope
from svcflow.language.spaces import STATE, Space


@frozen(eq=False)
class Spot:
    """One state of the file: `index` in file order, its form, its place."""

    index: int
    name: str
    path: str
    parent: int | None
    form: schema.State
    place: Place


@frozen(eq=False)
class StateTree:
    """All states in file order."""

    spots: tuple[Spot, ...]
    paths: Mapping[str, Spot] = field(init=False, repr=False)
    inner: Mapping[int | None, tuple[Spot, ...]] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        inner: dict[int | None, tuple[Spot, ...]] = {}
        for spot in self.spots:
            inner[spot.parent] = (*inner.get(spot.parent, ()), spot)
        object.__setattr__(self, "paths", {spot.path: spot for spot in self.spots})
        object.__setattr__(self, "inner", inner)

    @classmethod
    def of(cls, states: Mapping[str, schema.State]) -> StateTree:
        """Number the states of a file, each before its inner states."""
        return cls(tuple(_walk(states, None, ("states",), [])))

    def around(self, spot: Spot) -> Iterator[Spot]:
        """The state itself and the groups around it, inner first."""
        while True:
            yield spot
            if spot.parent is None:
                return
            spot = self.spots[spot.parent]

    def inside(self, spot: Spot) -> Iterator[Spot]:
        """The state itself and everything inside it, in file order."""
        yield spot
        for inner in self.inner.get(spot.index, ()):
            yield from self.inside(inner)

    def find(self, name: str, at: Spot | None) -> Spot | None:
        """
        The state that `name` means in the state `at` (None: outside all states).

        Neighbours come first, then the top; after that the states inside `at` itself.
        """
        head, *rest = name.split(".")
        groups: list[int | None] = [None] if at is None else [at.parent, None, at.index]
        for group in groups:
            spot = next((spot for spot in self.inner.get(group, ()) if spot.name == head), None)
            for step in rest:
                spot = spot and next((inner for inner in self.inner.get(spot.index, ()) if inner.name == step), None)
            if spot is not None:
                return spot
        return None

    def resolve(self, scope: Scope, name: str, at: Spot | None, place: Place, space: Space = STATE) -> Spot | None:
        """The state that `name` means; a name without one is noted."""
        spot = self.find(name, at)
        if spot is None:
            beside = [] if at is None else [spot.name for spot in self.inner.get(at.parent, ())]
            near = scope.nearest(name, beside) or ""
            scope.miss(space, name, scope.sources.word(place, name), near=near)
        else:
            scope.used.add(("state", spot.path))
        return spot


def _walk(states: Mapping[str, schema.State], parent: Spot | None, place: Place, row: list[Spot]) -> list[Spot]:
    for name, form in states.items():
        path = name if parent is None else f"{parent.path}.{name}"
        spot = Spot(len(row), name, path, None if parent is None else parent.index, form, (*place, name))
        row.append(spot)
        _walk(form.states, spot, (*spot.place, "states"), row)
    return row
