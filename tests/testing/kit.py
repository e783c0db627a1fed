"""A small process, and people for it, that tests of the testing kit share."""

from svcflow.core.event import Actor

WORKSHOP = """
process: workshop
version: 1
roles: [agent, chief]
hooks: [warn, shout]
calendar: always
fields: {price: money, ready: flag, forced: flag, owner: person}
open: {by: agent, may: [owner, ready]}
escalation: loud
escalations: {loud: {50%: {hook: warn}, 100%: {hook: shout}}}
sla: {repair: {from: waiting, until: closed, target: 2h}}
states:
  waiting:
    by: agent
    events:
      quote: {to: asked, ask: price}
      start: {to: [{to: bench, when: ready}, {to: asked, when: price > 100}]}
  asked:
    by: owner
    pause: repair
    events: {agree: bench}
    after: {1d: lost}
  bench:
    by: agent
    events: {close: closed, scrap: {to: nowhere, by: chief, when: price > 5}}
    auto: {to: nowhere, when: forced}
  nowhere: {by: chief, events: {drop: lost}}
  closed: {end: done}
  lost: {end: cancelled}
"""
AGENT, CHIEF, OWNER = Actor("ann", roles={"agent"}), Actor("carl", roles={"chief"}), Actor("otto")
