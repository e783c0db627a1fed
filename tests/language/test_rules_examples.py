import re
from pathlib import Path

import pytest

from language.handbook import reference
from language.rulebook import CODES, examples, findings, of_family
from svcflow.language import RULES, Page, check, pages
from svcflow.language.checks import Project
from svcflow.language.doors import unsupported
from svcflow.language.files import Texts
from svcflow.language.findings import Finding
from svcflow.machines.transitions import Transitions

BAD = Path(__file__).parent / "bad"
SOURCES = Path(__file__).parents[2] / "src" / "svcflow"
FIXTURES = sorted(path for path in BAD.glob("*.yaml") if path.name[:5] in CODES)
SHARED = ["callback", "complaint", "maintenance", "maintenance_plan", "service_ticket"]
PAGES = pages(RULES)
# The fixtures lie in one folder, and its lock can be read. What is in it was written by `svcflow lock FILE`, while the
# file was what the fixture speaks of as published.
IN_A_LOCK = {"SF709"}
SHOWN = [page for page in PAGES if page.code not in {"SF010", "SF011"}]  # These two need a very long file.


def _name(page: Page) -> str:
    return f"{page.code} {page.name}"


def _told(page: Page, files: dict[str, str]) -> tuple[Finding, ...]:
    """What is found in the first of some files; for a page about machines, what keeps one from running it."""
    file = next(iter(files))
    if page.code != "SF316":
        return findings(files, file)
    compiled = Project(Texts(files)).check(file).compiled
    assert compiled is not None
    return unsupported(compiled.process, Transitions())


@pytest.mark.parametrize("page", SHOWN, ids=_name)
def test_the_bad_example_of_a_code_is_found_where_it_usually_weighs_so_much(page: Page) -> None:
    found = [finding for finding in _told(page, examples(page, "Bad")) if finding.code == page.code]
    # A slip of one letter is told at both of its places, and weighs less at the one that may be right.
    assert [finding.severity for finding in found[:1]] == [page.severity]
    assert len(found) == 1 or page.code.startswith(("SF2", "SF7"))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_nothing_at_all_is_found_in_the_good_example_of_a_code(page: Page) -> None:
    files = examples(page, "Good")
    assert files
    for file in (name for name in files if name.endswith(".yaml") and not name.startswith("version-")):
        assert findings(files, file) == ()
    assert _told(page, files) == ()


def test_every_code_in_the_source_has_a_page_and_a_bad_file() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    codes = set(re.findall(r'"(SF[0-9]{3})"', text))
    assert codes == {page.code for page in PAGES}
    assert codes - IN_A_LOCK == {path.name[:5] for path in BAD.glob("SF*.yaml")}


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_bad_file_is_found_at_the_place_its_first_line_says(path: Path) -> None:
    found = check([path]).findings
    assert ", ".join(of_family(found)) == path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert path.name[:5] in {finding.code for finding in found}
    assert all(finding.help for finding in found)


@pytest.mark.parametrize("name", SHARED)
def test_nothing_is_found_in_the_shared_processes(shared: Path, name: str) -> None:
    assert check([shared / "definitions" / f"{name}.yaml"]).findings == ()


def test_the_reference_says_what_the_rules_say() -> None:
    for file, text in reference().items():
        assert file.read_text(encoding="utf-8") == text, "run python tests/language/handbook.py to write the pages anew"
