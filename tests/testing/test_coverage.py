"""
Coverage counts what runs do: judged by runs made by hand, and by counting journals another way.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow import catalog
from svcflow.core.event import Actor
from svcflow.errors import InputError
from svcflow.testing import Drawing, FakeHooks, Stage, Trace, random_traces, run
from svcflow.testing.coverage.items import Items, Kind, Known, known
from svcflow.testing.coverage.report import Part, thresholds
from svcflow.testing.coverage.tally import Coverage
from svcflow.testing.step import Course
from svcflow.testing.trace import Command, Hook, Open, Send, Wait, Work
from testing.kit import AGENT, CHIEF, OWNER, WORKSHOP

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPENED = Open("workshop", {"owner": "otto"}, AGENT)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    path = tmp_path_factory.mktemp("coverage") / "workshop.yaml"
    path.write_text(WORKSHOP, encoding="utf-8")
    return Stage.of(path)


@pytest.fixture(scope="module")
def items(stage: Stage) -> Mapping[Kind, Mapping[str, Known]]:
    return Items(stage.process, known(stage.process)).all()


def _run(stage: Stage, *commands: Command, host: FakeHooks | None = None) -> Course:
    return run(stage, Trace("workshop", START, commands), properties=(), host=host)


def _seen(coverage: Coverage, kind: Kind) -> dict[str, int]:
    kinds = coverage.to_json()["processes"].get("workshop", {})
    return dict(kinds.get(kind, {}))


def _covered(stage: Stage, *commands: Command, host: FakeHooks | None = None) -> Coverage:
    coverage = Coverage()
    coverage.add(_run(stage, *commands, host=host))
    return coverage


def _at(**length: int) -> datetime:
    return START + timedelta(**length)


def test_states_moves_and_pairs_are_counted_as_often_as_they_happen(stage: Stage) -> None:
    coverage = _covered(stage, OPENED, Send("quote", {"price": 9}, AGENT), Send("agree", {}, OWNER),
                        Send("close", {}, AGENT))  # fmt: skip
    assert _seen(coverage, "transitions") == {
        "waiting: quote -> asked": 1, "asked: agree -> bench": 1, "bench: close -> closed": 1
    }  # fmt: skip
    assert _seen(coverage, "pairs") == {
        "waiting: quote -> asked, then asked: agree -> bench": 1,
        "asked: agree -> bench, then bench: close -> closed": 1,
    }
    assert set(_seen(coverage, "states")) == {"waiting", "asked", "bench", "closed"}
    assert _seen(coverage, "ends") == {"closed": 1}


def test_a_condition_counts_on_the_side_it_came_out_where_it_was_asked(stage: Stage) -> None:
    coverage = _covered(stage, OPENED, Send("start", {}, AGENT))
    start = "waiting: start -> {0}: {1}"
    assert _seen(coverage, "guards") == {
        start.format("bench if ready", "false"): 1, start.format("asked if price > 100", "false"): 1
    }  # fmt: skip
    assert _seen(coverage, "refusals") == {"no_alternative": 1}


def test_refusals_are_counted_by_their_kind(stage: Stage) -> None:
    coverage = _covered(
        stage, Open("workshop", {}, CHIEF), OPENED, Send("quote", {}, AGENT), Send("agree", {}, AGENT),
        Send("quote", {"price": 9}, CHIEF), Send("sing", {}, AGENT),
    )  # fmt: skip
    assert _seen(coverage, "refusals") == {"forbidden": 2, "form": 1, "not_here": 1, "unknown_event": 1}


def test_a_timer_is_fired_or_cancelled(stage: Stage) -> None:
    quoted = (OPENED, Send("quote", {"price": 9}, AGENT))
    assert _seen(_covered(stage, *quoted, Wait(_at(days=2))), "timers") == {"after:asked:1d fired": 1}
    assert _seen(_covered(stage, *quoted, Send("agree", {}, OWNER)), "timers") == {"after:asked:1d cancelled": 1}


def test_a_clock_is_met_late_paused_resumed_and_late_when_resumed(stage: Stage) -> None:
    quoted, agreed = Send("quote", {"price": 9}, AGENT), Send("agree", {}, OWNER)
    closed = Send("close", {}, AGENT)
    assert _seen(_covered(stage, OPENED, quoted, agreed, closed), "clocks") == {
        "clock:repair paused": 1, "clock:repair resumed": 1, "clock:repair met": 1
    }  # fmt: skip
    assert _seen(_covered(stage, OPENED, Wait(_at(hours=3))), "clocks") == {"clock:repair late": 1}
    late = _covered(stage, OPENED, Wait(_at(hours=1)), quoted, Wait(_at(hours=9)), agreed, Wait(_at(hours=11)))
    assert _seen(late, "clocks") == {
        "clock:repair paused": 1, "clock:repair resumed": 1, "clock:repair late": 1, "clock:repair late when resumed": 1
    }  # fmt: skip
    early = _covered(stage, OPENED, Wait(_at(hours=3)), quoted, agreed, Wait(_at(hours=5)))
    assert "clock:repair late when resumed" not in _seen(early, "clocks")


def test_escalation_steps_and_what_became_of_calls(stage: Stage) -> None:
    host = FakeHooks(warn=["raises", "ok"])
    coverage = _covered(stage, OPENED, Hook("timeout", "shout"), Wait(_at(hours=5)), Work(), host=host)
    assert _seen(coverage, "escalations") == {"clock:repair 50%": 1, "clock:repair 100%": 1}
    assert _seen(coverage, "hooks").keys() >= {"warn raises", "warn ok", "shout timeout"}


def test_roles_and_person_fields_count_where_they_open_a_door(stage: Stage) -> None:
    both = Actor("ann", roles={"agent", "chief"})
    coverage = _covered(stage, OPENED, Send("quote", {"price": 9}, both), Send("agree", {}, OWNER))
    assert _seen(coverage, "roles") == {"agent": 2, "owner": 1}


def _part(stage: Stage, coverage: Coverage) -> Part:
    (part,) = coverage.report([stage.process]).parts
    return part


def _status(part: Part, kind: Kind) -> dict[str, str]:
    return {item.name: item.status for item in part.items if item.kind == kind}


def test_an_item_is_covered_uncovered_proved_unreachable_or_unknown(stage: Stage) -> None:
    part = _part(stage, _covered(stage, OPENED, Send("quote", {"price": 9}, AGENT)))
    assert _status(part, "states") == {
        "waiting": "covered", "asked": "covered", "bench": "uncovered", "nowhere": "uncovered",
        "closed": "uncovered", "lost": "uncovered",
    }  # fmt: skip
    moves = _status(part, "transitions")
    assert moves["waiting: quote -> asked"] == "covered"
    assert moves["bench: close -> closed"] == "uncovered"
    assert moves["bench: auto -> nowhere if forced"] == "unreachable"
    assert _status(part, "clocks")["clock:repair late when resumed"] == "unknown"
    pairs = _status(part, "pairs")
    assert pairs["waiting: quote -> asked, then asked: agree -> bench"] == "uncovered"
    assert "waiting: quote -> asked, then bench: close -> closed" not in pairs


def test_a_threshold_counts_what_is_unreachable_as_done(stage: Stage) -> None:
    coverage = Coverage()
    quote, agree = Send("quote", {"price": 9}, AGENT), Send("agree", {}, OWNER)
    scrap = Send("scrap", {}, CHIEF)
    for commands in (
        (quote, agree, Send("close", {}, AGENT)),
        (quote, agree, scrap, Send("drop", {}, CHIEF)),
        (quote, Wait(_at(days=3))),
    ):
        coverage.add(_run(stage, OPENED, *commands))
    (short,) = coverage.report([stage.process]).shortfalls(thresholds("transitions=100, states=100"))
    assert short.share == 88
    assert "waiting: start -> bench if ready" in str(short)
    assert coverage.report([stage.process]).shortfalls({"transitions": 88}) == ()


def test_thresholds_are_read_and_a_wrong_one_is_told() -> None:
    assert thresholds("transitions=100, states=90") == {"transitions": 100, "states": 90}
    assert thresholds("80") == {"states": 80, "transitions": 80}
    with pytest.raises(InputError, match="did you mean states"):
        thresholds("state=90")
    with pytest.raises(InputError, match="number up to 100"):
        thresholds("states=many")


def test_the_text_says_what_is_missing(stage: Stage) -> None:
    text = _covered(stage, OPENED).report([stage.process]).text()
    assert text.startswith("Coverage of workshop, 1 run\n")
    assert "  transitions that are missing:\n    waiting: quote -> asked\n" in text


def test_what_others_counted_is_added_up_through_json(stage: Stage) -> None:
    one, other = _covered(stage, OPENED), _covered(stage, OPENED, Send("quote", {"price": 9}, AGENT))
    sum_ = Coverage.from_json(one.to_json())
    sum_.merge(Coverage.from_json(other.to_json()))
    assert sum_.runs == 2
    assert sum_.count("workshop", "states", "waiting") == 2
    assert sum_.count("workshop", "transitions", "waiting: quote -> asked") == 1


@pytest.mark.parametrize("data", [None, {}, {"svcflow": "coverage", "format": 1}, {
    "svcflow": "coverage", "format": 1, "runs": 1, "processes": {"x": {"colours": {}}},
}])  # fmt: skip
def test_other_json_is_refused(data: object) -> None:
    with pytest.raises(InputError, match="coverage"):
        Coverage.from_json(data)


_SENDS = st.builds(
    Send,
    st.sampled_from(["quote", "start", "agree", "close", "scrap", "drop"]),
    st.sampled_from([{}, {"price": 9}, {"price": 200}]),
    st.sampled_from([AGENT, CHIEF, OWNER]),
)
_WAITS = st.builds(Wait, st.integers(0, 80).map(lambda hours: _at(hours=hours)), st.booleans())


@given(st.lists(st.one_of(_SENDS, _WAITS), max_size=12))
def test_the_numbers_are_those_of_the_journals(stage: Stage, commands: list[Command]) -> None:
    course = _run(stage, OPENED, *commands)
    coverage = Coverage()
    coverage.add(course)
    entries = [entry for step in course.steps for entry in step.entries]
    names = {"waiting/start/bench": "waiting: start -> bench if ready",
             "waiting/start/asked": "waiting: start -> asked if price > 100",
             "bench/scrap/nowhere": "bench: scrap -> nowhere if price > 5"}  # fmt: skip
    taken = [one for entry in entries for move in entry.moves for one in move.taken]
    named = Counter(names.get(one, "{}: {} -> {}".format(*one.split("/"))) for one in taken)
    named = Counter({name.replace("after.", ""): count for name, count in named.items()})
    assert Counter(_seen(coverage, "transitions")) == named
    assert sum(_seen(coverage, "pairs").values()) == max(0, len(taken) - 1)
    fired = Counter(f"{entry.name} fired" for entry in entries if entry.name.startswith("after:"))
    armed = sum(move.entered == ("asked",) for entry in entries for move in entry.moves)
    timers = Counter(_seen(coverage, "timers"))
    assert timers["after:asked:1d fired"] == sum(fired.values())
    standing = "asked" in course.steps[-1].after["case"].states
    assert timers["after:asked:1d cancelled"] == armed - sum(fired.values()) - standing
    refused = Counter(step.refusal.code for step in course.steps if step.refusal is not None)
    assert Counter(_seen(coverage, "refusals")) == refused


@given(st.lists(st.one_of(_SENDS, _WAITS), max_size=12))
def test_whatever_is_met_is_something_there_is_to_cover(
    stage: Stage, items: Mapping[Kind, Mapping[str, Known]], commands: list[Command]
) -> None:
    coverage = _covered(stage, OPENED, *commands)
    for kind, names in items.items():
        assert _seen(coverage, kind).keys() <= names.keys()
        assert all(names[name] != "unreachable" for name in _seen(coverage, kind))


def test_every_move_in_the_journals_of_runs_with_faults_is_counted_once() -> None:
    stage = Stage.of(catalog.callback)
    coverage, taken = Coverage(), 0
    drawing = Drawing.of(stage, weights={"migrate": 8, "recalendar": 8})
    for trace in islice(random_traces(drawing, seed=5), 25):
        course = run(stage, trace, properties=())
        coverage.add(course)
        taken += sum(len(move.taken) for step in course.steps for entry in step.entries for move in entry.moves)
    counted = coverage.to_json()["processes"]["callback"]["transitions"]
    assert sum(counted.values()) == taken > 25
