"""
What users and other implementations test themselves with: contracts, vectors, and the kit of random runs.

What needs Hypothesis is found when it is asked for: without it, traces can still be run, judged and cut.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from svcflow.testing import trace as trace
from svcflow.testing import violations as violations
from svcflow.testing.campaigning import campaign as campaign
from svcflow.testing.choose import Choose as Choose
from svcflow.testing.choose import Seeded as Seeded
from svcflow.testing.drawing import Drawing as Drawing
from svcflow.testing.drawing import random_traces as random_traces
from svcflow.testing.host import FakeHooks as FakeHooks
from svcflow.testing.reduce import minimise as minimise
from svcflow.testing.running import run as run
from svcflow.testing.stage import Stage as Stage
from svcflow.testing.table import told as told
from svcflow.testing.together import Program as Program
from svcflow.testing.together import interleave as interleave
from svcflow.testing.together import play as play
from svcflow.testing.together import play_at_once as play_at_once
from svcflow.testing.trace import Trace as Trace
from svcflow.testing.violations import Violation as Violation
from svcflow.testing.world import World as World

if TYPE_CHECKING:
    from svcflow.testing.case_machine import CaseMachine as CaseMachine
    from svcflow.testing.case_machine import always as always
    from svcflow.testing.checking import check as check
    from svcflow.testing.definition import Definition as Definition
    from svcflow.testing.draw import interleavings as interleavings
    from svcflow.testing.draw import traces as traces
    from svcflow.testing.mutation import Mutant as Mutant
    from svcflow.testing.mutation import mutants as mutants
    from svcflow.testing.strategies import Broken as Broken
    from svcflow.testing.strategies import History as History
    from svcflow.testing.strategies import actors as actors
    from svcflow.testing.strategies import broken_definitions as broken_definitions
    from svcflow.testing.strategies import calendars as calendars
    from svcflow.testing.strategies import contexts as contexts
    from svcflow.testing.strategies import definitions as definitions
    from svcflow.testing.strategies import histories as histories
    from svcflow.testing.strategies import mutant_of as mutant_of

_LATER: dict[str, str] = {
    "CaseMachine": "case_machine",
    "always": "case_machine",
    "check": "checking",
    "Definition": "definition",
    "Mutant": "mutation",
    "Broken": "strategies",
    "History": "strategies",
    "actors": "strategies",
    "calendars": "strategies",
    "contexts": "strategies",
    "histories": "strategies",
    "broken_definitions": "strategies",
    "definitions": "strategies",
    "mutant_of": "strategies",
    "mutants": "mutation",
    "interleavings": "draw",
    "traces": "draw",
}
"""The names that need Hypothesis, or take long to import, and the module of each."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
