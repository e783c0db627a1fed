import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from svcflow.core.process import Process
from svcflow.diagram import mermaid, text
from svcflow.errors import InputError
from svcflow.language import compile_sources, load

HEAD = "process: desk\nversion: 3\nroles: [clerk, boss]\ncalendar: always\n"
SHARED = ["callback", "complaint", "maintenance", "maintenance_plan", "service_ticket"]


def process(body: str) -> Process:
    return compile_sources({"desk.yaml": HEAD + dedent(body)}, "desk.yaml")


DESK = process("""
    languages: [en, zh]
    title: {en: The desk, zh: 服务台}
    calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}
    open: {by: [clerk, system]}
    fields:
      paid: {type: flag, title: {zh: 已付款, en: paid up}}
      level: gold | silver
      owner: person
      due_on: date
    sla: {answer: {from: new, until: [work, gone], target: {per: level, table: {gold: 2h on office, default: 1w}}}}
    anywhere:
      cancel: {to: gone, by: boss, in: [new, work]}
      remark: {by: [clerk, boss], in: new}
    states:
      new:
        title: {zh: 新建, en: Brand new}
        by: clerk
        limit: 2d on office
        do: {notify: boss}
        events:
          accept: {to: [{to: work.second, when: paid and level == gold, max: 2}, work]}
          look_again: here
        after: {every 1d since due_on: {do: {notify: boss}}}
      work:
        by: [clerk, owner]
        not_by: new
        window: 2d..5d since opened_at
        states:
          first: {events: {next: second, over: work}, after: {3d: second}}
          second: {by: boss, wait: 30min, pause: all, events: {finish: work_end}}
          work_end: {end: done}
        events: {done: both, shuffle: second, think: here, rest: held}
      both:
        parallel: true
        by: clerk
        states:
          left: {states: {one: {events: {go: one_end}}, one_end: {end: done}}}
          right: {states: {two: {not_by: owner, events: {walk: two_end}}, two_end: {end: done}}}
        events: {done: closing}
      held: {by: boss, events: {resume: back, redo: work.last}}
      closing: {auto: over}
      over: {end: done}
      gone: {end: cancelled}
    labels: {zh: {clerk: 办事员, accept: 受理, gold: 金牌, answer: 首次答复}}
""")


def test_the_outline_says_who_acts_by_when_and_where_each_event_leads() -> None:
    assert text(DESK, "en") == dedent("""\
        The desk (desk, version 3)
          opened by Clerk, the system
          clock Answer: from Brand new until Work, Gone; by Level: Gold 2h on office, otherwise 1w
          - Cancel -> Gone; by Boss; in Brand new, Work
          - Remark -> stays; by Boss, Clerk; in Brand new

        Brand new [new]: starts here
          by Clerk
          within 2d on office
          - Accept -> Work / Second (if paid up and Level is Gold, at most 2x), else Work
          - Look again -> stays
          - every 1d since Due on -> stays

        Work [work]
          by Clerk, Owner; not by whoever acted in Brand new
          only 2d..5d since opening
          - when over -> Both
          - Shuffle -> Work / Second
          - Think -> stays
          - Rest -> Held
          First [work.first]
            - Next -> Work / Second
            - Over -> Work
            - after 3d -> Work / Second
          Second [work.second]
            by Boss; not by whoever acted in Brand new
            waits 30min
            stands still: Answer
            - Finish -> Work / Work end
          Work end [work.work_end]: end

        Both [both]: side by side
          by Clerk
          - when over -> Closing
          Left [both.left]
            One [both.left.one]
              - Go -> Both / Left / One end
            One end [both.left.one_end]: end
          Right [both.right]
            Two [both.right.two]
              by Clerk; not by Owner
              - Walk -> Both / Right / Two end
            Two end [both.right.two_end]: end

        Held [held]
          by Boss
          - Resume -> back to where it came from
          - Redo -> Work, where it last was

        Closing [closing]
          - at once -> Over

        Over [over]: end

        Gone [gone]: end, cancelled
    """)


def test_the_outline_speaks_chinese_with_the_titles_and_labels_of_the_file() -> None:
    said = text(DESK, "zh")
    assert said.splitlines()[:4] == [
        "服务台 (desk, 版本 3)",
        "  发起：办事员、系统",
        "  时限 首次答复：从 新建 到 Work、Gone；按 Level：金牌 2 小时（office）、其他 1 周",
        "  - Cancel -> Gone；由 Boss；适用于 新建、Work",
    ]
    assert "  - 受理 -> Work / Second（若 已付款 且 Level 为 金牌、最多 2 次），否则 Work" in said.splitlines()


def test_without_a_language_the_first_one_of_the_process_is_taken() -> None:
    assert text(DESK) == text(DESK, "en")
    assert mermaid(DESK) == mermaid(DESK, "en")


