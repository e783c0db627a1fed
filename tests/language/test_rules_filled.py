"""Fields that may be empty where they are needed: what the examples of the rules do not show."""

import pytest

from language.rulebook import messages, told

WAY = """
fields: {price: money, weight: number, urgent: flag}
states:
  new: {by: clerk, events: {quote: {to: quoted, ask: price}, skip: quoted}}
  quoted: {by: clerk, events: {agree: {to: [{to: approved, when: WHEN}, over]}}}
  approved: {by: boss, events: {approve: over}}
  over: {end: done}
"""


@pytest.mark.requirement("R128")
def test_the_shortest_way_on_which_the_field_stays_empty_is_told() -> None:
    (found,) = messages(WAY.replace("WHEN", "price > 1000").replace("ask: price}", "ask: [price, weight, urgent]}"))
    assert found == (
        "`price` may still be empty when `agree` looks at it (it gets here empty by opened -> new -> quoted: "
        "ask for it on the way, or say `filled(price) and ...`)"
    )


@pytest.mark.parametrize(
    "when", ["filled(price) and price > 1000", "price > 1000 or not filled(price)", "urgent", "urgent == false"]
)
def test_a_condition_that_has_thought_of_it_and_a_flag_are_fine(when: str) -> None:
    assert [one for one in told(WAY.replace("WHEN", when)) if "SF410" in one] == []


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ("agree: {to: [{to: approved, when: price > 9}, over]}", True),
        ("agree: {to: [{to: over, when: not filled(price)}, {to: approved, when: price > 9}, over]}", False),
        ("agree: {ask: price, to: [{to: approved, when: price > 9}, over]}", False),
        ("agree: {may: price, to: [{to: approved, when: price > 9}, over]}", False),
        # Whoever is urgent may be known to have a price.
        ("agree: {to: [{to: approved, when: urgent and price > 9}, over]}", False),
        ("agree: {ask: urgent, to: [{to: approved, when: urgent and price > 9}, over]}", True),
        ("agree: {by: nobody, to: [{to: approved, when: price > 9}, over]}", False),
    ],
)
def test_what_is_told_is_certain(event: str, found: bool) -> None:  # noqa: FBT001
    body = WAY.replace("agree: {to: [{to: approved, when: WHEN}, over]}", event).replace(
        "urgent: flag", "urgent: flag, nobody: person"
    )
    assert any("SF410" in one for one in told(body)) is found


def test_a_way_that_hangs_on_a_condition_or_on_another_region_is_not_told() -> None:
    assert (
        told("""
    fields: {kind: big | small, price: money}
    open: {by: clerk, ask: kind}
    states:
      new: {by: clerk, events: {quote: {to: [{to: quoted, when: kind == small}, asked]}}}
      asked: {by: clerk, events: {quote: {to: quoted, ask: price}}}
      quoted: {by: clerk, events: {agree: {to: [{to: over, when: kind == small}, {to: here, when: price > 9, max: 2},
        over]}}}
      over: {end: done}
    """)
        == []
    )
