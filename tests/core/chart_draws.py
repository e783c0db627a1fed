"""
Walks through charts that Hypothesis draws.
"""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import strategies as st

from svcflow.testing.strategies.chart import EVENTS, Parts, parts

__all__ = ["EVENTS", "Parts", "Walk", "charts", "walks"]

Walk: TypeAlias = list[tuple[str | None, frozenset[int]]]
"""Events (None: eventless), each with the transitions that are denied."""

charts = parts


def walks() -> st.SearchStrategy[Walk]:
    event = st.sampled_from((None, None, *EVENTS, *EVENTS, "done.state.s0", "done.state.s1", "nothing"))
    denied = st.just(frozenset[int]()) | st.frozensets(st.integers(0, 19), max_size=8)
    return st.lists(st.tuples(event, denied), min_size=8, max_size=30)
