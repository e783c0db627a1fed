"""An archive file that is not as it was written is found out, at its line; a hostile one costs little."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.desk import ACME, LI, MONDAY, ORDER, desk_process
from svcflow import archive
from svcflow.archive.lines import LONGEST_LINE, text_of
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.errors import BrokenArchive, InputError


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The lines of an archive of two cases, and those of the private values beside it."""
    folder = tmp_path_factory.mktemp("archives")
    clock = ManualClock(MONDAY)
    engine = Engine(clock=clock)
    engine.publish(desk_process())
    engine.hook("*")(lambda call: None)
    for _ in range(2):
        case = engine.open("desk", ORDER, actor=LI)
        engine.send(case.id, "correct", {"phone": "555 0100"}, actor=LI)
        engine.send(case.id, "drop", actor=ACME)
    while engine.outbox():
        engine.tick()
    clock.advance(timedelta(days=2))
    (file,) = engine.archive(folder, older_than=timedelta(days=1), private=True).files
    assert file.private is not None
    return gzip.decompress(Path(file.path).read_bytes()), gzip.decompress(Path(file.private).read_bytes())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.jsonl"


def broken(path: Path, content: bytes) -> BrokenArchive:
    """What is wrong with a file of this content; reading says the same as checking."""
    path.write_bytes(content)
    found = archive.verify(path).broken
    assert found is not None
    assert archive.verify(path).sha256 == ""
    with pytest.raises(BrokenArchive) as info:
        list(archive.read(path))
    assert str(info.value) == str(found)
    return found


def again(kind: str, change: Callable[[Any], object], content: bytes) -> bytes:
    """The file with the first line of a kind changed, and all digests made to fit again, but for the chain's."""
    lines = content.splitlines(keepends=True)[:-1]
    number = next(number for number, line in enumerate(lines) if kind in json.loads(line))
    line = json.loads(lines[number])
    change(line[kind])
    lines[number] = text_of(kind, line[kind], line["sha256"] if kind == "entry" else None)
    return ended(lines)


def ended(lines: list[bytes]) -> bytes:
    """These lines with a last one that fits."""
    content = b"".join(lines)
    return content + text_of("end", {"lines": len(lines), "sha256": sha256(content).hexdigest()})


def test_it_can_be_read_unpacked_too(written: tuple[bytes, bytes], path: Path) -> None:
    path.write_bytes(written[0])
    checked = archive.verify(path)
    assert (checked.cases, checked.entries, checked.broken) == (2, 6, None)
    assert [one.case.status for one in archive.read(path)] == ["cancelled", "cancelled"]
    assert [entry.name for entry in next(archive.read(path)).journal] == ["desk", "correct", "drop"]


def test_a_line_that_is_gone_doubled_or_in_another_place_is_found(written: tuple[bytes, bytes], path: Path) -> None:
    lines = written[0].splitlines(keepends=True)
    for number, line in enumerate(lines):
        gone = broken(path, b"".join([*lines[:number], *lines[number + 1 :]]))
        assert number <= gone.line - 1 or gone.line == 1
        broken(path, b"".join([*lines[:number], line, *lines[number:]]))
    for number, (one, other) in enumerate(pairwise(lines)):
        broken(path, b"".join([*lines[:number], other, one, *lines[number + 2 :]]))


@pytest.mark.requirement("R248")
def test_a_line_that_was_changed_is_named(written: tuple[bytes, bytes], path: Path) -> None:
    lines = written[0].splitlines(keepends=True)
    changed = {n: line.replace(b"acme", b"acne") for n, line in enumerate(lines, start=1) if b"acme" in line}
    assert len(changed) >= 4
    for number, line in changed.items():
        found = broken(path, b"".join([*lines[: number - 1], line, *lines[number:]]))
        assert (found.line, found.why[:14]) == (number, "it was changed")
        assert str(found).startswith(f"{path}, line {number}: ")


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("entry", lambda data: data.update(name="close"), "it was changed after it was written, or does not follow"),
        ("entry", lambda data: data.update(case="another"), "is missing or not in its place"),
        ("case", lambda data: data.update(entries=2), "what it says cannot be read"),
        ("case", lambda data: data.update(last="ab" * 32), "the journal of case"),
        ("case", lambda data: data["snapshot"].update(version=9), "what it says cannot be read"),
        ("case", lambda data: data["snapshot"].pop("ended_at"), "what it says cannot be read"),
        ("case", lambda data: data["snapshot"].update(id="x" * 1001), "what it says cannot be read"),
        ("case", lambda data: data.update(snapshot=[1]), "what it says cannot be read"),
        ("case", lambda data: data.update(links=[["one"]]), "what it says cannot be read"),
        ("process", lambda data: data.update(sources=[]), "what it says cannot be read"),
        ("process", lambda data: data.update(more=1), "what it says cannot be read"),
        ("archive", lambda data: data.update(format=2), "it has the format 2, not 1"),
        ("archive", lambda data: data.update(archived_at="yesterday"), "what it says cannot be read"),
    ],
)
def test_lines_whose_digests_were_made_to_fit_still_have_to_make_sense(
    written: tuple[bytes, bytes], path: Path, kind: str, change: Callable[[Any], object], said: str
) -> None:
    assert said in broken(path, again(kind, change, written[0])).why


