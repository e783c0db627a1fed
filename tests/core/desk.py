"""
A small service desk for the tests of the core: YAML in, a pure case that is driven by hand, its journal kept.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from textwrap import dedent

from attrs import evolve, frozen

from svcflow.core.calendar import Calendar, YearDays
from svcflow.core.case import Case
from svcflow.core.clock import Clock
from svcflow.core.decision import Decision, HookCall, JournalEntry, Offer, Refusal
from svcflow.core.event import Actor, Event, Input, Tick
from svcflow.core.family import open_family, settle
from svcflow.core.history import rebuild
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.core.step import offers
from svcflow.language import compile_sources

MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)  # a working day in every calendar of the tests

AGENT = Actor("ann", roles={"agent"})
BOSS = Actor("bo", roles={"boss"})

HEAD = """
roles: [agent, boss]
calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
"""

TWO_STATES = """
by: agent
states:
  one: {events: {x: two}}
  two: {end: done}
"""

SLA = """
fields: {p: P1 | P2, q: text}
escalations:
  std:
    50%: {notify: agent}
    100%: {notify: boss}
    100% + 1d: {notify: agent}
    -30min: {notify: boss}
targets: {speed: {per: p, table: {P1: 4h, P2: 2d, default: 8h}}}
sla:
  answer: {from: new, until: work, target: 2h, again: ignore}
  fix: {from: [new, work], until: [checked, closed], target: speed, escalation: std}
  news: {from: work, until: closed, renew: inform, target: 4h, again: continue}
by: agent
anywhere:
  set: {to: here, may: [p, q]}
  inform: {to: here, in: [work]}
  drop: dropped
states:
  new: {events: {accept: work}}
  work: {events: {wait: waiting, check: checked, close: closed}}
  waiting: {pause: [fix, news], events: {answered: back}}
  checked: {events: {reopen: work, close: closed, fail: {to: work, ask: p}}}
  closed: {events: {reopen: work, bury: buried}}
  buried: {end: done}
  dropped: {end: cancelled}
