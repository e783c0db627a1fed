"""Reading a log: rows by case in the order of the file, and one clear error for whatever is no log."""

import gzip
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounded import bounded
from logdesk import HEAD, MAP
from svcflow.core.event import SYSTEM, Actor
from svcflow.errors import InputError
from svcflow.replay import Log, read_log, read_map
from svcflow.replay.log import NOBODY

ROW = "a,2026-03-02T09:00,Taken,li,P1,"


def read(folder: Path, text: str | bytes, log_map: str = MAP) -> Log:
    path = folder / "log.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_log(path, read_map(log_map.encode(), "map.yaml"))


def refused(folder: Path, text: str | bytes, log_map: str = MAP) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, text, log_map)
    return str(caught.value).replace(str(folder / "log.csv"), "LOG")


def test_rows_are_gathered_by_case_and_keep_their_order(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        f"{HEAD}\nb,2026-03-02T10:00,Taken,li,P1,\na,2026-03-02T09:00,Taken,bo,,x\nb,2026-03-01T09:00,Seen,,P2,\n",
    )
    assert [(case, [row.number for row in rows]) for case, rows in log.cases.items()] == [("b", [1, 3]), ("a", [2])]
    assert (log.rows, log.end) == (3, datetime(2026, 3, 2, 10, tzinfo=UTC))
    assert log.opened["b"] == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert [row.event for row in log.cases["b"]] == ["take", None]
    assert log.cases["a"][0].cells == {"priority": "", "reason": "x"}


def test_a_column_can_say_when_a_case_was_opened(tmp_path: Path) -> None:
    log = read(tmp_path, f"{HEAD},born\n{ROW},2026-02-01T09:00\nb{ROW[1:]},\n", f"{MAP}\nopened: born\n")
    assert log.opened == {"a": datetime(2026, 2, 1, 9, tzinfo=UTC), "b": datetime(2026, 3, 2, 9, tzinfo=UTC)}


def test_actors_have_the_roles_of_the_map_and_nobody_is_unknown(tmp_path: Path) -> None:
    log = read(tmp_path, f"{HEAD}\n{ROW}\na,2026-03-02T09:00,Taken,,P1,\n")
    assert [row.actor for row in log.cases["a"]] == [Actor("li", {"agent"}), Actor(NOBODY, {"agent"})]


def test_without_an_actor_the_system_acts(tmp_path: Path) -> None:
    log = read(tmp_path, f"{HEAD}\n{ROW}\n", "{case: id, time: {column: at, zone: UTC}, event: what}")
    assert log.cases["a"][0].actor == SYSTEM


