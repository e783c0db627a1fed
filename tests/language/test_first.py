"""A first process: whatever is answered, the file passes every check and is laid out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.language import check_text, formatted
from svcflow.language.first import Plan, Step, first_process

NAMES = ("received", "repairing", "on_hold", "待检验", "Prüfung", "x1", "shipping")
roles = st.sampled_from(("agent", "工程师", "Leiter"))
limits = st.sampled_from((None, "30min", "4h", "2d", "1w"))
events = st.sampled_from(("go", "完成"))
steps = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True).flatmap(
    lambda names: st.tuples(*(st.builds(Step, st.just(name), roles, events, limits) for name in names))
)
plans = st.builds(
    Plan,
    st.just("first"),
    steps,
    st.lists(st.sampled_from(("customer", "故障", "reason", "phone")), max_size=3, unique=True).map(tuple),
    roles,
    st.sampled_from(("mon-fri 09:00-17:00", "mon-sun 00:00-24:00")),
    st.sampled_from(("UTC", "Asia/Shanghai")),
    st.booleans(),
)


@given(plan=plans, language=st.sampled_from(("en", "zh")))
def test_a_first_process_is_laid_out_and_nothing_is_found_in_it(plan: Plan, language: str) -> None:
    text = formatted(first_process(plan, language), "first.yaml")
    assert isinstance(text, str)
    assert check_text(text, "first.yaml") == ()


@pytest.mark.parametrize(("language", "said"), [("en", "who may act"), ("zh", "谁可以处理"), ("fr", "who may act")])
def test_its_comments_teach_in_the_language_asked_for(language: str, said: str) -> None:
    plan = Plan("first", (Step("received", "agent", "go"),))
    assert said in first_process(plan, language)
