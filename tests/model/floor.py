"""
Small processes for the tests of the model checker, and what they ask of a model by name.
"""

from __future__ import annotations

from svcflow.core.process import Process
from svcflow.language import compile_sources
from svcflow.model.explore import Model
from svcflow.model.walks import Way

HEAD = """
process: desk
version: 1
roles: [clerk, boss]
calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
by: clerk
"""

# Nobody ever counts to three: whoever is not reached twice is left to the boss.
DEAD_GUARD = """
fields: {tries: number}
states:
  new: {do: {set: {tries: 0}}, events: {begin: calling}}
  calling:
    do: {set: {tries: tries + 1}}
    events:
      reached: done
      missed: {to: [{to: calling, when: tries < 2}, {to: lost, when: tries > 2}, asking]}
  asking: {by: boss, events: {settle: done, call: {to: [{to: lost, when: tries >= 3}, done]}}}
  lost: {end: cancelled}
  done: {end: done}
"""

# Once both have decided to wait for the other, neither of them can go on.
WAITING_REGIONS = """
fields: {paid: flag, sent: flag}
states:
  both:
    parallel: true
    states:
      billing:
        states:
          billed: {events: {pay: {ask: paid, to: [{to: settled, when: paid}, credit]}}}
          credit: {events: {pay_later: {to: [{to: settled, when: sent}]}}}
          settled: {end: done}
      sending:
        states:
          packed: {events: {send: {to: [{to: gone, when: paid, do: {set: {sent: true}}}]}}}
          gone: {end: done}
    events: {done: finished}
  finished: {end: done}
"""

# Three rounds lead out, and each round is counted, but the counter begins anew with every round.
NEVER_ENOUGH = """
fields: {rounds: number}
states:
  new: {events: {begin: work}}
  work: {do: {set: {rounds: 0}}, events: {turn: check}}
  check:
    do: {set: {rounds: rounds + 1}}
    events: {again: work, close: {to: [{to: closed, when: rounds >= 3}]}}
  closed: {end: done}
"""
ENOUGH = NEVER_ENOUGH.replace("  work: {do: {set: {rounds: 0}}, ", "  work: {").replace(
    "new: {events: {begin: work}}", "new: {do: {set: {rounds: 0}}, events: {begin: work}}"
)


def process(text: str, *, opening: str = "{by: clerk}") -> Process:
    """
    Compile a process whose head is given, without the rules that would refuse it.
    """
    return compile_sources({"desk.yaml": f"{HEAD}open: {opening}\n{text}"}, "desk.yaml")


def counts(model: Model, moves: frozenset[int]) -> list[str]:
    """
    Moves by name: state/event/target.
    """
    return [model.process.moves[index][1].count for index in sorted(moves)]


def way_into(model: Model, count: str) -> Way:
    """
    The way into the first move of this name.
    """
    return next(way for index, way in sorted(model.ways.items()) if model.process.moves[index][1].count == count)


def told(way: Way) -> list[str]:
    """
    A way in words: what was done, and where the case then is.
    """
    return [f"{stride.journal[-1].name} > {stride.case.state}" for stride in way]


def states(model: Model) -> list[str]:
    """
    The paths of the states that are proved to be entered by no case.
    """
    return [model.process.states[index].path for index in sorted(model.unreached)]
