"""What somebody sees of a case (`seen_by`): in cases, lists, menus, previews, refusals and journals."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from svcflow import UNSEEN, Unseen
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import Decision, Recipient, Refusal
from svcflow.core.event import SYSTEM, Actor
from svcflow.engine import Engine
from svcflow.errors import Refused
from svcflow.language import compile_sources

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
JOB = """
process: job
version: 1
roles: [agent, partner, manager]
seen_by: [agent, manager]
fields:
  customer: person
  fault: {type: text, seen_by: [agent, manager, partner, customer]}
  owner: {type: person, seen_by: [agent, manager, owner]}
  cost: {type: money, seen_by: manager}
  remark: text
open: {by: [agent, partner], ask: [customer, fault], may: [cost, owner, remark]}
states:
  work:
    by: [agent, partner, manager, customer]
    events:
      price: {to: here, may: [cost, fault, remark], do: {notify: owner}}
      hand: {to: here, ask: owner}
      send: {to: [{to: over, when: cost > 100}]}
      report: {to: [{to: over, when: cost > 100}], may: cost}
      close: {to: [{to: over, when: fault != "noise"}]}
  over: {end: done}
"""
NEWER = JOB.replace("version: 1", "version: 2").replace("cost", "gain") + "migrate: {1: {set: {gain: 1}}}\n"
AGENT = Actor("li", roles={"agent"})
MANAGER = Actor("bo", roles={"manager"})
PARTNER = Actor("pia", roles={"partner"})
CUSTOMER = Actor("mei", groups={"acme"})
STRANGER = Actor("nobody")
ALL_TERMS = {"look", "repair", "reply", "work"}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(clock=ManualClock(MONDAY)) as made:
        made.publish(compile_sources({"job.yaml": JOB}, "job.yaml"))
        yield made


@pytest.fixture
def case(engine: Engine) -> str:
    given = {"customer": "acme", "fault": "noise", "cost": 250, "owner": "pat", "remark": "rude"}
    return engine.open("job", given, actor=AGENT, id="one").id


def seen(case: Case) -> set[str]:
    return {name for name, value in case.fields.items() if value is not UNSEEN}


@pytest.mark.requirement("R102", "R230", "R233")
@pytest.mark.parametrize(
    ("viewer", "fields"),
    [
        (PARTNER, {"fault"}),
        (CUSTOMER, {"fault"}),
        (AGENT, {"customer", "fault", "owner", "remark"}),
        (MANAGER, {"customer", "fault", "owner", "cost", "remark"}),
        (Actor("pat"), {"owner"}),
        (STRANGER, set()),
        (SYSTEM, {"customer", "fault", "owner", "cost", "remark"}),
        (None, {"customer", "fault", "owner", "cost", "remark"}),
    ],
)
def test_a_case_shows_each_viewer_the_fields_that_are_meant_for_them(
    engine: Engine, case: str, viewer: Actor | None, fields: set[str]
) -> None:
    shown = engine.case(case, viewer=viewer)
    assert seen(shown) == fields | {"opened_at"}
    assert set(shown.fields) == set(engine.case(case).fields)
    assert [engine.cases(viewer=viewer)] == [(shown,)]


def test_a_mark_says_that_something_is_not_shown() -> None:
    assert (str(UNSEEN), UNSEEN) == ("not shown", Unseen())


def test_a_menu_proposes_no_value_that_its_actor_may_not_see_and_takes_one_all_the_same(
    engine: Engine, case: str
) -> None:
    price = next(offer for offer in engine.menu(case, actor=PARTNER) if offer.event == "price")
    assert (price.may, price.present) == (("cost", "fault", "remark"), {"fault": "noise"})
    engine.send(case, "price", {"cost": 99}, actor=PARTNER)
    assert engine.case(case).fields["cost"] == Decimal(99)
    assert engine.case(case, viewer=PARTNER).fields["cost"] is UNSEEN


def test_a_preview_is_what_its_actor_would_see(engine: Engine, case: str) -> None:
    engine.send(case, "hand", {"owner": "pat"}, actor=AGENT)
    shown = engine.preview(case, "price", {"cost": 300, "remark": "loud"}, actor=PARTNER)
    assert isinstance(shown, Decision)
    assert shown.before is not None
    assert (seen(shown.before), seen(shown.case)) == ({"fault", "opened_at"}, {"fault", "opened_at"})
    assert shown.journal[0].fields == {"cost": UNSEEN, "remark": UNSEEN}
    assert shown.calls[0].to == (Recipient("person", "not shown"),)
    assert {value for name, value in shown.calls[0].fields.items() if name != "fault"} == {UNSEEN, MONDAY}
    whole = engine.preview(case, "price", {"cost": 300}, actor=MANAGER)
    assert isinstance(whole, Decision)
    assert (whole.calls[0].to, whole.case.fields["cost"]) == ((Recipient("person", "pat"),), Decimal(300))


PASSED_ON = """
process: passed_on
version: 1
roles: [agent, manager]
fields:
  owner: person
  deputy: person
  cost: {type: money, seen_by: [manager, owner]}
  gain: {type: money, seen_by: manager}
