"""
`check --fix` makes the repairs that are sure, keeps all the rest of a file, and leaves what somebody must decide.
"""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.mutants import mutants
from svcflow import catalog, language
from svcflow.language.edits import apart, apply
from svcflow.language.findings import Fix, Span

FOLDER = Path(catalog.__file__).parent
CATALOG = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "common.yaml")
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}


def repaired(path: Path, text: str) -> tuple[str, language.Repair]:
    path.write_text(text, encoding="utf-8")
    repair = language.repair([path])
    return repair.after.get(str(path), text), repair


TEXT = """process: x
version: 1
roles: [clerk]   # who works
by: clerk
fields: {reason: text}
states:
  new: {limit: 30 min, events: {close: {to: clsoed, ask: raeson}}}   # 备注
  closed: {end: done}
"""


def test_several_fixes_of_one_line_are_made_and_all_else_stays(tmp_path: Path) -> None:
    after, repair = repaired(tmp_path / "x.yaml", TEXT)
    assert after == TEXT.replace("30 min", "30min").replace("clsoed", "closed").replace("raeson", "reason")
    assert sorted(finding.code for finding in repair.made) == ["SF103", "SF201", "SF203"]
    assert not repair.left.failed
    assert (tmp_path / "x.yaml").read_text(encoding="utf-8") == TEXT


def test_what_shows_only_after_a_fix_is_fixed_too(tmp_path: Path) -> None:
    text = TEXT.replace("states:", "states：").replace("limit: 30 min", "limit: 30min\t".rstrip())
    after, repair = repaired(tmp_path / "x.yaml", text)
    assert [finding.code for finding in repair.made] == ["SF004", "SF201", "SF203"]
    assert after == TEXT.replace("30 min", "30min").replace("clsoed", "closed").replace("raeson", "reason").replace(
        "states:", "states: "
    )


def test_tabs_are_fixed_in_all_lines_at_once(tmp_path: Path) -> None:
    text = "process: x\nversion: 1\nstates:\n\ta:\n\t\tend: done\n"
    assert repaired(tmp_path / "x.yaml", text)[0] == text.replace("\t", "  ")


