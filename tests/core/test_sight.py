"""
Who sees which fields (`seen_by`): said at a field or for all of the process, judged by a second reading of both.
"""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.desk import AGENT, BOSS, MONDAY, desk_of, process
from svcflow.core.decision import Decision, Message, Recipient, Refusal
from svcflow.core.event import SYSTEM, Actor, Cancel, ChildEnded, Event
from svcflow.core.family import open_family, settle
from svcflow.core.sight import UNSEEN, insider, shown_case, shown_decision, unseen
from svcflow.core.statechart import statechart
from svcflow.core.step import offers

PEOPLE = ("agent", "boss", "owner", "system")


def job(default: tuple[str, ...] = (), **fields: tuple[str, ...]) -> str:
    """A job with an owner, a cost and a fault, and who may see which."""

    def seen_by(names: tuple[str, ...]) -> str:
        return f"seen_by: [{', '.join(names)}]" if names else ""

    def field(name: str, kind: str) -> str:
        return f"  {name}: {{{', '.join(filter(None, (f'type: {kind}', seen_by(fields.get(name, ())))))}}}"

    return f"""
fields:
{field("owner", "person")}
{field("cost", "money")}
{field("fault", "text")}
{seen_by(default)}
open: {{may: [owner, cost, fault]}}
states:
  new:
    by: [agent, boss]
    events: {{go: {{to: end, may: [cost, fault]}}, cheap: {{to: [{{to: end, when: cost < 9}}]}}}}
  end: {{end: done}}
"""


def is_one_of(names: tuple[str, ...], actor: Actor, owner: str | None) -> bool:
    """Read aloud: a role that is held, the owner in person or by a group, and `system` always."""
    mine = {actor.id, *actor.groups}
    return not names or "system" in actor.roles or bool({*names} & actor.roles) or ("owner" in names and owner in mine)


names = st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3).map(tuple)
actors = st.builds(
    Actor,
    st.sampled_from(["ann", "bob"]),
    roles=st.frozensets(st.sampled_from(["agent", "boss", "system"]), max_size=2),
    groups=st.frozensets(st.sampled_from(["ann", "team"]), max_size=2),
)


@given(names, names, names, names, actors, st.sampled_from([None, "ann", "bob", "team"]))
def test_a_field_is_seen_by_those_it_names_else_by_those_the_process_names(
    default: tuple[str, ...],
    owner: tuple[str, ...],
    cost: tuple[str, ...],
    fault: tuple[str, ...],
    actor: Actor,
    who: str | None,
) -> None:
    said = {"owner": owner or default, "cost": cost or default, "fault": fault or default}
    hidden = unseen(process(job(default, owner=owner, cost=cost, fault=fault)), actor, {"owner": who})
    assert hidden == {name for name, people in said.items() if not is_one_of(people, actor, who)}


def test_notes_are_read_by_those_the_process_names_else_by_whoever_holds_a_role() -> None:
    free, said = process(job()), process(job(("boss", "owner")))
    stranger, owner = Actor("eve"), Actor("kim")
    fields = {"owner": "kim"}
    assert [insider(free, who, fields) for who in (AGENT, stranger, owner, SYSTEM)] == [True, False, False, True]
    assert [insider(said, who, fields) for who in (AGENT, BOSS, stranger, owner, SYSTEM)] == [
        False, True, False, True, True
    ]  # fmt: skip


def test_a_menu_proposes_what_its_actor_sees_and_hides_what_a_condition_compares() -> None:
    desk = desk_of(job(cost=("boss",)))
    case = desk.open("desk", AGENT, cost=20, fault="noise")
    menus = {who.id: offers(desk.newest("", "desk"), case, who, MONDAY, statechart) for who in (AGENT, BOSS)}
    told = {
        who: (menu[0].present, menu[1].refusal and dict(menu[1].refusal.parameters["alternatives"]))
        for who, menu in menus.items()
    }
    assert told == {
        AGENT.id: ({"fault": "noise"}, {"new/cheap/end": "depends on what is not shown here"}),
        BOSS.id: ({"cost": 20, "fault": "noise"}, {"new/cheap/end": "needs cost < 9"}),
    }