open: {by: agent, may: [owner, deputy, cost, gain]}
states:
  work:
    by: agent
    events: {look: here, close: over}
    after: {1h: {to: later, do: {set: {owner: deputy, cost: gain}}}}
  later: {by: agent, events: {look: here, close: over}}
  over: {end: done}
"""
KIM = Actor("kim", roles={"agent"})
"""The owner until the hour is over."""


@pytest.fixture
def passed(engine: Engine) -> str:
    engine.publish(compile_sources({"passed_on.yaml": PASSED_ON}, "passed_on.yaml"))
    return engine.open("passed_on", {"owner": "kim", "deputy": "lou", "cost": 5, "gain": 777}, actor=AGENT).id


def previewed(engine: Engine, case: str, at: datetime | None) -> list[object]:
    """What a preview tells of the cost: before, after, and all that the journal would say."""
    shown = engine.preview(case, "look", actor=KIM, at=at)
    assert isinstance(shown, Decision)
    assert shown.before is not None
    told = [shown.before.fields, shown.case.fields]
    told += [values for entry in shown.journal for values in (entry.fields, entry.changes) if "cost" in values]
    return [values["cost"] for values in told]


def test_who_stood_in_a_field_until_a_timer_was_due_sees_no_more_by_it(engine: Engine, passed: str) -> None:
    """In the case, its journal, and a preview: nobody has written yet that the timer has fired."""
    assert isinstance(engine.clock, ManualClock)
    engine.clock.advance(timedelta(hours=2))
    assert engine.case(passed, viewer=KIM).fields["cost"] is UNSEEN
    assert [entry.fields["cost"] for entry in engine.journal(passed, viewer=KIM)] == [UNSEEN]
    assert set(previewed(engine, passed, None)) == {UNSEEN}


def test_a_preview_of_later_hides_what_is_hidden_now_or_then(engine: Engine, passed: str) -> None:
    now = previewed(engine, passed, None)
    assert (now[:2], engine.case(passed, viewer=KIM).fields["cost"]) == ([5, 5], 5)
    assert set(previewed(engine, passed, MONDAY + timedelta(hours=2))) == {UNSEEN}


def test_a_preview_does_not_tell_that_somebody_who_is_seen_stands_in_an_unseen_field_too(engine: Engine) -> None:
    text = PASSED_ON.replace("deputy: person", "deputy: {type: person, seen_by: manager}")
    text = text.replace("look: here, close", "look: {to: here, do: {notify: deputy}}, close")
    engine.publish(compile_sources({"passed_on.yaml": text}, "passed_on.yaml"))
    told = set()
    for deputy in ("kim", "lou"):
        case = engine.open("passed_on", {"owner": "kim", "deputy": deputy}, actor=AGENT)
        shown = engine.preview(case.id, "look", actor=AGENT)
        assert isinstance(shown, Decision)
        told.add(shown.calls[0].to)
    assert told == {(Recipient("person", "not shown"),)}


def test_no_viewer_is_shown_whom_a_case_bars(engine: Engine) -> None:
    """A list of colleagues can be tried against a digest; the program itself is told all of it."""
    files = {
        "whole.yaml": """
process: whole
version: 1
roles: [agent, manager]
fields: {keeper: {type: person, seen_by: manager}}
open: {by: manager, ask: keeper}
states:
  work: {not_by: keeper, run: part, events: {told: over}}
  over: {end: done}
""",
        "part.yaml": """
process: part
version: 1
roles: [agent, manager]
states:
  open: {by: [agent, manager], events: {tell: told}}
  told: {end: done}
