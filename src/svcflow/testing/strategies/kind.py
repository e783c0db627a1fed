"""What `st.from_type` draws for the types of svcflow; cases and people are those of processes of the catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from svcflow import catalog
from svcflow.core.calendar import Calendar
from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.core.event import Actor, Event
from svcflow.core.machine import Chart
from svcflow.core.process import Process
from svcflow.testing.strategies.calendar import calendars
from svcflow.testing.strategies.chart import charts
from svcflow.testing.strategies.definition import definitions
from svcflow.testing.strategies.history import histories
from svcflow.testing.strategies.people import actors, contexts


def of_kind(kind: type[Any]) -> st.SearchStrategy[Any]:
    """
    The strategy of one type.

    Raises:
        KeyError: It is none of those that are registered.
    """
    makers: Mapping[type[Any], Callable[[], st.SearchStrategy[Any]]] = {
        Actor: lambda: actors(catalog.service_ticket),
        Calendar: calendars,
        Case: lambda: histories(catalog.callback).map(lambda history: history.case),
        Chart: charts,
        Event: lambda: _events(catalog.service_ticket),
        JournalEntry: lambda: histories(catalog.callback).flatmap(lambda history: st.sampled_from(history.journal)),
        Process: lambda: definitions().map(lambda definition: definition.process),
    }
    return makers[kind]()


def _events(process: Process) -> st.SearchStrategy[Event]:
    """Events as somebody may send them, with some form; whether a case takes one is another matter."""
    names = sorted({rule.name for rule in process.rules() if rule.sent})
    keys = st.none() | st.text("abc", min_size=1)
    return st.builds(Event, st.sampled_from(names), contexts(process), actors(process), keys)
