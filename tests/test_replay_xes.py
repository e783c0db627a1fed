"""Reading a log in XES: the same rows as from a table, and one clear error for whatever is made to hurt."""

import gzip
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded import bounded
from logdesk import HEAD, MAP
from svcflow.core.event import Actor
from svcflow.errors import InputError
from svcflow.replay import Log, read_log, read_map
from svcflow.replay import xes as reading

XES_MAP = """
case: case:concept:name
time: time:timestamp
event: {column: concept:name, values: {Taken: take, Asked: ask, Answered: answered, Finished: finish, Agreed: agree,
                                       Seen: null}}
actor: {column: org:resource, roles: agent}
fields: {priority: case:prio, reason: why}
"""
EVENT = (
    '<event><string key="concept:name" value="Taken"/><date key="time:timestamp" value="2026-03-02T09:00:00+01:00"/>'
    '<string key="org:resource" value="李"/><string key="why" value="broken"/></event>'
)
TRACE = f'<trace><string key="concept:name" value="a"/><string key="prio" value="P1"/>{EVENT}</trace>'


def read(folder: Path, text: str | bytes, log_map: str = XES_MAP, name: str = "log.xes") -> Log:
    path = folder / name
    raw = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return read_log(path, read_map(log_map.encode(), "map.yaml"))


def refused(folder: Path, text: str | bytes, log_map: str = XES_MAP) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, text, log_map)
    return str(caught.value).replace(str(folder / "log.xes"), "LOG")


@pytest.mark.parametrize(
    "text",
    [
        f"<log>{TRACE}</log>",
        f'<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">{TRACE}</log>',
        f"<x:log xmlns:x='http://www.xes-standard.org/'>{TRACE}</x:log>",
        f'<log><global scope="event"><string key="concept:name" value="none"/></global>{TRACE}</log>',
    ],
)
@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
def test_events_are_rows_and_attributes_are_cells(tmp_path: Path, text: str, name: str) -> None:
    log = read(tmp_path, text, name=name)
    (row,) = log.cases["a"]
    assert (row.number, row.event, row.at) == (1, "take", datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert row.actor == Actor("李", {"agent"})
    assert row.cells == {"priority": "P1", "reason": "broken"}


def test_a_trace_may_name_its_case_below_its_events_and_what_lies_deeper_is_left_out(tmp_path: Path) -> None:
    nested = '<string key="prio" value="P2"><string key="concept:name" value="x"/></string>'
    text = f'<log><trace>{EVENT}<string key="concept:name" value="b"/>{nested}</trace></log>'
    assert read(tmp_path, text).cases["b"][0].cells["priority"] == "P2"


def test_the_log_itself_can_say_the_roles(tmp_path: Path) -> None:
    text = TRACE.replace("</event>", '<string key="org:role" value="agent, lead"/></event>')
    log_map = XES_MAP.replace("roles: agent", "roles: {column: org:role}")
    assert read(tmp_path, f"<log>{text}</log>", log_map).cases["a"][0].actor == Actor("李", {"agent", "lead"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "LOG:1: not readable as XML: no element found"),
        ("<log>\n<trace>\n</log>", "LOG:3: not readable as XML: mismatched tag"),
        ("id,at\na,b\n", "LOG:1: not readable as XML: syntax error"),
        ("<html/>", "LOG:1: a log in XES begins with <log>, not with <html>"),
        ("<log>\n<event/></log>", "LOG:2: this event stands in no trace, so it belongs to no case"),
        (f"<log>\n<trace>{EVENT}</trace></log>", "LOG:2: row 1 has no case: `case:concept:name` is empty"),
        ('<log><trace><string key="x"/></trace></log>', "LOG:1: an attribute has a `key` and a `value`"),
        (
            '<log><trace><string key="x" value="1"/>\n<int key="x" value="2"/></trace></log>',
            "LOG:2: the attribute 'x' is there twice",
        ),
        (
            f"<log>{TRACE.replace('2026-03-02T09:00:00+01:00', 'soon')}</log>",
            "LOG:1: row 1, column `time:timestamp`: 'soon' is no time",
        ),
        ("<log>" + "<string>" * 40, "LOG:1: elements stand more than 32 deep in each other"),
        (
            f'<?xml version="1.0" encoding="gb2312"?><log>{TRACE}</log>'.encode("gb2312"),
            "LOG: not readable as XML: multi-byte encodings are not supported; save the log as UTF-8",
        ),
        (
            f'<?xml version="1.0" encoding="nonsense"?><log>{TRACE}</log>',
            "LOG: not readable as XML: unknown encoding: nonsense; save the log as UTF-8",
        ),
        (b"<log>\xff</log>", "LOG:1: not readable as XML: not well-formed (invalid token)"),
    ],
)
def test_what_is_no_log_is_refused_with_its_line(tmp_path: Path, text: str | bytes, told: str) -> None:
    assert refused(tmp_path, text).startswith(told)