""",
    }
    engine.publish(*(compile_sources(files, file) for file in files))
    whole = engine.open("whole", {"keeper": "kim"}, actor=MANAGER)
    part = whole.children["work"]
    assert (len(engine.case(part).barred), len(engine.journal(part)[0].detail["barred"])) == (1, 1)
    shown = engine.preview(part, "tell", actor=AGENT)
    assert isinstance(shown, Decision)
    cases = [engine.case(part, viewer=AGENT), shown.case, *engine.worklist(AGENT), *engine.cases(viewer=AGENT)]
    assert [case.barred for case in cases] == [frozenset()] * 5
    assert engine.journal(part, viewer=AGENT)[0].detail["barred"] == ()


def test_a_refusal_does_not_say_what_hangs_on_unseen_values(engine: Engine, case: str) -> None:
    engine.send(case, "price", {"cost": 7}, actor=MANAGER)
    told = {}
    for actor in (PARTNER, MANAGER):
        with pytest.raises(Refused) as refused:
            engine.send(case, "send", actor=actor)
        offer = next(offer for offer in engine.menu(case, actor=actor) if offer.event == "send")
        assert offer.refusal is not None
        assert isinstance(refused.value.refusal, Refusal)
        assert offer.refusal.parameters == refused.value.refusal.parameters
        told[actor.id] = offer.refusal.parameters["alternatives"]
    assert told == {
        "pia": {"work/send/over": "depends on what is not shown here"},
        "bo": {"work/send/over": "needs cost > 100"},
    }
    with pytest.raises(Refused, match='needs fault != "noise"'):
        engine.send(case, "close", actor=PARTNER)


def test_a_worklist_holds_cases_as_their_actor_sees_them(engine: Engine, case: str) -> None:
    (mine,) = engine.worklist(PARTNER)
    assert (mine.id, seen(mine)) == (case, {"fault", "opened_at"})
    (waiting,) = engine.cases(waiting_for=PARTNER, viewer=MANAGER)
    assert "cost" in seen(waiting)


def test_nobody_finds_a_case_by_what_they_may_not_see(engine: Engine, case: str) -> None:
    asked = [
        [one.id for one in engine.cases(where={name: value}, viewer=viewer)]
        for viewer in (PARTNER, MANAGER)
        for name, value in (("fault", "noise"), ("cost", "250"), ("owner", "pat"))
    ]
    assert asked == [[case], [], [], [case], [case], [case]]


@pytest.mark.requirement("R096", "R122")
def test_a_customer_follows_the_case_and_a_mark_stands_for_what_is_not_shown(engine: Engine, case: str) -> None:
    engine.send(case, "price", {"cost": 120, "fault": "smell"}, actor=MANAGER)
    engine.note(case, "he paid late before", actor=AGENT)
    engine.send(case, "close", actor=AGENT)
    shown = engine.journal(case, viewer=CUSTOMER)
    assert [(entry.seq, entry.name) for entry in shown] == [(1, "job"), (2, "price"), (4, "close")]
    assert shown[0].fields == {
        "customer": UNSEEN, "fault": "noise", "cost": UNSEEN, "owner": UNSEEN, "remark": UNSEEN
    }  # fmt: skip
    assert shown[1].fields == {"cost": UNSEEN, "fault": "smell"}
    assert engine.journal(case, viewer=SYSTEM) == engine.journal(case)


def test_notes_are_for_those_whom_the_process_names(engine: Engine, case: str) -> None:
    engine.note(case, "he paid late before", actor=AGENT)
    kinds = [[entry.kind for entry in engine.journal(case, viewer=viewer)] for viewer in (AGENT, PARTNER, SYSTEM)]
    assert kinds == [["opened", "note"], ["opened"], ["opened", "note"]]


def test_what_an_earlier_version_showed_to_some_alone_stays_theirs(engine: Engine, case: str) -> None:
    engine.publish(compile_sources({"job.yaml": NEWER}, "job.yaml"))
    engine.migrate("job", from_version=1)
    opened = [engine.journal(case, viewer=viewer)[0].fields["cost"] for viewer in (AGENT, MANAGER)]
    assert opened == [UNSEEN, Decimal(250)]


OTHERWISE = (
    JOB.replace("version: 1", "version: 2")
    .replace("seen_by: [agent, manager]\n", "seen_by: [partner]\n")
    .replace(
        "fault: {type: text, seen_by: [agent, manager, partner, customer]}", "fault: {type: text, seen_by: manager}"
    )
    .replace("cost: {type: money, seen_by: manager}", "cost: {type: money, seen_by: [partner, agent, manager]}")
)


def test_who_sees_what_is_as_the_version_says_that_a_case_lives_by_and_not_as_the_newest(
    engine: Engine, case: str
) -> None:
    """The newest one turns everything round: what was for the partner is not, and what was not is."""
    engine.note(case, "he paid late before", actor=AGENT)
    engine.publish(compile_sources({"job.yaml": OTHERWISE}, "job.yaml"))
    newer = engine.open("job", {"customer": "acme", "fault": "smell", "cost": 70, "remark": "mild"}, actor=AGENT).id
    engine.note(newer, "he paid at once", actor=AGENT)
    for id_, fields, kinds in (
        (case, {"fault"}, ["opened"]),
        (newer, {"customer", "cost", "remark"}, ["opened", "note"]),
    ):
        preview = engine.preview(id_, "price", actor=PARTNER)
        assert isinstance(preview, Decision)
        (listed,) = (one for one in engine.cases(viewer=PARTNER) if one.id == id_)
        (mine,) = (one for one in engine.worklist(PARTNER) if one.id == id_)
        for shown in (engine.case(id_, viewer=PARTNER), listed, mine, preview.case):
            assert seen(shown) == fields | {"opened_at"}
        offer = next(one for one in engine.menu(id_, actor=PARTNER) if one.event == "price")
        assert offer.present.keys() == fields & {"cost", "fault", "remark"}
        journal = engine.journal(id_, viewer=PARTNER)
        assert [entry.kind for entry in journal] == kinds
        assert {name for name, value in journal[0].fields.items() if value is not UNSEEN} == fields
    found = [[one.id for one in engine.cases(where=where, viewer=PARTNER)] for where in (
        {"fault": "noise"}, {"fault": "smell"}, {"cost": "250"}, {"cost": "70"}
    )]  # fmt: skip
    assert found == [[case], [], [], [newer]]


TERMS = """
process: terms
version: 1
roles: [agent, partner, manager]
seen_by: [agent, manager]
fields:
  fault: {type: text, seen_by: [agent, manager, partner]}
  level: {type: gold | silver, seen_by: manager}
  agreed: {type: 1h..9h, seen_by: [agent, manager]}
