"""A figure beyond its limit opens one case for each group and month, and what follows is that case's own business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from report.by_hand import done, figure
from svcflow import Actor, Engine, HookCall, Process, catalog, load
from svcflow.clocks import ManualClock
from svcflow.core.event import SYSTEM
from svcflow.errors import InputError, ProcessNotFound
from svcflow.eventlog import read
from svcflow.report import Measures, Watch, alarms, report, watch
from svcflow.stores.base import KnownKey, Store
from svcflow.stores.memory import MemoryStore

MARCH = datetime(2026, 3, 10, 2, tzinfo=UTC)
APRIL = datetime(2026, 4, 10, 2, tzinfo=UTC)
DESK = Actor("li", roles={"agent"})
FINDING = "{month}: {figure} of {product} is {value} of {count}, beyond {limit}"
RUNAWAY = Measures(
    limits={"complaint_rate": 0.25},
    watch={"complaint_rate": Watch("corrective", ("product",), 2, {"finding": FINDING, "product": "{product}"})},
)


SMALL = """
process: {name}
version: 1
roles: [agent, quality, team_lead]
calendars: {{all: {{timezone: UTC, hours: {{mon-sun: [00:00-24:00]}}}}}}
calendar: all
fields: {{customer: person, phone: text, product: text, fault: text, finding: text, severity: major | minor}}
open: {{by: [agent, system], ask: [{ask}], may: [product, phone, severity, fault]}}
sla: {{answer: {{from: todo, until: over, target: 4h}}}}
states:
  todo: {{by: quality, do: {{notify: [quality, team_lead]}}, events: {{end: over}}}}
  over: {{end: done}}
