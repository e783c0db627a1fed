"""What takes minutes runs only when somebody asks for it: `pytest -m chaos tests/faults`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from postgres import Schemas

Tell: TypeAlias = Callable[[str, float], None]


@pytest.fixture
def patience() -> None:
    """For tests that only `pytest -m chaos` runs."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it was asked for."""
    if "chaos" in config.getoption("markexpr"):
        return
    long = [item for item in items if "patience" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where programs find the URL of the store that they share, and write down what they did."""
    if request.param == "SQLite":
        url = f"sqlite:///{tmp_path}/cases.db?wait=60"
    else:
        schemas: Schemas = request.getfixturevalue("postgres")
        url = f"{schemas.make()}&wait=60"
    (tmp_path / "url").write_text(url, encoding="utf-8")
    return tmp_path


@pytest.fixture
def tell(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Tell:
    """Print the numbers of a long run at the end of all tests."""
    return lambda numbers, seconds: record_property("faults", f"{request.node.name}: {numbers}, seconds {seconds:.0f}")