CONDITION = """process: x
version: 1
roles: [clerk, boss]
fields: {paid: flag, score: 1..5}
states:
  new: {by: WHO, events: {rate: {to: [{to: closed, when: WHEN}, new], ask: [paid, score]}}}
  closed: {end: done}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("paid && score > 3", "paid and score > 3"),
        ("paid&&score > 3||score<2", "paid and score > 3 or score<2"),
        ("'score = 3 || paid'", "'score == 3 or paid'"),
        ("score <> 3", "score != 3"),
        ("score ≥ 3", "score >= 3"),
        ("'not paid and score =< 3'", "'not paid and score <= 3'"),
    ],
)
def test_a_foreign_sign_is_written_as_it_is_here(tmp_path: Path, before: str, after: str) -> None:
    text = CONDITION.replace("WHO", "clerk")
    assert repaired(tmp_path / "x.yaml", text.replace("WHEN", before))[0] == text.replace("WHEN", after)


@pytest.mark.parametrize("who", ["'clerk, boss'", "'clerk boss'", "clerk、boss"])
def test_several_names_in_one_text_become_a_list(tmp_path: Path, who: str) -> None:
    text = CONDITION.replace("WHEN", "paid")
    assert repaired(tmp_path / "x.yaml", text.replace("WHO", who))[0] == text.replace("WHO", "[clerk, boss]")


@pytest.mark.parametrize("start", ["CHILD", "[x, CHILD]", "{CHILD: {}}"])
def test_a_started_process_is_named_right_in_every_form(tmp_path: Path, start: str) -> None:
    (tmp_path / "child.yaml").write_text(TEXT.replace("process: x", "process: child"), encoding="utf-8")
    text = CONDITION.replace("WHEN", "paid").replace("WHO", f"clerk, do: {{start: {start}}}")
    after, _ = repaired(tmp_path / "x.yaml", text.replace("CHILD", "chlid"))
    assert after == text.replace("CHILD", "child")


@pytest.mark.parametrize("who", ["['clerk, boss']", "'clerk, bos'"])
def test_several_names_stay_where_a_list_is_already_or_one_is_unknown(tmp_path: Path, who: str) -> None:
    text = CONDITION.replace("WHEN", "paid").replace("WHO", who)
    assert repaired(tmp_path / "x.yaml", text)[0] == text


def test_a_comment_that_takes_nothing_back_goes_and_one_of_two_codes_alone(tmp_path: Path) -> None:
    text = TEXT.replace("30 min", "30min").replace("clsoed", "closed").replace("raeson", "reason")
    ignored = text.replace("# 备注", "# svcflow: ignore SF308 它自己会停").replace(
        "# who works", "# svcflow: ignore SF309 none"
    )
    after, repair = repaired(tmp_path / "x.yaml", ignored)
    assert after == text.replace("   # 备注", "").replace("   # who works", "")
    assert [finding.code for finding in repair.made] == ["SF009", "SF009"]
    two = text.replace("clerk]   # who works", "clerk, boss]   # svcflow: ignore SF606, SF308 kept for later")
    assert repaired(tmp_path / "x.yaml", two)[0] == two.replace("SF606, SF308", "SF606")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("window: 2d-5d", "window: 2d..5d"),
        ("window: 2d – 5d since opened_at", "window: 2d..5d since opened_at"),
        ("limit: every 2d", "limit: 2d"),
    ],
)
def test_a_time_is_written_as_it_was_meant(tmp_path: Path, before: str, after: str) -> None:
    text = TEXT.replace("clsoed", "closed").replace("raeson", "reason")
    assert repaired(tmp_path / "x.yaml", text.replace("limit: 30 min", before))[0] == text.replace(
        "limit: 30 min", after
    )


def test_one_of_two_names_that_are_alike_is_for_the_author_to_choose(tmp_path: Path) -> None:
    text = TEXT.replace("roles: [clerk]", "roles: [clerk, clerc]").replace("by: clerk", "by: [clerk, clerc, cler]")
    after, repair = repaired(tmp_path / "x.yaml", text)
    assert "by: [clerk, clerc, cler]" in after
    assert [finding.code for finding in repair.left.findings] == ["SF202"]
    assert repair.left.findings[0].fix is not None


def test_a_fix_that_would_write_a_key_twice_is_not_made(tmp_path: Path) -> None:
    text = TEXT.replace("limit: 30 min", "limit: 2h, limti: 3h")
    after, repair = repaired(tmp_path / "x.yaml", text)
    assert "limti: 3h" in after
    assert "SF101" in {finding.code for finding in repair.left.findings}


def test_a_guess_about_a_free_name_is_not_made(tmp_path: Path) -> None:
    text = TEXT.replace("30 min", "30min").replace("clsoed", "closed").replace("raeson", "reason")
    text = text.replace("closed: {end", "closed: {title: Close_d, end")
    assert repaired(tmp_path / "x.yaml", text)[1].made == ()


def test_a_file_that_is_only_used_stays(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("shared: words\nfields: {due: daet}\n", encoding="utf-8")
    _, repair = repaired(tmp_path / "x.yaml", TEXT + "use: words.yaml\n")
    assert set(repair.after) <= {str(tmp_path / "x.yaml")}
    assert "SF104" in {finding.code for finding in repair.left.findings}
    assert set(language.repair([tmp_path / "x.yaml", tmp_path / "words.yaml"]).after) == {
        str(tmp_path / "x.yaml"), str(tmp_path / "words.yaml")
    }  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(path=st.sampled_from(CATALOG), seed=st.integers(0, 2**32))
def test_a_slip_in_the_catalog_is_repaired_to_what_stood_there_or_left(path: Path, seed: int) -> None:
    text = TEXTS[path.name]
    choose = random.Random(seed)
    mutant = choose.choice(list(mutants("swap", path.name, text, choose)))
    with tempfile.TemporaryDirectory() as folder:
        for name, other in TEXTS.items():
            (Path(folder) / name).write_text(other, encoding="utf-8")
        after, repair = repaired(Path(folder) / path.name, mutant.text)
    # A name that one place speaks of may be slipped here or there: both are then written alike, and mean the same.
    assert after in {text, mutant.text} or not repair.left.failed


def test_of_overlapping_edits_the_first_is_made() -> None:
    edits = [
        Fix("", Span("x", 1, 3, 1, 6), "B"),
        Fix("", Span("x", 1, 1, 1, 4), "A"),
        Fix("", Span("x", 2, 1, 2, 1), "C"),
    ]
    assert apply("abcdef\ng", apart(edits)) == "Adef\nCg"


def test_blanks_that_are_no_spaces_are_told_once_and_fixed_in_all_lines(tmp_path: Path) -> None:
    text = "process: x\nversion: 1\nstates:\n  a:\n    end: done\n"
    pasted = text.replace("    end", "\u00a0 \u3000end").replace("  a", "\u00a0\u00a0a")
    after, repair = repaired(tmp_path / "x.yaml", pasted)
    assert [(finding.code, finding.line) for finding in repair.made] == [("SF005", 4)]
    assert after == text


@pytest.mark.parametrize(
    ("plain", "typed"),
    [
        ("limit: 30 min", "limit: ３０ 分钟"),
        ("{to: clsoed, ask: raeson}", "{to: clsoed， ask: raeson}"),
        ("{limit: 30 min, events", "{limit: 30 min,\u00a0events"),
    ],
)
def test_what_a_chinese_keyboard_types_is_fixed(plain: str, typed: str, tmp_path: Path) -> None:
    text = TEXT.replace(plain, typed)
    fixed = TEXT.replace("30 min", "30min").replace("clsoed", "closed").replace("raeson", "reason")
    assert "".join(repaired(tmp_path / "x.yaml", text)[0].split()) == "".join(fixed.split())
