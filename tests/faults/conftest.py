"""What takes minutes runs only when somebody asks for it."""

import pytest


@pytest.fixture
def patience(request: pytest.FixtureRequest) -> None:
    """For tests that only `pytest -m chaos` runs."""
    if "chaos" not in request.config.getoption("markexpr"):
        pytest.skip("takes minutes: run it with `pytest -m chaos tests/faults`")
