"""What a store promises to those who use it at once, tried under every order of their calls that can differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType

from svcflow.core.event import Actor
from svcflow.language import compile_sources
from svcflow.stores.base import Store
from svcflow.testing.stage import Opener, Stage
from svcflow.testing.together import Deed, Program, interleave
from svcflow.testing.trace import Note, Open, Send, Trace

MakeStore = Callable[[], Store]

PROCESS = """
process: parcel
version: 1
roles: [clerk]
calendar: always
fields: {weight: number}
open: {by: clerk}
states:
  depot: {by: clerk, events: {weigh: {to: here, ask: weight}, hand_over: gone, send_back: returned}}
  gone: {end: done}
  returned: {end: cancelled}
"""

_CLERK = Actor("ann", roles={"clerk"})
_BEFORE = Trace("parcel", datetime(2026, 3, 2, 9, tzinfo=UTC), (Open("parcel", actor=_CLERK),))


def _program(**parties: Deed) -> Program:
    return Program(_BEFORE, {name: (deed,) for name, deed in parties.items()})


PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "two_who_write_at_once_both_succeed": _program(
            one=Note("one", _CLERK), other=Send("weigh", {"weight": 3}, _CLERK)
        ),
        "one_key_stands_for_one_event_however_many_send_it": _program(
            one=Note("one", _CLERK, key="k"), other=Note("one", _CLERK, key="k")
        ),
        "one_key_with_two_contents_is_a_conflict_for_the_second": _program(
            one=Note("one", _CLERK, key="k"), other=Note("two", _CLERK, key="k")
        ),
        "of_two_events_that_exclude_each_other_one_happens": _program(
            one=Send("hand_over", {}, _CLERK), other=Send("send_back", {}, _CLERK)
        ),
        "one_id_stands_for_one_case": _program(
            one=Open("parcel", {}, _CLERK, "c2"), other=Open("parcel", {}, _CLERK, "c2")
        ),
    }
)


def check_at_once(make_store: MakeStore, name: str) -> None:
    """
    Check one of these promises, on a new store for every order.

    Raises:
        Violation: An `AssertionError`, with the order in which the calls came.
    """

    @contextmanager
    def database() -> Iterator[Opener]:
        store = make_store()
        yield lambda: store

    process = compile_sources({"parcel.yaml": PROCESS}, "parcel.yaml")
    interleave(Stage.of(process, database=database), PROGRAMS[name])