"""
ASKED = {"service_ticket": "customer", "complaint": "customer", "corrective": "finding"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Process, ...]:
    """Processes of these names that are quickly made."""
    folder = tmp_path_factory.mktemp("small")
    for name, ask in ASKED.items():
        (folder / f"{name}.yaml").write_text(SMALL.format(name=name, ask=ask), encoding="utf-8")
    return tuple(load(folder / f"{name}.yaml") for name in ASKED)


class House:
    """A service company whose products differ, with the hooks that it answers."""

    def __init__(self, processes: tuple[Process, ...], store: Store | None = None) -> None:
        self.clock = ManualClock(MARCH)
        self.engine = Engine(store or MemoryStore(), clock=self.clock)
        self.engine.publish(*processes)
        self.told: set[str] = set()
        self.broken = False

        @self.engine.hook("*")
        def answer(call: HookCall) -> None:
            if self.broken:
                raise ConnectionError("nobody there")
            if call.process == "corrective":
                self.told |= {one.name for one in call.to}

    def serves(self, product: str, services: int, complaints: int) -> None:
        order = {"customer": "acme", "phone": "555-0100", "product": product}
        for _ in range(services):
            self.engine.open("service_ticket", {**order, "fault": "dark"}, actor=DESK)
        for _ in range(complaints):
            self.engine.open("complaint", order, actor=DESK)

    def analyses(self) -> list[dict[str, object]]:
        return [dict(case.fields) for case in self.engine.cases(process="corrective")]


@pytest.fixture
def house(small: tuple[Process, ...]) -> House:
    return House(small)


@pytest.mark.requirement("R083", "R155")
def test_a_product_whose_complaint_rate_runs_away_is_looked_into_at_once() -> None:
    house = House((catalog.service_ticket, catalog.complaint, catalog.corrective))
    house.serves("X1", 3, 1)
    house.serves("X2", 4, 1)  # A quarter: not beyond it.
    (alarm,) = watch(house.engine, RUNAWAY)
    case = house.engine.case(alarm.case or "")
    assert (case.process, case.state, alarm.new, alarm.kpi.kind) == ("corrective", "contain", True, "kri")
    assert case.fields["product"] == "X1"
    assert case.fields["finding"] == "2026-03: complaint_rate of X1 is 0.33 of 3, beyond 0.25"
    house.engine.tick()
    assert house.told == {"quality", "team_lead"}
    offers = house.engine.menu(case.id, actor=Actor("qi", roles={"quality"}))
    assert [one.event for one in offers if one.refusal is None] == ["contained"]


@pytest.mark.requirement("R083")
def test_one_figure_group_and_month_has_one_case_however_often_one_looks(house: House) -> None:
    house.serves("X1", 3, 1)
    (first,) = watch(house.engine, RUNAWAY)
    house.serves("X1", 0, 2)  # Worse: the same alarm, with another value in its text.
    (second,) = watch(house.engine, RUNAWAY)
    assert (second.case, second.new, len(house.analyses())) == (first.case, False, 1)
    house.clock.set(APRIL)
    house.serves("X1", 2, 2)
    march, april = sorted(watch(house.engine, RUNAWAY), key=lambda one: one.key)
    assert (march.case, march.new, april.new, len(house.analyses())) == (first.case, False, True, 2)


def test_what_the_house_must_be_told_is_told_at_least_once_like_any_call(house: House) -> None:
    house.serves("X1", 3, 1)
    house.broken = True
    watch(house.engine, RUNAWAY)
    house.engine.tick()
    assert not house.told
    house.broken = False
    house.clock.advance(timedelta(hours=1))
    house.engine.tick()
    assert house.told == {"quality", "team_lead"}


def test_whoever_looks_without_opening_changes_nothing(house: House) -> None:
    house.serves("X1", 3, 1)
    (alarm,) = watch(house.engine, RUNAWAY, dry_run=True)
    assert (alarm.case, alarm.process, house.analyses()) == (None, "corrective", [])


class Overtaken(MemoryStore):
    """Somebody else opens the case between the look whether there is one and the opening."""

    rival: Callable[[str], object] | None = None

    def known(self, tenant: str, case_id: str | None, key: str, *, connection: object | None = None) -> KnownKey | None:
        found = super().known(tenant, case_id, key, connection=connection)
        rival, self.rival = self.rival, None
        if rival is not None:
            rival(key)
        return found


def test_of_two_who_look_at_once_one_opens_the_case(small: tuple[Process, ...]) -> None:
    store = Overtaken()
    house = House(small, store)
    house.serves("X1", 3, 1)
    store.rival = lambda key: house.engine.open("corrective", {"finding": "a moment ago"}, actor=SYSTEM, key=key)
    (alarm,) = watch(house.engine, RUNAWAY)
    assert (alarm.new, alarm.refused) == (False, None)
    assert [case.id for case in house.engine.cases(process="corrective")] == [alarm.case]


def test_a_process_that_refuses_says_why_and_holds_up_no_other(house: House) -> None:
    house.serves("X1", 3, 1)
    measures = evolve(
        RUNAWAY,
        limits={"complaint_rate": 0.25, "late_response": 0},
        watch={**RUNAWAY.watch, "late_response": Watch("corrective", fields={"severity": "{month}"})},
    )
    house.clock.advance(timedelta(days=3))
    refused, opened = sorted(watch(house.engine, measures), key=lambda one: one.new)
    assert (refused.kpi.name, refused.case, opened.new) == ("late_response", None, True)
    assert "finding" in (refused.refused or "")


def test_nothing_is_opened_where_a_process_is_not_published(house: House) -> None:
    house.serves("X1", 3, 1)
    other = Watch("audit")
    measures = Measures(limits={"complaint_rate": 0.25, "cases": 1}, watch={**RUNAWAY.watch, "cases": other})
    with pytest.raises(ProcessNotFound, match="audit"):
        watch(house.engine, measures)
    assert house.analyses() == []


def test_a_wrong_name_is_told_before_the_first_alarm(house: House) -> None:
    with pytest.raises(ProcessNotFound, match="audit"):
        watch(house.engine, Measures(limits={"cases": 99}, watch={"cases": Watch("audit")}))


def test_a_process_of_which_nothing_is_in_force_says_so_and_holds_up_no_other(house: House) -> None:
    house.serves("X1", 3, 1)
    house.engine.retire("complaint", 1, reason="replaced", actor=Actor("lin", roles={"quality"}))
    measures = Measures(
        limits={"cases": 1, "complaint_rate": 0.25}, watch={**RUNAWAY.watch, "cases": Watch("complaint")},
        services=("service_ticket",), complaints=("complaint",),
    )  # fmt: skip
    refused, opened = sorted(watch(house.engine, measures), key=lambda one: one.new)
    assert (refused.kpi.name, refused.case, opened.new) == ("cases", None, True)
    assert "no version of process 'complaint' is in force" in (refused.refused or "")


def test_a_case_that_was_opened_for_an_alarm_counts_in_no_figure(house: House) -> None:
    house.serves("X1", 3, 1)
    measures = Measures(
        limits={"complaint_rate": 0.25, "cases": 0},
        watch={**RUNAWAY.watch, "cases": Watch("corrective", ("customer",), fields={"finding": "{value}"})},
    )
    before = [(one.key, one.kpi) for one in watch(house.engine, measures)]
    assert [(one.key, one.kpi) for one in watch(house.engine, measures)] == before
    assert len(before) == len(house.analyses()) == 2


def test_a_process_that_alarms_open_is_no_service(house: House) -> None:
    house.serves("X1", 3, 1)
    watch(house.engine, RUNAWAY)
    made = report(read(house.engine), RUNAWAY, by=["product"])
    assert figure(made, "complaint_rate", product="X1").count == 3
    assert evolve(RUNAWAY, services=("corrective",)).serves("corrective")


def test_a_time_without_a_zone_is_no_month(house: House) -> None:
    with pytest.raises(InputError, match="has no time zone"):
        watch(house.engine, RUNAWAY, since=datetime(2026, 3, 1))  # noqa: DTZ001 - that is what is wrong with it


def test_earlier_months_are_left_alone_unless_they_are_asked_for(house: House) -> None:
    house.serves("X1", 3, 1)
    house.clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    assert watch(house.engine, RUNAWAY) == ()
    (alarm,) = watch(house.engine, RUNAWAY, since=MARCH + timedelta(days=10))
    assert (alarm.kpi.by["month"], alarm.new) == ("2026-03", True)


KINDS = st.tuples(
    st.integers(0, 100), st.sampled_from(["service_ticket", "complaint"]), st.sampled_from(["X1", "", "?"])
)


@given(st.lists(KINDS, max_size=40), st.integers(0, 6), st.integers(1, 4))
@settings(deadline=None)
def test_alarms_are_those_that_counting_by_hand_gives(
    drawn: list[tuple[int, str, str]], quarters: int, least: int
) -> None:
    cases = sorted(drawn)
    logs = [done(f"c{n}", process, hours=24 * day, fields={"product": product})
            for n, (day, process, product) in enumerate(cases)]  # fmt: skip
    measures = Measures(
        limits={"complaint_rate": quarters / 4},
        watch={
            "complaint_rate": Watch("corrective", ("product",), least, {"product": "{product}", "about": "{limit}"})
        },
    )
    counted = Counter(
        (f"{datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=day):%Y-%m}", product, process)
        for day, process, product in cases
    )
    wanted = set()
    for month, product, _ in counted:
        services, complaints = (counted[month, product, name] for name in ("service_ticket", "complaint"))
        if services >= least and Fraction(complaints, services) > Fraction(quarters, 4):
            wanted.add((month, product))
    found = alarms(logs, measures)
    assert {(one.kpi.by["month"], one.kpi.by["product"]) for one in found} == wanted
    assert len({one.key for one in found}) == len(found)
    assert all(one.fields.get("product", "") == one.kpi.by["product"] for one in found)


@pytest.mark.parametrize(
    ("name", "one", "told"),
    [
        ("rewrk", Watch("corrective"), "there is no such figure: did you mean `rework`?"),
        ("rework", Watch("corrective"), "it has no limit: say one, such as `limits: {rework: 0.5}`"),
        ("queue", Watch("corrective"), "it counts what is open now, of whatever month"),
        ("complaint_rate", Watch("corrective", ("process",)), "complaints and services are of different processes"),
        ("clock_met", Watch("corrective", ("clock",)), "it is told for each clock already: leave `clock` out"),
        ("cases", Watch("corrective", ("product", "")), "`by` has an empty name: write `by: product`, or"),
        ("cases", Watch("corrective", ("month",)), "every month is looked at by itself already"),
        ("cases", Watch("corrective", ("prduct",)), "there is no dimension `prduct`: did you mean `product`?"),
        ("cases", Watch("corrective", fields={"finding": "{valu}"}), "nothing is called {valu}: did you mean `value`?"),
        ("cases", Watch("corrective", fields={"finding": "{product}"}), "nothing is called {product}"),
    ],
)
def test_what_cannot_be_watched_is_told(name: str, one: Watch, told: str) -> None:
    limits = {"queue": 1.0, "complaint_rate": 1.0, "clock_met": 1.0, "cases": 1.0}
    with pytest.raises(InputError) as problem:
        alarms([], Measures(limits=limits, watch={name: one}))
    assert f"watch: {name}: {told}" in str(problem.value)


def test_a_figure_of_many_clocks_is_watched_clock_by_clock(house: House) -> None:
    house.serves("X1", 2, 0)
    house.clock.advance(timedelta(days=5))
    measures = Measures(
        limits={"clock_met": 0.9}, watch={"clock_met": Watch("corrective", fields={"finding": "{clock}"})}
    )
    found = watch(house.engine, measures)
    assert {"clock", "month"} == set(found[0].kpi.by)
    assert sorted(str(one["finding"]) for one in house.analyses()) == sorted({one.kpi.by["clock"] for one in found})
