"""
A story passes when all is as it says, and stops at the first step at which something is not, with what is instead.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stories.workshop import HANDED_OVER, HEAD, OPENED, Teller
from svcflow import stories


def told(workshop: Teller, said: str) -> str:
    steps = f"{OPENED}- {{at: 10:30, by: li, send: hand_over, with: {{owner: wang}}}}\n- {{{said}}}\n"
    result = workshop.tell(steps)
    assert result.line == (0 if result.passed else 8)
    return "\n".join(f"{miss.what}: {miss.expected}, not {miss.actual}" for miss in result.misses)


@pytest.mark.parametrize(
    ("said", "missed"),
    [
        ("state: work", ""),
        ("state: bench", ""),
        ("state: work.bench", ""),
        ("state: received", "state: received, not work.bench"),
        ("fields: {owner: wang}", ""),
        ("fields: {owner: li}", "owner: li, not wang"),
        ('fields: {price: ""}', ""),
        ("fields: {price: 3}", "price: 3, not empty"),
        ('fields: {owner: ""}', "owner: empty, not wang"),
        ("clocks: {solved: running}", ""),
        ("clocks: {solved: paused}", "solved: paused, not running"),
        ("clocks: {solved: [running, late]}", "solved: running and late, not running"),
        ("clocks: {solved: {due: 2026-03-09 17:00}}", ""),
        ("clocks: {solved: {due: 2026-03-09T09:00Z}}", ""),
        ("clocks: {solved: {due: 2026-03-09 17:01}}", "due of solved: 2026-03-09 17:01, not 2026-03-09 17:00"),
        ("clocks: {solved: {remaining: 6h 30min}}", ""),
        ("clocks: {solved: {remaining: 6h 29min}}", "solved remaining: 6h 29min, not 6h 30min"),
        ("clocks: {solved: {elapsed: 90min}}", ""),
        ("clocks: {solved: {elapsed: 2h}}", "solved elapsed: 2h, not 1h 30min"),
        ("clocks: {received: [stopped, met]}", ""),
        ("clocks: {received: late}", "received: late, not stopped and met"),
        ("cases: {survey: calling}", "case of survey: calling, not none was opened"),
    ],
)  # fmt: skip
def test_what_a_step_says_of_the_case_must_be_so(workshop: Teller, said: str, missed: str) -> None:
    assert told(workshop, said) == missed


@pytest.mark.parametrize(
    ("said", "missed"),
    [
        ("does: {notify: owner}", ""),
        ("does: {notify: wang}", ""),
        ("does: {notify: {owner: yours}}", ""),
        ("does: {notify: {owner: mine}}", "notify owner: told mine, not told yours"),
        ("does: {notify: lead}", "notify lead: told, not this step did notify wang"),
        ("does: {hook: ring}", "hook ring: called, not this step did notify wang"),
        ("does: {start: survey}", "start survey: opened, not not opened"),
    ],
)
def test_what_a_step_does_must_have_happened_in_this_very_step(workshop: Teller, said: str, missed: str) -> None:
    steps = f"{OPENED}- {{by: li, send: hand_over, with: {{owner: wang}}, {said}}}\n"
    misses = workshop.tell(steps).misses
    assert "\n".join(f"{miss.what}: {miss.expected}, not {miss.actual}" for miss in misses) == missed
    later = workshop.tell(f"{HANDED_OVER}- {{after: 1min, {said}}}\n")
    assert [miss.actual for miss in later.misses][:1] in (["this step did nothing"], ["not opened"])


def test_the_arguments_of_a_hook_are_what_a_story_says(workshop: Teller) -> None:
    order = f"{HANDED_OVER}- {{by: wang, send: order, with: {{parts: [fan, belt]}}, does: {{hook: {{order: %s}}}}}}\n"
    assert workshop.tell(order % "{parts: [fan, belt], owner: wang}").passed
    (miss,) = workshop.tell(order % "{parts: [fan]}").misses
    assert (miss.expected, miss.actual) == ("called with parts: ['fan']", "called with parts: fan, belt")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("by: wang, send: refuse", "by"),
        ("by: wang, send: refuse", "forbidden"),
        ("by: wang, send: done", "not_here"),
        ("by: li, send: hand_over", "form"),
        ("by: li, send: hand_over", "{form: owner}"),
        ("by: li, send: hand_over, with: {owner: wang, price: much}", "{form: [price]}"),
        ("by: li, send: dear, with: {price: 3}", "no_alternative"),
    ],
)
def test_a_refusal_is_expected_with_its_reason(workshop: Teller, step: str, reason: str) -> None:
    assert workshop.tell(f"{OPENED}- {{{step}, refused: {reason}, state: received}}\n").passed


def test_a_case_that_waits_refuses_and_says_so(workshop: Teller) -> None:
    order = f"{HANDED_OVER}- {{by: wang, send: order, with: {{parts: fan}}}}\n"
    assert workshop.tell(f"{order}- {{by: wang, send: come, refused: waiting}}\n").passed
    assert workshop.tell(f"{order}- {{after: 1d, by: wang, send: come, state: bench}}\n").passed


def test_who_worked_may_not_judge_and_nobody_in_his_place(workshop: Teller) -> None:
    done = f"{HANDED_OVER}- {{by: wang, send: done, does: {{start: survey}}, cases: {{survey: calling}}}}\n"
    assert workshop.tell(f"{done}- {{in: survey, by: wang, send: praise, refused: by}}\n").passed
    assert workshop.tell(f"{done}- {{in: survey, by: wu, send: praise, refused: not_by}}\n").passed
    assert workshop.tell(f"{done}- {{in: survey, by: cai, send: praise}}\n").passed


@pytest.mark.parametrize(
    ("step", "missed"),
    [
        ("by: li, send: refuse, refused: by", ("refuse", "refused (by)", "accepted")),
        ("by: wang, send: refuse", ("refuse", "accepted", "refused (forbidden: agent)")),
        ("by: wang, send: refuse, refused: not_by", ("refuse", "refused (not_by)", "refused (forbidden: agent)")),
        ("by: li, send: hand_over, refused: {form: price}",
         ("hand_over", "refused for price", "refused (form: owner must be filled in)")),
        ("by: li, send: dear, with: {price: 3}",
         ("dear", "accepted", "refused (no_alternative: received/dear/refused needs price > 100)")),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_as_the_story_says_is_told_with_its_reason(
    workshop: Teller, step: str, missed: tuple[str, str, str]
) -> None:
    (miss,) = workshop.tell(f"{OPENED}- {{{step}}}\n").misses
    assert (miss.what, miss.expected, miss.actual) == missed
    assert miss.line == 7


def test_what_a_step_misses_is_told_in_the_order_of_its_lines(workshop: Teller) -> None:
    steps = f"{OPENED}- by: li\n  send: refuse\n  does: {{notify: lead}}\n  fields: {{price: 3}}\n  state: work\n"
    misses = workshop.tell(steps).misses
    assert [miss.what for miss in misses] == ["notify lead", "price", "state"]
    assert [miss.line for miss in misses] == sorted(miss.line for miss in misses)


def test_a_case_that_cannot_be_opened_ends_the_story_there(workshop: Teller) -> None:
    result = workshop.tell("steps: [{by: wang, open: {customer: acme}}, {state: received}]\n")
    assert [miss.actual for miss in result.misses] == ["refused (forbidden: agent)"]
    assert workshop.tell("steps: [{by: wang, open: {customer: acme}, refused: by}]\n").passed
    missing = workshop.tell("steps: [{by: wang, open: {customer: acme}, refused: by}, {by: li, send: refuse}]\n")
    assert [miss.actual for miss in missing.misses] == ["the case is not open"]


@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("at: 2026-03-10 08:00", "2026-03-10T00:00"),
        ("at: 2026-03-10T08:00+00:00", "2026-03-10T08:00"),
        ("at: 09:00", "2026-03-09T01:00"),
        ("at: 08:59", "2026-03-10T00:59"),
        ("at: mon 09:00", "2026-03-09T01:00"),
        ("at: mon 08:00", "2026-03-16T00:00"),
        ("at: sun 08:00", "2026-03-15T00:00"),
        ("after: 2h", "2026-03-09T03:00"),
        ("after: 9h on office", "2026-03-10T02:00"),
        ("after: 1w", "2026-03-16T01:00"),
        ("after: 1mo", "2026-04-09T01:00"),
        ("until: refused", None),
    ],
)  # fmt: skip
def test_a_step_happens_when_it_says(workshop: Teller, when: str, then: str | None) -> None:
    result = workshop.tell(f"{OPENED}- {{{when}, by: li, send: refuse}}\n")
    if then is None:
        assert [miss.actual for miss in result.misses] == ["received, and nothing more happens by itself"]
    else:
        assert result.course[-1].entry.at == datetime.fromisoformat(then).replace(tzinfo=UTC)


def test_waiting_for_a_state_lets_timers_fire_one_after_another(workshop: Teller) -> None:
    steps = f"{HANDED_OVER}- {{by: wang, send: order, with: {{parts: fan}}}}\n- {{until: bench}}\n- {{at: 09:00}}\n"
    result = workshop.tell(steps)
    assert result.passed
    assert [one.entry.kind for one in result.course][-1] == "timer"
    assert result.course[-1].entry.at == datetime(2026, 3, 16, 1, tzinfo=UTC)


def test_time_ends_with_the_last_year_that_there_is(workshop: Teller) -> None:
    head = HEAD.replace("2026-03-09 09:00", "9999-12-30 09:00")
    for when in ("at: 08:00", "after: 3d", "after: 9h on office"):
        (miss,) = stories.run(workshop.read(f"{OPENED}- {{at: 9999-12-31 09:00}}\n- {{{when}}}\n", head)).misses
        assert miss.line == 8


def test_a_step_cannot_happen_before_the_one_above(workshop: Teller) -> None:
    (miss,) = workshop.tell(f"{OPENED}- {{after: 1d}}\n- {{at: 2026-03-09 10:00}}\n").misses
    assert (miss.line, miss.what, miss.expected) == (8, "at", "2026-03-09 10:00")
    assert miss.actual == "the step above is at 2026-03-10 09:00"


@pytest.mark.parametrize(
    ("never", "line"),
    [
        ("{state: work}", "state work"),
        ("{state: refused}", None),
        ("{hook: order}", "hook order"),
        ("{hook: ring}", "hook ring"),
        ("{notify: owner}", "notify owner"),
        ("{notify: agent}", None),
        ("{start: survey}", "start survey"),
        ("{start: note}", None),
        ("{late: solved}", "solved late"),
        ("{late: received}", None),
    ],
)
def test_what_must_never_happen_is_told_with_its_time(workshop: Teller, never: str, line: str | None) -> None:
    steps = (
        f"never: {never}\n{HANDED_OVER}- {{by: wang, send: order, with: {{parts: fan}}}}\n"
        "- {until: bench}\n- {by: wang, send: done}\n- {in: survey, by: cai, send: praise, state: good}\n"
        "- {state: returned}\n"
    )
    misses = workshop.tell(steps).misses
    assert [(miss.line, miss.what, miss.expected) for miss in misses] == ([] if line is None else [(5, line, "never")])
    assert all(miss.actual.startswith("at 2026-03-") for miss in misses)


def test_a_case_that_another_one_started_can_be_spoken_of(workshop: Teller) -> None:
    steps = (
        f"{HANDED_OVER}- {{by: wang, send: done}}\n- {{in: survey, by: cai, send: grumble, does: {{start: note}}}}\n"
        "- {state: bench, cases: {note: written, survey: bad}}\n- {in: note, by: bo, send: file, state: filed}\n"
        "- {by: wang, send: done}\n- {in: survey, state: calling}\n"
    )
    assert workshop.tell(steps).passed
    (miss,) = workshop.tell(steps.replace("note: written", "note: filed")).misses
    assert (miss.what, miss.expected, miss.actual) == ("state of note", "filed", "written")


def test_a_private_value_is_not_among_the_arguments_of_a_hook(workshop: Teller) -> None:
    opened = "{by: li, open: {customer: acme, phone: 555-0100}, fields: {phone: 555-0100}}"
    steps = f"steps: [{opened}, {{at: 11:01, does: {{hook: {{ring: %s}}}}}}]"
    assert workshop.tell(steps % "{phone: ''}").passed
    assert not workshop.tell(steps % "{phone: 555-0100}").passed


def test_times_without_a_zone_are_those_of_the_process_and_files_are_only_named(workshop: Teller) -> None:
    steps = (
        "steps: [{by: li, open: {customer: acme, visit: 2026-03-10 14:00}, fields: {visit: 2026-03-10T06:00+00:00}}, "
        "{by: li, send: hand_over, with: {owner: wang, photos: [a.jpg, b.jpg]}, fields: {photos: [a.jpg, b.jpg]}}]"
    )
    assert workshop.tell(steps).passed
    (miss,) = workshop.tell(steps.replace("b.jpg]}}", "c.jpg]}}")).misses
    assert (miss.expected, miss.actual) == ("a.jpg, c.jpg", "a.jpg, b.jpg")


def test_a_story_always_comes_out_the_same(workshop: Teller) -> None:
    story = f"{HANDED_OVER}- {{by: wang, send: done}}\n- {{after: 3w, state: check}}\n"
    assert workshop.tell(story) == workshop.tell(story)


SAMPLED = """
process: sampled
version: 1
roles: [engineer, boss]
states:
  repair: {by: engineer, events: {done: {to: [{to: inspected, share: 1%}, closed]}}}
  inspected: {by: boss, events: {passed: closed}}
  closed: {end: done}
