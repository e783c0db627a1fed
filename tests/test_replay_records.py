"""Real records of others as examples: what became of each is judged by numbers reckoned here from the records alone."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from svcflow import language
from svcflow.core.case import Case
from svcflow.replay import Replay, read_log, read_map, replay
from svcflow.stores.base import Query
from svcflow.stores.memory import MemoryStore

HERE = Path(__file__).parents[1]
EXAMPLES = HERE / "examples" / "records"
NEW_YORK = ZoneInfo("America/New_York")
LOGS = {"service_request": "nyc311", "consumer_complaint": "cfpb", "appliance_repair": "openrepair"}


def log_of(process: str) -> Path:
    path = HERE / ".." / "shared" / "data" / f"{LOGS[process]}.sample.csv"
    if not path.exists():
        pytest.skip(f"the records are not there (../shared/data/{path.name})")
    return path


def rows(process: str) -> list[dict[str, str]]:
    with log_of(process).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def driven(process: str) -> tuple[Replay, Mapping[str, Case]]:
    """What became of the records, and the cases as a store has them."""
    path = EXAMPLES / f"{process}.map.yaml"
    log_map = read_map(path.read_bytes(), path.name)
    library = language.project(EXAMPLES / f"{process}.yaml")
    assert not log_map.strangers(library[0])
    store = MemoryStore()
    answer = replay(library, read_log(log_of(process), log_map), log_map, store=store)
    return answer, {case.id: case for case in store.cases(Query())}


@pytest.mark.parametrize("process", LOGS)
def test_the_processes_have_nothing_wrong(process: str) -> None:
    assert language.check([EXAMPLES / f"{process}.yaml"]).findings == ()


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def test_requests_are_late_when_the_city_closed_them_after_their_own_due_time() -> None:
    answer, _ = driven("service_request")
    records = {row["case_id"]: row for row in rows("service_request")}
    end = max(wall(row["closed"] or row["created"]) for row in records.values())
    backwards = {name for name, row in records.items() if row["closed"] and row["closed"] < row["created"]}
    assert {one.case for one in answer.refused} == {name for name in backwards if records[name]["status"] == "Closed"}
    late, met, running = set(), set(), set()
    for name, row in records.items():
        closed = wall(row["closed"]) if row["status"] == "Closed" and name not in backwards else None
        if row["due"] and (closed or end) > wall(row["due"]):
            late.add(name)
        elif closed is None:
            running.add(name)
        elif row["due"]:
            met.add(name)
    found = {line.case: line.clocks.get("closed_in_time") for line in answer.lines}
    assert {name for name, clock in found.items() if clock is not None and clock.late} == late
    assert len(late) > 30
    tally = answer.clocks["closed_in_time"]
    assert (tally.met, tally.late, tally.running) == (len(met), len(late), len(running))
    assert answer.ended == sum(row["status"] == "Closed" for row in records.values()) - len(answer.refused)
    ends = {line.case: line.ended_at for line in answer.lines if line.ended_at is not None}
    assert ends == {name: wall(records[name]["closed"]) for name in ends}


def test_complaints_are_sent_on_within_a_day_or_late_and_keep_the_answer_of_the_company() -> None:
    answer, cases = driven("consumer_complaint")
    records = {row["Complaint ID"]: row for row in rows("consumer_complaint")}
    assert (answer.cases, answer.refused) == (len(records), ())
    took = {
        name: datetime.fromisoformat(row["Date sent to company"]) - datetime.fromisoformat(row["Date received"])
        for name, row in records.items()
    }
    late = {line.case for line in answer.lines if line.clocks["sent_on"].late}
    assert late == {name for name, length in took.items() if length > timedelta(days=1)}
    assert 0 < len(late) < len(records)
    said = Counter(row["Company response to consumer"] for row in records.values())
    kept = Counter(case.fields["answer"] for case in cases.values())
    assert kept == {
        "explanation": said["Closed with explanation"],
        "money": said["Closed with monetary relief"],
        "other_relief": said["Closed with non-monetary relief"],
        "none_yet": said["In progress"],
    }
    assert answer.states == {"answered": len(records) - said["In progress"], "with_company": said["In progress"]}
    timely = {name for name, case in cases.items() if case.fields["timely"]}
    assert timely == {name for name, row in records.items() if row["Timely response?"] == "Yes"}


def test_repairs_end_as_the_repairers_noted_and_say_what_was_in_the_way() -> None:
    answer, cases = driven("appliance_repair")
    records = {row["id"]: row for row in rows("appliance_repair")}
    ended = Counter(row["repair_status"] for row in records.values())
    states = {"fixed": ended["Fixed"], "given_up": ended["End of life"], "brought": ended["Unknown"]}
    assert (answer.states, answer.refused) == (states, ())
    barriers = Counter(
        (row["product_category"], row["repair_barrier_if_end_of_life"].partition(" ")[0])
        for row in records.values()
        if row["repair_barrier_if_end_of_life"]
    )
    words = {"no_parts": "Spare", "no_information": "Repair", "no_equipment": "Lack", "no_way_to_open": "No",
             "worn_out": "Item"}  # fmt: skip
    found = Counter(
        (case.fields["product"], words[case.fields["barrier"]]) for case in cases.values() if "barrier" in case.fields
    )
    assert found == barriers
    lamps = [case for case in cases.values() if case.fields["product"] == "Lamp"]
    assert sum(case.state == "fixed" for case in lamps) == sum(
        row["repair_status"] == "Fixed" for row in records.values() if row["product_category"] == "Lamp"
    )
