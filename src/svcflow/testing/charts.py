"""
Run a file of statechart cases against a machine: `python -m svcflow.testing.charts FILE [--machine NAME]`.

A file is a JSON list of cases `{name, chart, initial, events: [{event, next}]}`. `chart` is a tree of states `{id,
type, initial, states, transitions: [{event, target, internal, raises}], onentry_raises, onexit_raises}`, and of
histories with `deep` and `default`; `initial` and `next` are the active leaf states after the macrostep, in any order.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from svcflow.core.machine import ROOT, Chart, ChartState, ChartTransition, Configuration, Machine, launch, run
from svcflow.core.statechart import statechart
from svcflow.errors import ChartError, InputError, MachineError, UnsupportedChart
from svcflow.machines import named

Row: TypeAlias = Mapping[str, object]
Place: TypeAlias = tuple[Row, int | None]


@frozen
class Case:
    """One case of a file: a chart as a tree, the leaves it starts in, and events with the leaves they lead to."""

    name: str
    tree: Row
    initial: frozenset[str]
    events: tuple[tuple[str, frozenset[str]], ...]


def read_cases(text: str) -> tuple[Case, ...]:
    """
    Read the cases of a file.

    Raises:
        InputError: If the text is not such a file.
    """
    try:
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()  # Half a character could be read, but not told of.
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from error
    return tuple(_case(row, f"case {number}") for number, row in enumerate(_rows(document, "the file"), start=1))


def read_chart(tree: Row) -> Chart:
    """
    Make a chart of a tree.

    The root is the chart itself if it is a plain compound state, and a state like any other if it is parallel or
    raises events.

    Raises:
        InputError: If the tree is not of the form described.
        ChartError: If it is, but the chart contradicts itself.
    """
    inner = _rows(tree.get("states") or [], "states")
    plain = _kind(tree) == "compound" and not tree.get("onentry_raises") and not tree.get("onexit_raises")
    places = list(_places(inner if plain else [tree]))
    numbers: dict[str, int] = {}
    for number, (node, _) in enumerate(places):
        name = _text(node.get("id"), "id")
        if name in numbers:
            raise ChartError(name, "every state needs an id of its own")
        numbers[name] = number
    states = [_state(node, parent, numbers) for node, parent in places]
    transitions = [
        transition for number, (node, _) in enumerate(places) for transition in _transitions(node, number, numbers)
    ]
    if not plain:
        return Chart.build(states, transitions)
    transitions += _transitions(tree, ROOT, numbers)
    return Chart.build(states, transitions, _numbers(tree, "initial", numbers))


def mismatch(machine: Machine, case: Case) -> str | None:
    """
    Run one case; None if it comes out as expected, else what came out instead.

    Raises:
        UnsupportedChart: If the machine cannot run the chart.
    """
    try:
        chart = read_chart(case.tree)
        at, _ = launch(machine, chart, _always)
        if (got := _leaves(chart, at)) != case.initial:
            return f"at the start: expected {_said(case.initial)}, got {_said(got)}"
        for place, (event, expected) in enumerate(case.events, start=1):
            at, _ = run(machine, chart, at, event, _always)
            if (got := _leaves(chart, at)) != expected:
                return f"after event {place} ({event}): expected {_said(expected)}, got {_said(got)}"
    except UnsupportedChart:
        raise
    except (MachineError, InputError) as error:
        return str(error)
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a file and print one line per mismatch and per skipped chart; 0 all passed, 1 mismatches, 2 wrong use."""
    parser = argparse.ArgumentParser("python -m svcflow.testing.charts", description=__doc__)
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--machine", metavar="NAME", help=f"by default {statechart.name}")
    chosen = parser.parse_args(arguments)
    passed = failed = skipped = 0
    try:
        machine = statechart if chosen.machine is None else named(chosen.machine)
        for case in read_cases(chosen.file.read_text(encoding="utf-8")):
            try:
                wrong = mismatch(machine, case)
            except UnsupportedChart as error:
                skipped += 1
                print(f"{case.name}: skipped, {error}")
                continue
            passed, failed = passed + (wrong is None), failed + (wrong is not None)
            if wrong is not None:
                print(f"{case.name}: {wrong}")
    except (OSError, UnicodeDecodeError, InputError) as error:
        print(f"{chosen.file}: {error}", file=sys.stderr)
        return 2
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def _always(_transition: int) -> bool:
    return True


