"""A client of the engine on PostgreSQL: tickets are opened and taken on their way, event by event."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TypeAlias

from benchmarks.ticket import AGENT, ORDER, START, WAY, Sent
from svcflow import Engine, catalog
from svcflow.stores.base import Store

ALONE = tuple(sent for sent in WAY if sent.name not in {"done", "confirmed"})
"""The events that write one case; the others begin another case, or have one beside them."""

Ends: TypeAlias = Sequence[Sequence[float]]
"""For each client the seconds, on some clock, at which it was done with a case, one after another."""


class Desk:
    """An engine and its tickets; all that happens to one, happens at a given time."""

    def __init__(self, store: Store | str) -> None:
        self.engine = Engine(store)
        self.engine.publish(catalog.path("service_ticket.yaml"))

    def close(self) -> None:
        """Release the store."""
        self.engine.close()

    def open(self, case_id: str) -> None:
        """Open a ticket."""
        self.engine.open("service_ticket", ORDER, actor=AGENT, id=case_id, at=START)

    def send(self, case_id: str, sent: Sent) -> None:
        """Send one event to it, with a key and a commit of its own."""
        at = START + sent.after
        self.engine.send(case_id, sent.name, sent.fields, actor=sent.actor, key=sent.name, at=at)

    def act(self, case_id: str) -> None:
        """Send everything to it."""
        for sent in ALONE:
            self.send(case_id, sent)

    def open_all(self, ids: Sequence[str]) -> None:
        """Open tickets."""
        for case_id in ids:
            self.open(case_id)

    def ends(self, ids: Sequence[str]) -> list[float]:
        """Take one ticket after another on its way; when each was done."""
        ends = []
        for case_id in ids:
            self.act(case_id)
            ends.append(time.perf_counter())
        return ends


def rate(ends: Ends, warm: int) -> float:
    """Events per second, from when the first client was done with `warm` cases until all were done with everything."""
    began, ended = min(times[warm - 1] for times in ends), max(times[-1] for times in ends)
    return sum(end > began for times in ends for end in times) * len(ALONE) / (ended - began)
