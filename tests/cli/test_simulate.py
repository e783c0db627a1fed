"""
`simulate` as typed: tables for a person, JSON for a program, and an exit status that a script can trust.
"""

import csv
from pathlib import Path

import pytest

from cli.shop import Command, told
from simulate.test_simulate import OFFICE, WEEK
from svcflow.cli.failures import FINDINGS, INTERRUPTED, WRONG_USE
from svcflow.core.decision import Decision
from svcflow.simulate.world import World

RUN = ("simulate", "office.yaml", "--scenario", "week.yaml")


@pytest.fixture
def office(folder: Path, cli: Command) -> Command:
    (folder / "office.yaml").write_text(OFFICE, encoding="utf-8")
    (folder / "week.yaml").write_text(WEEK, encoding="utf-8")
    (folder / "more.yaml").write_text(WEEK.replace("clerk: 3", "clerk: 6"), encoding="utf-8")
    return cli


def test_a_person_reads_what_came_of_it(office: Command) -> None:
    done = office(*RUN)
    assert done.status == 0
    assert done.out.startswith("a week: office version 1, seed 1\nfrom Mon 2026-03-02 00:00 +08:00 to ")
    for word in ("Cases of office", "answered", "WAITING FOR", "clerk", "AT WORK"):
        assert word in done.out


def test_a_person_reads_where_nothing_is_left_to_try(office: Command, folder: Path) -> None:
    text = OFFICE.replace("{answer: checked}", "{answer: {to: checked, when: urgent}}")
    (folder / "office.yaml").write_text(text, encoding="utf-8")
    (folder / "week.yaml").write_text(f"{WEEK}fields: {{urgent: false}}\n", encoding="utf-8")
    assert "Nothing left to try" in office(*RUN).out
    assert "office: waiting" in office(*RUN).out


def test_a_program_gets_the_same_bytes_for_the_same_seed(office: Command) -> None:
    one = office(*RUN, "--seed", "x", "--format", "json")
    assert one.out == office(*RUN, "--seed", "x", "--format", "json").out
    assert one.data["seed"] == "x"
    assert one.data["processes"]["office"]["opened"] > 0


def test_every_entry_is_written_into_a_log(office: Command, folder: Path) -> None:
    done = office(*RUN, "--log", "log.csv", "--format", "json")
    with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == done.data["steps"]
    assert {row["event"] for row in rows} == {"office", "answer", "agree"}
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_two_scenarios_are_compared_under_the_same_chances(office: Command) -> None:
    done = office(*RUN, "--against", "more.yaml", "--runs", "3", "--format", "json")
    found = {one["measure"]: one for one in done.data["differences"]}
    assert done.data["runs"] == 3
    assert found["office: opened"]["difference"] == 0
    assert found["clerk at work"]["certain"]
    assert found["clerk at work"]["b"] < found["clerk at work"]["a"]
    assert "certain" in office(*RUN, "--against", "more.yaml", "--runs", "3").out


def test_two_scenarios_with_different_seeds_are_compared_under_that_of_the_first(office: Command, folder: Path) -> None:
    (folder / "other.yaml").write_text(f"{WEEK}seed: other\n", encoding="utf-8")
    done = office(*RUN, "--against", "other.yaml", "--runs", "2", "--format", "json")
    assert done.data["seed"] == "1"
    assert {one["difference"] for one in done.data["differences"]} == {0}


def test_two_processes_are_compared_under_one_scenario(office: Command, folder: Path) -> None:
    (folder / "other.yaml").write_text(OFFICE.replace("default: 8h", "default: 30min"), encoding="utf-8")
    done = office("simulate", "office.yaml", "other.yaml", "--scenario", "week.yaml", "--runs", "2", "--format", "json")
    found = {one["measure"]: one for one in done.data["differences"]}
    assert found["office: clock answered met"]["difference"] < 0
    assert found["office: length"]["difference"] == 0


