import pytest
from hypothesis import given, settings

from svcflow.testing import Broken, Definition, broken_definitions
from svcflow.testing.mistakes import LINES, MISTAKES, Mistake
from svcflow.testing.strategies.broken import CODES, break_definition

PLAIN = """\
process: main
version: 1
roles: [clerk]
by: clerk
states:
  received: {events: {go_on: closed}}
  closed: {end: done}
"""


def told(broken: Broken) -> set[tuple[str, str, int]]:
    return {(finding.file, finding.code, finding.line) for finding in broken.definition.findings}


@pytest.mark.parametrize("mistake", [*MISTAKES, *LINES], ids=lambda one: one if isinstance(one, str) else one.code)
def test_each_mistake_in_the_plainest_process_is_told_at_its_line(mistake: Mistake | str) -> None:
    plain = Definition({"main.yaml": PLAIN})
    broken = break_definition(plain, mistake)
    assert broken.code not in {finding.code for finding in plain.findings}
    assert ("main.yaml", broken.code, broken.line) in told(broken)


@settings(max_examples=15)
@given(broken_definitions())
def test_a_mistake_in_any_process_is_told_at_its_line(broken: Broken) -> None:
    assert ("main.yaml", broken.code, broken.line) in told(broken)


@settings(max_examples=5)
@given(broken_definitions({"SF301"}))
def test_only_the_codes_that_are_wanted_are_planted(broken: Broken) -> None:
    assert broken.code == "SF301"
    assert "odd" in broken.definition.text.splitlines()[broken.line - 1]


@pytest.mark.parametrize(("codes", "told"), [({"SF301", "SF999"}, "SF999"), (set(), "no code at all")])
def test_a_code_that_cannot_be_planted_is_refused(codes: set[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        broken_definitions(codes)


def test_more_than_half_of_all_codes_can_be_planted() -> None:
    assert len(CODES) >= 60
