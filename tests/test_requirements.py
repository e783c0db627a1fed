"""
Every requirement is met by something, and a test or a story shows it.
"""

import re

import pytest

from requirements import PAGE, SOURCE, Book, Mark, Row, book, closed, of_tests, of_yaml, page, problems, read
from svcflow import catalog

ROW = """\
documents:
  - title: Rules
    rows:
      R001:
        scope: CORE
        says: Work is done in time.
        met: Clocks.
        see: [reference/language/clocks.md]
        open: not yet
      R002:
        scope: HOST
        says: People are hired.
        see: [reference/language/people.md]
        does: Hires.
        gets: Roles.
"""


@pytest.fixture(scope="module")
def now() -> Book:
    return book()


def test_nothing_is_wrong_with_any_row_or_mark(now: Book) -> None:
    assert problems(now) == []


def test_there_are_all_the_rows(now: Book) -> None:
    assert sorted(now.rows) == [f"R{number:03}" for number in range(1, 255)]


def test_the_page_in_the_documentation_is_that_of_now(now: Book) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(now), "write it again with `python -m requirements`"


def test_every_name_that_a_row_tells_is_in_the_pages_or_in_the_catalog(now: Book) -> None:
    pages = [path for part in ("reference", "how-to") for path in (PAGE.parent / part).rglob("*.md")]
    told = {name for page in pages for name in _names(page.read_text(encoding="utf-8"))}
    told.update(name for path in catalog.FOLDER.glob("*.yaml") for name in _NAME.findall(path.read_text("utf-8")))
    written = {one: _names(row.text("met") + row.text("does") + row.text("gets")) for one, row in now.rows.items()}
    assert {one: names - told for one, names in written.items() if names - told} == {}


def _names(text: str) -> set[str]:
    """The names between backticks, and the codes of checks."""
    return {
        name for code in re.findall(r"`([^`\n]+)`|\b(SF\d+)\b", text) for part in code for name in _NAME.findall(part)
    }


_NAME = re.compile(r"[A-Za-z_]\w+")


def _book(source: str, *marks: Mark) -> Book:
    return Book(read(source), marks)


def _mark(*ids: str) -> Mark:
    return Mark("tests/test_a.py", 1, ids, "test_a")


