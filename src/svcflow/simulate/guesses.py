"""What a scenario left unsaid and a condition looked at: a way never taken may be the scenario's silence alone."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from svcflow.core.process import Field, Process, rules_of
from svcflow.core.rule import Alternative
from svcflow.simulate.run import Simulation

_USUAL = {"number": "1", "money": "1", "date": "tomorrow", "datetime": "tomorrow", "person": "the sender"}
_CHANCE = frozenset({"range", "flag", "choice", "duration"})


@frozen
class Guess:
    """
    A field filled in with the usual `value`, and the ways never taken, `from -> to`, whose conditions look at it.

    `under` is the word of a scenario that says what it is: `fields` if a case is opened with it, else `with`.
    """

    process: str
    field: str
    value: str
    never: tuple[str, ...]
    under: str = "with"


def guesses(simulation: Simulation) -> Iterator[Guess]:
    """The fields made up in a run, where a condition that looks at one of them never held though it was asked."""
    for process in simulation.scenario.library:
        never = list(_never(process, simulation))
        for name, field in process.fields.items():
            ways = dict.fromkeys(way for way, one in never if one.when is not None and name in one.when.reads)
            under = simulation.mind.invented.get((process.name, name))
            if ways and under is not None:
                yield Guess(process.name, name, _value(field), tuple(ways), under)


def _never(process: Process, simulation: Simulation) -> Iterator[tuple[str, Alternative]]:
    """The alternatives that were never taken while others beside them were, or the event was refused."""
    taken = simulation.tally.ways
    refused = {event for name, event, _ in simulation.tally.refused if name == process.name}
    for state in process.states:
        for rule in rules_of(state):
            tried = rule.name in refused or any((process.name, one.count) in taken for one in rule.alternatives)
            for one in rule.alternatives if tried else ():
                if (process.name, one.count) not in taken:
                    yield f"{state.path} -> {_goal(process, one)}", one


def _goal(process: Process, one: Alternative) -> str:
    return one.kind if one.target is None else process.states[one.target].path


def _value(field: Field) -> str:
    return "by chance" if field.kind in _CHANCE else _USUAL.get(field.kind, field.name)