def _leaves(chart: Chart, at: Configuration) -> frozenset[str]:
    return frozenset(chart.states[leaf].id for leaf in at.leaves)


def _said(ids: frozenset[str]) -> str:
    return f"[{', '.join(sorted(ids))}]"


def _case(row: Row, place: str) -> Case:
    name = _text(row.get("name", place), f"{place}: name")
    tree = row.get("chart")
    if not isinstance(tree, dict):
        raise InputError(f"{name}: chart: expected an object")
    events = tuple(
        (_text(event.get("event"), f"{name}: event"), frozenset(_texts(event.get("next"), f"{name}: next")))
        for event in _rows(row.get("events") or [], f"{name}: events")
    )
    return Case(name, tree, frozenset(_texts(row.get("initial"), f"{name}: initial")), events)


def _places(roots: Sequence[Row]) -> Iterator[Place]:
    """The nodes of a tree in document order, each with its parent's number."""
    pending: list[Place] = [(node, None) for node in reversed(roots)]
    number = 0
    while pending:
        node, parent = pending.pop()
        yield node, parent
        inner = _rows(node.get("states") or [], f"{node.get('id')}: states")
        pending += [(child, number) for child in reversed(inner)]
        number += 1


def _kind(node: Row) -> str:
    return _text(node.get("type", "compound" if node.get("states") else "atomic"), f"{node.get('id')}: type")


def _state(node: Row, parent: int | None, numbers: dict[str, int]) -> ChartState:
    name, kind = _text(node.get("id"), "id"), _kind(node)
    initial = _numbers(node, "initial", numbers)
    regions = {_text(inner.get("id"), "id") for inner in _rows(node.get("states") or [], f"{name}: states")}
    if kind == "parallel" and regions.issuperset(_texts(node.get("initial"), f"{name}: initial")):
        initial = ()  # All regions of a parallel state are entered anyway, listed or not.
    return ChartState(
        name,
        parent,
        kind,  # type: ignore[arg-type]  # Chart.build refuses other kinds and names the state
        initial=initial,
        deep=_flag(node.get("deep"), f"{name}: deep"),
        default=_numbers(node, "default", numbers),
        entry_raises=_texts(node.get("onentry_raises"), f"{name}: onentry_raises"),
        exit_raises=_texts(node.get("onexit_raises"), f"{name}: onexit_raises"),
    )


def _transitions(node: Row, source: int, numbers: dict[str, int]) -> Iterator[ChartTransition]:
    name = _text(node.get("id", "(chart)"), "id")
    for row in _rows(node.get("transitions") or [], f"{name}: transitions"):
        yield ChartTransition(
            source,
            events=_texts(row.get("event"), f"{name}: event"),
            targets=_numbers({"id": name, **row}, "target", numbers),
            internal=_flag(row.get("internal"), f"{name}: internal"),
            raises=_texts(row.get("raises"), f"{name}: raises"),
        )


def _numbers(node: Row, key: str, numbers: dict[str, int]) -> tuple[int, ...]:
    name = _text(node.get("id", "(chart)"), "id")
    wanted = _texts(node.get(key), f"{name}: {key}")
    for target in wanted:
        if target not in numbers:
            raise ChartError(name, f"there is no state {target!r} for {key!r}")
    return tuple(numbers[target] for target in wanted)


def _rows(value: object, what: str) -> list[Row]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise InputError(
            f"{what}: expected a list of objects" if isinstance(value, list) else f"{what}: expected a list"
        )
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{what}: expected a text")
    return value


def _flag(value: object, what: str) -> bool:
    if value is not None and not isinstance(value, bool):
        raise InputError(f"{what}: expected true or false")
    return bool(value)


def _texts(value: object, what: str) -> tuple[str, ...]:
    """A list of texts; one text alone and nothing at all are taken for lists of one and of none."""
    if value is None:
        return ()
    return tuple(_text(text, what) for text in value) if isinstance(value, list) else (_text(value, what),)


if __name__ == "__main__":
    sys.exit(main())
