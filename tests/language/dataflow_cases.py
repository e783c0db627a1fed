"""
Processes written for one question each about what is filled where; tests compare the answers with what cases show.
"""

from collections.abc import Mapping

from attrs import frozen


@frozen
class Known:
    """
    A process and what is surely filled in some of its states; None where no case ever comes.
    """

    body: str
    sure: Mapping[str, str | None]


@frozen
class Way:
    """
    A process in which `a` is not said to be sure in `two`, and the way told on which it stays empty.

    None where no case is ever in `two` with `a` empty: a condition would be needed to see that, or somebody to act.
    """

    body: str
    way: str | None


KNOWN = {
    "a state writes when it is entered": Known(
        """
        fields: {a: number, b: number}
        open: {ask: a}
        by: agent
        states:
          one: {events: {go: two}}
          two: {do: {set: {a: b}}, events: {go: three}}
          three: {do: {set: {b: 1}}, events: {go: over}}
          over: {end: done}
        """,
        {"one": "a", "two": "", "three": "b"},
    ),
    "a group writes when it is entered, and not when a case moves inside it": Known(
        """
        fields: {a: number, b: number}
        open: {ask: a}
        by: agent
        states:
          one: {events: {go: group.x}}
          group:
            do: {set: {b: 1}}
            states: {x: {events: {on: {to: y, do: {set: {b: a}}}}}, y: {events: {clear: {to: x, do: {set: {a: 1}}}}}}
            events: {leave: over}
          over: {end: done}
        """,
        {"group.x": "a b", "group.y": "a b", "over": "a b"},
    ),
    "a group that a case comes back into writes again": Known(
        """
        fields: {a: number, b: number}
        open: {ask: a}
        by: agent
        states:
          one: {events: {go: two, enter: group.y}}
          two: {events: {again: group.last}}
          group:
            do: {set: {b: 1}}
            states: {x: {events: {on: y}}, y: {events: {leave: two}}}
            events: {stop: over}
          over: {end: done}
        """,
        {"two": "a", "group.x": "a b", "group.y": "a b", "over": "a b"},
    ),
    "what empties a field while a case stays": Known(
        """
        fields: {a: number, b: number}
        open: {ask: a}
        by: agent
        states:
          one: {events: {spoil: {to: here, do: {set: {a: b}}}, go: over}}
          over: {end: done}
        """,
        {"one": "", "over": ""},
    ),
    "an escalation empties a field": Known(
        """
        fields: {a: number, b: number}
        open: {ask: a}
        by: agent
        escalation: house
        escalations: {house: {100%: {set: {a: b}}}}
        states:
          one: {limit: 1d, events: {go: over}}
          over: {end: done}
        """,
        {"one": ""},
    ),
    "a neighbour writes while it stays": Known(
        """
        fields: {a: number, b: number}
        open: {ask: a}
        by: agent
        states:
          both:
            parallel: true
            states:
              left: {states: {m: {events: {left_on: n}}, n: {end: done}}}
              right: {states: {p: {events: {spoil: {to: here, do: {set: {a: b}}}, right_on: q}}, q: {end: done}}}
            events: {done: over}
          over: {end: done}
        """,
        {"both.left.m": "", "both.left.n": "", "over": ""},
    ),
    "a neighbour writes when it enters a state": Known(
        """
        fields: {a: number, b: number}
        open: {ask: a}
        by: agent
        states:
          both:
            parallel: true
            states:
              left: {states: {m: {events: {left_on: n}}, n: {end: done}}}
              right: {states: {p: {events: {right_on: q}}, q: {do: {set: {a: b}}, events: {on: r}}, r: {end: done}}}
            events: {done: over}
          over: {end: done}
        """,
        {"both.left.m": "", "both.left.n": "", "over": ""},
    ),
    "an alternative with nowhere to come back to is passed over": Known(
        """
        fields: {a: number}
        by: agent
        open: {may: a}
        states:
          one: {events: {go: {to: [{to: back, when: not filled(a)}, two]}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        {"two": ""},
    ),
    "a region that never comes to its end": Known(
        """
        fields: {a: number}
        by: agent
        states:
          both:
            parallel: true
            states:
              left: {states: {m: {events: {left_on: {to: n, ask: a}}}, n: {end: done}}}
              right: {states: {p: {events: {right_on: p}}, q: {end: done}}}
            events: {done: two, stop: over}
          two: {events: {go: over}}
          over: {end: done}
        """,
        {"both.left.n": "a", "two": None},
    ),
    "a field is emptied while a case is away": Known(
        """
        fields: {a: number, b: number, c: number}
        open: {ask: c}
        by: agent
        anywhere: {hold: {to: held, in: [one, two]}}
        states:
          one: {events: {go: {to: two, ask: a}}}
          two: {events: {go: over}}
          held: {events: {spoil: {to: here, do: {set: {c: b}}}, resume: back}}
          over: {end: done}
        """,
        {"one": "", "two": "a", "held": ""},
    ),
    "an empty flag counts as no, also when it is written": Known(
        """
        fields: {c: flag, e: flag}
        by: agent
        states:
          one: {events: {go: {to: two, do: {set: {c: e}}}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        {"two": "c"},
    ),
}

WAYS = {
    "on and on": Way(
        """
        fields: {a: number, b: number}
        open: {by: agent}
        by: agent
        states:
          one: {events: {fill: {to: two, ask: a}, go: {to: mid, ask: b}}}
          mid: {events: {go: two}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        "opened -> one -> mid -> two",
    ),
    "by a condition over the form itself": Way(
        """
        fields: {a: number, b: number}
        open: {by: agent}
        by: agent
        states:
          one: {events: {fill: {to: two, ask: a}, go: {may: b, to: [{to: two, when: b > 3}]}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        "opened -> one -> two",
    ),
    "after one that stays some times": Way(
        """
        fields: {a: number}
        open: {by: agent}
        by: agent
        states:
          one: {events: {fill: {to: two, ask: a}, go: {to: [{to: here, max: 2}, two]}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        "opened -> one -> two",
    ),
    "written from what nobody leaves empty": Way(
        """
        fields: {a: number, b: number, nobody: person}
        open: {by: agent}
        by: agent
        states:
          one: {events: {fill: {to: mid, ask: b}, skip: {to: mid, by: nobody}}}
          mid: {events: {go: {to: two, do: {set: {a: b}}}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "written on the way": Way(
        """
        fields: {a: number, nobody: person}
        open: {by: agent}
        by: agent
        states:
          one: {events: {go: {to: two, do: {set: {a: 1}}}, skip: {to: two, by: nobody}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "by a condition over what nobody fills": Way(
        """
        fields: {a: number, b: number}
        open: {by: agent}
        by: agent
        states:
          one: {events: {fill: {to: two, ask: a}, go: {to: [{to: two, when: b > 3}, over]}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "asked for on the way": Way(
        """
        fields: {a: number, nobody: person}
        open: {by: agent}
        by: agent
        states:
          one: {events: {go: {to: two, ask: a}, skip: {to: two, by: nobody}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "asked for at the opening": Way(
        """
        fields: {a: number, b: number, nobody: person}
        open: {by: agent, ask: a}
        by: agent
        states:
          two: {events: {spoil: {to: here, by: nobody, do: {set: {a: b}}}, go: over}}
          over: {end: done}
        """,
        None,
    ),
    "a timer that is never armed": Way(
        """
        fields: {a: number, due: datetime}
        open: {by: agent}
        by: agent
        states:
          one: {events: {fill: {to: two, ask: a}}, after: {2h since due: two}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "a state that a case leaves at once": Way(
        """
        fields: {a: number}
        open: {by: agent}
        by: agent
        states:
          one: {auto: {to: mid, do: {set: {a: 1}}}, events: {go: two}}
          mid: {events: {go: two}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "an event that an inner state takes for itself": Way(
        """
        fields: {a: number}
        open: {by: agent}
        by: agent
        states:
          group:
            states: {x: {events: {go: {to: two, ask: a}}}}
            events: {go: two}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "below an alternative that is always taken": Way(
        """
        fields: {a: number}
        open: {by: agent}
        by: agent
        states:
          one: {events: {go: {to: [{to: over}, {to: two}]}, fill: {to: two, ask: a}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "below an alternative that leads elsewhere first": Way(
        """
        fields: {a: number}
        open: {by: agent}
        by: agent
        states:
          one: {events: {go: {to: [{to: three, max: 1}, {to: two}]}, fill: {to: two, ask: a}}}
          three: {events: {on: {to: one, ask: a}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "a state in which something sent moves the case on": Way(
        """
        fields: {a: number}
        open: {by: agent}
        by: agent
        states:
          one: {events: {go: {to: two, do: {send: next}}}}
          two: {events: {next: {by: system, to: three, do: {set: {a: 1}}}, go: over}}
          three: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "by somebody who is barred": Way(
        """
        fields: {a: number, owner: person}
        open: {by: agent}
        by: agent
        states:
          one: {events: {take: {to: mid, do: {set: {owner: me}}}}}
          mid: {by: owner, not_by: one, events: {go: two, fill: {to: two, by: boss, ask: a}}}
          two: {events: {go: over}}
          over: {end: done}
        """,
        None,
    ),
    "back to where a case has never been": Way(
        """
        fields: {a: number, nobody: person}
        open: {by: agent}
        by: agent
        anywhere: {hold: {to: held, in: [one, two]}}
        states:
          one: {events: {go: {to: two, ask: a}}}
          two: {events: {go: over}}
          held: {events: {resume: back, skip: {to: two, by: nobody}}}
          over: {end: done}
        """,
        None,
    ),
    "a neighbour that fills it at once": Way(
        """
        fields: {a: number}
        open: {by: agent}
        by: agent
        states:
          two:
            parallel: true
            states:
              left: {states: {m: {events: {left_on: n}}, n: {end: done}}}
              right: {states: {p: {auto: {to: q, do: {set: {a: 1}}}}, q: {events: {on: r}}, r: {end: done}}}
            events: {done: over}
          over: {end: done}
        """,
        None,
    ),
}
