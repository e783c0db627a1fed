"""Mutants of one process as a strategy: one at a time, compiled when it is drawn."""

from __future__ import annotations

from hypothesis import strategies as st

from svcflow.core.process import Process
from svcflow.testing.mutation import Mutant, Workshop


def mutant_of(process: Process) -> st.SearchStrategy[Mutant]:
    """One of the mutants of a process."""
    workshop = Workshop(process)
    tried = st.sampled_from(list(workshop.slips())).map(lambda one: workshop.mutant(*one))
    return tried.filter(lambda mutant: mutant is not None).map(_there)


def _there(mutant: Mutant | None) -> Mutant:
    assert mutant is not None  # noqa: S101 - filtered above, which types do not see
    return mutant
