"""What is published is kept in a lock, and a file that behaves otherwise under the same number is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.rulebook import HEAD
from svcflow.errors import DefinitionError
from svcflow.language import Edition, Finding, Lock, check, compile_sources, load, read_lock
from svcflow.language.lock import LOCK

STATES = """\
states:
  asked: {by: clerk, events: {answer: finished}, after: {1d: finished}}
  finished: {end: done}
"""
DESK = HEAD + STATES
ONE = '{"svcflow lock": 1, "texts": {}, "processes": {"a": {"%s": {"digest": "", "file": "", "sources": {%s}}}}}'


def _edition(text: str, name: str = "desk.yaml") -> Edition:
    return Edition.of(compile_sources({name: text}, name))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / LOCK).write_text(Lock.of([_edition(DESK)]).text(), encoding="utf-8")
    path = tmp_path / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    return path


def _codes(path: Path) -> list[str]:
    return [one.code for one in check([path]).findings if one.code.startswith("SF7")]


@pytest.mark.parametrize(
    ("old", "new"),
    [("", ""), ("states:", "title: Front desk\nstates: # all of them"), ("{end: done}", "{end: done, title: Over}")],
)
def test_what_behaves_as_published_may_be_told_in_other_words(desk: Path, old: str, new: str) -> None:
    desk.write_text(DESK.replace(old, new, 1), encoding="utf-8")
    assert _codes(desk) == []


@pytest.mark.requirement("R218", "R249")
def test_a_change_is_told_at_the_version_with_what_changed_and_where(desk: Path) -> None:
    desk.write_text(DESK.replace("1d", "2d").replace("by: clerk", "by: boss"), encoding="utf-8")
    (found,) = [one for one in check([desk]).findings if one.code == "SF701"]
    assert (found.line, found.column, found.end_column) == (2, 10, 11)
    assert "behaves differently from version 1 as published" in found.message
    assert found.help == "write `version: 2`, or undo what changed"
    assert [note.message for note in found.notes] == [
        "state `asked`: `by` was clerk, is boss",
        "timer `2d` in `asked`: `time` was 1d, is 2d",
    ]
    assert {note.line for note in found.notes} == {6}


def test_what_is_gone_has_no_place_and_is_told_in_the_help(desk: Path) -> None:
    desk.write_text(DESK.replace(", after: {1d: finished}", ""), encoding="utf-8")
    (found,) = [one for one in check([desk]).findings if one.code == "SF701"]
    assert found.help == "write `version: 2`, or undo what changed: timer `1d` in `asked` went"


def test_the_number_offered_is_one_that_is_not_published(desk: Path) -> None:
    later = [_edition(DESK.replace("version: 1", f"version: {number}")) for number in (1, 2, 7)]
    (desk.parent / LOCK).write_text(Lock.of(later).text(), encoding="utf-8")
    desk.write_text(DESK.replace("1d", "2d"), encoding="utf-8")
    (found,) = [one for one in check([desk]).findings if one.code == "SF701"]
    assert found.fix is not None
    assert (found.fix.text, found.fix.sure) == ("8", False)


def test_a_new_version_may_behave_as_it_likes(desk: Path) -> None:
    desk.write_text(DESK.replace("version: 1", "version: 2").replace("1d", "2d"), encoding="utf-8")
    assert _codes(desk) == []


def test_a_changed_version_is_not_loaded(desk: Path) -> None:
    desk.write_text(DESK.replace("1d", "2d"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="SF701"):
        load(desk)


def test_what_is_given_counts_in_place_of_the_lock(desk: Path) -> None:
    desk.write_text(DESK.replace("1d", "2d"), encoding="utf-8")
    assert "SF701" not in {one.code for one in check([desk], against=Lock()).findings}


def test_a_digest_that_another_release_worked_out_differently_is_no_change(desk: Path) -> None:
    lock = desk.parent / LOCK
    lock.write_text(lock.read_text(encoding="utf-8").replace(_edition(DESK).digest, "0" * 64), encoding="utf-8")
    assert _codes(desk) == []


def test_a_published_text_that_cannot_be_read_any_more_still_locks_its_version(desk: Path) -> None:
    lock = desk.parent / LOCK
    text = lock.read_text(encoding="utf-8").replace(_edition(DESK).digest, "0" * 64)
    lock.write_text(text.replace('"states:"', '"places:"'), encoding="utf-8")
    assert _codes(desk) == ["SF701"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("<<<<<<< ours\n{}\n=======\n", "two versions of it were not merged"),
        ("[" * 100_000, "it is not JSON that svcflow wrote"),
        ("[]", 'it does not say `"svcflow lock": 1`'),
        ('{"svcflow lock": 2}', 'it does not say `"svcflow lock": 1`'),
        ('{"svcflow lock": 1, "processes": {}}', "`texts` is not what it should be"),
        (ONE % ("x", ""), "a text or a number in it is not there"),
        (ONE % ("1", '"a": "b"'), "a text or a number in it is not there"),
    ],
)  # fmt: skip
def test_a_lock_that_cannot_be_read_is_told_once_with_its_place(desk: Path, text: str, why: str) -> None:
    (desk.parent / LOCK).write_text(text, encoding="utf-8")
    found = [one for one in check([desk, desk]).findings if one.code == "SF709"]
    assert [(one.file, one.severity) for one in found] == [(str(desk.parent / LOCK), "error")]
    assert why in found[0].message
    assert "svcflow lock" in found[0].help


def test_a_lock_that_is_too_large_is_not_read(desk: Path) -> None:
    with (desk.parent / LOCK).open("wb") as file:
        file.truncate(16_000_001)
    (found,) = [one for one in check([desk]).findings if one.file.endswith(LOCK)]
    assert "too large: more than 16,000,000 bytes" in found.message


TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
EDITIONS = st.builds(
    Edition,
    process=st.text(alphabet=st.characters(codec="utf-8"), max_size=3),
    version=st.integers(1, 5),
    digest=st.text("0123456789abcdef", max_size=8),
    file=TEXTS,
    sources=st.dictionaries(TEXTS, TEXTS, max_size=2),
)


@given(st.lists(EDITIONS, max_size=5))
def test_what_is_locked_is_read_back(editions: list[Edition]) -> None:
    lock = Lock.of(editions)
    assert read_lock(lock.text(), "lock") == lock


@given(st.lists(EDITIONS, max_size=5, unique_by=lambda one: (one.process, one.version)), st.randoms())
def test_a_lock_is_the_same_text_in_whatever_order_it_was_filled(editions: list[Edition], shuffle: object) -> None:
    turned = list(editions)
    shuffle.shuffle(turned)  # type: ignore[attr-defined]  # Hypothesis does not say what its randoms are.
    assert Lock.of(turned).text() == Lock.of(editions).text()


def test_a_text_that_versions_share_is_there_once(shared: Path) -> None:
    folder = shared / "definitions"
    processes = [load(folder / f"{name}.yaml") for name in ("callback", "complaint")]
    text = Lock.of(map(Edition.of, processes)).text()
    assert text.count('"shared: after_sales') == 1


@given(st.text(max_size=200))
def test_no_text_makes_the_reading_of_a_lock_fail_otherwise(text: str) -> None:
    with pytest.raises(DefinitionError) as problem:
        read_lock(text, "lock")
    assert [one.code for one in problem.value.findings if isinstance(one, Finding)] == ["SF709"]
