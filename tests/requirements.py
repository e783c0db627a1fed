"""
Which requirement is met by what, and which test or story shows it; `python -m requirements` here writes the page.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeGuard

import yaml
from attrs import field, frozen

from judging import Module, why_not
from pages import ROOT

SOURCE = ROOT / "docs" / "requirements.yaml"
PAGE = ROOT / "docs" / "requirements.md"
TESTS = ROOT / "tests"
SCOPES = {
    "CORE": "engine",
    "DEF": "shipped process",
    "CHK": "check",
    "RPT": "report",
    "HOOK": "host and hook",
    "HOST": "host",
}
WORDS = {"scope", "says", "met", "see", "does", "gets", "open"}

# A test that does not run, or not always, shows nothing.
_IDLE = {"skip", "skipif", "xfail", "zoo"}
_COMMENT = re.compile(r"#\s*requirement(?P<rest>s?\b.*)$", re.IGNORECASE | re.MULTILINE)
# All of these are told by a test; what a step expects makes it fail.
_STORIES = "src/svcflow/catalog/stories/"
_EXPECTED = re.compile(r"\b(state|fields|clocks|does|refused|cases|until): ")
_IDS = re.compile(r": (R\d{3}(?: R\d{3})*)")

INTRODUCTION = """\
# Requirements

Five management documents say what an after-sales service should do: how it is set up, how customers are called back,
how its processes are improved, how equipment is maintained, and how its people work. What they ask for is listed here
in our words, one row for each demand, with what meets it and with the tests and stories that show it. A story is a
`.story.yaml` file, a test a function of the folder `tests`; all of them run with the suite.

A row that is the host's says what the host does, and which hook, field or call it gets for that. A row marked *not
shown yet* waits for its test.

