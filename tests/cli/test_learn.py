"""
`learn`: a scenario from the cases of a store.
"""

from pathlib import Path

from cli.shop import Command, told
from svcflow.cli.failures import WRONG_USE


def test_a_scenario_is_written_that_can_be_simulated(shop: Command, case: str, folder: Path) -> None:
    done = shop("learn", "shop", "-o", "learned.yaml")
    assert done.status == 0, done.err
    text = (folder / "learned.yaml").read_text(encoding="utf-8")
    assert "555-0199" not in text
    again = shop("simulate", "shop.yaml", "--scenario", "learned.yaml", "--format", "json")
    assert again.status == 0, again.err
    assert again.data["processes"]["shop"]["opened"] > 0


def test_a_process_without_cases_teaches_nothing(shop: Command) -> None:
    done = shop("learn", "shop")
    assert done.status == WRONG_USE
    assert told(done)[0] == "there is no case of shop to learn from"


def test_only_cases_of_the_time_that_is_asked_for_are_looked_at(shop: Command, case: str) -> None:
    assert shop("learn", "shop", "--before", "2001-01-01T00:00Z").status == WRONG_USE
    assert shop("learn", "shop", "--since", "2001-01-01T00:00Z").status == 0
