"""
The processes that most bugs of the zoo live in: small, and with every word of the language that a bug may touch.
"""

DESK = """
process: desk
version: 1
roles: [agent, boss]
hooks: [print, order]
fields: {owner: person, about: person, secret: {type: text, private: true}, score: 1..5, price: number, urgent: flag,
         note: text}
open: {by: [agent, system], may: [owner, about, secret]}
by: [agent, owner]
not_by: about
anywhere:
  take: {to: here, by: boss, ask: owner, do: {notify: owner}, in: [work, check]}
  park: {to: parked, by: boss, in: [work, check]}
states:
  new:
    do: {hook: print}
    events:
      go: {to: work, may: [price, urgent], do: {set: {note: "'begun'"}, notify: responsible}}
      ask: {to: here, ask: note, do: {hook: order}}
  work:
    do: {hook: print, notify: [owner, agent]}
    events:
      fix: {to: check, ask: score, may: price, do: {set: {price: price + 1}, hook: order}}
      weigh:
        may: price
        to: [{to: here, when: price > 10 and urgent, max: 2}, {to: check, when: price > 10 or urgent}, new]
      drop: {to: new, max: 1}
      sort: {to: sorted, may: urgent}
      bill: {to: work, max: 1, do: {set: {score: 3}, send: approve, start: desk}}
  sorted: {auto: {to: [{to: closed, when: urgent}, work]}}
  check:
    not_by: work
    wait: 1h
    do: {send: approve}
    events: {fine: {to: closed, when: score > 2}, again: work, approve: {to: closed, by: boss}}
    auto: {to: work, when: filled(score) and score == 1, max: 1}
  parked: {by: boss, events: {resume: back, forget: new}, do: {notify: boss}, after: {2h: back}}
  closed: {end: done}
""".lstrip()

REGIONS = """
process: regions
version: 1
roles: [agent, boss]
hooks: [outer, inner]
fields: {count: number}
by: agent
anywhere: {away: {to: off, by: boss, in: both}}
states:
  first: {events: {go: both}}
  both:
    parallel: true
    do: {hook: outer}
    states:
      left:
        do: {hook: inner}
        states:
          one: {events: {next: two, shared: two, jump: {to: first, max: 2}}}
          two: {events: {next: three, shared: one, stay: {to: two, do: {set: {count: 1}}}}}
          three: {end: done}
      right:
        states:
          four: {events: {push: five, shared: five, jump: here}}
          five: {events: {push: six, pull: four}}
          six: {end: done}
    events: {done: ending, shared: first}
  off: {by: boss, events: {return: back, again: both.left.last}}
  ending: {events: {over: closed, redo: both}}
  closed: {end: done}
""".lstrip()

FAMILY = """
process: family
version: 1
roles: [agent, boss]
fields: {owner: person, hidden: {type: person, private: true}, result: text, name: text}
open: {may: [owner, hidden, name]}
by: [agent, boss]
states:
  start: {events: {go: {to: kid, may: owner}, other: {to: start, do: {start: {child: {title: name}}}}}}
  kid: {run: child, not_by: [start, hidden], events: {good: review, bad: {to: review, do: {start: child}}}}
  review: {not_by: kid, events: {fine: closed, redo: kid, back_to_start: start}}
  closed: {end: done}
""".lstrip().replace("  kid: {run", "  kid: {after: {2d: start}, run")

CHILD = """
process: child
version: 1
roles: [agent, boss]
fields: {owner: person, result: text, title: text}
open: {by: [boss, system], may: [owner, title]}
gives: [result]
by: [agent, owner]
states:
  first: {events: {yes: {to: good, ask: result}, no: {to: bad, may: result}, hold: held}}
  held: {not_by: first, events: {on: back}}
  good: {end: done}
  bad: {end: cancelled}
""".lstrip()

VEILED = """
process: veiled
version: 1
roles: [agent, boss]
seen_by: {boss: all, owner: fault}
fields:
  owner: {type: person, seen_by: [agent, boss]}
  fault: text
  cost: {type: money, seen_by: [boss, owner]}
  price: {type: money, seen_by: [boss]}
  level: {type: gold | silver, seen_by: boss}
open: {by: agent, ask: [owner, cost], may: [fault, level]}
sla: {done: {from: new, until: over, target: {per: level, table: {gold: 1h, silver: 2h, default: 3h}}}}
states:
  new:
    by: [agent, boss, owner]
    events:
      correct: {to: here, may: [cost, fault]}
      price: {to: here, do: {set: {price: cost * 2}}}
      dear: {to: [{to: over, when: filled(price) and price > 100000000}]}
      close: over
  over: {end: done}
""".lstrip()

SKILLED = """
process: skilled
version: 1
roles: [engineer, boss]
qualifications: [electrician, welder]
fields: {fault: wiring | frame}
open: {ask: fault}
by: engineer
qualified: electrician
states:
  new: {events: {go: work, drop: {to: closed, by: boss, qualified: none}}}
  work:
    qualified: {electrician: 2, welder: 1}
    events: {fix: check, sort: {to: new, may: fault, qualified: welder}}
  check:
    events:
      pass: {to: closed, qualified: {per: fault, table: {wiring: {electrician: 3}, default: welder}}}
      redo: work
  closed: {end: done}
""".lstrip()
