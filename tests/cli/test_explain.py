"""`explain`: the page of a code in the terminal."""

import pytest

from cli.shop import Command
from svcflow.cli.failures import WRONG_USE
from svcflow.language import RULES, Page, pages


@pytest.mark.parametrize("page", pages(RULES), ids=lambda page: page.code)
def test_a_code_is_explained_with_a_bad_and_a_good_example(cli: Command, page: Page) -> None:
    done = cli("explain", page.code.lower())
    assert done.status == 0
    assert done.out.startswith(f"{page.code} {page.name} ({page.severity})\n\n")
    assert 0 < done.out.index("\nBad:\n") < done.out.index("\nGood:\n")
    assert "```" not in done.out


def test_without_a_code_each_code_has_one_line(cli: Command) -> None:
    assert [line.split()[0] for line in cli("explain").out.splitlines()] == [page.code for page in pages(RULES)]


def test_a_wrong_code_is_told_with_the_one_that_was_probably_meant(cli: Command) -> None:
    done = cli("explain", "SF3O1")
    assert done.status == WRONG_USE
    assert "did you mean SF301?" in done.err
