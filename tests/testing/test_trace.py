"""A trace survives JSON, and of whatever else stands where one should be, what is wrong is told with its place."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from svcflow.core.event import Actor, Qualification
from svcflow.errors import InputError
from svcflow.testing import trace as words
from svcflow.testing.coverage.tally import Coverage
from svcflow.testing.together import Program
from svcflow.testing.trace import COMMANDS, Trace

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LI = Actor("li", {"agent"}, {"north"}, "wang", {"electrician": Qualification(2, START)})
WHOLE = Trace("repair", START, (
    words.Open("repair", {"price": Decimal("1.50"), "day": date(2026, 3, 2)}, LI, "c-1", "k-1"),
    words.Send("accept", {"tags": ("a", "b")}, LI, "c-1", "k-2"),
    words.Note("good", LI, "c-1", "k-3"),
    words.Erase("asked for", LI, "c-1", ("phone",)),
    words.Wait(START, prompt=False),
    words.Skew(timedelta(seconds=-1)),
    words.Work(1),
    words.Hook("raises", "call"),
    words.Crash(1),
    words.Restart(),
    words.Recalendar((date(2026, 5, 1),)),
    words.Migrate(),
))  # fmt: skip
PLAIN = json.loads(json.dumps(WHOLE.to_json()))

STRANGE: tuple[object, ...] = (
    None, True, 0, -1, 1.5, float("inf"), 10**30, "", "x", "\0", "\ud800", "2026-03-02T09:00:00",
    "0001-01-01T00:00:00+14:00", [], [1], ["a"], [[]], {}, {"a": 1}, {"decimal": "x"}, {"file": [1, 2, 3, 4]},
    {"id": None}, {"id": "li", "roles": "agent"}, {"e": {"level": "x"}}, {"e": {"level": 10**9}},
    {"e": {"until": None}},
)  # fmt: skip


def test_a_trace_of_all_kinds_of_commands_survives_json() -> None:
    assert {type(command) for command in WHOLE.commands} == set(COMMANDS.values())
    assert Trace.from_json(PLAIN) == WHOLE


def _places(data: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield place
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from _places(value, (*place, key))


def _changed(place: tuple[str | int, ...], value: object) -> Any:  # noqa: ANN401 - JSON
    if not place:
        return value
    whole = json.loads(json.dumps(PLAIN))
    around = whole
    for key in place[:-1]:
        around = around[key]
    around[place[-1]] = value
    return whole


@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_whatever_stands_somewhere_in_it_it_is_a_trace_that_survives_json_or_one_clear_error(value: object) -> None:
    for place in _places(PLAIN):
        data = _changed(place, value)
        try:
            found = Trace.from_json(data)
        except InputError as problem:
            told = str(problem)
            assert len(told) < 300
            if len(place) > 1:
                assert told.startswith(f"command {int(place[1]) + 1} cannot be read: `")
            if len(place) > 2:
                assert f" `{place[2]}`" in told
        else:
            assert Trace.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        (("start",), "soon", "`start`: an instant such as 2026-03-02T09:00:00+00:00 is wanted, not 'soon'"),
        (("process",), "\0", "`process`: a text with a NUL character cannot be kept"),
        (("commands", 0, "actor", "qualifications", "electrician", "level"), "2",
         "command 1 cannot be read: `actor`: `qualifications`: `electrician`: `level` must be a whole number, not str"),
        (("commands", 0, "actor", "qualifications", "electrician"), {"levle": 2},
         "a qualification such as {level: 2, until: 2026-03-02T09:00:00+00:00} is wanted, not {'levle': 2}"),
        (("commands", 0, "actor", "qualifications"), 3, "qualifications such as {electrician: {level: 2}} is wanted"),
        (("commands", 0, "actor", "roles"), "agent", "`actor`: `roles`: a list of texts is wanted, not 'agent'"),
        (("commands", 1, "fields", "tags"), 1.5, "command 2 cannot be read: `fields`: `tags`: a value of type float"),
        (("commands", 1, "case"), 7, "command 2 cannot be read: `case`: a text is wanted, not 7"),
        (("commands", 4, "prompt"), 1, "command 5 cannot be read: `prompt`: true or false is wanted, not 1"),
        (("commands", 7, "how"), "dies", "command 8 cannot be read: `how`: one of ok, raises, timeout is wanted"),
        (("commands", 8, "moment"), "1", "command 9 cannot be read: `moment`: a whole number is wanted, not '1'"),
        (("commands", 10, "dates"), ["May"], "command 11 cannot be read: `dates`: "),
        (("commands", 9, "do"), ["restart"], "command 10 cannot be read: `do` must be one of open, send"),
        (("commands", 9, "now"), True, "command 10 cannot be read: `restart` has no `now`; it has "),
    ],
)  # fmt: skip
def test_an_error_says_where_it_is_and_what_is_wanted(place: tuple[str | int, ...], value: object, why: str) -> None:
    with pytest.raises(InputError) as problem:
        Trace.from_json(_changed(place, value))
    assert why in str(problem.value)


def test_the_error_of_a_program_names_the_party() -> None:
    before = {**PLAIN, "commands": []}
    with pytest.raises(InputError, match="li: command 1 cannot be read: `text`: a text is wanted, not 3"):
        Program.from_json({"before": before, "parties": {"li": [{"do": "note", "text": 3}]}})


@pytest.mark.parametrize("runs", STRANGE, ids=repr)
def test_a_coverage_with_strange_counts_is_told(runs: object) -> None:
    data = {"svcflow": "coverage", "format": 1, "runs": runs, "processes": {"x": {"states": {"new": runs}}}}
    if isinstance(runs, (bool, int)):
        assert Coverage.from_json(data).runs == int(runs)
    elif not isinstance(runs, float) or runs == float("inf"):
        with pytest.raises(InputError, match="this coverage cannot be read"):
            Coverage.from_json(data)