def test_a_process_without_languages_is_drawn_in_any() -> None:
    plain = process("states: {new: {by: clerk, events: {close_it: over}}, over: {end: done}}")
    assert "  - Close it -> Over" in text(plain).splitlines()
    assert "  - Close it -> Over" in text(plain, "de").splitlines()
    assert "发起：任何人" in text(plain, "zh-TW")


@pytest.mark.parametrize("draw", [text, mermaid])
def test_a_language_the_process_does_not_have_is_refused_with_those_it_has(draw: Callable[[Process, str], str]) -> None:
    with pytest.raises(InputError, match=r"'ze' is not one of the languages en, zh; did you mean 'zh'\?"):
        draw(DESK, "ze")


@pytest.mark.parametrize(
    ("when", "english", "chinese"),
    [
        ("filled(level)", "Level is filled in", "已填 级别"),
        ("not (paid or score>=2)", "not (Paid or Score ≥ 2)", "非 (Paid 或 Score ≥ 2)"),
        ("level==gold and score <= 3 + 1", "Level is Gold and Score ≤ 3 + 1", "级别 为 Gold 且 Score ≤ 3 + 1"),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_words(when: str, english: str, chinese: str) -> None:
    source = f"""\
process: desk
version: 1
languages: [en, zh]
roles: [clerk]
calendar: always
fields: {{level: {{type: gold | silver, title: {{en: Level, zh: 级别}}}}, paid: flag, score: 1..5}}
open: {{ask: [level, paid, score]}}
states:
  new: {{by: clerk, events: {{go: {{to: [{{to: over, when: "{when}"}}, gone]}}}}}}
  over: {{end: done}}
  gone: {{end: cancelled}}
"""
    drawn = compile_sources({"desk.yaml": source}, "desk.yaml")
    assert f"(if {english})" in text(drawn, "en")
    assert f"（若 {chinese}）" in text(drawn, "zh")


def test_the_diagram_nests_states_parts_regions_and_notes_what_cannot_be_drawn() -> None:
    assert mermaid(DESK, "en") == dedent("""\
        ---
        title: "The desk"
        ---
        stateDiagram-v2
            [*] --> s_new
            state "Brand new" as s_new
            state "Work" as s_work {
                [*] --> s_work__first
                state "First" as s_work__first
                state "Second" as s_work__second
                state "Work end" as s4
                s_work__first --> s_work__second: Next / after 3d
                s_work__first --> s_work__first: Over
                s_work__second --> s4: Finish
                s4 --> [*]
            }
            state "Both" as s_both {
                state "Left" as s_both__left {
                    [*] --> s_both__left__one
                    state "One" as s_both__left__one
                    state "One end" as s8
                    s_both__left__one --> s8: Go
                    s8 --> [*]
                }
                --
                state "Right" as s_both__right {
                    [*] --> s_both__right__two
                    state "Two" as s_both__right__two
                    state "Two end" as s11
                    s_both__right__two --> s11: Walk
                    s11 --> [*]
                }
            }
            state "Held" as s_held
            state "Closing" as s_closing
            state "Over" as s_over
            state "Gone" as s_gone
            s_new --> s_work__second: Accept [if paid up and Level is Gold, at most 2x]
            s_new --> s_work: Accept
            s_new --> s_new: Look again / every 1d since Due on
            s_new --> s_gone: Cancel
            s_work --> s_both: when over
            s_work --> s_held: Rest
            s_work --> s_gone: Cancel
            s_both --> s_closing: when over
            s_held --> s_work: Redo (Work, where it last was)
            s_closing --> s_over: at once
            note right of s_work: Shuffle#58; Work / Second, Think#58; stays
            note right of s_held: Resume#58; back to where it came from
            s_over --> [*]
            s_gone --> [*]
    """)


# What Mermaid's own lexer takes: ids of letters, a title without quotes, a label without `:` and `;`.
ID = r"(?:s[0-9]+|s_[A-Za-z0-9_]+)"
ENTITY_OR_PLAIN = r'(?:#[0-9]+;|[^#;:"<>{}%\\`\n])'
LINES = [
    rf"\[\*\] --> {ID}",
    rf"{ID} --> \[\*\]",
    rf"{ID} --> {ID}: {ENTITY_OR_PLAIN}+",
    rf'state "{ENTITY_OR_PLAIN}+" as {ID}(?: {{)?',
    rf"note right of {ID}: {ENTITY_OR_PLAIN}+",
    r"}",
    r"--",
]


def grammatical(drawing: str) -> None:
    """Every line is one Mermaid knows, blocks close, ids are declared once and every arrow's ends are declared."""
    head, _, body = drawing.partition("stateDiagram-v2\n")
    assert re.fullmatch(r'---\ntitle: "(?:[^"\\\n]|\\.)*"\n---\n', head)
    lines = [line.strip() for line in body.splitlines()]
    assert [line for line in lines if not any(re.fullmatch(known, line) for known in LINES)] == []
    assert sum(line.endswith("{") for line in lines) == lines.count("}")
    declared = re.findall(rf'^state "[^"]*" as ({ID})', "\n".join(lines), re.MULTILINE)
    assert len(set(declared)) == len(declared)
    used = re.findall(rf"^({ID}) -->|--> ({ID})|right of ({ID})", "\n".join(lines), re.MULTILINE)
    assert {one for several in used for one in several if one} <= set(declared)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", SHARED)
def test_the_shared_processes_are_drawn_in_both_languages(shared: Path, name: str, language: str) -> None:
    drawn = load(shared / "definitions" / f"{name}.yaml")
    grammatical(mermaid(drawn, language))
    said = text(drawn, language)
    assert all(f"[{state.path}]" in said or f"{state.path}" in said for state in drawn.states)
    assert ("by " in said) == (language == "en")
    if language == "zh":
        assert not re.search(r"(?<![A-Za-z_./])(?:by|within|else|stays|after)(?![A-Za-z_])", said)


def test_names_in_any_script_and_titles_full_of_syntax_stay_valid() -> None:
    drawn = process("""
        title: 'a "quoted": title; with \\ {braces}'
        states:
          待受理: {by: clerk, title: 'x "y" <z>; a:b {c} #d `e` 100%', events: {受理: 处理_1, end: end, state: a.b}}
          处理_1: {by: clerk, title: "-- 处理 --> [*]", events: {note: a_b, a__b: a__b}}
          end: {by: clerk, events: {default: over}}
          a: {by: clerk, states: {b: {events: {x: a__b}}}}
          a_b: {by: clerk, title: "style: Direction LR note right of end note", events: {x: over}}
          a__b: {by: clerk, events: {x: over}}
          over: {end: done}
    """)
    drawing = mermaid(drawn)
    grammatical(drawing)
    assert 'state "x #34;y#34; #60;z#62;#59; a#58;b #123;c#125; #35;d #96;e#96; 100#37;" as s0' in drawing
    assert 'state "-- 处理 --#62; [*]" as s1' in drawing
    assert 'state "style#58; Direction#32;LR note right of end note" as s_a_b' in drawing


def test_a_child_case_is_named_at_the_state_that_runs_it() -> None:
    drawn = process("states: {calling: {run: phone_call, events: {reached: over}}, over: {end: done}}")
    assert 'state "Calling (runs Phone call)" as s_calling' in mermaid(drawn)
    assert "Calling [calling]: starts here, runs Phone call" in text(drawn).splitlines()


def test_moves_that_people_call_the_same_are_written_once() -> None:
    drawn = process("""
        states:
          new: {by: clerk, events: {a: {to: over, title: Close}, b: {to: over, title: Close}}}
          over: {end: done}
    """)
    assert "s_new --> s_over: Close\n" in mermaid(drawn)


def test_windows_and_nested_tables_are_said_in_full() -> None:
    drawn = process("""
        calendars: {office: {timezone: UTC, hours: {mon-fri: [09:00-17:00]}}}
        fields: {a: x | y, b: v | w, at: datetime}
        states:
          new:
            by: clerk
            window: {from: 2d, to: 5d, since: at, count: working}
            after: {2d: one}
            events: {go: {to: one, ask: [a, b, at]}}
          one:
            by: clerk
            limit: {per: [a, b], table: {x: {v: 1mo, default: 2y}, default: 1w}}
            events: {close: over}
          over: {end: done}
    """)
    said = text(drawn, "en").splitlines()
    assert "  only 2d..5d working dates since At" in said
    assert "  within by A: X (by B: V 1mo, otherwise 2y), otherwise 1w" in said


def test_the_outline_says_what_people_must_be_qualified_for() -> None:
    skilled = process("""
        languages: [en, zh]
        qualifications: [electrician, welder]
        labels: {zh: {electrician: 电工, welder: 焊工}}
        fields: {level: gold | silver}
        states:
          new:
            by: clerk
            qualified: {electrician: 2}
            events:
              go: {to: gone, qualified: {per: level, table: {gold: [electrician, welder], default: none}}}
              leave: {to: gone, by: boss, qualified: none}
          gone: {end: done}
        """)
    english, chinese = text(skilled, "en"), text(skilled, "zh")
    assert "by Clerk; qualified: Electrician (level 2)" in english
    assert "Leave -> Gone; by Boss; qualified: none" in english
    assert "Go -> Gone; qualified: by Level: Gold Electrician, Welder; otherwise none" in english
    assert "须具备资格：电工（2 级）" in chinese
