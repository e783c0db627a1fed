from pathlib import Path

import pytest

from language.handbook import pages
from language.rulebook import CODES, examples, findings, of_family
from svcflow.language import check
from svcflow.language.rules.catalogue import RULES
from svcflow.language.rules.registry import Rule

BAD = Path(__file__).parent / "bad"
FIXTURES = sorted(path for path in BAD.glob("*.yaml") if path.name.split("-")[0] in CODES)
SHARED = ["callback", "complaint", "maintenance", "maintenance_plan", "service_ticket"]


def _name(rule: Rule) -> str:
    return f"{rule.code} {rule.name}"


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_the_bad_example_of_a_rule_is_found_by_it_where_it_usually_weighs_so_much(rule: Rule) -> None:
    files = examples(rule, "Bad")
    found = [finding for finding in findings(files, next(iter(files))) if finding.code == rule.code]
    assert [finding.severity for finding in found] == [rule.severity]


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_nothing_at_all_is_found_in_the_good_example_of_a_rule(rule: Rule) -> None:
    files = examples(rule, "Good")
    for file in files:
        assert findings(files, file) == ()


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_bad_file_is_found_at_the_place_its_first_line_says(path: Path) -> None:
    found = check([path]).findings
    assert ", ".join(of_family(found)) == path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert path.name.split("-")[0] in {finding.code for finding in found}
    assert all(finding.help for finding in found)


def test_every_rule_has_a_bad_file() -> None:
    assert {path.name.split("-")[0] for path in FIXTURES} == CODES


@pytest.mark.parametrize("name", SHARED)
def test_nothing_is_found_in_the_shared_processes(shared: Path, name: str) -> None:
    assert check([shared / "definitions" / f"{name}.yaml"]).findings == ()


def test_the_reference_says_what_the_rules_say() -> None:
    for file, text in pages().items():
        assert file.read_text(encoding="utf-8") == text, "run python tests/language/handbook.py to write the pages anew"
