"""`svcflow report` tells the figures of a store to people and to programs."""

from pathlib import Path

from cli.shop import AGENT, Command


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
    assert shop("report", "--process", "nothing").out.splitlines()[0] == "0 cases"


def test_what_is_beyond_its_limit_is_named_and_fails(shop: Command, case: str, tmp_path: Path) -> None:
    measures = tmp_path / "measures.yaml"
    measures.write_text("limits: {cases: 0}", encoding="utf-8")
    answer = shop("report", "--measures", str(measures))
    assert answer.status == 1
    assert "cases is 1" in answer.err
    assert "beyond its limit of 0" in answer.err


def test_a_misspelt_dimension_is_told(shop: Command, case: str) -> None:
    assert "did you mean 'product'?" in shop("report", "--by", "prduct").err
