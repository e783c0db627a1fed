from collections.abc import Mapping
from datetime import UTC, date
from decimal import Decimal, getcontext, localcontext
from typing import Any

import pytest

from core.fields import FIELDS, NOW
from svcflow.core.condition import Condition, condition
from svcflow.core.words import DEEPEST, LONGEST, MOST_SUMS, Problem


def read(text: str) -> Condition:
    result = condition(text, FIELDS)
    assert isinstance(result, Condition), result
    return result


def problems(text: str) -> tuple[Problem, ...]:
    result = condition(text, FIELDS)
    assert isinstance(result, tuple)
    assert result
    return result


def problem(text: str) -> Problem:
    (found,) = problems(text)
    return found


def shown(text: str) -> str:
    """The part of a condition that its only problem points at."""
    found = problem(text)
    return text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("score >= 4", {"score": 4}, True),
        ("score >= 4", {"score": 3}, False),
        ("score > 4 or working", {"score": 4, "working": True}, True),
        ("score == 1 or score == 2 or score == 3", {"score": 3}, True),
        ("score == 1 or score == 2 or score == 3", {"score": 4}, False),
        ("score > 1 and score < 5 and working", {"score": 3, "working": True}, True),
        ("score > 1 and score < 5 and working", {"score": 5, "working": True}, False),
        ("working or accepted and score == 1", {"working": True, "score": 2}, True),
        ("(working or accepted) and score == 1", {"working": True, "score": 2}, False),
        ("not working and accepted", {"accepted": True}, True),
        ("not (working and accepted)", {"accepted": True, "working": True}, False),
        ("not score == 3", {"score": 4}, True),
        ("price > 1000", {"price": Decimal("1000.01")}, True),
        ("price > 1000.5", {"price": Decimal("1000.50")}, False),
        ("price * 2 + 1 == 5", {"price": Decimal(2)}, True),
        ("1 + price * 2 == 5", {"price": Decimal(2)}, True),
        ("(1 + price) * 2 == 6", {"price": Decimal(2)}, True),
        ("10 - price - 3 == 5", {"price": Decimal(2)}, True),
        ("12 / price / 3 == 2", {"price": Decimal(2)}, True),
        ("-price < --1", {"price": Decimal(2)}, True),
        ("hours >= score", {"hours": Decimal(3), "score": 3}, True),
        ("contract == gold", {"contract": "gold"}, True),
        ("gold != contract", {"contract": "silver"}, True),
        ("contract == 'gold'", {"contract": "gold"}, True),
        ("contract == asked", {"contract": "gold", "asked": "gold"}, True),
        ("shift == 2", {"shift": "2"}, True),
        ("product == 'X 1'", {"product": "X 1"}, True),
        ('product != "it\'s"', {"product": "its"}, True),
        ("product == serial", {"product": "a", "serial": "a"}, True),
        ("'a' == 'a'", {}, True),
        ("owner == served_by", {"owner": "li", "served_by": "li"}, True),
        ("owner == 'li'", {"owner": "wang"}, False),
        ("accepted == true", {"accepted": True}, True),
        ("accepted != working", {"accepted": True}, True),
        ("filled(parts) == accepted", {"parts": ("p",), "accepted": True}, True),
        ("(score > 2) == working", {"score": 3}, False),
        ("bought < delivered", {"bought": date(2026, 1, 1), "delivered": date(2026, 1, 2)}, True),
        ("bought >= '2026-01-01'", {"bought": date(2026, 1, 1)}, True),
        ("visit < served_at", {"visit": NOW, "served_at": NOW}, False),
        ("visit == '2026-05-03T17:30Z'", {"visit": NOW}, True),
        ("visit == '2026-05-04T01:30+08:00'", {"visit": NOW.astimezone(UTC)}, True),
        ("filled(photos)", {"photos": ("f",)}, True),
        ("true", {}, True),
        ("false or not true", {}, False),
        ("满意度>=4 and(accepted)", {"满意度": 4, "accepted": True}, True),
        ("गुणवत्ता < 2", {"गुणवत्ता": Decimal(1)}, True),
        ("score\n  >= 4", {"score": 4}, True),
    ],
)
def test_a_condition_says_what_it_reads_like(text: str, fields: Mapping[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert read(text).holds(fields) is expected


@pytest.mark.parametrize(
    "empty", [{}, {"score": None, "price": None, "accepted": None, "product": None, "hours": None}]
)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("score > 3", False),
        ("score <= 3", False),
        ("score != 3", False),
        ("not (score > 3)", True),
        ("price + 1 > 0", False),
        ("-price < 0", False),
        ("not (price + 1 > 0)", True),
        ("1 + price > 0 or 1 == 1", True),
        ("5 > score", False),
        ("price == hours", False),
        ("product != 'x'", False),
        ("accepted", False),
        ("not accepted", True),
        ("accepted == false", True),
        ("accepted != true", True),
        ("filled(accepted)", False),
        ("not filled(score)", True),
    ],
)
def test_a_comparison_with_an_empty_field_is_false_and_an_empty_flag_is_false(
    text: str,
    expected: bool,  # noqa: FBT001
    empty: Mapping[str, Any],
) -> None:
    assert read(text).holds(empty) is expected


