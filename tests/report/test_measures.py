"""A file says what the figures mean in a house; what it does not say is as in the catalog."""

from datetime import timedelta
from pathlib import Path

import pytest

from svcflow import catalog, language
from svcflow.errors import InputError
from svcflow.report import Measures, Watch, read_measures

GIVEN = b"""
services: [repair]
complaints: grievance
callbacks: {survey: asking}
dimensions: {product: [model, type], region: region}
records: {repair: [model]}
rework: [again]
satisfied_from: 5
response_limit: 24h
again_within: 30d
limits: {complaint_rate: 0.05, nps: -10}
watch:
  complaint_rate: {by: product+region, least: 3, open: look, fields: {about: "{product}: {value}"}}
  nps: {open: look}
"""


def test_it_is_read_over_the_defaults() -> None:
    found = read_measures(GIVEN, "m.yaml")
    plain = Measures()
    assert (found.services, found.complaints, found.callbacks) == (("repair",), ("grievance",), {"survey": "asking"})
    assert found.dimensions == {**plain.dimensions, "product": ("model", "type"), "region": ("region",)}
    assert found.records == {**plain.records, "repair": ("model",)}
    assert (found.satisfied_from, found.rework, found.reopen) == (5, ("again",), plain.reopen)
    assert (found.response_limit, found.again_within) == (timedelta(hours=24), timedelta(days=30))
    assert found.limits == {"complaint_rate": 0.05, "nps": -10}
    first = Watch("look", ("product", "region"), 3, {"about": "{product}: {value}"})
    assert found.watch == {"complaint_rate": first, "nps": Watch("look")}
    assert (found.serves("repair"), found.serves("other"), plain.serves("other")) == (True, False, True)
    assert not any(plain.serves(name) for name in ("complaint", "callback", "problem"))


def test_everything_that_is_wrong_is_told_at_once_with_its_place() -> None:
    wrong = b"""complants: [x]
satisfied_from: many
response_limit: 2 days
callbacks: [a]
rework: [{a: b}]
limits: {nsp: 1, cost: .inf}
dimensions: {status: state}
"""
    with pytest.raises(InputError) as problem:
        read_measures(wrong, "m.yaml")
    assert str(problem.value).splitlines() == [
        "m.yaml:1:1: measures have no `complants`: did you mean `complaints`?",
        "m.yaml:2:17: `satisfied_from` is a number",
        "m.yaml:3:17: `response_limit` is a length, such as 30min, 48h or 90d",
        "m.yaml:4:12: `callbacks` is a mapping from names",
        "m.yaml:5:10: `rework` takes names, such as `rework: [one, another]`",
        "m.yaml:6:10: there is no figure `nsp`: did you mean `nps`?",
        "m.yaml:6:24: `cost` is a number",
        "m.yaml:7:14: every case has the dimension `status` already: give yours another name",
    ]


def test_a_score_is_a_whole_number() -> None:
    with pytest.raises(InputError, match=r"m\.yaml:1:17: `satisfied_from` is a whole number"):
        read_measures(b"satisfied_from: 4.7", "m.yaml")


@pytest.mark.parametrize("raw", [b"", b"- a", b"a: [", b"\xff", b"a: 1\na: 2"])
def test_what_is_no_mapping_is_one_clear_error(raw: bytes) -> None:
    with pytest.raises(InputError, match=r"m\.yaml"):
        read_measures(raw, "m.yaml")


def test_the_defaults_name_what_the_catalog_has() -> None:
    """A renamed field or event of the catalog would make a figure silently empty."""
    plain = Measures()
    processes = {
        process.name: process
        for file in sorted(Path(catalog.__file__ or "").parent.glob("*.yaml"))
        if file.name != "common.yaml"
        for process in language.project(file)[:1]
    }
    for name, fields in plain.records.items():
        assert set(fields) <= processes[name].fields.keys() - processes[name].private, name
    assert all(state in processes[name].paths for name, state in plain.callbacks.items() if name in processes)
    events = {name for one in processes.values() for state in one.states for name in state.events}
    assert set(plain.reopen) <= events


def test_the_measures_that_the_page_shows_can_be_read() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "report.md"
    shown = [one.split("```")[0] for one in page.read_text(encoding="utf-8").split("```text\n")[1:]]
    found = read_measures(shown[0].encode(), "measures.yaml")
    assert (found.complaints, found.callbacks) == (("grievance",), {"survey": "asking"})
    assert found.limits == {"complaint_rate": 0.05, "first_time_fix": 0.8}
    watched = read_measures(shown[1].encode(), "measures.yaml").watch
    assert {(name, one.process, one.by, one.least) for name, one in watched.items()} == {
        ("complaint_rate", "corrective", ("product",), 20), ("first_time_fix", "corrective", ("partner",), 10),
    }  # fmt: skip
    opening = catalog.corrective.opening
    assert all(one.fields.keys() <= {*opening.ask, *opening.may} for one in watched.values())
