"""
`cases`, `show` and `journal`: what people and programs see of a case, and what they do not.
"""

import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.shop import AGENT, STORE, Command, told
from svcflow import Actor, Engine, ManualClock
from svcflow.cli.failures import WRONG_USE
from svcflow.cli.output import clean
from svcflow.cli.screen_words import CHINESE, said
from svcflow.diagram.lengths import length

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)  # 09:00 in Shanghai, when the shop opens.
LI, KIM = Actor("li", {"agent"}), Actor("kim", {"engineer"})


@pytest.fixture
def week(shop: Command) -> Command:
    """
    Three cases of one Monday: one at rest, one under repair, one refused.
    """
    clock = ManualClock(MONDAY)
    with Engine(STORE, clock=clock, random=Random(1)) as engine:
        for id_, fault in (("case-aa", "no picture"), ("case-ab", "没有图像"), ("case-b", "loud")):
            engine.open("shop", {"customer": "acme", "fault": fault, "phone": "555-0199"}, actor=LI, id=id_)
            clock.advance(timedelta(minutes=10))
        engine.send("case-ab", "hand_over", {"owner": "kim", "price": "120"}, actor=LI)
        engine.note("case-ab", "the customer rang", actor=LI)
        engine.send("case-b", "refuse", actor=LI)
        clock.advance(timedelta(hours=3))
        engine.tick()
    return shop


def ids(week: Command, *arguments: str) -> list[str]:
    return [one["id"] for one in week("cases", *arguments, "--format", "json").data]


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


# ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["case-aa", "case-ab", "case-b"]),
        ("--status open", ["case-aa", "case-ab"]),
        ("--status cancelled", ["case-b"]),
        ("--state repairing", ["case-ab"]),
        ("--process shop --where owner=kim", ["case-ab"]),
        ("--where owner= --status open", ["case-aa"]),
        ("--where price=120", ["case-ab"]),
        ("--where phone=555-0199", []),
        ("--process other", []),
        ("--limit 1", ["case-aa"]),
        ("--limit 1 --after case-aa", ["case-ab"]),
        ("--order moved --limit 0", ["case-ab", "case-b", "case-aa"]),
        ("--late --at 2026-03-02T11:00:00+08:00", []),
        ("--late --at 2026-03-02T11:00:01+08:00", ["case-aa"]),
        ("--late --at 2026-03-10T09:00+08:00 --order due", ["case-aa", "case-ab"]),
        ("--waiting-for agent", ["case-aa"]),
        ("--waiting-for kim --limit 1", ["case-ab"]),
        ("--waiting-for engineer", []),
        ("--since 2026-03-02T09:29+08:00", []),
        ("--since 2026-03-02T09:30+08:00", ["case-ab", "case-b"]),
        ("--since 2026-03-02T09:30+08:00 --limit 1", ["case-ab"]),
        ("--since 2026-03-02T09:30+08:00 --waiting-for agent", []),
        ("--late --waiting-for agent --since 2026-03-09T09:00+08:00 --at 2026-03-10T09:00+08:00", ["case-aa"]),
    ],
)
def test_cases_are_found_by_all_that_is_asked(week: Command, asked: str, found: list[str]) -> None:
    assert ids(week, *asked.split()) == found


def test_a_page_says_where_the_next_one_begins(week: Command) -> None:
    done = week("cases", "--limit", "2")
    assert done.err == "there are more: `--after case-ab` goes on, `--limit 0` shows all\n"
    assert week("cases", "--limit", "3").err == ""
    assert "`--after case-ab`" in week("cases", "--since", "2026-03-02T09:30+08:00", "--limit", "1").err
    assert week("cases", "--waiting-for", "kim", "--limit", "1").err == ""


def test_a_list_says_when_each_case_is_due_and_which_is_late(week: Command) -> None:
    first, second, third = week("cases", "--at", "2026-03-02T12:00+08:00", "--format", "json").data
    assert (first["due"], first["late"]) == ("2026-03-02T03:00:00+00:00", True)
    assert (second["due"], second["late"]) == ("2026-03-03T01:10:00+00:00", False)
    assert (third["due"], third["late"]) == (None, False)


def test_a_list_for_people_names_the_zone_once(week: Command) -> None:
    head, first, *_ = week("cases", "--at", "2026-03-02T12:00+08:00").out.splitlines()
    assert "DUE (Asia/Shanghai)" in head
    assert "Mon 2026-03-02 11:00 late" in first