VEILED = """
fields:
  owner: person
  keeper: {type: person, seen_by: boss}
  cost: {type: money, seen_by: boss}
  other: text
by: [agent, boss]
open: {may: [owner, keeper, cost, other]}
states:
  new:
    not_by: [keeper, owner]
    run: part
    events: {told: {to: over, do: {start: bill, notify: [keeper, owner, boss]}}}
  over: {events: {look: here, end: end}}
  end: {end: done}
"""
PART = """
gives: [cost, other]
fields: {cost: {type: money, seen_by: boss}, other: text}
open: {may: [cost, other]}
states:
  open: {by: boss, events: {tell: {to: told, may: [cost, other]}}}
  told: {end: done}
"""
BILL = """
fields: {cost: {type: money, seen_by: boss}}
open: {may: cost}
states:
  open: {by: boss, events: {pay: paid}}
  paid: {end: done}
"""
VEILED_DESK = process(VEILED)


def decisions() -> list[Decision]:
    """A case that runs a part, whose end tells people and starts a bill: what each of the two became in that step."""
    desk = desk_of(VEILED, part=PART, bill=BILL)
    case = desk.open("desk", BOSS, owner="ann", keeper="kim", cost=70, other="x")
    part = desk.child(case, "new")
    answer = settle(
        desk.family(part.id), desk, part.id, Event("tell", {"cost": 80}, BOSS), MONDAY, machine=statechart
    )  # fmt: skip
    assert not isinstance(answer, Refusal)
    return list(answer)


def test_a_decision_shows_its_viewer_nothing_that_is_for_others() -> None:
    hidden = frozenset({"keeper", "cost"})
    child, parent, *_ = (shown_decision(one, VEILED_DESK, hidden) for one in decisions())
    (message,) = (one.input for one in child.messages if isinstance(one.input, ChildEnded))
    assert (child.case.fields["cost"], message.given["cost"], message.given["other"]) == (UNSEEN, UNSEEN, "x")
    assert parent.before is not None
    assert (parent.before.fields["cost"], parent.journal[0].fields["cost"]) == (UNSEEN, UNSEEN)
    assert [call.to for call in parent.calls] == [
        (Recipient("person", "not shown"),), (Recipient("person", "not shown"),), (Recipient("role", "boss"),)
    ]  # fmt: skip
    assert {call.fields["keeper"] for call in parent.calls} == {parent.starts[0].fields["cost"]} == {UNSEEN}


def test_who_sees_everything_is_told_everything_but_whom_a_case_bars() -> None:
    child, parent, *others = decisions()
    assert child.before is not None
    shown = shown_decision(child, VEILED_DESK, frozenset())
    assert (child.case.barred != frozenset(), shown.case.barred) == (True, frozenset())
    open_ = evolve(child, before=evolve(child.before, barred=frozenset()), case=evolve(child.case, barred=frozenset()))
    assert shown == open_
    for one in (parent, *others):
        assert shown_decision(one, VEILED_DESK, frozenset()) == one


def test_nobody_is_shown_whom_a_case_bars() -> None:
    desk = desk_of(VEILED, part=PART, bill=BILL)
    opened = open_family(
        desk.newest("", "desk"), {"owner": "ann", "keeper": "kim"}, BOSS, MONDAY, desk, id="one", machine=statechart
    )  # fmt: skip
    assert not isinstance(opened, Refusal)
    parent, child = opened
    assert len(parent.starts[0].barred) == len(child.case.barred) == len(child.journal[0].detail["barred"]) == 2
    for hidden in (frozenset[str](), frozenset({"cost"})):
        veiled, part = (shown_decision(one, VEILED_DESK, hidden) for one in opened)
        assert (veiled.starts[0].barred, part.case.barred, part.journal[0].detail["barred"]) == (
            frozenset(), frozenset(), ()
        )  # fmt: skip


