"""Machines by name: what there is, what is said of a name that is none, and machines of other packages."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from svcflow.core.machine import Machine
from svcflow.core.statechart import Statechart
from svcflow.errors import InputError
from svcflow.machines import GROUP, chosen, named


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


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("no_such_module:Lathe", "ModuleNotFoundError"),
        ("svcflow.core.statechart:Lathe", "AttributeError"),
        ("svcflow.core.statechart:statechart", "TypeError: 'Statechart' object is not callable"),
        ("svcflow.machines:named", "TypeError: named() missing 1 required positional argument: 'name'"),
        ("lathe:Lathe", "SyntaxError"),
    ],
)
def test_a_package_that_cannot_make_its_machine_is_told(foreign: Path, place: str, why: str) -> None:
    (foreign.parent.parent / "lathe.py").write_text("class Lathe(:")
    foreign.write_text(f"[svcflow.machines]\nlathe = {place}\n")
    with pytest.raises(InputError) as told:
        named("lathe")
    assert str(told.value).startswith(f"machine 'lathe' cannot be loaded: {why}")


def test_a_package_whose_machine_is_none_is_told(foreign: Path) -> None:
    foreign.write_text("[svcflow.machines]\nlathe = builtins:dict\n")
    with pytest.raises(InputError, match=r"machine 'lathe': {} is no machine; one has a `name`"):
        named("lathe")


def test_a_name_that_two_packages_give_to_different_machines_is_nobodys(foreign: Path) -> None:
    foreign.write_text(
        "[svcflow.machines]\nstatechart = lathe:Lathe\ntransitions = svcflow.machines.transitions:Transitions\n"
    )
    with pytest.raises(InputError, match="more than one machine is called 'statechart'"):
        named("statechart")
    assert named("transitions").name == "transitions"


@pytest.mark.parametrize("thing", [None, 5, object(), Statechart])
def test_an_object_that_is_no_machine_is_told_at_once(thing: Machine) -> None:
    with pytest.raises(InputError, match="is no machine; one has"):
        chosen(thing)
