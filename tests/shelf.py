"""
Tables and outlines of the catalog, from its processes; `PYTHONPATH=src:tests python -m shelf` writes them again.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from pages import ROOT
from svcflow import Process, catalog, stories
from svcflow.core.process import actions_of
from svcflow.core.rule import People
from svcflow.diagram import text as outline
from svcflow.diagram.page import page

PAGE = ROOT / "docs" / "reference" / "catalog.md"
OUTLINES = PAGE.with_name("catalog-outlines.md")
# What stories read of the catalog is compiled once.
LIBRARY = stories.Library()

_INTRODUCTION = """\
# Outlines of the catalog

Every process of the [catalog](catalog.md) as `svcflow draw` shows it at the terminal: each state with who acts in it,
by when, and where each event leads. `svcflow draw FILE --format svg` draws it as a picture, and `svcflow docs` tells of
forms and messages too.
"""

_SECTION = re.compile(r"^## `(\w+)`\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"(^\|.*\n)+", re.MULTILINE)


def written(text: str) -> str:
    """
    The page with the table of every process as its file has it now; what people wrote stays.
    """
    return _SECTION.sub(_renewed, text)


def outlined() -> str:
    """
    The page of outlines, whole.
    """
    sections = (
        f"## `{name}`\n\n```text\n{outline(getattr(catalog, name), 'en').strip()}\n```\n" for name in catalog.NAMES
    )
    return "\n".join((_INTRODUCTION, *sections))


def described(text: str) -> list[str]:
    """
    The processes that the page has a section for, from top to bottom.
    """
    return [found[1] for found in _SECTION.finditer(text)]


def hooks(process: Process) -> frozenset[str]:
    """
    What the process calls, escalations included, besides `notify`.
    """
    escalations = (step.do for clock in process.clocks.values() for step in clock.escalation)
    done = chain(escalations, *(actions_of(state) for state in process.states))
    return frozenset(hook for do in done for hook in do.hooks)


def _renewed(found: re.Match[str]) -> str:
    section = found[0]
    rows = "| | |\n|---|---|\n" + "".join(
        f"| {what} | {said} |\n" for what, said in _lines(getattr(catalog, found[1])) if said
    )
    if _TABLE.search(section):
        return _TABLE.sub(lambda _: rows, section, count=1)
    return f"{section.rstrip()}\n\n{rows}\n"


def _lines(process: Process) -> Iterator[tuple[str, str]]:
    top = [state for state in process.states if "." not in state.path]
    yield "states", _names(state.path for state in top if state.end is None)
    yield "ends", _names(state.path for state in top if state.end is not None)
    yield "clocks", _clocks(process)
    yield "opened by", _opening(process)
    people = [state.by for state in process.states] + [rule.by for rule in process.rules()]
    yield "people", _names(sorted({name for by in people if by is not None for name in _people(by)} - {"system"}))
    yield "hooks", _names(sorted(hooks(process)))
    yield "runs or starts", _names(process.needs)


def _clocks(process: Process) -> str:
    kept = next((one.rows for one in page(process, "en").sections if one.heading == "SLA clocks"), ())
    return "; ".join(f"`{name}`: {row[3]}" for name, row in zip(process.clocks, kept, strict=True))


def _opening(process: Process) -> str:
    opening = process.opening
    by = "anybody" if opening.by is None else _names(sorted(_people(opening.by)))
    with_what = (_names(opening.ask), f"perhaps {_names(opening.may)}" if opening.may else "")
    form = ", and ".join(part for part in with_what if part)
    return f"{by} with {form}" if form else by


def _people(by: People) -> Iterable[str]:
    return (*by.roles, *by.fields)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    OUTLINES.write_text(outlined(), encoding="utf-8")
