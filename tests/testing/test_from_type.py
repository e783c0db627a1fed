import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import _svcflow_hypothesis
import svcflow
from svcflow.core.calendar import Calendar
from svcflow.core.machine import Chart

ROOT = Path(__file__).parents[2]
ASK = "print(type(st.from_type(svcflow.Actor).example()).__name__)"
QUIET = "import warnings; warnings.simplefilter('ignore')"

_svcflow_hypothesis.register()


@pytest.mark.parametrize(
    "kind",
    [svcflow.Actor, Calendar, svcflow.Case, Chart, svcflow.Event, svcflow.JournalEntry, svcflow.Process],
)
@settings(max_examples=5)
@given(data=st.data())
def test_hypothesis_draws_the_types_of_svcflow(kind: type[Any], data: st.DataObject) -> None:
    assert isinstance(data.draw(st.from_type(kind)), kind)


@settings(max_examples=5)
@given(case=st.from_type(svcflow.Case))
def test_a_case_that_is_drawn_is_one_that_can_be(case: svcflow.Case) -> None:
    assert case.states
    assert case.process == "callback"


def program(*lines: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "order", [("import svcflow", "hook.register()"), ("hook.register()", "import svcflow")], ids=["after", "before"]
)
def test_they_are_known_whichever_package_is_imported_first(order: tuple[str, str]) -> None:
    lines = (QUIET, "import _svcflow_hypothesis as hook", *order, "from hypothesis import strategies as st", ASK)
    assert program(*lines) == ["Actor"]


SHARED = """
import sys
from importlib.machinery import PathFinder
class Shared:
    loaders = {}
    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path) if name.split('.')[0] == 'svcflow' else None
        if spec is not None:
            self.loaders[name], spec.loader = spec.loader, self
        return spec
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        self.loaders[module.__name__].exec_module(module)
sys.meta_path.insert(0, Shared())
"""
"""As pytest loads installed plugins: one loader for all their modules."""


def test_a_loader_that_loads_other_modules_too_is_left_as_it_is() -> None:
    lines = (QUIET, SHARED, "import _svcflow_hypothesis as hook", "hook.register()", "import svcflow",
             "from hypothesis import strategies as st", ASK, "print(type(svcflow.__loader__).__name__)")  # fmt: skip
    assert program(*lines) == ["Actor", "Shared"]


def test_waiting_for_svcflow_imports_nothing_of_it() -> None:
    lines = ("import sys, _svcflow_hypothesis as hook", "hook.register()", "import json.tool",
             "print([name for name in sys.modules if name.startswith(('svcflow', 'hypothesis'))])")  # fmt: skip
    assert program(*lines) == ["[]"]


def test_hypothesis_is_told_of_them_by_its_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["hypothesis"]["svcflow"].partition(":")
    assert getattr(sys.modules[module], name) is _svcflow_hypothesis.register
