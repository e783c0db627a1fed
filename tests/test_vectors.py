"""The vector runner: it passes what is right, and finds every single value that is not."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from svcflow.errors import InputError
from svcflow.testing.vectors import main, run

OFFICE = {"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]], "tue": [["22:00", "06:00"]]}}
EMPTY = {"tz": "UTC", "weekly": {}}


def vectors(**lists: list[dict[str, Any]]) -> str:
    return json.dumps({"meta": {}, "calendars": {"office": OFFICE, "empty": EMPTY}, **lists})


@pytest.fixture(scope="module")
def given_vectors(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "vectors" / "sla_vectors.json").read_text(encoding="utf-8"))
    return found


def failures(document: dict[str, Any]) -> list[str]:
    return [outcome.id for outcome in run(json.dumps(document)) if not outcome.passed]


def test_the_shared_vectors_pass(shared: Path) -> None:
    program = [sys.executable, "-m", "svcflow.testing.vectors", str(shared / "vectors" / "sla_vectors.json")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert re.fullmatch(r"[1-9]\d* passed, 0 failed\n", done.stdout)


ANSWERS = {
    "due": ("due", "due_local", "error", "next_open"),
    "before": ("start", "start_local"),
    "next_open": ("next_open", "next_open_local"),
    "elapsed": ("elapsed_s",),
    "clock": ("expect",),
    "day_window": ("expect",),
    "recurrence": ("expect",),
}


def spoiled(value: object) -> Iterator[object]:
    """Every way to get one single value wrong."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: wrong} for wrong in spoiled(inner))
    elif isinstance(value, list):
        yield [*value, value[-1] if value else {"elapsed_s": 0}]
        for n, inner in enumerate(value):
            yield from ([*value[:n], wrong, *value[n + 1 :]] for wrong in spoiled(inner))
    elif isinstance(value, bool):
        yield not value
        yield int(value)
    elif isinstance(value, int):
        yield value + 1
    elif value is None:
        yield "2026-01-01T00:00:00Z"
    else:
        text = str(value)
        yield text.replace("2", "3", 1) if "2" in text else text + "x"
        yield None


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_single_expected_value_is_compared(given_vectors: dict[str, Any], kind: str) -> None:
    for vector in given_vectors[kind]:
        for key in ANSWERS[kind]:
            if key not in vector:
                continue
            for wrong in spoiled(vector[key]):
                document = {"calendars": given_vectors["calendars"], kind: [{**vector, key: wrong}]}
                assert failures(document) == [vector["id"]], (key, wrong)


def test_an_expectation_nobody_knows_fails(given_vectors: dict[str, Any]) -> None:
    vector = given_vectors["clock"][0]
    vector = {**vector, "expect": {**vector["expect"], "mood": "good"}}
    assert failures({"calendars": given_vectors["calendars"], "clock": [vector]}) == [vector["id"]]


def test_moments_may_be_written_in_other_ways(given_vectors: dict[str, Any]) -> None:
    vector = given_vectors["due"][0]
    other = {**vector, "due": vector["due"].replace("Z", "+00:00")}
    assert failures({"calendars": given_vectors["calendars"], "due": [other]}) == []


# -- what the program prints -------------------------------------------------------------------------------------


def run_main(tmp_path: Path, text: str) -> int:
    path = tmp_path / "vectors.json"
    path.write_text(text, encoding="utf-8")
    return main([str(path)])


def test_a_mismatch_is_one_line_and_the_exit_code_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "e1", "calendar": "office", "start": "2026-05-04T10:00:00+02:00", "end": "2026-05-04T11:00:00+02:00"}
    text = vectors(elapsed=[{**row, "elapsed_s": 3601}, {**row, "id": "e2", "elapsed_s": 3600}])
    assert run_main(tmp_path, text) == 1
    assert capsys.readouterr().out == (
        'e1: expected {"elapsed_s": 3601}, got {"elapsed_s": 3600}\n1 passed, 1 failed\n'
    )


def test_a_file_without_vectors_passes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(tmp_path, vectors()) == 0
    assert capsys.readouterr().out == "0 passed, 0 failed\n"


def test_a_list_that_is_not_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(tmp_path, vectors(moon_phases=[])) == 0
    assert "the list 'moon_phases' is not known and was not run" in capsys.readouterr().err


