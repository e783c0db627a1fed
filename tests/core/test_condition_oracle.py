"""
Conditions against a second evaluator that shares no code: trees are made up, written as text, and answered both ways.
"""

import operator
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, localcontext
from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from svcflow.core.condition import Condition, condition
from svcflow.core.process import Field
from svcflow.core.tree import Filled, Name, Quoted, Read, walk

FIELDS = {
    known.name: known
    for known in (
        Field("a", "number"),
        Field("b", "money"),
        Field("c", "range", low=1, high=5),
        Field("yes", "flag"),
        Field("ok", "flag"),
        Field("kind", "choice", ("red", "green", "blue")),
        Field("name", "text"),
    )
}
Made: TypeAlias = tuple[Any, ...]
ORDERS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}

numbers = st.recursive(
    st.one_of(
        st.tuples(st.just("number"), st.integers(0, 6)),
        st.tuples(st.just("field"), st.sampled_from(["a", "b", "c"])),
    ),
    lambda inner: st.one_of(
        st.tuples(st.just("sum"), st.sampled_from(sorted(SIGNS)), inner, inner), st.tuples(st.just("minus"), inner)
    ),
    max_leaves=5,
)
comparisons = st.one_of(
    st.tuples(st.just("compare"), st.sampled_from(sorted(ORDERS)), numbers, numbers),
    st.tuples(
        st.just("words"),
        st.sampled_from(["==", "!="]),
        st.sampled_from(["kind", "name"]),
        st.sampled_from(["red", "green", "blue"]),
    ),
    st.tuples(st.just("flag"), st.sampled_from(["yes", "ok"])),
    st.tuples(st.just("filled"), st.sampled_from(sorted(FIELDS))),
    st.tuples(st.just("truth"), st.booleans()),
)
truths = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.just("and"), st.lists(inner, min_size=2, max_size=4)),
        st.tuples(st.just("or"), st.lists(inner, min_size=2, max_size=4)),
        st.tuples(st.just("same"), st.sampled_from(["==", "!="]), inner, inner),
    ),
    max_leaves=8,
)
cases = st.fixed_dictionaries(
    {},
    optional={
        "a": st.one_of(st.none(), st.integers(-3, 6).map(Decimal)),
        "b": st.one_of(st.none(), st.integers(-3, 6).map(Decimal)),
        "c": st.one_of(st.none(), st.integers(1, 5)),
        "yes": st.one_of(st.none(), st.booleans()),
        "ok": st.one_of(st.none(), st.booleans()),
        "kind": st.one_of(st.none(), st.sampled_from(["red", "green", "blue"])),
        "name": st.one_of(st.none(), st.sampled_from(["red", "green", "x"])),
    },
)


def write(made: Made, space: str) -> str:
    """Always in parentheses, so that the text says the tree whatever the precedence is."""
    match made:
        case ("sum" | "compare" | "same", sign, left, right):
            text = f"({write(left, space)}{space}{sign}{space}{write(right, space)})"
        case ("minus", inner):
            text = f"-({write(inner, space)})"
        case ("words", sign, name, word):
            text = f"({name}{space}{sign}{space}" + (f"{word})" if name == "kind" else f"'{word}')")
        case ("filled", name):
            text = f"filled({name})"
        case ("not", inner):
            text = f"(not ({write(inner, space)}))"
        case ("and" | "or" as joint, several):
            text = "(" + f" {joint} ".join(f"({write(one, space)})" for one in several) + ")"
        case (_, plain):
            text = str(plain).lower()
    return text


def number(made: Made, case: dict[str, Any]) -> Decimal | None:
    match made:
        case ("number", value):
            return Decimal(value)
        case ("field", name):
            return None if case.get(name) is None else Decimal(case[name])
        case ("minus", inner):
            value = number(inner, case)
            return None if value is None else -value
    _, sign, left, right = made
    one, other = number(left, case), number(right, case)
    if one is None or other is None:
        return None
    with localcontext(Context(prec=34, traps=[DivisionByZero, InvalidOperation])):
        try:
            result = SIGNS[sign](one, other)
        except (DivisionByZero, InvalidOperation):
            return None
    assert isinstance(result, Decimal)
    return result


def truth(made: Made, case: dict[str, Any]) -> bool:
    match made:
        case ("compare", sign, left, right):
            one, other = number(left, case), number(right, case)
            return one is not None and other is not None and bool(ORDERS[sign](one, other))
        case ("words", sign, name, word):
            return case.get(name) is not None and bool(ORDERS[sign](case[name], word))
        case ("flag", name):
            return case.get(name) is True
        case ("filled", name):
            return case.get(name) is not None
        case ("truth", value):
            return bool(value)
        case ("not", inner):
            return not truth(inner, case)
        case ("same", sign, left, right):
            return bool((truth(left, case) == truth(right, case)) == (sign == "=="))
        case (joint, several):
            answers = [truth(one, case) for one in several]
            return all(answers) if joint == "and" else any(answers)
    raise AssertionError(made)


@given(truths, cases, st.sampled_from(["", " ", "  \n"]))
def test_a_condition_answers_as_a_second_evaluator_does(made: Made, case: dict[str, Any], space: str) -> None:
    result = condition(write(made, space), FIELDS)
    assert isinstance(result, Condition), result
    assert result.holds(case) is truth(made, case)


@given(truths, cases, st.data())
def test_only_the_fields_a_condition_reads_change_its_answer(
    made: Made, case: dict[str, Any], data: st.DataObject
) -> None:
    result = condition(write(made, " "), FIELDS)
    assert isinstance(result, Condition), result
    other = data.draw(cases)
    mixed = {name: case.get(name) if name in result.reads else other.get(name) for name in FIELDS}
    assert result.holds(mixed) is result.holds(case)


@given(truths)
def test_a_finished_condition_has_nothing_unresolved_left(made: Made) -> None:
    text = write(made, " ")
    result = condition(text, FIELDS)
    assert isinstance(result, Condition)
    for node in walk(result.tree):
        assert not isinstance(node, Name | Quoted)
        assert 0 <= node.start < node.end <= len(text)
        if isinstance(node, Read):
            assert text[node.start : node.end] == node.name
        if isinstance(node, Filled):
            assert text[node.start : node.end] == f"filled({node.name})"


@given(st.text(max_size=40))
def test_no_text_at_all_makes_reading_fail_otherwise_than_with_problems(text: str) -> None:
    result = condition(text, FIELDS)
    if isinstance(result, tuple):
        assert result
        assert all(0 <= one.start <= one.end <= len(text) for one in result)


LIKELY = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            "kind",
            "red",
            "yes",
            "filled",
            "(",
            ")",
            "and",
            "or",
            "not",
            "==",
            "<",
            "+",
            "-",
            "/",
            "3",
            "'x'",
            "true",
            "nope",
        ]
    ),
    max_size=12,
).map(" ".join)


@given(LIKELY, cases)
def test_words_in_any_order_are_read_or_refused(text: str, case: dict[str, Any]) -> None:
    result = condition(text, FIELDS)
    if isinstance(result, tuple):
        assert {one.code for one in result} <= {"SF401", "SF402", "SF403", "SF404"}
    else:
        assert isinstance(result.holds(case), bool)
