"""A small house, and lists of what was done in it: tests count in the lists what reports make of the cases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from attrs import frozen

from svcflow import catalog
from svcflow.clocks import ManualClock
from svcflow.core.event import SYSTEM, Actor
from svcflow.engine import Engine
from svcflow.report import Measures

MONDAY = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DESK = Actor("li", roles={"agent", "dispatcher", "complaints"})
CALLER = Actor("lin", roles={"caller"})
LEAD = Actor("zhao", roles={"team_lead", "manager"})
GROUP = Actor("gao", roles={"supervision"})
PROMISED = {"gold": 15, "silver": 30, "basic": 120}  # Minutes to the first answer.


EVERY = Measures()


@frozen
class Job:
    """A ticket: who did it, how long it waited, how often it came back, what the customer said, and what he found."""

    by: str
    product: str
    contract: str
    waited: int  # Minutes.
    score: int
    attitude: int
    serial: str = ""
    partner: str = ""
    returned: int = 0
    working: bool = True
    called_late: bool = False
    problem: str = ""
    solved: bool = True

    @property
    def customer(self) -> str:
        """Whoever has the product."""
        return f"owner of {self.product}"

    @property
    def answered_in_time(self) -> bool:
        """Whether the first answer came within what was promised."""
        return self.waited <= PROMISED[self.contract]


JOBS = (
    Job("kim", "X1", "gold", 10, 5, 5, serial="7"),
    Job("kim", "X1", "gold", 20, 4, 2, serial="7", returned=1),
    Job("kim", "X2", "basic", 100, 2, 3, problem="service_fault"),
    Job("tom", "X2", "silver", 30, 5, 4, partner="north"),
    Job("tom", "X2", "silver", 31, 3, 4, partner="north", returned=2, problem="product_fault"),
    Job("eve", "X1", "basic", 121, 4, 1, partner="south", called_late=True),
    Job("wu", "X3", "basic", 5, 1, 5, working=False, problem="service_fault", solved=False),
)
SETTLED = {"product_fault": 3, "service_fault": 8}  # Days; promised are 15 and 5 working days.
REPORTS = (("kim", 100, True, 0), ("kim", 50, False, 3), ("wu", 30, True, 0))  # Who, costs, solved, days until written.
INSPECTED = (("lin", 4, True), ("lin", 2, False), ("mei", 5, True))  # The caller, the manner, the record complete.
ASKED = ((4, 5, 9), (2, 4, 6), (5, 5, 10))  # Satisfaction, attitude, recommended.


@frozen
class House:
    """An engine, and its clock."""

    engine: Engine
    clock: ManualClock

    def do(self, case: str, event: str, actor: Actor, **form: object) -> str:
        """Send an event; in which state the case then is."""
        return self.engine.send(case, event, form, actor=actor).state

    def until(self, days: float) -> None:
        """Let time pass until so long after Monday."""
        self.clock.set(max(self.clock.now(), MONDAY + days * DAY))
        self.engine.tick()

    def ticket(self, job: Job) -> str:
        """A ticket, up to its callback, which it gives back."""
        opening = {"customer": job.customer, "phone": "1", "fault": "dark", "contract": job.contract}
        case = self.engine.open("service_ticket", opening, actor=SYSTEM).id
        self.clock.advance(job.waited * MINUTE)
        accepted = {"product": job.product, "contract": job.contract, "warranty": "in_warranty", "priority": "P4"}
        self.do(case, "accept", DESK, owner=job.by, **accepted, **({"serial": job.serial} if job.serial else {}))
        for left in range(job.returned, -1, -1):
            self.repair(case, job)
            self.do(
                case, "not_fixed" if left else "confirmed", Actor(job.customer), **({"reason": "x"} if left else {})
            )
        return self.engine.case(case).children["callback"]

    def repair(self, case: str, job: Job) -> None:
        """One attempt, of our own or of a partner."""
        if job.partner:
            at = self.clock.now()
            self.do(case, "send_someone", DESK, diagnosis="panel")
            self.do(case, "send_partner", DESK, partner=job.partner)
            self.do(case, "take_it", Actor(job.by, groups={job.partner}), owner=job.by, appointment=at)
        else:
            self.do(case, "fix_remotely", DESK, diagnosis="panel", owner=job.by)
        self.do(case, "done", Actor(job.by), work_done="panel")

    def call(self, callback: str, job: Job) -> None:
        """The callback, and what the ticket comes to by it."""
        said = {"satisfaction": job.score, "attitude": job.attitude, "working": job.working, "purpose_told": True}
        self.do(callback, "start", CALLER, contact_by="phone_call")
        self.do(callback, "reached", CALLER)
        self.do(callback, "save", CALLER, product_quality=3, efficiency=3, problem="no_problem", **said)
        parent = self.engine.case(callback).parent
        assert parent is not None
        state = self.engine.case(parent.case).state
        if state == "diagnose":
            self.do(parent.case, "cancel", LEAD, reason="another product was bought")
            return
        if state == "review":
            self.do(parent.case, "settle", LEAD, reason="talked over")
        self.do(parent.case, "close", LEAD, cause="wear")

    def problem(self, job: Job) -> str:
        """What a customer found, with the department that answers for it."""
        found = {"customer": job.customer, "phone": "1", "product": job.product, "opinion": "x", "served_by": job.by}
        case = self.engine.open("problem", found, actor=SYSTEM).id
        self.do(case, "assign", CALLER, problem=job.problem, owner="zhou", due=MONDAY.date() + 30 * DAY)
        return case

    def settle(self, case: str, job: Job) -> None:
        """The department's answer, and the customer's."""
        self.do(case, "solve", Actor("zhou"), root_cause="x", solution="x", prevention="x")
        if job.solved:
            self.do(case, "content", CALLER, reply="thanks", satisfaction=4)
            return
        while self.engine.case(case).state == "inform":
            self.do(case, "no_answer", CALLER)
        self.do(case, "accept", LEAD, reason="nobody answers")


def built() -> Engine:
    """A house in which everything in the lists above has happened."""
    engine = Engine(clock=(clock := ManualClock(MONDAY)))
    engine.publish(catalog.service_ticket, catalog.problem, catalog.consultation, catalog.complaint, catalog.survey)
    engine.publish(catalog.service_report, catalog.inspection, catalog.feedback)
    desk = House(engine, clock)
    calls = [(desk.ticket(job), job) for job in JOBS]
    later = _beside(desk)
    for days, what in later:
        if days == 0:
            what()
    desk.until(2)
    for callback, job in calls:
        if not job.called_late:
            desk.call(callback, job)
    problems = [(SETTLED[job.problem], desk.problem(job), job) for job in JOBS if job.problem]
    for days, case, job in sorted(problems, key=lambda one: one[0]):
        later.append((2 + days, partial(desk.settle, case, job)))
    later += [(7, partial(desk.call, callback, job)) for callback, job in calls if job.called_late]
    for days, what in sorted(later, key=lambda one: one[0]):
        if days:
            desk.until(days)
            what()
    desk.until(20)
    return engine


def _beside(desk: House) -> list[tuple[float, Callable[[], object]]]:
    """Cases of other processes, begun on Monday; and what is done with them later, with the day."""
    engine, later = desk.engine, list[tuple[float, Callable[[], object]]]()
    for days in (0, 1.5):
        case = engine.open("consultation", {"customer": "acme", "phone": "1", "subject": "x"}, actor=SYSTEM).id
        desk.do(case, "accept", DESK, priority="P3", owner="li")
        later.append((days, partial(desk.do, case, "answer", DESK, answer="yes")))
    case = engine.open("complaint", {"customer": "acme", "phone": "1", "product": "X1"}, actor=SYSTEM).id
    desk.do(case, "register", DESK, subject="x", demand="x", severity="minor", owner="li")
    desk.do(case, "report", DESK, findings="x", justified=False)
    desk.do(case, "agreed", DESK)
    for satisfaction, attitude, recommend in ASKED:
        case = engine.open("survey", {"customer": "acme", "phone": "1", "product": "X3"}, actor=SYSTEM).id
        desk.do(case, "tell", CALLER, notice="3")
        said = {"satisfaction": satisfaction, "attitude": attitude, "recommend": recommend}
        desk.do(case, "answer", CALLER, manner="interview", process_score=3, result_score=3, **said)
    for person, costs, solved, days in REPORTS:
        who = {"customer": "acme", "customer_name": "Acme", "phone": "1", "address": "1"}
        asked = {"request": "x", "request_reason": "x", "received_at": MONDAY, "owner": person}
        case = engine.open("service_report", who | asked, actor=SYSTEM).id
        done = {"place": "x", "served_at": MONDAY, "work_done": "x", "cause": "x", "solved": solved}
        form = done | {"labour_cost": costs - 10, "travel_cost": 10}
        later.append((days, partial(desk.do, case, "done_on_site", Actor(person), **form)))
    for caller, attitude, complete in INSPECTED:
        case = engine.open("inspection", {"served_by": "kim", "called_by": caller}, actor=SYSTEM).id
        desk.do(case, "take", GROUP, department="administration")
        found = {"flow_followed": True, "script_followed": True, "records_complete": complete}
        desk.do(case, "rate", GROUP, attitude=attitude, work_quality=5, **found)
    for praised in ("kim", "kim", "wu"):
        engine.open("feedback", {"kind": "praise", "content": "x", "praised": praised}, actor=Actor("acme"))
    return later