AT = "2026-05-04T10:00:00+02:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "{}",
        "[" * 100_000,
        '{"calendars": []}',
        '{"calendars": {"x": 1}}',
        '{"calendars": {"x": {"weekly": {}}}}',
        '{"calendars": {"x": {"tz": "Mars/Base", "weekly": {}}}}',
        '{"calendars": {"x": {"tz": "../../etc/passwd", "weekly": {}}}}',
        '{"calendars": {"x": {"tz": "UTC", "weekly": {"someday": []}}}}',
        '{"calendars": {"x": {"tz": "UTC", "weekly": {"mon": [["9", "17:00"]]}}}}',
        '{"calendars": {"x": {"tz": "UTC", "weekly": {"mon": ["09:00"]}}}}',
        '{"calendars": {"x": {"tz": "UTC", "weekly": {}, "holidays": ["soon"]}}}',
        '{"calendars": {"x": {"tz": "UTC", "weekly": {}, "extra_workdays": []}}}',
        vectors(due=[{}]),
        vectors(due={"id": "d1"}),  # type: ignore[arg-type]  # that is the mistake
        vectors(due=[7]),  # type: ignore[list-item]  # that is the mistake
        vectors(due=[{"id": 7}]),
        vectors(due=[{"id": "d1", "calendar": "moon", "start": AT, "duration_s": 60, "due": None}]),
        vectors(due=[{"id": "d1", "calendar": "office", "start": "noon", "duration_s": 60, "due": None}]),
        vectors(due=[{"id": "d1", "calendar": "office", "start": AT[:19], "duration_s": 60, "due": None}]),
        vectors(due=[{"id": "d1", "calendar": "office", "start": AT, "duration_s": "1h", "due": None}]),
        vectors(due=[{"id": "d1", "calendar": "office", "start": AT, "duration_s": 1e300, "due": None}]),
        vectors(
            clock=[
                {
                    "id": "c1",
                    "calendar": "office",
                    "target_s": 60,
                    "query": AT,
                    "events": [[AT, "start"], [AT, "jump"]],
                    "expect": {},
                }
            ]
        ),
        vectors(
            clock=[{"id": "c1", "calendar": "office", "target_s": 60, "query": AT, "events": [[AT]], "expect": {}}]
        ),
        vectors(clock=[{"id": "c1", "calendar": "office", "target_s": 60, "query": AT, "events": [AT], "expect": {}}]),
        vectors(day_window=[{"id": "w1", "calendar": "office", "trigger": AT, "min": 1.5, "max": 2, "expect": {}}]),
        vectors(
            day_window=[
                {"id": "w1", "calendar": "office", "trigger": AT, "min": 1, "max": 2, "unit": "moons", "expect": {}}
            ]
        ),
        vectors(
            recurrence=[{"id": "r1", "calendar": "office", "anchor": "soon", "months": 1, "count": 1, "expect": []}]
        ),
    ],
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert run_main(tmp_path, text) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "vectors.json: " in printed.err


def test_a_file_that_is_not_there_or_is_a_picture_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nothing.json")]) == 2
    (tmp_path / "picture.json").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    assert main([str(tmp_path / "picture.json")]) == 2
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 3


def test_the_place_of_a_mistake_is_named() -> None:
    with pytest.raises(InputError, match=r"^d1: `start` is missing$"):
        list(run(vectors(due=[{"id": "d1", "calendar": "office"}])))


# -- answers the shared vectors do not ask for -------------------------------------------------------------------


def answers(kind: str, *keys: str, **row: object) -> dict[str, object]:
    """What the runner computes, by expecting what cannot be right."""
    wrong = dict.fromkeys(keys, "?")
    expected = {"expect": wrong} if kind in {"clock", "day_window"} else wrong
    (outcome,) = run(vectors(**{kind: [{"id": "x", "calendar": "office", **row, **expected}]}))
    return dict(outcome.got)


def test_a_calendar_without_hours_has_no_working_time() -> None:
    expected = {"due": None, "error": "no_working_time"}
    assert answers("due", "due", "error", calendar="empty", start=AT, duration_s=60) == expected
    assert answers("before", "start", calendar="empty", end=AT, duration_s=60) == {"start": None}
    assert answers("next_open", "next_open", calendar="empty", at=AT) == {"next_open": None}


def test_an_answer_that_a_calendar_refuses_is_a_mismatch() -> None:
    found = answers("day_window", "first_day", trigger=AT, min=3, max=2)
    assert "has no days" in str(found["error"])


def test_a_window_without_hours_has_neither_opening_nor_close() -> None:
    keys = ("first_business_instant", "business_close_last_day")
    wednesday = {"trigger": "2026-05-06T10:00:00+02:00", "min": 1, "max": 2}
    assert answers("day_window", *keys, **wednesday) == dict.fromkeys(keys)
    assert answers("day_window", *keys, **wednesday, calendar="empty") == dict.fromkeys(keys)


def test_a_night_shift_closes_its_date_at_midnight() -> None:
    found = answers("day_window", "business_close_last_day", trigger=AT, min=1, max=1)
    assert found == {"business_close_last_day": "2026-05-05T22:00:00Z"}


def test_windows_can_count_working_days() -> None:
    found = answers("day_window", "first_day", "last_day", trigger=AT, min=1, max=2, unit="working")
    assert found == {"first_day": "2026-05-05", "last_day": "2026-05-11"}


def test_events_after_the_query_have_not_happened_and_a_clock_may_not_have_begun() -> None:
    later = [["2026-05-04T10:00:01+02:00", "start"]]
    assert answers("clock", "state", target_s=3600, query=AT, events=later) == {"state": "idle"}


def test_events_before_the_start_do_nothing_and_a_target_stays_for_the_next_cycle() -> None:
    early, start = "2026-05-04T08:00:00+02:00", "2026-05-04T09:00:00+02:00"
    events: list[list[object]] = [[early, word] for word in ("pause", "resume", "stop")]
    events += [[early, "retarget", 60], [early, "calendar", "empty"], [start, "start"], [start, "start"]]
    found = answers("clock", "target_s", "elapsed_s", "due", "cycles", target_s=3600, query=AT, events=events)
    assert found == {"target_s": 60, "elapsed_s": 0, "due": None, "cycles": []}


def test_a_length_need_not_be_whole_seconds() -> None:
    quarter = "2026-05-04T10:00:00.250+02:00"
    assert answers("elapsed", "elapsed_s", start=AT, end=quarter) == {"elapsed_s": 0.25}
