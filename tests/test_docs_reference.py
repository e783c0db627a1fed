"""
The reference is complete: every word, name, code, error and module that it promises to list is there, and exists.
"""

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

import svcflow
from pages import PAGES, ROOT, blocks, spans
from svcflow import errors
from svcflow.clocks import ManualClock
from svcflow.core.decision import Refusal, RefusalCode
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.language import schema
from svcflow.language.shape import words_of

REFERENCE = ROOT / "docs" / "reference"
SOURCE = ROOT / "src" / "svcflow"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LI, BO = Actor("li", roles={"agent"}), Actor("bo", roles={"boss"})

# One case of it can be refused for every reason that there is.
DESK = """
process: desk
version: {version}
roles: [agent, boss]
by: agent
fields: {{reason: text}}
hooks: [ring]
qualifications: [telephone]
states:
  received:
    events: {{check: checked, hurry: {{to: here, when: filled(reason)}}, call: {{to: here, do: {{hook: ring}}}},
              dial: {{to: here, qualified: telephone}}}}
  checked: {{by: [agent, boss], not_by: received, events: {{agree: asleep}}}}
  asleep: {{wait: 2h, events: {{close: {{to: closed, ask: reason}}}}}}
  closed: {{end: done}}
"""


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_word_of_the_language_is_listed() -> None:
    listed = {word for span in spans(REFERENCE / "language" / "index.md") for word in span.split()}
    models = (schema.ProcessFile, schema.SharedFile, schema.State, schema.AnywhereEvent, schema.Alternative, schema.Do,
              schema.Opening, schema.Clock, schema.Table, schema.WindowDates, schema.FieldForm, schema.CalendarForm,
              schema.Migration)  # fmt: skip
    assert [word for model in models for word in words_of(model) if word not in listed] == []


def test_every_public_name_is_in_the_reference() -> None:
    listed = read(REFERENCE / "python.md")
    names = [
        name
        for name in vars(svcflow)
        if not name.startswith("_") and f"import {name} as" in read(SOURCE / "__init__.py")
    ]
    assert len(names) > 20
    assert [name for name in names if not re.search(rf"\b{name}\b", listed)] == []


def test_every_method_of_the_engine_is_in_the_reference() -> None:
    listed = " ".join(spans(REFERENCE / "python.md"))
    methods = [name for name in dir(Engine) if not name.startswith("_")]
    assert [name for name in methods if not re.search(rf"\b{name}\(", listed)] == []


def _arguments(written: str) -> list[str]:
    """The names of the arguments of a call as a page writes it."""
    inner = re.sub(r"\([^()]*\)", "", written.partition("(")[2].removesuffix(")"))
    return [re.sub(r"=.*", "", one) for one in inner.split(", ") if one not in {"", "*"}]


def _takes(function: Callable[..., object]) -> list[str]:
    """The names of the arguments of a function; what every method of the engine takes is told once."""
    known = inspect.signature(function).parameters.values()
    return [
        f"*{one.name}" if one.kind is one.VAR_POSITIONAL else one.name
        for one in known
        if one.name not in {"self", "connection"}
    ]


def _calls(before: str, after: str) -> dict[str, str]:
    """By name: the calls that a part of the reference has a row for."""
    part = read(REFERENCE / "python.md").partition(before)[2].partition(after)[0]
    rows = re.findall(r"^\| `(?:svcflow\.)?(\w+)(\(.*?\))` \|", part, re.MULTILINE)
    assert rows
    return dict(rows)


def test_the_reference_says_what_every_method_takes() -> None:
    calls = _calls("### Processes and hooks", "`svcflow.archive` needs no engine")
    assert calls.keys() == {name for name in dir(Engine) if not name.startswith("_")} - {"close"}
    for name, written in calls.items():
        taken = _takes(getattr(Engine, name))
        assert _arguments(written) == [one for one in taken if one != "tenant"], name


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("`svcflow.archive` needs no engine", "## Worker", svcflow.archive),
        ("## Pure functions", "## Values", svcflow),
    ],
)
def test_the_reference_says_what_every_function_takes(before: str, after: str, where: ModuleType) -> None:
    for name, written in _calls(before, after).items():
        assert _arguments(written) == _takes(getattr(where, name)), name


@pytest.mark.parametrize(
    "made", [svcflow.Engine, svcflow.Worker, svcflow.Actor, svcflow.Qualification, svcflow.FileRef]
)
def test_the_reference_says_what_a_value_is_made_of(made: type) -> None:
    (written, *_) = re.findall(rf"`?(?:svcflow\.)?\b{made.__name__}(\([^`]*?\))[`\n]", read(REFERENCE / "python.md"))
    assert _arguments(re.sub(r"\s+", " ", written)) == _takes(made)