This page is written by `python -m requirements` from [its source](requirements.yaml) and from the marks in tests,
stories and processes.
"""


@frozen
class Row:
    """One demand: what it says, and what meets it."""

    document: str
    data: Mapping[str, object]

    def text(self, word: str) -> str:
        """What stands under a word, or nothing."""
        return str(self.data.get(word, "")).strip()

    @property
    def pages(self) -> list[str]:
        """The pages of the documentation that tell of it."""
        see = self.data.get("see", [])
        return [str(page) for page in see] if isinstance(see, list) else [str(see)]


@frozen
class Mark:
    """A test, a story or a process that says which rows it belongs to."""

    path: str
    line: int
    ids: tuple[str, ...]
    name: str  # Of the test, or what the story is called; of a process, nothing.
    wrong: str = ""  # Why it cannot count.

    @property
    def shows(self) -> bool:
        """A process meets a row, but shows nothing by being there."""
        return bool(self.name) and not self.wrong


@frozen
class Book:
    """All rows, and all marks."""

    rows: Mapping[str, Row]
    marks: tuple[Mark, ...]
    shown: Mapping[str, list[Mark]] = field(init=False)
    made_in: Mapping[str, list[Mark]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        # An attribute of a frozen class that follows from the others.
        object.__setattr__(
            self, "shown", {one: [m for m in self.marks if m.shows and one in m.ids] for one in self.rows}
        )
        object.__setattr__(
            self, "made_in", {one: [m for m in self.marks if not m.name and one in m.ids] for one in self.rows}
        )


def read(source: str) -> dict[str, Row]:
    """
    The rows of the source, by their ids.
    """
    written = Counter(re.findall(r"^ {6}(R\d{3}):", source, re.MULTILINE))
    twice = [one for one, times in written.items() if times > 1]
    assert not twice, f"written twice: {twice}"
    return {
        one: Row(document["title"], data)
        for document in yaml.safe_load(source)["documents"]
        for one, data in document["rows"].items()
    }


def book() -> Book:
    """
    What stands in the project now.
    """
    marks = [mark for path in sorted(TESTS.rglob("*.py")) for mark in of_tests(_name(path), _text(path))]
    files = [*(ROOT / "src").rglob("*.yaml"), *(ROOT / "examples").rglob("*.yaml")]
    marks += [mark for path in sorted(files) for mark in of_yaml(_name(path), _text(path))]
    return Book(read(_text(SOURCE)), tuple(marks))


def of_tests(path: str, text: str) -> Iterator[Mark]:
    """
    The marks of a test file: decorators of its tests, and `marks=` of their parameters.
    """
    if "mark.requirement" not in text:
        return
    tree = ast.parse(text)
    module, counted = Module.of(ROOT / path, tree), 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        within = [part for decorator in node.decorator_list for part in ast.walk(decorator)]
        calls = [part for part in within if _marking(part)]
        counted += len(calls)
        idle = {part.attr for part in within if isinstance(part, ast.Attribute)} & _IDLE
        idle |= {one.attr for one in node.decorator_list if isinstance(one, ast.Attribute)} & {"exhaustive"}
        for call in calls:
            wrong = _wrong(path, node.name, idle) or why_not(module, node)
            yield Mark(path, call.lineno, _ids(call), node.name, wrong)
    stray = [part for part in ast.walk(tree) if _marking(part)]
    if len(stray) > counted:
        yield Mark(path, 1, (), "pytestmark", "a mark belongs to a test, not to a file or a name")


def of_yaml(path: str, text: str) -> Iterator[Mark]:
    """
    The comments of a story or of a process that name rows.
    """
    story = re.search(r"^story:\s*(.+)$", text, re.MULTILINE) if path.endswith(".story.yaml") else None
    name = story[1].strip() if story else ""
    for found in _COMMENT.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        ids = _IDS.fullmatch(found["rest"])
        wrong = "" if ids else "write it as `# requirement: R001 R002`"
        if story and not wrong:
            wrong = _untold(path, text)
        yield Mark(path, line, tuple(ids[1].split()) if ids else (), name, wrong)


def problems(book: Book) -> list[str]:
    """
    What is not in order, each in one line.
    """
    found = [f"{mark.path}:{mark.line}: {mark.wrong}" for mark in book.marks if mark.wrong]
    for mark in book.marks:
        found += [f"{mark.path}:{mark.line}: there is no {one}" for one in mark.ids if one not in book.rows]
    for one, row in book.rows.items():
        found += [f"{one}: {problem}" for problem in _problems(row, shown=bool(book.shown[one]))]
    return found


def _problems(row: Row, *, shown: bool) -> Iterator[str]:
    if unknown := row.data.keys() - WORDS:
        yield f"no word of a row: {', '.join(sorted(unknown))}"
    scope = row.text("scope")
    if scope not in SCOPES:
        yield f"`{scope}` is not one of {', '.join(SCOPES)}"
    if not row.text("says"):
        yield "`says` is empty"
    host = scope in {"HOST", "HOOK"}
    if not row.text("met") and scope != "HOST":
        yield "nothing is said to meet it: `met` is empty"
    for word in ("does", "gets"):
        if host != bool(row.text(word)):
            yield f"`{word}` is for what the host does and gets, in rows of HOST and HOOK, and is asked for there"
    for page in row.pages:
        if not (ROOT / "docs" / page.partition("#")[0]).is_file():
            yield f"there is no page {page}"
    if not row.pages:
        yield "`see` names no page of the documentation"
    yield from _open(scope, is_open="open" in row.data, shown=shown)


def _open(scope: str, *, is_open: bool, shown: bool) -> Iterator[str]:
    if scope == "HOST" and is_open:
        yield "what the host does outside is not shown here; take `open` out"
    elif is_open and shown:
        yield "it is open, and a test shows it: run `python -m requirements`"
    elif not is_open and not shown and scope != "HOST":
        yield "no test or story shows it"


def page(book: Book) -> str:
    """
    The page of the documentation, whole.
    """
    parts, document = [INTRODUCTION], ""
    for one, row in book.rows.items():
        if row.document != document:
            document = row.document
            parts.append(f"## {document}\n")
        parts.append("\n".join(_told(one, row, book)) + "\n")
    return "\n".join(parts)


def _told(one: str, row: Row, book: Book) -> Iterator[str]:
    yield f"**{one}** {row.text('says')}"
    yield "{: #" + one.lower() + " }"
    yield ""
    links = ", ".join(f"[{_called(page)}]({page})" for page in row.pages)
    yield f"* *{SCOPES[row.text('scope')].capitalize()}.* {row.text('met') or row.text('does')} See {links}."
    if row.text("met") and row.text("does"):
        yield f"* The host: {row.text('does')}"
    if row.text("gets"):
        yield f"* It gets: {row.text('gets')}"
    yield from (f"* In `{path}`" for path in sorted({mark.path for mark in book.made_in[one]}))
    yield from sorted({f"* Shown by `{mark.path}`: {_sentence(mark.name)}" for mark in book.shown[one]})
    if "open" in row.data:
        yield "* *Not shown yet.*"


def closed(source: str, book: Book) -> str:
    """
    The source without the word `open` in rows that are shown now. It is never put in: the open rows only get fewer.
    """
    for one in book.rows:
        if book.shown[one]:
            source = re.sub(
                rf"(^      {one}:\n(?:        .*\n)*?)        open: .*\n", r"\1", source, flags=re.MULTILINE
            )
    return source


def _untold(path: str, text: str) -> str:
    if not path.startswith(_STORIES):
        return f"no test tells this story: those in {_STORIES} are told"
    return "" if _EXPECTED.search(text) else "it expects nothing"


def _marking(part: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(part, ast.Call) and ast.unparse(part.func) == "pytest.mark.requirement"


def _ids(call: ast.Call) -> tuple[str, ...]:
    return tuple(ast.literal_eval(one) for one in call.args)


def _wrong(path: str, name: str, idle: Iterable[str]) -> str:
    if not Path(path).name.startswith("test_") or not name.lower().startswith("test"):
        return f"`{name}` is no test"
    return f"`{name}` does not always run ({', '.join(sorted(idle))}), and so shows nothing" if idle else ""


def _sentence(name: str) -> str:
    return f"`{name}`" if name.lower().startswith("test") else f"*{name}*"


def _called(page: str) -> str:
    """What a page is called: its first heading."""
    text = _text(ROOT / "docs" / page.partition("#")[0])
    return text.partition("\n")[0].lstrip("# ").strip()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    now = book()
    SOURCE.write_text(closed(_text(SOURCE), now), encoding="utf-8")
    now = book()
    PAGE.write_text(page(now), encoding="utf-8")
    for scope in SCOPES:
        rows = [row for row in now.rows.values() if row.text("scope") == scope]
        print(f"{scope:5}{len(rows):4} rows, {sum('open' in row.data for row in rows):3} not shown yet")
    print(*problems(now), sep="\n")
