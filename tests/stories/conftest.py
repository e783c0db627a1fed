"""
The workshop, once for all tests of a session: nothing in it changes.
"""

import pytest

from stories.workshop import Teller


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Teller:
    return Teller(tmp_path_factory.mktemp("workshop"))
