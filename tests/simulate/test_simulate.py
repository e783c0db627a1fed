"""
What a simulation gives is what queueing theory, the calendar and the process say it must.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import stdev

import pytest
from attrs import evolve

from simulate.counter import CALM, COUNTER, HOUR, erlang_wait, events, followed, simulated, simulation
from svcflow.simulate import compare, result
from svcflow.simulate.spread import Chance, read_spread
from svcflow.simulate.tally import Level, Slots

OFFICE = """
process: office
version: 1
roles: [clerk, boss]
calendars: {day: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-12:00, 13:00-17:00]}}}
calendar: day
fields: {urgent: flag, product: X1 | X2, customer: person, mark: -5..5, wanted: date}
open: {may: [urgent, product, customer, mark, wanted]}
sla:
  answered: {from: waiting, until: [checked, closed], target: {per: urgent, table: {true: 1h, default: 8h}}}
states:
  waiting: {by: clerk, events: {answer: checked}}
  checked: {by: [clerk, boss], not_by: waiting, events: {agree: closed}}
  closed: {end: done}
"""

WEEK = """
scenario: a week
start: 2026-03-02 00:00
length: 1w
drain: 4w
arrivals: {rate: 2, on: day}
takes: 10min..40min
staff: {clerk: 3}
"""

# ── queueing theory ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("clerks", "rate", "takes"), [(1, 2, 15), (3, 6, 20)])
def test_waiting_at_a_counter_is_as_erlang_says(clerks: int, rate: int, takes: int) -> None:
    found = simulated(CALM.format(length=f"{6000 // rate}h", rate=rate, takes=f"{takes}min", clerks=clerks), seed="7")
    (queue,) = found.queues
    assert queue.waits.mean is not None
    expected = erlang_wait(rate, 60 / takes, clerks)
    assert queue.waits.mean / HOUR == pytest.approx(expected, rel=0.15)
    load = rate * takes / 60 / clerks
    assert found.roles[0].utilisation == pytest.approx(load, rel=0.05)


def test_littles_law_holds_to_the_microsecond_in_a_run_that_is_drained() -> None:
    done, _, cases = followed(CALM.format(length="300h", rate=3, takes="15min", clerks=1))
    sheet = done.tally.sheets["counter"]
    whole = sum(((case.ended_at or case.moved_at) - case.opened_at for case in cases.values()), timedelta())
    assert all(case.ended for case in cases.values())
    assert sheet.open.area == whole
    found = result(done)
    assert found.cases[0].in_system * (found.end - found.start) / whole == pytest.approx(1, abs=1e-12)


def test_as_many_are_open_as_were_opened_and_have_not_ended() -> None:
    found = simulated(WEEK.replace("4w", "1h"), OFFICE)
    cases = found.cases[0]
    assert cases.opened == cases.done + cases.cancelled + cases.open
    assert cases.opened == sum(slot.opened for slot in found.slots)
    assert cases.done + cases.cancelled == sum(slot.ended for slot in found.slots)


# ── chance ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_seed_gives_the_same_result_and_another_one_does_not() -> None:
    one, other = simulated(WEEK, OFFICE), simulated(WEEK, OFFICE)
    assert one.as_json() == other.as_json()
    assert one.as_json()["processes"] != simulated(WEEK, OFFICE, seed="2").as_json()["processes"]


def test_chance_is_the_same_on_every_machine() -> None:
    chance = Chance("7")
    assert [chance.of(f"arrival/{number}") for number in (1, 2)] == [0.02090200754017063, 0.05745017033014593]
    spreads = ("20min", "10min..1h", "10min..20min..1h", "average 20min", "median 20min p90 2h")
    lengths = [read_spread(text).draw(chance.of(text)).total_seconds() for text in spreads]
    assert lengths == [1200, 693, 2316, 383, 1257]


def test_a_side_compared_with_itself_differs_in_nothing() -> None:
    runs = [simulated(WEEK, OFFICE, seed=seed) for seed in ("1", "2", "3")]
    apart = compare(runs, runs)
    assert len(apart) > 5
    assert all(one.difference == one.low == one.high == 0 and not one.certain for one in apart)


def test_an_interval_becomes_narrower_with_more_runs_than_the_table_knows() -> None:
    run = simulated(WEEK, OFFICE)
    more = evolve(run, steps=run.steps, cases=(evolve(run.cases[0], opened=run.cases[0].opened + 1), *run.cases[1:]))
    for runs in (31, 32, 62):
        (apart,) = (one for one in compare([run] * runs, [run, more] * (runs // 2) + [run] * (runs % 2))
                    if one.measure == "office: opened")  # fmt: skip
        spread = stdev([0, 1] * (runs // 2) + [0] * (runs % 2)) / runs**0.5
        assert apart.low is not None
        assert (apart.difference - apart.low) / spread == pytest.approx(2.042272)


def test_a_level_that_is_told_late_counts_in_its_slots_too() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    level = Level(Slots.over(start, start + timedelta(days=10)), start)
    level.change(start, 2)
    level.change(start + timedelta(days=3))
    level.change(start + timedelta(days=1, hours=12), -1)
    assert level.area == timedelta(days=4.5)
    assert level.parts == {0: timedelta(days=2), 1: timedelta(days=1.5), 2: timedelta(days=1)}


@pytest.mark.requirement("R175", "R189")
def test_more_staff_see_the_same_cases_and_the_same_work_and_wait_less() -> None:
    few, many = WEEK.replace("rate: 2", "rate: 7"), WEEK.replace("rate: 2", "rate: 7").replace("clerk: 3", "clerk: 6")
    _, one, _ = followed(few, OFFICE)
    _, other, _ = followed(many, OFFICE)
    assert {case: journal[0].at for case, journal in one.items()} == {case: j[0].at for case, j in other.items()}
    sides = [[simulated(text, OFFICE, seed=str(seed)) for seed in range(3)] for text in (few, many)]
    found = {apart.measure: apart for apart in compare(*sides)}
    assert found["office: opened"].difference == 0
    assert found["queue clerk: wait"].difference < 0
    assert found["queue clerk: wait"].certain
    worked = [sum((person.worked for person in side[0].people), timedelta()) for side in sides]
    assert worked[0] == worked[1]


# ── staff ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_staff_nothing_moves_and_that_is_said() -> None:
    found = simulated(WEEK.replace("staff: {clerk: 3}", ""), OFFICE)
    cases = found.cases[0]
    assert cases.opened > 0
    assert cases.done == 0
    assert cases.open == cases.opened
    assert found.nobody == {("office", "waiting", "answer", "clerk"): cases.opened}
    assert cases.clocks[0].late == cases.opened  # Their clocks run on all the same.


def test_nobody_works_at_night_or_at_noon() -> None:
    done, journals, _ = followed(WEEK, OFFICE)
    zone = done.scenario.process.calendars["day"].zone
    moments = [at.astimezone(zone) for journal in journals.values() for name, at, _ in events(journal)[1:]]
    assert len(moments) > 50
    for moment in moments:
        hour = moment.hour + moment.minute / 60 + moment.second / 3600
        assert moment.weekday() < 5
        assert 9 <= hour <= 12 or 13 <= hour <= 17


def test_nobody_works_more_than_their_hours() -> None:
    found = simulated(WEEK.replace("rate: 2", "rate: 30").replace("4w", "1h"), OFFICE)
    assert found.roles[0].utilisation == pytest.approx(1, abs=0.02)
    assert all(person.worked <= person.hours for person in found.people)
    assert all(0 <= (share or 0) <= 1 for slot in found.slots for share in slot.roles.values())


def test_nobody_confirms_their_own_work() -> None:
    _, journals, _ = followed(WEEK, OFFICE)
    for journal in journals.values():
        actors = [actor for _, _, actor in events(journal)[1:]]
        assert len(set(actors)) == len(actors)


def test_what_is_due_first_is_taken_first() -> None:
    text = WEEK.replace("rate: 2", "rate: 8").replace("clerk: 3", "clerk: 1, boss: 1")
    done, journals, cases = followed(f"{text}fields: {{urgent: {{true: 1, false: 9}}}}\n", OFFICE)
    calendar = done.scenario.process.calendars["day"]
    lengths = {case: timedelta(hours=1 if cases[case].fields.get("urgent") else 8) for case in cases}
    dues = {case: calendar.due(cases[case].opened_at, length) for case, length in lengths.items()}
    answered = sorted((events(journal)[1][1], case) for case, journal in journals.items() if len(events(journal)) > 1)
    when = {case: at for at, case in answered}
    backlog = 0
    for (freed, _), (_, taken) in pairwise(answered):
        waiting = [case for case in cases if cases[case].opened_at <= freed and when.get(case, freed) > freed]
        if len(waiting) > 1:
            backlog += 1
            assert dues[taken] == min(dues[case] for case in waiting)
    assert backlog > 50


def test_who_lacks_the_skill_leaves_it_to_others() -> None:
    staff = "staff: {ann: {roles: clerk, skills: {product: X1}}, bo: {roles: clerk, skills: {product: [X2]}}, boss: 1}"
    _, journals, cases = followed(WEEK.replace("staff: {clerk: 3}", f"{staff}\nfields: {{product: [X1, X2]}}"), OFFICE)
    first = {(cases[case].fields["product"], events(journal)[1][2]) for case, journal in journals.items()}
    assert first == {("X1", "ann"), ("X2", "bo")}


def test_what_turns_into_another_kind_while_it_waits_is_taken_by_who_has_the_skill_then() -> None:
    process = TIMED.replace("ready: flag", "kind: hard | easy").replace(", when: ready", "").replace(
        "ready: true", "kind: easy")  # fmt: skip
    process = process.replace("by: clerk", "open: {ask: kind}\nby: clerk", 1)
    text = ALL_DAY.replace("number: 3,", "number: 30, skills: {kind: easy},")
    _, journals, _ = followed(f"{text}fields: {{kind: hard}}\n", process)
    assert len(journals) > 20
    for opened, timer, ship in journals.values():
        assert timer.at - opened.at == timedelta(hours=1)
        assert ship.at - timer.at == timedelta(minutes=5)


def test_work_that_is_not_done_by_evening_goes_on_in_the_morning() -> None:
    text = WEEK.replace("10min..40min", "6h").replace("rate: 2, on: day", "every: 1h on day, most: 1")
    _, journals, _ = followed(text.replace("1w\n", "1d\n"), OFFICE)
    (journal,) = journals.values()
    opened, answered, agreed = (at for _, at, _ in events(journal))
    zone = timedelta(hours=8)
    assert opened + zone == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert answered + zone == datetime(2026, 3, 2, 17, tzinfo=UTC)  # six hours, without noon
    assert agreed + zone == datetime(2026, 3, 3, 16, tzinfo=UTC)


PARALLEL = """
process: parallel
version: 1
roles: [clerk]
fields: {ready: flag}
by: clerk
states:
  work:
    parallel: true
    states:
      a: {states: {a1: {events: {ship: {to: a2, when: ready}}}, a2: {end: done}}}
      b: {states: {b1: {events: {prepare: {to: b2, do: {set: {ready: true}}}}}, b2: {end: done}}}
    events: {done: end}
  end: {end: done}
