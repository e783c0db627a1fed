"""
A small family: a ticket that waits for a callback, as a parent waits for its child.
"""

from __future__ import annotations

from core.desk import Desk, desk_of
from svcflow.core.case import Case
from svcflow.core.event import Actor

OTHER_AGENT = Actor("al", roles={"agent"})

TICKET = """
fields: {customer: person, fault: text, phone: {type: text, private: true}, score: 1..5, about: person, happy: flag}
by: agent
anywhere: {cancel: {to: dropped, in: [work, call]}}
states:
  work: {not_by: about, events: {done: {to: call, may: about}}}
  call:
    run: callback
    not_by: [work, about]
    events: {good: closed, bad: {to: [{to: work, max: 1}, review]}, silent: closed}
  review: {by: boss, not_by: call, events: {settle: closed}}
  closed: {end: done}
  dropped: {end: cancelled}
"""
CALLBACK = """
fields: {customer: person, phone: {type: text, private: true}, score: 1..5, fault: number}
open: {ask: [customer, phone], may: fault}
gives: [score]
by: [agent, boss]
states:
  ring:
    limit: 2h
    events: {answered: {to: [{to: good, when: score > 3}, bad], ask: score}}
    after: {4h: silent}
  good: {end: done}
  bad: {end: done}
  silent: {end: done}
"""


def family() -> tuple[Desk, Case, Case]:
    """
    A ticket that waits for a callback, and that callback.
    """
    desk = desk_of(TICKET, callback=CALLBACK)
    case = desk.send(desk.open(customer="acme", fault="loud", phone="555", about="ira"), "done")
    return desk, case, desk.child(case, "call")
