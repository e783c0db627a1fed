"""What takes minutes runs only when somebody asks for it: `pytest -m chaos tests/faults`."""

import pytest


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