"""
TIMED = """
process: timed
version: 1
roles: [clerk]
fields: {ready: flag}
by: clerk
states:
  new: {events: {ship: {to: end, when: ready}}, after: {1h: {do: {set: {ready: true}}}}}
  end: {end: done}
"""
ASKED = """
process: asked
version: 1
calendar: always
roles: [clerk]
fields: {ok: flag}
by: clerk
states:
  new: {events: {go: {to: end, when: ok, ask: ok}}}
  end: {end: done}
"""
ALL_DAY = """
scenario: all day
start: 2026-03-02 00:00
length: 2d
drain: 1w
arrivals: 1
takes: 5min
staff: {clerk: {number: 3, calendar: always}}
"""


@pytest.mark.parametrize("process", [PARALLEL, TIMED])
def test_what_becomes_possible_later_is_done_then(process: str) -> None:
    found = simulated(ALL_DAY, process)
    assert found.cases[0].opened > 20
    assert found.cases[0].done == found.cases[0].opened
    assert not found.stuck


def test_an_event_that_is_refused_for_its_form_is_tried_with_another() -> None:
    found = simulated(ALL_DAY, ASKED)
    (tries,) = found.refused.values()
    assert found.cases[0].done == found.cases[0].opened
    assert tries > 10
    assert not found.stuck


def test_what_is_refused_with_every_form_is_told_in_the_end() -> None:
    found = simulated(f"{ALL_DAY}fields: {{ok: false}}\n", ASKED)
    opened = found.cases[0].opened
    assert found.cases[0].open == opened > 20
    assert list(found.refused.values()) == [20 * opened]
    assert found.stuck == {("asked", "new"): opened}
    assert found.as_json()["stuck"] == [{"process": "asked", "state": "new", "count": opened}]


def test_what_never_becomes_possible_is_told_in_the_end() -> None:
    found = simulated(ALL_DAY, TIMED.replace("ready: true", "ready: false"))
    assert found.stuck == {("timed", "new"): found.cases[0].opened}


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

WAITING = """
process: waiting
version: 1
roles: [clerk]
fields: {customer: person}
open: {ask: customer}
states:
  asked:
    by: customer
    events: {reply: answered}
    after: {3h: given_up}
  answered: {by: clerk, events: {close: closed}, after: {30min: given_up}}
  closed: {end: done}
  given_up: {end: cancelled}
