"""Machines by name: what there is, what is said of a name that is none, and machines of other packages."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from svcflow.errors import InputError
from svcflow.machines import GROUP, named


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The entry points of an installed package, to be written by the test."""
    installed = tmp_path / "lathe-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: lathe\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return installed / "entry_points.txt"


@pytest.mark.parametrize("name", ["statechart", "statemachine", "transitions"])
def test_a_machine_is_made_under_its_own_name(name: str) -> None:
    assert named(name).name == name
    assert named(name) is not named(name)


def test_an_unknown_name_is_told_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match=r"no machine is called 'perpetuum'; there is .*statechart, .*transitions"):
        named("perpetuum")


def test_a_misspelt_name_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match="did you mean 'transitions'"):
        named("transition")


def test_a_machine_of_another_package_is_found(foreign: Path) -> None:
    foreign.write_text("[svcflow.machines]\nlathe = svcflow.core.statechart:Statechart\n")
    assert {entry.name for entry in entry_points(group=GROUP)} >= {"lathe", "statechart"}
    assert named("lathe").name == "statechart"


@pytest.mark.parametrize("place", ["no_such_module:Lathe", "svcflow.core.statechart:Lathe"])
def test_a_package_that_does_not_have_its_machine_is_told(foreign: Path, place: str) -> None:
    foreign.write_text(f"[svcflow.machines]\nlathe = {place}\n")
    with pytest.raises(InputError, match="machine 'lathe' cannot be loaded: "):
        named("lathe")