def test_an_open_row_waits_for_a_test_and_is_closed_by_one() -> None:
    assert problems(_book(ROW)) == []
    assert problems(_book(ROW, _mark("R001"))) == [
        "R001: it is open, and a test shows it: run `python -m requirements`"
    ]
    after = closed(ROW, _book(ROW, _mark("R001")))
    assert after == ROW.replace("        open: not yet\n", "")
    assert problems(_book(after, _mark("R001"))) == []
    assert problems(_book(after)) == ["R001: no test or story shows it"]
    assert closed(ROW, _book(ROW, _mark("R002"))) == ROW


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("scope: CORE", "scope: CARE", "R001: `CARE` is not one of CORE, DEF, CHK, RPT, HOOK, HOST"),
        ("        met: Clocks.\n", "", "R001: nothing is said to meet it: `met` is empty"),
        ("        says: Work is done in time.\n", "", "R001: `says` is empty"),
        ("        met: Clocks.\n", "        met: Clocks.\n        who: me\n", "R001: no word of a row: who"),
        ("language/clocks.md", "language/cloaks.md", "R001: there is no page reference/language/cloaks.md"),
        ("        see: [reference/language/clocks.md]\n", "", "R001: `see` names no page of the documentation"),
        ("        gets: Roles.\n", "", "R002: `gets` is for what the host does and gets, in rows of HOST and HOOK"),
        ("scope: HOST", "scope: HOOK", "R002: nothing is said to meet it: `met` is empty"),
        ("        does: Hires.\n", "        does: Hires.\n        open: x\n", "R002: what the host does outside"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_whole_is_told(old: str, new: str, problem: str) -> None:
    assert old in ROW
    assert any(one.startswith(problem) for one in problems(_book(ROW.replace(old, new))))


def test_a_row_that_is_written_twice_is_an_error() -> None:
    with pytest.raises(AssertionError, match="R001"):
        read(ROW + "      R001:\n        scope: DEF\n")


def test_a_mark_of_no_row_is_told_where_it_stands() -> None:
    assert "tests/test_a.py:1: there is no R999" in problems(_book(ROW, _mark("R001", "R999")))


MARKED = """\
import pytest

from svcflow import catalog


@pytest.mark.requirement("R001", "R002")
def test_one() -> None:
    assert catalog.stories("audit")


class TestMany:
    @pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.requirement("R003"))])
    async def test_two(self, a: int) -> None:
        check(a)


def check(a: int) -> None:
    with pytest.raises(KeyError):
        catalog.path(str(a))
"""


def test_tests_and_their_parameters_are_found_by_their_marks() -> None:
    assert [(mark.line, mark.ids, mark.name, mark.shows) for mark in of_tests("tests/test_a.py", MARKED)] == [
        (6, ("R001", "R002"), "test_one", True),
        (12, ("R003",), "test_two", True),
    ]


@pytest.mark.parametrize(
    ("path", "old", "new", "wrong"),
    [
        ("tests/desk.py", "", "", "`test_one` is no test"),
        ("tests/test_a.py", "def test_one", "def one", "`one` is no test"),
        ("tests/test_a.py", "def test_one", '@pytest.mark.skip("x")\ndef test_one', "(skip), and so shows nothing"),
        ("tests/test_a.py", "def test_one", "@pytest.mark.xfail\ndef test_one", "(xfail), and so shows nothing"),
        ("tests/test_a.py", "def test_one", "@pytest.mark.zoo\ndef test_one", "(zoo), and so shows nothing"),
        ("tests/test_a.py", "def test_one", "@pytest.mark.exhaustive\ndef test_one", "(exhaustive), and so shows"),
        ("tests/test_a.py", "class", 'pytestmark = pytest.mark.requirement("R001")\nclass', "a mark belongs to a test"),
        ("tests/test_a.py", "assert catalog", "catalog", "`test_one` asserts nothing"),
        ("tests/test_a.py", 'catalog.stories("audit")', "catalog.NAMES", "`test_one` runs nothing of svcflow"),
        ("tests/test_a.py", 'catalog.stories("audit")', 'getattr(catalog, "audit")', "runs nothing of svcflow"),
        ("tests/test_a.py", 'catalog.stories("audit")', 'hasattr(catalog, "audit")', "looks at names (hasattr)"),
        ("tests/test_a.py", "with pytest.raises(KeyError):", "if a:", "`test_two` asserts nothing"),
        ("tests/test_a.py", "catalog.path(", "len(", "`test_two` runs nothing of svcflow"),
    ],
)  # fmt: skip
def test_a_mark_that_can_show_nothing_is_told(path: str, old: str, new: str, wrong: str) -> None:
    marks = tuple(of_tests(path, MARKED.replace(old, new)))
    assert any(wrong in mark.wrong and not mark.shows for mark in marks)
    assert any(wrong in problem for problem in problems(_book(ROW, *marks)))


TOLD = "src/svcflow/catalog/stories/a.story.yaml"


@pytest.mark.parametrize(
    ("path", "step", "wrong"),
    [("examples/a.story.yaml", "state: new", "no test tells this story"), (TOLD, "by: li", "it expects nothing")],
)
def test_a_story_that_nobody_tells_or_that_expects_nothing_shows_nothing(path: str, step: str, wrong: str) -> None:
    (mark,) = of_yaml(path, f"# requirement: R001\nstory: One\nprocess: a\nsteps: [{{open: {{}}, {step}}}]\n")
    assert (mark.shows, mark.wrong.startswith(wrong)) == (False, True)


def test_a_story_shows_what_its_comments_name_and_a_process_only_meets_it() -> None:
    text = "# requirement: R001 R002\nstory: A promise breaks\nprocess: a\nsteps: [{open: {}, state: new}]\n"
    (story,) = of_yaml(TOLD, text)
    assert (story.line, story.ids, story.name, story.shows) == (1, ("R001", "R002"), "A promise breaks", True)
    (process,) = of_yaml("src/a.yaml", "process: a\n# requirement: R001\n")
    assert (process.line, process.ids, process.shows) == (2, ("R001",), False)
    told = page(_book(ROW, story, process))
    assert f"* In `src/a.yaml`\n* Shown by `{TOLD}`: *A promise breaks*" in told
    assert len(re.findall("Shown by", told)) == 2


@pytest.mark.parametrize(
    "comment", ["# requirements: R001", "# requirement R001", "# requirement: R1", "# requirement: R001, R002"]
)
def test_a_comment_that_is_written_otherwise_is_told(comment: str) -> None:
    (mark,) = of_yaml("src/a.yaml", f"process: a\n{comment}\n")
    assert problems(_book(ROW, mark)) == ["src/a.yaml:2: write it as `# requirement: R001 R002`"]


def test_the_source_is_laid_out_so_that_rows_can_be_closed(now: Book) -> None:
    text = SOURCE.read_text(encoding="utf-8")
    everything = tuple(Mark("tests/test_a.py", 1, (one,), "test_a") for one in now.rows)
    assert "        open:" not in closed(text, Book(now.rows, everything))


def test_a_row_has_its_text_and_pages() -> None:
    row = Row("Rules", {"see": "a.md", "says": " x "})
    assert (row.text("says"), row.text("met"), row.pages) == ("x", "", ["a.md"])
