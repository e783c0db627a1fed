"""What the words of a file come to in the compiled process."""

import textwrap
from datetime import timedelta

from svcflow.core.machine import launch, run
from svcflow.core.process import Process, State
from svcflow.core.promise import Table, Time, Window
from svcflow.core.rule import Alternative, Bars, People, Rule
from svcflow.core.statechart import statechart
from svcflow.language import compile_sources

HEAD = """
process: desk
version: 1
roles: [clerk, boss, engineer]
fields: {customer: person, owner: person, level: gold | silver, urgent: flag, note: text, visit_at: datetime}
"""


def desk(text: str, head: str = HEAD) -> Process:
    return compile_sources({"desk.yaml": head + textwrap.dedent(text)}, "desk.yaml")


def state(process: Process, path: str) -> State:
    return process.states[process.paths[path]]


def rule(process: Process, path: str, event: str) -> Rule:
    (found,) = state(process, path).events[event]
    return found


def way(process: Process, path: str, event: str) -> Alternative:
    (found,) = rule(process, path, event).alternatives
    return found


NESTED = """
    by: boss
    states:
      new: {by: clerk, events: {start: repair, far: repair.onsite}}
      repair:
        by: [engineer, owner]
        not_by: new
        events: {inside: repair.parts, again: repair}
        states:
          remote: {events: {go: onsite, out: new}}
          onsite: {by: owner, not_by: customer, events: {wait: parts, up: {to: new, by: clerk, not_by: remote}}}
          parts: {events: {arrived: repair.last}}
      onsite: {events: {done: closed}}
      closed: {end: done}
"""


def test_states_stand_in_file_order_each_before_its_inner_ones() -> None:
    process = desk(NESTED)
    paths = ["new", "repair", "repair.remote", "repair.onsite", "repair.parts", "onsite", "closed"]
    assert [one.path for one in process.states] == paths
    assert [chart.id for chart in process.chart.states[: len(paths)]] == [path.replace(".", "/") for path in paths]
    assert [one.parent for one in process.states] == [None, None, 1, 1, 1, None, None]


def test_a_name_means_the_neighbour_before_the_top() -> None:
    process = desk(NESTED)
    assert way(process, "repair.remote", "go").target == process.paths["repair.onsite"]
    assert way(process, "repair.remote", "out").target == process.paths["new"]
    assert way(process, "new", "far").target == process.paths["repair.onsite"]


def test_a_case_starts_in_the_first_inner_state() -> None:
    process = desk(NESTED)
    start, _ = launch(statechart, process.chart, lambda _: True)
    there, _ = run(statechart, process.chart, start, "start", lambda _: True)
    assert [process.states[leaf].path for leaf in there.leaves] == ["repair.remote"]


def test_last_goes_to_where_the_case_last_was_inside_the_group() -> None:
    process = desk(NESTED.replace("{start: repair,", "{start: repair, return: repair.last,"))
    chart = process.chart
    there, _ = launch(statechart, chart, lambda _: True)
    there, _ = run(statechart, chart, there, "return", lambda _: True)
    assert [process.states[leaf].path for leaf in there.leaves] == ["repair.remote"]
    for event in ("go", "up", "return"):
        there, _ = run(statechart, chart, there, event, lambda _: True)
    assert [process.states[leaf].path for leaf in there.leaves] == ["repair.onsite"]
    assert way(process, "new", "return").kind == "last"
    assert way(process, "new", "return").target == process.paths["repair"]


def test_an_event_of_a_group_to_a_state_inside_it_does_not_leave_the_group() -> None:
    process = desk(NESTED)
    transitions = process.chart.transitions
    assert transitions[way(process, "repair", "inside").index].internal
    assert not transitions[way(process, "repair", "again").index].internal
    assert not transitions[way(process, "repair.remote", "go").index].internal


def test_by_of_an_inner_place_replaces_the_outer() -> None:
    process = desk(NESTED)
    assert state(process, "onsite").by == People(frozenset({"boss"}))
    assert rule(process, "new", "start").by == People(frozenset({"clerk"}))
    assert rule(process, "repair.remote", "go").by == People(frozenset({"engineer"}), ("owner",))
    assert rule(process, "repair.onsite", "wait").by == People(frozenset(), ("owner",))
    assert rule(process, "repair.onsite", "up").by == People(frozenset({"clerk"}))