@pytest.mark.requirement("R248")
@given(data=st.data())
def test_no_byte_can_be_changed_or_cut_off_unseen(
    written: tuple[bytes, bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = written[0]
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    changed = content[:at] + bytes([byte]) + content[at + 1 :]
    path = tmp_path_factory.getbasetemp() / "changed.jsonl"
    for damaged in (changed, content[:at]):
        path.write_bytes(damaged)
        found = archive.verify(path).broken
        assert found is not None
        assert found.line <= content.count(b"\n") + 1


@given(data=st.data())
def test_a_packed_file_that_is_damaged_is_told_or_unharmed(
    written: tuple[bytes, bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    packed = gzip.compress(written[0], mtime=0)
    at = data.draw(st.integers(0, len(packed) - 1))
    path = tmp_path_factory.getbasetemp() / "damaged.jsonl.gz"
    flipped = bytes([packed[at] ^ 1 << data.draw(st.integers(0, 7))])
    for damaged in (packed[:at], packed[:at] + flipped + packed[at + 1 :]):
        path.write_bytes(damaged)
        checked = archive.verify(path)
        assert checked.broken is not None or (checked.cases, checked.entries) == (2, 6)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", 1, "the file is empty"),
        (b"process: desk\nversion: 1\n", 1, "it is no line of an archive"),
        (b"SQLite format 3\0" + bytes(5000), 1, "it is no line of an archive"),
        (b"[" * 1_000_000 + b"\n", 1, "it is no line of an archive"),
        (b'{"archive": {"format": NaN}, "sha256": ""}\n', 1, "it is no line of an archive"),
        (b"\xff\xfe\n", 1, "it is no line of an archive"),
        (text_of("picture", {}), 1, "this is no archive of svcflow"),
        (text_of("archive", []), 1, "this is no archive of svcflow"),
        (text_of("archive", {"format": 1, "archived_at": "2026-03-02T09:00:00+00:00"}), 2, "the end is missing"),
        (b"\x1f\x8b" + bytes(100), 1, "the file is damaged or cut off"),
    ],
)
def test_what_is_no_archive_is_one_clear_error(path: Path, content: bytes, line: int, said: str) -> None:
    found = broken(path, content)
    assert (found.line, said in found.why) == (line, True), found


def test_a_file_that_cannot_be_opened_is_one_clear_error(tmp_path: Path) -> None:
    for name in ("nowhere.jsonl", ".", "a\0b"):
        with pytest.raises(InputError, match="the archive cannot be read: "):
            archive.verify(tmp_path / name)


BOMB = """
import resource, sys
from svcflow import archive
resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))
found = archive.verify(sys.argv[1]).broken
print(found.line, found.why)
"""


def test_a_line_without_end_costs_little(path: Path) -> None:
    with gzip.open(path, "wb", 1) as file:
        for _ in range(1000):
            file.write(bytes(2**20))
    assert path.stat().st_size < LONGEST_LINE
    done = subprocess.run([sys.executable, "-c", BOMB, str(path)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"1 the line has more than {LONGEST_LINE:,} bytes\n", "")


def test_private_values_of_another_archive_or_changed_ones_are_found(
    written: tuple[bytes, bytes], path: Path, tmp_path: Path
) -> None:
    path.write_bytes(written[0])
    private = tmp_path / "private.jsonl"
    private.write_bytes(written[1])
    assert archive.verify(path, private=private).broken is None
    fields = [one.case.fields["phone"] for one in archive.read(path, private=private)]
    assert fields == ["555 0100", "555 0100"]

    def told(content: bytes) -> str:
        private.write_bytes(content)
        found = archive.verify(path, private=private).broken
        assert found is not None
        return found.why

    def other_value(data: dict[str, list[list[object]]]) -> None:
        data["values"][0][-1] = "555 0111"

    assert "the private value of phone was changed" in told(again("values", other_value, written[1]))
    assert "it was changed after it was written" in told(written[1].replace(b"555 0100", b"555 0111"))
    assert "of no case of this archive" in told(again("values", lambda data: data.update(case="x"), written[1]))
    assert "cannot be read" in told(again("values", lambda data: data.update(values=[1]), written[1]))
    assert told(written[0]) == "this is no file of private values"
    path.write_bytes(written[1])
    assert "these are private values" in broken(path, written[1]).why