"""
REPLIES = """
scenario: replies
start: 2026-03-02 00:00
length: 2w
drain: 1w
arrivals: 2
takes: 20min..45min
after: 1h..4h
staff: {clerk: {number: 20, calendar: always}}
"""


def test_customers_answer_after_a_while_and_timers_fire_on_time() -> None:
    done, journals, cases = followed(REPLIES, WAITING)
    for case, journal in journals.items():
        for before, entry in pairwise(journal):
            took = entry.at - before.at
            if entry.name == "reply":
                assert timedelta(hours=1) <= took < timedelta(hours=3)
                assert entry.actor.id == cases[case].fields["customer"]
            if entry.kind == "timer":
                assert took == timedelta(hours=3) if "asked" in entry.name else timedelta(minutes=30)
            if entry.name == "close":
                assert timedelta(minutes=20) <= took <= timedelta(minutes=30)
    assert {case.state for case in cases.values()} == {"closed", "given_up"}
    worked = sum((worker.worked for worker in done.desk.workers), timedelta())
    closing = [journal for journal in journals.values() if any(entry.name == "reply" for entry in journal)]
    assert worked == sum((journal[-1].at - journal[-2].at for journal in closing), timedelta())


def test_choices_come_as_often_as_their_chances_say() -> None:
    text = REPLIES.replace("after: 1h..4h", "states: {asked: {reply: 30, nothing: 70}}\nafter: 1h")
    text = text.replace("20min..45min", "1min").replace("arrivals: 2", "arrivals: 6")
    found = simulated(text, WAITING).cases[0]
    assert found.done + found.cancelled == found.opened
    assert found.done / found.opened == pytest.approx(0.3, abs=0.03)


def test_cases_come_in_by_the_hours_of_a_week() -> None:
    busy = "[0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]"
    done = simulation(REPLIES.replace("arrivals: 2", f"arrivals: {{week: {{mon-tue: {busy}}}}}").replace("2w", "40w"),
                      WAITING)  # fmt: skip
    sheet = done.tally.sheets["waiting"]
    assert sheet.opened == pytest.approx(25 * 2 * 40, rel=0.1)
    assert done.scenario.arrivals.expected(done.scenario.start, done.scenario.close) == pytest.approx(2000, rel=0.05)


def test_a_run_without_any_case_ends_too() -> None:
    found = simulated(REPLIES.replace("arrivals: 2", "arrivals: 0"), WAITING)
    assert found.steps == 0
    assert found.cases[0].opened == 0


def test_the_process_of_the_counter_is_as_simple_as_it_looks() -> None:
    done = simulation(CALM.format(length="10h", rate=3, takes="15min", clerks=1), COUNTER)
    assert done.world.steps == 2 * done.tally.sheets["counter"].opened


# ── what the scenario does not say ─────────────────────────────────────────────────────────────────────────────────

MACHINE = """
process: machine
version: 1
roles: [clerk]
fields: {bar: number, note: text}
states:
  tested:
    by: clerk
    events: {brew: {ask: [bar, note], to: [{to: returned, when: bar >= 9}, {to: here, max: 2}, scrapped]}}
  returned: {end: done}
  scrapped: {end: cancelled}
