"""`svcflow report` tells the figures of a store to people and to programs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.shop import AGENT, SHOP, STORE, Command
from svcflow import Actor, Engine
from svcflow.clocks import ManualClock


def test_people_get_three_views_and_the_flow(shop: Command, case: str) -> None:
    shop("send", case, "hand_over", "owner=kim", "price=120", *AGENT)
    told = shop("report", "--by", "customer").out
    for heading in ("FOR THE CUSTOMER", "FOR THE STAFF", "FOR THE COMPANY", "WHERE THE TIME GOES"):
        assert heading in told.upper()
    assert "cases (customer acme)" in told
    assert "555-0199" not in told


def test_programs_get_every_figure_with_what_intervals_need(shop: Command, case: str) -> None:
    data = shop("report", "--format", "json").data
    cases = next(kpi for kpi in data["kpis"] if kpi["name"] == "cases")
    assert cases["value"] == cases["count"] == data["cases"] == 1
    assert {"name", "perspective", "unit", "kind", "by", "value", "count", "total", "squares", "limit"} <= cases.keys()


def test_a_period_and_a_process_choose_the_cases(shop: Command, case: str) -> None:
    assert shop("report", "--format", "json", "--since", "2030-01-01T00:00Z").data["cases"] == 0
    assert shop("report", "--process", "shop").out.splitlines()[0] == "1 case"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--process", "shpo"), "no process 'shpo' is published"),
        (("--process", "shop", "--versions", "1,7"), "no process 'shop' version 7 is published"),
    ],
)
def test_a_process_or_version_that_is_not_published_is_no_report(
    shop: Command, case: str, options: tuple[str, ...], told: str
) -> None:
    answer = shop("report", *options)
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err


def test_a_period_knows_who_complained_before_it(shop: Command, tmp_path: Path) -> None:
    measures = tmp_path / "measures.yaml"
    measures.write_text("complaints: shop\nlimits: {repeat_complaint: 0.5}", encoding="utf-8")
    for day in (1, 20):
        with Engine(STORE, clock=ManualClock(datetime(2026, 3, day, tzinfo=UTC))) as engine:
            engine.open("shop", {"customer": "acme", "fault": "dark"}, actor=Actor("li", roles={"agent"}))
    answer = shop("report", "--measures", str(measures), "--since", "2026-03-10T00:00Z", "--format", "json")
    kpis = {kpi["name"]: kpi for kpi in answer.data["kpis"] if not kpi["by"]}
    assert (answer.data["cases"], kpis["cases"]["value"]) == (1, 1)
    assert (kpis["repeat_complaint"]["total"], kpis["repeat_complaint"]["count"], answer.status) == (1, 1, 1)
    assert shop("report", "--measures", str(measures), "--since", "0001-01-02T00:00Z").status == 0


def test_complaints_per_service_are_not_told_of_one_process(shop: Command, case: str) -> None:
    assert "complaint_rate" in shop("report").out
    assert "complaint_rate" not in shop("report", "--process", "shop").out


def test_what_is_beyond_its_limit_is_named_and_fails(shop: Command, case: str, tmp_path: Path) -> None:
    measures = tmp_path / "measures.yaml"
    measures.write_text("limits: {cases: 0}", encoding="utf-8")
    answer = shop("report", "--measures", str(measures))
    assert answer.status == 1
    assert "cases is 1" in answer.err
    assert "beyond its limit of 0" in answer.err


def test_a_misspelt_dimension_is_told(shop: Command, case: str) -> None:
    assert "did you mean `product`?" in shop("report", "--by", "prduct").err


EARLIER = ("--against-since", "2000-01-01T00:00Z")


@pytest.mark.requirement("R125")
def test_two_periods_stand_side_by_side(shop: Command, case: str) -> None:
    data = shop("report", "--since", "2010-01-01T00:00Z", *EARLIER, "--format", "json").data
    assert (data["a"]["cases"], data["b"]["cases"]) == (0, 1)
    assert data["a"]["name"] == "from 2000-01-01 00:00 UTC, before 2010-01-01 00:00 UTC"
    cases = next(one for one in data["differences"] if one["name"] == "cases")
    assert (cases["a"], cases["b"]["value"], cases["verdict"]) == (None, 1, None)


@pytest.mark.requirement("R154")
def test_two_versions_stand_side_by_side(shop: Command, case: str, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP.replace("version: 1", "version: 2"), encoding="utf-8")
    assert shop("publish", "shop.yaml").status == 0
    data = shop("report", "--process", "shop", "--versions", "1,02", "--by", "customer", "--format", "json").data
    assert (data["a"], data["b"]) == (
        {"name": "version 1", "cases": 1, "open": 1},
        {"name": "version 2", "cases": 0, "open": 0},
    )
    assert {"customer": "acme"} in [one["by"] for one in data["differences"]]


def test_people_see_both_sides_and_how_sure_it_is(shop: Command, case: str) -> None:
    answer = shop("report", "--before", "2090-01-01T00:00Z", "--against-since", "2090-01-01T00:00Z")
    assert answer.out.splitlines()[:2] == [
        "A: from 2090-01-01 00:00 UTC, 0 cases, 0 of them open",
        "B: before 2090-01-01 00:00 UTC, 1 case, 1 of them open",
    ]
    assert "B - A" in answer.out
    assert "by chance" in answer.err
    assert "open have no end yet" in answer.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--versions", "1,2"), "--process NAME"),
        (("--process", "shop", "--versions", "1"), "write them like 1,2"),
        (("--process", "shop", "--versions", "1,x"), "write them like 1,2"),
        (("--process", "shop", "--versions", "1," + "9" * 5000), "write them like 1,2"),
        (("--process", "shop", "--versions", "2,02"), "does not differ from itself"),
        (("--process", "shop", "--versions", "1,2", "--by", "version+customer"), "leave `version` out of it"),
        (("--process", "shop", "--versions", "1,2", *EARLIER), "two things are compared at once"),
        (EARLIER, "the two periods share cases"),
        (("--since", "2000-01-01T00:00Z", *EARLIER, "--against-before", "2001-01-01T00:00Z"), "share cases"),
    ],
)
def test_what_cannot_be_compared_is_told(shop: Command, case: str, options: tuple[str, ...], told: str) -> None:
    assert told in shop("report", *options).err


def test_names_of_measures_that_no_process_of_the_report_has_are_told(shop: Command, case: str, tmp_path: Path) -> None:
    measures = tmp_path / "measures.yaml"
    measures.write_text(
        "rework: [check, check->repairing, check -> repair, bda]\nresolution: solvd\nthing: fault", encoding="utf-8"
    )
    answer = shop("report", "--measures", str(measures))
    told = "`rework`: no process of this report"
    assert answer.status == 0
    assert [line for line in answer.err.splitlines() if "measures" in line] == [
        f"{measures}:1:10: {told} has the event `check`, it is a state: say a way, such as `check -> another`",
        f"{measures}:1:35: {told} has both states of `check -> repair`",
        f"{measures}:1:52: {told} has the event `bda`: did you mean `bad`?",
        f"{measures}:2:13: `resolution`: no process of this report has the clock `solvd`: did you mean `solved`?",
    ]
    unknown = shop("report", "--measures", str(measures), "--format", "json").data["unknown"]
    assert [one["name"] for one in unknown] == ["check", "check -> repair", "bda", "solvd"]
    assert unknown[-1] == {
        "word": "resolution", "name": "solvd", "file": str(measures), "line": 2, "column": 13,
        "message": "no process of this report has the clock `solvd`: did you mean `solved`?",
    }  # fmt: skip
    assert shop("report", "--format", "json").data["unknown"] == []
    measures.write_text("satisfied_from: 5", encoding="utf-8")
    assert "measures" not in shop("report", "--measures", str(measures)).err