def test_every_table_of_a_store_is_in_the_reference() -> None:
    kept = ROOT / "tests" / "stores"
    tables = set(re.findall(r"CREATE TABLE (\w+)", (kept / "schema.sql").read_text(encoding="utf-8")))
    tables |= set(
        re.findall(r"^(svcflow_\w+)\.", (kept / "schema_postgres.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )
    told = re.findall(r"^\| `(svcflow_\w+)` \|", (REFERENCE / "tables.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(tables)


def test_every_error_has_its_line_in_the_reference() -> None:
    listed = set(spans(REFERENCE / "python.md"))
    classes = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SvcflowError)
    ]
    assert [name for name in classes if name not in listed and f"svcflow.errors.{name}" not in listed] == []


def test_every_refusal_code_has_its_line_in_the_reference() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", read(REFERENCE / "refusals.md"), re.MULTILINE)
    assert set(get_args(RefusalCode)) <= set(listed)


def _every_refusal(folder: Path) -> dict[str, Refusal]:
    """
    One refusal of each code, from a case that lives a short life.
    """
    engine = Engine(clock=(clock := ManualClock(MONDAY)))
    found: dict[str, Refusal] = {}

    def publish(version: int) -> None:
        (folder / "desk.yaml").write_text(DESK.format(version=version), encoding="utf-8")
        engine.publish(folder / "desk.yaml")

    def note(act: Callable[[], object]) -> None:
        with pytest.raises(errors.Refused) as info:
            act()
        refusal = info.value.refusal
        assert isinstance(refusal, Refusal)
        found[refusal.code] = refusal

    @engine.hook("ring", inside=True)
    def ring(call: svcflow.InsideCall) -> None:
        raise ValueError("nobody there")

    publish(1)
    case = engine.open("desk", actor=LI).id
    note(lambda: engine.send(case, "chekc", actor=LI))
    note(lambda: engine.send(case, "agree", actor=LI))
    note(lambda: engine.send(case, "check", actor=BO))
    note(lambda: engine.send(case, "hurry", actor=LI))
    note(lambda: engine.send(case, "check", actor=LI, at=MONDAY - timedelta(days=1)))
    note(lambda: engine.send(case, "call", actor=LI))
    note(lambda: engine.send(case, "dial", actor=LI))
    engine.send(case, "check", actor=LI)
    note(lambda: engine.send(case, "agree", actor=LI))
    engine.send(case, "agree", actor=BO)
    note(lambda: engine.send(case, "close", {"reason": "x"}, actor=LI))
    clock.advance(timedelta(days=1))
    note(lambda: engine.send(case, "close", actor=LI))
    publish(2)
    (moved,) = engine.migrate("desk", from_version=1)
    assert moved.refusal is not None
    found[moved.refusal.code] = moved.refusal
    engine.send(case, "close", {"reason": "x"}, actor=LI)
    note(lambda: engine.send(case, "close", {"reason": "x"}, actor=LI))
    return found


def test_a_refusal_has_the_parameters_that_the_reference_says(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", read(REFERENCE / "refusals.md"), re.MULTILINE)
    said = {code: set(re.findall(r"`(\w+)`", last.partition(":")[0])) for code, last in rows}
    given = {code: set(refusal.parameters) for code, refusal in _every_refusal(tmp_path).items()}
    assert given == {code: said[code] for code in get_args(RefusalCode)}


def _rows(page: Path) -> list[list[str]]:
    """
    The names of files and folders in each row of the page's tables.
    """
    rows = [line for line in read(page).splitlines() if line.startswith("| ")]
    return [re.findall(r"`([\w./-]+(?:\.py|\.md|/))`", row) for row in rows]


def test_every_file_that_the_architecture_names_is_there() -> None:
    missing = []
    for row in _rows(ROOT / "ARCHITECTURE.md"):
        # A name without a folder lies beside the first of its row.
        folders = [SOURCE, ROOT, *((SOURCE / row[0]).parent for _ in row[:1])]
        missing += [name for name in row if not any((folder / name).exists() for folder in folders)]
    assert missing == []


def test_every_module_stands_on_a_floor_of_the_architecture() -> None:
    named = {name.rstrip("/") for row in _rows(ROOT / "ARCHITECTURE.md") for name in row}
    modules = {path.name for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert modules - {"__init__.py"} <= named


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "docs" not in page.relative_to(ROOT).parts], ids=lambda page: page.name
)
def test_every_link_of_a_page_outside_the_site_leads_somewhere(page: Path) -> None:
    prose = read(page)
    for kind in ("python", "yaml", "text", "sh"):
        for block in blocks(page, kind):
            prose = prose.replace(block.text, "")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", prose) if not link.startswith("http")]
    assert [link for link in links if not (page.parent / link).exists()] == []