def test_not_by_adds_up_and_a_state_stands_for_all_inside_it() -> None:
    process = desk(NESTED)
    assert rule(process, "repair.remote", "go").not_by == Bars(frozenset({"new"}))
    assert rule(process, "repair.onsite", "up").not_by == Bars(frozenset({"new", "repair.remote"}), ("customer",))
    barred = desk("""
        states:
          repair: {by: clerk, states: {remote: {}, onsite: {}}, events: {check: verify}}
          verify: {by: clerk, not_by: repair, events: {done: closed}}
          closed: {end: done}
    """)
    assert state(barred, "verify").not_by.states == {"repair", "repair.remote", "repair.onsite"}


def test_short_forms_are_the_long_ones() -> None:
    short = desk("""
        hooks: [bell]
        states:
          new: {by: clerk, events: {go: closed, ask: {ask: note, to: [closed, new]}},
                do: {hook: bell, notify: boss}, after: {4h: closed}}
          closed: {end: done}
    """)
    long = desk("""
        hooks: [bell]
        states:
          new:
            by: [clerk]
            events: {go: {to: [{to: closed}]}, ask: {ask: [note], to: [{to: closed}, {to: new}]}}
            do: {hook: [bell], notify: [boss]}
            after: {4h: {to: closed}}
          closed: {end: done}
    """)
    assert short.digest == long.digest
    assert short == long


def test_anywhere_is_offered_once_per_state_or_group_after_the_states_own_event() -> None:
    process = desk("""
        anywhere:
          cancel: {to: gone, by: boss, in: [new, repair]}
          note: {ask: note}
        states:
          new: {by: clerk, events: {cancel: {to: closed, when: urgent}, go: repair}}
          repair: {by: clerk, states: {one: {}, two: {}}, events: {finish: closed}}
          closed: {end: done}
          gone: {end: cancelled}
    """)
    own, offered = state(process, "new").events["cancel"]
    assert (own.kind, offered.kind) == ("event", "anywhere")
    assert offered.by == People(frozenset({"boss"}))
    assert "cancel" in state(process, "repair").events
    assert "cancel" not in state(process, "repair.one").events
    assert {one.path for one in process.states if "note" in one.events} == {"new", "repair"}
    assert state(process, "new").events["note"][0].by == People(frozenset({"clerk"}))


def test_moves_lead_from_each_transition_back_to_its_rule() -> None:
    process = desk(NESTED)
    assert len(process.moves) == len(process.chart.transitions)
    for number, (owner, alternative) in enumerate(process.moves):
        assert alternative.index == number
        assert owner.alternatives[owner.alternatives.index(alternative)] is alternative
        assert process.chart.transitions[number].source == owner.state


def test_counters_name_state_event_and_target() -> None:
    process = desk(NESTED)
    assert way(process, "repair.remote", "go").count == "repair.remote/go/repair.onsite"
    assert way(process, "repair.parts", "arrived").count == "repair.parts/arrived/repair.last"
    stays = desk("states: {new: {by: clerk, events: {stay: {max: 2}, home: back}}, closed: {end: done}}\n")
    assert way(stays, "new", "stay").count == "new/stay/here"
    assert way(stays, "new", "home").count == "new/home/back"


def test_a_condition_beside_a_single_target_is_that_of_the_alternative() -> None:
    process = desk("""
        states:
          new: {by: clerk, events: {go: {to: closed, when: urgent, max: 3}}}
          closed: {end: done}
    """)
    found = way(process, "new", "go")
    assert found.when is not None
    assert found.when.reads == {"urgent"}
    assert found.max == 3


TIMES = """
    calendar: office
    calendars:
      office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}}
      hotline: {timezone: Asia/Shanghai, hours: {mon-sun: [08:00-22:00]}}
      spare: {timezone: UTC, hours: {mon: [09:00-17:00]}}
    targets:
      repair: {per: [level, urgent], calendar: hotline, table: {gold: {true: 1h, default: 2h on office}, default: 3d}}
      soon: 30min
"""


