"""
Bugs of those who act at once: found under all orders of a small program, and nothing is found where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from svcflow.testing.stage import Stage
from svcflow.testing.together import interleave
from svcflow.testing.violations import Violation
from zoo.bugs_together import BENCH, BUGS, SHOP, Crowded, table

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "zoo.md"

each = pytest.mark.parametrize("one", BUGS, ids=lambda one: one.name.replace(" ", "-"))


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with TemporaryDirectory(prefix="svcflow-zoo-") as folder:
        for name, text in (("shop", SHOP), ("bench", BENCH)):
            Path(folder, f"{name}.yaml").write_text(text, "utf-8")
        yield Stage.of(str(Path(folder, "shop.yaml")))


@each
def test_it_is_found_under_some_order_and_nothing_is_where_there_is_none(one: Crowded, stage: Stage) -> None:
    explored = interleave(stage, one.program)
    assert explored.complete
    with one.planted(), pytest.raises(Violation) as found:
        interleave(stage, one.program)
    assert type(found.value) is one.finds, str(found.value)
    assert "schedule: " in str(found.value)


def test_the_table_in_the_docs_is_that_of_these_bugs(stage: Stage) -> None:
    orders = {one.name: interleave(stage, one.program).schedules for one in BUGS}
    assert table(BUGS, orders) in DOCS.read_text("utf-8"), f"the table is\n\n{table(BUGS, orders)}"