open: {by: agent, may: [fault, level, agreed]}
sla:
  reply: {from: work, until: over, target: {per: level, table: {gold: 1h, default: 3h}}}
  repair: {from: work, until: over, target: agreed else 5h}
  look: {from: work, until: over, target: 2h}
states:
  work: {by: [agent, partner], limit: {per: level, table: {gold: 4h, default: 6h}}, events: {close: over}}
  over: {end: done}
"""


@pytest.fixture
def terms(engine: Engine) -> str:
    engine.publish(compile_sources({"terms.yaml": TERMS}, "terms.yaml"))
    return engine.open("terms", {"fault": "noise", "level": "gold", "agreed": "7h"}, actor=AGENT).id


@pytest.mark.parametrize(
    ("viewer", "told"),
    [(PARTNER, {"look"}), (AGENT, {"look", "repair"}), *((who, ALL_TERMS) for who in (MANAGER, SYSTEM, None))],
)
def test_what_a_clock_promises_by_an_unseen_field_is_left_out_and_when_it_is_due_is_told(
    engine: Engine, terms: str, viewer: Actor | None, told: set[str]
) -> None:
    assert isinstance(engine.clock, ManualClock)
    engine.clock.advance(timedelta(minutes=90))
    whole = engine.clocks(terms)
    shown = engine.clocks(terms, viewer=viewer)
    assert {view.name for view in shown if not view.unseen} == told
    for view, before in zip(shown, whole, strict=True):
        hidden = evolve(before, target=None, remaining=None, unseen=True)
        assert view == (before if view.name in told else hidden)
        assert (view.due, view.late) == (before.due, before.name == "reply")
        assert before.due is not None


def test_the_clocks_in_a_case_promise_a_viewer_no_more_than_its_clocks_do(engine: Engine, terms: str) -> None:
    preview = engine.preview(terms, "close", actor=PARTNER)
    assert isinstance(preview, Decision)
    assert preview.before is not None
    seen = [engine.case(terms, viewer=PARTNER), *engine.worklist(PARTNER), *engine.cases(viewer=PARTNER)]
    for case in (*seen, preview.before, preview.case):
        told = {clock.name for clock in (*case.clocks.values(), *case.cycles) if clock.target is not None}
        assert told == {"look"}
    assert engine.case(terms, viewer=MANAGER) == engine.case(terms)


def test_the_host_is_told_everything(engine: Engine, case: str) -> None:
    heard = []
    engine.hook("notify")(lambda call: heard.append(dict(call.fields)))
    after = engine.send(case, "price", {"cost": 300}, actor=PARTNER)
    engine.tick()
    assert (after.fields["cost"], heard[0]["cost"], heard[0]["owner"]) == (Decimal(300), Decimal(300), "pat")
