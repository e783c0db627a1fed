"""
`fmt` has one layout for all hands, keeps comments and meaning, and changes nothing that it laid out itself.
"""

import random
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from language.rewriting import Hand
from svcflow import catalog, language
from svcflow.core.process import Process
from svcflow.language.nodes import LINE_BREAK, plain
from svcflow.language.reader import read

CATALOG = sorted(Path(catalog.__file__).parent.glob("*.yaml"))
GOOD = sorted((Path(__file__).parent / "good").glob("*.yaml"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in CATALOG}


def laid_out(text: str) -> str:
    after = language.formatted(text, "x.yaml")
    assert isinstance(after, str), after
    return after


def compiled(file: str, text: str) -> Process:
    return evolve(language.compile_sources({**TEXTS, file: text}, file), sources={})


@pytest.mark.parametrize("path", [*CATALOG, *GOOD], ids=lambda path: path.stem)
def test_what_is_laid_out_stays_as_it_is(path: Path) -> None:
    once = laid_out(path.read_text(encoding="utf-8"))
    assert laid_out(once) == once


@pytest.mark.parametrize("path", CATALOG, ids=lambda path: path.stem)
def test_the_catalog_is_laid_out(path: Path) -> None:
    assert laid_out(TEXTS[path.name]) == TEXTS[path.name]


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(CATALOG), seed=st.integers(0, 2**32))
def test_any_hand_is_laid_out_with_its_comments_and_its_meaning(path: Path, seed: int) -> None:
    document = read(TEXTS[path.name], path.name)
    hand = Hand(random.Random(seed))
    written = hand.write(document)
    assert read(written, path.name).root is not None
    after = laid_out(written)
    assert laid_out(after) == after
    again = read(after, path.name)
    assert document.root is not None
    assert again.root is not None
    assert plain(again.root) == plain(document.root)
    assert [after.count(comment) for comment in hand.comments] == [1] * len(hand.comments)
    if path.name != "common.yaml":
        assert compiled(path.name, after) == compiled(path.name, TEXTS[path.name])


@settings(max_examples=30, deadline=None)
@given(path=st.sampled_from(CATALOG), seed=st.integers(0, 2**32))
def test_no_hand_keeps_its_own_indentation(path: Path, seed: int) -> None:
    after = laid_out(Hand(random.Random(seed)).write(read(TEXTS[path.name], path.name)))
    keys = [line for line in LINE_BREAK.split(after) if line.strip() and line.lstrip()[0] not in "#[]{}'\""]
    block = [line for line in keys if ": " in line or line.endswith(":")]
    assert not [line for line in after.splitlines() if line != line.rstrip()]
    assert "\n\n\n" not in after
    assert {(len(line) - len(line.lstrip())) % 2 for line in block if line.endswith(":")} <= {0}


HEAD = "process: x\nversion: 1\nroles: [a]\nby: a\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    go:\n        to: b\n        max: 3\n", "      go: {to: b, max: 3}\n"),
        (
            "    go:\n        to: b # why\n        max: 3\n",
            "      go:\n        to: b" + " " * 23 + "# why\n        max: 3\n",
        ),
        ("    go: {to:   b,max: 3 , }\n", "      go: {to: b, max: 3}\n"),
        ("    go: {to: b, do: {notify: a, send: go}}\n", "      go: {to: b, do: {send: go, notify: a}}\n"),
        ("    go:\n      ask:\n      - 故障\n      - 'x'\n", "      go: {ask: [故障, 'x']}\n"),
        ("    go: b\n     # below\n", "      go: b\n      # below\n"),
    ],
    ids=["folded", "a comment keeps lines", "spaces", "order of a do", "names", "comment below"],
)
def test_one_thing_has_one_layout(before: str, after: str) -> None:
    text = f"{HEAD}states:\n a:\n   events:\n{before}"
    assert laid_out(text) == f"{HEAD}states:\n  a:\n    events:\n{after}"


def test_rows_and_comments_stand_below_one_another_by_the_width_of_their_letters() -> None:
    text = (
        "shared: x\nescalations:\n  s:\n    50%: {notify: a}\n    100%: {notify: b}\n"
        "fields:\n  故障: text # one\n  fault_is: text # two\n"
    )
    assert laid_out(text) == (
        "shared: x\nescalations:\n  s:\n    50%:  {notify: a}\n    100%: {notify: b}\n"
        "fields:\n" + "  故障: text" + " " * 24 + "# one\n" + "  fault_is: text" + " " * 20 + "# two\n"
    )


def test_a_text_over_several_lines_keeps_its_words() -> None:
    text = f"{HEAD}title: >-\n      one\n\n      two\nstates:\n  a:\n       title: 'b\n    c'\n       end: done\n"
    after = laid_out(text)
    before, again = read(text, "x").root, read(after, "x").root
    assert before is not None
    assert again is not None
    assert plain(before) == plain(again)
    assert "    title: 'b\n" in after


def test_a_byte_order_mark_and_foreign_line_ends_go() -> None:
    assert (
        laid_out("\ufeff" + HEAD.replace("\n", "\r\n") + "states: {a: {end: done}}")
        == HEAD + "states: {a: {end: done}}\n"
    )


@pytest.mark.parametrize(("text", "code"), [("process: [", "SF001"), ("process: x\nversion: 1\nstats: {}\n", "SF101")])
def test_a_file_with_errors_is_answered_with_them(text: str, code: str) -> None:
    found = language.formatted(text, "x.yaml")
    assert not isinstance(found, str)
    assert code in {finding.code for finding in found}
