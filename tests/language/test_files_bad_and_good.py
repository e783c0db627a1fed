from pathlib import Path

import pytest

from language.rulebook import CODES
from svcflow.language import check, schema
from svcflow.language.findings import Finding
from svcflow.language.nodes import MappingNode, Node, SequenceNode
from svcflow.language.reader import read
from svcflow.language.shape import words_of
from svcflow.machines.transitions import Transitions

HERE = Path(__file__).parent
BAD = sorted(path for path in (HERE / "bad").glob("SF*.yaml") if path.name[:5] not in CODES)
GOOD = sorted((HERE / "good").glob("*.yaml"))

MACHINES = {"SF316": Transitions()}


def _found(path: Path) -> tuple[Finding, ...]:
    found = check([path], machine=MACHINES.get(path.name[:5])).findings
    return tuple(one for one in found if one.code == "SF011") if path.name.startswith("SF011") else found


def _at(finding: Finding, path: Path) -> str:
    other = Path(finding.file).name
    return f"{finding.code} at {finding.line}:{finding.column}{'' if other == path.name else f' in {other}'}"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_is_found_where_its_first_line_says_and_nowhere_else(path: Path) -> None:
    found = _found(path)
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert ", ".join(_at(finding, path) for finding in found) == first.removeprefix("# ")
    assert path.name[:5] in {finding.code for finding in found}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_finding_says_what_to_do(path: Path) -> None:
    assert [finding.message for finding in _found(path) if not finding.help] == []


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_nothing_is_found_in_a_good_file(path: Path) -> None:
    assert check([path]).findings == ()


def test_a_good_file_uses_every_word_of_the_language() -> None:
    texts = [(path, path.read_text(encoding="utf-8")) for path in GOOD]
    written = {key for path, text in texts for key in _keys(read(text, path.name).root)}
    models = (
        schema.ProcessFile,
        schema.SharedFile,
        schema.State,
        schema.AnywhereEvent,
        schema.Alternative,
        schema.Opening,
        schema.Do,
        schema.Clock,
        schema.Table,
        schema.WindowDates,
        schema.FieldForm,
        schema.CalendarForm,
        schema.Migration,
    )
    assert {word for model in models for word in words_of(model)} - written == set()


def _keys(node: Node | None) -> set[str]:
    match node:
        case MappingNode():
            return {*node.entries}.union(*(_keys(entry.value) for entry in node.entries.values()))
        case SequenceNode():
            return set().union(*(_keys(item) for item in node.items))
    return set()
