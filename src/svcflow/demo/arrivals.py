"""Who turns to the desk, when and how: the only things in the demo that the desk does not do itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from attrs import field, frozen

from svcflow.core.event import EMPTY, SYSTEM, Actor
from svcflow.demo.people import CUSTOMERS, DAY, SATURDAY, STAFF, ZONE

HOURS = range(8, 21)
QUIET_WEEKEND = 0.5
TICKET_FORM = ("phone", "fault", "channel", "product", "serial")
COMPLAINT_FORM = ("phone", "subject", "demand", "product")
PURCHASE_FORM = ("phone", "product", "purchased_at")
PLAN_FORM = ("phone", "product", "serial", "contract_from", "contract_until")
COMPLAINTS, PURCHASES, PLANS = 15, 8, 20
"""One complaint, one call to a new customer, one maintenance plan for so many tickets."""


@frozen(order=True)
class Arrival:
    """A case to open: who opens it, which fields are made up and which are given."""

    at: datetime
    id: str
    process: str = field(order=False)
    actor: Actor = field(order=False)
    form: tuple[str, ...] = field(order=False, default=())
    fields: Mapping[str, Any] = field(order=False, default=EMPTY)


def arrivals(tickets: int, start: datetime, days: int, random: Random) -> Iterator[Arrival]:
    """Everything that comes in: mostly on weekdays and by day."""
    for number, at in enumerate(sorted(_moment(start, days, random) for _ in range(tickets)), 1):
        fields = _customer(random)
        opener = _opener(fields["customer"], at, random)
        yield Arrival(at, f"ticket-{number:03}", "service_ticket", opener, TICKET_FORM, fields)
    for number in range(1, 1 + -(-tickets // COMPLAINTS)):
        at, customer = _moment(start, min(days, 3), random), _customer(random)["customer"]
        yield Arrival(
            at, f"complaint-{number:02}", "complaint", _user(customer), COMPLAINT_FORM, {"customer": customer}
        )
    for number in range(1, 1 + -(-tickets // PURCHASES)):
        at, customer = _moment(start, min(days, 4), random), _customer(random)["customer"]
        yield Arrival(at, f"callback-{number:02}", "callback", SYSTEM, PURCHASE_FORM, {"customer": customer})
    for number in range(1, 1 + -(-tickets // PLANS)):
        at, fields = start + timedelta(minutes=10 * number), _customer(random) | {"contract": "gold"}
        yield Arrival(at, f"plan-{number:02}", "maintenance_plan", SYSTEM, PLAN_FORM, fields)


def _customer(random: Random) -> dict[str, str]:
    name = random.choice(tuple(CUSTOMERS))
    return {"customer": name, "contract": CUSTOMERS[name]}


def _user(customer: str) -> Actor:
    return Actor(f"{customer}-user", groups={customer})


def _moment(start: datetime, days: int, random: Random) -> datetime:
    """Somewhere in these days, half as often on a weekend."""
    while True:
        day = start.astimezone(ZONE).date() + random.randrange(days) * DAY
        if day.weekday() < SATURDAY or days == 1 or random.random() < QUIET_WEEKEND:
            break
    local = datetime(day.year, day.month, day.day, random.choice(HOURS), random.randrange(60), tzinfo=ZONE)
    return max(start, local.astimezone(start.tzinfo))


def _opener(customer: str, at: datetime, random: Random) -> Actor:
    """The hotline takes half of the calls; the others come over the web, or from a mailbox."""
    agents = [person.actor for person in STAFF if "agent" in person.actor.roles and person.shift.from_on(at) == at]
    (way,) = random.choices(("hotline", "web", "mailbox"), (5, 4, 1))
    if way == "hotline" and agents:
        return random.choice(agents)
    return SYSTEM if way == "mailbox" else _user(customer)