@pytest.mark.parametrize("empty", [None, "", ()])
def test_nothing_is_filled_by_an_empty_text_or_list(empty: object) -> None:
    assert not read("filled(parts)").holds({"parts": empty})


def test_a_false_flag_and_a_zero_are_filled() -> None:
    assert read("filled(accepted) and filled(tries)").holds({"accepted": False, "tries": 0})


@pytest.mark.parametrize("text", ["hours / 0 > 1", "hours / 0 <= 1", "hours / (score - 3) == 1", "0 / 0 == 0 / 0"])
def test_a_division_by_zero_makes_its_comparison_false(text: str) -> None:
    assert not read(text).holds({"hours": Decimal(8), "score": 3})
    assert read(f"not ({text})").holds({"hours": Decimal(8), "score": 3})


def test_a_number_beyond_all_measure_compares_with_nothing() -> None:
    huge = {"hours": Decimal("1e999999")}
    assert not read("hours * hours > 1").holds(huge)
    assert not read("hours * hours <= 1").holds(huge)


def test_arithmetic_does_not_depend_on_the_decimal_context_of_the_host() -> None:
    expected = read("price / 3 == 0.3333333333333333333333333333333333").holds({"price": Decimal(1)})
    with localcontext() as context:
        context.prec = 3
        context.traps = getcontext().traps
        again = read("price / 3 == 0.3333333333333333333333333333333333").holds({"price": Decimal(1)})
    assert expected is again is True


def test_a_condition_knows_which_fields_it_reads() -> None:
    assert read("score > 3 and not filled(parts) or gold == contract").reads == {"score", "parts", "contract"}


def test_conditions_that_say_the_same_are_equal_however_they_are_spaced() -> None:
    assert read("score>3 and accepted") == read("  score > 3  and  (accepted)")
    assert hash(read("score>3")) == hash(read("score > 3"))
    assert read("score > 3") != read("score > 4")


