"""What the people of the demo tend to do in each state, how long it takes them, and what they write into the forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from types import MappingProxyType
from typing import Any, TypeAlias

from attrs import frozen

from svcflow.core.case import Case
from svcflow.demo.people import DAY, ENGINEERS, OFFICE, OUTLETS, ZONE

Fields: TypeAlias = Mapping[str, Any]


@frozen
class Choice:
    """
    One thing that may be done in a state: an event, how likely it is, and after how many minutes on average.

    Without an event nobody does anything: time will. `when` says for which cases it comes into question; `since` names
    a field before whose moment nothing can be done.
    """

    event: str | None
    weight: float
    minutes: float = 60
    when: Callable[[Fields], bool] | None = None
    since: str | None = None


def _out_of_warranty(fields: Fields) -> bool:
    return fields.get("warranty") == "out_of_warranty"


def _in_warranty(fields: Fields) -> bool:
    return not _out_of_warranty(fields)


TICKET: Mapping[str, tuple[Choice, ...]] = MappingProxyType({
    "new": (Choice("accept", 95, 9), Choice("refuse", 3, 25), Choice("cancel", 2, 60)),
    "diagnose": (
        Choice("fix_remotely", 42, 55), Choice("send_someone", 42, 60, _in_warranty),
        Choice("quote", 45, 70, _out_of_warranty), Choice("ask_customer", 8, 40), Choice("hold", 2, 90),
        Choice("correct", 4, 30),
    ),
    "quoted": (Choice("agree", 65, 420), Choice("decline_price", 15, 600), Choice(None, 20)),
    "dispatch": (Choice("send_own", 55, 40), Choice("send_partner", 45, 45)),
    "partner_offer": (Choice("take_it", 55, 70), Choice("decline", 30, 90), Choice(None, 15)),
    "repair.remote": (Choice("done", 74, 100), Choice("need_visit", 20, 110), Choice("reassign", 6, 80)),
    "repair.onsite": (
        Choice("done", 62, 120, since="appointment"), Choice("need_parts", 17, 60, since="appointment"),
        Choice("nobody_home", 7, 30, since="appointment"), Choice("move_visit", 7, 150),
        Choice("cannot_repair", 3, 120, since="appointment"), Choice("hand_back", 4, 100),
    ),
    "repair.parts": (Choice("arrived", 88, 1300), Choice("unobtainable", 12, 1500)),
    "verify": (Choice("confirmed", 55, 240), Choice("not_fixed", 15, 300), Choice(None, 30)),
    "review": (
        Choice("settle", 30, 200), Choice("replace", 20, 240), Choice("refund", 15, 240), Choice("complain", 20, 120),
        Choice("rework", 15, 150),
    ),
    "wrap_up": (Choice("close", 1, 200),),
    "closed": (Choice("reopen", 10, 900), Choice(None, 90)),
    "awaiting_customer": (Choice("answered", 80, 360), Choice(None, 20)),
    "on_hold": (Choice("resume", 1, 600),),
})  # fmt: skip
CALLBACK: Mapping[str, tuple[Choice, ...]] = MappingProxyType({
    "reach.choose": (Choice("start", 1, 90),),
    "reach.calling": (Choice("reached", 70, 20), Choice("no_answer", 30, 15)),
    "reach.retry": (Choice("called_back", 20, 90), Choice(None, 80)),
    "reach.visiting": (Choice("met", 80, 300), Choice("not_met", 20, 300)),
    "reach.questionnaire": (Choice("submit", 60, 700), Choice(None, 40)),
    "rating": (Choice("save", 90, 25), Choice("ask_for_help", 10, 20)),
})  # fmt: skip
COMPLAINT: Mapping[str, tuple[Choice, ...]] = MappingProxyType({
    "accept": (Choice("register", 1, 35),),
    "investigate": (
        Choice("report", 65, 420), Choice("inform", 15, 300), Choice("more_facts", 12, 200), Choice("withdraw", 8, 500),
    ),
    "propose": (Choice("offer", 85, 240), Choice("inform", 15, 200)),
    "approve": (Choice("agree", 80, 150), Choice("send_back", 20, 150)),
    "negotiate": (Choice("agreed", 65, 400), Choice("rejected", 35, 360)),
    "management": (Choice("agreed", 75, 500), Choice("rejected_for_good", 15, 500), Choice("arbitrate", 10, 600)),
    "implement": (Choice("done", 1, 500),),
    "follow_up": (Choice("content", 75, 300), Choice("no_answer", 15, 200), Choice("still_unhappy", 10, 300)),
    "root_cause": (Choice("conclude", 1, 900),),
    "awaiting_customer": (Choice("answered", 75, 400), Choice(None, 25)),
})  # fmt: skip
MAINTENANCE: Mapping[str, tuple[Choice, ...]] = MappingProxyType({
    "arrange": (Choice("agreed", 90, 300), Choice("refused", 10, 300)),
    "inspect": (Choice("inspected", 85, 150, since="appointment"), Choice("put_off", 15, 60)),
    "report": (Choice("all_well", 70, 300), Choice("found_defects", 30, 300)),
})  # fmt: skip
SCRIPTS: Mapping[str, Mapping[str, tuple[Choice, ...]]] = MappingProxyType(
    {"service_ticket": TICKET, "callback": CALLBACK, "complaint": COMPLAINT, "maintenance": MAINTENANCE}
)

PRODUCTS = ("X1 projector", "X2 projector", "M4 display", "K7 kiosk")
FAULTS = ("no picture", "makes a loud noise", "switches itself off", "does not start", "touch screen is dead")
TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "fault": FAULTS,
    "product": PRODUCTS,
    "serial": ("SN-20417", "SN-31180", "SN-44902", "SN-50033"),
    "channel": ("hotline", "hotline", "website", "app", "email", "social", "outlet"),
    "contract": ("basic",),
    "warranty": ("in_warranty", "in_warranty", "in_warranty", "out_of_warranty"),
    "priority": ("P1", "P2", "P2", "P3", "P3", "P3", "P4"),
    "reason": ("the customer asked for it", "not possible today", "it needs somebody else", "the date did not suit"),
    "question": ("which lamp is on?", "a photo of the plate, please", "since when does it happen?"),
    "diagnosis": ("power supply", "firmware", "loose cable", "worn fan", "broken panel"),
    "work_done": ("replaced the part", "updated the firmware", "cleaned and adjusted", "exchanged the cable"),
    "cause": ("wear", "heat", "transport damage", "wrong setting"),
    "kb_summary": ("", "", "after a power cut: reset the board, then update"),
    "contact_by": ("phone_call", "phone_call", "phone_call", "questionnaire", "visit"),
    "problem": ("no_problem", "no_problem", "product_fault", "service_fault"),
    "opinion": ("", "friendly on the telephone", "took too long"),
    "praise": ("", "", "the engineer explained everything"),
    "subject": ("the third repair of the same fault", "nobody came", "the bill is wrong"),
    "demand": ("a new device", "an apology", "money back"),
    "severity": ("major", "normal", "normal", "minor"),
    "findings": ("the visit was not in the plan", "the part was of an old batch", "the bill counted travel twice"),
    "proposal": ("a new device", "a voucher and a free check", "the bill is corrected"),
    "counter": ("not enough", "only with a written apology"),
    "message": ("we are on it; next news tomorrow", "the part is on its way"),
    "result": ("delivered", "paid", "apologised"),
    "root_cause": ("planning", "supplier", "training"),
    "improvement": ("visits are confirmed the day before", "parts are checked on arrival"),
    "advice": ("exchange the filter next year", "nothing to do"),
})  # fmt: skip
TRUE_OF: Mapping[str, float] = MappingProxyType({"working": 0.86, "justified": 0.7, "purpose_told": 0.95})
RATINGS = (5, 5, 5, 5, 4, 4, 4, 4, 4, 3, 2, 1)
PARTS = ("fan", "lamp", "power supply", "panel", "cable")


def choose(case: Case, random: Random) -> Choice | None:
    """What somebody will do with the case where it stands; None where the script says nothing."""
    for state in case.states:
        choices = SCRIPTS.get(case.process, {}).get(state, ())
        fitting = [one for one in choices if one.when is None or one.when(case.fields)]
        if fitting:
            return random.choices(fitting, [one.weight for one in fitting])[0]
    return None


def written(field: str, now: datetime, random: Random) -> object:
    """What is written into a field of a form."""
    if field in TEXTS:
        return random.choice(TEXTS[field])
    if field in TRUE_OF:
        return random.random() < TRUE_OF[field]
    return OTHERS[field](now, random)


def _visit(now: datetime, random: Random) -> datetime:
    """A free hour on the next working day or the one after."""
    day = now.astimezone(ZONE).date() + random.choice((1, 1, 2)) * DAY
    hour = random.choice((9, 10, 11, 14, 15))
    return OFFICE.from_on(datetime.combine(day, time(hour), ZONE)).astimezone(UTC)


def _today(now: datetime) -> date:
    return now.astimezone(ZONE).date()


OTHERS: Mapping[str, Callable[[datetime, Random], Any]] = MappingProxyType({
    "owner": lambda _now, random: random.choice(ENGINEERS),
    "improver": lambda _now, _random: "song",
    "about": lambda _now, random: random.choice((None, None, *ENGINEERS)),
    "partner": lambda _now, random: random.choice(tuple(OUTLETS)),
    "phone": lambda _now, random: f"+86-21-555-{random.randrange(10_000):04}",
    "price": lambda _now, random: Decimal(random.randrange(80, 900, 10)),
    "compensation": lambda _now, random: Decimal(random.choice((0, 100, 300, 500, 1500, 2000))),
    "appointment": _visit,
    "visit_at": _visit,
    "parts": lambda _now, random: random.sample(PARTS, random.choice((1, 1, 2))),
    "defects": lambda _now, random: random.sample(PARTS, 1),
    "product_quality": lambda _now, random: random.choice(RATINGS),
    "attitude": lambda _now, random: random.choice(RATINGS),
    "efficiency": lambda _now, random: random.choice(RATINGS),
    "satisfaction": lambda _now, random: random.choice(RATINGS),
    "purchased_at": lambda now, random: now - timedelta(hours=random.randrange(2, 60)),
    "contract_from": lambda now, random: _today(now) - timedelta(days=random.choice((24, 25, 26, 27))),
    "contract_until": lambda now, _random: _today(now) + timedelta(days=700),
    "checklist": lambda _now, _random: [{"id": "list-1", "name": "checklist.pdf", "size": 48_213, "sha256": "0" * 64}],
    "customer_name": lambda _now, _random: None,
    "evidence": lambda _now, _random: None,
    "photos": lambda _now, _random: None,
})  # fmt: skip
