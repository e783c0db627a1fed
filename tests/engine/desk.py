"""
Small processes that the engine's tests share: a desk that repairs, a visit with a survey, a desk that waits.
"""

from datetime import UTC, datetime
from functools import cache

from svcflow import language
from svcflow.core.event import Actor
from svcflow.core.process import Process
from svcflow.errors import ConflictError
from svcflow.stores.base import Change, Inside

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

DESK = """
process: desk
version: 1
roles: [agent, lead]
calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
escalations: {standard: {50%: {notify: responsible}, 100%: {notify: lead, hook: record_breach}}}
escalation: standard
hooks: [record_breach, order_parts]
fields: {customer: person, owner: person, phone: {type: text, private: true}, fault: text, result: text, parts: list}
open: {by: [agent, customer, system], ask: [customer, fault], may: phone}
sla:
  solved: {from: received, until: [confirm, dropped], target: 8h}
anywhere:
  drop: {to: dropped, by: [agent, customer], in: [received, repair]}
states:
  received:
    by: agent
    limit: 2h
    do: {notify: agent}
    events:
      assign: {to: repair, ask: owner}
      correct: {to: here, may: [phone, fault]}
  repair:
    by: owner
    events:
      need: {to: here, ask: parts, do: {hook: order_parts}}
      done: {to: confirm, ask: result, do: {notify: customer}}
  confirm:
    by: [customer, agent]
    not_by: repair
    events:
      fine: closed
      not_fine: {to: [{to: repair, max: 2}, closed]}
    after:
      every 1d: {do: {notify: customer}}
      3d: closed
  closed: {end: done}
  dropped: {end: cancelled}
"""

VISIT = """
process: visit
version: 1
roles: [agent]
fields: {customer: person, phone: {type: text, private: true}, score: 1..5, note: text}
open: {by: agent, ask: customer, may: phone}
states:
  planned: {by: agent, events: {ask: asking}}
  asking:
    run: survey
    events:
      answered: {to: [{to: happy, when: score >= 4}, unhappy]}
      silent: unhappy
    by: agent
  happy: {end: done}
  unhappy: {by: agent, events: {complain: {to: over, do: {start: desk_of_complaints}}, forget: over}}
  over: {end: done}
anywhere:
  stop: {to: over, by: agent, in: [asking]}
"""

SURVEY = """
process: survey
version: 1
roles: [caller]
gives: [score]
fields: {customer: person, phone: {type: text, private: true}, score: 1..5}
open: {by: system, ask: customer, may: phone}
states:
  calling:
    by: caller
    events: {answer: {to: answered, ask: score}}
    after: {2h on always: silent}
  answered: {end: done}
  silent: {end: done}
"""

COMPLAINTS = """
process: desk_of_complaints
version: 1
roles: [lead]
fields: {customer: person, phone: {type: text, private: true}}
open: {by: [lead, system], ask: customer, may: phone}
states:
  heard: {by: lead, events: {settle: settled}}
  settled: {end: done}
"""

FILES = {"desk.yaml": DESK, "visit.yaml": VISIT, "survey.yaml": SURVEY, "desk_of_complaints.yaml": COMPLAINTS}

LI = Actor("li", roles={"agent"})
BO = Actor("bo", roles={"agent"})
KIM = Actor("kim")
ACME = Actor("acme")
LEAD = Actor("lin", roles={"lead"})
CALLER = Actor("cai", roles={"caller"})

ORDER = {"customer": "acme", "fault": "no picture", "phone": "+49 30 5550199"}


@cache
def desk_process() -> Process:
    """The desk, compiled once for tests that make many engines."""
    return language.compile_sources({"desk.yaml": DESK}, "desk.yaml")


class Contested:
    """A store in which somebody else is always a little faster, so many times."""

    def __init__(self, store: object, conflicts: int) -> None:
        self._store, self.conflicts, self.writes = store, conflicts, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def apply(self, changes: list[Change], *, inside: Inside | None = None, connection: object | None = None) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise ConflictError("somebody was faster")
        self.writes += 1
        self._store.apply(changes, inside=inside, connection=connection)  # type: ignore[attr-defined]