@pytest.mark.parametrize(
    ("text", "at", "hint"),
    [
        ("accepted && working", "&&", "use `and`"),
        ("accepted & working", "&", "use `and`"),
        ("accepted || working", "||", "use `or`"),
        ("accepted | working", "|", "use `or`"),
        ("score = 3", "=", "compare with `==`"),
        ("score === 3", "===", "compare with `==`"),
        ("score <> 3", "<>", "compare with `!=`"),
        ("score => 3", "=>", "write `>=`"),
        ("score =< 3", "=<", "write `<=`"),
        ("!accepted", "!", "use `not`"),
        ("score is 3", "is", "compare with `==`"),
        ("contract in (gold, silver)", "in", "ask for each word"),
        ("contract[0] == gold", "[", "no lists"),
        ("owner.name == 'li'", ".", "by its plain name"),
        ("score ** 2 > 3", "**", "`+ - * /`"),
        ("score, accepted", ",", "`and` or `or`"),
        ("price > 1,000", ",", "a decimal fraction has a point"),
        ("score ＞ 3", "＞", "write `>`"),
        ("（score > 3)", "（", "write `(`"),
        ("score ≥ 3", "≥", "write `>=`"),
        ("product == “x”", "“", 'write `"`'),
        ("score > 3 且 accepted", "且", "use `and`"),
        ("score > 3 AND accepted", "AND", "small letters"),
        ("score > 3 accepted", "accepted", "join two conditions"),
        ("score (3)", "score (", "`filled(x)`"),
        ("len(product) > 3", "len(", "`filled(x)`"),
        ("accepted (working)", "accepted (", "`filled(x)`"),
        ("3 (4)", "(", "`filled(x)`"),
        ("1 < score < 3", "<", "join them with `and`"),
        ("score > 4h", "4h", "`1000` or `0.5`"),
        ("score > 50%", "50%", "`1000` or `0.5`"),
        ("score == 1..5", "1..", "x >= 1 and x <= 5"),
        ("product == 'x", "'x", "two quotes"),
        ("filled product", "filled product", "write `filled(x)`"),
        ("filled(", "filled(", "write `filled(x)`"),
        ("filled()", "filled()", "write `filled(x)`"),
        ("filled(not)", "filled(not)", "write `filled(x)`"),
        ("filled(a and b)", "filled(a and", "write `filled(x)`"),
        ("(score > 3", "(", ""),
        ("(score > 3 working", "working", "join two"),
        ("score > 3)", ")", ""),
        ("and accepted", "and", ""),
        ("accepted and", "", ""),
        ("", "", ""),
        ("   ", "   ", ""),
        ("score > 3 \x00", "\x00", ""),
        ("score > 3 \N{SNOWMAN}", "\N{SNOWMAN}", ""),
    ],
)
def test_what_cannot_be_read_is_pointed_at_with_a_hint(text: str, at: str, hint: str) -> None:
    found = problem(text)
    assert found.code == "SF401"
    place = text.rindex(at) if at == "<" else text.index(at)
    assert (found.start, text[found.start : found.end]) == (place if at else len(text), at)
    assert hint in found.help


def test_a_character_that_cannot_be_printed_is_named_by_its_number() -> None:
    assert "U+0000" in problem("score > 3 \x00").message