@pytest.mark.parametrize(
    "type_",
    [
        '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE log SYSTEM "file:///etc/passwd">',
        "<!DOCTYPE log>",
    ],
)
def test_a_document_type_is_refused_and_with_it_every_entity(tmp_path: Path, type_: str) -> None:
    told = refused(tmp_path, f"{type_}\n<log><trace/></log>")
    assert told == "LOG:1: a document type is not read: a log needs none, and it could hold entities"


@pytest.mark.parametrize(
    "text",
    [
        "<log>" + "x" * 10_000_000 + "</log>",
        "<log><trace><string key='a' value='" + "x" * 10_000_000 + "'/></trace></log>",
        "<" + "x" * 10_000_000,
        "<log>" + "<a>" * 3_000_000,
        "<log><trace><event " + " ".join(f"a{number}='1'" for number in range(600_000)) + "/></trace></log>",
    ],
)
def test_ten_megabytes_of_nonsense_are_one_short_error_in_a_moment(tmp_path: Path, text: str) -> None:
    with bounded():
        assert len(refused(tmp_path, text)) < 2_000


@pytest.mark.parametrize("log_map", [XES_MAP, XES_MAP.replace("why", "reason")])
def test_the_attributes_of_a_trace_are_not_kept_for_each_of_its_events(tmp_path: Path, log_map: str) -> None:
    attributes = "".join(f'<string key="a{number}" value="x"/>' for number in range(1_000))
    text = f"<log>{TRACE.replace(EVENT, attributes + 1_000 * EVENT)}</log>"
    tracemalloc.start()
    try:
        if log_map == XES_MAP:
            assert read(tmp_path, text, log_map).rows == 1_000
        else:
            assert "has no column `reason`" in refused(tmp_path, text, log_map)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_log_that_is_larger_than_can_be_read_is_told_before_it_is_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST", 100_000)
    with pytest.raises(InputError, match="this log is larger than 100,000 bytes"):
        read(tmp_path, "<log>" + f"{TRACE}\n" * 2_000 + "</log>", name="log.xes.gz")


def test_an_attribute_that_the_map_names_and_no_event_has_is_told_with_those_there_are(tmp_path: Path) -> None:
    told = refused(tmp_path, f"<log>{TRACE.replace('org:resource', 'org:resourcs')}</log>")
    assert told.splitlines() == [
        "map.yaml:6:17: LOG has no column `org:resource`; did you mean `org:resourcs`?",
        "columns of LOG: case:concept:name, case:prio, concept:name, time:timestamp, org:resourcs, why",
    ]


def test_an_attribute_that_is_always_empty_is_there(tmp_path: Path) -> None:
    assert read(tmp_path, f"<log>{TRACE.replace('broken', '')}</log>").cases["a"][0].cells["reason"] == ""


@pytest.mark.parametrize(("name", "begin"), [("log.csv.gz", HEAD), ("log.xes.gz", "<log>")])
def test_a_packed_log_that_is_cut_off_is_told(tmp_path: Path, name: str, begin: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(begin.encode() + b"\n" * 100_000)[:-20])
    with pytest.raises(InputError, match=r"gz: this is no whole \.gz file"):
        read_log(path, read_map(MAP.encode(), "map.yaml"))


def test_a_file_that_only_claims_to_be_packed_is_told(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(InputError, match="Not a gzipped file"):
        read_log(tmp_path / "log.csv.gz", read_map(MAP.encode(), "map.yaml"))


def as_xes(cells: Sequence[tuple[str, str]]) -> str:
    events = "".join(
        f'<trace><string key="concept:name" value="c"/><event><string key="concept:name" value="Seen"/>'
        f'<date key="time:timestamp" value="2026-03-02T09:00:00Z"/><string key="org:resource" value={quoteattr(who)}/>'
        f'<string key="why" value={quoteattr(why)}/><string key="prio" value="P1"/></event></trace>'
        for who, why in cells
    )
    return f"<log>{events}</log>"


def as_csv(cells: Sequence[tuple[str, str]]) -> str:
    quoted = ((who.replace('"', '""'), why.replace('"', '""')) for who, why in cells)
    return "\n".join([HEAD, *(f'c,2026-03-02T09:00:00Z,Seen,"{who}",P1,"{why}"' for who, why in quoted), ""])


# No line breaks: in an attribute XML reads them as blanks, unless they are written as references.
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_a_log_says_the_same_as_xes_and_as_a_table(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    (folder / "log.csv").write_text(as_csv(cells), encoding="utf-8", newline="")
    table = read_log(folder / "log.csv", read_map(MAP.encode(), "map.yaml"))
    assert read(folder, as_xes(cells), XES_MAP.replace("case:prio", "prio")) == table