def test_the_nearest_calendar_counts() -> None:
    process = desk(
        TIMES
        + """
    states:
      a: {by: clerk, limit: repair, wait: soon, events: {go: b}}
      b: {by: clerk, limit: repair on always since visit_at, events: {go: c}}
      c: {by: clerk, limit: 2w on hotline, events: {go: closed}}
      closed: {end: done}
    """
    )
    limit = state(process, "a").limit
    assert limit is not None
    rows = Table("urgent", {"true": Time(1, "h", "hotline")}, Time(2, "h", "office"))
    assert limit.promise == Table("level", {"gold": rows}, Time(3, "d", "hotline"))
    assert state(process, "a").wait == Time(30, "min", "office")
    other = state(process, "b").limit
    assert other is not None
    assert isinstance(other.promise, Table)
    assert other.promise.default == Time(3, "d", "always", "visit_at")
    third = state(process, "c").limit
    assert third is not None
    assert third.promise == Time(2, "w", "hotline")


def test_only_calendars_that_are_used_belong_to_the_process_and_always_is_one() -> None:
    process = desk(TIMES + "    states: {a: {by: clerk, limit: 2h, events: {go: b}}, b: {end: done}}\n")
    assert set(process.calendars) == {"always", "office", "hotline"}
    assert str(process.calendars["always"].zone) == "Asia/Shanghai"


def test_without_a_calendar_all_times_count_always_in_utc() -> None:
    process = desk("states: {a: {by: clerk, limit: 2h, events: {go: b}}, b: {end: done}}\n")
    assert process.calendar == "always"
    assert str(process.calendars["always"].zone) == "UTC"


def test_a_window_is_also_the_limit_of_its_state() -> None:
    process = desk(
        TIMES
        + """
    escalation: house
    escalations: {house: {50%: {notify: responsible}, 100% + 1d: {notify: boss}, -30min: {notify: boss}}}
    states:
      a: {by: clerk, window: 2d..1w since visit_at, events: {go: b}}
      b: {by: clerk, window: {from: 0d, to: 3d, count: working, roll: next}, events: {go: closed}}
      closed: {end: done}
    """
    )
    window = Window(2, 7, "office", "visit_at")
    first = state(process, "a")
    assert first.window == window
    assert first.limit is not None
    assert first.limit.promise == window
    steps = [(step.key, step.step.percent, step.step.offset, step.step.days) for step in first.limit.escalation]
    half_an_hour = timedelta(minutes=-30)
    assert steps == [("50%", 50, timedelta(), 0), ("100% + 1d", 100, timedelta(), 1), ("-30min", None, half_an_hour, 0)]
    assert state(process, "b").window == Window(0, 3, "office", None, working=True, roll=True)


def test_timers_are_named_by_their_state_and_time_and_every_repeats() -> None:
    process = desk(
        "states: {a: {by: clerk, after: {every 2d: {do: {notify: boss}}, 4h: b}, events: {go: b}}, b: {end: done}}\n"
    )
    every, once = state(process, "a").after
    assert (every.name, every.every, every.rule.trigger) == ("after:a:every 2d", True, "+after/a/0")
    assert (once.name, once.every, once.rule.alternatives[0].target) == ("after:a:4h", False, 1)
    assert every.rule.alternatives[0].kind == "here"


def test_pause_adds_up_and_all_means_every_clock() -> None:
    process = desk("""
        sla:
          answer: {from: a, until: b, target: 2h}
          repair: {from: a, until: [b], target: 2d, again: continue}
        pause: answer
        states:
          a: {by: clerk, events: {go: g}}
          g: {by: clerk, pause: repair, states: {one: {}, two: {}}, events: {go: h}}
          h: {by: clerk, pause: all, events: {go: b}}
          b: {end: done}
    """)
    assert state(process, "a").pause == {"answer"}
    assert state(process, "g.one").pause == {"answer", "repair"}
    assert state(process, "h").pause == {"answer", "repair"}
    assert process.clocks["repair"].again == "continue"
    assert process.clocks["answer"].starts == {0}
    assert process.clocks["answer"].stops == {5}


