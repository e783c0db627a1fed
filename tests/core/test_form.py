"""
Values of forms: what is sent is read by the declared type of its field, or is a problem that names the field.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from core.desk import AGENT, MONDAY, TWO_STATES, Desk, case_of, process
from svcflow.core.event import FileRef

TYPES = process("""
fields:
  t: text
  n: number
  m: money
  f: flag
  d: date
  at: datetime
  p: person
  l: list
  files: files
  c: a1 | b1
  r: 1..5
open: {may: [t, n, m, f, d, at, p, l, files, c, r]}
states:
  one: {by: agent, events: {go: two}}
  two: {end: done}
""")
SCAN = {"id": "1", "name": "scan.pdf", "size": 3, "sha256": "ab"}
FAR_EAST = timezone(timedelta(hours=14))


@pytest.mark.requirement("R040")
@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("t", "客户", "客户"),
        ("n", 3, Decimal(3)),
        ("n", 0.1, Decimal("0.1")),
        ("m", "12.50", Decimal("12.50")),
        ("f", "true", True),
        ("f", False, False),
        ("d", "2026-03-31", date(2026, 3, 31)),
        ("d", date(2026, 3, 31), date(2026, 3, 31)),
        ("at", "2026-03-31T14:00:00+08:00", datetime(2026, 3, 31, 6, tzinfo=UTC)),
        ("at", MONDAY, MONDAY),
        ("p", "li", "li"),
        ("l", ["a", "b"], ("a", "b")),
        ("l", "a", ("a",)),
        ("files", [SCAN], (FileRef("1", "scan.pdf", 3, "ab"),)),
        ("files", FileRef("1", "scan.pdf", 3, "ab"), (FileRef("1", "scan.pdf", 3, "ab"),)),
        ("c", "a1", "a1"),
        ("r", "4", 4),
    ],
)
def test_values_are_read_by_the_type_of_their_field(name: str, sent: object, kept: object) -> None:
    case = Desk(TYPES).open("desk", AGENT, **{name: sent})
    assert case.fields[name] == kept
    assert type(case.fields[name]) is type(kept)


@pytest.mark.requirement("R040")
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("t", 3),
        ("t", "a\0b"),
        ("t", "\ud800"),
        ("t", "x" * 100_001),
        ("n", True),
        ("n", "three"),
        ("n", float("nan")),
        ("n", "1e400"),
        ("n", []),
        ("n", "9" * 35),
        ("n", "0" * 101),
        pytest.param("n", 10**5000, id="n-five thousand digits, more than Python writes out"),
        ("f", "yes"),
        ("f", 1),
        ("d", "31.3.2026"),
        ("d", MONDAY),
        ("at", "2026-03-31T14:00:00"),
        ("at", "soon"),
        ("at", datetime(1, 1, 1, tzinfo=FAR_EAST)),
        ("p", ["li"]),
        ("l", [3]),
        ("l", []),
        ("l", 3),
        ("l", ["a"] * 1001),
        ("files", [{"id": "1"}]),
        ("files", [{**SCAN, "size": -1}]),
        ("files", [{**SCAN, "name": 3}]),
        ("files", [SCAN] * 1001),
        ("files", []),
        ("c", "c1"),
        ("r", 6),
        ("r", 2.5),
        ("r", "x" * 200),
    ],
)
def test_a_value_of_another_type_is_a_problem_of_its_field(name: str, sent: object) -> None:
    refused = Desk(TYPES).refused_open("desk", AGENT, **{name: sent})
    assert list(refused.parameters["problems"]) == [name]
    assert len(refused.parameters["problems"][name]) < 200


def test_a_private_value_that_is_wrong_is_not_repeated_in_the_refusal() -> None:
    kinds = {"n": "number", "f": "flag", "d": "date", "at": "datetime", "c": "a1 | b1", "r": "1..5", "t": "text"}
    fields = "\n".join(f"  {name}: {{type: {kind}, private: true}}" for name, kind in kinds.items())
    desk = Desk(process(f"fields:\n{fields}", TWO_STATES))
    wrong: dict[str, object] = {**dict.fromkeys(kinds, "secret"), "t": ["secret"]}
    refused = desk.refused_open("desk", AGENT, **wrong)
    assert set(refused.parameters["problems"]) == set(kinds)
    assert "secret" not in str(refused)


def test_a_value_that_arithmetic_gave_is_one_that_a_form_takes() -> None:
    desk, case = case_of("""
    fields: {sum: number, share: number}
    by: agent
    states: {one: {events: {x: {to: here, may: share, do: {set: {share: sum / 3}}}, y: two}}, two: {end: done}}
    """, sum=1)  # fmt: skip
    share = desk.send(case, "x").fields["share"]
    assert desk.send(case, "x", share=share).fields["share"] == share