def test_columns_line_up_under_chinese_titles(week: Command) -> None:
    lines = week("cases", "--language", "zh").out.splitlines()
    begins = {width(line[: line.index("Mon 2026")]) for line in lines[1:] if "Mon 2026" in line}
    states = {
        width(line[: line.index(word)]) for line, word in zip(lines[1:], ("已受理", "维修中", "不予受理"), strict=True)
    }
    assert "维修店" in lines[1]
    assert (len(states), len(begins)) == (1, 2)  # A case that is over has no due time: its line begins with the other.


def test_no_case_is_said_and_no_failure(week: Command) -> None:
    done = week("cases", "--state", "check")
    assert (done.status, done.out, done.err) == (0, "", "no such case\n")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("--at yesterday", "is not a time"),
        ("--at 2026-03-02T12:00", "does not say its time zone"),
        ("--at 0001-01-01T00:00+14:00", "is not a time"),
        ("--where owner", "is no FIELD=VALUE"),
        ("--after nobody", "no case with id 'nobody'"),
        ("--limit -1", "--limit"),
        ("--language fr", "'fr' is not one of the languages en, zh"),
    ],
)
def test_what_cannot_be_asked_is_wrong_use(week: Command, wrong: str, said: str) -> None:
    done = week("cases", *wrong.split())
    assert done.status == WRONG_USE
    assert said in told(done)[0]


# ── show ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_beginning_of_an_id_is_enough_to_look(week: Command) -> None:
    assert week("show", "case-b", "--format", "json").data["id"] == "case-b"
    assert week("journal", "case-ab", "--format", "json").data[0]["case"] == "case-ab"
    done = week("show", "case-a")
    assert done.status == WRONG_USE
    assert told(done) == ("several cases begin with 'case-a': case-aa, case-ab", "write more of it")


def test_too_short_a_beginning_is_not_guessed_at(week: Command) -> None:
    assert told(week("show", "c"))[0] == "no case with id 'c'"


def test_private_values_are_masked_unless_asked_for(week: Command) -> None:
    assert "555-0199" not in week("show", "case-aa").out
    assert "***" in week("show", "case-aa").out
    data = week("show", "case-aa", "--format", "json").data
    assert (data["private"], "phone" in data["fields"]) == (["phone"], False)
    assert week("show", "case-aa", "--private", "--format", "json").data["fields"]["phone"] == "555-0199"
    assert "555-0199" in week("show", "case-aa", "--private").out


def test_the_clocks_say_what_is_left(week: Command) -> None:
    data = week("show", "case-aa", "--at", "2026-03-02T12:00+08:00", "--format", "json").data
    clocks = {clock["name"]: clock for clock in data["clocks"]}
    assert (clocks["solved"]["elapsed_s"], clocks["solved"]["remaining_s"]) == (3 * 3600, 5 * 3600)
    assert (clocks["received"]["kind"], clocks["received"]["remaining_s"]) == ("limit", -3600)
    assert (clocks["solved"]["late"], clocks["received"]["late"]) == (False, True)
    told_so = week("show", "case-aa", "--at", "2026-03-02T12:00+08:00").out
    assert "running, late" in told_so
    assert "-1 h" in told_so


def test_what_happens_next_is_told_with_its_time(week: Command) -> None:
    # At 09:00 nothing has been used up; the limit of two hours and the clock of eight tell at half time.
    data = week("show", "case-ab", "--at", "2026-03-02T12:20+08:00", "--format", "json").data
    assert data["next"] == [
        {"at": "2026-03-02T05:10:00+00:00", "timer": "clock:solved", "does": "solved at 50%: notify responsible"}
    ]


def test_without_an_actor_the_menu_says_who_may(week: Command) -> None:
    shown = week("show", "case-aa").out
    assert "Who can do what" in shown
    assert "hand_over  agent" in shown


def test_the_menu_of_an_actor_shows_the_forms_and_why_not(week: Command) -> None:
    shown = week("show", "case-aa", *AGENT).out
    assert "What li (agent) can do" in shown
    assert "asks for owner; takes price, parts and photos too" in shown
    shown = week("show", "case-ab", *AGENT).out
    assert "no: `done` is for owner, and this actor is none of these" in shown