"""


@pytest.mark.requirement("R026", "R106")
@pytest.mark.parametrize(
    ("drawn", "state"), [("", "closed"), ("drawn: true\n", "inspected"), ("drawn: false\n", "closed")]
)
def test_a_story_says_whether_its_case_is_drawn(tmp_path: Path, drawn: str, state: str) -> None:
    (tmp_path / "sampled.yaml").write_text(SAMPLED, encoding="utf-8")
    story = tmp_path / "one.yaml"
    story.write_text(
        f"story: a sample\nprocess: sampled\nstart: 2026-03-09 09:00\n{drawn}people: {{wu: engineer}}\n"
        f"steps: [{{by: wu, open: {{}}}}, {{by: wu, send: done, state: {state}}}]\n",
        encoding="utf-8",
    )
    assert stories.run(stories.read(story)).misses == ()


def test_a_case_that_nobody_finds_in_no_share_is_so_in_as_many_lists_as_it_can_be(tmp_path: Path) -> None:
    rare = "{to: [{to: work, share: 99%}, closed]}"
    (tmp_path / "rare.yaml").write_text(
        f"process: rare\nversion: 1\nroles: [engineer]\nstates:\n"
        f"  work: {{by: engineer, events: {{first: {rare}, second: {rare}, third: {rare}}}}}\n"
        "  closed: {end: done}\n",
        encoding="utf-8",
    )
    ends = []
    for event in ("first", "second", "third"):
        story = tmp_path / f"{event}.yaml"
        story.write_text(
            "story: a rare case\nprocess: rare\nstart: 2026-03-09 09:00\npeople: {wu: engineer}\n"
            f"steps: [{{by: wu, open: {{}}}}, {{by: wu, send: {event}, state: closed}}]\n",
            encoding="utf-8",
        )
        ends.append(stories.run(stories.read(story)).passed)
    assert sorted(ends) == [False, True, True]