"""


def process(*parts: str, name: str = "desk", version: int = 1, **others: str) -> Process:
    """
    Compile a process whose head (roles agent and boss, an office from 9 to 17 UTC) is given.

    Its text may come in parts, each indented as it likes; `others` are the files of processes that it runs or starts.
    """
    sources = {f"{name}.yaml": _file(name, version, *parts)}
    sources |= {f"{other}.yaml": _file(other, 1, text) for other, text in others.items()}
    return compile_sources(sources, f"{name}.yaml")


def _file(name: str, version: int, *parts: str) -> str:
    return "\n".join((f"process: {name}", f"version: {version}", HEAD, *(dedent(part) for part in parts)))


@frozen
class Turned:
    """
    The days of a calendar but for some dates, which are off if they were not, and no longer if they were.
    """

    calendar: Calendar
    dates: frozenset[date]
    name: str = "turned"
    valid_through: int | None = None

    def days(self, year: int) -> YearDays:
        known = self.calendar.holidays
        old = YearDays() if known is None else known.days(year)
        turned = frozenset(day for day in self.dates if day.year == year)
        return YearDays(old.off ^ turned, old.makeup - turned)


def on_days(process: Process, days: str) -> Process:
    """
    A process on other days: `days` are the dates to turn, one behind the other.
    """
    dates = frozenset(map(date.fromisoformat, days.split()))
    turned = {key: _turned(calendar, dates) for key, calendar in process.calendars.items()}
    return evolve(process, calendars=turned, days=days)


def _turned(calendar: Calendar, dates: frozenset[date]) -> Calendar:
    if calendar.name == "always":
        return calendar
    return Calendar(
        calendar.name, calendar.zone, dict(enumerate(calendar.weekly)), workdays=calendar.workdays,
        makeup=calendar.makeup, exceptions=dict(calendar.exceptions), holidays=Turned(calendar, dates),
    )  # fmt: skip


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def agreed(answer: Decision | Refusal) -> Decision:
    assert isinstance(answer, Decision), str(answer)
    return answer


class Desk:
    """
    Cases of some processes on a clock of their own; every step goes through the same pure door.
    """

    def __init__(self, *processes: Process, now: datetime = MONDAY, machine: Machine = statechart) -> None:
        self.versions = {(one.name, one.version): one for one in processes}
        self.turned: dict[tuple[Process, str], Process] = {}
        self.newest_of = {one.name: one for one in processes}
        self.now = now
        self.machine = machine
        self.cases: dict[str, Case] = {}
        self.journal: dict[str, list[JournalEntry]] = {}
        self.calls: list[HookCall] = []

    # what the family asks for

    def of(self, case: Case) -> Process:
        return self.version(case, case.version, case.days)

    def newest(self, tenant: str, name: str, *_: object) -> Process:
        assert tenant == ""
        return self.newest_of[name]

    def version(self, case: Case, version: int, days: str | None) -> Process:
        process = self.versions[case.process, version]
        if not days:
            return process
        if (process, days) not in self.turned:
            self.turned[process, days] = on_days(process, days)
        return self.turned[process, days]

    # what a test does

    def open(self, name: str = "desk", actor: Actor = AGENT, **fields: object) -> Case:
        answer = self._try_open(name, actor, fields)
        assert isinstance(answer, Case), str(answer)
        return answer

    def refused_open(self, name: str = "desk", actor: Actor = AGENT, **fields: object) -> Refusal:
        answer = self._try_open(name, actor, fields)
        assert isinstance(answer, Refusal), answer.state
        return answer

    def _try_open(self, name: str, actor: Actor, fields: dict[str, object]) -> Case | Refusal:
        case_id = f"c{len(self.cases) + 1}"
        process = self.newest_of[name]
        answer = open_family(process, fields, actor, self.now, self, id=case_id, machine=self.machine)
        return answer if isinstance(answer, Refusal) else self._keep(answer, case_id)

    def send(self, case: Case, event: str, actor: Actor = AGENT, **fields: object) -> Case:
        return self.give(case, Event(event, fields, actor))

    def refused(self, case: Case, event: str, actor: Actor = AGENT, **fields: object) -> Refusal:
        return self.refused_input(case, Event(event, fields, actor))

    def give(self, case: Case, event: Input) -> Case:
        answer = self.try_give(case, event)
        assert isinstance(answer, Case), str(answer)
        return answer

    def refused_input(self, case: Case, event: Input) -> Refusal:
        before = dict(self.cases)
        answer = self.try_give(case, event)
        assert isinstance(answer, Refusal), answer.state
        assert self.cases == before
        return answer

    def try_give(self, case: Case, event: Input) -> Case | Refusal:
        answer = settle(self.family(case.id), self, case.id, event, self.now, machine=self.machine)
        return answer if isinstance(answer, Refusal) else self._keep(answer, case.id)

    def wait(self, length: timedelta) -> None:
        """
        Let time pass and every family wake up once, as a worker that was asleep would.
        """
        self.now += length
        for root in sorted({case.root for case in self.cases.values()}):
            if not self.cases[root].ended or any(not one.ended for one in self.family(root).values()):
                self.give(self.cases[root], Tick())

    def family(self, case_id: str) -> dict[str, Case]:
        root = self.cases[case_id].root
        mine = {one.id: one for one in self.cases.values() if one.root == root}
        return {case_id: self.cases[case_id], **mine}

    def menu(self, case: Case, actor: Actor = AGENT) -> dict[str, Offer | Refusal]:
        case = self.cases[case.id]
        return {
            offer.event: offer if offer.refusal is None else offer.refusal
            for offer in offers(self.of(case), case, actor, self.now, self.machine)
        }

    def offered(self, case: Case, event: str, actor: Actor = AGENT) -> Offer:
        found = self.menu(case, actor)[event]
        assert isinstance(found, Offer), str(found)
        return found

    def not_offered(self, case: Case, event: str, actor: Actor = AGENT) -> Refusal:
        found = self.menu(case, actor)[event]
        assert isinstance(found, Refusal), found.event
        return found

    # what a test looks at

    def child(self, case: Case, state: str) -> Case:
        return self.cases[self.cases[case.id].children[state]]

    def clock(self, case: Case, key: str) -> Clock:
        return self.cases[case.id].clocks[key]

    def names(self, case: Case) -> list[str]:
        return [entry.name for entry in self.journal[case.id]]

    def told(self, case: Case | None = None) -> list[tuple[str, ...]]:
        """
        Who was told, call by call, of one case or of all.
        """
        calls = [call for call in self.calls if call.hook == "notify" and (case is None or call.case == case.id)]
        return [tuple(one.name for one in call.to) for call in calls]

    def remarks(self, case: Case) -> list[str]:
        return [remark for entry in self.journal[case.id] for remark in entry.remarks]

    def check_replay(self) -> None:
        for case_id, case in self.cases.items():
            assert rebuild(self, self.journal[case_id], machine=self.machine) == case

    def _keep(self, decisions: tuple[Decision, ...], case_id: str) -> Case:
        for decision in decisions:
            before = self.cases.get(decision.case.id)
            assert decision.before == before
            self.cases[decision.case.id] = decision.case
            entries = self.journal.setdefault(decision.case.id, [])
            first = 1 if before is None else before.seq + 1
            assert [entry.seq for entry in decision.journal] == list(range(first, decision.case.seq + 1))
            entries += decision.journal
            self.calls += decision.calls
        return self.cases[case_id]


def desk_of(*parts: str, **others: str) -> Desk:
    """
    A desk that knows one process, and those that it runs or starts.
    """
    return Desk(
        process(*parts, name="desk", version=1, **others), *(process(text, name=name) for name, text in others.items())
    )


def case_of(*parts: str, **fields: object) -> tuple[Desk, Case]:
    """
    A desk that knows one process, with one case that an agent opened on Monday morning.
    """
    desk = Desk(process(*parts))
    return desk, desk.open("desk", AGENT, **fields)