def test_the_engines_events_have_names_that_nobody_can_send() -> None:
    process = desk("""
        states:
          group: {by: clerk, states: {one: {events: {done: over}}, over: {end: done}}, events: {done: both}}
          both:
            by: clerk
            parallel: true
            states:
              x: {states: {y: {events: {go: z}}, z: {end: done}}}
              w: {states: {v: {events: {go: u}}, u: {end: done}}}
            events: {done: child}
          child: {run: desk, events: {closed: closed}}
          closed: {end: done}
    """)
    assert (rule(process, "group", "done").kind, rule(process, "group", "done").trigger) == ("done", "+done/group")
    assert (rule(process, "group.one", "done").kind, rule(process, "group.one", "done").trigger) == ("event", "done")
    assert rule(process, "both", "done").trigger == "+done/both"
    child = rule(process, "child", "closed")
    assert (child.kind, child.trigger, child.by) == ("child", "+child/child/closed", None)
    assert process.needs == ("desk",)


def test_actions_are_typed_and_named() -> None:
    process = desk("""
        hooks: [bell, horn]
        states:
          a:
            by: clerk
            events:
              go:
                to: b
                do:
                  notify: {customer: moved, boss: moved}
                  hook: [horn, bell]
                  start: {desk: {note: note}}
                  send: tell
                  set: {urgent: true, owner: me, visit_at: now, note: all is well, level: gold}
              tell: {}
          b: {end: done}
    """)
    do = rule(process, "a", "go").do
    assert [name for name, _ in do.set] == ["urgent", "owner", "visit_at", "note", "level"]
    assert (do.send, do.hooks) == (("tell",), ("horn", "bell"))
    assert [(one.to, one.message) for one in do.notify] == [("customer", "moved"), ("boss", "moved")]
    assert [(one.process, dict(one.rename)) for one in do.start] == [("desk", {"note": "note"})]


def test_a_text_in_yaml_quotes_means_itself() -> None:
    process = desk("""
        states:
          a: {by: clerk, events: {go: {to: b, do: {set: {note: 'other'}}}, copy: {to: b, do: {set: {note: other}}}}}
          b: {end: done}
    """, HEAD.replace("note: text", "note: text, other: text"))  # fmt: skip
    written, copied = (dict(rule(process, "a", event).do.set)["note"] for event in ("go", "copy"))
    assert written.reads == frozenset()
    assert copied.reads == {"other"}


def test_a_process_without_open_takes_any_field() -> None:
    assert desk("states: {a: {end: done}}\n").opening.free
    opened = desk("open: {by: [clerk, customer], ask: note}\nstates: {a: {end: done}}\n").opening
    assert (opened.free, opened.ask, opened.by) == (False, ("note",), People(frozenset({"clerk"}), ("customer",)))


def test_titles_come_from_the_place_itself_or_from_labels() -> None:
    process = desk("""
        languages: [en, zh]
        labels: {zh: {go: 走, note: 备注, a: 甲}, en: {go: Walk}}
        states:
          a: {by: clerk, events: {go: b, stay: {title: Stay}}}
          b: {end: done, title: {en: Over, zh: 完}}
    """)
    assert rule(process, "a", "go").title == {"zh": "走", "en": "Walk"}
    assert rule(process, "a", "stay").title == {"": "Stay"}
    assert process.fields["note"].title == {"zh": "备注"}
    assert (state(process, "a").title, state(process, "b").title) == ({"zh": "甲"}, {"en": "Over", "zh": "完"})


def test_migrations_name_paths() -> None:
    process = desk("""
        migrate: {2: {states: {old: repair.onsite}, set: {urgent: false}}, 1: finish}
        states:
          repair: {by: clerk, states: {onsite: {}}, events: {go: b}}
          b: {end: done}
    """, HEAD.replace("version: 1", "version: 3"))  # fmt: skip
    assert process.migrations[2].states == {"old": "repair.onsite"}
    assert [name for name, _ in process.migrations[2].set] == ["urgent"]
    assert process.migrations[1].finish
