"""`explain`: the page of a code in the terminal."""

import pytest

from cli.shop import Command
from svcflow.cli.failures import WRONG_USE
from svcflow.language import RULES
from svcflow.language.rules.registry import Rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_code_is_explained_with_a_bad_and_a_good_example(cli: Command, rule: Rule) -> None:
    done = cli("explain", rule.code.lower())
    assert done.status == 0
    assert done.out.startswith(f"{rule.code} {rule.name} ({rule.severity})\n\n")
    assert 0 < done.out.index("\nBad:\n") < done.out.index("\nGood:\n")
    assert "```" not in done.out


def test_without_a_code_each_rule_has_one_line(cli: Command) -> None:
    assert [line.split()[0] for line in cli("explain").out.splitlines()] == [rule.code for rule in RULES]


def test_a_wrong_code_is_told_with_the_one_that_was_probably_meant(cli: Command) -> None:
    done = cli("explain", "SF3O1")
    assert done.status == WRONG_USE
    assert "did you mean SF301?" in done.err