def test_wrong_use_is_told_before_anything_is_done(office: Command) -> None:
    assert office(*RUN, "--runs", "3").status == WRONG_USE
    assert office(*RUN, "--against", "more.yaml", "--log", "log.csv").status == WRONG_USE
    assert (
        office("simulate", "office.yaml", "office.yaml", "office.yaml", "--scenario", "week.yaml").status == WRONG_USE
    )
    assert office(*RUN, "--log", "week.yaml").status == WRONG_USE
    assert told(office(*RUN, "--seed", "\udcff")) == ("--seed: this is no UTF-8 text", "write letters and digits")
    assert told(office("simulate", "offfice.yaml", "--scenario", "week.yaml")) == (
        "there is no file offfice.yaml", "did you mean office.yaml?"
    )  # fmt: skip


def test_a_wrong_scenario_is_shown_at_its_place(office: Command, folder: Path) -> None:
    (folder / "week.yaml").write_text(WEEK.replace("clerk: 3", "clrek: 3"), encoding="utf-8")
    done = office(*RUN)
    assert done.status == FINDINGS
    assert "week.yaml:8:9" in done.err
    assert "did you mean `clerk`?" in done.err


def test_a_check_of_all_files_leaves_scenarios_to_their_simulation(office: Command, folder: Path) -> None:
    (folder / "week.yaml").rename(folder / "week.scenario.yaml")
    done = office("check", "office.yaml", "week.scenario.yaml")
    assert done.status == 0
    assert "1 file checked" in done.out
    assert "week.scenario.yaml is looked at by" in done.err


def test_an_interrupted_run_prints_how_far_it_came(office: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = World._keep

    def until_somebody_has_had_enough(world: World, answer: tuple[Decision, ...]) -> object:
        if world.steps > 20:
            raise KeyboardInterrupt
        return keep(world, answer)

    monkeypatch.setattr(World, "_keep", until_somebody_has_had_enough)
    done = office(*RUN)
    assert done.status == INTERRUPTED
    assert "Cases of office" in done.out
    assert "interrupted; this is how far it came" in done.err


def test_the_key_figures_of_made_up_cases_are_told_when_asked_for(office: Command) -> None:
    assert "report" not in office(*RUN, "--format", "json").data
    told = office(*RUN, "--report", "--format", "json").data
    kpis = {kpi["name"]: kpi for kpi in told["report"]["kpis"] if not kpi["by"]}
    assert kpis["cases"]["value"] == told["report"]["cases"] == told["processes"]["office"]["opened"]
    assert told["report"]["variants"]
    said = office(*RUN, "--report").out
    assert said.startswith(office(*RUN).out.rstrip())
    for heading in ("For the company", "Where the time goes", "The usual ways"):
        assert heading in said


@pytest.mark.requirement("R154")
def test_the_key_figures_of_two_sides_are_compared_with_intervals(office: Command, folder: Path) -> None:
    (folder / "measures.yaml").write_text("complaints: office", encoding="utf-8")
    done = office(*RUN, "--against", "more.yaml", "--runs", "2", "--report", "--format", "json")
    stays = next(one for one in done.data["report"] if one["name"] == "time_in_state")
    assert stays["low"] <= stays["difference"] <= stays["high"]
    cases = next(one for one in done.data["report"] if one["name"] == "cases")
    opened = next(one for one in done.data["differences"] if one["measure"] == "office: opened")
    assert (cases["a"]["value"], cases["b"]["value"]) == (2 * opened["a"], 2 * opened["b"])
    said = office(*RUN, "--against", "more.yaml", "--runs", "2", "--report", "--measures", "measures.yaml").out
    assert "complaint" in said
    assert "of them open" in said


def test_measures_without_key_figures_are_wrong_use(office: Command, folder: Path) -> None:
    (folder / "measures.yaml").write_text("complaints: office", encoding="utf-8")
    answer = office(*RUN, "--measures", "measures.yaml")
    assert answer.status == WRONG_USE
    assert "--report" in answer.err
