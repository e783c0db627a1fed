"""
What happens at a desk of two hundred tickets: a script of plain data, the same for whoever plays it.

Every act has its time and its key, so that a driver that was killed can play it again from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

from attrs import frozen

from svcflow import Actor, Engine, Refused, catalog
from svcflow.core.event import EMPTY

# Ten o'clock on a Monday in Shanghai, where the desk is.
START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
END = START + timedelta(days=120)
"""By then every timer of every ticket has fired."""

DONE = "done"
APART = timedelta(minutes=7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

AGENT = Actor("ann", roles={"agent"})
ENGINEER = Actor("kim", roles={"engineer"})
DISPATCHER = Actor("dai", roles={"dispatcher"})
LEAD = Actor("lin", roles={"team_lead"})
CALLER = Actor("cai", roles={"caller"})
ACME = Actor("acme")
OUTLET = Actor("tom", groups={"outlet-7"})

ORDER = {"customer": "acme", "phone": "+86 139 5550 0100", "fault": "没有图像"}
ACCEPTED = {"product": "X1", "contract": "gold", "warranty": "in_warranty", "priority": "P2", "owner": "kim"}
VISIT = {"owner": "kim", "appointment": "2026-03-04T10:00:00+08:00"}
LATER = {"appointment": "2026-03-16T10:00:00+08:00"}
WHY = {"reason": "the customer is away"}
DIAGNOSED = {"diagnosis": "power supply"}
RATED = {
    "purpose_told": True, "product_quality": 5, "attitude": 5, "efficiency": 4, "satisfaction": 5, "working": True,
    "problem": "no_problem",
}  # fmt: skip


@frozen
class Act:
    """One thing somebody does; `child` sends it to the callback that the ticket waits for."""

    after: timedelta
    event: str
    actor: Actor
    fields: Mapping[str, Any] = EMPTY
    child: bool = False


TO_THE_CUSTOMER = (
    Act(HOUR / 4, "accept", AGENT, ACCEPTED),
    Act(HOUR, "send_someone", ENGINEER, DIAGNOSED),
    Act(2 * HOUR, "send_own", DISPATCHER, VISIT),
)
STORIES = (
    # A visit, a callback, an end.
    (*TO_THE_CUSTOMER, Act(DAY, "done", ENGINEER, {"work_done": "new"}), Act(2 * DAY, "confirmed", ACME),
     Act(5 * DAY, "start", CALLER, {"contact_by": "phone_call"}, child=True),
     Act(5 * DAY + HOUR, "reached", CALLER, child=True), Act(6 * DAY, "save", CALLER, RATED, child=True),
     Act(7 * DAY, "close", ENGINEER, {"cause": "wear", "kb_summary": "wears out"})),
    # Parts that are late, and a customer who never answers: the callback comes by itself, and nobody reaches anybody.
    (*TO_THE_CUSTOMER, Act(5 * HOUR, "need_parts", ENGINEER, {"parts": ["PSU-7"]}),
     Act(12 * DAY, "arrived", DISPATCHER, LATER), Act(13 * DAY, "done", ENGINEER, {"work_done": "new"})),
    # A partner who does not answer: after four hours the dispatcher chooses again.
    (Act(HOUR / 2, "accept", AGENT, ACCEPTED), Act(HOUR, "send_someone", ENGINEER, DIAGNOSED),
     Act(2 * HOUR, "send_partner", DISPATCHER, {"partner": "outlet-7"}), Act(3 * DAY, "take_it", OUTLET, VISIT),
     Act(4 * DAY, "send_own", DISPATCHER, VISIT), Act(5 * DAY, "cancel", AGENT, WHY)),
    # A quotation that nobody agrees to: reminded every second day, cancelled after ten.
    (Act(HOUR / 2, "accept", AGENT, ACCEPTED), Act(HOUR, "quote", ENGINEER, {**DIAGNOSED, "price": "120.50"}),
     Act(20 * DAY, "agree", ACME)),
    # Held and taken up again, then waiting for an answer that comes.
    (Act(HOUR / 2, "accept", AGENT, ACCEPTED), Act(HOUR, "hold", LEAD, WHY), Act(3 * DAY, "resume", LEAD),
     Act(3 * DAY + HOUR, "ask_customer", AGENT, {"question": "which model?"}), Act(5 * DAY, "answered", ACME),
     Act(6 * DAY, "fix_remotely", ENGINEER, {**DIAGNOSED, "owner": "kim"}),
     Act(7 * DAY, "done", ENGINEER, {"work_done": "reset"}), Act(7 * DAY + HOUR, "not_fixed", ACME, WHY)),
    # Much that is refused, each a key that stays free.
    (Act(HOUR / 3, "accept", ACME, ACCEPTED), Act(HOUR / 2, "accept", AGENT, {"product": "X1"}),
     Act(HOUR, "done", AGENT), Act(2 * HOUR, "refuse", AGENT, WHY), Act(3 * HOUR, "accept", AGENT, ACCEPTED)),
)  # fmt: skip


ROUND = (
    Act(20 * HOUR, "hold", LEAD, WHY), Act(5 * HOUR, "resume", LEAD),
    Act(3 * HOUR, "ask_customer", AGENT, {"question": "which model?"}), Act(4 * DAY, "answered", ACME),
    Act(HOUR, "correct", AGENT, WHY | {"priority": "P1"}),
)  # fmt: skip
"""What may go on for months, each act so long after the one before."""


@frozen
class Step:
    """One line of the script: at this time this happens to this case, under this key."""

    at: datetime
    case: str
    key: str
    act: Act | None

    def play(self, engine: Engine) -> str:
        """Do it; how it went: `done`, or the code of the refusal."""
        try:
            if self.act is None:
                engine.open("service_ticket", ORDER, actor=AGENT, id=self.case, key=self.key)
            else:
                case = self._child(engine) if self.act.child else self.case
                engine.send(case, self.act.event, self.act.fields, actor=self.act.actor, key=self.key)
        except Refused as refused:
            return refused.refusal.code
        return DONE

    def _child(self, engine: Engine) -> str:
        """The callback of this ticket, also when it is over already."""
        return next(child for _, child, kind in engine.store.links("", self.case) if kind == "run")


def script(cases: int) -> tuple[Step, ...]:
    """Everything that is sent, in the order of time; tickets come in one after another."""

    def of(number: int) -> Iterator[Step]:
        case, opened = f"T-{number:03}", START + number * APART
        yield Step(opened, case, f"{case}/open", None)
        for place, act in enumerate(STORIES[number % len(STORIES)]):
            yield Step(opened + act.after, case, f"{case}/{place}", act)

    return tuple(sorted((step for number in range(cases) for step in of(number)), key=lambda step: (step.at, step.key)))


def waves(cases: int, acts: int) -> Iterator[tuple[Step, ...]]:
    """The same acts for every ticket, each at one time for all of them: who comes first is open."""
    story = (Act(HOUR, "accept", AGENT, ACCEPTED), *islice(cycle(ROUND), acts - 3), Act(HOUR, "cancel", AGENT, WHY))
    at = START
    for place, act in enumerate((None, *story)):
        at += timedelta() if act is None else act.after
        yield tuple(Step(at, f"T-{number:03}", f"T-{number:03}/{place}", act) for number in range(cases))


def publish(engine: Engine) -> None:
    """What has to be there before the first act."""
    engine.publish(catalog.path("service_ticket.yaml"))
