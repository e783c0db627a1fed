"""A log of a real desk, replayed, exported and replayed from that: the same cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcflow import language
from svcflow.engine import Engine
from svcflow.export import Format, export
from svcflow.replay import read_log, read_map, replay
from svcflow.stores.memory import MemoryStore

HERE = Path(__file__).parents[2]
EXAMPLE = HERE / "examples" / "incidents"
LOG = HERE / ".." / "shared" / "data" / "incidents.sample.csv"
PAGE = HERE / "docs" / "how-to" / "export.md"
XES = {"case: case": "case: case:concept:name", "time: time": "time: time:timestamp",
       "column: actor": "column: org:resource",
       "column: roles": "column: org:role"}  # fmt: skip


def map_of_the_page() -> str:
    """The map that the page shows for a log of svcflow's own."""
    text = PAGE.read_text(encoding="utf-8").partition("## Back again")[2]
    return text.partition("```yaml\n")[2].partition("```")[0]


@pytest.mark.parametrize(("to", "name"), [("csv", "log.csv"), ("xes", "log.xes.gz")])
def test_a_real_log_exported_and_replayed_again_gives_the_same_cases(tmp_path: Path, to: Format, name: str) -> None:
    if not LOG.exists():
        pytest.skip("the cut of the incident log is not there (../shared/data/incidents.sample.csv)")
    library = language.project(EXAMPLE / "incident.yaml")
    first_map = read_map((EXAMPLE / "map.yaml").read_bytes(), "map.yaml")
    store = MemoryStore()
    first = replay(library, read_log(LOG, first_map), first_map, store=store)
    with Engine(store) as engine:
        export(engine, to, tmp_path / name)
    text = map_of_the_page()
    for ours, standard in XES.items() if to == "xes" else ():
        text = text.replace(ours, standard)
    log_map = read_map(text.encode(), "map.yaml")
    again = replay(library, read_log(tmp_path / name, log_map), log_map)
    assert again.refused == ()
    assert again.accepted == first.accepted
    assert sorted(again.lines, key=lambda line: line.case) == sorted(first.lines, key=lambda line: line.case)
    assert again.clocks == first.clocks
