"""What a customer said is on record with two times: when it was said, and when it was written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest

from report.by_hand import figure
from svcflow import catalog
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.eventlog import read
from svcflow.report import report

NINE = datetime(2026, 3, 9, 1, tzinfo=UTC)
LI = Actor("li", roles={"agent"})
WANTED = {
    "customer": "acme", "customer_name": "Acme", "phone": "555-0100", "address": "1 Long Street", "owner": "wang",
    "request": "it stops", "request_reason": "it is used",
}  # fmt: skip
SAID = {
    "at once": timedelta(minutes=-1),
    "after a talk": timedelta(minutes=-25),
    "the day after": timedelta(hours=-26),
    "by a clock that is fast": timedelta(minutes=2),
}


@pytest.mark.requirement("R222")
def test_the_journal_holds_when_it_was_said_and_when_it_was_recorded_and_the_delay_is_a_figure() -> None:
    clock = ManualClock(NINE)
    with Engine(clock=clock) as engine:
        engine.publish(catalog.service_report)
        told: dict[str, tuple[datetime, datetime]] = {}
        for number, (name, before) in enumerate(SAID.items()):
            clock.set(NINE + timedelta(hours=number))
            said = (clock.now() + before).astimezone(UTC)
            engine.open("service_report", {**WANTED, "received_at": said}, actor=LI, id=name)
            (entry,) = engine.journal(name)
            told[name] = (entry.fields["received_at"], entry.at)
            assert told[name] == (NINE + timedelta(hours=number) + before, NINE + timedelta(hours=number))
        made = figure(report(read(engine)), "recording_delay")
    delays = [max((recorded - said).total_seconds(), 0) for said, recorded in told.values()]
    assert delays == [60, 25 * 60, 26 * 3600, 0]
    assert made.count == len(SAID)
    assert made.value == pytest.approx(mean(delays))
    assert made.squares == pytest.approx(sum(delay**2 for delay in delays))
