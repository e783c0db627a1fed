"""Places of findings are exact to the character, also after Chinese text: names are translated, nothing else moves."""

import re
from pathlib import Path

import pytest

from svcflow.language import RULES
from svcflow.language.checks import Project
from svcflow.language.files import Drafts, Folder
from svcflow.language.findings import Finding

BAD = Path(__file__).parent / "bad"
WORDS = {"clerk": "受理员", "closed": "已关闭", "new": "待受理"}
# What is misspelt here, or defined in another file, would not be so in another language.
FILES = [
    file for file in sorted(BAD.glob("SF*.yaml")) if not file.name.startswith("SF316")
]  # That one needs a machine.
SPARED = {"SF201-state": "closed", "SF202-unknown-role": "clerk", "SF210-role-twice": "clerk"}


def _found(file: Path, text: str) -> tuple[Finding, ...]:
    return Project(Drafts(Folder(str(BAD)), {str(file): text}), RULES).check(file.name).findings


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_finding_moves_with_the_chinese_text_before_it_and_no_further(file: Path) -> None:
    words = [word for word in WORDS if word != SPARED.get(file.stem)]
    names = re.compile(rf"(?<![\w.])(?:{'|'.join(words)})(?!\w)")

    def translated(text: str) -> str:
        return names.sub(lambda found: WORDS[found[0]], text)

    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()

    def moved(line: int, column: int) -> int:
        return len(translated(lines[line - 1][: column - 1])) + 1

    def place(one: Finding, *, before: bool) -> tuple[str, str, int, int, int, int]:
        ends = ((one.line, one.column), (one.end_line, one.end_column))
        if before and one.file == str(file):
            ends = tuple((line, moved(line, column)) for line, column in ends)  # type: ignore[assignment] # two of them
        return (one.code, one.file, *ends[0], *ends[1])

    expected = sorted(place(one, before=True) for one in _found(file, text))
    assert expected
    assert sorted(place(one, before=False) for one in _found(file, translated(text))) == expected