@pytest.mark.parametrize(
    ("text", "at", "hint"),
    [
        ("scoer > 3", "scoer", "did you mean `score`?"),
        ("filled(prats)", "prats", "did you mean `parts`?"),
        ("filled( prats ) or working", "prats", "did you mean `parts`?"),
        ("worknig", "worknig", "did you mean `working`?"),
        ("zebra", "zebra", ""),
        ("gold", "gold", "write `contract == gold`"),
        ("product == X1", "X1", "a text stands in quotes: 'X1'"),
        ("product == seiral", "seiral", "did you mean `serial`?"),
        ("owner == me", "me", "a text stands in quotes"),
        ("me == 3", "me", "`set: {field: me}`"),
        ("score == null", "null", "`not filled(x)`"),
        ("accepted == True", "True", "`true` and `false`"),
        ("nothing + 1 > 2", "nothing", ""),
        ("-nothing > 2", "nothing", ""),
    ],
)
def test_an_unknown_field_is_named_with_what_was_probably_meant(text: str, at: str, hint: str) -> None:
    found = problem(text)
    assert (found.code, hint in found.help) == ("SF402", True), found
    assert shown(text) == at


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "score == '4'",
            "`score` is a number from 1 to 5, `'4'` is a text; they can never be compared",
            "without quotes",
        ),
        ("'four' == score", "they can never be compared", ""),
        ("score == contract", "they can never be compared", ""),
        ("contract == colour", "they can never be compared", ""),
        ("owner == product", "`owner` is a person, `product` is a text", ""),
        ("bought > 2026-05-04", "`2026-05-04` is a number", "a date stands in quotes: '2026-05-04'"),
        ("bought < visit", "they can never be compared", "dates with dates"),
        ("bought > 'soon'", "`'soon'` is not a date", "'2026-05-04'"),
        ("visit > '2026-05-04'", "is not a date and time", "+08:00"),
        ("visit > '0001-01-01T00:00+14:00'", "is not a date and time", "+08:00"),
        ("accepted == 1", "they can never be compared", "`true` and `false`"),
        ("accepted < working", "it has no order", "`==` and `!=`"),
        ("contract >= silver", "it has no order", "`==` and `!=`"),
        ("product < 'b'", "it has no order", ""),
        ("parts == 'x'", "`parts` is a list; it cannot be compared", "filled(parts)"),
        ("photos == photos", "it cannot be compared", "filled(photos)"),
        ("product == ''", "an empty text is never true", "not filled(x)"),
        ("score", "a number from 1 to 5, neither true nor false", "`score >= 5`"),
        ("price", "an amount of money, neither", "`price > 0`"),
        ("contract", "one of gold | silver | basic, neither", "`contract == gold`"),
        ("product", "a text, neither", "`filled(product)`"),
        ("not price", "neither true nor false", ""),
        ("3", "`3` is neither true nor false", ""),
        ("'x' or accepted", "neither true nor false", ""),
        ("price + 1", "neither true nor false", ""),
        ("product + 1 > 2", "`product` is a text; only numbers", ""),
        ("'1' * 2 == 2", "`'1'` is a text; only numbers", ""),
        ("true + 1 == 2", "`true` is a yes or no; only numbers", ""),
    ],
)
def test_values_that_never_compare_are_refused(text: str, message: str, hint: str) -> None:
    found = problem(text)
    assert found.code == "SF403"
    assert message in found.message
    assert hint in found.help


@pytest.mark.parametrize(
    ("text", "at", "hint"),
    [
        ("contract == platinum", "platinum", ""),
        ("contract == glod", "glod", "did you mean `gold`?"),
        ("sliver != contract", "sliver", "did you mean `silver`?"),
        ("contract == 'glod'", "'glod'", "did you mean `gold`?"),
        ("contract == akset", "akset", ""),
        ("contract == aksed", "aksed", "did you mean `asked`?"),
    ],
)
def test_a_word_that_is_no_choice_is_refused_with_the_choices(text: str, at: str, hint: str) -> None:
    found = problem(text)
    assert found.code == "SF404"
    assert "is not one of gold | silver | basic" in found.message
    assert (shown(text), hint in found.help) == (at, True)


def test_every_wrong_word_of_a_condition_is_told_at_once() -> None:
    found = problems("scoer > 3 and contract == glod or not fileld_x or product + price > 0")
    assert [one.code for one in found] == ["SF402", "SF404", "SF402", "SF403"]


def test_ten_thousand_terms_are_one_problem() -> None:
    found = problem(" and ".join(["score > 3"] * 10_000))
    assert found.code == "SF401"
    assert "too long" in found.message


@pytest.mark.parametrize("text", ["(" * 1000, "not " * 400 + "accepted", "-" * 1000 + "1 > 0", "(not -(" * 200])
def test_deep_nesting_is_one_problem(text: str) -> None:
    assert "nested too deep" in problem(text).message


def test_a_long_calculation_is_one_problem() -> None:
    assert "more than" in problem("1" + "+1" * (MOST_SUMS + 1) + " > 0").message


def test_conditions_as_large_as_allowed_are_read_and_answered() -> None:
    assert not read("(" * DEEPEST + "accepted" + ")" * DEEPEST).holds({})
    assert read("1" + "+1" * MOST_SUMS + " > 0").holds({})
    many = " or ".join(["score == 5"] * 142)
    assert len(many) <= LONGEST
    assert read(many).holds({"score": 5})
