"""A service ticket of the catalog on its usual way: the events that every contender has to take, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from svcflow import Actor, Case, Decision, Event, Process, catalog, decide, open_case
from svcflow.core.event import EMPTY, ChildEnded, Input

# Ten o'clock on a Monday in Shanghai, where the office of the catalog is.
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)

AGENT = Actor("ann", roles={"agent"})
ENGINEER = Actor("kim", roles={"engineer"})
DISPATCHER = Actor("dai", roles={"dispatcher"})
LEAD = Actor("lin", roles={"team_lead"})
CUSTOMER = Actor("acme")

ORDER = {"customer": "acme", "phone": "+86 139 5550 0100", "fault": "no picture after a thunderstorm"}


@frozen
class Sent:
    """One event as somebody sends it, so long after the case was opened."""

    name: str
    actor: Actor
    after: timedelta
    fields: Mapping[str, Any] = EMPTY


VISIT = {"owner": "kim", "appointment": "2026-03-03T10:00:00+08:00"}
WAY = (
    Sent("accept", AGENT, timedelta(minutes=5), {
        "product": "X1", "contract": "gold", "warranty": "in_warranty", "priority": "P3", "owner": "kim",
    }),
    Sent("send_someone", ENGINEER, timedelta(minutes=50), {"diagnosis": "power supply"}),
    Sent("send_own", DISPATCHER, timedelta(minutes=70), VISIT),
    Sent("need_parts", ENGINEER, timedelta(minutes=80), {"parts": ["PSU-7"]}),
    Sent("arrived", DISPATCHER, timedelta(minutes=90), {"appointment": "2026-03-05T10:00:00+08:00"}),
    Sent("move_visit", ENGINEER, timedelta(minutes=95), {"appointment": "2026-03-06T10:00:00+08:00", "reason": "away"}),
    Sent("hold", LEAD, timedelta(minutes=100), {"reason": "flood"}),
    Sent("resume", LEAD, timedelta(minutes=110)),
    Sent("done", ENGINEER, timedelta(minutes=115), {"work_done": "new power supply"}),
    Sent("confirmed", CUSTOMER, timedelta(minutes=120)),
)  # fmt: skip
"""What is sent to the ticket itself, from its opening to the callback that it waits for."""


@frozen
class Turn:
    """One event, ready to be decided again and again: the case before it, the input, and the chart's name for it."""

    name: str
    trigger: str
    case: Case
    input: Input
    now: datetime
    after: Case


def process() -> Process:
    """The ticket's process, as the catalog has it."""
    return catalog.service_ticket


def turns() -> tuple[Turn, ...]:
    """The usual way through a ticket: what is sent, the end of the callback, and closing."""
    opened = open_case(process(), ORDER, AGENT, START, id="case-1")
    if not isinstance(opened, Decision):
        raise TypeError(f"the ticket cannot be opened: {opened}")
    found: list[Turn] = []
    case = opened.case
    for sent in WAY:
        case = _turn(found, case, Event(sent.name, sent.fields, sent.actor), sent.name, sent.after)
    ended = ChildEnded(case.children["callback"], "callback", "satisfied", {"satisfaction": 5, "working": True})
    case = _turn(found, case, ended, "satisfied", timedelta(minutes=125), "+child/callback/satisfied")
    close = Event("close", {"cause": "lightning", "kb_summary": "fit a surge protector"}, ENGINEER)
    _turn(found, case, close, "close", timedelta(minutes=130))
    return tuple(found)


def _turn(found: list[Turn], case: Case, given: Input, name: str, after: timedelta, trigger: str = "") -> Case:
    decision = decide(process(), case, given, START + after)
    if not isinstance(decision, Decision):
        raise TypeError(f"the ticket does not go its usual way: {decision}")
    if len(decision.journal) != 1:
        raise ValueError(f"timers are overdue before {name}: {[entry.name for entry in decision.journal]}")
    found.append(Turn(name, trigger or name, case, given, START + after, decision.case))
    return decision.case
