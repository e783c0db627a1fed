"""Names that are English words with two letters swapped; the words are those that `svcflow[spelling]` brings."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.mutants import EVERY, HOLIDAYS
from svcflow import catalog
from svcflow.cli.app import main
from svcflow.language.checks import Project
from svcflow.language.english import swapped_letters
from svcflow.language.files import Folder, Texts
from svcflow.language.findings import Finding

NAMES = ("repair", "received", "measured", "postpone", "comment", "finished", "please_confirm", "answer")
PROCESS = """process: {repair}
version: 1
calendar: always
escalation: house
escalations: {{house: {{100%: {{notify: clerk}}}}}}
roles: [clerk]
fields: {{note: text}}
sla: {{{answer}: {{from: {received}, until: {finished}, target: 1d}}}}
anywhere:
  {comment}: {{to: here, by: clerk, title: 说明, ask: note}}
states:
  {received}:
    by: clerk
    events: {{{measured}: {finished}, {postpone}: {{to: here, ask: note, do: {{notify: {{clerk: {please_confirm}}}}}}}}}
  {finished}: {{end: done}}
"""


def written(**changed: str) -> str:
    return PROCESS.format(**{name: changed.get(name, name) for name in NAMES})


def told(text: str) -> tuple[Finding, ...]:
    return Project(Texts({"desk.yaml": text}), EVERY, HOLIDAYS).check("desk.yaml").findings


@settings(max_examples=30)
@given(st.sampled_from(NAMES), st.data())
def test_two_letters_swapped_in_any_name_are_told_where_it_stands(name: str, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([at for at in range(len(name) - 1) if name[at] != name[at + 1]]))
    slip = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    text = written(**{name: slip})
    lines = text.splitlines()
    (finding,) = [one for one in told(text) if one.code == "SF216"]
    assert lines[finding.line - 1][finding.column - 1 : finding.end_column - 1] == slip
    assert f"`{name}`" in (finding.help or "")


def test_a_file_in_order_has_none() -> None:
    assert told(written()) == ()


@pytest.mark.parametrize(
    "names",
    [
        {
            "repair": "reparatur", "received": "eingegangen", "measured": "messen", "postpone": "viel",
            "comment": "notiz", "finished": "erledigt", "please_confirm": "bitte_melden", "answer": "antwort",
        },
        {
            "repair": "weixiu", "received": "shouli", "measured": "celiang", "postpone": "postopne",
            "comment": "shuoming", "finished": "jieshu", "please_confirm": "qing_queren", "answer": "huida",
        },
    ],
    ids=["German", "Pinyin"],
)  # fmt: skip
def test_names_of_another_language_are_not_compared_with_english_words(names: dict[str, str]) -> None:
    assert told(written(**names)) == ()


def test_short_names_and_words_that_both_exist_are_none() -> None:
    assert told(written(postpone="aks", measured="form", comment="from_form")) == ()


def test_no_list_of_words_finds_nothing() -> None:
    project = Project(Texts({"desk.yaml": written(postpone="postopne")}), (swapped_letters(dict),), HOLIDAYS)
    assert project.check("desk.yaml").findings == ()


@pytest.mark.parametrize("file", sorted(path.name for path in catalog.path("callback.yaml").parent.glob("*.yaml")))
def test_the_catalog_has_none(file: str) -> None:
    folder = Folder(str(catalog.path("callback.yaml").parent))
    assert [one for one in Project(folder, EVERY, HOLIDAYS).check(file).findings if one.code == "SF216"] == []


def test_check_tells_it_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "repair.yaml"
    file.write_text(written(postpone="postopne"), encoding="utf-8")
    assert main(["check", "--strict", str(file)]) == 1
    out = capsys.readouterr().out
    assert "warning[SF216]: `postopne` is `postpone` with two letters swapped" in out
    assert "did you mean `postpone`?" in out