def test_the_menu_as_data_holds_the_refusals(week: Command) -> None:
    (offer,) = week("show", "case-ab", *AGENT, "--format", "json").data["menu"]
    assert (offer["event"], offer["refusal"]["code"]) == ("done", "forbidden")


@pytest.mark.requirement("R122")
def test_titles_come_in_the_language_asked_for(week: Command) -> None:
    shown = week("show", "case-ab", "--language", "zh", *AGENT).out
    assert all(word in shown for word in ("维修店", "维修中", "责任人", "done (完成)"))


def test_headings_and_fixed_words_come_in_the_language_asked_for(week: Command) -> None:
    shown = week("show", "case-ab", "--language", "zh", *AGENT).out
    lines = [line.split() for line in shown.splitlines()]
    for line in (["时限", "状态", "已用", "共", "剩余", "到期"], ["字段"], ["li", "(agent)", "可以做什么"]):
        assert line in lines
    assert {line[0] for line in lines if line} >= {"流程", "环节", "发起", "最近流转"}
    lists = (["cases"], ["journal", "case-ab"])
    heads = [week(*command, "--language", "zh").out.splitlines()[0].split() for command in lists]
    assert [[word for word in head if word != "(Asia/Shanghai)"] for head in heads] == [
        ["工单", "流程", "环节", "到期", "最近流转"], ["#", "时间", "操作", "处理人", "详情"],
    ]  # fmt: skip


def test_every_fixed_text_of_a_screen_has_its_places_in_chinese_too() -> None:
    for english, chinese in CHINESE.items():
        assert chinese.count("{0}") == english.count("{0}")
        assert chinese.count("{1}") == english.count("{1}")
        assert said(english, "zh-CN") == chinese
        assert said(english, "en") == said(english, None) == english


def test_what_others_typed_cannot_steer_the_terminal(shop: Command) -> None:
    evil = "\x1b]0;owned\x07\u202etxt"
    shop("open", "shop", "customer=acme", f"fault={evil}", *AGENT)
    (one,) = shop("cases", "--format", "json").data
    for command in ("show", "journal"):
        shown = shop(command, one["id"]).out
        assert not any(unicodedata.category(letter) in {"Cc", "Cf"} for letter in shown.replace("\n", ""))
    assert one["fields"]["fault"] == evil


@given(st.text())
def test_a_clean_text_is_one_printable_line(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert len(cleaned) == len(text)
    assert [one for one in cleaned if one not in " \N{REPLACEMENT CHARACTER}"] == [
        one for one in text if one.isprintable() and one not in " \N{REPLACEMENT CHARACTER}"
    ]


@given(st.integers(min_value=0, max_value=10**6))
def test_a_length_in_words_is_the_length_in_minutes(minutes: int) -> None:
    words = length(timedelta(minutes=minutes, seconds=17)).replace("less than 1 min", "0 min").split()
    units = dict(zip(words[1::2], words[::2], strict=True))
    assert int(units.get("h", 0)) * 60 + int(units.get("min", 0)) == minutes


# ── journal ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R121")
def test_a_journal_tells_what_happened_in_order(week: Command) -> None:
    lines = week("journal", "case-ab").out.splitlines()
    assert lines[0].split()[:3] == ["#", "WHEN", "(Asia/Shanghai)"]
    assert "opened -> received" in lines[1]
    assert "hand_over -> repairing" in lines[2]
    assert "the customer rang" in lines[3]


def test_an_escalation_is_dated_to_its_due_time(week: Command) -> None:
    lines = week("journal", "case-aa").out.splitlines()
    assert [line[3:].split("  ")[:2] for line in lines[2:]] == [
        ["Mon 2026-03-02 10:00", "limit of received at 50%"],
        ["Mon 2026-03-02 11:00", "limit of received at 100%"],
    ]


def test_a_journal_never_holds_private_values(week: Command) -> None:
    assert "555-0199" not in week("journal", "case-aa").out
    assert "555-0199" not in week("journal", "case-aa", "--format", "json").out


@pytest.mark.requirement("R122")
def test_a_journal_speaks_the_language_asked_for(week: Command) -> None:
    assert "转修 -> 维修中" in week("journal", "case-ab", "--language", "zh").out


def test_looking_writes_nothing(week: Command) -> None:
    before = Path("shop.db").read_bytes()
    for command in (["cases"], ["show", "case-aa", *AGENT], ["journal", "case-aa"], ["verify"]):
        assert week(*command).status == 0
    assert Path("shop.db").read_bytes() == before