def test_roles_without_a_column_are_those_of_somebody_unknown(tmp_path: Path) -> None:
    text = "{case: id, time: {column: at, zone: UTC}, event: what, actor: {roles: [agent, lead]}}"
    assert read(tmp_path, f"{HEAD}\n{ROW}\n", text).cases["a"][0].actor == Actor(NOBODY, {"agent", "lead"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_marks_and_line_ends_of_other_programs_are_understood(
    tmp_path: Path, delimiter: str, begin: bytes, end: str
) -> None:
    text = f"{HEAD}\n{ROW}\n\n,,,,,\n".replace(",", delimiter).replace("\n", end)
    log = read(tmp_path, begin + text.encode())
    assert (list(log.cases), log.rows) == (["a"], 1)


def test_a_cell_in_quotes_may_hold_anything(tmp_path: Path) -> None:
    log = read(tmp_path, f'{HEAD}\n" a ",2026-03-02T09:00,Taken,li,P1,"one,\n""two"""\n{ROW}\n')
    assert [row.cells["reason"] for row in log.cases["a"]] == ['one,\n"two"', ""]


def test_a_header_alone_is_a_log_without_cases(tmp_path: Path) -> None:
    assert read(tmp_path, f"{HEAD}\n") == Log({}, {}, 0, None)


def test_a_missing_column_is_told_with_those_there_are(tmp_path: Path) -> None:
    assert refused(tmp_path, f"id,att,what,who,prio\n{ROW}\n").splitlines() == [
        "map.yaml:3:16: LOG has no column `at`; did you mean `att`?",
        "map.yaml:7:34: LOG has no column `why`; did you mean `who`?",
        "columns of LOG: id, att, what, who, prio",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "LOG: a log begins with a line that names its columns, and this file has none"),
        ("\n\n", "LOG: a log begins with a line that names its columns, and this file has none"),
        (f"{HEAD},id\n{ROW},b\n", "LOG:1: the column 'id' is there twice"),
        (f"{HEAD}\n{ROW}\na,b\n", "LOG:3: this row has 2 cells, the header has 6"),
        (f"{HEAD}\n{ROW},x\n", "LOG:2: this row has 7 cells, the header has 6"),
        (f"{HEAD}\n{ROW}\n,{ROW[2:]}\n", "LOG:3: row 2 has no case: `id` is empty"),
        (f"{HEAD}\na,soon,Taken,li,P1,\n", "LOG:2: row 1, column `at`: 'soon' is no time such as"),
        (
            f"{HEAD}\na,2926-03-02T09:00,Taken,li,P1,\n",
            "LOG:2: row 1, column `at`: '2926-03-02T09:00' lies outside the years",
        ),
        (f"{HEAD}\na,,Taken,li,P1,\n", "LOG:2: row 1, column `at`: '' is no time such as"),
        (f'{HEAD}\n"a,2026-03-02T09:00\n', "LOG:2: not readable as CSV: unexpected end of data"),
        (f'{HEAD}\n"a"b,2026-03-02T09:00\n', "LOG:2: not readable as CSV"),
        (f"{HEAD}\n{ROW}\n\0\n", "LOG:3: this is no text; a log is a CSV file in UTF-8"),
        (f"{HEAD}\n{ROW}\n".encode("utf-16"), "LOG:1: not UTF-8 text (byte 1 of the line is 0xff)"),
        (f"{HEAD}\n{ROW}\nbär{ROW[1:]}\n".encode("latin-1"), "LOG:3: not UTF-8 text (byte 2 of the line is 0xe4)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "LOG:1: not UTF-8 text"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0\xff", "LOG: this is a spreadsheet; save it as CSV in UTF-8"),
    ],
)
def test_what_is_no_log_is_refused_with_its_line(tmp_path: Path, text: str | bytes, told: str) -> None:
    assert refused(tmp_path, text).startswith(told)


def test_an_opening_time_that_is_none_is_told(tmp_path: Path) -> None:
    told = refused(tmp_path, f"{HEAD},born\n{ROW},soon\n", f"{MAP}\nopened: born\n")
    assert told.startswith("LOG:2: row 1, column `born`: 'soon' is no time")


def test_a_missing_log_and_a_folder_are_told(tmp_path: Path) -> None:
    known = read_map(MAP.encode(), "map.yaml")
    with pytest.raises(InputError, match=r"nowhere\.csv: No such file"):
        read_log(tmp_path / "nowhere.csv", known)
    with pytest.raises(InputError, match="Is a directory"):
        read_log(tmp_path, known)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000_000,
        "a," * 5_000_000,
        f"{HEAD}\n" + "x" * 10_000_000,
        f"{HEAD}\n" + "a," * 5_000_000,
        f'{HEAD}\n"' + "a,b\n" * 2_500_000,
    ],
)
def test_ten_megabytes_of_nonsense_are_one_short_error_in_a_moment(tmp_path: Path, text: str) -> None:
    with bounded():
        told = refused(tmp_path, text)
    assert len(told) < 2_000


@pytest.mark.parametrize("begin", [b"", b"\xe4", f"{HEAD}\n".encode()])
def test_a_packed_line_without_end_is_not_unpacked_whole(tmp_path: Path, begin: bytes) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(begin + b"x" * 60_000_000, 1))
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            read_log(path, read_map(MAP.encode(), "map.yaml"))
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    line = begin.count(b"\n") + 1
    told = "not UTF-8 text" if begin == b"\xe4" else "this line has 4,194,304 characters or more"
    assert str(caught.value).startswith(f"{path}:{line}: {told}")


def test_a_row_without_a_time_says_only_that_its_case_was_opened(tmp_path: Path) -> None:
    log_map = f"{MAP}\nopened: born\n"
    log = read(tmp_path, f"{HEAD},born\na,,Taken,li,P1,,2026-02-01T09:00\n", log_map)
    (row,) = log.cases["a"]
    assert (row.at, row.event, log.end) == (datetime(2026, 2, 1, 9, tzinfo=UTC), None, log.opened["a"])
    assert refused(tmp_path, f"{HEAD},born\na,,Taken,li,P1,,\n", log_map).startswith("LOG:2: row 1, column `at`: ''")
    assert refused(tmp_path, f"{HEAD}\na,,Taken,li,P1,\n").startswith("LOG:2: row 1, column `at`: '' is no time")