def test_an_opening_and_messages_of_other_kinds_are_shown_as_well() -> None:
    desk = desk_of(VEILED, part=PART, bill=BILL)
    answer = open_family(desk.newest("", "desk"), {"cost": 7}, BOSS, MONDAY, desk, id="one", machine=statechart)
    assert not isinstance(answer, Refusal)
    opened = shown_decision(answer[0], VEILED_DESK, frozenset({"cost"}))
    assert (opened.before, opened.journal[0].fields, str(UNSEEN)) == (None, {"cost": UNSEEN}, "not shown")
    assert shown_decision(answer[0], VEILED_DESK, frozenset({"keeper"})) == answer[0]
    case = desk.open("desk", BOSS, owner="ann", cost=70)
    stopped = Decision(case, case, messages=(Message("x", Cancel(case.id)),))
    assert shown_decision(stopped, VEILED_DESK, frozenset({"cost"})).messages == stopped.messages


def test_a_child_is_not_told_who_stands_in_a_field_that_not_everybody_sees() -> None:
    desk = desk_of(VEILED, part=PART, bill=BILL)
    case = desk.open("desk", BOSS, owner="ann", keeper="kim")
    part = desk.child(case, "new")
    assert "ann" in part.barred
    assert "kim" not in part.barred
    assert desk.refused(part, "tell", Actor("kim", roles={"boss"})).code == "barred"


def test_a_remark_about_a_time_names_no_date_that_not_everybody_sees() -> None:
    text = """
    fields: {since: {type: date, seen_by: boss}}
    open: {may: since}
    by: agent
    states: {new: {after: {1d since since: end}}, end: {end: done}}
    """
    desk = desk_of(text)
    case = desk.open("desk", AGENT, since="9999-12-31")
    assert desk.remarks(case) == ["after:new:1d since since is not armed: the calendar knows no such moment"]
    open_ = desk_of(text.replace(", seen_by: boss", ""))
    (remark,) = open_.remarks(open_.open("desk", AGENT, since="9999-12-31"))
    assert "the calendar knows no such moment" not in remark


PROMISED = """
fields:
  level: {type: gold | silver, seen_by: boss}
  agreed: {type: 1h..9h, calendars: [always], seen_by: boss}
  urgent: flag
by: [agent, boss]
open: {may: [level, agreed, urgent]}
sla:
  reply: {from: new, until: end, target: agreed else 9h}
  round: {from: new, until: end, renew: again, target: {per: level, table: {gold: 1h, silver: 2h}}}
  plain: {from: new, until: end, target: {per: urgent, table: {true: 1h, default: 3h}}}
states:
  new: {limit: {per: level, table: {gold: 1d, default: 2d}}, events: {again: here, done: end}}
  end: {end: done}
"""


def test_a_clock_of_a_case_tells_no_promise_that_hangs_on_a_hidden_field() -> None:
    desk = desk_of(PROMISED)
    case = desk.open("desk", AGENT, level="gold", agreed="4h on always", urgent=True)
    case = desk.send(desk.send(case, "again"), "again")
    shown = shown_case(case, desk.newest("", "desk"), frozenset({"level", "agreed"}))
    for whole, told in zip((*case.cycles, *case.clocks.values()), (*shown.cycles, *shown.clocks.values()), strict=True):
        if whole.name == "plain":
            assert told == whole
            continue
        assert (whole.target is None, told.target, told.fixed, told.earlier) == (False, None, None, ())
        assert told.calendars == {desk.newest("", "desk").calendar}
        assert [(one.start, one.end) for one in told.segments] == [(one.start, one.end) for one in whole.segments]
        assert (told.state, told.steps, told.stopped_at) == (whole.state, whole.steps, whole.stopped_at)


def test_what_a_clock_promised_whose_name_is_gone_is_told_to_those_from_whom_nothing_is_hidden() -> None:
    desk = desk_of(PROMISED)
    case = desk.send(desk.open("desk", AGENT, level="gold"), "again")
    later = process(PROMISED.replace("round:", "circle:"))
    shown = {hidden: shown_case(case, later, frozenset(hidden)) for hidden in ((), ("agreed",))}
    targets = {hidden: [clock.target for clock in one.cycles] for hidden, one in shown.items()}
    assert targets == {(): [timedelta(hours=1)], ("agreed",): [None]}