"""


def test_a_field_made_up_so_that_a_way_is_never_taken_is_told() -> None:
    silent = CALM.format(length="20h", rate=1, takes="10min", clerks=1)
    found = simulated(silent, MACHINE)
    assert found.cases[0].done == 0
    assert found.as_json()["made_up"] == [
        {"process": "machine", "field": "bar", "value": "1", "never_taken": ["tested -> returned"], "under": "with"}
    ]
    assert simulated(f"{silent}events: {{brew: {{with: {{bar: 9..12}}}}}}\n", MACHINE).made_up == ()


def test_what_a_case_is_opened_with_is_said_under_fields() -> None:
    silent = CALM.format(length="20h", rate=1, takes="10min", clerks=1)
    asked_first = MACHINE.replace("states:", "open: {by: system, ask: bar}\nstates:").replace("[bar, note]", "note")
    (guess,) = simulated(silent, asked_first).made_up
    assert (guess.field, guess.under, guess.never) == ("bar", "fields", ("tested -> returned",))
    assert simulated(f"{silent}fields: {{bar: 9..12}}\n", asked_first).made_up == ()


def test_a_form_that_is_asked_again_is_filled_in_anew_with_what_the_scenario_says() -> None:
    text = CALM.format(length="60h", rate=1, takes="10min", clerks=1) + "fields: {bar: {3: 1, 9: 1}, note: [a, b]}\n"
    _, journals, cases = followed(text, MACHINE)
    again = [case for case in cases.values() if case.state == "returned" and len(journals[case.id]) > 2]
    assert again
    assert {entry.fields["bar"] for case in again for entry in journals[case.id] if entry.name == "brew"} == {3, 9}
    assert followed(text, MACHINE)[1] == journals
